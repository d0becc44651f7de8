//! Relations: the types and values in the fields struct, the columns that other models look up, and the checks that a
//! relation names a reference back to this model.

use super::fields;
use crate::definition::{Definition, End, Relation, RelationShape, Role};
use crate::naming::{hash, plain};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned;

/// The name of a relation, at the token to blame if its type cannot be found.
pub(super) fn name(relation: &Relation) -> Ident {
    let mut name = relation.name.clone();
    if let RelationShape::ManyToMany { right, .. } = &relation.shape {
        name.set_span(right.field.span());
    }
    name
}

/// The column of the link model that leads to the other side, as a type.
fn far_column(right: &End) -> TokenStream {
    let (at, hash) = (right.field.span(), hash(&right.field_name()));
    let model = right.model.to_token_stream().into_iter().map(|mut token| {
        token.set_span(at.resolved_at(token.span()));
        token
    });
    let model: TokenStream = model.collect();
    quote_spanned!(at=> <#model as ::orm::__private::HasColumn<#hash>>::Type)
}

/// Statements that fail where a relation's type does, see `fields::implementation`.
pub(super) fn blames(definition: &Definition) -> impl Iterator<Item = TokenStream> {
    definition.relations.iter().filter_map(|relation| match &relation.shape {
        RelationShape::HasMany(_) | RelationShape::HasOne(_) => None,
        RelationShape::ManyToMany { left: _, right } => {
            let column = far_column(right);
            Some(quote_spanned!(right.field.span()=> let _ = <#column as __orm::SqlType>::AUTO;))
        }
    })
}

/// The type of a relation.
pub(super) fn ty(definition: &Definition, relation: &Relation) -> TokenStream {
    let owner = &definition.name;
    match &relation.shape {
        RelationShape::HasMany(End { model, .. }) => quote!(::orm::__private::HasMany<#owner, #model>),
        RelationShape::HasOne(End { model, .. }) => quote!(::orm::__private::HasOne<#owner, #model>),
        RelationShape::ManyToMany { left: End { model: link, .. }, right } => {
            let column = far_column(right);
            let target = quote_spanned!(right.field.span()=> <#column as ::orm::__private::RefType>::Target);
            quote_spanned!(right.field.span()=> ::orm::__private::ManyToMany<#owner, #target, #link>)
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
            let (left, right, span) = (left.field_name(), right.field_name(), right.field.span());
            quote_spanned!(span=> __orm::ManyToMany::new(at, #left, #right))
        }
    }
}

/// The tables of the models that refer here, as functions.
pub(super) fn dependents(definition: &Definition) -> Vec<TokenStream> {
    let model = |relation: &Relation| match &relation.shape {
        RelationShape::HasMany(end) | RelationShape::HasOne(end) => end.model.clone(),
        RelationShape::ManyToMany { left, right: _ } => left.model.clone(),
    };
    let table = |model: Path| quote_spanned!(model.span()=> <#model as __orm::Model>::table);
    definition.relations.iter().map(model).map(table).collect()
}

/// For each reference the type of the column by its name's hash: this is how `many_to_many` finds its target.
pub(super) fn columns(definition: &Definition) -> TokenStream {
    let name = &definition.name;
    let columns = definition.fields.iter().filter(|field| field.role() == Role::Reference).map(|field| {
        let (ty, hash) = (super::specs::named(field), hash(&plain(&field.name)));
        let ty = quote_spanned!(ty.span()=> type Type = #ty;);
        quote! {
            #[automatically_derived]
            #[diagnostic::do_not_recommend]
            impl __orm::HasColumn<#hash> for #name {
                #ty
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
    let inner = definition.uniques.iter().chain(&definition.indexes).chain(&definition.full_texts);
    let inner = inner.flat_map(|index| &index.fields);
    let inner = inner.filter(|path| path.parts.len() > 1).map(|path| {
        let (name, parts) = (fields::name(definition), &path.parts);
        quote!(const _: fn(&#name) = |fields| { let _ = &fields.#(#parts).*; };)
    });
    quote!(#(#relations)* #(#inner)*)
}

fn refers(end: &End, owner: TokenStream) -> TokenStream {
    let End { model, field } = end;
    quote_spanned! {model.span()=>
        const _: fn(<#model as __orm::Model>::Fields<__orm::Required>) =
            |fields| __orm::refers_to::<#owner, _>(fields.#field);
    }
}
