//! What the layers above keep with an engine: one value, which the engine does not look into.

use super::Engine;
use std::any::Any;
use std::sync::{Arc, RwLock};

/// The value, once there is one. Readers take a share of it, so that nothing is locked while it is used.
pub(super) type Extension = RwLock<Option<Arc<dyn Any + Send + Sync>>>;

impl Engine {
    /// The value, if there is one of this type.
    pub(crate) fn extension<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let extension = self.inner.extension.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        Arc::clone(extension.as_ref()?).downcast().ok()
    }

    /// The value for another engine, which can put a different one in its place.
    pub(super) fn copied_extension(&self) -> Extension {
        RwLock::new(self.inner.extension.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone())
    }

    /// Puts a value in the place of the one that is there.
    pub(crate) fn extend<T: Send + Sync + 'static>(&self, next: impl FnOnce(Option<&T>) -> T) {
        let mut extension = self.inner.extension.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let known = extension.as_ref().and_then(|known| known.downcast_ref());
        *extension = Some(Arc::new(next(known)));
    }
}
