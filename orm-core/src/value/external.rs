//! The types of other crates as column types, each behind the feature of the crate's name.
