//! What `in_` takes: arrays, vectors, slices, iterators, subqueries, tuples.

use super::*;

#[test]
fn lists_of_values() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let ids: Vec<i64> = vec![1, 3, 9];
    finds(
        &mut conn,
        select::<Person>().filter(|u| u.id.in_([1, 2, 3]) & u.id.in_(ids.clone()) & u.id.in_(&ids)),
        &[1, 3],
    );
    finds(&mut conn, select::<Person>().filter(|u| u.id.in_(ids.iter().copied().filter(|id| *id > 1))), &[3]);
    finds(&mut conn, select::<Person>().filter(|u| u.id.not_in(&ids[..2])), &[2]);
    let empty: [i64; 0] = [];
    finds(&mut conn, select::<Person>().filter(|u| u.id.in_(empty)), &[]);
    finds(&mut conn, select::<Person>().filter(|u| u.id.not_in(empty)), &[1, 2, 3]);
    Ok(())
}

#[test]
fn lists_of_texts() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let names: &[String] = &["ada".to_owned(), "bob".to_owned()];
    let borrowed: &[&str] = &["bob", "cyd"];
    finds(&mut conn, select::<Person>().filter(|u| u.username.in_(names) & u.username.in_(borrowed)), &[2]);
    finds(&mut conn, select::<Person>().filter(|u| u.username.in_(["ada"]) | u.email.in_(["cyd", "b"])), &[1, 3]);
    finds(&mut conn, select::<Person>().filter(|u| u.email.in_([None, Some("cyd".to_owned())])), &[2, 3]);
    Ok(())
}

#[test]
fn lists_of_references() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let films: Vec<Film> = conn.all(select::<Film>().filter(|p| p.editor.is_null()))?;
    finds(&mut conn, select::<Person>().filter(|u| u.id.in_(films.iter().map(|film| film.author))), &[1]);
    drop(conn);
    let mut session = engine.session();
    let people = session.all(select::<Person>().filter(|u| u.id.in_([2, 3])))?;
    let films = session.all(select::<Film>().filter(|p| p.author.in_(people.iter().copied())))?;
    assert_eq!(films.iter().map(|film| session[*film].id).collect::<Vec<_>>(), [3]);
    Ok(())
}

#[test]
fn subqueries_and_tuples() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let authors = select::<Film>().columns(|p| p.author);
    finds(&mut conn, select::<Film>().filter(|p| p.editor.in_(authors.clone())), &[1, 3]);
    finds(
        &mut conn,
        select::<Person>().filter(|u| {
            u.id.in_(select::<Person>().columns(|u| u.id)) & u.email.in_(select::<Person>().columns(|u| u.username))
        }),
        &[3],
    );
    finds(&mut conn, select::<Person>().filter(|u| (u.id, u.username).in_([(1, "ada"), (2, "ada")])), &[1]);
    let pairs: Vec<(i64, &str, i32)> = Vec::new();
    finds(&mut conn, select::<Person>().filter(|u| (u.id, u.username, u.age).in_(pairs)), &[]);
    Ok(())
}
