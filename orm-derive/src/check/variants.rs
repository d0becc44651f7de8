//! The rules of a model that is an enum.

use crate::definition::{Action, Definition, Field};
use crate::errors::Errors;
use crate::naming::plain;
use syn::Ident;

/// Checks the variants and the discriminator.
pub(super) fn check(errors: &mut Errors, definition: &Definition) {
    discriminator(errors, definition);
    for (number, variant) in definition.variants.iter().enumerate() {
        if let Some(other) = definition.variants[..number].iter().find(|other| other.value == variant.value) {
            let message = format!("`{}` and `{}` would both be \"{}\"", other.name, variant.name, variant.value);
            errors.at(variant.at, message);
        }
    }
    for field in definition.fields.iter().filter(|field| field.labels.is_empty() && !definition.is_shared(field)) {
        in_some(errors, definition, field);
    }
}

fn discriminator(errors: &mut Errors, definition: &Definition) {
    let (is_enum, model) = (!definition.variants.is_empty(), &definition.name);
    match &definition.discriminator {
        Some(given) if !is_enum => {
            errors.at(
                given.name.span(),
                "`discriminator` is for an enum: it is the column that tells the variants apart",
            );
        }
        Some(given) if syn::parse_str::<Ident>(&given.value).is_err() => {
            errors.at(
                given.span,
                "the discriminator's name is a field of the closures, too, so it must be a name in Rust",
            );
        }
        Some(given)
            if definition.fields.iter().any(|field| field.labels.is_empty() && plain(&field.name) == given.value) =>
        {
            let message = format!("`{}` is a field already; the discriminator is a column of its own", given.value);
            errors.at(given.span, message);
        }
        None if is_enum => {
            let message = format!(
                "`{model}` needs the column that tells its variants apart: write `#[orm(discriminator = \"kind\")]` on the enum"
            );
            errors.at(model.span(), message);
        }
        Some(_) | None => {}
    }
}

/// A field that not every variant has.
fn in_some(errors: &mut Errors, definition: &Definition, field: &Field) {
    let Some(lacking) = definition.variants.iter().find(|variant| !variant.has(&field.name)) else { return };
    let (name, lacking) = (plain(&field.name), &lacking.name);
    let given = &field.given;
    if given.primary_key.is_some() {
        errors.at(lacking.span(), format!("`{lacking}` has no `{name}`: the primary key is in every variant"));
        return;
    }
    if let Some(version) = &given.version {
        errors.at(version.name.span(), format!("`{lacking}` has no `{name}`: the version is in every variant"));
    }
    if let Some(embed) = &given.embed {
        errors.at(embed.name.span(), format!("`{lacking}` has no `{name}`: what is embedded is in every variant"));
    }
    if field.shape.auto {
        errors.over(&field.ty, format!("`{lacking}` has no `{name}`: an `Auto` is in every variant"));
    }
    for action in [&given.on_delete, &given.on_update].into_iter().flatten() {
        if action.value == Action::SetNull && field.inner.is_some() {
            errors.at(action.span, "\"set_null\" needs a reference that may be NULL: `Option<Ref<..>>`");
        }
    }
}
