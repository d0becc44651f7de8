//! The flush: gather → order → act. No step calls back into the session.

mod act;
mod cascade;
mod children;
mod gather;
mod marks;
mod moves;
mod order;
mod queue;
mod settle;
mod stale;
mod stand_in;
#[cfg(test)]
mod tests;
mod unique;

use super::lines::Lines;
use super::objects::Objects;
use crate::error::{Details, Error, ErrorKind, Result};
use gather::{Gathered, gather};
pub(super) use marks::mark_children;
pub(crate) use marks::refuse_real_deletes;
use order::{Change, Cycle};

/// The work of a flush, ordered; made before anything is sent.
pub(crate) struct Plan {
    gathered: Gathered,
    steps: Vec<order::Step>,
}

impl Plan {
    /// Gathers and orders.
    ///
    /// # Errors
    /// `InvalidReference`, `UniqueViolation` for two new objects with one key and for UNIQUE values that are passed on in a circle
    /// without a stand-in, `Misuse` for rows that refer to each other in a circle without a nullable reference.
    pub(crate) fn make(objects: &mut Objects) -> Result<Plan> {
        let gathered = gather(objects)?;
        let steps = order::order(&gathered.changes).map_err(|cycle| cycle_error(objects, &gathered, &cycle))?;
        Ok(Plan { gathered, steps })
    }

    /// True when there is nothing to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Sends it. With `commit` the transaction may be committed with the last of it, and is open afterwards if it was not.
    ///
    /// # Errors
    /// What the database refuses, and `StaleData`.
    pub(in crate::session) fn run(self, objects: &mut Objects, channel: &mut Lines, commit: bool) -> Result<()> {
        let moves = moves::note(&self.gathered, objects);
        act::act(self.gathered, self.steps, objects, channel, commit)?;
        moves.settle(objects);
        Ok(())
    }
}

fn cycle_error(objects: &Objects, gathered: &Gathered, cycle: &Cycle) -> Error {
    let (mut references, mut constraints): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let note = |list: &mut Vec<String>, name: String| {
        if !list.contains(&name) {
            list.push(name);
        }
    };
    let mut details = Details::default();
    for &at in &cycle.changes {
        let Change { table, needs, takes, .. } = &gathered.changes[at];
        for need in needs.iter().filter(|need| cycle.changes.contains(&need.change)) {
            note(&mut references, format!("`{}.{}`", table.model, table.columns[need.column].field));
        }
        for take in takes.iter().filter(|take| cycle.changes.contains(&take.from)) {
            let Some((name, columns)) = unique::unique_keys(table).nth(take.constraint) else { continue };
            note(&mut constraints, format!("`{name}`"));
            details.constraint = Some(name.to_owned());
            details.table = Some(table.name.to_owned());
            details.columns = columns.iter().map(|column| table.columns[*column].name.clone()).collect();
        }
    }
    if constraints.is_empty() {
        let message = format!(
            "rows refer to each other in a circle by {}, and none of these may be NULL for a while: make one an `Option`",
            references.join(" and ")
        );
        return Error::new(ErrorKind::Misuse, message);
    }
    let message = format!(
        "{} pass UNIQUE values of {} on in a circle{}, and there is no other value that could stand in for a while: flush in \
         between",
        names(objects, gathered, &cycle.changes),
        constraints.join(" and "),
        if references.is_empty() { String::new() } else { format!(" with {}", references.join(" and ")) },
    );
    Error::new(ErrorKind::UniqueViolation, message).with_details(details)
}

/// The first few objects of an error.
fn names(objects: &Objects, gathered: &Gathered, changes: &[usize]) -> String {
    let name = |&at: &usize| {
        let Change { table, slot, .. } = gathered.changes[at];
        let slot = gathered.switches.get(&(table.number, slot)).copied().unwrap_or(slot);
        match objects.store(table.number).stored_key(slot) {
            Some(key) => format!("`{}` with key {}", table.model, stale::key_text(&key)),
            None => format!("a new `{}`", table.model),
        }
    };
    let more = if changes.len() > 10 { ", .." } else { "" };
    changes.iter().take(10).map(name).collect::<Vec<_>>().join(", ") + more
}
