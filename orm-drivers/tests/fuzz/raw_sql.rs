//! Any text as raw SQL with values by name: no name is found twice, and what was written holds none any more.

use orm_core::dialect::{Dialect, MARIADB, MYSQL, POSTGRES, SQLITE};
use orm_core::{ErrorKind, Sql, sql};

pub(crate) const EXAMPLES: &[&[u8]] = &[
    b"SELECT :a, ':b', \":c\", `:d`, x::int -- :e\n, :f /* :g */ , $$ :h $$, $q$ :i $q$, $1, :j",
    b"SELECT 'it''s :no', :yes, e'\\':no', '\\', :also",
    b"5--:yes # :no\n-- :no\n /* /* */ :no */ :yes",
    b"a[:low:3] || [:no] || :_x1:y::z",
    b"'open :a",
    b"/* open :a",
    b"$a$ open :a $b$ $a$ :b$a$",
    "SELECT 'ü' || :ü || :a\u{fc}".as_bytes(),
    b"\\':a\\\":b",
];

const DIALECTS: [&Dialect; 4] = [&SQLITE, &POSTGRES, &MARIADB, &MYSQL];

pub(crate) fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for dialect in DIALECTS {
        let statement = bound(&text, dialect);
        let compiled = statement.to_sql(dialect).expect("every name has its value");
        let again = sql(compiled.sql.as_str()).to_sql(dialect).map(|again| again.sql);
        assert_eq!(again.ok().as_deref(), Some(compiled.sql.as_str()), "{}: {text}", dialect.name);
    }
}

/// The statement with a value for each name that it asks for.
fn bound(text: &str, dialect: &'static Dialect) -> Sql {
    let mut statement = sql(text);
    // No text has more names than bytes.
    for _ in 0..=text.len() {
        let Err(error) = statement.to_sql(dialect) else { return statement };
        assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        let message = error.to_string();
        let name = message.split('`').nth(1).and_then(|name| name.strip_prefix(':'));
        statement = statement.bind(name.expect("the error names what is missing"), 7);
    }
    panic!("the names do not end: {text}")
}
