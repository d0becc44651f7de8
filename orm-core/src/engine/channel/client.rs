//! The client crate's own connection below a channel. What is done with it is not seen here, so that the channel forgets what it
//! knew.

use super::upgrade::Begun;
use super::{Channel, Effect, Failure};
use crate::driver::Connection;
use crate::error::{Error, ErrorKind, Result};
use std::any::{Any, type_name};

impl Channel {
    /// The driver's connection, to write on too: a restart must not commit what is written past this channel, so that SQLite
    /// upgrades the transaction by itself, or refuses.
    pub(crate) fn lend(&mut self) -> &mut dyn Connection {
        self.raw();
        if self.begun == Begun::ToRead {
            self.begun = Begun::ToWrite;
        }
        &mut *self.link
    }

    /// Shows the client's connection to a closure, if it is of this type.
    pub(crate) fn with_client<C: Any, T>(&mut self, work: impl FnOnce(&mut C) -> T) -> Result<T> {
        self.prepare_for(Effect::Unknown)?;
        if self.is_lost() {
            return Err(Error::new(ErrorKind::ConnectionLost, "the connection to the database was lost before"));
        }
        let dialect = self.dialect().name;
        let Some(client) = self.raw().as_any().downcast_mut::<C>() else {
            return Err(Error::unsupported(dialect, format!("a client of the type {}", type_name::<C>())));
        };
        let answer = work(client);
        if self.open.is_some() && self.failed.is_none() && self.link.in_transaction() == Some(false) {
            let cause = Error::new(ErrorKind::Misuse, "the closure of `with_raw` ended the transaction that was open");
            self.failed = Some(Failure { level: 0, cause });
        }
        Ok(answer)
    }
}
