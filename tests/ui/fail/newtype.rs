use orm::prelude::*;

#[derive(SqlType)]
struct Pair(i64, i64);

#[derive(SqlType)]
struct Named {
    value: i64,
}

#[derive(SqlType)]
struct Maybe(Option<i64>);

#[derive(SqlType)]
struct Wrapper<T>(T);

#[derive(SqlType)]
enum Status {
    Draft,
}

#[derive(SqlType)]
#[orm(numeric)]
struct Money(i64);

fn main() {}
