//! Values that a database cannot hold exactly: a typed error before anything is lost.

use super::kept::{f32s, f64s, texts, u64s};
use super::*;
use crate::support::Backend;

on_every_backend! {
    fn infinities_and_negative_zero(db) {
        Schema::of::<f64s::Holder>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        for value in [f64::INFINITY, f64::NEG_INFINITY] {
            let result = connection.execute(insert(&f64s::row(1, &value)));
            match db.backend {
                Backend::Mariadb | Backend::Mysql => refuse(result, ErrorKind::InvalidValue),
                Backend::Sqlite | Backend::Postgres => {
                    result?;
                    let found: f64 = connection.one(select::<f64s::Holder>().columns(|row| row.value))?;
                    assert_eq!(found, value);
                    assert_eq!(connection.count(select::<f64s::Holder>().filter(|row| row.value.eq(value)))?, 1);
                    connection.execute(delete::<f64s::Holder>().every_row())?;
                }
            }
        }
        connection.execute(insert(&f64s::row(2, &-0.0)))?;
        let found: f64 = connection.one(select::<f64s::Holder>().columns(|row| row.value))?;
        assert_eq!(found, 0.0);
        // SQLite keeps a whole number of a REAL column as an integer (https://www.sqlite.org/datatype3.html section 2), and
        // MariaDB drops the sign too. The two zeros are equal in SQL everywhere.
        let keeps_sign = matches!(db.backend, Backend::Postgres | Backend::Mysql);
        assert_eq!(found.is_sign_negative(), keeps_sign, "{found}");
        assert_eq!(connection.count(select::<f64s::Holder>().filter(|row| row.value.eq(0.0)))?, 1);
    }

    fn nan_is_kept_or_refused(db) {
        Schema::of::<f64s::Holder>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let result = connection.execute(insert(&f64s::row(1, &f64::NAN)));
        if db.backend == Backend::Postgres {
            result?;
            let found: Holders = connection.all(select::<f64s::Holder>().columns(|row| (row.id, row.value)))?;
            assert!(found.len() == 1 && found[0].1.is_nan());
            return Ok(());
        }
        refuse(result, ErrorKind::InvalidValue);
        assert_eq!(connection.count(select::<f64s::Holder>())?, 0);
        let mut session = db.engine.session();
        session.add(f64s::row(1, &f64::NAN));
        refuse(session.commit(), ErrorKind::InvalidValue);
        session.rollback()?;
        assert_eq!(session.count(select::<f64s::Holder>())?, 0);
    }

    fn nan_of_f32_is_kept_or_refused(db) {
        Schema::of::<f32s::Holder>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            match (connection.execute(insert(&f32s::row(1, &value))), db.backend, value.is_nan()) {
                (result, Backend::Postgres, _) | (result, Backend::Sqlite, false) => {
                    result?;
                    let found: f32 = connection.one(select::<f32s::Holder>().columns(|row| row.value))?;
                    assert!(found == value || found.is_nan() && value.is_nan(), "{found} was {value}");
                    connection.execute(delete::<f32s::Holder>().every_row())?;
                }
                (result, ..) => refuse(result, ErrorKind::InvalidValue),
            }
        }
    }

    fn u64_above_the_database_is_refused(db) {
        if db.engine.connect()?.dialect().types.u64 == "BIGINT UNSIGNED" {
            return Ok(()); // holds them all
        }
        Schema::of::<u64s::Holder>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        for value in [i64::MAX as u64 + 1, u64::MAX] {
            refuse(connection.execute(insert(&u64s::row(1, &value))), ErrorKind::OutOfRange);
            let found = connection.count(select::<u64s::Holder>().filter(|row| row.value.eq(value)));
            refuse(found, ErrorKind::OutOfRange);
            let mut session = db.engine.session();
            session.add(u64s::row(1, &value));
            refuse(session.commit(), ErrorKind::OutOfRange);
        }
        assert_eq!(connection.count(select::<u64s::Holder>())?, 0);
    }

    /// Case 41.
    fn nul_in_a_text_is_kept_or_refused(db) {
        Schema::of::<texts::Holder>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        let value = "a\0b".to_owned();
        let result = connection.execute(insert(&texts::row(1, &value)));
        if db.backend == Backend::Postgres {
            refuse(result, ErrorKind::InvalidValue);
            refuse(
                connection.count(select::<texts::Holder>().filter(|row| row.value.eq(&value))),
                ErrorKind::InvalidValue,
            );
            assert_eq!(connection.count(select::<texts::Holder>())?, 0);
            return Ok(());
        }
        result?;
        let found: String =
            connection.one(select::<texts::Holder>().filter(|row| row.value.eq(&value)).columns(|row| row.value))?;
        assert_eq!(found, value);
        assert_eq!(connection.count(select::<texts::Holder>().filter(|row| row.value.eq("a")))?, 0);
    }

    fn what_does_not_fit_the_rust_type_is_a_decode_error(db) {
        let mut connection = db.engine.connect()?;
        refuse(connection.all::<i8, _>(sql("SELECT 300")), ErrorKind::Decode);
        refuse(connection.all::<u8, _>(sql("SELECT -1")), ErrorKind::Decode);
        refuse(connection.all::<u64, _>(sql("SELECT -1")), ErrorKind::Decode);
        refuse(connection.all::<i64, _>(sql("SELECT NULL")), ErrorKind::Decode);
        refuse(connection.all::<i64, _>(sql("SELECT 'x'")), ErrorKind::Decode);
        refuse(connection.all::<bool, _>(sql("SELECT 7")), ErrorKind::Decode);
        let error = connection.all::<(i64, i32), _>(sql("SELECT 1, 3000000000")).expect_err("more than 31 bits");
        assert!(error.to_string().contains("column 2"), "{error}");
        assert_eq!(connection.all::<i64, _>(sql("SELECT 7"))?, [7], "the connection is still of use");
    }
}

type Holders = Vec<(i64, f64)>;

#[track_caller]
fn refuse<T: std::fmt::Debug>(result: orm::Result<T>, kind: ErrorKind) {
    let error = result.expect_err("the value cannot be held");
    assert_eq!(error.kind(), kind, "{error}");
}
