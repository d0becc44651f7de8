//! Which statements share a text.

use super::*;
use crate::compile::unresolved;
use crate::dialect::POSTGRES;
use crate::model::Binding;
use crate::query::node::{Assignment, BinaryOp, From, Join, Node};
use crate::query::{binary, table_of};
use crate::schema::{Definition, FieldKind, FieldSpec, Table};
use crate::value::Type;
use std::sync::LazyLock;

static USERS: LazyLock<Table> = LazyLock::new(|| Table::build(&USER));
static USER: Definition = Definition {
    model: "User",
    table: "users",
    fields: &[
        FieldSpec {
            primary_key: true,
            ..FieldSpec::new("id", FieldKind::Column { ty: Type::I64, nullable: false, auto: false })
        },
        FieldSpec::new("name", FieldKind::Column { ty: Type::Text, nullable: true, auto: false }),
        FieldSpec::new("email", FieldKind::Column { ty: Type::Text, nullable: true, auto: false }),
    ],
    uniques: &[],
    indexes: &[],
    full_texts: &[],
    checks: &[],
    comment: None,
    bind: None,
};

fn users() -> (From, Binding) {
    table_of(&USERS, Join::Inner)
}

fn is(at: Binding, id: i64) -> Option<Node> {
    let column = Node::Column { at, ty: Type::I64 };
    Some(binary(BinaryOp::Eq, Type::I64, column, Node::bind(Datum::Int(id), Type::I64)))
}

/// `UPDATE users SET <column> = <value> WHERE id = <id>`
fn update(column: usize, value: Datum<'static>, id: i64) -> UpdateBody {
    let (from, at) = users();
    let set = vec![Assignment { at: at.offset(column), width: 1, value: Node::bind(value, Type::Text) }];
    UpdateBody { from, joins: Vec::new(), set, filter: is(at, id), returning: Vec::new() }
}

fn delete(id: i64) -> DeleteBody {
    let (from, at) = users();
    DeleteBody { from, joins: Vec::new(), filter: is(at, id), returning: Vec::new() }
}

#[test]
fn updates_that_differ_in_values_share_a_text() -> Result<()> {
    let bodies = [
        update(1, Datum::text("Ann"), 1),
        update(1, Datum::Null, 2),
        update(2, Datum::Null, 2),
        UpdateBody { filter: None, ..update(1, Datum::Null, 1) },
    ];
    let kept: Vec<Kept<'_>> =
        bodies.iter().map(|body| kept_update(body, &POSTGRES, &unresolved)).collect::<Result<_>>()?;
    assert!(Rc::ptr_eq(&kept[0].sql, &kept[1].sql));
    assert_eq!(&*kept[1].sql, "UPDATE \"users\" SET \"name\" = $1 WHERE \"id\" = $2");
    assert_eq!(*kept[1].binds, [Datum::Null, Datum::Int(2)]);
    assert_eq!(&*kept[2].sql, "UPDATE \"users\" SET \"email\" = $1 WHERE \"id\" = $2");
    assert_eq!(&*kept[3].sql, "UPDATE \"users\" SET \"name\" = $1");
    Ok(())
}

#[test]
fn deletes_that_differ_in_values_share_a_text() -> Result<()> {
    let (first, second) = (delete(1), delete(2));
    let first = kept_delete(&first, &POSTGRES, &unresolved)?;
    let second = kept_delete(&second, &POSTGRES, &unresolved)?;
    assert!(Rc::ptr_eq(&first.sql, &second.sql));
    assert_eq!(&*second.sql, "DELETE FROM \"users\" WHERE \"id\" = $1");
    assert_eq!(*second.binds, [Datum::Int(2)]);
    Ok(())
}

#[test]
fn an_update_that_reads_another_column_has_a_text_of_its_own() -> Result<()> {
    let reading = |column: usize| {
        let body = update(1, Datum::Null, 1);
        let at = Binding { table: body.from.number, column: 0, derived: false };
        let value = Node::Column { at: at.offset(column), ty: Type::Text };
        UpdateBody { set: vec![Assignment { at: at.offset(1), width: 1, value }], ..body }
    };
    for (column, name) in [(1, "name"), (2, "email")] {
        let body = reading(column);
        let sql = kept_update(&body, &POSTGRES, &unresolved)?.sql;
        assert_eq!(&*sql, format!("UPDATE \"users\" SET \"name\" = \"{name}\" WHERE \"id\" = $1"));
    }
    Ok(())
}
