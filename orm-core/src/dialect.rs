//! `Dialect`: what differs between databases, as data. Every field is a choice; nothing in this library asks for a name.

mod choice;
mod clauses;
mod functions;
mod mysql_family;

pub use choice::*;
pub use clauses::*;
pub use functions::*;
pub use mysql_family::{MARIADB, MYSQL};

/// A database's way of speaking SQL. One `static` for each dialect; no default, so that a new choice is made for all.
///
/// ```
/// # use orm_core::*;
/// for dialect in dialect::Dialect::all() {
///     println!("{}: RETURNING of UPDATE: {}, arrays: {}", dialect.name, dialect.returning.update, dialect.arrays);
/// }
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The name in messages and in `ddl`.
    pub name: &'static str,
    /// The name in measurements and traces, as OpenTelemetry has it: `db.system.name`.
    pub system: &'static str,
    /// The quote around names, doubled inside them.
    pub quote: char,
    /// How a value is marked in the text.
    pub placeholder: Placeholder,
    /// Which statements can return columns of the rows they wrote.
    pub returning: Returning,
    /// How an INSERT deals with a row that exists.
    pub upsert: Upsert,
    /// How an INSERT of no columns is written.
    pub default_values: DefaultValues,
    /// How many rows are inserted at once, and how the generated keys come back.
    pub batch: Batch,
    /// The numbers of rows that one multi-row statement may have, largest first, so that few texts are prepared.
    pub batch_sizes: &'static [usize],
    /// How many rows get different values at once.
    pub update_many: UpdateMany,
    /// How an UPDATE uses other tables.
    pub update_join: UpdateJoin,
    /// How a DELETE uses other tables.
    pub delete_join: DeleteJoin,
    /// Whether a query inside an UPDATE or DELETE can read the table that it changes.
    pub reads_own_target: bool,
    /// Whether the assignments of an UPDATE see what those before them assigned.
    pub sequential_set: bool,
    /// The most values in one statement.
    pub max_binds: usize,
    /// The most bytes of text and the like in one statement, where rows can be spread over several.
    pub statement_bytes: usize,
    /// How rows are found by several keys.
    pub key_lists: KeyLists,
    /// The types' names in CREATE TABLE.
    pub types: TypeNames,
    /// How a key that the database generates is declared.
    pub identity: Identity,
    /// Where comments on tables and columns go.
    pub comments: Comments,
    /// What follows CREATE TABLE (..).
    pub table_options: &'static str,
    /// The collation of text keys, where texts are not compared byte by byte anyway. One that does not ignore spaces at the
    /// end, so that two keys are equal exactly when they are in Rust.
    pub binary_collation: Option<&'static str>,
    /// The length of a text column in a key or index that has no length of its own; `None` where TEXT can be indexed.
    pub indexed_text_length: Option<u32>,
    /// How a constraint between two tables that refer to each other is made.
    pub mutual_references: MutualReferences,
    /// Whether CREATE and DROP can be rolled back.
    pub transactional_ddl: bool,
    /// Whether an index can have a condition.
    pub partial_indexes: bool,
    /// Which computed columns there are.
    pub computed: ComputedColumns,
    /// Whether constraints can wait for COMMIT.
    pub deferrable: bool,
    /// Whether there are array columns.
    pub arrays: bool,
    /// How transactions begin.
    pub begin: Begin,
    /// How a savepoint stands in for a transaction.
    pub nested: Nested,
    /// How a row is locked.
    pub row_locks: RowLocks,
    /// How texts are joined.
    pub concat: Concat,
    /// Whether `LIKE` needs to be told its escape character, and what ignores case.
    pub like: Like,
    /// How two values are compared so that NULL equals NULL.
    pub null_safe: NullSafe,
    /// How integers are divided with `/`.
    pub division: Division,
    /// How NULLs are put first or last in an ORDER BY.
    pub nulls_order: NullsOrder,
    /// Whether NULL is ordered as if it were larger than all values, where nothing else is said; otherwise it is smaller.
    pub nulls_high: bool,
    /// The names of types in CAST.
    pub casts: CastNames,
    /// How a value says its type where the database cannot infer it.
    pub typed_binds: bool,
    /// How an exact decimal is stored, compared and summed.
    pub decimals: Decimals,
    /// Whether the query of an IN can have a LIMIT of its own.
    pub limit_in_lists: bool,
    /// How LIMIT is written when only OFFSET was asked.
    pub offset_without_limit: Option<&'static str>,
    /// Whether RIGHT JOIN and FULL JOIN exist.
    pub right_join: bool,
    /// Whether FULL JOIN exists.
    pub full_join: bool,
    /// Whether LATERAL exists.
    pub lateral: bool,
    /// Whether DISTINCT ON exists.
    pub distinct_on: bool,
    /// Which other clauses of a SELECT there are.
    pub clauses: Clauses,
    /// Whether WITH can stand before UPDATE and DELETE.
    pub with_before_write: bool,
    /// Whether WITH can hold an INSERT, UPDATE or DELETE.
    pub writing_with: bool,
    /// How a value is compared with any or all rows of a query.
    pub quantified: Quantified,
    /// How an INSERT of a query's rows deals with a row that exists.
    pub upsert_query: UpsertQuery,
    /// How rows of values are a query.
    pub values: ValuesRows,
    /// How the database is asked what it would do for a statement.
    pub explain: Explain,
    /// Which names tables, columns and constraints can have.
    pub names: NameRules,
    /// Where the names of indexes must be unique.
    pub index_names: IndexNames,
    /// Whether CREATE INDEX knows IF NOT EXISTS.
    pub index_if_not_exists: bool,
    /// Whether a computed column can be NOT NULL.
    pub computed_not_null: bool,
    /// Whether a foreign key can do SET DEFAULT.
    pub set_default: bool,
    /// How texts are written in a statement that cannot have binds.
    pub strings: Strings,
    /// What begins a transaction that creates or drops tables; nothing where that cannot be rolled back.
    pub begin_schema: &'static [&'static str],
    /// How functions are written.
    pub functions: Functions,
    /// Where the database describes its own tables.
    pub catalog: Catalog,
    /// What rows that bring keys of their own do to the keys that the database makes.
    pub explicit_keys: ExplicitKeys,
    /// How a transaction is prepared, so that another connection can commit it.
    pub two_phase: TwoPhase,
    /// Whether connections tell each other something by LISTEN and NOTIFY.
    pub notifications: bool,
    /// Whether COPY moves rows in and out.
    pub copy: bool,
}

impl Dialect {
    /// The four dialects of this library.
    ///
    /// ```
    /// # use orm_core::*;
    /// let names = dialect::Dialect::all().map(|dialect| dialect.name);
    /// assert_eq!(names, ["SQLite", "PostgreSQL", "MariaDB", "MySQL"]);
    /// ```
    pub fn all() -> [&'static Dialect; 4] {
        [&SQLITE, &POSTGRES, &MARIADB, &MYSQL]
    }
}

/// SQLite 3.35 and later.
pub static SQLITE: Dialect = Dialect {
    name: "SQLite",
    system: "sqlite",
    quote: '"',
    placeholder: Placeholder::Question,
    returning: Returning { insert: true, update: true, delete: true, joined: JoinedReturning::Target },
    upsert: Upsert::OnConflict,
    default_values: DefaultValues::Clause,
    batch: Batch::ValuesLastId,
    // Each statement runs in this process, so larger ones gain nothing.
    batch_sizes: &[100, 10, 1],
    update_many: UpdateMany::Loop,
    update_join: UpdateJoin::From,
    delete_join: DeleteJoin::KeyQuery,
    reads_own_target: true,
    sequential_set: false,
    // https://www.sqlite.org/limits.html: SQLITE_MAX_VARIABLE_NUMBER
    max_binds: 32_766,
    // Every value is copied for the statement.
    statement_bytes: 16 << 20,
    key_lists: KeyLists::Values,
    types: TypeNames {
        bool: "BOOLEAN",
        i8: "SMALLINT",
        i16: "SMALLINT",
        i32: "INTEGER",
        i64: "BIGINT",
        u8: "SMALLINT",
        u16: "INTEGER",
        u32: "BIGINT",
        u64: "BIGINT",
        f32: "REAL",
        f64: "DOUBLE",
        text: "TEXT",
        varchar: "VARCHAR({n})",
        bytes: "BLOB",
        varbytes: "BLOB",
        // These names must give TEXT or BLOB affinity: https://www.sqlite.org/datatype3.html section 3.1
        date: "DATE_TEXT",
        time: "TIME_TEXT",
        datetime: "DATETIME_TEXT",
        timestamp: "TIMESTAMP_TEXT",
        uuid: "UUID_BLOB",
        decimal: "DECIMAL_TEXT",
        decimal_digits: "DECIMAL_TEXT({p},{s})",
        json: "JSON_TEXT",
    },
    identity: Identity::RowId,
    comments: Comments::None,
    table_options: "",
    binary_collation: None,
    indexed_text_length: None,
    mutual_references: MutualReferences::Inline,
    transactional_ddl: true,
    partial_indexes: true,
    computed: ComputedColumns::Both,
    deferrable: true,
    arrays: false,
    begin: Begin {
        default: "BEGIN",
        write: "BEGIN IMMEDIATE",
        read_only: "BEGIN",
        before_read_only: Some("PRAGMA query_only = 1"),
        after_read_only: Some("PRAGMA query_only = 0"),
        isolation: Isolation::AlwaysSerializable,
        upgrade_by_restart: true,
    },
    nested: Nested {
        // `query_only` is the connection's, in a savepoint too.
        read_only: None,
        before_release: None,
        // Else it holds until COMMIT: https://www.sqlite.org/pragma.html#pragma_defer_foreign_keys
        after: Some("PRAGMA defer_foreign_keys = OFF"),
        failure_spreads: false,
        commits: &[],
    },
    row_locks: RowLocks::None,
    concat: Concat::Operator,
    like: Like::IgnoresAsciiCase,
    null_safe: NullSafe::Is,
    division: Division::Integer,
    nulls_order: NullsOrder::Clause,
    nulls_high: false,
    casts: CastNames {
        bool: "INTEGER",
        signed: "INTEGER",
        unsigned: "INTEGER",
        i16: "INTEGER",
        i32: "INTEGER",
        f32: "REAL",
        f64: "REAL",
        text: "TEXT",
        bytes: "BLOB",
        date: "TEXT",
        time: "TEXT",
        datetime: "TEXT",
        timestamp: "TEXT",
        uuid: "BLOB",
        decimal: "TEXT",
        json: "TEXT",
    },
    typed_binds: false,
    decimals: Decimals::Text,
    limit_in_lists: true,
    offset_without_limit: Some("-1"),
    right_join: true,
    full_join: true,
    lateral: false,
    distinct_on: false,
    clauses: clauses::SQLITE_CLAUSES,
    with_before_write: true,
    writing_with: false,
    quantified: Quantified::Exists,
    upsert_query: UpsertQuery::Filtered,
    values: ValuesRows::Values,
    // The rows have the columns id, parent, notused and detail: https://www.sqlite.org/eqp.html
    explain: Explain { before: "EXPLAIN QUERY PLAN ", column: Some(3) },
    names: NameRules::Any,
    index_names: IndexNames::PerSchema,
    index_if_not_exists: true,
    computed_not_null: true,
    set_default: true,
    strings: Strings::Plain,
    // Tables that refer to each other can be dropped only when their rows are checked at COMMIT.
    begin_schema: &["BEGIN IMMEDIATE", "PRAGMA defer_foreign_keys = ON"],
    functions: functions::SQLITE_FUNCTIONS,
    catalog: Catalog::Pragmas,
    explicit_keys: ExplicitKeys::Counted,
    two_phase: TwoPhase::None,
    notifications: false,
    copy: false,
};

/// PostgreSQL 12 and later.
pub static POSTGRES: Dialect = Dialect {
    name: "PostgreSQL",
    system: "postgresql",
    quote: '"',
    placeholder: Placeholder::Dollar,
    returning: Returning { insert: true, update: true, delete: true, joined: JoinedReturning::All },
    upsert: Upsert::OnConflict,
    default_values: DefaultValues::Clause,
    batch: Batch::Unnest,
    batch_sizes: &[1000, 100, 10, 1],
    update_many: UpdateMany::Unnest,
    update_join: UpdateJoin::From,
    delete_join: DeleteJoin::Using,
    reads_own_target: true,
    sequential_set: false,
    max_binds: 65_535,
    // A message has at most 1 GiB, and the server holds it more than once.
    statement_bytes: 64 << 20,
    key_lists: KeyLists::Arrays,
    types: TypeNames {
        bool: "BOOLEAN",
        i8: "SMALLINT",
        i16: "SMALLINT",
        i32: "INTEGER",
        i64: "BIGINT",
        u8: "SMALLINT",
        u16: "INTEGER",
        u32: "BIGINT",
        u64: "BIGINT",
        f32: "REAL",
        f64: "DOUBLE PRECISION",
        text: "TEXT",
        varchar: "VARCHAR({n})",
        bytes: "BYTEA",
        varbytes: "BYTEA",
        date: "DATE",
        time: "TIME",
        datetime: "TIMESTAMP",
        timestamp: "TIMESTAMPTZ",
        uuid: "UUID",
        decimal: "NUMERIC",
        decimal_digits: "NUMERIC({p}, {s})",
        json: "JSONB",
    },
    identity: Identity::Identity,
    comments: Comments::Statements,
    table_options: "",
    binary_collation: None,
    indexed_text_length: None,
    mutual_references: MutualReferences::Alter,
    transactional_ddl: true,
    partial_indexes: true,
    computed: ComputedColumns::Stored,
    deferrable: true,
    arrays: true,
    begin: Begin {
        default: "BEGIN",
        write: "BEGIN READ WRITE",
        read_only: "BEGIN READ ONLY",
        before_read_only: None,
        after_read_only: None,
        isolation: Isolation::InBegin,
        upgrade_by_restart: false,
    },
    nested: Nested {
        // It ends with the savepoint: https://www.postgresql.org/docs/current/sql-set-transaction.html
        read_only: Some("SET TRANSACTION READ ONLY"),
        // Rolled back, so that what is deferred stays so.
        before_release: Some(
            "SAVEPOINT orm_check; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK TO SAVEPOINT orm_check; RELEASE SAVEPOINT orm_check",
        ),
        after: None,
        failure_spreads: true,
        commits: &[],
    },
    row_locks: RowLocks::ForShare,
    concat: Concat::Operator,
    like: Like::Ilike,
    null_safe: NullSafe::IsNotDistinctFrom,
    division: Division::Integer,
    nulls_order: NullsOrder::Clause,
    nulls_high: true,
    casts: CastNames {
        bool: "BOOLEAN",
        signed: "BIGINT",
        unsigned: "BIGINT",
        i16: "SMALLINT",
        i32: "INTEGER",
        f32: "REAL",
        f64: "DOUBLE PRECISION",
        text: "TEXT",
        bytes: "BYTEA",
        date: "DATE",
        time: "TIME",
        datetime: "TIMESTAMP",
        timestamp: "TIMESTAMPTZ",
        uuid: "UUID",
        decimal: "NUMERIC",
        json: "JSONB",
    },
    typed_binds: true,
    decimals: Decimals::Native,
    limit_in_lists: true,
    offset_without_limit: None,
    right_join: true,
    full_join: true,
    lateral: true,
    distinct_on: true,
    clauses: clauses::POSTGRES_CLAUSES,
    with_before_write: true,
    writing_with: true,
    quantified: Quantified::Words,
    upsert_query: UpsertQuery::Plain,
    values: ValuesRows::Values,
    explain: Explain { before: "EXPLAIN ", column: Some(0) },
    names: NameRules::Bytes(63),
    index_names: IndexNames::PerSchema,
    index_if_not_exists: true,
    computed_not_null: true,
    set_default: true,
    strings: Strings::Prefixed,
    // Two programs that start at once must not both find a table missing: the second waits for the first, and then sees
    // what it made. The number is this library's own.
    begin_schema: &[
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        "SELECT pg_advisory_xact_lock(7887334215642009)",
    ],
    functions: functions::POSTGRES_FUNCTIONS,
    catalog: Catalog::PgCatalog,
    explicit_keys: ExplicitKeys::Ignored,
    two_phase: TwoPhase::PrepareTransaction,
    notifications: true,
    copy: true,
};
