//! COPY and notifications over the client.

use super::{Open, ServerConnection};
use crate::postgres_common::bind::check_text;
use crate::postgres_common::copy::{Encoder, behind_a_pooler};
use orm_core::driver::{Connection, CopyRows, CopySource, CopyTarget, Notification};
use orm_core::{Error, ErrorKind, Result};
use postgres::Client;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::Type;
use std::io::{self, Read, Write};
use std::time::Duration;

/// How much is read at once.
const PIECE: usize = 32 * 1024;

impl ServerConnection {
    pub(super) fn next_notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        if self.pooled {
            return Err(behind_a_pooler());
        }
        // The client looks at its socket only while it waits.
        let timeout = timeout.max(Duration::from_millis(1));
        let found = self.client()?.notifications().timeout_iter(timeout).next();
        let found = found.map_err(|error| self.failed(error, ""))?;
        if found.is_none() && self.client()?.is_closed() {
            self.lost = true;
            return Err(Error::new(ErrorKind::ConnectionLost, "the connection to the server is lost"));
        }
        Ok(found.map(|found| Notification {
            channel: found.channel().to_owned(),
            payload: found.payload().to_owned(),
            process: found.process_id(),
        }))
    }

    /// Forgets what was told to somebody who is not there any more.
    pub(super) fn forget_notifications(&mut self) -> Result<()> {
        let forgotten = self.client()?.notifications().iter().for_each(|_| Ok(()));
        forgotten.map_err(|error| self.failed(error, ""))
    }

    /// The types of the columns of a query.
    pub(super) fn shape(&mut self, query: &str) -> Result<Vec<Type>> {
        check_text(query)?;
        let statement = self.client()?.prepare(query).map_err(|error| self.failed(error, query))?;
        self.refused = false;
        Ok(statement.columns().iter().map(|column| column.type_().clone()).collect())
    }

    /// The client prepares a COPY under a name: behind a pooler it is to be run and closed on one server connection.
    pub(super) fn in_one_place<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.statements.is_enabled() || self.open == Open::Yes {
            return work(self);
        }
        self.batch("BEGIN")?;
        match work(self) {
            Ok(done) => self.batch("COMMIT").map(|()| done),
            Err(error) => {
                if !self.lost {
                    self.batch("ROLLBACK")?;
                }
                Err(error)
            }
        }
    }

    pub(super) fn send_rows(&mut self, sql: &str, shape: &str, rows: &mut CopyRows<'_>) -> Result<u64> {
        let types = self.shape(shape)?;
        let mut encoder = Encoder::new(&types, rows);
        self.send_copy(sql, &mut |piece| encoder.next(piece))
    }

    pub(super) fn send_copy(&mut self, sql: &str, source: &mut CopySource<'_>) -> Result<u64> {
        check_text(sql)?;
        let sent = send(self.client()?, sql, source);
        self.settle(sent, sql)
    }

    pub(super) fn take_copy(&mut self, sql: &str, target: &mut CopyTarget<'_>) -> Result<()> {
        check_text(sql)?;
        let taken = take(self.client()?, sql, target);
        self.settle(taken, sql)
    }

    fn settle<T>(&mut self, result: std::result::Result<T, Broken>, sql: &str) -> Result<T> {
        match result {
            Ok(done) => {
                self.refused = false;
                Ok(done)
            }
            Err(Broken::Ours(error)) => {
                // The server hears of it with the next request, and has refused the COPY then.
                self.refused = true;
                self.drain()?;
                Err(error)
            }
            Err(Broken::Client(error)) => Err(self.failed(error, sql)),
            Err(Broken::NotBegun(error)) => {
                let error = self.failed(error, sql);
                // The client has then sent the end of a COPY that never began, and would take the answer to it for that of the
                // next statement.
                self.lost = true;
                self.open = Open::No;
                Err(error)
            }
            Err(Broken::Io(error)) => match error.downcast::<postgres::Error>() {
                Ok(error) => Err(self.failed(error, sql)),
                Err(error) => {
                    self.lost = true;
                    self.open = Open::No;
                    let message = "the connection to the server is lost";
                    Err(Error::new(ErrorKind::ConnectionLost, message).with_source(error))
                }
            },
        }
    }
}

/// How a COPY ended that did not come to its end.
enum Broken {
    /// By the one who gives or takes the data.
    Ours(Error),
    Client(postgres::Error),
    /// The server did not ask for the data.
    NotBegun(postgres::Error),
    /// The client's error, wrapped by its reader or writer.
    Io(io::Error),
}

/// Without `finish` the client tells the server that the data were cut off.
fn send(client: &mut Client, sql: &str, source: &mut CopySource<'_>) -> std::result::Result<u64, Broken> {
    let statement = client.prepare(sql).map_err(Broken::Client)?;
    let mut writer = client.copy_in(&statement).map_err(Broken::NotBegun)?;
    let mut piece = Vec::with_capacity(PIECE);
    while source(&mut piece).map_err(Broken::Ours)? {
        writer.write_all(&piece).map_err(Broken::Io)?;
        piece.clear();
    }
    writer.finish().map_err(Broken::Client)
}

fn take(client: &mut Client, sql: &str, target: &mut CopyTarget<'_>) -> std::result::Result<(), Broken> {
    let mut reader = client.copy_out(sql).map_err(Broken::Client)?;
    let mut buffer = vec![0; PIECE];
    loop {
        match reader.read(&mut buffer).map_err(Broken::Io)? {
            0 => return Ok(()),
            length => target(&buffer[..length]).map_err(Broken::Ours)?,
        }
    }
}
