//! What a program names: `use orm::prelude::*;`.

pub use crate::{EngineOptions, create_engine};

// Models and their values. Each name is the trait, where there is one, and the derive of it.
#[cfg(feature = "serde_json")]
pub use orm_core::Json;
pub use orm_core::{
    Auto, Boolean, Column, Embedded, Handle, Key, Model, Number, Ref, Schema, SqlType, Text, Value, schema,
};
pub use orm_core::{Fields, FromRow, HasMany, HasOne, ManyToMany, Nullability, Outer, Relation, Required, Tree};
pub use orm_derive::{Embed, FromRow, Model, SqlEnum, SqlType};

// Queries.
pub use orm_core::{Assign, Entity, Expr, Field, IntoExpr, Maybe, Order, Output, Query, Scalar, Scope, Select, Sql};
pub use orm_core::{Compound, Cte, cte, recursive, recursive_distinct, union_all, values};
pub use orm_core::{
    Dated, Frame, Timed, Window, avg_distinct, avg_exact, max, min, now, string_agg, sum, sum_distinct,
};
pub use orm_core::{Excluded, cube, grouping, grouping_sets, rolled, rollup};
pub use orm_core::{Loading as _, RowExpr as _, TableExpr as _};
pub use orm_core::{
    all_of, any_of, arg, avg, case, cast, coalesce, count, count_all, count_distinct, exists, function,
};
pub use orm_core::{all_rows, any_row, array_agg, fragment, full_text};
pub use orm_core::{
    cume_dist, dense_rank, first_value, lag, last_value, lead, nth_value, ntile, percent_rank, rank, row_number,
};
pub use orm_core::{delete, insert, insert_into, select, select_from, sql, subquery, update, val};

// Running them.
pub use orm_core::{Change, ColumnChange, HookContext, Hooks, New, Operation, new};
pub use orm_core::{
    Connection, Engine, Executed, Isolation, KeysetPage, Page, Recorder, RetryOptions, Session, State, Transaction,
    TransactionOptions,
};
pub use orm_core::{Error, ErrorKind, Gone};
