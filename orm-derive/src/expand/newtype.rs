//! `#[derive(SqlType)]`: a newtype is the column that its inner type is.

use crate::attr::{NEWTYPE, entries};
use crate::errors::Errors;
use crate::naming::plain;
use crate::shape::{Base, shape};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields, Type};

/// A newtype, and what it can do beside being a column.
struct Newtype {
    name: Ident,
    inner: Type,
    /// `number`, `text`, `boolean`
    markers: Vec<Ident>,
}

/// `#[derive(SqlType)]`.
pub(crate) fn newtype(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let (name, generic) = (input.ident.clone(), !input.generics.params.is_empty());
    let newtype = parse(&mut errors, input);
    match (newtype, errors.finish()) {
        (Some(newtype), Ok(())) => expand(&newtype),
        (_, Err(errors)) if generic => errors,
        (_, Err(errors)) => super::with_dummy_value(&name, &errors),
        (None, Ok(())) => TokenStream::new(),
    }
}

fn parse(errors: &mut Errors, input: DeriveInput) -> Option<Newtype> {
    let DeriveInput { attrs, ident: name, generics, data, .. } = input;
    if !generics.params.is_empty() {
        errors.over(&generics, "a column type has no lifetimes and no type parameters");
        return None;
    }
    let fields = match data {
        Data::Struct(data) => data.fields,
        Data::Enum(data) => {
            errors.at(
                data.enum_token.span,
                "`SqlType` is for newtypes; an enum of plain variants has `#[derive(SqlEnum)]`",
            );
            return None;
        }
        Data::Union(data) => {
            errors.at(data.union_token.span, "`SqlType` is for newtypes");
            return None;
        }
    };
    let markers = entries(errors, &attrs, &NEWTYPE).into_iter().filter_map(|entry| Some(entry.flag(errors)?.name));
    let markers = markers.collect();
    let inner = match fields {
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => fields.unnamed.into_iter().next()?.ty,
        Fields::Named(_) => {
            errors.at(
                name.span(),
                format!("`SqlType` is for newtypes, `struct {name}(i64);`; a struct of several columns has `#[derive(Embed)]`"),
            );
            return None;
        }
        Fields::Unnamed(_) | Fields::Unit => {
            errors.at(name.span(), format!("`SqlType` is for newtypes, with exactly one field: `struct {name}(i64);`"));
            return None;
        }
    };
    let shape = shape(&inner);
    if shape.optional || shape.auto {
        let (outer, example) = if shape.auto { ("Auto", "Auto") } else { ("Option", "Option") };
        errors.over(
            &inner,
            format!(
                "a column type has no `{outer}` in it; put it around the newtype, in the model: `{example}<{name}>`"
            ),
        );
    }
    if shape.base == Base::Reference {
        errors.over(&inner, "a `Ref` inside a newtype would lose its foreign key; use the `Ref` itself");
    }
    Some(Newtype { name, inner, markers })
}

fn expand(newtype: &Newtype) -> TokenStream {
    let Newtype { name, inner, markers } = newtype;
    let markers = markers.iter().map(|marker| {
        let marker_trait = match plain(marker).as_str() {
            "number" => format_ident!("Number"),
            "text" => format_ident!("Text"),
            _ => format_ident!("Boolean"),
        };
        // The function asks that the inner type has what the newtype claims.
        quote_spanned! {marker.span()=>
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl __orm::#marker_trait for #name {}
            const _: () = __orm::#marker::<#inner>();
        }
    });
    let body = quote_spanned! {inner.span()=>
        const TYPE: __orm::Type = <#inner as __orm::Value>::TYPE;
        const REFERENCE: bool = <#inner as __orm::Value>::REFERENCE;
        fn to_datum(&self) -> __orm::Datum<'_> {
            __orm::Value::to_datum(&self.0)
        }
        fn read(row: &dyn __orm::Row, at: usize) -> __orm::Result<__orm::Option<Self>> {
            __orm::Ok(__orm::Option::map(__orm::Value::read(row, at)?, #name))
        }
        fn same(&self, other: &Self) -> bool {
            __orm::Value::same(&self.0, &other.0)
        }
        fn generate() -> __orm::Option<Self> {
            __orm::Option::map(__orm::Value::generate(), #name)
        }
    };
    quote! {
        const _: () = {
            use ::orm::__private as __orm;
            #[automatically_derived]
            #[allow(deprecated)]
            #[diagnostic::do_not_recommend]
            impl __orm::Value for #name {
                #body
            }
            #(#markers)*
        };
    }
}
