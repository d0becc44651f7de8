//! Days, times and decimals as text, and back: how SQLite stores them and how MySQL's text protocol writes them.
