//! Servers of a test's own, which may be killed, stopped for a while and started again, and a standby beside its primary.
//!
//! `scripts/servers` makes them; from then on they are run here, by the command line that the script ran them by.

use orm::prelude::*;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::ground::await_that;

/// A running server, or one that was ended.
pub(crate) struct Server {
    /// The folder of `scripts/servers`; none for a standby, which lives in its primary's.
    folder: Option<PathBuf>,
    pub(crate) port: u16,
    pub(crate) url: String,
    command: Vec<String>,
    user: u32,
    group: u32,
    process: u32,
    child: Option<Child>,
}

fn script(command: &str, folder: &Path, server: Option<&str>) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/servers");
    let mut run = Command::new(path);
    run.arg(command).arg(folder).args(server).stderr(Stdio::inherit());
    let output = run.output().expect("the script runs");
    assert!(output.status.success(), "scripts/servers {command} failed");
    String::from_utf8(output.stdout).expect("the script prints text")
}

/// What the kernel knows of a process's start; empty when it has ended.
fn command_line(process: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    bytes
        .split(|byte| *byte == 0)
        .filter(|word| !word.is_empty())
        .map(|word| String::from_utf8_lossy(word).into())
        .collect()
}

pub(crate) fn signal(process: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "the process {process} takes a signal");
}

impl Server {
    /// A new `postgres` or `mariadb`.
    pub(crate) fn start(name: &str) -> Server {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("orm-faults-{}-{number}", std::process::id()));
        let said = script("start", &folder, Some(name));
        let variable = format!("ORM_TEST_{}_URL=", name.to_uppercase());
        let url =
            said.lines().find_map(|line| line.split_once(&variable)).expect("the script prints the URL").1.to_owned();
        let parsed = orm::drivers::url::Url::parse(&url).expect("the script's URL is right");
        let process = std::fs::read_to_string(folder.join(name).join("pid")).expect("the script keeps the process");
        let process = process.trim().parse().expect("a process has a number");
        let owner = std::fs::metadata(format!("/proc/{process}")).expect("it runs");
        Server {
            port: parsed.hosts[0].port.expect("the script's URL names the port"),
            command: command_line(process),
            folder: Some(folder),
            url,
            user: owner.uid(),
            group: owner.gid(),
            process,
            child: None,
        }
    }

    pub(crate) fn target(&self) -> (String, u16) {
        ("127.0.0.1".to_owned(), self.port)
    }

    /// Sends a signal to the server's first process.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.process, name);
    }

    /// Ends the server at once and with everything in its hands, as a crash would. The processes of PostgreSQL go on for a moment
    /// when their first one is merely killed, so that it is told to take them along.
    pub(crate) fn kill(&mut self) {
        let is_postgres = self.command[0].ends_with("postgres");
        self.signal(if is_postgres { "QUIT" } else { "KILL" });
        self.await_end();
    }

    /// Waits until the server has ended.
    pub(crate) fn await_end(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.wait().expect("it can be waited for");
        }
        await_that("the server has ended", || command_line(self.process).is_empty());
    }

    /// Runs the server again on the same port, with more arguments from now on, and waits until it answers.
    pub(crate) fn run_again(&mut self, more: &[&str]) {
        self.command.extend(more.iter().map(|word| (*word).to_owned()));
        await_that("the server answers", || {
            let running = self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)));
            if !running {
                let child = self.command(&self.command[0], &self.command[1..]).spawn().expect("it starts");
                self.process = child.id();
                self.child = Some(child);
                std::thread::sleep(Duration::from_millis(200));
            }
            self.answers()
        });
    }

    fn answers(&self) -> bool {
        let engine = orm::create_engine(&self.url).expect("the URL is right");
        engine.connect().and_then(|mut connection| connection.one::<i64, _>(sql("SELECT 1"))).is_ok()
    }

    /// A command run as the server's user.
    fn command(&self, program: &str, arguments: &[String]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("PGPASSWORD", "orm").current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        // A user may become who it is.
        command.uid(self.user).gid(self.group);
        command
    }

    /// A PostgreSQL that can have standbys, and whose commits outlive a kill.
    pub(crate) fn start_primary() -> Server {
        let mut server = Server::start("postgres");
        server.signal("INT");
        server.await_end();
        let settings = ["synchronous_commit=on", "wal_level=replica", "max_wal_senders=5", "hot_standby_feedback=on"];
        let more: Vec<&str> = settings.iter().flat_map(|setting| ["-c", setting]).collect();
        server.run_again(&more);
        server
    }

    /// A standby of this PostgreSQL, on a port of its own.
    pub(crate) fn standby(&self) -> Server {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it has one").port();
        drop(listener);
        let at = self.command.iter().position(|word| word == "-D").expect("it has a folder");
        let data = format!("{}-standby", self.command[at + 1]);
        let copy = Path::new(&self.command[0]).with_file_name("pg_basebackup");
        let from = self.port.to_string();
        let arguments = ["-R", "-c", "fast", "-X", "stream", "-h", "127.0.0.1", "-p", &from, "-U", "orm", "-D", &data];
        let copied = self.command(&copy.to_string_lossy(), &arguments.map(str::to_owned)).status();
        assert!(copied.is_ok_and(|status| status.success()), "the primary is copied");
        let mut command = self.command.clone();
        command[at + 1] = data;
        let at = command.iter().position(|word| word == "-p").expect("it has a port");
        command[at + 1] = port.to_string();
        let url = self.url.replace(&format!(":{}/", self.port), &format!(":{port}/"));
        let (user, group) = (self.user, self.group);
        let mut server = Server { folder: None, port, url, command, user, group, process: 0, child: None };
        server.run_again(&[]);
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may be stopped; and its data are worth nothing.
            let _ = child.kill();
            let _ = child.wait();
        }
        if let Some(folder) = &self.folder {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/servers");
            let _ = Command::new(path).arg("stop").arg(folder).status();
        }
    }
}
