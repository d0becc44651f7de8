//! Rows of raw SQL as structs, by position and by name: the number and the names of the columns are checked.

use crate::support::Backend;
use orm::prelude::*;

#[derive(FromRow, Debug, PartialEq)]
struct Pair {
    first: i64,
    second: String,
}

#[derive(FromRow, Debug, PartialEq)]
#[orm(by_name)]
struct Named {
    id: i64,
    #[orm(column = "full name")]
    name: String,
    r#type: Option<String>,
}

#[track_caller]
fn decode<T: std::fmt::Debug>(result: orm::Result<T>, expected: &str) {
    let error = result.expect_err("it does not fit");
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains(expected), "{error}");
}

fn quoted(db: &crate::support::Db, statement: &str) -> String {
    match db.backend {
        Backend::Mariadb | Backend::Mysql => statement.replace('"', "`"),
        Backend::Sqlite | Backend::Postgres => statement.to_owned(),
    }
}

on_every_backend! {
    fn columns_are_found_by_name_in_any_order(db) {
        let mut connection = db.engine.connect()?;
        let ann = Named { id: 7, name: "ann".into(), r#type: None };
        let statement = |list: &str| sql(quoted(db, &format!("SELECT {list} FROM (SELECT 1 AS one) AS t")));
        let (id, name, ty) = ("7 AS id", "'ann' AS \"full name\"", "CAST(NULL AS CHAR(3)) AS type");
        for list in [[id, name, ty], [ty, id, name], [name, ty, id]] {
            let rows: Vec<Named> = connection.all(statement(&list.join(", ")))?;
            assert_eq!(rows, [Named { ..Named { id: 7, name: ann.name.clone(), r#type: None } }]);
        }
        let mut seen = 0;
        connection.for_each(statement(&[ty, id, name].join(", ")), |row: Named| {
            assert_eq!(row, ann);
            seen += 1;
            Ok(())
        })?;
        assert_eq!(seen, 1);
        let rows: Vec<Named> = db.engine.session().rows(statement(&[ty, id, name].join(", ")))?;
        assert_eq!(rows[0], ann);
    }

    fn columns_that_are_missing_or_left_over_are_named(db) {
        let mut connection = db.engine.connect()?;
        let statement = |end: &str| sql(format!("SELECT 7 AS id, 'a' AS name, 'b' AS type{end}"));
        let expected = "it does not return `full name`, and it returns `name`, for which there is no field";
        decode(connection.all::<Named, _>(statement("")), expected);
        decode(connection.all::<Named, _>(statement(" FROM (SELECT 1 AS one) AS t WHERE one = 2")), expected);
        assert_eq!(connection.one::<i64, _>(sql("SELECT 1"))?, 1);
    }

    fn the_number_of_columns_is_checked_even_without_a_row(db) {
        let mut connection = db.engine.connect()?;
        let statement = |end: &str| sql(format!("SELECT 7 AS id, 'a' AS name, 'b' AS type{end}"));
        let expected = "the statement returns 3 columns, but a row is read into 2; it returns `id`, `name`, `type`";
        decode(connection.all::<Pair, _>(statement("")), expected);
        decode(connection.all::<Pair, _>(statement(" FROM (SELECT 1 AS one) AS t WHERE one = 2")), expected);
        decode(connection.all::<Pair, _>(statement(" FROM (SELECT 1 AS one) AS t WHERE one = :n").bind("n", 2)), expected);
        let rows: Vec<(i64, String, String)> = connection.all(statement(" FROM (SELECT 1 AS one) AS t WHERE one = 2"))?;
        assert!(rows.is_empty());
    }

    fn a_struct_by_name_is_a_whole_row(db) {
        let error = db.engine.connect()?.all::<(i64, Named), _>(sql("SELECT 1")).expect_err("mixed");
        assert_eq!(error.kind(), ErrorKind::Misuse);
        assert!(error.to_string().contains("is a whole row"), "{error}");
    }
}
