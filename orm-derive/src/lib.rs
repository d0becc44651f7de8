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
