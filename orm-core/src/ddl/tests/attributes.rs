//! What a column, an index or a foreign key can have, and where a database has no such thing.

use super::check;
use super::models::*;
use expect_test::expect;

#[test]
fn every_attribute() {
    check(
        &[attributes::table()],
        expect![[r#"
        -- SQLite
        CREATE TABLE IF NOT EXISTS "attributes" (
            "id" UUID_BLOB NOT NULL,
            "version" INTEGER NOT NULL,
            "status" VARCHAR(5) NOT NULL,
            "amount" DECIMAL_TEXT(10,2) NOT NULL,
            "exact" DECIMAL_TEXT NOT NULL,
            "seven" INTEGER NOT NULL DEFAULT 7,
            "letter" TEXT NOT NULL DEFAULT ('x'),
            "made" TIMESTAMP_TEXT NOT NULL DEFAULT (CURRENT_TIMESTAMP),
            "twice" BIGINT GENERATED ALWAYS AS ("seven" * 2) STORED NOT NULL,
            "hash" BLOB NOT NULL,
            "salt" BLOB,
            "indexed" TEXT,
            "document" JSON_TEXT,
            CONSTRAINT "attributes_pkey" PRIMARY KEY ("id"),
            CONSTRAINT "attributes_hash_key" UNIQUE ("hash"),
            CONSTRAINT "one_letter_a_day" UNIQUE ("letter", "made"),
            CONSTRAINT "attributes_status_check" CHECK ("status" IN ('new', 'o''\ld')),
            CONSTRAINT "attributes_amount_check" CHECK ("amount" >= 0 AND '{amount}' <> ''),
            CONSTRAINT "positive" CHECK (seven > 0),
            CONSTRAINT "attributes_check_2" CHECK ("seven" < 1000)
        );
        CREATE INDEX IF NOT EXISTS "attributes_indexed_idx" ON "attributes" ("indexed");

        -- PostgreSQL
        CREATE TABLE IF NOT EXISTS "attributes" (
            "id" UUID NOT NULL,
            "version" INTEGER NOT NULL,
            "status" VARCHAR(5) NOT NULL,
            "amount" NUMERIC(10, 2) NOT NULL,
            "exact" NUMERIC NOT NULL,
            "seven" INTEGER NOT NULL DEFAULT 7,
            "letter" TEXT NOT NULL DEFAULT ('x'),
            "made" TIMESTAMPTZ NOT NULL DEFAULT (CURRENT_TIMESTAMP),
            "twice" BIGINT GENERATED ALWAYS AS ("seven" * 2) STORED NOT NULL,
            "hash" BYTEA NOT NULL,
            "salt" BYTEA,
            "indexed" TEXT,
            "document" JSONB,
            CONSTRAINT "attributes_pkey" PRIMARY KEY ("id"),
            CONSTRAINT "attributes_hash_key" UNIQUE ("hash"),
            CONSTRAINT "one_letter_a_day" UNIQUE ("letter", "made"),
            CONSTRAINT "attributes_status_check" CHECK ("status" IN ('new', E'o''\\ld')),
            CONSTRAINT "attributes_amount_check" CHECK ("amount" >= 0 AND '{amount}' <> ''),
            CONSTRAINT "positive" CHECK (seven > 0),
            CONSTRAINT "attributes_check_2" CHECK ("seven" < 1000)
        );
        CREATE INDEX IF NOT EXISTS "attributes_indexed_idx" ON "attributes" ("indexed");
        COMMENT ON TABLE "attributes" IS 'it''s all here';
        COMMENT ON COLUMN "attributes"."status" IS E'a \\ and a ''';

        -- MariaDB
        CREATE TABLE IF NOT EXISTS `attributes` (
            `id` BINARY(16) NOT NULL,
            `version` INT NOT NULL,
            `status` VARCHAR(5) NOT NULL COMMENT 'a \\ and a ''',
            `amount` DECIMAL(10, 2) NOT NULL,
            `exact` DECIMAL(56, 28) NOT NULL,
            `seven` SMALLINT UNSIGNED NOT NULL DEFAULT 7,
            `letter` VARCHAR(255) NOT NULL DEFAULT ('x'),
            `made` DATETIME(6) NOT NULL DEFAULT (CURRENT_TIMESTAMP),
            `twice` BIGINT GENERATED ALWAYS AS (`seven` * 2) STORED,
            `hash` VARBINARY(255) NOT NULL,
            `salt` VARBINARY(16),
            `indexed` VARCHAR(255),
            `document` JSON,
            CONSTRAINT `attributes_pkey` PRIMARY KEY (`id`),
            CONSTRAINT `attributes_hash_key` UNIQUE (`hash`),
            CONSTRAINT `one_letter_a_day` UNIQUE (`letter`, `made`),
            CONSTRAINT `attributes_status_check` CHECK (`status` IN ('new', 'o''\\ld')),
            CONSTRAINT `attributes_amount_check` CHECK (`amount` >= 0 AND '{amount}' <> ''),
            CONSTRAINT `positive` CHECK (seven > 0),
            CONSTRAINT `attributes_check_2` CHECK (`seven` < 1000)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='it''s all here';
        CREATE INDEX IF NOT EXISTS `attributes_indexed_idx` ON `attributes` (`indexed`);

        -- MySQL
        CREATE TABLE IF NOT EXISTS `attributes` (
            `id` BINARY(16) NOT NULL,
            `version` INT NOT NULL,
            `status` VARCHAR(5) NOT NULL COMMENT 'a \\ and a ''',
            `amount` DECIMAL(10, 2) NOT NULL,
            `exact` DECIMAL(56, 28) NOT NULL,
            `seven` SMALLINT UNSIGNED NOT NULL DEFAULT 7,
            `letter` VARCHAR(255) NOT NULL DEFAULT ('x'),
            `made` DATETIME(6) NOT NULL DEFAULT (CURRENT_TIMESTAMP),
            `twice` BIGINT GENERATED ALWAYS AS (`seven` * 2) STORED NOT NULL,
            `hash` VARBINARY(255) NOT NULL,
            `salt` VARBINARY(16),
            `indexed` VARCHAR(255),
            `document` JSON,
            CONSTRAINT `attributes_pkey` PRIMARY KEY (`id`),
            CONSTRAINT `attributes_hash_key` UNIQUE (`hash`),
            CONSTRAINT `one_letter_a_day` UNIQUE (`letter`, `made`),
            CONSTRAINT `attributes_status_check` CHECK (`status` IN ('new', 'o''\\ld')),
            CONSTRAINT `attributes_amount_check` CHECK (`amount` >= 0 AND '{amount}' <> ''),
            CONSTRAINT `positive` CHECK (seven > 0),
            CONSTRAINT `attributes_check_2` CHECK (`seven` < 1000)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='it''s all here';
        CREATE INDEX `attributes_indexed_idx` ON `attributes` (`indexed`);
    "#]],
    );
}

#[test]
fn the_other_types() {
    check(
        &[types::table()],
        expect![[r#"
        -- SQLite
        CREATE TABLE IF NOT EXISTS "types" (
            "id" INTEGER PRIMARY KEY,
            "bool" BOOLEAN NOT NULL,
            "i8" SMALLINT NOT NULL,
            "i16" SMALLINT NOT NULL,
            "i32" INTEGER NOT NULL,
            "u8" SMALLINT NOT NULL,
            "u16" INTEGER NOT NULL,
            "u32" BIGINT NOT NULL,
            "u64" BIGINT NOT NULL,
            "f32" REAL NOT NULL,
            "f64" DOUBLE NOT NULL,
            "date" DATE_TEXT NOT NULL,
            "time" TIME_TEXT NOT NULL,
            "datetime" DATETIME_TEXT NOT NULL,
            "timestamp" TIMESTAMP_TEXT NOT NULL
        );

        -- PostgreSQL
        CREATE TABLE IF NOT EXISTS "types" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "bool" BOOLEAN NOT NULL,
            "i8" SMALLINT NOT NULL,
            "i16" SMALLINT NOT NULL,
            "i32" INTEGER NOT NULL,
            "u8" SMALLINT NOT NULL,
            "u16" INTEGER NOT NULL,
            "u32" BIGINT NOT NULL,
            "u64" BIGINT NOT NULL,
            "f32" REAL NOT NULL,
            "f64" DOUBLE PRECISION NOT NULL,
            "date" DATE NOT NULL,
            "time" TIME NOT NULL,
            "datetime" TIMESTAMP NOT NULL,
            "timestamp" TIMESTAMPTZ NOT NULL,
            CONSTRAINT "types_pkey" PRIMARY KEY ("id")
        );

        -- MariaDB, MySQL
        CREATE TABLE IF NOT EXISTS `types` (
            `id` BIGINT NOT NULL AUTO_INCREMENT,
            `bool` BOOLEAN NOT NULL,
            `i8` TINYINT NOT NULL,
            `i16` SMALLINT NOT NULL,
            `i32` INT NOT NULL,
            `u8` TINYINT UNSIGNED NOT NULL,
            `u16` SMALLINT UNSIGNED NOT NULL,
            `u32` INT UNSIGNED NOT NULL,
            `u64` BIGINT UNSIGNED NOT NULL,
            `f32` FLOAT NOT NULL,
            `f64` DOUBLE NOT NULL,
            `date` DATE NOT NULL,
            `time` TIME(6) NOT NULL,
            `datetime` DATETIME(6) NOT NULL,
            `timestamp` DATETIME(6) NOT NULL,
            CONSTRAINT `types_pkey` PRIMARY KEY (`id`)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
    "#]],
    );
}

#[test]
fn deferred_and_by_session() {
    check(
        &[waiting::table()],
        expect![[r#"
        -- SQLite
        CREATE TABLE IF NOT EXISTS "users" (
            "id" INTEGER PRIMARY KEY,
            "username" VARCHAR(80) NOT NULL,
            "email" TEXT,
            "is_admin" BOOLEAN NOT NULL,
            CONSTRAINT "users_username_key" UNIQUE ("username")
        );
        CREATE TABLE IF NOT EXISTS "waiting" (
            "id" INTEGER PRIMARY KEY,
            "user_id" BIGINT,
            CONSTRAINT "waiting_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
        );

        -- PostgreSQL
        CREATE TABLE IF NOT EXISTS "users" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "username" VARCHAR(80) NOT NULL,
            "email" TEXT,
            "is_admin" BOOLEAN NOT NULL,
            CONSTRAINT "users_pkey" PRIMARY KEY ("id"),
            CONSTRAINT "users_username_key" UNIQUE ("username")
        );
        CREATE TABLE IF NOT EXISTS "waiting" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "user_id" BIGINT,
            CONSTRAINT "waiting_pkey" PRIMARY KEY ("id"),
            CONSTRAINT "waiting_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
        );

        -- MariaDB
        Unsupported: create the table `waiting`: MariaDB does not have deferrable foreign keys (`waiting_user_id_fkey` of `waiting`)

        -- MySQL
        Unsupported: create the table `waiting`: MySQL does not have deferrable foreign keys (`waiting_user_id_fkey` of `waiting`)
    "#]],
    );
}

#[test]
fn a_condition_on_an_index() {
    check(
        &[partial::table()],
        expect![[r#"
        -- SQLite
        CREATE TABLE IF NOT EXISTS "partial" (
            "id" INTEGER PRIMARY KEY,
            "name" TEXT NOT NULL,
            "gone" BOOLEAN NOT NULL
        );
        CREATE UNIQUE INDEX IF NOT EXISTS "partial_name_key" ON "partial" ("name") WHERE NOT "gone";

        -- PostgreSQL
        CREATE TABLE IF NOT EXISTS "partial" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "name" TEXT NOT NULL,
            "gone" BOOLEAN NOT NULL,
            CONSTRAINT "partial_pkey" PRIMARY KEY ("id")
        );
        CREATE UNIQUE INDEX IF NOT EXISTS "partial_name_key" ON "partial" ("name") WHERE NOT "gone";

        -- MariaDB
        Unsupported: create the index `partial_name_key` of `partial`: MariaDB does not have indexes with a condition (`partial_name_key` of `partial`)

        -- MySQL
        Unsupported: create the index `partial_name_key` of `partial`: MySQL does not have indexes with a condition (`partial_name_key` of `partial`)
    "#]],
    );
}

#[test]
fn computed_but_not_stored() {
    check(
        &[virtual_column::table()],
        expect![[r#"
            -- SQLite
            CREATE TABLE IF NOT EXISTS "virtuals" (
                "id" INTEGER PRIMARY KEY,
                "number" INTEGER NOT NULL,
                "next" BIGINT GENERATED ALWAYS AS ("number" + 1) VIRTUAL NOT NULL
            );

            -- PostgreSQL
            Unsupported: create the table `virtuals`: PostgreSQL does not have computed columns that are not stored (`virtuals.next`)

            -- MariaDB
            CREATE TABLE IF NOT EXISTS `virtuals` (
                `id` BIGINT NOT NULL AUTO_INCREMENT,
                `number` INT NOT NULL,
                `next` BIGINT GENERATED ALWAYS AS (`number` + 1) VIRTUAL,
                CONSTRAINT `virtuals_pkey` PRIMARY KEY (`id`)
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

            -- MySQL
            CREATE TABLE IF NOT EXISTS `virtuals` (
                `id` BIGINT NOT NULL AUTO_INCREMENT,
                `number` INT NOT NULL,
                `next` BIGINT GENERATED ALWAYS AS (`number` + 1) VIRTUAL NOT NULL,
                CONSTRAINT `virtuals_pkey` PRIMARY KEY (`id`)
            ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
        "#]],
    );
}

#[test]
fn arrays_and_defaults_by_foreign_key() {
    check(
        &[arrays::table()],
        expect![[r#"
        -- SQLite
        Unsupported: create the table `arrays`: SQLite does not have array columns (`arrays.words`)

        -- PostgreSQL
        CREATE TABLE IF NOT EXISTS "arrays" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "words" TEXT[] NOT NULL,
            CONSTRAINT "arrays_pkey" PRIMARY KEY ("id")
        );

        -- MariaDB
        Unsupported: create the table `arrays`: MariaDB does not have array columns (`arrays.words`)

        -- MySQL
        Unsupported: create the table `arrays`: MySQL does not have array columns (`arrays.words`)
    "#]],
    );
    check(
        &[set_default::table()],
        expect![[r#"
        -- SQLite
        CREATE TABLE IF NOT EXISTS "users" (
            "id" INTEGER PRIMARY KEY,
            "username" VARCHAR(80) NOT NULL,
            "email" TEXT,
            "is_admin" BOOLEAN NOT NULL,
            CONSTRAINT "users_username_key" UNIQUE ("username")
        );
        CREATE TABLE IF NOT EXISTS "defaults" (
            "id" INTEGER PRIMARY KEY,
            "user_id" BIGINT NOT NULL,
            CONSTRAINT "defaults_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE SET DEFAULT
        );

        -- PostgreSQL
        CREATE TABLE IF NOT EXISTS "users" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "username" VARCHAR(80) NOT NULL,
            "email" TEXT,
            "is_admin" BOOLEAN NOT NULL,
            CONSTRAINT "users_pkey" PRIMARY KEY ("id"),
            CONSTRAINT "users_username_key" UNIQUE ("username")
        );
        CREATE TABLE IF NOT EXISTS "defaults" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "user_id" BIGINT NOT NULL,
            CONSTRAINT "defaults_pkey" PRIMARY KEY ("id"),
            CONSTRAINT "defaults_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE SET DEFAULT
        );

        -- MariaDB
        Unsupported: create the table `defaults`: MariaDB does not have ON DELETE SET DEFAULT (`defaults_user_id_fkey` of `defaults`)

        -- MySQL
        Unsupported: create the table `defaults`: MySQL does not have ON DELETE SET DEFAULT (`defaults_user_id_fkey` of `defaults`)
    "#]],
    );
}

#[test]
fn a_generated_part_of_a_key() {
    check(
        &[partly_generated::table()],
        expect![[r#"
        -- SQLite
        Unsupported: create the table `parts`: SQLite does not have a generated key that is not the whole primary key (`parts.id`)

        -- PostgreSQL
        CREATE TABLE IF NOT EXISTS "parts" (
            "id" BIGINT NOT NULL GENERATED BY DEFAULT AS IDENTITY,
            "part" INTEGER NOT NULL,
            CONSTRAINT "parts_pkey" PRIMARY KEY ("id", "part")
        );

        -- MariaDB, MySQL
        CREATE TABLE IF NOT EXISTS `parts` (
            `id` BIGINT NOT NULL AUTO_INCREMENT,
            `part` INT NOT NULL,
            CONSTRAINT `parts_pkey` PRIMARY KEY (`id`, `part`)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
    "#]],
    );
}
