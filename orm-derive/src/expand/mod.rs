//! From the typed model to tokens. The output is data and calls; what decides is in `orm-core`.

mod embed;
mod fields;
mod from_row;
mod hooks;
mod model;
mod newtype;
mod record;
mod relations;
mod specs;
mod sql_enum;
mod variants;

pub(crate) use fields::BINDING;
pub(crate) use from_row::from_row;
pub(crate) use newtype::newtype;
pub(crate) use sql_enum::sql_enum;

use crate::check::check;
use crate::definition::{Definition, Derive, Field, Role};
use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream};
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
        (Some(definition), Err(errors)) => with_dummies(definition, &errors),
        (None, errors) => errors.err().unwrap_or_default(),
    }
}

fn expand(definition: &Definition) -> TokenStream {
    let fields = fields::structure(definition);
    let (checks, implementation) = match definition.derive {
        Derive::Model => (relations::checks(definition), model::implementation(definition)),
        Derive::Embed => (TokenStream::new(), embed::implementation(definition)),
    };
    let (aliases, columns) = (specs::aliases(definition), specs::checks(definition));
    let bound = fields::implementation(definition);
    let record = record::implementation(definition);
    quote! {
        #fields
        const _: () = {
            use ::orm::__private as __orm;
            #aliases
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
fn with_dummies(mut definition: Definition, errors: &TokenStream) -> TokenStream {
    let usable = |field: &Field| field.role() != Role::Skipped && !field.is_broken();
    if !definition.fields.iter().any(usable) || definition.fields.iter().any(|field| field.name == BINDING) {
        return errors.clone();
    }
    drop_repeated_relations(&mut definition);
    let definition = &definition;
    let fields = fields::structure(definition);
    let (aliases, columns) = (specs::aliases(definition), specs::checks(definition));
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
            #aliases
            #columns
            #bound
            #record
            #implementation
        };
    }
}

/// Leaves out the relations whose names are taken.
fn drop_repeated_relations(definition: &mut Definition) {
    let mut taken: Vec<Ident> = definition.fields.iter().map(|field| field.name.clone()).collect();
    definition.relations.retain(|relation| {
        let free = !taken.contains(&relation.name);
        taken.push(relation.name.clone());
        free
    });
}

/// The errors of a column type, and an `impl Value` that does nothing.
fn with_dummy_value(name: &Ident, errors: &TokenStream) -> TokenStream {
    quote! {
        #errors
        const _: () = {
            use ::orm::__private as __orm;
            #[automatically_derived]
            impl __orm::Value for #name {
                const TYPE: __orm::Type = __orm::Type::Text;
                fn to_datum(&self) -> __orm::Datum<'_> {
                    __orm::Datum::Null
                }
                fn read(_: &dyn __orm::Row, _: usize) -> __orm::Result<__orm::Option<Self>> {
                    __orm::Ok(__orm::None)
                }
            }
        };
    }
}
