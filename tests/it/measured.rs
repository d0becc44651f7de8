//! What `report_metrics` reports, by a recorder that keeps it.

use crate::observed::{Author, author, fill};
use crate::support::Backend;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use orm::EngineOptions;
use orm::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

type Labels = BTreeMap<String, String>;

/// All that was reported under a name.
fn reported(snapshotter: &Snapshotter) -> Vec<(MetricKind, String, Labels, DebugValue)> {
    let entry = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let (kind, key) = key.into_parts();
        let labels = key.labels().map(|label| (label.key().to_owned(), label.value().to_owned())).collect();
        (kind, key.name().to_owned(), labels, value)
    };
    snapshotter.snapshot().into_vec().into_iter().map(entry).collect()
}

on_every_backend! {
    fn statements_and_the_pool_are_measured(db) {
        fill(db)?;
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let mut engine = None;
        metrics::with_local_recorder(&recorder, || {
            let options = EngineOptions::new(&db.url).pool_size(2).max_overflow(1).pool_timeout(Duration::ZERO);
            let engine = engine.insert(options.pool_name("measured").create()?);
            engine.report_metrics();
            let (mut one, two, three) = (engine.connect()?, engine.connect()?, engine.connect()?);
            one.count(select::<Author>())?;
            one.execute(insert(&author("ada"))).expect_err("the name is taken");
            std::thread::scope(|scope| {
                let in_vain = || metrics::with_local_recorder(&recorder, || engine.connect().err().map(|error| error.kind()));
                assert_eq!(scope.spawn(in_vain).join().unwrap(), Some(ErrorKind::PoolTimeout));
            });
            drop((two, three));
            assert_eq!(engine.pool_status().in_use, 1);
            Ok::<(), Error>(())
        })?;
        let all = reported(&snapshotter);
        let of = |name: &str| all.iter().filter(|entry| entry.1 == name).collect::<Vec<_>>();
        let number = |name: &str, state: Option<&str>| {
            let found = of(name).into_iter().find(|(_, _, labels, _)| {
                assert_eq!(labels["db.client.connection.pool.name"], "measured");
                labels.get("db.client.connection.state").map(String::as_str) == state
            });
            match found.map(|entry| &entry.3) {
                Some(DebugValue::Gauge(value)) => value.0,
                Some(DebugValue::Counter(value)) => *value as f64,
                Some(DebugValue::Histogram(values)) => values.len() as f64,
                None => panic!("{name} is not reported: {all:?}"),
            }
        };
        assert_eq!(number("db.client.connection.max", None), 3.0);
        assert_eq!(number("db.client.connection.idle.max", None), 2.0);
        assert_eq!(number("db.client.connection.idle.min", None), 0.0);
        assert_eq!(number("db.client.connection.pending_requests", None), 0.0);
        assert_eq!(number("db.client.connection.timeouts", None), 1.0);
        assert_eq!(number("db.client.connection.create_time", None), 3.0);
        assert_eq!(number("db.client.connection.wait_time", None), 3.0);
        assert!(number("db.client.connection.use_time", None) >= 2.0);
        assert_eq!(number("db.client.connection.count", Some("idle")) + number("db.client.connection.count", Some("used")), 2.0);
        let durations = of("db.client.operation.duration");
        let select = durations.iter().find(|entry| entry.2["db.operation.name"] == "SELECT").expect("it was measured");
        let labels = &select.2;
        let system = match db.backend {
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgresql",
            Backend::Mariadb => "mariadb",
            Backend::Mysql => "mysql",
        };
        assert_eq!((labels["db.system.name"].as_str(), labels["db.collection.name"].as_str()), (system, "author"));
        assert!(!labels.contains_key("error.type"));
        let insert = durations.iter().find(|entry| entry.2["db.operation.name"] == "INSERT").expect("it was measured");
        assert_eq!(insert.2["error.type"], "UniqueViolation");
        assert!(matches!(&insert.3, DebugValue::Histogram(values) if values[0].0 > 0.0 && values[0].0 < 10.0));
        if let Some(engine) = engine {
            engine.pool().close();
            engine.pool().settle(Duration::from_secs(10));
        }
    }
}
