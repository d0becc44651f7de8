//! Arithmetic, functions, CASE and CAST, aggregates.

use super::*;

#[test]
fn arithmetic() {
    check(
        select::<Post>().columns(|p| (p.score * 2.0 + 1.0, (p.score + 1.0) * 2.0, -p.score, 1.0 / p.score)),
        expect![[r#"
            -- SQLite
            SELECT ("score" * ?) + ?, ("score" + ?) * ?, - "score", ? / "score" FROM "posts"
            [Float(2.0), Float(1.0), Float(1.0), Float(2.0), Float(1.0)]
            -- PostgreSQL
            SELECT ("score" * $1) + $2, ("score" + $3) * $4, - "score", $5 / "score" FROM "posts"
            [Float(2.0), Float(1.0), Float(1.0), Float(2.0), Float(1.0)]
            -- MariaDB, MySQL
            SELECT (`score` * ?) + ?, (`score` + ?) * ?, - `score`, ? / `score` FROM `posts`
            [Float(2.0), Float(1.0), Float(1.0), Float(2.0), Float(1.0)]
        "#]],
    );
    check(
        select::<User>().columns(|u| (u.age / 2, u.age % 2, u.age - 1, 10 - u.age)),
        expect![[r#"
            -- SQLite
            SELECT "age" / ?, "age" % ?, "age" - ?, ? - "age" FROM "users"
            [Int(2), Int(2), Int(1), Int(10)]
            -- PostgreSQL
            SELECT "age" / $1, "age" % $2, "age" - $3, $4 - "age" FROM "users"
            [Int(2), Int(2), Int(1), Int(10)]
            -- MariaDB, MySQL
            SELECT `age` DIV ?, `age` % ?, `age` - ?, ? - `age` FROM `users`
            [Int(2), Int(2), Int(1), Int(10)]
        "#]],
    );
    check(
        select::<User>().columns(|u| (-(u.age + 1), u.age - (u.age - 1), u.age / (u.age / 2))),
        expect![[r#"
            -- SQLite
            SELECT - ("age" + ?), "age" - ("age" - ?), "age" / ("age" / ?) FROM "users"
            [Int(1), Int(1), Int(2)]
            -- PostgreSQL
            SELECT - ("age" + $1), "age" - ("age" - $2), "age" / ("age" / $3) FROM "users"
            [Int(1), Int(1), Int(2)]
            -- MariaDB, MySQL
            SELECT - (`age` + ?), `age` - (`age` - ?), `age` DIV (`age` DIV ?) FROM `users`
            [Int(1), Int(1), Int(2)]
        "#]],
    );
    check(
        select::<User>().columns(|_| (val(7) / val(2), val(7_i64) + 1)),
        expect![[r#"
            -- SQLite
            SELECT CAST(? AS INTEGER) / CAST(? AS INTEGER), CAST(? AS INTEGER) + CAST(? AS INTEGER) FROM "users"
            [Int(7), Int(2), Int(7), Int(1)]
            -- PostgreSQL
            SELECT CAST($1 AS INTEGER) / CAST($2 AS INTEGER), CAST($3 AS BIGINT) + CAST($4 AS BIGINT) FROM "users"
            [Int(7), Int(2), Int(7), Int(1)]
            -- MariaDB, MySQL
            SELECT CAST(? AS SIGNED) DIV CAST(? AS SIGNED), CAST(? AS SIGNED) + CAST(? AS SIGNED) FROM `users`
            [Int(7), Int(2), Int(7), Int(1)]
        "#]],
    );
    filter(
        |u| (u.age * 2).gt(u.age + 1),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("age" * ?) > ("age" + ?)
            [Int(2), Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("age" * $1) > ("age" + $2)
            [Int(2), Int(1)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (`age` * ?) > (`age` + ?)
            [Int(2), Int(1)]
        "#]],
    );
    filter(
        |u| (-u.age).lt(-5) & (-(-u.age)).eq(5),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE (- "age") < ? AND (- (- "age")) = ?
            [Int(-5), Int(5)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE (- "age") < $1 AND (- (- "age")) = $2
            [Int(-5), Int(5)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (- `age`) < ? AND (- (- `age`)) = ?
            [Int(-5), Int(5)]
        "#]],
    );
}

#[test]
fn functions() {
    check(
        select::<User>().columns(|u| (u.name.lower(), u.name.upper(), u.name.trim(), u.name.length())),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT LOWER("name"), UPPER("name"), TRIM("name"), LENGTH("name") FROM "users"
            -- MariaDB, MySQL
            SELECT LOWER(`name`), UPPER(`name`), TRIM(`name`), CHAR_LENGTH(`name`) FROM `users`
        "#]],
    );
    check(
        select::<User>().columns(|u| (u.name.concat("!"), u.name.concat(u.email), val("a").concat("b"))),
        expect![[r#"
            -- SQLite
            SELECT ("name" || ?), ("name" || "email"), (? || ?) FROM "users"
            [Text("!"), Text("a"), Text("b")]
            -- PostgreSQL
            SELECT ("name" || CAST($1 AS TEXT)), ("name" || "email"), (CAST($2 AS TEXT) || CAST($3 AS TEXT)) FROM "users"
            [Text("!"), Text("a"), Text("b")]
            -- MariaDB, MySQL
            SELECT CONCAT(`name`, ?), CONCAT(`name`, `email`), CONCAT(?, ?) FROM `users`
            [Text("!"), Text("a"), Text("b")]
        "#]],
    );
    check(
        select::<User>().columns(|u| (u.name.replace("a", "b"), u.name.substring(1, 3), u.age.abs())),
        expect![[r#"
            -- SQLite
            SELECT REPLACE("name", ?, ?), SUBSTR("name", ?, ?), ABS("age") FROM "users"
            [Text("a"), Text("b"), Int(1), Int(3)]
            -- PostgreSQL
            SELECT REPLACE("name", CAST($1 AS TEXT), CAST($2 AS TEXT)), SUBSTR("name", CAST($3 AS INTEGER), CAST($4 AS INTEGER)), ABS("age") FROM "users"
            [Text("a"), Text("b"), Int(1), Int(3)]
            -- MariaDB, MySQL
            SELECT REPLACE(`name`, ?, ?), SUBSTR(`name`, ?, ?), ABS(`age`) FROM `users`
            [Text("a"), Text("b"), Int(1), Int(3)]
        "#]],
    );
    check(
        select::<User>().columns(|u| (u.email.coalesce("none"), u.email.coalesce(u.name), u.name.nullif("x"))),
        expect![[r#"
            -- SQLite
            SELECT COALESCE("email", ?), COALESCE("email", "name"), NULLIF("name", ?) FROM "users"
            [Text("none"), Text("x")]
            -- PostgreSQL
            SELECT COALESCE("email", CAST($1 AS TEXT)), COALESCE("email", "name"), NULLIF("name", CAST($2 AS TEXT)) FROM "users"
            [Text("none"), Text("x")]
            -- MariaDB, MySQL
            SELECT COALESCE(`email`, ?), COALESCE(`email`, `name`), NULLIF(`name`, ?) FROM `users`
            [Text("none"), Text("x")]
        "#]],
    );
    check(
        select::<User>().columns(|u| function::<f64>("pow", [arg(u.age), arg(val(2))])),
        expect![[r#"
            -- SQLite
            SELECT pow("age", ?) FROM "users"
            [Int(2)]
            -- PostgreSQL
            SELECT pow("age", CAST($1 AS INTEGER)) FROM "users"
            [Int(2)]
            -- MariaDB, MySQL
            SELECT pow(`age`, ?) FROM `users`
            [Int(2)]
        "#]],
    );
    check(
        select::<User>().columns(|_| function::<i64>("pg_catalog.pg_backend_pid", [])),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT pg_catalog.pg_backend_pid() FROM "users"
            -- MariaDB, MySQL
            SELECT pg_catalog.pg_backend_pid() FROM `users`
        "#]],
    );
}

#[test]
fn case_and_cast() {
    let case_of =
        |u: UserFields| case::<String>().when(u.age.gt(64), "old").when(u.age.gt(18), u.name).otherwise("young");
    check(
        select::<User>().columns(case_of),
        expect![[r#"
            -- SQLite
            SELECT CASE WHEN "age" > ? THEN ? WHEN "age" > ? THEN "name" ELSE ? END FROM "users"
            [Int(64), Text("old"), Int(18), Text("young")]
            -- PostgreSQL
            SELECT CASE WHEN "age" > $1 THEN CAST($2 AS TEXT) WHEN "age" > $3 THEN "name" ELSE CAST($4 AS TEXT) END FROM "users"
            [Int(64), Text("old"), Int(18), Text("young")]
            -- MariaDB, MySQL
            SELECT CASE WHEN `age` > ? THEN ? WHEN `age` > ? THEN `name` ELSE ? END FROM `users`
            [Int(64), Text("old"), Int(18), Text("young")]
        "#]],
    );
    check(
        select::<User>().columns(|u| case::<i64>().when(u.admin, 1).end()),
        expect![[r#"
            -- SQLite
            SELECT CASE WHEN "is_admin" THEN ? END FROM "users"
            [Int(1)]
            -- PostgreSQL
            SELECT CASE WHEN "is_admin" THEN CAST($1 AS BIGINT) END FROM "users"
            [Int(1)]
            -- MariaDB, MySQL
            SELECT CASE WHEN `is_admin` THEN ? END FROM `users`
            [Int(1)]
        "#]],
    );
    check(
        select::<User>()
            .columns(|u| (u.age.cast::<i64>(), u.age.cast::<String>(), u.name.cast::<f64>(), u.age.cast::<bool>())),
        expect![[r#"
            -- SQLite
            SELECT CAST("age" AS INTEGER), CAST("age" AS TEXT), CAST("name" AS REAL), CAST("age" AS INTEGER) FROM "users"
            -- PostgreSQL
            SELECT CAST("age" AS BIGINT), CAST("age" AS TEXT), CAST("name" AS DOUBLE PRECISION), CAST("age" AS BOOLEAN) FROM "users"
            -- MariaDB
            SELECT CAST(`age` AS SIGNED), CAST(`age` AS CHAR), CAST(`name` AS DOUBLE), CAST(`age` AS SIGNED) FROM `users`
            -- MySQL
            SELECT CAST(`age` AS SIGNED), CAST(`age` AS CHAR(16777216)), CAST(`name` AS DOUBLE), CAST(`age` AS SIGNED) FROM `users`
        "#]],
    );
    check(
        select::<User>()
            .columns(|u| (u.id.cast::<i16>(), u.id.cast::<u32>(), u.id.cast::<f32>(), u.name.cast::<Vec<u8>>())),
        expect![[r#"
            -- SQLite
            SELECT CAST("id" AS INTEGER), CAST("id" AS INTEGER), CAST("id" AS REAL), CAST("name" AS BLOB) FROM "users"
            -- PostgreSQL
            SELECT CAST("id" AS SMALLINT), CAST("id" AS BIGINT), CAST("id" AS REAL), CAST("name" AS BYTEA) FROM "users"
            -- MariaDB, MySQL
            SELECT CAST(`id` AS SIGNED), CAST(`id` AS UNSIGNED), CAST(`id` AS FLOAT), CAST(`name` AS BINARY) FROM `users`
        "#]],
    );
    filter(
        |u| case::<i32>().when(u.admin, 1).otherwise(2).eq(1),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE CASE WHEN "is_admin" THEN ? ELSE ? END = ?
            [Int(1), Int(2), Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE CASE WHEN "is_admin" THEN CAST($1 AS INTEGER) ELSE CAST($2 AS INTEGER) END = $3
            [Int(1), Int(2), Int(1)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE CASE WHEN `is_admin` THEN ? ELSE ? END = ?
            [Int(1), Int(2), Int(1)]
        "#]],
    );
}

#[test]
fn values_say_their_types_where_nothing_else_does() {
    check(
        select::<User>().columns(|u| (u.id, val("x"), val(1), val(2.5), val(true), val(None::<String>))),
        expect![[r#"
            -- SQLite
            SELECT "id", ?, ?, ?, ?, ? FROM "users"
            [Text("x"), Int(1), Float(2.5), Bool(true), Null]
            -- PostgreSQL
            SELECT "id", CAST($1 AS TEXT), CAST($2 AS INTEGER), CAST($3 AS DOUBLE PRECISION), CAST($4 AS BOOLEAN), CAST($5 AS TEXT) FROM "users"
            [Text("x"), Int(1), Float(2.5), Bool(true), Null]
            -- MariaDB, MySQL
            SELECT `id`, ?, ?, ?, ?, ? FROM `users`
            [Text("x"), Int(1), Float(2.5), Bool(true), Null]
        "#]],
    );
}

#[test]
fn a_selected_condition_is_never_null() {
    check(
        select::<User>().columns(|u| (u.email.eq("x"), u.email.is_null(), !u.admin, u.email.like("x"), u.admin)),
        expect![[r#"
            -- SQLite
            SELECT ("email" = ?) IS TRUE, "email" IS NULL, NOT "is_admin", ("email" LIKE ? ESCAPE '\') IS TRUE, "is_admin" FROM "users"
            [Text("x"), Text("x")]
            -- PostgreSQL
            SELECT ("email" = $1) IS TRUE, "email" IS NULL, NOT "is_admin", ("email" LIKE $2) IS TRUE, "is_admin" FROM "users"
            [Text("x"), Text("x")]
            -- MariaDB, MySQL
            SELECT (`email` = ?) IS TRUE, `email` IS NULL, NOT `is_admin`, (`email` LIKE ?) IS TRUE, `is_admin` FROM `users`
            [Text("x"), Text("x")]
        "#]],
    );
    check(
        select::<User>().columns(|u| exists(select::<Post>().filter(|p| p.author.eq(u.id)))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id") FROM "users" AS t0
            -- MariaDB, MySQL
            SELECT EXISTS (SELECT TRUE FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id`) FROM `users` AS t0
        "#]],
    );
}

#[test]
fn aggregates() {
    check(
        select::<User>().columns(|u| (count(u), count(u.email), count_all(), count_distinct(u.age))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT("id"), COUNT("email"), COUNT(*), COUNT(DISTINCT "age") FROM "users"
            -- MariaDB, MySQL
            SELECT COUNT(`id`), COUNT(`email`), COUNT(*), COUNT(DISTINCT `age`) FROM `users`
        "#]],
    );
    check(
        select::<User>().columns(|u| (sum(u.age), avg(u.age), min(u.name), max(u.age + 1))),
        expect![[r#"
            -- SQLite
            SELECT SUM("age"), AVG("age"), MIN("name"), MAX("age" + ?) FROM "users"
            [Int(1)]
            -- PostgreSQL
            SELECT SUM("age"), AVG("age"), MIN("name"), MAX("age" + $1) FROM "users"
            [Int(1)]
            -- MariaDB, MySQL
            SELECT SUM(`age`), AVG(`age`), MIN(`name`), MAX(`age` + ?) FROM `users`
            [Int(1)]
        "#]],
    );
    check(
        select::<User>()
            .join(|u| u.posts)
            .group_by(|(u, _)| u.name)
            .having(|(_, p)| count(p.id).gt(3))
            .having(|(_, p)| sum(p.score).gt(avg(p.score)))
            .order_by(|(_, p)| (count(p).desc(), max(p.title)))
            .columns(|(u, p)| (u.name, count(p), sum(p.score).coalesce(0.0))),
        expect![[r#"
            -- SQLite
            SELECT t0."name", COUNT(t1."id"), COALESCE(SUM(t1."score"), ?) FROM "users" AS t0 JOIN "posts" AS t1 ON t1."author_id" = t0."id" GROUP BY t0."name" HAVING COUNT(t1."id") > ? AND SUM(t1."score") > AVG(t1."score") ORDER BY COUNT(t1."id") DESC, MAX(t1."title")
            [Float(0.0), Int(3)]
            -- PostgreSQL
            SELECT t0."name", COUNT(t1."id"), COALESCE(SUM(t1."score"), CAST($1 AS DOUBLE PRECISION)) FROM "users" AS t0 JOIN "posts" AS t1 ON t1."author_id" = t0."id" GROUP BY t0."name" HAVING COUNT(t1."id") > $2 AND SUM(t1."score") > AVG(t1."score") ORDER BY COUNT(t1."id") DESC, MAX(t1."title")
            [Float(0.0), Int(3)]
            -- MariaDB, MySQL
            SELECT t0.`name`, COUNT(t1.`id`), COALESCE(SUM(t1.`score`), ?) FROM `users` AS t0 JOIN `posts` AS t1 ON t1.`author_id` = t0.`id` GROUP BY t0.`name` HAVING COUNT(t1.`id`) > ? AND SUM(t1.`score`) > AVG(t1.`score`) ORDER BY COUNT(t1.`id`) DESC, MAX(t1.`title`)
            [Float(0.0), Int(3)]
        "#]],
    );
    check(
        select::<User>().group_by(|u| (u.age, u.name.lower())).columns(|u| (u.age, count_all())),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "age", COUNT(*) FROM "users" GROUP BY "age", LOWER("name")
            -- MariaDB, MySQL
            SELECT `age`, COUNT(*) FROM `users` GROUP BY `age`, LOWER(`name`)
        "#]],
    );
    check(
        select::<User>().group_by(|u| u).columns(|u| (u, count_all())),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id", "name", "email", "is_admin", "age", COUNT(*) FROM "users" GROUP BY "id", "name", "email", "is_admin", "age"
            -- MariaDB, MySQL
            SELECT `id`, `name`, `email`, `is_admin`, `age`, COUNT(*) FROM `users` GROUP BY `id`, `name`, `email`, `is_admin`, `age`
        "#]],
    );
    check(
        select::<Note>().group_by(|n| n.about).columns(|n| (n.about, count_all())),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "about_user_id", "about_group_id", COUNT(*) FROM "notes" GROUP BY "about_user_id", "about_group_id"
            -- MariaDB, MySQL
            SELECT `about_user_id`, `about_group_id`, COUNT(*) FROM `notes` GROUP BY `about_user_id`, `about_group_id`
        "#]],
    );
}
