//! From the typed model to tokens. The output is data and calls; what decides is in `orm-core`.

mod embed;
mod fields;
mod model;
mod record;
mod relations;
mod specs;

use crate::check::check;
use crate::definition::{Definition, Derive};
use crate::errors::Errors;
use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

/// `#[derive(Model)]` and `#[derive(Embed)]`.
pub(crate) fn record(input: DeriveInput, derive: Derive) -> TokenStream {
    let mut errors = Errors::default();
    let definition = Definition::parse(&mut errors, input, derive);
    if let Some(definition) = &definition {
        check(&mut errors, definition);
    }
    match (definition, errors.finish()) {
        (Some(definition), Ok(())) => expand(&definition),
        (Some(definition), Err(errors)) => with_dummies(&definition, &errors),
        (None, errors) => errors.err().unwrap_or_default(),
    }
}

fn expand(definition: &Definition) -> TokenStream {
    let fields = fields::structure(definition);
    let (checks, implementation) = match definition.derive {
        Derive::Model => (relations::checks(definition), model::implementation(definition)),
        Derive::Embed => (TokenStream::new(), embed::implementation(definition)),
    };
    let columns = specs::checks(definition);
    let bound = fields::implementation(definition);
    let record = record::implementation(definition);
    quote! {
        #fields
        const _: () = {
            use ::orm::__private as __orm;
            #columns
            #checks
            #bound
            #record
            #implementation
        };
    }
}

/// The errors, and implementations that do nothing: whatever else uses the struct finds what it expects, so that one mistake
/// is one message.
fn with_dummies(definition: &Definition, errors: &TokenStream) -> TokenStream {
    let fields = fields::structure(definition);
    let bound = fields::implementation(definition);
    let record = record::dummy(definition);
    let implementation = match definition.derive {
        Derive::Model => model::dummy(definition),
        Derive::Embed => embed::dummy(definition),
    };
    quote! {
        #errors
        #fields
        const _: () = {
            use ::orm::__private as __orm;
            #bound
            #record
            #implementation
        };
    }
}
