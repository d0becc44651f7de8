//! Steps as data: what may be done to a session, random lists of it, and smaller lists of a list. Knows no session.

/// One step. A number that picks an object counts those that are there, round and round; where there is none, the step does nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    AddPerson {
        age: i32,
        boss: Option<usize>,
    },
    AddNote {
        author: usize,
        reviewer: Option<usize>,
    },
    AddTag {
        weight: i32,
    },
    Age {
        person: usize,
        age: i32,
    },
    Boss {
        person: usize,
        boss: Option<usize>,
    },
    SwapCodes {
        one: usize,
        other: usize,
    },
    /// Everybody's code moves up by one.
    ShiftCodes {
        people: usize,
    },
    Text {
        note: usize,
        text: u32,
    },
    Author {
        note: usize,
        author: usize,
    },
    Reviewer {
        note: usize,
        reviewer: Option<usize>,
    },
    Weight {
        tag: usize,
        weight: i32,
    },
    /// Touched, and left as it was.
    Touch {
        note: usize,
    },
    DeletePerson {
        person: usize,
    },
    DeleteNote {
        note: usize,
    },
    DeleteTag {
        tag: usize,
    },
    /// The person's row is deleted, and another one takes the code in the same flush.
    Succeed {
        person: usize,
        age: i32,
    },
    Link {
        note: usize,
        tag: usize,
    },
    Unlink {
        note: usize,
        tag: usize,
    },
    /// `session.set(.., age + by)`
    Grow {
        person: usize,
        by: i32,
    },
    /// One statement for everybody who is younger.
    BulkAge {
        below: i32,
    },
    BulkDeleteNotes {
        reviewer: usize,
    },
    RawWeight {
        by: i32,
    },
    Merge {
        person: usize,
        age: i32,
    },
    Refresh {
        note: usize,
    },
    Notes {
        person: usize,
    },
    Staff {
        person: usize,
    },
    Tags {
        note: usize,
    },
    NotesWith {
        tag: usize,
    },
    Get {
        person: usize,
    },
    Flush,
    /// Everything is read and compared inside the transaction.
    Compare,
    Commit,
    Rollback,
    Savepoint {
        steps: Vec<Step>,
        end: End,
    },
    Expunge {
        note: usize,
    },
    Clear,
    /// The session is dropped after a commit, and another one goes on.
    NewSession,
}

/// How a savepoint ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    Release,
    RollBack,
    /// By a row that violates a unique key.
    Violation,
}

/// Small, fast, and the same everywhere: xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    fn pick(&mut self) -> usize {
        self.below(8)
    }

    fn maybe_pick(&mut self) -> Option<usize> {
        (self.below(3) > 0).then(|| self.pick())
    }

    fn small(&mut self) -> i32 {
        self.below(5) as i32
    }
}

/// A random list of steps.
pub(crate) fn steps(random: &mut Random, count: usize) -> Vec<Step> {
    (0..count).map(|_| step(random, 0)).collect()
}

fn step(random: &mut Random, depth: usize) -> Step {
    let r = random;
    match r.below(100) {
        0..8 => Step::AddPerson { age: r.small(), boss: r.maybe_pick() },
        8..17 => Step::AddNote { author: r.pick(), reviewer: r.maybe_pick() },
        17..20 => Step::AddTag { weight: r.small() },
        20..25 => Step::Age { person: r.pick(), age: r.small() },
        25..28 => Step::Boss { person: r.pick(), boss: r.maybe_pick() },
        28..31 => Step::SwapCodes { one: r.pick(), other: r.pick() },
        31 => Step::ShiftCodes { people: 1 + r.below(6) },
        32..36 => Step::Text { note: r.pick(), text: r.below(4) as u32 },
        36..40 => Step::Author { note: r.pick(), author: r.pick() },
        40..43 => Step::Reviewer { note: r.pick(), reviewer: r.maybe_pick() },
        43..45 => Step::Weight { tag: r.pick(), weight: r.small() },
        45..47 => Step::Touch { note: r.pick() },
        47..51 => Step::DeletePerson { person: r.pick() },
        51..55 => Step::DeleteNote { note: r.pick() },
        55 => Step::DeleteTag { tag: r.pick() },
        56 => Step::Succeed { person: r.pick(), age: r.small() },
        57..63 => Step::Link { note: r.pick(), tag: r.pick() },
        63..66 => Step::Unlink { note: r.pick(), tag: r.pick() },
        66 => Step::Grow { person: r.pick(), by: 1 + r.small() },
        67 => Step::BulkAge { below: r.small() },
        68 => Step::BulkDeleteNotes { reviewer: r.pick() },
        69 => Step::RawWeight { by: r.small() },
        70..72 => Step::Merge { person: r.pick(), age: r.small() },
        72 => Step::Refresh { note: r.pick() },
        73..76 => Step::Notes { person: r.pick() },
        76 => Step::Staff { person: r.pick() },
        77..79 => Step::Tags { note: r.pick() },
        79 => Step::NotesWith { tag: r.pick() },
        80..82 => Step::Get { person: r.pick() },
        82..84 => Step::Flush,
        84..86 => Step::Compare,
        86..90 => Step::Commit,
        90..92 => Step::Rollback,
        92..97 if depth < 3 => savepoint(r, depth),
        97 => Step::Expunge { note: r.pick() },
        98 => Step::Clear,
        _ => Step::NewSession,
    }
}

fn savepoint(random: &mut Random, depth: usize) -> Step {
    let count = 1 + random.below(8);
    let steps = (0..count).map(|_| step(random, depth + 1)).collect();
    let end = [End::Release, End::RollBack, End::Violation][random.below(3)];
    Step::Savepoint { steps, end }
}

/// How many steps there are, those inside of savepoints included.
pub(crate) fn size(steps: &[Step]) -> usize {
    let inner = |step: &Step| if let Step::Savepoint { steps, .. } = step { size(steps) } else { 0 };
    steps.iter().map(|step| 1 + inner(step)).sum()
}

/// Makes a list that fails as small as single removals can, with at most so many tries.
pub(crate) fn shrink(steps: Vec<Step>, tries: usize, mut fails: impl FnMut(&[Step]) -> bool) -> Vec<Step> {
    let (mut steps, mut left) = (steps, tries);
    let mut chunk = steps.len().div_ceil(2);
    while chunk > 0 && left > 0 {
        let mut at = 0;
        while at < steps.len() && left > 0 {
            let mut smaller = steps.clone();
            smaller.drain(at..(at + chunk).min(steps.len()));
            left -= 1;
            if fails(&smaller) { steps = smaller } else { at += chunk }
        }
        chunk /= 2;
    }
    // Then a savepoint is opened, or made smaller by one.
    for at in 0..steps.len() {
        let Step::Savepoint { steps: inner, end } = steps[at].clone() else { continue };
        let mut candidates = vec![inner.clone()];
        candidates.extend((0..inner.len()).map(|out| {
            let mut rest = inner.clone();
            rest.remove(out);
            vec![Step::Savepoint { steps: rest, end }]
        }));
        for candidate in candidates {
            let mut smaller = steps.clone();
            smaller.splice(at..=at, candidate);
            if left > 0 && size(&smaller) < size(&steps) {
                left -= 1;
                if fails(&smaller) {
                    return shrink(smaller, left, fails);
                }
            }
        }
    }
    steps
}
