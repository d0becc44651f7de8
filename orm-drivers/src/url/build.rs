//! From parts to `Url`.

use super::{Form, Host, Secret, Url, canonical_dialect, is_name};
use orm_core::Result;

/// A URL in the making: see [`Url::builder`].
///
/// ```
/// # use orm_drivers::*;
/// let url = Url::builder("postgresql").user("ada").password("p@ss").host("a.example").port(5433).host("b.example")
///     .database("shop").option("application_name", "till").build()?;
/// assert_eq!(url.to_string(), "postgresql://ada:***@a.example:5433,b.example/shop?application_name=till");
/// # Ok::<(), orm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct UrlBuilder {
    url: Url,
    /// A port that was given before any host.
    stray_port: bool,
}

impl UrlBuilder {
    pub(super) fn new(dialect: &str) -> UrlBuilder {
        let (dialect, driver) = match dialect.split_once('+') {
            Some((dialect, driver)) => (dialect, Some(driver.to_ascii_lowercase())),
            None => (dialect, None),
        };
        let dialect = canonical_dialect(dialect);
        let (hosts, options) = (Vec::new(), Vec::new());
        let url = Url { dialect, driver, user: None, password: None, hosts, database: None, options };
        UrlBuilder { url, stray_port: false }
    }

    /// The driver, where a dialect has several.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("postgresql").driver("postgres").host("localhost").build()?;
    /// assert_eq!(url.to_string(), "postgresql+postgres://localhost");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn driver(mut self, driver: &str) -> UrlBuilder {
        self.url.driver = Some(driver.to_ascii_lowercase());
        self
    }

    /// The user; an empty text is none.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("mysql").user("ada@till").host("localhost").build()?;
    /// assert_eq!(url.to_string(), "mysql://ada%40till@localhost");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn user(mut self, user: impl Into<String>) -> UrlBuilder {
        self.url.user = Some(user.into()).filter(|user| !user.is_empty());
        self
    }

    /// The password.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("mysql").user("ada").password("p@ss/word").host("localhost").build()?;
    /// assert_eq!(url.to_string(), "mysql://ada:***@localhost"); // it is not shown
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn password(mut self, password: impl Into<String>) -> UrlBuilder {
        self.url.password = Some(Secret::new(password));
        self
    }

    /// Adds a host: a name, an address (IPv6 without brackets), or the path of a Unix socket's folder.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("postgresql").host("a.example").host("::1").build()?;
    /// assert_eq!(url.to_string(), "postgresql://a.example,[::1]");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn host(mut self, name: impl Into<String>) -> UrlBuilder {
        self.url.hosts.push(Host { name: name.into(), port: None });
        self
    }

    /// The port of the host that was added last.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("mysql").host("localhost").port(3307).build()?;
    /// assert_eq!(url.to_string(), "mysql://localhost:3307");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn port(mut self, port: u16) -> UrlBuilder {
        match self.url.hosts.last_mut() {
            Some(host) => host.port = Some(port),
            None => self.stray_port = true,
        }
        self
    }

    /// The database's name, or the path of a SQLite file; without one, SQLite is in memory.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("sqlite").database("/var/lib/shop.db").build()?;
    /// assert_eq!(url.to_string(), "sqlite:////var/lib/shop.db");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn database(mut self, database: impl Into<String>) -> UrlBuilder {
        self.url.database = Some(database.into());
        self
    }

    /// Adds an option.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// let url = Url::builder("sqlite").database("shop.db").option("mode", "ro").build()?;
    /// assert_eq!(url.to_string(), "sqlite:///shop.db?mode=ro");
    /// # Ok::<(), orm_core::Error>(())
    /// ```
    pub fn option(mut self, name: impl Into<String>, value: impl Into<String>) -> UrlBuilder {
        self.url.options.push((name.into(), value.into()));
        self
    }

    /// The URL.
    ///
    /// # Errors
    /// `InvalidUrl` where [`Url::parse`] would refuse the text of it: a server without a host, for example.
    ///
    /// ```
    /// # use orm_drivers::*;
    /// assert!(Url::builder("postgresql").database("shop").build().is_err()); // on which host?
    /// ```
    pub fn build(self) -> Result<Url> {
        let UrlBuilder { mut url, stray_port } = self;
        let form = Form::of(&url.dialect);
        if !is_name(&url.dialect) || url.driver.as_deref().is_some_and(|driver| !is_name(driver)) {
            return Err(Form::Other.error("the names of a dialect and a driver are letters, digits and `_`"));
        }
        if stray_port {
            return Err(form.error("a port was given before its host"));
        }
        match form {
            Form::File if url.database.as_deref() == Some(":memory:") => url.database = None,
            Form::File => {}
            Form::Server(_) | Form::Other => url.database = url.database.filter(|database| !database.is_empty()),
        }
        url.check()
    }
}
