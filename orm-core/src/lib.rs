//! The core of `orm`: values, schema, query language, engine, pool and session, without any database client.
//!
//! Applications use the crate `orm`, which adds the drivers and the derives; its page is the tour.

pub mod compile;
pub mod ddl;
pub mod dialect;
pub mod driver;
pub mod engine;
pub mod error;
pub mod model;
pub mod pool;
pub mod query;
pub mod row;
pub mod schema;
pub mod session;
pub mod value;

pub use ddl::{Mismatch, Models, Schema};
pub use engine::{
    Access, CancelHandle, Connection, Engine, Execute, Executed, Explain, Fetch, Isolation, KeysetPage, Notifications,
    Page, PageEdges, Prepared, Recorded, Recorder, Recording, RetryOptions, RowsByKey, Run, Touched, Transaction,
    TransactionOptions, TwoPhase,
};
pub use error::{Context, Details, Error, ErrorKind, Result};
pub use model::{
    Binding, Column, Difference, Embedded, Fields, Handle, HasColumn, Model, Record, Ref, RefType, Reference,
};
pub use query::*;
pub use row::{Data, Row, RowReader};
pub use session::{
    Alone, Change, Child, ColumnChange, End, FetchManaged, Gone, HookContext, HookSet, Hooked, Hooks, IntoKey, New,
    Operation, Planting, Session, State, Wanted, new,
};
#[cfg(feature = "serde_json")]
pub use value::Json;
pub use value::{
    Array, Auto, Boolean, ColumnOf, Datum, Either, Items, Key, KeyParts, Nullability, Nullable, Number, Outer,
    RawHandle, Required, SqlType, Text, Type, Value, Writer, type_of,
};
