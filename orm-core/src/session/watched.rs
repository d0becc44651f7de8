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

    /// Tells statements from now on as those of this place in the program, wherever the session is called: for a library that calls it
    /// on behalf of a program. With `None` each is told as that of the place that calls, as at first.
    ///
    /// ```
    /// # use orm_doc::*;
    /// use std::panic::Location;
    ///
    /// #[track_caller]
    /// fn how_many(session: &mut Session) -> Result<u64> {
    ///     session.attribute_to(Some(Location::caller()));
    ///     session.count(select::<User>())
    /// }
    ///
    /// let (mut session, recorder) = (engine().session(), Recorder::new());
    /// session.record(&recorder);
    /// how_many(&mut session)?;
    /// # let line = line!() - 1;
    /// assert_eq!(recorder.take()[0].location.line(), line); // that of the line before
    /// # Ok::<(), Error>(())
    /// ```
    pub fn attribute_to(&mut self, place: Option<&'static Location<'static>>) {
        self.channel.on_behalf_of = place;
    }

    /// Notes the place in the program that calls.
    pub(super) fn called_at(&mut self, place: &'static Location<'static>) {
        self.channel.caller = self.channel.on_behalf_of.unwrap_or(place);
    }
}
