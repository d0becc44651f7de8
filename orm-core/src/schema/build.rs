//! `Definition` → `Table`: column names, constraint names by one convention, and the rules that need the whole struct.

use super::{
    Check, Column, Condition, Definition, FieldColumns, FieldKind, FieldSpec, ForeignKey, FullTextIndex, FullTextSpec,
    Generated, Index, IndexSpec, Table, Unique,
};
use crate::value::Type;
use std::sync::atomic::{AtomicUsize, Ordering};

static NEXT_NUMBER: AtomicUsize = AtomicUsize::new(0);

impl Table {
    /// Builds the table of a definition. Constraint names follow one convention: `users_pkey`, `users_username_key`,
    /// `posts_author_id_fkey`, `posts_author_id_title_idx`, `users_check_1`.
    ///
    /// # Panics
    /// If an index names a field that does not exist; the derive has checked that before.
    pub fn build(definition: &'static Definition) -> Table {
        let Definition { model, table: name, fields, uniques, indexes, full_texts, checks, comment, bind } =
            *definition;
        let mut table = Table {
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            name,
            model,
            bind,
            columns: Vec::new(),
            fields: Vec::new(),
            primary_key: Vec::new(),
            primary_key_name: constraint_name(name, &[], "pkey"),
            generated: None,
            version: None,
            soft_delete: None,
            tenant: None,
            foreign_keys: Vec::new(),
            uniques: Vec::new(),
            indexes: Vec::new(),
            full_texts: Vec::new(),
            checks: Vec::new(),
            comment,
            dependents: Vec::new(),
        };
        for field in fields {
            table.add_field(field, "", "");
        }
        for spec in uniques {
            table.add_unique(spec);
        }
        for spec in indexes {
            let columns = table.columns_of(spec.fields);
            table.add_index(spec.name, columns, spec.condition);
        }
        for FullTextSpec { name, fields, language } in full_texts {
            let columns = table.columns_of(fields);
            let name = name.map_or_else(|| table.constraint_name(&columns, "fulltext"), str::to_owned);
            table.full_texts.push(FullTextIndex { name, columns, language: *language });
        }
        for (number, (given, expression)) in checks.iter().enumerate() {
            let name =
                given.map_or_else(|| constraint_name(name, &["check"], &(number + 1).to_string()), str::to_owned);
            table.checks.push(Check { name, condition: Condition::Sql(expression) });
        }
        table.mark_indexed();
        table
    }

    fn add_field(&mut self, spec: &FieldSpec, field_prefix: &str, column_prefix: &str) {
        let field = format!("{field_prefix}{}", spec.name);
        let start = self.columns.len();
        match spec.kind {
            FieldKind::Column { ty, nullable, auto } => {
                let name = format!("{column_prefix}{}", spec.column.unwrap_or(spec.name));
                self.push_column(spec, name, &field, ty, nullable, auto);
            }
            FieldKind::Reference { ty, nullable, target, on_delete, on_update, by_session, deferrable } => {
                let base = format!("{column_prefix}{}", spec.column.unwrap_or(spec.name));
                let names = match (spec.column, ty.width()) {
                    (Some(_), 1) => vec![base],
                    (None, 1) => vec![format!("{base}_id")],
                    _ => key_columns((target.definition)()).iter().map(|key| format!("{base}_{key}")).collect(),
                };
                let mut types = Vec::new();
                ty.flatten(&mut types);
                debug_assert_eq!(names.len(), types.len(), "a reference has the columns of its target's key");
                for (name, ty) in names.into_iter().zip(types) {
                    self.push_column(spec, name, &field, ty, nullable, false);
                }
                let columns: Vec<usize> = (start..self.columns.len()).collect();
                let name = self.constraint_name(&columns, "fkey");
                let target = target.table;
                self.foreign_keys.push(ForeignKey {
                    name,
                    columns,
                    target,
                    on_delete,
                    on_update,
                    by_session,
                    deferrable,
                });
            }
            FieldKind::Embedded { fields } => {
                let prefix = spec.column.map_or_else(|| format!("{}_", spec.name), str::to_owned);
                for inner in fields {
                    self.add_field(inner, &format!("{field}."), &format!("{column_prefix}{prefix}"));
                }
            }
        }
        let columns: Vec<usize> = (start..self.columns.len()).collect();
        self.add_field_constraints(spec, &columns);
        self.fields.push(FieldColumns { name: field, start, width: columns.len() });
    }

    fn push_column(&mut self, spec: &FieldSpec, name: String, field: &str, ty: Type, nullable: bool, auto: bool) {
        if let Type::Enum(labels) = ty {
            let condition = Condition::OneOf { column: self.columns.len(), labels };
            self.checks.push(Check { name: constraint_name(self.name, &[&name], "check"), condition });
        }
        self.columns.push(Column {
            name,
            field: field.to_owned(),
            ty,
            nullable,
            length: spec.length.or_else(|| enum_length(ty)),
            precision: spec.precision,
            server_default: spec.server_default,
            computed: spec.computed,
            generated: spec.generated,
            auto,
            read_back: spec.read_back,
            collation: spec.collation,
            indexed: false,
            comment: spec.comment,
        });
    }

    fn add_field_constraints(&mut self, spec: &FieldSpec, columns: &[usize]) {
        if spec.primary_key {
            self.primary_key.extend_from_slice(columns);
        }
        if spec.generated != Generated::No {
            self.generated = columns.first().copied();
        }
        if spec.version {
            self.version = columns.first().copied();
        }
        if spec.soft_delete {
            self.soft_delete = columns.first().copied();
        }
        if spec.tenant {
            self.tenant = columns.first().copied();
        }
        if spec.unique {
            let name = self.constraint_name(columns, "key");
            self.uniques.push(Unique { name, columns: columns.to_vec() });
        }
        if spec.index {
            self.add_index(None, columns.to_vec(), None);
        }
        if let Some(expression) = spec.check {
            // The labels of an enum have taken the first name.
            let suffix =
                if matches!(spec.kind, FieldKind::Column { ty: Type::Enum(_), .. }) { "check_2" } else { "check" };
            let name = self.constraint_name(columns, suffix);
            self.checks.push(Check { name, condition: Condition::Sql(expression) });
        }
    }

    fn add_unique(&mut self, spec: &IndexSpec) {
        let columns = self.columns_of(spec.fields);
        let name = spec.name.map_or_else(|| self.constraint_name(&columns, "key"), str::to_owned);
        match spec.condition {
            None => self.uniques.push(Unique { name, columns }),
            condition => self.indexes.push(Index { name, columns, unique: true, condition }),
        }
    }

    fn add_index(&mut self, name: Option<&str>, columns: Vec<usize>, condition: Option<&'static str>) {
        let name = name.map_or_else(|| self.constraint_name(&columns, "idx"), str::to_owned);
        self.indexes.push(Index { name, columns, unique: false, condition });
    }

    fn columns_of(&self, fields: &[&str]) -> Vec<usize> {
        let range = |name: &&str| {
            let field = self.field(name).expect("the derive checks that an index names fields of the struct");
            field.start..field.start + field.width
        };
        fields.iter().flat_map(range).collect()
    }

    fn constraint_name(&self, columns: &[usize], suffix: &str) -> String {
        let names: Vec<&str> = columns.iter().map(|&column| self.columns[column].name.as_str()).collect();
        constraint_name(self.name, &names, suffix)
    }

    fn mark_indexed(&mut self) {
        let Table { columns, primary_key, foreign_keys, uniques, indexes, .. } = self;
        let keys = foreign_keys.iter().flat_map(|key| &key.columns);
        let uniques = uniques.iter().flat_map(|unique| &unique.columns);
        let indexes = indexes.iter().flat_map(|index| &index.columns);
        for &column in primary_key.iter().chain(keys).chain(uniques).chain(indexes) {
            columns[column].indexed = true;
        }
    }
}

/// `posts_author_id_fkey`. The longest identifier that every database takes is 63 bytes (PostgreSQL), so a longer name is
/// cut and ends in a hash of the whole.
fn constraint_name(table: &str, columns: &[&str], suffix: &str) -> String {
    const MAX_BYTES: usize = 63;
    let mut name = table.to_owned();
    for part in columns.iter().chain([&suffix]) {
        name.push('_');
        name.push_str(part);
    }
    if name.len() <= MAX_BYTES {
        return name;
    }
    // FNV-1a: short, stable over versions, and not a question of security.
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let tail = format!("_{:08x}_{suffix}", hash & 0xffff_ffff);
    let mut cut = MAX_BYTES - tail.len();
    while !name.is_char_boundary(cut) {
        cut -= 1;
    }
    name.truncate(cut);
    name + &tail
}

/// The names of the primary key's columns, from the definition alone: a table that refers to itself is being built now.
fn key_columns(definition: &Definition) -> Vec<String> {
    let mut names = Vec::new();
    for field in definition.fields.iter().filter(|field| field.primary_key) {
        match field.kind {
            FieldKind::Column { .. } => names.push(field.column.unwrap_or(field.name).to_owned()),
            FieldKind::Reference { ty, target, .. } => match (field.column, ty.width()) {
                (Some(given), 1) => names.push(given.to_owned()),
                (None, 1) => names.push(format!("{}_id", field.name)),
                (given, _) => {
                    let base = given.unwrap_or(field.name);
                    names.extend(key_columns((target.definition)()).iter().map(|key| format!("{base}_{key}")));
                }
            },
            FieldKind::Embedded { .. } => {}
        }
    }
    names
}

fn enum_length(ty: Type) -> Option<u32> {
    match ty {
        Type::Enum(labels) => {
            labels.iter().map(|label| label.chars().count()).max().and_then(|n| u32::try_from(n).ok())
        }
        _ => None,
    }
}
