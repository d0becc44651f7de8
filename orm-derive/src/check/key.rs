//! The rules of the primary key and of the version, which are about all fields together.

use crate::definition::{Definition, Derive, Field, Generated, MAX_KEY_FIELDS, Role};
use crate::errors::Errors;
use crate::shape::Base;

/// Checks the key and the version.
pub(super) fn check(errors: &mut Errors, definition: &Definition) {
    let versions = definition.fields.iter().filter_map(|field| field.given.version.as_ref());
    for second in versions.skip(1) {
        errors.at(second.name.span(), format!("`{}` has a version already", definition.name));
    }
    let deleted = definition.fields.iter().filter_map(|field| field.given.soft_delete.as_ref());
    for second in deleted.skip(1) {
        errors.at(second.name.span(), format!("`{}` has a mark of deletion already", definition.name));
    }
    let tenants = definition.fields.iter().filter_map(|field| field.given.tenant.as_ref());
    for second in tenants.skip(1) {
        errors.at(second.name.span(), format!("`{}` has a tenant already", definition.name));
    }
    if definition.derive == Derive::Embed {
        return;
    }
    let keys: Vec<&Field> = definition.fields.iter().filter(|field| field.given.primary_key.is_some()).collect();
    for field in &definition.fields {
        generated(errors, field, keys.len());
    }
    for key in &keys {
        part(errors, definition, key);
    }
    match keys.as_slice() {
        [] if definition.primary_key.is_none() && errors.is_empty() => {
            errors.at(definition.name.span(), missing(definition))
        }
        [] => {}
        [key] => {
            if let Some(unique) = &key.given.unique {
                errors.at(unique.name.span(), "a primary key is unique already");
            }
        }
        [.., last] if keys.len() > MAX_KEY_FIELDS => {
            errors.at(last.name.span(), format!("a key has at most {MAX_KEY_FIELDS} fields"));
        }
        _ => {}
    }
    order(errors, definition, &keys);
}

fn missing(definition: &Definition) -> String {
    let model = &definition.name;
    match definition.fields.iter().find(|field| field.name == "id") {
        Some(_) => format!("`{model}` has no primary key: write `#[orm(primary_key)]` on its field `id`"),
        None => format!("`{model}` has no primary key: write `#[orm(primary_key)]` on a field, such as `id: i64`"),
    }
}

fn part(errors: &mut Errors, definition: &Definition, field: &Field) {
    if matches!(field.role(), Role::Embedded | Role::Skipped) {
        return;
    }
    if field.shape.optional {
        errors.over(
            &field.ty,
            "a primary key is never NULL, so it cannot be an `Option`; 0 (or a nil UUID) means \"not yet\"",
        );
    }
    if field.shape.auto && field.shape.base != Base::Reference {
        let advice = "use the plain type with `generated = \"server\"`";
        errors.over(&field.ty, format!("a primary key cannot be `Auto`; {advice}"));
    }
    if matches!(field.shape.base, Base::Float | Base::Decimal) {
        errors.over(&field.ty, "a number with a fraction cannot be a primary key");
    }
    if field.refers_to(&definition.name) {
        errors.over(&field.ty, format!("the key of `{}` cannot be made of itself", definition.name));
    }
    if let (Some(given), Some(Generated::No | Generated::Sequence | Generated::Client) | None) =
        (&field.given.server_default, field.given.generated.as_ref().map(|given| given.value))
    {
        errors.at(given.name.span(), "a key that the server makes by its default has `generated = \"server\"`, too");
    }
}

fn generated(errors: &mut Errors, field: &Field, keys: usize) {
    // A default has no token of its own, and is right.
    let Some(given) = field.given.generated.as_ref().filter(|given| given.name == "generated") else { return };
    if field.given.primary_key.is_none() {
        if field.role() == Role::Column {
            let advice = "`Auto<..>` leaves another column to its `server_default`";
            errors.at(given.name.span(), format!("`generated` is for the primary key; {advice}"));
        }
        return;
    }
    if keys > 1 && given.value != Generated::No {
        errors.at(given.name.span(), "only a key of a single field can be generated");
        return;
    }
    let known = field.shape.base.noun();
    let message = match (given.value, field.shape.base, known) {
        (Generated::No, ..) | (_, Base::Other, _) | (_, _, None) => return,
        (_, Base::Reference, _) => "a key that is a `Ref` is the key of the other row; nothing generates it".to_owned(),
        (Generated::Sequence, Base::Integer, _) | (Generated::Client, Base::Uuid, _) | (Generated::Server, ..) => {
            return;
        }
        (Generated::Sequence, _, Some(noun)) => format!("a sequence makes integers, and this is {noun}"),
        (Generated::Client, _, Some(noun)) => format!("\"client\" makes UUIDs, and this is {noun}"),
    };
    errors.at(given.span, message);
}

/// The columns of a key are in the order of the struct's fields; a list in another order would say what is not so.
fn order(errors: &mut Errors, definition: &Definition, keys: &[&Field]) {
    let Some(given) = &definition.primary_key else { return };
    let Some(last) = given.value.last() else {
        errors.at(given.span, "name the fields of the key");
        return;
    };
    if let Some(extra) = keys.iter().find(|key| !given.value.contains(&key.name)) {
        errors.at(extra.name.span(), "the key is listed on the struct; list this field there, too");
    }
    let known: Vec<_> = given.value.iter().filter(|name| keys.iter().any(|key| key.name == **name)).collect();
    let ordered: Vec<_> = keys.iter().map(|key| &key.name).filter(|name| given.value.contains(name)).collect();
    if known.len() == ordered.len() && known != ordered {
        errors.at(last.span(), "list the fields of the key in the order in which they stand in the struct");
    }
}
