//! Opening a connection: the servers and their addresses in order, the handshake, and the session's settings.

use super::encrypt;
use super::error::{self, Attempt, Fault};
use super::guard::{guarded, within};
use super::options::{Server, ServerKey, Settings};
use crate::tls::Mode;
use crate::url::Secret;
use mysql::consts::CapabilityFlags;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder, SslOpts};
use orm_core::dialect::{Dialect, MARIADB, MYSQL};
use orm_core::{Error, ErrorKind, Result};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

/// A connection that is ready for use.
pub(super) struct Opened {
    pub(super) client: Conn,
    pub(super) dialect: &'static Dialect,
    /// The largest packet that the server takes.
    pub(super) max_packet: usize,
    /// What sets the session up; sent again after a reset.
    pub(super) setup: String,
    /// Where it leads: a server's name may stand for several machines.
    pub(super) peer: Peer,
}

/// One server, at one of its addresses.
#[derive(Clone)]
pub(super) struct Peer {
    server: Server,
    address: Option<SocketAddr>,
    /// What the machine calls itself, where the client is told a name: it looks the name up again each time, and may get to another
    /// machine.
    machine: Option<String>,
}

/// Tries the servers in order. One that refuses the user or the database ends the search: the next would be no better.
pub(super) fn open(settings: &Settings) -> Result<Opened> {
    let mut last = None;
    for server in &settings.servers {
        match open_server(server, settings) {
            Ok(opened) => return Ok(opened),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectFailed | ErrorKind::TooManyConnections) => {
                last = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    let error = last.expect("the settings have at least one server");
    match settings.servers.len() {
        1 => Err(error),
        several => Err(error.context(format_args!("none of {several} servers could be reached"))),
    }
}

/// Tries the addresses of a server in order; the client itself would only try the first.
fn open_server(server: &Server, settings: &Settings) -> Result<Opened> {
    let Server::Tcp { host, port } = server else { return open_address(server, None, settings) };
    let mut last = None;
    let mut addresses = resolve(host, *port, server, settings.connect_timeout)?;
    if checks_name(server, settings) {
        // The client tries all addresses of a family by itself.
        let first_family = addresses.first().is_some_and(SocketAddr::is_ipv4);
        let other = addresses.iter().find(|address| address.is_ipv4() != first_family).copied();
        addresses.truncate(1);
        addresses.extend(other);
    }
    for address in addresses {
        match open_address(server, Some(address), settings) {
            Err(error) if error.kind() == ErrorKind::ConnectFailed => last = Some(error),
            done => return done,
        }
    }
    Err(last.unwrap_or_else(|| unreachable_server(server, "has no address")))
}

/// Whether the certificate must be for the host. The client must then be told the host's name and not its address, which it looks
/// up once more.
fn checks_name(server: &Server, settings: &Settings) -> bool {
    let is_name = |host: &str| host.parse::<IpAddr>().is_err();
    settings.tls.mode == Mode::VerifyFull && matches!(server, Server::Tcp { host, port: _ } if is_name(host))
}

fn unreachable_server(server: &Server, why: &str) -> Error {
    Error::new(ErrorKind::ConnectFailed, format!("the server at {server} {why}"))
}

fn resolve(host: &str, port: u16, server: &Server, limit: Option<Duration>) -> Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let name = host.to_owned();
    let look_up = move || (name.as_str(), port).to_socket_addrs().map(Vec::from_iter);
    let answer = match limit {
        Some(limit) => within(limit, look_up)
            .ok_or_else(|| unreachable_server(server, "has a name that is not resolved in time"))?,
        None => look_up(),
    };
    answer.map_err(|error| unreachable_server(server, "has a name that cannot be resolved").with_source(error))
}

/// Connects to the very machine that another connection leads to, and runs one text there.
pub(super) fn tell(peer: &Peer, settings: &Settings, sql: &str) -> Result<()> {
    let Peer { server, address, machine } = peer;
    let Opened { mut client, peer: reached, .. } = open_address(server, *address, settings)?;
    if checks_name(server, settings) && (machine.is_none() || reached.machine != *machine) {
        return Err(unreachable_server(server, "may be several machines, and another one may have answered"));
    }
    guarded(|| client.query_drop(sql)).map_err(|fault| error::of_statement(fault, sql))
}

fn open_address(server: &Server, address: Option<SocketAddr>, settings: &Settings) -> Result<Opened> {
    match settings.tls.mode {
        Mode::Disable => attempt(server, address, settings, None),
        // The client has no mode between the two. As in libpq, a handshake that fails is no reason to stay away.
        Mode::Prefer => match attempt(server, address, settings, Some(encrypt::options(&settings.tls))) {
            Err(error) if error.kind() == ErrorKind::TlsFailed => attempt(server, address, settings, None),
            done => done,
        },
        Mode::Require | Mode::VerifyCa | Mode::VerifyFull => {
            attempt(server, address, settings, Some(encrypt::options(&settings.tls)))
        }
    }
}

fn attempt(
    server: &Server,
    address: Option<SocketAddr>,
    settings: &Settings,
    encryption: Option<SslOpts>,
) -> Result<Opened> {
    // A socket's peer is on this machine, and the client sends it the password as it is.
    let local = address.is_none_or(|address| address.ip().is_loopback());
    let key = server_key(&settings.server_key, local);
    let key_withheld = key.as_deref().is_some_and(|path| path.as_os_str().is_empty());
    let options = client_options(server, address, settings).server_key_path(key).ssl_opts(encryption);
    let wishes = Wishes::of(settings);
    let peer = Peer { server: server.clone(), address, machine: None };
    let by_name = checks_name(server, settings);
    let shake_hands = move || {
        let mut opened = establish(options, &wishes, peer)?;
        if by_name {
            opened.peer.machine = machine(&mut opened.client)?;
        }
        Ok(opened)
    };
    let answer = match settings.connect_timeout {
        // The client's own limit is for each step; this one holds for the handshake too.
        Some(limit) => match within(limit, shake_hands) {
            Some(answer) => answer,
            None => return Err(unreachable_server(server, "did not answer in time")),
        },
        None => shake_hands(),
    };
    answer.map_err(|fault| match fault {
        Fault::Client(mysql::Error::IoError(error)) if no_key_file(&settings.server_key, &error) => {
            Error::new(ErrorKind::InvalidUrl, "the file of the option `server_public_key` cannot be read")
                .with_source(error)
        }
        Fault::Client(error) => match encrypt::failed(&error, &server.to_string()) {
            Some(ours) => ours.with_source(error),
            None => error::of_connect(error, &server.to_string(), key_withheld),
        },
        Fault::Panicked => unreachable_server(server, "answers in a way that the MySQL client does not understand"),
        Fault::Caller(error) => error,
    })
}

/// Whether the error is that of a key file: the network has no errors of these kinds.
fn no_key_file(key: &ServerKey, error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{IsADirectory, NotFound, PermissionDenied};
    matches!(key, ServerKey::File(_)) && matches!(error.kind(), NotFound | PermissionDenied | IsADirectory)
}

/// The file with the server's key, an empty path where the server must not be asked for its key, or nothing where it
/// may.
fn server_key(key: &ServerKey, local: bool) -> Option<PathBuf> {
    match key {
        ServerKey::Ask => None,
        ServerKey::AskLocally if local => None,
        // There is no such file, so that the client gives up before it sends anything.
        ServerKey::AskLocally => Some(PathBuf::new()),
        ServerKey::File(path) => Some(path.clone()),
    }
}

/// Set by setters alone: the client's URLs know other options than ours. Never shown by `Debug`, which prints the
/// password.
fn client_options(server: &Server, address: Option<SocketAddr>, settings: &Settings) -> OptsBuilder {
    let options = OptsBuilder::new()
        .user(settings.user.as_deref())
        .pass(settings.password.as_ref().map(Secret::reveal))
        .db_name(settings.database.as_deref())
        // A second connection over a socket would be opened after one to this machine.
        .prefer_socket(false)
        .tcp_connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .write_timeout(settings.write_timeout)
        .tcp_nodelay(true)
        // A peer that vanished is noticed even while its answer is waited for.
        .tcp_keepalive_time_ms(Some(60_000))
        // For answers: the server's own limit for what we send is asked for later, and checked by us.
        .max_allowed_packet(Some(1 << 30))
        // We keep statements ourselves.
        .stmt_cache_size(0)
        // A server that has proven who it is may have the password, or a token of a cloud, as it is.
        .enable_cleartext_plugin(settings.tls.mode == Mode::VerifyFull)
        // So that an UPDATE tells how many rows it matched, as everywhere else, and not how many it changed.
        .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS);
    match (server, address) {
        (Server::Tcp { host, port }, Some(address)) if checks_name(server, settings) => {
            // Bound to an address of a family, the client looks for the others of that family, too, and tries all of them.
            let any = if address.is_ipv4() { IpAddr::from([0; 4]) } else { IpAddr::from([0_u16; 8]) };
            options.ip_or_hostname(Some(host.as_str())).tcp_port(*port).bind_address(Some((any, 0)))
        }
        (Server::Tcp { .. }, Some(address)) => {
            options.ip_or_hostname(Some(address.ip().to_string())).tcp_port(address.port())
        }
        (Server::Tcp { host, port }, None) => options.ip_or_hostname(Some(host.as_str())).tcp_port(*port),
        (Server::Socket(path), _) => options.socket(Some(path.as_str())),
    }
}

/// What the session's settings depend on, beside the server.
struct Wishes {
    statement_timeout: Option<Duration>,
    lock_timeout: Option<u64>,
    sql_mode: Option<String>,
}

impl Wishes {
    fn of(settings: &Settings) -> Wishes {
        Wishes {
            statement_timeout: settings.statement_timeout,
            lock_timeout: settings.lock_timeout,
            sql_mode: settings.sql_mode.clone(),
        }
    }

    /// One SET for everything.
    fn setup(&self, dialect: &'static Dialect) -> String {
        // Strict: a value that does not fit is an error and is not cut. NO_AUTO_VALUE_ON_ZERO: an explicit key 0 is
        // stored, as on every other database; a key is generated where the column is left out. The server's other modes
        // stay. GROUP_CONCAT would cut its result to 1024 bytes with no more than a warning.
        let mut modes = "STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO".to_owned();
        if let Some(more) = &self.sql_mode {
            modes = format!("{modes},{more}");
        }
        let mut setup = format!(
            "SET NAMES utf8mb4, time_zone = '+00:00', autocommit = 1, group_concat_max_len = 4294967295, \
             sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), '{modes}')"
        );
        if let Some(limit) = self.lock_timeout {
            setup.push_str(&format!(", innodb_lock_wait_timeout = {limit}"));
        }
        if let Some(limit) = self.statement_timeout {
            // MySQL ends only SELECTs by its limit, MariaDB every statement.
            let limit = if std::ptr::eq(dialect, &MARIADB) {
                format!(", max_statement_time = {}", limit.as_secs_f64())
            } else {
                format!(", max_execution_time = {}", limit.as_millis())
            };
            setup.push_str(&limit);
        }
        setup
    }
}

/// Shakes hands, learns what the server is, and sets the session up.
fn establish(options: OptsBuilder, wishes: &Wishes, peer: Peer) -> Attempt<Opened> {
    let mut client = guarded(|| Conn::new(options))?;
    // The version of the handshake is made up by some servers and proxies.
    let answer: Option<(String, u64)> = guarded(|| client.query_first("SELECT VERSION(), @@max_allowed_packet"))?;
    let (version, max_packet) = answer.unwrap_or_default();
    let dialect = if version.contains("MariaDB") { &MARIADB } else { &MYSQL };
    let setup = wishes.setup(dialect);
    guarded(|| client.query_drop(&setup))?;
    let max_packet = usize::try_from(max_packet).unwrap_or(usize::MAX);
    Ok(Opened { client, dialect, max_packet, setup, peer })
}

/// What the machine calls itself; nothing where a proxy does not know.
fn machine(client: &mut Conn) -> Attempt<Option<String>> {
    match guarded(|| client.query_first("SELECT @@hostname")) {
        Ok(answer) => Ok(answer.flatten()),
        Err(Fault::Client(mysql::Error::MySqlError(_))) => Ok(None),
        Err(fault) => Err(fault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_elsewhere_is_not_asked_for_its_key() {
        assert_eq!(server_key(&ServerKey::AskLocally, true), None);
        assert_eq!(server_key(&ServerKey::AskLocally, false), Some(PathBuf::new()));
        assert_eq!(server_key(&ServerKey::Ask, false), None);
        assert_eq!(server_key(&ServerKey::File("key.pem".into()), true), Some("key.pem".into()));
    }

    #[test]
    fn each_server_has_its_own_limit_for_statements() {
        let wishes = Wishes {
            statement_timeout: Some(Duration::from_millis(1500)),
            lock_timeout: Some(7),
            sql_mode: Some("ANSI_QUOTES".into()),
        };
        let mariadb = wishes.setup(&MARIADB);
        assert!(mariadb.contains("max_statement_time = 1.5") && mariadb.contains("innodb_lock_wait_timeout = 7"));
        let mysql = wishes.setup(&MYSQL);
        assert!(mysql.contains("max_execution_time = 1500") && mysql.contains("NO_AUTO_VALUE_ON_ZERO,ANSI_QUOTES'"));
    }
}
