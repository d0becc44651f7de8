//! Raw SQL and its values, LIKE patterns, limits: values never become part of the text.

use crate::support::Backend;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
struct Note {
    #[orm(primary_key)]
    id: i64,
    text: String,
    stars: Option<i32>,
}

#[derive(FromRow, Debug, PartialEq)]
struct Total {
    stars: Option<i32>,
    notes: i64,
    nested: (String, Option<String>),
}

const TRICKY: [&str; 8] = [
    "'; DROP TABLE note; --",
    "\" OR \"\"=\"",
    "` OR 1=1 #",
    "\\'; DROP TABLE note; --",
    "50%_!\\",
    ":id $1 ?1 ?",
    "/* */ -- \n",
    "${jndi:x} {0} %s",
];

fn notes(db: &crate::support::Db, texts: &[&str]) -> orm::Result<Connection> {
    Schema::of::<Note>().create_all(&db.engine)?;
    let rows: Vec<Note> = texts.iter().map(|text| Note { id: 0, text: (*text).into(), stars: None }).collect();
    let mut connection = db.engine.connect()?;
    connection.execute(insert(&rows))?;
    Ok(connection)
}

#[track_caller]
fn misuse<T: std::fmt::Debug>(result: orm::Result<T>, expected: &str) {
    let error = result.expect_err("it cannot be run");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Misuse, expected));
}

on_every_backend! {
    /// A SELECT can set something, too: the next user of the connection must not see it.
    fn what_a_raw_select_sets_does_not_outlive_the_checkout(db) {
        let (set, get) = match db.backend {
            crate::support::Backend::Sqlite => return Ok(()), // its functions set nothing
            crate::support::Backend::Postgres => {
                ("SELECT set_config('orm.left', 'behind', false)", "SELECT coalesce(current_setting('orm.left', true), '')")
            }
            crate::support::Backend::Mariadb | crate::support::Backend::Mysql => {
                ("SELECT CAST(@left_behind := 'behind' AS CHAR)", "SELECT coalesce(CAST(@left_behind AS CHAR), '')")
            }
        };
        let engine = EngineOptions::new(&db.url).pool_size(1).max_overflow(0).create()?;
        let mut connection = engine.connect()?;
        assert_eq!(connection.one::<String, _>(sql(set))?, "behind");
        drop(connection);
        assert_eq!(engine.connect()?.one::<String, _>(sql(get))?, "");
    }

    fn values_are_bound_by_name(db) {
        let mut connection = notes(db, &["a", "b", "c"])?;
        let by_name = sql(
            "SELECT text FROM note WHERE text >= :low AND text <= :high AND text <> :low_2 AND :low < :high ORDER BY text",
        );
        let found: Vec<String> = connection.all(by_name.bind("low", "a").bind("high", "c").bind("low_2", "b"))?;
        assert_eq!(found, ["a", "c"]);
        let ids: Vec<i64> =
            connection.all(sql("SELECT id FROM note WHERE text = :text AND stars IS NULL").bind("text", "b"))?;
        assert_eq!(ids.len(), 1);
        let changed = connection.execute(
            sql("UPDATE note SET stars = :stars, text = :text WHERE id = :id")
                .bind("id", ids[0])
                .bind("stars", Some(3))
                .bind("text", "B"),
        )?;
        assert_eq!(changed, 1);
        let null = connection.execute(
            sql("UPDATE note SET stars = :stars WHERE id = :id").bind("stars", None::<i32>).bind("id", ids[0]),
        )?;
        assert_eq!(null, 1);
        let note: Note = connection.one(sql("SELECT * FROM note WHERE id = :id").bind("id", ids[0]))?;
        assert_eq!(note, Note { id: ids[0], text: "B".into(), stars: None });
        assert_eq!(
            connection.execute(sql("DELETE FROM note WHERE text IN (:a, :b)").bind("a", "a").bind("b", "B"))?,
            2
        );
    }

    fn names_in_quotes_comments_and_casts_are_text(db) {
        let mut connection = notes(db, &["x"])?;
        let quoted: String = connection.one(sql("SELECT ':text'"))?;
        assert_eq!(quoted, ":text");
        let doubled: String = connection.one(sql("SELECT 'it''s :text'"))?;
        assert_eq!(doubled, "it's :text");
        let commented: Vec<i64> =
            connection.all(sql("SELECT 1 -- :one\n + :two /* :three\n */ + 4").bind("two", 2_i64))?;
        assert_eq!(commented, [7]);
        let minus: i64 = connection.one(sql("SELECT 5 -:two").bind("two", 2_i64))?;
        assert_eq!(minus, 3);
        if db.backend == Backend::Postgres {
            let cast: i32 = connection.one(sql("SELECT '3'::int + :more::int").bind("more", 4))?;
            assert_eq!(cast, 7);
            let slice: Vec<i32> = connection.one(sql("SELECT (ARRAY[1, 2, 3])[:low:3]").bind("low", 2))?;
            assert_eq!(slice, [2, 3]);
            let dollar: String = connection.one(sql("SELECT $tag$ :not 'a' $tag$"))?;
            assert_eq!(dollar, " :not 'a' ");
        }
        if matches!(db.backend, Backend::Mysql | Backend::Mariadb) {
            let escaped: String = connection.one(sql(r"SELECT '\':not'"))?;
            assert_eq!(escaped, "':not");
        }
    }

    /// Case 48.
    fn injections_stay_data(db) {
        let mut connection = notes(db, &TRICKY)?;
        for text in TRICKY {
            let raw: Vec<String> =
                connection.all(sql("SELECT text FROM note WHERE text = :text").bind("text", text))?;
            assert_eq!(raw, [text]);
            assert_eq!(connection.count(select::<Note>().filter(|row| row.text.eq(text)))?, 1, "{text}");
            assert_eq!(connection.count(select::<Note>().filter(|row| row.text.in_([text, "other"])))?, 1, "{text}");
            let echo: String = connection
                .one(sql("SELECT text FROM note WHERE text = :a AND :b = :a").bind("a", text).bind("b", text))?;
            assert_eq!(echo, text);
            let named: (String, String) = connection
                .one(select::<Note>().filter(|row| row.text.eq(text)).columns(|row| (row.text, val(text))))?;
            assert_eq!(named, (text.to_owned(), text.to_owned()));
        }
        assert_eq!(connection.count(select::<Note>())?, TRICKY.len() as u64);
        for sent in db.statements() {
            assert!(!sent.contains("DROP TABLE note") && !sent.contains("OR 1=1"), "{sent}");
        }
    }

    /// Case 48.
    fn contains_takes_its_part_literally(db) {
        let texts = ["50%_!\\", "50 percent", "50%", "x50%_!\\x", "50%_!", "50%_\\", "[50]", "50!%!_!!\\", "*?^", ""];
        let mut connection = notes(db, &texts)?;
        for part in ["50%_!\\", "%", "_", "!", "\\", "[", "*?", "50", "!_", ""] {
            let mut found: Vec<String> =
                connection.all(select::<Note>().filter(|row| row.text.contains(part)).columns(|row| row.text))?;
            let mut expected: Vec<&str> = texts.iter().copied().filter(|text| text.contains(part)).collect();
            found.sort();
            expected.sort_unstable();
            assert_eq!(found, expected, "contains {part}");
            let starts = connection.count(select::<Note>().filter(|row| row.text.starts_with(part)))?;
            assert_eq!(
                starts as usize,
                texts.iter().filter(|text| text.starts_with(part)).count(),
                "starts with {part}"
            );
            let ends = connection.count(select::<Note>().filter(|row| row.text.ends_with(part)))?;
            assert_eq!(ends as usize, texts.iter().filter(|text| text.ends_with(part)).count(), "ends with {part}");
        }
        assert_eq!(
            connection.count(select::<Note>().filter(|row| row.text.contains(row.text)))?,
            texts.len() as u64,
            "a column as the part"
        );
        assert_eq!(connection.count(select::<Note>().filter(|row| row.text.like("50%")))?, 6, "a pattern is a pattern");
    }

    /// Case 48.
    fn limits_and_offsets_are_numbers(db) {
        let mut connection = notes(db, &["a", "b", "c", "d", "e"])?;
        let mut page = |query: Query<Note>| -> orm::Result<String> {
            let texts: Vec<String> = connection.all(query.order_by(|row| row.text).columns(|row| row.text))?;
            Ok(texts.concat())
        };
        assert_eq!(page(select().limit(2))?, "ab");
        assert_eq!(page(select().limit(2).offset(2))?, "cd");
        assert_eq!(page(select().offset(3))?, "de");
        assert_eq!(page(select().limit(0))?, "");
        assert_eq!(page(select().offset(9))?, "");
        assert_eq!(page(select().limit(i64::MAX as u64).offset(4))?, "e");
        let pages = connection.paginate(select::<Note>().order_by(|row| row.text), 2, 2)?;
        assert_eq!((pages.items.len(), pages.total, pages.items[0].text.as_str()), (2, 5, "c"));
        misuse(
            connection.paginate(select::<Note>(), 0, 2).map(|page| page.total),
            "pages count from 1, and a page has at least one row",
        );
        assert_eq!(
            connection.paginate(select::<Note>(), u64::MAX, u64::MAX).map(|page| page.items.len()).unwrap_or(0),
            0
        );
    }

    fn rows_are_tuples_structs_and_models(db) {
        let mut connection = notes(db, &["a", "b"])?;
        let totals: Vec<Total> =
            connection.all(sql("SELECT stars, count(*), min(text), NULL FROM note GROUP BY stars"))?;
        assert_eq!(totals, [Total { stars: None, notes: 2, nested: ("a".into(), None) }]);
        let pairs: Vec<((i64, String), Option<i32>)> =
            connection.all(sql("SELECT id, text, stars FROM note ORDER BY text"))?;
        assert_eq!(pairs[1].0.1, "b");
        let models: Vec<(Note, i64)> = connection.all(sql("SELECT n.*, 7 FROM note n ORDER BY text"))?;
        assert_eq!((models.len(), models[0].1), (2, 7));
        let first: Option<String> = connection.first(sql("SELECT text FROM note ORDER BY text"))?;
        assert_eq!(first.as_deref(), Some("a"));
        let error = connection.one::<String, _>(sql("SELECT text FROM note")).expect_err("there are two");
        assert_eq!(error.kind(), ErrorKind::MultipleRows);
        let error = connection.one::<String, _>(sql("SELECT text FROM note WHERE 1 = 0")).expect_err("there is none");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(connection.one_or_none::<String, _>(sql("SELECT text FROM note WHERE 1 = 0"))?, None);
    }

    fn another_number_of_columns_is_a_decode_error(db) {
        let mut connection = notes(db, &["a"])?;
        let error = connection.all::<(i64, String), _>(sql("SELECT id FROM note")).expect_err("one column");
        assert_eq!(
            (error.kind(), error.to_string().as_str()),
            (ErrorKind::Decode, "the statement returns 1 columns, but a row is read into 2; it returns `id`")
        );
        let error = connection.all::<i64, _>(sql("SELECT id, text FROM note")).expect_err("two columns");
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        let error = connection.all::<Note, _>(sql("SELECT text, id, stars FROM note")).expect_err("another order");
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
        assert_eq!(connection.count(select::<Note>())?, 1, "the connection is still of use");
    }

    fn a_name_without_a_value_and_a_value_without_a_name(db) {
        let mut connection = notes(db, &[])?;
        misuse(connection.execute(sql("DELETE FROM note WHERE id = :id")), "no value was bound to `:id`");
        misuse(
            connection.all::<i64, _>(sql("SELECT 1").bind("id", 1_i64)),
            "a value was bound to `:id`, which is not in the statement",
        );
        misuse(
            connection.all::<i64, _>(sql("SELECT :id").bind("id", 1_i64).bind("id", 2_i64)),
            "`:id` was bound twice",
        );
    }

    fn text_of_several_statements_is_refused(db) {
        let mut connection = notes(db, &["a"])?;
        let error = connection
            .execute(sql("DELETE FROM note; DELETE FROM note WHERE id = :id").bind("id", 1_i64))
            .expect_err("two statements");
        assert!(matches!(error.kind(), ErrorKind::Misuse | ErrorKind::Syntax), "{error:?}");
        assert_eq!(connection.count(select::<Note>())?, 1);
    }

    fn raw_settings_do_not_reach_the_next_user_of_the_connection(db) {
        let engine = orm::EngineOptions::new(&db.url).pool_size(1).max_overflow(0).create()?;
        let (change, read) = match db.backend {
            Backend::Sqlite => ("PRAGMA query_only = 1", "SELECT query_only FROM pragma_query_only"),
            Backend::Postgres => ("SET extra_float_digits = 0", "SELECT current_setting('extra_float_digits')::int"),
            Backend::Mariadb | Backend::Mysql => ("SET @x = 5", "SELECT CAST(coalesce(@x, 1) AS SIGNED)"),
        };
        let before: i64 = engine.connect()?.one(sql(read))?;
        engine.connect()?.execute(sql(change))?;
        let after: i64 = engine.connect()?.one(sql(read))?;
        assert_eq!(after, before);
        engine.pool().close();
        engine.pool().settle(std::time::Duration::from_secs(10));
    }
}
