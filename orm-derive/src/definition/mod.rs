//! The typed model of a struct with `#[derive(Model)]` or `#[derive(Embed)]`, read off its tokens. Reports what cannot be
//! read; whether it makes sense is asked in `check`.

mod constraint;
mod field;
mod relation;
mod variants;

pub(crate) use constraint::{Check, FieldPath, Index};
pub(crate) use field::{Action, Field, FieldAttributes, Generated, Role};
pub(crate) use relation::{End, Relation, RelationShape};
pub(crate) use variants::Variant;

use crate::attr::{EMBED, Entry, Given, MODEL, entries, set};
use crate::errors::Errors;
use crate::naming::{listed, nearest, plain};
use crate::shape::Base;
use proc_macro2::Ident;
use syn::{Data, DeriveInput, Fields, Visibility};

/// Which of the two derives reads the struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derive {
    /// `#[derive(Model)]`
    Model,
    /// `#[derive(Embed)]`
    Embed,
}

/// A struct whose fields are columns, or an enum of such structs.
pub(crate) struct Definition {
    pub(crate) derive: Derive,
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    /// Of an enum: those of all variants, each once.
    pub(crate) fields: Vec<Field>,
    /// Empty for a struct.
    pub(crate) variants: Vec<Variant>,
    pub(crate) discriminator: Option<Given<String>>,
    pub(crate) table: Option<Given<String>>,
    pub(crate) comment: Option<Given<String>>,
    pub(crate) bind: Option<Given<String>>,
    pub(crate) primary_key: Option<Given<Vec<Ident>>>,
    pub(crate) uniques: Vec<Index>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) full_texts: Vec<Index>,
    pub(crate) checks: Vec<Check>,
    pub(crate) relations: Vec<Relation>,
    /// The model has hooks of its own.
    pub(crate) hooks: Option<Given<()>>,
}

/// The longest tuple that is a key.
pub(crate) const MAX_KEY_FIELDS: usize = 4;

impl Definition {
    /// Reads a struct. `None` where it is no struct with named fields and without parameters.
    pub(crate) fn parse(errors: &mut Errors, input: DeriveInput, derive: Derive) -> Option<Definition> {
        let DeriveInput { attrs, vis, ident: name, generics, data } = input;
        let macro_name = match derive {
            Derive::Model => "Model",
            Derive::Embed => "Embed",
        };
        let mut variants = Vec::new();
        let fields = match data {
            Data::Struct(data) => struct_fields(errors, data.fields, &name, macro_name),
            Data::Enum(data) if derive == Derive::Model => {
                variants::parse(errors, data, &name).map(|(read, fields)| {
                    variants = read;
                    fields
                })
            }
            Data::Enum(data) => {
                let advice = "an enum of plain variants is a column by `#[derive(SqlEnum)]`";
                errors.at(data.enum_token.span, format!("`{macro_name}` is for structs; {advice}"));
                return None;
            }
            Data::Union(data) => {
                errors.at(data.union_token.span, format!("`{macro_name}` is for structs"));
                return None;
            }
        };
        if !generics.params.is_empty() {
            errors.over(&generics, "the struct must own its data: no lifetimes, no type parameters");
            return None;
        }
        let fields = fields?;
        let mut definition = Definition {
            derive,
            name,
            vis,
            fields,
            variants,
            discriminator: None,
            table: None,
            comment: None,
            bind: None,
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            full_texts: Vec::new(),
            checks: Vec::new(),
            relations: Vec::new(),
            hooks: None,
        };
        let place = match derive {
            Derive::Model => &MODEL,
            Derive::Embed => &EMBED,
        };
        for entry in entries(errors, &attrs, place) {
            definition.read(errors, &entry);
        }
        definition.settle(errors);
        Some(definition)
    }

    /// Carries `primary_key(..)` over to the fields, and says who makes a key that says nothing itself.
    fn settle(&mut self, errors: &mut Errors) {
        self.settle_key(errors);
        self.settle_variants();
    }

    fn settle_key(&mut self, errors: &mut Errors) {
        if let Some(Given { value, name, .. }) = &self.primary_key {
            for part in value {
                let Some(field) = self.fields.iter_mut().find(|field| field.name == *part) else {
                    let known: Vec<String> = self.fields.iter().map(|field| plain(&field.name)).collect();
                    let known = known.iter().map(String::as_str);
                    errors.at(part.span(), no_field(&self.name, &plain(part), known));
                    continue;
                };
                let given = Given { value: (), name: name.clone(), span: part.span() };
                set(errors, &mut field.given.primary_key, Some(given));
            }
        }
        let mut keys = self.fields.iter_mut().filter(|field| field.given.primary_key.is_some());
        let (Some(Field { shape, given, .. }), None) = (keys.next(), keys.next()) else { return };
        let (None, Some(key)) = (&given.generated, &given.primary_key) else { return };
        let value = match shape.base {
            Base::Integer => Generated::Sequence,
            Base::Uuid => Generated::Client,
            _ => return,
        };
        given.generated = Some(Given { value, name: key.name.clone(), span: key.span });
    }

    fn read(&mut self, errors: &mut Errors, entry: &Entry) {
        match plain(&entry.name).as_str() {
            "table" => {
                let given = entry.text(errors);
                set(errors, &mut self.table, given);
            }
            "comment" => {
                let given = entry.text(errors);
                set(errors, &mut self.comment, given);
            }
            "bind" => {
                let given = entry.text(errors);
                set(errors, &mut self.bind, given);
            }
            "discriminator" => {
                let given = entry.text(errors);
                set(errors, &mut self.discriminator, given);
            }
            "primary_key" => {
                let given = primary_key(errors, entry);
                set(errors, &mut self.primary_key, given);
            }
            "hooks" => {
                let given = entry.flag(errors);
                set(errors, &mut self.hooks, given);
            }
            "unique" => self.uniques.extend(Index::parse(errors, entry)),
            "index" => self.indexes.extend(Index::parse(errors, entry)),
            "fulltext" => self.full_texts.extend(Index::parse(errors, entry)),
            "check" => self.checks.extend(Check::parse(errors, entry)),
            "has_many" | "has_one" | "many_to_many" => {
                self.relations.extend(Relation::parse(errors, entry, &self.name));
            }
            name => unreachable!("`{name}` stands in the table of attributes"),
        }
    }
}

/// The fields of a struct, which must have names.
fn struct_fields(errors: &mut Errors, fields: Fields, name: &Ident, macro_name: &str) -> Option<Vec<Field>> {
    let Fields::Named(fields) = fields else {
        let advice = match fields {
            Fields::Unnamed(ref fields) if fields.unnamed.len() == 1 => {
                "; a newtype is a column by `#[derive(SqlType)]`"
            }
            _ => "",
        };
        errors.at(name.span(), format!("`{macro_name}` needs named fields{advice}"));
        return None;
    };
    Some(fields.named.into_iter().filter_map(|field| Field::parse(errors, field, name)).collect())
}

fn primary_key(errors: &mut Errors, entry: &Entry) -> Option<Given<Vec<Ident>>> {
    let pieces = entry.list(errors)?;
    let fields = pieces.into_iter().filter_map(|piece| errors.take(syn::parse2::<Ident>(piece))).collect();
    Some(Given { value: fields, name: entry.name.clone(), span: entry.name.span() })
}

/// "`Post` has no field `autor`; did you mean `author`?"
pub(crate) fn no_field<'a>(model: &Ident, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(meant) => format!("`{model}` has no field `{name}`; did you mean `{meant}`?"),
        None => format!("`{model}` has no field `{name}`; it has {}", listed(known)),
    }
}
