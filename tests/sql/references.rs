//! References: to keys of one column and of two.

use super::*;

#[test]
fn to_one_column() {
    let post = |query: Query<Post>| query.columns(|p| p.id);
    check(
        post(select::<Post>().filter(|p| p.author.eq(1) & p.editor.eq(None) & p.author.eq(p.editor))),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "posts" WHERE "author_id" = ? AND "editor_id" IS NULL AND "author_id" = "editor_id"
            [Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "posts" WHERE "author_id" = $1 AND "editor_id" IS NULL AND "author_id" = "editor_id"
            [Int(1)]
            -- MariaDB, MySQL
            SELECT `id` FROM `posts` WHERE `author_id` = ? AND `editor_id` IS NULL AND `author_id` = `editor_id`
            [Int(1)]
        "#]],
    );
    check(
        post(select::<Post>().filter(|p| p.author.in_([1, 2]) & p.editor.in_([Ref::<User>::from(1)]))),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "posts" WHERE "author_id" IN (?, ?) AND "editor_id" IN (?)
            [Int(1), Int(2), Int(1)]
            -- PostgreSQL
            SELECT "id" FROM "posts" WHERE "author_id" = ANY($1) AND "editor_id" = ANY($2)
            [Array([Int(1), Int(2)]), Array([Int(1)])]
            -- MariaDB, MySQL
            SELECT `id` FROM `posts` WHERE `author_id` IN (?, ?) AND `editor_id` IN (?)
            [Int(1), Int(2), Int(1)]
        "#]],
    );
    check(
        post(select::<Post>().order_by(|p| p.editor.desc().nulls_last())),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "posts" ORDER BY "editor_id" DESC NULLS LAST
            -- MariaDB, MySQL
            SELECT `id` FROM `posts` ORDER BY `editor_id` IS NULL, `editor_id` DESC
        "#]],
    );
    filter(
        |u| u.is(7) & u.is(None),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "id" = ? AND "id" IS NULL
            [Int(7)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "id" = $1 AND "id" IS NULL
            [Int(7)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `id` = ? AND `id` IS NULL
            [Int(7)]
        "#]],
    );
}

#[test]
fn to_two_columns() {
    let note = |query: Query<Note>| query.columns(|n| n.id);
    check(
        select::<Note>().columns(|n| (n.about, n.reply)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "about_user_id", "about_group_id", "reply_user_id", "reply_group_id" FROM "notes"
            -- MariaDB, MySQL
            SELECT `about_user_id`, `about_group_id`, `reply_user_id`, `reply_group_id` FROM `notes`
        "#]],
    );
    check(
        note(select::<Note>().filter(|n| n.about.eq((1, 2)) & n.about.ne((3, 4)))),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") = (?, ?) AND ("about_user_id", "about_group_id") <> (?, ?)
            [Int(1), Int(2), Int(3), Int(4)]
            -- PostgreSQL
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") = ($1, $2) AND ("about_user_id", "about_group_id") <> ($3, $4)
            [Int(1), Int(2), Int(3), Int(4)]
            -- MariaDB, MySQL
            SELECT `id` FROM `notes` WHERE (`about_user_id`, `about_group_id`) = (?, ?) AND (`about_user_id`, `about_group_id`) <> (?, ?)
            [Int(1), Int(2), Int(3), Int(4)]
        "#]],
    );
    check(
        note(select::<Note>().filter(|n| n.about.eq(n.reply) & n.reply.same(n.about))),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") = ("reply_user_id", "reply_group_id") AND ("reply_user_id", "reply_group_id") IS ("about_user_id", "about_group_id")
            -- PostgreSQL
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") = ("reply_user_id", "reply_group_id") AND ("reply_user_id", "reply_group_id") IS NOT DISTINCT FROM ("about_user_id", "about_group_id")
            -- MariaDB, MySQL
            SELECT `id` FROM `notes` WHERE (`about_user_id`, `about_group_id`) = (`reply_user_id`, `reply_group_id`) AND (`reply_user_id`, `reply_group_id`) <=> (`about_user_id`, `about_group_id`)
        "#]],
    );
    check(
        note(select::<Note>().filter(|n| n.reply.is_null() | n.reply.ne(None) | n.reply.eq(None))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "notes" WHERE "reply_user_id" IS NULL OR "reply_user_id" IS NOT NULL OR "reply_user_id" IS NULL
            -- MariaDB, MySQL
            SELECT `id` FROM `notes` WHERE `reply_user_id` IS NULL OR `reply_user_id` IS NOT NULL OR `reply_user_id` IS NULL
        "#]],
    );
    check(
        note(select::<Note>().filter(|n| n.about.in_([(1, 2), (3, 4), (5, 6)]))),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") IN (VALUES (?, ?), (?, ?), (?, ?))
            [Int(1), Int(2), Int(3), Int(4), Int(5), Int(6)]
            -- PostgreSQL
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") IN (($1, $2), ($3, $4), ($5, $6))
            [Int(1), Int(2), Int(3), Int(4), Int(5), Int(6)]
            -- MariaDB, MySQL
            SELECT `id` FROM `notes` WHERE (`about_user_id`, `about_group_id`) IN ((?, ?), (?, ?), (?, ?))
            [Int(1), Int(2), Int(3), Int(4), Int(5), Int(6)]
        "#]],
    );
    check(
        note(select::<Note>().filter(|n| n.about.in_(Vec::<Ref<Membership>>::new()))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "notes" WHERE FALSE
            -- MariaDB, MySQL
            SELECT `id` FROM `notes` WHERE FALSE
        "#]],
    );
    check(
        note(select::<Note>().filter(|n| n.about.in_(select::<Note>().columns(|m| m.reply)))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "notes" AS t0 WHERE (t0."about_user_id", t0."about_group_id") IN (SELECT t1."reply_user_id", t1."reply_group_id" FROM "notes" AS t1)
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `notes` AS t0 WHERE (t0.`about_user_id`, t0.`about_group_id`) IN (SELECT t1.`reply_user_id`, t1.`reply_group_id` FROM `notes` AS t1)
        "#]],
    );
    check(
        note(select::<Note>().order_by(|n| (n.about.desc(), n.reply.asc().nulls_first()))),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "notes" ORDER BY "about_user_id" DESC, "about_group_id" DESC, "reply_user_id" NULLS FIRST, "reply_group_id" NULLS FIRST
            -- MariaDB, MySQL
            SELECT `id` FROM `notes` ORDER BY `about_user_id` DESC, `about_group_id` DESC, `reply_user_id` IS NOT NULL, `reply_user_id`, `reply_group_id` IS NOT NULL, `reply_group_id`
        "#]],
    );
    check(
        note(select::<Note>().filter(|n| n.about.gt((1, 2)) & n.about.between((1, 2), (3, 4)))),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") > (?, ?) AND (("about_user_id", "about_group_id") >= (?, ?) AND ("about_user_id", "about_group_id") <= (?, ?))
            [Int(1), Int(2), Int(1), Int(2), Int(3), Int(4)]
            -- PostgreSQL
            SELECT "id" FROM "notes" WHERE ("about_user_id", "about_group_id") > ($1, $2) AND (("about_user_id", "about_group_id") >= ($3, $4) AND ("about_user_id", "about_group_id") <= ($5, $6))
            [Int(1), Int(2), Int(1), Int(2), Int(3), Int(4)]
            -- MariaDB, MySQL
            SELECT `id` FROM `notes` WHERE (`about_user_id`, `about_group_id`) > (?, ?) AND ((`about_user_id`, `about_group_id`) >= (?, ?) AND (`about_user_id`, `about_group_id`) <= (?, ?))
            [Int(1), Int(2), Int(1), Int(2), Int(3), Int(4)]
        "#]],
    );
    check(
        select::<Note>().columns(|n| (count(n.about), count_distinct(n.about))),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have a value of several columns in a function, CASE or CAST
            -- PostgreSQL
            Unsupported: PostgreSQL does not have a value of several columns in a function, CASE or CAST
            -- MariaDB
            Unsupported: MariaDB does not have a value of several columns in a function, CASE or CAST
            -- MySQL
            Unsupported: MySQL does not have a value of several columns in a function, CASE or CAST
        "#]],
    );
    check(
        select::<Note>().columns(|n| n.reply.coalesce(n.about)),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have a value of several columns in a function, CASE or CAST
            -- PostgreSQL
            Unsupported: PostgreSQL does not have a value of several columns in a function, CASE or CAST
            -- MariaDB
            Unsupported: MariaDB does not have a value of several columns in a function, CASE or CAST
            -- MySQL
            Unsupported: MySQL does not have a value of several columns in a function, CASE or CAST
        "#]],
    );
}

#[test]
fn joins_over_two_columns() {
    check(
        select::<Note>().join(|n| n.about).columns(|(n, m)| (n.id, m.user)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id", t1."user_id" FROM "notes" AS t0 JOIN "memberships" AS t1 ON (t0."about_user_id", t0."about_group_id") = (t1."user_id", t1."group_id")
            -- MariaDB, MySQL
            SELECT t0.`id`, t1.`user_id` FROM `notes` AS t0 JOIN `memberships` AS t1 ON (t0.`about_user_id`, t0.`about_group_id`) = (t1.`user_id`, t1.`group_id`)
        "#]],
    );
    check(
        select::<Membership>().left_join(|m| m.notes).columns(|(m, n)| (m.user, n.id)),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."user_id", t1."id" FROM "memberships" AS t0 LEFT JOIN "notes" AS t1 ON (t1."about_user_id", t1."about_group_id") = (t0."user_id", t0."group_id")
            -- MariaDB, MySQL
            SELECT t0.`user_id`, t1.`id` FROM `memberships` AS t0 LEFT JOIN `notes` AS t1 ON (t1.`about_user_id`, t1.`about_group_id`) = (t0.`user_id`, t0.`group_id`)
        "#]],
    );
    check(
        select::<Membership>().columns(|m| m.user).filter(|m| m.is((1, 2)) & m.notes.any(|n| n.reply.eq(None))),
        expect![[r#"
            -- SQLite
            SELECT t0."user_id" FROM "memberships" AS t0 WHERE (t0."user_id", t0."group_id") = (?, ?) AND EXISTS (SELECT TRUE FROM "notes" AS t1 WHERE (t1."about_user_id", t1."about_group_id") = (t0."user_id", t0."group_id") AND t1."reply_user_id" IS NULL)
            [Int(1), Int(2)]
            -- PostgreSQL
            SELECT t0."user_id" FROM "memberships" AS t0 WHERE (t0."user_id", t0."group_id") = ($1, $2) AND EXISTS (SELECT TRUE FROM "notes" AS t1 WHERE (t1."about_user_id", t1."about_group_id") = (t0."user_id", t0."group_id") AND t1."reply_user_id" IS NULL)
            [Int(1), Int(2)]
            -- MariaDB, MySQL
            SELECT t0.`user_id` FROM `memberships` AS t0 WHERE (t0.`user_id`, t0.`group_id`) = (?, ?) AND EXISTS (SELECT TRUE FROM `notes` AS t1 WHERE (t1.`about_user_id`, t1.`about_group_id`) = (t0.`user_id`, t0.`group_id`) AND t1.`reply_user_id` IS NULL)
            [Int(1), Int(2)]
        "#]],
    );
    check(
        select::<Note>().join_on(select::<Membership>(), |(n, m)| m.is(n.reply) | m.is(None)).columns(|(n, _)| n.id),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT t0."id" FROM "notes" AS t0 JOIN "memberships" AS t1 ON (t1."user_id", t1."group_id") = (t0."reply_user_id", t0."reply_group_id") OR t1."user_id" IS NULL
            -- MariaDB, MySQL
            SELECT t0.`id` FROM `notes` AS t0 JOIN `memberships` AS t1 ON (t1.`user_id`, t1.`group_id`) = (t0.`reply_user_id`, t0.`reply_group_id`) OR t1.`user_id` IS NULL
        "#]],
    );
    check(
        select::<Membership>().group_by(|m| m).columns(|m| (count(m), m.notes.count())),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT COUNT(t0."user_id"), (SELECT COUNT(*) FROM "notes" AS t1 WHERE (t1."about_user_id", t1."about_group_id") = (t0."user_id", t0."group_id")) FROM "memberships" AS t0 GROUP BY t0."user_id", t0."group_id"
            -- MariaDB, MySQL
            SELECT COUNT(t0.`user_id`), (SELECT COUNT(*) FROM `notes` AS t1 WHERE (t1.`about_user_id`, t1.`about_group_id`) = (t0.`user_id`, t0.`group_id`)) FROM `memberships` AS t0 GROUP BY t0.`user_id`, t0.`group_id`
        "#]],
    );
}

#[test]
fn an_object_without_a_key_is_known_to_its_session_only() {
    let engine = orm::create_engine("sqlite::memory:").expect("the URL is right");
    let new = engine.session().add(user(0, "a"));
    check(
        select::<Post>().columns(|p| p.id).filter(|p| p.author.eq(new)),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            InvalidReference: a handle, or a `Ref` to an object without a key, means something only in its own session
        "#]],
    );
}
