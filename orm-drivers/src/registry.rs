//! Which driver a URL names: those of this crate, and those that others register. Knows no client crate.

use crate::url::options::unknown;
use crate::url::{Url, is_name};
use orm_core::driver::Driver;
use orm_core::{Error, ErrorKind, Result};
use std::sync::{Arc, PoisonError, RwLock};

/// Makes a driver from a URL. It checks the URL's options; it opens no connection.
pub type Factory = fn(&Url) -> Result<Arc<dyn Driver>>;

/// A driver of this crate, whether its feature is on or not.
struct BuiltIn {
    dialect: &'static str,
    driver: &'static str,
    feature: &'static str,
    factory: Option<Factory>,
}

#[cfg(feature = "sqlite")]
const SQLITE: Option<Factory> = Some(crate::sqlite::open);
#[cfg(not(feature = "sqlite"))]
const SQLITE: Option<Factory> = None;
#[cfg(feature = "postgres")]
const POSTGRES: Option<Factory> = Some(crate::postgres::open);
#[cfg(not(feature = "postgres"))]
const POSTGRES: Option<Factory> = None;
#[cfg(feature = "postgres-wire")]
const POSTGRES_WIRE: Option<Factory> = Some(crate::postgres_wire::open);
#[cfg(not(feature = "postgres-wire"))]
const POSTGRES_WIRE: Option<Factory> = None;
#[cfg(feature = "mysql")]
const MYSQL: Option<Factory> = Some(crate::mysql::open);
#[cfg(not(feature = "mysql"))]
const MYSQL: Option<Factory> = None;

/// The first one of a dialect is that of a URL which names none.
const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn { dialect: "sqlite", driver: "rusqlite", feature: "sqlite", factory: SQLITE },
    BuiltIn { dialect: "postgresql", driver: "postgres", feature: "postgres", factory: POSTGRES },
    BuiltIn { dialect: "postgresql", driver: "wire", feature: "postgres-wire", factory: POSTGRES_WIRE },
    BuiltIn { dialect: "mysql", driver: "mysql", feature: "mysql", factory: MYSQL },
    BuiltIn { dialect: "mariadb", driver: "mysql", feature: "mysql", factory: MYSQL },
];

struct Registered {
    dialect: String,
    driver: String,
    factory: Factory,
}

static REGISTERED: RwLock<Vec<Registered>> = RwLock::new(Vec::new());

/// Adds a driver for URLs of the form `dialect+driver://`, for the whole process. The last one registered under a name counts,
/// also over a driver of this crate. A URL without a driver's name takes this crate's driver of the dialect, or else the
/// first that was registered for it.
///
/// # Errors
/// `Misuse` for a name that cannot stand in a URL.
///
/// ```
/// # use orm_drivers::*;
/// register("mydb", "mycrate", |_url| {
///     Err(orm_core::Error::new(orm_core::ErrorKind::Unsupported, "a driver would be made here"))
/// })?;
/// assert_eq!(create_engine("mydb://host/database").unwrap_err().kind(), orm_core::ErrorKind::Unsupported);
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn register(dialect: &str, driver: &str, factory: Factory) -> Result<()> {
    if !is_name(dialect) || !is_name(driver) {
        let message = "the names of a dialect and a driver are letters, digits and `_`, a letter first";
        return Err(Error::new(ErrorKind::Misuse, message));
    }
    let (dialect, driver) = (dialect.to_ascii_lowercase(), driver.to_ascii_lowercase());
    let mut registered = REGISTERED.write().unwrap_or_else(PoisonError::into_inner);
    match registered.iter_mut().find(|known| known.dialect == dialect && known.driver == driver) {
        Some(known) => known.factory = factory,
        None => registered.push(Registered { dialect, driver, factory }),
    }
    Ok(())
}

/// The driver that a URL names. No connection is opened.
///
/// # Errors
/// `InvalidUrl` for an unknown dialect, driver or option, with the known ones, and for a driver whose cargo feature is off.
///
/// ```
/// use orm_drivers::{Url, open};
///
/// let error = open(&Url::parse("oracle://scott@db/orders")?).unwrap_err();
/// assert!(error.to_string().contains("`postgresql`"));
/// # Ok::<(), orm_core::Error>(())
/// ```
pub fn open(url: &Url) -> Result<Arc<dyn Driver>> {
    find(url)?(url)
}

pub(crate) fn find(url: &Url) -> Result<Factory> {
    let registered = REGISTERED.read().unwrap_or_else(PoisonError::into_inner);
    let of_dialect = || registered.iter().filter(|known| known.dialect == url.dialect);
    let built_in = BUILT_IN.iter().find(|known| known.dialect == url.dialect);
    match (&url.driver, built_in) {
        (None, Some(BuiltIn { factory: Some(factory), .. })) => Ok(*factory),
        (None, Some(off)) => of_dialect().next().map(|known| known.factory).ok_or_else(|| feature_is_off(off)),
        (None, None) => match of_dialect().next() {
            Some(known) => Ok(known.factory),
            None => {
                let mut known: Vec<&str> = BUILT_IN.iter().map(|known| known.dialect).collect();
                known.extend(registered.iter().map(|known| known.dialect.as_str()));
                Err(unknown("dialect", &url.dialect, &known))
            }
        },
        (Some(driver), _) => {
            if let Some(known) = of_dialect().find(|known| known.driver == *driver) {
                return Ok(known.factory);
            }
            let of_this_crate = || BUILT_IN.iter().filter(|known| known.dialect == url.dialect);
            match of_this_crate().find(|known| known.driver == driver) {
                Some(known) => known.factory.ok_or_else(|| feature_is_off(known)),
                None => {
                    let mut known: Vec<&str> = of_this_crate().map(|known| known.driver).collect();
                    known.extend(of_dialect().map(|known| known.driver.as_str()));
                    Err(unknown(&format!("driver of {}", url.dialect), driver, &known))
                }
            }
        }
    }
}

fn feature_is_off(known: &BuiltIn) -> Error {
    let BuiltIn { dialect, driver, feature, factory: _ } = known;
    let message = format!("the driver `{dialect}+{driver}` is not built in; turn on the cargo feature `{feature}`");
    Error::new(ErrorKind::InvalidUrl, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuse(_url: &Url) -> Result<Arc<dyn Driver>> {
        Err(Error::new(ErrorKind::Refused, "the factory was called"))
    }

    #[track_caller]
    fn check(url: &str, kind: ErrorKind, expected: &str) {
        let error = open(&Url::parse(url).unwrap()).expect_err(url);
        assert_eq!(error.kind(), kind, "{url}: {error}");
        assert!(error.to_string().contains(expected), "{url}: {error}");
    }

    #[test]
    fn what_is_unknown_is_told_with_what_is_known() {
        check(
            "postgrsql://h",
            ErrorKind::InvalidUrl,
            "unknown dialect `postgrsql`; did you mean `postgresql`? known are `sqlite`",
        );
        check(
            "sqlite+rusqlit://",
            ErrorKind::InvalidUrl,
            "unknown driver of sqlite `rusqlit`; did you mean `rusqlite`?",
        );
        check("postgresql+psycopg://h", ErrorKind::InvalidUrl, "known are `postgres`, `wire`");
    }

    #[test]
    fn a_driver_that_is_not_built_in_names_its_feature() {
        for known in BUILT_IN.iter().filter(|known| known.factory.is_none()) {
            let expected = format!("turn on the cargo feature `{}`", known.feature);
            let place = if known.dialect == "sqlite" { "" } else { "h" };
            if BUILT_IN
                .iter()
                .find(|first| first.dialect == known.dialect)
                .is_some_and(|first| first.driver == known.driver)
            {
                check(&format!("{}://{place}", known.dialect), ErrorKind::InvalidUrl, &expected);
            }
            check(&format!("{}+{}://{place}", known.dialect, known.driver), ErrorKind::InvalidUrl, &expected);
        }
    }

    #[test]
    fn others_can_register_drivers() {
        assert_eq!(register("my db", "x", refuse).unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(register("mydb", "", refuse).unwrap_err().kind(), ErrorKind::Misuse);
        register("RegistryTest", "first", refuse).unwrap();
        register("registrytest", "second", |_| Err(Error::new(ErrorKind::Refused, "the second"))).unwrap();
        check("registrytest://h/db", ErrorKind::Refused, "the factory was called");
        check("registrytest+second://h/db", ErrorKind::Refused, "the second");
        check("registrytest+third://h/db", ErrorKind::InvalidUrl, "known are `first`, `second`");
        register("registrytest", "first", |_| Err(Error::new(ErrorKind::Refused, "the replacement"))).unwrap();
        check("registrytest://h/db", ErrorKind::Refused, "the replacement");
    }

    #[cfg(feature = "sqlite")]
    #[test]
    fn a_dialect_alone_takes_the_driver_of_this_crate() {
        register("sqlite", "registry_test", refuse).unwrap();
        check("sqlite+registry_test://", ErrorKind::Refused, "the factory was called");
        for url in ["sqlite::memory:", "sqlite+rusqlite://"] {
            let driver = open(&Url::parse(url).unwrap()).unwrap();
            assert_eq!(driver.dialect().name, "SQLite");
        }
    }
}
