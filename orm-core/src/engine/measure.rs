//! Measurements for the crate `metrics`, named by OpenTelemetry's conventions for databases
//! (<https://opentelemetry.io/docs/specs/semconv/db/database-metrics/>). A listener like those of programs: it knows no more.

use super::Engine;
use super::observe::Executed;
use crate::pool::{Pool, PoolEvent, WeakPool};
use ::metrics::{Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use std::sync::Arc;

const DURATION: &str = "db.client.operation.duration";
const COUNT: &str = "db.client.connection.count";
const MAX: &str = "db.client.connection.max";
const IDLE_MAX: &str = "db.client.connection.idle.max";
const IDLE_MIN: &str = "db.client.connection.idle.min";
const PENDING: &str = "db.client.connection.pending_requests";
const TIMEOUTS: &str = "db.client.connection.timeouts";
const CREATE_TIME: &str = "db.client.connection.create_time";
const WAIT_TIME: &str = "db.client.connection.wait_time";
const USE_TIME: &str = "db.client.connection.use_time";
const POOL: &str = "db.client.connection.pool.name";

impl Engine {
    /// Reports the times of statements and the state of the pool to the recorder of the crate `metrics` that the program has
    /// installed, from now on. To be called once for an engine, with the feature `metrics`.
    ///
    /// Times are in seconds. Statements are told apart by verb and first table, never by text; the pool by its
    /// [name](crate::pool::Pool::name).
    ///
    /// ```
    /// # use orm_doc::*;
    /// let engine = engine();
    /// engine.report_metrics(); // db.client.operation.duration, db.client.connection.count, ..
    /// ```
    pub fn report_metrics(&self) {
        describe();
        self.on_statement(measure_statement);
        self.pools().iter().for_each(measure_pool);
    }
}

fn measure_pool(pool: &Pool) {
    let (name, watched): (Arc<str>, WeakPool) = (pool.name().into(), pool.downgrade());
    let (limit, size, min_idle) = pool.limits();
    gauge!(MAX, POOL => Arc::clone(&name)).set(limit as f64);
    gauge!(IDLE_MAX, POOL => Arc::clone(&name)).set(size as f64);
    gauge!(IDLE_MIN, POOL => Arc::clone(&name)).set(min_idle as f64);
    measure_counts(&name, &watched);
    pool.on_event(move |event| measure_event(&name, event, &watched));
}

fn describe() {
    describe_histogram!(DURATION, Unit::Seconds, "how long a statement took");
    describe_gauge!(COUNT, Unit::Count, "connections that are idle or used");
    describe_gauge!(MAX, Unit::Count, "how many connections there may be");
    describe_gauge!(IDLE_MAX, Unit::Count, "how many idle connections are kept");
    describe_gauge!(IDLE_MIN, Unit::Count, "how many idle connections are kept ready");
    describe_gauge!(PENDING, Unit::Count, "callers that wait for a connection");
    describe_counter!(TIMEOUTS, Unit::Count, "callers that waited for too long");
    describe_histogram!(CREATE_TIME, Unit::Seconds, "how long it took to open a connection");
    describe_histogram!(WAIT_TIME, Unit::Seconds, "how long it took to get a connection from the pool");
    describe_histogram!(USE_TIME, Unit::Seconds, "how long a connection was out");
}

fn measure_statement(executed: &Executed<'_>) {
    let mut labels = vec![
        Label::new("db.system.name", executed.dialect.system),
        Label::new("db.operation.name", executed.operation().to_owned()),
    ];
    let mut add = |name: &'static str, value: Option<String>| labels.extend(value.map(|value| Label::new(name, value)));
    add("db.namespace", executed.place.database.clone());
    add("db.collection.name", executed.table().map(String::from));
    add("server.address", executed.place.server.clone());
    add("server.port", executed.place.port.map(|port| port.to_string()));
    add("error.type", executed.error.map(|error| format!("{:?}", error.kind())));
    add("db.response.status_code", executed.error.and_then(|error| error.code().map(str::to_owned)));
    histogram!(DURATION, labels).record(executed.duration);
}

fn measure_event(name: &Arc<str>, event: &PoolEvent, pool: &WeakPool) {
    let time =
        |metric: &'static str, time: std::time::Duration| histogram!(metric, POOL => Arc::clone(name)).record(time);
    match event {
        PoolEvent::Connected { took, .. } => time(CREATE_TIME, *took),
        PoolEvent::CheckedOut { waited, .. } => time(WAIT_TIME, *waited),
        PoolEvent::CheckedIn { used, .. } => time(USE_TIME, *used),
        PoolEvent::TimedOut { .. } => counter!(TIMEOUTS, POOL => Arc::clone(name)).increment(1),
        PoolEvent::Queued { .. } | PoolEvent::Closed { .. } | PoolEvent::GivenUp { .. } => {}
        PoolEvent::ConnectFailed { .. } | PoolEvent::Overdue { .. } | PoolEvent::Invalidated { .. } => {}
    }
    measure_counts(name, pool);
}

fn measure_counts(name: &Arc<str>, pool: &WeakPool) {
    let Some((idle, used, waiting)) = pool.counts() else { return };
    let state = "db.client.connection.state";
    gauge!(COUNT, POOL => Arc::clone(name), state => "idle").set(idle as f64);
    gauge!(COUNT, POOL => Arc::clone(name), state => "used").set(used as f64);
    gauge!(PENDING, POOL => Arc::clone(name)).set(waiting as f64);
}
