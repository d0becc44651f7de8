//! A server that shakes hands as PostgreSQL or MySQL does, with or without TLS, and then refuses whoever it is. Knows no SQL.

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Postgres,
    MySql,
}

/// How often clients have come so far as to ask for a session, in plain text and encrypted.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    plain: AtomicU32,
    encrypted: AtomicU32,
}

impl Logins {
    /// The numbers since the last call.
    pub(crate) fn take(&self) -> (u32, u32) {
        (self.plain.swap(0, Ordering::SeqCst), self.encrypted.swap(0, Ordering::SeqCst))
    }
}

/// What a server can do.
#[derive(Clone)]
pub(crate) enum Tls {
    /// It offers none.
    None,
    With(Arc<ServerConfig>),
    /// It offers a version from long ago, and no other.
    Ancient,
}

/// Starts a server. Ends with the process.
pub(crate) fn start(protocol: Protocol, tls: Tls) -> (u16, Arc<Logins>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let logins = Arc::new(Logins::default());
    let counted = Arc::clone(&logins);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (tls, counted) = (tls.clone(), Arc::clone(&counted));
            // A client that leaves is no fault of the server.
            thread::spawn(move || match protocol {
                Protocol::Postgres => postgres(stream, tls, &counted),
                Protocol::MySql => mysql(stream, tls, &counted),
            });
        }
    });
    (port, logins)
}

/// A server's side of TLS; with an authority, clients must show a certificate that it has signed.
pub(crate) fn config(
    (certificate, key): (CertificateDer<'static>, PrivateKeyDer<'static>),
    clients: Option<CertificateDer<'static>>,
) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().unwrap())
        }
    };
    Arc::new(builder.with_single_cert(vec![certificate], key).unwrap())
}

fn encrypted(stream: TcpStream, config: Arc<ServerConfig>) -> io::Result<StreamOwned<ServerConnection, TcpStream>> {
    let mut stream = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// <https://www.postgresql.org/docs/current/protocol-flow.html>
fn postgres(mut stream: TcpStream, tls: Tls, logins: &Logins) -> io::Result<()> {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let mut request = [0; 8];
    stream.read_exact(&mut request)?;
    if request == SSL_REQUEST {
        stream.write_all(if matches!(tls, Tls::None) { b"N" } else { b"S" })?;
        match tls {
            Tls::None => {}
            Tls::Ancient => return stream.write_all(&WRONG_VERSION),
            Tls::With(tls) => {
                let mut stream = encrypted(stream, tls)?;
                stream.read_exact(&mut request)?;
                logins.encrypted.fetch_add(1, Ordering::SeqCst);
                return refuse(stream, POSTGRES_REFUSAL);
            }
        }
        stream.read_exact(&mut request)?;
    }
    logins.plain.fetch_add(1, Ordering::SeqCst);
    refuse(stream, POSTGRES_REFUSAL)
}

/// The last word of a server that does not like our version of TLS: a fatal alert of number 70.
const WRONG_VERSION: [u8; 7] = [21, 3, 1, 0, 2, 2, 70];

/// A letter, the length of the rest, and fields.
const POSTGRES_REFUSAL: &[u8] = b"E\0\0\0\x1eSFATAL\0VFATAL\0C28P01\0Mno\0\0";

/// Sends the last message, and waits until the client has read it and goes.
fn refuse(mut stream: impl Read + Write, refusal: &[u8]) -> io::Result<()> {
    stream.write_all(refusal)?;
    stream.flush()?;
    stream.read_to_end(&mut Vec::new()).map(drop)
}

/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>
fn mysql(mut stream: TcpStream, tls: Tls, logins: &Logins) -> io::Result<()> {
    const PROTOCOL_41: u32 = 0x200;
    const SSL: u32 = 0x800;
    const SECURE_CONNECTION: u32 = 0x8000;
    const PLUGIN_AUTH: u32 = 0x0008_0000;
    let mut flags = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH;
    if !matches!(tls, Tls::None) {
        flags |= SSL;
    }
    let [low, high] = [flags as u16, (flags >> 16) as u16].map(u16::to_le_bytes);
    let parts: [&[u8]; 12] = [
        &[10],
        b"8.0.36\0",
        &[1, 0, 0, 0],
        b"abcdefgh\0",
        &low,
        &[45],
        &[2, 0],
        &high,
        &[21],
        &[0; 10],
        b"ijklmnopqrst\0",
        b"mysql_native_password\0",
    ];
    stream.write_all(&packet(0, &parts.concat()))?;
    let request = read_packet(&mut stream)?;
    if request.len() < 32 {
        // It says goodbye.
        return Ok(());
    }
    let refusal = [&b"\xff\x15\x04#28000"[..], b"no"].concat();
    let wants_tls = u32::from_le_bytes(request[..4].try_into().unwrap()) & SSL != 0;
    match tls {
        Tls::Ancient if wants_tls => stream.write_all(&WRONG_VERSION),
        Tls::With(tls) if wants_tls => {
            let mut stream = encrypted(stream, tls)?;
            read_packet(&mut stream)?;
            logins.encrypted.fetch_add(1, Ordering::SeqCst);
            refuse(stream, &packet(3, &refusal))
        }
        _ => {
            logins.plain.fetch_add(1, Ordering::SeqCst);
            refuse(stream, &packet(2, &refusal))
        }
    }
}

fn packet(number: u8, payload: &[u8]) -> Vec<u8> {
    let [a, b, c, _] = (payload.len() as u32).to_le_bytes();
    [&[a, b, c, number][..], payload].concat()
}

fn read_packet(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let mut payload = vec![0; u32::from_le_bytes([head[0], head[1], head[2], 0]) as usize];
    stream.read_exact(&mut payload)?;
    Ok(payload)
}
