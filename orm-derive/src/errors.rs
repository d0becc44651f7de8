//! `Errors`: every mistake found in one struct, reported together. Knows no attribute and no expansion.

use proc_macro2::{Span, TokenStream};
use std::fmt::Display;

/// The mistakes so far. Whoever makes one must call [`finish`](Errors::finish): an unread list panics when dropped, so that
/// no mistake can be lost on an early return.
#[derive(Default)]
pub(crate) struct Errors {
    list: Vec<syn::Error>,
    finished: bool,
}

impl Errors {
    /// Notes a mistake at a token.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Notes a mistake over all of the given tokens.
    pub(crate) fn over(&mut self, tokens: impl quote::ToTokens, message: impl Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Notes a mistake that the parser found.
    pub(crate) fn push(&mut self, error: syn::Error) {
        self.list.push(error);
    }

    /// Takes a parser's result, and notes its mistake.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// True while there is none: a mistake that can be the consequence of another is reported only then.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All mistakes as `compile_error!` calls, or nothing.
    pub(crate) fn finish(mut self) -> Result<(), TokenStream> {
        self.finished = true;
        let mut errors = std::mem::take(&mut self.list).into_iter();
        let Some(mut first) = errors.next() else { return Ok(()) };
        errors.for_each(|error| first.combine(error));
        Err(first.into_compile_error())
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        assert!(self.finished || std::thread::panicking(), "the errors of a derive were dropped unread");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_all_mistakes() {
        let mut errors = Errors::default();
        errors.at(Span::call_site(), "one");
        errors.at(Span::call_site(), "two");
        let text = errors.finish().expect_err("two mistakes were noted").to_string();
        assert!(text.contains("one") && text.contains("two"), "{text}");
    }

    #[test]
    #[should_panic(expected = "dropped unread")]
    fn panics_when_dropped_unread() {
        drop(Errors::default());
    }
}
