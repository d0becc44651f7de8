//! The hooks of a model with `#[orm(hooks)]`.

use crate::definition::Definition;
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

/// What `impl Model` says of the hooks; nothing for a model without.
pub(super) fn method(definition: &Definition) -> TokenStream {
    let Some(given) = &definition.hooks else { return TokenStream::new() };
    let name = &definition.name;
    // At the attribute, which is what asks for the missing `impl Hooks`.
    let set = quote_spanned!(given.span=> __orm::HookSet::<#name>::new());
    quote! {
        fn hooks() -> __orm::Option<&'static (dyn __orm::Any + __orm::Send + __orm::Sync)> {
            static HOOKS: __orm::HookSet<#name> = #set;
            __orm::Some(&HOOKS)
        }
    }
}

/// `impl Hooked`: hooks without the attribute would never run, so they cannot be written.
pub(super) fn implementation(definition: &Definition) -> TokenStream {
    let name = &definition.name;
    match &definition.hooks {
        Some(_) => quote! {
            #[automatically_derived]
            impl __orm::Hooked for #name {}
        },
        None => TokenStream::new(),
    }
}
