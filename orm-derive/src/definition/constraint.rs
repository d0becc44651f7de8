//! Indexes, UNIQUE and CHECK constraints as they are written on a struct.

use crate::attr::{Entry, Given, set, text};
use crate::errors::Errors;
use crate::naming::plain;
use proc_macro2::{Ident, Span};
use quote::format_ident;
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};

/// `index(..)`, `unique(..)` or `fulltext(..)`
pub(crate) struct Index {
    pub(crate) at: Ident,
    pub(crate) name: Option<Given<String>>,
    pub(crate) fields: Vec<FieldPath>,
    pub(crate) condition: Option<Given<String>>,
    pub(crate) language: Option<Given<String>>,
}

/// `author`, or `address.city`
pub(crate) struct FieldPath {
    pub(crate) parts: Vec<Ident>,
}

/// `check(..)`
pub(crate) struct Check {
    pub(crate) name: Option<Given<String>>,
    pub(crate) condition: String,
}

impl FieldPath {
    /// `address.city`
    pub(crate) fn text(&self) -> String {
        self.parts.iter().map(plain).collect::<Vec<_>>().join(".")
    }
}

impl Index {
    pub(super) fn parse(errors: &mut Errors, entry: &Entry) -> Option<Index> {
        let mut index =
            Index { at: entry.name.clone(), name: None, fields: Vec::new(), condition: None, language: None };
        let searched = entry.name == "fulltext";
        for piece in entry.list(errors)? {
            match errors.take(index_part.parse2(piece)) {
                Some(Part::Field(path)) => index.fields.push(path),
                Some(Part::Named(given)) if given.name == "name" => set(errors, &mut index.name, Some(given)),
                Some(Part::Named(given)) if searched && given.name == "language" => {
                    set(errors, &mut index.language, Some(given));
                }
                Some(Part::Named(given)) if searched => {
                    let advice = "an index for full-text search has fields, `name = \"..\"` and `language = \"..\"`";
                    errors.at(given.name.span(), advice);
                }
                Some(Part::Named(given)) if given.name == "where" => set(errors, &mut index.condition, Some(given)),
                Some(Part::Named(given)) => {
                    errors.at(given.name.span(), "an index has fields, `name = \"..\"` and `where = \"sql\"`");
                }
                None => return None,
            }
        }
        Some(index)
    }
}

enum Part {
    Field(FieldPath),
    Named(Given<String>),
}

fn index_part(input: ParseStream<'_>) -> syn::Result<Part> {
    if input.peek(syn::LitStr) {
        let (name, span) = text(input)?;
        let parts =
            name.split('.').map(|part| syn::parse_str::<Ident>(part).map(|part| format_ident!("{part}", span = span)));
        let parts = parts.collect::<syn::Result<_>>();
        return match parts {
            Ok(parts) => Ok(Part::Field(FieldPath { parts })),
            Err(_) => Err(syn::Error::new(span, "expected the name of a field, or of a field of an embedded struct")),
        };
    }
    let first = input.call(Ident::parse_any)?;
    if input.parse::<Option<Token![=]>>()?.is_some() {
        let (value, span) = text(input)?;
        return Ok(Part::Named(Given { value, name: first, span }));
    }
    let mut parts = vec![first];
    while input.parse::<Option<Token![.]>>()?.is_some() {
        parts.push(input.call(Ident::parse_any)?);
    }
    Ok(Part::Field(FieldPath { parts }))
}

impl Check {
    pub(super) fn parse(errors: &mut Errors, entry: &Entry) -> Option<Check> {
        if !entry.is_list() {
            return Some(Check { name: None, condition: entry.text(errors)?.value });
        }
        let (mut name, mut condition) = (None, None);
        for piece in entry.list(errors)? {
            let at: Span = entry.name.span();
            match errors.take(check_part.parse2(piece))? {
                (Some(key), value, span) if key == "name" => {
                    set(errors, &mut name, Some(Given { value, name: key, span }))
                }
                (None, value, _) if condition.is_none() => condition = Some(value),
                _ => errors.at(at, "a check has one condition and at most one `name = \"..\"`"),
            }
        }
        match condition {
            Some(condition) => Some(Check { name, condition }),
            None => entry.wrong(errors),
        }
    }
}

fn check_part(input: ParseStream<'_>) -> syn::Result<(Option<Ident>, String, Span)> {
    let key = if input.peek(syn::LitStr) {
        None
    } else {
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Some(key)
    };
    let (value, span) = text(input)?;
    Ok((key, value, span))
}
