//! A bank under fire: threads move money between accounts through sessions with retries, while their connections are killed at
//! random. Every transfer leaves a row. In the end the balances are what the rows say, what was reported as done is there once,
//! what was reported as failed is not, and only an unknown outcome may be either.

use crate::ground::*;
use orm::prelude::*;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "holder")]
struct Holder {
    #[orm(primary_key, generated = false)]
    id: i64,
    balance: i64,
    #[orm(version)]
    version: i64,
}

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "transfer")]
struct Transfer {
    #[orm(primary_key, length = 40)]
    name: String,
    payer: i64,
    payee: i64,
    amount: i64,
}

const HOLDERS: i64 = 6;
const OPENING: i64 = 1000;
const THREADS: u64 = 4;

/// How a transfer keeps others from changing what it has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// It locks both rows before it reads them for good.
    Lock,
    /// The version column: who comes second is told.
    Version,
    /// The database puts transactions in order.
    Serializable,
}

/// A small generator of its own, so that a run can be told from its number.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What the threads were told of their transfers.
#[derive(Default)]
struct Told {
    done: Vec<String>,
    unknown: Vec<String>,
    failed: Vec<String>,
}

fn transfer(session: &mut Session, guard: Guard, row: &Transfer) -> orm::Result<()> {
    // In one order, or two transfers in opposite directions would be a deadlock each time; they still are now and then.
    for id in
        if row.amount % 3 == 0 { [row.payer, row.payee] } else { [row.payer.min(row.payee), row.payer.max(row.payee)] }
    {
        let holder = session.get::<Holder>(id)?.expect("the account is there");
        if guard == Guard::Lock {
            session.refresh_locked(holder)?;
        }
    }
    let (payer, payee) = (session.get::<Holder>(row.payer)?, session.get::<Holder>(row.payee)?);
    let (payer, payee) = (payer.expect("it was read"), payee.expect("it was read"));
    session[payer].balance -= row.amount;
    session[payee].balance += row.amount;
    session.add(row.clone());
    Ok(())
}

fn teller(own: &Own, number: u64, guard: Guard, over: &AtomicBool) -> Told {
    let mut random = Random(0x9E37_79B9_7F4A_7C15 ^ (number + 1));
    let mut told = Told::default();
    let mut options = TransactionOptions::new().write();
    if guard == Guard::Serializable {
        options = options.isolation(Isolation::Serializable);
    }
    let retry = RetryOptions::new(200)
        .max_delay(Duration::from_millis(50))
        .transaction(options)
        .also(ErrorKind::StaleData)
        .also(ErrorKind::ConnectionLost)
        .also(ErrorKind::ConnectFailed);
    for at in 0.. {
        if over.load(SeqCst) {
            break;
        }
        let payer = random.below(HOLDERS as u64) as i64 + 1;
        let payee = payer % HOLDERS + 1;
        let row = Transfer { name: format!("{number}-{at}"), payer, payee, amount: random.below(20) as i64 };
        match own.retry(retry.clone(), |session| transfer(session, guard, &row)) {
            Ok(()) => told.done.push(row.name),
            Err(error) if error.kind() == ErrorKind::CommitOutcomeUnknown => told.unknown.push(row.name),
            Err(error) => {
                assert!(error.is_retryable() || error.is_disconnect(), "{error:?}");
                told.failed.push(row.name);
            }
        }
    }
    told
}

/// Whoever looks sees all the money, whenever that is.
fn auditor(own: &Own, over: &AtomicBool) -> u64 {
    let options = TransactionOptions::new().read_only().isolation(Isolation::RepeatableRead);
    let retry =
        RetryOptions::new(1000).also(ErrorKind::ConnectionLost).also(ErrorKind::ConnectFailed).transaction(options);
    let mut looks = 0;
    while !over.load(SeqCst) {
        let seen = own.transaction_with_retry(retry.clone(), |tx| tx.all(select::<Holder>().columns(|h| h.balance)));
        match seen {
            Ok(balances) => {
                assert_eq!(balances.into_iter().sum::<i64>(), HOLDERS * OPENING);
                looks += 1;
            }
            // Nothing was written that could be unknown.
            Err(error) => assert!(error.is_disconnect(), "{error:?}"),
        }
        thread::sleep(Duration::from_millis(5));
    }
    looks
}

/// Kills connections of the test at random, and counts them.
fn killer(on: &Ground<'_>, over: &AtomicBool, kills: &AtomicU64) -> orm::Result<()> {
    let mut admin = on.db.engine.connect()?;
    let list = if on.way.is_postgres() {
        "SELECT pid::bigint FROM pg_stat_activity WHERE application_name = current_schema() AND pid <> pg_backend_pid()"
    } else {
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
    };
    let mut random = Random(88_172_645_463_325_252);
    while !over.load(SeqCst) {
        thread::sleep(Duration::from_millis(10 + random.below(40)));
        // MySQL's list of processes is an error while another test sends bytes that are no text (3854).
        let numbers: Vec<i64> = admin.all(sql(list)).unwrap_or_default();
        if numbers.is_empty() {
            continue;
        }
        let victim = numbers[random.below(numbers.len() as u64) as usize];
        let killed = if on.way.is_postgres() {
            admin.all::<bool, _>(sql(format!("SELECT pg_terminate_backend({victim})"))).map(drop)
        } else {
            admin.execute(sql(format!("KILL {victim}"))).map(drop)
        };
        // It may have gone by itself.
        kills.fetch_add(u64::from(killed.is_ok()), SeqCst);
    }
    Ok(())
}

fn assert_books(on: &Ground<'_>, told: &Told) -> orm::Result<()> {
    let mut connection = on.db.engine.connect()?;
    let holders = connection.all(select::<Holder>())?;
    let transfers = connection.all(select::<Transfer>())?;
    assert_eq!(holders.iter().map(|h| h.balance).sum::<i64>(), HOLDERS * OPENING, "no money comes or goes");
    for holder in &holders {
        let paid: i64 = transfers.iter().filter(|t| t.payer == holder.id).map(|t| t.amount).sum();
        let got: i64 = transfers.iter().filter(|t| t.payee == holder.id).map(|t| t.amount).sum();
        assert_eq!(holder.balance, OPENING + got - paid, "no update of account {} is lost", holder.id);
    }
    let written: HashSet<&str> = transfers.iter().map(|t| t.name.as_str()).collect();
    for name in &told.done {
        assert!(written.contains(name.as_str()), "{name} was reported as done");
    }
    for name in &told.failed {
        assert!(!written.contains(name.as_str()), "{name} was reported as failed");
    }
    let known = told.done.iter().chain(&told.unknown).map(String::as_str).collect::<HashSet<_>>();
    assert!(written.is_subset(&known), "nothing was written that nobody asked for");
    Ok(())
}

fn run_bank(on: &Ground<'_>, guards: &[Guard], time: Duration) -> orm::Result<()> {
    Schema::of::<(Holder, Transfer)>().create_all(&on.db.engine)?;
    let holders: Vec<Holder> = (1..=HOLDERS).map(|id| Holder { id, balance: OPENING, version: 0 }).collect();
    on.db.engine.connect()?.execute(insert(&holders))?;
    // By its application the killer knows a connection of PostgreSQL; the schema's name is the last word of the URL.
    let name = on.url.rsplit("%3D").next().unwrap_or_default();
    let option =
        if on.way.is_postgres() { format!("application_name={name}") } else { "statement_cache_size=50".to_owned() };
    let named = match on.way {
        Way::Sqlite => on.with_option("busy_timeout=5000"),
        _ => on.with_option(&option),
    };
    let own = named.engine(|options| options.pool_size(THREADS as usize + 1).pool_timeout(LONG))?;
    let (over, kills) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut told = Told::default();
    let looks = thread::scope(|scope| {
        let _ends = Sets(&over);
        let tellers: Vec<_> = (0..THREADS)
            .map(|number| {
                let (own, over, guard) = (&own, &over, guards[number as usize % guards.len()]);
                scope.spawn(move || teller(own, number, guard, over))
            })
            .collect();
        let auditor = scope.spawn(|| auditor(&own, &over));
        let killer = (on.way != Way::Sqlite).then(|| scope.spawn(|| killer(on, &over, &kills)));
        let start = Instant::now();
        while start.elapsed() < time && !tellers.iter().any(thread::ScopedJoinHandle::is_finished) {
            thread::sleep(Duration::from_millis(20));
        }
        over.store(true, SeqCst);
        for teller in tellers {
            let Told { done, unknown, failed } = teller.join().expect("no panic");
            told.done.extend(done);
            told.unknown.extend(unknown);
            told.failed.extend(failed);
        }
        if let Some(killer) = killer {
            killer.join().expect("no panic").expect("it can kill");
        }
        auditor.join().expect("no panic")
    });
    let (done, unknown, failed) = (told.done.len(), told.unknown.len(), told.failed.len());
    println!("{:?}: {done} done, {unknown} unknown, {failed} failed, {kills:?} kills, {looks} looks", on.way);
    assert!(done > 5 && looks > 0, "{done} transfers, {looks} looks");
    // The last one killed may lie in the pool, where no ping has looked for it yet.
    own.pool().settle(LONG);
    own.pool().invalidate();
    own.assert_healthy()?;
    assert_books(on, &told)
}

fn time() -> Duration {
    Duration::from_secs(if slow() { 10 } else { 2 })
}

everywhere! {
    fn transfers_by_locks_and_versions(on) {
        // SQLite has no row locks: its writers come one after another.
        let guards: &[Guard] = if on.way == Way::Sqlite { &[Guard::Version] } else { &[Guard::Lock, Guard::Version] };
        run_bank(on, guards, time())?;
    }

    fn transfers_in_order(on) {
        run_bank(on, &[Guard::Serializable], time())?;
    }
}
