//! Transactions in two phases: begun under a name, prepared, and then committed or rolled back by whoever knows the name.

use super::{Channel, Effect, Failure};
use crate::dialect::TwoPhase;
use crate::engine::options::TransactionOptions;
use crate::error::{Error, ErrorKind, Fate, Result};
use std::fmt::Write;

/// The most bytes of a name: <https://mariadb.com/kb/en/xa-transactions/>; PostgreSQL takes more.
const ID_MAX: usize = 64;

impl Channel {
    /// Begins a transaction under a name.
    pub(crate) fn begin_two_phase(&mut self, id: &str) -> Result<()> {
        self.refuse_if_failed()?;
        self.refuse_if_stuck()?;
        if self.open.is_some() {
            return Err(Error::new(
                ErrorKind::Misuse,
                "a transaction is open already, and cannot become one of two phases",
            ));
        }
        self.two_phase_name(id)?;
        self.begin_named(TransactionOptions::new().write(), id)
    }

    /// Begins a transaction that can be prepared under a name, unless one is open. A database without two phases begins one like any
    /// other: who prepares it is told.
    pub(crate) fn begin_named(&mut self, options: TransactionOptions, id: &str) -> Result<()> {
        if self.dialect().two_phase != TwoPhase::Xa {
            return self.begin(options);
        }
        self.refuse_if_stuck()?;
        if self.open.is_some() {
            return Ok(());
        }
        let name = self.two_phase_name(id)?;
        if let Some(level) = options.isolation {
            self.batch(&format!("SET TRANSACTION ISOLATION LEVEL {}", level.sql()))?;
        }
        self.batch(&format!("XA START {name}"))?;
        self.start_over();
        (self.open, self.xa) = (Some(options), Some(name));
        Ok(())
    }

    /// Whether a transaction here can be prepared.
    pub(crate) fn refuse_without_two_phases(&self) -> Result<()> {
        if self.dialect().two_phase == TwoPhase::None { Err(self.no_two_phase()) } else { Ok(()) }
    }

    /// Has the database write the transaction down. After that the connection is in none, but on some databases of no use until
    /// the prepared one is ended.
    pub(crate) fn prepare_two_phase(&mut self, id: &str) -> Result<()> {
        self.refuse_if_failed()?;
        self.refuse_if_foreign()?;
        let options = self.options();
        let prepared = match self.xa.clone() {
            Some(name) => self
                .batch(&format!("XA END {name}"))
                .and_then(|()| self.batch(&format!("XA PREPARE {name}")).map_err(unknown)),
            None => {
                let name = self.two_phase_name(id)?;
                self.batch(&format!("PREPARE TRANSACTION {name}")).map_err(unknown)
            }
        };
        match prepared {
            Ok(()) => {
                self.close_transaction(options);
                Ok(())
            }
            Err(error) => {
                self.failed = Some(Failure { level: 0, cause: error.duplicate() });
                Err(error)
            }
        }
    }

    /// Ends a prepared transaction.
    pub(crate) fn end_prepared(&mut self, id: &str, fate: Fate) -> Result<()> {
        if self.open.is_some() {
            return Err(Error::new(
                ErrorKind::Misuse,
                "a prepared transaction cannot be ended within another transaction",
            ));
        }
        let name = self.two_phase_name(id)?;
        let sql = match (self.dialect().two_phase, fate) {
            (TwoPhase::None, _) => return Err(self.no_two_phase()),
            (TwoPhase::PrepareTransaction, Fate::Commit) => format!("COMMIT PREPARED {name}"),
            (TwoPhase::PrepareTransaction, Fate::Rollback) => format!("ROLLBACK PREPARED {name}"),
            (TwoPhase::Xa, Fate::Commit) => format!("XA COMMIT {name}"),
            (TwoPhase::Xa, Fate::Rollback) => format!("XA ROLLBACK {name}"),
        };
        let Err(error) = self.batch(&sql).map_err(unknown) else {
            self.link.mark_clean();
            self.wrote = true;
            self.note_write();
            return Ok(());
        };
        let is_gone = error.kind() == ErrorKind::Database
            && self.prepared_ids().is_ok_and(|ids| !ids.iter().any(|known| known == id));
        Err(if is_gone { error.with_kind(ErrorKind::NotFound) } else { error })
    }

    /// The names of the transactions that are prepared in this database and not ended.
    pub(crate) fn prepared_ids(&mut self) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        match self.dialect().two_phase {
            TwoPhase::None => return Err(self.no_two_phase()),
            TwoPhase::PrepareTransaction => {
                let sql = "SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = current_database() ORDER BY prepared";
                self.query(sql, &[], Effect::Reads, &mut |row| {
                    ids.extend(row.text(0)?.map(str::to_owned));
                    Ok(())
                })?;
            }
            // The columns are the format, the lengths of the two parts of the name, and the name.
            TwoPhase::Xa => self.query("XA RECOVER", &[], Effect::Reads, &mut |row| {
                let ours = row.integer(0)? == Some(1) && row.integer(2)? == Some(0);
                ids.extend(row.text(3)?.filter(|_| ours).map(str::to_owned));
                Ok(())
            })?,
        }
        Ok(ids)
    }

    /// Closes the connection in place of giving it back: a server may keep a prepared transaction to the connection until then.
    pub(crate) fn let_go_of_prepared(&mut self) {
        if self.dialect().two_phase == TwoPhase::Xa {
            self.link.close_on_return();
        }
    }

    /// COMMIT, of a transaction with a name in one phase.
    pub(super) fn send_commit(&mut self) -> Result<()> {
        match self.xa.clone() {
            None => self.batch("COMMIT"),
            Some(name) => self
                .batch(&format!("XA END {name}"))
                .and_then(|()| self.batch(&format!("XA COMMIT {name} ONE PHASE")).map_err(unknown)),
        }
    }

    /// ROLLBACK, whatever state a transaction with a name is in.
    pub(super) fn send_rollback(&mut self) -> Result<()> {
        match self.xa.take() {
            None => self.batch("ROLLBACK"),
            Some(name) => {
                // It may have ended already, or have been marked for a rollback, which is an error here.
                let _ = self.link.batch(&format!("XA END {name}"));
                self.batch(&format!("XA ROLLBACK {name}"))
            }
        }
    }

    /// A name as it stands in a statement.
    fn two_phase_name(&self, id: &str) -> Result<String> {
        if id.is_empty() || id.len() > ID_MAX || id.contains(['\0', '\\']) {
            let message = format!("the name of a transaction has from 1 to {ID_MAX} bytes, without NUL and backslash");
            return Err(Error::new(ErrorKind::InvalidValue, message));
        }
        match self.dialect().two_phase {
            TwoPhase::None => Err(self.no_two_phase()),
            TwoPhase::PrepareTransaction => Ok(format!("'{}'", id.replace('\'', "''"))),
            // What a text means depends on the server's settings; these digits mean the same to all.
            TwoPhase::Xa => Ok(id.bytes().fold(String::from("X'"), |mut name, byte| {
                let _ = write!(name, "{byte:02x}");
                name
            }) + "'"),
        }
    }

    fn no_two_phase(&self) -> Error {
        Error::unsupported(self.dialect().name, "a transaction in two phases")
    }
}

/// A connection that is lost while the answer is due leaves open what happened.
fn unknown(error: Error) -> Error {
    if error.kind() == ErrorKind::ConnectionLost { error.with_kind(ErrorKind::CommitOutcomeUnknown) } else { error }
}
