//! Queries inside queries: `exists` at two levels, relations without a join, scalar subqueries, a query inside its own copy.

use super::*;

#[test]
fn exists_closes_over_the_scopes_around_it() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let own_review =
        select::<Person>().filter(|u| {
            exists(select::<Film>().filter(|p| {
                p.author.eq(u.id) & exists(select::<Review>().filter(|c| c.film.eq(p.id) & c.author.eq(u.id)))
            }))
        });
    finds(&mut conn, own_review, &[1]);
    finds(&mut conn, select::<Person>().filter(|u| !exists(select::<Film>().filter(|p| p.author.eq(u.id)))), &[3]);
    Ok(())
}

#[test]
fn relations_answer_without_a_join() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    finds(&mut conn, select::<Person>().filter(|u| u.posts.any(|p| p.score.gt(4.0))), &[1]);
    finds(&mut conn, select::<Person>().filter(|u| u.posts.all(|p| p.score.gt(3.0))), &[2, 3]);
    finds(&mut conn, select::<Person>().filter(|u| u.groups.any(|g| g.name.eq("blue"))), &[1, 3]);
    finds(&mut conn, select::<Person>().filter(|u| u.profile.any(|p| p.bio.is_null())), &[2]);
    finds(&mut conn, select::<Film>().filter(|p| p.author.any(|u| u.age.lt(18)) | p.editor.any(|u| u.admin)), &[3]);
    let counts: Vec<(String, i64)> =
        conn.all(select::<Person>().order_by(|u| u.posts.count().desc()).columns(|u| (u.username, u.posts.count())))?;
    assert_eq!(counts, [("ada".to_owned(), 2), ("bob".to_owned(), 1), ("cyd".to_owned(), 0)]);
    let through_left: Vec<(i64, Option<i64>)> = conn.all(
        select::<Person>()
            .left_join(|u| u.posts)
            .filter(|(_, p)| p.comments.any(|c| c.body.like("%ar%")) | p.comments.count().gt(2))
            .order_by(|(_, p)| p.id)
            .columns(|(u, p)| (u.id, p.id)),
    )?;
    assert_eq!(through_left, [(1, Some(1)), (1, Some(2))]);
    finds(&mut conn, select::<Employee>().filter(|e| e.reports.any(|r| r.reports.any(|_| true))), &[1]);
    Ok(())
}

#[test]
fn a_query_of_one_column_is_a_value() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let best: Vec<(String, Option<f64>)> = conn.all(select::<Person>().order_by(|u| u.id).columns(|u| {
        (u.username, subquery(select::<Film>().filter(|p| p.author.eq(u.id)).columns(|p| max(p.score))))
    }))?;
    assert_eq!(best, [("ada".into(), Some(4.5)), ("bob".into(), Some(3.5)), ("cyd".into(), None)]);
    finds(&mut conn, select::<Film>().filter(|p| p.score.gt(select::<Film>().columns(|q| avg(q.score)))), &[1, 3]);
    Ok(())
}

#[test]
fn a_query_can_stand_inside_its_own_copy() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let all = select::<Person>();
    let not_oldest = all.clone().filter(|u| exists(all.filter(|v| v.age.gt(u.age))));
    finds(&mut conn, not_oldest, &[1, 2]);
    Ok(())
}
