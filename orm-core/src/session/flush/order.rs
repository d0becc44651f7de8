//! The order of a flush: a pure function from changes to steps. Knows no session and no database.

use crate::schema::Table;
pub(crate) use crate::session::changes::Operation;
use std::collections::{BTreeMap, HashMap, HashSet};

/// One object's change, and which rows it needs or holds.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) table: &'static Table,
    pub(crate) slot: u32,
    pub(crate) operation: Operation,
    /// For an insert or update: the changes whose rows it refers to. For a delete: the deletes whose rows its row refers to.
    pub(crate) needs: Vec<Need>,
    /// For a delete: true when an object of this flush still refers to the row and leaves it, so that it waits for that.
    pub(crate) blocked: bool,
}

/// A reference from one change to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Need {
    /// The position of the other change.
    pub(crate) change: usize,
    /// The first column of the reference.
    pub(crate) column: usize,
    /// Whether the reference may be NULL for a while.
    pub(crate) nullable: bool,
}

/// One batch: changes of one table and operation that do not depend on each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Writes the changes at these positions; a reference in `later` is left NULL.
    Write { table: usize, operation: Operation, changes: Vec<usize> },
    /// Sets references to NULL before their rows are deleted, or to their keys after those rows are there.
    Point { change: usize, column: usize, to_null: bool },
}

/// A cycle of rows that cannot be written: none of the references in it may be NULL for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    /// The positions of the changes that wait for each other.
    pub(crate) changes: Vec<usize>,
}

/// Orders changes: deletes that nobody waits for, children first; updates and inserts, parents first; the other deletes.
///
/// # Errors
/// A cycle without a nullable reference.
pub(crate) fn order(changes: &[Change]) -> Result<Vec<Step>, Cycle> {
    let ranks = table_ranks(changes);
    let positions = |wanted: &dyn Fn(&Change) -> bool| -> Vec<usize> {
        (0..changes.len()).filter(|at| wanted(&changes[*at])).collect()
    };
    let late = late_deletes(changes);
    let mut steps = Vec::new();
    let early: Vec<usize> = positions(&|change| change.operation == Operation::Delete);
    let early: Vec<usize> = early.into_iter().filter(|at| !late.contains(at)).collect();
    deletes(changes, &early, &ranks, &mut steps)?;
    let writes = positions(&|change| change.operation != Operation::Delete);
    self::writes(changes, &writes, &ranks, &mut steps)?;
    let mut late: Vec<usize> = late.into_iter().collect();
    late.sort_unstable();
    deletes(changes, &late, &ranks, &mut steps)?;
    Ok(steps)
}

/// The deletes that wait for an object to leave their row, and those of the rows that such a row refers to.
fn late_deletes(changes: &[Change]) -> HashSet<usize> {
    let mut stack: Vec<usize> =
        (0..changes.len()).filter(|at| changes[*at].operation == Operation::Delete && changes[*at].blocked).collect();
    let mut late = HashSet::new();
    while let Some(at) = stack.pop() {
        if late.insert(at) {
            stack.extend(changes[at].needs.iter().map(|need| need.change));
        }
    }
    late
}

/// The rank of each table: a table comes behind those that it refers to. Tables that refer to each other in a circle share a
/// rank, and their rows are ordered one by one.
fn table_ranks(changes: &[Change]) -> HashMap<usize, usize> {
    let mut tables: Vec<&'static Table> = Vec::new();
    for change in changes {
        if !tables.contains(&change.table) {
            tables.push(change.table);
        }
    }
    tables.sort_by_key(|table| table.number);
    let parents: Vec<Vec<usize>> = tables
        .iter()
        .map(|table| {
            let parents = table.foreign_keys.iter().map(|key| (key.target)());
            parents.filter_map(|parent| tables.iter().position(|table| *table == parent)).collect()
        })
        .collect();
    let reach = reachable(&parents);
    // The rank is the number of tables that must come before, which puts a circle's tables on one rank.
    let rank =
        |at: usize| (0..tables.len()).filter(|other| reach[at].contains(other) && !reach[*other].contains(&at)).count();
    tables.iter().enumerate().map(|(at, table)| (table.number, rank(at))).collect()
}

fn reachable(edges: &[Vec<usize>]) -> Vec<HashSet<usize>> {
    let from = |start: usize| {
        let (mut seen, mut stack) = (HashSet::new(), edges[start].clone());
        while let Some(at) = stack.pop() {
            if seen.insert(at) {
                stack.extend(&edges[at]);
            }
        }
        seen
    };
    (0..edges.len()).map(from).collect()
}

/// Groups positions by the rank of their table.
fn by_rank(changes: &[Change], positions: &[usize], ranks: &HashMap<usize, usize>) -> BTreeMap<usize, Vec<usize>> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &at in positions {
        groups.entry(ranks[&changes[at].table.number]).or_default().push(at);
    }
    groups
}

fn writes(
    changes: &[Change],
    positions: &[usize],
    ranks: &HashMap<usize, usize>,
    steps: &mut Vec<Step>,
) -> Result<(), Cycle> {
    for (_, group) in by_rank(changes, positions, ranks) {
        let mut waiting: Vec<usize> = group;
        let mut postponed: HashSet<(usize, usize)> = HashSet::new();
        let mut points = Vec::new();
        while !waiting.is_empty() {
            let open: HashSet<usize> = waiting.iter().copied().collect();
            let blocked = |at: usize, postponed: &HashSet<(usize, usize)>| {
                // An update's row is there already; only its reference must find the other row. An insert is needed by others.
                let needed =
                    |need: &&Need| open.contains(&need.change) && changes[need.change].operation == Operation::Insert;
                changes[at].needs.iter().filter(needed).any(|need| !postponed.contains(&(at, need.column)))
            };
            let (ready, rest): (Vec<usize>, Vec<usize>) = waiting.iter().partition(|at| !blocked(**at, &postponed));
            if ready.is_empty() {
                let Some((at, column)) = cut(changes, &rest, &open, &postponed) else {
                    return Err(Cycle { changes: rest });
                };
                postponed.insert((at, column));
                points.push(Step::Point { change: at, column, to_null: false });
                continue;
            }
            push_writes(changes, &ready, steps);
            waiting = rest;
        }
        steps.extend(points);
    }
    Ok(())
}

/// A nullable reference by which a circle can be cut: the insert leaves it NULL, an update sets it later.
fn cut(
    changes: &[Change],
    waiting: &[usize],
    open: &HashSet<usize>,
    postponed: &HashSet<(usize, usize)>,
) -> Option<(usize, usize)> {
    waiting.iter().find_map(|&at| {
        let usable =
            |need: &&Need| need.nullable && open.contains(&need.change) && !postponed.contains(&(at, need.column));
        changes[at].needs.iter().find(usable).map(|need| (at, need.column))
    })
}

/// Batches of one wave: by table, updates before inserts.
fn push_writes(changes: &[Change], ready: &[usize], steps: &mut Vec<Step>) {
    let mut batches: BTreeMap<(usize, bool), Vec<usize>> = BTreeMap::new();
    for &at in ready {
        let insert = changes[at].operation == Operation::Insert;
        batches.entry((changes[at].table.number, insert)).or_default().push(at);
    }
    for ((table, insert), changes) in batches {
        let operation = if insert { Operation::Insert } else { Operation::Update };
        steps.push(Step::Write { table, operation, changes });
    }
}

/// Children first; within tables that refer to each other (or to themselves), the rows that no other row refers to first.
fn deletes(
    changes: &[Change],
    positions: &[usize],
    ranks: &HashMap<usize, usize>,
    steps: &mut Vec<Step>,
) -> Result<(), Cycle> {
    for (_, group) in by_rank(changes, positions, ranks).into_iter().rev() {
        let mut waiting = group;
        let mut cleared: HashSet<(usize, usize)> = HashSet::new();
        while !waiting.is_empty() {
            // A row may go when no row that is still there refers to it.
            let held: HashSet<usize> = waiting
                .iter()
                .flat_map(|&at| {
                    changes[at].needs.iter().filter(move |need| need.change != at).map(move |need| (at, need))
                })
                .filter(|(at, need)| !cleared.contains(&(*at, need.column)))
                .map(|(_, need)| need.change)
                .collect();
            let (ready, rest): (Vec<usize>, Vec<usize>) = waiting.iter().partition(|at| !held.contains(at));
            if ready.is_empty() {
                let open: HashSet<usize> = waiting.iter().copied().collect();
                let Some((at, column)) = cut(changes, &rest, &open, &cleared) else {
                    return Err(Cycle { changes: rest });
                };
                cleared.insert((at, column));
                steps.push(Step::Point { change: at, column, to_null: true });
                continue;
            }
            let mut batches: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            for at in ready {
                let own = changes[at].needs.iter().filter(|need| need.change == at && need.nullable);
                let own = own.filter(|need| !cleared.contains(&(at, need.column)));
                steps.extend(own.map(|need| Step::Point { change: at, column: need.column, to_null: true }));
                batches.entry(changes[at].table.number).or_default().push(at);
            }
            let batch = |(table, changes)| Step::Write { table, operation: Operation::Delete, changes };
            steps.extend(batches.into_iter().rev().map(batch));
            waiting = rest;
        }
    }
    Ok(())
}
