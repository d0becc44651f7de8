//! The SQL of fragments, arrays, full-text search and quantified comparisons, and of writes that read, for all dialects side by
//! side. `UPDATE_EXPECT=1 cargo test --test sql_expressions` writes what comes out into the tests; read it before you keep it.

use expect_test::{Expect, expect};
use orm::compile::Compiled;
use orm::dialect::Dialect;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "users", has_many(posts = Post::author))]
struct User {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    email: Option<String>,
    logins: i32,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "posts", fulltext(title, body))]
struct Post {
    #[orm(primary_key)]
    id: i64,
    title: String,
    body: Option<String>,
    score: f64,
    author: Option<Ref<User>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "essays", fulltext(text, language = "english", name = "essay_words"))]
struct Essay {
    #[orm(primary_key)]
    id: i64,
    text: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "notes")]
struct Note {
    #[orm(primary_key)]
    id: i64,
    tags: Vec<String>,
    sizes: Option<Vec<i32>>,
    at: chrono::NaiveDateTime,
    day: chrono::NaiveDate,
    seen: Option<chrono::DateTime<chrono::Utc>>,
}

/// What a statement is for each dialect; one line where several have the same.
fn check(statement: impl Fn(&'static Dialect) -> orm::Result<String>, expected: Expect) {
    let mut texts: Vec<(String, String)> = Vec::new();
    for dialect in Dialect::all() {
        let text = statement(dialect).unwrap_or_else(|error| format!("{:?}: {error}", error.kind()));
        match texts.iter_mut().find(|(_, known)| *known == text.replace(dialect.name, "it")) {
            Some((names, _)) => *names += &format!(", {}", dialect.name),
            None => texts.push((dialect.name.to_owned(), text.replace(dialect.name, "it"))),
        }
    }
    let lines: Vec<String> = texts.into_iter().map(|(names, text)| format!("{names}:\n{text}\n")).collect();
    expected.assert_eq(&lines.concat());
}

fn shown(compiled: orm::Result<Compiled<'_>>) -> orm::Result<String> {
    compiled.map(|compiled| compiled.to_string())
}

fn query<S, O>(query: Select<S, O>, expected: Expect) {
    check(|dialect| shown(query.to_sql(dialect)), expected);
}

#[test]
fn fragments() {
    let filtered = select::<User>()
        .filter(|u| fragment::<bool>("{} COLLATE NOCASE = {}", (u.name, "x")) & u.logins.gt(1))
        .order_by(|u| fragment::<i32>("{} % {}", (u.logins + 1, 7)).desc())
        .columns(|u| (fragment::<Option<bool>>("{} = {}", (u.email, u.name)), fragment::<bool>("'{{}}' = ''", ())));
    query(
        filtered,
        expect![[r#"
        SQLite:
        SELECT ("email" = "name"), (('{}' = '')) IS TRUE FROM "users" WHERE ("name" COLLATE NOCASE = ?) AND "logins" > ? ORDER BY (("logins" + ?) % ?) DESC
        [Text("x"), Int(1), Int(1), Int(7)]
        PostgreSQL:
        SELECT ("email" = "name"), (('{}' = '')) IS TRUE FROM "users" WHERE ("name" COLLATE NOCASE = CAST($1 AS TEXT)) AND "logins" > $2 ORDER BY (("logins" + $3) % CAST($4 AS INTEGER)) DESC
        [Text("x"), Int(1), Int(1), Int(7)]
        MariaDB, MySQL:
        SELECT (`email` = `name`), (('{}' = '')) IS TRUE FROM `users` WHERE (`name` COLLATE NOCASE = ?) AND `logins` > ? ORDER BY ((`logins` + ?) % ?) DESC
        [Text("x"), Int(1), Int(1), Int(7)]
    "#]],
    );
    let highest = |_| select::<Post>().columns(|p| max(p.score));
    let nested = select::<User>().columns(move |u| fragment::<f64>("COALESCE({}, {})", (highest(u), 0.5)));
    query(
        nested,
        expect![[r#"
        SQLite:
        SELECT (COALESCE((SELECT MAX(t1."score") FROM "posts" AS t1), ?)) FROM "users" AS t0
        [Float(0.5)]
        PostgreSQL:
        SELECT (COALESCE((SELECT MAX(t1."score") FROM "posts" AS t1), CAST($1 AS DOUBLE PRECISION))) FROM "users" AS t0
        [Float(0.5)]
        MariaDB, MySQL:
        SELECT (COALESCE((SELECT MAX(t1.`score`) FROM `posts` AS t1), ?)) FROM `users` AS t0
        [Float(0.5)]
    "#]],
    );
    for (text, parts) in [("{} + {}", 1), ("1", 1), ("{} {", 1), ("{x}", 1), ("}", 1)] {
        let wrong = select::<User>().columns(|u| fragment::<i32>(text, u.logins));
        let error = wrong.to_sql(Dialect::all()[0]).expect_err("the number of parts is wrong");
        assert_eq!((error.kind(), parts), (ErrorKind::Misuse, 1), "{error}");
    }
    query(
        select::<User>().columns(|u| fragment::<i32>("{} + {}", u.logins)),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: the fragment `{} + {}` has 2 `{}` and is given 1 parts
    "#]],
    );
    query(
        select::<User>().columns(|u| fragment::<i32>("{x}", u.logins)),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: the fragment `{x}` has a single brace: `{}` is a part, and a brace is doubled
    "#]],
    );
}

#[test]
fn arrays() {
    query(
        select::<Note>().filter(|n| {
            n.tags.contains_all(["a", "b"])
                & n.tags.contained_in(vec!["a".to_owned()])
                & n.sizes.overlaps(n.sizes)
                & n.tags.has("x")
                & !n.sizes.has(7)
        }),
        expect![[r#"
            SQLite, MariaDB, MySQL:
            Unsupported: it does not have arrays
            PostgreSQL:
            SELECT "id", "tags", "sizes", "at", "day", "seen" FROM "notes" WHERE ("tags" @> CAST($1 AS TEXT[])) AND ("tags" <@ CAST($2 AS TEXT[])) AND ("sizes" && "sizes") AND (CAST($3 AS TEXT) = ANY("tags")) AND NOT (CAST($4 AS INTEGER) = ANY("sizes"))
            [Array([Text("a"), Text("b")]), Array([Text("a")]), Text("x"), Int(7)]
        "#]],
    );
    query(
        select::<Note>().columns(|n| {
            (
                n.tags.array_length(),
                n.sizes.element(1),
                n.tags.array_append("x"),
                n.sizes.array_concat([1, 2]),
                n.tags.array_concat([n.tags.element(1).coalesce(""), val("x")]),
            )
        }),
        expect![[r#"
            SQLite, MariaDB, MySQL:
            Unsupported: it does not have arrays
            PostgreSQL:
            SELECT CAST(CARDINALITY("tags") AS BIGINT), ("sizes")[CAST($1 AS INTEGER)], ARRAY_APPEND("tags", CAST($2 AS TEXT)), ARRAY_CAT("sizes", CAST($3 AS INTEGER[])), ARRAY_CAT("tags", CAST(ARRAY[COALESCE(("tags")[CAST($4 AS INTEGER)], CAST($5 AS TEXT)), CAST($6 AS TEXT)] AS TEXT[])) FROM "notes"
            [Int(1), Text("x"), Array([Int(1), Int(2)]), Int(1), Text(""), Text("x")]
        "#]],
    );
    query(
        select::<User>().columns(|u| {
            (array_agg(u.name).order_by(u.id.desc()), array_agg(u.email).filter(u.logins.gt(1)), array_agg(u.logins))
        }),
        expect![[r#"
            SQLite, MariaDB, MySQL:
            Unsupported: it does not have arrays
            PostgreSQL:
            SELECT ARRAY_AGG("name" ORDER BY "id" DESC), ARRAY_AGG("email") FILTER (WHERE "email" IS NOT NULL AND "logins" > $1), ARRAY_AGG("logins") FROM "users"
            [Int(1)]
        "#]],
    );
    query(
        select::<User>().columns(|u| array_agg(u.name).order_by(u.id).over(|w| w)),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: `array_agg` cannot have an order of its own and a window
    "#]],
    );
}

#[test]
fn full_text_search() {
    query(
        select::<Post>()
            .filter(|p| full_text((p.title, p.body)).matches("rust -java or \"full text\""))
            .order_by(|p| full_text((p.title, p.body)).rank("rust").desc())
            .columns(|p| p.id),
        expect![[r#"
            SQLite:
            Unsupported: it does not have full-text search
            PostgreSQL:
            SELECT "id" FROM "posts" WHERE (TO_TSVECTOR('simple', COALESCE("title", '') || ' ' || COALESCE("body", '')) @@ WEBSEARCH_TO_TSQUERY('simple', CAST($1 AS TEXT))) ORDER BY CAST(TS_RANK(TO_TSVECTOR('simple', COALESCE("title", '') || ' ' || COALESCE("body", '')), WEBSEARCH_TO_TSQUERY('simple', CAST($2 AS TEXT))) AS DOUBLE PRECISION) DESC
            [Text("rust -java or \"full text\""), Text("rust")]
            MariaDB, MySQL:
            SELECT `id` FROM `posts` WHERE (MATCH (`title`, `body`) AGAINST (? IN BOOLEAN MODE) > 0) ORDER BY MATCH (`title`, `body`) AGAINST (? IN BOOLEAN MODE) DESC
            [Text("(+rust -java) (+\"full text\")"), Text("+rust")]
        "#]],
    );
    let essays = || select::<Essay>().columns(|e| e.id);
    query(
        essays().filter(|e| full_text(e.text).matches("cats")),
        expect![[r#"
        SQLite:
        Unsupported: it does not have full-text search
        PostgreSQL:
        SELECT "id" FROM "essays" WHERE (TO_TSVECTOR('english', COALESCE("text", '')) @@ WEBSEARCH_TO_TSQUERY('english', CAST($1 AS TEXT)))
        [Text("cats")]
        MariaDB, MySQL:
        SELECT `id` FROM `essays` WHERE (MATCH (`text`) AGAINST (? IN BOOLEAN MODE) > 0)
        [Text("+cats")]
    "#]],
    );
    query(
        essays().filter(|e| full_text(e.text).language("german").matches("Katzen")),
        expect![[r#"
        SQLite:
        Unsupported: it does not have full-text search
        PostgreSQL:
        SELECT "id" FROM "essays" WHERE (TO_TSVECTOR('german', COALESCE("text", '')) @@ WEBSEARCH_TO_TSQUERY('german', CAST($1 AS TEXT)))
        [Text("Katzen")]
        MariaDB, MySQL:
        Unsupported: it does not have the language of a full-text search
    "#]],
    );
    query(
        essays().filter(|e| full_text(e.text).language("x') --").matches("Katzen")),
        expect![[r#"
        SQLite:
        Unsupported: it does not have full-text search
        PostgreSQL:
        Misuse: `x') --` is not the name of a language: letters, digits and `_` only
        MariaDB, MySQL:
        Unsupported: it does not have the language of a full-text search
    "#]],
    );
    query(
        essays().filter(|e| full_text(e.text.lower()).matches(e.text)),
        expect![[r#"
        SQLite:
        Unsupported: it does not have full-text search
        PostgreSQL:
        SELECT "id" FROM "essays" WHERE (TO_TSVECTOR('simple', COALESCE(LOWER("text"), '')) @@ WEBSEARCH_TO_TSQUERY('simple', "text"))
        MariaDB, MySQL:
        Unsupported: it does not have full-text search in anything but columns
    "#]],
    );
    let ddl = |schema: Schema| move |dialect| schema.ddl(dialect).map(|all| all.last().cloned().unwrap_or_default());
    check(
        ddl(Schema::of::<Post>()),
        expect![[r#"
        SQLite:
        Unsupported: create the index `posts_title_body_fulltext` of `posts`: it does not have indexes for full-text search (`posts_title_body_fulltext` of `posts`)
        PostgreSQL:
        CREATE INDEX IF NOT EXISTS "posts_title_body_fulltext" ON "posts" USING GIN ((TO_TSVECTOR('simple', COALESCE("title", '') || ' ' || COALESCE("body", ''))))
        MariaDB:
        CREATE FULLTEXT INDEX IF NOT EXISTS `posts_title_body_fulltext` ON `posts` (`title`, `body`)
        MySQL:
        CREATE FULLTEXT INDEX `posts_title_body_fulltext` ON `posts` (`title`, `body`)
    "#]],
    );
    check(
        ddl(Schema::of::<Essay>()),
        expect![[r#"
        SQLite:
        Unsupported: create the index `essay_words` of `essays`: it does not have indexes for full-text search (`essay_words` of `essays`)
        PostgreSQL:
        CREATE INDEX IF NOT EXISTS "essay_words" ON "essays" USING GIN ((TO_TSVECTOR('english', COALESCE("text", ''))))
        MariaDB, MySQL:
        Unsupported: create the index `essay_words` of `essays`: it does not have the language of a full-text search (`essay_words` of `essays`)
    "#]],
    );
}

#[test]
fn quantified_comparisons() {
    let scores = |email: &'static str| {
        select::<Post>().join(|p| p.author).filter(move |(_, u)| u.email.eq(email)).columns(|(p, _)| p.score)
    };
    query(
        select::<Post>().filter(|p| p.score.ge(all_rows(scores("x")))).columns(|p| p.id),
        expect![[r#"
        SQLite:
        SELECT t0."id" FROM "posts" AS t0 WHERE CASE WHEN EXISTS (SELECT TRUE FROM (SELECT t1."score" AS c0 FROM "posts" AS t1 JOIN "users" AS t2 ON t1."author_id" = t2."id" WHERE t2."email" = ?) AS t3 WHERE NOT (t0."score" >= t3.c0)) THEN FALSE WHEN EXISTS (SELECT TRUE FROM (SELECT t4."score" AS c0 FROM "posts" AS t4 JOIN "users" AS t5 ON t4."author_id" = t5."id" WHERE t5."email" = ?) AS t6 WHERE (t0."score" >= t6.c0) IS NULL) THEN NULL ELSE TRUE END
        [Text("x"), Text("x")]
        PostgreSQL:
        SELECT t0."id" FROM "posts" AS t0 WHERE t0."score" >= ALL (SELECT t1."score" FROM "posts" AS t1 JOIN "users" AS t2 ON t1."author_id" = t2."id" WHERE t2."email" = $1)
        [Text("x")]
        MariaDB, MySQL:
        SELECT t0.`id` FROM `posts` AS t0 WHERE t0.`score` >= ALL (SELECT t1.`score` FROM `posts` AS t1 JOIN `users` AS t2 ON t1.`author_id` = t2.`id` WHERE t2.`email` = ?)
        [Text("x")]
    "#]],
    );
    query(
        select::<Post>().columns(|p| (p.score.lt(any_row(scores("x"))), p.score.eq(any_row(scores("y"))))),
        expect![[r#"
            SQLite:
            SELECT (CASE WHEN EXISTS (SELECT TRUE FROM (SELECT t1."score" AS c0 FROM "posts" AS t1 JOIN "users" AS t2 ON t1."author_id" = t2."id" WHERE t2."email" = ?) AS t3 WHERE (t0."score" < t3.c0)) THEN TRUE WHEN EXISTS (SELECT TRUE FROM (SELECT t4."score" AS c0 FROM "posts" AS t4 JOIN "users" AS t5 ON t4."author_id" = t5."id" WHERE t5."email" = ?) AS t6 WHERE (t0."score" < t6.c0) IS NULL) THEN NULL ELSE FALSE END) IS TRUE, (t0."score" IN (SELECT t7."score" FROM "posts" AS t7 JOIN "users" AS t8 ON t7."author_id" = t8."id" WHERE t8."email" = ?)) IS TRUE FROM "posts" AS t0
            [Text("x"), Text("x"), Text("y")]
            PostgreSQL:
            SELECT (t0."score" < ANY (SELECT t1."score" FROM "posts" AS t1 JOIN "users" AS t2 ON t1."author_id" = t2."id" WHERE t2."email" = $1)) IS TRUE, (t0."score" = ANY (SELECT t3."score" FROM "posts" AS t3 JOIN "users" AS t4 ON t3."author_id" = t4."id" WHERE t4."email" = $2)) IS TRUE FROM "posts" AS t0
            [Text("x"), Text("y")]
            MariaDB, MySQL:
            SELECT (t0.`score` < ANY (SELECT t1.`score` FROM `posts` AS t1 JOIN `users` AS t2 ON t1.`author_id` = t2.`id` WHERE t2.`email` = ?)) IS TRUE, (t0.`score` = ANY (SELECT t3.`score` FROM `posts` AS t3 JOIN `users` AS t4 ON t3.`author_id` = t4.`id` WHERE t4.`email` = ?)) IS TRUE FROM `posts` AS t0
            [Text("x"), Text("y")]
        "#]],
    );
    query(
        select::<Post>().filter(|p| !p.score.ne(all_rows(scores("x").limit(3)))).columns(|p| p.id),
        expect![[r#"
        SQLite:
        SELECT t0."id" FROM "posts" AS t0 WHERE NOT (t0."score" NOT IN (SELECT t1."score" FROM "posts" AS t1 JOIN "users" AS t2 ON t1."author_id" = t2."id" WHERE t2."email" = ? LIMIT 3))
        [Text("x")]
        PostgreSQL:
        SELECT t0."id" FROM "posts" AS t0 WHERE NOT (t0."score" <> ALL (SELECT t1."score" FROM "posts" AS t1 JOIN "users" AS t2 ON t1."author_id" = t2."id" WHERE t2."email" = $1 LIMIT 3))
        [Text("x")]
        MariaDB:
        SELECT t0.`id` FROM `posts` AS t0 WHERE NOT (t0.`score` <> ALL (SELECT t1.`score` FROM `posts` AS t1 JOIN `users` AS t2 ON t1.`author_id` = t2.`id` WHERE t2.`email` = ? LIMIT 3))
        [Text("x")]
        MySQL:
        SELECT t0.`id` FROM `posts` AS t0 WHERE NOT (t0.`score` <> ALL (SELECT * FROM (SELECT t1.`score` AS c0 FROM `posts` AS t1 JOIN `users` AS t2 ON t1.`author_id` = t2.`id` WHERE t2.`email` = ? LIMIT 3) AS limited))
        [Text("x")]
    "#]],
    );
    query(
        select::<Post>().columns(|p| p.score + any_row(scores("x"))),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: `any_row` and `all_rows` stand on the right side of `eq`, `ne`, `lt`, `le`, `gt` or `ge`, and nowhere else
    "#]],
    );
    query(
        select::<Post>().columns(|p| p.score.same(any_row(scores("x")))),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: `any_row` and `all_rows` stand on the right side of `eq`, `ne`, `lt`, `le`, `gt` or `ge`, and nowhere else
    "#]],
    );
    query(
        select::<Post>()
            .group_by(|p| p.author)
            .having(|p| max(p.score).gt(all_rows(scores("x"))))
            .columns(|p| p.author),
        expect![[r#"
            SQLite:
            Unsupported: it does not have a comparison of an aggregate with any or all rows of a query
            PostgreSQL:
            SELECT t0."author_id" FROM "posts" AS t0 GROUP BY t0."author_id" HAVING MAX(t0."score") > ALL (SELECT t1."score" FROM "posts" AS t1 JOIN "users" AS t2 ON t1."author_id" = t2."id" WHERE t2."email" = $1)
            [Text("x")]
            MariaDB, MySQL:
            SELECT t0.`author_id` FROM `posts` AS t0 GROUP BY t0.`author_id` HAVING MAX(t0.`score`) > ALL (SELECT t1.`score` FROM `posts` AS t1 JOIN `users` AS t2 ON t1.`author_id` = t2.`id` WHERE t2.`email` = ?)
            [Text("x")]
        "#]],
    );
}

#[test]
fn starts_of_months_and_others() {
    query(
        select::<Note>().columns(|n| {
            (
                n.at.start_of_month(),
                n.day.start_of_month(),
                n.seen.start_of_month(),
                n.day.start_of_year(),
                n.seen.start_of_hour(),
            )
        }),
        expect![[r#"
            SQLite:
            SELECT (SUBSTR("at", 1, 7) || '-01 00:00:00.000000'), (SUBSTR("day", 1, 7) || '-01'), (SUBSTR("seen", 1, 7) || '-01 00:00:00.000000'), (SUBSTR("day", 1, 4) || '-01-01'), (SUBSTR("seen", 1, 13) || ':00:00.000000') FROM "notes"
            PostgreSQL:
            SELECT (DATE_TRUNC('month', "at")), CAST(DATE_TRUNC('month', CAST("day" AS TIMESTAMP)) AS DATE), (DATE_TRUNC('month', ("seen" AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC'), CAST(DATE_TRUNC('year', CAST("day" AS TIMESTAMP)) AS DATE), (DATE_TRUNC('hour', ("seen" AT TIME ZONE 'UTC')) AT TIME ZONE 'UTC') FROM "notes"
            MariaDB, MySQL:
            SELECT CAST(CONCAT(SUBSTR(`at`, 1, 7), '-01 00:00:00.000000') AS DATETIME(6)), CAST(CONCAT(SUBSTR(`day`, 1, 7), '-01') AS DATE), CAST(CONCAT(SUBSTR(`seen`, 1, 7), '-01 00:00:00.000000') AS DATETIME(6)), CAST(CONCAT(SUBSTR(`day`, 1, 4), '-01-01') AS DATE), CAST(CONCAT(SUBSTR(`seen`, 1, 13), ':00:00.000000') AS DATETIME(6)) FROM `notes`
        "#]],
    );
    query(
        select::<Note>().columns(|n| (n.at.start_of_day(), n.at.start_of_minute())),
        expect![[r#"
        SQLite:
        SELECT (SUBSTR("at", 1, 10) || ' 00:00:00.000000'), (SUBSTR("at", 1, 16) || ':00.000000') FROM "notes"
        PostgreSQL:
        SELECT (DATE_TRUNC('day', "at")), (DATE_TRUNC('minute', "at")) FROM "notes"
        MariaDB, MySQL:
        SELECT CAST(CONCAT(SUBSTR(`at`, 1, 10), ' 00:00:00.000000') AS DATETIME(6)), CAST(CONCAT(SUBSTR(`at`, 1, 16), ':00.000000') AS DATETIME(6)) FROM `notes`
    "#]],
    );
}

#[test]
fn inserts_of_defaults() {
    check(
        |dialect| shown(insert_into::<User>().default_values().to_sql(dialect)),
        expect![[r#"
        SQLite, PostgreSQL:
        INSERT INTO "users" DEFAULT VALUES
        MariaDB, MySQL:
        INSERT INTO `users` () VALUES ()
    "#]],
    );
    let returned = insert_into::<User>().default_values().returning(|u| u.id);
    check(
        |dialect| shown(returned.to_sql(dialect)),
        expect![[r#"
        SQLite, PostgreSQL:
        INSERT INTO "users" DEFAULT VALUES RETURNING "id"
        MariaDB:
        INSERT INTO `users` () VALUES () RETURNING `id`
        MySQL:
        Unsupported: it does not have INSERT .. RETURNING
    "#]],
    );
}

#[test]
fn upserts_of_queries() {
    let rows = || select::<Post>().columns(|p| (p.title, p.id.cast::<i32>()));
    let insert = insert_into::<User>().select(rows(), |u| (u.name, u.logins)).on_conflict(|u| u.name);
    let added = insert.do_update(|u, new| u.logins.to(u.logins + new.logins));
    check(
        |dialect| shown(added.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") SELECT * FROM (SELECT t0."title" AS c0, CAST(t0."id" AS INTEGER) AS c1 FROM "posts" AS t0) AS t1 WHERE TRUE ON CONFLICT ("name") DO UPDATE SET "logins" = "users"."logins" + excluded."logins"
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 ON CONFLICT ("name") DO UPDATE SET "logins" = "users"."logins" + excluded."logins"
        MariaDB:
        INSERT INTO `users` (`name`, `logins`) SELECT t0.`title`, CAST(t0.`id` AS SIGNED) FROM `posts` AS t0 ON DUPLICATE KEY UPDATE `logins` = `users`.`logins` + VALUES(`logins`)
        MySQL:
        INSERT INTO `users` (`name`, `logins`) SELECT * FROM (SELECT t0.`title` AS c0, CAST(t0.`id` AS SIGNED) AS c1 FROM `posts` AS t0) AS new (`name`, `logins`) ON DUPLICATE KEY UPDATE `logins` = `users`.`logins` + new.`logins`
    "#]],
    );
    let few = rows().filter(|p| p.score.gt(1.0));
    let kept = insert_into::<User>().select(few, |u| (u.name, u.logins)).on_conflict(|u| u.name).do_nothing();
    check(
        |dialect| shown(kept.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 WHERE t0."score" > ? ON CONFLICT ("name") DO NOTHING
        [Float(1.0)]
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 WHERE t0."score" > $1 ON CONFLICT ("name") DO NOTHING
        [Float(1.0)]
        MariaDB, MySQL:
        INSERT INTO `users` (`name`, `logins`) SELECT t0.`title`, CAST(t0.`id` AS SIGNED) FROM `posts` AS t0 WHERE t0.`score` > ? ON DUPLICATE KEY UPDATE `id` = `users`.`id`
        [Float(1.0)]
    "#]],
    );
    // What a row that was not given would have been is known to some only.
    let insert = insert_into::<User>().select(rows(), |u| (u.name, u.logins)).on_conflict(|u| u.name);
    let left_out = insert.do_update(|u, new| u.email.to(new.email));
    check(
        |dialect| shown(left_out.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") SELECT * FROM (SELECT t0."title" AS c0, CAST(t0."id" AS INTEGER) AS c1 FROM "posts" AS t0) AS t1 WHERE TRUE ON CONFLICT ("name") DO UPDATE SET "email" = excluded."email"
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") SELECT t0."title", CAST(t0."id" AS INTEGER) FROM "posts" AS t0 ON CONFLICT ("name") DO UPDATE SET "email" = excluded."email"
        MariaDB:
        INSERT INTO `users` (`name`, `logins`) SELECT t0.`title`, CAST(t0.`id` AS SIGNED) FROM `posts` AS t0 ON DUPLICATE KEY UPDATE `email` = VALUES(`email`)
        MySQL:
        Unsupported: it does not have the value of a column that the INSERT leaves out, in ON CONFLICT
    "#]],
    );
    // The rows bring their own primary key, which may exist, too.
    let keyed = select::<Post>().columns(|p| (p.id, p.title, val(1)));
    let insert = insert_into::<User>().select(keyed, |u| (u.id, u.name, u.logins)).on_conflict(|u| u.name);
    let two_keys = insert.do_nothing().returning(|u| u.id);
    check(
        |dialect| shown(two_keys.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("id", "name", "logins") SELECT * FROM (SELECT t0."id" AS c0, t0."title" AS c1, ? AS c2 FROM "posts" AS t0) AS t1 WHERE TRUE ON CONFLICT ("name") DO NOTHING RETURNING "id"
        [Int(1)]
        PostgreSQL:
        INSERT INTO "users" ("id", "name", "logins") SELECT t0."id", t0."title", CAST($1 AS INTEGER) FROM "posts" AS t0 ON CONFLICT ("name") DO NOTHING RETURNING "id"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have ON CONFLICT of one unique key of users where there are several (it would react to any of them)
    "#]],
    );
}

#[test]
fn inserts_of_queries_with_a_cte() {
    let few = cte(select::<Post>().filter(|p| p.score.gt(1.0)).columns(|p| (p.title, val(1))));
    let insert = insert_into::<User>().select(select_from(few), |u| (u.name, u.logins));
    check(
        |dialect| shown(insert.to_sql(dialect)),
        expect![[r#"
        SQLite:
        INSERT INTO "users" ("name", "logins") WITH cte0 AS (SELECT "title" AS c0, ? AS c1 FROM "posts" WHERE "score" > ?) SELECT t1.c0, t1.c1 FROM cte0 AS t1
        [Int(1), Float(1.0)]
        PostgreSQL:
        INSERT INTO "users" ("name", "logins") WITH cte0 AS (SELECT "title" AS c0, CAST($1 AS INTEGER) AS c1 FROM "posts" WHERE "score" > $2) SELECT t1.c0, t1.c1 FROM cte0 AS t1
        [Int(1), Float(1.0)]
        MariaDB, MySQL:
        INSERT INTO `users` (`name`, `logins`) WITH cte0 AS (SELECT `title` AS c0, ? AS c1 FROM `posts` WHERE `score` > ?) SELECT t1.c0, t1.c1 FROM cte0 AS t1
        [Int(1), Float(1.0)]
    "#]],
    );
}

#[test]
fn joined_writes_return() {
    let raise = update::<Post>().join(|p| p.author).set(|(p, u)| p.title.to(u.name)).filter(|(_, u)| u.logins.gt(1));
    let own = raise.clone().returning(|(p, _)| (p.id, p.title));
    check(
        |dialect| shown(own.to_sql(dialect)),
        expect![[r#"
        SQLite:
        UPDATE "posts" AS t0 SET "title" = t1."name" FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > ?) RETURNING "id", "title"
        [Int(1)]
        PostgreSQL:
        UPDATE "posts" AS t0 SET "title" = t1."name" FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > $1) RETURNING t0."id", t0."title"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have UPDATE .. RETURNING with joins
    "#]],
    );
    let both = raise.returning(|(p, u)| (p.id, u.name));
    check(
        |dialect| shown(both.to_sql(dialect)),
        expect![[r#"
        SQLite:
        Unsupported: it does not have UPDATE .. RETURNING of anything but columns of the changed table
        PostgreSQL:
        UPDATE "posts" AS t0 SET "title" = t1."name" FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > $1) RETURNING t0."id", t1."name"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have UPDATE .. RETURNING with joins
    "#]],
    );
    let gone = delete::<Post>().join(|p| p.author).filter(|(_, u)| u.logins.gt(1)).returning(|(p, _)| p.id);
    check(
        |dialect| shown(gone.to_sql(dialect)),
        expect![[r#"
        SQLite:
        DELETE FROM "posts" WHERE ("id") IN (SELECT t0."id" FROM "posts" AS t0 JOIN "users" AS t1 ON t0."author_id" = t1."id" WHERE t1."logins" > ?) RETURNING "id"
        [Int(1)]
        PostgreSQL:
        DELETE FROM "posts" AS t0 USING "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."logins" > $1) RETURNING t0."id"
        [Int(1)]
        MariaDB, MySQL:
        Unsupported: it does not have DELETE .. RETURNING with joins
    "#]],
    );
}

#[test]
fn left_joined_writes() {
    let named = update::<Post>()
        .left_join(|p| p.author)
        .set(|(p, u)| (p.body.to(u.name), p.score.to(p.score + 1.0)))
        .filter(|(p, u)| u.id.is_null() | p.score.gt(2.0));
    check(
        |dialect| shown(named.to_sql(dialect)),
        expect![[r#"
        SQLite:
        UPDATE "posts" AS t0 SET "body" = t1."name", "score" = t0."score" + ? FROM "posts" AS t2 LEFT JOIN "users" AS t1 ON t2."author_id" = t1."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL OR t0."score" > ?)
        [Float(1.0), Float(2.0)]
        PostgreSQL:
        UPDATE "posts" AS t0 SET "body" = t1."name", "score" = t0."score" + $1 FROM "posts" AS t2 LEFT JOIN "users" AS t1 ON t2."author_id" = t1."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL OR t0."score" > $2)
        [Float(1.0), Float(2.0)]
        MariaDB, MySQL:
        UPDATE `posts` AS t0 LEFT JOIN `users` AS t1 ON t0.`author_id` = t1.`id` SET t0.`body` = t1.`name`, t0.`score` = t0.`score` + ? WHERE t1.`id` IS NULL OR t0.`score` > ?
        [Float(1.0), Float(2.0)]
    "#]],
    );
    let gone = delete::<User>().left_join(|u| u.posts).filter(|(_, p)| p.id.is_null());
    check(
        |dialect| shown(gone.to_sql(dialect)),
        expect![[r#"
        SQLite:
        DELETE FROM "users" WHERE ("id") IN (SELECT t0."id" FROM "users" AS t0 LEFT JOIN "posts" AS t1 ON t1."author_id" = t0."id" WHERE t1."id" IS NULL)
        PostgreSQL:
        DELETE FROM "users" AS t0 USING "users" AS t2 LEFT JOIN "posts" AS t1 ON t1."author_id" = t2."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL)
        MariaDB, MySQL:
        DELETE t0 FROM `users` AS t0 LEFT JOIN `posts` AS t1 ON t1.`author_id` = t0.`id` WHERE t1.`id` IS NULL
    "#]],
    );
    let returned = gone.returning(|(u, p)| (u, p));
    check(
        |dialect| shown(returned.to_sql(dialect)),
        expect![[r#"
        SQLite:
        Unsupported: it does not have DELETE .. RETURNING of anything but columns of the changed table
        PostgreSQL:
        DELETE FROM "users" AS t0 USING "users" AS t2 LEFT JOIN "posts" AS t1 ON t1."author_id" = t2."id" WHERE t0."id" = t2."id" AND (t1."id" IS NULL) RETURNING t0."id", t0."name", t0."email", t0."logins", t1."id", t1."title", t1."body", t1."score", t1."author_id"
        MariaDB, MySQL:
        Unsupported: it does not have DELETE .. RETURNING with joins
    "#]],
    );
}

#[test]
fn writing_ctes() {
    let moved = cte(delete::<Post>().filter(|p| p.score.lt(1.0)).returning(|p| (p.title, p.score)));
    query(
        select_from(&moved).filter(|(_, score)| score.gt(0.5)).columns(|(title, _)| title),
        expect![[r#"
        SQLite, MariaDB, MySQL:
        Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
        PostgreSQL:
        WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score") SELECT t0.c0 FROM cte0 AS t0 WHERE t0.c1 > $2
        [Float(1.0), Float(0.5)]
    "#]],
    );
    let raised = cte(update::<Post>()
        .join(|p| p.author)
        .set(|(p, _)| p.score.to(p.score + 1.0))
        .filter(|(_, u)| u.name.in_(select_from(&moved).columns(|(title, _)| title)))
        .returning(|(p, u)| (p, u.name)));
    query(
        select_from(&raised)
            .join_on(select::<User>(), |((_, name), u)| u.name.eq(name))
            .columns(|((p, _), u)| (p.id, u.id)),
        expect![[r#"
            SQLite, MariaDB, MySQL:
            Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
            PostgreSQL:
            WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score"), cte1 (c0, c1, c2, c3, c4, c5) AS (UPDATE "posts" AS t0 SET "score" = t0."score" + $2 FROM "users" AS t1 WHERE t0."author_id" = t1."id" AND (t1."name" IN (SELECT t2.c0 FROM cte0 AS t2)) RETURNING t0."id", t0."title", t0."body", t0."score", t0."author_id", t1."name") SELECT t3.c0, t4."id" FROM cte1 AS t3 JOIN "users" AS t4 ON t4."name" = t3.c5
            [Float(1.0), Float(1.0)]
        "#]],
    );
    let copied =
        insert_into::<User>().select(select_from(&moved).columns(|(title, _)| (title, val(1))), |u| (u.name, u.logins));
    check(
        |dialect| shown(copied.to_sql(dialect)),
        expect![[r#"
        SQLite, MariaDB, MySQL:
        Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
        PostgreSQL:
        WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score") INSERT INTO "users" ("name", "logins") SELECT t0.c0, CAST($2 AS INTEGER) FROM cte0 AS t0
        [Float(1.0), Int(1)]
    "#]],
    );
    let named = cte(copied.on_conflict(|u| u.name).do_nothing().returning(|u| u.id));
    let default = cte(insert_into::<User>().default_values().returning(|u| u.id));
    query(
        select_from(named).union_all(select_from(default)),
        expect![[r#"
        SQLite, MariaDB, MySQL:
        Unsupported: it does not have INSERT, UPDATE and DELETE in the WITH clause
        PostgreSQL:
        WITH cte0 (c0, c1) AS (DELETE FROM "posts" WHERE "score" < $1 RETURNING "title", "score"), cte1 (c0) AS (INSERT INTO "users" ("name", "logins") SELECT t0.c0, CAST($2 AS INTEGER) FROM cte0 AS t0 ON CONFLICT ("name") DO NOTHING RETURNING "id"), cte2 (c0) AS (INSERT INTO "users" DEFAULT VALUES RETURNING "id") SELECT t1.c0 FROM cte1 AS t1 UNION ALL SELECT t2.c0 FROM cte2 AS t2
        [Float(1.0), Int(1)]
    "#]],
    );
}
