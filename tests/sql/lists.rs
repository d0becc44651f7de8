//! IN, with lists and with queries.

use super::*;

#[test]
fn lists() {
    filter(
        |u| u.id.in_([7]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "id" IN (?)
            [Int(7)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "id" = ANY($1)
            [Array([Int(7)])]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `id` IN (?)
            [Int(7)]
        "#]],
    );
    filter(
        |u| u.id.in_([1, 2, 3]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "id" IN (?, ?, ?, ?)
            [Int(1), Int(2), Int(3), Int(3)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "id" = ANY($1)
            [Array([Int(1), Int(2), Int(3)])]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `id` IN (?, ?, ?, ?)
            [Int(1), Int(2), Int(3), Int(3)]
        "#]],
    );
    filter(
        |u| u.name.not_in(["a", "b"]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "name" NOT IN (?, ?)
            [Text("a"), Text("b")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "name" <> ALL($1)
            [Array([Text("a"), Text("b")])]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `name` NOT IN (?, ?)
            [Text("a"), Text("b")]
        "#]],
    );
    filter(
        |u| u.id.in_(Vec::<i64>::new()) | u.id.not_in(Vec::<i64>::new()),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE FALSE OR TRUE
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE FALSE OR TRUE
        "#]],
    );
    filter(
        |u| u.email.in_([Some("a".to_owned()), None]) & u.admin,
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("email" IN (?) OR "email" IS NULL) AND "is_admin"
            [Text("a")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("email" = ANY($1) OR "email" IS NULL) AND "is_admin"
            [Array([Text("a")])]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (`email` IN (?) OR `email` IS NULL) AND `is_admin`
            [Text("a")]
        "#]],
    );
    filter(
        |u| u.email.in_([None]),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE "email" IS NULL
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `email` IS NULL
        "#]],
    );
    filter(
        |u| u.email.not_in([Some("a".to_owned()), None]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE NOT ("email" IN (?) OR "email" IS NULL)
            [Text("a")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE NOT ("email" = ANY($1) OR "email" IS NULL)
            [Array([Text("a")])]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE NOT (`email` IN (?) OR `email` IS NULL)
            [Text("a")]
        "#]],
    );
}

#[test]
fn lists_of_expressions() {
    filter(
        |u| u.id.in_([u.age.cast::<i64>(), u.id + 1]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "id" IN (CAST("age" AS INTEGER), "id" + ?)
            [Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "id" IN (CAST("age" AS BIGINT), "id" + $1)
            [Int(1)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `id` IN (CAST(`age` AS SIGNED), `id` + ?)
            [Int(1)]
        "#]],
    );
    filter(
        |u| (u.age + 1).in_([1, 2]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("age" + ?) IN (?, ?)
            [Int(1), Int(1), Int(2)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("age" + $1) = ANY($2)
            [Int(1), Array([Int(1), Int(2)])]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (`age` + ?) IN (?, ?)
            [Int(1), Int(1), Int(2)]
        "#]],
    );
    filter(
        |u| val(3_i64).in_([u.id]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ? IN ("id")
            [Int(3)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE CAST($1 AS BIGINT) IN ("id")
            [Int(3)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE ? IN (`id`)
            [Int(3)]
        "#]],
    );
}

#[test]
fn tuples() {
    filter(
        |u| (u.id, u.name).in_([(1, "a"), (2, "b"), (3, "c")]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("id", "name") IN (VALUES (?, ?), (?, ?), (?, ?))
            [Int(1), Text("a"), Int(2), Text("b"), Int(3), Text("c")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("id", "name") IN (($1, $2), ($3, $4), ($5, $6))
            [Int(1), Text("a"), Int(2), Text("b"), Int(3), Text("c")]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (`id`, `name`) IN ((?, ?), (?, ?), (?, ?))
            [Int(1), Text("a"), Int(2), Text("b"), Int(3), Text("c")]
        "#]],
    );
    filter(
        |u| (u.id, u.email, u.age).in_([(1, u.name, 3)]),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("id", "email", "age") IN (VALUES (?, "name", ?))
            [Int(1), Int(3)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("id", "email", "age") IN (($1, "name", $2))
            [Int(1), Int(3)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (`id`, `email`, `age`) IN ((?, `name`, ?))
            [Int(1), Int(3)]
        "#]],
    );
    filter(
        |u| (u.id, u.name).in_(Vec::<(i64, String)>::new()),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE FALSE
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE FALSE
        "#]],
    );
}

#[test]
fn queries() {
    filter(
        |u| u.id.in_(select::<Post>().columns(|p| p.author)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE t0."id" IN (SELECT t1."author_id" FROM "posts" AS t1)
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE t0.`id` IN (SELECT t1.`author_id` FROM `posts` AS t1)
        "#]],
    );
    filter(
        |u| u.name.not_in(select::<Post>().filter(|p| p.author.eq(u.id)).columns(|p| p.title)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE t0."name" NOT IN (SELECT t1."title" FROM "posts" AS t1 WHERE t1."author_id" = t0."id")
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE t0.`name` NOT IN (SELECT t1.`title` FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id`)
        "#]],
    );
    filter(
        |u| (u.id + 1).in_(select::<User>().columns(|v| v.id).limit(3)),
        expect![[r#"
            -- SQLite
            SELECT t0."id" FROM "users" AS t0 WHERE (t0."id" + ?) IN (SELECT t1."id" FROM "users" AS t1 LIMIT 3)
            [Int(1)]
            -- PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE (t0."id" + $1) IN (SELECT t1."id" FROM "users" AS t1 LIMIT 3)
            [Int(1)]
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE (t0.`id` + ?) IN (SELECT * FROM (SELECT t1.`id` AS c0 FROM `users` AS t1 LIMIT 3) AS limited)
            [Int(1)]
        "#]],
    );
}
