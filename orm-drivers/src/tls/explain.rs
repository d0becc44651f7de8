//! What a handshake that failed means, as half a sentence that helps. Knows no connection.

use rustls::{AlertDescription, CertificateError, Error as TlsError};
use std::error::Error;

/// Looks for an error of TLS, from an error down to its last source.
pub(crate) fn of(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<TlsError>() {
            return Some(sentence(error));
        }
        // An error of input and output does not show what it holds as its source, but as the source of it.
        let held = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => error.source(),
        };
    }
    None
}

fn sentence(error: &TlsError) -> String {
    match error {
        TlsError::InvalidCertificate(reason) => certificate(reason),
        TlsError::AlertReceived(alert) => refused(*alert).to_owned(),
        TlsError::PeerIncompatible(_) => {
            "the server speaks no version of TLS from 1.2 on, or none of our ciphers".to_owned()
        }
        _ => "the TLS handshake failed".to_owned(),
    }
}

fn certificate(reason: &CertificateError) -> String {
    let text = match reason {
        CertificateError::NotValidForNameContext { presented, .. } => return other_host(presented),
        CertificateError::NotValidForName => return other_host(&[]),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the server's certificate has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the server's certificate is not valid yet; is this machine's clock right?"
        }
        CertificateError::UnknownIssuer => {
            "no authority that is trusted has signed the server's certificate; the option `sslrootcert` names a file of those to \
             trust"
        }
        CertificateError::BadSignature => "the server's certificate is not signed by the authority that it names",
        CertificateError::Revoked => "the server's certificate was revoked",
        CertificateError::Other(_) => {
            "the server's certificate is not one for servers; a certificate that an authority has for itself (`CA:TRUE`) is none"
        }
        CertificateError::BadEncoding => "the server's certificate cannot be read",
        _ => "the server's certificate is not valid",
    };
    text.to_owned()
}

fn other_host(presented: &[String]) -> String {
    // Each is the debugging form of a name: `DnsName("db.example")`.
    let name = |shown: &String| Some(shown.split_once('(')?.1.trim_matches(['"', '(', ')']).to_owned());
    let names: Vec<String> = presented.iter().filter_map(name).take(5).collect();
    match names.is_empty() {
        true => "the server's certificate is for another host".to_owned(),
        false => format!("the server's certificate is for another host: {}", names.join(", ")),
    }
}

/// What the server did not like about us.
fn refused(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => {
            "the server wants a certificate of ours; the options `sslcert` and `sslkey` name its files"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::DecryptError => "the server does not trust the certificate of the option `sslcert`",
        AlertDescription::HandshakeFailure => {
            "the server ended the TLS handshake; it may want a certificate of ours (`sslcert`, `sslkey`)"
        }
        AlertDescription::ProtocolVersion => "the server speaks no version of TLS from 1.2 on",
        _ => "the server ended the TLS handshake",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn an_error_of_tls_is_found_below_others() {
        let error = TlsError::InvalidCertificate(CertificateError::UnknownIssuer);
        let nested = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error));
        assert!(of(&nested).is_some_and(|text| text.contains("sslrootcert")));
        assert_eq!(of(&io::Error::other("the network is down")), None);
    }

    #[test]
    fn another_host_is_named() {
        let presented = vec!["DnsName(\"db.example\")".to_owned(), "IpAddress(10.0.0.1)".to_owned()];
        assert_eq!(other_host(&presented), "the server's certificate is for another host: db.example, 10.0.0.1");
    }
}
