//! What the tokens of a field's type tell: `Option`, `Auto`, `Ref`, and the standard types by their names. The macro sees
//! no types, only names, so an alias is `Base::Other`, about which it says nothing.

use crate::naming::plain;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::{GenericArgument, PathArguments, Type};

/// A field's type as far as its tokens tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// `Auto<..>`
    pub(crate) auto: bool,
    /// `Option<..>`
    pub(crate) optional: bool,
    /// What is in it.
    pub(crate) base: Base,
}

/// A type without its `Option` and `Auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// `Ref<..>`
    Reference,
    /// An integer.
    Integer,
    /// `f32` or `f64`
    Float,
    /// `bool`
    Bool,
    /// `String`
    Text,
    /// `Vec<u8>`
    Bytes,
    /// `Uuid`
    Uuid,
    /// `Decimal`
    Decimal,
    /// Anything else.
    Other,
}

impl Base {
    /// True for a type of the standard library, which is a column type without any feature.
    pub(crate) fn is_standard(self) -> bool {
        matches!(self, Base::Integer | Base::Float | Base::Bool | Base::Text | Base::Bytes)
    }

    /// How messages call it; nothing for a type that is not known.
    pub(crate) fn noun(self) -> Option<&'static str> {
        match self {
            Base::Reference => Some("a reference"),
            Base::Integer => Some("an integer"),
            Base::Float => Some("a float"),
            Base::Bool => Some("a truth value"),
            Base::Text => Some("a text"),
            Base::Bytes => Some("a byte string"),
            Base::Uuid => Some("a UUID"),
            Base::Decimal => Some("a decimal"),
            Base::Other => None,
        }
    }
}

/// Reads the shape off a type.
pub(crate) fn shape(ty: &Type) -> Shape {
    let mut ty = bare(ty);
    let auto = inside(ty, "Auto");
    ty = auto.map_or(ty, bare);
    let optional = inside(ty, "Option");
    ty = optional.map_or(ty, bare);
    Shape { auto: auto.is_some(), optional: optional.is_some(), base: base(ty) }
}

fn base(ty: &Type) -> Base {
    let Some(name) = last_name(ty) else { return Base::Other };
    match name.as_str() {
        "Ref" if inside(ty, "Ref").is_some() => Base::Reference,
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => Base::Integer,
        "f32" | "f64" => Base::Float,
        "bool" => Base::Bool,
        "String" => Base::Text,
        "Vec" if inside(ty, "Vec").and_then(last_name).is_some_and(|item| item == "u8") => Base::Bytes,
        "Uuid" => Base::Uuid,
        "Decimal" => Base::Decimal,
        _ => Base::Other,
    }
}

/// `T` of `Name<T>`.
pub(crate) fn inside<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = bare(ty) else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first() {
            Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// The last segment of a path without arguments to its name.
pub(crate) fn last_name(ty: &Type) -> Option<String> {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().map(|segment| plain(&segment.ident)),
        _ => None,
    }
}

/// The type inside the invisible brackets that a declarative macro puts around `$t:ty`, and inside written ones.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

/// What is wrong with a type that is no column, as far as its tokens tell.
pub(crate) fn type_mistake(ty: &Type) -> Option<String> {
    let ty = bare(ty);
    if let Type::Reference(_) = ty {
        return Some("a column owns its value: use `String` for `&str`, `Vec<u8>` for `&[u8]`".to_owned());
    }
    if let Some(inner) = inside(ty, "Option") {
        if inside(inner, "Option").is_some() {
            return Some("a column is NULL or not: one `Option` says so".to_owned());
        }
        if inside(inner, "Auto").is_some() {
            return Some("write it the other way around: `Auto<Option<..>>`".to_owned());
        }
        return type_mistake(inner);
    }
    if let Some(inner) = inside(ty, "Auto") {
        return match inside(inner, "Auto") {
            Some(_) => Some("one `Auto` is enough".to_owned()),
            None => type_mistake(inner),
        };
    }
    if inside(ty, "Vec").is_some_and(|item| inside(item, "Ref").is_some()) {
        let example = "`has_many(posts = Post::author)`";
        return Some(format!("many related rows are no column; declare a relation on the struct: {example}"));
    }
    match last_name(ty)?.as_str() {
        name @ ("usize" | "isize") => {
            Some(format!("`{name}` differs between machines; use `i64`, or another fixed size"))
        }
        name @ ("i128" | "u128") => Some(format!("no database has `{name}`; use `i64`, `u64` or a decimal")),
        "char" => Some("no database has `char`; use `String`".to_owned()),
        _ => None,
    }
}

/// Puts the struct's name where `Self` stands: the type is written into another struct, too.
pub(crate) fn name_self(tokens: TokenStream, name: &Ident) -> TokenStream {
    let named = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "Self" => {
            let mut name = name.clone();
            name.set_span(ident.span());
            TokenTree::Ident(name)
        }
        TokenTree::Group(group) => {
            let mut inner = Group::new(group.delimiter(), name_self(group.stream(), name));
            inner.set_span(group.span());
            TokenTree::Group(inner)
        }
        other => other,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn reads_shapes() {
        let read = |tokens| {
            let Shape { auto, optional, base } = shape(&syn::parse2(tokens).expect("the test writes types"));
            (auto, optional, base)
        };
        assert_eq!(read(quote!(i64)), (false, false, Base::Integer));
        assert_eq!(read(quote!(std::option::Option<orm::Ref<User>>)), (false, true, Base::Reference));
        assert_eq!(read(quote!(Auto<Option<String>>)), (true, true, Base::Text));
        assert_eq!(read(quote!(Vec<u8>)), (false, false, Base::Bytes));
        assert_eq!(read(quote!(Vec<i32>)), (false, false, Base::Other));
        assert_eq!(read(quote!((uuid::Uuid))), (false, false, Base::Uuid));
        assert_eq!(read(quote!([u8; 4])), (false, false, Base::Other));
    }

    #[test]
    fn names_self() {
        let name = Ident::new("Node", proc_macro2::Span::call_site());
        assert_eq!(name_self(quote!(Option<Ref<Self>>), &name).to_string(), quote!(Option<Ref<Node>>).to_string());
    }
}
