//! What a program names: `use orm::prelude::*;`.

pub use crate::{EngineOptions, create_engine};
#[cfg(feature = "serde_json")]
pub use orm_core::Json;
pub use orm_core::{
    Assign, Auto, Boolean, Column, Connection, Embedded, Engine, Entity, Error, ErrorKind, Executed, Expr, Field,
    Fields, Gone, Handle, HasMany, HasOne, IntoExpr, Isolation, Key, Loading as _, ManyToMany, Maybe, Model,
    Nullability, Number, Order, Outer, Output, Page, Query, Ref, Relation, Required, RowExpr as _, Scalar, Schema,
    Scope, Select, Session, Sql, State, Text, Transaction, TransactionOptions, Value, all_of, any_of, arg, avg, case,
    cast, coalesce, count, count_all, count_distinct, delete, exists, function, insert, max, min, schema, select,
    select_from, sql, subquery, sum, update, val,
};
// Each name is the trait, where there is one, and the derive of it.
pub use orm_core::{FromRow, SqlType};
pub use orm_derive::{Embed, FromRow, Model, SqlEnum, SqlType};
