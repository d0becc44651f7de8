//! The SQL of windows, aggregates and functions in the four dialects, and what is refused before it is sent.

use expect_test::{Expect, expect};
use orm::dialect::{Dialect, SQLITE};
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "staff")]
struct Person {
    #[orm(primary_key)]
    id: i64,
    name: String,
    place: String,
    boss: Option<Ref<Person>>,
    pay: f64,
    born: chrono::NaiveDateTime,
    seen: chrono::DateTime<chrono::Utc>,
    price: rust_decimal::Decimal,
    notes: Option<Json<Vec<i32>>>,
}

/// The texts and values of all dialects, or what a dialect says against it; the same answer stands once.
fn selects<S, O>(query: Select<S, O>, expected: Expect) {
    let mut answers: Vec<(String, String)> = Vec::new();
    for dialect in Dialect::all() {
        let answer = match query.to_sql(dialect) {
            Ok(compiled) => compiled.to_string(),
            Err(error) => format!("{:?}: {error}", error.kind()),
        };
        match answers.iter_mut().find(|(_, known)| *known == answer) {
            Some((names, _)) => *names = format!("{names}, {}", dialect.name),
            None => answers.push((dialect.name.to_owned(), answer)),
        }
    }
    let text: String = answers.iter().map(|(names, answer)| format!("{names}:\n{answer}\n")).collect();
    expected.assert_eq(&text);
}

/// What is said against an expression, on every dialect alike.
fn fault<T: orm::SqlType>(expression: impl Fn(PersonFields<Required>) -> Expr<T>) -> String
where
    Expr<T>: orm::Project,
{
    let error = select::<Person>().columns(&expression).to_sql(&SQLITE).expect_err("it is a mistake");
    for dialect in Dialect::all() {
        let other = select::<Person>().columns(&expression).to_sql(dialect).expect_err("it is a mistake");
        assert_eq!((other.kind(), other.to_string()), (ErrorKind::Misuse, error.to_string()));
    }
    error.to_string()
}

#[test]
fn sums_of_integers() {
    let sums = select::<Person>().columns(|p| {
        (sum(p.id) / 2, sum(p.id).filter(p.pay.gt(1)), sum(p.id).over(|w| w.order_by(p.id)), sum(p.id.cast::<i32>()))
    });
    selects(
        sums,
        expect![[r#"
        SQLite:
        SELECT SUM("id") / ?, SUM("id") FILTER (WHERE "pay" > ?), SUM("id") OVER (ORDER BY "id"), SUM(CAST("id" AS INTEGER)) FROM "staff"
        [Int(2), Float(1.0)]
        PostgreSQL:
        SELECT CAST(SUM("id") AS BIGINT) / $1, CAST(SUM("id") FILTER (WHERE "pay" > $2) AS BIGINT), CAST(SUM("id") OVER (ORDER BY "id") AS BIGINT), SUM(CAST("id" AS INTEGER)) FROM "staff"
        [Int(2), Float(1.0)]
        MariaDB, MySQL:
        SELECT SUM(`id`) DIV ?, SUM(CASE WHEN `pay` > ? THEN `id` END), SUM(`id`) OVER (ORDER BY `id`), SUM(CAST(`id` AS SIGNED)) FROM `staff`
        [Int(2), Float(1.0)]
    "#]],
    );
}

#[test]
fn window_functions() {
    let ranks = select::<Person>().columns(|p| {
        (
            row_number().over(|w| w.partition_by((p.place, p.boss)).order_by((p.pay.desc(), p.name))),
            rank().over(|w| w.order_by(p.pay)),
            dense_rank().over(|w| w.order_by(p.pay)),
            percent_rank().over(|w| w.order_by(p.pay)),
            cume_dist().over(|w| w.order_by(p.pay)),
            ntile(3).over(|w| w.order_by(p.pay)),
        )
    });
    selects(
        ranks,
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT ROW_NUMBER() OVER (PARTITION BY "place", "boss_id" ORDER BY "pay" DESC, "name"), RANK() OVER (ORDER BY "pay"), DENSE_RANK() OVER (ORDER BY "pay"), PERCENT_RANK() OVER (ORDER BY "pay"), CUME_DIST() OVER (ORDER BY "pay"), NTILE(3) OVER (ORDER BY "pay") FROM "staff"
        MariaDB, MySQL:
        SELECT ROW_NUMBER() OVER (PARTITION BY `place`, `boss_id` ORDER BY `pay` DESC, `name`), RANK() OVER (ORDER BY `pay`), DENSE_RANK() OVER (ORDER BY `pay`), PERCENT_RANK() OVER (ORDER BY `pay`), CUME_DIST() OVER (ORDER BY `pay`), NTILE(3) OVER (ORDER BY `pay`) FROM `staff`
    "#]],
    );
    let values = select::<Person>().columns(|p| {
        (
            lag(p.name, 1).over(|w| w.order_by(p.id)),
            lead(p.name, 2).over(|w| w.order_by(p.id)),
            first_value(p.name).over(|w| w.order_by(p.id)),
            last_value(p.name).over(|w| w),
            nth_value(p.name, 2).over(|w| w.order_by(p.id)),
        )
    });
    selects(
        values,
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT LAG("name", 1) OVER (ORDER BY "id"), LEAD("name", 2) OVER (ORDER BY "id"), FIRST_VALUE("name") OVER (ORDER BY "id"), LAST_VALUE("name") OVER (), NTH_VALUE("name", 2) OVER (ORDER BY "id") FROM "staff"
        MariaDB, MySQL:
        SELECT LAG(`name`, 1) OVER (ORDER BY `id`), LEAD(`name`, 2) OVER (ORDER BY `id`), FIRST_VALUE(`name`) OVER (ORDER BY `id`), LAST_VALUE(`name`) OVER (), NTH_VALUE(`name`, 2) OVER (ORDER BY `id`) FROM `staff`
    "#]],
    );
}

#[test]
fn frames() {
    let query = select::<Person>().columns(|p| {
        (
            sum(p.pay).over(|w| w.order_by(p.id).rows_between(Frame::UnboundedPreceding, Frame::CurrentRow)),
            avg(p.pay).over(|w| w.order_by(p.id).rows_between(Frame::Preceding(2), Frame::Preceding(1))),
            count_all().over(|w| w.order_by(p.pay).range_between(Frame::CurrentRow, Frame::Following(10))),
            max(p.pay).over(|w| w.range_between(Frame::UnboundedPreceding, Frame::UnboundedFollowing)),
        )
    });
    selects(
        query,
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT SUM("pay") OVER (ORDER BY "id" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), AVG("pay") OVER (ORDER BY "id" ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), COUNT(*) OVER (ORDER BY "pay" RANGE BETWEEN CURRENT ROW AND 10 FOLLOWING), MAX("pay") OVER (RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM "staff"
        MariaDB, MySQL:
        SELECT SUM(`pay`) OVER (ORDER BY `id` ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), AVG(`pay`) OVER (ORDER BY `id` ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), COUNT(*) OVER (ORDER BY `pay` RANGE BETWEEN CURRENT ROW AND 10 FOLLOWING), MAX(`pay`) OVER (RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM `staff`
    "#]],
    );
}

#[test]
fn filters() {
    let windowed = |p: PersonFields<Required>| max(p.pay).filter(p.boss.is_null()).over(|w| w.partition_by(p.place));
    selects(
        select::<Person>().columns(windowed),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT MAX("pay") FILTER (WHERE "boss_id" IS NULL) OVER (PARTITION BY "place") FROM "staff"
        MariaDB, MySQL:
        SELECT MAX(CASE WHEN `boss_id` IS NULL THEN `pay` END) OVER (PARTITION BY `place`) FROM `staff`
    "#]],
    );
    let query = select::<Person>().columns(|p| {
        (
            count_all().filter(p.pay.gt(10)),
            count_distinct(p.place).filter(p.boss.is_null()),
            sum(p.pay).filter(p.pay.gt(10)).filter(p.place.eq("Rome")),
        )
    });
    selects(
        query,
        expect![[r#"
            SQLite:
            SELECT COUNT(*) FILTER (WHERE "pay" > ?), COUNT(DISTINCT "place") FILTER (WHERE "boss_id" IS NULL), SUM("pay") FILTER (WHERE "pay" > ? AND "place" = ?) FROM "staff"
            [Float(10.0), Float(10.0), Text("Rome")]
            PostgreSQL:
            SELECT COUNT(*) FILTER (WHERE "pay" > $1), COUNT(DISTINCT "place") FILTER (WHERE "boss_id" IS NULL), SUM("pay") FILTER (WHERE "pay" > $2 AND "place" = $3) FROM "staff"
            [Float(10.0), Float(10.0), Text("Rome")]
            MariaDB, MySQL:
            SELECT COUNT(CASE WHEN `pay` > ? THEN 1 END), COUNT(DISTINCT CASE WHEN `boss_id` IS NULL THEN `place` END), SUM(CASE WHEN `pay` > ? AND `place` = ? THEN `pay` END) FROM `staff`
            [Float(10.0), Float(10.0), Text("Rome")]
        "#]],
    );
}

#[test]
fn aggregates() {
    let query = select::<Person>().group_by(|p| p.place).columns(|p| {
        (
            sum_distinct(p.pay),
            avg_distinct(p.pay),
            string_agg(p.name, "; "),
            string_agg(p.name, "").order_by((p.pay.desc(), p.name)),
            string_agg(p.name, "';--\\").filter(p.pay.gt(10)),
        )
    });
    selects(
        query,
        expect![[r#"
        SQLite:
        SELECT SUM(DISTINCT "pay"), AVG(DISTINCT "pay"), GROUP_CONCAT("name", ?), GROUP_CONCAT("name", ? ORDER BY "pay" DESC, "name"), GROUP_CONCAT("name", ?) FILTER (WHERE "pay" > ?) FROM "staff" GROUP BY "place"
        [Text("; "), Text(""), Text("';--\\"), Float(10.0)]
        PostgreSQL:
        SELECT SUM(DISTINCT "pay"), AVG(DISTINCT "pay"), STRING_AGG("name", $1), STRING_AGG("name", $2 ORDER BY "pay" DESC, "name"), STRING_AGG("name", $3) FILTER (WHERE "pay" > $4) FROM "staff" GROUP BY "place"
        [Text("; "), Text(""), Text("';--\\"), Float(10.0)]
        MariaDB, MySQL:
        SELECT SUM(DISTINCT `pay`), AVG(DISTINCT `pay`), GROUP_CONCAT(`name` SEPARATOR 0x3B20), GROUP_CONCAT(`name` ORDER BY `pay` DESC, `name` SEPARATOR ''), GROUP_CONCAT(CASE WHEN `pay` > ? THEN `name` END SEPARATOR 0x273B2D2D5C) FROM `staff` GROUP BY `place`
        [Float(10.0)]
    "#]],
    );
    selects(
        select::<Person>().columns(|p| string_agg(p.name, ",").over(|w| w)),
        expect![[r#"
        SQLite:
        SELECT GROUP_CONCAT("name", ?) OVER () FROM "staff"
        [Text(",")]
        PostgreSQL:
        SELECT STRING_AGG("name", $1) OVER () FROM "staff"
        [Text(",")]
        MariaDB:
        Unsupported: MariaDB does not have joined texts over a window
        MySQL:
        Unsupported: MySQL does not have joined texts over a window
    "#]],
    );
}

#[test]
fn an_aggregate_with_a_filter_counts_as_one() {
    let groups = select::<Person>().filter(|p| p.pay.gt(1)).columns(|p| count_all().filter(p.pay.gt(2)));
    let outer = select_from(groups).columns(max);
    selects(
        outer,
        expect![[r#"
        SQLite:
        SELECT MAX(t0.c0) FROM (SELECT COUNT(*) FILTER (WHERE t1."pay" > ?) AS c0 FROM "staff" AS t1 WHERE t1."pay" > ?) AS t0
        [Float(2.0), Float(1.0)]
        PostgreSQL:
        SELECT MAX(t0.c0) FROM (SELECT COUNT(*) FILTER (WHERE t1."pay" > $1) AS c0 FROM "staff" AS t1 WHERE t1."pay" > $2) AS t0
        [Float(2.0), Float(1.0)]
        MariaDB, MySQL:
        SELECT MAX(t0.c0) FROM (SELECT COUNT(CASE WHEN t1.`pay` > ? THEN 1 END) AS c0 FROM `staff` AS t1 WHERE t1.`pay` > ?) AS t0
        [Float(2.0), Float(1.0)]
    "#]],
    );
}

#[test]
fn what_is_no_aggregate_is_refused() {
    let mut said = vec![
        fault(|p| (p.pay + 1.0).over(|w| w)),
        fault(|p| p.name.lower().over(|w| w.order_by(p.id))),
        fault(|p| sum(p.pay).over(|w| w).over(|w| w)),
        fault(|_| row_number()),
        fault(|p| lag(p.name, 1)),
        fault(|p| (p.pay * 2.0).filter(p.pay.gt(1))),
        fault(|p| row_number().filter(p.pay.gt(1)).over(|w| w)),
        fault(|p| sum(p.pay).order_by(p.id)),
        fault(|p| p.name.lower().order_by(p.id)),
        fault(|p| count_distinct(p.place).over(|w| w)),
        fault(|p| string_agg(p.name, ",").order_by(p.id).over(|w| w)),
        fault(|_| ntile(0).over(|w| w)),
        fault(|p| nth_value(p.name, 0).over(|w| w)),
        fault(|p| sum(p.pay).over(|w| w.order_by(p.id).rows_between(Frame::CurrentRow, Frame::Preceding(1)))),
        fault(|p| sum(p.pay).over(|w| w.rows_between(Frame::UnboundedFollowing, Frame::UnboundedFollowing))),
    ];
    said.dedup();
    expect![[r#"
        `.over(..)` is for aggregates and window functions without a window
        a window function needs its window: `.over(|w| w.order_by(..))`, or `.over(|w| w)` for all rows
        `.filter(..)` on an expression is for aggregates
        `.order_by(..)` on an expression is for `string_agg` and `array_agg`; a window's order is said in `.over(..)`
        `.order_by(..)` on an expression is for `string_agg` and `array_agg`
        an aggregate of distinct values cannot have a window
        `string_agg` cannot have an order of its own and a window
        `ntile` needs at least one part
        `nth_value` counts the rows from 1
        a frame ends before it starts: the start is said first"#]]
    .assert_eq(&said.join("\n"));
}

#[test]
fn numbers() {
    let query = select::<Person>().columns(|p| {
        (p.pay.round(2), p.price.round(2), p.id.round(2), p.price.floor(), p.pay.ceil(), p.price.sqrt(), p.pay.power(2))
    });
    selects(
        query,
        expect![[r#"
        SQLite:
        SELECT ROUND("pay", 2), decimal_round("price", 2), "id", decimal_floor("price"), CEIL("pay"), SQRT(CAST("price" AS REAL)), POWER("pay", ?) FROM "staff"
        [Float(2.0)]
        PostgreSQL:
        SELECT CAST(ROUND(CAST(CAST("pay" AS TEXT) AS NUMERIC), 2) AS DOUBLE PRECISION), ROUND("price", 2), "id", FLOOR("price"), CEIL("pay"), SQRT(CAST("price" AS DOUBLE PRECISION)), POWER("pay", CAST($1 AS DOUBLE PRECISION)) FROM "staff"
        [Float(2.0)]
        MariaDB, MySQL:
        SELECT ROUND(`pay`, 2), ROUND(`price`, 2), `id`, FLOOR(`price`), CEIL(`pay`), SQRT(CAST(`price` AS DOUBLE)), POWER(`pay`, ?) FROM `staff`
        [Float(2.0)]
    "#]],
    );
    selects(
        select::<Person>().columns(|p| (p.price.sign(), p.price / p.price)),
        expect![[r#"
        SQLite:
        SELECT CAST(SIGN(CAST("price" AS REAL)) AS INTEGER), decimal_div("price", "price") FROM "staff"
        PostgreSQL:
        SELECT CAST(SIGN("price") AS BIGINT), "price" / "price" FROM "staff"
        MariaDB, MySQL:
        SELECT CAST(SIGN(`price`) AS SIGNED), `price` / `price` FROM `staff`
    "#]],
    );
    selects(
        select::<Person>().columns(|p| (avg(p.price), avg_exact(p.price))),
        expect![[r#"
            SQLite:
            SELECT CAST(decimal_avg("price") AS REAL), decimal_avg("price") FROM "staff"
            PostgreSQL:
            SELECT AVG("price"), AVG("price") FROM "staff"
            MariaDB, MySQL:
            SELECT AVG(`price`), AVG(`price`) FROM `staff`
        "#]],
    );
    selects(
        select::<Person>().columns(|p| p.price % p.price),
        expect![[r#"
        SQLite:
        Unsupported: SQLite does not have the remainder of exact decimals
        PostgreSQL:
        SELECT "price" % "price" FROM "staff"
        MariaDB, MySQL:
        SELECT `price` % `price` FROM `staff`
    "#]],
    );
}

#[test]
fn texts() {
    let query = select::<Person>().columns(|p| {
        (p.name.position("a"), p.name.left(2), p.name.right(2), p.name.right(0), p.name.trim_start(), p.name.trim_end())
    });
    selects(
        query,
        expect![[r#"
        SQLite:
        SELECT INSTR("name", ?), SUBSTR("name", 1, 2), SUBSTR("name", -2), SUBSTR("name", 1, 0), LTRIM("name"), RTRIM("name") FROM "staff"
        [Text("a")]
        PostgreSQL:
        SELECT STRPOS("name", CAST($1 AS TEXT)), LEFT("name", 2), RIGHT("name", 2), RIGHT("name", 0), LTRIM("name"), RTRIM("name") FROM "staff"
        [Text("a")]
        MariaDB, MySQL:
        SELECT LOCATE(?, `name`), LEFT(`name`, 2), RIGHT(`name`, 2), RIGHT(`name`, 0), LTRIM(`name`), RTRIM(`name`) FROM `staff`
        [Text("a")]
    "#]],
    );
    selects(
        select::<Person>().filter(|p| p.name.regexp_matches("^a") & p.pay.gt(1)),
        expect![[r#"
        SQLite:
        Unsupported: SQLite does not have regular expressions
        PostgreSQL:
        SELECT "id", "name", "place", "boss_id", "pay", "born", "seen", "price", "notes" FROM "staff" WHERE ("name" ~ CAST($1 AS TEXT)) AND "pay" > $2
        [Text("^a"), Float(1.0)]
        MariaDB, MySQL:
        SELECT `id`, `name`, `place`, `boss_id`, `pay`, `born`, `seen`, `price`, `notes` FROM `staff` WHERE (`name` REGEXP ?) AND `pay` > ?
        [Text("^a"), Float(1.0)]
    "#]],
    );
}

#[test]
fn dates() {
    let query = select::<Person>().columns(|p| (p.born.year(), p.seen.second(), p.seen.date::<chrono::NaiveDate>()));
    selects(
        query,
        expect![[r#"
        SQLite:
        SELECT CAST(STRFTIME('%Y', "born") AS INTEGER), CAST(STRFTIME('%S', "seen") AS INTEGER), SUBSTR("seen", 1, 10) FROM "staff"
        PostgreSQL:
        SELECT CAST(FLOOR(EXTRACT(YEAR FROM "born")) AS BIGINT), CAST(FLOOR(EXTRACT(SECOND FROM ("seen" AT TIME ZONE 'UTC'))) AS BIGINT), CAST(("seen" AT TIME ZONE 'UTC') AS DATE) FROM "staff"
        MariaDB, MySQL:
        SELECT EXTRACT(YEAR FROM `born`), EXTRACT(SECOND FROM `seen`), CAST(`seen` AS DATE) FROM `staff`
    "#]],
    );
    let query = select::<Person>().columns(|p| {
        (
            p.born.plus_days(1),
            p.seen.plus_days(p.id + 1),
            p.born.date::<chrono::NaiveDate>().plus_days(-1),
            p.seen.plus_seconds(2),
        )
    });
    selects(
        query,
        expect![[r#"
        SQLite:
        SELECT (STRFTIME('%Y-%m-%d', SUBSTR("born", 1, 10), ? || ' days') || SUBSTR("born", 11)), (STRFTIME('%Y-%m-%d', SUBSTR("seen", 1, 10), ("id" + ?) || ' days') || SUBSTR("seen", 11)), (STRFTIME('%Y-%m-%d', SUBSTR(SUBSTR("born", 1, 10), 1, 10), ? || ' days') || SUBSTR(SUBSTR("born", 1, 10), 11)), (STRFTIME('%Y-%m-%d %H:%M:%S', SUBSTR("seen", 1, 19), ? || ' seconds') || SUBSTR("seen", 20)) FROM "staff"
        [Int(1), Int(1), Int(-1), Int(2)]
        PostgreSQL:
        SELECT ("born" + CAST($1 AS BIGINT) * INTERVAL '1 day'), ("seen" + ("id" + $2) * INTERVAL '24 hours'), CAST((CAST("born" AS DATE) + CAST($3 AS BIGINT) * INTERVAL '1 day') AS DATE), ("seen" + CAST($4 AS BIGINT) * INTERVAL '1 second') FROM "staff"
        [Int(1), Int(1), Int(-1), Int(2)]
        MariaDB, MySQL:
        SELECT DATE_ADD(`born`, INTERVAL ? DAY), DATE_ADD(`seen`, INTERVAL (`id` + ?) DAY), DATE_ADD(CAST(`born` AS DATE), INTERVAL ? DAY), DATE_ADD(`seen`, INTERVAL ? SECOND) FROM `staff`
        [Int(1), Int(1), Int(-1), Int(2)]
    "#]],
    );
    let query = select::<Person>().columns(|_| {
        (now::<chrono::DateTime<chrono::Utc>>(), now::<chrono::NaiveDateTime>(), now::<chrono::NaiveDate>())
    });
    selects(
        query,
        expect![[r#"
        SQLite:
        SELECT (STRFTIME('%Y-%m-%d %H:%M:%f', 'now') || '000'), (STRFTIME('%Y-%m-%d %H:%M:%f', 'now') || '000'), STRFTIME('%Y-%m-%d', 'now') FROM "staff"
        PostgreSQL:
        SELECT CURRENT_TIMESTAMP, (CURRENT_TIMESTAMP AT TIME ZONE 'UTC'), CAST((CURRENT_TIMESTAMP AT TIME ZONE 'UTC') AS DATE) FROM "staff"
        MariaDB, MySQL:
        SELECT UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_DATE() FROM `staff`
    "#]],
    );
}

#[test]
fn json() {
    selects(
        select::<Person>().columns(|p| p.notes.json_text("a.b_2[0]")),
        expect![[r#"
        SQLite:
        SELECT CASE JSON_TYPE("notes", '$."a"."b_2"[0]') WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(JSON_EXTRACT("notes", '$."a"."b_2"[0]') AS TEXT) END FROM "staff"
        PostgreSQL:
        SELECT ("notes" #>> '{"a","b_2",0}') FROM "staff"
        MariaDB, MySQL:
        SELECT CASE JSON_TYPE(JSON_EXTRACT(`notes`, '$."a"."b_2"[0]')) WHEN 'NULL' THEN NULL ELSE JSON_UNQUOTE(JSON_EXTRACT(`notes`, '$."a"."b_2"[0]')) END FROM `staff`
    "#]],
    );
    selects(
        select::<Person>().columns(|p| p.notes.json_contains(serde_json::json!([1]))),
        expect![[r#"
        SQLite:
        Unsupported: SQLite does not have a search for one JSON document in another
        PostgreSQL:
        SELECT (("notes" @> CAST($1 AS JSONB))) IS TRUE FROM "staff"
        [Json("[1]")]
        MariaDB, MySQL:
        SELECT (JSON_CONTAINS(`notes`, ?)) IS TRUE FROM `staff`
        [Json("[1]")]
    "#]],
    );
}

#[test]
fn a_path_is_no_place_for_sql() {
    for path in [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a'",
        "a\"b",
        "a b",
        "a[",
        "a[]",
        "a[x]",
        "a[0",
        "a[0]b",
        "a[-1]",
        "a[99999999999]",
        "$.a",
        "é",
        "a].b",
    ] {
        let said = fault(|p| p.notes.json_text(path));
        assert!(said.starts_with("this is no path into a JSON document"), "{path}: {said}");
    }
    for path in ["a", "_1", "[0]", "[0][1].a", "a[0][1].b"] {
        select::<Person>().columns(|p| p.notes.json_text(path)).to_sql(&SQLITE).expect(path);
    }
}
