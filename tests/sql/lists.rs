//! IN, with lists and with queries.

use super::*;

#[test]
fn lists() {
    filter(|u| u.id.in_([7]), expect![[]]);
    filter(|u| u.id.in_([1, 2, 3]), expect![[]]);
    filter(|u| u.name.not_in(["a", "b"]), expect![[]]);
    filter(|u| u.id.in_(Vec::<i64>::new()) | u.id.not_in(Vec::<i64>::new()), expect![[]]);
    filter(|u| u.email.in_([Some("a".to_owned()), None]) & u.admin, expect![[]]);
    filter(|u| u.email.in_([None]), expect![[]]);
    filter(|u| u.email.not_in([Some("a".to_owned()), None]), expect![[]]);
}

#[test]
fn lists_of_expressions() {
    filter(|u| u.id.in_([u.age.cast::<i64>(), u.id + 1]), expect![[]]);
    filter(|u| (u.age + 1).in_([1, 2]), expect![[]]);
    filter(|u| val(3_i64).in_([u.id]), expect![[]]);
}

#[test]
fn tuples() {
    filter(|u| (u.id, u.name).in_([(1, "a"), (2, "b"), (3, "c")]), expect![[]]);
    filter(|u| (u.id, u.email, u.age).in_([(1, u.name, 3)]), expect![[]]);
    filter(|u| (u.id, u.name).in_(Vec::<(i64, String)>::new()), expect![[]]);
}

#[test]
fn queries() {
    filter(|u| u.id.in_(select::<Post>().columns(|p| p.author)), expect![[]]);
    filter(|u| u.name.not_in(select::<Post>().filter(|p| p.author.eq(u.id)).columns(|p| p.title)), expect![[]]);
    filter(|u| (u.id + 1).in_(select::<User>().columns(|v| v.id).limit(3)), expect![[]]);
}
