//! Writes of a flush that wait to be sent together, and what is done when they were. Knows no order of steps.

use super::act::Flush;
use super::children::Gone;
use crate::engine::{Checked, Fault, WriteError, miscounted_insert};
use crate::error::Result;
use crate::row::Data;
use crate::schema::Table;
use crate::value::Datum;

/// A write that waits.
struct Waiting {
    table: &'static Table,
    what: What,
    /// The slots of its objects, in the order of its rows.
    slots: Vec<u32>,
}

/// What it does, with what is left to do when it was done.
pub(super) enum What {
    Insert,
    Update,
    Delete { keys: Vec<Vec<Datum<'static>>>, gone: Gone },
}

/// The writes that wait, in order.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Vec<Waiting>,
    writes: Vec<Checked>,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// Whether an object waits for a key that the database makes.
    pub(super) fn owes_key(&self, table: usize, slot: u32) -> bool {
        let keyed = |(waiting, write): (&Waiting, &Checked)| {
            write.key && waiting.table.number == table && waiting.slots == [slot]
        };
        self.waiting.iter().zip(&self.writes).any(keyed)
    }

    /// The tables that rows are deleted from.
    pub(super) fn deletes(&self) -> impl Iterator<Item = &'static Table> {
        let delete = |waiting: &Waiting| matches!(waiting.what, What::Delete { .. }).then_some(waiting.table);
        self.waiting.iter().filter_map(delete)
    }

    pub(super) fn push(&mut self, write: Checked, table: &'static Table, what: What, slots: Vec<u32>) {
        self.waiting.push(Waiting { table, what, slots });
        self.writes.push(write);
    }
}

impl Flush<'_> {
    /// Sends what waits, and reads every answer; with `commit` the transaction ends behind it.
    pub(super) fn send_queue(&mut self, commit: bool) -> Result<()> {
        if self.queue.is_empty() {
            return Ok(());
        }
        let Queue { waiting, writes } = std::mem::take(&mut self.queue);
        match self.channel.send_together(&writes, commit) {
            Ok(keys) => {
                let done = waiting.into_iter().zip(keys).try_for_each(|(waiting, key)| self.was_written(waiting, key));
                done.map_err(
                    |error| if commit { error.context("the transaction was committed, but then") } else { error },
                )
            }
            Err(Fault::Ended(error)) => Err(error),
            Err(Fault::Refused { at, error }) => self.settle_waiting(&waiting[at], WriteError::Database(error)),
            Err(Fault::Miscounted { at, rows }) => {
                let Waiting { table, what, slots } = &waiting[at];
                let error = match what {
                    What::Insert => WriteError::Database(miscounted_insert(table, rows, slots.len())),
                    What::Update | What::Delete { .. } => WriteError::miscounted(table, rows, slots.len()),
                };
                self.settle_waiting(&waiting[at], error)
            }
        }
    }

    fn settle_waiting(&mut self, waiting: &Waiting, error: WriteError) -> Result<()> {
        let Waiting { table, what, slots } = waiting;
        let rows: Vec<u32> = match what {
            What::Update => slots.iter().map(|slot| self.row_slot(table, *slot)).collect(),
            What::Insert | What::Delete { .. } => slots.clone(),
        };
        self.settle(Err(error), table, &rows, what.doing())
    }

    fn was_written(&mut self, waiting: Waiting, key: Option<i64>) -> Result<()> {
        let Waiting { table, what, slots } = waiting;
        match what {
            What::Insert => {
                let epoch = self.objects.epoch();
                let store = self.objects.store_any(table.number);
                if let (Some(key), [slot]) = (key, &slots[..]) {
                    store.read_columns(*slot, table.generated.as_slice(), &Data(&[Datum::Int(key)]), 0)?;
                }
                slots.iter().for_each(|slot| store.written(*slot, Some(epoch)));
                Ok(())
            }
            What::Update => slots.iter().try_for_each(|slot| self.after_update(table, *slot, true)),
            What::Delete { keys, gone } => {
                self.after_delete(table, &slots, &keys, gone);
                Ok(())
            }
        }
    }
}

impl What {
    fn doing(&self) -> &'static str {
        match self {
            What::Insert => "insert into",
            What::Update => "update",
            What::Delete { .. } => "delete from",
        }
    }
}
