//! What a program keeps with its session: values by their types.

use super::Session;
use std::any::{Any, TypeId};
use std::collections::HashMap;

/// Values by their types.
#[derive(Default)]
pub(crate) struct Info {
    values: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl Info {
    pub(super) fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

impl Session {
    /// Keeps a value with the session, one of each type: who is at work, the request that is answered. Hooks and listeners find
    /// it with `info`.
    ///
    /// ```
    /// # use orm_doc::*; let mut session = engine().session();
    /// struct AtWork(&'static str);
    /// session.set_info(AtWork("alice"));
    /// assert_eq!(session.info::<AtWork>().map(|at_work| at_work.0), Some("alice"));
    /// ```
    pub fn set_info<T: Send + Sync + 'static>(&mut self, value: T) {
        self.info.values.insert(TypeId::of::<T>(), Box::new(value));
    }

    /// The value of a type that was kept with [`set_info`](Session::set_info).
    ///
    /// ```
    /// # use orm_doc::*; let session = engine().session();
    /// assert_eq!(session.info::<String>(), None);
    /// ```
    pub fn info<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.info.get()
    }
}
