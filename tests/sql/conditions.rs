//! Comparisons, NULL, AND and OR, LIKE.

use super::*;

#[test]
fn comparisons() {
    filter(|u| u.id.eq(3), expect![[]]);
    filter(|u| u.id.ne(3) & u.age.lt(1) & u.age.le(2) & u.age.gt(3) & u.age.ge(4), expect![[]]);
    filter(|u| u.email.eq(u.name), expect![[]]);
    filter(|u| u.age.between(18, 65) & (u.age + 1).between(u.id.cast::<i32>(), 9), expect![[]]);
    filter(|u| val(1_i64).lt(u.id) & val(1_i64).eq(2), expect![[]]);
}

#[test]
fn null() {
    filter(|u| u.email.eq(None) | u.email.ne(None), expect![[]]);
    filter(|u| u.email.is_null() | u.email.is_not_null() | u.email.lower().is_null(), expect![[]]);
    filter(|u| u.email.same("x") | u.email.not_same(u.name) | u.email.same(None), expect![[]]);
    filter(|u| u.admin.eq(u.email.is_null()), expect![[]]);
}

#[test]
fn and_or_not() {
    filter(|u| u.admin, expect![[]]);
    filter(|u| !u.admin, expect![[]]);
    filter(|u| u.admin & u.id.eq(1) & u.age.eq(2), expect![[]]);
    filter(|u| u.admin & (u.id.eq(1) | u.age.eq(2)) & !(u.admin | u.email.is_null()), expect![[]]);
    filter(|u| u.id.eq(1) & u.id.eq(2) | u.id.eq(3) & u.id.eq(4), expect![[]]);
    filter(|u| (u.id.eq(1) | u.id.eq(2)) | (u.id.eq(3) | u.id.eq(4)), expect![[]]);
    filter(|u| !!u.admin.eq(true) & !u.email.is_null(), expect![[]]);
    filter(|_| true, expect![[]]);
    filter(|u| u.admin & false, expect![[]]);
    filter(|_| all_of(Vec::<Expr<bool>>::new()) | any_of(Vec::<Expr<bool>>::new()), expect![[]]);
}

#[test]
fn several_filters_are_one_conjunction() {
    let query = select::<User>()
        .columns(|u| u.id)
        .filter(|u| u.id.eq(1) | u.id.eq(2))
        .filter(|u| u.admin)
        .filter_some(Some(3), |u, age| u.age.eq(age));
    check(query, expect![[]]);
}

#[test]
fn like() {
    filter(|u| u.name.like("a%\\_b") | u.name.ilike("A%"), expect![[]]);
    filter(|u| u.name.contains("50%_!\\") | u.name.starts_with("a") | u.email.ends_with("z"), expect![[]]);
    filter(|u| u.name.contains(u.email) | u.name.starts_with(u.email.lower()), expect![[]]);
    filter(|u| !u.name.like("a") & u.name.lower().like(u.email), expect![[]]);
    filter(|u| u.name.concat("x").like("ax"), expect![[]]);
}
