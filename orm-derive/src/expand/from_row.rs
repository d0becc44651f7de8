//! `#[derive(FromRow)]`: a struct that is read from the columns of a query, left to right or by name.

use crate::attr::{Given, ROW, ROW_FIELD, entries, set};
use crate::errors::Errors;
use crate::naming::plain;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Index, Type};

/// `#[derive(FromRow)]`.
pub(crate) fn from_row(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let shape = parse(&mut errors, input);
    match errors.finish() {
        Ok(()) => expand(&shape),
        Err(errors) => errors,
    }
}

/// What is known of the struct.
struct Shape {
    name: Ident,
    by_name: bool,
    fields: Vec<RowField>,
}

/// A field, and the name of its column where that is another.
struct RowField {
    ident: Ident,
    ty: Type,
    column: Option<Given<String>>,
}

fn parse(errors: &mut Errors, input: DeriveInput) -> Shape {
    let DeriveInput { attrs, ident: name, generics, data, .. } = input;
    let mut shape = Shape { name, by_name: false, fields: Vec::new() };
    if !generics.params.is_empty() {
        errors.over(&generics, "the struct must own its data: no lifetimes, no type parameters");
        return shape;
    }
    let mut by_name = None;
    for entry in entries(errors, &attrs, &ROW) {
        let given = entry.flag(errors);
        set(errors, &mut by_name, given);
    }
    shape.by_name = by_name.is_some();
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = data else {
        errors.at(shape.name.span(), "`FromRow` is for structs with named fields, one for each column");
        return shape;
    };
    shape.fields = fields.named.into_iter().filter_map(|field| row_field(errors, field, shape.by_name)).collect();
    if shape.fields.is_empty() {
        errors.at(shape.name.span(), "a struct without fields reads no column");
    }
    shape
}

fn row_field(errors: &mut Errors, field: syn::Field, by_name: bool) -> Option<RowField> {
    let mut column = None;
    for entry in entries(errors, &field.attrs, &ROW_FIELD) {
        let given = entry.text(errors);
        set(errors, &mut column, given);
    }
    if let (Some(column), false) = (&column, by_name) {
        errors.at(column.name.span(), "columns are read by position: put `#[orm(by_name)]` on the struct");
    }
    Some(RowField { ident: field.ident?, ty: field.ty, column })
}

fn expand(shape: &Shape) -> TokenStream {
    let Shape { name, fields, .. } = shape;
    let widths = fields.iter().map(|RowField { ty, .. }| quote_spanned!(ty.span()=> + <#ty as __orm::FromRow>::WIDTH));
    let reads = fields
        .iter()
        .map(|RowField { ident, ty, .. }| quote_spanned!(ty.span()=> #ident: <#ty as __orm::FromRow>::from_row(row)?));
    let names = fields.iter().map(|field| column_name(field, shape.by_name));
    let from_columns = from_columns(shape);
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
                fn names(out: &mut __orm::Vec<__orm::Option<&'static str>>) {
                    #(#names)*
                }
            }
            #from_columns
        };
    }
}

/// Appends the names of the field's columns.
fn column_name(RowField { ident, ty, column }: &RowField, by_name: bool) -> TokenStream {
    if !by_name {
        return quote_spanned!(ty.span()=> <#ty as __orm::FromRow>::names(out););
    }
    let name = column.as_ref().map_or_else(|| plain(ident), |column| column.value.clone());
    quote_spanned! {ty.span()=>
        const { __orm::one_column(<#ty as __orm::FromRow>::WIDTH) };
        out.push(__orm::Some(#name));
    }
}

/// `impl FromColumns<(A, B)>`: each field takes one part of a tuple.
fn from_columns(Shape { name, fields, .. }: &Shape) -> TokenStream {
    let parts: Vec<Ident> = (0..fields.len()).map(|at| format_ident!("__P{at}")).collect();
    let bounds = fields
        .iter()
        .zip(&parts)
        .map(|(RowField { ty, .. }, part)| quote_spanned!(ty.span()=> #ty: __orm::FromColumns<#part>));
    let values = fields.iter().zip(&parts).enumerate().map(|(at, (RowField { ident, ty, .. }, part))| {
        let at = Index::from(at);
        quote_spanned!(ty.span()=> #ident: <#ty as __orm::FromColumns<#part>>::from_columns(columns.#at))
    });
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl<#(#parts),*> __orm::FromColumns<(#(#parts,)*)> for #name
        where
            #(#bounds),*
        {
            fn from_columns(columns: (#(#parts,)*)) -> Self {
                #name { #(#values),* }
            }
        }
    }
}
