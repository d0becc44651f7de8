//! Every column type at its extremes: written and read by a connection and by a session, compared and sorted by the database.

mod external;
mod kept;
mod refused;
mod shapes;

use crate::support::Db;
use orm::prelude::*;
use orm::{Difference, Record};

/// The columns in which two rows differ, floats by their bits.
pub(crate) fn difference<M: Record>(one: &M, other: &M) -> Vec<usize> {
    let mut difference = Difference::default();
    one.diff(other, &mut difference);
    difference.columns
}

/// Writes rows by a connection, then by a session, and reads them back in both ways.
#[track_caller]
pub(crate) fn round_trip<M: Model + std::fmt::Debug>(db: &Db, rows: &[M]) -> orm::Result<()> {
    Schema::of::<M>().create_all(&db.engine)?;
    let mut connection = db.engine.connect()?;
    let same = |found: &M, row: &M| assert_eq!(difference(found, row), [0; 0], "{found:?} was {row:?}");
    for by_session in [false, true] {
        if by_session {
            connection.execute(delete::<M>().every_row())?;
            let mut session = db.engine.session();
            session.add_all(rows.iter().cloned());
            session.commit()?;
        } else {
            assert_eq!(connection.execute(insert(rows))?, rows.len() as u64);
        }
        let found: Vec<M> = connection.all(select::<M>())?;
        assert_eq!(found.len(), rows.len());
        let mut session = db.engine.session();
        for row in rows {
            let key = row.key_of().expect("the test gives its keys");
            let plain = found.iter().find(|found| found.key_of().as_ref() == Some(&key)).expect("the row is there");
            same(plain, row);
            let handle = session.get::<M>(key)?.expect("the row is there");
            same(&session[handle], row);
        }
        session.commit()?;
    }
    Ok(())
}

/// Defines a model of one column type and a `check` of its values, which must be given in ascending order.
macro_rules! column_type {
    ($name:ident: $t:ty) => {
        pub(crate) mod $name {
            use super::*;

            #[derive(Model, Clone, Debug, PartialEq)]
            #[orm(table = "holder")]
            pub(crate) struct Holder {
                #[orm(primary_key, generated = false)]
                pub(crate) id: i64,
                pub(crate) value: $t,
                pub(crate) maybe: Option<$t>,
                pub(crate) auto: Auto<$t>,
            }

            #[allow(clippy::ptr_arg)] // the type is the macro's
            pub(crate) fn row(id: i64, value: &$t) -> Holder {
                let maybe = (id % 2 == 1).then(|| value.clone());
                Holder { id, value: value.clone(), maybe, auto: Auto::Set(value.clone()) }
            }

            #[allow(dead_code)]
            /// Round trips, and comparisons in SQL that must agree with the order of the values given.
            pub(crate) fn check(db: &Db, values: &[$t]) -> orm::Result<()> {
                let rows: Vec<Holder> = (1..).zip(values).map(|(id, value)| row(id, value)).collect();
                round_trip(db, &rows)?;
                let mut connection = db.engine.connect()?;
                let mut ids = |query: Query<Holder>| -> orm::Result<Vec<i64>> {
                    connection.all(query.order_by(|row| row.value.asc()).columns(|row| row.id))
                };
                let count = values.len() as i64;
                let all: Vec<i64> = (1..=count).collect();
                assert_eq!(ids(select())?, all, "in order");
                assert_eq!(ids(select::<Holder>().filter(|row| row.value.in_(values)))?, all, "in all");
                assert_eq!(ids(select::<Holder>().filter(|row| row.value.same(row.auto)))?, all, "the same");
                let with_value: Vec<i64> = all.iter().copied().filter(|id| id % 2 == 1).collect();
                assert_eq!(ids(select::<Holder>().filter(|row| row.maybe.eq(row.value)))?, with_value);
                assert_eq!(ids(select::<Holder>().filter(|row| row.maybe.eq(None)))?.len() as i64, count / 2);
                for (id, value) in all.iter().copied().zip(values) {
                    let at = id as usize;
                    assert_eq!(ids(select::<Holder>().filter(|row| row.value.eq(value)))?, [id], "eq {value:?}");
                    assert_eq!(ids(select::<Holder>().filter(|row| row.value.in_([value])))?, [id], "in {value:?}");
                    assert_eq!(ids(select::<Holder>().filter(|row| row.value.ne(value)))?.len() as i64, count - 1);
                    assert_eq!(ids(select::<Holder>().filter(|row| row.value.gt(value)))?, all[at..], "gt {value:?}");
                    assert_eq!(ids(select::<Holder>().filter(|row| row.value.le(value)))?, all[..at], "le {value:?}");
                    let between = select::<Holder>().filter(|row| row.value.between(value, &values[values.len() - 1]));
                    assert_eq!(ids(between)?, all[at - 1..], "between {value:?} and the last");
                }
                assign(&mut connection, values)
            }

            #[allow(dead_code)]
            /// Values travel in assignments and upserts too.
            fn assign(connection: &mut Connection, values: &[$t]) -> orm::Result<()> {
                for value in values {
                    let set = update::<Holder>().set(|row| (row.value.to(value), row.maybe.to(None)));
                    assert_eq!(connection.execute(set.filter(|row| row.id.eq(1)))?, 1);
                    let found: Holder = connection.one(select::<Holder>().filter(|row| row.id.eq(1)))?;
                    let expected = Holder { id: 1, value: value.clone(), maybe: None, auto: found.auto.clone() };
                    assert_eq!(difference(&found, &expected), [0; 0], "{value:?} was assigned");
                    let replace =
                        insert(&expected).on_conflict(|row| row.id).do_update(|row, new| row.maybe.to(new.value));
                    connection.execute(replace)?;
                    let found: Holder = connection.one(select::<Holder>().filter(|row| row.id.eq(1)))?;
                    assert_eq!(found.maybe.as_ref(), Some(value), "{value:?} was upserted");
                }
                Ok(())
            }

            /// The least and the greatest.
            #[allow(dead_code)]
            pub(crate) fn check_ends(db: &Db, values: &[$t]) -> orm::Result<()> {
                let mut connection = db.engine.connect()?;
                connection.execute(delete::<Holder>().every_row())?;
                let rows: Vec<Holder> = (1..).zip(values).map(|(id, value)| row(id, value)).collect();
                connection.execute(insert(&rows))?;
                let ends: Vec<(Option<$t>, Option<$t>)> =
                    connection.all(select::<Holder>().columns(|row| (min(row.value), max(row.value))))?;
                assert_eq!(ends, [(values.first().cloned(), values.last().cloned())]);
                Ok(())
            }
        }
    };
}
pub(crate) use column_type;
