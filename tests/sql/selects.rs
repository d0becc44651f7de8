//! The clauses of a SELECT of one table, counts and existence tests, raw SQL.

use super::*;

#[test]
fn whole_tables_and_columns() {
    check(
        select::<User>(),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id", "name", "email", "is_admin", "age" FROM "users"
            -- MariaDB, MySQL
            SELECT `id`, `name`, `email`, `is_admin`, `age` FROM `users`
        "#]],
    );
    check(
        select::<User>().columns(|u| u.name),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "name" FROM "users"
            -- MariaDB, MySQL
            SELECT `name` FROM `users`
        "#]],
    );
    check(
        select::<User>().columns(|u| (u, u.id, (u.name, u.email))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id", "name", "email", "is_admin", "age", "id", "name", "email" FROM "users"
            -- MariaDB, MySQL
            SELECT `id`, `name`, `email`, `is_admin`, `age`, `id`, `name`, `email` FROM `users`
        "#]],
    );
    check(
        select::<User>().columns(|u| u.name).distinct(),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT DISTINCT "name" FROM "users"
            -- MariaDB, MySQL
            SELECT DISTINCT `name` FROM `users`
        "#]],
    );
}

#[test]
fn order() {
    let by = |query: Query<User>| query.columns(|u| u.id);
    check(
        by(select::<User>().order_by(|u| u.name)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" ORDER BY "name"
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY `name`
        "#]],
    );
    check(
        by(select::<User>().order_by(|u| (u.age.desc(), u.name.asc())).order_by(|u| u.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" ORDER BY "age" DESC, "name", "id"
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY `age` DESC, `name`, `id`
        "#]],
    );
    check(
        by(select::<User>().order_by(|u| (u.email.asc().nulls_first(), u.email.desc().nulls_last()))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" ORDER BY "email" NULLS FIRST, "email" DESC NULLS LAST
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY `email` IS NOT NULL, `email`, `email` IS NULL, `email` DESC
        "#]],
    );
    check(
        by(select::<User>().order_by(|u| vec![u.age.desc(), u.email.is_null().asc(), (u.age + 1).asc()])),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" ORDER BY "age" DESC, ("email" IS NULL), ("age" + ?)
            [Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "users" ORDER BY "age" DESC, ("email" IS NULL), ("age" + $1)
            [Int(1)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY `age` DESC, (`email` IS NULL), (`age` + ?)
            [Int(1)]
        "#]],
    );
    check(
        by(select::<User>().order_by(|u| (u.email.lower().desc().nulls_last(), u.email.eq("x").desc()))),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" ORDER BY LOWER("email") DESC NULLS LAST, ("email" = ?) DESC
            [Text("x")]
            -- PostgreSQL
            SELECT "id" FROM "users" ORDER BY LOWER("email") DESC NULLS LAST, ("email" = $1) DESC
            [Text("x")]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY LOWER(`email`) IS NULL, LOWER(`email`) DESC, (`email` = ?) DESC
            [Text("x")]
        "#]],
    );
    let by_name = User::column("admin").expect("a field");
    check(
        by(select::<User>().order_by(|u| (u.named(by_name).desc(), u.named(by_name)))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" ORDER BY "is_admin" DESC, "is_admin"
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY `is_admin` DESC, `is_admin`
        "#]],
    );
    check(
        by(select::<User>().order_by(|u| case::<i32>().when(u.name.eq("x"), 0).otherwise(1).asc())),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" ORDER BY CASE WHEN "name" = ? THEN ? ELSE ? END
            [Text("x"), Int(0), Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "users" ORDER BY CASE WHEN "name" = $1 THEN CAST($2 AS INTEGER) ELSE CAST($3 AS INTEGER) END
            [Text("x"), Int(0), Int(1)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY CASE WHEN `name` = ? THEN ? ELSE ? END
            [Text("x"), Int(0), Int(1)]
        "#]],
    );
    check(
        by(select::<User>().order_by(|_| val(1).desc())),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" ORDER BY ? DESC
            [Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "users" ORDER BY CAST($1 AS INTEGER) DESC
            [Int(1)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` ORDER BY ? DESC
            [Int(1)]
        "#]],
    );
}

#[test]
fn limit_and_offset() {
    let ids = || select::<User>().columns(|u| u.id);
    check(
        ids().limit(10),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" LIMIT 10
            -- MariaDB, MySQL
            SELECT `id` FROM `users` LIMIT 10
        "#]],
    );
    check(
        ids().limit(10).offset(20),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" LIMIT 10 OFFSET 20
            -- MariaDB, MySQL
            SELECT `id` FROM `users` LIMIT 10 OFFSET 20
        "#]],
    );
    check(
        ids().offset(20),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" LIMIT -1 OFFSET 20
            -- PostgreSQL
            SELECT "id" FROM "users" OFFSET 20
            -- MariaDB, MySQL
            SELECT `id` FROM `users` LIMIT 18446744073709551615 OFFSET 20
        "#]],
    );
    check(
        ids().limit(0),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" LIMIT 0
            -- MariaDB, MySQL
            SELECT `id` FROM `users` LIMIT 0
        "#]],
    );
}

#[test]
fn locks() {
    check(
        select::<User>().columns(|u| u.id).for_update(),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
            -- PostgreSQL
            SELECT "id" FROM "users" FOR UPDATE
            -- MariaDB, MySQL
            SELECT `id` FROM `users` FOR UPDATE
        "#]],
    );
    check(
        select::<User>().columns(|u| u.id).limit(1).for_share(),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
            -- PostgreSQL
            SELECT "id" FROM "users" LIMIT 1 FOR SHARE
            -- MariaDB
            SELECT `id` FROM `users` LIMIT 1 LOCK IN SHARE MODE
            -- MySQL
            SELECT `id` FROM `users` LIMIT 1 FOR SHARE
        "#]],
    );
}

#[test]
fn counts_and_existence() {
    check(
        Asked(select::<User>().filter(|u| u.admin).order_by(|u| u.name)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT(*) FROM "users" WHERE "is_admin"
            SELECT EXISTS (SELECT TRUE FROM "users" WHERE "is_admin" ORDER BY "name")
            -- MariaDB, MySQL
            SELECT COUNT(*) FROM `users` WHERE `is_admin`
            SELECT EXISTS (SELECT TRUE FROM `users` WHERE `is_admin` ORDER BY `name`)
        "#]],
    );
    check(
        Asked(select::<User>().columns(|u| u.age).distinct()),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT(*) FROM (SELECT DISTINCT "age" AS c0 FROM "users") AS counted
            SELECT EXISTS (SELECT DISTINCT "age" FROM "users")
            -- MariaDB, MySQL
            SELECT COUNT(*) FROM (SELECT DISTINCT `age` AS c0 FROM `users`) AS counted
            SELECT EXISTS (SELECT DISTINCT `age` FROM `users`)
        "#]],
    );
    check(
        Asked(select::<User>().limit(3).offset(1)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT(*) FROM (SELECT "id" AS c0, "name" AS c1, "email" AS c2, "is_admin" AS c3, "age" AS c4 FROM "users" LIMIT 3 OFFSET 1) AS counted
            SELECT EXISTS (SELECT TRUE FROM "users" LIMIT 3 OFFSET 1)
            -- MariaDB, MySQL
            SELECT COUNT(*) FROM (SELECT `id` AS c0, `name` AS c1, `email` AS c2, `is_admin` AS c3, `age` AS c4 FROM `users` LIMIT 3 OFFSET 1) AS counted
            SELECT EXISTS (SELECT TRUE FROM `users` LIMIT 3 OFFSET 1)
        "#]],
    );
    check(
        Asked(select::<User>().join(|u| u.posts).columns(|(u, p)| (u, p))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT(*) FROM "users" AS t0 JOIN "posts" AS t1 ON t1."author_id" = t0."id"
            SELECT EXISTS (SELECT TRUE FROM "users" AS t0 JOIN "posts" AS t1 ON t1."author_id" = t0."id")
            -- MariaDB, MySQL
            SELECT COUNT(*) FROM `users` AS t0 JOIN `posts` AS t1 ON t1.`author_id` = t0.`id`
            SELECT EXISTS (SELECT TRUE FROM `users` AS t0 JOIN `posts` AS t1 ON t1.`author_id` = t0.`id`)
        "#]],
    );
    check(
        Asked(select::<User>().columns(|u| max(u.age))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT(*) FROM (SELECT MAX("age") AS c0 FROM "users") AS counted
            SELECT EXISTS (SELECT MAX("age") FROM "users")
            -- MariaDB, MySQL
            SELECT COUNT(*) FROM (SELECT MAX(`age`) AS c0 FROM `users`) AS counted
            SELECT EXISTS (SELECT MAX(`age`) FROM `users`)
        "#]],
    );
    check(
        Asked(select::<User>().group_by(|u| u.age).columns(|u| (u.age, count_all()))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT(*) FROM (SELECT "age" AS c0, COUNT(*) AS c1 FROM "users" GROUP BY "age") AS counted
            SELECT EXISTS (SELECT "age", COUNT(*) FROM "users" GROUP BY "age")
            -- MariaDB, MySQL
            SELECT COUNT(*) FROM (SELECT `age` AS c0, COUNT(*) AS c1 FROM `users` GROUP BY `age`) AS counted
            SELECT EXISTS (SELECT `age`, COUNT(*) FROM `users` GROUP BY `age`)
        "#]],
    );
}

#[test]
fn raw() {
    check(
        sql("SELECT id FROM users WHERE id > :id AND name <> ':id' AND age::int < :age OR id = :id")
            .bind("id", 3_i64)
            .bind("age", 9),
        expect![[r#"
            -- SQLite, MariaDB, MySQL
            SELECT id FROM users WHERE id > ? AND name <> ':id' AND age::int < ? OR id = ?
            [Int(3), Int(9), Int(3)]
            -- PostgreSQL
            SELECT id FROM users WHERE id > $1 AND name <> ':id' AND age::int < $2 OR id = $3
            [Int(3), Int(9), Int(3)]
        "#]],
    );
    check(
        sql("SELECT :none, :text").bind("none", None::<i64>).bind("text", "it's"),
        expect![[r#"
            -- SQLite, MariaDB, MySQL
            SELECT ?, ?
            [Null, Text("it's")]
            -- PostgreSQL
            SELECT $1, $2
            [Null, Text("it's")]
        "#]],
    );
    // A placeholder is a word of its own.
    check(
        sql("SELECT x:a:b").bind("a", 1_i64).bind("b", 2_i64),
        expect![[r#"
            -- SQLite, MariaDB, MySQL
            SELECT x ? ?
            [Int(1), Int(2)]
            -- PostgreSQL
            SELECT x $1 $2
            [Int(1), Int(2)]
        "#]],
    );
    check(
        sql("VACUUM"),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            VACUUM
        "#]],
    );
    check(
        sql("SELECT :id"),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: no value was bound to `:id`
        "#]],
    );
    check(
        sql("SELECT 1").bind("id", 1),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: a value was bound to `:id`, which is not in the statement
        "#]],
    );
}
