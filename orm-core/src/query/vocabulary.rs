//! Which function, which aggregate, which way to match a text: the words of the query language that are names alone.

/// How a text is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeKind {
    /// The pattern as given: `%` and `_` are wild, `\` escapes.
    Pattern,
    /// The same, whatever the case.
    PatternAnyCase,
    /// The part is anywhere in the text.
    Contains,
    /// The text begins with the part.
    StartsWith,
    /// The text ends with the part.
    EndsWith,
}

/// The functions that every database has under some name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum Function {
    Lower,
    Upper,
    Trim,
    Length,
    Concat,
    Replace,
    Substring,
    Abs,
    Round,
    Coalesce,
    NullIf,
}

/// The aggregate functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // each says itself
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}
