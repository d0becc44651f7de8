use orm::prelude::*;

type Decimal = f64;

#[derive(Model, Clone)]
struct Product {
    #[orm(primary_key)]
    id: i64,
    #[orm(scale = 2)]
    price: Decimal,
    #[orm(precision = 2, scale = 4)]
    weight: Decimal,
    #[orm(precision = 300)]
    size: Decimal,
}

fn main() {}
