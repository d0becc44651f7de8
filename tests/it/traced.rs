//! Spans and events, as OpenTelemetry's conventions want them, on every database; and no secret in any of it.

use crate::observed::{Author, author, fill};
use crate::support::Backend;
use orm::prelude::*;
use orm::{EngineOptions, Recorder};
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

type Fields = BTreeMap<String, String>;

/// A span or event of `orm`.
#[derive(Clone, Debug, Default)]
struct Seen {
    what: String,
    level: String,
    /// The name of the span around it.
    within: Option<String>,
    fields: Fields,
}

impl Seen {
    fn get(&self, name: &str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }
}

/// Keeps everything that it is shown.
#[derive(Clone, Default)]
struct Collector {
    seen: Arc<Mutex<Vec<Seen>>>,
    open: Arc<Mutex<Vec<u64>>>,
    last: Arc<AtomicU64>,
}

struct Into<'f>(&'f mut Fields);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Collector {
    fn note(&self, what: String, metadata: &Metadata<'_>, fields: Fields) -> u64 {
        let mut seen = self.seen.lock().unwrap();
        let open = self.open.lock().unwrap();
        let within = open.last().map(|id| seen[*id as usize - 1].what.clone());
        seen.push(Seen { what, level: metadata.level().to_string(), within, fields });
        self.last.store(seen.len() as u64, Ordering::Relaxed);
        seen.len() as u64
    }

    fn all(&self, what: &str) -> Vec<Seen> {
        self.seen.lock().unwrap().iter().filter(|seen| seen.what == what).cloned().collect()
    }
}

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("orm::")
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        span.record(&mut Into(&mut fields));
        Id::from_u64(self.note(format!("span {}", span.metadata().name()), span.metadata(), fields))
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut Into(&mut self.seen.lock().unwrap()[span.into_u64() as usize - 1].fields));
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::new();
        event.record(&mut Into(&mut fields));
        self.note(format!("event {}", event.metadata().target()), event.metadata(), fields);
    }
    fn enter(&self, span: &Id) {
        self.open.lock().unwrap().push(span.into_u64());
    }
    fn exit(&self, span: &Id) {
        self.open.lock().unwrap().retain(|open| *open != span.into_u64());
    }
}

fn collect(work: impl FnOnce() -> orm::Result<()>) -> orm::Result<Collector> {
    let collector = Collector::default();
    tracing::subscriber::with_default(collector.clone(), work)?;
    Ok(collector)
}

on_every_backend! {
    fn each_statement_is_a_span_with_the_conventional_names(db) {
        fill(db)?;
        let mut line = 0;
        let seen = collect(|| {
            let mut connection = db.engine.connect()?;
            line = line!() + 1;
            connection.all(select::<Author>().filter(|a| a.name.ne("ada")))?;
            let _ = connection.execute(insert(&author("ada")));
            Ok(())
        })?;
        let spans = seen.all("span statement");
        let (select, insert) = (&spans[0], &spans[1]);
        let url = orm::drivers::Url::parse(&db.url)?;
        let (system, code) = match db.backend {
            Backend::Sqlite => ("sqlite", "2067"),
            Backend::Postgres => ("postgresql", "23505"),
            Backend::Mariadb => ("mariadb", "1062"),
            Backend::Mysql => ("mysql", "1062"),
        };
        let expect = |name: &str, value: Option<&str>| assert_eq!(select.get(name), value, "{name} of {select:?}");
        expect("otel.name", Some("SELECT author"));
        expect("otel.kind", Some("client"));
        expect("otel.status_code", None);
        expect("db.system.name", Some(system));
        expect("db.namespace", url.database.as_deref());
        expect("db.operation.name", Some("SELECT"));
        expect("db.collection.name", Some("author"));
        expect("db.query.summary", Some("SELECT author"));
        expect("db.response.returned_rows", Some("2"));
        expect("server.address", url.hosts.first().map(|host| host.name.as_str()));
        let port = url.hosts.first().and_then(|host| host.port).map(|port| port.to_string());
        expect("server.port", port.as_deref());
        expect("code.line.number", Some(&line.to_string()));
        assert!(select.get("code.file.path").is_some_and(|file| file.ends_with("traced.rs")), "{select:?}");
        assert!(select.get("db.query.text").is_some_and(|text| text.starts_with("SELECT ") && !text.contains("ada")));
        assert_eq!(insert.get("otel.status_code"), Some("ERROR"));
        assert_eq!(insert.get("error.type"), Some("UniqueViolation"));
        assert_eq!(insert.get("db.response.status_code"), Some(code));
        let events = seen.all("event orm::statement");
        let levels: Vec<&str> = events.iter().map(|event| event.level.as_str()).collect();
        assert_eq!(levels, ["DEBUG", "WARN"], "{events:?}");
        assert_eq!(events[0].within.as_deref(), Some("span statement"));
    }

    fn rows_that_are_sent_together_are_one_span(db) {
        fill(db)?;
        let seen = collect(|| {
            db.engine.with_session(|session| {
                for author in session.all(select::<Author>())? {
                    session[author].name.push('!');
                }
                Ok(())
            })
        })?;
        let spans = seen.all("span statement");
        let updates: Vec<_> = spans.iter().filter(|span| span.get("db.operation.name") == Some("UPDATE")).collect();
        assert!(!updates.is_empty(), "{spans:?}");
        for update in updates {
            assert_eq!(update.within.as_deref(), Some("span flush"), "{update:?}");
            assert!(update.get("db.operation.batch.size").is_none_or(|size| size.parse::<usize>().is_ok()));
        }
        assert_eq!(seen.all("span flush")[0].within.as_deref(), Some("span commit"));
    }

    fn a_wait_for_a_connection_is_a_span(db) {
        let options = EngineOptions::new(&db.url).pool_size(1).max_overflow(0).pool_name("narrow");
        let engine = options.create()?;
        let held = engine.connect()?;
        let collector = Collector::default();
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| {
                tracing::subscriber::with_default(collector.clone(), || drop(engine.connect()));
            });
            while engine.pool_status().waiting == 0 {
                std::thread::yield_now();
            }
            drop(held);
            waiter.join().unwrap();
        });
        let spans = collector.all("span wait for a connection");
        assert_eq!(spans[0].get("db.client.connection.pool.name"), Some("narrow"));
    }

    fn nothing_shows_a_password_or_a_value(db) {
        const SECRETS: [&str; 5] = ["value-secret", "raw-secret", "comment-secret", "271828", "password-secret"];
        fill(db)?;
        let shown = Arc::new(Mutex::new(String::new()));
        let (first, second) = (Arc::clone(&shown), Arc::clone(&shown));
        let password = orm::drivers::Url::parse(&db.url)?.password.map(|password| password.reveal().to_owned());
        let recorder = Recorder::new();
        let seen = collect(|| {
            let engine = EngineOptions::new(&db.url).slow_statement(Duration::ZERO).leak_threshold(Duration::from_nanos(1)).create()?;
            engine.on_statement(move |executed| first.lock().unwrap().push_str(&format!("{executed:?} {executed:#?}")));
            engine.on_pool_event(move |event| second.lock().unwrap().push_str(&format!("{event:?}")));
            let mut session = engine.session();
            session.record(&recorder);
            session.add(author("value-secret"));
            session.commit()?;
            session.add(author("value-secret"));
            let _ = session.commit();
            session.rollback()?;
            let _: Vec<i64> = session.rows(sql(
                "SELECT id FROM author WHERE name = 'raw-secret' OR id = 271828 OR name = :n /* comment-secret */",
            ).bind("n", "value-secret"))?;
            let _ = session.execute(sql("UPDATE author SET nothing = 'raw-secret' WHERE id = 271828"));
            session.rollback()?;
            engine.pool_status();
            shown.lock().unwrap().push_str(&format!("{engine:?} {:?} {:?}", engine.pool(), engine.pool_status()));
            let mut wrong = orm::drivers::Url::parse(&db.url)?;
            if db.backend != Backend::Sqlite {
                wrong.password = Some(orm::drivers::url::Secret::new("password-secret"));
                wrong.user = Some("nobody_of_this_name".to_owned());
                let engine = EngineOptions::from_url(wrong).pool_size(1).max_overflow(0).pool_timeout(Duration::ZERO).create()?;
                let error = engine.connect().expect_err("there is no such user");
                shown.lock().unwrap().push_str(&format!("{error} {error:?} {:?}", engine.pool()));
                engine.pool().suspend();
                let error = engine.connect().expect_err("it waits in vain");
                assert!(error.to_string().contains("the last attempt to connect failed"), "{error}");
                shown.lock().unwrap().push_str(&error.to_string());
            }
            Ok(())
        })?;
        let mut all = shown.lock().unwrap().clone();
        all.push_str(&format!("{:?} {:?}", recorder.statements(), seen.seen.lock().unwrap()));
        assert!(!seen.all("event orm::slow_statement").is_empty());
        assert!(all.contains("SELECT id FROM author WHERE name = ? OR id = ? OR name = "), "{all}");
        for secret in SECRETS.iter().map(|secret| secret.to_string()).chain(password.filter(|text| text.len() > 5)) {
            let at = all.find(&secret);
            assert!(at.is_none(), "{secret} is shown: {}", &all[at.unwrap_or(0).saturating_sub(300)..]);
        }
    }
}
