//! The conditions that models with a mark of deletion bring with them: in WHERE, in ON, and inside of an outer join's table.

use super::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(
    table = "authors",
    has_many(papers = Paper::author),
    many_to_many(labs = Place::author => Place::lab)
)]
struct Author {
    #[orm(primary_key)]
    id: i64,
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "papers")]
struct Paper {
    #[orm(primary_key)]
    id: i64,
    author: Ref<Author>,
    #[orm(soft_delete)]
    gone: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "labs")]
struct Lab {
    #[orm(primary_key)]
    id: i64,
    #[orm(soft_delete)]
    gone: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "places")]
struct Place {
    #[orm(primary_key)]
    author: Ref<Author>,
    #[orm(primary_key)]
    lab: Ref<Lab>,
}

#[test]
fn in_where() {
    check(select::<Paper>().columns(|p| p.id), expect![[""]]);
    check(select::<Paper>().filter(|p| p.id.gt(1) | p.id.eq(0)).columns(|p| p.id).limit(1), expect![[""]]);
    check(select::<Paper>().columns(|p| p.id).with_deleted(), expect![[""]]);
    check(select::<Author>().filter(|a| a.papers.any(|p| p.id.gt(1))).columns(|a| a.id), expect![[""]]);
    check(select::<Author>().filter(|a| a.papers.any(|p| p.id.gt(1))).columns(|a| a.id).unscoped(), expect![[""]]);
}

#[test]
fn in_on() {
    check(select::<Author>().left_join(|a| a.papers).columns(|(a, p)| (a.id, p.id)), expect![[""]]);
    check(select::<Author>().left_join(|a| a.labs).columns(|(a, l)| (a.id, l.id)), expect![[""]]);
    check(select::<Author>().join(|a| a.labs).columns(|(a, l)| (a.id, l.id)), expect![[""]]);
    check(select::<Paper>().right_join(|p| p.author).columns(|(p, a)| (p.id, a.id)), expect![[""]]);
}

#[test]
fn in_writes() {
    check(update::<Paper>().set(|p| p.author.to(1)).filter(|p| p.id.eq(2)), expect![[""]]);
    check(update::<Paper>().set(|p| p.author.to(1)).every_row().with_deleted(), expect![[""]]);
    check(delete::<Paper>().every_row(), expect![[""]]);
    check(delete::<Paper>().join(|p| p.author).filter(|(_, a)| a.name.eq("x")), expect![[""]]);
    check(
        update::<Paper>().join(|p| p.author).set(|(p, _)| p.gone.to(true)).filter(|(_, a)| a.name.eq("x")),
        expect![[""]],
    );
}
