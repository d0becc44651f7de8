//! Comparisons, NULL, AND and OR, LIKE.

use super::*;

#[test]
fn comparisons() {
    filter(
        |u| u.id.eq(3),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "id" = ?
            [Int(3)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "id" = $1
            [Int(3)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `id` = ?
            [Int(3)]
        "#]],
    );
    filter(
        |u| u.id.ne(3) & u.age.lt(1) & u.age.le(2) & u.age.gt(3) & u.age.ge(4),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "id" <> ? AND "age" < ? AND "age" <= ? AND "age" > ? AND "age" >= ?
            [Int(3), Int(1), Int(2), Int(3), Int(4)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "id" <> $1 AND "age" < $2 AND "age" <= $3 AND "age" > $4 AND "age" >= $5
            [Int(3), Int(1), Int(2), Int(3), Int(4)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `id` <> ? AND `age` < ? AND `age` <= ? AND `age` > ? AND `age` >= ?
            [Int(3), Int(1), Int(2), Int(3), Int(4)]
        "#]],
    );
    filter(
        |u| u.email.eq(u.name),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE "email" = "name"
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `email` = `name`
        "#]],
    );
    filter(
        |u| u.age.between(18, 65) & (u.age + 1).between(u.id.cast::<i32>(), 9),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "age" BETWEEN ? AND ? AND ("age" + ?) BETWEEN CAST("id" AS INTEGER) AND ?
            [Int(18), Int(65), Int(1), Int(9)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "age" BETWEEN $1 AND $2 AND ("age" + $3) BETWEEN CAST("id" AS INTEGER) AND $4
            [Int(18), Int(65), Int(1), Int(9)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `age` BETWEEN ? AND ? AND (`age` + ?) BETWEEN CAST(`id` AS SIGNED) AND ?
            [Int(18), Int(65), Int(1), Int(9)]
        "#]],
    );
    filter(
        |u| val(1_i64).lt(u.id) & val(1_i64).eq(2),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ? < "id" AND ? = ?
            [Int(1), Int(1), Int(2)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE $1 < "id" AND CAST($2 AS BIGINT) = $3
            [Int(1), Int(1), Int(2)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE ? < `id` AND ? = ?
            [Int(1), Int(1), Int(2)]
        "#]],
    );
}

#[test]
fn null() {
    filter(
        |u| u.email.eq(None) | u.email.ne(None),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE "email" IS NULL OR "email" IS NOT NULL
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `email` IS NULL OR `email` IS NOT NULL
        "#]],
    );
    filter(
        |u| u.email.is_null() | u.email.is_not_null() | u.email.lower().is_null(),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE "email" IS NULL OR "email" IS NOT NULL OR LOWER("email") IS NULL
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `email` IS NULL OR `email` IS NOT NULL OR LOWER(`email`) IS NULL
        "#]],
    );
    filter(
        |u| u.email.same("x") | u.email.not_same(u.name) | u.email.same(None),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "email" IS ? OR "email" IS NOT "name" OR "email" IS NULL
            [Text("x")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "email" IS NOT DISTINCT FROM $1 OR "email" IS DISTINCT FROM "name" OR "email" IS NULL
            [Text("x")]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `email` <=> ? OR NOT (`email` <=> `name`) OR `email` IS NULL
            [Text("x")]
        "#]],
    );
    filter(
        |u| u.admin.eq(u.email.is_null()),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE "is_admin" = ("email" IS NULL)
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `is_admin` = (`email` IS NULL)
        "#]],
    );
}

#[test]
fn and_or_not() {
    filter(
        |u| u.admin,
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE "is_admin"
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `is_admin`
        "#]],
    );
    filter(
        |u| !u.admin,
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE NOT "is_admin"
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE NOT `is_admin`
        "#]],
    );
    filter(
        |u| u.admin & u.id.eq(1) & u.age.eq(2),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "is_admin" AND "id" = ? AND "age" = ?
            [Int(1), Int(2)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "is_admin" AND "id" = $1 AND "age" = $2
            [Int(1), Int(2)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `is_admin` AND `id` = ? AND `age` = ?
            [Int(1), Int(2)]
        "#]],
    );
    filter(
        |u| u.admin & (u.id.eq(1) | u.age.eq(2)) & !(u.admin | u.email.is_null()),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "is_admin" AND ("id" = ? OR "age" = ?) AND NOT ("is_admin" OR "email" IS NULL)
            [Int(1), Int(2)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "is_admin" AND ("id" = $1 OR "age" = $2) AND NOT ("is_admin" OR "email" IS NULL)
            [Int(1), Int(2)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `is_admin` AND (`id` = ? OR `age` = ?) AND NOT (`is_admin` OR `email` IS NULL)
            [Int(1), Int(2)]
        "#]],
    );
    filter(
        |u| u.id.eq(1) & u.id.eq(2) | u.id.eq(3) & u.id.eq(4),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("id" = ? AND "id" = ?) OR ("id" = ? AND "id" = ?)
            [Int(1), Int(2), Int(3), Int(4)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("id" = $1 AND "id" = $2) OR ("id" = $3 AND "id" = $4)
            [Int(1), Int(2), Int(3), Int(4)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (`id` = ? AND `id` = ?) OR (`id` = ? AND `id` = ?)
            [Int(1), Int(2), Int(3), Int(4)]
        "#]],
    );
    filter(
        |u| (u.id.eq(1) | u.id.eq(2)) | (u.id.eq(3) | u.id.eq(4)),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "id" = ? OR "id" = ? OR "id" = ? OR "id" = ?
            [Int(1), Int(2), Int(3), Int(4)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "id" = $1 OR "id" = $2 OR "id" = $3 OR "id" = $4
            [Int(1), Int(2), Int(3), Int(4)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `id` = ? OR `id` = ? OR `id` = ? OR `id` = ?
            [Int(1), Int(2), Int(3), Int(4)]
        "#]],
    );
    filter(
        |u| !!u.admin.eq(true) & !u.email.is_null(),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE NOT (NOT ("is_admin" = ?)) AND "email" IS NOT NULL
            [Bool(true)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE NOT (NOT ("is_admin" = $1)) AND "email" IS NOT NULL
            [Bool(true)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE NOT (NOT (`is_admin` = ?)) AND `email` IS NOT NULL
            [Bool(true)]
        "#]],
    );
    filter(
        |_| true,
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE TRUE
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE TRUE
        "#]],
    );
    filter(
        |u| u.admin & false,
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "is_admin" AND ?
            [Bool(false)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "is_admin" AND $1
            [Bool(false)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `is_admin` AND ?
            [Bool(false)]
        "#]],
    );
    filter(
        |_| all_of(Vec::<Expr<bool>>::new()) | any_of(Vec::<Expr<bool>>::new()),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE TRUE OR FALSE
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE TRUE OR FALSE
        "#]],
    );
}

#[test]
fn several_filters_are_one_conjunction() {
    let query = select::<User>()
        .columns(|u| u.id)
        .filter(|u| u.id.eq(1) | u.id.eq(2))
        .filter(|u| u.admin)
        .filter_some(Some(3), |u, age| u.age.eq(age));
    check(
        query,
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("id" = ? OR "id" = ?) AND "is_admin" AND "age" = ?
            [Int(1), Int(2), Int(3)]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("id" = $1 OR "id" = $2) AND "is_admin" AND "age" = $3
            [Int(1), Int(2), Int(3)]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE (`id` = ? OR `id` = ?) AND `is_admin` AND `age` = ?
            [Int(1), Int(2), Int(3)]
        "#]],
    );
}

#[test]
fn like() {
    filter(
        |u| u.name.like("a%\\_b") | u.name.ilike("A%"),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "name" LIKE ? ESCAPE '\' OR "name" LIKE ? ESCAPE '\'
            [Text("a%\\_b"), Text("A%")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "name" LIKE $1 OR "name" ILIKE $2
            [Text("a%\\_b"), Text("A%")]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `name` LIKE ? OR LOWER(`name`) LIKE LOWER(?)
            [Text("a%\\_b"), Text("A%")]
        "#]],
    );
    filter(
        |u| u.name.contains("50%_!\\") | u.name.starts_with("a") | u.email.ends_with("z"),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "name" LIKE ? ESCAPE '!' OR "name" LIKE ? ESCAPE '!' OR "email" LIKE ? ESCAPE '!'
            [Text("%50!%!_!!\\%"), Text("a%"), Text("%z")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "name" LIKE $1 ESCAPE '!' OR "name" LIKE $2 ESCAPE '!' OR "email" LIKE $3 ESCAPE '!'
            [Text("%50!%!_!!\\%"), Text("a%"), Text("%z")]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `name` LIKE ? ESCAPE '!' OR `name` LIKE ? ESCAPE '!' OR `email` LIKE ? ESCAPE '!'
            [Text("%50!%!_!!\\%"), Text("a%"), Text("%z")]
        "#]],
    );
    filter(
        |u| u.name.contains(u.email) | u.name.starts_with(u.email.lower()),
        expect![[r#"
            -- SQLite, PostgreSQL
            SELECT "id" FROM "users" WHERE "name" LIKE ('%' || REPLACE(REPLACE(REPLACE("email", '!', '!!'), '%', '!%'), '_', '!_') || '%') ESCAPE '!' OR "name" LIKE ('' || REPLACE(REPLACE(REPLACE(LOWER("email"), '!', '!!'), '%', '!%'), '_', '!_') || '%') ESCAPE '!'
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `name` LIKE CONCAT('%', REPLACE(REPLACE(REPLACE(`email`, '!', '!!'), '%', '!%'), '_', '!_'), '%') ESCAPE '!' OR `name` LIKE CONCAT('', REPLACE(REPLACE(REPLACE(LOWER(`email`), '!', '!!'), '%', '!%'), '_', '!_'), '%') ESCAPE '!'
        "#]],
    );
    filter(
        |u| !u.name.like("a") & u.name.lower().like(u.email),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE "name" NOT LIKE ? ESCAPE '\' AND LOWER("name") LIKE "email" ESCAPE '\'
            [Text("a")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE "name" NOT LIKE $1 AND LOWER("name") LIKE "email"
            [Text("a")]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE `name` NOT LIKE ? AND LOWER(`name`) LIKE `email`
            [Text("a")]
        "#]],
    );
    filter(
        |u| u.name.concat("x").like("ax"),
        expect![[r#"
            -- SQLite
            SELECT "id" FROM "users" WHERE ("name" || ?) LIKE ? ESCAPE '\'
            [Text("x"), Text("ax")]
            -- PostgreSQL
            SELECT "id" FROM "users" WHERE ("name" || CAST($1 AS TEXT)) LIKE $2
            [Text("x"), Text("ax")]
            -- MariaDB, MySQL
            SELECT `id` FROM `users` WHERE CONCAT(`name`, ?) LIKE ?
            [Text("x"), Text("ax")]
        "#]],
    );
}
