//! Certificates of every kind, made for one test, in a folder of its own.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use rcgen::{KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// What is wrong with a server's certificate, if anything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Good,
    OtherHost,
    OtherAuthority,
    Expired,
    NotYet,
    SelfSigned,
}

/// An authority, and a folder with its certificate in `ca.pem`, that of another in `other.pem`, and a client's in `client.pem`
/// and `client.key`. Removed at the end.
pub(crate) struct Authority {
    pub(crate) folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    pub(crate) certificate: CertificateDer<'static>,
    other: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("orm-tls-{}-{number}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let (issuer, certificate, pem) = authority("the authority of this test");
        fs::write(folder.join("ca.pem"), pem).unwrap();
        let (other, _, pem) = authority("another authority");
        fs::write(folder.join("other.pem"), pem).unwrap();
        let authority = Authority { folder, issuer, certificate, other };
        authority.write_client("client", &authority.issuer);
        authority.write_client("stranger", &authority.other);
        authority
    }

    fn write_client(&self, name: &str, issuer: &Issuer<'static, KeyPair>) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["orm".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, issuer).unwrap();
        fs::write(self.folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(self.folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    /// A server's certificate and its key.
    pub(crate) fn server(&self, kind: Kind) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let host = if kind == Kind::OtherHost { "db.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        match kind {
            Kind::Expired => params.not_after = date_time_ymd(2020, 1, 1),
            Kind::NotYet => params.not_before = date_time_ymd(3000, 1, 1),
            Kind::Good | Kind::OtherHost | Kind::OtherAuthority | Kind::SelfSigned => {}
        }
        let key = KeyPair::generate().unwrap();
        let certificate = match kind {
            Kind::SelfSigned => params.self_signed(&key),
            Kind::OtherAuthority => params.signed_by(&key, &self.other),
            Kind::Good | Kind::OtherHost | Kind::Expired | Kind::NotYet => params.signed_by(&key, &self.issuer),
        };
        (certificate.unwrap().der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.folder.join(file).display().to_string()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn authority(name: &str) -> (Issuer<'static, KeyPair>, CertificateDer<'static>, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key).unwrap();
    let (der, pem) = (certificate.der().clone(), certificate.pem());
    (Issuer::new(params, key), der, pem)
}
