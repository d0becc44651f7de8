//! What the questions have in common: the words that they are made of. Knows no question.

use crate::models::*;
use orm::prelude::*;

/// The answer to a question.
pub(crate) type Rows<T> = orm::Result<Vec<T>>;

/// The year of a purchase: `2021`.
pub(crate) fn year(invoice: InvoiceFields<Required>) -> Expr<i64> {
    invoice.date.left(4).cast()
}

/// The month of a purchase: `2021-03`.
pub(crate) fn month(invoice: InvoiceFields<Required>) -> Expr<Moment> {
    invoice.date.left(7)
}

/// What invoices are worth in all; nothing when there is none.
pub(crate) fn revenue(invoice: InvoiceFields<Required>) -> Expr<Cents> {
    sum(invoice.total).coalesce(Cents(0))
}

/// What a line of an invoice is worth.
pub(crate) fn amount(line: InvoiceLineFields<Required>) -> Expr<Cents> {
    line.unit_price * line.quantity.cast::<Cents>()
}

/// What lines of invoices are worth in all; nothing when there is none.
pub(crate) fn turnover(line: InvoiceLineFields<Required>) -> Expr<Cents> {
    sum(amount(line)).coalesce(Cents(0))
}

/// How many percent of the whole a part is.
pub(crate) fn percent(part: Field<Cents>, whole: Expr<Cents>) -> Expr<f64> {
    part.cast::<f64>() * 100.0 / whole.cast::<f64>()
}

/// The first name and the last name.
pub(crate) fn full_name(customer: CustomerFields<Required>) -> Expr<String> {
    customer.first_name.concat(" ").concat(customer.last_name)
}

/// Invoices by month or year, with what they brought.
pub(crate) type Totals<K> = Select<(Entity<Invoice>,), (Scalar<K>, Scalar<Cents>)>;

/// What each month brought.
pub(crate) fn months() -> Totals<Moment> {
    select::<Invoice>().group_by(month).columns(|invoice| (month(invoice), revenue(invoice)))
}

/// What each year brought.
pub(crate) fn years() -> Totals<i64> {
    select::<Invoice>().group_by(year).columns(|invoice| (year(invoice), revenue(invoice)))
}

/// What each customer spent.
pub(crate) fn customers() -> Select<(Entity<Customer>, Entity<Invoice>), (Entity<Customer>, Scalar<Cents>)> {
    select::<Customer>()
        .join(|customer| customer.invoices)
        .group_by(|(customer, _)| customer)
        .columns(|(customer, invoice)| (customer, revenue(invoice)))
}
