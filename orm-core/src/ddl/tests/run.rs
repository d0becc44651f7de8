//! What is sent when tables are made and dropped: transactions, what is looked up first, and what follows an error.

use super::connection::Pretended;
use super::models::*;
use crate::ErrorKind;
use crate::ddl::Schema;
use crate::dialect::{MARIADB, MYSQL, POSTGRES, SQLITE};

fn blog() -> Schema {
    Schema::from_tables([posts::table()])
}

fn office() -> Schema {
    Schema::from_tables([departments::table()])
}

#[test]
fn one_transaction_where_it_can_be_rolled_back() {
    let mut connection = Pretended::new(&SQLITE);
    blog().create_all_on(&mut connection).expect("nothing fails");
    assert_eq!(
        connection.words(2),
        ["BEGIN IMMEDIATE", "PRAGMA defer_foreign_keys", "CREATE TABLE", "CREATE TABLE", "CREATE INDEX", "COMMIT"]
    );

    let mut connection = Pretended::new(&POSTGRES);
    blog().drop_all_on(&mut connection).expect("nothing fails");
    assert_eq!(
        connection.sent,
        [
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            "SELECT pg_advisory_xact_lock(7887334215642009)",
            "DROP TABLE IF EXISTS \"posts\"",
            "DROP TABLE IF EXISTS \"users\"",
            "COMMIT",
        ]
    );
}

#[test]
fn an_error_undoes_all_and_says_what_was_done() {
    let mut connection = Pretended::new(&SQLITE);
    connection.fails_at = Some("CREATE INDEX");
    let error = blog().create_all_on(&mut connection).expect_err("the index fails");
    assert_eq!(error.kind(), ErrorKind::Database);
    assert_eq!(error.to_string(), "create the index `posts_author_id_title_idx` of `posts`: the database refused");
    assert!(error.statement().is_some_and(|sql| sql.starts_with("CREATE INDEX")));
    assert_eq!(connection.sent.last().map(String::as_str), Some("ROLLBACK"));
}

#[test]
fn a_refused_commit_is_rolled_back() {
    let mut connection = Pretended::new(&SQLITE);
    connection.fails_at = Some("COMMIT");
    let error = blog().drop_all_on(&mut connection).expect_err("COMMIT fails");
    assert_eq!(error.statement(), Some("COMMIT"));
    assert_eq!(error.to_string(), "commit the changes to the tables: the database refused");
    assert_eq!(connection.sent.last().map(String::as_str), Some("ROLLBACK"));
}

#[test]
fn an_open_transaction_is_used_or_spared() {
    let mut connection = Pretended::new(&POSTGRES);
    connection.in_transaction = true;
    blog().create_all_on(&mut connection).expect("nothing fails");
    assert_eq!(connection.words(2), ["CREATE TABLE", "CREATE TABLE", "CREATE INDEX"]);

    let mut connection = Pretended::new(&MARIADB);
    connection.in_transaction = true;
    let error = blog().drop_all_on(&mut connection).expect_err("MariaDB would commit");
    assert_eq!(error.kind(), ErrorKind::Misuse);
    assert_eq!(error.to_string(), "MariaDB commits the open transaction when tables are made or dropped");
    assert_eq!(connection.sent, [""; 0]);
}

#[test]
fn an_index_is_looked_up_where_it_cannot_say_if_not_exists() {
    let mut connection = Pretended::new(&MYSQL);
    blog().create_all_on(&mut connection).expect("nothing fails");
    assert_eq!(
        connection.words(3),
        [
            "?",
            "CREATE TABLE IF",
            "CREATE TABLE IF",
            "? posts posts_author_id_title_idx",
            "CREATE INDEX `posts_author_id_title_idx`"
        ]
    );

    let mut connection = Pretended::new(&MYSQL);
    connection.answers = vec![("statistics", vec![vec!["posts_author_id_title_idx"]])];
    blog().create_all_on(&mut connection).expect("nothing fails");
    assert_eq!(connection.words(2), ["?", "CREATE TABLE", "CREATE TABLE", "? posts"]);
}

#[test]
fn what_another_program_made_meanwhile_is_no_error() {
    let mut connection = Pretended::new(&MYSQL);
    connection.fails_at = Some("CREATE INDEX");
    connection.answers_after_failure = vec![("statistics", vec![vec!["posts_author_id_title_idx"]])];
    blog().create_all_on(&mut connection).expect("the index exists by now");

    let mut connection = Pretended::new(&MYSQL);
    connection.fails_at = Some("CREATE INDEX");
    let error = blog().create_all_on(&mut connection).expect_err("the index does not exist");
    assert_eq!(error.to_string(), "create the index `posts_author_id_title_idx` of `posts`: the database refused");
}

#[test]
fn constraints_of_cycles_are_looked_up() {
    let key = || vec![("constraint", vec![vec!["departments_head_id_fkey"]])];
    for dialect in [&POSTGRES, &MARIADB, &MYSQL] {
        let altered = |connection: &Pretended| connection.sent.iter().any(|sql| sql.starts_with("ALTER TABLE"));
        let mut missing = Pretended::new(dialect);
        office().create_all_on(&mut missing).expect("nothing fails");
        assert!(altered(&missing), "{:?}", missing.sent);
        assert!(missing.sent.contains(&"? departments departments_head_id_fkey".to_owned()), "{:?}", missing.sent);

        let mut present = Pretended::new(dialect);
        present.answers = key();
        office().create_all_on(&mut present).expect("nothing fails");
        assert!(!altered(&present), "{:?}", present.sent);

        let mut missing = Pretended::new(dialect);
        office().drop_all_on(&mut missing).expect("nothing fails");
        assert!(!altered(&missing), "{:?}", missing.sent);

        let mut present = Pretended::new(dialect);
        present.answers = key();
        office().drop_all_on(&mut present).expect("nothing fails");
        assert!(altered(&present), "{:?}", present.sent);
    }
}

#[test]
fn literals_follow_the_mode_of_the_server() {
    let comment = |mode: &'static str| {
        let mut connection = Pretended::new(&MYSQL);
        connection.answers = vec![("sql_mode", vec![vec![mode]])];
        Schema::from_tables([attributes::table()]).create_all_on(&mut connection).expect("nothing fails");
        connection.sent.into_iter().find(|sql| sql.starts_with("CREATE TABLE")).expect("a table is made")
    };
    let plain = comment("ANSI_QUOTES,NO_BACKSLASH_ESCAPES");
    assert!(plain.contains(r"COMMENT 'a \ and a '''"), "{plain}");
    assert!(plain.contains(r"IN ('new', 'o''\ld')"), "{plain}");
    let escaped = comment("ANSI_QUOTES");
    assert!(escaped.contains(r"COMMENT 'a \\ and a '''"), "{escaped}");
    assert!(escaped.contains(r"IN ('new', 'o''\\ld')"), "{escaped}");
}

#[test]
fn without_foreign_keys_and_one_by_one() {
    let mut connection = Pretended::new(&POSTGRES);
    let schema = office().without_foreign_keys().one_by_one();
    schema.create_all_on(&mut connection).expect("nothing fails");
    assert!(connection.sent.iter().all(|sql| sql.starts_with("CREATE ")), "{:?}", connection.sent);
    assert!(connection.sent.iter().all(|sql| !sql.contains("FOREIGN KEY")), "{:?}", connection.sent);
    connection.sent.clear();
    schema.drop_all_on(&mut connection).expect("nothing fails");
    assert!(connection.sent.iter().all(|sql| sql.starts_with("DROP TABLE")), "{:?}", connection.sent);

    connection.in_transaction = true;
    let error = schema.create_all_on(&mut connection).expect_err("one by one, and yet together");
    assert_eq!(error.kind(), ErrorKind::Misuse);
}
