//! `Db::run` and `Db::read`: what is committed and what is not, who waits, and that the runtime never does.

use crate::models::{Note, block_on, note, open, titles, until};
use orm::ErrorKind;
use orm::prelude::*;
use orm_axum::{Db, Error, SessionExt, StatusCode};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// Holds each flush of a commit until it is told to go on, or nobody can tell it.
fn hold_the_commit(web: &Db) -> (mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begun, has_begun) = mpsc::channel();
    let (go, wait) = mpsc::channel();
    let (begun, wait) = (Mutex::new(begun), Arc::new(Mutex::new(wait)));
    web.engine().on_session(move |session| {
        let (begun, wait) = (begun.lock().unwrap().clone(), Arc::clone(&wait));
        session.before_flush(move |_, _| {
            let _ = begun.send(());
            let _: Result<(), mpsc::RecvError> = wait.lock().unwrap().recv();
            Ok(())
        });
    });
    (has_begun, go)
}

on_every_backend! {
    fn ok_commits_and_err_rolls_back(db) {
        let web = open(db, 2)?;
        block_on(async {
            let id = web
                .run(|session| {
                    let first = session.add(note("first"));
                    session.flush()?;
                    Ok(session[first].id)
                })
                .await
                .unwrap();
            assert_eq!(web.get_or_404::<Note>(id).await.unwrap().title, "first");
            let refused = web
                .run(|session| {
                    session.add(note("second"));
                    session.flush()?;
                    Err::<(), _>(Error::new(StatusCode::FORBIDDEN, "no"))
                })
                .await;
            assert_eq!(refused.unwrap_err().status(), StatusCode::FORBIDDEN);
            // The commit itself fails, and says so.
            let taken = web.run(|session| Ok(session.add(note("first")))).await.map(|_| ());
            assert_eq!(taken.unwrap_err().kind(), Some(ErrorKind::UniqueViolation));
        });
        assert_eq!(titles(db), ["first"]);
    }

    fn a_panic_rolls_back_and_goes_on(db) {
        let web = open(db, 1)?;
        block_on(async {
            let other = web.clone();
            let task = tokio::spawn(async move {
                other
                    .run(|session| -> orm_axum::Result<()> {
                        session.add(note("lost"));
                        session.flush()?;
                        panic!("a bug of the program")
                    })
                    .await
            });
            let panic = task.await.unwrap_err().into_panic();
            assert_eq!(panic.downcast_ref::<&str>(), Some(&"a bug of the program"));
            // The only connection is as good as new.
            web.run(|session| Ok(session.add(note("kept")))).await.unwrap();
            assert_eq!(web.load(), (0, 0));
        });
        assert_eq!(titles(db), ["kept"]);
    }

    fn work_that_nobody_waits_for_is_rolled_back(db) {
        let web = open(db, 1)?;
        block_on(async {
            let (began, has_begun) = mpsc::channel();
            let (go, wait) = mpsc::channel::<()>();
            let other = web.clone();
            let task = tokio::spawn(async move {
                other
                    .run(move |session| {
                        session.add(note("lost"));
                        session.flush()?;
                        began.send(()).unwrap();
                        wait.recv().unwrap();
                        Ok(())
                    })
                    .await
            });
            until("the work begins", || has_begun.try_recv().is_ok()).await;
            // Another is in the queue, and is given up before its turn.
            let (other, ran) = (web.clone(), Arc::new(AtomicBool::new(false)));
            let runs = Arc::clone(&ran);
            let waiting = tokio::spawn(async move {
                other.run(move |_| { runs.store(true, Ordering::SeqCst); Ok(()) }).await
            });
            until("the other waits", || web.load() == (1, 1)).await;
            waiting.abort();
            task.abort();
            until("the queue is empty", || web.load() == (1, 0)).await;
            go.send(()).unwrap();
            until("the work ends", || web.load() == (0, 0)).await;
            assert!(!ran.load(Ordering::SeqCst));
            web.run(|session| Ok(session.add(note("kept")))).await.unwrap();
        });
        assert_eq!(titles(db), ["kept"]);
    }

    fn a_commit_that_has_begun_is_not_taken_back(db) {
        let web = open(db, 1)?;
        let (has_begun, go) = hold_the_commit(&web);
        block_on(async {
            let other = web.clone();
            let task = tokio::spawn(async move { other.run(|session| Ok(session.add(note("kept")))).await.map(|_| ()) });
            until("the commit begins", || has_begun.try_recv().is_ok()).await;
            task.abort();
            let _ = task.await;
            go.send(()).unwrap();
            until("the work ends", || web.load() == (0, 0)).await;
        });
        assert_eq!(titles(db), ["kept"]);
    }

    fn a_commit_that_fails_is_not_tried_again_for_nobody(db) {
        let web = open(db, 1)?;
        db.engine.with_session(|session| Ok(session.add(note("taken"))))?;
        let (has_begun, go) = hold_the_commit(&web);
        let attempts = Arc::new(AtomicUsize::new(0));
        block_on(async {
            let (other, count) = (web.clone(), Arc::clone(&attempts));
            let task = tokio::spawn(async move {
                let again = RetryOptions::new(5).also(ErrorKind::UniqueViolation);
                other
                    .retry(again, move |session| {
                        let title = if count.fetch_add(1, Ordering::SeqCst) == 0 { "taken" } else { "free" };
                        session.add(note(title));
                        Ok(())
                    })
                    .await
            });
            until("the commit begins", || has_begun.try_recv().is_ok()).await;
            task.abort();
            let _ = task.await;
            drop(go);
            until("the work ends", || web.load() == (0, 0)).await;
        });
        assert_eq!(attempts.load(Ordering::SeqCst), 1);
        assert_eq!(titles(db), ["taken"]);
    }

    fn the_runtime_goes_on_while_all_connections_are_busy(db) {
        let web = open(db, 2)?;
        let busy = 2;
        block_on(async {
            let (go, wait) = mpsc::channel::<()>();
            let wait = Arc::new(Mutex::new(wait));
            let mut tasks = Vec::new();
            for _ in 0..busy {
                let (web, wait) = (web.clone(), Arc::clone(&wait));
                tasks.push(tokio::spawn(async move {
                    web.read(move |session| {
                        let count = session.count(select::<Note>())?;
                        let _ = wait.lock().unwrap().recv();
                        Ok(count)
                    })
                    .await
                }));
            }
            until("all are busy", || web.load().0 == busy).await;
            // One thread runs all of this: it answers, and a timer fires.
            let refused = tokio::time::timeout(Duration::from_millis(50), web.read(|_| Ok(()))).await;
            assert!(refused.is_err(), "it waits, and the runtime goes on");
            until("the queue is empty", || web.load() == (busy, 0)).await;
            tasks.iter().for_each(|_| go.send(()).unwrap());
            for task in tasks {
                assert_eq!(task.await.unwrap().unwrap(), 0);
            }
        });
    }

    fn what_waits_too_long_is_turned_away(db) {
        let web = open(db, 1)?.queue_timeout(Duration::from_millis(40)).queue_limit(1);
        block_on(async {
            let (go, wait) = mpsc::channel::<()>();
            let other = web.clone();
            let task = tokio::spawn(async move { other.run(move |_| { wait.recv().unwrap(); Ok(()) }).await });
            until("it is busy", || web.load() == (1, 0)).await;
            let (late, full) = tokio::join!(web.run(|_| Ok(())), web.run(|_| Ok(())));
            for error in [late.unwrap_err(), full.unwrap_err()] {
                assert_eq!((error.status(), error.kind()), (StatusCode::SERVICE_UNAVAILABLE, Some(ErrorKind::PoolTimeout)));
            }
            assert_eq!(web.load(), (1, 0));
            go.send(()).unwrap();
            task.await.unwrap().unwrap();
            web.run(|_| Ok(())).await.unwrap();
        });
    }

    fn no_more_units_run_than_there_are_connections(db) {
        let web = open(db, 3)?.queue_timeout(Duration::from_secs(60));
        let most = 3;
        let (now, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        block_on(async {
            let units = (0..40).map(|number| {
                let (web, now, peak) = (web.clone(), Arc::clone(&now), Arc::clone(&peak));
                tokio::spawn(async move {
                    web.run(move |session| {
                        peak.fetch_max(1 + now.fetch_add(1, Ordering::SeqCst), Ordering::SeqCst);
                        session.add(note(&format!("note {number:02}")));
                        let flushed = session.flush();
                        now.fetch_sub(1, Ordering::SeqCst);
                        Ok(flushed?)
                    })
                    .await
                })
            });
            for unit in units.collect::<Vec<_>>() {
                unit.await.unwrap().unwrap();
            }
        });
        assert!((1..=most).contains(&peak.load(Ordering::SeqCst)), "{peak:?}");
        assert_eq!(titles(db).len(), 40);
        assert_eq!(web.load(), (0, 0));
    }

    fn reading_cannot_write(db) {
        let web = open(db, 2)?;
        block_on(async {
            let error = web.read(|session| Ok(session.add(note("no")))).await.map(|_| ()).unwrap_err();
            assert_eq!((error.kind(), error.status()), (Some(ErrorKind::ReadOnly), StatusCode::INTERNAL_SERVER_ERROR));
        });
        assert!(titles(db).is_empty());
    }

    fn what_is_not_there_is_404(db) {
        let web = open(db, 2)?;
        block_on(async {
            web.run(|session| { session.add_all([note("a"), note("b")]); Ok(()) }).await.unwrap();
            let found = web.one_or_404(select::<Note>().filter(|n| n.title.eq("a"))).await.unwrap();
            assert_eq!(web.get_or_404::<Note>(found.id).await.unwrap(), found);
            assert_eq!(web.first_or_404(select::<Note>().order_by(|n| n.title.desc())).await.unwrap().title, "b");
            // Rows of columns, and with relations.
            let (title, stars) = web.first_or_404(select::<Note>().order_by(|n| n.id).columns(|n| (n.title, n.stars))).await.unwrap();
            assert_eq!((title.as_str(), stars), ("a", 0));
            let (_, lines) = web.one_or_404(select::<Note>().filter(|n| n.title.eq("a")).with(|n| n.lines)).await.unwrap();
            assert!(lines.is_empty());

            let none = || select::<Note>().filter(|n| n.title.eq("c"));
            let mut errors = vec![
                web.get_or_404::<Note>(-1).await.map(|_| ()).unwrap_err(),
                web.first_or_404(none()).await.map(|_| ()).unwrap_err(),
                web.one_or_404(none()).await.map(|_| ()).unwrap_err(),
            ];
            errors.push(web.run(|session| session.get_or_404::<Note>(-1)).await.map(|_| ()).unwrap_err());
            errors.push(web.run(move |session| session.first_or_404(none())).await.map(|_| ()).unwrap_err());
            let none = || select::<Note>().filter(|n| n.title.eq("c"));
            errors.push(web.run(move |session| session.one_or_404(none())).await.map(|_| ()).unwrap_err());
            for error in errors {
                assert_eq!(error.status(), StatusCode::NOT_FOUND, "{error:?}");
            }
            // Several where one was meant are a fault of the program.
            let several = web.one_or_404(select::<Note>()).await.unwrap_err();
            assert_eq!((several.status().as_u16(), several.kind()), (500, Some(ErrorKind::MultipleRows)));
        });
    }

    fn what_met_a_conflict_begins_again(db) {
        let web = open(db, 2)?;
        let attempts = Arc::new(AtomicUsize::new(0));
        block_on(async {
            let count = Arc::clone(&attempts);
            let done = web
                .retry(3, move |session| {
                    let attempt = count.fetch_add(1, Ordering::SeqCst);
                    session.add(note(&format!("attempt {attempt}")));
                    session.flush()?;
                    match attempt {
                        0 => Err(orm::Error::new(ErrorKind::Deadlock, "two transactions waited for each other").into()),
                        _ => Ok(attempt),
                    }
                })
                .await;
            assert_eq!((done.unwrap(), attempts.load(Ordering::SeqCst)), (1, 2));
            // One's own error is no conflict, and comes back as it was.
            let count = Arc::clone(&attempts);
            let refused = web
                .retry(3, move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                    Err::<(), _>(Error::new(StatusCode::IM_A_TEAPOT, "no").with("short", true))
                })
                .await
                .unwrap_err();
            assert_eq!((refused.status(), refused.problem()["short"].as_bool()), (StatusCode::IM_A_TEAPOT, Some(true)));
            let count = Arc::clone(&attempts);
            let hopeless = web
                .retry(2, move |_| {
                    count.fetch_add(1, Ordering::SeqCst);
                    Err::<(), _>(orm::Error::new(ErrorKind::Deadlock, "again and again").into())
                })
                .await;
            assert_eq!((hopeless.unwrap_err().status().as_u16(), attempts.load(Ordering::SeqCst)), (503, 5));
            // The sessions are those that were asked for.
            let read_only = web.clone().prepare_sessions(Session::read_only);
            let error = read_only.retry(1, |session| Ok(session.add(note("no")))).await.map(|_| ()).unwrap_err();
            assert_eq!(error.kind(), Some(ErrorKind::ReadOnly));
            assert_eq!(web.load(), (0, 0));
        });
        assert_eq!(titles(db), ["attempt 1"]);
    }

    fn rows_without_404(db) {
        let web = open(db, 1)?;
        block_on(async {
            web.run(|session| Ok(session.add_all([note("a"), note("b")]))).await.unwrap();
            let all = web.all(select::<Note>().order_by(|n| n.title)).await.unwrap();
            assert_eq!(all.len(), 2);
            assert_eq!(web.get::<Note>(all[1].id).await.unwrap().as_ref(), Some(&all[1]));
            assert_eq!(web.get::<Note>(-1).await.unwrap(), None);
            assert_eq!(web.first(select::<Note>().order_by(|n| n.title)).await.unwrap().as_ref(), Some(&all[0]));
            let titles: Vec<String> = web.all(sql("SELECT title FROM notes ORDER BY title")).await.unwrap();
            assert_eq!(titles, ["a", "b"]);
        });
    }
}
