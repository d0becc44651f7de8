//! A MySQL server that sends rows of any types with any bytes, and at times what is no answer at all.

#[path = "../mysql/fake.rs"]
mod fake;

use super::input::Input;
use super::values;
use fake::{END_OF_ROWS, EXECUTE, PREPARE, STRING, Script, column, connect, prepared, rows};

pub(crate) const EXAMPLES: &[&[u8]] = &[
    b"\x01\xfd\x00\x00\x02hi",
    b"\x01\x08\x00\x00\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x01\x0c\x00\x00\x0b\xe8\x07\x02\x1d\x17\x3b\x3b\x3f\x42\x0f\x00",
    b"\x01\x0b\x00\x00\x0c\x01\x00\x00\x00\x00\x17\x3b\x3b\x3f\x42\x0f\x00",
    b"\x01\xf6\x00\x00\x05-1.50",
    b"\x01\x10\x00\x00\x02\x01\x02",
    b"\x01\xf5\x00\x00\x03[1]",
    b"\x01\x05\x00\x00\x00\x00\x00\x00\x00\x00\xf8\x7f",
    b"\x01\xfd\x00\x04",
    b"\x02\x02\x03\xfd\x00\x00\x07\x00\x00\x00\x02hi",
    b"\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00",
    b"\x03\xff\x15\x04#28000no",
];

pub(crate) fn run(data: &[u8]) {
    let mut input = Input(data);
    let script: Script = match input.byte() % 4 {
        0 => vec![(PREPARE, vec![input.0.to_vec()])],
        1 => rows(input.byte(), input.0),
        2 => {
            let columns: Vec<Vec<u8>> = (0..input.byte() % 5).map(|_| column(input.byte())).collect();
            let mut answer = vec![vec![columns.len() as u8]];
            answer.extend(columns);
            answer.extend([END_OF_ROWS.to_vec(), input.0.to_vec(), END_OF_ROWS.to_vec()]);
            vec![(PREPARE, prepared()), (EXECUTE, answer)]
        }
        _ => {
            let first = input.piece();
            // The client reserves memory for as many columns as a server names: a number of more than two bytes ends the process.
            if matches!(first, [0xfd | 0xfe, _, ..]) {
                return;
            }
            vec![(PREPARE, prepared()), (EXECUTE, vec![first.to_vec(), column(STRING), input.0.to_vec()])]
        }
    };
    let mut connection = connect(script);
    let asked = connection.query("SELECT c", &[], &mut |row| {
        values::read(row);
        Ok(())
    });
    if let Err(error) = asked {
        assert!(!error.to_string().is_empty());
        assert!(!error.is_disconnect() || !connection.is_open(), "a lost connection says so");
    }
}
