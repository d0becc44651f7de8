//! Tokens as AWS's own libraries make them, how long they are kept, and what is missing in an environment.

use super::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::UNIX_EPOCH;

fn keys(id: &str, secret: &str) -> AwsCredentials {
    AwsCredentials { access_key_id: id.to_owned(), secret_access_key: Secret::new(secret), session_token: None }
}

fn url(user: &str) -> Url {
    Url::parse(&format!("mysql://{user}@PROD-instance.us-east-1.rds.amazonaws.com/shop")).unwrap()
}

thread_local! {
    static SECONDS: Cell<u64> = const { Cell::new(1_724_709_600) };
}

fn clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(SECONDS.get())
}

fn token(provider: &RdsIam, user: &str) -> String {
    provider.credentials(&url(user)).unwrap().password.reveal().to_owned()
}

/// From the tests of the AWS SDKs for Rust and for Python.
#[test]
fn a_token_is_that_of_the_sdks() {
    let mut provider = RdsIam::new("us-east-1", || Ok(keys("akid", "secret")));
    provider.now = clock;
    let expected = "prod-instance.us-east-1.rds.amazonaws.com:3306/?Action=connect&DBUser=peccy&X-Amz-Algorithm=AWS4-HMAC-SHA256\
                    &X-Amz-Credential=akid%2F20240826%2Fus-east-1%2Frds-db%2Faws4_request&X-Amz-Date=20240826T220000Z\
                    &X-Amz-Expires=900&X-Amz-SignedHeaders=host\
                    &X-Amz-Signature=dd0cba843009474347af724090233265628ace491ea17ce3eb3da098b983ad89";
    assert_eq!(token(&provider, "peccy"), expected);
    let mut provider = RdsIam::new("us-east-1", || Ok(keys("akid", "skid")));
    provider.now = || UNIX_EPOCH + Duration::from_secs(1_478_540_373);
    let signature = "&X-Amz-Signature=d1138cdbc0ca63eec012ec0fc6c2267e03642168f5884a7795320d4c18374c61";
    let token = token(&provider, "someusername");
    assert!(token.ends_with(signature), "{token}");
}

#[test]
fn a_token_is_kept_until_its_last_minute() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let mut provider = RdsIam::new("us-east-1", || {
        ASKED.fetch_add(1, Ordering::SeqCst);
        Ok(keys("akid", "secret"))
    });
    provider.now = clock;
    let start = SECONDS.get();
    let first = token(&provider, "ada");
    let check = |seconds: u64, asked: u32, same: bool| {
        SECONDS.set(start + seconds);
        assert_eq!((token(&provider, "ada") == first, ASKED.load(Ordering::SeqCst)), (same, asked), "{seconds}");
    };
    check(13 * 60 + 59, 1, true);
    check(14 * 60, 2, false);
    check(15 * 60 + 1, 2, false);
    check(28 * 60, 3, false);
    check(0, 4, true);
    assert_ne!(token(&provider, "bob"), first, "a token is for one user");
    let current = provider.credentials(&url("bob")).unwrap();
    provider.refused(&Secret::new("another").into());
    assert_eq!(ASKED.load(Ordering::SeqCst), 5);
    provider.refused(&current);
    provider.credentials(&url("bob")).unwrap();
    assert_eq!(ASKED.load(Ordering::SeqCst), 6);
}

#[test]
fn many_connections_ask_once() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let provider = RdsIam::new("us-east-1", || {
        ASKED.fetch_add(1, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(20));
        Ok(keys("akid", "secret"))
    });
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| provider.credentials(&url("ada")).unwrap());
        }
    });
    assert_eq!(ASKED.load(Ordering::SeqCst), 1);
}

#[test]
fn what_is_missing_is_named_and_no_secret_is_shown() {
    let full = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "hunter2"), ("AWS_SESSION_TOKEN", "hunter3")];
    let from = |left_out: &str| {
        let find = |name: &str| full.iter().find(|(known, _)| *known == name && name != left_out);
        AwsCredentials::from_variables(|name| find(name).map(|(_, value)| (*value).to_owned()))
    };
    let found = from("").unwrap();
    let shown = format!("{found:?}");
    assert!(shown.contains("AKID") && !shown.contains("hunter"), "{shown}");
    assert_eq!(from("AWS_SESSION_TOKEN").unwrap().session_token, None);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        let error = from(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AuthenticationFailed);
        assert!(error.to_string().contains(name) && !format!("{error:?}").contains("hunter"), "{error:?}");
    }
}

#[test]
fn a_token_needs_one_host_and_a_user() {
    let provider = RdsIam::new("us-east-1", || Ok(keys("akid", "secret")));
    for text in ["mysql://a.example/shop", "mysql://ada@a.example,b.example/shop"] {
        let error = provider.credentials(&Url::parse(text).unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidUrl, "{text}: {error}");
    }
}
