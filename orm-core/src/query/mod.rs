//! The query language: a typed rim (`Field`, `Expr`, `Select`, ..) over plain trees (`node`). Knows no SQL text and no connection.

mod aggregate;
mod array;
mod bind;
mod clause;
mod compound;
mod cte;
mod cte_write;
mod depth;
mod expr;
mod extent;
mod few;
mod fragment;
mod from_row;
mod functions;
mod grouped;
mod grouping;
mod insert_more;
mod insert_select;
#[cfg(feature = "serde_json")]
mod json;
mod keyset;
mod load;
mod lock;
mod math;
mod named_window;
pub mod node;
mod ops;
mod output;
mod quantified;
mod raw;
mod relation;
pub mod scalar;
mod scope;
mod scoping;
mod search;
mod select;
mod shown;
mod source;
mod structs;
mod table;
mod temporal;
mod texts;
mod values;
mod vocabulary;
mod walk;
pub mod window;
mod write;
mod write_join;

pub use aggregate::{Exact, avg_distinct, avg_exact, string_agg, sum_distinct};
pub use array::{IntoArray, array_agg};
pub use compound::{Compound, Rows, union_all};
pub use cte::{Cte, cte, recursive, recursive_distinct};
pub use cte_write::{IntoCte, WriteBody};
pub(crate) use depth::MAX_DEPTH;
pub use expr::{AsExpr, Condition, Expr, Field, GroupKey, IntoExpr, IntoList, List, Literal, Orders};
pub use fragment::{FragmentPart, FragmentParts, fragment};
pub use from_row::{FromRow, OrNull, model_or_null};
pub use functions::{
    Argument, Case, Countable, Ended, arg, avg, case, cast, coalesce, count, count_all, count_distinct, exists,
    function, max, min, subquery, sum, val,
};
pub(crate) use grouped::check as check_groups;
pub use grouping::{GroupingSet, GroupingSets, Groups, Subtotals, cube, grouping, grouping_sets, rolled, rollup};
pub use insert_more::{InsertDefaults, InsertDefaultsBody, OnConflictSelect};
pub use insert_select::{Accepts, InsertInto, InsertSelect, InsertSelectBody, insert_into};
#[cfg(feature = "serde_json")]
pub use json::Document;
pub(crate) use keyset::Keyset;
pub use load::{
    AddLoad, Hierarchy, Load, LoadKey, LoadMap, LoadQuery, LoadSpec, Loaded, LoadedAs, Loader, Loading, Loads, Nested,
    Pending, Prefill, TableWith, Tree, TreeOf, With,
};
pub use lock::LockTables;
pub use node::Order;
pub(crate) use node::next_table;
pub use ops::{RowExpr, all_of, any_of};
pub(crate) use ops::{binary, in_list};
pub use output::{Entity, Keeper, Maybe, Output, Present, Project, Scalar};
pub use quantified::{Quantified, all_rows, any_row};
pub(crate) use raw::{Bound, Piece};
pub use raw::{Sql, sql};
pub use relation::{HasMany, HasOne, Many, ManyToMany, One, Optional, Path, Relation, Shape};
pub(crate) use relation::{key_above, key_equals, key_node, table_of};
pub use scope::{Args, Joined, Push, Scope, Tabular};
pub use scoping::Scoping;
pub use search::{FullText, SearchColumns, full_text};
pub use select::{Query, Select, select};
pub(crate) use shown::{masked, summary};
pub(crate) use source::column_types;
pub use source::{IntoSource, select_from};
pub use structs::{FromColumns, Struct};
pub use table::{Named, TableExpr};
pub use temporal::{Dated, Day, Timed, now};
pub use values::{Values, ValuesRow, values};
pub use window::{
    Excluded, Frame, Window, cume_dist, dense_rank, first_value, lag, last_value, lead, nth_value, ntile, percent_rank,
    rank, row_number,
};
pub(crate) use write::EXCLUDED;
pub use write::{
    Assign, Assigns, Conflict, Delete, DeleteBody, Filtered, Fits, Guarded, Insert, Insertable, NoFilter, OnConflict,
    Returning, Update, UpdateBody, delete, insert, update,
};
