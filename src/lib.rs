//! `orm`.

pub use orm_core::*;
pub use orm_derive::{Embed, FromRow, Model, SqlEnum, SqlType};

#[doc(hidden)]
pub mod __private;

/// All that a program names.
pub mod prelude {
    pub use orm_core::*;
    pub use orm_derive::{Embed, FromRow, Model, SqlEnum, SqlType};
}
