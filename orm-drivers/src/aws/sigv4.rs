//! Signature Version 4 in the query of a GET without a body. Knows no database.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use super::AwsCredentials;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is signed.
pub(super) struct Request<'r> {
    /// With the port, where it is not that of the scheme.
    pub(super) host: &'r str,
    pub(super) parameters: &'r [(&'r str, &'r str)],
    pub(super) region: &'r str,
    pub(super) service: &'r str,
    pub(super) valid: Duration,
}

/// The query with its signature, without a question mark.
pub(super) fn signed_query(request: &Request<'_>, credentials: &AwsCredentials, now: SystemTime) -> String {
    let Request { host, parameters, region, service, valid } = request;
    let time = basic_time(now);
    let day = &time[..8];
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let credential = format!("{}/{scope}", credentials.access_key_id);
    let valid = valid.as_secs().to_string();
    let mut all: Vec<(&str, &str)> = parameters.to_vec();
    all.extend([
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", credential.as_str()),
        ("X-Amz-Date", time.as_str()),
        ("X-Amz-Expires", valid.as_str()),
        ("X-Amz-SignedHeaders", "host"),
    ]);
    all.extend(credentials.session_token.as_ref().map(|token| ("X-Amz-Security-Token", token.reveal())));
    let mut all: Vec<(String, String)> = all.into_iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    all.sort_unstable();
    let query = all.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    // Method, path, query, headers, their names, the digest of no body.
    let canonical = format!("GET\n/\n{query}\nhost:{host}\n\nhost\n{}", hex(&Sha256::digest(b"")));
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(&canonical)));
    let mut key = digest(format!("AWS4{}", credentials.secret_access_key.reveal()).as_bytes(), day);
    for part in [region, service, "aws4_request"] {
        key = digest(&key, part);
    }
    format!("{query}&X-Amz-Signature={}", hex(&digest(&key, &to_sign)))
}

/// Everything but what RFC 3986 calls unreserved.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn digest(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of this code may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `20150830T123600Z`.
fn basic_time(now: SystemTime) -> String {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (day, hour, minute, second) = (days + 1, second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::url::Secret;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (1_735_689_599, "20241231T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(basic_time(at(seconds)), expected);
        }
    }

    /// Of the suite that AWS publishes: `get-vanilla`, `get-vanilla-query-order-encoded`, `get-vanilla-with-session-token`.
    #[test]
    fn signatures_are_those_that_aws_publishes() {
        let token = "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267";
        let encoded: &[(&str, &str)] = &[("Param-3", "Value3"), ("Param", "Value2"), ("ሴ", "Value1")];
        for (parameters, token, expected) in [
            (&[][..], None, "e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d"),
            (encoded, None, "c5f1848ceec943ac2ca68ee720460c23aaae30a2300586597ada94c4a65e4787"),
            (&[][..], Some(token), "7ff2b50b376cb4d151970630573d6291dc128cc5c2a12ffb237f73cc53f67b6c"),
        ] {
            let credentials = AwsCredentials {
                access_key_id: "AKIDEXAMPLE".to_owned(),
                secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                session_token: token.map(Secret::new),
            };
            let request = Request {
                host: "example.amazonaws.com",
                parameters,
                region: "us-east-1",
                service: "service",
                valid: Duration::from_secs(3600),
            };
            let query = signed_query(&request, &credentials, at(1_440_938_160));
            assert_eq!(query.split_once("&X-Amz-Signature=").map(|(_, signature)| signature), Some(expected));
        }
    }
}
