//! The examples of the pages in `docs/`, each a test that is named after its line. `build.rs` takes them from the pages.

// The pages show what a reader would write, not what a lint would.
#![allow(warnings, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/guides.rs"));
