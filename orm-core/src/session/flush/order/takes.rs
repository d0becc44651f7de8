//! UNIQUE values that go from row to row: short chains are written in order, long ones and circles by way of stand-ins.

use super::{Change, Operation, Step, Take};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// A chain of more rows is written by two statements instead of one for each row.
const CHAIN_ROWS: usize = 3;

/// The rows that get a stand-in before anything else is written, each with the column: all of a circle, and all of a long chain.
pub(super) fn freed_first(changes: &[Change], late: &HashSet<usize>) -> HashSet<(usize, usize)> {
    // A row that is deleted early is out of the way by itself.
    let counts = |take: &&Take| changes[take.from].operation != Operation::Delete || late.contains(&take.from);
    let takes = |at: usize| changes[at].takes.iter().filter(counts);
    let takers: Vec<usize> = (0..changes.len()).filter(|at| takes(*at).next().is_some()).collect();
    let mut freed = HashSet::new();
    for rows in groups(&takers, takes) {
        if is_long(&rows, takes) {
            let stand_ins = rows.iter().flat_map(|at| takes(*at)).filter_map(|take| Some((take.from, take.stand_in?)));
            freed.extend(stand_ins);
        }
    }
    freed
}

/// The statements for them.
pub(super) fn steps(changes: &[Change], freed: &HashSet<(usize, usize)>) -> Vec<Step> {
    let mut batches: BTreeMap<(usize, usize, Operation), BTreeSet<usize>> = BTreeMap::new();
    for &(at, column) in freed {
        batches.entry((changes[at].table.number, column, changes[at].operation)).or_default().insert(at);
    }
    let step =
        |((_, column, _), changes): (_, BTreeSet<usize>)| Step::Free { column, changes: changes.into_iter().collect() };
    batches.into_iter().map(step).collect()
}

/// The rows that take values of each other, directly or not.
fn groups<'c, I: Iterator<Item = &'c Take>>(takers: &[usize], takes: impl Fn(usize) -> I) -> Vec<Vec<usize>> {
    let mut neighbours: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &at in takers {
        for take in takes(at) {
            neighbours.entry(at).or_default().push(take.from);
            neighbours.entry(take.from).or_default().push(at);
        }
    }
    let mut seen = HashSet::new();
    let mut groups = Vec::new();
    for &start in neighbours.keys() {
        let (mut group, mut stack) = (Vec::new(), vec![start]);
        while let Some(at) = stack.pop() {
            if seen.insert(at) {
                group.push(at);
                stack.extend(&neighbours[&at]);
            }
        }
        if !group.is_empty() {
            groups.push(group);
        }
    }
    groups
}

/// Whether rows wait for each other in a circle, or one after another in a long chain.
fn is_long<'c, I: Iterator<Item = &'c Take>>(rows: &[usize], takes: impl Fn(usize) -> I) -> bool {
    let mut takers: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut waits: HashMap<usize, usize> = HashMap::new();
    for &at in rows {
        for take in takes(at) {
            takers.entry(take.from).or_default().push(at);
            *waits.entry(at).or_default() += 1;
        }
    }
    let mut wave: Vec<usize> = rows.iter().copied().filter(|at| !waits.contains_key(at)).collect();
    let mut done = 0;
    for _ in 0..CHAIN_ROWS {
        done += wave.len();
        let mut next = Vec::new();
        for taker in wave.iter().flat_map(|at| takers.get(at)).flatten() {
            let count = waits.entry(*taker).or_default();
            *count -= 1;
            if *count == 0 {
                next.push(*taker);
            }
        }
        wave = next;
    }
    done < rows.len()
}
