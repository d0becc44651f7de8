//! Measures what a crate of models costs its compiler: `compile-bench [--rounds N] ROOT FOLDER [NAME ..]`.
//!
//! The crates of the contestants are generated below FOLDER and built by turns; the fastest of the rounds counts, as whatever else
//! the machine does can only make one slower. Prints Markdown.

mod crates;

use crates::{ALL, Contestant};
use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Seconds of the fastest round so far.
struct Times {
    check: f64,
    touched: f64,
    release: f64,
}

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let (mut rounds, mut rest) = (3, Vec::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--rounds" => rounds = args.next().ok_or("--rounds N")?.parse()?,
            _ => rest.push(arg),
        }
    }
    let [root, folder, names @ ..] = rest.as_slice() else { return Err("compile-bench ROOT FOLDER [NAME ..]".into()) };
    let mut contestants = Vec::new();
    for name in names {
        let known = ALL.iter().find(|contestant| contestant.name == name);
        contestants.push(known.ok_or_else(|| format!("there is no contestant {name}"))?);
    }
    compare(&contestants, root, Path::new(folder), rounds)
}

fn compare(contestants: &[&Contestant], root: &str, folder: &Path, rounds: usize) -> Outcome<()> {
    let mut all: Vec<(&Contestant, PathBuf, Times)> = Vec::new();
    for contestant in contestants {
        let folder = folder.join(contestant.name);
        contestant.write(&folder, root)?;
        eprintln!("compile-bench: building the dependencies of {}", contestant.name);
        cargo(&folder, &["check", "-p", "models"])?;
        cargo(&folder, &["build", "--release"])?;
        all.push((contestant, folder, Times { check: f64::MAX, touched: f64::MAX, release: f64::MAX }));
    }
    for round in 0..rounds {
        for (contestant, folder, times) in &mut all {
            eprintln!("compile-bench: round {} of {}", round + 1, contestant.name);
            cargo(folder, &["clean", "-p", "models"])?;
            times.check = times.check.min(timed(folder, &["check", "-p", "models"])?);
            // The text must be another one than in the round before.
            contestant.write_model(folder, 7, 11 + round)?;
            times.touched = times.touched.min(timed(folder, &["check", "-p", "models"])?);
            cargo(folder, &["clean", "--release", "-p", "models"])?;
            times.release = times.release.min(timed(folder, &["build", "--release", "-p", "models"])?);
        }
    }
    println!("| | check, s | check after touching one model, s | release build, s | crates | minimal program, kB |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    for (contestant, folder, Times { check, touched, release }) in &all {
        let (crates, size) = (crates_below(folder)?, minimal(folder)?);
        println!("| {} | {check:.2} | {touched:.2} | {release:.1} | {crates} | {size} |", contestant.name);
    }
    Ok(())
}

/// `cargo` in the workspace of a contestant, with a folder of its own for what it builds.
fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(args).current_dir(folder).env("CARGO_TARGET_DIR", folder.join("target"));
    command.args(["--quiet"]).env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    command
}

fn cargo(folder: &Path, args: &[&str]) -> Outcome<()> {
    let done = command(folder, args).stdout(Stdio::null()).status()?;
    if done.success() { Ok(()) } else { Err(format!("cargo {} failed in {}", args.join(" "), folder.display()).into()) }
}

fn timed(folder: &Path, args: &[&str]) -> Outcome<f64> {
    let start = Instant::now();
    cargo(folder, args)?;
    Ok(start.elapsed().as_secs_f64())
}

/// The crates that are compiled for the models: dependencies, and what builds them.
fn crates_below(folder: &Path) -> Outcome<usize> {
    let tree = ["tree", "-p", "models", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let output = command(folder, &tree).output()?;
    let lines = String::from_utf8(output.stdout)?;
    let crates: BTreeSet<String> = lines.lines().map(|line| line.split(' ').take(2).collect()).collect();
    Ok(crates.iter().filter(|name| !name.is_empty() && !name.starts_with("models")).count())
}

/// The size of the minimal program in kB, after asking that it works.
fn minimal(folder: &Path) -> Outcome<u64> {
    let program = folder.join("target/release/minimal");
    let output = Command::new(&program).output()?;
    if output.stdout != b"1 alice\n" {
        return Err(format!("{} printed {:?}", program.display(), String::from_utf8_lossy(&output.stdout)).into());
    }
    Ok(std::fs::metadata(&program)?.len() / 1000)
}
