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
    let reads = definition.fields.iter().map(read);
    let writes = stored.iter().map(|field| {
        let (ident, ty) = (&field.blamed(), specs::ty(field));
        match field.role() {
            Role::Embedded => quote_spanned!(ty.span()=> <#ty as __orm::Record>::write(&self.#ident, out);),
            _ => quote_spanned!(ty.span()=> <#ty as __orm::SqlType>::write(&self.#ident, out);),
        }
    });
    let differences = stored.iter().map(|field| {
        let (ident, ty) = (&field.blamed(), specs::ty(field));
        match field.role() {
            Role::Embedded => {
                quote_spanned!(ty.span()=> <#ty as __orm::Record>::diff(&self.#ident, &base.#ident, out);)
            }
            _ => quote_spanned! {ty.span()=>
                out.columns(<#ty as __orm::SqlType>::same(&self.#ident, &base.#ident), <#ty as __orm::SqlType>::WIDTH);
            },
        }
    });
    let read_column = read_column(definition, &stored);
    let references = references(&stored);
    quote! {
        #(#starts)*
        #[automatically_derived]
        #[allow(deprecated)]
        #[diagnostic::do_not_recommend]
        impl __orm::Record for #name {
            const FIELDS: &'static [__orm::FieldSpec] = &[#(#specs),*];
            fn read(row: &mut __orm::RowReader<'_>) -> __orm::Result<Self> {
                __orm::Ok(#name { #(#reads),* })
            }
            fn write<'a>(&'a self, out: &mut __orm::Writer<'a>) {
                #(#writes)*
            }
            fn diff(&self, base: &Self, out: &mut __orm::Difference) {
                #(#differences)*
            }
            #read_column
            #references
        }
    }
}

fn read(field: &Field) -> TokenStream {
    let (ident, ty) = (&field.blamed(), specs::ty(field));
    match field.role() {
        Role::Skipped => quote_spanned!(ty.span()=> #ident: __orm::Default::default()),
        Role::Embedded => quote_spanned!(ty.span()=> #ident: <#ty as __orm::Record>::read(row)?),
        Role::Column | Role::Reference => quote_spanned!(ty.span()=> #ident: <#ty as __orm::SqlType>::read(row)?),
    }
}

fn read_column(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let model = crate::naming::plain(&definition.name);
    let arms = stored.iter().enumerate().map(|(number, field)| {
        let (ident, ty, start, end) = (&field.blamed(), specs::ty(field), start(number), start(number + 1));
        match field.role() {
            Role::Embedded => quote_spanned! {ty.span()=>
                #start..#end => <#ty as __orm::Record>::read_column(&mut self.#ident, column - #start, row)?,
            },
            _ => quote_spanned!(ty.span()=> #start => self.#ident = <#ty as __orm::SqlType>::read(row)?,),
        }
    });
    quote! {
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
            let (ident, ty, start) = (&field.blamed(), specs::ty(field), start(number));
            match field.role() {
                Role::Reference => Some(quote_spanned!(ty.span()=> visit(first + #start, &mut self.#ident);)),
                Role::Embedded => Some(
                    quote_spanned!(ty.span()=> <#ty as __orm::Record>::references(&mut self.#ident, first + #start, visit);),
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
