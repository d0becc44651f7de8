//! A server that speaks as much of MySQL's protocol as a connection needs, and answers statements by a script.

use orm_core::driver::{Connection, Driver};
use orm_drivers::mysql;
use orm_drivers::url::{Host, Url};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

pub(crate) const PREPARE: u8 = 0x16;
pub(crate) const EXECUTE: u8 = 0x17;
const OK: &[u8] = &[0, 0, 0, 2, 0, 0, 0];
pub(crate) const END_OF_ROWS: &[u8] = &[0xfe, 0, 0, 2, 0];
pub(crate) const STRING: u8 = 253;

/// Packets that answer a command.
pub(crate) type Script = Vec<(u8, Vec<Vec<u8>>)>;

fn write(stream: &mut TcpStream, number: u8, payload: &[u8]) -> io::Result<()> {
    let length = (payload.len() as u32).to_le_bytes();
    stream.write_all(&[&[length[0], length[1], length[2], number], payload].concat())
}

fn read(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let mut payload = vec![0; u32::from_le_bytes([header[0], header[1], header[2], 0]) as usize];
    stream.read_exact(&mut payload)?;
    Ok(payload)
}

fn greeting() -> Vec<u8> {
    let capabilities: u32 = 0x000f_a20b;
    let [low, lower, high, higher] = capabilities.to_le_bytes();
    let mut greeting = vec![10];
    greeting.extend(b"8.0.0-fake\0");
    greeting.extend([1, 0, 0, 0]);
    greeting.extend(b"01234567\0");
    greeting.extend([low, lower, 45, 2, 0, high, higher, 21]);
    greeting.extend([0; 10]);
    greeting.extend(b"0123456789ab\0mysql_native_password\0");
    greeting
}

/// A column named `c`.
pub(crate) fn column(ty: u8) -> Vec<u8> {
    let mut column = b"\x03def\x00\x00\x00\x01c\x01c\x0c".to_vec();
    column.extend([45, 0, 255, 0, 0, 0, ty, 0, 0, 0, 0, 0]);
    column
}

fn serve(mut stream: TcpStream, script: Script) -> io::Result<()> {
    // Else the small packets wait for each other.
    stream.set_nodelay(true)?;
    write(&mut stream, 0, &greeting())?;
    read(&mut stream)?;
    write(&mut stream, 2, OK)?;
    loop {
        let command = read(&mut stream)?;
        let known = |text: &[u8]| command.get(1..).is_some_and(|sql| sql.starts_with(text));
        let answer = if known(b"SELECT VERSION()") {
            let row = b"\x058.0.0\x0816777216".to_vec();
            vec![vec![2], column(STRING), column(STRING), END_OF_ROWS.to_vec(), row, END_OF_ROWS.to_vec()]
        } else if known(b"SET NAMES") {
            vec![OK.to_vec()]
        } else {
            let position = script.iter().position(|(first, _)| command.first() == Some(first));
            let Some(position) = position else { return Ok(()) };
            for (number, payload) in script[position].1.iter().enumerate() {
                write(&mut stream, number as u8 + 1, payload)?;
            }
            if position + 1 == script.len() {
                return Ok(());
            }
            continue;
        };
        for (number, payload) in answer.iter().enumerate() {
            write(&mut stream, number as u8 + 1, payload)?;
        }
    }
}

/// A connection to a server that answers by a script, and closes after its last answer.
pub(crate) fn connect(script: Script) -> Box<dyn Connection> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("it listens").port();
    thread::spawn(move || listener.accept().and_then(|(stream, _)| serve(stream, script)));
    let url = Url {
        dialect: "mysql".into(),
        driver: None,
        user: Some("ada".into()),
        password: None,
        hosts: vec![Host { name: "127.0.0.1".into(), port: Some(port) }],
        database: None,
        options: vec![("read_timeout".into(), "10".into())],
    };
    let driver: Arc<dyn Driver> = mysql::open(&url).expect("the URL is right");
    driver.connect().expect("the greeting is right")
}

/// The answer to PREPARE for a statement with a column and no values.
pub(crate) fn prepared() -> Vec<Vec<u8>> {
    vec![vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], column(STRING), END_OF_ROWS.to_vec()]
}

pub(crate) fn rows(ty: u8, row: &[u8]) -> Script {
    let answer = vec![vec![1], column(ty), END_OF_ROWS.to_vec(), row.to_vec(), END_OF_ROWS.to_vec()];
    vec![(PREPARE, prepared()), (EXECUTE, answer)]
}
