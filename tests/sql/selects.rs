//! The clauses of a SELECT of one table, counts and existence tests, raw SQL.

use super::*;

#[test]
fn whole_tables_and_columns() {
    check(select::<User>(), expect![[]]);
    check(select::<User>().columns(|u| u.name), expect![[]]);
    check(select::<User>().columns(|u| (u, u.id, (u.name, u.email))), expect![[]]);
    check(select::<User>().columns(|u| u.name).distinct(), expect![[]]);
}

#[test]
fn order() {
    let by = |query: Query<User>| query.columns(|u| u.id);
    check(by(select::<User>().order_by(|u| u.name)), expect![[]]);
    check(by(select::<User>().order_by(|u| (u.age.desc(), u.name.asc())).order_by(|u| u.id)), expect![[]]);
    check(by(select::<User>().order_by(|u| (u.email.asc().nulls_first(), u.email.desc().nulls_last()))), expect![[]]);
    check(
        by(select::<User>().order_by(|u| vec![u.age.desc(), u.email.is_null().asc(), (u.age + 1).asc()])),
        expect![[]],
    );
    check(
        by(select::<User>().order_by(|u| (u.email.lower().desc().nulls_last(), u.email.eq("x").desc()))),
        expect![[]],
    );
    let by_name = User::column("admin").expect("a field");
    check(by(select::<User>().order_by(|u| (u.named(by_name).desc(), u.named(by_name)))), expect![[]]);
    check(by(select::<User>().order_by(|u| case::<i32>().when(u.name.eq("x"), 0).otherwise(1).asc())), expect![[]]);
    check(by(select::<User>().order_by(|_| val(1).desc())), expect![[]]);
}

#[test]
fn limit_and_offset() {
    let ids = || select::<User>().columns(|u| u.id);
    check(ids().limit(10), expect![[]]);
    check(ids().limit(10).offset(20), expect![[]]);
    check(ids().offset(20), expect![[]]);
    check(ids().limit(0), expect![[]]);
}

#[test]
fn locks() {
    check(select::<User>().columns(|u| u.id).for_update(), expect![[]]);
    check(select::<User>().columns(|u| u.id).limit(1).for_share(), expect![[]]);
}

#[test]
fn counts_and_existence() {
    check(Asked(select::<User>().filter(|u| u.admin).order_by(|u| u.name)), expect![[]]);
    check(Asked(select::<User>().columns(|u| u.age).distinct()), expect![[]]);
    check(Asked(select::<User>().limit(3).offset(1)), expect![[]]);
    check(Asked(select::<User>().join(|u| u.posts).columns(|(u, p)| (u, p))), expect![[]]);
    check(Asked(select::<User>().columns(|u| max(u.age))), expect![[]]);
    check(Asked(select::<User>().group_by(|u| u.age).columns(|u| (u.age, count_all()))), expect![[]]);
}

#[test]
fn raw() {
    check(
        sql("SELECT id FROM users WHERE id > :id AND name <> ':id' AND age::int < :age OR id = :id")
            .bind("id", 3_i64)
            .bind("age", 9),
        expect![[]],
    );
    check(sql("SELECT :none, :text").bind("none", None::<i64>).bind("text", "it's"), expect![[]]);
    check(sql("VACUUM"), expect![[]]);
    check(sql("SELECT :id"), expect![[]]);
    check(sql("SELECT 1").bind("id", 1), expect![[]]);
}
