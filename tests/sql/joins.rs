//! Joins of every kind, and queries as tables.

use super::*;

#[test]
fn along_relations() {
    check(select::<Post>().join(|p| p.author).columns(|(p, u)| (p.id, u.name)), expect![[]]);
    check(select::<User>().left_join(|u| u.posts).columns(|(u, p)| (u.id, p.id)), expect![[]]);
    check(select::<User>().join(|u| u.groups).columns(|(u, g)| (u.id, g.name)), expect![[]]);
    check(select::<User>().left_join(|u| u.groups).filter(|(_, g)| g.id.is_null()).columns(|(u, _)| u.id), expect![[]]);
    check(
        select::<User>()
            .left_join(|u| u.posts)
            .join(|(_, p)| p.editor)
            .filter(|(u, _, e)| e.id.ne(u.id))
            .columns(|(u, p, e)| (u.id, p.id, e.id)),
        expect![[]],
    );
    check(select::<Post>().join(|p| p.author), expect![[]]);
}

#[test]
fn right_and_full() {
    check(select::<Post>().right_join(|p| p.author).columns(|(p, u)| (p.id, u.id)), expect![[]]);
    check(select::<Post>().full_join(|p| p.editor).columns(|(p, u)| (p.id, u.id)), expect![[]]);
    check(select::<User>().right_join(|u| u.groups).columns(|(u, g)| (u.id, g.id)), expect![[]]);
    check(select::<User>().full_join(|u| u.groups).columns(|(u, g)| (u.id, g.id)), expect![[]]);
}

#[test]
fn on_conditions() {
    check(
        select::<User>()
            .join_on(select::<User>(), |(a, b)| a.age.gt(b.age) & a.name.ne(b.name))
            .columns(|(a, b)| (a.id, b.id)),
        expect![[]],
    );
    check(
        select::<User>()
            .left_join_on(select::<Post>().columns(|p| p.author), |(u, author)| author.eq(u.id))
            .columns(|(u, author)| (u.id, author)),
        expect![[]],
    );
    check(select::<User>().cross_join(select::<Group>()).columns(|(u, g)| (u.id, g.id)), expect![[]]);
}

#[test]
fn derived_tables() {
    let totals = select::<Post>().group_by(|p| p.author).columns(|p| (p.author, sum(p.score)));
    check(
        select::<User>()
            .join_on(totals.clone(), |(u, (author, _))| author.eq(u.id))
            .filter(|(_, (_, total))| total.gt(1.0))
            .columns(|(u, (_, total))| (u.name, total)),
        expect![[]],
    );
    check(select_from(totals.clone()).filter(|(_, total)| total.gt(1.0)), expect![[]]);
    check(
        select_from(totals)
            .join_on(select::<User>(), |((author, _), u)| author.eq(u.id))
            .columns(|((_, total), u)| (total, u)),
        expect![[]],
    );
    let recent = select::<User>().order_by(|u| u.id.desc()).limit(9).columns(|u| (u.age + 1, u, u.email.eq("x")));
    check(
        select_from(recent).filter(|(_, u, same)| u.name.eq("a") & same).columns(|(next, u, _)| (next, u)),
        expect![[]],
    );
    let notes = select::<Note>().columns(|n| (n.id, n.about));
    check(select_from(notes).filter(|(_, about)| about.eq((1, 2))), expect![[]]);
    check(
        select_from(select_from(select::<User>().columns(|u| (u.id, val("x")))).columns(|(id, x)| (x, id))),
        expect![[]],
    );
}

#[test]
fn lateral() {
    let best = |u: UserFields| {
        select::<Post>().filter(move |p| p.author.eq(u.id)).order_by(|p| p.score.desc()).limit(3).columns(|p| p.title)
    };
    check(select::<User>().join_lateral(best).columns(|(u, title)| (u.name, title)), expect![[]]);
    check(select::<User>().left_join_lateral(best).columns(|(u, title)| (u.name, title)), expect![[]]);
}
