//! Relations as they are written on a struct.

use crate::attr::Entry;
use crate::errors::Errors;
use crate::naming::plain;
use crate::shape::name_self;
use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Path, Token};

/// `posts = Post::author`
pub(crate) struct Relation {
    pub(crate) name: Ident,
    pub(crate) shape: RelationShape,
}

/// What a relation leads to, and by which references.
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

impl Relation {
    /// Reads a list of relations: `posts = Post::author, ..`.
    pub(super) fn parse(errors: &mut Errors, entry: &Entry, model: &Ident) -> Vec<Relation> {
        let list = entry.list(errors).into_iter().flatten();
        let relation = |piece| {
            let parse = |input: ParseStream<'_>| relation(input, &plain(&entry.name));
            errors.take(parse.parse2(name_self(piece, model)))
        };
        list.filter_map(relation).collect()
    }
}

fn relation(input: ParseStream<'_>, kind: &str) -> syn::Result<Relation> {
    let name = input.call(Ident::parse_any)?;
    if input.parse::<Option<Token![=]>>()?.is_none() {
        let message = "a relation is a name, and the field of the other model that refers here: `posts = Post::author`";
        return Err(syn::Error::new(name.span(), message));
    }
    let end = End::parse(input)?;
    let shape = match kind {
        "has_many" => RelationShape::HasMany(end),
        "has_one" => RelationShape::HasOne(end),
        _ => {
            if input.parse::<Option<Token![=>]>>()?.is_none() {
                let example = "`groups = Membership::user => Membership::group`";
                let message = format!("name both references of the link model: {example}");
                return Err(syn::Error::new(end.field.span(), message));
            }
            RelationShape::ManyToMany { left: end, right: End::parse(input)? }
        }
    };
    Ok(Relation { name, shape })
}
