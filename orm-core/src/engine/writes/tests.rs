//! What is sent, and what is made of the answers, over a connection that answers by a script.

mod delete;
mod insert;
mod kept;
mod keys;
mod stub;
mod update;

use crate::schema::{Action, Definition, FieldKind, FieldSpec, Generated, Table, Target};
use crate::value::{Datum, Type};
use std::sync::LazyLock;

const fn column(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec::new(name, FieldKind::Column { ty, nullable: true, auto: false })
}

const fn key(name: &'static str, ty: Type, generated: Generated) -> FieldSpec {
    FieldSpec { primary_key: true, generated, ..column(name, ty) }
}

const fn definition(table: &'static str, fields: &'static [FieldSpec]) -> Definition {
    Definition {
        model: "Model",
        table,
        fields,
        uniques: &[],
        indexes: &[],
        full_texts: &[],
        checks: &[],
        comment: None,
        bind: None,
    }
}

/// id (generated), name, version
static USERS: LazyLock<Table> = LazyLock::new(|| Table::build(&USER));
static USER: Definition = definition(
    "users",
    &[
        key("id", Type::I64, Generated::Sequence),
        column("name", Type::Text),
        FieldSpec { version: true, ..column("version", Type::I32) },
    ],
);

/// a, b: a composite key; tags: an array
static PAIRS: LazyLock<Table> = LazyLock::new(|| Table::build(&PAIR));
static PAIR: Definition = definition(
    "pairs",
    &[
        key("a", Type::I32, Generated::No),
        key("b", Type::Text, Generated::No),
        column("tags", Type::Array(&Type::Text)),
    ],
);

/// id, parent: rows of one table that cascade to one another
static NODES: LazyLock<Table> = LazyLock::new(|| Table::build(&NODE));
const TO_NODE: Target = Target { definition: || &NODE, table: || &NODES };
static NODE: Definition = definition(
    "nodes",
    &[
        key("id", Type::I64, Generated::No),
        FieldSpec::new(
            "parent",
            FieldKind::Reference {
                ty: Type::I64,
                nullable: true,
                target: TO_NODE,
                on_delete: Action::Cascade,
                on_update: Action::NoAction,
                by_session: false,
                deferrable: false,
            },
        ),
    ],
);

/// id (by a server default), name
static TICKETS: LazyLock<Table> = LazyLock::new(|| Table::build(&TICKET));
static TICKET: Definition =
    definition("tickets", &[key("id", Type::Uuid, Generated::Server), column("name", Type::Text)]);

fn texts(count: usize) -> Vec<Datum<'static>> {
    (0..count).map(|at| Datum::Text(format!("name {at}").into())).collect()
}

fn ints(values: impl IntoIterator<Item = i64>) -> Vec<Datum<'static>> {
    values.into_iter().map(Datum::Int).collect()
}
