//! What somebody would ask of the store's data, in the query language. Knows nothing of how it got there.

use crate::models::*;
use orm::prelude::*;
use std::collections::HashMap;

/// How many rows each table has.
pub(crate) fn row_counts(session: &mut Session) -> orm::Result<Vec<(&'static str, u64)>> {
    Ok(vec![
        ("artists", session.count(select::<Artist>())?),
        ("albums", session.count(select::<Album>())?),
        ("employees", session.count(select::<Employee>())?),
        ("customers", session.count(select::<Customer>())?),
        ("genres", session.count(select::<Genre>())?),
        ("media types", session.count(select::<MediaType>())?),
        ("tracks", session.count(select::<Track>())?),
        ("playlists", session.count(select::<Playlist>())?),
        ("tracks of playlists", session.count(select::<PlaylistTrack>())?),
        ("invoices", session.count(select::<Invoice>())?),
        ("invoice lines", session.count(select::<InvoiceLine>())?),
    ])
}

/// The longest tracks of a genre, with their minutes.
pub(crate) fn longest_tracks(session: &mut Session, genre: &str) -> orm::Result<Vec<(String, i64)>> {
    let query = select::<Track>()
        .join(|track| track.genre)
        .filter(|(_, of)| of.name.eq(genre))
        .order_by(|(track, _)| (track.milliseconds.desc(), track.id.asc()))
        .limit(5)
        .columns(|(track, _)| (track.name, track.milliseconds));
    let rows = session.all(query)?;
    Ok(rows.into_iter().map(|(name, milliseconds)| (name, milliseconds / 60_000)).collect())
}

/// The artists of whom most was sold: pieces, over four joins.
pub(crate) fn best_sellers(session: &mut Session) -> orm::Result<Vec<(String, Option<i64>)>> {
    session.all(
        select::<InvoiceLine>()
            .join(|line| line.track)
            .join(|(_, track)| track.album)
            .join(|(_, _, album)| album.artist)
            .group_by(|(_, _, _, artist)| (artist.id, artist.name))
            .order_by(|(line, _, _, artist)| (sum(line.quantity).desc(), artist.name.asc()))
            .limit(5)
            .columns(|(line, _, _, artist)| (artist.name, sum(line.quantity))),
    )
}

/// What the countries paid in all, the best first.
pub(crate) fn sales_by_country(session: &mut Session) -> orm::Result<Vec<(String, i64, Option<Cents>)>> {
    session.all(
        select::<Invoice>()
            .group_by(|invoice| invoice.billing.country)
            .order_by(|invoice| (sum(invoice.total).desc(), invoice.billing.country.asc()))
            .limit(5)
            .columns(|invoice| (invoice.billing.country, count(invoice.id), sum(invoice.total))),
    )
}

/// Genres in which nothing was ever sold.
pub(crate) fn unsold_genres(session: &mut Session) -> orm::Result<Vec<String>> {
    session.all(
        select::<Genre>()
            .filter(|genre| !genre.tracks.any(|track| track.sales.any(|line| line.quantity.gt(0))))
            .order_by(|genre| genre.name.asc())
            .columns(|genre| genre.name),
    )
}

/// Who reports to whom, from the top, each with the number of customers looked after.
pub(crate) fn staff(session: &mut Session) -> orm::Result<Vec<String>> {
    let staff = session.all(select::<Employee>().order_by(|employee| employee.id.asc()))?;
    let customers = select::<Customer>()
        .group_by(|customer| customer.support_rep)
        .columns(|customer| (customer.support_rep, count(customer.id)));
    let customers: HashMap<Ref<Employee>, i64> = session.all(customers)?.into_iter().collect();
    let mut lines = Vec::new();
    below(session, &staff, &customers, None, &mut lines);
    Ok(lines)
}

/// The lines of those who report to somebody, each followed by those who report to them. The objects are loaded: this asks the
/// database nothing.
fn below(
    session: &Session,
    staff: &[Handle<Employee>],
    customers: &HashMap<Ref<Employee>, i64>,
    manager: Option<(usize, i64)>,
    lines: &mut Vec<String>,
) {
    let (depth, id) = manager.map_or((0, None), |(depth, id)| (depth + 1, Some(Ref::from(id))));
    for employee in staff.iter().map(|handle| &session[*handle]).filter(|employee| employee.reports_to == id) {
        let customers_of = customers.get(&employee.id.into()).unwrap_or(&0);
        let Employee { first_name, last_name, title, .. } = employee;
        lines.push(format!("{}{first_name} {last_name}, {title}: {customers_of} customers", "  ".repeat(depth)));
        below(session, staff, customers, Some((depth, employee.id)), lines);
    }
}
