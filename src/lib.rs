//! `orm` is SQLAlchemy's idea of a database toolkit, thought through again for Rust.

#[doc(hidden)]
pub mod __private;
pub mod prelude;

pub use orm_core::*;
pub use orm_derive::{Embed, FromRow, Model, SqlEnum, SqlType};
/// The drivers, the database URL, and how further drivers join.
pub use orm_drivers as drivers;
pub use orm_drivers::{EngineOptions, create_engine};
