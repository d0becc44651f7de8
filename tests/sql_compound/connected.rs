//! Tables that nothing connects are refused.

use super::*;

#[test]
fn tables_without_a_condition_between_them_are_refused() {
    let both = || select::<User>().join_on(select::<Post>(), |(u, _)| u.admin);
    selects(
        both(),
        expect![[r#"
            SQLite, PostgreSQL, MariaDB, MySQL:
            Misuse: no condition connects table posts with the tables before it: each of its rows would stand beside all of theirs; if that is what you want, use `.cross_join(..)`
        "#]],
    );
    selects(
        both().filter(|(u, p)| u.admin & p.title.eq("x")),
        expect![[r#"
            SQLite, PostgreSQL, MariaDB, MySQL:
            Misuse: no condition connects table posts with the tables before it: each of its rows would stand beside all of theirs; if that is what you want, use `.cross_join(..)`
        "#]],
    );
    selects(
        select::<User>().join_on(cte(select::<Post>()), |_| true),
        expect![[r#"
        SQLite, PostgreSQL, MariaDB, MySQL:
        Misuse: no condition connects a CTE with the tables before it: each of its rows would stand beside all of theirs; if that is what you want, use `.cross_join(..)`
    "#]],
    );
    let outer = |connected: bool| {
        select::<Employee>().filter(move |e| {
            let inner = select::<User>().join_on(select::<Post>(), |(u, _)| u.id.eq(e.id)).columns(|(u, _)| u.id);
            exists(if connected { inner.filter(|(_, p)| p.id.eq(e.id)) } else { inner })
        })
    };
    selects(
        outer(false),
        expect![[r#"
            SQLite, PostgreSQL, MariaDB, MySQL:
            Misuse: no condition connects table posts with the tables before it: each of its rows would stand beside all of theirs; if that is what you want, use `.cross_join(..)`
        "#]],
    );
    for dialect in Dialect::all() {
        outer(true).to_sql(dialect).expect("both tables are connected with the query around them");
        both().filter(|(u, p)| p.author.eq(u.id)).to_sql(dialect).expect("a filter connects as a join does");
        select::<User>().cross_join(select::<Post>()).to_sql(dialect).expect("it was asked for");
        let inside = both().filter(|(u, p)| exists(select::<Employee>().filter(|e| e.id.eq(u.id) & e.id.eq(p.id))));
        inside.to_sql(dialect).expect("a query that uses both connects them");
        let inside = both().filter(|(u, _)| exists(select::<Employee>().filter(|e| e.id.eq(u.id))));
        assert_eq!(inside.to_sql(dialect).map_err(|error| error.kind()), Err(ErrorKind::Misuse));
    }
}
