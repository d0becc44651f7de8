//! The tables that the tests write, as the derive would describe them.

use crate::schema::{Action, Computed, Definition, FieldKind, FieldSpec, Generated, IndexSpec, Table, Target};
use crate::value::Type;
use std::sync::LazyLock;

const DEFINITION: Definition = Definition {
    model: "Model",
    table: "",
    fields: &[],
    uniques: &[],
    indexes: &[],
    full_texts: &[],
    checks: &[],
    comment: None,
    bind: None,
};

const fn column(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec::new(name, FieldKind::Column { ty, nullable: false, auto: false })
}

const fn nullable(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec::new(name, FieldKind::Column { ty, nullable: true, auto: false })
}

const fn reference(name: &'static str, ty: Type, target: Target, on_delete: Action) -> FieldSpec {
    let nullable = matches!(on_delete, Action::SetNull);
    let on_update = Action::NoAction;
    let (by_session, deferrable) = (false, false);
    FieldSpec::new(name, FieldKind::Reference { ty, nullable, target, on_delete, on_update, by_session, deferrable })
}

const fn key(name: &'static str, ty: Type) -> FieldSpec {
    FieldSpec { primary_key: true, ..column(name, ty) }
}

const ID: FieldSpec = FieldSpec { generated: Generated::Sequence, ..key("id", Type::I64) };

/// `model!(users = definition)` makes a module `users` with the function `table`, and `TARGET` to refer to it.
macro_rules! model {
    ($name:ident = $definition:expr) => {
        pub(super) mod $name {
            use super::*;
            #[allow(dead_code)] // not every table is referred to
            pub(crate) const TARGET: Target = Target { definition, table };
            pub(crate) fn definition() -> &'static Definition {
                static DEFINED: Definition = $definition;
                &DEFINED
            }
            pub(crate) fn table() -> &'static Table {
                static TABLE: LazyLock<Table> = LazyLock::new(|| Table::build(definition()));
                &TABLE
            }
        }
    };
}

model!(
    users = Definition {
        table: "users",
        model: "User",
        fields: &[
            ID,
            FieldSpec { unique: true, length: Some(80), ..column("username", Type::Text) },
            nullable("email", Type::Text),
            FieldSpec { column: Some("is_admin"), ..column("admin", Type::Bool) },
        ],
        ..DEFINITION
    }
);

model!(
    posts = Definition {
        table: "posts",
        model: "Post",
        fields: &[
            ID,
            column("title", Type::Text),
            column("score", Type::F64),
            reference("author", Type::I64, users::TARGET, Action::Cascade),
        ],
        indexes: &[IndexSpec { name: None, fields: &["author", "title"], condition: None }],
        ..DEFINITION
    }
);

model!(
    countries = Definition {
        table: "countries",
        fields: &[FieldSpec { length: Some(2), ..key("code", Type::Text) }, key("valid_from", Type::Date)],
        ..DEFINITION
    }
);

model!(tags = Definition { table: "tags", fields: &[key("name", Type::Text)], ..DEFINITION });

model!(
    addresses = Definition {
        table: "addresses",
        fields: &[
            key("number", Type::I32),
            FieldSpec { primary_key: true, ..reference("tag", Type::Text, tags::TARGET, Action::Restrict) },
            reference("country", Type::Row(&[Type::Text, Type::Date]), countries::TARGET, Action::SetNull),
        ],
        ..DEFINITION
    }
);

model!(
    employees = Definition {
        table: "employees",
        fields: &[
            ID,
            reference("department", Type::I64, departments::TARGET, Action::NoAction),
            reference("manager", Type::I64, employees::TARGET, Action::SetNull),
        ],
        ..DEFINITION
    }
);

model!(
    departments = Definition {
        table: "departments",
        fields: &[ID, reference("head", Type::I64, employees::TARGET, Action::SetNull)],
        ..DEFINITION
    }
);

model!(
    reports = Definition {
        table: "reports",
        fields: &[ID, reference("author", Type::I64, employees::TARGET, Action::NoAction)],
        ..DEFINITION
    }
);

model!(
    attributes = Definition {
        table: "attributes",
        comment: Some("it's all here"),
        fields: &[
            FieldSpec { generated: Generated::Client, ..key("id", Type::Uuid) },
            FieldSpec { version: true, ..column("version", Type::I32) },
            FieldSpec { comment: Some(r"a \ and a '"), ..column("status", Type::Enum(&["new", r"o'\ld"])) },
            FieldSpec {
                check: Some("{amount} >= 0 AND '{amount}' <> ''"),
                precision: Some((10, 2)),
                ..column("amount", Type::Decimal)
            },
            column("exact", Type::Decimal),
            FieldSpec { server_default: Some("7"), ..column("seven", Type::U16) },
            FieldSpec { server_default: Some("'x'"), ..column("letter", Type::Text) },
            FieldSpec { server_default: Some("CURRENT_TIMESTAMP"), ..column("made", Type::Timestamp) },
            FieldSpec {
                computed: Some(Computed { expression: "{seven} * 2", stored: true }),
                ..column("twice", Type::I64)
            },
            FieldSpec { unique: true, ..column("hash", Type::Bytes) },
            FieldSpec { length: Some(16), ..nullable("salt", Type::Bytes) },
            FieldSpec { index: true, ..nullable("indexed", Type::Text) },
            nullable("document", Type::Json),
        ],
        uniques: &[IndexSpec { name: Some("one_letter_a_day"), fields: &["letter", "made"], condition: None }],
        checks: &[(Some("positive"), "seven > 0"), (None, "{seven} < 1000")],
        ..DEFINITION
    }
);

model!(
    types = Definition {
        table: "types",
        fields: &[
            ID,
            column("bool", Type::Bool),
            column("i8", Type::I8),
            column("i16", Type::I16),
            column("i32", Type::I32),
            column("u8", Type::U8),
            column("u16", Type::U16),
            column("u32", Type::U32),
            column("u64", Type::U64),
            column("f32", Type::F32),
            column("f64", Type::F64),
            column("date", Type::Date),
            column("time", Type::Time),
            column("datetime", Type::DateTime),
            column("timestamp", Type::Timestamp),
        ],
        ..DEFINITION
    }
);

model!(
    nasty = Definition {
        table: "select",
        fields: &[
            ID,
            FieldSpec { index: true, ..column("Ünïcödé name", Type::I32) },
            FieldSpec { unique: true, ..column(r#"a"b"#, Type::I32) },
            FieldSpec { check: Some("{a`b} > 0"), ..column("a`b", Type::I32) },
            column(r#"semi;colon"); DROP TABLE users; --"#, Type::I32),
            FieldSpec { column: Some("it's}"), ..column("quoted", Type::Enum(&["{id}", "--"])) },
            reference("group", Type::I64, nasty::TARGET, Action::SetNull),
        ],
        ..DEFINITION
    }
);

model!(
    waiting = Definition {
        table: "waiting",
        fields: &[
            ID,
            FieldSpec::new(
                "user",
                FieldKind::Reference {
                    ty: Type::I64,
                    nullable: true,
                    target: users::TARGET,
                    on_delete: Action::Cascade,
                    on_update: Action::Cascade,
                    by_session: true,
                    deferrable: true,
                }
            ),
        ],
        ..DEFINITION
    }
);

model!(
    partial = Definition {
        table: "partial",
        fields: &[ID, column("name", Type::Text), column("gone", Type::Bool)],
        uniques: &[IndexSpec { name: None, fields: &["name"], condition: Some("NOT {gone}") }],
        ..DEFINITION
    }
);

model!(
    virtual_column = Definition {
        table: "virtuals",
        fields: &[
            ID,
            column("number", Type::I32),
            FieldSpec {
                computed: Some(Computed { expression: "{number} + 1", stored: false }),
                ..column("next", Type::I64)
            },
        ],
        ..DEFINITION
    }
);

model!(arrays = Definition { table: "arrays", fields: &[ID, column("words", Type::Array(&Type::Text))], ..DEFINITION });

model!(
    set_default = Definition {
        table: "defaults",
        fields: &[ID, reference("user", Type::I64, users::TARGET, Action::SetDefault)],
        ..DEFINITION
    }
);

model!(partly_generated = Definition { table: "parts", fields: &[ID, key("part", Type::I32)], ..DEFINITION });

model!(emoji = Definition { table: "emoji😀", fields: &[ID], ..DEFINITION });
model!(nul = Definition { table: "nul\0", fields: &[ID], ..DEFINITION });
model!(nameless = Definition { table: "x", fields: &[ID, column("", Type::I32)], ..DEFINITION });
model!(
    long_name = Definition {
        table: "a_table_of_sixty_four_letters_in_all_which_is_one_too_many_indeed",
        fields: &[ID],
        ..DEFINITION
    }
);
model!(other_users = Definition { table: "users", model: "Customer", fields: &[ID], ..DEFINITION });
model!(
    same_index = Definition {
        table: "same",
        fields: &[ID],
        indexes: &[IndexSpec { name: Some("posts_author_id_title_idx"), fields: &["id"], condition: None }],
        ..DEFINITION
    }
);
