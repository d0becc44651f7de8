//! From a plain socket to an encrypted one, and what ties the proof of a password to it. Knows no message but that request.

use super::socket::remaining;
use crate::tls::{self, Configs, Mode};
use postgres_protocol::authentication::sasl::ChannelBinding;
use postgres_protocol::message::frontend;
use postgres_types::private::BytesMut;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConnection, StreamOwned};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// An encrypted socket.
pub(super) type Encrypted = StreamOwned<ClientConnection, TcpStream>;

/// What became of the wish for encryption.
pub(super) enum Agreed {
    Encrypted(Box<Encrypted>),
    /// The server offers none, and the URL does not insist.
    Plain(TcpStream),
}

/// Asks the server for encryption, and shakes hands.
///
/// # Errors
/// Those of the network, those of rustls, and one of ours, as what the error holds, where the server offers none.
pub(super) fn encrypt(
    mut stream: TcpStream,
    host: &str,
    tls: &Configs,
    deadline: Option<Instant>,
) -> io::Result<Agreed> {
    set_timeout(&stream, deadline)?;
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request)?;
    // One byte and no more: what an attacker has put behind it in plain text must not be taken for something encrypted.
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    match (&answer, tls.mode()) {
        (b"S", _) => {}
        (_, Mode::Disable | Mode::Prefer) => return Ok(Agreed::Plain(stream)),
        (_, Mode::Require | Mode::VerifyCa | Mode::VerifyFull) => {
            return Err(io::Error::other(tls::not_offered(host)));
        }
    }
    let config = tls.current().map_err(io::Error::other)?;
    let name =
        ServerName::try_from(host.to_owned()).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
    let mut connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    while connection.is_handshaking() || connection.wants_write() {
        set_timeout(&stream, deadline)?;
        step(&mut connection, &mut stream)?;
    }
    Ok(Agreed::Encrypted(Box::new(StreamOwned::new(connection, stream))))
}

/// Sends what is to be sent, and reads once what is to be read.
fn step(connection: &mut ClientConnection, stream: &mut TcpStream) -> io::Result<()> {
    while connection.wants_write() {
        connection.write_tls(stream)?;
    }
    if !connection.is_handshaking() {
        return Ok(());
    }
    if connection.read_tls(stream)? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection"));
    }
    match connection.process_new_packets() {
        Ok(_) => Ok(()),
        Err(error) => {
            // The server is told why it is left; whether it hears that does not matter.
            let _ = connection.write_tls(stream);
            Err(io::Error::new(io::ErrorKind::InvalidData, error))
        }
    }
}

fn set_timeout(stream: &TcpStream, deadline: Option<Instant>) -> io::Result<()> {
    let left = remaining(deadline)?;
    stream.set_read_timeout(left)?;
    stream.set_write_timeout(left)
}

/// What SCRAM ties its proof to, so that nobody in between can pass it on: a digest of the server's certificate.
///
/// <https://www.rfc-editor.org/rfc/rfc5929#section-4.1>
pub(super) fn binding(stream: &Encrypted) -> Option<ChannelBinding> {
    let certificate = stream.conn.peer_certificates()?.first()?;
    digest(certificate).map(ChannelBinding::tls_server_end_point)
}

/// The digest that the certificate's own signature is made of, but none older than SHA-256.
fn digest(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    Some(match signature_algorithm(certificate)? {
        // RSA with SHA-1 and SHA-256, ECDSA with SHA-1 and SHA-256.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05 | 0x0b]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02] => Sha256::digest(certificate).to_vec(),
        // RSA and ECDSA with SHA-384.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03] => {
            Sha384::digest(certificate).to_vec()
        }
        // RSA and ECDSA with SHA-512.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d] | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04] => {
            Sha512::digest(certificate).to_vec()
        }
        // Ed25519, and RSA-PSS, whose digest is among its parameters: the RFC leaves them open.
        _ => return None,
    })
}

/// The number of the algorithm in the second part of a certificate: SEQUENCE { what is signed, SEQUENCE { number, .. }, .. }.
fn signature_algorithm<'c>(certificate: &'c CertificateDer<'_>) -> Option<&'c [u8]> {
    const SEQUENCE: u8 = 0x30;
    const OBJECT_IDENTIFIER: u8 = 0x06;
    let (whole, _) = element(certificate, SEQUENCE)?;
    let (_, rest) = element(whole, SEQUENCE)?;
    let (algorithm, _) = element(rest, SEQUENCE)?;
    element(algorithm, OBJECT_IDENTIFIER).map(|(number, _)| number)
}

/// The contents of the element that DER begins with, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let (length, rest) = match first {
        short @ 0..=0x7f => (usize::from(short), rest),
        // The length's own length, and the length: a certificate has no more than four bytes of it.
        0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            (length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_certificates_have_no_digest() {
        for der in [&b""[..], b"0", b"\x30\x84\xff\xff\xff\xff", b"\x30\x02\x30\x00", b"\x31\x00", b"\x30\x80\x00"] {
            assert_eq!(digest(&CertificateDer::from(der)), None, "{der:?}");
        }
    }

    #[test]
    fn the_digest_is_that_of_the_signature() {
        let certificate = |number: &[u8]| {
            let mut algorithm = vec![0x30, number.len() as u8 + 2, 0x06, number.len() as u8];
            algorithm.extend_from_slice(number);
            let mut whole = vec![0x30, 0x81, algorithm.len() as u8 + 2, 0x30, 0x00];
            whole.extend(algorithm);
            digest(&CertificateDer::from(whole)).map(|digest| digest.len())
        };
        assert_eq!(certificate(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b]), Some(32));
        assert_eq!(certificate(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03]), Some(48));
        assert_eq!(certificate(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d]), Some(64));
        assert_eq!(certificate(&[0x2b, 0x65, 0x70]), None);
    }
}
