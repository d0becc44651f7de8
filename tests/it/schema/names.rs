//! Names that need quoting, everywhere a name can stand.

use super::*;
use crate::support::Db;
use crate::types::round_trip;

/// `odd!(module, "table", "column", "column", "column")`: a model whose names are all odd, and `check`, which uses them all.
macro_rules! odd {
    ($module:ident, $table:literal, $one:literal, $two:literal, $three:literal) => {
        mod $module {
            use super::*;

            #[derive(Model, Clone, Debug, PartialEq)]
            #[orm(table = $table, index(select, from), has_many(children = Self::parent))]
            struct Odd {
                #[orm(primary_key, column = $one)]
                id: i64,
                #[orm(column = $two, length = 30, index)]
                select: String,
                #[orm(column = $three)]
                from: Option<i32>,
                #[orm(on_delete = "cascade")]
                parent: Option<Ref<Odd>>,
            }

            fn odd(id: i64, select: &str, from: Option<i32>, parent: Option<i64>) -> Odd {
                Odd { id, select: select.into(), from, parent: parent.map(Ref::from) }
            }

            pub(super) fn check(db: &Db) -> orm::Result<()> {
                let schema = Schema::of::<Odd>();
                schema.create_all(&db.engine)?;
                change(db)?; // before others give keys that a sequence does not know of
                round_trip(
                    db,
                    &[odd(1, "a", Some(5), None), odd(2, "b", None, Some(1)), odd(3, "c", Some(7), Some(1))],
                )?;
                schema.create_all(&db.engine)?;
                assert_eq!(schema.verify(&db.engine)?, []);
                let mut connection = db.engine.connect()?;
                read(&mut connection)?;
                write(&mut connection)?;
                assert_eq!(connection.execute(delete::<Odd>().filter(|odd| odd.id.eq(1)))?, 1);
                assert_eq!(connection.count(select::<Odd>().filter(|odd| odd.id.ne(3)))?, 0, "deleting cascades");
                drop(connection);
                schema.drop_all(&db.engine)
            }

            fn read(connection: &mut Connection) -> orm::Result<()> {
                let query = select::<Odd>()
                    .left_join(|odd| odd.parent)
                    .filter(|(odd, parent)| odd.select.ne("c") & (parent.from.eq(5) | parent.from.is_null()))
                    .order_by(|(odd, parent)| {
                        (parent.select.desc().nulls_last(), odd.from.asc().nulls_first(), odd.id)
                    });
                let found: Vec<(i64, Option<String>)> =
                    connection.all(query.columns(|(odd, parent)| (odd.id, parent.select)))?;
                assert_eq!(found, [(2, Some("a".to_owned())), (1, None)]);
                let totals = select::<Odd>()
                    .group_by(|odd| odd.from)
                    .having(|odd| count(odd.id).ge(1))
                    .order_by(|odd| odd.from.asc().nulls_first())
                    .columns(|odd| (odd.from, count(odd.id)));
                let found: Vec<(Option<i32>, i64)> = connection.all(totals)?;
                assert_eq!(found, [(None, 1), (Some(5), 1), (Some(7), 1)]);
                let parents = select::<Odd>().filter(|odd| odd.children.any(|child| child.from.gt(6)));
                assert_eq!(connection.count(parents)?, 1);
                Ok(())
            }

            fn write(connection: &mut Connection) -> orm::Result<()> {
                let set = update::<Odd>().set(|odd| (odd.from.to(odd.from + 1), odd.select.to("z")));
                assert_eq!(connection.execute(set.filter(|odd| odd.select.eq("c")))?, 1);
                let row = odd(3, "z", Some(8), None);
                let upsert = insert(&row).on_conflict(|odd| odd.id);
                let sum = upsert.do_update(|odd, new| (odd.from.to(new.from + odd.from), odd.parent.to(new.parent)));
                connection.execute(sum)?;
                let found: Odd = connection.one(select::<Odd>().filter(|odd| odd.from.eq(16)))?;
                assert_eq!((found.id, found.select.as_str(), found.parent), (3, "z", None));
                Ok(())
            }

            /// What a session writes: many rows inserted with generated keys, updated and deleted at once.
            fn change(db: &Db) -> orm::Result<()> {
                let mut session = db.engine.session();
                let rows = session.add_all((10..15).map(|n| odd(0, &format!("new {n}"), Some(n), None)));
                session.commit()?;
                for row in &rows {
                    session[*row].from = session[*row].from.map(|from| from * 2);
                }
                session.commit()?;
                assert_eq!(session.count(select::<Odd>().filter(|odd| odd.from.ge(20)))?, 5);
                for row in rows {
                    session.delete(row);
                }
                session.commit()
            }
        }
    };
}

odd!(reserved, "order", "primary", "group", "references");
odd!(cased, "MixedCase", "ID", "camelCase", "UPPER");
odd!(spaced, "a table", "the key", " leading and inner", "tab\there");
odd!(quoted, "it's \"quoted\" `thrice`", "i\"d", "a`b", "'single' [brackets]");
odd!(foreign, "Größe_таблица_表", "schlüssel", "naïve", "列");
odd!(marks, "a :b ?1 $1 %s -- x; /* y */", ":id", "what?", "$1 \\ % :: {name}");

on_every_backend! {
    /// Case 40.
    fn reserved_words_are_names(db) {
        reserved::check(db)?;
    }
    fn case_is_kept(db) {
        cased::check(db)?;
    }
    fn spaces_are_kept(db) {
        spaced::check(db)?;
    }
    fn quotes_are_kept(db) {
        quoted::check(db)?;
    }
    fn letters_of_all_scripts_are_kept(db) {
        foreign::check(db)?;
    }
    fn marks_of_parameters_and_comments_are_kept(db) {
        marks::check(db)?;
    }
}
