//! `impl Record` of a model that is an enum: each variant reads and writes its own columns, and leaves the others NULL.

use super::record::start;
use super::specs;
use crate::definition::{Definition, Field, Role, Variant};
use crate::naming::plain;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

/// A local variable for a field.
fn local(field: &Field) -> Ident {
    format_ident!("__{}", plain(&field.name), span = field.ty.span())
}

/// What the variant holds in a column.
enum Part {
    Discriminator,
    Held,
    Null,
}

fn part(variant: &Variant, field: &Field) -> Part {
    match (field.labels.is_empty(), variant.has(&field.name)) {
        (false, _) => Part::Discriminator,
        (true, true) => Part::Held,
        (true, false) => Part::Null,
    }
}

/// The trait whose functions read and write a field of a variant; see `record`.
fn functions(field: &Field) -> TokenStream {
    match &field.inner {
        Some(inner) if !field.shape.base.is_standard() => quote_spanned!(inner.span()=> <#inner as __orm::SqlType>),
        _ => super::record::functions(field),
    }
}

/// `Media::Book { id: __id, .. }` with the fields that are asked for.
fn pattern<'f>(definition: &Definition, variant: &Variant, fields: impl Iterator<Item = &'f &'f Field>) -> TokenStream {
    let (model, name) = (&definition.name, &variant.name);
    let fields = fields.filter(|field| variant.has(&field.name)).map(|field| {
        let (ident, local) = (&field.name, local(field));
        quote!(#ident: #local)
    });
    quote!(#model::#name { #(#fields,)* .. })
}

fn full_name(definition: &Definition, variant: &Variant) -> String {
    format!("{}::{}", plain(&definition.name), plain(&variant.name))
}

/// The functions of `impl Record` that see the value.
pub(super) fn functions_of(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let read = read(definition, stored);
    let arms = definition.variants.iter().map(|variant| {
        let pattern = pattern(definition, variant, stored.iter());
        let value = &variant.value;
        let writes = stored.iter().map(|field| {
            let (local, functions, ty) = (local(field), functions(field), specs::ty(field));
            match part(variant, field) {
                Part::Discriminator => quote!(out.push(__orm::Datum::text(#value), 1);),
                Part::Held => quote_spanned!(ty.span()=> #functions::write(#local, out);),
                Part::Null => quote_spanned!(ty.span()=> __orm::write_null::<#ty>(out);),
            }
        });
        quote!(#pattern => { #(#writes)* })
    });
    let diff = diff(definition, stored);
    let read_column = read_column(definition, stored);
    let references = references(definition, stored);
    quote! {
        #read
        fn write<'a>(&'a self, out: &mut __orm::Writer<'a>) {
            match self { #(#arms)* }
        }
        #diff
        #read_column
        #references
    }
}

fn read(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let (model, text) = (&definition.name, plain(&definition.name));
    let reads = stored.iter().map(|field| {
        let (local, ty) = (local(field), specs::ty(field));
        let functions = super::record::functions(field);
        match field.labels.is_empty() {
            true => quote_spanned!(ty.span()=> let #local: #ty = #functions::read(row)?;),
            false => quote!(let #local: &str = __orm::label(row)?;),
        }
    });
    let kind = stored.iter().find(|field| !field.labels.is_empty()).map(|field| local(field));
    let values: Vec<&String> = definition.variants.iter().map(|variant| &variant.value).collect();
    let arms = definition.variants.iter().map(|variant| {
        let (name, value, full) = (&variant.name, &variant.value, full_name(definition, variant));
        let fields = definition.fields.iter().filter(|field| variant.has(&field.name)).map(|field| {
            let (ident, local, name) = (&field.name, local(field), plain(&field.name));
            match (field.role(), &field.inner) {
                (Role::Skipped, _) => quote!(#ident: __orm::Default::default()),
                (_, None) => quote!(#ident: #local),
                (_, Some(_)) => quote!(#ident: __orm::held(#local, #full, #name)?),
            }
        });
        quote!(#value => __orm::Ok(#model::#name { #(#fields),* }),)
    });
    quote! {
        fn read(row: &mut __orm::RowReader<'_>) -> __orm::Result<Self> {
            #(#reads)*
            match #kind {
                #(#arms)*
                __other => __orm::Err(__orm::unknown_label(__other, #text, &[#(#values),*])),
            }
        }
    }
}

/// Two of one variant are compared field by field, two others column by column.
fn diff(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let model = &definition.name;
    let arms = definition.variants.iter().map(|variant| {
        let (name, pattern) = (&variant.name, pattern(definition, variant, stored.iter()));
        let base = |field: &Field| format_ident!("__base_{}", plain(&field.name), span = field.ty.span());
        let bases = stored.iter().filter(|field| variant.has(&field.name)).map(|field| {
            let (ident, base) = (&field.name, base(field));
            quote!(#ident: #base)
        });
        let differences = stored.iter().map(|field| {
            let (local, base, functions, ty) = (local(field), base(field), functions(field), specs::ty(field));
            match (part(variant, field), field.role()) {
                (Part::Discriminator, _) => quote!(out.columns(true, 1);),
                (Part::Null, _) => quote_spanned!(ty.span()=> out.columns(true, <#ty as __orm::SqlType>::WIDTH);),
                (Part::Held, Role::Embedded) => quote_spanned!(ty.span()=> #functions::diff(#local, #base, out);),
                (Part::Held, _) if field.shape.base.is_standard() => quote!(out.field(#local, #base);),
                (Part::Held, _) => quote_spanned! {ty.span()=>
                    out.columns(#functions::same(#local, #base), #functions::WIDTH);
                },
            }
        });
        quote!((#pattern, #model::#name { #(#bases,)* .. }) => { #(#differences)* })
    });
    quote! {
        fn diff(&self, base: &Self, out: &mut __orm::Difference) {
            #[allow(unreachable_patterns)]
            match (self, base) {
                #(#arms)*
                _ => __orm::differ(self, base, out),
            }
        }
    }
}

fn read_column(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let model = plain(&definition.name);
    let arms = stored.iter().enumerate().map(|(number, field)| {
        let (local, ty, start, end) = (local(field), specs::ty(field), start(number), start(number + 1));
        let functions = super::record::functions(field);
        let patterns = definition.variants.iter().filter(|variant| variant.has(&field.name));
        let patterns = patterns.map(|variant| (variant, pattern(definition, variant, [field].into_iter())));
        if !field.labels.is_empty() {
            let values = definition.variants.iter().map(|variant| {
                let (pattern, value) = (pattern(definition, variant, [].iter()), &variant.value);
                quote!(#pattern => #value,)
            });
            return quote!(#start => __orm::keeps_label(row, match self { #(#values)* }, #model)?,);
        }
        if field.role() == Role::Embedded {
            let reads = patterns.map(|(_, pattern)| {
                quote_spanned!(ty.span()=> #pattern => #functions::read_column(#local, column - #start, row)?,)
            });
            return quote!(#start..#end => match self { #(#reads)* },);
        }
        let sets = patterns.map(|(variant, pattern)| {
            let (full, name) = (full_name(definition, variant), plain(&field.name));
            match &field.inner {
                None => quote!(#pattern => *#local = __value,),
                Some(_) => quote!(#pattern => *#local = __orm::held(__value, #full, #name)?,),
            }
        });
        quote_spanned! {ty.span()=>
            #start => {
                let __value: #ty = #functions::read(row)?;
                #[allow(unreachable_patterns)]
                match self {
                    #(#sets)*
                    _ => {}
                }
            }
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

fn references(definition: &Definition, stored: &[&Field]) -> TokenStream {
    let refers = |field: &&Field| matches!(field.role(), Role::Reference | Role::Embedded);
    let arms = definition.variants.iter().map(|variant| {
        let pattern = pattern(definition, variant, stored.iter().filter(|field| refers(field)));
        let visits = stored.iter().enumerate().filter(|(_, field)| refers(field) && variant.has(&field.name));
        let visits = visits.map(|(number, field)| {
            let (local, functions, start) = (local(field), functions(field), start(number));
            match field.role() {
                Role::Embedded => quote!(#functions::references(#local, first + #start, visit);),
                _ => quote!(visit(first + #start, #local);),
            }
        });
        quote!(#pattern => { #(#visits)* })
    });
    quote! {
        #[allow(unused_variables)]
        fn references(&mut self, first: usize, visit: &mut dyn FnMut(usize, &mut dyn __orm::Reference)) {
            match self { #(#arms)* }
        }
    }
}

/// The body of `key_of`: the key's fields of each variant. `parts` makes the key of them, each under its variable's name.
pub(super) fn key_of(
    definition: &Definition,
    fields: &[&Field],
    parts: impl Fn(&[Ident]) -> TokenStream,
) -> TokenStream {
    let locals: Vec<Ident> = fields.iter().map(|field| local(field)).collect();
    let key = parts(&locals);
    let arms = definition.variants.iter().map(|variant| {
        let pattern = pattern(definition, variant, fields.iter());
        quote!(#pattern => #key,)
    });
    quote!(match self { #(#arms)* })
}
