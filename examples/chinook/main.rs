//! A digital media store: eleven tables, 15 607 rows loaded through one session from CSV files, and some questions about them.
//!
//! ```sh
//! cargo run --release --example chinook                            # SQLite, in memory
//! cargo run --release --example chinook sqlite:///chinook.db       # SQLite, in a file
//! cargo run --release --features postgres --example chinook postgresql://user:password@host/database
//! cargo run --release --features mysql --example chinook mysql://user:password@host/database
//! ```
//!
//! Tables of these names in the database (`artists`, `albums`, `tracks`, ..) are dropped first.

mod load;
mod models;
mod reports;

use models::*;
use orm::prelude::*;
use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: chinook [URL]

URL names a database in which the tables are made anew (default: sqlite::memory:). postgresql:// needs
--features postgres, mysql:// and mariadb:// need --features mysql.";

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
        return Err(USAGE.into());
    }
    let engine = orm::create_engine(&url)?;
    let schema = Schema::of::<(
        (Artist, Album, Genre, MediaType, Track, Playlist, PlaylistTrack),
        (Employee, Customer, Invoice, InvoiceLine),
    )>();
    schema.drop_all(&engine)?;
    schema.create_all(&engine)?;

    let mut session = engine.session();
    let started = Instant::now();
    let rows = load::everything(&mut session)?;
    println!("{rows} rows in {} ms\n", started.elapsed().as_millis());

    for (table, rows) in reports::row_counts(&mut session)? {
        println!("{rows:6} {table}");
    }
    if url.starts_with("sqlite") {
        check_references(&mut session)?;
    }
    print_reports(&mut session)?;
    Ok(())
}

/// SQLite's own opinion on the references: a row for each that leads nowhere.
fn check_references(session: &mut Session) -> Result<(), Box<dyn Error>> {
    let faults: Vec<(String, Option<i64>, String, i64)> = session.rows(sql("PRAGMA foreign_key_check"))?;
    if let Some((table, row, parent, _)) = faults.first() {
        return Err(format!("{} references lead nowhere; one from {table} ({row:?}) to {parent}", faults.len()).into());
    }
    println!("foreign_key_check: no fault");
    Ok(())
}

fn print_reports(session: &mut Session) -> orm::Result<()> {
    println!("\nThe longest tracks of Rock:");
    for (name, minutes) in reports::longest_tracks(session, "Rock")? {
        println!("{minutes:6} min  {name}");
    }
    println!("\nThe best sellers:");
    for (artist, pieces) in reports::best_sellers(session)? {
        println!("{:6}  {artist}", pieces.unwrap_or(0));
    }
    println!("\nSales by country:");
    for (country, invoices, total) in reports::sales_by_country(session)? {
        println!("{:>10}  {country} ({invoices} invoices)", total.unwrap_or(Cents(0)));
    }
    println!("\nGenres in which nothing was sold: {}", reports::unsold_genres(session)?.join(", "));
    println!("\nThe staff:");
    for line in reports::staff(session)? {
        println!("  {line}");
    }
    Ok(())
}
