//! `UserFields<N>`: the struct that closures of queries get, with a `Field` for each column and a value for each relation.

use super::{relations, specs};
use crate::definition::{Definition, Derive, Field, Role};
use crate::naming::plain;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// The name of the field that holds the binding: no name that a person gives.
pub(crate) const BINDING: &str = "__orm_at";

/// The name of the fields struct.
pub(super) fn name(definition: &Definition) -> Ident {
    format_ident!("{}Fields", definition.name, span = definition.name.span())
}

/// The struct itself, as visible as the model: it stands beside it, because signatures name it.
pub(super) fn structure(definition: &Definition) -> TokenStream {
    let Definition { vis, .. } = definition;
    let name = name(definition);
    let columns = definition.fields.iter().filter(|field| field.role() != Role::Skipped).map(|field| {
        let (ident, ty) = (&field.name, &field.ty);
        let docs = match field.docs.as_slice() {
            [] => {
                let doc = format!("The field `{}`.", plain(ident));
                quote!(#[doc = #doc])
            }
            docs => quote!(#(#docs)*),
        };
        let ty = match field.role() {
            // Reported already; what `Field` is of is not asked again.
            _ if field.is_broken() => quote!(::orm::__private::Field<()>),
            Role::Embedded => quote_spanned!(ty.span()=> <#ty as ::orm::__private::Embedded>::Fields<N>),
            Role::Reference => {
                let ty = specs::named(field);
                quote_spanned!(ty.span()=> ::orm::__private::Field<N::Of<#ty>>)
            }
            _ => quote_spanned!(ty.span()=> ::orm::__private::Field<N::Of<::orm::__private::ColumnOf<#ty>>>),
        };
        quote!(#docs #vis #ident: #ty,)
    });
    let relations = definition.relations.iter().map(|relation| {
        let (ident, ty) = (&relation.name, relations::ty(definition, relation));
        let doc = format!("The relation `{}`.", plain(ident));
        quote!(#[doc = #doc] #vis #ident: #ty,)
    });
    let doc = match definition.derive {
        Derive::Model => format!("The columns and relations of [`{}`] in a query.", definition.name),
        Derive::Embed => format!("The columns of [`{}`] in a query.", definition.name),
    };
    quote! {
        #[doc = #doc]
        #[allow(
            dead_code, deprecated, missing_debug_implementations, non_camel_case_types, non_snake_case, private_bounds,
            private_interfaces, unreachable_pub
        )]
        #vis struct #name<N: ::orm::__private::Nullability = ::orm::__private::Required> {
            #(#columns)*
            #(#relations)*
            #[doc(hidden)]
            #vis __orm_at: ::orm::__private::Binding,
        }
    }
}

/// `Clone` and `Copy`, by hand: the derives would ask them of `N`.
///
/// A type that cannot be a column must be an error in every body that moves the struct, at the same token and with the same
/// words as elsewhere: rustc prints equal errors once, and one that it finds later, without a body's error, at the macro.
pub(super) fn implementation(definition: &Definition) -> TokenStream {
    let name = name(definition);
    let blames = specs::unknown(definition).chain(references(definition)).map(blame);
    let embedded = definition.fields.iter().filter(|field| field.role() == Role::Embedded && !field.is_broken());
    let embedded = embedded.map(|field| {
        let ty = &field.ty;
        quote_spanned!(ty.span()=> let _ = <#ty as __orm::Embedded>::fields::<N>;)
    });
    let blames = blames.chain(embedded).chain(relations::blames(definition));
    quote! {
        #[automatically_derived]
        impl<N: __orm::Nullability> __orm::Clone for #name<N> {
            fn clone(&self) -> Self {
                #(#blames)*
                *self
            }
        }
        #[automatically_derived]
        impl<N: __orm::Nullability> __orm::Copy for #name<N> {}
    }
}

fn blame(field: &Field) -> TokenStream {
    let ty = specs::ty(field);
    quote_spanned!(ty.span()=> let _ = <#ty as __orm::SqlType>::AUTO;)
}

fn references(definition: &Definition) -> impl Iterator<Item = &Field> {
    definition.fields.iter().filter(|field| field.role() == Role::Reference && !field.is_broken())
}

/// The body of `fields(at)`.
pub(super) fn bind(definition: &Definition) -> TokenStream {
    let name = name(definition);
    let columns = definition.fields.iter().filter(|field| field.role() != Role::Skipped).enumerate();
    let columns = columns.map(|(number, field)| {
        let (ident, ty, start) = (&field.blamed(), specs::ty(field), super::record::start(number));
        match field.role() {
            Role::Embedded => {
                quote_spanned!(ty.span()=> #ident: <#ty as __orm::Embedded>::fields(at.offset(#start)))
            }
            _ => quote_spanned!(ty.span()=> #ident: __orm::Field::at(at.offset(#start))),
        }
    });
    let relations = definition.relations.iter().map(|relation| {
        let (ident, value) = (relations::name(relation), relations::value(relation));
        quote!(#ident: #value)
    });
    let blames = references(definition).map(blame);
    quote! {
        #(#blames)*
        #name { #(#columns,)* #(#relations,)* __orm_at: at }
    }
}
