//! UPDATE and DELETE, and RETURNING.

use super::*;

#[test]
fn updates() {
    check(
        update::<User>().set(|u| u.admin.to(true)).filter(|u| u.id.eq(7)),
        expect![[r#"
            -- SQLite
            UPDATE "users" SET "is_admin" = ? WHERE "id" = ?
            [Bool(true), Int(7)]
            -- PostgreSQL
            UPDATE "users" SET "is_admin" = $1 WHERE "id" = $2
            [Bool(true), Int(7)]
            -- MariaDB, MySQL
            UPDATE `users` SET `is_admin` = ? WHERE `id` = ?
            [Bool(true), Int(7)]
        "#]],
    );
    check(
        update::<User>().set(|u| (u.email.to(None), u.age.to(u.age + 1), u.name.to(u.email.coalesce("x")))).every_row(),
        expect![[r#"
            -- SQLite
            UPDATE "users" SET "email" = ?, "age" = "age" + ?, "name" = COALESCE("email", ?)
            [Null, Int(1), Text("x")]
            -- PostgreSQL
            UPDATE "users" SET "email" = $1, "age" = "age" + $2, "name" = COALESCE("email", CAST($3 AS TEXT))
            [Null, Int(1), Text("x")]
            -- MariaDB
            Unsupported: MariaDB does not have assignments that read a column assigned earlier in the same UPDATE as it was before
            -- MySQL
            Unsupported: MySQL does not have assignments that read a column assigned earlier in the same UPDATE as it was before
        "#]],
    );
    check(
        update::<User>().set(|u| (u.name.to(u.email.coalesce("x")), u.email.to(u.name))).every_row(),
        expect![[r#"
            -- SQLite
            UPDATE "users" SET "name" = COALESCE("email", ?), "email" = "name"
            [Text("x")]
            -- PostgreSQL
            UPDATE "users" SET "name" = COALESCE("email", CAST($1 AS TEXT)), "email" = "name"
            [Text("x")]
            -- MariaDB
            Unsupported: MariaDB does not have assignments that read a column assigned earlier in the same UPDATE as it was before
            -- MySQL
            Unsupported: MySQL does not have assignments that read a column assigned earlier in the same UPDATE as it was before
        "#]],
    );
    check(
        update::<User>().set(|u| u.admin.to(u.email.eq("x"))).filter(|u| u.admin),
        expect![[r#"
            -- SQLite
            UPDATE "users" SET "is_admin" = ("email" = ?) IS TRUE WHERE "is_admin"
            [Text("x")]
            -- PostgreSQL
            UPDATE "users" SET "is_admin" = ("email" = $1) IS TRUE WHERE "is_admin"
            [Text("x")]
            -- MariaDB, MySQL
            UPDATE `users` SET `is_admin` = (`email` = ?) IS TRUE WHERE `is_admin`
            [Text("x")]
        "#]],
    );
    check(
        update::<User>().filter(|u| u.id.eq(1)),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: an update of users assigns nothing: use `.set(..)`
        "#]],
    );
    check(
        update::<User>().set(|_| Vec::new()).filter(|u| u.id.eq(1)),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: an update of users assigns nothing: use `.set(..)`
        "#]],
    );
}

#[test]
fn updates_with_queries() {
    check(
        update::<User>().set(|u| u.admin.to(true)).filter(|u| u.posts.any(|p| p.score.gt(4.0))),
        expect![[r#"
            -- SQLite
            UPDATE "users" SET "is_admin" = ? WHERE EXISTS (SELECT TRUE FROM "posts" AS t0 WHERE t0."author_id" = "users"."id" AND t0."score" > ?)
            [Bool(true), Float(4.0)]
            -- PostgreSQL
            UPDATE "users" SET "is_admin" = $1 WHERE EXISTS (SELECT TRUE FROM "posts" AS t0 WHERE t0."author_id" = "users"."id" AND t0."score" > $2)
            [Bool(true), Float(4.0)]
            -- MariaDB, MySQL
            UPDATE `users` SET `is_admin` = ? WHERE EXISTS (SELECT TRUE FROM `posts` AS t0 WHERE t0.`author_id` = `users`.`id` AND t0.`score` > ?)
            [Bool(true), Float(4.0)]
        "#]],
    );
    check(
        update::<User>()
            .set(|u| u.email.to(select::<Post>().filter(|p| p.author.eq(u.id)).columns(|p| max(p.title))))
            .every_row(),
        expect![[r#"
            -- SQLite, PostgreSQL
            UPDATE "users" SET "email" = (SELECT MAX(t0."title") FROM "posts" AS t0 WHERE t0."author_id" = "users"."id")
            -- MariaDB, MySQL
            UPDATE `users` SET `email` = (SELECT MAX(t0.`title`) FROM `posts` AS t0 WHERE t0.`author_id` = `users`.`id`)
        "#]],
    );
    check(
        update::<User>()
            .set(|u| u.admin.to(true))
            .filter(|u| u.id.in_(select::<User>().filter(|v| v.age.gt(9)).columns(|v| v.id))),
        expect![[r#"
            -- SQLite
            UPDATE "users" SET "is_admin" = ? WHERE "users"."id" IN (SELECT t0."id" FROM "users" AS t0 WHERE t0."age" > ?)
            [Bool(true), Int(9)]
            -- PostgreSQL
            UPDATE "users" SET "is_admin" = $1 WHERE "users"."id" IN (SELECT t0."id" FROM "users" AS t0 WHERE t0."age" > $2)
            [Bool(true), Int(9)]
            -- MariaDB, MySQL
            UPDATE `users` SET `is_admin` = ? WHERE `users`.`id` IN (SELECT t0.`id` FROM (SELECT * FROM `users`) AS t0 WHERE t0.`age` > ?)
            [Bool(true), Int(9)]
        "#]],
    );
}

#[test]
fn updates_of_a_version() {
    check(
        update::<Page>().set(|p| p.title.to("x")).filter(|p| p.id.eq(1)),
        expect![[r#"
            -- SQLite
            UPDATE "pages" SET "title" = ?, "version" = "version" + 1 WHERE "id" = ?
            [Text("x"), Int(1)]
            -- PostgreSQL
            UPDATE "pages" SET "title" = $1, "version" = "version" + 1 WHERE "id" = $2
            [Text("x"), Int(1)]
            -- MariaDB, MySQL
            UPDATE `pages` SET `title` = ?, `version` = `version` + 1 WHERE `id` = ?
            [Text("x"), Int(1)]
        "#]],
    );
    check(
        update::<Page>().set(|p| (p.title.to("x"), p.version.to(9))).filter(|p| p.id.eq(1)),
        expect![[r#"
            -- SQLite
            UPDATE "pages" SET "title" = ?, "version" = ? WHERE "id" = ?
            [Text("x"), Int(9), Int(1)]
            -- PostgreSQL
            UPDATE "pages" SET "title" = $1, "version" = $2 WHERE "id" = $3
            [Text("x"), Int(9), Int(1)]
            -- MariaDB, MySQL
            UPDATE `pages` SET `title` = ?, `version` = ? WHERE `id` = ?
            [Text("x"), Int(9), Int(1)]
        "#]],
    );
}

#[test]
fn updates_of_references() {
    check(
        update::<Note>().set(|n| (n.about.to((1, 2)), n.reply.to(None))).filter(|n| n.id.eq(1)),
        expect![[r#"
            -- SQLite
            UPDATE "notes" SET "about_user_id" = ?, "about_group_id" = ?, "reply_user_id" = ?, "reply_group_id" = ? WHERE "id" = ?
            [Int(1), Int(2), Null, Null, Int(1)]
            -- PostgreSQL
            UPDATE "notes" SET "about_user_id" = $1, "about_group_id" = $2, "reply_user_id" = $3, "reply_group_id" = $4 WHERE "id" = $5
            [Int(1), Int(2), Null, Null, Int(1)]
            -- MariaDB, MySQL
            UPDATE `notes` SET `about_user_id` = ?, `about_group_id` = ?, `reply_user_id` = ?, `reply_group_id` = ? WHERE `id` = ?
            [Int(1), Int(2), Null, Null, Int(1)]
        "#]],
    );
    check(
        update::<Note>().set(|n| n.reply.to(n.about)).filter(|n| n.about.eq((1, 2))),
        expect![[r#"
            -- SQLite
            UPDATE "notes" SET "reply_user_id" = "about_user_id", "reply_group_id" = "about_group_id" WHERE ("about_user_id", "about_group_id") = (?, ?)
            [Int(1), Int(2)]
            -- PostgreSQL
            UPDATE "notes" SET "reply_user_id" = "about_user_id", "reply_group_id" = "about_group_id" WHERE ("about_user_id", "about_group_id") = ($1, $2)
            [Int(1), Int(2)]
            -- MariaDB, MySQL
            UPDATE `notes` SET `reply_user_id` = `about_user_id`, `reply_group_id` = `about_group_id` WHERE (`about_user_id`, `about_group_id`) = (?, ?)
            [Int(1), Int(2)]
        "#]],
    );
    check(
        update::<Post>().set(|p| (p.author.to(3), p.editor.to(p.author))).every_row(),
        expect![[r#"
            -- SQLite
            UPDATE "posts" SET "author_id" = ?, "editor_id" = "author_id"
            [Int(3)]
            -- PostgreSQL
            UPDATE "posts" SET "author_id" = $1, "editor_id" = "author_id"
            [Int(3)]
            -- MariaDB
            Unsupported: MariaDB does not have assignments that read a column assigned earlier in the same UPDATE as it was before
            -- MySQL
            Unsupported: MySQL does not have assignments that read a column assigned earlier in the same UPDATE as it was before
        "#]],
    );
}

#[test]
fn deletes() {
    check(
        delete::<Post>().filter(|p| p.score.lt(0.0) & p.author.in_([1, 2])),
        expect![[r#"
            -- SQLite
            DELETE FROM "posts" WHERE "score" < ? AND "author_id" IN (?, ?)
            [Float(0.0), Int(1), Int(2)]
            -- PostgreSQL
            DELETE FROM "posts" WHERE "score" < $1 AND "author_id" = ANY($2)
            [Float(0.0), Array([Int(1), Int(2)])]
            -- MariaDB, MySQL
            DELETE FROM `posts` WHERE `score` < ? AND `author_id` IN (?, ?)
            [Float(0.0), Int(1), Int(2)]
        "#]],
    );
    check(
        delete::<Post>().every_row(),
        expect![[r#"
            -- SQLite, PostgreSQL
            DELETE FROM "posts"
            -- MariaDB, MySQL
            DELETE FROM `posts`
        "#]],
    );
    check(
        delete::<User>().filter(|u| !exists(select::<Post>().filter(|p| p.author.eq(u.id)))),
        expect![[r#"
            -- SQLite, PostgreSQL
            DELETE FROM "users" WHERE NOT EXISTS (SELECT TRUE FROM "posts" AS t0 WHERE t0."author_id" = "users"."id")
            -- MariaDB, MySQL
            DELETE FROM `users` WHERE NOT EXISTS (SELECT TRUE FROM `posts` AS t0 WHERE t0.`author_id` = `users`.`id`)
        "#]],
    );
    check(
        delete::<User>().filter(|u| u.id.in_(select::<User>().filter(|v| v.age.lt(1)).columns(|v| v.id))),
        expect![[r#"
            -- SQLite
            DELETE FROM "users" WHERE "users"."id" IN (SELECT t0."id" FROM "users" AS t0 WHERE t0."age" < ?)
            [Int(1)]
            -- PostgreSQL
            DELETE FROM "users" WHERE "users"."id" IN (SELECT t0."id" FROM "users" AS t0 WHERE t0."age" < $1)
            [Int(1)]
            -- MariaDB, MySQL
            DELETE FROM `users` WHERE `users`.`id` IN (SELECT t0.`id` FROM (SELECT * FROM `users`) AS t0 WHERE t0.`age` < ?)
            [Int(1)]
        "#]],
    );
}

#[test]
fn returning() {
    check(
        update::<User>().set(|u| u.age.to(1)).filter(|u| u.id.eq(1)).returning(|u| (u.id, u.email.eq("x"))),
        expect![[r#"
            -- SQLite
            UPDATE "users" SET "age" = ? WHERE "id" = ? RETURNING "id", ("email" = ?) IS TRUE
            [Int(1), Int(1), Text("x")]
            -- PostgreSQL
            UPDATE "users" SET "age" = $1 WHERE "id" = $2 RETURNING "id", ("email" = $3) IS TRUE
            [Int(1), Int(1), Text("x")]
            -- MariaDB
            Unsupported: MariaDB does not have UPDATE .. RETURNING
            -- MySQL
            Unsupported: MySQL does not have UPDATE .. RETURNING
        "#]],
    );
    check(
        delete::<User>().filter(|u| u.id.eq(1)).returning(|u| u),
        expect![[r#"
            -- SQLite
            DELETE FROM "users" WHERE "id" = ? RETURNING "id", "name", "email", "is_admin", "age"
            [Int(1)]
            -- PostgreSQL
            DELETE FROM "users" WHERE "id" = $1 RETURNING "id", "name", "email", "is_admin", "age"
            [Int(1)]
            -- MariaDB
            DELETE FROM `users` WHERE `id` = ? RETURNING `id`, `name`, `email`, `is_admin`, `age`
            [Int(1)]
            -- MySQL
            Unsupported: MySQL does not have DELETE .. RETURNING
        "#]],
    );
    check(
        insert(&user(0, "a")).returning(|u| u.id),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES (?, ?, ?, ?) RETURNING "id"
            [Text("a"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4) RETURNING "id"
            [Text("a"), Null, Bool(false), Int(7)]
            -- MariaDB
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?) RETURNING `id`
            [Text("a"), Null, Bool(false), Int(7)]
            -- MySQL
            Unsupported: MySQL does not have INSERT .. RETURNING
        "#]],
    );
    check(
        insert(&user(0, "a")).returning(|u| (u, u.age + 1)),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES (?, ?, ?, ?) RETURNING "id", "name", "email", "is_admin", "age", "age" + ?
            [Text("a"), Null, Bool(false), Int(7), Int(1)]
            -- PostgreSQL
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4) RETURNING "id", "name", "email", "is_admin", "age", "age" + $5
            [Text("a"), Null, Bool(false), Int(7), Int(1)]
            -- MariaDB
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?) RETURNING `id`, `name`, `email`, `is_admin`, `age`, `age` + ?
            [Text("a"), Null, Bool(false), Int(7), Int(1)]
            -- MySQL
            Unsupported: MySQL does not have INSERT .. RETURNING
        "#]],
    );
}
