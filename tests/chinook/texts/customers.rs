//! The SQL of the questions about customers.

use crate::Questions;
use crate::customers::*;

/// What each customer spent.
const SPENT: &str = "WITH customer AS (
    SELECT c.id, c.address_country AS country, CONCAT(c.first_name, ' ', c.last_name) AS name, SUM(i.total) AS spent
    FROM customers c JOIN invoices i ON i.customer_id = c.id
    GROUP BY c.id, c.address_country, c.first_name, c.last_name
)";

pub(crate) fn ask(questions: &mut Questions) {
    by_what_they_spent(questions);
    by_time(questions);
    by_genre(questions);
}

fn by_what_they_spent(questions: &mut Questions) {
    let text = "SELECT country, place, name, spent
        FROM (
            SELECT c.*, 1 + (
                SELECT COUNT(*) FROM customer o WHERE o.country = c.country AND o.spent > c.spent
            ) AS place
            FROM customer c
        ) ranked
        WHERE place <= 2
        ORDER BY country, place, id";
    questions.ask("best of each country", 40, best_of_each_country, &format!("{SPENT} {text}"));
    let text = "SELECT name, spent, so_far
        FROM (
            SELECT c.*, (
                SELECT SUM(o.spent) FROM customer o WHERE o.spent > c.spent OR (o.spent = c.spent AND o.id <= c.id)
            ) AS so_far
            FROM customer c
        ) running
        WHERE (so_far - spent) * 5 < (SELECT SUM(total) FROM invoices)
        ORDER BY so_far, id";
    questions.ask("best fifth", 11, best_fifth, &format!("{SPENT} {text}"));
    // 59 customers: three quarters of 15, and one of 14.
    let text = "SELECT part, COUNT(*), MIN(spent), MAX(spent), SUM(spent)
        FROM (SELECT spent, (ROW_NUMBER() OVER (ORDER BY spent DESC, id) - 1) // 15 + 1 AS part FROM customer) numbered
        GROUP BY part
        ORDER BY part";
    questions.ask("quartiles", 4, quartiles, &format!("{SPENT} {text}"));
}

fn by_time(questions: &mut Questions) {
    questions.ask(
        "latest invoices",
        59,
        latest_invoices,
        "SELECT CONCAT(c.first_name, ' ', c.last_name), i.date, i.total
        FROM customers c JOIN invoices i ON i.customer_id = c.id
        WHERE i.id = (SELECT MAX(o.id) FROM invoices o WHERE o.customer_id = c.id)
        ORDER BY i.date DESC, c.id",
    );
    questions.ask(
        "inactive since",
        6,
        |db| inactive_since(db, "2024-09-01"),
        "SELECT CONCAT(c.first_name, ' ', c.last_name), c.email, MAX(i.date)
        FROM customers c LEFT JOIN invoices i ON i.customer_id = c.id
        GROUP BY c.id, c.first_name, c.last_name, c.email
        HAVING MAX(i.date) < '2024-09-01'
        ORDER BY c.id",
    );
    questions.ask(
        "cohorts",
        9,
        cohorts,
        "WITH arrivals AS (
            SELECT customer_id, MIN(CAST(SUBSTR(date, 1, 4) AS INT8)) AS y FROM invoices GROUP BY customer_id
        )
        SELECT a.y, CAST(SUBSTR(i.date, 1, 4) AS INT8) AS bought, COUNT(DISTINCT i.customer_id), SUM(i.total)
        FROM arrivals a JOIN invoices i ON i.customer_id = a.customer_id
        GROUP BY a.y, bought
        ORDER BY a.y, bought",
    );
}

fn by_genre(questions: &mut Questions) {
    questions.ask(
        "countries without",
        9,
        |db| countries_without(db, "Jazz"),
        "SELECT DISTINCT billing_country FROM invoices
        WHERE billing_country NOT IN (
            SELECT i.billing_country
            FROM invoices i
            JOIN invoice_lines l ON l.invoice_id = i.id
            JOIN tracks t ON t.id = l.track_id
            JOIN genres g ON g.id = t.genre_id
            WHERE g.name = 'Jazz'
        )
        ORDER BY billing_country",
    );
    questions.ask(
        "favourite genres",
        24,
        favourite_genres,
        "WITH liked AS (
            SELECT i.billing_country AS country, g.id, g.name, COUNT(*) AS tracks
            FROM invoices i
            JOIN invoice_lines l ON l.invoice_id = i.id
            JOIN tracks t ON t.id = l.track_id
            JOIN genres g ON g.id = t.genre_id
            GROUP BY i.billing_country, g.id, g.name
        )
        SELECT country, name, tracks
        FROM liked best
        WHERE NOT EXISTS (
            SELECT 1 FROM liked other
            WHERE other.country = best.country
                AND (other.tracks > best.tracks OR (other.tracks = best.tracks AND other.id < best.id))
        )
        ORDER BY country",
    );
    questions.ask(
        "one genre purchases",
        8,
        one_genre_purchases,
        "SELECT i.id, CONCAT(c.first_name, ' ', c.last_name), bought.tracks, g.name
        FROM invoices i
        JOIN customers c ON c.id = i.customer_id
        JOIN (
            SELECT l.invoice_id, COUNT(*) AS tracks, MIN(t.genre_id) AS least, MAX(t.genre_id) AS most
            FROM invoice_lines l JOIN tracks t ON t.id = l.track_id
            GROUP BY l.invoice_id
        ) bought ON bought.invoice_id = i.id
        JOIN genres g ON g.id = bought.least
        WHERE bought.tracks >= 9 AND bought.least = bought.most
        ORDER BY i.id",
    );
}
