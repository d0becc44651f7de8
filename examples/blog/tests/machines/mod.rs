//! What the tests in a browser run on: Chromium with its driver, the site on a port of its own, and a PostgreSQL that can be stopped.

use axum_extra::extract::cookie::Key;
use blog::{App, router, schema, seed};
use orm_axum::{Config, Db};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use thirtyfour::prelude::*;
use tokio::net::TcpListener;

/// Runs a test in a browser, if there is one. With `ORM_TEST_BROWSER=required` there must be.
pub(crate) fn run<F>(body: impl FnOnce(WebDriver) -> F)
where
    F: Future<Output = WebDriverResult<()>> + Send + 'static,
{
    let Some(chromium) = Chromium::start() else {
        let required = std::env::var("ORM_TEST_BROWSER").unwrap_or_default();
        assert_ne!(
            required, "required",
            "chromedriver and chromium are not here; on Debian: chromium-driver, chromium"
        );
        return println!("skipped: there is no chromedriver");
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ended = runtime.block_on(async {
        let mut capabilities = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", chromium.folder.display());
        for argument in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
            "--force-prefers-reduced-motion",
            &folder,
        ] {
            capabilities.add_arg(argument).expect("an argument");
        }
        let driver = WebDriver::new(&chromium.url, capabilities).await.expect("the browser starts");
        let body = body(driver.clone());
        // In a task of its own, so that the browser is closed also after a panic.
        let ended = tokio::spawn(body).await;
        driver.quit().await.expect("the browser ends");
        ended
    });
    drop(chromium);
    match ended {
        Ok(result) => result.expect("the browser does what it is told"),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// The driver of a browser, which starts and ends it.
struct Chromium {
    driver: Child,
    url: String,
    folder: PathBuf,
}

impl Chromium {
    fn start() -> Option<Chromium> {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("orm-browser-{}-{number}", std::process::id()));
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut driver = command.spawn().ok()?;
        let said = BufReader::new(driver.stdout.take().expect("it is piped"));
        let port = said.lines().map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            Some(port.trim_end_matches('.').to_owned())
        });
        let port = port.expect("chromedriver says its port");
        Some(Chromium { driver, url: format!("http://127.0.0.1:{port}"), folder })
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Serves a seeded site until the test ends, and returns its address.
pub(crate) async fn serve(url: &str, query_panel: bool) -> String {
    let db = Db::from_config(Config::default().database_uri(url)).expect("the URL is right");
    db.create_all(schema()).await.expect("the tables are made");
    seed::when_empty(&db).await.expect("they are filled");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let app = App { db, key: Key::generate(), secure_cookies: false, query_panel };
    tokio::spawn(async move { axum::serve(listener, router(app)).await });
    format!("http://{address}")
}

/// A PostgreSQL of `scripts/servers`, which can be ended and started again on its port.
pub(crate) struct Postgres {
    folder: PathBuf,
    pub(crate) url: String,
    command: Vec<String>,
    owner: (u32, u32),
    process: u32,
    again: Option<Child>,
}

impl Postgres {
    /// None where PostgreSQL is not installed, unless it is required.
    pub(crate) fn start() -> Option<Postgres> {
        let folder = std::env::temp_dir().join(format!("orm-blog-servers-{}", std::process::id()));
        let started = script("start", &folder, &["postgres"]);
        let Some(said) = started else {
            let required = std::env::var("ORM_TEST_BROWSER").unwrap_or_default();
            assert_ne!(required, "required", "PostgreSQL cannot be started");
            println!("skipped: PostgreSQL cannot be started");
            return None;
        };
        let url = said.lines().find_map(|line| line.split_once("ORM_TEST_POSTGRES_URL=")).expect("a URL").1.to_owned();
        let process = std::fs::read_to_string(folder.join("postgres/pid")).expect("the script keeps the process");
        let process = process.trim().parse().expect("a process has a number");
        let owner =
            std::fs::metadata(format!("/proc/{process}")).map(|data| (data.uid(), data.gid())).expect("it runs");
        Some(Postgres { folder, url, command: command_line(process), owner, process, again: None })
    }

    /// Ends it at once.
    pub(crate) fn end(&mut self) {
        let sent = Command::new("kill").args(["-s", "QUIT", &self.process.to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "it takes a signal");
        if let Some(child) = &mut self.again {
            let _ = child.wait();
        }
        await_that("the server has ended", || command_line(self.process).is_empty());
    }

    /// Starts it again where it was.
    pub(crate) fn start_again(&mut self) {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).current_dir("/").process_group(0).uid(self.owner.0).gid(self.owner.1);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().expect("it starts");
        self.process = child.id();
        self.again = Some(child);
        let answers = || orm::create_engine(&self.url).and_then(|engine| engine.connect()).is_ok();
        await_that("the server answers", answers);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(child) = &mut self.again {
            let _ = child.kill();
            let _ = child.wait();
        }
        script("stop", &self.folder, &[]);
    }
}

fn script(command: &str, folder: &Path, more: &[&str]) -> Option<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/servers");
    let output = Command::new(path).arg(command).arg(folder).args(more).stderr(Stdio::inherit()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Empty when the process has ended.
fn command_line(process: u32) -> Vec<String> {
    let bytes = std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into()).collect()
}

fn await_that(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
