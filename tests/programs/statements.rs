//! INSERT, UPDATE, DELETE and raw SQL as a connection runs them.

use super::*;

#[test]
fn inserts() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let people = vec![person(0, "dan", None, false, 1), person(0, "eve", Some("e"), true, 2)];
    let ids: Vec<i64> = conn.all(insert(&people).returning(|u| u.id))?;
    assert_eq!(ids.len(), 2);
    let pair = [person(0, "fay", None, false, 3), person(0, "gus", Some("g"), false, 4)];
    let mut rows: Vec<(i64, Option<String>)> = conn.all(insert(&pair).returning(|u| (u.id, u.email)))?;
    rows.sort();
    assert_eq!(rows, [(6, None), (7, Some("g".to_owned()))]);
    let one: Person = conn.one(insert(&person(0, "hal", None, true, 5)).returning(|u| u))?;
    assert_eq!(one, person(8, "hal", None, true, 5));
    let slice: &[Person] = &[person(20, "ian", None, false, 6)];
    assert_eq!(conn.execute(insert(slice))?, 1);
    let none: &[Person] = &[];
    assert_eq!(conn.execute(insert(none))?, 0);
    assert_eq!(conn.count(select::<Person>())?, 9);
    let error = conn.execute(insert(&person(0, "ada", None, false, 0))).expect_err("the name is taken");
    assert_eq!(error.kind(), ErrorKind::UniqueViolation);
    Ok(())
}

#[test]
fn inserts_that_find_their_row() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let again = vec![person(0, "ada", Some("new"), false, 4), person(0, "new", None, false, 5)];
    conn.execute(insert(&again).on_conflict(|u| u.username).do_update(|u, new| u.email.to(new.email)))?;
    let emails: Vec<(String, Option<String>, i32)> = conn.all(
        select::<Person>()
            .filter(|u| u.username.in_(["ada", "new"]))
            .order_by(|u| u.username)
            .columns(|u| (u.username, u.email, u.age)),
    )?;
    assert_eq!(emails, [("ada".into(), Some("new".into()), 36), ("new".into(), None, 5)]);
    let several = insert(&again)
        .on_conflict(|u| u.username)
        .do_update(|u, new| (u.email.to(None), u.age.to(u.age + new.age), u.admin.to(u.admin)));
    conn.execute(several)?;
    let ages: Vec<i32> =
        conn.all(select::<Person>().filter(|u| u.email.is_null() & u.id.ne(2)).order_by(|u| u.age).columns(|u| u.age))?;
    assert_eq!(ages, [10, 40]);
    conn.execute(insert(&again).on_conflict(|u| u.username).do_nothing())?;
    assert_eq!(conn.count(select::<Person>())?, 4);
    conn.execute(
        insert(&Credit { user: 1.into(), team: 1.into(), since: 9 })
            .on_conflict(|c| (c.user, c.team))
            .do_update(|c, new| c.since.to(new.since)),
    )?;
    assert_eq!(conn.one(select::<Credit>().filter(|c| c.is((1, 1))).columns(|c| c.since))?, 9);
    Ok(())
}

#[test]
fn updates() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    assert_eq!(conn.execute(update::<Person>().set(|u| u.admin.to(true)).filter(|u| u.id.eq(2)))?, 1);
    finds(&mut conn, select::<Person>().filter(|u| u.admin), &[1, 2]);
    let all = update::<Person>()
        .set(|u| (u.age.to(u.age + 1), u.username.to(u.email.coalesce("nobody")), u.email.to(u.username)));
    assert_eq!(conn.execute(all.every_row())?, 3);
    let rows: Vec<(String, Option<String>, i32)> =
        conn.all(select::<Person>().order_by(|u| u.id).limit(2).columns(|u| (u.username, u.email, u.age)))?;
    assert_eq!(rows, [("ada@example.org".into(), Some("ada".into()), 37), ("nobody".into(), Some("bob".into()), 18)]);
    let back: Vec<(i64, f64)> =
        conn.all(update::<Film>().set(|p| p.editor.to(1)).filter(|p| p.id.eq(2)).returning(|p| (p.id, p.score)))?;
    assert_eq!(back, [(2, 2.0)]);
    let mut changes = vec![];
    let (title, score) = (Some("Night"), None::<f64>);
    let change = update::<Film>().set(|p| {
        changes.extend(title.map(|title| p.title.to(title)));
        changes.extend(score.map(|score| p.score.to(score)));
        changes
    });
    assert_eq!(conn.execute(change.filter(|p| p.author.any(|u| u.id.eq(2))))?, 1);
    let night: Film = conn.one(select::<Film>().filter(|p| p.title.eq("Night")))?;
    assert_eq!((night.id, night.score), (3, 3.5));
    conn.execute(
        update::<City>().set(|c| (c.member.to(None), c.account.to(AccountId(4)))).filter(|c| c.country.eq("de")),
    )?;
    let city: City = conn.one(select::<City>().filter(|c| c.id.eq(1)))?;
    assert_eq!((city.member, city.account), (None, Some(AccountId(4).into())));
    Ok(())
}

#[test]
fn deletes() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    assert_eq!(conn.execute(delete::<Review>().filter(|c| c.body.eq("mine")))?, 1);
    let rows: Vec<(i64, String)> =
        conn.all(delete::<Review>().filter(|c| c.film.eq(1)).returning(|c| (c.id, c.body)))?;
    assert_eq!(rows.len(), 2);
    assert_eq!(conn.execute(delete::<Film>().filter(|p| p.score.lt(0.0)))?, 0);
    let unread = delete::<Film>().filter(|p| !exists(select::<Review>().filter(|c| c.film.eq(p.id))));
    assert_eq!(conn.execute(unread)?, 2);
    finds(&mut conn, select::<Film>(), &[2]);
    assert_eq!(conn.execute(delete::<Review>().every_row())?, 1);
    assert!(!conn.exists(select::<Review>())?);
    Ok(())
}

#[test]
fn raw_sql() -> orm::Result<()> {
    let engine = store()?;
    let mut conn = engine.connect()?;
    let rows: Vec<(i64, String)> =
        conn.all(sql("SELECT id, username FROM people WHERE id > :id ORDER BY id").bind("id", 1))?;
    assert_eq!(rows, [(2, "bob".to_owned()), (3, "cyd".to_owned())]);
    let mut seen = 0;
    for (id, name) in conn.all::<(i64, String), _>(sql("SELECT id, username FROM people"))? {
        seen += id + name.len() as i64;
    }
    assert_eq!(seen, 15);
    assert_eq!(conn.execute(sql("DELETE FROM review"))?, 4);
    let email: Option<String> = conn.one(sql("SELECT email FROM people WHERE username = :name").bind("name", "bob"))?;
    assert_eq!(email, None);
    conn.execute(sql("VACUUM"))?;
    Ok(())
}
