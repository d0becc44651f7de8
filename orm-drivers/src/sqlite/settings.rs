//! The options of a SQLite URL, and how a connection is opened and set up by them.

use super::error::from_rusqlite;
use super::functions;
use crate::url::Url;
use orm_core::{Context, Error, ErrorKind, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::thread;
use std::time::{Duration, Instant};

/// Where the database is and how its connections are set up.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) place: Place,
    mode: Mode,
    busy_timeout: Duration,
    journal_mode: Option<&'static str>,
    synchronous: Option<&'static str>,
    foreign_keys: bool,
    cache_statements: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Memory,
    /// The file's name as the URL has it.
    File(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
    Create,
}

const OPTIONS: [&str; 6] = ["mode", "busy_timeout", "journal_mode", "synchronous", "foreign_keys", "cache_statements"];
const MODES: [(&str, Mode); 3] = [("ro", Mode::Read), ("rw", Mode::Write), ("rwc", Mode::Create)];
/// Without `off`, which defensive mode forbids: a crash with it destroys the database.
const JOURNAL_MODES: [(&str, &str); 5] =
    [("wal", "wal"), ("delete", "delete"), ("truncate", "truncate"), ("persist", "persist"), ("memory", "memory")];
const SYNCHRONOUS: [(&str, &str); 4] = [("off", "off"), ("normal", "normal"), ("full", "full"), ("extra", "extra")];

impl Settings {
    pub(super) fn read(url: &Url) -> Result<Settings> {
        let options = url.options(&OPTIONS)?;
        let place = match &url.database {
            Some(file) => Place::File(file.clone()),
            None => Place::Memory,
        };
        if place == Place::Memory
            && let Some(option) = ["mode", "journal_mode"].into_iter().find(|option| options.text(option).is_some())
        {
            let message = format!("the option `{option}` is for files; the SQLite database of this URL is in memory");
            return Err(Error::new(ErrorKind::InvalidUrl, message));
        }
        let settings = Settings {
            place,
            mode: options.choice("mode", &MODES)?.unwrap_or(Mode::Create),
            busy_timeout: options.duration("busy_timeout", Duration::from_millis(1))?.unwrap_or(Duration::from_secs(5)),
            journal_mode: options.choice("journal_mode", &JOURNAL_MODES)?,
            synchronous: options.choice("synchronous", &SYNCHRONOUS)?,
            foreign_keys: options.boolean("foreign_keys")?.unwrap_or(true),
            cache_statements: options.parsed("cache_statements", "a number of statements")?.unwrap_or(256),
        };
        // SQLite counts the milliseconds in a C `int`, and rusqlite panics on more.
        if i32::try_from(settings.busy_timeout.as_millis()).is_err() {
            let message = "the value of the option `busy_timeout` is more than SQLite can wait";
            return Err(Error::new(ErrorKind::InvalidUrl, message));
        }
        if settings.mode == Mode::Read && settings.journal_mode.is_some() {
            let message = "the option `journal_mode` changes the file, which `mode=ro` forbids";
            return Err(Error::new(ErrorKind::InvalidUrl, message));
        }
        Ok(settings)
    }

    /// Opens a connection and sets it up.
    pub(super) fn connect(&self) -> Result<Connection> {
        let connection = match &self.place {
            Place::Memory => Connection::open_in_memory_with_flags(self.flags()).map_err(from_rusqlite)?,
            Place::File(name) => Connection::open_with_flags(plain_path(name), self.flags())
                .map_err(from_rusqlite)
                .context(|| format!("open the SQLite file `{name}`"))?,
        };
        connection.set_prepared_statement_cache_capacity(self.cache_statements);
        functions::register(&connection).map_err(from_rusqlite)?;
        self.set_up(&connection)?;
        if let Place::File(name) = &self.place {
            self.set_up_file(&connection).context(|| format!("open the SQLite file `{name}`"))?;
        }
        Ok(connection)
    }

    /// Flags without SQLITE_OPEN_URI. A connection is never used by two threads at once, so it needs no mutex of its own.
    fn flags(&self) -> OpenFlags {
        let access = match self.mode {
            Mode::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Mode::Create => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        };
        access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE
    }

    /// Sets what belongs to the connection alone. Also undoes what raw SQL did to it: no cached value is relied upon.
    pub(super) fn set_up(&self, connection: &Connection) -> Result<()> {
        connection.busy_timeout(self.busy_timeout).map_err(from_rusqlite)?;
        // https://www.sqlite.org/c3ref/c_dbconfig_defensive.html
        for (setting, value) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
            (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, self.foreign_keys),
            // rusqlite clears the values of a statement that goes back to its cache. SQLite then prepares the statement again
            // if its plan could depend on a value: on every use. With a plan that never depends on values it does not.
            (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
        ] {
            connection.set_db_config(setting, value).map_err(from_rusqlite)?;
        }
        connection.execute_batch("PRAGMA query_only = 0").map_err(from_rusqlite)
    }

    fn set_up_file(&self, connection: &Connection) -> Result<()> {
        // This is the first look into the file: it finds out whether it is a database at all.
        let mut journal_mode = journal_mode(connection, "PRAGMA journal_mode")?;
        // A file that the operating system lets us only read is opened for reading whatever the flags say.
        let is_read_only = connection.is_readonly("main").map_err(from_rusqlite)?;
        let wanted = self.journal_mode.unwrap_or("wal");
        if !is_read_only && journal_mode != wanted {
            journal_mode = self.change_journal_mode(connection, wanted)?;
            if journal_mode != wanted && self.journal_mode.is_some() {
                let message = format!("SQLite cannot use the journal mode `{wanted}` for this file");
                return Err(Error::new(ErrorKind::Unsupported, message));
            }
        }
        // https://www.sqlite.org/pragma.html#pragma_synchronous: NORMAL can lose the last transactions in a power failure, but
        // not damage the file, with a write-ahead log only.
        let synchronous = self.synchronous.unwrap_or(if journal_mode == "wal" { "normal" } else { "full" });
        connection.execute_batch(&format!("PRAGMA synchronous = {synchronous}")).map_err(from_rusqlite)
    }

    /// Changes the journal mode, for which SQLite needs the file alone and does not wait by itself: several connections to a
    /// new file try this at once.
    fn change_journal_mode(&self, connection: &Connection, wanted: &str) -> Result<String> {
        let deadline = Instant::now() + self.busy_timeout;
        let mut pause = Duration::from_millis(1);
        loop {
            match journal_mode(connection, &format!("PRAGMA journal_mode = {wanted}")) {
                Err(error) if error.kind() == ErrorKind::LockTimeout && Instant::now() < deadline => {
                    thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
                result => return result,
            }
        }
    }
}

fn journal_mode(connection: &Connection, sql: &str) -> Result<String> {
    connection.query_row(sql, [], |row| row.get(0)).map_err(from_rusqlite)
}

/// A path that SQLite does not take for a URI or a special name. `bundled` SQLite is compiled to read `file:` as a URI without
/// being asked to.
fn plain_path(name: &str) -> String {
    match name.starts_with("file:") || name.starts_with(':') {
        true => format!("./{name}"),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::plain_path;

    #[test]
    fn no_name_is_special() {
        assert_eq!(plain_path("file:x?mode=memory"), "./file:x?mode=memory");
        assert_eq!(plain_path(":memory:"), "./:memory:");
        assert_eq!(plain_path("/data/x.db"), "/data/x.db");
    }
}
