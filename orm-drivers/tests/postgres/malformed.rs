//! A server that sends what no server should: an error with a kind, no panic, no memory that was only promised, no endless wait.

use super::fixture::driver;
use orm_core::driver::{Connection, Request};
use orm_core::{Datum, ErrorKind, Result};
use orm_drivers::Url;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

fn message(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[tag][..], &length.to_be_bytes(), body].concat()
}

/// The message with another length than it has.
fn lying(tag: u8, length: i32, body: &[u8]) -> Vec<u8> {
    [&[tag][..], &length.to_be_bytes(), body].concat()
}

fn welcome() -> Vec<u8> {
    [message(b'R', &[0, 0, 0, 0]), message(b'Z', b"I")].concat()
}

/// A server for one connection, which answers each thing it hears with the next of its answers and then hangs up.
fn server(answers: Vec<Vec<u8>>) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut heard = [0; 65_536];
        for answer in answers {
            if !matches!(client.read(&mut heard), Ok(1..)) || client.write_all(&answer).is_err() {
                return;
            }
        }
    });
    Url::parse(&format!("postgresql+wire://ada:tell-nobody@127.0.0.1:{port}/d")).unwrap()
}

#[test]
fn greetings_that_are_none_are_refused() {
    let scram = |rest: &[u8]| message(b'R', &[&[0, 0, 0, 10][..], rest].concat());
    for (greeting, kind) in [
        (vec![], ErrorKind::ConnectFailed),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), ErrorKind::ConnectFailed),
        (b"SSH-2.0-OpenSSH\r\n".to_vec(), ErrorKind::ConnectFailed),
        (lying(b'R', i32::MAX, &[0, 0, 0, 0]), ErrorKind::ConnectFailed),
        (lying(b'R', -1, &[0, 0, 0, 0]), ErrorKind::ConnectFailed),
        (lying(b'R', 3, &[0, 0, 0, 0]), ErrorKind::ConnectFailed),
        (message(b'R', &[0, 0]), ErrorKind::ConnectFailed),
        (message(b'R', &[0, 0, 0, 5, 1]), ErrorKind::ConnectFailed),
        (message(b'R', &[0, 0, 0, 12]), ErrorKind::AuthenticationFailed),
        (message(b'R', &[0, 0, 0, 7]), ErrorKind::AuthenticationFailed),
        (scram(b"SCRAM-SHA-1\0\0"), ErrorKind::AuthenticationFailed),
        (scram(b"SCRAM-SHA-256\0\0"), ErrorKind::ConnectFailed),
        (message(b'Z', b"I"), ErrorKind::ConnectFailed),
        (message(b'E', b"SFATAL\0C53300\0Mno\0\0"), ErrorKind::TooManyConnections),
        (message(b'E', b"SFATAL"), ErrorKind::ConnectFailed),
        (message(b'E', b"\0"), ErrorKind::ConnectFailed),
        ([message(b'R', &[0; 4]), message(b'Z', b"X")].concat(), ErrorKind::ConnectFailed),
        ([message(b'R', &[0; 4]), message(b'D', b"")].concat(), ErrorKind::ConnectFailed),
        (message(b'R', &[0; 4]), ErrorKind::ConnectFailed),
    ] {
        let error = driver(&server(vec![greeting.clone()])).connect().err().unwrap();
        assert_eq!(error.kind(), kind, "{greeting:?}: {error:?}");
        assert!(!format!("{error:?}").contains("tell-nobody"));
    }
}

#[test]
fn a_server_that_does_not_know_the_password_is_not_believed() {
    let sasl = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
    let kind = |answers| driver(&server(answers)).connect().err().unwrap().kind();
    // It agrees at once, without its proof.
    assert_eq!(kind(vec![sasl.clone(), welcome()]), ErrorKind::ConnectFailed);
    for challenge in ["", "r=,s=,i=", "r=other,s=c2FsdA==,i=4096", "r=x,s=!!,i=1"] {
        let challenge = message(b'R', &[&[0, 0, 0, 11][..], challenge.as_bytes()].concat());
        assert_eq!(kind(vec![sasl.clone(), challenge]), ErrorKind::AuthenticationFailed);
    }
}

#[test]
fn a_password_is_sent_only_as_it_is_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = Url::parse(&format!("postgresql+wire://ada:tell-nobody@127.0.0.1:{port}/d")).unwrap();
    let md5 = message(b'p', b"md5c29e01b1a27c94a49fe163fe35c279dd\0");
    for (request, proof) in [
        (message(b'R', &[0, 0, 0, 3]), message(b'p', b"tell-nobody\0")),
        (message(b'R', &[0, 0, 0, 5, 1, 2, 3, 4]), md5),
    ] {
        let listener = listener.try_clone().unwrap();
        let server = thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut heard = [0; 1024];
            assert!(matches!(client.read(&mut heard), Ok(1..)));
            client.write_all(&request).unwrap();
            let length = client.read(&mut heard).unwrap();
            assert_eq!(&heard[..length], proof);
            client.write_all(&welcome()).unwrap();
        });
        assert!(driver(&url).connect().unwrap().is_open());
        server.join().unwrap();
    }
    let without = Url { password: None, ..url };
    let server = thread::spawn(move || listener.accept().unwrap().0.write_all(&message(b'R', &[0, 0, 0, 3])));
    assert_eq!(driver(&without).connect().err().unwrap().kind(), ErrorKind::AuthenticationFailed);
    server.join().unwrap().unwrap();
}

/// Connects and runs one statement that is answered so, after it was described as one column of type int4.
fn answered(answer: &[u8]) -> (Result<()>, Box<dyn Connection>) {
    let column = [&[0, 1, b'a', 0][..], &[0; 6], &[0, 0, 0, 23], &[0; 8]].concat();
    let described = [
        message(b'1', b""),
        message(b't', &[0, 0]),
        message(b'T', &column),
        message(b'Z', b"I"),
    ];
    let mut connection = driver(&server(vec![welcome(), described.concat(), answer.to_vec()])).connect().unwrap();
    let result = connection.query("SELECT a", &[], &mut |row| row.integer(0).map(|_| ()));
    (result, connection)
}

#[test]
fn answers_that_are_none_lose_the_connection() {
    let row = message(b'D', &[0, 1, 0, 0, 0, 4, 0, 0, 0, 7]);
    for answer in [
        vec![],
        row.clone(),
        message(b'D', &[]),
        message(b'D', &[0, 0]),
        message(b'D', &[0, 2, 255, 255, 255, 255, 255, 255, 255, 255]),
        message(b'D', &[0, 1, 0, 0, 0, 5, 0, 0, 0, 7]),
        message(b'D', &[0, 1, 127, 255, 255, 255]),
        message(b'D', &[0, 1, 255, 255, 255, 255, 1]),
        lying(b'D', i32::MAX, &[0, 1]),
        lying(b'D', i32::MIN, &[0, 1]),
        lying(b'D', 0, &[0, 1]),
        message(b'E', b"SERROR\0C42601"),
        message(b'Z', b""),
        message(b'Z', b"I"),
        message(b'Z', b"II"),
        message(b'T', &[255, 255]),
        message(b't', &[0]),
        message(b's', b""),
        message(b'R', &[0; 4]),
        message(b'W', b""),
        message(b'?', b"what"),
        vec![0; 100_000],
        vec![255; 100_000],
        [row, vec![b'D', 0]].concat(),
    ] {
        let (result, mut connection) = answered(&answer);
        let shown = &answer[..answer.len().min(20)];
        // What has its form and no sense for this statement may be overlooked, but the end that is missing may not.
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionLost, "{shown:?}");
        assert!(!connection.is_open(), "{shown:?}");
        assert_eq!(connection.execute("SELECT 1", &[]).unwrap_err().kind(), ErrorKind::ConnectionLost);
    }
}

#[test]
fn an_answer_that_is_cut_anywhere_loses_the_connection() {
    let row = message(b'D', &[0, 1, 0, 0, 0, 4, 0, 0, 0, 7]);
    let whole = [message(b'2', b""), row, message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat();
    for length in 0..whole.len() {
        let (result, mut connection) = answered(&whole[..length]);
        assert_eq!(result.unwrap_err().kind(), ErrorKind::ConnectionLost, "cut at {length}");
        assert!(!connection.is_open() && connection.in_transaction() == Some(false), "cut at {length}");
        assert_eq!(connection.batch("COMMIT").unwrap_err().kind(), ErrorKind::ConnectionLost);
    }
    assert!(answered(&whole).0.is_ok());
}

#[test]
fn what_the_server_says_in_between_changes_nothing() {
    let row = message(b'D', &[0, 1, 0, 0, 0, 4, 0, 0, 0, 7]);
    let asides = [
        message(b'N', b"SNOTICE\0C00000\0Mmind the gap\0\0"),
        message(b'S', b"TimeZone\0Mars/Olympus\0"),
        message(b'A', &[&[0, 0, 0, 9][..], b"news\0payload\0"].concat()),
    ]
    .concat();
    let end = [message(b'C', b"SELECT 1\0"), asides.clone(), message(b'Z', b"I")].concat();
    let (result, connection) = answered(&[asides.clone(), message(b'2', b""), asides, row.clone(), end].concat());
    assert!(result.is_ok() && connection.is_open());
    // An error behind rows that were shown is that of the statement, and a fatal one is the end.
    let refused = message(b'E', b"SERROR\0C22012\0Mno\0\0");
    let (result, connection) = answered(&[row.clone(), refused, message(b'Z', b"I")].concat());
    assert_eq!((result.unwrap_err().code(), connection.is_open()), (Some("22012"), true));
    let fatal = message(b'E', b"SFATAL\0VFATAL\0C57P01\0Mgood night\0\0");
    let (result, connection) = answered(&[row, fatal].concat());
    assert_eq!((result.unwrap_err().kind(), connection.is_open()), (ErrorKind::ConnectionLost, false));
}

#[test]
fn values_that_do_not_fit_their_type_are_errors_of_their_column() {
    for value in [&[1, 2, 3][..], &[]] {
        let length = u32::try_from(value.len()).unwrap().to_be_bytes();
        let row = message(b'D', &[&[0, 1][..], &length, value].concat());
        let (result, connection) = answered(&[row, message(b'C', b"SELECT 1\0"), message(b'Z', b"I")].concat());
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Decode);
        assert!(connection.is_open());
    }
}

#[test]
fn noise_is_never_a_panic() {
    // A linear congruential generator: the same noise in every run.
    let mut state = 0x2545_F491_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    };
    for _ in 0..300 {
        let mut answer = Vec::new();
        for _ in 0..next() >> 29 {
            let tag = b"12CDEGHINSTZtncds"[(next() >> 8) as usize % 17];
            let body: Vec<u8> = (0..next() >> 27).map(|_| [0, 0, 0, 1, 4, 255, b'C', b'x'][(next() >> 29) as usize]).collect();
            answer.extend(message(tag, &body));
        }
        answer.truncate(answer.len() - (next() >> 30) as usize % (answer.len() + 1));
        let (_, mut connection) = answered(&answer);
        // Whatever it was, the connection says so or works; it hangs up now.
        let _ = connection.execute("SELECT $1", &[Datum::Int(1)]);
        assert!(!connection.is_open());
    }
}

/// A server that is shut down ends the connection behind its answers: those of a COMMIT may be among them, or may be missing.
#[test]
fn a_connection_that_is_ended_behind_a_commit_leaves_it_open_what_happened() {
    let describes = [
        message(b'1', b""),
        message(b'2', b""),
        message(b'C', b"BEGIN\0"),
        message(b'1', b""),
        message(b't', &[0, 0]),
        message(b'n', b""),
        message(b'Z', b"T"),
    ];
    let inserted = [message(b'2', b""), message(b'C', b"INSERT 0 1\0")].concat();
    let committed = [message(b'1', b""), message(b'2', b""), message(b'C', b"COMMIT\0")].concat();
    let fatal = message(b'E', b"SFATAL\0VFATAL\0C57P01\0Mthe administrator wants it\0\0");
    for (answers, kind) in [
        ([&inserted[..], &committed[..], &fatal[..]], ErrorKind::CommitOutcomeUnknown),
        ([&inserted[..], &fatal[..], &[]], ErrorKind::CommitOutcomeUnknown),
        ([&inserted[..], &committed[..], &[]], ErrorKind::CommitOutcomeUnknown),
        // The statement before it was not done, so that nothing was committed.
        ([&fatal[..], &[], &[]], ErrorKind::ConnectionLost),
    ] {
        let url = server(vec![welcome(), describes.concat(), answers.concat()]);
        let mut connection = driver(&url).connect().unwrap();
        connection.begin("BEGIN").unwrap();
        let [insert, commit] =
            ["INSERT INTO t DEFAULT VALUES", "COMMIT"].map(|sql| Request { sql, binds: &[], returns: false });
        let error = connection.pipeline(&[insert, commit], &mut |_, _| Ok(())).unwrap_err();
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(!connection.is_open());
    }
}
