//! Questions about revenue: by month and by year, by genre, by the size of an invoice.

use crate::models::*;
use crate::questions::*;
use orm::prelude::*;

/// What did each month bring, and all months up to it?
pub(crate) fn revenue_by_month(db: &mut Connection) -> Rows<(Moment, Cents, Option<Cents>)> {
    db.all(
        select_from(months())
            .order_by(|(month, _)| month)
            .columns(|(month, revenue)| (month, revenue, sum(revenue).over(|w| w.order_by(month)))),
    )
}

/// What is the average of each month and the two before it?
pub(crate) fn moving_average(db: &mut Connection) -> Rows<(Moment, Cents, Option<f64>)> {
    let quarter = |w: Window| w.rows_between(Frame::Preceding(2), Frame::CurrentRow);
    db.all(
        select_from(months())
            .order_by(|(month, _)| month)
            .columns(|(month, revenue)| (month, revenue, avg(revenue).over(|w| quarter(w.order_by(month))).round(2))),
    )
}

/// Which month of each year was the best?
pub(crate) fn best_months(db: &mut Connection) -> Rows<(Moment, Cents)> {
    let ranked = select_from(months()).columns(|(month, revenue)| {
        let in_year = |w: Window| w.partition_by(month.left(4)).order_by((revenue.desc(), month.asc()));
        (month, revenue, row_number().over(in_year))
    });
    db.all(
        select_from(ranked)
            .filter(|(_, _, place)| place.eq(1))
            .order_by(|(month, _, _)| month)
            .columns(|(month, revenue, _)| (month, revenue)),
    )
}

/// By how much percent did each year grow?
pub(crate) fn growth(db: &mut Connection) -> Rows<(i64, Cents, Option<Cents>, Option<f64>)> {
    let beside_last =
        select_from(years()).columns(|(year, revenue)| (year, revenue, lag(revenue, 1).over(|w| w.order_by(year))));
    db.all(select_from(beside_last).order_by(|(year, _, _)| year).columns(|(year, revenue, last)| {
        (year, revenue, last, (revenue - last).cast::<f64>() * 100.0 / last.cast::<f64>())
    }))
}

/// Which part of all revenue does each genre bring, in percent?
pub(crate) fn genres_by_revenue(db: &mut Connection) -> Rows<(String, Cents, f64)> {
    let genres = select::<Genre>()
        .join(|genre| genre.tracks)
        .join(|(_, track)| track.sales)
        .group_by(|(genre, _, _)| genre)
        .columns(|(genre, _, line)| (genre, turnover(line)));
    db.all(select_from(genres).order_by(|(genre, turnover)| (turnover.desc(), genre.id.asc())).columns(
        |(genre, turnover)| {
            let all = sum(turnover).over(|w| w).coalesce(Cents(0));
            (genre.name, turnover, percent(turnover, all))
        },
    ))
}

/// How many invoices are small, how many large?
pub(crate) fn invoice_sizes(db: &mut Connection) -> Rows<(String, i64, Cents)> {
    let sized = select::<Invoice>().columns(|invoice| {
        let size = case::<String>()
            .when(invoice.total.lt(Cents(2_00)), "1: below 2")
            .when(invoice.total.lt(Cents(5_00)), "2: 2 to 5")
            .when(invoice.total.lt(Cents(10_00)), "3: 5 to 10")
            .otherwise("4: 10 and more");
        (size, invoice.total)
    });
    db.all(
        select_from(sized)
            .group_by(|(size, _)| size)
            .order_by(|(size, _)| size)
            .columns(|(size, total)| (size, count_all(), sum(total).coalesce(Cents(0)))),
    )
}

/// What is the median of each country's invoices, in cents?
pub(crate) fn median_invoices(db: &mut Connection) -> Rows<(String, i64, Option<f64>)> {
    let numbered = select::<Invoice>().columns(|invoice| {
        let country = invoice.billing.country;
        let place = row_number().over(|w| w.partition_by(country).order_by((invoice.total, invoice.id)));
        (country, invoice.total, place, count_all().over(|w| w.partition_by(country)))
    });
    db.all(
        select_from(numbered)
            .filter(|(_, _, place, invoices)| (place * 2).between(invoices, invoices + 2))
            .group_by(|(country, _, _, invoices)| (country, invoices))
            .order_by(|(country, _, _, invoices)| (invoices.desc(), country.asc()))
            .columns(|(country, total, _, invoices)| (country, invoices, avg(total))),
    )
}

/// How many tracks has an average basket in each country, and what does it cost in cents?
pub(crate) fn average_baskets(db: &mut Connection) -> Rows<(String, i64, Option<f64>, Option<f64>)> {
    let baskets =
        select::<Invoice>().columns(|invoice| (invoice.billing.country, invoice.lines.count(), invoice.total));
    db.all(
        select_from(baskets)
            .group_by(|(country, _, _)| country)
            .having(|_| count_all().ge(10))
            .order_by(|(country, _, total)| (avg(total).desc(), country.asc()))
            .columns(|(country, tracks, total)| (country, count_all(), avg(tracks), avg(total))),
    )
}

/// What was the first invoice of each year, and what the last?
pub(crate) fn first_and_last_invoices(db: &mut Connection) -> Rows<(i64, Option<Cents>, Option<Cents>)> {
    let ends = select::<Invoice>().distinct().columns(|invoice| {
        let whole_year = |w: Window| {
            w.partition_by(year(invoice))
                .order_by((invoice.date, invoice.id))
                .rows_between(Frame::UnboundedPreceding, Frame::UnboundedFollowing)
        };
        (year(invoice), first_value(invoice.total).over(whole_year), last_value(invoice.total).over(whole_year))
    });
    db.all(select_from(ends).order_by(|(year, _, _)| year))
}
