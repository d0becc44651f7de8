//! COPY on PostgreSQL: models in, raw data in and out, and errors in every place.

use crate::support::{Backend, Db};
use orm::prelude::*;
use std::io::{self, Read, Write};

#[derive(SqlEnum, Clone, Copy, Debug, PartialEq)]
enum Kind {
    Small,
    Large,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "copied \"things\"")]
struct Thing {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique)]
    name: String,
    short: i16,
    ratio: f32,
    kind: Kind,
    #[orm(precision = 12, scale = 3)]
    price: rust_decimal::Decimal,
    day: Option<time::Date>,
    at: time::OffsetDateTime,
    data: Vec<u8>,
    tags: Vec<String>,
    document: serde_json::Value,
    number: uuid::Uuid,
    level: Auto<i32>,
}

fn thing(number: i64) -> Thing {
    Thing {
        id: 0,
        name: format!("thing {number} \\ \t \n é"),
        short: (number % 100) as i16 - 50,
        ratio: number as f32 / 4.0,
        kind: if number % 2 == 0 { Kind::Small } else { Kind::Large },
        price: rust_decimal::Decimal::new(number * 1001, 3),
        day: (number % 3 == 0).then(|| time::Date::from_ordinal_date(2020, 60).unwrap()),
        at: time::OffsetDateTime::from_unix_timestamp(number * 86_400).unwrap(),
        data: vec![0, 255, number as u8],
        tags: vec!["a,b".into(), "\"".into()],
        document: serde_json::json!({ "number": number }),
        number: uuid::Uuid::from_u128(number as u128),
        level: Auto::Set(number as i32),
    }
}

/// The tables are made; `None` on databases without COPY, which say so.
fn copying(db: &Db) -> orm::Result<Option<Connection>> {
    let mut connection = db.engine.connect()?;
    if db.backend == Backend::Postgres {
        Schema::of::<Thing>().create_all(&db.engine)?;
        return Ok(Some(connection));
    }
    assert_eq!(connection.copy_in::<Thing>([thing(1)]).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(connection.copy_in_raw("COPY t FROM STDIN", io::empty()).unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(connection.copy_out_raw("COPY t TO STDOUT", io::sink()).unwrap_err().kind(), ErrorKind::Unsupported);
    Ok(None)
}

fn all(connection: &mut Connection) -> orm::Result<Vec<Thing>> {
    connection.all(select::<Thing>().order_by(|t| t.id))
}

/// A reader that fails after some bytes.
struct Breaks(usize);

impl Read for Breaks {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("the disk is gone"));
        }
        self.0 -= 1;
        into[..8].copy_from_slice(b"1\tx\t2\t3\n");
        Ok(8)
    }
}

/// A writer that takes some bytes.
struct Fills(usize);

impl Write for Fills {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self.0.checked_sub(from.len()) {
            Some(left) => {
                self.0 = left;
                Ok(from.len())
            }
            None => Err(io::Error::other("the disk is full")),
        }
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

on_every_backend! {
    fn models_arrive_as_they_are(db) {
        let Some(mut connection) = copying(db)? else { return Ok(()) };
        assert_eq!(connection.copy_in::<Thing>(Vec::<Thing>::new())?, 0);
        assert_eq!(connection.copy_in::<Thing>((1..=5000).map(thing))?, 5000);
        let things = all(&mut connection)?;
        assert_eq!(things.len(), 5000);
        for (number, there) in (1..).zip(&things) {
            assert_eq!(there, &Thing { id: there.id, ..thing(number) });
        }
        // By reference, with keys of their own, and the default of the table.
        let own: Vec<Thing> = (0..3).map(|number| Thing { id: 10_000 + number, ..thing(6000 + number) }).collect();
        assert_eq!(connection.copy_in::<Thing>(&own)?, 3);
        assert_eq!(connection.one::<Thing, _>(select::<Thing>().filter(|t| t.id.eq(10_001)))?, own[1]);
        // In a transaction it is part of it.
        let mut transaction = connection.begin()?;
        assert_eq!(transaction.copy_in::<Thing>([thing(7000)])?, 1);
        transaction.rollback()?;
        assert_eq!(connection.count(select::<Thing>())?, 5003);
    }

    fn errors_leave_the_connection_usable_and_nothing_written(db) {
        let Some(mut connection) = copying(db)? else { return Ok(()) };
        let number: i64 = connection.one(sql("SELECT pg_backend_pid()::bigint"))?;
        connection.copy_in::<Thing>([thing(1)])?;

        // The server's refusal, in the middle of very many.
        let error = connection.copy_in::<Thing>((2..20_000).map(|at| thing(if at == 500 { 1 } else { at }))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UniqueViolation);
        assert_eq!(error.constraint(), Some("copied \"things\"_name_key"));
        // A row that does not fit, a row with other columns, and a panic of the iterator.
        let mut wrong: Vec<Thing> = (10..20).map(thing).collect();
        wrong[7].name = "a\0b".into();
        assert_eq!(connection.copy_in::<Thing>(&wrong).unwrap_err().kind(), ErrorKind::InvalidValue);
        wrong[7] = Thing { id: 77, ..thing(17) };
        assert_eq!(connection.copy_in::<Thing>(&wrong).unwrap_err().kind(), ErrorKind::Misuse);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            connection.copy_in::<Thing>((30..40).map(|at| if at == 35 { panic!("of the test") } else { thing(at) }))
        }));
        assert!(panicked.is_err());
        assert_eq!(all(&mut connection)?.len(), 1);
        assert_eq!(connection.one::<i64, _>(sql("SELECT pg_backend_pid()::bigint"))?, number, "it is the same connection");

        // In a transaction the error fails it, and a savepoint saves the rest.
        let mut transaction = connection.begin()?;
        transaction.copy_in::<Thing>([thing(50)])?;
        let mut savepoint = transaction.begin()?;
        assert!(savepoint.copy_in::<Thing>([thing(51), thing(1)]).is_err());
        assert_eq!(savepoint.count(select::<Thing>()).unwrap_err().kind(), ErrorKind::TransactionFailed);
        savepoint.rollback()?;
        let mut savepoint = transaction.begin()?;
        assert_eq!(savepoint.copy_in::<Thing>(&wrong).unwrap_err().kind(), ErrorKind::Misuse);
        savepoint.rollback()?;
        transaction.commit()?;
        assert_eq!(all(&mut connection)?.len(), 2);
    }

    fn raw_data_go_in_and_out(db) {
        let Some(mut connection) = copying(db)? else { return Ok(()) };
        connection.execute(sql("CREATE TABLE raw (a INTEGER PRIMARY KEY, b TEXT)"))?;
        let lines: String = (0..50_000).map(|at| format!("{at}\tline {at}\n")).collect();
        assert_eq!(connection.copy_in_raw("COPY raw FROM STDIN", lines.as_bytes())?, 50_000);
        let mut out = Vec::new();
        let bytes = connection.copy_out_raw("COPY (SELECT * FROM raw ORDER BY a) TO STDOUT", &mut out)?;
        assert_eq!((bytes, String::from_utf8(out).unwrap()), (lines.len() as u64, lines));
        assert_eq!(connection.copy_in_raw("copy raw FROM STDIN (FORMAT csv)", io::empty())?, 0);
        assert_eq!(connection.copy_out_raw("COPY (SELECT 1 WHERE false) TO STDOUT", io::sink())?, 0);
    }

    fn raw_errors_leave_the_connection_usable(db) {
        let Some(mut connection) = copying(db)? else { return Ok(()) };
        connection.execute(sql("CREATE TABLE raw (a INTEGER PRIMARY KEY, b TEXT)"))?;
        let number: i64 = connection.one(sql("SELECT pg_backend_pid()::bigint"))?;
        let kind = |result: orm::Result<u64>| result.unwrap_err().kind();
        assert_eq!(kind(connection.copy_in_raw("COPY raw FROM STDIN", Breaks(0))), ErrorKind::Io);
        // The server has refused these before the reader fails, which one driver sees at once and the other at the end.
        let error = kind(connection.copy_in_raw("COPY raw FROM STDIN", Breaks(100_000)));
        assert!(matches!(error, ErrorKind::Io | ErrorKind::Database), "{error:?}");
        assert_eq!(kind(connection.copy_in_raw("COPY raw FROM STDIN", &b"x\ty\n"[..])), ErrorKind::InvalidValue);
        assert_eq!(kind(connection.copy_in_raw("COPY raw FROM STDIN", &b"1\ta\n1\tb\n"[..])), ErrorKind::UniqueViolation);
        let many = "COPY (SELECT i FROM generate_series(1, 500000) AS i) TO STDOUT";
        assert_eq!(kind(connection.copy_out_raw(many, Fills(100_000))), ErrorKind::Io);
        let late = "COPY (SELECT 1 / (400000 - i) FROM generate_series(1, 500000) AS i) TO STDOUT";
        let error = connection.copy_out_raw(late, io::sink()).unwrap_err();
        assert_eq!(error.code(), Some("22012"));
        assert_eq!(kind(connection.copy_out_raw("COPY nothing TO STDOUT", io::sink())), ErrorKind::UndefinedTable);
        assert_eq!(kind(connection.copy_in_raw("COPY raw FROM", io::empty())), ErrorKind::Syntax);
        assert_eq!(kind(connection.copy_in_raw("INSERT INTO raw VALUES (1)", io::empty())), ErrorKind::Misuse);
        assert_eq!(kind(connection.copy_out_raw("SELECT 1", io::sink())), ErrorKind::Misuse);
        assert_eq!(connection.one::<i64, _>(sql("SELECT count(*) FROM raw"))?, 0);
        assert_eq!(connection.one::<i64, _>(sql("SELECT pg_backend_pid()::bigint"))?, number, "it is the same connection");

        let mut transaction = connection.begin()?;
        assert_eq!(kind(transaction.copy_out_raw(many, Fills(10))), ErrorKind::Io);
        assert_eq!(transaction.commit().unwrap_err().kind(), ErrorKind::TransactionFailed);
        // A refusal before any data: the client of `postgresql+postgres` is closed then, and the pool opens another.
        assert_eq!(kind(connection.copy_in_raw("COPY nothing FROM STDIN", io::empty())), ErrorKind::UndefinedTable);
        drop(connection);
        assert_eq!(db.engine.connect()?.one::<i64, _>(sql("SELECT 1"))?, 1);
    }

    fn the_wrong_direction_is_an_error(db) {
        let Some(mut connection) = copying(db)? else { return Ok(()) };
        connection.execute(sql("CREATE TABLE raw (a INTEGER PRIMARY KEY, b TEXT)"))?;
        assert!(connection.copy_in_raw("COPY raw TO STDOUT", io::empty()).is_err());
        drop(connection);
        let mut connection = db.engine.connect()?;
        assert!(connection.copy_out_raw("COPY raw FROM STDIN", io::sink()).is_err());
        drop(connection);
        assert_eq!(db.engine.connect()?.one::<i64, _>(sql("SELECT 1"))?, 1);
    }

    fn notices_are_read_while_data_go_out(db) {
        let Some(mut connection) = copying(db)? else { return Ok(()) };
        connection.execute(sql("CREATE TABLE raw (a INTEGER PRIMARY KEY, b TEXT)"))?;
        connection.execute(sql(
            "CREATE FUNCTION chat() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'row % with %', NEW.a, repeat('x', 200); RETURN NEW; END $$",
        ))?;
        connection.execute(sql("CREATE TRIGGER chat BEFORE INSERT ON raw FOR EACH ROW EXECUTE FUNCTION chat()"))?;
        let lines: String = (0..30_000).map(|at| format!("{at}\tx\n")).collect();
        assert_eq!(connection.copy_in_raw("COPY raw FROM STDIN", lines.as_bytes())?, 30_000);
    }
}
