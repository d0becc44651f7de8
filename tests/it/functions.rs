//! Windows, aggregates and functions: the same query gives the same answer on every database.

use orm::prelude::*;
use rust_decimal::Decimal;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "staff")]
struct Person {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    name: String,
    #[orm(length = 40)]
    place: String,
    bonus: Option<i32>,
    pay: f64,
    #[orm(precision = 20, scale = 4)]
    price: Decimal,
}

/// | id | name | place | bonus | pay | price |
/// |---|---|---|---|---|---|
/// | 1 | Ann | Rome | 1 | 10 | 0.10 |
/// | 2 | Bob | Rome | NULL | 20 | 0.20 |
/// | 3 | Cid | Oslo | 3 | 20 | 10.00 |
/// | 4 | Dan | Oslo | 3 | 50 | 9.00 |
fn fill(db: &crate::support::Db) -> orm::Result<Connection> {
    Schema::of::<Person>().create_all(&db.engine)?;
    let row = |id, name: &str, place: &str, bonus, pay, price: &str| {
        let price = price.parse().expect("it is a number");
        Person { id, name: name.into(), place: place.into(), bonus, pay, price }
    };
    let rows = [
        row(1, "Ann", "Rome", Some(1), 10.0, "0.10"),
        row(2, "Bob", "Rome", None, 20.0, "0.20"),
        row(3, "Cid", "Oslo", Some(3), 20.0, "10.00"),
        row(4, "Dan", "Oslo", Some(3), 50.0, "9.00"),
    ];
    let mut connection = db.engine.connect()?;
    connection.execute(insert(&rows))?;
    Ok(connection)
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("it is a number")
}

fn people() -> Query<Person> {
    select::<Person>().order_by(|p| p.id)
}

on_every_backend! {
    fn ranks(db) {
        let mut connection = fill(db)?;
        let query = people().columns(|p| (
            row_number().over(|w| w.partition_by(p.place).order_by(p.id.desc())),
            rank().over(|w| w.order_by(p.pay)),
            dense_rank().over(|w| w.order_by(p.pay)),
            ntile(2).over(|w| w.order_by(p.id)),
        ));
        assert_eq!(connection.all(query)?, [(2, 1, 1, 1), (1, 2, 2, 1), (2, 2, 2, 2), (1, 4, 3, 2)]);
        let query = people().columns(|p| (
            percent_rank().over(|w| w.order_by(p.id)) * 3.0,
            cume_dist().over(|w| w.order_by(p.pay)),
        ));
        assert_eq!(connection.all(query)?, [(0.0, 0.25), (1.0, 0.75), (2.0, 0.75), (3.0, 1.0)]);
    }

    fn neighbours(db) {
        let mut connection = fill(db)?;
        let query = people().columns(|p| (
            lag(p.name, 1).over(|w| w.order_by(p.id)),
            lead(p.bonus, 2).over(|w| w.order_by(p.id)),
            first_value(p.price).over(|w| w.partition_by(p.place).order_by(p.price)),
            last_value(p.id).over(|w| w.order_by(p.id).rows_between(Frame::UnboundedPreceding, Frame::UnboundedFollowing)),
            nth_value(p.id, 2).over(|w| w.order_by(p.id)),
        ));
        assert_eq!(connection.all(query)?, [
            (None, Some(3), Some(decimal("0.10")), Some(4), None),
            (Some("Ann".into()), Some(3), Some(decimal("0.10")), Some(4), Some(2)),
            (Some("Bob".into()), None, Some(decimal("9.00")), Some(4), Some(2)),
            (Some("Cid".into()), None, Some(decimal("9.00")), Some(4), Some(2)),
        ]);
    }

    fn aggregates_over_windows(db) {
        let mut connection = fill(db)?;
        let query = people().columns(|p| (
            sum(p.pay).over(|w| w.order_by(p.id)),
            sum(p.pay).over(|w| w.order_by(p.id).rows_between(Frame::Preceding(1), Frame::CurrentRow)),
            count_all().over(|w| w.order_by(p.pay).range_between(Frame::Preceding(10), Frame::CurrentRow)),
            sum(p.bonus).over(|w| w),
            count(p.bonus).over(|w| w.partition_by((p.place, p.pay))),
        ));
        assert_eq!(connection.all(query)?, [
            (Some(10.0), Some(10.0), 1, Some(7), 1),
            (Some(30.0), Some(30.0), 3, Some(7), 0),
            (Some(50.0), Some(40.0), 3, Some(7), 1),
            (Some(100.0), Some(70.0), 1, Some(7), 1),
        ]);
        let query = people().columns(|p| (
            sum(p.price).over(|w| w.order_by(p.id).rows_between(Frame::Preceding(1), Frame::CurrentRow)),
            max(p.price).over(|w| w),
            avg(p.price).filter(p.pay.gt(10)).over(|w| w.partition_by(p.place)),
        ));
        let most = Some(decimal("10.00"));
        assert_eq!(connection.all(query)?, [
            (Some(decimal("0.10")), most, Some(0.2)),
            (Some(decimal("0.30")), most, Some(0.2)),
            (Some(decimal("10.20")), most, Some(9.5)),
            (Some(decimal("19.00")), most, Some(9.5)),
        ]);
    }

    fn the_best_of_each_group(db) {
        let mut connection = fill(db)?;
        let ranked = select::<Person>()
            .columns(|p| (p.name, p.place, row_number().over(|w| w.partition_by(p.place).order_by(p.pay.desc()))));
        let best = select_from(ranked).filter(|(_, _, place)| place.eq(1)).order_by(|(name, _, _)| name).columns(|(name, _, _)| name);
        assert_eq!(connection.all(best)?, ["Bob", "Dan"]);
        let ranked = select::<Person>().columns(|p| (p.id, rank().over(|w| w.order_by(p.pay))));
        assert_eq!(connection.count(ranked)?, 4);
    }

    fn filtered_aggregates(db) {
        let mut connection = fill(db)?;
        let query = select::<Person>().columns(|p| (
            count_all().filter(p.pay.gt(10)),
            count(p.bonus).filter(p.place.eq("Rome")),
            sum(p.pay).filter(p.place.eq("Oslo")),
            count_distinct(p.pay).filter(p.place.ne("Nowhere")),
            sum(p.pay).filter(p.place.eq("Nowhere")),
        ));
        assert_eq!(connection.one(query)?, (3, 1, Some(70.0), 3, None));
        let query = select::<Person>().group_by(|p| p.place).having(|p| count_all().filter(p.pay.gt(15)).eq(1)).columns(|p| p.place);
        assert_eq!(connection.all(query)?, ["Rome"]);
    }

    fn distinct_values_and_joined_texts(db) {
        let mut connection = fill(db)?;
        let query = select::<Person>().columns(|p| (sum_distinct(p.pay), avg_distinct(p.bonus), sum_distinct(p.bonus)));
        assert_eq!(connection.one(query)?, (Some(80.0), Some(2.0), Some(4)));
        let query = select::<Person>().columns(|p| (
            string_agg(p.name, "'; é\\").order_by(p.id.desc()),
            string_agg(p.name, "").order_by(p.name).filter(p.place.eq("Rome")),
            string_agg(p.name, ",").filter(p.pay.gt(100)),
        ));
        let all = "Dan'; é\\Cid'; é\\Bob'; é\\Ann".to_owned();
        assert_eq!(connection.one(query)?, (Some(all), Some("AnnBob".into()), None));
    }

    fn joined_texts_are_never_cut(db) {
        let mut connection = fill(db)?;
        let long = "x".repeat(10_000);
        let query = select::<Person>().columns(|p| string_agg(p.name.concat(long.as_str()), ","));
        assert_eq!(connection.one(query)?.map(|text| text.len()), Some(4 * 10_003 + 3));
    }

    fn decimals_are_averaged_and_divided_exactly(db) {
        let mut connection = fill(db)?;
        let query = select::<Person>().columns(|p| (avg_exact(p.price), avg_exact(p.price).filter(p.pay.gt(10)), avg(p.price)));
        let (all, some, float) = connection.one(query)?;
        assert_eq!((all, some.map(|average| average.round_dp(4)), float), (Some(decimal("4.825")), Some(decimal("6.4")), Some(4.825)));
        let query = people().columns(|p| (p.price / p.price, p.price / 4));
        assert_eq!(connection.one(query.filter(|p| p.id.eq(1)))?, (decimal("1"), decimal("0.025")));
        let query = select::<Person>().columns(|p| (sum_distinct(p.price), count_distinct(p.price)));
        assert_eq!(connection.one(query)?, (Some(decimal("19.3")), 4));
    }
}
