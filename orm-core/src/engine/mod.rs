//! The engine: a driver, its dialect and its pool; connections and transactions over them.

mod channel;
mod observe;
mod options;

pub(crate) use channel::{Channel, Effect};
pub use observe::Executed;
pub(crate) use observe::Observers;
pub use options::{Access, Isolation, TransactionOptions};
