//! Files: how they are opened, shared, and what happens to a bad one.

use super::fixture::{Folder, driver, fails, integer, text};
use crate::{Url, open};
use orm_core::{Datum, ErrorKind};
use std::fs;
use std::sync::Barrier;
use std::thread;

#[test]
fn a_connection_is_set_up() {
    let folder = Folder::new();
    let mut db = folder.connect("");
    for (pragma, value) in [("foreign_keys", 1), ("busy_timeout", 5000), ("synchronous", 1), ("trusted_schema", 0)] {
        assert_eq!(integer(&mut *db, &format!("PRAGMA {pragma}")), value, "{pragma}");
    }
    assert_eq!(text(&mut *db, "PRAGMA journal_mode"), "wal");
    assert_eq!(fails(&mut *db, "PRAGMA writable_schema = 1; SELECT 1").kind(), ErrorKind::Misuse);
    db.close();
}

#[test]
fn options_are_obeyed() {
    let folder = Folder::new();
    let options = "journal_mode=DELETE&busy_timeout=250ms&foreign_keys=off&synchronous=extra&cache_statements=0";
    let mut db = folder.connect(options);
    for (pragma, value) in [("foreign_keys", 0), ("busy_timeout", 250), ("synchronous", 3)] {
        assert_eq!(integer(&mut *db, &format!("PRAGMA {pragma}")), value, "{pragma}");
    }
    assert_eq!(text(&mut *db, "PRAGMA journal_mode"), "delete");
    drop(db);
    assert_eq!(integer(&mut *folder.connect("busy_timeout=2s"), "PRAGMA busy_timeout"), 2000);
    assert_eq!(integer(&mut *folder.connect("journal_mode=delete"), "PRAGMA synchronous"), 2);
}

#[test]
fn wrong_options_are_errors_without_a_connection() {
    for (url, expected) in [
        ("sqlite:///x.db?jurnal_mode=wal", "unknown option `jurnal_mode`; did you mean `journal_mode`?"),
        ("sqlite:///x.db?mode=write", "the value of the option `mode` is not `ro`, `rw`, `rwc`"),
        ("sqlite:///x.db?busy_timeout=soon", "is not a whole number and `ms`, `s` or `min`"),
        ("sqlite:///x.db?busy_timeout=4000000000s", "more than SQLite can wait"),
        ("sqlite:///x.db?journal_mode=off", "is not `wal`"),
        ("sqlite:///x.db?foreign_keys=maybe", "is not `true` or `false`"),
        ("sqlite:///x.db?cache_statements=-1", "is not a number of statements"),
        ("sqlite:///x.db?mode=ro&journal_mode=wal", "`mode=ro` forbids"),
        ("sqlite:///x.db?mode=ro&mode=rw", "given twice"),
        ("sqlite://?mode=ro", "in memory"),
        ("sqlite::memory:?journal_mode=wal", "in memory"),
    ] {
        let error = open(&Url::parse(url).unwrap()).expect_err(url);
        assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{url}");
        assert!(error.to_string().contains(expected), "{url}: {error}");
    }
}

#[test]
fn a_file_is_made_only_where_that_is_allowed() {
    let folder = Folder::new();
    for mode in ["ro", "rw"] {
        let error = folder.driver(&format!("mode={mode}")).connect().err().unwrap();
        assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{mode}: {error}");
        assert!(error.to_string().contains("test.db"), "{error}");
    }
    assert!(!folder.file().exists());
    let nowhere = driver(&format!("sqlite:///{}/no/such/folder.db", folder.path().display()));
    assert_eq!(nowhere.connect().err().unwrap().kind(), ErrorKind::ConnectFailed);
    drop(folder.connect("mode=rwc"));
    assert!(folder.file().exists());
}

#[test]
fn a_name_is_no_uri() {
    let folder = Folder::new();
    // Relative names cannot be tried without changing the folder of the whole process: one that SQLite would take for a URI
    // to a database in memory must fail, as no such folder exists.
    let odd = driver("sqlite:///file:no-such-folder%2Fx%3Fmode=memory");
    assert_eq!(odd.connect().err().unwrap().kind(), ErrorKind::ConnectFailed);
    let percent = Url::builder("sqlite").database(format!("{}/100%25?x#.db", folder.path().display())).build().unwrap();
    let mut db = open(&percent).unwrap().connect().unwrap();
    db.batch("CREATE TABLE t (n BIGINT)").unwrap();
    assert!(folder.path().join("100%25?x#.db").exists());
}

#[test]
fn reads_without_writing() {
    let folder = Folder::new();
    folder.connect("journal_mode=delete").batch("CREATE TABLE t (n BIGINT); INSERT INTO t VALUES (5)").unwrap();
    let mut db = folder.connect("mode=ro");
    assert_eq!(integer(&mut *db, "SELECT n FROM t"), 5);
    assert_eq!(fails(&mut *db, "DELETE FROM t").kind(), ErrorKind::ReadOnly);
    let mut db = folder.connect("");
    db.batch("PRAGMA query_only = 1").unwrap();
    assert_eq!(fails(&mut *db, "DELETE FROM t").kind(), ErrorKind::ReadOnly);
}

#[test]
fn a_damaged_file_is_corrupt() {
    let folder = Folder::new();
    fs::write(folder.file(), b"this is no database, though it is long enough to be taken for one".repeat(100)).unwrap();
    let error = folder.driver("").connect().err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    fs::remove_file(folder.file()).unwrap();

    let mut db = folder.connect("journal_mode=delete");
    db.batch("CREATE TABLE t (v TEXT)").unwrap();
    db.execute_many("INSERT INTO t VALUES (?)", &vec![Datum::text("some text"); 2000], 1, &mut |_| Ok(())).unwrap();
    drop(db);
    let mut bytes = fs::read(folder.file()).unwrap();
    let (mut state, whole) = (88_172_645_463_325_252_u64, bytes.len());
    for byte in &mut bytes[4096..whole] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state as u8;
    }
    fs::write(folder.file(), bytes).unwrap();
    let mut db = folder.connect("journal_mode=delete");
    assert_eq!(fails(&mut *db, "SELECT count(v) FROM t").kind(), ErrorKind::Corrupt);
}

#[test]
fn a_full_database_says_so() {
    let folder = Folder::new();
    let mut db = folder.connect("");
    db.batch("CREATE TABLE t (v BLOB); PRAGMA max_page_count = 10").unwrap();
    db.batch("BEGIN").unwrap();
    let error = db.execute("INSERT INTO t VALUES (zeroblob(100000))", &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageFull, "{error}");
    // SQLite may have rolled back by itself: the connection knows.
    if db.in_transaction() == Some(true) {
        db.batch("ROLLBACK").unwrap();
    }
    assert_eq!(integer(&mut *db, "SELECT count(*) FROM t"), 0);
}

#[test]
fn many_open_a_new_file_at_once() {
    let folder = Folder::new();
    let barrier = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let driver = folder.driver("busy_timeout=60s");
                barrier.wait();
                assert_eq!(text(&mut *driver.connect().unwrap(), "PRAGMA journal_mode"), "wal");
            });
        }
    });
}

#[test]
fn many_writers_lose_no_row() {
    let folder = Folder::new();
    folder.connect("").batch("CREATE TABLE t (writer BIGINT, n BIGINT, PRIMARY KEY (writer, n))").unwrap();
    thread::scope(|scope| {
        for writer in 0..4 {
            let folder = &folder;
            scope.spawn(move || {
                let mut db = folder.connect("busy_timeout=60s");
                for n in 0..50 {
                    db.batch("BEGIN IMMEDIATE").unwrap();
                    db.execute("INSERT INTO t VALUES (?, ?)", &[Datum::Int(writer), Datum::Int(n)]).unwrap();
                    db.batch("COMMIT").unwrap();
                }
            });
        }
    });
    assert_eq!(integer(&mut *folder.connect(""), "SELECT count(*) FROM t"), 200);
}

#[test]
fn a_lock_that_does_not_come_free_is_a_timeout() {
    let folder = Folder::new();
    let (mut a, mut b) = (folder.connect(""), folder.connect("busy_timeout=0"));
    a.batch("CREATE TABLE t (n BIGINT)").unwrap();
    a.batch("BEGIN IMMEDIATE").unwrap();
    let error = b.batch("BEGIN IMMEDIATE").unwrap_err();
    assert_eq!((error.kind(), error.code(), error.is_retryable()), (ErrorKind::LockTimeout, Some("5"), true));
    assert_eq!(b.in_transaction(), Some(false));
    a.batch("COMMIT").unwrap();
    b.batch("BEGIN IMMEDIATE").unwrap();
}

#[test]
fn a_reader_that_was_overtaken_cannot_write() {
    let folder = Folder::new();
    let (mut a, mut b) = (folder.connect(""), folder.connect(""));
    a.batch("CREATE TABLE t (n BIGINT)").unwrap();
    a.batch("BEGIN").unwrap();
    assert_eq!(integer(&mut *a, "SELECT count(*) FROM t"), 0);
    b.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
    let error = a.execute("INSERT INTO t VALUES (2)", &[]).unwrap_err();
    assert_eq!(
        (error.kind(), error.code(), error.is_retryable()),
        (ErrorKind::SerializationFailure, Some("517"), true)
    );
    a.batch("ROLLBACK").unwrap();
    a.execute("INSERT INTO t VALUES (2)", &[]).unwrap();
    assert_eq!(integer(&mut *b, "SELECT count(*) FROM t"), 2);
}
