//! The order in which tables are made: a pure function over numbers. Knows no table and no SQL.

/// Puts `dependencies.len()` things in an order in which each comes after what it depends on, and otherwise in the order
/// given. `dependencies[i]` lists what `i` depends on; a dependency on itself does not count.
///
/// Things in a cycle cannot all come after what they depend on. The first of the cycle is then taken as if its dependencies
/// in the cycle were met; those are exactly the dependencies that point forward in the result.
pub(super) fn order(dependencies: &[Vec<usize>]) -> Vec<usize> {
    let mut done = vec![false; dependencies.len()];
    let mut result = Vec::with_capacity(dependencies.len());
    while result.len() < dependencies.len() {
        let waiting = |&at: &usize| !done[at];
        let ready = |&at: &usize| dependencies[at].iter().all(|&on| done[on] || on == at);
        let next = (0..dependencies.len())
            .filter(waiting)
            .find(ready)
            .or_else(|| first_of_a_cycle(dependencies, &done))
            .expect("where nothing is ready, following dependencies must lead into a cycle");
        done[next] = true;
        result.push(next);
    }
    result
}

/// The first thing that everything it depends on depends on in turn: a member of a cycle that waits for nothing outside of
/// it. A thing that merely depends on a cycle is not taken, so that no more dependencies than needed point forward.
fn first_of_a_cycle(dependencies: &[Vec<usize>], done: &[bool]) -> Option<usize> {
    let reached: Vec<Vec<bool>> = (0..dependencies.len()).map(|at| reach(dependencies, done, at)).collect();
    (0..dependencies.len())
        .filter(|&at| !done[at])
        .find(|&at| reached[at].iter().enumerate().all(|(on, &reaches)| !reaches || reached[on][at]))
}

/// Which things `from` depends on, directly or not, leaving out what is done.
fn reach(dependencies: &[Vec<usize>], done: &[bool], from: usize) -> Vec<bool> {
    let mut reached = vec![false; dependencies.len()];
    let mut left = vec![from];
    while let Some(at) = left.pop() {
        for &on in &dependencies[at] {
            if !done[on] && !reached[on] {
                reached[on] = true;
                left.push(on);
            }
        }
    }
    reached
}
