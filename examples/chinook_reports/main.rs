//! Thirty-six questions about a digital media store, each a query of a few lines: ranks, running totals, trees, medians, cohorts.
//!
//! ```sh
//! cargo run --release --example chinook_reports                            # SQLite, in memory
//! cargo run --release --example chinook_reports sqlite:///chinook.db       # SQLite, in a file
//! cargo run --release --features postgres --example chinook_reports postgresql://user:password@host/database
//! cargo run --release --features mysql --example chinook_reports mysql://user:password@host/database
//! ```
//!
//! Tables of the store's names in the database (`artists`, `albums`, `tracks`, ..) are dropped first. The questions are in
//! `sales.rs`, `customers.rs`, `catalog.rs` and `people.rs`; `tests/chinook` compares each answer with that of SQL text.

mod catalog;
mod customers;
#[path = "../chinook/load.rs"]
mod load;
#[path = "../chinook/models.rs"]
mod models;
mod people;
mod print;
mod questions;
mod sales;

use models::*;
use orm::prelude::*;
use print::answer;
use std::error::Error;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Err(error) = run() else { return ExitCode::SUCCESS };
    eprintln!("{error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or_else(|| "sqlite::memory:".into());
    if arguments.next().is_some() || url.starts_with('-') {
        return Err("usage: chinook_reports [URL of a database] (default: sqlite::memory:)".into());
    }
    let engine = orm::create_engine(&url)?;
    let schema = Schema::of::<(
        (Artist, Album, Genre, MediaType, Track, Playlist, PlaylistTrack),
        (Employee, Customer, Invoice, InvoiceLine),
    )>();
    schema.drop_all(&engine)?;
    schema.create_all(&engine)?;
    load::everything(&mut engine.session())?;
    let mut db = engine.connect()?;
    about_sales(&mut db)?;
    about_customers(&mut db)?;
    about_the_catalog(&mut db)?;
    about_people(&mut db)?;
    Ok(())
}

fn about_sales(db: &mut Connection) -> orm::Result<()> {
    use sales::*;
    let columns = ["month", "revenue", "so far"];
    answer("What did each month bring, and all months up to it?", &columns, &revenue_by_month(db)?);
    let columns = ["month", "revenue", "average (cents)"];
    answer("What is the average of each month and the two before it?", &columns, &moving_average(db)?);
    answer("Which month of each year was the best?", &["month", "revenue"], &best_months(db)?);
    let columns = ["year", "revenue", "the year before", "growth %"];
    answer("By how much percent did each year grow?", &columns, &growth(db)?);
    let columns = ["genre", "revenue", "share %"];
    answer("Which part of all revenue does each genre bring?", &columns, &genres_by_revenue(db)?);
    let columns = ["size", "invoices", "revenue"];
    answer("How many invoices are small, how many large?", &columns, &invoice_sizes(db)?);
    let columns = ["country", "invoices", "median (cents)"];
    answer("What is the median of each country's invoices?", &columns, &median_invoices(db)?);
    let columns = ["country", "invoices", "tracks", "total (cents)"];
    answer("What is in an average basket in each country?", &columns, &average_baskets(db)?);
    let columns = ["year", "first", "last"];
    answer("What was the first invoice of each year, and what the last?", &columns, &first_and_last_invoices(db)?);
    Ok(())
}

fn about_customers(db: &mut Connection) -> orm::Result<()> {
    use customers::*;
    let columns = ["country", "rank", "customer", "spent"];
    answer("Who are the two best customers of each country?", &columns, &best_of_each_country(db)?);
    let columns = ["customer", "spent", "so far"];
    answer("Which customers, the best first, bring the first fifth of all revenue?", &columns, &best_fifth(db)?);
    let columns = ["quarter", "customers", "least", "most", "in all"];
    answer("What does each quarter of the customers spend, from the best to the least?", &columns, &quartiles(db)?);
    answer("What did each customer buy last?", &["customer", "day", "total"], &latest_invoices(db)?);
    let columns = ["customer", "e-mail", "last"];
    answer("Who has bought nothing since 2024-09-01?", &columns, &inactive_since(db, "2024-09-01")?);
    let columns = ["first in", "year", "customers", "revenue"];
    answer("How many who came first in a year still buy in the years after it?", &columns, &cohorts(db)?);
    answer("In which countries did nobody buy Jazz?", &["country"], &countries_without(db, "Jazz")?);
    let columns = ["country", "genre", "tracks"];
    answer("Which genre does each country like best?", &columns, &favourite_genres(db)?);
    let columns = ["invoice", "customer", "tracks", "genre"];
    answer("Which large purchases are of one genre alone?", &columns, &one_genre_purchases(db)?);
    Ok(())
}

fn about_the_catalog(db: &mut Connection) -> orm::Result<()> {
    use catalog::*;
    answer("Which albums were never sold?", &["album", "artist"], &albums_never_sold(db)?);
    answer("Which artists have the most albums?", &["artist", "albums"], &artists_with_most_albums(db)?);
    let columns = ["album", "track", "seconds"];
    answer("Which track is the longest of each album of Deep Purple?", &columns, &longest_tracks(db, "Deep Purple")?);
    let columns = ["track", "seconds"];
    answer("Which tracks are more than three times as long as their album's average?", &columns, &outliers(db)?);
    let columns = ["class", "tracks", "longest (seconds)"];
    answer("How many tracks are short, how many long?", &columns, &lengths(db)?);
    let columns = ["price", "tracks", "films", "average length (ms)"];
    answer("How many tracks are there at each price, and how many of them are films?", &columns, &prices(db)?);
    let columns = ["format", "tracks"];
    answer("How many tracks of Classical are there in each file format?", &columns, &formats_of(db, "Classical")?);
    let columns = ["number", "playlist", "tracks", "hours", "price"];
    answer("How long is each playlist, and what would it cost?", &columns, &playlists(db)?);
    let columns = ["playlist", "playlist", "tracks"];
    answer("Which two playlists have the most tracks in common?", &columns, &playlists_sharing_tracks(db)?);
    let columns = ["track", "playlists", "names"];
    answer("On which playlists are the tracks that are on most?", &columns, &tracks_on_most_playlists(db)?);
    let columns = ["number", "playlist", "tracks"];
    answer("Which playlists have only tracks of more than two minutes?", &columns, &playlists_of_long_tracks(db)?);
    let columns = ["track", "track", "times"];
    answer("Which two tracks were bought together more than once?", &columns, &bought_together(db)?);
    let columns = ["from track", "to", "tracks"];
    answer("Where in the numbers of the tracks was nothing sold for long?", &columns, &unsold_stretches(db)?);
    Ok(())
}

fn about_people(db: &mut Connection) -> orm::Result<()> {
    use people::*;
    let columns = ["depth", "name", "title", "reports to"];
    answer("Who reports to whom, and how far below the top?", &columns, &tree(db)?);
    let columns = ["name", "directly", "in all"];
    answer("How many people does everybody lead?", &columns, &people_led(db)?);
    let columns = ["agent", "customers", "invoices", "revenue"];
    answer("What do the customers of each support agent spend?", &columns, &support_agents(db)?);
    let columns = ["last name", "first name", "city", "is"];
    answer("Who lives in Canada, staff and customers alike?", &columns, &everybody_in(db, "Canada")?);
    answer("In which cities do both staff and customers live?", &["city"], &shared_cities(db)?);
    Ok(())
}
