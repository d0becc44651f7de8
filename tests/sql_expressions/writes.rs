//! INSERT of defaults and of rows that may exist, joined writes that return, and writes in the WITH clause.

use super::{Post, User, check, query, shown};
use expect_test::expect;
use orm::prelude::*;

#[test]
fn inserts_of_defaults() {
    check(
        |dialect| shown(insert_into::<User>().default_values().to_sql(dialect)),
        expect![[r#"
        SQLite, PostgreSQL:
        INSERT INTO "users" DEFAULT VALUES
        MariaDB, MySQL:
        INSERT INTO `users` () VALUES ()
    "#]],
    );
    let returned = insert_into::<User>().default_values().returning(|u| u.id);
    check(
        |dialect| shown(returned.to_sql(dialect)),
        expect![[r#"
        SQLite, PostgreSQL:
        INSERT INTO "users" DEFAULT VALUES RETURNING "id"
        MariaDB:
        INSERT INTO `users` () VALUES () RETURNING `id`
        MySQL:
        Unsupported: it does not have INSERT .. RETURNING
    "#]],
    );
}

#[test]
fn upserts_of_queries() {
    let rows = || select::<Post>().columns(|p| (p.title, p.id.cast::<i32>()));
    let insert = insert_into::<User>().select(rows(), |u| (u.name, u.logins)).on_conflict(|u| u.name);
    let added = insert.do_update(|u, new| u.logins.to(u.logins + new.logins));
    check(
        |dialect| shown(added.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") SELECT * FROM (SELECT t0."title" AS c0, CAST(t0."id" AS INTEGER) AS c1 FROM "posts" AS t0) AS t1 WHERE TRUE ON CONFLICT ("name") DO UPDATE SET "logins" = "users"."logins" + excluded."logins"
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 ON CONFLICT ("name") DO UPDATE SET "logins" = "users"."logins" + excluded."logins"
        MariaDB:
        INSERT INTO `users` (`name`, `logins`) SELECT t0.`title`, CAST(t0.`id` AS SIGNED) FROM `posts` AS t0 ON DUPLICATE KEY UPDATE `logins` = `users`.`logins` + VALUES(`logins`)
        MySQL:
        INSERT INTO `users` (`name`, `logins`) SELECT * FROM (SELECT t0.`title` AS c0, CAST(t0.`id` AS SIGNED) AS c1 FROM `posts` AS t0) AS new (`name`, `logins`) ON DUPLICATE KEY UPDATE `logins` = `users`.`logins` + new.`logins`
    "#]],
    );
    let few = rows().filter(|p| p.score.gt(1.0));
    let kept = insert_into::<User>().select(few, |u| (u.name, u.logins)).on_conflict(|u| u.name).do_nothing();
    check(
        |dialect| shown(kept.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 WHERE t0."score" > ? ON CONFLICT ("name") DO NOTHING
        [Float(1.0)]
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 WHERE t0."score" > $1 ON CONFLICT ("name") DO NOTHING
        [Float(1.0)]
        MariaDB, MySQL:
        INSERT INTO `users` (`name`, `logins`) SELECT t0.`title`, CAST(t0.`id` AS SIGNED) FROM `posts` AS t0 WHERE t0.`score` > ? ON DUPLICATE KEY UPDATE `id` = `users`.`id`
        [Float(1.0)]
    "#]],
    );
    // What a row that was not given would have been is known to some only.
    let insert = insert_into::<User>().select(rows(), |u| (u.name, u.logins)).on_conflict(|u| u.name);
    let left_out = insert.do_update(|u, new| u.email.to(new.email));
    check(
        |dialect| shown(left_out.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") SELECT * FROM (SELECT t0."title" AS c0, CAST(t0."id" AS INTEGER) AS c1 FROM "posts" AS t0) AS t1 WHERE TRUE ON CONFLICT ("name") DO UPDATE SET "email" = excluded."email"
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 ON CONFLICT ("name") DO UPDATE SET "email" = excluded."email"
        MariaDB:
        INSERT INTO `users` (`name`, `logins`) SELECT t0.`title`, CAST(t0.`id` AS SIGNED) FROM `posts` AS t0 ON DUPLICATE KEY UPDATE `email` = VALUES(`email`)
        MySQL:
        Unsupported: it does not have the value of a column that the INSERT leaves out, in ON CONFLICT
    "#]],
    );
    // The rows bring their own primary key, which may exist, too.
    let keyed = select::<Post>().columns(|p| (p.id, p.title, val(1)));
    let insert = insert_into::<User>().select(keyed, |u| (u.id, u.name, u.logins)).on_conflict(|u| u.name);
    let two_keys = insert.do_nothing().returning(|u| u.id);
    check(
        |dialect| shown(two_keys.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("id", "name", "logins") SELECT * FROM (SELECT t0."id" AS c0, t0."title" AS c1, ? AS c2 FROM "posts" AS t0) AS t1 WHERE TRUE ON CONFLICT ("name") DO NOTHING RETURNING "id"
        [Int(1)]
        PostgreSQL:
        INSERT INTO "users" ("id", "name", "logins") SELECT t0."id", t0."title", CAST($1 AS INTEGER) FROM "posts" AS t0 ON CONFLICT ("name") DO NOTHING RETURNING "id"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have ON CONFLICT of one unique key of users where there are several (it would react to any of them)
    "#]],
    );
}

#[test]
fn inserts_of_queries_with_a_cte() {
    let few = cte(select::<Post>().filter(|p| p.score.gt(1.0)).columns(|p| (p.title, val(1))));
    let insert = insert_into::<User>().select(select_from(few), |u| (u.name, u.logins));
    check(
        |dialect| shown(insert.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") WITH cte0 AS (SELECT "title" AS c0, ? AS c1 FROM "posts" WHERE "score" > ?) SELECT t1.c0, t1.c1 FROM cte0 AS t1
        [Int(1), Float(1.0)]
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") WITH cte0 AS (SELECT "title" AS c0, CAST($1 AS INTEGER) AS c1 FROM "posts" WHERE "score" > $2) SELECT t1.c0, t1.c1 FROM cte0 AS t1
        [Int(1), Float(1.0)]
        MariaDB, MySQL:
        INSERT INTO `users` (`name`, `logins`) WITH cte0 AS (SELECT `title` AS c0, ? AS c1 FROM `posts` WHERE `score` > ?) SELECT t1.c0, t1.c1 FROM cte0 AS t1
        [Int(1), Float(1.0)]
    "#]],
    );
}

#[test]
fn joined_writes_return() {
    let raise = update::<Post>().join(|p| p.author).set(|(p, u)| p.title.to(u.name)).filter(|(_, u)| u.logins.gt(1));
    let own = raise.clone().returning(|(p, _)| (p.id, p.title));
    check(
        |dialect| shown(own.to_sql(dialect)),
        expect![[r#"
        SQLite:
        UPDATE "posts" AS t0 SET "title" = t1."name" FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > ?) RETURNING "id", "title"
        [Int(1)]
        PostgreSQL:
        UPDATE "posts" AS t0 SET "title" = t1."name" FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > $1) RETURNING t0."id", t0."title"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have UPDATE .. RETURNING with joins
    "#]],
    );
    let both = raise.returning(|(p, u)| (p.id, u.name));
    check(
        |dialect| shown(both.to_sql(dialect)),
        expect![[r#"
        SQLite:
        Unsupported: it does not have UPDATE .. RETURNING of anything but columns of the changed table
        PostgreSQL:
        UPDATE "posts" AS t0 SET "title" = t1."name" FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > $1) RETURNING t0."id", t1."name"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have UPDATE .. RETURNING with joins
    "#]],
    );
    let gone = delete::<Post>().join(|p| p.author).filter(|(_, u)| u.logins.gt(1)).returning(|(p, _)| p.id);
    check(
        |dialect| shown(gone.to_sql(dialect)),
        expect![[r#"
        SQLite:
        DELETE FROM "posts" WHERE ("id") IN (SELECT t0."id" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id" WHERE t1."logins" > ?) RETURNING "id"
        [Int(1)]
        PostgreSQL:
        DELETE FROM "posts" AS t0 USING "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > $1) RETURNING t0."id"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have DELETE .. RETURNING with joins
    "#]],
    );
}

#[test]
fn left_joined_writes() {
    let named = update::<Post>()
        .left_join(|p| p.author)
        .set(|(p, u)| (p.body.to(u.name), p.score.to(p.score + 1.0)))
        .filter(|(p, u)| u.id.is_null() | p.score.gt(2.0));
    check(
        |dialect| shown(named.to_sql(dialect)),
        expect![[r#"
        SQLite:
        UPDATE "posts" AS t0 SET "body" = t1."name", "score" = t0."score" + ? FROM "posts" AS t2 LEFT JOIN "users" AS t1 ON t2."author_id" = t1."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL OR t0."score" > ?)
        [Float(1.0), Float(2.0)]
        PostgreSQL:
        UPDATE "posts" AS t0 SET "body" = t1."name", "score" = t0."score" + $1 FROM "posts" AS t2 LEFT JOIN "users" AS t1 ON t2."author_id" = t1."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL OR t0."score" > $2)
        [Float(1.0), Float(2.0)]
        MariaDB, MySQL:
        UPDATE `posts` AS t0 LEFT JOIN `users` AS t1 ON t0.`author_id` = t1.`id` SET t0.`body` = t1.`name`, t0.`score` = t0.`score` + ? WHERE t1.`id` IS NULL OR t0.`score` > ?
        [Float(1.0), Float(2.0)]
    "#]],
    );
    let gone = delete::<User>().left_join(|u| u.posts).filter(|(_, p)| p.id.is_null());
    check(
        |dialect| shown(gone.to_sql(dialect)),
        expect![[r#"
        SQLite:
        DELETE FROM "users" WHERE ("id") IN (SELECT t0."id" FROM "users" AS t0 LEFT JOIN "posts" AS t1 ON t1."author_id" = t0."id" WHERE t1."id" IS NULL)
        PostgreSQL:
        DELETE FROM "users" AS t0 USING "users" AS t2 LEFT JOIN "posts" AS t1 ON t1."author_id" = t2."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL)
        MariaDB, MySQL:
        DELETE t0 FROM `users` AS t0 LEFT JOIN `posts` AS t1 ON t1.`author_id` = t0.`id` WHERE t1.`id` IS NULL
    "#]],
    );
    let returned = gone.returning(|(u, p)| (u, p));
    check(
        |dialect| shown(returned.to_sql(dialect)),
        expect![[r#"
        SQLite:
        Unsupported: it does not have DELETE .. RETURNING of anything but columns of the changed table
        PostgreSQL:
        DELETE FROM "users" AS t0 USING "users" AS t2 LEFT JOIN "posts" AS t1 ON t1."author_id" = t2."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL) RETURNING t0."id", t0."name", t0."email", t0."logins", t1."id", t1."title", t1."body", t1."score", t1."author_id"
        MariaDB, MySQL:
        Unsupported: it does not have DELETE .. RETURNING with joins
    "#]],
    );
}

#[test]
fn writing_ctes() {
    let moved = cte(delete::<Post>().filter(|p| p.score.lt(1.0)).returning(|p| (p.title, p.score)));
    query(
        select_from(&moved).filter(|(_, score)| score.gt(0.5)).columns(|(title, _)| title),
        expect![[r#"
        SQLite, MariaDB, MySQL:
        Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
        PostgreSQL:
        WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score") SELECT t0.c0 FROM cte0 AS t0 WHERE t0.c1 > $2
        [Float(1.0), Float(0.5)]
    "#]],
    );
    let raised = cte(update::<Post>()
        .join(|p| p.author)
        .set(|(p, _)| p.score.to(p.score + 1.0))
        .filter(|(_, u)| u.name.in_(select_from(&moved).columns(|(title, _)| title)))
        .returning(|(p, u)| (p, u.name)));
    query(
        select_from(&raised)
            .join_on(select::<User>(), |((_, name), u)| u.name.eq(name))
            .columns(|((p, _), u)| (p.id, u.id)),
        expect![[r#"
            SQLite, MariaDB, MySQL:
            Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
            PostgreSQL:
            WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score"), cte1 (c0, c1, c2, c3, c4, c5) AS (UPDATE "posts" AS t0 SET "score" = t0."score" + $2 FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."name" IN (SELECT t2.c0 FROM cte0 AS t2)) RETURNING t0."id", t0."title", t0."body", t0."score", t0."author_id", t1."name") SELECT t3.c0, t4."id" FROM cte1 AS t3 JOIN "users" AS t4 ON t4."name" = t3.c5
            [Float(1.0), Float(1.0)]
        "#]],
    );
    let copied =
        insert_into::<User>().select(select_from(&moved).columns(|(title, _)| (title, val(1))), |u| (u.name, u.logins));
    check(
        |dialect| shown(copied.to_sql(dialect)),
        expect![[r#"
        SQLite, MariaDB, MySQL:
        Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
        PostgreSQL:
        WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score") INSERT INTO "users" ("name", "logins") SELECT t0.c0, CAST($2 AS INTEGER) FROM cte0 AS t0
        [Float(1.0), Int(1)]
    "#]],
    );
    let named = cte(copied.on_conflict(|u| u.name).do_nothing().returning(|u| u.id));
    let default = cte(insert_into::<User>().default_values().returning(|u| u.id));
    query(
        select_from(named).union_all(select_from(default)),
        expect![[r#"
        SQLite, MariaDB, MySQL:
        Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
        PostgreSQL:
        WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score"), cte1 (c0) AS (INSERT INTO "users" ("name", "logins") SELECT t0.c0, CAST($2 AS INTEGER) FROM cte0 AS t0 ON CONFLICT ("name") DO NOTHING RETURNING "id"), cte2 (c0) AS (INSERT INTO "users" DEFAULT VALUES RETURNING "id") SELECT t1.c0 FROM cte1 AS t1 UNION ALL SELECT t2.c0 FROM cte2 AS t2
        [Float(1.0), Int(1)]
    "#]],
    );
}
