//! How a connection is made: the socket, the greeting, the proof of who we are. Knows no statement.

use super::Settings;
use super::cancel::{Canceller, SessionKey};
use super::channel::{Channel, Frame, invalid};
use super::connection::WireConnection;
use super::error::Stopped;
use super::exchange::{Exchange, Status};
use super::message::{self, Body};
use super::socket::Socket;
use crate::postgres_common::options::{Attributes, Shared};
use crate::url::Secret;
use orm_core::{Error, ErrorKind, Result};
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, SCRAM_SHA_256_PLUS, ScramSha256};
use postgres_protocol::message::backend::{
    AUTHENTICATION_TAG, BACKEND_KEY_DATA_TAG, ERROR_RESPONSE_TAG, NOTICE_RESPONSE_TAG, PARAMETER_STATUS_TAG,
    READY_FOR_QUERY_TAG,
};
use postgres_protocol::message::frontend;
use std::io;
use std::sync::Arc;
use std::time::Instant;

/// Connects to the first host that will do.
///
/// # Errors
/// That of the last host.
pub(super) fn connect(settings: &Arc<Settings>) -> Result<WireConnection> {
    let Shared { hosts, target, database, .. } = &settings.shared;
    let mut failure = Error::new(ErrorKind::ConnectFailed, format!("no connection to {target}"));
    for (host, port) in hosts {
        match connect_to(host, *port, settings) {
            Ok(connection) => return Ok(connection),
            Err(stopped) => failure = stopped.connect_error(target, database),
        }
    }
    Err(failure)
}

fn connect_to(host: &str, port: u16, settings: &Arc<Settings>) -> std::result::Result<WireConnection, Stopped> {
    let shared = &settings.shared;
    let deadline = shared.connect_timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut channel = Channel::new(Socket::connect(host, port, shared, deadline)?);
    channel.set_deadline(deadline)?;
    let (status, key) = greet(&mut channel, settings)?;
    channel.trust_lengths();
    channel.set_patience(shared.read_timeout);
    let canceller = key.map(|key| Canceller { host: host.to_owned(), port, key, settings: Arc::clone(settings) });
    let exchange = Exchange::new(channel, status);
    let mut connection = WireConnection::new(exchange, shared, canceller.map(Arc::new));
    check_attributes(&mut connection, shared)?;
    connection.set_deadline(None)?;
    Ok(connection)
}

/// Sends who we are and what we want, proves it, and waits until the server is ready.
fn greet(channel: &mut Channel, settings: &Settings) -> std::result::Result<(Status, Option<SessionKey>), Stopped> {
    let Settings { shared, user, password, database } = settings;
    let user = user.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_default();
    let mut parameters = vec![("client_encoding", "UTF8"), ("user", user.as_str())];
    parameters.extend(database.as_deref().map(|database| ("database", database)));
    parameters.extend(shared.application_name.as_deref().map(|name| ("application_name", name)));
    parameters.extend(shared.at_start.as_deref().map(|settings| ("options", settings)));
    frontend::startup_message(parameters, &mut channel.out)?;
    channel.send()?;
    authenticate(channel, &user, password.as_ref(), &shared.target)?;
    let mut key = None;
    loop {
        let Frame { tag, body } = channel.receive()?;
        match tag {
            READY_FOR_QUERY_TAG => return Ok((Status::of(channel.body(body))?, key)),
            BACKEND_KEY_DATA_TAG => key = SessionKey::of(channel.body(body)),
            ERROR_RESPONSE_TAG => return Err(Stopped::Refused(message::error(channel.body(body))?)),
            PARAMETER_STATUS_TAG | NOTICE_RESPONSE_TAG => {}
            _ => return Err(unexpected()),
        }
    }
}

/// The numbers of the server's requests for a proof.
mod request {
    pub(super) const NONE: u32 = 0;
    pub(super) const PLAIN: u32 = 3;
    pub(super) const MD5: u32 = 5;
    pub(super) const SASL: u32 = 10;
    pub(super) const SASL_CONTINUE: u32 = 11;
    pub(super) const SASL_FINAL: u32 = 12;
}

fn authenticate(
    channel: &mut Channel,
    user: &str,
    password: Option<&Secret>,
    target: &str,
) -> std::result::Result<(), Stopped> {
    let password = || password.map(Secret::reveal).ok_or_else(|| not_given(target));
    let (request, rest) = next_request(channel)?;
    match request {
        request::NONE => return Ok(()),
        request::PLAIN => frontend::password_message(password()?.as_bytes(), &mut channel.out)?,
        request::MD5 => {
            let salt = Body(&rest).bytes()?;
            let proof = md5_hash(user.as_bytes(), password()?.as_bytes(), salt);
            frontend::password_message(proof.as_bytes(), &mut channel.out)?;
        }
        request::SASL => scram(channel, &rest, password()?, target)?,
        _ => return Err(not_given(target)),
    }
    channel.send()?;
    match next_request(channel)? {
        (request::NONE, _) => Ok(()),
        _ => Err(unexpected()),
    }
}

/// SCRAM-SHA-256, in which the server proves that it knows the password too. What is left to be read is that it agrees.
fn scram(channel: &mut Channel, mechanisms: &[u8], password: &str, target: &str) -> std::result::Result<(), Stopped> {
    let offered = |mechanism: &str| mechanisms.split(|&byte| byte == 0).any(|name| name == mechanism.as_bytes());
    let (mechanism, binding) = match channel.binding() {
        Some(binding) if offered(SCRAM_SHA_256_PLUS) => (SCRAM_SHA_256_PLUS, binding),
        // The server learns that we would have, and sees whether somebody in between has kept its offer from us.
        Some(_) => (SCRAM_SHA_256, ChannelBinding::unrequested()),
        None => (SCRAM_SHA_256, ChannelBinding::unsupported()),
    };
    if !offered(mechanism) {
        return Err(not_given(target));
    }
    let refused = |error: io::Error| {
        let message = format!("the server at {target} does not prove that it knows the password");
        Stopped::Ours(Error::new(ErrorKind::AuthenticationFailed, message).with_source(error))
    };
    let mut scram = ScramSha256::new(password.as_bytes(), binding);
    frontend::sasl_initial_response(mechanism, scram.message(), &mut channel.out)?;
    channel.send()?;
    let (request::SASL_CONTINUE, challenge) = next_request(channel)? else { return Err(unexpected()) };
    scram.update(&challenge).map_err(refused)?;
    frontend::sasl_response(scram.message(), &mut channel.out)?;
    channel.send()?;
    let (request::SASL_FINAL, proof) = next_request(channel)? else { return Err(unexpected()) };
    scram.finish(&proof).map_err(refused)
}

/// The number of the next request for a proof, and what comes with it.
fn next_request(channel: &mut Channel) -> std::result::Result<(u32, Vec<u8>), Stopped> {
    loop {
        let Frame { tag, body } = channel.receive()?;
        match tag {
            AUTHENTICATION_TAG => {
                let mut body = Body(channel.body(body));
                return Ok((body.long()?, body.0.to_vec()));
            }
            ERROR_RESPONSE_TAG => return Err(Stopped::Refused(message::error(channel.body(body))?)),
            NOTICE_RESPONSE_TAG => {}
            _ => return Err(unexpected()),
        }
    }
}

#[cold]
fn unexpected() -> Stopped {
    invalid("the server does not answer as a PostgreSQL server does").into()
}

#[cold]
fn not_given(target: &str) -> Stopped {
    let message = format!("the server at {target} asks for a password or a method that were not given");
    Stopped::Ours(Error::new(ErrorKind::AuthenticationFailed, message))
}

/// Asks whether the host takes writes, where that matters.
fn check_attributes(connection: &mut WireConnection, shared: &Shared) -> std::result::Result<(), Stopped> {
    let wanted = match shared.attributes {
        Attributes::Any => return Ok(()),
        Attributes::ReadWrite => "off",
        Attributes::ReadOnly => "on",
    };
    let mut fits = false;
    let question = "SELECT pg_catalog.current_setting('transaction_read_only')";
    connection.unnamed(
        question,
        &[],
        Some(&mut |row| {
            fits = row.text(0)? == Some(wanted);
            Ok(())
        }),
    )?;
    if fits {
        return Ok(());
    }
    let message = format!("the server at {} is not one that `target_session_attrs` asks for", shared.target);
    Err(Stopped::Ours(Error::new(ErrorKind::ConnectFailed, message)))
}
