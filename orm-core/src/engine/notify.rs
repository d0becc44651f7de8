//! LISTEN and NOTIFY: what connections tell each other through the database.

use super::{Connection, Effect};
use crate::compile;
use crate::dialect::NameRules;
use crate::driver::Notification;
use crate::error::{Error, ErrorKind, Result};
use crate::value::Datum;
use std::time::Duration;

/// What was told to the channels of a connection, until nothing comes for a time; see [`Connection::notifications`].
pub struct Notifications<'c> {
    connection: &'c mut Connection,
    silence: Duration,
    ended: bool,
}

impl Connection {
    /// Listens to a channel from now on, until the connection goes back to the pool; in a transaction, from its COMMIT on. What
    /// is told meanwhile waits for [`notifications`](Connection::notifications) in this program's memory. PostgreSQL only.
    ///
    /// A connection that listens is best one of its own: nobody else has it, and nothing is missed while it runs no statement. When
    /// it is lost, what was told until another one listens is lost as well: look at the tables once after each `listen`.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.listen("orders").unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on other databases; `InvalidValue` for a name that is empty, too long or holds NUL; what the database refuses.
    #[track_caller]
    pub fn listen(&mut self, channel: &str) -> Result<()> {
        let sql = format!("LISTEN {}", self.channel_name(channel)?);
        self.channel_mut().execute(&sql, &[], Effect::ReadsRaw).map(|_| ())
    }

    /// Listens to a channel no more.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.unlisten("orders").unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`listen`](Connection::listen).
    #[track_caller]
    pub fn unlisten(&mut self, channel: &str) -> Result<()> {
        let sql = format!("UNLISTEN {}", self.channel_name(channel)?);
        self.channel_mut().execute(&sql, &[], Effect::ReadsRaw).map(|_| ())
    }

    /// Tells something to all connections that listen to a channel; in a transaction, when it is committed. Equal payloads of
    /// one transaction are told once. PostgreSQL takes less than 8000 bytes.
    ///
    /// ```
    /// # use orm_doc::*; let mut connection = engine().connect()?;
    /// assert_eq!(connection.notify("orders", "17").unwrap_err().kind(), ErrorKind::Unsupported); // on SQLite
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`listen`](Connection::listen).
    #[track_caller]
    pub fn notify(&mut self, channel: &str, payload: &str) -> Result<()> {
        self.channel_name(channel)?;
        let binds = [Datum::text(channel), Datum::text(payload)];
        let sql = "SELECT pg_notify($1::text, $2::text)";
        self.channel_mut().query(sql, &binds, Effect::Writes, &mut |_| Ok(()))
    }

    /// The next thing that was told to the channels of this connection, waited for at most so long; `None` when there was
    /// nothing. What this connection told itself is among it. A time of zero asks only for what has arrived.
    ///
    /// ```no_run
    /// # use orm_doc::*; let engine = engine();
    /// use std::time::Duration;
    ///
    /// let mut connection = engine.connect()?;
    /// connection.listen("orders")?;
    /// while let Some(told) = connection.next_notification(Duration::from_secs(60))? {
    ///     println!("{}: {}", told.channel, told.payload);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on other databases and behind a pooler; `Misuse` in a transaction, during which PostgreSQL tells nothing;
    /// `ConnectionLost`.
    #[track_caller]
    pub fn next_notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        self.check_notifications()?;
        if self.in_transaction() {
            let message = "nothing is told to a connection while a transaction is open on it";
            return Err(Error::new(ErrorKind::Misuse, message));
        }
        self.channel_mut().notification(timeout)
    }

    /// What is told to the channels of this connection, one after another. The loop ends when nothing came for so long, or by an
    /// error, which is its last item.
    ///
    /// ```no_run
    /// # use orm_doc::*; let engine = engine();
    /// use std::time::Duration;
    ///
    /// let mut connection = engine.connect()?;
    /// connection.listen("orders")?;
    /// for told in connection.notifications(Duration::from_secs(60)) {
    ///     println!("order {}", told?.payload);
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub fn notifications(&mut self, silence: Duration) -> Notifications<'_> {
        Notifications { connection: self, silence, ended: false }
    }

    fn check_notifications(&self) -> Result<()> {
        let dialect = self.dialect();
        if dialect.notifications { Ok(()) } else { Err(Error::unsupported(dialect.name, "LISTEN and NOTIFY")) }
    }

    /// The quoted name of a channel. One that is too long would be cut by LISTEN, without a word.
    fn channel_name(&self, channel: &str) -> Result<String> {
        self.check_notifications()?;
        let dialect = self.dialect();
        let most = match dialect.names {
            NameRules::Bytes(most) | NameRules::BasicPlane(most) => most,
            NameRules::Any => usize::MAX,
        };
        if channel.is_empty() || channel.len() > most || channel.contains('\0') {
            let message = format!("the name of a channel has from 1 to {most} bytes, and no NUL");
            return Err(Error::new(ErrorKind::InvalidValue, message));
        }
        let mut quoted = String::new();
        compile::quote(&mut quoted, channel, dialect);
        Ok(quoted)
    }
}

impl Iterator for Notifications<'_> {
    type Item = Result<Notification>;

    fn next(&mut self) -> Option<Result<Notification>> {
        if self.ended {
            return None;
        }
        let next = self.connection.next_notification(self.silence).transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

impl std::fmt::Debug for Notifications<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notifications").field("silence", &self.silence).finish_non_exhaustive()
    }
}
