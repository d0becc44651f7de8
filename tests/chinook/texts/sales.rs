//! The SQL of the questions about revenue.

use crate::Questions;
use crate::sales::*;

pub(crate) fn ask(questions: &mut Questions) {
    by_time(questions);
    by_kind(questions);
}

fn by_time(questions: &mut Questions) {
    questions.ask(
        "revenue by month",
        60,
        revenue_by_month,
        "SELECT m.name, SUM(i.total), (SELECT SUM(p.total) FROM invoices p WHERE SUBSTR(p.date, 1, 7) <= m.name)
        FROM (SELECT DISTINCT SUBSTR(date, 1, 7) AS name FROM invoices) m
        JOIN invoices i ON SUBSTR(i.date, 1, 7) = m.name
        GROUP BY m.name
        ORDER BY m.name",
    );
    questions.ask(
        "moving average",
        60,
        moving_average,
        "WITH months AS (
            SELECT SUBSTR(date, 1, 7) AS name, SUM(total) AS revenue FROM invoices GROUP BY SUBSTR(date, 1, 7)
        )
        SELECT name, revenue, ROUND(AVG(revenue) OVER (ORDER BY name ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), 2)
        FROM months
        ORDER BY name",
    );
    questions.ask(
        "best months",
        5,
        best_months,
        "WITH months AS (
            SELECT SUBSTR(date, 1, 7) AS name, SUM(total) AS revenue FROM invoices GROUP BY SUBSTR(date, 1, 7)
        )
        SELECT name, revenue
        FROM months best
        WHERE NOT EXISTS (
            SELECT 1 FROM months other
            WHERE SUBSTR(other.name, 1, 4) = SUBSTR(best.name, 1, 4)
                AND (other.revenue > best.revenue OR (other.revenue = best.revenue AND other.name < best.name))
        )
        ORDER BY name",
    );
    questions.ask(
        "growth",
        5,
        growth,
        "WITH years AS (
            SELECT CAST(SUBSTR(date, 1, 4) AS INT8) AS y, SUM(total) AS revenue FROM invoices GROUP BY y
        )
        SELECT this.y, this.revenue, last.revenue,
            CAST(this.revenue - last.revenue AS FLOAT8) * 100 / CAST(last.revenue AS FLOAT8)
        FROM years this LEFT JOIN years last ON last.y = this.y - 1
        ORDER BY this.y",
    );
    questions.ask(
        "first and last invoices",
        5,
        first_and_last_invoices,
        "WITH ends AS (
            SELECT CAST(SUBSTR(date, 1, 4) AS INT8) AS y, MIN(id) AS first_id, MAX(id) AS last_id FROM invoices GROUP BY y
        )
        SELECT ends.y, first.total, last.total
        FROM ends JOIN invoices first ON first.id = ends.first_id JOIN invoices last ON last.id = ends.last_id
        ORDER BY ends.y",
    );
}

fn by_kind(questions: &mut Questions) {
    questions.ask(
        "genres by revenue",
        24,
        genres_by_revenue,
        "SELECT g.name, SUM(l.unit_price * l.quantity), CAST(SUM(l.unit_price * l.quantity) AS FLOAT8) * 100
            / CAST((SELECT SUM(unit_price * quantity) FROM invoice_lines) AS FLOAT8)
        FROM genres g JOIN tracks t ON t.genre_id = g.id JOIN invoice_lines l ON l.track_id = t.id
        GROUP BY g.id, g.name
        ORDER BY 2 DESC, g.id",
    );
    questions.ask(
        "invoice sizes",
        4,
        invoice_sizes,
        "SELECT '1: below 2', COUNT(*), SUM(total) FROM invoices WHERE total < 200
        UNION ALL SELECT '2: 2 to 5', COUNT(*), SUM(total) FROM invoices WHERE total >= 200 AND total < 500
        UNION ALL SELECT '3: 5 to 10', COUNT(*), SUM(total) FROM invoices WHERE total >= 500 AND total < 1000
        UNION ALL SELECT '4: 10 and more', COUNT(*), SUM(total) FROM invoices WHERE total >= 1000
        ORDER BY 1",
    );
    questions.ask(
        "median invoices",
        24,
        median_invoices,
        "WITH numbered AS (
            SELECT billing_country AS country, total,
                ROW_NUMBER() OVER (PARTITION BY billing_country ORDER BY total) AS place
            FROM invoices
        ), counts AS (
            SELECT billing_country AS country, COUNT(*) AS n FROM invoices GROUP BY billing_country
        )
        SELECT c.country, c.n, AVG(i.total * 1e0)
        FROM counts c JOIN numbered i ON i.country = c.country AND i.place IN ((c.n + 1) // 2, c.n // 2 + 1)
        GROUP BY c.country, c.n
        ORDER BY c.n DESC, c.country",
    );
    questions.ask(
        "average baskets",
        9,
        average_baskets,
        "SELECT i.billing_country, COUNT(*), AVG(b.tracks * 1e0), AVG(i.total * 1e0)
        FROM invoices i
        JOIN (SELECT invoice_id, COUNT(*) AS tracks FROM invoice_lines GROUP BY invoice_id) b ON b.invoice_id = i.id
        GROUP BY i.billing_country
        HAVING COUNT(*) >= 10
        ORDER BY AVG(i.total) DESC, i.billing_country",
    );
}
