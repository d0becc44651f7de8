//! `paginate_after`: walking its pages gives the whole ordered list, each row once, whatever the order and the NULLs.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "keyset_team", has_many(players = Player::team))]
struct Team {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    name: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "keyset_player")]
struct Player {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    name: String,
    score: Option<i32>,
    rating: Option<f64>,
    #[orm(length = 20)]
    nick: Option<String>,
    active: bool,
    team: Option<Ref<Team>>,
}

/// Few different values, so that many rows are equal, and many NULLs.
fn player(random: &mut u64) -> Player {
    let mut below = |n: u64| {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*random >> 33) % n
    };
    Player {
        id: 0,
        name: ["ann", "ben", "it's", "zoe"][below(4) as usize].into(),
        score: (below(3) > 0).then(|| below(4) as i32 - 2),
        rating: (below(3) > 0).then(|| below(3) as f64 / 4.0),
        nick: (below(2) > 0).then(|| ["", "a", "b_c"][below(3) as usize].into()),
        active: below(2) == 0,
        team: (below(3) > 0).then(|| (below(3) as i64 + 1).into()),
    }
}

fn filled(db: &crate::support::Db) -> orm::Result<Connection> {
    Schema::of::<(Team, Player)>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    let team = |name: &str| Team { id: 0, name: name.into() };
    connection.execute(insert(&[team("x"), team("y"), team("x")]))?;
    let mut random = 42;
    connection.execute(insert(&(0..60).map(|_| player(&mut random)).collect::<Vec<_>>()))?;
    Ok(connection)
}

/// All pages forward, then all of them backward.
#[track_caller]
fn walk<S: Scope, O: Output<Plain: Clone + PartialEq + std::fmt::Debug>>(
    connection: &mut Connection,
    query: &Select<S, O>,
    whole: &[O::Plain],
) -> orm::Result<()> {
    for size in [1, 7, 59, 60, 61] {
        let mut pages: Vec<Vec<O::Plain>> = Vec::new();
        let (mut after, mut last) = (None, None);
        loop {
            let page = connection.paginate_after(query.clone(), after.as_deref(), size)?;
            assert_eq!(page.previous.is_some(), !pages.is_empty());
            assert!(page.items.len() as u64 == size || page.next.is_none());
            pages.push(page.items);
            last = page.previous.or(last);
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(pages.concat(), whole, "pages of {size}");
        let mut at = pages.len() - 1;
        while let Some(previous) = last.take() {
            let page = connection.paginate_after(query.clone(), Some(&previous), size)?;
            at -= 1;
            assert_eq!(page.items, pages[at], "page {at} of {size}, backward");
            assert_eq!(page.previous.is_some(), at > 0);
            let next = page.next.expect("there are pages behind");
            assert_eq!(connection.paginate_after(query.clone(), Some(&next), size)?.items, pages[at + 1]);
            last = page.previous;
        }
        assert_eq!(at, 0);
    }
    Ok(())
}

macro_rules! walks {
    ($connection:ident, $($order:expr, $total:expr;)*) => { $(
        let whole = $connection.all(select::<Player>().order_by($total))?;
        assert_eq!(whole.len(), 60);
        walk(&mut $connection, &select::<Player>().order_by($order), &whole)?;
    )* };
}

on_every_backend! {
    fn pages_are_the_whole_list_in_every_order(db) {
        let mut connection = filled(db)?;
        walks! { connection,
            |p| p.id.desc(), |p| p.id.desc();
            |p| p.name, |p| (p.name, p.id);
            |p| p.score, |p| (p.score, p.id);
            |p| p.score.desc(), |p| (p.score.desc(), p.id.desc());
            |p| (p.score.desc(), p.nick, p.id), |p| (p.score.desc(), p.nick, p.id);
            |p| (p.score.asc().nulls_last(), p.rating.desc()), |p| (p.score.asc().nulls_last(), p.rating.desc(), p.id.desc());
            |p| (p.rating.desc().nulls_first(), p.nick.asc().nulls_last(), p.id.desc()),
                |p| (p.rating.desc().nulls_first(), p.nick.asc().nulls_last(), p.id.desc());
            |p| (p.score.desc().nulls_last(), p.nick.asc().nulls_first()),
                |p| (p.score.desc().nulls_last(), p.nick.asc().nulls_first(), p.id);
            |p| (p.active.desc(), p.team, p.name.desc()), |p| (p.active.desc(), p.team, p.name.desc(), p.id.desc());
            |p| (p.id % 3, p.nick.coalesce("none").length()), |p| (p.id % 3, p.nick.coalesce("none").length(), p.id);
        }
        let whole = connection.all(select::<Player>().order_by(|p| p.id))?;
        walk(&mut connection, &select::<Player>(), &whole)?;
    }

    fn pages_of_joins_groups_and_structs(db) {
        let mut connection = filled(db)?;
        let joined = || select::<Player>().left_join(|p| p.team).columns(|(p, t)| (p.id, t));
        let order = || joined().order_by(|(p, t)| (t.name.desc(), t.id, p.id.desc()));
        let whole = connection.all(order())?;
        walk(&mut connection, &order(), &whole)?;
        let page = connection.paginate_after(joined().order_by(|(_, t)| t.name.desc()), None, 60)?;
        assert_eq!(page.items.len(), whole.len());

        let right = || select::<Player>().right_join(|p| p.team).columns(|(p, t)| (p.id, t.name));
        let whole = connection.all(right().order_by(|(p, t)| (t.name, p.id, t.id)))?;
        walk(&mut connection, &right().order_by(|(_, t)| t.name), &whole)?;

        let grouped = || select::<Player>().group_by(|p| p.score).columns(|p| (p.score, count(p)));
        let whole = connection.all(grouped().order_by(|p| (count(p).desc(), p.score.desc())))?;
        walk(&mut connection, &grouped().order_by(|p| count(p).desc()), &whole)?;

        #[derive(FromRow, Clone, Debug, PartialEq)]
        struct Line {
            name: String,
            team: Option<Ref<Team>>,
        }
        let lines = || select::<Player>().columns(|p| (p.name, p.team)).into_struct::<Line>();
        let whole = connection.all(lines().order_by(|p| (p.team.desc(), p.id.desc())))?;
        walk(&mut connection, &lines().order_by(|p| p.team.desc()), &whole)?;
    }

    fn loads_stand_beside_the_rows_of_a_page(db) {
        let mut connection = filled(db)?;
        let query = || select::<Team>().order_by(|t| t.name).with(|t| t.players.order_by(|p| p.id));
        let whole: Vec<(Team, Vec<Player>)> = connection.all(query().order_by(|t| t.id))?;
        let first = connection.paginate_after(query(), None, 2)?;
        let second = connection.paginate_after(query(), first.next.as_deref(), 2)?;
        assert_eq!([first.items, second.items].concat(), whole);
    }

    fn rows_that_come_before_the_cursor_change_nothing(db) {
        let mut connection = filled(db)?;
        let query = || select::<Player>().order_by(|p| (p.name, p.score.desc().nulls_last()));
        let whole = connection.all(query().order_by(|p| p.id.desc()))?;
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = connection.paginate_after(query(), after.as_deref(), 7)?;
            seen.extend(page.items);
            let Some(next) = page.next else { break };
            after = Some(next);
            let early = Player { name: "aaa".into(), ..seen[0].clone() };
            connection.execute(insert(&[Player { id: 0, ..early }]))?;
            let gone = seen[0].id;
            connection.execute(delete::<Player>().filter(|p| p.id.eq(gone)))?;
        }
        assert_eq!(seen, whole);
    }

    fn a_session_gives_handles_and_a_transaction_its_own_rows(db) {
        let mut connection = filled(db)?;
        let ids: Vec<i64> = connection.all(select::<Player>().order_by(|p| (p.score, p.id)).columns(|p| p.id))?;
        let mut session = db.engine.session();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = session.paginate_after(select::<Player>().order_by(|p| p.score), after.as_deref(), 25)?;
            seen.extend(page.items.into_iter().map(|player| session[player].id));
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        assert_eq!(seen, ids);
        drop(session);
        let mut transaction = connection.begin()?;
        transaction.execute(delete::<Player>().every_row())?;
        assert!(transaction.paginate_after(select::<Player>(), None, 2)?.items.is_empty());
    }

    fn cursors_of_strangers_are_refused(db) {
        let mut connection = filled(db)?;
        let query = || select::<Player>().order_by(|p| p.score);
        let next = connection.paginate_after(query(), None, 2)?.next.expect("there are more");
        let other_filter = query().filter(|p| p.id.gt(0));
        assert_eq!(connection.paginate_after(other_filter, Some(&next), 2)?.items.len(), 2);
        let refused: [(Query<Player>, &str); 4] = [
            (query(), "'; DROP TABLE keyset_player; --"),
            (query(), ""),
            (select::<Player>().order_by(|p| p.score.desc()), &next),
            (select::<Player>().order_by(|p| p.name), &next),
        ];
        for (query, cursor) in refused {
            let error = connection.paginate_after(query, Some(cursor), 2).expect_err("it is no cursor of this order");
            assert_eq!(error.kind(), ErrorKind::InvalidCursor, "{error}");
        }
    }

    fn what_has_no_total_order_is_misuse(db) {
        let mut connection = filled(db)?;
        let queries = [select::<Player>().limit(3), select::<Player>().offset(3), select::<Player>().distinct()];
        for query in queries {
            let error = connection.paginate_after(query, None, 2).expect_err("it cannot be paged");
            assert_eq!(error.kind(), ErrorKind::Misuse, "{error}");
        }
        let both = select::<Player>().union_all(select::<Player>());
        assert_eq!(connection.paginate_after(both, None, 2).expect_err("no key").kind(), ErrorKind::Misuse);
        assert_eq!(connection.paginate_after(select::<Player>(), None, 0).expect_err("no row").kind(), ErrorKind::Misuse);
    }
}
