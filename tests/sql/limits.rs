//! What is refused before anything is sent: too many values, too deep an expression, a field outside of its query.

use super::*;
use orm::dialect::SQLITE;

#[test]
fn too_many_values() {
    let query = select::<User>().columns(|u| u.id).filter(|u| u.id.in_(0..70_000_i64));
    for dialect in Dialect::all() {
        match query.to_sql(dialect) {
            Ok(compiled) => assert!(dialect.arrays && compiled.binds.len() == 1, "{}", dialect.name),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::OutOfRange);
                let message =
                    format!("the statement has 70000 values, and {} takes at most {}", dialect.name, dialect.max_binds);
                assert_eq!(error.to_string(), message);
            }
        }
    }
}

#[test]
fn too_deep_an_expression() {
    let sum = |u: UserFields, depth| (0..depth).fold(u.age + 1, |sum, _| (sum * 2).abs());
    assert!(select::<User>().columns(|u| sum(u, 100)).to_sql(&SQLITE).is_ok());
    let error = select::<User>().columns(|u| sum(u, 2000)).to_sql(&SQLITE).expect_err("too deep");
    assert_eq!(error.kind(), ErrorKind::OutOfRange);
    expect!["an expression is nested deeper than 400 levels"].assert_eq(&error.to_string());
}

#[test]
fn a_field_outside_of_its_query() {
    let mut carried = None;
    let _ = select::<User>().filter(|u| {
        carried = Some(u.id);
        true
    });
    let carried = carried.expect("the closure ran");
    check(
        select::<Post>().columns(|p| p.id).filter(|p| p.author.eq(carried)),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: a column of a table that is not in this query: fields belong to the closure that got them
        "#]],
    );
    check(
        select::<User>().columns(|_| carried),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: a column of a table that is not in this query: fields belong to the closure that got them
        "#]],
    );
    check(
        update::<User>().set(|u| u.id.to(carried)).every_row(),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: a column of a table that is not in this query: fields belong to the closure that got them
        "#]],
    );
    check(
        delete::<User>().filter(|_| carried.gt(1)),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: a column of a table that is not in this query: fields belong to the closure that got them
        "#]],
    );
    let mut new = None;
    let row = user(0, "a");
    let _ = insert(&row).on_conflict(|u| u.name).do_update(|u, row| {
        new = Some(row.age);
        u.age.to(row.age)
    });
    let new = new.expect("the closure ran");
    check(
        select::<User>().columns(|_| new),
        expect![[r#"
            -- SQLite, PostgreSQL, MariaDB, MySQL
            Misuse: a column of a table that is not in this query: fields belong to the closure that got them
        "#]],
    );
}
