//! `#[derive(SqlEnum)]`: an enum of plain variants is a column of texts.

use crate::attr::{ENUM, Given, VARIANT, entries, set};
use crate::errors::Errors;
use crate::naming::{plain, snake_case};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Data, DeriveInput, Fields, Variant};

/// A variant and the text that it is stored as.
struct Label {
    variant: Ident,
    text: String,
}

/// `#[derive(SqlEnum)]`.
pub(crate) fn sql_enum(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let (name, generic) = (input.ident.clone(), !input.generics.params.is_empty());
    let labels = parse(&mut errors, input);
    match errors.finish() {
        Ok(()) => expand(&name, &labels),
        Err(errors) if generic => errors,
        Err(errors) => super::with_dummy_value(&name, &errors),
    }
}

fn parse(errors: &mut Errors, input: DeriveInput) -> Vec<Label> {
    let DeriveInput { attrs, ident: name, generics, data, .. } = input;
    if !generics.params.is_empty() {
        errors.over(&generics, "a column type has no lifetimes and no type parameters");
        return Vec::new();
    }
    let variants = match data {
        Data::Enum(data) => data.variants,
        Data::Struct(data) => {
            errors.at(data.struct_token.span, "`SqlEnum` is for enums; a newtype has `#[derive(SqlType)]`");
            return Vec::new();
        }
        Data::Union(data) => {
            errors.at(data.union_token.span, "`SqlEnum` is for enums");
            return Vec::new();
        }
    };
    // The enum itself takes none; this reports those that are there.
    entries(errors, &attrs, &ENUM);
    if variants.is_empty() {
        errors.at(name.span(), "an enum without variants has no value to store");
    }
    let mut labels: Vec<Label> = Vec::new();
    for variant in variants {
        let (text, at) = label(errors, &variant);
        if let Some(other) = labels.iter().find(|label| label.text == text) {
            errors.at(at, format!("`{}` has the label \"{text}\" already", other.variant));
        }
        labels.push(Label { variant: variant.ident, text });
    }
    labels
}

fn label(errors: &mut Errors, variant: &Variant) -> (String, proc_macro2::Span) {
    let Variant { attrs, ident, fields, .. } = variant;
    if !matches!(fields, Fields::Unit) {
        errors.over(
            fields,
            format!(
                "`{ident}` is stored as its label alone, so it can have no fields; `Json<..>` holds an enum with fields"
            ),
        );
    }
    let mut rename: Option<Given<String>> = None;
    for entry in entries(errors, attrs, &VARIANT) {
        let given = entry.text(errors);
        set(errors, &mut rename, given);
    }
    match rename {
        Some(Given { value, span, .. }) => (value, span),
        None => (snake_case(&plain(ident)), ident.span()),
    }
}

fn expand(name: &Ident, labels: &[Label]) -> TokenStream {
    let text = plain(name);
    let texts: Vec<&String> = labels.iter().map(|label| &label.text).collect();
    let variants: Vec<&Ident> = labels.iter().map(|label| &label.variant).collect();
    quote! {
        const _: () = {
            use ::orm::__private as __orm;
            const LABELS: &[&str] = &[#(#texts),*];
            #[automatically_derived]
            #[allow(deprecated)]
            #[diagnostic::do_not_recommend]
            impl __orm::Value for #name {
                const TYPE: __orm::Type = __orm::Type::Enum(LABELS);
                fn to_datum(&self) -> __orm::Datum<'_> {
                    __orm::Datum::text(match self {
                        #(#name::#variants => #texts,)*
                    })
                }
                fn read(row: &dyn __orm::Row, at: usize) -> __orm::Result<__orm::Option<Self>> {
                    __orm::Ok(__orm::Some(match __orm::Row::text(row, at)? {
                        __orm::None => return __orm::Ok(__orm::None),
                        #(__orm::Some(#texts) => #name::#variants,)*
                        __orm::Some(other) => return __orm::Err(__orm::unknown_label(other, #text, LABELS)),
                    }))
                }
            }
        };
    }
}
