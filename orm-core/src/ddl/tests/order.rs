//! The order of tables: after what they depend on, otherwise as given, and few forward references in cycles.

use super::models::*;
use crate::ddl::Schema;
use crate::ddl::order::order;

#[test]
fn keeps_the_given_order_where_it_can() {
    let cases: &[(&[&[usize]], &[usize])] = &[
        (&[], &[]),
        (&[&[], &[], &[]], &[0, 1, 2]),
        (&[&[2], &[], &[]], &[1, 2, 0]),
        (&[&[1], &[2], &[]], &[2, 1, 0]),
        (&[&[0], &[1, 0]], &[0, 1]),
        (&[&[1, 2], &[3], &[3], &[]], &[3, 1, 2, 0]),
    ];
    for (dependencies, expected) in cases {
        let dependencies: Vec<Vec<usize>> = dependencies.iter().map(|on| on.to_vec()).collect();
        assert_eq!(order(&dependencies), *expected, "{dependencies:?}");
    }
}

#[test]
fn opens_cycles_at_their_first_member() {
    let cases: &[(&[&[usize]], &[usize])] = &[
        (&[&[1], &[0]], &[0, 1]),
        // 0 only depends on the cycle of 1 and 2, and must not come before it.
        (&[&[1, 2], &[2], &[1]], &[1, 2, 0]),
        // Two cycles, the first of which depends on the second.
        (&[&[1], &[0, 2], &[3], &[2]], &[2, 3, 0, 1]),
        (&[&[1], &[2], &[0]], &[0, 2, 1]),
        (&[&[0, 1], &[1, 0]], &[0, 1]),
    ];
    for (dependencies, expected) in cases {
        let dependencies: Vec<Vec<usize>> = dependencies.iter().map(|on| on.to_vec()).collect();
        assert_eq!(order(&dependencies), *expected, "{dependencies:?}");
    }
}

#[test]
fn what_is_referred_to_comes_along_once() {
    let names = |schema: &Schema| schema.tables().iter().map(|table| table.name).collect::<Vec<_>>();
    assert_eq!(names(&Schema::from_tables([posts::table(), users::table(), posts::table()])), ["users", "posts"]);
    assert_eq!(names(&Schema::from_tables([addresses::table()])), ["tags", "countries", "addresses"]);
    assert_eq!(names(&Schema::from_tables([reports::table()])), ["employees", "reports", "departments"]);
    assert_eq!(names(&Schema::new()), [""; 0]);
}
