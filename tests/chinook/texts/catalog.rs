//! The SQL of the questions about what is sold.

use crate::Questions;
use crate::catalog::*;

pub(crate) fn ask(questions: &mut Questions) {
    about_albums(questions);
    about_tracks(questions);
    about_playlists(questions);
    about_sales(questions);
}

fn about_albums(questions: &mut Questions) {
    questions.ask(
        "albums never sold",
        43,
        albums_never_sold,
        "SELECT a.title, r.name
        FROM albums a JOIN artists r ON r.id = a.artist_id
        WHERE a.id NOT IN (SELECT t.album_id FROM tracks t JOIN invoice_lines l ON l.track_id = t.id)
        ORDER BY a.id",
    );
    questions.ask(
        "artists with most albums",
        10,
        artists_with_most_albums,
        "SELECT r.name, COUNT(a.id)
        FROM artists r LEFT JOIN albums a ON a.artist_id = r.id
        GROUP BY r.id, r.name
        ORDER BY COUNT(a.id) DESC, r.id
        LIMIT 10",
    );
    questions.ask(
        "longest tracks",
        11,
        |db| longest_tracks(db, "Deep Purple"),
        "SELECT a.title, t.name, t.milliseconds // 1000
        FROM artists r
        JOIN albums a ON a.artist_id = r.id
        JOIN tracks t ON t.album_id = a.id
        JOIN (SELECT album_id, MAX(milliseconds) AS most FROM tracks GROUP BY album_id) longest
            ON longest.album_id = a.id AND longest.most = t.milliseconds
        WHERE r.name = 'Deep Purple'
        ORDER BY a.id",
    );
}

fn about_tracks(questions: &mut Questions) {
    questions.ask(
        "outliers",
        1,
        outliers,
        "SELECT t.name, t.milliseconds // 1000
        FROM tracks t
        JOIN (SELECT album_id, AVG(milliseconds) AS average FROM tracks GROUP BY album_id) a ON a.album_id = t.album_id
        WHERE t.milliseconds > a.average * 3
        ORDER BY t.milliseconds DESC, t.id",
    );
    questions.ask(
        "lengths",
        6,
        lengths,
        "SELECT c.name, COUNT(t.id), MAX(t.milliseconds) // 1000
        FROM (
            SELECT 'jingle' AS name, 0 AS least, 30000 AS most
            UNION ALL SELECT 'short', 30000, 180000
            UNION ALL SELECT 'song', 180000, 420000
            UNION ALL SELECT 'long', 420000, 1200000
            UNION ALL SELECT 'episode', 1200000, 5400000
            UNION ALL SELECT 'film', 5400000, 9223372036854775807
        ) c
        LEFT JOIN tracks t ON t.milliseconds >= c.least AND t.milliseconds < c.most
        GROUP BY c.name, c.least
        ORDER BY c.least",
    );
    questions.ask(
        "prices",
        2,
        prices,
        "SELECT t.unit_price, COUNT(*), SUM(CASE WHEN m.name LIKE '%video%' THEN 1 ELSE 0 END), AVG(t.milliseconds * 1e0)
        FROM tracks t JOIN media_types m ON m.id = t.media_type_id
        GROUP BY t.unit_price
        ORDER BY t.unit_price",
    );
    questions.ask(
        "formats",
        5,
        |db| formats_of(db, "Classical"),
        "SELECT m.name, (
            SELECT COUNT(*) FROM tracks t JOIN genres g ON g.id = t.genre_id
            WHERE t.media_type_id = m.id AND g.name = 'Classical'
        ) AS tracks
        FROM media_types m
        ORDER BY tracks DESC, m.id",
    );
}

fn about_playlists(questions: &mut Questions) {
    questions.ask(
        "playlists",
        18,
        playlists,
        "SELECT p.id, p.name, COUNT(t.id), CAST(FLOOR(COALESCE(SUM(t.milliseconds), 0) / 3600000) AS INT8),
            COALESCE(SUM(t.unit_price), 0)
        FROM playlists p
        LEFT JOIN playlist_tracks l ON l.playlist_id = p.id
        LEFT JOIN tracks t ON t.id = l.track_id
        GROUP BY p.id, p.name
        ORDER BY COUNT(t.id) DESC, p.id",
    );
    questions.ask(
        "playlists sharing tracks",
        10,
        playlists_sharing_tracks,
        "SELECT one.name, other.name, (
            SELECT COUNT(*) FROM playlist_tracks a JOIN playlist_tracks b ON a.track_id = b.track_id
            WHERE a.playlist_id = one.id AND b.playlist_id = other.id
        ) AS tracks
        FROM playlists one JOIN playlists other ON one.id < other.id
        ORDER BY tracks DESC, one.id, other.id
        LIMIT 10",
    );
    questions.ask(
        "tracks on most playlists",
        41,
        tracks_on_most_playlists,
        "SELECT t.name, COUNT(*), LIST(p.name; p.id)
        FROM tracks t JOIN playlist_tracks l ON l.track_id = t.id JOIN playlists p ON p.id = l.playlist_id
        WHERE t.id IN (SELECT track_id FROM playlist_tracks GROUP BY track_id HAVING COUNT(*) >= 5)
        GROUP BY t.id, t.name
        ORDER BY COUNT(*) DESC, t.id",
    );
    questions.ask(
        "playlists of long tracks",
        5,
        playlists_of_long_tracks,
        "SELECT p.id, p.name, COUNT(*)
        FROM playlists p JOIN playlist_tracks l ON l.playlist_id = p.id JOIN tracks t ON t.id = l.track_id
        GROUP BY p.id, p.name
        HAVING MIN(t.milliseconds) > 120000
        ORDER BY p.id",
    );
}

fn about_sales(questions: &mut Questions) {
    questions.ask(
        "bought together",
        71,
        bought_together,
        "SELECT a.name, b.name, pairs.times
        FROM (
            SELECT x.track_id AS one, y.track_id AS other, COUNT(*) AS times
            FROM invoice_lines x JOIN invoice_lines y ON x.invoice_id = y.invoice_id AND x.track_id < y.track_id
            GROUP BY x.track_id, y.track_id
            HAVING COUNT(*) > 1
        ) pairs
        JOIN tracks a ON a.id = pairs.one
        JOIN tracks b ON b.id = pairs.other
        ORDER BY pairs.one, pairs.other",
    );
    questions.ask(
        "unsold stretches",
        3,
        unsold_stretches,
        "WITH sold AS (
            SELECT DISTINCT track_id AS id FROM invoice_lines
        ), stretches AS (
            SELECT s.id, (SELECT MIN(n.id) FROM sold n WHERE n.id > s.id) AS later FROM sold s
        )
        SELECT id + 1, later - 1, later - id - 1 FROM stretches WHERE later - id > 4 ORDER BY later - id DESC, id",
    );
}
