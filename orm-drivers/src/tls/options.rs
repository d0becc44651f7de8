//! The options of a URL that are about encryption, with the names and meanings of libpq. Opens no file.
//!
//! <https://www.postgresql.org/docs/current/libpq-ssl.html>

use crate::url::Options;
use orm_core::{Error, ErrorKind, Result};
use std::net::IpAddr;
use std::path::PathBuf;

/// The names, for the lists of what a driver knows.
pub(crate) const OPTIONS: [&str; 4] = ["sslcert", "sslkey", "sslmode", "sslrootcert"];

/// Whether a connection is encrypted, and what the server has to prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server offers it; the server proves nothing.
    Prefer,
    /// Encrypted; the server proves nothing.
    Require,
    /// Encrypted; an authority that we trust has signed the server's certificate, for whichever host.
    VerifyCa,
    /// Encrypted; the certificate is for the host of the URL, too.
    VerifyFull,
}

/// Which authorities are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Roots {
    /// Those of the operating system.
    System,
    /// Those of a PEM file, and no others.
    File(PathBuf),
}

/// PEM files with the certificate that we show, and its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// What a URL asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) mode: Mode,
    pub(crate) roots: Roots,
    pub(crate) identity: Option<Identity>,
}

impl Wish {
    /// Reads the options. `local` says that no host of the URL is on another machine.
    ///
    /// Without `sslmode` the mode is what the other options are for: a trusted authority is given to have the server's
    /// certificate checked against it, and a certificate of ours to be shown. With none of them it is `prefer`, on this machine
    /// `disable`.
    ///
    /// # Errors
    /// `InvalidUrl` for a value that is not right, and for options that contradict each other.
    pub(crate) fn read(options: &Options<'_>, local: bool) -> Result<Wish> {
        let modes = [
            ("disable", Mode::Disable),
            ("prefer", Mode::Prefer),
            ("require", Mode::Require),
            ("verify-ca", Mode::VerifyCa),
            ("verify-full", Mode::VerifyFull),
        ];
        let roots = match path(options, "sslrootcert")? {
            Some(path) if path.as_os_str() == "system" => Some(Roots::System),
            other => other.map(Roots::File),
        };
        let identity = match (path(options, "sslcert")?, path(options, "sslkey")?) {
            (Some(certificate), Some(key)) => Some(Identity { certificate, key }),
            (None, None) => None,
            _ => return Err(invalid("of the options `sslcert` and `sslkey` one is given without the other")),
        };
        let given = options.choice("sslmode", &modes)?;
        let mode = given.unwrap_or(match (&roots, &identity) {
            (Some(_), _) => Mode::VerifyFull,
            (None, Some(_)) => Mode::Require,
            (None, None) if local => Mode::Disable,
            (None, None) => Mode::Prefer,
        });
        Ok(Wish {
            mode: checked(mode, roots.as_ref(), identity.as_ref())?,
            roots: roots.unwrap_or(Roots::System),
            identity,
        })
    }
}

/// The mode that counts, if the others fit to it.
fn checked(mode: Mode, roots: Option<&Roots>, identity: Option<&Identity>) -> Result<Mode> {
    match (mode, roots) {
        (Mode::Disable, _) if roots.is_some() || identity.is_some() => {
            Err(invalid("the options `sslrootcert`, `sslcert` and `sslkey` have no meaning with `sslmode=disable`"))
        }
        (Mode::Prefer, Some(_)) => Err(invalid(
            "the option `sslrootcert` has no meaning with `sslmode=prefer`, which checks no certificate; `verify-full` does",
        )),
        (Mode::Require | Mode::VerifyCa, Some(Roots::System)) => Err(invalid(
            "with `sslrootcert=system` the only `sslmode` is `verify-full`: public authorities sign certificates for everybody, \
             so that one of theirs proves nothing unless it is for the host",
        )),
        (Mode::VerifyCa, None) => Err(invalid(
            "`sslmode=verify-ca` needs the option `sslrootcert`, a file with the authorities to trust; `verify-full` can do with \
             those of the operating system",
        )),
        // As libpq does it.
        (Mode::Require, Some(Roots::File(_))) => Ok(Mode::VerifyCa),
        (mode, _) => Ok(mode),
    }
}

fn path(options: &Options<'_>, name: &str) -> Result<Option<PathBuf>> {
    match options.text(name) {
        Some("") => Err(invalid(&format!("the option `{name}` is empty"))),
        other => Ok(other.map(PathBuf::from)),
    }
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidUrl, message)
}

/// True for a host that is this machine by its name: a loopback address, `localhost`, or the folder of a Unix socket.
pub(crate) fn is_local(host: &str) -> bool {
    let loopback = |host: &str| host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    host.starts_with('/') || host.eq_ignore_ascii_case("localhost") || loopback(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::Url;

    fn read(options: &str, local: bool) -> Result<Wish> {
        let url = Url::parse(&format!("postgresql://db/shop?{options}"))?;
        Wish::read(&url.options(&OPTIONS)?, local)
    }

    #[test]
    fn the_mode_follows_from_what_is_given() {
        for (options, elsewhere, here) in [
            ("", Mode::Prefer, Mode::Disable),
            ("sslrootcert=ca.pem", Mode::VerifyFull, Mode::VerifyFull),
            ("sslrootcert=system", Mode::VerifyFull, Mode::VerifyFull),
            ("sslcert=c.pem&sslkey=k.pem", Mode::Require, Mode::Require),
            ("sslmode=require&sslrootcert=ca.pem", Mode::VerifyCa, Mode::VerifyCa),
            ("sslmode=verify-ca&sslrootcert=ca.pem", Mode::VerifyCa, Mode::VerifyCa),
            ("sslmode=verify-full", Mode::VerifyFull, Mode::VerifyFull),
            ("sslmode=prefer&sslcert=c.pem&sslkey=k.pem", Mode::Prefer, Mode::Prefer),
            ("sslmode=DISABLE", Mode::Disable, Mode::Disable),
        ] {
            assert_eq!(read(options, false).map(|wish| wish.mode).ok(), Some(elsewhere), "{options}");
            assert_eq!(read(options, true).map(|wish| wish.mode).ok(), Some(here), "{options}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (options, expected) in [
            ("sslmode=allow", "`disable`, `prefer`, `require`, `verify-ca`, `verify-full`"),
            ("sslmode=verify-ca", "needs the option `sslrootcert`"),
            ("sslmode=require&sslrootcert=system", "the only `sslmode` is `verify-full`"),
            ("sslmode=verify-ca&sslrootcert=system", "the only `sslmode` is `verify-full`"),
            ("sslmode=prefer&sslrootcert=ca.pem", "checks no certificate"),
            ("sslmode=disable&sslrootcert=ca.pem", "have no meaning"),
            ("sslmode=disable&sslcert=c.pem&sslkey=k.pem", "have no meaning"),
            ("sslcert=c.pem", "without the other"),
            ("sslkey=k.pem", "without the other"),
            ("sslrootcert=", "is empty"),
        ] {
            let error = read(options, false).expect_err(options);
            assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{options}");
            assert!(error.to_string().contains(expected), "{options}: {error}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (host, local) in [
            ("localhost", true),
            ("LocalHost", true),
            ("127.0.0.1", true),
            ("127.8.9.1", true),
            ("::1", true),
            ("/var/run/postgresql", true),
            ("localhost.example", false),
            ("10.0.0.1", false),
            ("db", false),
        ] {
            assert_eq!(is_local(host), local, "{host}");
        }
    }
}
