//! What stands beside a column: literals, texts in every form, `None`, newtypes, enums, references, handles, other columns.

use super::*;

#[test]
fn numbers() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    finds(&mut conn, select::<Person>().filter(|u| u.id.eq(3) & u.age.gt(18) & u.id.lt(3_000_000_000)), &[3]);
    finds(&mut conn, select::<Person>().filter(|u| u.age.ge(17) & u.age.le(36) & u.age.ne(36)), &[2]);
    finds(&mut conn, select::<Person>().filter(|u| u.age.between(17, 36)), &[1, 2]);
    finds(&mut conn, select::<Film>().filter(|p| p.score.gt(2) & p.score.lt(4.5)), &[3]);
    let accounts: Vec<Account> =
        conn.all(select::<Account>().filter(|a| a.population.gt(3) & a.id.eq(AccountId(4))))?;
    assert_eq!(accounts, [Account { id: AccountId(4), population: 9 }]);
    Ok(())
}

#[test]
fn texts() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let name = String::from("ada");
    let borrowed: &str = &name;
    for query in [
        select::<Person>().filter(|u| u.username.eq("ada")),
        select::<Person>().filter(|u| u.username.eq(&name)),
        select::<Person>().filter(|u| u.username.eq(name.as_str())),
        select::<Person>().filter(|u| u.username.eq(name.clone())),
        select::<Person>().filter(|u| u.username.eq(&borrowed)),
        select::<Person>().filter(|u| u.username.eq(std::borrow::Cow::Borrowed(borrowed))),
    ] {
        finds(&mut conn, query, &[1]);
    }
    finds(&mut conn, select::<Person>().filter(|u| u.username.like("_d%") | u.username.ends_with("yd")), &[1, 3]);
    finds(&mut conn, select::<Person>().filter(|u| u.email.contains("@") & !u.email.starts_with("bob")), &[1]);
    finds(&mut conn, select::<Person>().filter(|u| u.email.contains("%")), &[]);
    Ok(())
}

#[test]
fn null_is_none() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let none: Option<String> = None;
    let some = Some(String::from("cyd"));
    finds(&mut conn, select::<Person>().filter(|u| u.email.eq(None)), &[2]);
    finds(&mut conn, select::<Person>().filter(|u| u.email.ne(None)), &[1, 3]);
    finds(&mut conn, select::<Person>().filter(|u| u.email.eq(none.clone()) | u.email.eq(&none)), &[2]);
    finds(&mut conn, select::<Person>().filter(|u| u.email.eq(some.clone()) & u.email.eq(&some)), &[3]);
    finds(&mut conn, select::<Person>().filter(|u| u.username.eq(&some) & u.username.ne(None)), &[3]);
    finds(&mut conn, select::<Person>().filter(|u| u.username.eq(None)), &[]);
    // Comparing looks at the base type only: nullable with NOT NULL both ways.
    finds(&mut conn, select::<Person>().filter(|u| u.email.eq(u.username) & u.username.eq(u.email)), &[3]);
    finds(&mut conn, select::<Person>().filter(|u| !u.email.same(None) & u.email.not_same("cyd")), &[1]);
    Ok(())
}

#[test]
fn newtypes_and_enums() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let four = Money(4);
    finds(&mut conn, select::<Film>().filter(|p| p.price.eq(Money(300)) & p.price.gt(&four)), &[3]);
    finds(&mut conn, select::<Film>().filter(|p| p.kind.eq(Kind::Draft) & p.kind.in_([Kind::Draft, Kind::Live])), &[2]);
    finds(
        &mut conn,
        select::<Film>().filter(|p| (p.price + Money(1)).gt(Money(200)) & (p.price * Money(2)).lt(Money(600))),
        &[2],
    );
    Ok(())
}

#[test]
fn references_keys_and_handles() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let dawn: Film = conn.one(select::<Film>().filter(|p| p.id.eq(1)))?;

    finds(&mut conn, select::<Film>().filter(|p| p.author.eq(1) & p.author.eq(dawn.author)), &[1, 2]);
    finds(&mut conn, select::<Film>().filter(|p| p.author.eq(p.editor)), &[3]);
    finds(&mut conn, select::<Film>().filter(|p| p.editor.eq(p.author) & p.editor.eq(2)), &[3]);
    finds(&mut conn, select::<Film>().filter(|p| p.editor.eq(None)), &[2]);
    finds(&mut conn, select::<Film>().filter(|p| p.editor.eq(dawn.editor)), &[1, 3]);
    let joined = select::<Person>()
        .join(|u| u.posts)
        .filter(|(u, p)| p.author.eq(u.id) & u.id.eq(p.author) & u.id.eq(p.editor) & p.author.in_([1, 2]))
        .columns(|(u, p)| (u.id, p.id));
    assert_eq!(conn.all(joined)?, [(2, 3)]);

    finds(&mut conn, select::<City>().filter(|c| c.country.eq("de") & c.country.eq(String::from("de"))), &[1]);
    finds(&mut conn, select::<City>().filter(|c| c.account.eq(AccountId(4)) & c.member.eq((1, 2))), &[1]);
    finds(&mut conn, select::<City>().filter(|c| c.member.eq(None) & c.member.is_null()), &[2]);
    finds(&mut conn, select::<City>().filter(|c| c.member.ne(None)), &[1]);
    let all = select::<City>()
        .join(|c| c.country)
        .join(|(c, _)| c.account)
        .filter(|(city, country, account)| {
            city.country.eq(country.code) & city.account.eq(account.id) & account.id.eq(city.account)
        })
        .columns(|(city, country, account)| (city.id, country.name, account.id));
    assert_eq!(conn.all(all)?, [(1, "Germany".to_owned(), AccountId(4))]);
    Ok(())
}

#[test]
fn handles_stand_for_their_keys() -> orm::Result<()> {
    let engine = store()?;
    let mut session = engine.session();
    let ada: Handle<Person> = session.get::<Person>(1)?.expect("the first person");
    let films = select::<Film>().filter(|p| p.author.eq(ada) & p.editor.ne(ada));
    assert_eq!(session.rows(films.clone().columns(|p| p.id))?, [1]);
    let germany = session.get::<Country>("de")?.expect("the country");
    let cities = select::<City>().filter(|c| c.country.eq(germany) & c.country.in_([germany])).columns(|c| c.id);
    assert_eq!(session.rows(cities)?, [1]);
    // An object that is not in the database yet gets its key first.
    let new = session.add(person(0, "dan", None, false, 1));
    assert_eq!(session.count(select::<Person>().filter(|u| u.is(new)))?, 1);
    session.rollback()?;
    drop(session);
    // A connection knows no objects.
    let error = engine.connect()?.all(films).expect_err("no session");
    assert_eq!(error.kind(), ErrorKind::InvalidReference);
    Ok(())
}

#[test]
fn true_and_false() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    finds(&mut conn, select::<Person>().filter(|u| u.admin), &[1]);
    finds(&mut conn, select::<Person>().filter(|u| !u.admin), &[2, 3]);
    finds(&mut conn, select::<Person>().filter(|u| u.admin & !u.admin | u.admin.eq(true) & true), &[1]);
    finds(&mut conn, select::<Person>().filter(|_| false), &[]);
    finds(&mut conn, select::<Person>().filter(|_| true), &[1, 2, 3]);
    let flags: Vec<(i64, bool)> =
        conn.all(select::<Person>().order_by(|u| u.id).columns(|u| (u.id, u.email.eq("cyd"))))?;
    assert_eq!(flags, [(1, false), (2, false), (3, true)]);
    Ok(())
}
