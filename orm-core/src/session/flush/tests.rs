//! The order of a flush, from changes written by hand: no session and no database.
//!
//! A line is a change: its operation, its table, a name, and the references that matter as `column=name`. `leaves=name` names a
//! deleted row that the object still refers to and leaves; `takes=name` one whose UNIQUE value it takes, for which there is a
//! stand-in, `needs=name` one for which there is none. The expected steps name the changes.

mod values;

use super::order::{Change, Cycle, Need, Operation, Step, Take, order};
use crate::schema::{Action, Definition, FieldKind, FieldSpec, Table, Target};
use crate::value::Type;
use expect_test::{Expect, expect};
use std::sync::LazyLock;

const fn key() -> FieldSpec {
    FieldSpec {
        primary_key: true,
        ..FieldSpec::new("id", FieldKind::Column { ty: Type::I64, nullable: false, auto: false })
    }
}

const fn reference(name: &'static str, nullable: bool, target: Target) -> FieldSpec {
    let (ty, on_delete, on_update) = (Type::I64, Action::NoAction, Action::NoAction);
    FieldSpec::new(
        name,
        FieldKind::Reference { ty, nullable, target, on_delete, on_update, by_session: false, deferrable: false },
    )
}

// mod users { static DEFINITION: Definition; fn definition() -> &'static Definition; fn table() -> &'static Table; const TARGET: Target; }
macro_rules! tables { ($($name:ident $number:literal [$($field:expr),*];)*) => {
    $(mod $name {
        use super::*;
        fn definition() -> &'static Definition {
            static DEFINITION: Definition = Definition {
                model: stringify!($name),
                table: stringify!($name),
                fields: &[key() $(, $field)*],
                uniques: &[],
                indexes: &[],
                full_texts: &[],
                checks: &[],
                comment: None,
                bind: None,
            };
            &DEFINITION
        }
        pub(super) fn build() -> Table {
            Table::build(definition())
        }
        fn table() -> &'static Table {
            &TABLES[$number]
        }
        #[allow(dead_code)] // not every table is referred to
        pub(super) const TARGET: Target = Target { definition, table };
    })*
    /// In this order, so that their numbers do not depend on which test runs first.
    static TABLES: LazyLock<Vec<Table>> = LazyLock::new(|| vec![$($name::build()),*]);
} }
tables! {
    comments 0 [reference("post", false, posts::TARGET), reference("parent", true, comments::TARGET)];
    users 1 [reference("boss", true, users::TARGET), reference("favourite", true, posts::TARGET)];
    posts 2 [reference("author", false, users::TARGET)];
    tags 3 [];
    labels 4 [reference("tag", false, tags::TARGET), reference("post", true, posts::TARGET)];
    nodes 5 [reference("up", false, nodes::TARGET)];
    lefts 6 [reference("right", false, rights::TARGET)];
    rights 7 [reference("left", false, lefts::TARGET)];
}

/// Reads changes from their lines.
fn changes(text: &str) -> (Vec<Change>, Vec<String>) {
    let lines: Vec<Vec<&str>> =
        text.lines().map(|line| line.split_whitespace().collect()).filter(|words: &Vec<_>| !words.is_empty()).collect();
    let names: Vec<String> = lines.iter().map(|words| words[2].to_owned()).collect();
    let change = |words: &Vec<&str>| {
        let operation = match words[0] {
            "insert" => Operation::Insert,
            "update" => Operation::Update,
            "delete" => Operation::Delete,
            other => panic!("no operation: {other}"),
        };
        let table = TABLES.iter().find(|table| table.name == words[1]).expect("a table of this test");
        let need = |word: &&str| {
            let (field, other) = word.split_once('=')?;
            let column = table.field(field).expect("a reference of this table").start;
            let change = names.iter().position(|name| name == other).expect("a change of this flush");
            Some(Need { change, column, nullable: table.columns[column].nullable })
        };
        let marks = ["leaves", "takes", "needs"];
        let is_mark = |word: &&&str| word.split_once('=').is_some_and(|(mark, _)| marks.contains(&mark));
        let needs = words[3..].iter().filter(|word| !is_mark(word)).filter_map(need).collect();
        let at = |name: &str| names.iter().position(|known| known == name).expect("a change of this flush");
        let take = |(word, name): (&str, &str)| match word {
            "takes" => Some(Take { from: at(name), constraint: 1, stand_in: Some(0) }),
            "needs" => Some(Take { from: at(name), constraint: 1, stand_in: None }),
            _ => None,
        };
        let takes = words[3..].iter().filter_map(|word| word.split_once('=')).filter_map(take).collect();
        Change { table, slot: 0, operation, needs, left_by: Vec::new(), takes }
    };
    let mut changes: Vec<Change> = lines.iter().map(change).collect();
    for (leaver, words) in lines.iter().enumerate() {
        for left in words.iter().filter_map(|word| word.strip_prefix("leaves=")) {
            let left = names.iter().position(|known| known == left).expect("a change of this flush");
            changes[left].left_by.push(leaver);
        }
    }
    (changes, names)
}

fn show(text: &str) -> String {
    let (changes, names) = changes(text);
    let named = |changes: &[usize]| changes.iter().map(|at| names[*at].as_str()).collect::<Vec<_>>().join(" ");
    let field = |at: usize, column: usize| &changes[at].table.columns[column].field;
    let steps = match order(&changes) {
        Err(Cycle { changes }) => return format!("a circle: {}\n", named(&changes)),
        Ok(steps) => steps,
    };
    let written: usize =
        steps.iter().map(|step| if let Step::Write { changes, .. } = step { changes.len() } else { 0 }).sum();
    assert_eq!(written, changes.len(), "every change is written exactly once: {steps:?}");
    let line = |step: &Step| match step {
        Step::Write { table, operation, changes } => {
            let table = TABLES.iter().find(|known| known.number == *table).expect("a table of this test").name;
            format!("{} {table}: {}\n", format!("{operation:?}").to_lowercase(), named(changes))
        }
        Step::Point { change, column, to_null: true } => {
            format!("clear {}.{}\n", names[*change], field(*change, *column))
        }
        Step::Point { change, column, to_null: false } => {
            format!("point {}.{}\n", names[*change], field(*change, *column))
        }
        Step::Free { column: _, changes } => format!("free: {}\n", named(changes)),
    };
    steps.iter().map(line).collect()
}

#[track_caller]
fn check(text: &str, expect: Expect) {
    expect.assert_eq(&show(text));
}

#[test]
fn nothing_is_no_step() {
    check("", expect![[""]]);
}

#[test]
fn parents_are_inserted_before_children() {
    check(
        "insert comments c post=p
         insert posts p author=u
         insert users u
         insert tags t",
        expect![[r#"
            insert users: u
            insert posts: p
            insert tags: t
            insert comments: c
        "#]],
    );
}

#[test]
fn a_table_is_one_batch() {
    check(
        "insert labels l1 tag=t1
         insert tags t1
         insert labels l2 tag=t2
         insert tags t2
         insert labels l3",
        expect![[r#"
            insert tags: t1 t2
            insert labels: l1 l2 l3
        "#]],
    );
}

#[test]
fn rows_of_tables_that_refer_to_each_other_go_in_waves() {
    // Users have a favourite post and posts an author: nothing is cut here, but a post without a new author does not wait.
    check(
        "insert posts p1 author=u1
         insert users u1
         insert posts p2 author=u2
         insert users u2
         insert posts p3",
        expect![[r#"
            insert users: u1 u2
            insert posts: p1 p2 p3
        "#]],
    );
}

#[test]
fn children_are_deleted_before_parents() {
    check(
        "delete users u
         delete tags t
         delete posts p author=u
         delete comments c post=p
         delete labels l tag=t post=p",
        expect![[r#"
            delete labels: l
            delete comments: c
            delete tags: t
            delete posts: p
            delete users: u
        "#]],
    );
}

#[test]
fn deletes_come_first_but_for_those_that_an_object_leaves() {
    // The comment moves from the deleted post to the new one; the deleted user still has that post.
    check(
        "insert posts new author=u
         delete users gone
         delete posts old author=gone
         update comments c post=new leaves=old
         update users u
         delete tags t",
        expect![[r#"
            delete tags: t
            update users: u
            insert posts: new
            update comments: c
            delete posts: old
            delete users: gone
        "#]],
    );
}

#[test]
fn updates_come_before_inserts_within_a_table() {
    check(
        "insert users b
         update users a
         insert posts p author=b
         update posts q",
        expect![[r#"
            update users: a
            insert users: b
            update posts: q
            insert posts: p
        "#]],
    );
}

#[test]
fn an_update_that_refers_to_an_insert_of_its_table_waits_for_it() {
    check(
        "update users a boss=new
         update users b
         insert users new",
        expect![[r#"
            update users: b
            insert users: new
            update users: a
        "#]],
    );
}

#[test]
fn a_tree_is_written_by_levels() {
    check(
        "insert users leaf boss=mid1
         insert users mid1 boss=root
         insert users mid2 boss=root
         insert users root",
        expect![[r#"
            insert users: root
            insert users: mid1 mid2
            insert users: leaf
        "#]],
    );
    check(
        "delete users root
         delete users mid1 boss=root
         delete users mid2 boss=root
         delete users leaf boss=mid1",
        expect![[r#"
            delete users: mid2 leaf
            delete users: mid1
            delete users: root
        "#]],
    );
}

#[test]
fn a_row_that_refers_to_itself_lets_go_of_itself_where_it_can() {
    check(
        "delete users u boss=u",
        expect![[r#"
            clear u.boss
            delete users: u
        "#]],
    );
    check(
        "delete nodes n up=n",
        expect![[r#"
            delete nodes: n
        "#]],
    );
}

#[test]
fn a_circle_is_cut_where_a_reference_may_be_null() {
    check(
        "insert users a boss=b
         insert users b boss=a",
        expect![[r#"
            insert users: a
            insert users: b
            point a.boss
        "#]],
    );
    check(
        "delete users a boss=b
         delete users b boss=a",
        expect![[r#"
            clear a.boss
            delete users: b
            delete users: a
        "#]],
    );
    // Over two tables: a favourite post may be missing, an author may not.
    check(
        "insert posts p author=u
         insert users u favourite=p
         insert comments c post=p",
        expect![[r#"
            insert users: u
            insert posts: p
            point u.favourite
            insert comments: c
        "#]],
    );
    check(
        "delete users u favourite=p
         delete posts p author=u
         delete comments c post=p",
        expect![[r#"
            delete comments: c
            clear u.favourite
            delete posts: p
            delete users: u
        "#]],
    );
}

#[test]
fn two_circles_are_cut_each() {
    check(
        "insert users a boss=b
         insert users b boss=a
         insert users c boss=d
         insert users d boss=c favourite=p
         insert posts p author=d",
        expect![[r#"
            insert users: a
            insert users: b
            insert users: c
            insert users: d
            insert posts: p
            point a.boss
            point c.boss
            point d.favourite
        "#]],
    );
}

#[test]
fn a_circle_of_required_references_is_impossible() {
    check(
        "insert lefts l right=r
         insert rights r left=l
         insert tags t",
        expect![[r#"
            a circle: l r
        "#]],
    );
    check(
        "delete nodes a up=b
         delete nodes b up=a
         delete nodes c up=a",
        expect![[r#"
            a circle: a b
        "#]],
    );
    check(
        "insert nodes a up=b
         insert nodes b up=c
         insert nodes c up=a",
        expect![[r#"
            a circle: a b c
        "#]],
    );
}

#[test]
fn tables_of_one_rank_are_batches_of_one_wave() {
    check(
        "insert tags t
         insert users u
         insert labels l tag=t
         insert posts p author=u
         update tags x
         update users y",
        expect![[r#"
            update users: y
            insert users: u
            insert posts: p
            update tags: x
            insert tags: t
            insert labels: l
        "#]],
    );
}

#[test]
fn the_order_does_not_depend_on_the_order_of_the_changes() {
    let lines =
        ["insert users a", "insert posts p author=a", "insert comments c post=p", "delete tags t", "update users u"];
    let expected = show(&lines.join("\n"));
    for turn in 0..lines.len() {
        let mut turned = lines;
        turned.rotate_left(turn);
        assert_eq!(show(&turned.join("\n")), expected);
        turned.reverse();
        assert_eq!(show(&turned.join("\n")), expected);
    }
}
