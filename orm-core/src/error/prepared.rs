//! What a commit in two phases left behind, as plain data in its error. Knows no database.

/// What becomes of a prepared transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was decided: all others of the same commit are committed, or will be.
    Commit,
    /// None of the same commit was committed.
    Rollback,
}

/// A transaction that stays prepared in its database, with its locks, until somebody ends it: a session with
/// `two_phase()` could not. `Engine::finish` does so later.
///
/// ```
/// # use orm_doc::*;
/// let error = Error::new(ErrorKind::ConnectionLost, "a plain fault");
/// assert!(error.left_prepared().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftPrepared {
    /// Its name, as `recover_twophase` tells it.
    pub id: String,
    /// The name that models give the database; none for the engine's own.
    pub bind: Option<String>,
    /// What is to become of it.
    pub fate: Fate,
}
