//! A model that is an enum: the fields of its variants, merged into the columns of one table, and the discriminator.

use super::{Definition, Field};
use crate::attr::{Given, MODEL_VARIANT, entries, set};
use crate::errors::Errors;
use crate::naming::{plain, snake_case};
use crate::shape::{Base, Shape, shape};
use proc_macro2::{Ident, Span};
use quote::{ToTokens, format_ident, quote};
use syn::{DataEnum, Fields};

/// A variant with the value that its rows have in the discriminator.
pub(crate) struct Variant {
    pub(crate) name: Ident,
    pub(crate) value: String,
    /// Where the value stands, or the name that it was made from.
    pub(crate) at: Span,
    pub(crate) fields: Vec<Ident>,
}

impl Variant {
    /// True when the variant has a field.
    pub(crate) fn has(&self, field: &Ident) -> bool {
        self.fields.contains(field)
    }
}

/// Reads the variants and merges their fields. `None` where there is nothing to be read.
pub(super) fn parse(errors: &mut Errors, data: DataEnum, model: &Ident) -> Option<(Vec<Variant>, Vec<Field>)> {
    if data.variants.iter().all(|variant| variant.fields.is_empty()) {
        let advice = "an enum of plain variants is a column by `#[derive(SqlEnum)]`";
        let message = format!("`Model` is for structs, and for enums whose variants have named fields; {advice}");
        errors.at(data.enum_token.span, message);
        return None;
    }
    let mut variants = Vec::new();
    let mut merged: Vec<Field> = Vec::new();
    let mut readable = true;
    for syn::Variant { attrs, ident: name, fields, .. } in data.variants {
        let mut given: Option<Given<String>> = None;
        for entry in entries(errors, &attrs, &MODEL_VARIANT) {
            let value = entry.text(errors);
            set(errors, &mut given, value);
        }
        let (value, at) = match given {
            Some(Given { value, span, .. }) => (value, span),
            None => (snake_case(&plain(&name)), name.span()),
        };
        let Fields::Named(fields) = fields else {
            errors.at(name.span(), format!("`{name}` needs named fields, the primary key among them"));
            readable = false;
            continue;
        };
        let mut variant = Variant { name, value, at, fields: Vec::new() };
        for field in fields.named {
            if let Some(field) = Field::parse(errors, field, model) {
                variant.fields.push(field.name.clone());
                merge(errors, &variants, &mut merged, field);
            }
        }
        variants.push(variant);
    }
    readable.then_some((variants, merged))
}

/// Puts a field among the others: one of the same name is the same column.
fn merge(errors: &mut Errors, before: &[Variant], merged: &mut Vec<Field>, field: Field) {
    let Some(known) = merged.iter().find(|known| known.name == field.name) else {
        merged.push(field);
        return;
    };
    let Some(first) = before.iter().find(|variant| variant.has(&field.name)) else {
        return; // twice in one variant, which the compiler reports
    };
    let text = |field: &Field| field.ty.to_token_stream().to_string().replace(' ', "");
    let (name, first) = (plain(&field.name), &first.name);
    if text(known) != text(&field) {
        let message =
            format!("`{name}` is `{}` in `{first}`: fields of one name are one column, of one type", text(known));
        errors.over(&field.ty, message);
    }
    if let Some(given) = field.given.names().next() {
        errors.at(given.span(), format!("`{name}` stands in `{first}` first; write its attributes there"));
    }
}

impl Definition {
    /// True when a field is in each variant, or the model is a struct.
    pub(crate) fn is_shared(&self, field: &Field) -> bool {
        self.variants.iter().all(|variant| variant.has(&field.name))
    }

    /// Adds the discriminator behind the key, and makes columns that not every variant has nullable.
    pub(super) fn settle_variants(&mut self) {
        if self.variants.is_empty() {
            return;
        }
        let shared: Vec<bool> = self.fields.iter().map(|field| self.is_shared(field)).collect();
        for (field, shared) in self.fields.iter_mut().zip(shared) {
            let given = &field.given;
            let refused =
                [&given.primary_key, &given.version, &given.embed, &given.skip].iter().any(|flag| flag.is_some());
            let Shape { auto, optional, base: _ } = field.shape;
            // What is refused by `check` stays as it is, so that it is reported once.
            if shared || refused || auto || optional {
                continue;
            }
            let inner = field.ty.clone();
            if let Ok(ty) = syn::parse2(quote!(::std::option::Option<#inner>)) {
                field.ty = ty;
                field.shape = shape(&field.ty);
                field.inner = Some(inner);
            }
        }
        let Some(Given { value, span, .. }) = &self.discriminator else { return };
        if syn::parse_str::<Ident>(value).is_err() || self.fields.iter().any(|field| plain(&field.name) == *value) {
            return; // reported by `check`
        }
        let labels = self.variants.iter().map(|variant| variant.value.clone()).collect();
        let at = self.fields.iter().take_while(|field| field.given.primary_key.is_some()).count();
        self.fields.insert(at, Field::discriminator(format_ident!("{value}", span = *span), labels));
    }
}

impl Field {
    /// The column that tells the variants apart.
    fn discriminator(name: Ident, labels: Vec<String>) -> Field {
        let span = name.span();
        let ty = syn::parse2(quote::quote_spanned!(span=> ::std::string::String)).expect("this is a type");
        let shape = Shape { auto: false, optional: false, base: Base::Text };
        Field { name, ty, shape, docs: Vec::new(), given: Default::default(), inner: None, labels }
    }
}
