//! Queries in a program's own functions: `Query<M>` in signatures, predicates over any nullability, filters that may be absent.

use super::*;
use crate::models::{FilmFields, PersonFields};

type PeopleAndFilms = Select<(Entity<Person>, Maybe<Film>), Entity<Person>>;

fn adults(query: Query<Person>) -> Query<Person> {
    query.filter(is_adult)
}

fn is_adult<N: Nullability>(u: PersonFields<N>) -> Expr<bool> {
    u.age.gt(18) & u.username.ne("x") & u.email.is_not_null()
}

fn mine<N: Nullability>(p: FilmFields<N>, author: i64) -> Expr<bool> {
    p.author.eq(author) & p.editor.eq(None) & (p.score * 2.0).gt(1.0) & p.title.like("D%")
}

fn required_only(u: PersonFields) -> Expr<bool> {
    u.age.gt(18)
}

fn without_films(query: PeopleAndFilms) -> PeopleAndFilms {
    query.filter(|(u, p)| is_adult(u) & p.id.is_null())
}

fn top<S: Scope, O: Output>(query: Select<S, O>) -> Select<S, O> {
    query.limit(1)
}

fn size_of<M: Model>(conn: &mut Connection) -> orm::Result<u64> {
    conn.count(select::<M>())
}

fn everything<M: Model>(conn: &mut Connection) -> orm::Result<Vec<M>> {
    conn.all(select::<M>())
}

fn handles<M: Model>(session: &mut Session) -> orm::Result<Vec<Handle<M>>> {
    session.all(select::<M>())
}

fn sorted<M: Model>(query: Query<M>, by: &str) -> orm::Result<Query<M>> {
    let by = M::column(by)?;
    Ok(query.order_by(|row| row.named(by).desc()))
}

fn just<M: Model>(query: Query<M>, who: Handle<M>) -> Query<M> {
    query.filter(|row| row.is(who))
}

fn edited_by<N: Nullability>(u: PersonFields<N>, p: FilmFields) -> Expr<bool> {
    u.is(p.editor)
}

/// A struct that holds queries.
struct Report {
    people: Query<Person>,
    films: Select<(Entity<Person>, Entity<Film>), (Scalar<String>, Scalar<i64>)>,
}

#[test]
fn functions_take_and_return_queries() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    finds(&mut conn, adults(select::<Person>()), &[1, 3]);
    finds(&mut conn, top(adults(select::<Person>()).order_by(|u| u.age.desc())), &[3]);
    finds(&mut conn, select::<Person>().filter(required_only), &[1, 3]);
    finds(&mut conn, select::<Film>().filter(|p| mine(p, 1)), &[2]);
    let alone: Vec<Person> = conn.all(without_films(select::<Person>().left_join(|u| u.posts)))?;
    assert_eq!(alone.iter().map(|u| u.id).collect::<Vec<_>>(), [3]);
    let left =
        select::<Film>().left_join(|p| p.author).filter(|(p, u)| is_adult(u) & mine(p, 1)).columns(|(p, _)| p.id);
    assert_eq!(conn.all(left)?, [2]);

    assert_eq!(size_of::<Team>(&mut conn)?, 2);
    assert_eq!(everything::<Employee>(&mut conn)?.len(), 3);
    let report = Report {
        people: adults(select::<Person>()),
        films: select::<Person>().join(|u| u.posts).columns(|(u, p)| (u.username, p.id)),
    };
    assert_eq!(conn.count(report.people.clone())?, 2);
    assert_eq!(conn.all(report.films.order_by(|(_, p)| p.id))?[2], ("bob".to_owned(), 3));
    drop(conn);
    assert_eq!(handles::<Review>(&mut engine.session())?.len(), 4);
    Ok(())
}

#[test]
fn filters_that_may_be_absent() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    for (name, expected) in [(Some("d".to_owned()), &[1_i64, 3][..]), (None, &[1, 2, 3])] {
        let mut query = select::<Person>();
        if let Some(name) = &name {
            query = query.filter(|u| u.username.contains(name));
        }
        finds(&mut conn, query, expected);
        finds(&mut conn, select::<Person>().filter_some(name, |u, name| u.username.contains(name)), expected);
    }
    let several = select::<Person>().filter(|u| {
        let mut all: Vec<Expr<bool>> = vec![u.id.gt(1)];
        all.push(u.admin.eq(false));
        all_of(all) & any_of([u.age.gt(50), u.age.lt(3)])
    });
    finds(&mut conn, several, &[3]);
    let folded =
        select::<Person>().filter(|u| [u.id.gt(2), u.admin.eq(true)].into_iter().reduce(|a, b| a | b).expect("two"));
    finds(&mut conn, folded, &[1, 3]);
    let nothing: [Expr<bool>; 0] = [];
    finds(&mut conn, select::<Person>().filter(|_| any_of(nothing)), &[]);
    Ok(())
}

#[test]
fn pages() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let page: Page<Person> = conn.paginate(adults(select::<Person>()).order_by(|u| u.id), 2, 1)?;
    assert_eq!((page.items[0].id, page.total, page.pages(), page.has_next()), (3, 2, 2, false));
    let page: Page<(String, i64)> =
        conn.paginate(select::<Person>().order_by(|u| u.id).columns(|u| (u.username, u.id)), 1, 2)?;
    assert_eq!((page.items.len(), page.total, page.has_next(), page.has_previous()), (2, 3, true, false));
    Ok(())
}

#[test]
fn columns_by_name_at_run_time() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let names: Vec<String> = conn.all(sorted(select::<Person>(), "age")?.columns(|u| u.username))?;
    assert_eq!(names, ["cyd", "ada", "bob"]);
    let by = Person::column("username")?;
    let names: Vec<i64> = conn.all(select::<Person>().order_by(|u| (u.named(by).asc(), u.id)).columns(|u| u.id))?;
    assert_eq!(names, [1, 2, 3]);
    let error = sorted(select::<Person>(), "password").expect_err("no such column");
    assert_eq!(error.kind(), ErrorKind::UndefinedColumn);
    Ok(())
}

#[test]
fn a_row_is_compared_as_itself() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let both = select::<Person>()
        .join(|u| u.posts)
        .filter(|(u, p)| u.is(1) & u.is(p.author) & p.score.gt(4) & edited_by(u, p).eq(false))
        .columns(|(_, p)| p.id);
    assert_eq!(conn.all(both)?, [1]);
    let credit = select::<Credit>().filter(|c| c.is((1, 2))).columns(|c| c.since);
    assert_eq!(conn.all(credit)?, [2002]);
    let city = select::<City>()
        .join_on(select::<Credit>(), |(city, credit)| credit.is(city.member))
        .columns(|(city, credit)| (city.id, credit.since));
    assert_eq!(conn.all(city)?, [(1, 2002)]);
    drop(conn);
    let mut session = engine.session();
    let ada = session.get::<Person>(1)?.expect("the first person");
    assert_eq!(session.all(just(select::<Person>(), ada))?, [ada]);
    Ok(())
}
