//! How the catalogue's answers are compared with the models.

use super::connection::Pretended;
use super::models::*;
use crate::ddl::Schema;
use crate::dialect::{Dialect, MYSQL, POSTGRES, SQLITE};

type Answers = Vec<(&'static str, Vec<Vec<&'static str>>)>;

/// What is wrong with posts, when the catalogue says this of every table.
fn mismatches(dialect: &'static Dialect, answers: Answers) -> Vec<String> {
    let mut connection = Pretended::new(dialect);
    connection.answers = answers;
    let found = Schema::from_tables([posts::table()]).verify_on(&mut connection).expect("the catalogue answers");
    let of_posts = found.into_iter().map(|mismatch| mismatch.to_string()).filter(|text| text.contains("posts"));
    of_posts.collect()
}

fn columns(names: &[&'static str]) -> Vec<Vec<&'static str>> {
    names.iter().map(|name| vec![*name]).collect()
}

const KEYS: [(&Dialect, &str, &str); 3] = [
    (&SQLITE, "table_xinfo", "foreign_key_list"),
    (&POSTGRES, "attisdropped", "confdeltype"),
    (&MYSQL, "information_schema.columns", "key_column_usage"),
];

#[test]
fn finds_nothing_where_all_is_right() {
    for (dialect, of_columns, of_keys) in KEYS {
        let all = columns(&["id", "title", "score", "author_id"]);
        let answers = vec![(of_columns, all), (of_keys, vec![vec!["0", "author_id", "users", "CASCADE"]])];
        assert_eq!(mismatches(dialect, answers), [""; 0], "{}", dialect.name);
    }
}

#[test]
fn finds_what_is_missing() {
    for (dialect, of_columns, of_keys) in KEYS {
        assert_eq!(mismatches(dialect, vec![]), ["the table `posts` does not exist"]);
        let answers = vec![
            (of_columns, columns(&["id", "title", "author_id"])),
            (of_keys, vec![vec!["0", "author_id", "people", "CASCADE"]]),
        ];
        assert_eq!(
            mismatches(dialect, answers),
            ["the table `posts` has no column `score`", "the table `posts` has no foreign key (author_id) to `users`"]
        );
    }
}

#[test]
fn finds_another_action() {
    for (dialect, of_columns, of_keys) in KEYS {
        let all = columns(&["id", "title", "score", "author_id"]);
        let answers = vec![(of_columns, all), (of_keys, vec![vec!["0", "author_id", "users", "RESTRICT"]])];
        assert_eq!(
            mismatches(dialect, answers),
            ["the foreign key (author_id) of `posts` is ON DELETE RESTRICT, the model says CASCADE"]
        );
    }
}

#[test]
fn takes_one_refusal_for_another() {
    for (dialect, of_columns, of_keys) in KEYS {
        let mut connection = Pretended::new(dialect);
        connection.answers = vec![
            (of_columns, columns(&["id", "author_id", "department_id", "manager_id", "head_id"])),
            (
                of_keys,
                vec![
                    vec!["0", "author_id", "employees", "RESTRICT"],
                    vec!["1", "department_id", "departments", "RESTRICT"],
                    vec!["2", "manager_id", "employees", "SET NULL"],
                    vec!["3", "head_id", "employees", "SET NULL"],
                ],
            ),
        ];
        let found = Schema::from_tables([reports::table()]).verify_on(&mut connection).expect("the catalogue answers");
        assert_eq!(found, [], "{}", dialect.name);
    }
}

#[test]
fn gathers_the_columns_of_a_key() {
    for (dialect, of_columns, of_keys) in KEYS {
        let mut connection = Pretended::new(dialect);
        connection.answers = vec![
            (
                of_columns,
                columns(&["number", "tag_id", "country_code", "country_valid_from", "code", "valid_from", "name"]),
            ),
            (
                of_keys,
                vec![
                    vec!["0", "country_code", "countries", "SET NULL"],
                    vec!["0", "country_valid_from", "countries", "SET NULL"],
                    vec!["1", "tag_id", "tags", "NO ACTION"],
                ],
            ),
        ];
        let schema = Schema::from_tables([addresses::table()]);
        assert_eq!(schema.verify_on(&mut connection).expect("the catalogue answers"), [], "{}", dialect.name);
    }
}
