//! A server that answers nonsense: every answer is an error or a result, never a panic, and never a wait without end. Bytes that
//! come by chance are in `tests/fuzz`.

use super::fake::{EXECUTE, PREPARE, STRING, connect, prepared, rows};
use orm_core::driver::Connection;
use orm_core::{ErrorKind, Result};

/// Asks for rows by the binary protocol.
fn ask(connection: &mut dyn Connection) -> Result<()> {
    connection.query("SELECT c", &[], &mut |row| {
        for at in 0..row.len() {
            let _ = (row.text(at), row.integer(at), row.double(at), row.name(at));
        }
        Ok(())
    })
}

#[test]
fn a_right_answer_is_read() {
    let mut connection = connect(rows(STRING, b"\x00\x00\x02hi"));
    let mut seen = Vec::new();
    let answer = connection.query("SELECT c", &[], &mut |row| {
        seen.extend(row.text(0)?.map(str::to_owned));
        Ok(())
    });
    answer.expect("it is right");
    assert_eq!(seen, ["hi"]);
}

#[test]
fn answers_that_the_client_panics_over_end_the_connection() {
    // A type that is never sent, and a packet of nothing.
    for script in [rows(17, b"\x00\x00\x01"), vec![(PREPARE, prepared()), (EXECUTE, vec![vec![]])]] {
        let mut connection = connect(script);
        let error = ask(&mut *connection).expect_err("nobody can read that");
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(!connection.is_open());
    }
}

#[test]
fn answers_that_stop_end_the_connection() {
    let whole = rows(STRING, b"\x00\x00\x02hi");
    let (_, packets) = &whole[1];
    for count in 0..packets.len() {
        let script = vec![(PREPARE, prepared()), (EXECUTE, packets[..count].to_vec())];
        let mut connection = connect(script);
        let error = ask(&mut *connection).expect_err("the rest is missing");
        assert_eq!(error.kind(), ErrorKind::ConnectionLost, "after {count} packets");
        assert!(!connection.is_open());
    }
}

#[test]
fn rows_that_are_cut_end_the_connection() {
    for row in [&b"\x00"[..], b"\x00\x00", b"\x00\x00\x09hi", b"\x00\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff"] {
        let mut connection = connect(rows(STRING, row));
        let error = ask(&mut *connection).expect_err("it is cut");
        assert!(matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Decode), "{error:?}");
        assert!(!connection.is_open());
    }
}
