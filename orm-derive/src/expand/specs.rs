//! `FieldSpec`s: what the schema is built from; and the checks that each field's type can be a column.

use crate::definition::{Definition, Field, FieldAttributes, Generated, Role};
use crate::naming::plain;
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// The columns whose types the macro does not know.
pub(super) fn unknown(definition: &Definition) -> impl Iterator<Item = &Field> {
    let columns = definition.fields.iter().filter(|field| field.role() == Role::Column);
    columns.filter(|field| !field.shape.base.is_standard() && !field.is_broken())
}

/// How the output names the type of a column: by an alias where the type is unknown and has several tokens, and a reference.
///
/// rustc prints an error once if all its places are one token, and the tokens of `Option<Point>` are not one.
pub(super) fn ty(field: &Field) -> TokenStream {
    match aliased(field) {
        true => {
            let span = field.target().unwrap_or(&field.ty).span();
            format_ident!("__Orm_{}", plain(&field.name), span = span).into_token_stream()
        }
        false => field.ty.to_token_stream(),
    }
}

fn aliased(field: &Field) -> bool {
    match field.role() {
        Role::Reference => !field.is_broken(),
        Role::Column => !field.shape.base.is_standard() && field.ty.to_token_stream().into_iter().count() > 1,
        Role::Embedded | Role::Skipped => false,
    }
}

/// The type itself; a reference by the model that it names, so that all that follows from there being none stays unsaid.
pub(super) fn named(field: &Field) -> TokenStream {
    match field.target().filter(|_| field.role() == Role::Reference) {
        None => field.ty.to_token_stream(),
        Some(target) => {
            let reference = quote_spanned!(target.span()=> <#target as ::orm::__private::Model>::Reference);
            match field.shape.optional {
                true => quote_spanned!(target.span()=> ::orm::__private::Option<#reference>),
                false => reference,
            }
        }
    }
}

/// The aliases of the types that [`ty`] names.
pub(super) fn aliases(definition: &Definition) -> TokenStream {
    let aliases = definition.fields.iter().filter(|field| aliased(field) && !field.is_broken()).map(|field| {
        let (alias, ty) = (ty(field), named(field));
        quote!(#[allow(non_camel_case_types)] type #alias = #ty;)
    });
    quote!(#(#aliases)*)
}

/// A constant for each field of an unknown type: that it can be a column is asked first, at the field.
pub(super) fn checks(definition: &Definition) -> TokenStream {
    let checks = unknown(definition).map(|field| {
        let ty = ty(field);
        quote_spanned! {ty.span()=>
            const _: () = __orm::plain_column(<<#ty as __orm::SqlType>::Base as __orm::Value>::REFERENCE);
        }
    });
    let scopes = definition.fields.iter().flat_map(|field| {
        let ty = ty(field);
        let mark = field
            .given
            .soft_delete
            .as_ref()
            .filter(|_| field.role() == Role::Column)
            .map(|_| quote_spanned!(ty.span()=> const _: () = __orm::soft_delete::<#ty>();));
        let tenant =
            field.given.tenant.as_ref().map(|_| quote_spanned!(ty.span()=> const _: () = __orm::tenant::<#ty>();));
        mark.into_iter().chain(tenant)
    });
    quote!(#(#checks)* #(#scopes)*)
}

/// The spec of a field that has columns.
pub(super) fn spec(field: &Field) -> TokenStream {
    let name = plain(&field.name);
    let kind = kind(field);
    let FieldAttributes {
        primary_key,
        generated,
        column,
        unique,
        index,
        length,
        precision,
        scale,
        server_default,
        computed,
        stored: _,
        virtual_,
        read_back,
        version,
        soft_delete,
        tenant,
        check,
        collation,
        comment,
        on_delete: _,
        on_update: _,
        by: _,
        deferrable: _,
        embed: _,
        prefix,
        skip: _,
    } = &field.given;
    let flags = [
        (quote!(primary_key), primary_key),
        (quote!(unique), unique),
        (quote!(index), index),
        (quote!(read_back), read_back),
        (quote!(version), version),
        (quote!(soft_delete), soft_delete),
        (quote!(tenant), tenant),
    ];
    let flags = flags.iter().filter(|(_, given)| given.is_some()).map(|(name, _)| quote!(#name: true,));
    let texts = [
        (quote!(column), column),
        (quote!(column), prefix),
        (quote!(server_default), server_default),
        (quote!(check), check),
        (quote!(collation), collation),
        (quote!(comment), comment),
    ];
    let texts = texts.iter().filter_map(|(name, given)| {
        let text = &given.as_ref()?.value;
        Some(quote!(#name: __orm::Some(#text),))
    });
    let generated = generated.as_ref().map(|given| given.value).filter(|generated| *generated != Generated::No);
    let generated = generated.map(|generated| quote!(generated: __orm::Generated::#generated,));
    let length = length.as_ref().map(|given| {
        let length = given.value;
        quote!(length: __orm::Some(#length),)
    });
    let precision = precision.as_ref().map(|given| {
        let (precision, scale) = (given.value, scale.as_ref().map_or(0, |scale| scale.value));
        quote!(precision: __orm::Some((#precision, #scale)),)
    });
    let computed = computed.as_ref().map(|given| {
        let (expression, stored) = (&given.value, virtual_.is_none());
        quote!(computed: __orm::Some(__orm::Computed { expression: #expression, stored: #stored }),)
    });
    let parts = quote!(#(#flags)* #generated #(#texts)* #length #precision #computed);
    match parts.is_empty() {
        true => quote!(__orm::FieldSpec::new(#name, #kind)),
        false => quote!(__orm::FieldSpec { #parts ..__orm::FieldSpec::new(#name, #kind) }),
    }
}

fn kind(field: &Field) -> TokenStream {
    let (ty, given) = (ty(field), &field.given);
    if !field.labels.is_empty() {
        let labels = &field.labels;
        return quote!(__orm::discriminator(&[#(#labels),*]));
    }
    match field.role() {
        Role::Embedded => {
            quote_spanned!(ty.span()=> __orm::FieldKind::Embedded { fields: <#ty as __orm::Record>::FIELDS })
        }
        Role::Reference => {
            let [on_delete, on_update] = [&given.on_delete, &given.on_update].map(|action| {
                let action = action.as_ref().map_or(crate::definition::Action::NoAction, |given| given.value);
                quote!(__orm::Action::#action)
            });
            let (by_session, deferrable) = (given.by.is_some(), given.deferrable.is_some());
            quote_spanned!(ty.span()=> __orm::reference::<#ty>(#on_delete, #on_update, #by_session, #deferrable))
        }
        _ if field.shape.base.is_standard() => quote!(__orm::column::<#ty>()),
        Role::Column | Role::Skipped => quote_spanned! {ty.span()=>
            __orm::FieldKind::Column {
                ty: <<#ty as __orm::SqlType>::Base as __orm::Value>::TYPE,
                nullable: <<#ty as __orm::SqlType>::Null as __orm::Nullability>::NULLABLE,
                auto: <#ty as __orm::SqlType>::AUTO,
            }
        },
    }
}
