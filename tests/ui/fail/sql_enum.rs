use orm::prelude::*;

#[derive(SqlEnum)]
enum Shape {
    Circle(f64),
    Square { side: f64 },
}

#[derive(SqlEnum)]
enum Status {
    Draft,
    #[orm(rename = "draft")]
    Sketch,
    #[orm(renamed = "x")]
    Live,
}

#[derive(SqlEnum)]
enum Never {}

#[derive(SqlEnum)]
struct Money(i64);

#[derive(SqlEnum)]
#[orm(rename_all = "lowercase")]
enum Color {
    Red,
}

fn main() {}
