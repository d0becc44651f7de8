//! The flush: gather → order → act. No step calls back into the session.

mod act;
mod cascade;
mod gather;
mod moves;
mod order;
#[cfg(test)]
mod tests;

use super::objects::Objects;
use crate::engine::Channel;
use crate::error::{Error, ErrorKind, Result};
use gather::{Gathered, gather};
use order::Cycle;

/// The work of a flush, ordered; made before anything is sent.
pub(crate) struct Plan {
    gathered: Gathered,
    steps: Vec<order::Step>,
}

impl Plan {
    /// Gathers and orders.
    ///
    /// # Errors
    /// `InvalidReference`, `UniqueViolation` for two new objects with one key, `Misuse` for rows that refer to each other in a
    /// circle without a nullable reference.
    pub(crate) fn make(objects: &mut Objects) -> Result<Plan> {
        let gathered = gather(objects)?;
        let steps = order::order(&gathered.changes).map_err(|cycle| cycle_error(&gathered, &cycle))?;
        Ok(Plan { gathered, steps })
    }

    /// True when there is nothing to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Sends it.
    ///
    /// # Errors
    /// What the database refuses, and `StaleData`.
    pub(crate) fn run(self, objects: &mut Objects, channel: &mut Channel) -> Result<()> {
        let moves = moves::note(&self.gathered, objects);
        act::act(self.gathered, self.steps, objects, channel)?;
        moves.settle(objects);
        Ok(())
    }
}

fn cycle_error(gathered: &Gathered, cycle: &Cycle) -> Error {
    let mut models: Vec<String> = Vec::new();
    for &at in &cycle.changes {
        let change = &gathered.changes[at];
        for need in change.needs.iter().filter(|need| cycle.changes.contains(&need.change)) {
            let name = format!("`{}.{}`", change.table.model, change.table.columns[need.column].field);
            if !models.contains(&name) {
                models.push(name);
            }
        }
    }
    let message = format!(
        "rows refer to each other in a circle by {}, and none of these may be NULL for a while: make one an `Option`",
        models.join(" and ")
    );
    Error::new(ErrorKind::Misuse, message)
}
