//! Queries inside expressions, correlated and not.

use super::*;

#[test]
fn exists_at_two_levels() {
    filter(
        |u| exists(select::<Post>().filter(|p| p.author.eq(u.id) & p.title.like("%rust%"))),
        expect![[r#"
            -- SQLite
            SELECT t0."id" FROM "users" AS t0 WHERE EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id" AND t1."title" LIKE ? ESCAPE '\')
            [Text("%rust%")]
            -- PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id" AND t1."title" LIKE $1)
            [Text("%rust%")]
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE EXISTS (SELECT TRUE FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id` AND t1.`title` LIKE ?)
            [Text("%rust%")]
        "#]],
    );
    filter(
        |u| {
            !exists(
                select::<Post>()
                    .filter(|p| p.author.eq(u.id) & exists(select::<Note>().filter(|n| n.id.eq(p.id) & n.id.eq(u.id)))),
            )
        },
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE NOT EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id" AND EXISTS (SELECT TRUE FROM "notes" AS t2 WHERE t2."id" = t1."id" AND t2."id" = t0."id"))
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE NOT EXISTS (SELECT TRUE FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id` AND EXISTS (SELECT TRUE FROM `notes` AS t2 WHERE t2.`id` = t1.`id` AND t2.`id` = t0.`id`))
        "#]],
    );
}

#[test]
fn relations() {
    filter(
        |u| u.posts.any(|p| p.score.gt(4.0)),
        expect![[r#"
            -- SQLite
            SELECT t0."id" FROM "users" AS t0 WHERE EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id" AND t1."score" > ?)
            [Float(4.0)]
            -- PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id" AND t1."score" > $1)
            [Float(4.0)]
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE EXISTS (SELECT TRUE FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id` AND t1.`score` > ?)
            [Float(4.0)]
        "#]],
    );
    filter(
        |u| u.posts.all(|p| p.score.gt(4.0)),
        expect![[r#"
            -- SQLite
            SELECT t0."id" FROM "users" AS t0 WHERE NOT EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id" AND (t1."score" > ?) IS NOT TRUE)
            [Float(4.0)]
            -- PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE NOT EXISTS (SELECT TRUE FROM "posts" AS t1 WHERE t1."author_id" = t0."id" AND (t1."score" > $1) IS NOT TRUE)
            [Float(4.0)]
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE NOT EXISTS (SELECT TRUE FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id` AND (t1.`score` > ?) IS NOT TRUE)
            [Float(4.0)]
        "#]],
    );
    filter(
        |u| u.groups.any(|g| g.name.eq("x")) & u.posts.count().gt(2),
        expect![[r#"
            -- SQLite
            SELECT t0."id" FROM "users" AS t0 WHERE EXISTS (SELECT TRUE FROM "memberships" AS t1 JOIN "groups" AS t2 ON t2."id" = t1."group_id" WHERE t1."user_id" = t0."id" AND t2."name" = ?) AND (SELECT COUNT(*) FROM "posts" AS t3 WHERE t3."author_id" = t0."id") > ?
            [Text("x"), Int(2)]
            -- PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE EXISTS (SELECT TRUE FROM "memberships" AS t1 JOIN "groups" AS t2 ON t2."id" = t1."group_id" WHERE t1."user_id" = t0."id" AND t2."name" = $1) AND (SELECT COUNT(*) FROM "posts" AS t3 WHERE t3."author_id" = t0."id") > $2
            [Text("x"), Int(2)]
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE EXISTS (SELECT TRUE FROM `memberships` AS t1 JOIN `groups` AS t2 ON t2.`id` = t1.`group_id` WHERE t1.`user_id` = t0.`id` AND t2.`name` = ?) AND (SELECT COUNT(*) FROM `posts` AS t3 WHERE t3.`author_id` = t0.`id`) > ?
            [Text("x"), Int(2)]
        "#]],
    );
    check(
        select::<Post>().columns(|p| p.id).filter(|p| p.author.any(|u| u.admin) & p.editor.all(|u| u.admin)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "posts" AS t0 WHERE EXISTS (SELECT TRUE FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND t1."is_admin") AND NOT EXISTS (SELECT TRUE FROM "users" AS t2 WHERE t0."editor_id" = t2."id" AND t2."is_admin" IS NOT TRUE)
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `posts` AS t0 WHERE EXISTS (SELECT TRUE FROM `users` AS t1 WHERE t0.`author_id` = t1.`id` AND t1.`is_admin`) AND NOT EXISTS (SELECT TRUE FROM `users` AS t2 WHERE t0.`editor_id` = t2.`id` AND t2.`is_admin` IS NOT TRUE)
        "#]],
    );
}

#[test]
fn values() {
    check(
        select::<User>()
            .columns(|u| (u.id, subquery(select::<Post>().filter(|p| p.author.eq(u.id)).columns(|p| max(p.score))))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", (SELECT MAX(t1."score") FROM "posts" AS t1 WHERE t1."author_id" = t0."id") FROM "users" AS t0
            -- MariaDB, MySQL
            SELECT t0.`id`, (SELECT MAX(t1.`score`) FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id`) FROM `users` AS t0
        "#]],
    );
    check(
        select::<Post>().columns(|p| p.id).filter(|p| p.score.gt(select::<Post>().columns(|q| avg(q.score)))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "posts" AS t0 WHERE t0."score" > (SELECT AVG(t1."score") FROM "posts" AS t1)
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `posts` AS t0 WHERE t0.`score` > (SELECT AVG(t1.`score`) FROM `posts` AS t1)
        "#]],
    );
    check(
        select::<User>().columns(|u| (u.id, u.posts.count())).order_by(|u| u.posts.count().desc()),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", (SELECT COUNT(*) FROM "posts" AS t1 WHERE t1."author_id" = t0."id") FROM "users" AS t0 ORDER BY (SELECT COUNT(*) FROM "posts" AS t2 WHERE t2."author_id" = t0."id") DESC
            -- MariaDB, MySQL
            SELECT t0.`id`, (SELECT COUNT(*) FROM `posts` AS t1 WHERE t1.`author_id` = t0.`id`) FROM `users` AS t0 ORDER BY (SELECT COUNT(*) FROM `posts` AS t2 WHERE t2.`author_id` = t0.`id`) DESC
        "#]],
    );
}

#[test]
fn a_copy_has_its_own_tables() {
    let all = select::<User>().columns(|u| u.id);
    check(
        all.clone().filter(|u| {
            exists(all.clone().filter(|v| v.age.gt(u.age) & exists(all.filter(|w| w.age.gt(v.age) & w.id.ne(u.id)))))
        }),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE EXISTS (SELECT TRUE FROM "users" AS t1 WHERE t1."age" > t0."age" AND EXISTS (SELECT TRUE FROM "users" AS t2 WHERE t2."age" > t1."age" AND t2."id" <> t0."id"))
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE EXISTS (SELECT TRUE FROM `users` AS t1 WHERE t1.`age` > t0.`age` AND EXISTS (SELECT TRUE FROM `users` AS t2 WHERE t2.`age` > t1.`age` AND t2.`id` <> t0.`id`))
        "#]],
    );
    // Bound once, named twice.
    let inner = select::<Post>().columns(|p| p.author);
    filter(
        |u| u.id.in_(inner.clone()) | (u.id + 1).in_(inner),
        expect![[r#"
            -- SQLite
            SELECT t0."id" FROM "users" AS t0 WHERE t0."id" IN (SELECT t1."author_id" FROM "posts" AS t1) OR (t0."id" + ?) IN (SELECT t2."author_id" FROM "posts" AS t2)
            [Int(1)]
            -- PostgreSQL
            SELECT t0."id" FROM "users" AS t0 WHERE t0."id" IN (SELECT t1."author_id" FROM "posts" AS t1) OR (t0."id" + $1) IN (SELECT t2."author_id" FROM "posts" AS t2)
            [Int(1)]
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 WHERE t0.`id` IN (SELECT t1.`author_id` FROM `posts` AS t1) OR (t0.`id` + ?) IN (SELECT t2.`author_id` FROM `posts` AS t2)
            [Int(1)]
        "#]],
    );
}
