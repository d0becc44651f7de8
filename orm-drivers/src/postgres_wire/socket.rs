//! The socket: TCP, encrypted or not, or a Unix socket, opened within a limit of time. Knows no message.

use super::encrypt::{Agreed, Encrypted, binding, encrypt};
use crate::postgres_common::options::Shared;
use crate::tls::{Mode, explain};
use postgres_protocol::authentication::sasl::ChannelBinding;
use socket2::{SockRef, TcpKeepalive};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// A connected socket.
pub(super) enum Socket {
    Tcp(TcpStream),
    Tls(Box<Encrypted>),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Socket {
    /// Connects to a host, before a point in time, and encrypts what the URL wants encrypted.
    pub(super) fn connect(host: &str, port: u16, shared: &Shared, deadline: Option<Instant>) -> io::Result<Socket> {
        if host.starts_with('/') {
            return connect_unix(host, port);
        }
        let addresses = resolve(host, port, deadline)?;
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
        for (at, address) in addresses.iter().enumerate() {
            // Each address gets its part of the time: one that never answers must not keep the others from being tried.
            let left = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
            let open = || match remaining(deadline)? {
                Some(time) => TcpStream::connect_timeout(address, (time / left).max(Duration::from_millis(1))),
                None => TcpStream::connect(address),
            };
            match open().and_then(|stream| prepare(stream, shared)) {
                Ok(stream) => return secure(stream, host, shared, deadline, || prepare(open()?, shared)),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// What the proof of a password can be tied to, on an encrypted socket.
    pub(super) fn binding(&self) -> Option<ChannelBinding> {
        match self {
            Socket::Tls(stream) => binding(stream),
            Socket::Tcp(_) => None,
            #[cfg(unix)]
            Socket::Unix(_) => None,
        }
    }

    /// The longest that a call may wait for the other end, `None` for as long as it takes.
    pub(super) fn set_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.set_read_timeout(timeout).and_then(|()| stream.set_write_timeout(timeout)),
            Socket::Tls(stream) => {
                stream.sock.set_read_timeout(timeout).and_then(|()| stream.sock.set_write_timeout(timeout))
            }
            #[cfg(unix)]
            Socket::Unix(stream) => stream.set_read_timeout(timeout).and_then(|()| stream.set_write_timeout(timeout)),
        }
    }

    /// Whether calls wait from here on.
    pub(super) fn set_waiting(&self, waiting: bool) -> io::Result<()> {
        match self {
            Socket::Tcp(stream) => stream.set_nonblocking(!waiting),
            Socket::Tls(stream) => stream.sock.set_nonblocking(!waiting),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.set_nonblocking(!waiting),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(into),
            Socket::Tls(stream) => stream.read(into),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(from),
            Socket::Tls(stream) => stream.write(from),
            #[cfg(unix)]
            Socket::Unix(stream) => stream.write(from),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Socket::Tls(stream) => stream.flush(),
            Socket::Tcp(_) => Ok(()),
            #[cfg(unix)]
            Socket::Unix(_) => Ok(()),
        }
    }
}

/// Encrypts what the URL wants encrypted. As in libpq, a handshake that fails is no reason to stay away where encryption is only
/// preferred; a socket that is opened `again` then stays as it is.
fn secure(
    stream: TcpStream,
    host: &str,
    shared: &Shared,
    deadline: Option<Instant>,
    again: impl FnOnce() -> io::Result<TcpStream>,
) -> io::Result<Socket> {
    let Some(tls) = &shared.tls else { return Ok(Socket::Tcp(stream)) };
    match encrypt(stream, host, tls, deadline) {
        Ok(Agreed::Encrypted(stream)) => Ok(Socket::Tls(stream)),
        Ok(Agreed::Plain(stream)) => Ok(Socket::Tcp(stream)),
        Err(error) if tls.mode() == Mode::Prefer && explain::of(&error).is_some() => again().map(Socket::Tcp),
        Err(error) => Err(error),
    }
}

/// The time until a point in time; an error when it has passed.
pub(super) fn remaining(deadline: Option<Instant>) -> io::Result<Option<Duration>> {
    let Some(deadline) = deadline else { return Ok(None) };
    let time = deadline.saturating_duration_since(Instant::now());
    if time.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(Some(time)) }
}

/// The addresses of a host. A name is asked for on a thread of its own, because that call has no limit.
fn resolve(host: &str, port: u16, deadline: Option<Instant>) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let name = host.to_owned();
    let Some(time) = remaining(deadline)? else { return Ok((name, port).to_socket_addrs()?.collect()) };
    let (give, take) = channel();
    thread::Builder::new().name("orm-resolve".to_owned()).spawn(move || {
        // Nobody may wait for it any more.
        let _ = give.send((name, port).to_socket_addrs().map(Iterator::collect));
    })?;
    take.recv_timeout(time).map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn prepare(stream: TcpStream, shared: &Shared) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(&stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(shared.keepalives_idle))?;
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    if let Some(timeout) = shared.tcp_user_timeout {
        socket.set_tcp_user_timeout(Some(timeout))?;
    }
    Ok(stream)
}

#[cfg(unix)]
fn connect_unix(folder: &str, port: u16) -> io::Result<Socket> {
    UnixStream::connect(format!("{folder}/.s.PGSQL.{port}")).map(Socket::Unix)
}

#[cfg(not(unix))]
fn connect_unix(_folder: &str, _port: u16) -> io::Result<Socket> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets"))
}
