//! Exact decimals, which SQLite keeps as text: what compares, orders and counts them there is this library's own.

use super::*;
use rust_decimal::Decimal;

#[derive(Model, Clone, Debug)]
struct Item {
    #[orm(primary_key)]
    id: i64,
    price: Decimal,
    discount: Option<Decimal>,
}

#[test]
fn decimals() {
    let one = || Decimal::new(150, 2);
    check(
        select::<Item>().columns(|i| i.id).filter(|i| i.price.gt(one()) & i.price.eq(i.discount)),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "item" WHERE "price" COLLATE decimal > ? AND "price" COLLATE decimal = "discount"
            [Decimal("1.50")]
            -- PostgreSQL
            SELECT "id" FROM "item" WHERE "price" > $1 AND "price" = "discount"
            [Decimal("1.50")]
            -- MariaDB, MySQL
            SELECT `id` FROM `item` WHERE `price` > ? AND `price` = `discount`
            [Decimal("1.50")]
        "#]],
    );
    check(
        select::<Item>().columns(|i| i.id).filter(|i| i.price.between(1, 2) & i.price.in_([one(), one()])),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "item" WHERE "price" COLLATE decimal BETWEEN ? AND ? AND "price" COLLATE decimal IN (?, ?)
            [Decimal("1"), Decimal("2"), Decimal("1.50"), Decimal("1.50")]
            -- PostgreSQL
            SELECT "id" FROM "item" WHERE "price" BETWEEN $1 AND $2 AND "price" = ANY($3)
            [Decimal("1"), Decimal("2"), Array([Decimal("1.50"), Decimal("1.50")])]
            -- MariaDB, MySQL
            SELECT `id` FROM `item` WHERE `price` BETWEEN ? AND ? AND `price` IN (?, ?)
            [Decimal("1"), Decimal("2"), Decimal("1.50"), Decimal("1.50")]
        "#]],
    );
    check(
        select::<Item>().columns(|i| (i.price + i.discount, i.price - one(), i.price * 2, -i.price)),
        expect![[r#"
            -- SQLite
            SELECT decimal_add("price", "discount"), decimal_sub("price", ?), decimal_mul("price", ?), decimal_sub('0', "price") FROM "item"
            [Decimal("1.50"), Decimal("2")]
            -- PostgreSQL
            SELECT "price" + "discount", "price" - $1, "price" * $2, - "price" FROM "item"
            [Decimal("1.50"), Decimal("2")]
            -- MariaDB, MySQL
            SELECT `price` + `discount`, `price` - ?, `price` * ?, - `price` FROM `item`
            [Decimal("1.50"), Decimal("2")]
        "#]],
    );
    check(
        select::<Item>().columns(|i| (sum(i.price), avg(i.price), min(i.price), max(i.price), max(i.price.abs()))),
        expect![[r#"
            -- SQLite
            SELECT decimal_sum("price"), CAST(decimal_avg("price") AS REAL), MIN("price" COLLATE decimal), MAX("price" COLLATE decimal), MAX(decimal_abs("price") COLLATE decimal) FROM "item"
            -- PostgreSQL
            SELECT SUM("price"), AVG("price"), MIN("price"), MAX("price"), MAX(ABS("price")) FROM "item"
            -- MariaDB, MySQL
            SELECT SUM(`price`), AVG(`price`), MIN(`price`), MAX(`price`), MAX(ABS(`price`)) FROM `item`
        "#]],
    );
    check(
        select::<Item>().columns(|i| i.price).distinct().order_by(|i| i.price.desc().nulls_last()),
        expect![[r#"
            -- SQLite
            SELECT DISTINCT "price" COLLATE decimal FROM "item" ORDER BY "price" COLLATE decimal DESC NULLS LAST
            -- PostgreSQL
            SELECT DISTINCT "price" FROM "item" ORDER BY "price" DESC NULLS LAST
            -- MariaDB, MySQL
            SELECT DISTINCT `price` FROM `item` ORDER BY `price` IS NULL, `price` DESC
        "#]],
    );
    check(
        select::<Item>().group_by(|i| i.price).columns(|i| (i.price, count_distinct(i.discount))),
        expect![[r#"
            -- SQLite
            SELECT "price", COUNT(DISTINCT "discount" COLLATE decimal) FROM "item" GROUP BY "price" COLLATE decimal
            -- PostgreSQL
            SELECT "price", COUNT(DISTINCT "discount") FROM "item" GROUP BY "price"
            -- MariaDB, MySQL
            SELECT `price`, COUNT(DISTINCT `discount`) FROM `item` GROUP BY `price`
        "#]],
    );
    check(
        select::<Item>().columns(|i| i.price / 3),
        expect![[r#"
            -- SQLite
            SELECT decimal_div("price", ?) FROM "item"
            [Decimal("3")]
            -- PostgreSQL
            SELECT "price" / $1 FROM "item"
            [Decimal("3")]
            -- MariaDB, MySQL
            SELECT `price` / ? FROM `item`
            [Decimal("3")]
        "#]],
    );
    check(
        select::<Item>().columns(|i| (i.price.cast::<f64>(), i.id.cast::<Decimal>(), i.price.coalesce(one()))),
        expect![[r#"
            -- SQLite
            SELECT CAST("price" AS REAL), CAST("id" AS TEXT), COALESCE("price", ?) FROM "item"
            [Decimal("1.50")]
            -- PostgreSQL
            SELECT CAST("price" AS DOUBLE PRECISION), CAST("id" AS NUMERIC), COALESCE("price", CAST($1 AS NUMERIC)) FROM "item"
            [Decimal("1.50")]
            -- MariaDB, MySQL
            SELECT CAST(`price` AS DOUBLE), CAST(`id` AS DECIMAL(65, 28)), COALESCE(`price`, ?) FROM `item`
            [Decimal("1.50")]
        "#]],
    );
    check(
        select::<Item>().columns(|i| i.id).filter(|i| val(one()).lt(i.price) & i.price.same(i.discount)),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "item" WHERE ? COLLATE decimal < "price" AND "price" COLLATE decimal IS "discount"
            [Decimal("1.50")]
            -- PostgreSQL
            SELECT "id" FROM "item" WHERE $1 < "price" AND "price" IS NOT DISTINCT FROM "discount"
            [Decimal("1.50")]
            -- MariaDB, MySQL
            SELECT `id` FROM `item` WHERE ? < `price` AND `price` <=> `discount`
            [Decimal("1.50")]
        "#]],
    );
    check(
        update::<Item>().set(|i| i.price.to(i.price + 1)).filter(|i| i.price.lt(one())),
        expect![[r#"
            -- SQLite
            UPDATE "item" SET "price" = decimal_add("price", ?) WHERE "price" COLLATE decimal < ?
            [Decimal("1"), Decimal("1.50")]
            -- PostgreSQL
            UPDATE "item" SET "price" = "price" + $1 WHERE "price" < $2
            [Decimal("1"), Decimal("1.50")]
            -- MariaDB, MySQL
            UPDATE `item` SET `price` = `price` + ? WHERE `price` < ?
            [Decimal("1"), Decimal("1.50")]
        "#]],
    );
    check(
        select::<Item>().columns(|i| i.id).filter(|i| {
            i.price.in_(select::<Item>().columns(|j| j.price)) & i.price.gt(select::<Item>().columns(|j| max(j.price)))
        }),
        expect![[r#"
            -- SQLite
            SELECT t0."id" FROM "item" AS t0 WHERE t0."price" COLLATE decimal IN (SELECT t1."price" FROM "item" AS t1) AND t0."price" COLLATE decimal > (SELECT MAX(t2."price" COLLATE decimal) FROM "item" AS t2)
            -- PostgreSQL
            SELECT t0."id" FROM "item" AS t0 WHERE t0."price" IN (SELECT t1."price" FROM "item" AS t1) AND t0."price" > (SELECT MAX(t2."price") FROM "item" AS t2)
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `item` AS t0 WHERE t0.`price` IN (SELECT t1.`price` FROM `item` AS t1) AND t0.`price` > (SELECT MAX(t2.`price`) FROM `item` AS t2)
        "#]],
    );
}
