//! Query trees → SQL text and values, in one pass. Knows dialects, no driver.

mod array;
mod batch;
mod checked;
mod clauses;
mod compound;
mod condition;
mod connected;
mod dml;
mod expr;
mod fragment;
mod insert_query;
mod joined;
mod keyed;
mod quantified;
mod raw;
mod rows;
mod scalar;
mod scope;
mod search;
mod select;
mod shape;
mod show;
mod temporal;
mod texts;
mod window;
mod writer;

pub use batch::{InsertShape, insert_rows, insert_unnest, key_condition};
pub(crate) use checked::{Expected, checked, written_instead};
pub use dml::{delete_statement, insert_tail, update_statement};
pub use insert_query::{insert_defaults_statement, insert_select_statement};
pub(crate) use keyed::{
    count_first_and_last, count_keys, delete_holders, delete_list, delete_row, delete_unnest, largest_key,
    select_array, select_holders, select_list, update_join, update_row, update_unnest,
};
pub use raw::raw_statement;
pub use scope::Surroundings;
pub(crate) use scope::{Lifted, check_tenant, is_unnamed, tenant_of};
pub(crate) use search::{NO_LANGUAGE, document};
pub use select::{count_statement, exists_statement, select_statement};
pub(crate) use texts::{Kept, kept_count, kept_delete, kept_exists, kept_select, kept_update};
pub use writer::{Resolve, SqlWriter, quote, unresolved};

use crate::value::Datum;

/// SQL text and its values, borrowed from the statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Compiled<'q> {
    /// The text.
    pub sql: String,
    /// The values, in the order of their placeholders.
    pub binds: Vec<Datum<'q>>,
}
