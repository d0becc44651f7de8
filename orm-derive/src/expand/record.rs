//! `impl Record`: reading, writing and comparing, field by field in order.

use super::specs;
use crate::definition::{Definition, Field, Role};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// The constant that holds the first column of a field, by its number among the fields that have columns.
pub(super) fn start(number: usize) -> Ident {
    format_ident!("__ORM_START_{number}")
}

/// The constants, and `impl Record`.
pub(super) fn implementation(definition: &Definition) -> TokenStream {
    let name = &definition.name;
    let stored: Vec<&Field> = definition.fields.iter().filter(|field| field.role() != Role::Skipped).collect();
    let starts = (0..=stored.len()).map(|number| {
        let start = start(number);
        quote!(const #start: usize = __orm::start(<#name as __orm::Record>::FIELDS, #number);)
    });
    let specs = stored.iter().map(|field| specs::spec(field));
    let functions = match definition.variants.is_empty() {
        true => functions_of(definition, &stored),
        false => super::variants::functions_of(definition, &stored),
    };
    quote! {
        #(#starts)*
        #[automatically_derived]
        #[allow(deprecated)]
        #[diagnostic::do_not_recommend]
        impl __orm::Record for #name {
            const FIELDS: &'static [__orm::FieldSpec] = &[#(#specs),*];
            #functions
        }
    }
}

/// The functions of a struct that see the value.
fn functions_of(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let name = &definition.name;
    let reads = definition.fields.iter().map(read);
    let writes = stored.iter().map(|field| {
        let (ident, functions) = (field.blamed(), functions(field));
        quote_spanned!(ident.span()=> #functions::write(&self.#ident, out);)
    });
    let differences = stored.iter().map(|field| {
        let (ident, functions) = (field.blamed(), functions(field));
        match field.role() {
            Role::Embedded => quote_spanned!(ident.span()=> #functions::diff(&self.#ident, &base.#ident, out);),
            _ if field.shape.base.is_standard() => quote!(out.field(&self.#ident, &base.#ident);),
            _ => quote_spanned! {ident.span()=>
                out.columns(#functions::same(&self.#ident, &base.#ident), #functions::WIDTH);
            },
        }
    });
    let read_column = read_column(definition, stored);
    let references = references(stored);
    quote! {
        fn read(row: &mut __orm::RowReader<'_>) -> __orm::Result<Self> {
            __orm::Ok(#name { #(#reads),* })
        }
        fn write<'a>(&'a self, out: &mut __orm::Writer<'a>) {
            #(#writes)*
        }
        #[inline]
        fn diff(&self, base: &Self, out: &mut __orm::Difference) {
            #(#differences)*
        }
        #read_column
        #references
    }
}

/// The trait whose functions read and write a field. It names the type where the type may be wrong, and says so then.
pub(super) fn functions(field: &Field) -> TokenStream {
    let ty = specs::ty(field);
    match field.role() {
        Role::Embedded => quote_spanned!(ty.span()=> <#ty as __orm::Record>),
        _ if field.shape.base.is_standard() => quote!(__orm::SqlType),
        _ => quote_spanned!(ty.span()=> <#ty as __orm::SqlType>),
    }
}

fn read(field: &Field) -> TokenStream {
    let (ident, functions) = (field.blamed(), functions(field));
    match field.role() {
        Role::Skipped => quote_spanned!(ident.span()=> #ident: __orm::Default::default()),
        _ => quote_spanned!(ident.span()=> #ident: #functions::read(row)?),
    }
}

fn read_column(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let model = crate::naming::plain(&definition.name);
    let arms = stored.iter().enumerate().map(|(number, field)| {
        let (ident, functions, start, end) = (field.blamed(), functions(field), start(number), start(number + 1));
        match field.role() {
            Role::Embedded => quote_spanned! {ident.span()=>
                #start..#end => #functions::read_column(&mut self.#ident, column - #start, row)?,
            },
            _ => quote_spanned!(ident.span()=> #start => self.#ident = #functions::read(row)?,),
        }
    });
    quote! {
        #[inline]
        fn read_column(&mut self, column: usize, row: &mut __orm::RowReader<'_>) -> __orm::Result<()> {
            match column {
                #(#arms)*
                _ => return __orm::Err(__orm::no_field_at(#model, column)),
            }
            __orm::Ok(())
        }
    }
}

fn references(stored: &[&Field]) -> TokenStream {
    let visits: Vec<TokenStream> = stored
        .iter()
        .enumerate()
        .filter_map(|(number, field)| {
            let (ident, functions, start) = (field.blamed(), functions(field), start(number));
            match field.role() {
                Role::Reference => {
                    let ty = specs::ty(field);
                    let reference = quote_spanned!(ident.span()=> <#ty as __orm::RefType>::untyped(&mut self.#ident));
                    Some(quote_spanned!(ident.span()=> visit(first + #start, #reference);))
                }
                Role::Embedded => Some(
                    quote_spanned!(ident.span()=> #functions::references(&mut self.#ident, first + #start, visit);),
                ),
                Role::Column | Role::Skipped => None,
            }
        })
        .collect();
    let (first, visit) = match visits.is_empty() {
        true => (format_ident!("_first"), format_ident!("_visit")),
        false => (format_ident!("first"), format_ident!("visit")),
    };
    quote! {
        #[inline]
        fn references(&mut self, #first: usize, #visit: &mut dyn FnMut(usize, &mut dyn __orm::Reference)) {
            #(#visits)*
        }
    }
}

/// `impl Record` of a struct with mistakes.
pub(super) fn dummy(definition: &Definition) -> TokenStream {
    let name = &definition.name;
    quote! {
        #[automatically_derived]
        impl __orm::Record for #name {
            const FIELDS: &'static [__orm::FieldSpec] = &[];
            fn read(_: &mut __orm::RowReader<'_>) -> __orm::Result<Self> {
                __orm::unreachable!()
            }
            fn write<'a>(&'a self, _: &mut __orm::Writer<'a>) {}
            fn diff(&self, _: &Self, _: &mut __orm::Difference) {}
            fn read_column(&mut self, _: usize, _: &mut __orm::RowReader<'_>) -> __orm::Result<()> {
                __orm::unreachable!()
            }
            fn references(&mut self, _: usize, _: &mut dyn FnMut(usize, &mut dyn __orm::Reference)) {}
        }
    }
}
