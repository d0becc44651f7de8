//! The clauses of a SELECT that not every database has.

use super::*;

#[test]
fn subtotals() {
    let rolled_up = select::<Post>().group_by(|p| rollup((p.author, p.title)));
    check(
        rolled_up.clone().columns(|p| (rolled(p.author), rolled(p.title), count(p))),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have ROLLUP
        -- PostgreSQL
        SELECT "author_id", "title", COUNT("id") FROM "posts" GROUP BY ROLLUP ("author_id", "title")
        -- MariaDB, MySQL
        SELECT `author_id`, `title`, COUNT(`id`) FROM `posts` GROUP BY `author_id`, `title` WITH ROLLUP
    "#]],
    );
    check(
        Asked(rolled_up.clone().columns(count)),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have ROLLUP
        -- PostgreSQL
        SELECT COUNT(*) FROM (SELECT COUNT("id") AS c0 FROM "posts" GROUP BY ROLLUP ("author_id", "title")) AS counted
        SELECT EXISTS (SELECT COUNT("id") FROM "posts" GROUP BY ROLLUP ("author_id", "title"))
        -- MariaDB, MySQL
        SELECT COUNT(*) FROM (SELECT COUNT(`id`) AS c0 FROM `posts` GROUP BY `author_id`, `title` WITH ROLLUP) AS counted
        SELECT EXISTS (SELECT COUNT(`id`) FROM `posts` GROUP BY `author_id`, `title` WITH ROLLUP)
    "#]],
    );
    check(
        rolled_up
            .order_by(|p| (p.author.asc().nulls_last(), count(p).desc()))
            .limit(3)
            .offset(1)
            .columns(|p| (rolled(p.author), sum(p.score))),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have ROLLUP
            -- PostgreSQL
            SELECT "author_id", SUM("score") FROM "posts" GROUP BY ROLLUP ("author_id", "title") ORDER BY "author_id" NULLS LAST, COUNT("id") DESC LIMIT 3 OFFSET 1
            -- MariaDB
            SELECT c0, c1 FROM (SELECT `author_id` AS c0, SUM(`score`) AS c1, COUNT(`id`) AS o2 FROM `posts` GROUP BY `author_id`, `title` WITH ROLLUP) AS t1 ORDER BY c0 IS NULL, c0, o2 DESC LIMIT 3 OFFSET 1
            -- MySQL
            SELECT `author_id`, SUM(`score`) FROM `posts` GROUP BY `author_id`, `title` WITH ROLLUP ORDER BY `author_id` IS NULL, `author_id`, COUNT(`id`) DESC LIMIT 3 OFFSET 1
        "#]],
    );
    check(
        select::<User>().group_by(|u| rollup(u.admin)).columns(|u| (grouping(u.admin), count(u))),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have GROUPING
        -- PostgreSQL
        SELECT ((GROUPING("is_admin") = 1)) IS TRUE, COUNT("id") FROM "users" GROUP BY ROLLUP ("is_admin")
        -- MariaDB
        Unsupported: MariaDB does not have GROUPING
        -- MySQL
        SELECT ((GROUPING(`is_admin`) = 1)) IS TRUE, COUNT(`id`) FROM `users` GROUP BY `is_admin` WITH ROLLUP
    "#]],
    );
    check(
        select::<User>().group_by(|u| cube((u.admin, u.age))).columns(count),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have CUBE
        -- PostgreSQL
        SELECT COUNT("id") FROM "users" GROUP BY CUBE ("is_admin", "age")
        -- MariaDB
        Unsupported: MariaDB does not have CUBE
        -- MySQL
        Unsupported: MySQL does not have CUBE
    "#]],
    );
    check(
        select::<User>().group_by(|u| grouping_sets(((u.admin, u.age), u.admin, ()))).columns(count),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have GROUPING SETS
            -- PostgreSQL
            SELECT COUNT("id") FROM "users" GROUP BY GROUPING SETS (("is_admin", "age"), ("is_admin"), ())
            -- MariaDB
            Unsupported: MariaDB does not have GROUPING SETS
            -- MySQL
            Unsupported: MySQL does not have GROUPING SETS
        "#]],
    );
}

#[test]
fn subtotals_beside_other_clauses() {
    check(
        select::<User>().group_by(|u| u.age).group_by(|u| rollup(u.admin)).columns(count),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have ROLLUP
        -- PostgreSQL
        SELECT COUNT("id") FROM "users" GROUP BY "age", ROLLUP ("is_admin")
        -- MariaDB
        Unsupported: MariaDB does not have ROLLUP beside other keys of `group_by`
        -- MySQL
        Unsupported: MySQL does not have ROLLUP beside other keys of `group_by`
    "#]],
    );
    check(
        select::<Note>().group_by(|n| rollup((n.about, n.reply))).columns(count),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have ROLLUP
        -- PostgreSQL
        SELECT COUNT("id") FROM "notes" GROUP BY ROLLUP (("about_user_id", "about_group_id"), ("reply_user_id", "reply_group_id"))
        -- MariaDB
        Unsupported: MariaDB does not have ROLLUP of a key of several columns
        -- MySQL
        Unsupported: MySQL does not have ROLLUP of a key of several columns
    "#]],
    );
    check(
        select::<User>().group_by(|u| rollup(u.admin)).order_by(|u| u.admin).distinct().columns(|u| rolled(u.admin)),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have ROLLUP
            -- PostgreSQL
            SELECT DISTINCT "is_admin" FROM "users" GROUP BY ROLLUP ("is_admin") ORDER BY "is_admin"
            -- MariaDB
            Unsupported: MariaDB does not have an order beside ROLLUP and DISTINCT, a lock or `with`
            -- MySQL
            SELECT DISTINCT `is_admin` FROM `users` GROUP BY `is_admin` WITH ROLLUP ORDER BY `is_admin`
        "#]],
    );
    check(
        select::<User>().group_by(|u| rollup(u.admin)).columns(|u| (rolled(u.admin), rolled(u.admin))),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have ROLLUP
            -- PostgreSQL
            SELECT "is_admin", "is_admin" FROM "users" GROUP BY ROLLUP ("is_admin")
            -- MariaDB
            Unsupported: MariaDB does not have ROLLUP beside a column that is selected twice
            -- MySQL
            SELECT `is_admin`, `is_admin` FROM `users` GROUP BY `is_admin` WITH ROLLUP
        "#]],
    );
    // Inside another query.
    let counts =
        select::<User>().group_by(|u| rollup(u.admin)).order_by(|u| u.admin).columns(|u| (rolled(u.admin), count(u)));
    check(
        select_from(counts).filter(|(admin, _)| admin.is_null()).columns(|(_, count)| count),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have ROLLUP
            -- PostgreSQL
            SELECT t0.c1 FROM (SELECT t1."is_admin" AS c0, COUNT(t1."id") AS c1 FROM "users" AS t1 GROUP BY ROLLUP (t1."is_admin") ORDER BY t1."is_admin") AS t0 WHERE t0.c0 IS NULL
            -- MariaDB
            SELECT t0.c1 FROM (SELECT c0, c1 FROM (SELECT t1.`is_admin` AS c0, COUNT(t1.`id`) AS c1 FROM `users` AS t1 GROUP BY t1.`is_admin` WITH ROLLUP) AS t2 ORDER BY c0) AS t0 WHERE t0.c0 IS NULL
            -- MySQL
            SELECT t0.c1 FROM (SELECT t1.`is_admin` AS c0, COUNT(t1.`id`) AS c1 FROM `users` AS t1 GROUP BY t1.`is_admin` WITH ROLLUP ORDER BY t1.`is_admin`) AS t0 WHERE t0.c0 IS NULL
        "#]],
    );
}

#[test]
fn distinct_on() {
    let best = select::<Post>().distinct_on(|p| p.author).order_by(|p| (p.author, p.score.desc()));
    check(
        best.clone(),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- PostgreSQL
        SELECT DISTINCT ON ("author_id") "id", "title", "score", "author_id", "editor_id" FROM "posts" ORDER BY "author_id", "score" DESC
        -- MariaDB
        Unsupported: MariaDB does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- MySQL
        Unsupported: MySQL does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
    "#]],
    );
    check(
        Asked(best),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- PostgreSQL
        SELECT COUNT(*) FROM (SELECT DISTINCT ON ("author_id") "id" AS c0, "title" AS c1, "score" AS c2, "author_id" AS c3, "editor_id" AS c4 FROM "posts" ORDER BY "author_id", "score" DESC) AS counted
        SELECT EXISTS (SELECT DISTINCT ON ("author_id") TRUE FROM "posts" ORDER BY "author_id", "score" DESC)
        -- MariaDB
        Unsupported: MariaDB does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- MySQL
        Unsupported: MySQL does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
    "#]],
    );
    check(
        select::<Note>().distinct_on(|n| (n.about, n.id)).columns(|n| n.id),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- PostgreSQL
        SELECT DISTINCT ON ("about_user_id", "about_group_id", "id") "id" FROM "notes"
        -- MariaDB
        Unsupported: MariaDB does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- MySQL
        Unsupported: MySQL does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
    "#]],
    );
    check(
        select::<Post>().distinct_on(|p| (p.author, p.title)).order_by(|p| (p.author, p.score)),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- PostgreSQL
        Misuse: `order_by` has to begin with the keys of `distinct_on`: the first row of each is kept
        -- MariaDB
        Unsupported: MariaDB does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- MySQL
        Unsupported: MySQL does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
    "#]],
    );
    check(
        select::<Post>().distinct_on(|p| p.author).distinct(),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- PostgreSQL
        Misuse: a query has `distinct` or `distinct_on`, not both
        -- MariaDB
        Unsupported: MariaDB does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
        -- MySQL
        Unsupported: MySQL does not have DISTINCT ON; number the rows by `row_number().over(..)` in a query inside and keep those with 1
    "#]],
    );
}

#[test]
fn limits_with_ties() {
    let best = select::<Post>().order_by(|p| p.score.desc()).limit_with_ties(3);
    check(
        best.clone(),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
        -- PostgreSQL
        SELECT "id", "title", "score", "author_id", "editor_id" FROM "posts" ORDER BY "score" DESC FETCH FIRST 3 ROWS WITH TIES
        -- MariaDB
        SELECT `id`, `title`, `score`, `author_id`, `editor_id` FROM `posts` ORDER BY `score` DESC FETCH FIRST 3 ROWS WITH TIES
        -- MySQL
        Unsupported: MySQL does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
    "#]],
    );
    check(
        best.clone().offset(2),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
        -- PostgreSQL
        SELECT "id", "title", "score", "author_id", "editor_id" FROM "posts" ORDER BY "score" DESC OFFSET 2 ROWS FETCH FIRST 3 ROWS WITH TIES
        -- MariaDB
        SELECT `id`, `title`, `score`, `author_id`, `editor_id` FROM `posts` ORDER BY `score` DESC OFFSET 2 ROWS FETCH FIRST 3 ROWS WITH TIES
        -- MySQL
        Unsupported: MySQL does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
    "#]],
    );
    check(
        Asked(best.clone()),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
            -- PostgreSQL
            SELECT COUNT(*) FROM (SELECT "id" AS c0, "title" AS c1, "score" AS c2, "author_id" AS c3, "editor_id" AS c4 FROM "posts" ORDER BY "score" DESC FETCH FIRST 3 ROWS WITH TIES) AS counted
            SELECT EXISTS (SELECT * FROM (SELECT "id" AS c0, "title" AS c1, "score" AS c2, "author_id" AS c3, "editor_id" AS c4 FROM "posts" ORDER BY "score" DESC FETCH FIRST 3 ROWS WITH TIES) AS limited)
            -- MariaDB
            SELECT COUNT(*) FROM (SELECT `id` AS c0, `title` AS c1, `score` AS c2, `author_id` AS c3, `editor_id` AS c4 FROM `posts` ORDER BY `score` DESC FETCH FIRST 3 ROWS WITH TIES) AS counted
            SELECT EXISTS (SELECT * FROM (SELECT `id` AS c0, `title` AS c1, `score` AS c2, `author_id` AS c3, `editor_id` AS c4 FROM `posts` ORDER BY `score` DESC FETCH FIRST 3 ROWS WITH TIES) AS limited)
            -- MySQL
            Unsupported: MySQL does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
        "#]],
    );
    check(
        best.clone().columns(|p| p.title).union(select::<User>().columns(|u| u.name)),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
        -- PostgreSQL
        SELECT * FROM (SELECT t0."title" AS c0 FROM "posts" AS t0 ORDER BY t0."score" DESC FETCH FIRST 3 ROWS WITH TIES) AS t1 UNION SELECT t2."name" FROM "users" AS t2
        -- MariaDB
        SELECT * FROM (SELECT t0.`title` AS c0 FROM `posts` AS t0 ORDER BY t0.`score` DESC FETCH FIRST 3 ROWS WITH TIES) AS t1 UNION SELECT t2.`name` FROM `users` AS t2
        -- MySQL
        Unsupported: MySQL does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
    "#]],
    );
    check(
        best.clone().limit(2),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT "id", "title", "score", "author_id", "editor_id" FROM "posts" ORDER BY "score" DESC LIMIT 2
        -- MariaDB, MySQL
        SELECT `id`, `title`, `score`, `author_id`, `editor_id` FROM `posts` ORDER BY `score` DESC LIMIT 2
    "#]],
    ); // the last one says it
    check(
        select::<Post>().limit_with_ties(1),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
        -- PostgreSQL, MariaDB
        Misuse: `limit_with_ties` needs an order, which tells what is equal
        -- MySQL
        Unsupported: MySQL does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
    "#]],
    );
    check(
        best.for_update().skip_locked(),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
        -- PostgreSQL, MariaDB
        Misuse: `limit_with_ties` cannot stand beside `skip_locked`: which rows are equal would be unknown
        -- MySQL
        Unsupported: MySQL does not have a limit with ties; keep the first by `rank().over(..)` in a query inside
    "#]],
    );
}

#[test]
fn locks_of_some_tables() {
    let joined = select::<Post>().join(|p| p.author).left_join(|(p, _)| p.editor);
    check(
        joined.clone().for_update().of(|(p, _, _)| p).skip_locked(),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
        -- PostgreSQL
        SELECT t0."id", t0."title", t0."score", t0."author_id", t0."editor_id" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id" LEFT JOIN "users" AS t2 ON t0."editor_id" = t2."id" FOR UPDATE OF t0 SKIP LOCKED
        -- MariaDB
        Unsupported: MariaDB does not have a lock of some of the tables (`of`)
        -- MySQL
        SELECT t0.`id`, t0.`title`, t0.`score`, t0.`author_id`, t0.`editor_id` FROM `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id` LEFT JOIN `users` AS t2 ON t0.`editor_id` = t2.`id` FOR UPDATE OF t0 SKIP LOCKED
    "#]],
    );
    check(
        joined.clone().for_share().of(|(p, u, _)| (u, p)),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
        -- PostgreSQL
        SELECT t0."id", t0."title", t0."score", t0."author_id", t0."editor_id" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id" LEFT JOIN "users" AS t2 ON t0."editor_id" = t2."id" FOR SHARE OF t1, t0
        -- MariaDB
        Unsupported: MariaDB does not have a lock of some of the tables (`of`)
        -- MySQL
        SELECT t0.`id`, t0.`title`, t0.`score`, t0.`author_id`, t0.`editor_id` FROM `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id` LEFT JOIN `users` AS t2 ON t0.`editor_id` = t2.`id` FOR SHARE OF t1, t0
    "#]],
    );
    check(
        select::<Post>().for_update().of(|p| p).no_wait(),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
        -- PostgreSQL
        SELECT "id", "title", "score", "author_id", "editor_id" FROM "posts" FOR UPDATE OF "posts" NOWAIT
        -- MariaDB
        Unsupported: MariaDB does not have a lock of some of the tables (`of`)
        -- MySQL
        SELECT `id`, `title`, `score`, `author_id`, `editor_id` FROM `posts` FOR UPDATE OF `posts` NOWAIT
    "#]],
    );
    check(
        joined.clone().of(|(p, _, _)| p),
        expect![[r#"
        -- SQLite, PostgreSQL, MariaDB, MySQL
        Misuse: `skip_locked`, `no_wait` and `of` need `for_update` or `for_share` on the same query
    "#]],
    );
    check(
        select::<Post>().join_on(select::<User>().limit(1), |(p, u)| p.author.eq(u.id)).for_update().of(|(_, u)| u),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
            -- PostgreSQL, MySQL
            Misuse: `of` takes tables of the same query: only rows of tables can be locked
            -- MariaDB
            Unsupported: MariaDB does not have a lock of some of the tables (`of`)
        "#]],
    );
    check(
        Asked(select::<Post>().for_update()),
        expect![[r#"
        -- SQLite, PostgreSQL, MariaDB, MySQL
        Misuse: a count locks no rows: lock them by the query that reads them, and ask here without `for_update`
    "#]],
    );
    // A copy has other numbers for its tables.
    let copy = joined.for_update().of(|(_, u, _)| u).clone();
    check(
        copy.columns(|(p, _, _)| p.id),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
        -- PostgreSQL
        SELECT t0."id" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id" LEFT JOIN "users" AS t2 ON t0."editor_id" = t2."id" FOR UPDATE OF t1
        -- MariaDB
        Unsupported: MariaDB does not have a lock of some of the tables (`of`)
        -- MySQL
        SELECT t0.`id` FROM `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id` LEFT JOIN `users` AS t2 ON t0.`editor_id` = t2.`id` FOR UPDATE OF t1
    "#]],
    );
}

#[test]
fn set_operators_of_all_rows() {
    let (names, titles) = (|| select::<User>().columns(|u| u.name), || select::<Post>().columns(|p| p.title));
    check(
        names().intersect_all(titles()),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have INTERSECT ALL
        -- PostgreSQL
        SELECT t0."name" FROM "users" AS t0 INTERSECT ALL SELECT t1."title" FROM "posts" AS t1
        -- MariaDB, MySQL
        SELECT t0.`name` FROM `users` AS t0 INTERSECT ALL SELECT t1.`title` FROM `posts` AS t1
    "#]],
    );
    check(
        names().except_all(titles()).union(names()),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have EXCEPT ALL
        -- PostgreSQL
        SELECT t0."name" FROM "users" AS t0 EXCEPT ALL SELECT t1."title" FROM "posts" AS t1 UNION SELECT t2."name" FROM "users" AS t2
        -- MariaDB, MySQL
        SELECT t0.`name` FROM `users` AS t0 EXCEPT ALL SELECT t1.`title` FROM `posts` AS t1 UNION SELECT t2.`name` FROM `users` AS t2
    "#]],
    );
    check(
        names().union_all(titles()).intersect_all(names()),
        expect![[r#"
        -- SQLite
        Unsupported: SQLite does not have INTERSECT ALL
        -- PostgreSQL
        SELECT t0.c0 FROM (SELECT t1."name" AS c0 FROM "users" AS t1 UNION ALL SELECT t2."title" FROM "posts" AS t2) AS t0 INTERSECT ALL SELECT t3."name" FROM "users" AS t3
        -- MariaDB, MySQL
        SELECT t0.c0 FROM (SELECT t1.`name` AS c0 FROM `users` AS t1 UNION ALL SELECT t2.`title` FROM `posts` AS t2) AS t0 INTERSECT ALL SELECT t3.`name` FROM `users` AS t3
    "#]],
    );
}
