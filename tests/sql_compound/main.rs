//! The SQL of set operations, CTEs and values in the four dialects.

mod connected;

use expect_test::{Expect, expect};
use orm::dialect::Dialect;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users")]
struct User {
    #[orm(primary_key)]
    id: i64,
    name: String,
    admin: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts")]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    author: Ref<User>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "employees")]
struct Employee {
    #[orm(primary_key)]
    id: i64,
    name: String,
    reports_to: Option<Ref<Employee>>,
}

/// The texts and values of all dialects, or what a dialect says against it; the same answer stands once.
fn check(show: impl Fn(&'static Dialect) -> orm::Result<String>, expected: Expect) {
    let mut answers: Vec<(String, String)> = Vec::new();
    for dialect in Dialect::all() {
        let answer = show(dialect).unwrap_or_else(|error| format!("{:?}: {error}", error.kind()));
        match answers.iter_mut().find(|(_, known)| *known == answer) {
            Some((names, _)) => *names = format!("{names}, {}", dialect.name),
            None => answers.push((dialect.name.to_owned(), answer)),
        }
    }
    let text: String = answers.iter().map(|(names, answer)| format!("{names}:\n{answer}\n")).collect();
    expected.assert_eq(&text);
}

fn selects<S, O>(query: Select<S, O>, expected: Expect) {
    check(|dialect| Ok(query.to_sql(dialect)?.to_string()), expected);
}

fn names() -> Select<(Entity<User>,), Scalar<String>> {
    select::<User>().columns(|u| u.name)
}

fn titles() -> Select<(Entity<Post>,), Scalar<String>> {
    select::<Post>().columns(|p| p.title)
}

#[test]
fn a_union_is_written_as_it_is() {
    selects(
        names().union(titles()),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."name" FROM "users" AS t0 UNION SELECT t1."title" FROM "posts" AS t1
        MariaDB, MySQL:
        SELECT t0.`name` FROM `users` AS t0 UNION SELECT t1.`title` FROM `posts` AS t1
    "#]],
    );
    selects(
        names().filter(|n| n.admin).union_all(titles()).except(names()),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."name" FROM "users" AS t0 WHERE t0."admin" UNION ALL SELECT t1."title" FROM "posts" AS t1 EXCEPT SELECT t2."name" FROM "users" AS t2
        MariaDB, MySQL:
        SELECT t0.`name` FROM `users` AS t0 WHERE t0.`admin` UNION ALL SELECT t1.`title` FROM `posts` AS t1 EXCEPT SELECT t2.`name` FROM `users` AS t2
    "#]],
    );
    selects(
        union_all(names(), titles()),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."name" FROM "users" AS t0 UNION ALL SELECT t1."title" FROM "posts" AS t1
        MariaDB, MySQL:
        SELECT t0.`name` FROM `users` AS t0 UNION ALL SELECT t1.`title` FROM `posts` AS t1
    "#]],
    );
}

#[test]
fn an_order_or_limit_of_the_whole_stands_outside() {
    let whole = names().union(titles()).order_by(|name| name.desc()).limit(3);
    selects(
        whole,
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0.c0 FROM (SELECT t1."name" AS c0 FROM "users" AS t1 UNION SELECT t2."title" FROM "posts" AS t2) AS t0 ORDER BY t0.c0 DESC LIMIT 3
        MariaDB, MySQL:
        SELECT t0.c0 FROM (SELECT t1.`name` AS c0 FROM `users` AS t1 UNION SELECT t2.`title` FROM `posts` AS t2) AS t0 ORDER BY t0.c0 DESC LIMIT 3
    "#]],
    );
    selects(
        names().union(titles()).filter(|name| name.starts_with("a")),
        expect![[r#"
        SQLite:
        SELECT t0.c0 FROM (SELECT t1."name" AS c0 FROM "users" AS t1 UNION SELECT t2."title" FROM "posts" AS t2) AS t0 WHERE t0.c0 LIKE ? ESCAPE '!'
        [Text("a%")]
        PostgreSQL:
        SELECT t0.c0 FROM (SELECT t1."name" AS c0 FROM "users" AS t1 UNION SELECT t2."title" FROM "posts" AS t2) AS t0 WHERE t0.c0 LIKE $1 ESCAPE '!'
        [Text("a%")]
        MariaDB, MySQL:
        SELECT t0.c0 FROM (SELECT t1.`name` AS c0 FROM `users` AS t1 UNION SELECT t2.`title` FROM `posts` AS t2) AS t0 WHERE t0.c0 LIKE ? ESCAPE '!'
        [Text("a%")]
    "#]],
    );
}

#[test]
fn an_order_or_limit_of_a_part_stays_inside() {
    let newest = || select::<Post>().order_by(|p| p.id.desc()).limit(2).columns(|p| p.title);
    selects(
        names().union_all(newest()),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."name" FROM "users" AS t0 UNION ALL SELECT * FROM (SELECT t1."title" AS c0 FROM "posts" AS t1 ORDER BY t1."id" DESC LIMIT 2) AS t2
        MariaDB, MySQL:
        SELECT t0.`name` FROM `users` AS t0 UNION ALL SELECT * FROM (SELECT t1.`title` AS c0 FROM `posts` AS t1 ORDER BY t1.`id` DESC LIMIT 2) AS t2
    "#]],
    );
    selects(
        newest().union(names()),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT * FROM (SELECT t0."title" AS c0 FROM "posts" AS t0 ORDER BY t0."id" DESC LIMIT 2) AS t1 UNION SELECT t2."name" FROM "users" AS t2
        MariaDB, MySQL:
        SELECT * FROM (SELECT t0.`title` AS c0 FROM `posts` AS t0 ORDER BY t0.`id` DESC LIMIT 2) AS t1 UNION SELECT t2.`name` FROM `users` AS t2
    "#]],
    );
}

#[test]
fn intersect_never_binds_closer_than_it_was_written() {
    selects(
        names().union(titles()).intersect(names()),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0.c0 FROM (SELECT t1."name" AS c0 FROM "users" AS t1 UNION SELECT t2."title" FROM "posts" AS t2) AS t0 INTERSECT SELECT t3."name" FROM "users" AS t3
        MariaDB, MySQL:
        SELECT t0.c0 FROM (SELECT t1.`name` AS c0 FROM `users` AS t1 UNION SELECT t2.`title` FROM `posts` AS t2) AS t0 INTERSECT SELECT t3.`name` FROM `users` AS t3
    "#]],
    );
    selects(
        names().intersect(titles()).intersect(names()),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."name" FROM "users" AS t0 INTERSECT SELECT t1."title" FROM "posts" AS t1 INTERSECT SELECT t2."name" FROM "users" AS t2
        MariaDB, MySQL:
        SELECT t0.`name` FROM `users` AS t0 INTERSECT SELECT t1.`title` FROM `posts` AS t1 INTERSECT SELECT t2.`name` FROM `users` AS t2
    "#]],
    );
    selects(
        names().except(titles().union(names())),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."name" FROM "users" AS t0 EXCEPT SELECT t1.c0 FROM (SELECT t2."title" AS c0 FROM "posts" AS t2 UNION SELECT t3."name" FROM "users" AS t3) AS t1
        MariaDB, MySQL:
        SELECT t0.`name` FROM `users` AS t0 EXCEPT SELECT t1.c0 FROM (SELECT t2.`title` AS c0 FROM `posts` AS t2 UNION SELECT t3.`name` FROM `users` AS t3) AS t1
    "#]],
    );
}

#[test]
fn a_union_stands_wherever_a_query_can() {
    let ids = || select::<User>().columns(|u| u.id).union(select::<Post>().columns(|p| p.id));
    selects(
        select::<User>().filter(|u| u.id.in_(ids())),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."id", t0."name", t0."admin" FROM "users" AS t0 WHERE t0."id" IN (SELECT t1."id" FROM "users" AS t1 UNION SELECT t2."id" FROM "posts" AS t2)
        MariaDB, MySQL:
        SELECT t0.`id`, t0.`name`, t0.`admin` FROM `users` AS t0 WHERE t0.`id` IN (SELECT t1.`id` FROM `users` AS t1 UNION SELECT t2.`id` FROM `posts` AS t2)
    "#]],
    );
    selects(
        select::<User>().filter(|_| exists(ids())),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."id", t0."name", t0."admin" FROM "users" AS t0 WHERE EXISTS (SELECT t1."id" FROM "users" AS t1 UNION SELECT t2."id" FROM "posts" AS t2)
        MariaDB, MySQL:
        SELECT t0.`id`, t0.`name`, t0.`admin` FROM `users` AS t0 WHERE EXISTS (SELECT t1.`id` FROM `users` AS t1 UNION SELECT t2.`id` FROM `posts` AS t2)
    "#]],
    );
    selects(
        select::<User>().join_on(ids(), |(u, id)| u.id.eq(id)),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT t0."id", t0."name", t0."admin" FROM "users" AS t0 JOIN (SELECT t2."id" AS c0 FROM "users" AS t2 UNION SELECT t3."id" FROM "posts" AS t3) AS t1 ON t0."id" = t1.c0
        MariaDB, MySQL:
        SELECT t0.`id`, t0.`name`, t0.`admin` FROM `users` AS t0 JOIN (SELECT t2.`id` AS c0 FROM `users` AS t2 UNION SELECT t3.`id` FROM `posts` AS t3) AS t1 ON t0.`id` = t1.c0
    "#]],
    );
    selects(
        select_from(ids()).columns(count),
        expect![[r#"
        SQLite, PostgreSQL:
        SELECT COUNT(t0.c0) FROM (SELECT t1."id" AS c0 FROM "users" AS t1 UNION SELECT t2."id" FROM "posts" AS t2) AS t0
        MariaDB, MySQL:
        SELECT COUNT(t0.c0) FROM (SELECT t1.`id` AS c0 FROM `users` AS t1 UNION SELECT t2.`id` FROM `posts` AS t2) AS t0
    "#]],
    );
}

#[test]
fn a_union_of_whole_rows_is_a_query_of_the_model() {
    let query: Query<User> = select::<User>().filter(|u| u.admin).union(select::<User>().filter(|u| u.id.lt(3)));
    selects(
        query.order_by(|u| u.name).limit(1),
        expect![[r#"
        SQLite:
        SELECT t0.c0, t0.c1, t0.c2 FROM (SELECT t1."id" AS c0, t1."name" AS c1, t1."admin" AS c2 FROM "users" AS t1 WHERE t1."admin" UNION SELECT t2."id", t2."name", t2."admin" FROM "users" AS t2 WHERE t2."id" < ?) AS t0 ORDER BY t0.c1 LIMIT 1
        [Int(3)]
        PostgreSQL:
        SELECT t0.c0, t0.c1, t0.c2 FROM (SELECT t1."id" AS c0, t1."name" AS c1, t1."admin" AS c2 FROM "users" AS t1 WHERE t1."admin" UNION SELECT t2."id", t2."name", t2."admin" FROM "users" AS t2 WHERE t2."id" < $1) AS t0 ORDER BY t0.c1 LIMIT 1
        [Int(3)]
        MariaDB, MySQL:
        SELECT t0.c0, t0.c1, t0.c2 FROM (SELECT t1.`id` AS c0, t1.`name` AS c1, t1.`admin` AS c2 FROM `users` AS t1 WHERE t1.`admin` UNION SELECT t2.`id`, t2.`name`, t2.`admin` FROM `users` AS t2 WHERE t2.`id` < ?) AS t0 ORDER BY t0.c1 LIMIT 1
        [Int(3)]
    "#]],
    );
}

#[test]
fn a_copy_can_stand_inside_its_original() {
    let all = names().union(titles());
    let query = all.clone().filter(|name| exists(all.filter(|other| other.gt(name))));
    selects(
        query,
        expect![[r#"
            SQLite, PostgreSQL:
            SELECT t0.c0 FROM (SELECT t1."name" AS c0 FROM "users" AS t1 UNION SELECT t2."title" FROM "posts" AS t2) AS t0 WHERE EXISTS (SELECT TRUE FROM (SELECT t4."name" AS c0 FROM "users" AS t4 UNION SELECT t5."title" FROM "posts" AS t5) AS t3 WHERE t3.c0 > t0.c0)
            MariaDB, MySQL:
            SELECT t0.c0 FROM (SELECT t1.`name` AS c0 FROM `users` AS t1 UNION SELECT t2.`title` FROM `posts` AS t2) AS t0 WHERE EXISTS (SELECT TRUE FROM (SELECT t4.`name` AS c0 FROM `users` AS t4 UNION SELECT t5.`title` FROM `posts` AS t5) AS t3 WHERE t3.c0 > t0.c0)
        "#]],
    );
}

#[test]
fn a_cte_is_written_once() {
    let authors = cte(select::<Post>().group_by(|p| p.author).columns(|p| (p.author, count(p.id))));
    let query = select::<User>()
        .join_on(&authors, |(u, (author, _))| author.eq(u.id))
        .filter(|(_, (_, posts))| posts.eq(select_from(&authors).columns(|(_, posts)| max(posts))))
        .columns(|(u, (_, posts))| (u.name, posts));
    selects(
        query,
        expect![[r#"
        SQLite, PostgreSQL:
        WITH cte0 AS (SELECT t0."author_id" AS c0, COUNT(t0."id") AS c1 FROM "posts" AS t0 GROUP BY t0."author_id") SELECT t1."name", t2.c1 FROM "users" AS t1 JOIN cte0 AS t2 ON t2.c0 = t1."id" WHERE t2.c1 = (SELECT MAX(t3.c1) FROM cte0 AS t3)
        MariaDB, MySQL:
        WITH cte0 AS (SELECT t0.`author_id` AS c0, COUNT(t0.`id`) AS c1 FROM `posts` AS t0 GROUP BY t0.`author_id`) SELECT t1.`name`, t2.c1 FROM `users` AS t1 JOIN cte0 AS t2 ON t2.c0 = t1.`id` WHERE t2.c1 = (SELECT MAX(t3.c1) FROM cte0 AS t3)
    "#]],
    );
}

#[test]
fn a_cte_stands_behind_those_that_it_uses() {
    let first = cte(select::<User>().filter(|u| u.admin));
    let second = cte(select_from(&first).columns(|u| u.id));
    let query = select::<Post>()
        .join_on(&second, |(p, id)| p.author.eq(id))
        .filter(|(p, _)| exists(select_from(&first).filter(|u| p.author.eq(u.id))))
        .columns(|(p, _)| p.title);
    selects(
        query,
        expect![[r#"
            SQLite, PostgreSQL:
            WITH cte0 AS (SELECT t0."id" AS c0, t0."name" AS c1, t0."admin" AS c2 FROM "users" AS t0 WHERE t0."admin"), cte1 AS (SELECT t1.c0 AS c0 FROM cte0 AS t1) SELECT t2."title" FROM "posts" AS t2 JOIN cte1 AS t3 ON t2."author_id" = t3.c0 WHERE EXISTS (SELECT TRUE FROM cte0 AS t4 WHERE t2."author_id" = t4.c0)
            MariaDB, MySQL:
            WITH cte0 AS (SELECT t0.`id` AS c0, t0.`name` AS c1, t0.`admin` AS c2 FROM `users` AS t0 WHERE t0.`admin`), cte1 AS (SELECT t1.c0 AS c0 FROM cte0 AS t1) SELECT t2.`title` FROM `posts` AS t2 JOIN cte1 AS t3 ON t2.`author_id` = t3.c0 WHERE EXISTS (SELECT TRUE FROM cte0 AS t4 WHERE t2.`author_id` = t4.c0)
        "#]],
    );
}

#[test]
fn a_cte_of_a_union_and_a_union_of_ctes() {
    let all = cte(names().union(titles()));
    selects(
        select_from(&all).union_all(select_from(&all)),
        expect![[r#"
        SQLite, PostgreSQL:
        WITH cte0 AS (SELECT t0."name" AS c0 FROM "users" AS t0 UNION SELECT t1."title" FROM "posts" AS t1) SELECT t2.c0 FROM cte0 AS t2 UNION ALL SELECT t3.c0 FROM cte0 AS t3
        MariaDB, MySQL:
        WITH cte0 AS (SELECT t0.`name` AS c0 FROM `users` AS t0 UNION SELECT t1.`title` FROM `posts` AS t1) SELECT t2.c0 FROM cte0 AS t2 UNION ALL SELECT t3.c0 FROM cte0 AS t3
    "#]],
    );
}

fn tree() -> Cte<(Entity<Employee>, Scalar<i64>)> {
    recursive(select::<Employee>().filter(|e| e.reports_to.is_null()).columns(|e| (e, val(0_i64))), |tree| {
        select::<Employee>()
            .join_on(tree, |(e, (boss, _))| e.reports_to.eq(boss.id))
            .columns(|(e, (_, depth))| (e, depth + 1))
    })
}

#[test]
fn a_recursive_query_follows_its_own_rows() {
    selects(
        select_from(tree()).columns(|(e, depth)| (e.name, depth)),
        expect![[r#"
        SQLite:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0, t0."name" AS c1, t0."reports_to_id" AS c2, ? AS c3 FROM "employees" AS t0 WHERE t0."reports_to_id" IS NULL UNION ALL SELECT t1."id", t1."name", t1."reports_to_id", t2.c3 + ? FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0) SELECT t3.c1, t3.c3 FROM cte0 AS t3
        [Int(0), Int(1)]
        PostgreSQL:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0, t0."name" AS c1, t0."reports_to_id" AS c2, CAST($1 AS BIGINT) AS c3 FROM "employees" AS t0 WHERE t0."reports_to_id" IS NULL UNION ALL SELECT t1."id", t1."name", t1."reports_to_id", t2.c3 + $2 FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0) SELECT t3.c1, t3.c3 FROM cte0 AS t3
        [Int(0), Int(1)]
        MariaDB, MySQL:
        WITH RECURSIVE cte0 AS (SELECT t0.`id` AS c0, t0.`name` AS c1, t0.`reports_to_id` AS c2, ? AS c3 FROM `employees` AS t0 WHERE t0.`reports_to_id` IS NULL UNION ALL SELECT t1.`id`, t1.`name`, t1.`reports_to_id`, t2.c3 + ? FROM `employees` AS t1 JOIN cte0 AS t2 ON t1.`reports_to_id` = t2.c0) SELECT t3.c1, t3.c3 FROM cte0 AS t3
        [Int(0), Int(1)]
    "#]],
    );
    let below = recursive_distinct(select::<Employee>().filter(|e| e.id.eq(7)).columns(|e| e.id), |found| {
        select::<Employee>().join_on(found, |(e, id)| e.reports_to.eq(id)).columns(|(e, _)| e.id)
    });
    selects(
        select_from(&below),
        expect![[r#"
        SQLite:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0 FROM "employees" AS t0 WHERE t0."id" = ? UNION SELECT t1."id" FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0) SELECT t3.c0 FROM cte0 AS t3
        [Int(7)]
        PostgreSQL:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0 FROM "employees" AS t0 WHERE t0."id" = $1 UNION SELECT t1."id" FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0) SELECT t3.c0 FROM cte0 AS t3
        [Int(7)]
        MariaDB, MySQL:
        WITH RECURSIVE cte0 AS (SELECT t0.`id` AS c0 FROM `employees` AS t0 WHERE t0.`id` = ? UNION SELECT t1.`id` FROM `employees` AS t1 JOIN cte0 AS t2 ON t1.`reports_to_id` = t2.c0) SELECT t3.c0 FROM cte0 AS t3
        [Int(7)]
    "#]],
    );
}

#[test]
fn writes_can_use_a_cte_where_the_database_takes_it() {
    let below = cte(select_from(tree()).filter(|(_, depth)| depth.gt(2)).columns(|(e, _)| e.id));
    let removal = delete::<Employee>().filter(|e| e.id.in_(select_from(&below)));
    check(
        |dialect| Ok(removal.to_sql(dialect)?.to_string()),
        expect![[r#"
        SQLite:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0, t0."name" AS c1, t0."reports_to_id" AS c2, ? AS c3 FROM "employees" AS t0 WHERE t0."reports_to_id" IS NULL UNION ALL SELECT t1."id", t1."name", t1."reports_to_id", t2.c3 + ? FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0), cte1 AS (SELECT t3.c0 AS c0 FROM cte0 AS t3 WHERE t3.c3 > ?) DELETE FROM "employees" WHERE "employees"."id" IN (SELECT t4.c0 FROM cte1 AS t4)
        [Int(0), Int(1), Int(2)]
        PostgreSQL:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0, t0."name" AS c1, t0."reports_to_id" AS c2, CAST($1 AS BIGINT) AS c3 FROM "employees" AS t0 WHERE t0."reports_to_id" IS NULL UNION ALL SELECT t1."id", t1."name", t1."reports_to_id", t2.c3 + $2 FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0), cte1 AS (SELECT t3.c0 AS c0 FROM cte0 AS t3 WHERE t3.c3 > $3) DELETE FROM "employees" WHERE "employees"."id" IN (SELECT t4.c0 FROM cte1 AS t4)
        [Int(0), Int(1), Int(2)]
        MariaDB:
        Unsupported: MariaDB does not have WITH in front of UPDATE and DELETE
        MySQL:
        WITH RECURSIVE cte0 AS (SELECT t0.`id` AS c0, t0.`name` AS c1, t0.`reports_to_id` AS c2, ? AS c3 FROM `employees` AS t0 WHERE t0.`reports_to_id` IS NULL UNION ALL SELECT t1.`id`, t1.`name`, t1.`reports_to_id`, t2.c3 + ? FROM `employees` AS t1 JOIN cte0 AS t2 ON t1.`reports_to_id` = t2.c0), cte1 AS (SELECT t3.c0 AS c0 FROM cte0 AS t3 WHERE t3.c3 > ?) DELETE FROM `employees` WHERE `employees`.`id` IN (SELECT t4.c0 FROM cte1 AS t4)
        [Int(0), Int(1), Int(2)]
    "#]],
    );
    let change = update::<Employee>().set(|e| e.name.to("x")).filter(|e| e.id.in_(select_from(&below)));
    check(
        |dialect| Ok(change.to_sql(dialect)?.to_string()),
        expect![[r#"
        SQLite:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0, t0."name" AS c1, t0."reports_to_id" AS c2, ? AS c3 FROM "employees" AS t0 WHERE t0."reports_to_id" IS NULL UNION ALL SELECT t1."id", t1."name", t1."reports_to_id", t2.c3 + ? FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0), cte1 AS (SELECT t3.c0 AS c0 FROM cte0 AS t3 WHERE t3.c3 > ?) UPDATE "employees" SET "name" = ? WHERE "employees"."id" IN (SELECT t4.c0 FROM cte1 AS t4)
        [Int(0), Int(1), Int(2), Text("x")]
        PostgreSQL:
        WITH RECURSIVE cte0 AS (SELECT t0."id" AS c0, t0."name" AS c1, t0."reports_to_id" AS c2, CAST($1 AS BIGINT) AS c3 FROM "employees" AS t0 WHERE t0."reports_to_id" IS NULL UNION ALL SELECT t1."id", t1."name", t1."reports_to_id", t2.c3 + $2 FROM "employees" AS t1 JOIN cte0 AS t2 ON t1."reports_to_id" = t2.c0), cte1 AS (SELECT t3.c0 AS c0 FROM cte0 AS t3 WHERE t3.c3 > $3) UPDATE "employees" SET "name" = $4 WHERE "employees"."id" IN (SELECT t4.c0 FROM cte1 AS t4)
        [Int(0), Int(1), Int(2), Text("x")]
        MariaDB:
        Unsupported: MariaDB does not have WITH in front of UPDATE and DELETE
        MySQL:
        WITH RECURSIVE cte0 AS (SELECT t0.`id` AS c0, t0.`name` AS c1, t0.`reports_to_id` AS c2, ? AS c3 FROM `employees` AS t0 WHERE t0.`reports_to_id` IS NULL UNION ALL SELECT t1.`id`, t1.`name`, t1.`reports_to_id`, t2.c3 + ? FROM `employees` AS t1 JOIN cte0 AS t2 ON t1.`reports_to_id` = t2.c0), cte1 AS (SELECT t3.c0 AS c0 FROM cte0 AS t3 WHERE t3.c3 > ?) UPDATE `employees` SET `name` = ? WHERE `employees`.`id` IN (SELECT t4.c0 FROM cte1 AS t4)
        [Int(0), Int(1), Int(2), Text("x")]
    "#]],
    );
}

#[test]
fn values_are_a_table() {
    let wanted = values([(1_i64, "a"), (2, "b"), (3, "c")]);
    let query = select::<User>().join_on(wanted, |(u, (id, _))| u.id.eq(id)).columns(|(u, (_, mark))| (u.name, mark));
    selects(
        query,
        expect![[r#"
            SQLite:
            SELECT t0."name", t1.c1 FROM "users" AS t0 JOIN (SELECT ? AS c0, ? AS c1 UNION ALL VALUES (?, ?), (?, ?)) AS t1 ON t0."id" = t1.c0
            [Int(1), Text("a"), Int(2), Text("b"), Int(3), Text("c")]
            PostgreSQL:
            SELECT t0."name", t1.c1 FROM "users" AS t0 JOIN (SELECT CAST($1 AS BIGINT) AS c0, CAST($2 AS TEXT) AS c1 UNION ALL VALUES (CAST($3 AS BIGINT), CAST($4 AS TEXT)), (CAST($5 AS BIGINT), CAST($6 AS TEXT))) AS t1 ON t0."id" = t1.c0
            [Int(1), Text("a"), Int(2), Text("b"), Int(3), Text("c")]
            MariaDB:
            SELECT t0.`name`, t1.c1 FROM `users` AS t0 JOIN (SELECT CAST(? AS SIGNED) AS c0, CAST(? AS CHAR) AS c1 UNION ALL SELECT CAST(? AS SIGNED), CAST(? AS CHAR) UNION ALL SELECT CAST(? AS SIGNED), CAST(? AS CHAR)) AS t1 ON t0.`id` = t1.c0
            [Int(1), Text("a"), Int(2), Text("b"), Int(3), Text("c")]
            MySQL:
            SELECT t0.`name`, t1.c1 FROM `users` AS t0 JOIN (SELECT CAST(? AS SIGNED) AS c0, CAST(? AS CHAR(16777216)) AS c1 UNION ALL SELECT CAST(? AS SIGNED), CAST(? AS CHAR(16777216)) UNION ALL SELECT CAST(? AS SIGNED), CAST(? AS CHAR(16777216))) AS t1 ON t0.`id` = t1.c0
            [Int(1), Text("a"), Int(2), Text("b"), Int(3), Text("c")]
        "#]],
    );
    selects(
        select_from(values([(true,)])),
        expect![[r#"
            SQLite:
            SELECT t0.c0 FROM (SELECT ? AS c0) AS t0
            [Bool(true)]
            PostgreSQL:
            SELECT t0.c0 FROM (SELECT CAST($1 AS BOOLEAN) AS c0) AS t0
            [Bool(true)]
            MariaDB, MySQL:
            SELECT t0.c0 FROM (SELECT CAST(? AS SIGNED) AS c0) AS t0
            [Bool(true)]
        "#]],
    );
    selects(
        select_from(values(Vec::<(i64, Option<String>)>::new())),
        expect![[r#"
            SQLite:
            SELECT t0.c0, t0.c1 FROM (SELECT CAST(NULL AS INTEGER) AS c0, CAST(NULL AS TEXT) AS c1 LIMIT 0) AS t0
            PostgreSQL:
            SELECT t0.c0, t0.c1 FROM (SELECT CAST(NULL AS BIGINT) AS c0, CAST(NULL AS TEXT) AS c1 LIMIT 0) AS t0
            MariaDB:
            SELECT t0.c0, t0.c1 FROM (SELECT CAST(NULL AS SIGNED) AS c0, CAST(NULL AS CHAR) AS c1 LIMIT 0) AS t0
            MySQL:
            SELECT t0.c0, t0.c1 FROM (SELECT CAST(NULL AS SIGNED) AS c0, CAST(NULL AS CHAR(16777216)) AS c1 LIMIT 0) AS t0
        "#]],
    );
}

#[test]
fn what_no_database_could_run_is_refused() {
    let carried = std::cell::RefCell::new(None);
    let _ = recursive(names(), |found| {
        *carried.borrow_mut() = Some(found.clone());
        select_from(found)
    });
    let carried = carried.into_inner().expect("the step was called");
    selects(
        select_from(carried),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: the rows found last of a recursive query are known only in its step: do not carry them out of it
    "#]],
    );
    selects(
        select_from(recursive(names(), |found| select_from(found).limit(1))),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: the step of a recursive query is one query without an order or limit of its own: order and limit the query that uses it
    "#]],
    );
    selects(
        names().union(titles()).for_update(),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: only rows of tables can be locked, not those of a union, a CTE or another query
    "#]],
    );
    selects(
        names().for_update().union(titles()),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: the rows of a query that is put together with others cannot be locked
    "#]],
    );
}
