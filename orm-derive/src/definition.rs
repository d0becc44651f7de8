//! The typed model of a struct with `#[derive(Model)]` or `#[derive(Embed)]`, read off its tokens. Reports what cannot be
//! read; whether it makes sense is asked in `check`.

use crate::attr::{EMBED, Entry, FIELD, Given, MODEL, entries, set, text};
use crate::errors::Errors;
use crate::naming::{listed, nearest, plain};
use crate::shape::{Base, Shape, inside, last_name, name_self, shape, type_mistake};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Path, Token, Type, Visibility};

/// Which of the two derives reads the struct.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Derive {
    /// `#[derive(Model)]`
    Model,
    /// `#[derive(Embed)]`
    Embed,
}

/// A struct whose fields are columns.
pub(crate) struct Definition {
    pub(crate) derive: Derive,
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    pub(crate) fields: Vec<Field>,
    pub(crate) table: Option<Given<String>>,
    pub(crate) comment: Option<Given<String>>,
    pub(crate) primary_key: Option<Given<Vec<Ident>>>,
    pub(crate) uniques: Vec<Index>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) checks: Vec<Check>,
    pub(crate) relations: Vec<Relation>,
}

/// A field with its attributes.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) shape: Shape,
    pub(crate) docs: Vec<Attribute>,
    pub(crate) given: FieldAttributes,
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

/// The longest tuple that is a key.
pub(crate) const MAX_KEY_FIELDS: usize = 4;

/// `index(..)` or `unique(..)`
pub(crate) struct Index {
    pub(crate) at: Ident,
    pub(crate) name: Option<Given<String>>,
    pub(crate) fields: Vec<FieldPath>,
    pub(crate) condition: Option<Given<String>>,
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

/// `posts = Post::author`
pub(crate) struct Relation {
    pub(crate) name: Ident,
    pub(crate) shape: RelationShape,
}

pub(crate) enum RelationShape {
    HasMany(End),
    HasOne(End),
    ManyToMany { left: End, right: End },
}

/// `Post::author`
pub(crate) struct End {
    pub(crate) model: Path,
    pub(crate) field: Ident,
}

impl Field {
    /// True for a `Ref` of a model, as far as its name tells.
    pub(crate) fn refers_to(&self, model: &Ident) -> bool {
        inside(&self.ty, "Ref").and_then(last_name).is_some_and(|target| target == plain(model))
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
        name.set_span(self.ty.span().resolved_at(self.name.span()));
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

impl FieldPath {
    /// `address.city`
    pub(crate) fn text(&self) -> String {
        self.parts.iter().map(plain).collect::<Vec<_>>().join(".")
    }
}

impl Definition {
    /// Reads a struct. `None` where it is no struct with named fields and without parameters.
    pub(crate) fn parse(errors: &mut Errors, input: DeriveInput, derive: Derive) -> Option<Definition> {
        let DeriveInput { attrs, vis, ident: name, generics, data } = input;
        let macro_name = match derive {
            Derive::Model => "Model",
            Derive::Embed => "Embed",
        };
        let fields = match data {
            Data::Struct(data) => data.fields,
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
        let fields = fields.named.into_iter().filter_map(|field| Field::parse(errors, field, &name)).collect();
        let mut definition = Definition {
            derive,
            name,
            vis,
            fields,
            table: None,
            comment: None,
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            relations: Vec::new(),
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
            "primary_key" => {
                let given = primary_key(errors, entry);
                set(errors, &mut self.primary_key, given);
            }
            "unique" => self.uniques.extend(Index::parse(errors, entry)),
            "index" => self.indexes.extend(Index::parse(errors, entry)),
            "check" => self.checks.extend(Check::parse(errors, entry)),
            "has_many" => self.relate(errors, entry, |input| Ok(RelationShape::HasMany(End::parse(input)?))),
            "has_one" => self.relate(errors, entry, |input| Ok(RelationShape::HasOne(End::parse(input)?))),
            "many_to_many" => self.relate(errors, entry, |input| {
                let left = End::parse(input)?;
                if input.parse::<Option<Token![=>]>>()?.is_none() {
                    let example = "`groups = Membership::user => Membership::group`";
                    let message = format!("name both references of the link model: {example}");
                    return Err(syn::Error::new(left.field.span(), message));
                }
                Ok(RelationShape::ManyToMany { left, right: End::parse(input)? })
            }),
            name => unreachable!("`{name}` stands in the table of attributes"),
        }
    }

    /// Reads a list of relations: `posts = Post::author, ..`.
    fn relate(
        &mut self,
        errors: &mut Errors,
        entry: &Entry,
        shape: impl Fn(ParseStream<'_>) -> syn::Result<RelationShape>,
    ) {
        for piece in entry.list(errors).into_iter().flatten() {
            let piece = name_self(piece, &self.name);
            let relation = |input: ParseStream<'_>| {
                let name = input.call(Ident::parse_any)?;
                let equals = input.parse::<Option<Token![=]>>()?;
                if equals.is_none() {
                    let message = "a relation is a name, and the field of the other model that refers here: ";
                    return Err(syn::Error::new(name.span(), format!("{message}`posts = Post::author`")));
                }
                Ok(Relation { name, shape: shape(input)? })
            };
            self.relations.extend(errors.take(relation.parse2(piece)));
        }
    }
}

impl Field {
    fn parse(errors: &mut Errors, field: syn::Field, model: &Ident) -> Option<Field> {
        let syn::Field { attrs, ident, ty, .. } = field;
        let name = ident?;
        let ty = errors.take(syn::parse2::<Type>(name_self(ty.into_token_stream(), model)))?;
        let mut given = FieldAttributes::default();
        for entry in entries(errors, &attrs, &FIELD) {
            given.read(errors, &entry);
        }
        let docs = attrs.into_iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
        Some(Field { name, shape: shape(&ty), ty, docs, given })
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

fn primary_key(errors: &mut Errors, entry: &Entry) -> Option<Given<Vec<Ident>>> {
    let pieces = entry.list(errors)?;
    let fields = pieces.into_iter().filter_map(|piece| errors.take(syn::parse2::<Ident>(piece))).collect();
    Some(Given { value: fields, name: entry.name.clone(), span: entry.name.span() })
}

impl Index {
    fn parse(errors: &mut Errors, entry: &Entry) -> Option<Index> {
        let mut index = Index { at: entry.name.clone(), name: None, fields: Vec::new(), condition: None };
        for piece in entry.list(errors)? {
            match errors.take(index_part.parse2(piece)) {
                Some(Part::Field(path)) => index.fields.push(path),
                Some(Part::Named(given)) if given.name == "name" => set(errors, &mut index.name, Some(given)),
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
    fn parse(errors: &mut Errors, entry: &Entry) -> Option<Check> {
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

impl End {
    fn parse(input: ParseStream<'_>) -> syn::Result<End> {
        let mut path: Path = input.parse()?;
        let field = path.segments.pop().map(|segment| segment.ident);
        match field {
            Some(field) if !path.segments.is_empty() => {
                // Without the `::` that stood before the field.
                path.segments.pop_punct();
                Ok(End { model: path, field })
            }
            field => Err(syn::Error::new(
                field.map_or_else(|| input.span(), |field| field.span()),
                "name the model and its field that refers here: `Post::author`",
            )),
        }
    }

    /// The field's name in messages and data.
    pub(crate) fn field_name(&self) -> String {
        plain(&self.field)
    }
}

/// "`Post` has no field `autor`; did you mean `author`?"
pub(crate) fn no_field<'a>(model: &Ident, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(meant) => format!("`{model}` has no field `{name}`; did you mean `{meant}`?"),
        None => format!("`{model}` has no field `{name}`; it has {}", listed(known)),
    }
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
