//! References: to keys of one column and of two.

use super::*;

#[test]
fn to_one_column() {
    let post = |query: Query<Post>| query.columns(|p| p.id);
    check(post(select::<Post>().filter(|p| p.author.eq(1) & p.editor.eq(None) & p.author.eq(p.editor))), expect![[]]);
    check(post(select::<Post>().filter(|p| p.author.in_([1, 2]) & p.editor.in_([Ref::<User>::from(1)]))), expect![[]]);
    check(post(select::<Post>().order_by(|p| p.editor.desc().nulls_last())), expect![[]]);
    filter(|u| u.is(7) & u.is(None), expect![[]]);
}

#[test]
fn to_two_columns() {
    let note = |query: Query<Note>| query.columns(|n| n.id);
    check(select::<Note>().columns(|n| (n.about, n.reply)), expect![[]]);
    check(note(select::<Note>().filter(|n| n.about.eq((1, 2)) & n.about.ne((3, 4)))), expect![[]]);
    check(note(select::<Note>().filter(|n| n.about.eq(n.reply) & n.reply.same(n.about))), expect![[]]);
    check(note(select::<Note>().filter(|n| n.reply.is_null() | n.reply.ne(None) | n.reply.eq(None))), expect![[]]);
    check(note(select::<Note>().filter(|n| n.about.in_([(1, 2), (3, 4), (5, 6)]))), expect![[]]);
    check(note(select::<Note>().filter(|n| n.about.in_(Vec::<Ref<Membership>>::new()))), expect![[]]);
    check(note(select::<Note>().filter(|n| n.about.in_(select::<Note>().columns(|m| m.reply)))), expect![[]]);
    check(note(select::<Note>().order_by(|n| (n.about.desc(), n.reply.asc().nulls_first()))), expect![[]]);
    check(note(select::<Note>().filter(|n| n.about.gt((1, 2)) & n.about.between((1, 2), (3, 4)))), expect![[]]);
    check(select::<Note>().columns(|n| (count(n.about), count_distinct(n.about))), expect![[]]);
    check(select::<Note>().columns(|n| n.reply.coalesce(n.about)), expect![[]]);
}

#[test]
fn joins_over_two_columns() {
    check(select::<Note>().join(|n| n.about).columns(|(n, m)| (n.id, m.user)), expect![[]]);
    check(select::<Membership>().left_join(|m| m.notes).columns(|(m, n)| (m.user, n.id)), expect![[]]);
    check(
        select::<Membership>().columns(|m| m.user).filter(|m| m.is((1, 2)) & m.notes.any(|n| n.reply.eq(None))),
        expect![[]],
    );
    check(
        select::<Note>().join_on(select::<Membership>(), |(n, m)| m.is(n.reply) | m.is(None)).columns(|(n, _)| n.id),
        expect![[]],
    );
    check(select::<Membership>().columns(|m| (count(m), m.notes.count())), expect![[]]);
}

#[test]
fn an_object_without_a_key_is_known_to_its_session_only() {
    let engine = orm::create_engine("sqlite::memory:").expect("the URL is right");
    let new = engine.session().add(user(0, "a"));
    check(select::<Post>().columns(|p| p.id).filter(|p| p.author.eq(new)), expect![[]]);
}
