use orm::prelude::*;

struct Point;

#[derive(SqlType)]
struct Position(Point);

#[derive(SqlType)]
#[orm(number)]
struct Name(String);

fn main() {}
