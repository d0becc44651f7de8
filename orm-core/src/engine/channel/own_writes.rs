//! Which side of an engine with replicas a channel is to, and who is told of what it wrote.

use super::Channel;
use crate::engine::replicas::OwnWrites;
use std::sync::Arc;

impl Channel {
    /// With somebody who must know of what is written.
    pub(in crate::engine) fn noting(mut self, own_writes: Option<Arc<OwnWrites>>) -> Channel {
        self.own_writes = own_writes;
        self
    }

    /// The same, told that it is to a replica.
    pub(in crate::engine) fn on_replica(mut self) -> Channel {
        self.replica = true;
        self
    }

    /// Whether it is to a replica, where nothing can be written.
    pub(crate) fn is_on_replica(&self) -> bool {
        self.replica
    }

    /// What was sent has been committed, or may have been.
    pub(super) fn note_write(&mut self) {
        if std::mem::take(&mut self.wrote)
            && let Some(writes) = &self.own_writes
        {
            writes.note();
        }
    }
}
