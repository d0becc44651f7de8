//! The eleven tables of a digital media store as structs. Knows nothing of files and of a session.

use orm::prelude::*;
use std::fmt;
use std::str::FromStr;

/// An artist or a band.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "artists", has_many(albums = Album::artist))]
pub(crate) struct Artist {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 120, index)]
    pub name: String,
}

/// An album of one artist.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "albums", has_many(tracks = Track::album))]
pub(crate) struct Album {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 160)]
    pub title: String,
    pub artist: Ref<Artist>,
}

/// A member of the staff. The general manager reports to nobody.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "employees", has_many(reports = Employee::reports_to, customers = Customer::support_rep))]
pub(crate) struct Employee {
    #[orm(primary_key)]
    pub id: i64,
    pub last_name: String,
    pub first_name: String,
    pub title: String,
    pub reports_to: Option<Ref<Employee>>,
    pub birth_date: Moment,
    pub hire_date: Moment,
    #[orm(embed)]
    pub address: Address,
    pub phone: Option<String>,
    pub fax: Option<String>,
    #[orm(length = 60, unique)]
    pub email: String,
}

/// A customer, looked after by one employee.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "customers", has_many(invoices = Invoice::customer))]
pub(crate) struct Customer {
    #[orm(primary_key)]
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    #[orm(embed)]
    pub address: Address,
    pub phone: Option<String>,
    pub fax: Option<String>,
    #[orm(length = 60, unique)]
    pub email: String,
    pub support_rep: Ref<Employee>,
}

/// A style of music, or of film.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "genres", has_many(tracks = Track::genre))]
pub(crate) struct Genre {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 120, unique)]
    pub name: String,
}

/// A file format.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "media_types")]
pub(crate) struct MediaType {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 120, unique)]
    pub name: String,
}

/// What is sold.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "tracks",
    has_many(sales = InvoiceLine::track),
    many_to_many(playlists = PlaylistTrack::track => PlaylistTrack::playlist)
)]
pub(crate) struct Track {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 200)]
    pub name: String,
    pub album: Ref<Album>,
    pub media_type: Ref<MediaType>,
    pub genre: Ref<Genre>,
    pub composer: Option<String>,
    pub milliseconds: i64,
    pub bytes: i64,
    pub unit_price: Cents,
}

/// A list of tracks.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "playlists", many_to_many(tracks = PlaylistTrack::playlist => PlaylistTrack::track))]
pub(crate) struct Playlist {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(length = 120)]
    pub name: String,
}

/// That a track is on a playlist: a key of two references, and nothing else.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "playlist_tracks")]
pub(crate) struct PlaylistTrack {
    #[orm(primary_key)]
    pub playlist: Ref<Playlist>,
    #[orm(primary_key, on_delete = "cascade")]
    pub track: Ref<Track>,
}

/// A purchase.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "invoices", has_many(lines = InvoiceLine::invoice))]
pub(crate) struct Invoice {
    #[orm(primary_key)]
    pub id: i64,
    pub customer: Ref<Customer>,
    #[orm(length = 19, index)]
    pub date: Moment,
    #[orm(embed)]
    pub billing: Address,
    pub total: Cents,
}

/// One track of a purchase.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "invoice_lines")]
pub(crate) struct InvoiceLine {
    #[orm(primary_key)]
    pub id: i64,
    #[orm(on_delete = "cascade")]
    pub invoice: Ref<Invoice>,
    pub track: Ref<Track>,
    pub unit_price: Cents,
    pub quantity: i64,
}

/// Where somebody lives: columns of the table that embeds it.
#[derive(Embed, Clone, Debug, PartialEq)]
pub(crate) struct Address {
    pub street: String,
    pub city: String,
    pub state: Option<String>,
    pub country: String,
    pub postal_code: Option<String>,
}

/// An amount of money, exact: a whole number of cents. It adds up and compares in SQL as a number does.
#[derive(SqlType, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[orm(number)]
pub(crate) struct Cents(pub i64);

impl FromStr for Cents {
    type Err = String;

    /// Reads `13.86`. What has no two digits after the point is an error: no amount is rounded.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not an amount like 13.86");
        let (whole, cents) = text.split_once('.').ok_or_else(wrong)?;
        if cents.len() != 2 || !whole.bytes().chain(cents.bytes()).all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        format!("{whole}{cents}").parse().map(Cents).map_err(|_| wrong())
    }
}

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}.{:02}", self.0 / 100, self.0 % 100))
    }
}

/// A day and time as ISO 8601 text, which sorts as time does.
#[derive(SqlType, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[orm(text)]
pub(crate) struct Moment(pub String);
