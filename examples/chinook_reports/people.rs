//! Questions about the staff, and about everybody.

use crate::models::*;
use crate::questions::*;
use orm::prelude::*;

/// Who reports to whom, and how far below the top?
pub(crate) fn tree(db: &mut Connection) -> Rows<(i64, String, String, Option<String>)> {
    let tree = recursive(
        select::<Employee>().filter(|employee| employee.reports_to.is_null()).columns(|top| (top, val(0_i64))),
        |above| {
            select::<Employee>()
                .join_on(above, |(employee, (manager, _))| employee.reports_to.eq(manager.id))
                .columns(|(employee, (_, depth))| (employee, depth + 1))
        },
    );
    db.all(
        select_from(tree)
            .left_join(|(employee, _)| employee.reports_to)
            .order_by(|((employee, depth), _)| (depth, employee.id))
            .columns(|((employee, depth), manager)| (depth, employee.last_name, employee.title, manager.last_name)),
    )
}

/// How many people does everybody lead, directly and through others?
pub(crate) fn people_led(db: &mut Connection) -> Rows<(String, i64, i64)> {
    let leads = recursive(
        select::<Employee>().join(|employee| employee.reports_to).columns(|(employee, boss)| (boss.id, employee.id)),
        |found| {
            select::<Employee>()
                .join_on(found, |(employee, (_, led))| employee.reports_to.eq(led))
                .columns(|(employee, (boss, _))| (boss, employee.id))
        },
    );
    db.all(
        select::<Employee>()
            .left_join_on(&leads, |(employee, (boss, _))| boss.eq(employee.id))
            .group_by(|(employee, _)| employee)
            .order_by(|(employee, _)| employee.id)
            .columns(|(employee, (_, led))| (employee.last_name, employee.reports.count(), count(led))),
    )
}

/// How many customers does each support agent have, and what do they spend?
pub(crate) fn support_agents(db: &mut Connection) -> Rows<(String, i64, i64, Cents)> {
    db.all(
        select::<Employee>()
            .join(|agent| agent.customers)
            .join(|(_, customer)| customer.invoices)
            .group_by(|(agent, ..)| agent)
            .order_by(|(agent, _, invoice)| (revenue(invoice).desc(), agent.id.asc()))
            .columns(|(agent, customer, invoice)| {
                (agent.last_name, count_distinct(customer.id), count(invoice), revenue(invoice))
            }),
    )
}

/// Who lives in a country, staff and customers alike?
pub(crate) fn everybody_in(db: &mut Connection, country: &str) -> Rows<(String, String, String, String)> {
    let staff = select::<Employee>()
        .filter(|employee| employee.address.country.eq(country))
        .columns(|e| (e.last_name, e.first_name, e.address.city, val("staff")));
    let customers = select::<Customer>()
        .filter(|customer| customer.address.country.eq(country))
        .columns(|c| (c.last_name, c.first_name, c.address.city, val("customer")));
    db.all(staff.union(customers).order_by(|(last_name, first_name, ..)| (last_name, first_name)))
}

/// In which cities do both staff and customers live?
pub(crate) fn shared_cities(db: &mut Connection) -> Rows<String> {
    let staff = select::<Employee>().columns(|employee| employee.address.city);
    let customers = select::<Customer>().columns(|customer| customer.address.city);
    db.all(staff.intersect(customers).order_by(|city| city))
}
