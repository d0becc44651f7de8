//! UNIQUE values that go from row to row, and what no longer takes time or statements that it need not.

use super::{TABLES, changes, check};
use crate::session::changes::Operation;
use crate::session::flush::order::{Change, Need, Step, order};
use expect_test::expect;

#[test]
fn what_frees_a_value_goes_before_what_takes_it() {
    check(
        "insert tags t takes=u
         update tags u",
        expect![[r#"
            update tags: u
            insert tags: t
        "#]],
    );
    // Two updates: the one that is written first by its number waits.
    check(
        "update tags a takes=b
         update tags b",
        expect![[r#"
            update tags: b
            update tags: a
        "#]],
    );
    // An early delete is out of the way by itself.
    check(
        "insert tags new takes=old
         delete tags old
         update tags u takes=old",
        expect![[r#"
            delete tags: old
            update tags: u
            insert tags: new
        "#]],
    );
}

#[test]
fn a_short_chain_is_written_in_its_order() {
    check(
        "update tags a takes=b
         update tags b takes=c
         update tags c",
        expect![[r#"
            update tags: c
            update tags: b
            update tags: a
        "#]],
    );
}

#[test]
fn a_long_chain_and_a_circle_go_by_stand_ins() {
    check(
        "update tags a takes=b
         update tags b takes=c
         update tags c takes=d
         update tags d
         update tags other",
        expect![[r#"
            free: b c d
            update tags: a b c d other
        "#]],
    );
    check(
        "update tags a takes=b
         update tags b takes=a",
        expect![[r#"
            free: a b
            update tags: a b
        "#]],
    );
    // Where nothing can stand in, a long chain still has an order; a circle has none.
    check(
        "update tags a needs=b
         update tags b needs=c
         update tags c needs=d
         update tags d",
        expect![[r#"
            update tags: d
            update tags: c
            update tags: b
            update tags: a
        "#]],
    );
    check(
        "update tags a needs=b
         update tags b needs=a
         update tags c takes=a",
        expect![[r#"
            a circle: a b
        "#]],
    );
    // One place in the circle is enough.
    check(
        "update tags a needs=b
         update tags b takes=a",
        expect![[r#"
            free: a
            update tags: b
            update tags: a
        "#]],
    );
}

#[test]
fn a_row_that_waits_to_be_deleted_lets_go_of_its_value_early_if_it_must() {
    // The label leaves the old tag for the new one, which takes the old one's value.
    check(
        "delete tags old
         insert tags new takes=old
         update labels l tag=new leaves=old",
        expect![[r#"
            free: old
            insert tags: new
            update labels: l
            delete tags: old
        "#]],
    );
    // Nothing stands in, and nothing may be NULL.
    check(
        "delete tags old
         insert tags new needs=old
         update labels l tag=new leaves=old",
        expect![[r#"
            a circle: old new l
        "#]],
    );
    // A nullable reference is cut before a value: the comment has no parent for a while.
    check(
        "delete comments old
         insert comments new takes=old
         update comments c parent=new leaves=old",
        expect![[r#"
            update comments: c
            delete comments: old
            insert comments: new
            point c.parent
        "#]],
    );
    // No knot: the label goes elsewhere, so the delete is only moved forward.
    check(
        "delete tags old
         insert tags new takes=old
         update labels l leaves=old",
        expect![[r#"
            update labels: l
            delete tags: old
            insert tags: new
        "#]],
    );
}

#[test]
fn only_references_of_a_circle_are_cut() {
    // The first user waits for the circle behind it, and its own reference is none of it.
    check(
        "insert users tail boss=a
         insert users a boss=b
         insert users b boss=a",
        expect![[r#"
            insert users: a
            insert users: tail b
            point a.boss
        "#]],
    );
    check(
        "delete users a boss=b
         delete users b boss=a
         delete users head boss=a",
        expect![[r#"
            delete users: head
            clear a.boss
            delete users: b
            delete users: a
        "#]],
    );
    check(
        "delete users up
         delete users a boss=b favourite=p
         delete users b boss=a
         delete posts p author=up",
        expect![[r#"
            clear a.boss
            delete users: b
            delete users: a
            delete posts: p
            delete users: up
        "#]],
    );
}

/// A chain as deep as it is long: time that grew with its square would be noticed.
#[test]
fn a_deep_chain_is_ordered() {
    const DEPTH: usize = 100_000;
    let table = TABLES.iter().find(|table| table.name == "users").expect("a table of this test");
    let column = table.field("boss").expect("a reference of this table").start;
    let change = |at: usize, operation| {
        let needs: Vec<Need> =
            (at + 1 < DEPTH).then(|| Need { change: at + 1, column, nullable: true }).into_iter().collect();
        Change { table, slot: 0, operation, needs, left_by: Vec::new(), takes: Vec::new() }
    };
    for operation in [Operation::Insert, Operation::Delete] {
        let changes: Vec<Change> = (0..DEPTH).map(|at| change(at, operation)).collect();
        let steps = order(&changes).expect("a chain has an end");
        assert_eq!(steps.len(), DEPTH);
        let first = if operation == Operation::Insert { DEPTH - 1 } else { 0 };
        assert_eq!(steps[0], Step::Write { table: table.number, operation, changes: vec![first] });
    }
    let (changes, _) = changes("insert users u");
    assert_eq!(order(&changes).map(|steps| steps.len()), Ok(1));
}
