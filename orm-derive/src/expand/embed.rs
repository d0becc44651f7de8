//! `impl Embedded`.

use super::fields;
use crate::definition::Definition;
use proc_macro2::TokenStream;
use quote::quote;

/// `impl Embedded`.
pub(super) fn implementation(definition: &Definition) -> TokenStream {
    with_body(definition, &fields::bind(definition), &quote!(at))
}

/// `impl Embedded` of a struct with mistakes.
pub(super) fn dummy(definition: &Definition) -> TokenStream {
    with_body(definition, &quote!(__orm::unreachable!()), &quote!(_))
}

fn with_body(definition: &Definition, body: &TokenStream, at: &TokenStream) -> TokenStream {
    let (name, fields) = (&definition.name, fields::name(definition));
    quote! {
        #[automatically_derived]
        impl __orm::Embedded for #name {
            type Fields<N: __orm::Nullability> = #fields<N>;
            fn fields<N: __orm::Nullability>(#at: __orm::Binding) -> #fields<N> {
                #body
            }
        }
    }
}
