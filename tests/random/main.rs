//! A session and a plain model go through the same thousands of random steps, and are compared with each other and with the
//! database after every commit. A run that fails is made smaller before it is shown.
//!
//! `ORM_TEST_SEED` repeats the run of a seed that a failure printed.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway
#![allow(dead_code)] // of what tests share, this one needs less

#[macro_use]
#[path = "../it/support.rs"]
mod support;

mod drive;
mod models;
mod steps;
mod world;

use orm::prelude::*;
use std::panic::{AssertUnwindSafe, catch_unwind};
use steps::{Random, Step};
use support::Db;

/// So many episodes of so many steps make a run: 10 000 steps and more, since savepoints have steps of their own.
const EPISODES: u64 = 25;
const STEPS: usize = 400;
/// So often a failing episode is tried again to find a smaller one.
const TRIES: usize = 200;

/// One episode on empty tables; the message of what went wrong.
fn episode(db: &Db, steps: &[Step]) -> Result<(), String> {
    let mut trace = Vec::new();
    let by_hand = db.backend == support::Backend::Mysql;
    let run = || -> orm::Result<()> {
        let mut connection = db.engine.connect()?;
        connection.execute(delete::<models::Tagging>().every_row())?;
        connection.execute(delete::<models::Note>().every_row())?;
        connection.execute(update::<models::Person>().set(|p| p.boss.to(None)).every_row())?;
        connection.execute(delete::<models::Person>().every_row())?;
        connection.execute(delete::<models::Tag>().every_row())?;
        drop(connection);
        drive::run(&db.engine, by_hand, steps, &mut trace)
    };
    let message = match catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => format!("{error}\n{error:?}"),
        Err(payload) => match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(payload) => payload.downcast_ref::<&str>().copied().unwrap_or("a panic without a text").to_owned(),
        },
    };
    Err(format!("{}\n{message}", trace.join("\n")))
}

fn run(db: &Db, seed: u64) -> orm::Result<()> {
    models::schema().create_all(&db.engine)?;
    let mut count = 0;
    for number in 0..EPISODES {
        let steps = steps::steps(&mut Random::new(seed.wrapping_add(number)), STEPS);
        count += steps::size(&steps);
        let Err(first) = episode(db, &steps) else { continue };
        let smallest = steps::shrink(steps, TRIES, |steps| episode(db, steps).is_err());
        let message = episode(db, &smallest).err().unwrap_or(first);
        panic!("episode {number} of ORM_TEST_SEED={seed} fails:\n{message}\n{smallest:?}");
    }
    assert!(count >= 10_000, "{count} steps are not enough");
    Ok(())
}

on_every_backend! {
    fn a_session_and_a_plain_model_agree(db) {
        run(db, 1)?;
    }

    fn they_agree_on_what_nobody_thought_of(db) {
        let chosen = std::env::var("ORM_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let clock = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(7, |now| now.as_nanos() as u64);
        run(db, chosen.unwrap_or_else(clock))?;
    }
}
