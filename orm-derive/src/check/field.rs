//! The rules of one field: which attributes its role and its type take.

use crate::definition::{Action, Definition, Derive, Field, FieldAttributes, Role};
use crate::errors::Errors;
use crate::expand::BINDING;
use crate::naming::plain;
use crate::shape::{Base, type_mistake};

/// Checks a field by itself.
pub(super) fn check(errors: &mut Errors, definition: &Definition, field: &Field) {
    if field.name == BINDING {
        errors.at(field.name.span(), format!("`{BINDING}` is the name of a field that the derive makes"));
    }
    if let Some(mistake) = type_mistake(&field.ty).filter(|_| field.role() != Role::Skipped) {
        errors.over(&field.ty, mistake);
    }
    if definition.derive == Derive::Embed {
        outside_of_models(errors, field);
    }
    match field.role() {
        Role::Skipped => others(errors, field, &["skip"], |name| {
            format!("`{name}` says something about a column, and a field with `skip` has none")
        }),
        Role::Embedded => embedded(errors, field),
        Role::Reference => reference(errors, field),
        Role::Column => column(errors, field),
    }
}

fn outside_of_models(errors: &mut Errors, field: &Field) {
    let refused = ["primary_key", "generated", "version", "soft_delete", "tenant"];
    for given in field.given.names().filter(|name| refused.iter().any(|of| name == of)) {
        errors.at(given.span(), format!("`{given}` belongs on a field of the model, not of a struct embedded in it"));
    }
}

/// Reports the attributes other than these.
fn others(errors: &mut Errors, field: &Field, known: &[&str], message: impl Fn(&str) -> String) {
    for given in field.given.names().filter(|name| !known.iter().any(|known| name == known)) {
        errors.at(given.span(), message(&plain(given)));
    }
}

fn embedded(errors: &mut Errors, field: &Field) {
    others(errors, field, &["embed", "prefix"], |name| match name {
        "column" => "the columns of an embedded struct share a prefix: write `prefix = \"..\"`".to_owned(),
        "primary_key" => "an embedded struct cannot be the key; mark fields of the model".to_owned(),
        "unique" | "index" => {
            format!(
                "write `{name}({})` on the struct, or `{name}` on a field of the embedded struct",
                plain(&field.name)
            )
        }
        _ => format!("`{name}` belongs on a field of the embedded struct"),
    });
    let what = match field.shape {
        _ if field.shape.optional => "an `Option`: make the fields in it optional",
        _ if field.shape.auto => "an `Auto`",
        _ if field.shape.base == Base::Reference => "a reference: it is a column by itself",
        _ if field.shape.base != Base::Other => "a column type; embed a struct with `#[derive(Embed)]`",
        _ => return,
    };
    errors.over(&field.ty, format!("what is embedded cannot be {what}"));
}

fn reference(errors: &mut Errors, field: &Field) {
    let FieldAttributes { on_delete, on_update, by, .. } = &field.given;
    let refused = [
        "length",
        "precision",
        "scale",
        "collation",
        "computed",
        "stored",
        "virtual",
        "version",
        "prefix",
        "soft_delete",
    ];
    for given in field.given.names().filter(|name| refused.iter().any(|refused| plain(name) == *refused)) {
        errors.at(given.span(), format!("`{}` cannot stand on a `Ref`", plain(given)));
    }
    if field.shape.auto {
        errors.over(&field.ty, "a `Ref` cannot be `Auto`: a reference has no default");
    }
    for action in [on_delete, on_update].into_iter().flatten() {
        if action.value == Action::SetNull && !field.shape.optional {
            errors.at(action.span, "\"set_null\" needs a reference that may be NULL: `Option<Ref<..>>`");
        }
    }
    if let (Some(by), false) = (by, on_delete.as_ref().is_some_and(|action| action.value == Action::Cascade)) {
        errors.at(by.name.span(), "`by = \"session\"` says who deletes; it needs `on_delete = \"cascade\"`");
    }
}

fn column(errors: &mut Errors, field: &Field) {
    for given in field.given.names() {
        match plain(given).as_str() {
            name @ ("on_delete" | "on_update" | "by" | "deferrable") => {
                let message = format!("`{name}` is about a reference, and this field is no `Ref<..>`");
                errors.at(given.span(), message);
            }
            "prefix" => errors.at(given.span(), "`prefix` is for a field with `embed`"),
            _ => {}
        }
    }
    for (names, bases, wanted) in [
        (["length", ""].as_slice(), [Base::Text, Base::Bytes].as_slice(), "texts and bytes"),
        (&["precision", "scale"], &[Base::Decimal], "decimals"),
        (&["collation"], &[Base::Text], "texts"),
        (&["version"], &[Base::Integer], "integers"),
    ] {
        let Some(noun) = field.shape.base.noun().filter(|_| !bases.contains(&field.shape.base)) else { continue };
        for given in field.given.names().filter(|given| names.iter().any(|name| given == name)) {
            errors.at(given.span(), format!("`{given}` is for {wanted}, and this is {noun}"));
        }
    }
    values(errors, field);
    computed(errors, field);
}

fn values(errors: &mut Errors, field: &Field) {
    let FieldAttributes { length, precision, scale, version, .. } = &field.given;
    if let Some(length) = length.as_ref().filter(|length| length.value == 0) {
        errors.at(length.span, "a length is at least 1");
    }
    match (precision, scale) {
        (None, Some(scale)) => {
            errors
                .at(scale.name.span(), "`scale` needs `precision`: how many digits in all, before and after the point");
        }
        (Some(precision), Some(scale)) if scale.value > precision.value => {
            errors.at(scale.span, format!("the precision is only {} digits in all", precision.value));
        }
        (Some(precision), _) if precision.value == 0 => errors.at(precision.span, "a precision is at least 1"),
        _ => {}
    }
    if let Some(version) = version.as_ref().filter(|_| field.shape.optional || field.shape.auto) {
        errors.at(version.name.span(), "a version is a plain integer, never NULL and never `Auto`");
    }
}

fn computed(errors: &mut Errors, field: &Field) {
    let FieldAttributes { computed, stored, virtual_, .. } = &field.given;
    if computed.is_none() {
        for given in [stored, virtual_].into_iter().flatten() {
            errors.at(given.name.span(), format!("`{}` needs `computed = \"sql\"`", plain(&given.name)));
        }
        return;
    }
    if let (Some(_), Some(given)) = (stored, virtual_) {
        errors.at(given.name.span(), "a computed column is either `stored` or `virtual`");
    }
    let refused = ["primary_key", "generated", "server_default", "version", "read_back", "soft_delete", "tenant"];
    for given in field.given.names().filter(|name| refused.iter().any(|refused| name == refused)) {
        errors.at(given.span(), format!("the database computes this column, so it cannot be `{given}`"));
    }
}
