//! What is told of a session's statements: from which place of the program they come, and who keeps them.

use super::Session;
use crate::engine::Recorder;
use std::panic::Location;

impl Session {
    /// Records the statements of this session from now on, over all of its transactions.
    ///
    /// ```
    /// # use orm_doc::*;
    /// let (mut session, recorder) = (engine().session(), Recorder::new());
    /// session.record(&recorder);
    /// session.add(user("dora"));
    /// session.commit()?;
    /// let insert = recorder.take().into_iter().find(|statement| statement.operation == "INSERT").expect("it was sent");
    /// assert_eq!(insert.location.file(), file!()); // where `commit` was called
    /// # Ok::<(), Error>(())
    /// ```
    pub fn record(&mut self, recorder: &Recorder) {
        self.channel.record(recorder);
    }

    /// Notes the place in the program that calls.
    pub(super) fn called_at(&mut self, place: &'static Location<'static>) {
        self.channel.caller = place;
    }
}
