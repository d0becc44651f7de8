//! Relations of a session's objects that are easily mixed up: to the own table, several to one model, by composite keys.

use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "categories", has_many(children = Category::parent))]
struct Category {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 20)]
    name: String,
    parent: Option<Ref<Category>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "people", has_many(written = Article::author, edited = Article::editor))]
struct Person {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "articles")]
struct Article {
    #[orm(primary_key)]
    id: i64,
    author: Ref<Person>,
    editor: Option<Ref<Person>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "seats", primary_key(line, place), has_many(tickets = Ticket::seat))]
struct Seat {
    line: i32,
    #[orm(length = 10)]
    place: String,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "tickets")]
struct Ticket {
    #[orm(primary_key)]
    id: i64,
    seat: Ref<Seat>,
    other: Option<Ref<Seat>>,
}

fn category(name: &str, parent: Option<Ref<Category>>) -> Category {
    Category { id: 0, name: name.into(), parent }
}

fn seat(line: i32, place: &str) -> Seat {
    Seat { line, place: place.into() }
}

on_every_backend! {
    /// Case 25: down to a given depth, and up again.
    fn a_tree_is_loaded_to_a_depth(db) {
        Schema::of::<(Category,)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let root = session.add(category("root", None));
        let inner = session.add_all(["a", "b"].map(|name| category(name, root.into())));
        let leaves = session.add_all(["a1", "a2"].map(|name| category(name, inner[0].into())));
        session.add(category("a1x", leaves[0].into()));
        session.commit()?;
        session.clear();
        db.statements();
        let trees: Vec<(Category, Vec<(Category, Vec<Category>)>)> = session.rows(
            select::<Category>()
                .filter(|c| c.parent.is_null())
                .with(|c| c.children.with(|c| c.children.order_by(|c| c.name)).order_by(|c| c.name)),
        )?;
        assert_eq!(db.statements().len(), 3, "one for each level");
        assert_eq!(trees.len(), 1);
        let shape: Vec<(&str, Vec<&str>)> = trees[0]
            .1
            .iter()
            .map(|(inner, leaves)| (inner.name.as_str(), leaves.iter().map(|leaf| leaf.name.as_str()).collect()))
            .collect();
        assert_eq!(shape, [("a", vec!["a1", "a2"]), ("b", vec![])]);
        let names = |session: &Session, handles: &[Handle<Category>]| {
            handles.iter().map(|handle| session[*handle].name.clone()).collect::<Vec<_>>()
        };
        let root = session.one(select::<Category>().filter(|c| c.parent.is_null()))?;
        let inner = session.related(root, |c| c.children)?;
        assert_eq!(names(&session, &inner), ["a", "b"]);
        db.statements();
        let leaves = [session.related(inner[0], |c| c.children)?, session.related(inner[1], |c| c.children)?];
        assert_eq!(db.statements().len(), 1, "one for all of a level");
        assert_eq!((names(&session, &leaves[0]), leaves[1].len()), (vec!["a1".into(), "a2".into()], 0));
        let (first, leaf) = (inner[0], leaves[0][0]);
        // Lazily, one statement for all of a level; and up by the references.
        let x = session.related(leaf, |c| c.children)?;
        assert_eq!(session[x[0]].name, "a1x");
        db.statements();
        let mut at = x[0];
        let mut path = vec![session[at].name.clone()];
        while let Some(parent) = session.get(session[at].parent)? {
            at = parent;
            path.push(session[at].name.clone());
        }
        assert_eq!(path, ["a1x", "a1", "a", "root"]);
        assert_eq!((at, db.statements()), (root, vec![]), "all of them are there");
        // A branch that is moved is in the other collection.
        assert_eq!(session.related(root, |c| c.children)?.len(), 2);
        session[leaf].parent = root.into();
        session.flush()?;
        assert_eq!(session.related(root, |c| c.children)?.len(), 3);
        assert_eq!(session.related(first, |c| c.children)?.len(), 1);
    }

    /// Case 26.
    fn two_relations_to_one_model_are_two(db) {
        Schema::of::<(Person, Article)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        let (ann, bob) = (session.add(Person { id: 0 }), session.add(Person { id: 0 }));
        let one = session.add(Article { id: 0, author: ann.into(), editor: bob.into() });
        let two = session.add(Article { id: 0, author: bob.into(), editor: None });
        let own = session.add(Article { id: 0, author: ann.into(), editor: ann.into() });
        session.commit()?;
        assert_eq!(session.related(ann, |p| p.written)?, [one, own]);
        assert_eq!(session.related(ann, |p| p.edited)?, [own]);
        assert_eq!(session.related(bob, |p| p.written)?, [two]);
        assert_eq!(session.related(bob, |p| p.edited)?, [one]);
        assert_eq!((session.get(session[one].author)?, session.get(session[one].editor)?), (Some(ann), Some(bob)));
        assert_eq!(session.get(session[two].editor)?, None);
        let people = session.all(select::<Person>().order_by(|p| p.id).with(|p| p.written).with(|p| p.edited))?;
        assert_eq!(people, [ann, bob]);
        let rows: Vec<(Person, Vec<Article>, Vec<Article>)> =
            session.rows(select::<Person>().order_by(|p| p.id).with(|p| p.written).with(|p| p.edited))?;
        assert_eq!(rows.iter().map(|(_, written, edited)| (written.len(), edited.len())).collect::<Vec<_>>(), [(2, 1), (1, 1)]);
        let found = session.all(select::<Article>().join(|a| a.author).join(|(a, _)| a.editor).filter(|(_, author, editor)| author.id.ne(editor.id)))?;
        assert_eq!(found, [one]);
        session[one].editor = ann.into();
        session.flush()?;
        assert_eq!((session.related(ann, |p| p.edited)?.len(), session.related(bob, |p| p.edited)?.len()), (2, 0));
    }

    /// Case 27: keys of two columns in references, relations, `get` and `in_`.
    fn composite_keys_are_keys_like_others(db) {
        Schema::of::<(Seat, Ticket)>().create_all(&db.engine)?;
        let mut session = db.engine.session();
        // The same texts in other lines: a key is found by both of its columns.
        let seats = session.add_all([seat(1, "a"), seat(1, "b"), seat(2, "a")]);
        let first = session.add(Ticket { id: 0, seat: seats[1].into(), other: seats[2].into() });
        let second = session.add(Ticket { id: 0, seat: (2, "a".to_owned()).into(), other: None });
        session.commit()?;
        assert_eq!(session[first].seat.key(), Some(&(1, "b".to_owned())));
        assert_eq!(session.get::<Seat>((2, "a".to_owned()))?, Some(seats[2]));
        assert_eq!(session.get::<Seat>((2, "b".to_owned()))?, None);
        assert_eq!(session.get(session[second].seat.clone())?, Some(seats[2]));
        session.all(select::<Seat>().order_by(|s| (s.line, s.place)))?;
        db.statements();
        assert_eq!(session.related(seats[0], |s| s.tickets)?, []);
        assert_eq!(session.related(seats[1], |s| s.tickets)?, [first]);
        assert_eq!(session.related(seats[2], |s| s.tickets)?, [second]);
        assert_eq!(db.statements().len(), 1);
        let tickets = session.all(select::<Ticket>().order_by(|t| t.id).with(|t| t.seat).with(|t| t.other))?;
        assert_eq!(tickets, [first, second]);
        let rows: Vec<(Ticket, Seat, Option<Seat>)> =
            db.engine.connect()?.all(select::<Ticket>().order_by(|t| t.id).with(|t| t.seat).with(|t| t.other))?;
        assert_eq!(rows.into_iter().map(|(_, seat, other)| (seat, other)).collect::<Vec<_>>(), [(seat(1, "b"), Some(seat(2, "a"))), (seat(2, "a"), None)]);
        let of = |seats: &[Handle<Seat>]| select::<Ticket>().filter(|t| t.seat.in_(seats.to_vec())).order_by(|t| t.id);
        assert_eq!(session.all(of(&seats))?, [first, second]);
        assert_eq!(session.all(of(&seats[..2]))?, [first]);
        assert_eq!(session.all(select::<Ticket>().filter(|t| t.other.eq(seats[2])))?, [first]);
        session[second].other = seats[0].into();
        session[first].other = None;
        session.commit()?;
        let rows: Vec<Ticket> = db.engine.connect()?.all(select::<Ticket>().order_by(|t| t.id))?;
        assert_eq!(rows[1].other.as_ref().and_then(Ref::key), Some(&(1, "a".to_owned())));
        assert_eq!(rows[0].other, None);
    }
}
