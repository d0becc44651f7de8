//! The unit of work: objects are added, changed, moved and deleted in any order; the session finds out what to send.
//!
//! ```sh
//! cargo run --example unit_of_work                                   # SQLite, in memory
//! cargo run --example unit_of_work --features postgres postgresql://user:password@host/database
//! ```
//!
//! The tables `orders`, `lines` and `products` of the database are made anew.

use orm::prelude::*;
use std::sync::{Arc, Mutex};

#[derive(Model, Clone, Debug)]
#[orm(table = "products")]
struct Product {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    stock: i64,
}

#[derive(Model, Clone, Debug)]
#[orm(table = "orders", has_many(lines = Line::order))]
struct Order {
    #[orm(primary_key)]
    id: i64,
    #[orm(length = 40)]
    customer: String,
    #[orm(version)]
    version: i32, // another session that changed the order meanwhile is found out
}

#[derive(Model, Clone, Debug)]
#[orm(table = "lines")]
struct Line {
    #[orm(primary_key)]
    id: i64,
    #[orm(on_delete = "cascade")]
    order: Ref<Order>,
    product: Ref<Product>,
    pieces: i64,
}

fn product(name: &str, stock: i64) -> Product {
    Product { id: 0, name: name.into(), stock }
}

fn order(customer: &str) -> Order {
    Order { id: 0, customer: customer.into(), version: 0 }
}

fn line(order: Handle<Order>, product: Handle<Product>, pieces: i64) -> Line {
    Line { id: 0, order: order.into(), product: product.into(), pieces }
}

/// Takes the pieces from the stock: all of the order, or nothing of it.
fn ship(session: &mut Session, order: Handle<Order>) -> orm::Result<()> {
    session.savepoint(|session| {
        for line in session.related(order, |o| o.lines)? {
            let product = session.related(line, |l| l.product)?; // one SELECT for all lines
            session[product].stock -= session[line].pieces;
            if session[product].stock < 0 {
                return Err(Error::refused(format!("there is too little {}", session[product].name)));
            }
        }
        Ok(())
    })
}

/// The story; what it returns is how each part of it ended.
pub(crate) fn tell(engine: &Engine) -> orm::Result<Vec<String>> {
    let schema = Schema::of::<(Order, Line, Product)>();
    schema.drop_all(engine)?;
    schema.create_all(engine)?;
    let written = Arc::new(Mutex::new(Vec::new()));
    let mut session = engine.session();
    let log = Arc::clone(&written);
    session.after_flush(move |_, changes| {
        let tables = changes.iter().map(|change| format!("{:?} {}", change.operation, change.table).to_lowercase());
        log.lock().expect("nobody panics with the log").extend(tables);
        Ok(())
    });
    let mut story = Vec::new();
    let mut tell = |text: &str| {
        let mut written = written.lock().expect("nobody panics with the log");
        written.sort();
        story.push(format!("{text}: {}", if written.is_empty() { "nothing".into() } else { written.join(", ") }));
        written.clear();
    };

    // Added in any order: a line before its order has a key. INSERT products, INSERT orders, INSERT lines.
    let tea = session.add(product("tea", 10));
    let pot = session.add(product("pot", 1));
    let first = session.add(order("ann"));
    session.add_all([line(first, tea, 4), line(first, pot, 1)]);
    session.commit()?;
    tell("new objects");

    // One object for each row, however it is reached.
    let again = session.one(select::<Product>().filter(|p| p.name.eq("tea")))?;
    assert_eq!(again, tea);

    // Changes are found by comparison; what is set back is none.
    session[tea].stock = 11;
    session[pot].stock = 2;
    session[pot].stock = 1;
    session.commit()?;
    tell("a change"); // UPDATE products SET stock = ? WHERE id = ?

    // A part that fails is taken back, in the database and in the objects.
    ship(&mut session, first)?;
    let second = session.add(order("bob"));
    session.add_all([line(second, tea, 2), line(second, pot, 1)]);
    let refused = ship(&mut session, second);
    tell(&format!(
        "ann's order, and bob's ({})",
        refused.map_or_else(|error| error.to_string(), |()| "shipped".into())
    ));
    assert_eq!((session[tea].stock, session[pot].stock), (7, 0)); // ann's, and not bob's

    // A rollback takes all of it back.
    session.rollback()?;
    assert_eq!((session[tea].stock, session[pot].stock), (11, 1));
    assert_eq!(session.state(second), State::Gone(Gone::RolledBack));

    // The lines go with their order by the foreign key; the session's own objects of them follow.
    let lines = session.related(first, |o| o.lines)?;
    session.delete(first);
    session.commit()?;
    assert!(session.try_get(lines[0]).is_none());
    tell("a deletion");

    // A name that one row gives up and another takes, in one flush.
    session.delete(pot);
    session.add(product("pot", 5));
    session.commit()?;
    tell("an exchange");
    story.push(format!("in stock: {:?}", session.rows::<(String, i64), _>(stock())?));
    Ok(story)
}

fn stock() -> impl orm::Fetch<(String, i64)> {
    select::<Product>().order_by(|p| p.name).columns(|p| (p.name, p.stock))
}

fn main() -> orm::Result<()> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "sqlite::memory:".into());
    for line in tell(&orm::create_engine(&url)?)? {
        println!("{line}");
    }
    Ok(())
}
