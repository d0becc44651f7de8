//! Conditions and expressions that a program builds in a loop.

use super::*;

#[test]
fn chains_may_be_long() {
    for count in [1000, 20_000] {
        let query = (1..count).fold(select::<User>(), |query, id| query.filter(|u| u.id.ne(id)));
        for dialect in Dialect::all() {
            let compiled = query.to_sql(dialect).expect("a chain is not deep");
            assert_eq!(compiled.sql.matches(" AND ").count(), count as usize - 2);
            assert_eq!(compiled.binds.len(), count as usize - 1);
        }
        let copy = query.clone();
        assert_eq!(
            copy.to_sql(&orm::dialect::SQLITE).expect("a copy").sql,
            query.to_sql(&orm::dialect::SQLITE).expect("it").sql
        );
    }
}

/// Far deeper than the stack of a test is long; sums and negations are built deeper yet.
const DEEP: usize = 100_000;

#[track_caller]
fn is_refused<S: Scope, O: Output>(query: Select<S, O>) {
    for dialect in Dialect::all() {
        let error = query.clone().to_sql(dialect).expect_err("it is too deep");
        assert_eq!(error.kind(), ErrorKind::OutOfRange);
        assert_eq!(error.to_string(), "an expression is nested deeper than 400 levels");
    }
}

#[test]
fn what_is_too_deep_is_an_error_and_not_the_end_of_the_stack() {
    let sum = |u: UserFields| (0..10 * DEEP).fold(u.id + 1, |sum, _| sum + 1);
    is_refused(select::<User>().columns(sum));
    is_refused(select::<User>().filter(|u| (0..DEEP).fold(u.id + 1, |sum, _| val(1_i64) - sum).eq(3)));
    is_refused(select::<User>().filter(|u| (0..10 * DEEP).fold(u.id.eq(1), |not, _| !not)));
    is_refused(select::<User>().columns(|u| (0..DEEP).fold(u.name.lower(), |name, _| name.trim())));
    is_refused(select::<User>().columns(|u| (0..DEEP).fold(coalesce(u.email, "a"), |mail, _| coalesce(mail, "a"))));
    is_refused(select::<User>().filter(|u| (0..DEEP).fold(u.id.eq(1), |c, _| (c & u.id.gt(2)) | u.id.lt(3))));
}

#[test]
fn queries_inside_queries_are_measured_too() {
    let inside = |query: Query<User>| select::<User>().filter(|u| u.id.in_(query.columns(|u| u.id)));
    is_refused((0..10_000).fold(select::<User>(), |query, _| inside(query)));
    let names = || select::<User>().columns(|u| u.name).limit(9);
    is_refused((0..10_000).fold(select_from(names()), |query, _| select_from(query.limit(9))));
    is_refused((0..10_000).fold(names().union(names()), |query, _| query.limit(9).union(names())));
}

#[test]
fn what_is_not_too_deep_is_written() {
    let query = select::<User>().columns(|u| (0..390).fold(u.id + 1, |sum, _| sum + 1));
    for dialect in Dialect::all() {
        assert_eq!(query.to_sql(dialect).expect("390 levels").binds.len(), 391);
    }
}
