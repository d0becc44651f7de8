//! The database URL: `dialect+driver://user:password@host:port/database?option=value`. Knows no client crate.

mod build;
pub(crate) mod options;
mod parse;
#[cfg(test)]
mod tests;

pub use build::UrlBuilder;
pub use options::Options;

use orm_core::driver::Place;
use orm_core::{Error, ErrorKind, Result};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt;
use std::net::Ipv6Addr;
use zeroize::Zeroizing;

/// A parsed database URL. `Debug` and `Display` show `***` in place of the password.
///
/// ```
/// use orm_drivers::Url;
///
/// let url = Url::parse("postgres://ada:p%40ss@db.example:5433/shop?application_name=till")?;
/// assert_eq!(url.dialect, "postgresql");
/// assert_eq!(url.password.as_ref().map(|password| password.reveal()), Some("p@ss"));
/// assert_eq!(url.to_string(), "postgresql://ada:***@db.example:5433/shop?application_name=till");
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    /// `sqlite`, `postgresql`, `mysql` or `mariadb`, after aliases.
    pub dialect: String,
    /// The driver, where the URL names one.
    pub driver: Option<String>,
    /// The user, percent-decoded.
    pub user: Option<String>,
    /// The password, percent-decoded.
    pub password: Option<Secret>,
    /// The hosts, in order; several where the database has replicas. Empty for SQLite.
    pub hosts: Vec<Host>,
    /// The database's name, or the path of a SQLite file; `None` where the URL has none. SQLite without one is in memory.
    pub database: Option<String>,
    /// The options, in order.
    pub options: Vec<(String, String)>,
}

/// A host and its port.
///
/// ```
/// # use orm_drivers::*;
/// let url = Url::parse("postgresql://a.example:5433,b.example/shop")?;
/// assert_eq!((url.hosts[0].port, url.hosts[1].name.as_str()), (Some(5433), "b.example"));
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// A name, an IPv4 or IPv6 address (without brackets), or the path of a Unix socket's folder.
    pub name: String,
    /// The port, where given.
    pub port: Option<u16>,
}

/// A text that is never shown, and whose memory is wiped when it goes. What it was made from, and what a client makes of it, are others'
/// copies.
///
/// ```
/// # use orm_drivers::*;
/// let url = Url::parse("mysql://ada:p%40ss@localhost/shop")?;
/// let password = url.password.expect("there is one");
/// assert_eq!((format!("{password:?}").as_str(), password.reveal()), ("***", "p@ss"));
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Hides a text.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// assert_eq!(format!("{:?}", Secret::new("p@ss")), "***");
    /// ```
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The text, for the client that needs it.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// assert_eq!(Secret::new("p@ss").reveal(), "p@ss");
    /// ```
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Url {
    /// Reads a URL.
    ///
    /// The grammar is SQLAlchemy's, not that of web addresses: hosts keep their case, several hosts are separated by commas,
    /// and the last raw `@` before the path ends the user and password. In every part, `%` and two hexadecimal digits stand
    /// for a byte; `@ : / ? # %` in a user or password are written so. [`Url::builder`] takes the parts as they are.
    ///
    /// - `sqlite:///relative.db`, `sqlite:////absolute.db`, `sqlite:///C:\windows.db`: a file
    /// - `sqlite://`, `sqlite::memory:`, `sqlite:///:memory:`: in memory
    /// - `postgres` is another word for `postgresql`
    ///
    /// # Errors
    /// `InvalidUrl`, with the right form. The text never holds a part of the URL that may be the password.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("mysql://ada:p%40ss@localhost:3307/shop?sql_mode=ANSI")?;
    /// assert_eq!((url.dialect.as_str(), url.user.as_deref(), url.database.as_deref()), ("mysql", Some("ada"), Some("shop")));
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Url> {
        parse::parse(text)
    }

    /// Starts a URL from its parts, which are taken as they are: nothing is to be escaped by hand.
    ///
    /// ```
    /// use orm_drivers::Url;
    ///
    /// let url = Url::builder("mysql").user("root").password("a/b@c").host("::1").port(3307).database("shop").build()?;
    /// assert_eq!(url.reveal(), "mysql://root:a%2Fb%40c@[::1]:3307/shop");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn builder(dialect: &str) -> UrlBuilder {
        UrlBuilder::new(dialect)
    }

    /// The options, after a check that each is one of `known` and is given once.
    ///
    /// # Errors
    /// `InvalidUrl`, which lists the known options and names the nearest.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("sqlite:///shop.db?mode=ro")?;
    /// assert_eq!(url.options(&["mode"])?.text("mode"), Some("ro"));
    /// assert!(url.options(&["busy_timeout"]).is_err());
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn options(&self, known: &[&str]) -> Result<Options<'_>> {
        Options::check(self, known)
    }

    /// Where the database is, with the dialect's port where the URL names none: without user, password and options.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("postgresql://ada:secret@db.example/shop?application_name=till")?;
    /// assert_eq!(url.place().to_string(), "db.example:5432/shop");
    /// assert_eq!(Url::parse("sqlite::memory:")?.place().to_string(), ":memory:");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn place(&self) -> Place {
        let database = self.database.clone();
        let port = match Form::of(&self.dialect) {
            Form::File => {
                let database = database.or_else(|| Some(":memory:".to_owned()));
                return Place { server: None, port: None, database };
            }
            Form::Server(_) if self.dialect == "postgresql" => Some(5432),
            Form::Server(_) => Some(3306),
            Form::Other => None,
        };
        if let Some((_, socket)) = self.options.iter().find(|(name, _)| name == "unix_socket") {
            return Place { server: Some(socket.clone()), port: None, database };
        }
        match self.hosts.first() {
            Some(host) => Place { server: Some(host.name.clone()), port: host.port.or(port), database },
            None => Place { server: Some("localhost".to_owned()), port, database },
        }
    }

    /// The URL as text **with the password**, to hand it on to another program.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::parse("mysql://ada:secret@localhost/shop")?;
    /// assert_eq!(url.reveal(), "mysql://ada:secret@localhost/shop");
    /// assert_eq!(url.to_string(), "mysql://ada:***@localhost/shop");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn reveal(&self) -> String {
        Text { url: self, secrets: Secrets::Shown }.to_string()
    }

    /// The rules that hold for every URL, parsed or built.
    fn check(self) -> Result<Url> {
        let form = Form::of(&self.dialect);
        let has_credentials = self.user.is_some() || self.password.is_some();
        match form {
            Form::File if has_credentials || !self.hosts.is_empty() => {
                return Err(form.error("SQLite has no user, password, host or port; a file name follows three slashes"));
            }
            Form::File if self.database.as_deref() == Some("") => {
                return Err(form.error("the name of the SQLite file is empty"));
            }
            Form::Server(_) if self.hosts.is_empty() => return Err(form.error("the host is missing")),
            Form::File | Form::Server(_) | Form::Other => {}
        }
        if self.hosts.iter().any(|host| host.name.is_empty()) {
            return Err(form.error("a host is empty"));
        }
        if self.hosts.iter().any(|host| host.port == Some(0)) {
            return Err(form.error("a port is not a number from 1 to 65535"));
        }
        if self.options.iter().any(|(name, _)| name.is_empty()) {
            return Err(form.error("an option has no name"));
        }
        match self.part_with_nul() {
            Some(part) => Err(form.error(&format!("{part} holds a NUL character, which no database takes"))),
            None => Ok(self),
        }
    }

    fn part_with_nul(&self) -> Option<&'static str> {
        let Url { dialect: _, driver: _, user, password, hosts, database, options } = self;
        let has_nul = |text: &str| text.contains('\0');
        match () {
            () if user.as_deref().is_some_and(has_nul) => Some("the user"),
            () if password.as_ref().is_some_and(|password| has_nul(password.reveal())) => Some("the password"),
            () if hosts.iter().any(|host| has_nul(&host.name)) => Some("a host"),
            () if database.as_deref().is_some_and(has_nul) => Some("the database"),
            () if options.iter().any(|(name, value)| has_nul(name) || has_nul(value)) => Some("an option"),
            () => None,
        }
    }
}

impl std::str::FromStr for Url {
    type Err = Error;
    fn from_str(text: &str) -> Result<Url> {
        Url::parse(text)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Text { url: self, secrets: Secrets::Hidden }.fmt(f)
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({self})")
    }
}

/// What a URL of a dialect looks like, for messages and rules.
#[derive(Clone, Copy)]
enum Form {
    /// A file: no host.
    File,
    /// A server: a host must be given.
    Server(&'static str),
    /// A dialect of another crate, of which nothing is known.
    Other,
}

impl Form {
    fn of(dialect: &str) -> Form {
        match dialect {
            "sqlite" => Form::File,
            "postgresql" => Form::Server("postgresql://user:password@host:5432/database?option=value"),
            "mysql" => Form::Server("mysql://user:password@host:3306/database?option=value"),
            "mariadb" => Form::Server("mariadb://user:password@host:3306/database?option=value"),
            _ => Form::Other,
        }
    }

    /// An error that says what is wrong and shows the right form.
    fn error(self, wrong: &str) -> Error {
        let right = match self {
            Form::File => "`sqlite:///relative.db`, `sqlite:////absolute.db` or `sqlite::memory:`",
            Form::Server(form) => return Error::new(ErrorKind::InvalidUrl, format!("{wrong}; the form is `{form}`")),
            Form::Other => "`dialect+driver://user:password@host:port/database?option=value`",
        };
        Error::new(ErrorKind::InvalidUrl, format!("{wrong}; the form is {right}"))
    }
}

/// Dialects that have another name; the first is the one that counts.
const ALIASES: [(&str, &str); 1] = [("postgresql", "postgres")];

fn canonical_dialect(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match ALIASES.iter().find(|(_, alias)| *alias == name) {
        Some((dialect, _)) => (*dialect).to_owned(),
        None => name,
    }
}

/// True for what can stand before `://`: a letter, then letters, digits and `_`.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|other| other.is_ascii_alphanumeric() || other == '_')
}

/// True for an IPv6 address, with a zone or without.
fn is_ipv6(name: &str) -> bool {
    let (address, zone) = name.split_once('%').unwrap_or((name, "0"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.is_empty()
}

#[derive(Clone, Copy)]
enum Secrets {
    Hidden,
    Shown,
}

/// A URL on its way to text.
struct Text<'u> {
    url: &'u Url,
    secrets: Secrets,
}

/// Everything but letters, digits and what never means anything in a URL.
const PART: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// In a path and in the value of an option, paths stay readable.
const PATH: &AsciiSet = &PART.remove(b'/').remove(b':').remove(b'\\');
/// In brackets, an address is written as it is, but for its zone.
const ADDRESS: &AsciiSet = &PART.remove(b':');

/// Options that hold a secret by their name, such as `sslpassword`.
fn is_secret(option: &str) -> bool {
    let name = option.to_ascii_lowercase();
    ["password", "passwd", "secret", "token"].iter().any(|word| name.contains(word))
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Url { dialect, driver, user, password, hosts, database, options } = self.url;
        f.write_str(dialect)?;
        if let Some(driver) = driver {
            write!(f, "+{driver}")?;
        }
        f.write_str("://")?;
        if user.is_some() || password.is_some() {
            write!(f, "{}", utf8_percent_encode(user.as_deref().unwrap_or_default(), PART))?;
            match (password, self.secrets) {
                (Some(_), Secrets::Hidden) => f.write_str(":***")?,
                (Some(password), Secrets::Shown) => write!(f, ":{}", utf8_percent_encode(password.reveal(), PART))?,
                (None, _) => {}
            }
            f.write_str("@")?;
        }
        for (at, host) in hosts.iter().enumerate() {
            f.write_str(if at > 0 { "," } else { "" })?;
            match is_ipv6(&host.name) {
                true => write!(f, "[{}]", utf8_percent_encode(&host.name, ADDRESS))?,
                false => write!(f, "{}", utf8_percent_encode(&host.name, PART))?,
            }
            if let Some(port) = host.port {
                write!(f, ":{port}")?;
            }
        }
        if let Some(database) = database {
            write!(f, "/{}", utf8_percent_encode(database, PATH))?;
        }
        for (at, (name, value)) in options.iter().enumerate() {
            write!(f, "{}{}=", if at == 0 { "?" } else { "&" }, utf8_percent_encode(name, PART))?;
            match self.secrets {
                Secrets::Hidden if is_secret(name) => f.write_str("***")?,
                Secrets::Hidden | Secrets::Shown => write!(f, "{}", utf8_percent_encode(value, PATH))?,
            }
        }
        Ok(())
    }
}
