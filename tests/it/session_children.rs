//! `on_delete = "cascade", by = "session"`: rows that the session deletes with those they refer to.

use crate::session_models::{sent, writes};
use crate::support::Db;
use orm::prelude::*;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "shops", has_many(orders = Order::shop))]
struct Shop {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "orders", has_many(lines = Line::order, papers = Paper::order))]
struct Order {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    shop: Ref<Shop>,
    paid: bool,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "order_lines")]
struct Line {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    order: Ref<Order>,
}

/// The database deletes these, and the session what hangs on them.
#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "papers", has_many(copies = Copied::paper))]
struct Paper {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    order: Ref<Order>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "copies")]
struct Copied {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    paper: Ref<Paper>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "folders", has_many(inner = Folder::outer))]
struct Folder {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade", by = "session")]
    outer: Option<Ref<Folder>>,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "rooms")]
struct Room {
    #[orm(primary_key)]
    id: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "chairs")]
struct Chair {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    room: Ref<Room>,
    broken: bool,
}

fn create(db: &Db) -> orm::Result<()> {
    Schema::of::<(Shop, Order, Line, Paper, Copied, Folder, Room, Chair)>().create_all(&db.engine)
}

/// Two shops with three orders each, and what hangs on these.
fn fill(db: &Db) -> orm::Result<()> {
    let mut session = db.engine.session();
    for shop in [1, 2].map(|_| Shop { id: 0 }) {
        let shop = session.add(shop);
        for _ in 0..3 {
            let order = session.add(Order { id: 0, shop: shop.into(), paid: false });
            session.add_all((0..2).map(|_| Line { id: 0, order: order.into() }));
            let paper = session.add(Paper { id: 0, order: order.into() });
            session.add(Copied { id: 0, paper: paper.into() });
        }
    }
    session.commit()
}

fn counts(db: &Db) -> orm::Result<[u64; 5]> {
    let mut connection = db.engine.connect()?;
    Ok([
        connection.count(select::<Shop>())?,
        connection.count(select::<Order>())?,
        connection.count(select::<Line>())?,
        connection.count(select::<Paper>())?,
        connection.count(select::<Copied>())?,
    ])
}

on_every_backend! {
    /// A bulk delete knows no objects: the database keeps a parent whose children only a session deletes.
    fn a_bulk_delete_leaves_parents_with_children(db) {
        create(db)?;
        fill(db)?;
        let mut session = db.engine.session();
        let error = session.execute(delete::<Shop>().every_row()).expect_err("there are orders");
        assert_eq!(error.kind(), ErrorKind::ForeignKeyViolation);
        session.rollback()?;
        assert_eq!(counts(db)?, [2, 6, 12, 6, 6]);
    }

    /// Rule 28: level by level, and nothing is loaded.
    fn children_and_their_children_go_with_the_parent(db) {
        create(db)?;
        fill(db)?;
        let mut session = db.engine.session();
        let shop = session.first(select::<Shop>().order_by(|s| s.id.asc()))?.expect("there are two");
        session.delete(shop);
        db.statements();
        session.flush()?;
        assert_eq!(writes(db), ["DELETE"; 4], "copies, lines, orders, the shop");
        assert_eq!(session.len(), 1, "no child was loaded");
        session.commit()?;
        assert_eq!(counts(db)?, [1, 3, 6, 3, 3]);
    }

    /// What is loaded of them is deleted, and back after a rollback.
    fn loaded_children_are_gone_with_their_rows(db) {
        create(db)?;
        fill(db)?;
        let mut session = db.engine.session();
        let shops = session.all(select::<Shop>().order_by(|s| s.id.asc()))?;
        let line = session.first(select::<Line>().order_by(|l| l.id.asc()))?.expect("there are some");
        let copied = session.first(select::<Copied>().order_by(|c| c.id.asc()))?.expect("there are some");
        let others = session.all(select::<Line>().order_by(|l| l.id.desc()).limit(6))?;
        session.delete(shops[0]);
        session.flush()?;
        assert_eq!([session.state(line), session.state(copied)], [State::Deleted; 2], "though their parents are not loaded");
        assert!(others.iter().all(|line| session.state(*line) == State::Clean));
        session.rollback()?;
        assert_eq!([session.state(line), session.state(copied)], [State::Clean; 2]);
        assert_eq!(counts(db)?, [2, 6, 12, 6, 6]);
        session.delete(shops[0]);
        session.delete(shops[1]);
        session.delete(line);
        session.commit()?;
        assert_eq!(counts(db)?, [0; 5]);
        assert_eq!(session.state(copied), State::Gone(Gone::Deleted));
    }

    /// A tree in one table, as deep as it is.
    fn a_tree_goes_from_its_leaves(db) {
        create(db)?;
        let mut session = db.engine.session();
        let root = session.add(Folder { id: 0, outer: None });
        let other = session.add(Folder { id: 0, outer: None });
        for top in [root, other] {
            let mut outer = top;
            for _ in 0..4 {
                session.add(Folder { id: 0, outer: outer.into() });
                outer = session.add(Folder { id: 0, outer: outer.into() });
            }
        }
        session.commit()?;
        session.clear();
        let root = session.first(select::<Folder>().order_by(|f| f.id.asc()))?.expect("the first");
        session.delete(root);
        db.statements();
        session.commit()?;
        let deletes = sent(db, "DELETE");
        assert_eq!(deletes.len(), 5, "one for each level: {deletes:?}");
        assert_eq!(session.count(select::<Folder>())?, 9);
        // A row in the middle that is to be deleted as well.
        let all = session.all(select::<Folder>().order_by(|f| f.id.asc()))?;
        session.delete(all[0]);
        session.delete(all[2]);
        session.commit()?;
        assert_eq!(session.count(select::<Folder>())?, 0);
    }

    /// A child that leaves survives, and one that was changed goes all the same, whoever deletes it.
    fn changed_children_go_and_moved_ones_stay(db) {
        create(db)?;
        fill(db)?;
        let mut session = db.engine.session();
        let shops = session.all(select::<Shop>().order_by(|s| s.id.asc()))?;
        let orders = session.all(select::<Order>().filter(|o| o.shop.eq(shops[0])).order_by(|o| o.id.asc()))?;
        session[orders[0]].shop = shops[1].into();
        session[orders[1]].paid = true;
        session.delete(shops[0]);
        session.commit()?;
        assert_eq!(counts(db)?, [1, 4, 8, 4, 4]);
        assert_eq!(session.state(orders[0]), State::Clean);
        assert_eq!(session.state(orders[1]), State::Gone(Gone::Deleted));
        let (room, kept) = (session.add(Room { id: 0 }), session.add(Room { id: 0 }));
        let chairs = session.add_all([room, room, kept].map(|room| Chair { id: 0, room: room.into(), broken: false }));
        session.commit()?;
        for chair in &chairs {
            session[*chair].broken = true;
        }
        session.delete(room);
        session.commit()?;
        let left: Vec<Chair> = db.engine.connect()?.all(select::<Chair>())?;
        assert_eq!(left, [session[chairs[2]].clone()]);
        assert!(left[0].broken);
        assert_eq!(session.state(chairs[0]), State::Gone(Gone::Deleted));
    }
}
