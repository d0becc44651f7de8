//! `#[orm(..)]` as text: the one table of attribute names, and the values that follow them. Knows no rule about which
//! attributes go together.

use crate::errors::Errors;
use crate::naming::{listed, nearest, plain};
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Token};

/// An attribute's name and how it is written, for the message about one that is written otherwise.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    usage: &'static str,
}

const fn known(name: &'static str, usage: &'static str) -> Known {
    Known { name, usage }
}

/// A place where attributes stand: its name in messages, and the attributes that it takes.
pub(crate) struct Place {
    name: &'static str,
    attributes: &'static [Known],
}

/// On a struct with `#[derive(Model)]`.
pub(crate) const MODEL: Place = Place {
    name: "a model",
    attributes: &[
        known("table", "`table = \"users\"`"),
        known("primary_key", "`primary_key(first, second)`"),
        known("index", "`index(first, second)`, with `name = \"..\"` and `where = \"sql\"` if wanted"),
        known("unique", "`unique(first, second)`, with `name = \"..\"` and `where = \"sql\"` if wanted"),
        known("fulltext", "`fulltext(first, second)`, with `name = \"..\"` and `language = \"..\"` if wanted"),
        known("check", "`check = \"sql\"` or `check(name = \"..\", \"sql\")`"),
        known("comment", "`comment = \"..\"`"),
        known("bind", "`bind = \"analytics\"`"),
        known("hooks", "`hooks`"),
        known("has_many", "`has_many(posts = Post::author)`"),
        known("has_one", "`has_one(profile = Profile::user)`"),
        known("many_to_many", "`many_to_many(groups = Membership::user => Membership::group)`"),
        known("discriminator", "`discriminator = \"kind\"`"),
    ],
};

/// On a struct with `#[derive(Embed)]`.
pub(crate) const EMBED: Place = Place { name: "an embedded struct", attributes: &[] };

/// On a field of a model.
pub(crate) const FIELD: Place = Place {
    name: "a field",
    attributes: &[
        known("primary_key", "`primary_key`"),
        known("generated", "`generated = false`, `= \"server\"` or `= \"client\"`"),
        known("column", "`column = \"name\"`"),
        known("unique", "`unique`"),
        known("index", "`index`"),
        known("length", "`length = 80`"),
        known("precision", "`precision = 10`"),
        known("scale", "`scale = 2`"),
        known("server_default", "`server_default = \"sql\"`"),
        known("computed", "`computed = \"sql\"`"),
        known("stored", "`stored`"),
        known("virtual", "`virtual`"),
        known("read_back", "`read_back`"),
        known("version", "`version`"),
        known("soft_delete", "`soft_delete`"),
        known("tenant", "`tenant`"),
        known("check", "`check = \"sql\"`"),
        known("collation", "`collation = \"name\"`"),
        known("comment", "`comment = \"..\"`"),
        known("on_delete", "`on_delete = \"cascade\"`"),
        known("on_update", "`on_update = \"cascade\"`"),
        known("by", "`by = \"session\"`"),
        known("deferrable", "`deferrable`"),
        known("embed", "`embed`"),
        known("prefix", "`prefix = \"home_\"`"),
        known("skip", "`skip`"),
    ],
};

/// On a struct with `#[derive(SqlType)]`.
pub(crate) const NEWTYPE: Place = Place {
    name: "a newtype",
    attributes: &[known("number", "`number`"), known("text", "`text`"), known("boolean", "`boolean`")],
};

/// On an enum with `#[derive(SqlEnum)]`.
pub(crate) const ENUM: Place = Place { name: "an enum", attributes: &[] };

/// On a variant of such an enum.
pub(crate) const VARIANT: Place = Place { name: "a variant", attributes: &[known("rename", "`rename = \"label\"`")] };

/// On a variant of an enum with `#[derive(Model)]`.
pub(crate) const MODEL_VARIANT: Place =
    Place { name: "a variant of a model", attributes: &[known("value", "`value = \"book\"`")] };

/// On a struct with `#[derive(FromRow)]`.
pub(crate) const ROW: Place =
    Place { name: "a struct that is read from a row", attributes: &[known("by_name", "`by_name`")] };

/// On a field of such a struct.
pub(crate) const ROW_FIELD: Place =
    Place { name: "a field that is read from a row", attributes: &[known("column", "`column = \"name\"`")] };

/// A value with the name of its attribute, and where each stands.
#[derive(Clone, Debug)]
pub(crate) struct Given<T> {
    pub(crate) value: T,
    pub(crate) name: Ident,
    pub(crate) span: Span,
}

/// Fills a slot once; a second value is a mistake.
pub(crate) fn set<T>(errors: &mut Errors, slot: &mut Option<Given<T>>, given: Option<Given<T>>) {
    let Some(given) = given else { return };
    if slot.is_some() {
        errors.at(given.name.span(), format!("`{}` is given twice", plain(&given.name)));
        return;
    }
    *slot = Some(given);
}

/// One attribute of the list in `#[orm(..)]`.
pub(crate) struct Entry {
    pub(crate) name: Ident,
    usage: &'static str,
    payload: Payload,
}

enum Payload {
    Nothing,
    Value(TokenStream),
    List(TokenStream),
}

/// All attributes of `#[orm(..)]` at one place; those that it does not take are reported.
pub(crate) fn entries(errors: &mut Errors, attributes: &[Attribute], place: &Place) -> Vec<Entry> {
    let mut entries = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("orm")) {
        let Some(list) = errors.take(attribute.meta.require_list()) else { continue };
        for piece in pieces(list.tokens.clone()) {
            let Some((name, payload)) = errors.take(payload.parse2(piece)) else { continue };
            let text = plain(&name);
            match place.attributes.iter().find(|known| known.name == text) {
                Some(known) => entries.push(Entry { name, usage: known.usage, payload }),
                None => errors.at(name.span(), unknown(&text, place)),
            }
        }
    }
    entries
}

fn unknown(name: &str, place: &Place) -> String {
    let names = || place.attributes.iter().map(|known| known.name);
    let elsewhere = [&MODEL, &FIELD].into_iter().find(|other| other.attributes.iter().any(|known| known.name == name));
    match (nearest(name, names()), elsewhere) {
        (Some(meant), _) => format!("there is no attribute `{name}`; did you mean `{meant}`?"),
        (None, Some(other)) => format!("`{name}` belongs on {}, not on {}", other.name, place.name),
        (None, None) => format!("there is no attribute `{name}`; {} takes {}", place.name, listed(names())),
    }
}

fn payload(input: ParseStream<'_>) -> syn::Result<(Ident, Payload)> {
    let name = input.call(Ident::parse_any)?;
    if input.is_empty() {
        return Ok((name, Payload::Nothing));
    }
    if input.peek(syn::token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        let list = content.parse()?;
        if !input.is_empty() {
            return Err(input.error("expected a comma"));
        }
        return Ok((name, Payload::List(list)));
    }
    if input.parse::<Option<Token![=]>>()?.is_none() {
        return Err(input.error("expected `=`, `(` or a comma"));
    }
    if input.is_empty() {
        return Err(syn::Error::new(name.span(), format!("`{name} =` lacks its value")));
    }
    Ok((name, Payload::Value(input.parse()?)))
}

/// Splits at the commas that stand in no bracket.
pub(crate) fn pieces(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    for token in tokens {
        match (&token, pieces.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => pieces.push(TokenStream::new()),
            (_, Some(piece)) => piece.extend([token]),
            (_, None) => {}
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// A text literal that is not empty.
pub(crate) fn text(input: ParseStream<'_>) -> syn::Result<(String, Span)> {
    let literal: syn::LitStr = input.parse()?;
    if literal.value().trim().is_empty() {
        return Err(syn::Error::new(literal.span(), "this text must not be empty"));
    }
    Ok((literal.value(), literal.span()))
}

impl Entry {
    fn given<T>(&self, value: T, span: Span) -> Option<Given<T>> {
        Some(Given { value, name: self.name.clone(), span })
    }

    /// Notes that the attribute is written otherwise.
    pub(crate) fn wrong<T>(&self, errors: &mut Errors) -> Option<T> {
        errors.at(self.name.span(), format!("write it as {}", self.usage));
        None
    }

    /// The attribute alone: `unique`.
    pub(crate) fn flag(&self, errors: &mut Errors) -> Option<Given<()>> {
        if !self.is_bare() {
            self.wrong::<()>(errors);
        }
        // What was meant is clear, so that nothing follows from it.
        self.given((), self.name.span())
    }

    /// True when the attribute stands alone.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(self.payload, Payload::Nothing)
    }

    /// True when the attribute is followed by a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self.payload, Payload::List(_))
    }

    /// `comment = "text"`
    pub(crate) fn text(&self, errors: &mut Errors) -> Option<Given<String>> {
        let given = self.text_or_empty(errors)?;
        if given.value.trim().is_empty() {
            errors.at(given.span, format!("`{}` must not be empty", plain(&self.name)));
            return None;
        }
        Some(given)
    }

    /// `prefix = "home_"`, or an empty text.
    pub(crate) fn text_or_empty(&self, errors: &mut Errors) -> Option<Given<String>> {
        let Payload::Value(tokens) = &self.payload else { return self.wrong(errors) };
        let Ok(literal) = syn::parse2::<syn::LitStr>(tokens.clone()) else { return self.wrong(errors) };
        self.given(literal.value(), literal.span())
    }

    /// `length = 80`
    pub(crate) fn number<N: std::str::FromStr<Err: std::fmt::Display>>(&self, errors: &mut Errors) -> Option<Given<N>> {
        let Payload::Value(tokens) = &self.payload else { return self.wrong(errors) };
        let Ok(literal) = syn::parse2::<syn::LitInt>(tokens.clone()) else { return self.wrong(errors) };
        let Ok(number) = literal.base10_parse() else {
            errors.at(literal.span(), format!("`{literal}` does not fit `{}`", plain(&self.name)));
            return None;
        };
        self.given(number, literal.span())
    }

    /// `generated = false`
    pub(crate) fn boolean(&self) -> Option<Given<bool>> {
        let Payload::Value(tokens) = &self.payload else { return None };
        let literal = syn::parse2::<syn::LitBool>(tokens.clone()).ok()?;
        self.given(literal.value, literal.span)
    }

    /// `on_delete = "cascade"`: one of a few words.
    pub(crate) fn word<T: Copy>(&self, errors: &mut Errors, words: &[(&'static str, T)]) -> Option<Given<T>> {
        let Given { value, name, span } = self.text(errors)?;
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == value) {
            return Some(Given { value: *meaning, name, span });
        }
        let words = words.iter().map(|(word, _)| *word);
        let message = match nearest(&value, words.clone()) {
            Some(meant) => format!("\"{value}\" is no value of `{}`; did you mean \"{meant}\"?", plain(&name)),
            None => format!("\"{value}\" is no value of `{}`; it can be {}", plain(&name), listed(words)),
        };
        errors.at(span, message);
        None
    }

    /// `index(first, second)`: what stands between the commas.
    pub(crate) fn list(&self, errors: &mut Errors) -> Option<Vec<TokenStream>> {
        match &self.payload {
            Payload::List(tokens) if !tokens.is_empty() => Some(pieces(tokens.clone())),
            _ => self.wrong(errors),
        }
    }
}
