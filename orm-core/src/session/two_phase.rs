//! A commit of several databases in two phases: each that was written in is prepared, and when all are, all are committed. Knows no
//! objects.

use super::lines::{Bind, Lines};
use crate::engine::{Access, Channel};
use crate::error::{Error, ErrorKind, Fate, LeftPrepared, Result};
use crate::pool::random_bytes;
use std::time::Duration;

/// How long to wait before a prepared transaction is tried to be ended again: MariaDB notices some time after its end that a connection
/// is gone, and holds what that has prepared until then.
const WAITS_MS: [u64; 8] = [5, 10, 20, 40, 80, 160, 320, 640];

/// The transaction in one of the databases.
struct Part {
    bind: Bind,
    id: String,
    channel: Option<Channel>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Prepared,
    /// The connection was lost when it was to be prepared or ended: nobody knows whether it is there.
    Unknown,
    Ended,
}

impl Lines {
    /// The name for a transaction that is about to begin and may have to be prepared.
    pub(super) fn name_to_begin(&mut self) -> Option<String> {
        let begun = self.as_ref().is_some_and(Channel::in_transaction);
        if begun || !self.options.two_phase || self.options.access == Access::ReadOnly {
            return None;
        }
        let name = self.name.get_or_insert_with(|| format!("orm_{:032x}", u128::from_ne_bytes(random_bytes()))).clone();
        Some(self.part_of(&name, self.place()))
    }

    /// The name in one database: two of them may be at one server.
    fn part_of(&self, name: &str, bind: Bind) -> String {
        format!("{name}_{}", self.engine.number_of(bind))
    }

    /// Commits what was written in several databases.
    ///
    /// # Errors
    /// `Unsupported` when one of them has no two phases; what a database refuses before all are prepared, after which all are rolled
    /// back; `CommitOutcomeUnknown` when something stays prepared, which the error names.
    pub(super) fn commit_in_two_phases(&mut self) -> Result<()> {
        let refused = self.written().find_map(|channel| channel.refuse_without_two_phases().err());
        if let Some(error) = refused {
            let error = error.context("commit several databases together");
            self.fail_all(&error);
            return Err(error);
        }
        self.commit_what_read()?;
        let Some(name) = self.name.clone() else { return Ok(()) };
        let channels = self.take_written();
        let part = |(bind, channel)| {
            let id = self.part_of(&name, bind);
            Part { bind, id, channel: Some(channel), state: State::Open }
        };
        let mut parts: Vec<Part> = channels.into_iter().map(part).collect();
        let result = match parts.iter_mut().try_for_each(Part::prepare) {
            Ok(()) => self.commit_prepared(&mut parts),
            Err(error) => Err(self.give_up(&mut parts, error)),
        };
        self.put_back(parts.into_iter().filter_map(Part::into_channel));
        result
    }

    /// The second phase. A part that cannot be committed holds up no other.
    fn commit_prepared(&self, parts: &mut [Part]) -> Result<()> {
        let mut first: Option<Error> = None;
        for part in &mut *parts {
            if let Err(error) = self.end(part, Fate::Commit) {
                first.get_or_insert(error);
            }
        }
        let Some(error) = first else { return Ok(()) };
        Err(left_behind(error, parts, Fate::Commit))
    }

    /// Takes everything back after a part could not be prepared.
    fn give_up(&self, parts: &mut [Part], error: Error) -> Error {
        for part in &mut *parts {
            // What could not be ended is told below.
            let _ = self.end(part, Fate::Rollback);
        }
        let error = error.context("no database has committed, because one could not prepare");
        match parts.iter().all(|part| part.state == State::Ended) {
            // COMMIT was sent to nobody.
            true if error.kind() == ErrorKind::CommitOutcomeUnknown => error.with_kind(ErrorKind::ConnectionLost),
            true => error,
            false => left_behind(error, parts, Fate::Rollback),
        }
    }

    /// Ends a part, over another connection where its own is lost.
    fn end(&self, part: &mut Part, fate: Fate) -> Result<()> {
        if part.state == State::Open {
            part.roll_back();
            return Ok(());
        }
        let mut result = self.try_to_end(part, fate);
        for wait in WAITS_MS {
            let may_help = |error: &Error| error.is_disconnect() || part.channel.is_some();
            if part.state == State::Ended || !result.as_ref().is_err_and(may_help) {
                break;
            }
            std::thread::sleep(Duration::from_millis(wait));
            result = self.try_to_end(part, fate);
        }
        result
    }

    /// Tries it once. Without an error it has ended; without a channel no connection could be made.
    fn try_to_end(&self, part: &mut Part, fate: Fate) -> Result<()> {
        let channel = match part.channel.take().filter(|channel| !channel.is_lost()) {
            Some(channel) => channel,
            None => self.open(part.bind)?,
        };
        let Err(error) = part.channel.insert(channel).end_prepared(&part.id, fate) else {
            part.state = State::Ended;
            return Ok(());
        };
        match (error.kind(), part.state, fate) {
            (ErrorKind::NotFound, State::Unknown, _) | (ErrorKind::NotFound, _, Fate::Rollback) => {
                part.state = State::Ended;
                Ok(())
            }
            (ErrorKind::NotFound, _, Fate::Commit) => {
                part.state = State::Ended;
                Err(error.context("somebody else has ended what was prepared"))
            }
            (ErrorKind::CommitOutcomeUnknown, _, _) => {
                part.state = State::Unknown;
                Err(error)
            }
            _ => Err(error),
        }
    }
}

impl Part {
    fn prepare(&mut self) -> Result<()> {
        let Some(channel) = &mut self.channel else { return Ok(()) };
        match channel.prepare_two_phase(&self.id) {
            Ok(()) => {
                self.state = State::Prepared;
                Ok(())
            }
            Err(error) => {
                if error.kind() == ErrorKind::CommitOutcomeUnknown {
                    self.state = State::Unknown;
                }
                Err(error)
            }
        }
    }

    /// Takes back what was not prepared.
    fn roll_back(&mut self) {
        if let Some(channel) = &mut self.channel {
            channel.rollback();
        }
        self.state = State::Ended;
    }

    fn into_channel(mut self) -> Option<(Bind, Channel)> {
        let channel = self.channel.take().filter(|_| self.state == State::Ended)?;
        Some((self.bind, channel))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(channel) = &mut self.channel
            && self.state != State::Ended
        {
            channel.let_go_of_prepared();
        }
    }
}

/// An error that tells what stays prepared.
fn left_behind(error: Error, parts: &[Part], fate: Fate) -> Error {
    let left: Vec<LeftPrepared> = parts
        .iter()
        .filter(|part| part.state != State::Ended)
        .map(|part| LeftPrepared { id: part.id.clone(), bind: part.bind.map(str::to_owned), fate })
        .collect();
    let told = left.iter().map(|LeftPrepared { id, bind, fate: _ }| match bind {
        None => format!("`{id}` in the engine's own database"),
        Some(bind) => format!("`{id}` in `{bind}`"),
    });
    let doing = match fate {
        Fate::Commit => "commit what all databases have prepared",
        Fate::Rollback => "roll back what some databases have prepared",
    };
    let context = match left.is_empty() {
        true => doing.to_owned(),
        false => format!("{doing}, of which is left {}", told.collect::<Vec<_>>().join(", ")),
    };
    error.with_kind(ErrorKind::CommitOutcomeUnknown).context(context).with_left_prepared(left)
}
