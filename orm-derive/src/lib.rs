//! The derive macros of `orm`.
