//! `#[derive(FromRow)]`: a struct that is read from the columns of a raw query, left to right.

use crate::attr::{ROW, entries};
use crate::errors::Errors;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Field, Fields};

/// `#[derive(FromRow)]`.
pub(crate) fn from_row(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let name = input.ident.clone();
    let fields = parse(&mut errors, input);
    match errors.finish() {
        Ok(()) => expand(&name, &fields),
        Err(errors) => errors,
    }
}

fn parse(errors: &mut Errors, input: DeriveInput) -> Vec<Field> {
    let DeriveInput { attrs, ident: name, generics, data, .. } = input;
    if !generics.params.is_empty() {
        errors.over(&generics, "the struct must own its data: no lifetimes, no type parameters");
        return Vec::new();
    }
    entries(errors, &attrs, &ROW);
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = data else {
        errors.at(name.span(), "`FromRow` is for structs with named fields, one for each column");
        return Vec::new();
    };
    for field in &fields.named {
        entries(errors, &field.attrs, &ROW);
    }
    if fields.named.is_empty() {
        errors.at(name.span(), "a struct without fields reads no column");
    }
    fields.named.into_iter().collect()
}

fn expand(name: &Ident, fields: &[Field]) -> TokenStream {
    let widths = fields.iter().map(|Field { ty, .. }| quote_spanned!(ty.span()=> + <#ty as __orm::FromRow>::WIDTH));
    let reads = fields
        .iter()
        .map(|Field { ident, ty, .. }| quote_spanned!(ty.span()=> #ident: <#ty as __orm::FromRow>::from_row(row)?));
    quote! {
        const _: () = {
            use ::orm::__private as __orm;
            #[automatically_derived]
            #[allow(deprecated)]
            #[diagnostic::do_not_recommend]
            impl __orm::FromRow for #name {
                const WIDTH: usize = 0 #(#widths)*;
                fn from_row(row: &mut __orm::RowReader<'_>) -> __orm::Result<Self> {
                    __orm::Ok(#name { #(#reads),* })
                }
            }
        };
    }
}
