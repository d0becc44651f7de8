//! `impl Model`, `impl Fields` and the definition of the table.

use super::{fields, hooks, relations};
use crate::definition::{Definition, Field, Index, MAX_KEY_FIELDS};
use crate::naming::{plain, snake_case};
use crate::shape::{Base, Shape};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

/// `impl Model`, `impl FromRow`, `impl Fields`, and `impl HasColumn` for each reference.
pub(super) fn implementation(definition: &Definition) -> TokenStream {
    let data = data(definition);
    let key_of = key_of(definition);
    let key = key(definition);
    let hooks = hooks::method(definition);
    let build = match relations::dependents(definition) {
        tables if tables.is_empty() => quote!(__orm::Table::build(__ORM_DEFINITION)),
        tables => quote!(__orm::Table::build(__ORM_DEFINITION).with_dependents(&[#(#tables),*])),
    };
    let body = quote! {
        const DEFINITION: &'static __orm::Definition = __ORM_DEFINITION;
        fn table() -> &'static __orm::Table {
            static TABLE: __orm::OnceLock<__orm::Table> = __orm::OnceLock::new();
            TABLE.get_or_init(|| #build)
        }
        fn key_of(&self) -> __orm::Option<#key> {
            #key_of
        }
        #hooks
    };
    let implementation = with_body(definition, &body, &fields::bind(definition), &quote!(at));
    quote! {
        const __ORM_DEFINITION: &__orm::Definition = &#data;
        #implementation
    }
}

/// The implementations of a struct with mistakes.
pub(super) fn dummy(definition: &Definition) -> TokenStream {
    let body = quote! {
        const DEFINITION: &'static __orm::Definition = &__orm::Definition {
            model: "",
            table: "",
            fields: &[],
            uniques: &[],
            indexes: &[],
            full_texts: &[],
            checks: &[],
            comment: __orm::None,
            bind: __orm::None,
        };
        fn table() -> &'static __orm::Table {
            __orm::unreachable!()
        }
        fn key_of(&self) -> __orm::Option<Self::Key> {
            __orm::None
        }
    };
    with_body(definition, &body, &quote!(__orm::unreachable!()), &quote!(_))
}

fn with_body(definition: &Definition, body: &TokenStream, bind: &TokenStream, at: &TokenStream) -> TokenStream {
    let (name, fields) = (&definition.name, fields::name(definition));
    let key = key(definition);
    let columns = relations::columns(definition);
    let hooked = hooks::implementation(definition);
    // At the name, so that what the struct lacks is said once, and there.
    quote_spanned! {name.span()=>
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl __orm::FromRow for #name {
            const WIDTH: usize = <Self as __orm::Record>::WIDTH;
            fn from_row(row: &mut __orm::RowReader<'_>) -> __orm::Result<Self> {
                <Self as __orm::Record>::read(row)
            }
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl __orm::OrNull for #name {
            const WIDTH: usize = <Self as __orm::Record>::WIDTH;
            fn or_null(row: &mut __orm::RowReader<'_>) -> __orm::Result<__orm::Option<Self>> {
                __orm::model_or_null(row)
            }
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl __orm::Model for #name {
            type Key = #key;
            type Reference = __orm::Ref<#name>;
            type Fields<N: __orm::Nullability> = #fields<N>;
            fn fields<N: __orm::Nullability>(#at: __orm::Binding) -> #fields<N> {
                #bind
            }
            #body
        }
        #[automatically_derived]
        #[diagnostic::do_not_recommend]
        impl<N: __orm::Nullability> __orm::Fields for #fields<N> {
            type Model = #name;
            type Null = N;
            fn binding(&self) -> __orm::Binding {
                self.__orm_at
            }
        }
        #columns
        #hooked
    }
}

/// The type of the key. A struct without a usable one has an error already and gets any.
fn key(definition: &Definition) -> TokenStream {
    let parts: Vec<TokenStream> = key_fields(definition).map(key_part).collect();
    match parts.as_slice() {
        [] => quote!(i64),
        [one] => one.clone(),
        parts => quote!((#(#parts),*)),
    }
}

fn key_fields(definition: &Definition) -> impl Iterator<Item = &Field> {
    let usable = |field: &&Field| {
        let Shape { auto, optional, base } = field.shape;
        let known = field.given.skip.is_none() && field.given.embed.is_none() && !field.is_broken();
        known
            && !auto
            && !optional
            && !matches!(base, Base::Float | Base::Decimal)
            && !field.refers_to(&definition.name)
    };
    definition.fields.iter().filter(|field| field.given.primary_key.is_some()).filter(usable).take(MAX_KEY_FIELDS)
}

fn key_part(field: &Field) -> TokenStream {
    match field.target() {
        Some(target) => quote_spanned!(target.span()=> <#target as __orm::Model>::Key),
        None => field.ty.to_token_stream(),
    }
}

fn key_of(definition: &Definition) -> TokenStream {
    if !definition.variants.is_empty() {
        let fields: Vec<&Field> = key_fields(definition).collect();
        return super::variants::key_of(definition, &fields, |locals| {
            let parts = fields.iter().zip(locals).map(|(field, local)| {
                let ty = &field.ty;
                match field.shape.base {
                    Base::Reference => quote_spanned!(ty.span()=> __orm::Clone::clone(__orm::Ref::key(#local)?)),
                    _ => quote_spanned!(ty.span()=> __orm::Clone::clone(#local)),
                }
            });
            let parts: Vec<TokenStream> = parts.collect();
            whole_key(&parts)
        });
    }
    let parts: Vec<TokenStream> = key_fields(definition)
        .map(|field| {
            let (ident, ty) = (&field.name, &field.ty);
            match field.shape.base {
                Base::Reference => quote_spanned!(ty.span()=> __orm::Clone::clone(__orm::Ref::key(&self.#ident)?)),
                _ => quote_spanned!(ty.span()=> __orm::Clone::clone(&self.#ident)),
            }
        })
        .collect();
    whole_key(&parts)
}

fn whole_key(parts: &[TokenStream]) -> TokenStream {
    match parts {
        [one] => quote!(__orm::Some(#one)),
        parts => quote!(__orm::Some((#(#parts),*))),
    }
}

fn data(definition: &Definition) -> TokenStream {
    let (model, name) = (&definition.name, plain(&definition.name));
    let table = definition.table.as_ref().map_or_else(|| snake_case(&name), |given| given.value.clone());
    let uniques = definition.uniques.iter().map(index);
    let indexes = definition.indexes.iter().map(index);
    let full_texts = definition.full_texts.iter().map(full_text);
    let checks = definition.checks.iter().map(|check| {
        let (name, condition) = (optional(check.name.as_ref().map(|given| given.value.as_str())), &check.condition);
        quote!((#name, #condition))
    });
    let comment = optional(definition.comment.as_ref().map(|given| given.value.as_str()));
    let bind = optional(definition.bind.as_ref().map(|given| given.value.as_str()));
    quote! {
        __orm::Definition {
            model: #name,
            table: #table,
            fields: <#model as __orm::Record>::FIELDS,
            uniques: &[#(#uniques),*],
            indexes: &[#(#indexes),*],
            full_texts: &[#(#full_texts),*],
            checks: &[#(#checks),*],
            comment: #comment,
            bind: #bind,
        }
    }
}

fn index(index: &Index) -> TokenStream {
    let name = optional(index.name.as_ref().map(|given| given.value.as_str()));
    let condition = optional(index.condition.as_ref().map(|given| given.value.as_str()));
    let fields = index.fields.iter().map(|path| path.text());
    quote!(__orm::IndexSpec { name: #name, fields: &[#(#fields),*], condition: #condition })
}

fn full_text(index: &Index) -> TokenStream {
    let name = optional(index.name.as_ref().map(|given| given.value.as_str()));
    let language = optional(index.language.as_ref().map(|given| given.value.as_str()));
    let fields = index.fields.iter().map(|path| path.text());
    quote!(__orm::FullTextSpec { name: #name, fields: &[#(#fields),*], language: #language })
}

fn optional(text: Option<&str>) -> TokenStream {
    match text {
        Some(text) => quote!(__orm::Some(#text)),
        None => quote!(__orm::None),
    }
}
