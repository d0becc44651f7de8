//! The SQL of the questions about the staff and everybody. The staff's tree is three levels deep, so that no text needs recursion.

use crate::Questions;
use crate::people::*;

pub(crate) fn ask(questions: &mut Questions) {
    questions.ask(
        "tree",
        8,
        tree,
        "SELECT CASE WHEN m.id IS NULL THEN 0 WHEN m.reports_to_id IS NULL THEN 1 ELSE 2 END AS depth,
            e.last_name, e.title, m.last_name
        FROM employees e LEFT JOIN employees m ON m.id = e.reports_to_id
        ORDER BY depth, e.id",
    );
    questions.ask(
        "people led",
        8,
        people_led,
        "SELECT e.last_name, (SELECT COUNT(*) FROM employees d WHERE d.reports_to_id = e.id), (
            SELECT COUNT(*) FROM employees d LEFT JOIN employees m ON m.id = d.reports_to_id
            WHERE d.reports_to_id = e.id OR m.reports_to_id = e.id
        )
        FROM employees e
        ORDER BY e.id",
    );
    questions.ask(
        "support agents",
        3,
        support_agents,
        "SELECT e.last_name, (SELECT COUNT(*) FROM customers c WHERE c.support_rep_id = e.id), sales.invoices, sales.revenue
        FROM employees e
        JOIN (
            SELECT c.support_rep_id, COUNT(*) AS invoices, SUM(i.total) AS revenue
            FROM invoices i JOIN customers c ON c.id = i.customer_id
            GROUP BY c.support_rep_id
        ) sales ON sales.support_rep_id = e.id
        ORDER BY sales.revenue DESC, e.id",
    );
    questions.ask(
        "everybody in",
        16,
        |db| everybody_in(db, "Canada"),
        "SELECT last_name, first_name, address_city, 'staff' FROM employees WHERE address_country = 'Canada'
        UNION ALL SELECT last_name, first_name, address_city, 'customer' FROM customers WHERE address_country = 'Canada'
        ORDER BY 1, 2",
    );
    questions.ask(
        "shared cities",
        1,
        shared_cities,
        "SELECT DISTINCT e.address_city
        FROM employees e JOIN customers c ON c.address_city = e.address_city
        ORDER BY e.address_city",
    );
}
