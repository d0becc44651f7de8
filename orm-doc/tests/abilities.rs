//! The table of `docs/from-sql.md` that says which database has what, compared with the dialects.

use orm::dialect::Dialect;
use orm_doc::*;
use serde_json::json;

#[derive(Model, Clone)]
struct Note {
    #[orm(primary_key)]
    id: i64,
    content: serde_json::Value,
}

fn can<S, O>(query: Select<S, O>, dialect: &'static Dialect) -> bool {
    match query.to_sql(dialect) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            false
        }
    }
}

fn latest(u: UserFields<Required>) -> Query<Post> {
    select::<Post>().filter(move |p| p.author.eq(u.id)).limit(1)
}

/// What stands at the left of a row, and what the dialects say of it.
type Row = (&'static str, fn(&'static Dialect) -> bool);

const ROWS: [Row; 9] = [
    ("`full_join`", |dialect| can(select::<Post>().full_join(|p| p.author), dialect)),
    ("`join_lateral`", |dialect| can(select::<User>().join_lateral(latest), dialect)),
    ("`for_update`, `for_share`", |dialect| {
        can(select::<User>().for_update(), dialect) && can(select::<User>().for_share(), dialect)
    }),
    ("`insert(..).returning`", |dialect| dialect.returning.insert),
    ("`update(..).returning`", |dialect| dialect.returning.update),
    ("`delete(..).returning`", |dialect| dialect.returning.delete),
    ("`regexp_matches`, `json_contains`", |dialect| {
        can(select::<User>().filter(|u| u.username.regexp_matches("a")), dialect)
            && can(select::<Note>().filter(|n| n.content.json_contains(json!({}))), dialect)
    }),
    ("`cte` in front of UPDATE and DELETE", |dialect| dialect.with_before_write),
    ("arrays (`Vec<i64>` columns)", |dialect| dialect.arrays),
];

#[test]
fn the_page_tells_what_each_database_has() {
    let page = include_str!("../../docs/from-sql.md");
    let missing = ROWS.iter().filter_map(|(label, can)| {
        let cells = Dialect::all().map(|dialect| if can(dialect) { "yes" } else { "no" });
        let row = format!("| {label} | {} |\n", cells.join(" | "));
        (!page.contains(&row)).then_some(row)
    });
    assert_eq!(missing.collect::<String>(), "", "these rows should be in docs/from-sql.md");
}
