//! The texts in all dialects.

use super::*;
use crate::compile::{insert_rows, insert_unnest};
use crate::schema::{Definition, FieldKind, FieldSpec};
use expect_test::{Expect, expect};
use std::sync::LazyLock;

const fn column(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec::new(name, FieldKind::Column { ty, nullable: true, auto: false })
}

const fn key(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec { primary_key: true, ..column(name, ty) }
}

const fn definition(table: &'static str, fields: &'static [FieldSpec]) -> Definition {
    Definition {
        model: "Model",
        table,
        fields,
        uniques: &[],
        indexes: &[],
        full_texts: &[],
        checks: &[],
        comment: None,
        bind: None,
    }
}

static USERS: LazyLock<Table> = LazyLock::new(|| Table::build(&USER));
static USER: Definition = definition(
    "users",
    &[
        key("id", Type::I64),
        column("name", Type::Text),
        FieldSpec { precision: Some((12, 2)), ..column("balance", Type::Decimal) },
        FieldSpec { version: true, ..column("version", Type::I32) },
    ],
);
/// A composite key with a text, no version, and a column that is an array.
static PLACES: LazyLock<Table> = LazyLock::new(|| Table::build(&PLACE));
static PLACE: Definition = definition(
    "places",
    &[
        key("country", Type::Text),
        FieldSpec { collation: Some("nocase"), ..key("or\"der`", Type::Enum(&["a"])) },
        column("seen", Type::Timestamp),
        column("tags", Type::Array(&Type::Text)),
    ],
);

fn check(expected: Expect, write: impl Fn(&'static Dialect) -> Option<String>) {
    let texts = Dialect::all().map(|dialect| (dialect.name, write(dialect)));
    let mut out = String::new();
    for (name, text) in &texts {
        let _ = writeln!(out, "{name}: {}", text.as_deref().unwrap_or("-"));
    }
    expected.assert_eq(&out);
}

#[test]
fn one_row() {
    check(
        expect![[r#"
        SQLite: UPDATE "users" SET "name" = ?, "balance" = ?, "version" = "version" + 1 WHERE "id" = ? AND "version" = ?
        PostgreSQL: UPDATE "users" SET "name" = $1, "balance" = $2, "version" = "version" + 1 WHERE "id" = $3 AND "version" = $4
        MariaDB: UPDATE `users` SET `name` = ?, `balance` = ?, `version` = `version` + 1 WHERE `id` = ? AND `version` = ?
        MySQL: UPDATE `users` SET `name` = ?, `balance` = ?, `version` = `version` + 1 WHERE `id` = ? AND `version` = ?
    "#]],
        |dialect| Some(update_row(dialect, &USERS, &[1, 2])),
    );
    check(
        expect![[r#"
        SQLite: UPDATE "users" SET "version" = "version" + 1 WHERE "id" = ? AND "version" = ?
        PostgreSQL: UPDATE "users" SET "version" = "version" + 1 WHERE "id" = $1 AND "version" = $2
        MariaDB: UPDATE `users` SET `version` = `version` + 1 WHERE `id` = ? AND `version` = ?
        MySQL: UPDATE `users` SET `version` = `version` + 1 WHERE `id` = ? AND `version` = ?
    "#]],
        |dialect| Some(update_row(dialect, &USERS, &[])),
    );
    check(
        expect![[r#"
        SQLite: UPDATE "places" SET "country" = ?, "seen" = ? WHERE "country" = ? AND "or""der`" = ?
        PostgreSQL: UPDATE "places" SET "country" = $1, "seen" = $2 WHERE "country" = $3 AND "or""der`" = $4
        MariaDB: UPDATE `places` SET `country` = ?, `seen` = ? WHERE `country` = ? AND `or"der``` = ?
        MySQL: UPDATE `places` SET `country` = ?, `seen` = ? WHERE `country` = ? AND `or"der``` = ?
    "#]],
        |dialect| Some(update_row(dialect, &PLACES, &[0, 2])),
    );
    check(
        expect![[r#"
        SQLite: DELETE FROM "users" WHERE "id" = ? AND "version" = ?
        PostgreSQL: DELETE FROM "users" WHERE "id" = $1 AND "version" = $2
        MariaDB: DELETE FROM `users` WHERE `id` = ? AND `version` = ?
        MySQL: DELETE FROM `users` WHERE `id` = ? AND `version` = ?
    "#]],
        |dialect| Some(delete_row(dialect, &USERS)),
    );
    check(
        expect![[r#"
        SQLite: DELETE FROM "places" WHERE "country" = ? AND "or""der`" = ?
        PostgreSQL: DELETE FROM "places" WHERE "country" = $1 AND "or""der`" = $2
        MariaDB: DELETE FROM `places` WHERE `country` = ? AND `or"der``` = ?
        MySQL: DELETE FROM `places` WHERE `country` = ? AND `or"der``` = ?
    "#]],
        |dialect| Some(delete_row(dialect, &PLACES)),
    );
}

#[test]
fn inserted_rows() {
    check(
        expect![[r#"
        SQLite: INSERT INTO "users" ("name", "balance") VALUES (?, ?), (?, ?)
        PostgreSQL: INSERT INTO "users" ("name", "balance") VALUES ($1, $2), ($3, $4)
        MariaDB: INSERT INTO `users` (`name`, `balance`) VALUES (?, ?), (?, ?)
        MySQL: INSERT INTO `users` (`name`, `balance`) VALUES (?, ?), (?, ?)
    "#]],
        |dialect| Some(insert_rows(dialect, &USERS, &[1, 2], 2)),
    );
    check(
        expect![[r#"
        SQLite: INSERT INTO "users" DEFAULT VALUES
        PostgreSQL: INSERT INTO "users" DEFAULT VALUES
        MariaDB: INSERT INTO `users` () VALUES ()
        MySQL: INSERT INTO `users` () VALUES ()
    "#]],
        |dialect| Some(insert_rows(dialect, &USERS, &[], 1)),
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: INSERT INTO "users" ("name", "balance") SELECT d.c0, d.c1 FROM unnest($1::TEXT[], $2::NUMERIC[]) WITH ORDINALITY AS d(c0, c1, n) ORDER BY d.n
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| insert_unnest(dialect, &USERS, &[1, 2]),
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: -
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| insert_unnest(dialect, &PLACES, &[0, 3]),
    );
}

#[test]
fn rows_by_arrays() {
    let arrays = |dialect: &'static Dialect| dialect.arrays;
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: UPDATE "users" AS t SET "name" = d.c0, "balance" = d.c1, "version" = t."version" + 1 FROM unnest($1::TEXT[], $2::NUMERIC[], $3::BIGINT[], $4::INTEGER[]) WITH ORDINALITY AS d(c0, c1, c2, c3, n) WHERE t."id" = d.c2 AND t."version" = d.c3 RETURNING d.n
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| arrays(dialect).then(|| update_unnest(dialect, &USERS, &[1, 2]))?,
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: UPDATE "places" AS t SET "seen" = d.c0 FROM unnest($1::TIMESTAMPTZ[], $2::TEXT[], $3::TEXT[]) WITH ORDINALITY AS d(c0, c1, c2, n) WHERE t."country" = d.c1 AND t."or""der`" = d.c2 RETURNING d.n
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| arrays(dialect).then(|| update_unnest(dialect, &PLACES, &[2]))?,
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: -
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| arrays(dialect).then(|| update_unnest(dialect, &PLACES, &[2, 3]))?,
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: DELETE FROM "users" AS t USING unnest($1::BIGINT[], $2::INTEGER[]) WITH ORDINALITY AS d(c0, c1, n) WHERE t."id" = d.c0 AND t."version" = d.c1 RETURNING d.n
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| arrays(dialect).then(|| delete_unnest(dialect, &USERS))?,
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: DELETE FROM "places" AS t USING unnest($1::TEXT[], $2::TEXT[]) WITH ORDINALITY AS d(c0, c1, n) WHERE t."country" = d.c0 AND t."or""der`" = d.c1 RETURNING d.n
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| arrays(dialect).then(|| delete_unnest(dialect, &PLACES))?,
    );
}

#[test]
fn rows_by_a_join() {
    let joins = |dialect: &'static Dialect| dialect.update_join == UpdateJoin::Join;
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: -
        MariaDB: UPDATE `users` AS t JOIN (SELECT CAST(? AS CHAR) AS c0, CAST(? AS DECIMAL(12, 2)) AS c1, CAST(? AS SIGNED) AS c2, CAST(? AS SIGNED) AS c3 UNION ALL SELECT CAST(? AS CHAR), CAST(? AS DECIMAL(12, 2)), CAST(? AS SIGNED), CAST(? AS SIGNED)) AS d ON t.`id` = d.c2 AND t.`version` = d.c3 SET t.`name` = d.c0, t.`balance` = d.c1, t.`version` = t.`version` + 1
        MySQL: UPDATE `users` AS t JOIN (SELECT CAST(? AS CHAR(16777216)) AS c0, CAST(? AS DECIMAL(12, 2)) AS c1, CAST(? AS SIGNED) AS c2, CAST(? AS SIGNED) AS c3 UNION ALL SELECT CAST(? AS CHAR(16777216)), CAST(? AS DECIMAL(12, 2)), CAST(? AS SIGNED), CAST(? AS SIGNED)) AS d ON t.`id` = d.c2 AND t.`version` = d.c3 SET t.`name` = d.c0, t.`balance` = d.c1, t.`version` = t.`version` + 1
    "#]],
        |dialect| joins(dialect).then(|| update_join(dialect, &USERS, &[1, 2], 2))?,
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: -
        MariaDB: UPDATE `places` AS t JOIN (SELECT CAST(? AS DATETIME(6)) AS c0, CAST(? AS CHAR) COLLATE utf8mb4_nopad_bin AS c1, CAST(? AS CHAR) COLLATE nocase AS c2) AS d ON t.`country` = d.c1 AND t.`or"der``` = d.c2 SET t.`seen` = d.c0
        MySQL: UPDATE `places` AS t JOIN (SELECT CAST(? AS DATETIME(6)) AS c0, CAST(? AS CHAR(16777216)) COLLATE utf8mb4_0900_bin AS c1, CAST(? AS CHAR(16777216)) COLLATE nocase AS c2) AS d ON t.`country` = d.c1 AND t.`or"der``` = d.c2 SET t.`seen` = d.c0
    "#]],
        |dialect| joins(dialect).then(|| update_join(dialect, &PLACES, &[2], 1))?,
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: -
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| joins(dialect).then(|| update_join(dialect, &PLACES, &[3], 1))?,
    );
}

#[test]
fn rows_by_lists_of_keys() {
    check(
        expect![[r#"
        SQLite: DELETE FROM "users" WHERE ("id", "version") IN (VALUES (?, ?), (?, ?))
        PostgreSQL: DELETE FROM "users" WHERE ("id", "version") IN (($1, $2), ($3, $4))
        MariaDB: DELETE FROM `users` WHERE (`id`, `version`) IN ((?, ?), (?, ?))
        MySQL: DELETE FROM `users` WHERE (`id`, `version`) IN ((?, ?), (?, ?))
    "#]],
        |dialect| Some(delete_list(dialect, &USERS, 2)),
    );
    check(
        expect![[r#"
        SQLite: DELETE FROM "places" WHERE ("country", "or""der`") IN (VALUES (?, ?), (?, ?))
        PostgreSQL: DELETE FROM "places" WHERE ("country", "or""der`") IN (($1, $2), ($3, $4))
        MariaDB: DELETE FROM `places` WHERE (`country`, `or"der```) IN ((?, ?), (?, ?))
        MySQL: DELETE FROM `places` WHERE (`country`, `or"der```) IN ((?, ?), (?, ?))
    "#]],
        |dialect| Some(delete_list(dialect, &PLACES, 2)),
    );
    check(
        expect![[r#"
        SQLite: SELECT "id", "name" FROM "users" WHERE "id" IN (?, ?, ?)
        PostgreSQL: SELECT "id", "name" FROM "users" WHERE "id" IN ($1, $2, $3)
        MariaDB: SELECT `id`, `name` FROM `users` WHERE `id` IN (?, ?, ?)
        MySQL: SELECT `id`, `name` FROM `users` WHERE `id` IN (?, ?, ?)
    "#]],
        |dialect| Some(select_list(dialect, &USERS, &[1], 3)),
    );
    check(
        expect![[r#"
        SQLite: SELECT "country", "or""der`" FROM "places" WHERE ("country", "or""der`") IN (VALUES (?, ?), (?, ?))
        PostgreSQL: SELECT "country", "or""der`" FROM "places" WHERE ("country", "or""der`") IN (($1, $2), ($3, $4))
        MariaDB: SELECT `country`, `or"der``` FROM `places` WHERE (`country`, `or"der```) IN ((?, ?), (?, ?))
        MySQL: SELECT `country`, `or"der``` FROM `places` WHERE (`country`, `or"der```) IN ((?, ?), (?, ?))
    "#]],
        |dialect| Some(select_list(dialect, &PLACES, &[], 2)),
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: SELECT "id", "name" FROM "users" WHERE "id" = ANY($1::BIGINT[])
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| select_array(dialect, &USERS, &[1]),
    );
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: SELECT "country", "or""der`", "seen" FROM "places" WHERE ("country", "or""der`") IN (SELECT d.c0, d.c1 FROM unnest($1::TEXT[], $2::TEXT[]) WITH ORDINALITY AS d(c0, c1, n))
        MariaDB: -
        MySQL: -
    "#]],
        |dialect| select_array(dialect, &PLACES, &[2]),
    );
}

#[test]
fn every_type_has_a_cast_that_holds_it() {
    static TYPES: Definition = definition(
        "types",
        &[
            key("bool", Type::Bool),
            key("i8", Type::I8),
            key("u64", Type::U64),
            key("f32", Type::F32),
            key("text", Type::Text),
            key("bytes", Type::Bytes),
            key("date", Type::Date),
            key("time", Type::Time),
            key("datetime", Type::DateTime),
            key("timestamp", Type::Timestamp),
            key("uuid", Type::Uuid),
            key("decimal", Type::Decimal),
            key("json", Type::Json),
        ],
    );
    let table = Table::build(&TYPES);
    check(
        expect![[r#"
        SQLite: -
        PostgreSQL: -
        MariaDB: CAST(? AS SIGNED), CAST(? AS SIGNED), CAST(? AS UNSIGNED), CAST(? AS DOUBLE), CAST(? AS CHAR), CAST(? AS BINARY), CAST(? AS DATE), CAST(? AS TIME(6)), CAST(? AS DATETIME(6)), CAST(? AS DATETIME(6)), CAST(? AS BINARY(16)), CAST(? AS DECIMAL(65, 28)), CAST(? AS CHAR)
        MySQL: CAST(? AS SIGNED), CAST(? AS SIGNED), CAST(? AS UNSIGNED), CAST(? AS DOUBLE), CAST(? AS CHAR(16777216)), CAST(? AS BINARY), CAST(? AS DATE), CAST(? AS TIME(6)), CAST(? AS DATETIME(6)), CAST(? AS DATETIME(6)), CAST(? AS BINARY(16)), CAST(? AS DECIMAL(65, 28)), CAST(? AS CHAR(16777216))
    "#]],
        |dialect| {
            let casts = (0..table.columns.len()).map(|column| cast(dialect, &table, column, false));
            (dialect.update_join == UpdateJoin::Join).then(|| casts.flatten().collect::<Vec<_>>().join(", "))
        },
    );
}
