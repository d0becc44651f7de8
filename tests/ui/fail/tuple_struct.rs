use orm::prelude::*;

#[derive(Model, Clone)]
struct Pair(i64, String);

#[derive(Model, Clone)]
struct Money(i64);

#[derive(Model, Clone)]
struct Nothing;

fn main() {}
