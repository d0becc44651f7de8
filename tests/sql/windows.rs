//! Windows with names, frames of groups, and what is left out of frames.

use super::*;

#[test]
fn a_window_with_a_name_is_written_once() {
    let shared = select::<Post>().join(|p| p.author).order_by(|(p, _)| p.id).columns(|(p, u)| {
        let window = |w: Window| w.partition_by((u.admin, p.author)).order_by(p.score.desc()).named("best \"first\"");
        (rank().over(window), lead(p.title, 1).over(window), count_all().over(|w| w.partition_by(p.id).named("own")))
    });
    check(
        shared,
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT RANK() OVER "best ""first""", LEAD(t0."title", 1) OVER "best ""first""", COUNT(*) OVER "own" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id" WINDOW "best ""first""" AS (PARTITION BY t1."is_admin", t0."author_id" ORDER BY t0."score" DESC), "own" AS (PARTITION BY t0."id") ORDER BY t0."id"
        -- MariaDB, MySQL
        SELECT RANK() OVER `best "first"`, LEAD(t0.`title`, 1) OVER `best "first"`, COUNT(*) OVER `own` FROM `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id` WINDOW `best "first"` AS (PARTITION BY t1.`is_admin`, t0.`author_id` ORDER BY t0.`score` DESC), `own` AS (PARTITION BY t0.`id`) ORDER BY t0.`id`
    "#]],
    );
    // In the order alone, with a value in it; a query inside has names of its own.
    let ordered = select::<User>()
        .filter(|u| u.id.in_(select::<Post>().columns(|p| max(p.id).over(|w| w.named("w")))))
        .order_by(|u| {
            row_number().over(|w| w.order_by(u.age + 1).rows_between(Frame::Preceding(1), Frame::CurrentRow).named("w"))
        })
        .columns(|u| u.name);
    check(
        ordered,
        expect![[r#"
        -- SQLite
        SELECT t0."name" FROM "users" AS t0 WHERE t0."id" IN (SELECT MAX(t1."id") OVER "w" FROM "posts" AS t1 WINDOW "w" AS ()) WINDOW "w" AS (ORDER BY (t0."age" + ?) ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY ROW_NUMBER() OVER "w"
        [Int(1)]
        -- PostgreSQL
        SELECT t0."name" FROM "users" AS t0 WHERE t0."id" IN (SELECT MAX(t1."id") OVER "w" FROM "posts" AS t1 WINDOW "w" AS ()) WINDOW "w" AS (ORDER BY (t0."age" + $1) ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY ROW_NUMBER() OVER "w"
        [Int(1)]
        -- MariaDB, MySQL
        SELECT t0.`name` FROM `users` AS t0 WHERE t0.`id` IN (SELECT MAX(t1.`id`) OVER `w` FROM `posts` AS t1 WINDOW `w` AS ()) WINDOW `w` AS (ORDER BY (t0.`age` + ?) ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY ROW_NUMBER() OVER `w`
        [Int(1)]
    "#]],
    );
}

#[test]
fn a_name_stands_for_one_window() {
    let two = |first: &'static str, second: &'static str| {
        select::<User>().columns(move |u| {
            (rank().over(|w| w.order_by(u.id).named(first)), rank().over(|w| w.order_by(u.name).named(second)))
        })
    };
    check(
        two("w", "w"),
        expect![[r#"
        -- SQLite, PostgreSQL, MariaDB, MySQL
        Misuse: two windows of one query have the name `w`
    "#]],
    );
    check(
        two("Age", "age"),
        expect![[r#"
        -- SQLite, PostgreSQL, MariaDB, MySQL
        Misuse: two windows of one query have the name `age`
    "#]],
    ); // one name to MySQL and SQLite
    check(
        two("", "w"),
        expect![[r#"
        -- SQLite, PostgreSQL, MariaDB, MySQL
        Misuse: the name of a window is empty
    "#]],
    );
    check(
        select::<User>().filter(|u| rank().over(|w| w.order_by(u.id).named("w")).eq(1)),
        expect![[r#"
        -- SQLite, PostgreSQL, MariaDB, MySQL
        Misuse: the window `w` stands outside of the columns and the order of a query
    "#]],
    );
}

#[test]
fn frames_of_groups_and_exclusions() {
    let groups = select::<Post>().columns(|p| {
        sum(p.score).over(|w| w.order_by(p.author).groups_between(Frame::Preceding(1), Frame::Following(1)))
    });
    check(
        groups,
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT SUM("score") OVER (ORDER BY "author_id" GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM "posts"
        -- MariaDB
        Unsupported: MariaDB does not have a window's frame of groups
        -- MySQL
        Unsupported: MySQL does not have a window's frame of groups
    "#]],
    );
    let exclude = |rows| select::<Post>().columns(move |p| count_all().over(|w| w.order_by(p.score).exclude(rows)));
    check(
        exclude(Excluded::CurrentRow),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT COUNT(*) OVER (ORDER BY "score" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM "posts"
        -- MariaDB
        Unsupported: MariaDB does not have rows that a window's frame leaves out
        -- MySQL
        Unsupported: MySQL does not have rows that a window's frame leaves out
    "#]],
    );
    check(
        exclude(Excluded::Ties),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT COUNT(*) OVER (ORDER BY "score" RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM "posts"
        -- MariaDB
        Unsupported: MariaDB does not have rows that a window's frame leaves out
        -- MySQL
        Unsupported: MySQL does not have rows that a window's frame leaves out
    "#]],
    );
    let rows = select::<Post>().columns(|p| {
        let frame = |w: Window| w.rows_between(Frame::Preceding(1), Frame::Following(1)).exclude(Excluded::Group);
        count_all().over(|w| frame(w.order_by(p.score)))
    });
    check(
        rows,
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT COUNT(*) OVER (ORDER BY "score" ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE GROUP) FROM "posts"
        -- MariaDB
        Unsupported: MariaDB does not have rows that a window's frame leaves out
        -- MySQL
        Unsupported: MySQL does not have rows that a window's frame leaves out
    "#]],
    );
    let unordered = select::<Post>()
        .columns(|_| count_all().over(|w| w.groups_between(Frame::CurrentRow, Frame::UnboundedFollowing)));
    check(
        unordered,
        expect![[r#"
        -- SQLite, PostgreSQL, MariaDB, MySQL
        Misuse: a frame of groups needs an order: a group are the rows that are equal in it
    "#]],
    );
}
