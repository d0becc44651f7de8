//! The order of a flush: a pure function from changes to steps. Knows no session and no database.

mod takes;

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
    /// For a delete: the changes of objects that still refer to the row and leave it; it waits for them.
    pub(crate) left_by: Vec<usize>,
    /// The UNIQUE values that it takes from rows of this flush.
    pub(crate) takes: Vec<Take>,
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

/// A UNIQUE value that one change frees and another takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Take {
    /// The position of the change that frees it.
    pub(crate) from: usize,
    /// Which of the table's UNIQUE constraints, see `unique_keys`.
    pub(crate) constraint: usize,
    /// A column in which the row that frees it can hold a stand-in for a while.
    pub(crate) stand_in: Option<usize>,
}

/// One batch: changes of one table and operation that do not depend on each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Writes the changes at these positions; a reference that a later `Point` sets is left NULL.
    Write { table: usize, operation: Operation, changes: Vec<usize> },
    /// Sets references to NULL before their rows are deleted, or to their keys after those rows are there.
    Point { change: usize, column: usize, to_null: bool },
    /// Puts stand-ins for UNIQUE values into a column, so that other rows can take the values.
    Free { column: usize, changes: Vec<usize> },
}

/// A circle of rows that cannot be written: no reference in it may be NULL, and no UNIQUE value something else, for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cycle {
    /// The positions of the changes that wait for each other, ascending.
    pub(crate) changes: Vec<usize>,
}

/// Orders changes: deletes that nobody waits for, children first; updates and inserts, parents first; the other deletes. A row
/// that frees a UNIQUE value goes before the row that takes it.
///
/// # Errors
/// A circle that can be cut nowhere.
pub(crate) fn order(changes: &[Change]) -> Result<Vec<Step>, Cycle> {
    let is_alone = |change: &Change| change.needs.is_empty() && change.left_by.is_empty() && change.takes.is_empty();
    if changes.iter().all(is_alone) {
        return Ok(by_class(changes));
    }
    let late = late_deletes(changes);
    let freed = takes::freed_first(changes, &late);
    let mut graph = Graph::new(changes, &late, &freed);
    graph.frees = takes::steps(changes, &freed);
    graph.run()?;
    Ok(graph.steps)
}

/// The steps of changes that do not wait for each other.
fn by_class(changes: &[Change]) -> Vec<Step> {
    let several = changes.windows(2).any(|pair| pair[0].table != pair[1].table);
    let ranks = if several { table_ranks(changes.iter().map(|change| change.table)) } else { HashMap::new() };
    let mut batches: Vec<(Class, Vec<usize>)> = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let class = Class::of(change, ranks.get(&change.table.number).copied().unwrap_or(0), false);
        // Changes were gathered model by model, so that it is mostly the last one.
        match batches.iter_mut().rev().find(|(known, _)| *known == class) {
            Some((_, batch)) => batch.push(at),
            None => batches.push((class, vec![at])),
        }
    }
    batches.sort_unstable_by_key(|(class, _)| *class);
    batches.into_iter().map(|(class, batch)| class.step(changes, batch)).collect()
}

/// The deletes that wait for an object to leave their row, and those of the rows that such a row refers to.
pub(super) fn late_deletes(changes: &[Change]) -> HashSet<usize> {
    let mut stack: Vec<usize> = (0..changes.len()).filter(|at| !changes[*at].left_by.is_empty()).collect();
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
pub(super) fn table_ranks(tables: impl Iterator<Item = &'static Table>) -> HashMap<usize, usize> {
    let by_number: BTreeMap<usize, &'static Table> = tables.map(|table| (table.number, table)).collect();
    let tables: Vec<&'static Table> = by_number.into_values().collect();
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

/// What can be one batch, in the order in which batches are preferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    phase: Phase,
    /// Of the table; deletes count backwards.
    rank: isize,
    table: isize,
    /// Updates before inserts.
    operation: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    EarlyDelete,
    Write,
    LateDelete,
}

impl Class {
    fn of(change: &Change, rank: usize, late: bool) -> Class {
        let (rank, table) = (rank.cast_signed(), change.table.number.cast_signed());
        let backwards = |phase| Class { phase, rank: -rank, table: -table, operation: 0 };
        match change.operation {
            Operation::Update => Class { phase: Phase::Write, rank, table, operation: 0 },
            Operation::Insert => Class { phase: Phase::Write, rank, table, operation: 1 },
            Operation::Delete if late => backwards(Phase::LateDelete),
            Operation::Delete => backwards(Phase::EarlyDelete),
        }
    }

    /// One batch of this class.
    fn step(self, changes: &[Change], batch: Vec<usize>) -> Step {
        Step::Write { table: self.table.unsigned_abs(), operation: changes[batch[0]].operation, changes: batch }
    }
}

/// One change must wait for another.
struct Edge {
    from: usize,
    to: usize,
    why: Why,
    open: bool,
}

#[derive(Clone, Copy)]
enum Why {
    /// A reference of a change to the row of the other, by a column.
    Reference { owner: usize, column: usize, nullable: bool },
    /// A row can be deleted when it was left.
    Leaving,
    /// A UNIQUE value, and where a stand-in for it can be.
    Value { stand_in: Option<usize> },
}

/// The changes with what they wait for; a change whose count of open edges falls to zero is ready.
struct Graph<'c> {
    changes: &'c [Change],
    classes: Vec<Class>,
    edges: Vec<Edge>,
    /// The edges from and to each change.
    out: Vec<Vec<usize>>,
    into: Vec<Vec<usize>>,
    waits_for: Vec<usize>,
    done: Vec<bool>,
    /// Early deletes that are not done.
    early: usize,
    ready: BTreeMap<Class, Vec<usize>>,
    /// Where to look for a change that is not done.
    cursor: usize,
    frees: Vec<Step>,
    /// References that were left NULL: the change, the column, and the change that it refers to.
    points: Vec<(usize, usize, usize)>,
    steps: Vec<Step>,
}

impl<'c> Graph<'c> {
    fn new(changes: &'c [Change], late: &HashSet<usize>, freed: &HashSet<(usize, usize)>) -> Graph<'c> {
        let ranks = table_ranks(changes.iter().map(|change| change.table));
        let class = |(at, change): (usize, &Change)| Class::of(change, ranks[&change.table.number], late.contains(&at));
        let classes: Vec<Class> = changes.iter().enumerate().map(class).collect();
        let mut graph = Graph {
            changes,
            edges: Vec::new(),
            out: vec![Vec::new(); changes.len()],
            into: vec![Vec::new(); changes.len()],
            waits_for: vec![0; changes.len()],
            done: vec![false; changes.len()],
            early: classes.iter().filter(|class| class.phase == Phase::EarlyDelete).count(),
            classes,
            ready: BTreeMap::new(),
            cursor: 0,
            frees: Vec::new(),
            points: Vec::new(),
            steps: Vec::new(),
        };
        for at in 0..changes.len() {
            graph.connect(at, freed);
        }
        for at in 0..changes.len() {
            if graph.waits_for[at] == 0 {
                graph.ready.entry(graph.classes[at]).or_default().push(at);
            }
        }
        graph
    }

    fn connect(&mut self, at: usize, freed: &HashSet<(usize, usize)>) {
        let Change { table: _, slot: _, operation, needs, left_by, takes } = &self.changes[at];
        for &Need { change, column, nullable } in needs {
            let why = Why::Reference { owner: at, column, nullable };
            match operation {
                // An update's row is there already; only its reference must find the other row. An insert is needed by others.
                Operation::Insert | Operation::Update if self.changes[change].operation == Operation::Insert => {
                    self.edge(change, at, why);
                }
                // A row may go when no row that is still there refers to it.
                Operation::Delete if change != at => self.edge(at, change, why),
                Operation::Insert | Operation::Update | Operation::Delete => {}
            }
        }
        for &leaver in left_by {
            self.edge(leaver, at, Why::Leaving);
        }
        for &Take { from, constraint: _, stand_in } in takes {
            if !stand_in.is_some_and(|column| freed.contains(&(from, column))) {
                self.edge(from, at, Why::Value { stand_in });
            }
        }
    }

    fn edge(&mut self, from: usize, to: usize, why: Why) {
        self.out[from].push(self.edges.len());
        self.into[to].push(self.edges.len());
        self.waits_for[to] += 1;
        self.edges.push(Edge { from, to, why, open: true });
    }

    fn close(&mut self, edge: usize) {
        let Edge { to, open, .. } = &mut self.edges[edge];
        if std::mem::replace(open, false) {
            let to = *to;
            self.waits_for[to] -= 1;
            if self.waits_for[to] == 0 {
                self.ready.entry(self.classes[to]).or_default().push(to);
            }
        }
    }

    fn run(&mut self) -> Result<(), Cycle> {
        let (mut left, mut last) = (self.changes.len(), None);
        while left > 0 {
            let next =
                self.ready.first_entry().filter(|entry| self.early == 0 || entry.key().phase == Phase::EarlyDelete);
            let Some((class, batch)) = next.map(|entry| entry.remove_entry()) else {
                self.cut()?;
                continue;
            };
            let place = (class.phase, class.rank);
            if last.replace(place) != Some(place) {
                self.set_points();
            }
            if class.phase != Phase::EarlyDelete {
                self.steps.append(&mut self.frees);
            }
            left -= batch.len();
            self.write(class, batch);
        }
        self.set_points();
        Ok(())
    }

    /// One batch, in the order of the changes.
    fn write(&mut self, class: Class, mut batch: Vec<usize>) {
        batch.sort_unstable();
        let operation = self.changes[batch[0]].operation;
        for &at in &batch {
            self.done[at] = true;
            for edge in std::mem::take(&mut self.out[at]) {
                self.close(edge);
            }
            if operation == Operation::Delete {
                let own = self.changes[at].needs.iter().filter(|need| need.change == at && need.nullable);
                self.steps.extend(own.map(|need| Step::Point { change: at, column: need.column, to_null: true }));
            }
        }
        if class.phase == Phase::EarlyDelete {
            self.early -= batch.len();
        }
        self.steps.push(class.step(self.changes, batch));
    }

    /// The references that were left NULL, where both ends are there by now.
    fn set_points(&mut self) {
        let done = &self.done;
        for (change, column, _) in self.points.extract_if(.., |(change, _, other)| done[*change] && done[*other]) {
            self.steps.push(Step::Point { change, column, to_null: false });
        }
    }

    /// Nothing is ready: there is a circle, which is cut at a reference that may be NULL for a while (an insert or update leaves
    /// it so, and it is set later), or else at a UNIQUE value for which there is a stand-in.
    fn cut(&mut self) -> Result<(), Cycle> {
        let circle = self.circle();
        let reference = |&edge: &usize| match self.edges[edge].why {
            Why::Reference { owner, column, nullable: true } => Some((owner, column, edge)),
            Why::Reference { .. } | Why::Leaving | Why::Value { .. } => None,
        };
        let value = |&edge: &usize| match self.edges[edge].why {
            Why::Value { stand_in: Some(column) } => Some((self.edges[edge].from, column, edge)),
            Why::Reference { .. } | Why::Leaving | Why::Value { stand_in: None } => None,
        };
        if let Some((owner, column, edge)) = circle.iter().filter_map(reference).min() {
            match self.changes[owner].operation {
                Operation::Delete => self.steps.push(Step::Point { change: owner, column, to_null: true }),
                Operation::Insert | Operation::Update => self.points.push((owner, column, self.edges[edge].from)),
            }
            self.close(edge);
            return Ok(());
        }
        if let Some((change, column, edge)) = circle.iter().filter_map(value).min() {
            self.steps.push(Step::Free { column, changes: vec![change] });
            self.close(edge);
            return Ok(());
        }
        let mut changes: Vec<usize> = circle.iter().map(|edge| self.edges[*edge].to).collect();
        changes.sort_unstable();
        Err(Cycle { changes })
    }

    /// The edges of a circle: whatever is not done waits for something that is not done, and so on, until one comes again.
    fn circle(&mut self) -> Vec<usize> {
        let early = self.early > 0;
        let candidate = |at: usize| !self.done[at] && (!early || self.classes[at].phase == Phase::EarlyDelete);
        let mut at = if early { 0 } else { self.cursor };
        while !candidate(at) {
            at += 1;
        }
        self.cursor = if early { 0 } else { at };
        let (mut seen, mut path): (HashMap<usize, usize>, Vec<usize>) = (HashMap::new(), Vec::new());
        loop {
            if let Some(start) = seen.insert(at, path.len()) {
                return path.split_off(start);
            }
            let edge = self.into[at].iter().copied().find(|edge| self.edges[*edge].open);
            let edge = edge.expect("a change that is not ready waits for another");
            path.push(edge);
            at = self.edges[edge].from;
        }
    }
}
