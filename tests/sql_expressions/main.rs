//! The SQL of fragments, arrays, full-text search and quantified comparisons, and of writes that read (`writes`), for all dialects side by
//! side. `UPDATE_EXPECT=1 cargo test --test sql_expressions` writes what comes out into the tests; read it before you keep it.

mod writes;

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
            MariaDB, MySQL:
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
