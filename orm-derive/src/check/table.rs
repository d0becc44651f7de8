//! The rules between fields, indexes and relations: names that clash, and names of nothing.

use crate::definition::{Definition, Field, FieldPath, Index, Relation, RelationShape, Role, no_field};
use crate::errors::Errors;
use crate::expand::BINDING;
use crate::naming::plain;
use proc_macro2::Span;
use quote::ToTokens;

/// Checks a struct's names.
pub(super) fn check(errors: &mut Errors, definition: &Definition) {
    if definition.fields.iter().all(|field| field.role() == Role::Skipped) && errors.is_empty() {
        errors.at(definition.name.span(), format!("`{}` has no column", definition.name));
    }
    columns(errors, definition);
    for at in definition.uniques.iter().chain(&definition.indexes).chain(&definition.full_texts) {
        index(errors, definition, at);
    }
    relations(errors, definition);
}

/// The column of a field and where its name stands; none for a field of several.
fn column(field: &Field) -> Option<(String, Span)> {
    let name = plain(&field.name);
    match (field.role(), &field.given.column) {
        (Role::Embedded | Role::Skipped, _) => None,
        (_, Some(given)) => Some((given.value.clone(), given.span)),
        (Role::Column, None) => Some((name, field.name.span())),
        (Role::Reference, None) => Some((format!("{name}_id"), field.name.span())),
    }
}

fn columns(errors: &mut Errors, definition: &Definition) {
    let mut seen: Vec<(String, &Field)> = Vec::new();
    for field in &definition.fields {
        let Some((column, at)) = column(field) else { continue };
        // SQLite and MySQL know no difference between `Name` and `name`.
        if let Some((_, other)) = seen.iter().find(|(seen, _)| seen.to_lowercase() == column.to_lowercase()) {
            let (first, second) = (plain(&other.name), plain(&field.name));
            let advice = match [field.role(), other.role()].contains(&Role::Reference) {
                true => "; a `Ref` holds the key itself, so a second field for it is not needed",
                false => "",
            };
            errors.at(at, format!("`{first}` and `{second}` would both be the column `{column}`{advice}"));
        }
        seen.push((column, field));
    }
}

fn index(errors: &mut Errors, definition: &Definition, index: &Index) {
    if index.fields.is_empty() {
        errors.at(index.at.span(), format!("`{}` names no field", plain(&index.at)));
    }
    let mut seen: Vec<String> = Vec::new();
    for path in &index.fields {
        let text = path.text();
        if seen.contains(&text) {
            errors.at(at(path), format!("`{text}` is named twice"));
        } else {
            index_field(errors, definition, path);
        }
        seen.push(text);
    }
}

fn index_field(errors: &mut Errors, definition: &Definition, path: &FieldPath) {
    let [first, inner @ ..] = path.parts.as_slice() else { return };
    let Some(field) = definition.fields.iter().find(|field| plain(&field.name) == plain(first)) else {
        let known: Vec<String> = definition.fields.iter().map(|field| plain(&field.name)).collect();
        let by_column =
            definition.fields.iter().find(|field| column(field).is_some_and(|(name, _)| name == plain(first)));
        errors.at(
            first.span(),
            match by_column {
                Some(field) => format!("an index names fields, not columns: write `{}`", plain(&field.name)),
                None => no_field(&definition.name, &plain(first), known.iter().map(String::as_str)),
            },
        );
        return;
    };
    match (field.role(), inner) {
        (Role::Skipped, _) => errors.at(first.span(), format!("`{first}` has `skip`, so it is no column")),
        (Role::Column | Role::Reference, [part, ..]) => {
            errors.at(part.span(), format!("`{first}` is no embedded struct, so it has no field `{part}`"));
        }
        _ => {}
    }
}

fn at(path: &FieldPath) -> Span {
    path.parts.first().map_or_else(Span::call_site, |part| part.span())
}

fn relations(errors: &mut Errors, definition: &Definition) {
    let mut seen: Vec<String> = Vec::new();
    for Relation { name, shape } in &definition.relations {
        let text = plain(name);
        if definition.fields.iter().any(|field| plain(&field.name) == text) {
            errors.at(name.span(), format!("`{text}` is a field already; give the relation another name"));
        } else if seen.contains(&text) {
            errors.at(name.span(), format!("there is a relation `{text}` already"));
        } else if text == BINDING {
            errors.at(name.span(), format!("`{BINDING}` is the name of a field that the derive makes"));
        }
        seen.push(text);
        if let RelationShape::ManyToMany { left, right } = shape {
            let [from, to] = [left, right].map(|end| end.model.to_token_stream().to_string());
            if from != to {
                errors.over(&right.model, format!("both references belong to one link model: `{from}`"));
            } else if left.field == right.field {
                errors
                    .at(right.field.span(), "name the two references of the link model: here, then to the other side");
            }
        }
    }
}
