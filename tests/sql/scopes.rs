//! The conditions that models with a mark of deletion bring with them: in WHERE, in ON, and inside of an outer join's table.

use super::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "authors",
    has_many(papers = Paper::author),
    many_to_many(labs = Place::author => Place::lab)
)]
struct Author {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "papers")]
struct Paper {
    #[orm(primary_key)]
    id: i64,
    author: Ref<Author>,
    #[orm(soft_delete)]
    gone: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "labs")]
struct Lab {
    #[orm(primary_key)]
    id: i64,
    #[orm(soft_delete)]
    gone: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "places")]
struct Place {
    #[orm(primary_key)]
    author: Ref<Author>,
    #[orm(primary_key)]
    lab: Ref<Lab>,
}

#[test]
fn in_where() {
    check(
        select::<Paper>().columns(|p| p.id),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT "id" FROM "papers" WHERE NOT "gone"
        -- MariaDB, MySQL
        SELECT `id` FROM `papers` WHERE NOT `gone`
    "#]],
    );
    check(
        select::<Paper>().filter(|p| p.id.gt(1) | p.id.eq(0)).columns(|p| p.id).limit(1),
        expect![[r#"
        -- SQLite
        SELECT "id" FROM "papers" WHERE ("id" > ? OR "id" = ?) AND NOT "gone" LIMIT 1
        [Int(1), Int(0)]
        -- PostgreSQL
        SELECT "id" FROM "papers" WHERE ("id" > $1 OR "id" = $2) AND NOT "gone" LIMIT 1
        [Int(1), Int(0)]
        -- MariaDB, MySQL
        SELECT `id` FROM `papers` WHERE (`id` > ? OR `id` = ?) AND NOT `gone` LIMIT 1
        [Int(1), Int(0)]
    "#]],
    );
    check(
        select::<Paper>().columns(|p| p.id).with_deleted(),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT "id" FROM "papers"
        -- MariaDB, MySQL
        SELECT `id` FROM `papers`
    "#]],
    );
    check(
        select::<Author>().filter(|a| a.papers.any(|p| p.id.gt(1))).columns(|a| a.id),
        expect![[r#"
        -- SQLite
        SELECT t0."id" FROM "authors" AS t0 WHERE EXISTS (SELECT TRUE FROM "papers" AS t1 WHERE (t1."author_id" = t0."id" AND t1."id" > ?) AND NOT t1."gone")
        [Int(1)]
        -- PostgreSQL
        SELECT t0."id" FROM "authors" AS t0 WHERE EXISTS (SELECT TRUE FROM "papers" AS t1 WHERE (t1."author_id" = t0."id" AND t1."id" > $1) AND NOT t1."gone")
        [Int(1)]
        -- MariaDB, MySQL
        SELECT t0.`id` FROM `authors` AS t0 WHERE EXISTS (SELECT TRUE FROM `papers` AS t1 WHERE (t1.`author_id` = t0.`id` AND t1.`id` > ?) AND NOT t1.`gone`)
        [Int(1)]
    "#]],
    );
    check(
        select::<Author>().filter(|a| a.papers.any(|p| p.id.gt(1))).columns(|a| a.id).unscoped(),
        expect![[r#"
        -- SQLite
        SELECT t0."id" FROM "authors" AS t0 WHERE EXISTS (SELECT TRUE FROM "papers" AS t1 WHERE t1."author_id" = t0."id" AND t1."id" > ?)
        [Int(1)]
        -- PostgreSQL
        SELECT t0."id" FROM "authors" AS t0 WHERE EXISTS (SELECT TRUE FROM "papers" AS t1 WHERE t1."author_id" = t0."id" AND t1."id" > $1)
        [Int(1)]
        -- MariaDB, MySQL
        SELECT t0.`id` FROM `authors` AS t0 WHERE EXISTS (SELECT TRUE FROM `papers` AS t1 WHERE t1.`author_id` = t0.`id` AND t1.`id` > ?)
        [Int(1)]
    "#]],
    );
}

#[test]
fn in_on() {
    check(
        select::<Author>().left_join(|a| a.papers).columns(|(a, p)| (a.id, p.id)),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT t0."id", t1."id" FROM "authors" AS t0 LEFT JOIN "papers" AS t1 ON (t1."author_id" = t0."id") AND NOT t1."gone"
        -- MariaDB, MySQL
        SELECT t0.`id`, t1.`id` FROM `authors` AS t0 LEFT JOIN `papers` AS t1 ON (t1.`author_id` = t0.`id`) AND NOT t1.`gone`
    "#]],
    );
    check(
        select::<Author>().left_join(|a| a.labs).columns(|(a, l)| (a.id, l.id)),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT t0."id", t2."id" FROM "authors" AS t0 LEFT JOIN ("places" AS t1 JOIN "labs" AS t2 ON (t2."id" = t1."lab_id") AND NOT t2."gone") ON t1."author_id" = t0."id"
        -- MariaDB, MySQL
        SELECT t0.`id`, t2.`id` FROM `authors` AS t0 LEFT JOIN (`places` AS t1 JOIN `labs` AS t2 ON (t2.`id` = t1.`lab_id`) AND NOT t2.`gone`) ON t1.`author_id` = t0.`id`
    "#]],
    );
    check(
        select::<Author>().join(|a| a.labs).columns(|(a, l)| (a.id, l.id)),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT t0."id", t2."id" FROM "authors" AS t0 JOIN "places" AS t1 ON t1."author_id" = t0."id" JOIN "labs" AS t2 ON (t2."id" = t1."lab_id") AND NOT t2."gone"
        -- MariaDB, MySQL
        SELECT t0.`id`, t2.`id` FROM `authors` AS t0 JOIN `places` AS t1 ON t1.`author_id` = t0.`id` JOIN `labs` AS t2 ON (t2.`id` = t1.`lab_id`) AND NOT t2.`gone`
    "#]],
    );
    check(
        select::<Paper>().right_join(|p| p.author).columns(|(p, a)| (p.id, a.id)),
        expect![[r#"
        -- SQLite, PostgreSQL
        SELECT t0."id", t1."id" FROM (SELECT * FROM "papers" WHERE NOT "gone") AS t0 RIGHT JOIN "authors" AS t1 ON t0."author_id" = t1."id"
        -- MariaDB, MySQL
        SELECT t0.`id`, t1.`id` FROM (SELECT * FROM `papers` WHERE NOT `gone`) AS t0 RIGHT JOIN `authors` AS t1 ON t0.`author_id` = t1.`id`
    "#]],
    );
}

#[test]
fn in_writes() {
    check(
        update::<Paper>().set(|p| p.author.to(1)).filter(|p| p.id.eq(2)),
        expect![[r#"
        -- SQLite
        UPDATE "papers" SET "author_id" = ? WHERE ("id" = ?) AND NOT "gone"
        [Int(1), Int(2)]
        -- PostgreSQL
        UPDATE "papers" SET "author_id" = $1 WHERE ("id" = $2) AND NOT "gone"
        [Int(1), Int(2)]
        -- MariaDB, MySQL
        UPDATE `papers` SET `author_id` = ? WHERE (`id` = ?) AND NOT `gone`
        [Int(1), Int(2)]
    "#]],
    );
    check(
        update::<Paper>().set(|p| p.author.to(1)).every_row().with_deleted(),
        expect![[r#"
        -- SQLite
        UPDATE "papers" SET "author_id" = ?
        [Int(1)]
        -- PostgreSQL
        UPDATE "papers" SET "author_id" = $1
        [Int(1)]
        -- MariaDB, MySQL
        UPDATE `papers` SET `author_id` = ?
        [Int(1)]
    "#]],
    );
    check(
        delete::<Paper>().every_row(),
        expect![[r#"
        -- SQLite, PostgreSQL
        DELETE FROM "papers" WHERE NOT "gone"
        -- MariaDB, MySQL
        DELETE FROM `papers` WHERE NOT `gone`
    "#]],
    );
}
