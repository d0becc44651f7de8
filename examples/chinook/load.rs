//! From CSV files to objects of a session: how a line of each file becomes a model. The only file that knows the files.

use crate::models::*;
use indicatif::{ProgressBar, ProgressStyle};
use orm::prelude::*;
use std::error::Error;
use std::str::FromStr;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Reads all files into the session and commits. Returns how many objects there are.
///
/// The order of the files is that of the alphabet: albums come before their artists, and lines before their tracks. The
/// session finds the order in which the database accepts them.
pub(crate) fn everything(session: &mut Session) -> Result<u64> {
    let bar = ProgressBar::new(15_607).with_style(ProgressStyle::with_template("{msg:16} {wide_bar} {pos}/{len}")?);
    file::<Album>(session, &bar)?;
    file::<Artist>(session, &bar)?;
    file::<Customer>(session, &bar)?;
    file::<Employee>(session, &bar)?;
    file::<Genre>(session, &bar)?;
    file::<Invoice>(session, &bar)?;
    file::<InvoiceLine>(session, &bar)?;
    file::<MediaType>(session, &bar)?;
    file::<Playlist>(session, &bar)?;
    file::<PlaylistTrack>(session, &bar)?;
    file::<Track>(session, &bar)?;
    bar.set_message("commit");
    session.commit()?;
    bar.finish_and_clear();
    Ok(bar.position())
}

fn file<M: FromLine>(session: &mut Session, bar: &ProgressBar) -> Result<()> {
    let path = format!("{}/examples/data/chinook/{}.csv", env!("CARGO_MANIFEST_DIR"), M::FILE);
    let at = |error: Box<dyn Error>| format!("{path}: {error}");
    bar.set_message(M::FILE);
    let mut reader = csv::Reader::from_path(&path).map_err(|error| at(error.into()))?;
    let header = reader.headers()?.clone();
    for record in reader.records() {
        let line = Line { header: &header, record: record.map_err(|error| at(error.into()))? };
        session.add(M::from_line(&line).map_err(&at)?);
        bar.inc(1);
    }
    Ok(())
}

/// A line of a file, whose fields have the names of its first line.
struct Line<'h> {
    header: &'h csv::StringRecord,
    record: csv::StringRecord,
}

impl Line<'_> {
    /// A field; an empty one is NULL.
    fn optional<T: FromStr<Err: Into<Box<dyn Error>>>>(&self, name: &str) -> Result<Option<T>> {
        let position = self.header.iter().position(|header| header == name);
        let position = position.ok_or_else(|| format!("there is no column `{name}`"))?;
        match self.record.get(position) {
            None | Some("") => Ok(None),
            Some(text) => text.parse().map(Some).map_err(|error: T::Err| self.fault(name, error.into())),
        }
    }

    fn field<T: FromStr<Err: Into<Box<dyn Error>>>>(&self, name: &str) -> Result<T> {
        self.optional(name)?.ok_or_else(|| self.fault(name, "is empty".into()))
    }

    fn fault(&self, name: &str, error: Box<dyn Error>) -> Box<dyn Error> {
        let line = self.record.position().map_or(0, csv::Position::line);
        format!("line {line}, `{name}`: {error}").into()
    }

    /// The reference that a field holds the key of.
    fn reference<M: Model<Key = i64>>(&self, name: &str) -> Result<Ref<M>> {
        self.field::<i64>(name).map(Ref::from)
    }

    fn moment(&self, name: &str) -> Result<Moment> {
        self.field(name).map(Moment)
    }

    fn address(&self, prefix: &str) -> Result<Address> {
        let name = |part: &str| format!("{prefix}{part}");
        Ok(Address {
            street: self.field(&name("address"))?,
            city: self.field(&name("city"))?,
            state: self.optional(&name("state"))?,
            country: self.field(&name("country"))?,
            postal_code: self.optional(&name("postal_code"))?,
        })
    }
}

/// How a line of a file becomes a model.
trait FromLine: Model {
    const FILE: &'static str;
    fn from_line(line: &Line<'_>) -> Result<Self>;
}

impl FromLine for Artist {
    const FILE: &'static str = "artist";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Artist { id: line.field("artist_id")?, name: line.field("name")? })
    }
}

impl FromLine for Album {
    const FILE: &'static str = "album";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Album { id: line.field("album_id")?, title: line.field("title")?, artist: line.reference("artist_id")? })
    }
}

impl FromLine for Employee {
    const FILE: &'static str = "employee";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Employee {
            id: line.field("employee_id")?,
            last_name: line.field("last_name")?,
            first_name: line.field("first_name")?,
            title: line.field("title")?,
            reports_to: line.optional::<i64>("reports_to")?.map(Ref::from),
            birth_date: line.moment("birth_date")?,
            hire_date: line.moment("hire_date")?,
            address: line.address("")?,
            phone: line.optional("phone")?,
            fax: line.optional("fax")?,
            email: line.field("email")?,
        })
    }
}

impl FromLine for Customer {
    const FILE: &'static str = "customer";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Customer {
            id: line.field("customer_id")?,
            first_name: line.field("first_name")?,
            last_name: line.field("last_name")?,
            company: line.optional("company")?,
            address: line.address("")?,
            phone: line.optional("phone")?,
            fax: line.optional("fax")?,
            email: line.field("email")?,
            support_rep: line.reference("support_rep_id")?,
        })
    }
}

impl FromLine for Genre {
    const FILE: &'static str = "genre";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Genre { id: line.field("genre_id")?, name: line.field("name")? })
    }
}

impl FromLine for MediaType {
    const FILE: &'static str = "media_type";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(MediaType { id: line.field("media_type_id")?, name: line.field("name")? })
    }
}

impl FromLine for Track {
    const FILE: &'static str = "track";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Track {
            id: line.field("track_id")?,
            name: line.field("name")?,
            album: line.reference("album_id")?,
            media_type: line.reference("media_type_id")?,
            genre: line.reference("genre_id")?,
            composer: line.optional("composer")?,
            milliseconds: line.field("milliseconds")?,
            bytes: line.field("bytes")?,
            unit_price: line.field("unit_price")?,
        })
    }
}

impl FromLine for Playlist {
    const FILE: &'static str = "playlist";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Playlist { id: line.field("playlist_id")?, name: line.field("name")? })
    }
}

impl FromLine for PlaylistTrack {
    const FILE: &'static str = "playlist_track";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(PlaylistTrack { playlist: line.reference("playlist_id")?, track: line.reference("track_id")? })
    }
}

impl FromLine for Invoice {
    const FILE: &'static str = "invoice";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(Invoice {
            id: line.field("invoice_id")?,
            customer: line.reference("customer_id")?,
            date: line.moment("invoice_date")?,
            billing: line.address("billing_")?,
            total: line.field("total")?,
        })
    }
}

impl FromLine for InvoiceLine {
    const FILE: &'static str = "invoice_line";
    fn from_line(line: &Line<'_>) -> Result<Self> {
        Ok(InvoiceLine {
            id: line.field("invoice_line_id")?,
            invoice: line.reference("invoice_id")?,
            track: line.reference("track_id")?,
            unit_price: line.field("unit_price")?,
            quantity: line.field("quantity")?,
        })
    }
}
