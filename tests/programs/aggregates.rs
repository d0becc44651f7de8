//! Groups, aggregates, arithmetic, `case`, `coalesce`, `cast`.

use super::*;

#[test]
fn groups() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let busy: Vec<(String, i64)> = conn.all(
        select::<Person>()
            .join(|u| u.posts)
            .group_by(|(u, _)| u.username)
            .having(|(_, p)| count(p.id).gt(1))
            .columns(|(u, p)| (u.username, count(p.id))),
    )?;
    assert_eq!(busy, [("ada".to_owned(), 2)]);
    // A whole table is counted by its key, so that an outer join without a match counts nothing.
    let films: Vec<(Person, i64)> = conn.all(
        select::<Person>()
            .left_join(|u| u.posts)
            .group_by(|(u, _)| u)
            .order_by(|(u, _)| u.id)
            .columns(|(u, p)| (u, count(p))),
    )?;
    assert_eq!(films.iter().map(|(u, films)| (u.id, *films)).collect::<Vec<_>>(), [(1, 2), (2, 1), (3, 0)]);
    let best = select::<Film>()
        .group_by(|p| p.author)
        .having(|p| sum(p.score).gt(avg(p.score)) & min(p.title).ne("x"))
        .columns(|p| (p.author, count_all(), count_distinct(p.kind)));
    assert_eq!(conn.all(best)?, [(Ref::from(1), 2, 2)]);
    Ok(())
}

#[test]
fn aggregates_of_a_whole_table() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    type Row = (Option<i32>, Option<i32>, Option<f64>, i64, Option<i32>);
    let all = select::<Person>().columns(|u| (min(u.age), max(u.age + 1), avg(u.age), count(u), sum(u.age)));
    let row: Row = conn.one(all.clone())?;
    assert_eq!(row, (Some(17), Some(53), Some(35.0), 3, Some(105)));
    let nobody: Row = conn.one(all.filter(|u| u.id.gt(100)))?;
    assert_eq!(nobody, (None, None, None, 0, None));
    let sums: (f64, String) = conn
        .first(select::<Film>().columns(|p| (sum(p.score).coalesce(0.0), max(p.title).coalesce("x"))))?
        .expect("one row");
    assert_eq!(sums, (10.0, "Noon".to_owned()));
    Ok(())
}

#[test]
fn arithmetic() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let row: (i64, f64, Option<String>, i32) = conn.one(
        select::<Film>()
            .join(|p| p.author)
            .filter(|(p, _)| p.id.eq(3))
            .columns(|(p, u)| (p.id + 1, p.score * 2.0 - 1.0, u.email, 1 + u.age * 2)),
    )?;
    assert_eq!(row, (4, 6.0, None, 35));
    finds(
        &mut conn,
        select::<Film>().filter(|p| {
            (p.id + 1).gt(2) & (p.score * 2.0 + p.score).gt(1.0) & (2.0 * p.score).lt(9.0) & (-p.score).le(-3.5)
        }),
        &[3],
    );
    // NULL propagates from either side, and from a table behind an outer join.
    let rows: Vec<(Option<f64>, Option<f64>, String)> = conn.all(
        select::<Person>()
            .left_join(|u| u.posts)
            .filter(|(u, _)| u.id.ge(2))
            .order_by(|(u, _)| u.id)
            .columns(|(u, p)| (p.score + 1.0, 1.0 + p.score, u.email.coalesce("none"))),
    )?;
    assert_eq!(rows, [(Some(4.5), Some(4.5), "none".to_owned()), (None, None, "cyd".to_owned())]);
    let division: (i32, i32, f64) = conn.one(
        select::<Person>().filter(|u| u.id.eq(2)).columns(|u| (u.age / 5, u.age % 5, u.age.cast::<f64>() / 2.0)),
    )?;
    assert_eq!(division, (3, 2, 8.5));
    Ok(())
}

#[test]
fn case_cast_and_functions() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let rows: Vec<(String, Option<String>, i64)> = conn.all(select::<Person>().order_by(|u| u.id).columns(|u| {
        let age = case::<String>().when(u.age.gt(40), "old").when(u.age.gt(18), "adult").otherwise("child");
        (age, case::<String>().when(u.admin, u.username).end(), u.age.cast::<i64>())
    }))?;
    assert_eq!(rows, [("adult".into(), Some("ada".into()), 36), ("child".into(), None, 17), ("old".into(), None, 52)]);
    let row: (i64, String, String, f64) = conn.one(
        select::<Person>()
            .filter(|u| u.id.eq(1))
            .columns(|u| (u.id, val("lit"), coalesce(u.email, "x"), cast::<f64, _>(u.age))),
    )?;
    assert_eq!(row, (1, "lit".into(), "ada@example.org".into(), 36.0));
    let row: (String, i64, String, Option<String>, String) =
        conn.one(select::<Person>().filter(|u| u.id.eq(1)).columns(|u| {
            let start = u.username.upper().concat("!").substring(2, 3);
            (
                start,
                u.username.length(),
                u.username.replace("a", "o"),
                u.username.nullif("ada"),
                function("trim", [arg(val(" x "))]),
            )
        }))?;
    assert_eq!(row, ("DA!".into(), 3, "odo".into(), None, "x".into()));
    Ok(())
}
