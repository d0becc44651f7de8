//! Queries inside expressions, correlated and not.

use super::*;

#[test]
fn exists_at_two_levels() {
    filter(|u| exists(select::<Post>().filter(|p| p.author.eq(u.id) & p.title.like("%rust%"))), expect![[]]);
    filter(
        |u| {
            !exists(
                select::<Post>()
                    .filter(|p| p.author.eq(u.id) & exists(select::<Note>().filter(|n| n.id.eq(p.id) & n.id.eq(u.id)))),
            )
        },
        expect![[]],
    );
}

#[test]
fn relations() {
    filter(|u| u.posts.any(|p| p.score.gt(4.0)), expect![[]]);
    filter(|u| u.posts.all(|p| p.score.gt(4.0)), expect![[]]);
    filter(|u| u.groups.any(|g| g.name.eq("x")) & u.posts.count().gt(2), expect![[]]);
    check(
        select::<Post>().columns(|p| p.id).filter(|p| p.author.any(|u| u.admin) & p.editor.all(|u| u.admin)),
        expect![[]],
    );
}

#[test]
fn values() {
    check(
        select::<User>()
            .columns(|u| (u.id, subquery(select::<Post>().filter(|p| p.author.eq(u.id)).columns(|p| max(p.score))))),
        expect![[]],
    );
    check(
        select::<Post>().columns(|p| p.id).filter(|p| p.score.gt(select::<Post>().columns(|q| avg(q.score)))),
        expect![[]],
    );
    check(select::<User>().columns(|u| (u.id, u.posts.count())).order_by(|u| u.posts.count().desc()), expect![[]]);
}

#[test]
fn a_copy_has_its_own_tables() {
    let all = select::<User>().columns(|u| u.id);
    check(
        all.clone().filter(|u| {
            exists(all.clone().filter(|v| v.age.gt(u.age) & exists(all.filter(|w| w.age.gt(v.age) & w.id.ne(u.id)))))
        }),
        expect![[]],
    );
    // Bound once, named twice.
    let inner = select::<Post>().columns(|p| p.author);
    filter(|u| u.id.in_(inner.clone()) | (u.id + 1).in_(inner), expect![[]]);
}
