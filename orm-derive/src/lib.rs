//! The derive macros of `orm`.

mod attr;
mod check;
mod definition;
mod errors;
mod expand;
mod naming;
mod shape;

use definition::Derive;
use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// A model.
#[proc_macro_derive(Model, attributes(orm))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    expand::record(parse_macro_input!(input as DeriveInput), Derive::Model).into()
}

/// An embedded struct.
#[proc_macro_derive(Embed, attributes(orm))]
pub fn derive_embed(input: TokenStream) -> TokenStream {
    expand::record(parse_macro_input!(input as DeriveInput), Derive::Embed).into()
}

/// A newtype as a column type.
#[proc_macro_derive(SqlType, attributes(orm))]
pub fn derive_sql_type(input: TokenStream) -> TokenStream {
    expand::newtype(parse_macro_input!(input as DeriveInput)).into()
}

/// An enum as a column type.
#[proc_macro_derive(SqlEnum, attributes(orm))]
pub fn derive_sql_enum(input: TokenStream) -> TokenStream {
    expand::sql_enum(parse_macro_input!(input as DeriveInput)).into()
}

/// A struct read from a raw query.
#[proc_macro_derive(FromRow, attributes(orm))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    expand::from_row(parse_macro_input!(input as DeriveInput)).into()
}
