//! INSERT, UPDATE and DELETE.

use super::*;

#[test]
fn updates() {
    check(update::<User>().set(|u| u.admin.to(true)).filter(|u| u.id.eq(7)), expect![[]]);
    check(
        update::<User>().set(|u| (u.email.to(None), u.age.to(u.age + 1), u.name.to(u.email.coalesce("x")))).every_row(),
        expect![[]],
    );
    check(update::<User>().set(|u| (u.name.to(u.email.coalesce("x")), u.email.to(u.name))).every_row(), expect![[]]);
    check(update::<User>().set(|u| u.admin.to(u.email.eq("x"))).filter(|u| u.admin), expect![[]]);
    check(update::<User>().filter(|u| u.id.eq(1)), expect![[]]);
    check(update::<User>().set(|_| Vec::new()).filter(|u| u.id.eq(1)), expect![[]]);
}

#[test]
fn updates_with_queries() {
    check(update::<User>().set(|u| u.admin.to(true)).filter(|u| u.posts.any(|p| p.score.gt(4.0))), expect![[]]);
    check(
        update::<User>()
            .set(|u| u.email.to(select::<Post>().filter(|p| p.author.eq(u.id)).columns(|p| max(p.title))))
            .every_row(),
        expect![[]],
    );
    check(
        update::<User>()
            .set(|u| u.admin.to(true))
            .filter(|u| u.id.in_(select::<User>().filter(|v| v.age.gt(9)).columns(|v| v.id))),
        expect![[]],
    );
}

#[test]
fn updates_of_a_version() {
    check(update::<Page>().set(|p| p.title.to("x")).filter(|p| p.id.eq(1)), expect![[]]);
    check(update::<Page>().set(|p| (p.title.to("x"), p.version.to(9))).filter(|p| p.id.eq(1)), expect![[]]);
}

#[test]
fn updates_of_references() {
    check(update::<Note>().set(|n| (n.about.to((1, 2)), n.reply.to(None))).filter(|n| n.id.eq(1)), expect![[]]);
    check(update::<Note>().set(|n| n.reply.to(n.about)).filter(|n| n.about.eq((1, 2))), expect![[]]);
    check(update::<Post>().set(|p| (p.author.to(3), p.editor.to(p.author))).every_row(), expect![[]]);
}

#[test]
fn deletes() {
    check(delete::<Post>().filter(|p| p.score.lt(0.0) & p.author.in_([1, 2])), expect![[]]);
    check(delete::<Post>().every_row(), expect![[]]);
    check(delete::<User>().filter(|u| !exists(select::<Post>().filter(|p| p.author.eq(u.id)))), expect![[]]);
    check(
        delete::<User>().filter(|u| u.id.in_(select::<User>().filter(|v| v.age.lt(1)).columns(|v| v.id))),
        expect![[]],
    );
}

#[test]
fn returning() {
    check(
        update::<User>().set(|u| u.age.to(1)).filter(|u| u.id.eq(1)).returning(|u| (u.id, u.email.eq("x"))),
        expect![[]],
    );
    check(delete::<User>().filter(|u| u.id.eq(1)).returning(|u| u), expect![[]]);
    check(insert(&user(0, "a")).returning(|u| u.id), expect![[]]);
    check(insert(&user(0, "a")).returning(|u| (u, u.age + 1)), expect![[]]);
}

#[test]
fn inserts() {
    check(insert(&user(0, "a")), expect![[]]);
    check(insert(&[user(0, "a"), user(5, "b"), user(0, "c")]), expect![[]]);
    check(insert(&Vec::<User>::new()), expect![[]]);
    check(insert(&Note { id: 1, about: (1, 2).into(), reply: None }), expect![[]]);
    check(insert(&Page { id: 0, path: "p".into(), title: "t".into(), version: 1 }), expect![[]]);
}

#[test]
fn on_conflict() {
    check(insert(&user(0, "a")).on_conflict(|u| u.name).do_nothing(), expect![[]]);
    check(
        insert(&user(0, "a"))
            .on_conflict(|u| u.name)
            .do_update(|u, new| (u.email.to(new.email), u.age.to(u.age + new.age))),
        expect![[]],
    );
    check(
        insert(&Membership { user: 1.into(), group: 2.into() })
            .on_conflict(|m| (m.user, m.group))
            .do_update(|m, new| m.group.to(new.group))
            .returning(|m| m),
        expect![[]],
    );
    check(
        insert(&user(0, "a"))
            .on_conflict(|u| u.name)
            .do_update(|u, new| u.age.to(case::<i32>().when(u.admin, u.age).otherwise(new.age))),
        expect![[]],
    );
}

#[test]
fn on_conflict_that_would_mean_something_else() {
    let page = Page { id: 0, path: "p".into(), title: "t".into(), version: 1 };
    check(insert(&page).on_conflict(|p| p.path).do_nothing(), expect![[]]);
    check(insert(&page).on_conflict(|p| p.id).do_nothing(), expect![[]]);
    check(insert(&user(1, "a")).on_conflict(|u| u.age).do_nothing(), expect![[]]);
    check(insert(&user(1, "a")).on_conflict(|u| u.name.lower()).do_nothing(), expect![[]]);
    check(insert(&user(1, "a")).on_conflict(|u| u.name).do_update(|_, _| Vec::new()), expect![[]]);
}
