//! What a server's certificate has to prove, by mode. Knows no file.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;

/// How far a certificate is looked at.
#[derive(Debug)]
pub(super) enum Check {
    /// Not at all: whoever answers is taken.
    Nothing,
    /// One of these authorities has signed it, and it is valid today.
    Chain(RootCertStore),
    /// It is for the host, too.
    ChainAndName(RootCertStore),
}

/// The check, as rustls asks for it.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) check: Check,
    pub(super) provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn check_chain(
        &self,
        certificate: &ParsedCertificate<'_>,
        roots: &RootCertStore,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(certificate, roots, intermediates, now, algorithms)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.check {
            Check::Nothing => {}
            Check::Chain(roots) => {
                let certificate = ParsedCertificate::try_from(end_entity)?;
                self.check_chain(&certificate, roots, intermediates, now)?;
            }
            Check::ChainAndName(roots) => {
                let certificate = ParsedCertificate::try_from(end_entity)?;
                self.check_chain(&certificate, roots, intermediates, now)?;
                verify_server_name(&certificate, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.check {
            // A signature by a key that nobody vouches for proves nothing, and certificates of version 1, which MySQL makes for
            // itself, cannot be read.
            Check::Nothing => Ok(HandshakeSignatureValid::assertion()),
            Check::Chain(_) | Check::ChainAndName(_) => {
                verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
            }
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        match &self.check {
            Check::Nothing => Ok(HandshakeSignatureValid::assertion()),
            Check::Chain(_) | Check::ChainAndName(_) => {
                verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
            }
        }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
