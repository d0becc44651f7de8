//! What `#[derive(Model)]` writes about a struct: constant data without any rule applied yet.

use super::{Action, Table};
use crate::value::Type;

/// A struct as the derive read it.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The name of the Rust struct.
    pub model: &'static str,
    /// The table's name.
    pub table: &'static str,
    /// The fields that have columns, in order.
    pub fields: &'static [FieldSpec],
    /// UNIQUE constraints over several fields (and single ones with a name or order of their own).
    pub uniques: &'static [IndexSpec],
    /// Indexes.
    pub indexes: &'static [IndexSpec],
    /// Indexes for full-text search.
    pub full_texts: &'static [FullTextSpec],
    /// CHECK constraints: an optional name, and the SQL condition.
    pub checks: &'static [(Option<&'static str>, &'static str)],
    /// A comment on the table.
    pub comment: Option<&'static str>,
    /// See [`Table::bind`](super::Table::bind).
    pub bind: Option<&'static str>,
}

/// An index or UNIQUE constraint over fields.
#[derive(Clone, Copy, Debug)]
pub struct IndexSpec {
    /// A name other than the convention's.
    pub name: Option<&'static str>,
    /// The fields' names (`author`, `address.city`), in order.
    pub fields: &'static [&'static str],
    /// The SQL condition of a partial index.
    pub condition: Option<&'static str>,
}

/// An index for full-text search.
#[derive(Clone, Copy, Debug)]
pub struct FullTextSpec {
    /// A name other than the convention's.
    pub name: Option<&'static str>,
    /// The fields' names, in order.
    pub fields: &'static [&'static str],
    /// The language of the texts.
    pub language: Option<&'static str>,
}

/// One field of the struct. `FieldSpec::column(..)` with everything left out, and struct update for the rest.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// The field's name.
    pub name: &'static str,
    /// The column's name, where given; for an embedded struct the prefix.
    pub column: Option<&'static str>,
    /// What the field is.
    pub kind: FieldKind,
    /// Part of the primary key.
    pub primary_key: bool,
    /// Who makes the value of a key.
    pub generated: Generated,
    /// A UNIQUE constraint of its own.
    pub unique: bool,
    /// An index of its own.
    pub index: bool,
    /// See [`Column::length`](super::Column::length).
    pub length: Option<u32>,
    /// See [`Column::precision`](super::Column::precision).
    pub precision: Option<(u8, u8)>,
    /// See [`Column::server_default`](super::Column::server_default).
    pub server_default: Option<&'static str>,
    /// See [`Column::computed`](super::Column::computed).
    pub computed: Option<Computed>,
    /// See [`Column::read_back`](super::Column::read_back).
    pub read_back: bool,
    /// The version counter of optimistic locking.
    pub version: bool,
    /// See [`Table::soft_delete`](super::Table::soft_delete).
    pub soft_delete: bool,
    /// See [`Table::tenant`](super::Table::tenant).
    pub tenant: bool,
    /// A CHECK condition on this column.
    pub check: Option<&'static str>,
    /// See [`Column::collation`](super::Column::collation).
    pub collation: Option<&'static str>,
    /// See [`Column::comment`](super::Column::comment).
    pub comment: Option<&'static str>,
}

/// What a field of a struct is in the database.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// A column.
    Column {
        /// Its type.
        ty: Type,
        /// Whether it may be NULL.
        nullable: bool,
        /// Whether it is an `Auto<T>`.
        auto: bool,
    },
    /// A foreign key: one column, or as many as the target's key has.
    Reference {
        /// The type of the target's key.
        ty: Type,
        /// Whether it may be NULL.
        nullable: bool,
        /// The model referred to.
        target: Target,
        /// See [`ForeignKey::on_delete`](super::ForeignKey::on_delete).
        on_delete: Action,
        /// See [`ForeignKey::on_update`](super::ForeignKey::on_update).
        on_update: Action,
        /// See [`ForeignKey::by_session`](super::ForeignKey::by_session).
        by_session: bool,
        /// See [`ForeignKey::deferrable`](super::ForeignKey::deferrable).
        deferrable: bool,
    },
    /// The fields of another struct, their columns prefixed.
    Embedded {
        /// The fields of the struct.
        fields: &'static [FieldSpec],
    },
}

/// The model that a foreign key points to, by functions, so that models may point to each other.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its definition.
    pub definition: fn() -> &'static Definition,
    /// Its table.
    pub table: fn() -> &'static Table,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Target")
    }
}

/// A computed column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Computed {
    /// The SQL expression.
    pub expression: &'static str,
    /// Computed when the row is written and kept on disk; otherwise when it is read. PostgreSQL 15 has only the first.
    pub stored: bool,
}

/// Who makes the value of a primary key column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generated {
    /// The program.
    #[default]
    No,
    /// The database: an identity, serial or auto-increment column; 0 means "not yet".
    Sequence,
    /// This library, before the INSERT: a UUID (version 7); nil means "not yet".
    Client,
    /// The database, by the column's server default; read back row by row.
    Server,
}

impl FieldSpec {
    /// A plain field, for struct update syntax.
    pub const fn new(name: &'static str, kind: FieldKind) -> FieldSpec {
        FieldSpec {
            name,
            column: None,
            kind,
            primary_key: false,
            generated: Generated::No,
            unique: false,
            index: false,
            length: None,
            precision: None,
            server_default: None,
            computed: None,
            read_back: false,
            version: false,
            soft_delete: false,
            tenant: false,
            check: None,
            collation: None,
            comment: None,
        }
    }

    /// How many columns the field occupies.
    pub const fn width(&self) -> usize {
        match self.kind {
            FieldKind::Column { ty, .. } | FieldKind::Reference { ty, .. } => ty.width(),
            FieldKind::Embedded { fields } => {
                let (mut width, mut i) = (0, 0);
                while i < fields.len() {
                    width += fields[i].width();
                    i += 1;
                }
                width
            }
        }
    }
}
