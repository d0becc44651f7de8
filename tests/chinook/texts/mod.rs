//! The SQL of the questions, written another way than the queries where there is one: both can hardly be wrong alike.

pub(crate) mod catalog;
pub(crate) mod customers;
pub(crate) mod people;
pub(crate) mod sales;
