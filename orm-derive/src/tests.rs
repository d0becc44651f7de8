//! The output of the derive for a model of ten columns, so that a change of it is seen.

use crate::definition::Derive;
use crate::expand::record;
use expect_test::expect_file;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

#[test]
fn a_model_of_ten_columns() {
    let model = quote! {
        /// What is sold.
        #[orm(table = "products", has_many(parts = Product::whole), index(name, place.city), check = "stock >= 0")]
        pub struct Product {
            #[orm(primary_key)]
            pub id: i64,
            /// As printed.
            #[orm(unique, length = 40)]
            pub name: String,
            pub kind: Kind,
            #[orm(server_default = "0")]
            pub stock: Auto<i32>,
            pub weight: f64,
            #[orm(computed = "stock * 2")]
            pub double: i64,
            #[orm(version)]
            pub version: i32,
            #[orm(on_delete = "cascade")]
            pub whole: Option<Ref<Self>>,
            pub home: Option<String>,
            #[orm(embed)]
            pub place: Place,
            #[orm(skip)]
            pub cache: Vec<u8>,
        }
    };
    let model = syn::parse2(model).expect("the test writes a struct");
    let output = record(model, Derive::Model);
    let size = tokens(&output);
    let text = lines(output, 0);
    expect_file!["tests/model.txt"].assert_eq(&format!("{size} tokens\n{text}"));
}

#[test]
fn a_key_is_generated_by_what_it_is() {
    for (attributes, ty, generated) in [
        (quote!(primary_key), quote!(i64), Some("Sequence")),
        (quote!(primary_key), quote!(uuid::Uuid), Some("Client")),
        (quote!(primary_key), quote!(String), None),
        (quote!(primary_key), quote!(AccountId), None),
        (quote!(primary_key, generated), quote!(AccountId), Some("Sequence")),
        (quote!(primary_key, generated = false), quote!(i64), None),
        (quote!(primary_key, generated = "server"), quote!(uuid::Uuid), Some("Server")),
        (quote!(primary_key), quote!(Ref<User>), None),
    ] {
        let model = quote!(struct Thing { #[orm(#attributes)] key: #ty });
        let output = record(syn::parse2(model).expect("the test writes a struct"), Derive::Model).to_string();
        let found = output.split_once("Generated :: ").map(|(_, rest)| rest.split(' ').next().unwrap_or_default());
        assert_eq!(found, generated, "{attributes} {ty}");
    }
}

fn tokens(stream: &TokenStream) -> usize {
    let count = |token| match token {
        TokenTree::Group(group) => 2 + tokens(&group.stream()),
        _ => 1,
    };
    stream.clone().into_iter().map(count).sum()
}

/// The tokens in lines: one for each item, statement and list element, indented by braces.
fn lines(stream: TokenStream, depth: usize) -> String {
    let indent = "    ".repeat(depth);
    let (mut out, mut line) = (String::new(), TokenStream::new());
    let flush = |line: &mut TokenStream, out: &mut String, end: &str| {
        if !line.is_empty() {
            out.push_str(&format!("{indent}{}{end}\n", std::mem::take(line)));
        }
    };
    for token in stream {
        match &token {
            TokenTree::Group(group) if group.delimiter() == proc_macro2::Delimiter::Brace => {
                flush(&mut line, &mut out, " {");
                out.push_str(&lines(group.stream(), depth + 1));
                out.push_str(&format!("{indent}}}\n"));
            }
            TokenTree::Punct(punct) if [';', ','].contains(&punct.as_char()) => {
                flush(&mut line, &mut out, &punct.to_string());
            }
            _ => line.extend([token]),
        }
    }
    flush(&mut line, &mut out, "");
    out
}
