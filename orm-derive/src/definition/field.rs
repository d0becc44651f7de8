//! A field with its attributes.

use crate::attr::{Entry, FIELD, Given, entries, set};
use crate::errors::Errors;
use crate::naming::plain;
use crate::shape::{Base, Shape, inside, last_name, name_self, shape, type_mistake};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident};
use syn::spanned::Spanned;
use syn::{Attribute, Type};

/// A field with its attributes.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) shape: Shape,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) given: FieldAttributes,
    /// The type in the variants of an enum that have the field, where the column's is an `Option` because others have not.
    pub(crate) inner: Option<Type>,
    /// The values of a discriminator; empty for every other field.
    pub(crate) labels: Vec<String>,
}

/// The attributes of a field, each at most once.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) primary_key: Option<Given<()>>,
    pub(crate) generated: Option<Given<Generated>>,
    pub(crate) column: Option<Given<String>>,
    pub(crate) unique: Option<Given<()>>,
    pub(crate) index: Option<Given<()>>,
    pub(crate) length: Option<Given<u32>>,
    pub(crate) precision: Option<Given<u8>>,
    pub(crate) scale: Option<Given<u8>>,
    pub(crate) server_default: Option<Given<String>>,
    pub(crate) computed: Option<Given<String>>,
    pub(crate) stored: Option<Given<()>>,
    pub(crate) virtual_: Option<Given<()>>,
    pub(crate) read_back: Option<Given<()>>,
    pub(crate) version: Option<Given<()>>,
    pub(crate) soft_delete: Option<Given<()>>,
    pub(crate) tenant: Option<Given<()>>,
    pub(crate) check: Option<Given<String>>,
    pub(crate) collation: Option<Given<String>>,
    pub(crate) comment: Option<Given<String>>,
    pub(crate) on_delete: Option<Given<Action>>,
    pub(crate) on_update: Option<Given<Action>>,
    pub(crate) by: Option<Given<()>>,
    pub(crate) deferrable: Option<Given<()>>,
    pub(crate) embed: Option<Given<()>>,
    pub(crate) prefix: Option<Given<String>>,
    pub(crate) skip: Option<Given<()>>,
}

/// Who makes a key; the names of `orm_core`'s variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Generated {
    No,
    Sequence,
    Client,
    Server,
}

/// What happens to a reference; the names of `orm_core`'s variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names)] // They are the words of SQL.
pub(crate) enum Action {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

const ACTIONS: &[(&str, Action)] = &[
    ("cascade", Action::Cascade),
    ("set_null", Action::SetNull),
    ("restrict", Action::Restrict),
    ("no_action", Action::NoAction),
    ("set_default", Action::SetDefault),
];

/// What a field is, by its attributes and its type's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Column,
    Reference,
    Embedded,
    Skipped,
}

impl Field {
    /// True for a `Ref` of a model, as far as its name tells.
    pub(crate) fn refers_to(&self, model: &Ident) -> bool {
        inside(&self.ty, "Ref").and_then(last_name).is_some_and(|target| target == plain(model))
    }

    /// The model that a reference names.
    pub(crate) fn target(&self) -> Option<&Type> {
        inside(inside(&self.ty, "Option").unwrap_or(&self.ty), "Ref")
    }

    /// True for a field whose type is reported already: the output does not ask about it again.
    pub(crate) fn is_broken(&self) -> bool {
        let Shape { auto, optional, base } = self.shape;
        match self.role() {
            Role::Skipped => false,
            Role::Embedded => auto || optional || base != Base::Other,
            Role::Reference => auto || type_mistake(&self.ty).is_some(),
            Role::Column => type_mistake(&self.ty).is_some(),
        }
    }

    /// The name with the span of the type, for code in which the type can be wrong.
    pub(crate) fn blamed(&self) -> Ident {
        let mut name = self.name.clone();
        name.set_span(self.target().unwrap_or(&self.ty).span().resolved_at(self.name.span()));
        name
    }

    /// What the field is.
    pub(crate) fn role(&self) -> Role {
        if self.given.skip.is_some() {
            return Role::Skipped;
        }
        if self.given.embed.is_some() {
            return Role::Embedded;
        }
        match self.shape.base {
            Base::Reference => Role::Reference,
            _ => Role::Column,
        }
    }
}

impl Field {
    pub(super) fn parse(errors: &mut Errors, field: syn::Field, model: &Ident) -> Option<Field> {
        let syn::Field { attrs, ident, ty, .. } = field;
        let name = ident?;
        let ty = errors.take(syn::parse2::<Type>(name_self(ty.into_token_stream(), model)))?;
        let mut given = FieldAttributes::default();
        for entry in entries(errors, &attrs, &FIELD) {
            given.read(errors, &entry);
        }
        let docs = attrs.into_iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
        Some(Field { name, shape: shape(&ty), ty, docs, given, inner: None, labels: Vec::new() })
    }
}

impl FieldAttributes {
    fn read(&mut self, errors: &mut Errors, entry: &Entry) {
        let name = plain(&entry.name);
        match name.as_str() {
            "generated" => {
                let given = generated(errors, entry);
                set(errors, &mut self.generated, given);
            }
            "length" => {
                let given = entry.number(errors);
                set(errors, &mut self.length, given);
            }
            "precision" | "scale" => {
                let given = entry.number(errors);
                set(errors, if name == "scale" { &mut self.scale } else { &mut self.precision }, given);
            }
            "on_delete" | "on_update" => {
                let given = entry.word(errors, ACTIONS);
                set(errors, if name == "on_delete" { &mut self.on_delete } else { &mut self.on_update }, given);
            }
            "by" => {
                let given = entry.word(errors, &[("session", ())]);
                set(errors, &mut self.by, given);
            }
            "column" | "server_default" | "computed" | "check" | "collation" | "comment" => {
                let given = entry.text(errors);
                set(errors, self.text(&name), given);
            }
            "prefix" => {
                let given = entry.text_or_empty(errors);
                set(errors, &mut self.prefix, given);
            }
            _ => {
                let given = entry.flag(errors);
                set(errors, self.flag(&name), given);
            }
        }
    }

    /// The names of the attributes that were given, in the order of the struct above.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Ident> {
        fn name<T>(given: &Option<Given<T>>) -> Option<&Ident> {
            given.as_ref().map(|given| &given.name)
        }
        [
            name(&self.primary_key),
            // Where it is a default it has no name of its own.
            name(&self.generated).filter(|name| *name == "generated"),
            name(&self.column),
            name(&self.unique),
            name(&self.index),
            name(&self.length),
            name(&self.precision),
            name(&self.scale),
            name(&self.server_default),
            name(&self.computed),
            name(&self.stored),
            name(&self.virtual_),
            name(&self.read_back),
            name(&self.version),
            name(&self.soft_delete),
            name(&self.tenant),
            name(&self.check),
            name(&self.collation),
            name(&self.comment),
            name(&self.on_delete),
            name(&self.on_update),
            name(&self.by),
            name(&self.deferrable),
            name(&self.embed),
            name(&self.prefix),
            name(&self.skip),
        ]
        .into_iter()
        .flatten()
    }

    fn text(&mut self, name: &str) -> &mut Option<Given<String>> {
        match name {
            "column" => &mut self.column,
            "server_default" => &mut self.server_default,
            "computed" => &mut self.computed,
            "check" => &mut self.check,
            "collation" => &mut self.collation,
            "comment" => &mut self.comment,
            _ => unreachable!("`{name}` stands in the table of attributes"),
        }
    }

    fn flag(&mut self, name: &str) -> &mut Option<Given<()>> {
        match name {
            "primary_key" => &mut self.primary_key,
            "unique" => &mut self.unique,
            "index" => &mut self.index,
            "stored" => &mut self.stored,
            "virtual" => &mut self.virtual_,
            "read_back" => &mut self.read_back,
            "version" => &mut self.version,
            "soft_delete" => &mut self.soft_delete,
            "tenant" => &mut self.tenant,
            "deferrable" => &mut self.deferrable,
            "embed" => &mut self.embed,
            "skip" => &mut self.skip,
            _ => unreachable!("`{name}` stands in the table of attributes"),
        }
    }
}

fn generated(errors: &mut Errors, entry: &Entry) -> Option<Given<Generated>> {
    if entry.is_bare() {
        let Given { name, span, .. } = entry.flag(errors)?;
        return Some(Given { value: Generated::Sequence, name, span });
    }
    if let Some(Given { value, name, span }) = entry.boolean() {
        let value = if value { Generated::Sequence } else { Generated::No };
        return Some(Given { value, name, span });
    }
    entry.word(errors, &[("server", Generated::Server), ("client", Generated::Client)])
}

impl ToTokens for Generated {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        format_ident!("{}", format!("{self:?}")).to_tokens(tokens);
    }
}

impl ToTokens for Action {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        format_ident!("{}", format!("{self:?}")).to_tokens(tokens);
    }
}
