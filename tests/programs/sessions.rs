//! How a session is used from Rust: borrows in both hands, handles as keys, sessions in threads.

use super::*;
use std::collections::HashMap;

#[test]
fn references_lead_to_handles() -> orm::Result<()> {
    let engine = store()?;
    let mut session = engine.session();
    let film = session.get::<Film>(1)?.expect("the first film");
    let author = session.get(session[film].author)?.expect("its author");
    let editor: Option<Handle<Person>> = session.get(session[film].editor)?;
    assert_eq!((session[author].id, editor.map(|editor| session[editor].id)), (1, Some(2)));
    let last = session.get::<Film>(2)?.expect("the second film");
    assert_eq!(session.get(session[last].editor)?, None);
    assert!(session.get::<Country>("de")?.is_some());
    assert!(session.get::<Account>(AccountId(4))?.is_some());
    let credit = session.get::<Credit>((1, 2))?.expect("a key of two references");
    assert_eq!(session[credit].since, 2002);
    assert_eq!(session.get::<Person>(99)?, None);
    Ok(())
}

#[test]
fn the_session_can_be_read_while_it_is_asked() -> orm::Result<()> {
    let engine = store()?;
    let mut session = engine.session();
    let ada = session.get::<Person>(1)?.expect("the first person");
    let film = session.get::<Film>(3)?.expect("the third film");
    // The filter borrows from the session that runs it.
    let same = session.all(select::<Person>().filter(|u| u.username.eq(&session[ada].username)))?;
    assert_eq!(same, [ada]);
    for person in session.all(select::<Person>())? {
        session[person].admin = !session[person].admin;
        for film in session.all(select::<Film>().filter(|p| p.author.eq(person)))? {
            session[film].score += f64::from(session[person].age);
        }
    }
    let (a, b) = (&session[ada], &session[film]);
    assert_eq!(format!("{} {} {}", a.username, b.title, a.admin), "ada Noon false");
    session[ada].username.push_str("lovelace");
    session[film].title = session[ada].username.clone();
    let length = session[ada].username.len();
    session.commit()?;
    assert_eq!(
        session.rows(select::<Film>().filter(|p| p.id.eq(3)).columns(|p| (p.title, p.score)))?,
        [("adalovelace".to_owned(), 20.5)]
    );
    assert_eq!(length, 11);
    Ok(())
}

#[test]
fn handles_are_keys_and_values() -> orm::Result<()> {
    let engine = store()?;
    let mut session = engine.session();
    let mut films: HashMap<Handle<Person>, Vec<Handle<Film>>> = HashMap::new();
    let rows: Vec<(Handle<Person>, Option<Handle<Film>>, String)> =
        session.all(select::<Person>().left_join(|u| u.posts).columns(|(u, p)| (u, p, u.username)))?;
    for (person, film, name) in rows {
        assert_eq!(session[person].username, name);
        films.entry(person).or_default().extend(film);
    }
    let mut counts: Vec<(i64, usize)> =
        films.iter().map(|(person, films)| (session[*person].id, films.len())).collect();
    counts.sort_unstable();
    assert_eq!(counts, [(1, 2), (2, 1), (3, 0)]);
    fn is_send<T: Send>(_: &T) {}
    is_send(&session);
    is_send(&films);
    Ok(())
}

/// Generic code over models.
fn change<M: Model>(session: &mut Session, all: &[Handle<M>], how: impl Fn(&mut M)) {
    for handle in all {
        how(&mut session[*handle]);
    }
}

fn by_key<M: Model>(session: &mut Session, key: M::Key) -> orm::Result<Option<Handle<M>>> {
    session.get::<M>(key)
}

fn by_ref<M: Model>(session: &mut Session, key: M::Key) -> orm::Result<Option<Handle<M>>> {
    session.get(Ref::<M>::from(key))
}

#[test]
fn functions_are_generic_over_models() -> orm::Result<()> {
    let engine = store()?;
    let mut session = engine.session();
    let people = session.all(select::<Person>())?;
    change(&mut session, &people, |person| person.age += 100);
    session.commit()?;
    assert_eq!(session.count(select::<Person>().filter(|u| u.age.gt(100)))?, 3);
    assert_eq!(by_key::<Person>(&mut session, 1)?, by_ref::<Person>(&mut session, 1)?);
    assert_eq!(by_key::<Country>(&mut session, "xx".to_owned())?, None);
    Ok(())
}

#[test]
fn objects_refer_to_new_objects() -> orm::Result<()> {
    let engine = store()?;
    let mut session = engine.session();
    let author = session.add(person(0, "dan", None, false, 40));
    let film = |editor: Option<Ref<Person>>, author: Ref<Person>| Film {
        id: 0,
        title: "New".into(),
        score: 1.0,
        author,
        editor,
        price: Money(1),
        kind: Kind::Live,
    };
    let first = session.add(film(Some(author.into()), author.into()));
    let second = session.add(film(author.into(), 1.into()));
    let country = session.add(Country { code: "it".into(), name: "Italy".into() });
    let city = session.add(City { id: 0, country: country.into(), account: Some(AccountId(4).into()), member: None });
    session.commit()?;
    assert_eq!(session[second].editor, Some(session[author].id.into()));
    assert_eq!(session[city].country.key(), Some(&"it".to_owned()));
    let joined = select::<Film>()
        .join(|p| p.editor)
        .filter(|(_, u)| u.username.eq("dan"))
        .order_by(|(p, _)| p.id)
        .columns(|(p, _)| p.id);
    let ids = session.rows(joined)?;
    assert_eq!(ids, [session[first].id, session[second].id]);
    Ok(())
}

#[test]
fn a_session_moves_to_a_thread() -> orm::Result<()> {
    let engine = store()?;
    let mut session = engine.session();
    let ada = session.get::<Person>(1)?.expect("the first person");
    session[ada].email = None;
    std::thread::spawn(move || session.commit()).join().expect("the thread ends")?;
    finds(&mut engine.connect()?, select::<Person>().filter(|u| u.email.is_null()), &[1, 2]);
    Ok(())
}
