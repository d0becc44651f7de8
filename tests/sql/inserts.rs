//! INSERT, and what becomes of a row that is there already.

use super::*;

#[test]
fn inserts() {
    check(
        insert(&user(0, "a")),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES (?, ?, ?, ?)
            [Text("a"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4)
            [Text("a"), Null, Bool(false), Int(7)]
            -- MariaDB, MySQL
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?)
            [Text("a"), Null, Bool(false), Int(7)]
        "#]],
    );
    check(
        insert(&[user(0, "a"), user(5, "b")]),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES (?, ?, ?, ?)
            [Text("a"), Null, Bool(false), Int(7)]
            INSERT INTO "users" ("id", "name", "email", "is_admin", "age") VALUES (?, ?, ?, ?, ?)
            [Int(5), Text("b"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4)
            [Text("a"), Null, Bool(false), Int(7)]
            INSERT INTO "users" ("id", "name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4, $5)
            [Int(5), Text("b"), Null, Bool(false), Int(7)]
            -- MariaDB, MySQL
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?)
            [Text("a"), Null, Bool(false), Int(7)]
            INSERT INTO `users` (`id`, `name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?, ?)
            [Int(5), Text("b"), Null, Bool(false), Int(7)]
        "#]],
    );
    check(
        insert(&Vec::<User>::new()),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL

        "#]],
    );
    check(
        insert(&Note { id: 1, about: (1, 2).into(), reply: None }),
        expect![[r#"
            -- SQLite
            INSERT INTO "notes" ("id", "about_user_id", "about_group_id", "reply_user_id", "reply_group_id") VALUES (?, ?, ?, ?, ?)
            [Int(1), Int(1), Int(2), Null, Null]
            -- PostgreSQL
            INSERT INTO "notes" ("id", "about_user_id", "about_group_id", "reply_user_id", "reply_group_id") VALUES ($1, $2, $3, $4, $5)
            [Int(1), Int(1), Int(2), Null, Null]
            -- MariaDB, MySQL
            INSERT INTO `notes` (`id`, `about_user_id`, `about_group_id`, `reply_user_id`, `reply_group_id`) VALUES (?, ?, ?, ?, ?)
            [Int(1), Int(1), Int(2), Null, Null]
        "#]],
    );
    check(
        insert(&Page { id: 0, path: "p".into(), title: "t".into(), version: 1 }),
        expect![[r#"
            -- SQLite
            INSERT INTO "pages" ("path", "title", "version") VALUES (?, ?, ?)
            [Text("p"), Text("t"), Int(1)]
            -- PostgreSQL
            INSERT INTO "pages" ("path", "title", "version") VALUES ($1, $2, $3)
            [Text("p"), Text("t"), Int(1)]
            -- MariaDB, MySQL
            INSERT INTO `pages` (`path`, `title`, `version`) VALUES (?, ?, ?)
            [Text("p"), Text("t"), Int(1)]
        "#]],
    );
}

#[test]
fn on_conflict() {
    check(
        insert(&user(0, "a")).on_conflict(|u| u.name).do_nothing(),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES (?, ?, ?, ?) ON CONFLICT ("name") DO NOTHING
            [Text("a"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4) ON CONFLICT ("name") DO NOTHING
            [Text("a"), Null, Bool(false), Int(7)]
            -- MariaDB, MySQL
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE `id` = `users`.`id`
            [Text("a"), Null, Bool(false), Int(7)]
        "#]],
    );
    check(
        insert(&user(0, "a"))
            .on_conflict(|u| u.name)
            .do_update(|u, new| (u.email.to(new.email), u.age.to(u.age + new.age))),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES (?, ?, ?, ?) ON CONFLICT ("name") DO UPDATE SET "email" = excluded."email", "age" = "users"."age" + excluded."age"
            [Text("a"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4) ON CONFLICT ("name") DO UPDATE SET "email" = excluded."email", "age" = "users"."age" + excluded."age"
            [Text("a"), Null, Bool(false), Int(7)]
            -- MariaDB
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE `email` = VALUES(`email`), `age` = `users`.`age` + VALUES(`age`)
            [Text("a"), Null, Bool(false), Int(7)]
            -- MySQL
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?) AS new ON DUPLICATE KEY UPDATE `email` = new.`email`, `age` = `users`.`age` + new.`age`
            [Text("a"), Null, Bool(false), Int(7)]
        "#]],
    );
    check(
        insert(&Membership { user: 1.into(), group: 2.into() })
            .on_conflict(|m| (m.user, m.group))
            .do_update(|m, new| m.group.to(new.group))
            .returning(|m| m),
        expect![[r#"
            -- SQLite
            INSERT INTO "memberships" ("user_id", "group_id") VALUES (?, ?) ON CONFLICT ("user_id", "group_id") DO UPDATE SET "group_id" = excluded."group_id" RETURNING "user_id", "group_id"
            [Int(1), Int(2)]
            -- PostgreSQL
            INSERT INTO "memberships" ("user_id", "group_id") VALUES ($1, $2) ON CONFLICT ("user_id", "group_id") DO UPDATE SET "group_id" = excluded."group_id" RETURNING "user_id", "group_id"
            [Int(1), Int(2)]
            -- MariaDB
            INSERT INTO `memberships` (`user_id`, `group_id`) VALUES (?, ?) ON DUPLICATE KEY UPDATE `group_id` = VALUES(`group_id`) RETURNING `user_id`, `group_id`
            [Int(1), Int(2)]
            -- MySQL
            Unsupported: MySQL does not have INSERT .. RETURNING
        "#]],
    );
    check(
        insert(&user(0, "a"))
            .on_conflict(|u| u.name)
            .do_update(|u, new| u.age.to(case::<i32>().when(u.admin, u.age).otherwise(new.age))),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES (?, ?, ?, ?) ON CONFLICT ("name") DO UPDATE SET "age" = CASE WHEN "users"."is_admin" THEN "users"."age" ELSE excluded."age" END
            [Text("a"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4) ON CONFLICT ("name") DO UPDATE SET "age" = CASE WHEN "users"."is_admin" THEN "users"."age" ELSE excluded."age" END
            [Text("a"), Null, Bool(false), Int(7)]
            -- MariaDB
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?) ON DUPLICATE KEY UPDATE `age` = CASE WHEN `users`.`is_admin` THEN `users`.`age` ELSE VALUES(`age`) END
            [Text("a"), Null, Bool(false), Int(7)]
            -- MySQL
            INSERT INTO `users` (`name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?) AS new ON DUPLICATE KEY UPDATE `age` = CASE WHEN `users`.`is_admin` THEN `users`.`age` ELSE new.`age` END
            [Text("a"), Null, Bool(false), Int(7)]
        "#]],
    );
}

#[test]
fn on_conflict_that_would_mean_something_else() {
    let page = Page { id: 0, path: "p".into(), title: "t".into(), version: 1 };
    check(
        insert(&page).on_conflict(|p| p.path).do_nothing(),
        expect![[r#"
            -- SQLite
            INSERT INTO "pages" ("path", "title", "version") VALUES (?, ?, ?) ON CONFLICT ("path") DO NOTHING
            [Text("p"), Text("t"), Int(1)]
            -- PostgreSQL
            INSERT INTO "pages" ("path", "title", "version") VALUES ($1, $2, $3) ON CONFLICT ("path") DO NOTHING
            [Text("p"), Text("t"), Int(1)]
            -- MariaDB
            Unsupported: MariaDB does not have ON CONFLICT of one unique key of pages where there are several (it would react to any of them)
            -- MySQL
            Unsupported: MySQL does not have ON CONFLICT of one unique key of pages where there are several (it would react to any of them)
        "#]],
    );
    check(
        insert(&page).on_conflict(|p| p.id).do_nothing(),
        expect![[r#"
            -- SQLite
            INSERT INTO "pages" ("path", "title", "version") VALUES (?, ?, ?) ON CONFLICT ("id") DO NOTHING
            [Text("p"), Text("t"), Int(1)]
            -- PostgreSQL
            INSERT INTO "pages" ("path", "title", "version") VALUES ($1, $2, $3) ON CONFLICT ("id") DO NOTHING
            [Text("p"), Text("t"), Int(1)]
            -- MariaDB
            Unsupported: MariaDB does not have ON CONFLICT of one unique key of pages where there are several (it would react to any of them)
            -- MySQL
            Unsupported: MySQL does not have ON CONFLICT of one unique key of pages where there are several (it would react to any of them)
        "#]],
    );
    check(
        insert(&user(1, "a")).on_conflict(|u| u.age).do_nothing(),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("id", "name", "email", "is_admin", "age") VALUES (?, ?, ?, ?, ?) ON CONFLICT ("age") DO NOTHING
            [Int(1), Text("a"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("id", "name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4, $5) ON CONFLICT ("age") DO NOTHING
            [Int(1), Text("a"), Null, Bool(false), Int(7)]
            -- MariaDB
            Unsupported: MariaDB does not have ON CONFLICT of columns of users that are no unique key
            -- MySQL
            Unsupported: MySQL does not have ON CONFLICT of columns of users that are no unique key
        "#]],
    );
    check(
        insert(&user(1, "a")).on_conflict(|u| u.name.lower()).do_nothing(),
        expect![[r#"
            -- SQLite
            Unsupported: SQLite does not have ON CONFLICT of anything but columns
            -- PostgreSQL
            Unsupported: PostgreSQL does not have ON CONFLICT of anything but columns
            -- MariaDB
            Unsupported: MariaDB does not have ON CONFLICT of anything but columns
            -- MySQL
            Unsupported: MySQL does not have ON CONFLICT of anything but columns
        "#]],
    );
    check(
        insert(&user(1, "a")).on_conflict(|u| u.name).do_update(|_, _| Vec::new()),
        expect![[r#"
            -- SQLite
            INSERT INTO "users" ("id", "name", "email", "is_admin", "age") VALUES (?, ?, ?, ?, ?) ON CONFLICT ("name") DO NOTHING
            [Int(1), Text("a"), Null, Bool(false), Int(7)]
            -- PostgreSQL
            INSERT INTO "users" ("id", "name", "email", "is_admin", "age") VALUES ($1, $2, $3, $4, $5) ON CONFLICT ("name") DO NOTHING
            [Int(1), Text("a"), Null, Bool(false), Int(7)]
            -- MariaDB, MySQL
            INSERT INTO `users` (`id`, `name`, `email`, `is_admin`, `age`) VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE `id` = `users`.`id`
            [Int(1), Text("a"), Null, Bool(false), Int(7)]
        "#]],
    );
}
