//! Which collections a flush changes: noted before it writes, done when it has succeeded.

use super::gather::Gathered;
use super::order::Operation;
use crate::schema::Table;
use crate::session::collections::RelationId;
use crate::session::objects::Objects;
use crate::value::Datum;

/// What becomes of the loaded collections.
#[derive(Default)]
pub(super) struct Moves {
    /// Objects that are new, or whose references changed, by table.
    seats: Vec<(&'static Table, Vec<u32>)>,
    /// New rows of link tables.
    linked: Vec<(RelationId, u32, &'static Table)>,
    /// Deleted rows of link tables, as they were.
    unlinked: Vec<(RelationId, Vec<Datum<'static>>)>,
    /// Relations of which nothing is known afterwards.
    dropped: Vec<RelationId>,
}

/// Notes what the changes will do to collections.
pub(super) fn note(gathered: &Gathered, objects: &Objects) -> Moves {
    let mut moves = Moves::default();
    if objects.collections_are_empty() {
        return moves;
    }
    let mut known: Option<(&'static Table, (Vec<RelationId>, Vec<RelationId>))> = None;
    for (at, change) in gathered.changes.iter().enumerate() {
        let table = change.table;
        if known.as_ref().is_none_or(|(of, _)| *of != table) {
            known = Some((table, objects.relations_of(table)));
        }
        let Some((_, (through, targets))) = &known else { continue };
        let switched = gathered.switches.contains_key(&(table.number, change.slot));
        let moved = |id: &RelationId| gathered.columns[at].iter().any(|column| id.reference().contains(column));
        let seated = match change.operation {
            Operation::Insert => !targets.is_empty(),
            Operation::Update => !targets.is_empty() && (switched || targets.iter().any(moved)),
            Operation::Delete => false,
        };
        if seated {
            match moves.seats.last_mut().filter(|(of, _)| *of == table) {
                Some((_, slots)) => slots.push(change.slot),
                None => moves.seats.push((table, vec![change.slot])),
            }
        }
        for &id in through {
            match change.operation {
                Operation::Insert if id.is_paired() => moves.linked.push((id, change.slot, table)),
                Operation::Delete if id.is_paired() => {
                    let row = objects.store(table.number).base_values(change.slot);
                    moves.unlinked.push((id, row.into_iter().map(Datum::into_owned).collect()));
                }
                Operation::Insert | Operation::Update | Operation::Delete => moves.dropped.push(id),
            }
        }
    }
    moves
}

impl Moves {
    /// The flush has succeeded: collections are as the rows are now.
    pub(super) fn settle(self, objects: &mut Objects) {
        let Moves { seats, linked, unlinked, dropped } = self;
        for (table, slots) in seats {
            objects.seat(table, &slots);
        }
        for (id, row) in unlinked {
            objects.note_link_row(id, &row, false);
        }
        for (id, slot, table) in linked {
            let row: Vec<Datum<'static>> =
                objects.store(table.number).values(slot).into_iter().map(Datum::into_owned).collect();
            objects.note_link_row(id, &row, true);
        }
        for id in dropped {
            objects.drop_relation(id);
        }
    }
}
