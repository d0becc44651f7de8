//! PgBouncer in transaction mode, the real one: many threads through two server connections, by both drivers.

use crate::ground::{self, Ground, Note, Own, Way, await_that, note, slow};
use orm::EngineOptions;
use orm::drivers::url::{Host, Url};
use orm::prelude::*;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A PgBouncer before the database of a test, with two connections to it.
struct Bouncer {
    child: Child,
    folder: PathBuf,
    port: u16,
}

impl Bouncer {
    fn before(on: &Ground<'_>) -> Bouncer {
        let url = Url::parse(&on.url).unwrap();
        let host = url.hosts.first().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let folder = std::env::temp_dir().join(format!("orm-bouncer-{port}"));
        std::fs::create_dir(&folder).unwrap();
        let (_, schema) = url.options.iter().find(|(name, _)| name == "options").unwrap();
        let path = schema.strip_prefix("-csearch_path=").unwrap();
        let settings = format!(
            "[databases]\n{database} = host={host} port={at} dbname={database} user={user} password={password} \
             connect_query='SET search_path = {path}'\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\ndefault_pool_size = 2\nlogfile = {folder}/log\n",
            database = url.database.as_deref().unwrap(),
            host = host.name,
            at = host.port.unwrap_or(5432),
            user = url.user.as_deref().unwrap(),
            password = url.password.as_ref().unwrap().reveal(),
            folder = folder.display(),
        );
        std::fs::write(folder.join("settings.ini"), settings).unwrap();
        let mut command = Command::new("pgbouncer");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/usr/local/sbin")).arg(folder.join("settings.ini"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if is_root() {
            // It refuses to run as root, and is nobody then.
            std::os::unix::fs::chown(&folder, Some(65534), Some(65534)).unwrap();
            command.uid(65534).gid(65534);
        }
        let child = command.spawn().expect("PgBouncer is here; on Debian: apt-get install pgbouncer");
        let bouncer = Bouncer { child, folder, port };
        await_that("the pooler listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
        bouncer
    }

    fn engine(&self, on: &Ground<'_>, options: &str) -> orm::Result<Own> {
        let mut url = Url::parse(&on.url)?;
        url.hosts = vec![Host { name: "127.0.0.1".into(), port: Some(self.port) }];
        url.options.retain(|(name, _)| name != "options");
        url.options.extend(options.split('&').filter_map(|option| {
            let (name, value) = option.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        }));
        Own::new(EngineOptions::from_url(url).pool_size(8).max_overflow(0))
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "reader")]
struct Reader {
    #[orm(primary_key)]
    id: i64,
    #[orm(unique, length = 40)]
    name: String,
    tags: Vec<String>,
    active: Option<bool>,
}

fn reader(name: String) -> Reader {
    Reader { id: 0, name, tags: vec!["new".into(), "it's".into()], active: None }
}

const THREADS: usize = 8;
const ROUNDS: usize = 15;

/// What one thread does, in short transactions with others in between.
fn work(engine: &Engine, thread: usize) -> orm::Result<()> {
    for round in 0..ROUNDS {
        let name = |number: usize| format!("{thread}.{round}.{number}");
        let mut session = engine.session();
        let readers: Vec<_> = (0..25).map(|number| session.add(reader(name(number)))).collect();
        session.flush()?;
        let tried = session.savepoint(|session| {
            session.add(reader(name(3)));
            session.flush()
        });
        assert_eq!(tried.unwrap_err().kind(), ErrorKind::UniqueViolation);
        for (at, &reader) in readers.iter().enumerate() {
            session[reader].active = Some(at % 2 == 0);
        }
        session.delete(readers[24]);
        session.commit()?;
        assert_eq!(session[readers[7]].name, name(7));

        let mut connection = engine.connect()?;
        let id = session[readers[7]].id;
        let one: Reader = connection.one(select::<Reader>().filter(|r| r.id.eq(id) & r.name.eq(name(7))))?;
        assert_eq!((one.active, one.tags.len()), (Some(false), 2));
        connection.execute(update::<Reader>().set(|r| r.active.to(None)).filter(|r| r.id.in_([id, id + 1])))?;
        connection.execute(insert(&note(&name(0))))?;
        let error = connection.all::<i64, _>(sql("SELECT 1 / :zero").bind("zero", 0)).unwrap_err();
        assert_eq!(error.code(), Some("22012"));
        let moods: Vec<String> = connection.all(sql("SELECT mood FROM moods ORDER BY mood"))?;
        assert_eq!(moods, ["sad", "glad"]);
        let mut seen = 0;
        connection.for_each(sql("SELECT i FROM generate_series(1, 2000) AS i"), |_: i32| {
            seen += 1;
            Ok(())
        })?;
        assert_eq!(seen, 2000);
        let early = connection.for_each(sql("SELECT i FROM generate_series(1, 2000) AS i"), |number: i32| {
            if number == 10 { Err(Error::refused("enough")) } else { Ok(()) }
        });
        assert_eq!(early.unwrap_err().kind(), ErrorKind::Refused);
        connection.transaction(|transaction| {
            transaction.execute(sql("SET LOCAL lock_timeout = 12345"))?;
            let mut savepoint = transaction.begin()?;
            assert!(savepoint.execute(insert(&reader(name(1)))).is_err());
            savepoint.rollback()?;
            transaction.one::<i64, _>(sql("SELECT count(*) FROM moods"))
        })?;
    }
    Ok(())
}

fn many_threads(on: &Ground<'_>) -> orm::Result<()> {
    Schema::of::<(Reader, Note)>().create_all(&on.db.engine)?;
    let mut admin = on.db.engine.connect()?;
    admin.execute(sql("CREATE TYPE mood AS ENUM ('sad', 'glad')"))?;
    admin.execute(sql("CREATE TABLE moods (mood mood)"))?;
    admin.execute(sql("INSERT INTO moods VALUES ('glad'), ('sad')"))?;
    let bouncer = Bouncer::before(on);
    let engine = bouncer.engine(on, "pooler=transaction")?;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn({
                    let engine = &engine;
                    move || work(engine, thread)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })?;
    let all = (THREADS * ROUNDS) as u64;
    assert_eq!(admin.count(select::<Reader>())?, all * 24);
    assert_eq!(admin.count(select::<Note>())?, all);

    // Nothing of ours is left on the server's connections for those who come after us.
    let mut connection = engine.connect()?;
    for _ in 0..10 {
        let left: i64 = connection.one(sql("SELECT count(*) FROM pg_prepared_statements"))?;
        let limit: String = connection.one(sql("SELECT current_setting('lock_timeout')"))?;
        assert_eq!((left, limit.as_str()), (0, "0"));
    }
    // The tables are made through it too: the lock that they are made under ends with its transaction.
    Schema::of::<(Reader, Note)>().drop_all(&engine)?;
    Schema::of::<(Reader, Note)>().create_all(&engine)?;
    assert_eq!(Schema::of::<(Reader, Note)>().verify(&engine)?, []);
    drop(connection);
    engine.assert_healthy()
}

#[test]
fn postgres() {
    if slow() {
        ground::run(Way::Postgres, many_threads);
    }
}

#[test]
fn wire() {
    if slow() {
        ground::run(Way::Wire, many_threads);
    }
}
