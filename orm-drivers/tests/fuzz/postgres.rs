//! A PostgreSQL server that describes and sends what it likes: rows of any types with any bytes, and at times no protocol at all.

use super::input::Input;
use super::values;
use orm_core::Datum;
use orm_drivers::Url;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

pub(crate) const EXAMPLES: &[&[u8]] = &[
    b"\x00\x01\x02\x04\x00\x00\x00\x07",
    b"\x00\x03\x00\x01\x01\x04\x08\x00\x02\xe8\x1c\x9a\x13\x40\x00\x05\x05hello",
    b"\x00\x01\x07\x0c\x00\x02\x00\x00\x00\x00\x00\x02\x00\x01\x13\x88",
    b"\x00\x01\x0c\x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x17\x00\x00\x00\x01",
    b"\x00\x02\x0d\x0e\x09\x01{\"a\": 1}\x03abc",
    b"\x01\x01\x02\x04\x00\x00\x00\x07D\x00\x00\x00\x0e\x00\x01\x00\x00\x00\x04\x00\x00\x00\x07C\x00\x00\x00\x06S\x00Z\x00\x00\x00\x05I",
    b"\x01\x00E\x00\x00\x00\x10SERROR\x00C42601\x00\x00Z\x00\x00\x00\x05E",
];

/// bool, bytea, int8, int2, int4, text, oid, numeric, float4, float8, date, timestamp, timestamptz, jsonb, json, uuid, time,
/// interval, int4[], text[], bool[], numeric[], char, bpchar, varchar, xid, unknown, and one that is none.
const TYPES: [u32; 28] = [
    16, 17, 20, 21, 23, 25, 26, 1700, 700, 701, 1082, 1114, 1184, 3802, 114, 2950, 1083, 1186, 1007, 1009, 1000, 1231,
    18, 1042, 1043, 28, 705, 7_000_000,
];

pub(crate) fn run(data: &[u8]) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it listens").port();
    let script = data.to_vec();
    let server = thread::spawn(move || listener.accept().and_then(|(client, _)| serve(client, &script)));
    let url = format!("postgresql+wire://ada@127.0.0.1:{port}/d?connect_timeout=5&sslmode=disable");
    let driver = Url::parse(&url).and_then(|url| orm_drivers::open(&url)).expect("the URL is right");
    let mut connection = driver.connect().expect("the greeting is right");
    let asked = connection.query("SELECT a", &[], &mut |row| {
        values::read(row);
        Ok(())
    });
    if let Err(error) = &asked {
        assert!(!error.to_string().is_empty());
        assert!(!error.is_disconnect() || !connection.is_open(), "a lost connection says so");
    }
    let _ = connection.execute("SELECT $1", &[Datum::Int(1)]);
    connection.close();
    // It ends because its client did.
    let _ = server.join().expect("the server of the test does not panic");
}

fn serve(mut client: TcpStream, script: &[u8]) -> io::Result<()> {
    client.set_nodelay(true)?;
    let mut length = [0; 4];
    client.read_exact(&mut length)?;
    client.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4])?;
    let mut out = Vec::new();
    message(&mut out, b'R', &[0; 4]);
    message(&mut out, b'S', b"server_version\x0015.0\0");
    message(&mut out, b'Z', b"I");
    let mut input = Input(script);
    let noise = input.byte() % 4 == 1;
    let columns: Vec<u32> = (0..input.byte() % 5).map(|_| input.pick(&TYPES)).collect();
    loop {
        // Whatever there is to say is said before the next question: an answer may come in pieces.
        client.write_all(&out)?;
        out.clear();
        let mut header = [0; 5];
        client.read_exact(&mut header)?;
        let [tag, length @ ..] = header;
        client.read_exact(&mut vec![0; u32::from_be_bytes(length) as usize - 4])?;
        match tag {
            b'P' => message(&mut out, b'1', &[]),
            b'B' => message(&mut out, b'2', &[]),
            b'C' => message(&mut out, b'3', &[]),
            b'D' => describe(&mut out, &columns),
            b'E' if noise => {
                client.write_all(&[&out, input.0].concat())?;
                return Ok(());
            }
            b'E' => {
                for _ in 0..input.byte() % 4 {
                    row(&mut out, &columns, &mut input);
                }
                message(&mut out, b'C', b"SELECT 1\0");
            }
            b'Q' => {
                message(&mut out, b'C', b"SET\0");
                message(&mut out, b'Z', b"I");
            }
            b'S' => message(&mut out, b'Z', b"I"),
            b'X' => return Ok(()),
            _ => {}
        }
    }
}

fn message(out: &mut Vec<u8>, tag: u8, body: &[u8]) {
    out.push(tag);
    out.extend((body.len() as u32 + 4).to_be_bytes());
    out.extend(body);
}

fn describe(out: &mut Vec<u8>, columns: &[u32]) {
    message(out, b't', &[0, 0]);
    let mut body = (columns.len() as u16).to_be_bytes().to_vec();
    for ty in columns {
        body.extend(b"a\0\0\0\0\0\0\0");
        body.extend(ty.to_be_bytes());
        body.extend([0, 4, 255, 255, 255, 255, 0, 1]);
    }
    message(out, b'T', &body);
}

fn row(out: &mut Vec<u8>, columns: &[u32], input: &mut Input<'_>) {
    let mut body = (columns.len() as u16).to_be_bytes().to_vec();
    for _ in columns {
        match input.byte() {
            255 => body.extend((-1_i32).to_be_bytes()),
            length => {
                let value = input.take(length.into());
                body.extend((value.len() as u32).to_be_bytes());
                body.extend(value);
            }
        }
    }
    message(out, b'D', &body);
}
