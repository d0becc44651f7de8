//! A small TCP proxy that does to connections what networks do: it delays them, slows them down, swallows what passes, cuts
//! them politely or not, at once, after so many bytes, or around the message in which a client says certain words.

use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As one that is closed: FIN.
    Closed,
    /// As one that nobody knows any more: RST.
    Reset,
}

/// Which side of the server's work a cut at words is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The server never gets the message.
    Before,
    /// The server gets it and answers; the answer is lost.
    After,
}

/// What is to happen to what passes.
#[derive(Clone, Debug, Default)]
struct Rules {
    /// Nothing passes, and nobody is told.
    silent: bool,
    /// So long a wait before each piece.
    delay: Option<Duration>,
    /// Pieces of so many bytes at most, with a pause between them.
    throttle: Option<(usize, Duration)>,
    /// The connection ends around the next message that holds these words.
    cut_at: Option<(&'static [u8], Side, End)>,
    /// The connection ends when the server has said so many more bytes.
    cut_after: Option<(usize, End)>,
}

#[derive(Default)]
struct State {
    rules: Rules,
    links: Vec<Arc<Link>>,
    target: (String, u16),
}

struct Link {
    client: TcpStream,
    server: TcpStream,
    /// The server's next answer is to be lost.
    deaf: Mutex<Option<End>>,
    over: AtomicBool,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    accepted: AtomicUsize,
    refusing: AtomicBool,
    closed: AtomicBool,
}

/// A proxy that listens on a port of its own until it is dropped.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

impl Proxy {
    /// Passes everything to a server, until told otherwise.
    pub(crate) fn before(target: (String, u16)) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it has one").port();
        let shared = Arc::new(Shared {
            state: Mutex::new(State { target, ..State::default() }),
            changed: Condvar::new(),
            accepted: AtomicUsize::new(0),
            refusing: AtomicBool::new(false),
            closed: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.closed.load(SeqCst) {
                    return;
                }
                accepting.accept(client);
            }
        });
        Proxy { port, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there have been.
    pub(crate) fn accepted(&self) -> usize {
        self.shared.accepted.load(SeqCst)
    }

    /// Sends new connections elsewhere.
    pub(crate) fn lead_to(&self, target: (String, u16)) {
        self.shared.lock().target = target;
    }

    /// Closes new connections at once, or takes them again.
    pub(crate) fn refuse(&self, refusing: bool) {
        self.shared.refusing.store(refusing, SeqCst);
    }

    /// Ends all connections.
    pub(crate) fn cut_all(&self, end: End) {
        let links = std::mem::take(&mut self.shared.lock().links);
        links.iter().for_each(|link| link.end(end));
        self.shared.changed.notify_all();
    }

    /// Holds back what passes, or lets it go on.
    pub(crate) fn silence(&self, silent: bool) {
        self.shared.lock().rules.silent = silent;
        self.shared.changed.notify_all();
    }

    /// Ends the connection around the next message of a client that holds these words, once.
    pub(crate) fn cut_at(&self, words: &'static [u8], side: Side, end: End) {
        self.shared.lock().rules.cut_at = Some((words, side, end));
    }

    /// Ends the connection when the server has said so many more bytes, once.
    pub(crate) fn cut_after(&self, bytes: usize, end: End) {
        self.shared.lock().rules.cut_after = Some((bytes, end));
    }

    pub(crate) fn delay(&self, delay: Duration) {
        self.shared.lock().rules.delay = Some(delay);
    }

    pub(crate) fn throttle(&self, bytes: usize, pause: Duration) {
        self.shared.lock().rules.throttle = Some((bytes, pause));
    }

    /// Passes everything again.
    pub(crate) fn heal(&self) {
        self.shared.lock().rules = Rules::default();
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, SeqCst);
        self.heal();
        self.cut_all(End::Closed);
        // So that the thread which accepts wakes up and ends.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Shared>, client: TcpStream) {
        self.accepted.fetch_add(1, SeqCst);
        let target = self.lock().target.clone();
        if self.refusing.load(SeqCst) {
            return;
        }
        let Ok(server) = TcpStream::connect((target.0.as_str(), target.1)) else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let link = Arc::new(Link { client, server, deaf: Mutex::default(), over: AtomicBool::new(false) });
        self.lock().links.push(Arc::clone(&link));
        for to_server in [true, false] {
            let (shared, link) = (Arc::clone(self), Arc::clone(&link));
            thread::spawn(move || shared.pass(&link, to_server));
        }
    }

    fn pass(&self, link: &Arc<Link>, to_server: bool) {
        let (mut from, mut to) = if to_server { (&link.client, &link.server) } else { (&link.server, &link.client) };
        let mut buffer = [0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            let rules = self.rules_for(link);
            if let Some(delay) = rules.delay {
                thread::sleep(delay);
            }
            let end = match to_server {
                true => self.hear_client(link, &buffer[..length]),
                false => self.hear_server(link, length),
            };
            let end = match end {
                Some((passes, end)) => {
                    let _ = to.write_all(&buffer[..passes]);
                    Some(end)
                }
                None => {
                    let (size, pause) = rules.throttle.unwrap_or((length, Duration::ZERO));
                    let sent = buffer[..length].chunks(size).try_for_each(|piece| {
                        thread::sleep(pause);
                        to.write_all(piece)
                    });
                    sent.err().map(|_| End::Closed)
                }
            };
            if let Some(end) = end {
                return self.end(link, end);
            }
        }
        self.end(link, End::Closed);
    }

    fn end(&self, link: &Arc<Link>, end: End) {
        link.end(end);
        self.lock().links.retain(|other| !Arc::ptr_eq(other, link));
    }

    /// The rules as they are once something may pass.
    fn rules_for(&self, link: &Link) -> Rules {
        let mut state = self.lock();
        while state.rules.silent && !link.over.load(SeqCst) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.rules.clone()
    }

    /// Whether what a client says ends the connection, and how much of it still passes.
    fn hear_client(&self, link: &Link, said: &[u8]) -> Option<(usize, End)> {
        let mut state = self.lock();
        let (words, side, end) = state.rules.cut_at?;
        if !said.windows(words.len()).any(|part| part == words) {
            return None;
        }
        state.rules.cut_at = None;
        match side {
            Side::Before => Some((0, end)),
            Side::After => {
                *link.deaf.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
                None
            }
        }
    }

    fn hear_server(&self, link: &Link, length: usize) -> Option<(usize, End)> {
        if let Some(end) = *link.deaf.lock().unwrap_or_else(PoisonError::into_inner) {
            return Some((0, end));
        }
        let mut state = self.lock();
        let (left, end) = state.rules.cut_after?;
        if left > length {
            state.rules.cut_after = Some((left - length, end));
            return None;
        }
        state.rules.cut_after = None;
        Some((left, end))
    }
}

impl Link {
    fn end(&self, end: End) {
        if self.over.swap(true, SeqCst) {
            return;
        }
        if end == End::Reset {
            // A close of a socket that lingers for no time is a reset, and the last clone of it is closed here.
            let _ = SockRef::from(&self.client).set_linger(Some(Duration::ZERO));
            let _ = self.client.shutdown(Shutdown::Read);
        } else {
            let _ = self.client.shutdown(Shutdown::Both);
        }
        let _ = self.server.shutdown(Shutdown::Both);
    }
}
