//! What a channel does beside statements: data in and out by COPY, and what other connections tell.

use super::{Channel, Effect};
use crate::driver::{Connection, Notification};
use crate::error::Result;
use std::time::Duration;

impl Channel {
    /// Runs a COPY, which is a closure's to do on the driver's connection.
    pub(crate) fn copy(
        &mut self,
        sql: &str,
        effect: Effect,
        work: impl FnOnce(&mut dyn Connection) -> Result<u64>,
    ) -> Result<u64> {
        self.prepare_for(effect)?;
        let start = self.start(sql, effect, None);
        let result = work(&mut *self.link);
        self.settle(sql, start, result, |rows| *rows)
    }

    /// Waits for a notification.
    pub(crate) fn notification(&mut self, timeout: Duration) -> Result<Option<Notification>> {
        let told = self.link.notification(timeout);
        told.map_err(|error| self.understood(error))
    }
}
