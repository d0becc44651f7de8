//! Faults of files: full disks, damaged pages, folders that are gone, several processes and several writers (cases 19 to 22).

use crate::again;
use crate::ground::*;
use orm::EngineOptions;
use orm::prelude::*;
use std::fs;
use std::io::{BufRead, BufReader};
use std::thread;

fn on_sqlite(body: fn(&Ground<'_>) -> orm::Result<()>) {
    run(Way::Sqlite, body);
}

fn path(on: &Ground<'_>) -> String {
    on.url.trim_start_matches("sqlite:///").to_owned()
}

fn integrity(url: &str) -> orm::Result<String> {
    Own::new(EngineOptions::new(url))?.connect()?.one(sql("PRAGMA integrity_check"))
}

/// Case 19: full in the middle of a flush. Nothing is half written, and with more room it works.
#[test]
fn a_full_database_fails_the_session_and_keeps_the_rest() {
    on_sqlite(|on| {
        on.notes()?;
        let own = on.engine(|options| options)?;
        let mut session = own.session().write();
        session.pin();
        let kept = session.add(note("kept"));
        session.commit()?;
        session.execute(sql("PRAGMA max_page_count = 12"))?;
        session[kept].text = "changed".into();
        let large = "x".repeat(3000);
        session.add_all((0..50).map(|_| note(&large)));
        let error = session.commit().expect_err("there is no room");
        assert_eq!(error.kind(), ErrorKind::StorageFull, "{error:?}");
        assert!(!error.is_retryable());
        assert_eq!(session.count(select::<Note>()).expect_err("it failed").kind(), ErrorKind::SessionFailed);
        session.rollback()?;
        assert_eq!(session[kept].text, "kept");
        assert_eq!(session.rows::<String, _>(select::<Note>().columns(|n| n.text))?, ["kept"]);
        session.execute(sql("PRAGMA max_page_count = 1000"))?;
        session.add_all((0..50).map(|_| note(&large)));
        session.commit()?;
        drop(session);
        own.assert_healthy()?;
        assert_eq!(on.texts()?.len(), 51);
        assert_eq!(integrity(&on.url)?, "ok");
        Ok(())
    });
}

/// Case 19: a disk that is really full, in statements and in COMMIT. The rows of what was committed stay, and no others.
#[test]
fn a_full_disk() {
    if let Some(folder) = again::asked() {
        return fill(&folder).expect("only the errors that are looked for");
    }
    let folder = std::env::temp_dir().join(format!("orm_disk_{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    match again::spawn_with_disk("sqlite::a_full_disk", folder.to_str().unwrap(), 400) {
        Some(mut child) => assert!(child.wait().unwrap().success()),
        None => println!("skipped: this system mounts nothing for us"),
    }
    fs::remove_dir(&folder).unwrap();
}

fn fill(folder: &str) -> orm::Result<()> {
    for journal in ["wal", "delete"] {
        let url = format!("sqlite:///{folder}/{journal}.db?journal_mode={journal}");
        let own = Own::new(EngineOptions::new(&url).pool_size(1).max_overflow(0))?;
        Schema::of::<Note>().create_all(&own)?;
        let (mut written, mut failures) = (0, 0);
        while failures < 5 {
            let large = (0..10).map(|_| note(&"x".repeat(1000)));
            match own.with_session(|session| Ok(session.add_all(large))) {
                Ok(added) => written += added.len() as u64,
                Err(error) => {
                    assert!(matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::Io), "{error:?}");
                    failures += 1;
                }
            }
            assert_eq!(own.connect()?.count(select::<Note>())?, written, "{journal}: whole transactions only");
        }
        assert!(written > 0);
        let blocker = format!("{folder}/{journal}.db");
        own.assert_healthy()?;
        drop(own);
        assert_eq!(integrity(&url)?, "ok");
        for end in ["", "-wal", "-shm", "-journal"] {
            let _ = fs::remove_file(format!("{blocker}{end}"));
        }
    }
    Ok(())
}

/// Case 19: a file that may only be read is not a server that has changed its role.
#[test]
fn a_file_that_may_only_be_read() {
    on_sqlite(|on| {
        on.notes()?;
        let limited = on.with_option("mode=ro");
        let own = limited.engine(|options| options)?;
        let mut session = own.session();
        session.add(note("never"));
        let error = session.commit().expect_err("it may only be read");
        assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error:?}");
        session.rollback()?;
        assert_eq!(session.count(select::<Note>())?, 0);
        drop(session);
        own.assert_healthy()?;
        assert_eq!(own.pool_status().closed, 0);
        Ok(())
    });
}

/// Case 19: the folder is gone, or was never there.
#[test]
fn a_folder_that_is_gone() {
    let folder = std::env::temp_dir().join(format!("orm_gone_{}", std::process::id()));
    let url = format!("sqlite:///{}/a.db", folder.display());
    let own = Own::new(EngineOptions::new(&url).unpooled()).unwrap();
    for _ in 0..2 {
        let error = own.connect().expect_err("there is no folder");
        assert_eq!(error.kind(), ErrorKind::ConnectFailed, "{error:?}");
        assert_eq!(own.pool_status().in_use, 0);
    }
    fs::create_dir(&folder).unwrap();
    Schema::of::<Note>().create_all(&own).unwrap();
    own.transaction(|tx| tx.execute(insert(&note("there")))).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    assert_eq!(own.connect().expect_err("it is gone").kind(), ErrorKind::ConnectFailed);
}

/// Case 20: damage anywhere in the file is an error of a kind that says so, a wrong value at worst, and never a panic; the file's
/// sound copy is read by the same program.
#[test]
fn a_damaged_file_is_never_a_panic() {
    on_sqlite(|on| {
        let setting = on.with_option("journal_mode=delete");
        let own = setting.engine(|options| options)?;
        Schema::of::<(Note, Account)>().create_all(&own)?;
        own.transaction(|tx| tx.execute(insert(&(0..300).map(|n| note(&format!("note {n}"))).collect::<Vec<_>>())))?;
        drop(own);
        let sound = fs::read(path(on)).unwrap();
        let mut random = 88_172_645_463_325_252_u64;
        let mut next = |bound: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            (random % bound as u64) as usize
        };
        let mut corrupt = 0;
        for _ in 0..60 {
            let mut bytes = sound.clone();
            for _ in 0..=next(40) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            if next(4) == 0 {
                bytes.truncate(next(sound.len()));
            }
            fs::write(path(on), bytes).unwrap();
            let own = setting.engine(|options| options)?;
            let mut session = own.session();
            let read = session.all(select::<Note>().order_by(|n| n.text)).map(|found| found.len());
            session.add(note("more"));
            for error in [read.err(), session.commit().err()].into_iter().flatten() {
                corrupt += usize::from(error.kind() == ErrorKind::Corrupt);
                assert!(!matches!(error.kind(), ErrorKind::ConnectionLost | ErrorKind::Misuse), "{error:?}");
            }
            session.rollback()?;
            drop(session);
            assert_eq!(own.pool_status().in_use, 0);
        }
        assert!(corrupt > 10, "{corrupt} of the damages were found");
        fs::write(path(on), &sound).unwrap();
        assert_eq!(integrity(&setting.url)?, "ok");
        assert_eq!(on.texts()?.len(), 300);
        Ok(())
    });
}

const PROCESSES: u64 = 4;
const ROWS: u64 = 200;

/// Case 21: several processes write one file; all rows are there, and no writer waits for ever.
#[test]
fn several_processes_write_one_file() {
    if let Some(url) = again::asked() {
        let own = Own::new(EngineOptions::new(&url)).unwrap();
        for at in 0..ROWS {
            own.retry(20, |session| {
                session.add(note(&format!("{} {at}", std::process::id())));
                Ok(())
            })
            .expect("writers wait for each other");
        }
        return;
    }
    on_sqlite(|on| {
        on.notes()?;
        let children: Vec<_> =
            (0..PROCESSES).map(|_| again::spawn("sqlite::several_processes_write_one_file", &on.url)).collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let texts = on.texts()?;
        let different: std::collections::HashSet<_> = texts.iter().collect();
        assert_eq!((texts.len() as u64, different.len() as u64), (PROCESSES * ROWS, PROCESSES * ROWS));
        assert_eq!(integrity(&on.url)?, "ok");
        Ok(())
    });
}

/// A process that is killed in the middle of transactions leaves whole ones.
#[test]
fn a_process_that_is_killed_leaves_whole_transactions() {
    if let Some(url) = again::asked() {
        let own = Own::new(EngineOptions::new(&url)).unwrap();
        println!();
        for at in 0..100_000 {
            own.with_session(|session| {
                session.add(note(&format!("{at} a")));
                session.flush()?;
                session.add(note(&format!("{at} b")));
                Ok(())
            })
            .expect("nobody else writes");
            println!("committed {at}");
        }
        return;
    }
    on_sqlite(|on| {
        on.notes()?;
        let mut child = again::spawn("sqlite::a_process_that_is_killed_leaves_whole_transactions", &on.url);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = |until: u64| {
            lines.by_ref().map_while(Result::ok).find_map(|line| {
                let number = line.strip_prefix("committed ")?.parse::<u64>().ok()?;
                (number >= until).then_some(number)
            })
        };
        let committed = said(50).expect("it commits");
        child.kill().unwrap();
        child.wait().unwrap();
        let committed = said(u64::MAX).unwrap_or(committed);
        let texts = on.texts()?;
        assert!(texts.len() as u64 >= 2 * (committed + 1), "what it said was committed is there");
        assert!(texts.chunks(2).all(|pair| pair.len() == 2 && pair[0].replace('a', "b") == pair[1]), "{texts:?}");
        assert_eq!(integrity(&on.url)?, "ok");
        on.engine(|options| options)?.assert_healthy()
    });
}

/// Case 22: who has read what another then changed must begin anew, and `retry` does that, with a short busy timeout too.
#[test]
fn readers_that_write_are_run_again() {
    on_sqlite(|on| {
        on.accounts(1)?;
        let limited = on.with_option("busy_timeout=20");
        let own = limited.engine(|options| options.pool_size(4))?;
        let reads_first = TransactionOptions::new();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let options = RetryOptions::new(1000).transaction(reads_first);
                        own.retry(options, |session| {
                            let one = session.get::<Account>(1)?.expect("it is there");
                            session[one].balance += 1;
                            Ok(())
                        })
                        .expect("it gets through");
                    }
                });
            }
        });
        assert_eq!(on.balances()?, [200]);
        own.assert_healthy()
    });
}
