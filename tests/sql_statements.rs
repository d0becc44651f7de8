//! The SQL text of statements that read while they write, for all dialects side by side, without a database.
//!
//! `UPDATE_EXPECT=1 cargo test --test sql_statements` writes what comes out into the tests; read the difference before you keep it.

use expect_test::{Expect, expect};
use orm::compile::Compiled;
use orm::dialect::Dialect;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", many_to_many(groups = Member::user => Member::group))]
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
    #[orm(version)]
    version: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "groups")]
struct Group {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "members")]
struct Member {
    #[orm(primary_key)]
    user: Ref<User>,
    #[orm(primary_key)]
    group: Ref<Group>,
    since: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "badges")]
struct Badge {
    #[orm(primary_key)]
    id: i64,
    owner: Option<Ref<Member>>,
}

/// What a statement is for each dialect; one line where several have the same.
fn check(statement: impl Fn(&'static Dialect) -> orm::Result<String>, expected: Expect) {
    let mut texts: Vec<(String, String)> = Vec::new();
    for dialect in Dialect::all() {
        let text = statement(dialect).unwrap_or_else(|error| format!("{:?}: {error}", error.kind()));
        match texts.iter_mut().find(|(_, known)| *known == text) {
            Some((names, _)) => *names += &format!(", {}", dialect.name),
            None => texts.push((dialect.name.to_owned(), text)),
        }
    }
    let lines: Vec<String> = texts.into_iter().map(|(names, text)| format!("{names}:\n{text}\n")).collect();
    expected.assert_eq(&lines.concat());
}

fn shown(compiled: orm::Result<Compiled<'_>>) -> orm::Result<String> {
    compiled.map(|compiled| compiled.to_string())
}

#[test]
fn inserts_of_queries() {
    let query = select::<User>().filter(|u| u.admin).columns(|u| (u.name, u.id, val(1)));
    let statement = insert_into::<Post>().select(query, |p| (p.title, p.author, p.version));
    check(
        |dialect| shown(statement.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "posts" ("title", "author_id", "version") SELECT "name", "id", ? FROM "users" WHERE "admin"
        [Int(1)]
        PostgreSQL:
        INSERT INTO "posts" ("title", "author_id", "version") SELECT "name", "id", CAST($1 AS INTEGER) FROM "users" WHERE "admin"
        [Int(1)]
        MariaDB, MySQL:
        INSERT INTO `posts` (`title`, `author_id`, `version`) SELECT `name`, `id`, ? FROM `users` WHERE `admin`
        [Int(1)]
    "#]],
    );
    let joined = select::<Member>().join(|m| m.group).filter(|(_, g)| g.name.eq("x")).columns(|(m, g)| (m.user, g.id));
    let statement = insert_into::<Member>().select(joined, |m| (m.user, m.group)).returning(|m| (m.user, m.since));
    check(
        |dialect| shown(statement.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "members" ("user_id", "group_id") SELECT t0."user_id", t1."id" FROM "members" AS t0 JOIN "groups" AS t1 ON t0."group_id" = t1."id" WHERE t1."name" = ? RETURNING "user_id", "since"
        [Text("x")]
        PostgreSQL:
        INSERT INTO "members" ("user_id", "group_id") SELECT t0."user_id", t1."id" FROM "members" AS t0 JOIN "groups" AS t1 ON t0."group_id" = t1."id" WHERE t1."name" = $1 RETURNING "user_id", "since"
        [Text("x")]
        MariaDB:
        INSERT INTO `members` (`user_id`, `group_id`) SELECT t0.`user_id`, t1.`id` FROM `members` AS t0 JOIN `groups` AS t1 ON t0.`group_id` = t1.`id` WHERE t1.`name` = ? RETURNING `user_id`, `since`
        [Text("x")]
        MySQL:
        Unsupported: MySQL does not have INSERT .. RETURNING
    "#]],
    );
    let wide = insert_into::<Badge>().select(select::<Badge>().columns(|b| b.owner), |b| b.owner);
    check(
        |dialect| shown(wide.to_sql(dialect)),
        expect![[r#"
            SQLite, PostgreSQL:
            INSERT INTO "badges" ("owner_user_id", "owner_group_id") SELECT "owner_user_id", "owner_group_id" FROM "badges"
            MariaDB, MySQL:
            INSERT INTO `badges` (`owner_user_id`, `owner_group_id`) SELECT `owner_user_id`, `owner_group_id` FROM `badges`
        "#]],
    );
}

#[test]
fn updates_with_joins() {
    let statement =
        update::<Post>().join(|p| p.author).set(|(p, u)| p.title.to(u.name)).filter(|(p, u)| u.admin | p.id.eq(1));
    check(
        |dialect| shown(statement.to_sql(dialect)),
        expect![[r#"
        SQLite:
        UPDATE "posts" AS t0 SET "title" = t1."name", "version" = t0."version" + 1 FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."admin" OR t0."id" = ?)
        [Int(1)]
        PostgreSQL:
        UPDATE "posts" AS t0 SET "title" = t1."name", "version" = t0."version" + 1 FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."admin" OR t0."id" = $1)
        [Int(1)]
        MariaDB, MySQL:
        UPDATE `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id` SET t0.`title` = t1.`name`, t0.`version` = t0.`version` + 1 WHERE t1.`admin` OR t0.`id` = ?
        [Int(1)]
    "#]],
    );
    let through =
        update::<User>().join(|u| u.groups).set(|(u, g)| (u.name.to(g.name), u.admin.to(g.id.eq(3)))).every_row();
    check(
        |dialect| shown(through.to_sql(dialect)),
        expect![[r#"
            SQLite:
            UPDATE "users" AS t0 SET "name" = t2."name", "admin" = (t2."id" = ?) IS TRUE FROM "members" AS t1, "groups" AS t2 WHERE t1."user_id" = t0."id" AND t2."id" = t1."group_id"
            [Int(3)]
            PostgreSQL:
            UPDATE "users" AS t0 SET "name" = t2."name", "admin" = (t2."id" = $1) IS TRUE FROM "members" AS t1, "groups" AS t2 WHERE t1."user_id" = t0."id" AND t2."id" = t1."group_id"
            [Int(3)]
            MariaDB, MySQL:
            UPDATE `users` AS t0 JOIN `members` AS t1 ON t1.`user_id` = t0.`id` JOIN `groups` AS t2 ON t2.`id` = t1.`group_id` SET t0.`name` = t2.`name`, t0.`admin` = (t2.`id` = ?) IS TRUE
            [Int(3)]
        "#]],
    );
    let owner = update::<Badge>().join(|b| b.owner).set(|(b, _)| b.owner.to(None)).filter(|(_, m)| m.since.lt(1970));
    check(
        |dialect| shown(owner.to_sql(dialect)),
        expect![[r#"
        SQLite:
        UPDATE "badges" AS t0 SET "owner_user_id" = ?, "owner_group_id" = ? FROM "members" AS t1 WHERE (t0."owner_user_id", t0."owner_group_id") = (t1."user_id", t1."group_id") AND (t1."since" < ?)
        [Null, Null, Int(1970)]
        PostgreSQL:
        UPDATE "badges" AS t0 SET "owner_user_id" = $1, "owner_group_id" = $2 FROM "members" AS t1 WHERE (t0."owner_user_id", t0."owner_group_id") = (t1."user_id", t1."group_id") AND (t1."since" < $3)
        [Null, Null, Int(1970)]
        MariaDB, MySQL:
        UPDATE `badges` AS t0 JOIN `members` AS t1 ON (t0.`owner_user_id`, t0.`owner_group_id`) = (t1.`user_id`, t1.`group_id`) SET t0.`owner_user_id` = ?, t0.`owner_group_id` = ? WHERE t1.`since` < ?
        [Null, Null, Int(1970)]
    "#]],
    );
    let swapped = update::<Post>()
        .join(|p| p.author)
        .set(|(p, u)| (p.title.to(u.name), p.version.to(p.title.length().cast::<i32>())))
        .every_row();
    check(
        |dialect| shown(swapped.to_sql(dialect)),
        expect![[r#"
        SQLite, PostgreSQL:
        UPDATE "posts" AS t0 SET "title" = t1."name", "version" = CAST(LENGTH(t0."title") AS INTEGER) FROM "users" AS t1 WHERE t0."author_id" = t1."id"
        MariaDB:
        Unsupported: MariaDB does not have assignments that read a column assigned earlier in the same UPDATE as it was before
        MySQL:
        Unsupported: MySQL does not have assignments that read a column assigned earlier in the same UPDATE as it was before
    "#]],
    );
    let foreign = update::<Post>().join(|p| p.author).set(|(_, u)| u.admin.to(false)).every_row();
    check(
        |dialect| shown(foreign.to_sql(dialect)),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: a statement that changes posts cannot assign a column of users
    "#]],
    );
}

#[test]
fn deletes_with_joins() {
    let statement = delete::<Post>().join(|p| p.author).filter(|(_, u)| u.name.eq("x"));
    check(
        |dialect| shown(statement.to_sql(dialect)),
        expect![[r#"
        SQLite:
        DELETE FROM "posts" WHERE ("id") IN (SELECT t0."id" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id" WHERE t1."name" = ?)
        [Text("x")]
        PostgreSQL:
        DELETE FROM "posts" AS t0 USING "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."name" = $1)
        [Text("x")]
        MariaDB, MySQL:
        DELETE t0 FROM `posts` AS t0 JOIN `users` AS t1 ON t0.`author_id` = t1.`id` WHERE t1.`name` = ?
        [Text("x")]
    "#]],
    );
    let several =
        delete::<Member>().join(|m| m.user).join(|(m, _)| m.group).filter(|(_, u, g)| u.admin & g.name.eq("x"));
    check(
        |dialect| shown(several.to_sql(dialect)),
        expect![[r#"
        SQLite:
        DELETE FROM "members" WHERE ("user_id", "group_id") IN (SELECT t0."user_id", t0."group_id" FROM "members" AS t0 JOIN "users" AS t1 ON t0."user_id" = t1."id" JOIN "groups" AS t2 ON t0."group_id" = t2."id" WHERE t1."admin" AND t2."name" = ?)
        [Text("x")]
        PostgreSQL:
        DELETE FROM "members" AS t0 USING "users" AS t1, "groups" AS t2 WHERE t0."user_id" = t1."id" AND t0."group_id" = t2."id" AND (t1."admin" AND t2."name" = $1)
        [Text("x")]
        MariaDB, MySQL:
        DELETE t0 FROM `members` AS t0 JOIN `users` AS t1 ON t0.`user_id` = t1.`id` JOIN `groups` AS t2 ON t0.`group_id` = t2.`id` WHERE t1.`admin` AND t2.`name` = ?
        [Text("x")]
    "#]],
    );
}

#[test]
fn locks() {
    let query = || select::<Post>().filter(|p| p.id.eq(1));
    check(
        |dialect| shown(query().for_update().skip_locked().to_sql(dialect)),
        expect![[r#"
        SQLite:
        Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
        PostgreSQL:
        SELECT "id", "title", "author_id", "version" FROM "posts" WHERE "id" = $1 FOR UPDATE SKIP LOCKED
        [Int(1)]
        MariaDB, MySQL:
        SELECT `id`, `title`, `author_id`, `version` FROM `posts` WHERE `id` = ? FOR UPDATE SKIP LOCKED
        [Int(1)]
    "#]],
    );
    check(
        |dialect| shown(query().no_wait().for_share().to_sql(dialect)),
        expect![[r#"
        SQLite:
        Unsupported: SQLite does not have row locks; a session made with `.write()` locks the whole database
        PostgreSQL:
        SELECT "id", "title", "author_id", "version" FROM "posts" WHERE "id" = $1 FOR SHARE NOWAIT
        [Int(1)]
        MariaDB:
        SELECT `id`, `title`, `author_id`, `version` FROM `posts` WHERE `id` = ? LOCK IN SHARE MODE NOWAIT
        [Int(1)]
        MySQL:
        SELECT `id`, `title`, `author_id`, `version` FROM `posts` WHERE `id` = ? FOR SHARE NOWAIT
        [Int(1)]
    "#]],
    );
    check(
        |dialect| shown(query().no_wait().to_sql(dialect)),
        expect![[r#"
            SQLite, PostgreSQL, MariaDB, MySQL:
            Misuse: `skip_locked`, `no_wait` and `of` need `for_update` or `for_share` on the same query
        "#]],
    );
}

#[test]
fn raw_sql() {
    let query = sql("SELECT :p FROM posts p WHERE p.id IN (:ids) AND p.title NOT IN (:none) AND ':ids' = :text");
    let query = query.fields::<Post>("p").bind_list("ids", [1, 2]).bind_list("none", [""; 0]).bind("text", "x");
    check(
        |dialect| shown(query.to_sql(dialect)),
        expect![[r#"
        SQLite:
        SELECT "p"."id", "p"."title", "p"."author_id", "p"."version" FROM posts p WHERE p.id IN (?, ?) AND p.title NOT IN (NULL) AND ':ids' = ?
        [Int(1), Int(2), Text("x")]
        PostgreSQL:
        SELECT "p"."id", "p"."title", "p"."author_id", "p"."version" FROM posts p WHERE p.id IN ($1, $2) AND p.title NOT IN (NULL) AND ':ids' = $3
        [Int(1), Int(2), Text("x")]
        MariaDB, MySQL:
        SELECT `p`.`id`, `p`.`title`, `p`.`author_id`, `p`.`version` FROM posts p WHERE p.id IN (?, ?) AND p.title NOT IN (NULL) AND ':ids' = ?
        [Int(1), Int(2), Text("x")]
    "#]],
    );
}
