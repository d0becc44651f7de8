//! Joins of every kind, and queries as tables.

use super::*;

#[test]
fn along_relations() {
    check(
        select::<Post>().join(|p| p.author).columns(|(p, u)| (p.id, u.name)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."name" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.`name` FROM `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id`
        "#]],
    );
    check(
        select::<User>().left_join(|u| u.posts).columns(|(u, p)| (u.id, p.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."id" FROM "users" AS t0 LEFT JOIN "posts" AS t1 ON t1."author_id" = t0."id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.`id` FROM `users` AS t0 LEFT JOIN `posts` AS t1 ON t1.`author_id` = t0.`id`
        "#]],
    );
    check(
        select::<User>().join(|u| u.groups).columns(|(u, g)| (u.id, g.name)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t2."name" FROM "users" AS t0 JOIN "memberships" AS t1 ON t1."user_id" = t0."id" JOIN "groups" AS t2 ON t2."id" = t1."group_id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t2.`name` FROM `users` AS t0 JOIN `memberships` AS t1 ON t1.`user_id` = t0.`id` JOIN `groups` AS t2 ON t2.`id` = t1.`group_id`
        "#]],
    );
    check(
        select::<User>().left_join(|u| u.groups).filter(|(_, g)| g.id.is_null()).columns(|(u, _)| u.id),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "users" AS t0 LEFT JOIN "memberships" AS t1 ON t1."user_id" = t0."id" LEFT JOIN "groups" AS t2 ON t2."id" = t1."group_id" WHERE t2."id" IS NULL
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `users` AS t0 LEFT JOIN `memberships` AS t1 ON t1.`user_id` = t0.`id` LEFT JOIN `groups` AS t2 ON t2.`id` = t1.`group_id` WHERE t2.`id` IS NULL
        "#]],
    );
    check(
        select::<User>()
            .left_join(|u| u.posts)
            .join(|(_, p)| p.editor)
            .filter(|(u, _, e)| e.id.ne(u.id))
            .columns(|(u, p, e)| (u.id, p.id, e.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."id", t2."id" FROM "users" AS t0 LEFT JOIN "posts" AS t1 ON t1."author_id" = t0."id" JOIN "users" AS t2 ON t1."editor_id" = t2."id" WHERE t2."id" <> t0."id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.`id`, t2.`id` FROM `users` AS t0 LEFT JOIN `posts` AS t1 ON t1.`author_id` = t0.`id` JOIN `users` AS t2 ON t1.`editor_id` = t2.`id` WHERE t2.`id` <> t0.`id`
        "#]],
    );
    check(
        select::<Post>().join(|p| p.author),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t0."title", t0."score", t0."author_id", t0."editor_id" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t0.`title`, t0.`score`, t0.`author_id`, t0.`editor_id` FROM `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id`
        "#]],
    );
}

#[test]
fn right_and_full() {
    check(
        select::<Post>().right_join(|p| p.author).columns(|(p, u)| (p.id, u.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."id" FROM "posts" AS t0 RIGHT JOIN "users" AS t1 ON t0."author_id" = t1."id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.`id` FROM `posts` AS t0 RIGHT JOIN `users` AS t1 ON t0.`author_id` = t1.`id`
        "#]],
    );
    check(
        select::<Post>().full_join(|p| p.editor).columns(|(p, u)| (p.id, u.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."id" FROM "posts" AS t0 FULL JOIN "users" AS t1 ON t0."editor_id" = t1."id"
            -- MariaDB
            Unsupported: MariaDB does not have FULL JOIN
            -- MySQL
            Unsupported: MySQL does not have FULL JOIN
        "#]],
    );
    check(
        select::<User>().right_join(|u| u.groups).columns(|(u, g)| (u.id, g.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t2."id" FROM "users" AS t0 JOIN "memberships" AS t1 ON t1."user_id" = t0."id" RIGHT JOIN "groups" AS t2 ON t2."id" = t1."group_id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t2.`id` FROM `users` AS t0 JOIN `memberships` AS t1 ON t1.`user_id` = t0.`id` RIGHT JOIN `groups` AS t2 ON t2.`id` = t1.`group_id`
        "#]],
    );
    check(
        select::<User>().full_join(|u| u.groups).columns(|(u, g)| (u.id, g.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t2."id" FROM "users" AS t0 LEFT JOIN "memberships" AS t1 ON t1."user_id" = t0."id" FULL JOIN "groups" AS t2 ON t2."id" = t1."group_id"
            -- MariaDB
            Unsupported: MariaDB does not have FULL JOIN
            -- MySQL
            Unsupported: MySQL does not have FULL JOIN
        "#]],
    );
}

#[test]
fn on_conditions() {
    check(
        select::<User>()
            .join_on(select::<User>(), |(a, b)| a.age.gt(b.age) & a.name.ne(b.name))
            .columns(|(a, b)| (a.id, b.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."id" FROM "users" AS t0 JOIN "users" AS t1 ON t0."age" > t1."age" AND t0."name" <> t1."name"
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.`id` FROM `users` AS t0 JOIN `users` AS t1 ON t0.`age` > t1.`age` AND t0.`name` <> t1.`name`
        "#]],
    );
    check(
        select::<User>()
            .left_join_on(select::<Post>().columns(|p| p.author), |(u, author)| author.eq(u.id))
            .columns(|(u, author)| (u.id, author)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1.c0 FROM "users" AS t0 LEFT JOIN (SELECT t2."author_id" AS c0 FROM "posts" AS t2) AS t1 ON t1.c0 = t0."id"
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.c0 FROM `users` AS t0 LEFT JOIN (SELECT t2.`author_id` AS c0 FROM `posts` AS t2) AS t1 ON t1.c0 = t0.`id`
        "#]],
    );
    check(
        select::<User>().cross_join(select::<Group>()).columns(|(u, g)| (u.id, g.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."id" FROM "users" AS t0 CROSS JOIN "groups" AS t1
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.`id` FROM `users` AS t0 CROSS JOIN `groups` AS t1
        "#]],
    );
}

#[test]
fn derived_tables() {
    let totals = select::<Post>().group_by(|p| p.author).columns(|p| (p.author, sum(p.score)));
    check(
        select::<User>()
            .join_on(totals.clone(), |(u, (author, _))| author.eq(u.id))
            .filter(|(_, (_, total))| total.gt(1.0))
            .columns(|(u, (_, total))| (u.name, total)),
        expect![[r#"
            -- SQLite
            SELECT t0."name", t1.c1 FROM "users" AS t0 JOIN (SELECT t2."author_id" AS c0, SUM(t2."score") AS c1 FROM "posts" AS t2 GROUP BY t2."author_id") AS t1 ON t1.c0 = t0."id" WHERE t1.c1 > ?
            [Float(1.0)]
            -- PostgreSQL
            SELECT t0."name", t1.c1 FROM "users" AS t0 JOIN (SELECT t2."author_id" AS c0, SUM(t2."score") AS c1 FROM "posts" AS t2 GROUP BY t2."author_id") AS t1 ON t1.c0 = t0."id" WHERE t1.c1 > $1
            [Float(1.0)]
            -- MariaDB, MySQL
            SELECT t0.`name`, t1.c1 FROM `users` AS t0 JOIN (SELECT t2.`author_id` AS c0, SUM(t2.`score`) AS c1 FROM `posts` AS t2 GROUP BY t2.`author_id`) AS t1 ON t1.c0 = t0.`id` WHERE t1.c1 > ?
            [Float(1.0)]
        "#]],
    );
    check(
        select_from(totals.clone()).filter(|(_, total)| total.gt(1.0)),
        expect![[r#"
            -- SQLite
            SELECT t0.c0, t0.c1 FROM (SELECT t1."author_id" AS c0, SUM(t1."score") AS c1 FROM "posts" AS t1 GROUP BY t1."author_id") AS t0 WHERE t0.c1 > ?
            [Float(1.0)]
            -- PostgreSQL
            SELECT t0.c0, t0.c1 FROM (SELECT t1."author_id" AS c0, SUM(t1."score") AS c1 FROM "posts" AS t1 GROUP BY t1."author_id") AS t0 WHERE t0.c1 > $1
            [Float(1.0)]
            -- MariaDB, MySQL
            SELECT t0.c0, t0.c1 FROM (SELECT t1.`author_id` AS c0, SUM(t1.`score`) AS c1 FROM `posts` AS t1 GROUP BY t1.`author_id`) AS t0 WHERE t0.c1 > ?
            [Float(1.0)]
        "#]],
    );
    check(
        select_from(totals)
            .join_on(select::<User>(), |((author, _), u)| author.eq(u.id))
            .columns(|((_, total), u)| (total, u)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0.c1, t1."id", t1."name", t1."email", t1."is_admin", t1."age" FROM (SELECT t2."author_id" AS c0, SUM(t2."score") AS c1 FROM "posts" AS t2 GROUP BY t2."author_id") AS t0 JOIN "users" AS t1 ON t0.c0 = t1."id"
            -- MariaDB, MySQL
            SELECT t0.c1, t1.`id`, t1.`name`, t1.`email`, t1.`is_admin`, t1.`age` FROM (SELECT t2.`author_id` AS c0, SUM(t2.`score`) AS c1 FROM `posts` AS t2 GROUP BY t2.`author_id`) AS t0 JOIN `users` AS t1 ON t0.c0 = t1.`id`
        "#]],
    );
    let recent = select::<User>().order_by(|u| u.id.desc()).limit(9).columns(|u| (u.age + 1, u, u.email.eq("x")));
    check(
        select_from(recent).filter(|(_, u, same)| u.name.eq("a") & same).columns(|(next, u, _)| (next, u)),
        expect![[r#"
            -- SQLite
            SELECT t0.c0, t0.c1, t0.c2, t0.c3, t0.c4, t0.c5 FROM (SELECT t1."age" + ? AS c0, t1."id" AS c1, t1."name" AS c2, t1."email" AS c3, t1."is_admin" AS c4, t1."age" AS c5, (t1."email" = ?) IS TRUE AS c6 FROM "users" AS t1 ORDER BY t1."id" DESC LIMIT 9) AS t0 WHERE t0.c2 = ? AND t0.c6
            [Int(1), Text("x"), Text("a")]
            -- PostgreSQL
            SELECT t0.c0, t0.c1, t0.c2, t0.c3, t0.c4, t0.c5 FROM (SELECT t1."age" + $1 AS c0, t1."id" AS c1, t1."name" AS c2, t1."email" AS c3, t1."is_admin" AS c4, t1."age" AS c5, (t1."email" = $2) IS TRUE AS c6 FROM "users" AS t1 ORDER BY t1."id" DESC LIMIT 9) AS t0 WHERE t0.c2 = $3 AND t0.c6
            [Int(1), Text("x"), Text("a")]
            -- MariaDB, MySQL
            SELECT t0.c0, t0.c1, t0.c2, t0.c3, t0.c4, t0.c5 FROM (SELECT t1.`age` + ? AS c0, t1.`id` AS c1, t1.`name` AS c2, t1.`email` AS c3, t1.`is_admin` AS c4, t1.`age` AS c5, (t1.`email` = ?) IS TRUE AS c6 FROM `users` AS t1 ORDER BY t1.`id` DESC LIMIT 9) AS t0 WHERE t0.c2 = ? AND t0.c6
            [Int(1), Text("x"), Text("a")]
        "#]],
    );
    let notes = select::<Note>().columns(|n| (n.id, n.about));
    check(
        select_from(notes).filter(|(_, about)| about.eq((1, 2))),
        expect![[r#"
            -- SQLite
            SELECT t0.c0, t0.c1, t0.c2 FROM (SELECT t1."id" AS c0, t1."about_user_id" AS c1, t1."about_group_id" AS c2 FROM "notes" AS t1) AS t0 WHERE (t0.c1, t0.c2) = (?, ?)
            [Int(1), Int(2)]
            -- PostgreSQL
            SELECT t0.c0, t0.c1, t0.c2 FROM (SELECT t1."id" AS c0, t1."about_user_id" AS c1, t1."about_group_id" AS c2 FROM "notes" AS t1) AS t0 WHERE (t0.c1, t0.c2) = ($1, $2)
            [Int(1), Int(2)]
            -- MariaDB, MySQL
            SELECT t0.c0, t0.c1, t0.c2 FROM (SELECT t1.`id` AS c0, t1.`about_user_id` AS c1, t1.`about_group_id` AS c2 FROM `notes` AS t1) AS t0 WHERE (t0.c1, t0.c2) = (?, ?)
            [Int(1), Int(2)]
        "#]],
    );
    check(
        select_from(select_from(select::<User>().columns(|u| (u.id, val("x")))).columns(|(id, x)| (x, id))),
        expect![[r#"
            -- SQLite
            SELECT t0.c0, t0.c1 FROM (SELECT t1.c1 AS c0, t1.c0 AS c1 FROM (SELECT t2."id" AS c0, ? AS c1 FROM "users" AS t2) AS t1) AS t0
            [Text("x")]
            -- PostgreSQL
            SELECT t0.c0, t0.c1 FROM (SELECT t1.c1 AS c0, t1.c0 AS c1 FROM (SELECT t2."id" AS c0, CAST($1 AS TEXT) AS c1 FROM "users" AS t2) AS t1) AS t0
            [Text("x")]
            -- MariaDB, MySQL
            SELECT t0.c0, t0.c1 FROM (SELECT t1.c1 AS c0, t1.c0 AS c1 FROM (SELECT t2.`id` AS c0, ? AS c1 FROM `users` AS t2) AS t1) AS t0
            [Text("x")]
        "#]],
    );
}

#[test]
fn lateral() {
    let best = |u: UserFields| {
        select::<Post>().filter(move |p| p.author.eq(u.id)).order_by(|p| p.score.desc()).limit(3).columns(|p| p.title)
    };
    check(
        select::<User>().join_lateral(best).columns(|(u, title)| (u.name, title)),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have LATERAL joins
            -- PostgreSQL
            SELECT t0."name", t1.c0 FROM "users" AS t0 CROSS JOIN LATERAL (SELECT t2."title" AS c0 FROM "posts" AS t2 WHERE t2."author_id" = t0."id" ORDER BY t2."score" DESC LIMIT 3) AS t1
            -- MariaDB
            Unsupported: MariaDB does not have LATERAL joins
            -- MySQL
            SELECT t0.`name`, t1.c0 FROM `users` AS t0 CROSS JOIN LATERAL (SELECT t2.`title` AS c0 FROM `posts` AS t2 WHERE t2.`author_id` = t0.`id` ORDER BY t2.`score` DESC LIMIT 3) AS t1
        "#]],
    );
    check(
        select::<User>().left_join_lateral(best).columns(|(u, title)| (u.name, title)),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have LATERAL joins
            -- PostgreSQL
            SELECT t0."name", t1.c0 FROM "users" AS t0 LEFT JOIN LATERAL (SELECT t2."title" AS c0 FROM "posts" AS t2 WHERE t2."author_id" = t0."id" ORDER BY t2."score" DESC LIMIT 3) AS t1 ON TRUE
            -- MariaDB
            Unsupported: MariaDB does not have LATERAL joins
            -- MySQL
            SELECT t0.`name`, t1.c0 FROM `users` AS t0 LEFT JOIN LATERAL (SELECT t2.`title` AS c0 FROM `posts` AS t2 WHERE t2.`author_id` = t0.`id` ORDER BY t2.`score` DESC LIMIT 3) AS t1 ON TRUE
        "#]],
    );
}
