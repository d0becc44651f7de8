//! Exact decimal arithmetic on texts of digits. Knows no database.
