//! Joins along relations and on conditions, up to eight tables; queries as tables.

use super::*;

#[test]
fn chains_and_one_table_twice() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let names: Vec<(String, String)> = conn.all(
        select::<Review>()
            .join(|c| c.film)
            .join(|(_, p)| p.author)
            .join(|(c, _, _)| c.author)
            .order_by(|(c, ..)| c.id)
            .columns(|(_, _, film_author, reviewer)| (film_author.username, reviewer.username)),
    )?;
    let names: Vec<(&str, &str)> = names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    assert_eq!(names, [("ada", "bob"), ("ada", "ada"), ("ada", "cyd"), ("ada", "ada")]);
    Ok(())
}

#[test]
fn left_joins_make_options() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let rows: Vec<(Person, Option<Film>, Option<Person>)> = conn.all(
        select::<Person>()
            .left_join(|u| u.posts)
            .left_join(|(_, p)| p.author)
            .order_by(|(u, p, _)| (u.id, p.id.desc()))
            .columns(|(u, p, a)| (u, p, a)),
    )?;
    let ids: Vec<_> = rows.iter().map(|(u, p, a)| (u.id, p.as_ref().map(|p| p.id), a.as_ref().map(|a| a.id))).collect();
    assert_eq!(ids, [(1, Some(2), Some(1)), (1, Some(1), Some(1)), (2, Some(3), Some(2)), (3, None, None)]);

    let inner: Vec<(Person, Option<Film>, Person)> =
        conn.all(select::<Person>().left_join(|u| u.posts).join(|(_, p)| p.author).columns(|(u, p, a)| (u, p, a)))?;
    assert_eq!(inner.len(), 3);
    let reviews: Vec<(i64, Option<i64>, Option<Review>)> = conn.all(
        select::<Person>()
            .left_join(|u| u.posts)
            .left_join(|(_, p)| p.comments)
            .filter(|(u, _, _)| u.id.ne(1))
            .order_by(|(u, ..)| u.id)
            .columns(|(u, p, c)| (u.id, p.id, c)),
    )?;
    assert_eq!(reviews, [(2, Some(3), None), (3, None, None)]);
    Ok(())
}

#[test]
fn right_and_full_joins_make_what_was_there_optional() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let films: Vec<Option<Film>> =
        conn.all(select::<Film>().right_join(|p| p.author).order_by(|(p, u)| (u.id, p.id)))?;
    assert_eq!(
        films.iter().map(|film| film.as_ref().map(|film| film.id)).collect::<Vec<_>>(),
        [Some(1), Some(2), Some(3), None]
    );
    let titles: Vec<(Option<String>, String)> = conn.all(
        select::<Film>()
            .right_join(|p| p.author)
            .filter(|(p, _)| p.id.is_null())
            .columns(|(p, u)| (p.title, u.username)),
    )?;
    assert_eq!(titles, [(None, "cyd".to_owned())]);
    let both: Vec<(Option<i64>, Option<i64>)> = conn.all(
        select::<Film>()
            .full_join(|p| p.editor)
            .order_by(|(p, u)| (p.id.asc().nulls_last(), u.id))
            .columns(|(p, u)| (p.id, u.id)),
    )?;
    assert_eq!(both, [(Some(1), Some(2)), (Some(2), None), (Some(3), Some(2)), (None, Some(1)), (None, Some(3))]);
    Ok(())
}

#[test]
fn eight_tables() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let query = select::<Review>()
        .join(|c| c.film)
        .join(|t| t.1.author)
        .join(|t| t.0.author)
        .join(|t| t.3.posts)
        .join(|t| t.4.author)
        .join(|t| t.5.groups)
        .join(|t| t.5.profile)
        .filter(|(a, _, c, _, _, f, _, h)| h.user.eq(f.id) & a.id.eq(2) & c.id.eq(f.id))
        .order_by(|(_, _, _, _, e, _, g, _)| (e.id, g.id))
        .columns(|(a, b, c, d, e, f, g, h)| (a, b, c, d, e, f, g, h));
    let rows: Vec<(Review, Film, Person, Person, Film, Person, Team, Profile)> = conn.all(query)?;
    let ids: Vec<_> = rows.iter().map(|row| (row.0.id, row.4.id, row.6.name.as_str())).collect();
    assert_eq!(ids, [(2, 1, "red"), (2, 1, "blue"), (2, 2, "red"), (2, 2, "blue")]);
    Ok(())
}

#[test]
fn derived_tables() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let totals = select::<Film>().group_by(|p| p.author).columns(|p| (p.author, sum(p.score)));
    let rows: Vec<(String, Option<f64>)> = conn.all(
        select::<Person>()
            .join_on(totals.clone(), |(u, (author, _))| author.eq(u.id))
            .order_by(|(u, _)| u.id)
            .columns(|(u, (_, total))| (u.username, total)),
    )?;
    assert_eq!(rows, [("ada".to_owned(), Some(6.5)), ("bob".to_owned(), Some(3.5))]);
    let first: Vec<(Option<f64>, String)> = conn.all(
        select_from(totals.clone())
            .filter(|(_, total)| total.gt(4.0))
            .join_on(select::<Person>(), |((author, _), u)| author.eq(u.id))
            .columns(|((_, total), u)| (total, u.username)),
    )?;
    assert_eq!(first, [(Some(6.5), "ada".to_owned())]);
    let outer: Vec<(Option<Ref<Person>>, Option<f64>)> = conn.all(
        select::<Person>()
            .left_join_on(totals, |(u, (author, _))| author.eq(u.id))
            .filter(|(u, _)| u.id.eq(3))
            .columns(|(_, (author, total))| (author, total)),
    )?;
    assert_eq!(outer, [(None, None)]);
    // An entity may be a column of a derived table, beside others.
    let recent = select::<Film>().order_by(|p| p.id.desc()).limit(2).columns(|p| (p, p.score));
    let rows: Vec<(Film, f64)> =
        conn.all(select_from(recent).filter(|(p, score)| p.title.eq("Dusk") & score.gt(1.0)))?;
    assert_eq!(rows.iter().map(|(film, score)| (film.id, *score)).collect::<Vec<_>>(), [(2, 2.0)]);
    Ok(())
}

#[test]
fn self_joins_and_cross_joins() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let bosses: Vec<(String, Option<String>)> = conn.all(
        select::<Employee>()
            .left_join(|e| e.reports_to)
            .order_by(|(e, _)| e.id)
            .columns(|(e, boss)| (e.name, boss.name)),
    )?;
    assert_eq!(bosses[0], ("Root".to_owned(), None));
    assert_eq!(bosses[2], ("Leaf".to_owned(), Some("Left".to_owned())));
    let richer: Vec<(Employee, Employee)> = conn.all(
        select::<Employee>()
            .join_on(select::<Employee>(), |(a, b)| a.salary.gt(b.salary) & a.dept.eq(b.dept))
            .columns(|(a, b)| (a, b)),
    )?;
    assert_eq!(richer.iter().map(|(a, b)| (a.id, b.id)).collect::<Vec<_>>(), [(2, 3)]);
    assert_eq!(conn.count(select::<Team>().cross_join(select::<Country>()))?, 4);
    Ok(())
}

#[test]
fn names_that_need_their_quotes() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    conn.execute(insert(&Album { id: 1, director: Some(Director("Ann".into())), cover: vec![0, 255] }))?;
    conn.execute(insert(&Wiki { id: 1, r#where: "here".into(), album: 1.into() }))?;
    let rows: Vec<(String, Vec<u8>)> = conn.all(
        select::<Album>()
            .join(|a| a.singles)
            .filter(|(a, w)| w.r#where.eq("here") & a.director.like("A%") & a.director.eq(Director("Ann".into())))
            .columns(|(a, w)| (w.r#where, a.cover)),
    )?;
    assert_eq!(rows, [("here".to_owned(), vec![0, 255])]);
    let bytes: &[u8] = &[0, 255];
    assert_eq!(conn.count(select::<Album>().filter(|a| a.cover.eq(bytes)))?, 1);
    Ok(())
}
