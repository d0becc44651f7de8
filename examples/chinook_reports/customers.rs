//! Questions about the customers: who they are, what they like, and when they come back.

use crate::models::*;
use crate::questions::*;
use orm::prelude::*;

/// Who are the two best customers of each country?
pub(crate) fn best_of_each_country(db: &mut Connection) -> Rows<(String, i64, String, Cents)> {
    let ranked = select_from(customers()).columns(|(customer, spent)| {
        let country = customer.address.country;
        (
            country,
            rank().over(|w| w.partition_by(country).order_by(spent.desc())),
            customer.id,
            full_name(customer),
            spent,
        )
    });
    db.all(
        select_from(ranked)
            .filter(|(_, rank, ..)| rank.le(2))
            .order_by(|(country, rank, id, ..)| (country, rank, id))
            .columns(|(country, rank, _, name, spent)| (country, rank, name, spent)),
    )
}

/// Which customers, the best first, bring the first fifth of all revenue?
pub(crate) fn best_fifth(db: &mut Connection) -> Rows<(String, Cents, Option<Cents>)> {
    let customers = cte(customers());
    let running = select_from(&customers).columns(|(customer, spent)| {
        let best_first = (spent.desc(), customer.id.asc());
        (customer.id, full_name(customer), spent, sum(spent).over(|w| w.order_by(best_first)))
    });
    let whole = select_from(&customers).columns(|(_, spent)| sum(spent));
    db.all(
        select_from(running)
            .filter(|(_, _, spent, so_far)| ((so_far - spent) * Cents(5)).lt(whole))
            .order_by(|(id, _, _, so_far)| (so_far, id))
            .columns(|(_, name, spent, so_far)| (name, spent, so_far)),
    )
}

/// What does each quarter of the customers spend, from the best to the least?
pub(crate) fn quartiles(db: &mut Connection) -> Rows<(i64, i64, Option<Cents>, Option<Cents>, Option<Cents>)> {
    let parts = select_from(customers())
        .columns(|(customer, spent)| (ntile(4).over(|w| w.order_by((spent.desc(), customer.id.asc()))), spent));
    db.all(
        select_from(parts)
            .group_by(|(part, _)| part)
            .order_by(|(part, _)| part)
            .columns(|(part, spent)| (part, count_all(), min(spent), max(spent), sum(spent))),
    )
}

/// What did each customer buy last?
pub(crate) fn latest_invoices(db: &mut Connection) -> Rows<(String, Moment, Cents)> {
    let numbered = select::<Invoice>().columns(|invoice| {
        let latest_first = (invoice.date.desc(), invoice.id.desc());
        (invoice, row_number().over(|w| w.partition_by(invoice.customer).order_by(latest_first)))
    });
    db.all(
        select::<Customer>()
            .join_on(numbered, |(customer, (invoice, number))| invoice.customer.eq(customer.id) & number.eq(1))
            .order_by(|(customer, (invoice, _))| (invoice.date.desc(), customer.id.asc()))
            .columns(|(customer, (invoice, _))| (full_name(customer), invoice.date, invoice.total)),
    )
}

/// Who has bought nothing since a day?
pub(crate) fn inactive_since(db: &mut Connection, day: &str) -> Rows<(String, String, Option<Moment>)> {
    let since = Moment(day.to_owned());
    let last = |customer: CustomerFields<Required>| {
        subquery(select::<Invoice>().filter(|invoice| invoice.customer.eq(customer.id)).columns(|i| max(i.date)))
    };
    db.all(
        select::<Customer>()
            .filter(|customer| !customer.invoices.any(|invoice| invoice.date.ge(since)))
            .order_by(|customer| customer.id)
            .columns(|customer| (full_name(customer), customer.email, last(customer))),
    )
}

/// How many of the customers who came first in a year still buy in the years after it, and for how much?
pub(crate) fn cohorts(db: &mut Connection) -> Rows<(Option<i64>, i64, i64, Cents)> {
    let arrivals = select::<Invoice>().group_by(|invoice| invoice.customer).columns(|i| (i.customer, min(year(i))));
    let purchases = select::<Invoice>()
        .join_on(arrivals, |(invoice, (customer, _))| customer.eq(invoice.customer))
        .columns(|(invoice, (_, arrival))| (arrival, year(invoice), invoice.customer, invoice.total));
    db.all(
        select_from(purchases)
            .group_by(|(arrival, year, ..)| (arrival, year))
            .order_by(|(arrival, year, ..)| (arrival, year))
            .columns(|(arrival, year, customer, total)| {
                (arrival, year, count_distinct(customer), sum(total).coalesce(Cents(0)))
            }),
    )
}

/// In which countries did nobody buy a track of a genre?
pub(crate) fn countries_without(db: &mut Connection, genre: &str) -> Rows<String> {
    let with = select::<Invoice>()
        .filter(|invoice| invoice.lines.any(|line| line.track.any(|track| track.genre.any(|of| of.name.eq(genre)))))
        .columns(|invoice| invoice.billing.country);
    let all = select::<Invoice>().columns(|invoice| invoice.billing.country);
    db.all(all.except(with).order_by(|country| country))
}

/// Which genre does each country like best?
pub(crate) fn favourite_genres(db: &mut Connection) -> Rows<(String, String, i64)> {
    let liked = select::<InvoiceLine>()
        .join(|line| line.invoice)
        .join(|(line, _)| line.track)
        .join(|(_, _, track)| track.genre)
        .group_by(|(_, invoice, _, genre)| (invoice.billing.country, genre.id, genre.name))
        .columns(|(line, invoice, _, genre)| {
            let country = invoice.billing.country;
            let best_first = (count(line).desc(), genre.id.asc());
            (country, genre.name, count(line), row_number().over(|w| w.partition_by(country).order_by(best_first)))
        });
    db.all(
        select_from(liked)
            .filter(|(_, _, _, place)| place.eq(1))
            .order_by(|(country, ..)| country)
            .columns(|(country, genre, tracks, _)| (country, genre, tracks)),
    )
}

/// Which large purchases are of one genre alone?
pub(crate) fn one_genre_purchases(db: &mut Connection) -> Rows<(i64, String, i64, Option<String>)> {
    db.all(
        select::<Invoice>()
            .join(|invoice| invoice.customer)
            .join(|(invoice, _)| invoice.lines)
            .join(|(_, _, line)| line.track)
            .join(|(_, _, _, track)| track.genre)
            .group_by(|(invoice, customer, ..)| (invoice.id, customer.first_name, customer.last_name))
            .having(|(_, _, line, _, genre)| count(line).ge(9) & count_distinct(genre.id).eq(1))
            .order_by(|(invoice, ..)| invoice.id)
            .columns(|(invoice, customer, line, _, genre)| {
                (invoice.id, full_name(customer), count(line), max(genre.name))
            }),
    )
}
