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
        ));
        assert_eq!(connection.all(query)?, [
            (Some(10.0), Some(10.0), 1),
            (Some(30.0), Some(30.0), 3),
            (Some(50.0), Some(40.0), 3),
            (Some(100.0), Some(70.0), 1),
        ]);
        let query = people()
            .columns(|p| (sum(p.bonus).over(|w| w), count(p.bonus).over(|w| w.partition_by((p.place, p.pay)))));
        assert_eq!(connection.all(query)?, [(Some(7), 1), (Some(7), 0), (Some(7), 1), (Some(7), 1)]);
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

    fn sums_of_integers_are_integers(db) {
        let mut connection = fill(db)?;
        let query = select::<Person>().columns(|p| (sum(p.id) / 4, sum(p.id) % 4, sum(p.id).filter(p.id.ne(3)).coalesce(0) / 4));
        assert_eq!(connection.one(query)?, (Some(2), Some(2), 1));
        let sums = select::<Person>().columns(|p| (p.id, sum(p.id).over(|w| w.order_by(p.id))));
        let query = select_from(sums).filter(|(_, sum)| (sum / 4).eq(1)).order_by(|(id, _)| id).columns(|(id, sum)| (id, sum / 4));
        assert_eq!(connection.all(query)?, [(3, Some(1))]);
    }

    fn values_without_a_column_keep_their_types(db) {
        let mut connection = fill(db)?;
        let one = || select::<Person>().filter(|p| p.id.eq(1));
        let query = one().columns(|_| (val(1_i64) - val(3_i64), -val(3_i64), val(-4_i64).abs(), val(9_i64).sqrt(), -val(1.5)));
        assert_eq!(connection.one(query)?, (-2, -3, 4, Some(3.0), -1.5));
        let query = one().columns(|_| (val(7_i64).cast::<String>(), val(2_i64).between(val(1_i64), val(3_i64)), val(2_i64).in_([1, 2])));
        assert_eq!(connection.one(query)?, ("7".into(), true, true));
        let nothing = None::<i64>;
        let query = people().columns(|p| case::<i64>().when(p.id.gt(2), p.id - nothing).when(p.id.gt(1), val(nothing)).otherwise(p.id.coalesce(nothing)));
        assert_eq!(connection.all(query)?, [Some(1), None, None, None]);
    }

    fn what_is_unknown_is_null_only_where_the_type_has_it(db) {
        let mut connection = fill(db)?;
        let rich = |p: PersonFields<Required>| case::<bool>().when(p.bonus.is_not_null(), p.bonus.gt(2)).end();
        // An opposite of NULL is NULL; a comparison with NULL is false.
        assert_eq!(connection.all(people().columns(|p| !rich(p)))?, [Some(true), None, Some(false), Some(false)]);
        assert_eq!(connection.all(people().columns(|p| !p.bonus.gt(2)))?, [true, false, false, false]);
        assert_eq!(connection.all(people().columns(|p| rich(p).coalesce(p.bonus.gt(2))))?, [false, false, true, true]);
        assert_eq!(connection.all(people().columns(|p| p.bonus.gt(2).coalesce(true)))?, [false, true, true, true]);
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
        let query = people().columns(|p| (p.price * 2 / p.price, p.price / 4));
        assert_eq!(connection.one(query.filter(|p| p.id.eq(1)))?, (decimal("2"), decimal("0.025")));
        let query = select::<Person>().columns(|p| (sum_distinct(p.price), count_distinct(p.price)));
        assert_eq!(connection.one(query)?, (Some(decimal("19.3")), 4));
    }

    fn numbers(db) {
        let mut connection = fill(db)?;
        let one = || select::<Person>().filter(|p| p.id.eq(1));
        let query = one().columns(|p| (
            (p.pay / 3.0).round(2),
            (p.pay / -4.0).floor(),
            (p.pay / -4.0).ceil(),
            (p.pay * 10.0).sqrt(),
            (p.id + 1).power(10),
            (p.pay + 123_456_789_012_345.6).round(1),
        ));
        assert_eq!(connection.one(query)?, (3.33, -3.0, -2.0, Some(10.0), Some(1024.0), 123_456_789_012_355.6));
        let query = one().columns(|p| (
            (p.price / 8 * 3).round(2),
            (p.price - 1).floor(),
            (p.price - 1).ceil(),
            (p.price * 0).sign(),
            (p.price - 1).sign(),
            p.bonus.sign(),
            p.price.power(2.0).cast::<String>(),
        ));
        let (rounded, floor, ceil, zero, negative, bonus, _) = connection.one(query)?;
        assert_eq!((rounded, floor, ceil), (decimal("0.04"), decimal("-1"), decimal("0")));
        assert_eq!((zero, negative, bonus), (0, -1, Some(1)));
        let query = one().columns(|p| (p.id.round(2), p.bonus.floor(), p.id.ceil()));
        assert_eq!(connection.one(query)?, (1, Some(1), 1));
    }

    fn texts(db) {
        let mut connection = fill(db)?;
        let one = || select::<Person>().filter(|p| p.id.eq(1));
        let query = one().columns(|p| (
            p.place.position("me"),
            p.place.position("x"),
            p.place.left(2),
            p.place.right(3),
            p.place.right(0),
            p.place.left(99).concat(p.place.right(99)),
            val("  é ").trim_start().concat("|"),
            val("  é ").trim_end(),
        ));
        let expected = (3, 0, "Ro".into(), "ome".into(), String::new(), "RomeRome".into(), "é |".into(), "  é".into());
        assert_eq!(connection.one(query)?, expected);
    }

    fn regular_expressions(db) {
        let mut connection = fill(db)?;
        let query = people().filter(|p| p.name.regexp_matches("^[AB].[nb]$") & !p.name.regexp_matches("z"));
        let names = connection.all(query.columns(|p| p.name));
        if db.backend == crate::support::Backend::Sqlite {
            assert_eq!(names.expect_err("SQLite has none").kind(), ErrorKind::Unsupported);
        } else {
            assert_eq!(names?, ["Ann", "Bob"]);
        }
    }
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "events")]
struct Event {
    #[orm(primary_key)]
    id: i64,
    day: chrono::NaiveDate,
    clock: chrono::NaiveTime,
    wall: chrono::NaiveDateTime,
    point: chrono::DateTime<chrono::Utc>,
    seen: Option<jiff::Timestamp>,
    notes: Json<serde_json::Value>,
}

/// One event, a microsecond before the end of a leap day.
fn fill_events(db: &crate::support::Db) -> orm::Result<Connection> {
    Schema::of::<Event>().create_all(&db.engine)?;
    let point: chrono::DateTime<chrono::Utc> = "2024-02-29T23:59:59.999999Z".parse().expect("it is a time");
    let notes = serde_json::json!({
        "name": "Ann", "age": 7, "rate": 1.5, "old": false, "none": null, "null": "x",
        "address": { "street_1": "High \"Street\"" }, "tags": ["a", { "b": [10, 20] }]
    });
    let wall = point.naive_utc();
    let event = Event { id: 1, day: wall.date(), clock: wall.time(), wall, point, seen: None, notes: Json(notes) };
    let mut connection = db.engine.connect()?;
    connection.execute(insert(&event))?;
    Ok(connection)
}

on_every_backend! {
    fn parts_of_dates(db) {
        let mut connection = fill_events(db)?;
        let query = select::<Event>().columns(|e| (e.day.year(), e.day.month(), e.day.day(), e.seen.year()));
        assert_eq!(connection.one(query)?, (2024, 2, 29, None));
        let query = select::<Event>().columns(|e| (e.clock.hour(), e.clock.minute(), e.clock.second()));
        assert_eq!(connection.one(query)?, (23, 59, 59));
        let query = select::<Event>().columns(|e| (e.wall.day(), e.wall.hour(), e.wall.minute(), e.wall.second()));
        assert_eq!(connection.one(query)?, (29, 23, 59, 59));
        let query = select::<Event>().columns(|e| (e.point.year(), e.point.day(), e.point.hour(), e.point.second()));
        assert_eq!(connection.one(query)?, (2024, 29, 23, 59));
        let query = select::<Event>().columns(|e| (e.wall.date::<chrono::NaiveDate>(), e.point.date::<chrono::NaiveDate>()));
        let day: chrono::NaiveDate = "2024-02-29".parse().expect("it is a day");
        assert_eq!(connection.one(query)?, (day, day));
        let found = select::<Event>().filter(|e| e.day.year().eq(2024) & e.point.month().in_([1, 2]));
        assert_eq!(connection.count(found)?, 1);
    }

    fn dates_and_times_later(db) {
        let mut connection = fill_events(db)?;
        let query = select::<Event>().columns(|e| (
            e.day.plus_days(1),
            e.day.plus_days(e.id - 366),
            e.wall.plus_days(1),
            e.point.plus_days(-60),
            e.wall.plus_seconds(1),
            e.point.plus_seconds(-86_400),
            e.seen.plus_days(1),
        ));
        let (next, before, wall, point, second, yesterday, seen) = connection.one(query)?;
        assert_eq!((next.to_string(), before.to_string()), ("2024-03-01".into(), "2023-03-01".into()));
        assert_eq!(wall.to_string(), "2024-03-01 23:59:59.999999");
        assert_eq!(point.to_string(), "2023-12-31 23:59:59.999999 UTC");
        assert_eq!(second.to_string(), "2024-03-01 00:00:00.999999");
        assert_eq!(yesterday.to_string(), "2024-02-28 23:59:59.999999 UTC");
        assert_eq!(seen, None);
        let later = select::<Event>().filter(|e| e.point.plus_days(1).gt(e.point) & e.day.plus_days(1).gt(e.day));
        assert_eq!(connection.count(later)?, 1);
    }

    fn the_clock_of_the_server(db) {
        let mut connection = fill_events(db)?;
        let query = select::<Event>().columns(|_| (
            now::<chrono::DateTime<chrono::Utc>>(),
            now::<chrono::NaiveDateTime>().plus_days(1),
            now::<chrono::NaiveDate>(),
        ));
        let (point, wall, day) = connection.one(query)?;
        let here = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
        let drift = (here - point).num_hours().abs();
        assert_eq!(drift, 0);
        assert_eq!((wall - point.naive_utc()).num_hours().abs(), 24);
        assert!((day - point.date_naive()).num_days().abs() <= 1);
        let past = select::<Event>().filter(|e| e.point.lt(now::<chrono::DateTime<chrono::Utc>>()));
        assert_eq!(connection.count(past)?, 1);
        connection.execute(update::<Event>().set(|e| e.point.to(now::<chrono::DateTime<chrono::Utc>>())).every_row())?;
        let read = connection.one(select::<Event>().columns(|e| e.point))?;
        assert!(read >= point);
    }

    fn json_texts(db) {
        let mut connection = fill_events(db)?;
        let query = select::<Event>().columns(|e| (
            e.notes.json_text("name"),
            e.notes.json_text("age"),
            e.notes.json_text("rate"),
            e.notes.json_text("old"),
            e.notes.json_text("none"),
            e.notes.json_text("null"),
            e.notes.json_text("missing.deeper[3]"),
            e.notes.json_text("address.street_1"),
        ));
        let text = |text: &str| Some(text.to_owned());
        let street = text("High \"Street\"");
        let expected = (text("Ann"), text("7"), text("1.5"), text("false"), None, text("x"), None, street);
        assert_eq!(connection.one(query)?, expected);
        let query = select::<Event>().columns(|e| (e.notes.json_text("tags[0]"), e.notes.json_text("tags[1].b[1]")));
        assert_eq!(connection.one(query)?, (text("a"), text("20")));
        let found = select::<Event>().filter(|e| e.notes.json_text("age").cast::<i64>().gt(6));
        assert_eq!(connection.count(found)?, 1);
    }

    fn json_in_json(db) {
        let mut connection = fill_events(db)?;
        let part = serde_json::json!({ "name": "Ann", "tags": ["a"] });
        let query = select::<Event>().filter(|e| e.notes.json_contains(&part) & !e.notes.json_contains(serde_json::json!({ "age": 8 })));
        let found = connection.count(query);
        if db.backend == crate::support::Backend::Sqlite {
            assert_eq!(found.expect_err("SQLite cannot tell").kind(), ErrorKind::Unsupported);
        } else {
            assert_eq!(found?, 1);
        }
    }
}
