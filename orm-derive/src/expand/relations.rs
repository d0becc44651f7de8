//! Relations: the types and values in the fields struct, the columns that other models look up, and the checks that a
//! relation names a reference back to this model.

use super::fields;
use crate::definition::{Definition, End, Relation, RelationShape, Role};
use crate::naming::{hash, plain};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The type of a relation.
pub(super) fn ty(definition: &Definition, relation: &Relation) -> TokenStream {
    let owner = &definition.name;
    match &relation.shape {
        RelationShape::HasMany(End { model, .. }) => quote!(::orm::__private::HasMany<#owner, #model>),
        RelationShape::HasOne(End { model, .. }) => quote!(::orm::__private::HasOne<#owner, #model>),
        RelationShape::ManyToMany { left: End { model: link, .. }, right } => {
            let (model, hash) = (&right.model, hash(&right.field_name()));
            let column = quote_spanned!(right.field.span()=> <#model as ::orm::__private::HasColumn<#hash>>::Type);
            let target = quote_spanned!(right.field.span()=> <#column as ::orm::__private::RefType>::Target);
            quote!(::orm::__private::ManyToMany<#owner, #target, #link>)
        }
    }
}

/// The value of a relation, bound at `at`.
pub(super) fn value(relation: &Relation) -> TokenStream {
    match &relation.shape {
        RelationShape::HasMany(end) => {
            let field = end.field_name();
            quote!(__orm::HasMany::new(at, #field))
        }
        RelationShape::HasOne(end) => {
            let field = end.field_name();
            quote!(__orm::HasOne::new(at, #field))
        }
        RelationShape::ManyToMany { left, right } => {
            let (left, right) = (left.field_name(), right.field_name());
            quote!(__orm::ManyToMany::new(at, #left, #right))
        }
    }
}

/// For each reference the type of the column by its name's hash: this is how `many_to_many` finds its target.
pub(super) fn columns(definition: &Definition) -> TokenStream {
    let name = &definition.name;
    let columns = definition.fields.iter().filter(|field| field.role() == Role::Reference).map(|field| {
        let (ty, hash) = (&field.ty, hash(&plain(&field.name)));
        quote! {
            #[automatically_derived]
            impl __orm::HasColumn<#hash> for #name {
                type Type = #ty;
            }
        }
    });
    quote!(#(#columns)*)
}

/// Functions that are never called: they use what an attribute names, at the attribute's own tokens, so that a wrong name
/// is the compiler's own message about it.
pub(super) fn checks(definition: &Definition) -> TokenStream {
    let owner = &definition.name;
    let relations = definition.relations.iter().map(|relation| match &relation.shape {
        RelationShape::HasMany(end) | RelationShape::HasOne(end) => refers(end, quote!(#owner)),
        RelationShape::ManyToMany { left, right: _ } => refers(left, quote!(#owner)),
    });
    let inner = definition.uniques.iter().chain(&definition.indexes).flat_map(|index| &index.fields);
    let inner = inner.filter(|path| path.parts.len() > 1).map(|path| {
        let (name, parts) = (fields::name(definition), &path.parts);
        quote!(const _: fn(&#name) = |fields| { let _ = &fields.#(#parts).*; };)
    });
    quote!(#(#relations)* #(#inner)*)
}

fn refers(end: &End, owner: TokenStream) -> TokenStream {
    let End { model, field } = end;
    let call = quote_spanned!(field.span()=> __orm::refers_to::<#owner, _>(fields.#field));
    quote_spanned! {model.span()=>
        const _: fn(&<#model as __orm::Model>::Fields<__orm::Required>) = |fields| #call;
    }
}
