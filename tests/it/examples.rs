//! The examples that tell a story, on every backend: their answers are the same everywhere.

#[path = "../../examples/audit_log.rs"]
#[allow(dead_code)] // their `main` opens a database of its own
mod audit_log;
#[path = "../../examples/relations.rs"]
#[allow(dead_code)]
mod relations;
#[path = "../../examples/unit_of_work.rs"]
#[allow(dead_code)]
mod unit_of_work;

on_every_backend! {
    fn audit(db) {
        assert_eq!(audit_log::tell(&db.engine)?, [
            "alice: Insert articles 1: title - -> Lamp",
            "alice: Insert articles 1: price - -> 30",
            "bob: Update articles 1: price 30 -> 25",
            "bob: Delete articles 1: title Lamp -> -",
            "bob: Delete articles 1: price 25 -> -",
        ]);
    }

    fn work(db) {
        assert_eq!(unit_of_work::tell(&db.engine)?, [
            "new objects: insert lines, insert lines, insert orders, insert products, insert products",
            "a change: update products",
            "ann's order, and bob's (there is too little pot): insert lines, insert lines, insert orders, update products, \
             update products, update products",
            "a deletion: delete orders",
            "an exchange: delete products, insert products",
            r#"in stock: [("pot", 5), ("tea", 11)]"#,
        ]);
    }

    fn relation(db) {
        assert_eq!(relations::tell(&db.engine)?, [
            "Dusk by Ann with Bob and Cyd",
            "Dawn by Ann with Cyd",
            "Ann directed 2 and plays in 0",
            "Bob directed 0 and plays in 1",
            "Cyd directed 0 and plays in 2",
            "in Dawn: Cyd a cook",
            "in Dusk: Bob a stranger, Cyd the widow",
            "2 people only play",
            "film noir < crime < fiction",
            "2 films are noir; 2 are tagged, then 1",
        ]);
    }
}
