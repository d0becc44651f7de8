//! Measures `orm` beside the raw driver and Diesel:
//! `orm-bench [--diesel PROGRAM BACKEND,..] [--rounds N] [BACKEND=URL ..] [WORKLOAD ..]`.
//!
//! Each contestant is a process of its own, so that none meets another's heap; they take turns, workload by workload and
//! round by round, and the median round counts. On PostgreSQL "wire" and "wire session" are "orm" and "session" on the second
//! driver. Prints Markdown.

mod contestant;
mod mysql;
mod ours;
mod postgres;
mod sqlite;

use contestant::Contestant;
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

const CASES: [(&str, &[u64]); 9] = [
    ("load", &[1, 100, 10_000]),
    ("join", &[100]),
    ("nested", &[300]),
    ("insert", &[1, 100, 10_000]),
    ("lookup", &[100]),
    ("update", &[1000]),
    ("mix", &[1]),
    ("filter", &[1]),
    ("memory", &[100_000]),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (mut rounds, mut diesel, mut urls, mut wanted) = (3, None, Vec::new(), Vec::new());
    while let Some(arg) = args.next() {
        match (arg.as_str(), arg.split_once('=')) {
            ("--contestant", _) => {
                let mut next = || args.next().ok_or("--contestant NAME BACKEND URL");
                let (name, backend, url) = (next()?, next()?, next()?);
                contestant::serve(&backend, || contestant_of(&name, &backend, &url));
                return Ok(());
            }
            ("--rounds", _) => rounds = args.next().ok_or("--rounds N")?.parse()?,
            ("--diesel", _) => diesel = args.next().zip(args.next()),
            (_, Some((backend, url))) => urls.push((backend.to_owned(), url.to_owned())),
            (workload, None) => wanted.push(workload.to_owned()),
        }
    }
    if urls.is_empty() {
        urls.push(("sqlite".into(), "sqlite::memory:".into()));
    }
    for (backend, url) in &urls {
        let diesel = diesel.as_ref().filter(|(_, backends)| backends.split(',').any(|known| known == backend));
        compare(backend, url, diesel.map(|(program, _)| program.as_str()), rounds, &wanted)?;
    }
    Ok(())
}

fn contestant_of(name: &str, backend: &str, url: &str) -> Result<Box<dyn Contestant>, Box<dyn Error>> {
    Ok(match (name, backend) {
        ("raw", "sqlite") => Box::new(sqlite::Raw::open()?),
        ("raw", "postgres") => Box::new(postgres::Raw::open(url)?),
        ("raw", _) => Box::new(mysql::Raw::open(url)?),
        ("orm" | "wire", _) => Box::new(ours::Plain::open(url)?),
        ("session" | "wire session", _) => Box::new(ours::InSession::open(url)?),
        (other, _) => return Err(format!("there is no contestant {other}").into()),
    })
}

/// A contestant's process.
struct Process {
    name: &'static str,
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

/// Nanoseconds (bytes, of the workload "memory") and allocations of one run, and what it returned.
struct Answer {
    time: f64,
    allocations: u64,
    check: u64,
}

impl Process {
    fn start(name: &'static str, mut command: Command) -> Result<Process, Box<dyn Error>> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let answers = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Process { name, child, answers })
    }

    fn ask(&mut self, workload: &str, n: u64) -> Result<Answer, Box<dyn Error>> {
        writeln!(self.child.stdin.as_mut().ok_or("no input")?, "{workload} {n}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let mut words = line.split_whitespace();
        let mut next =
            || words.next().filter(|word| *word != "error").ok_or(format!("{} {workload} {n}: {line}", self.name));
        Ok(Answer { time: next()?.parse()?, allocations: next()?.parse()?, check: next()?.parse()? })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn processes(backend: &str, url: &str, diesel: Option<&str>) -> Result<Vec<Process>, Box<dyn Error>> {
    let mut processes = Vec::new();
    let wire = url.replacen("postgresql:", "postgresql+wire:", 1);
    let contestants = [("raw", url), ("orm", url), ("session", url), ("wire", &wire), ("wire session", &wire)];
    // The last two are the same on the second driver.
    let number = if backend == "postgres" { 5 } else { 3 };
    for (name, url) in &contestants[..number] {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--contestant", name, backend, url]);
        processes.push(Process::start(name, command)?);
    }
    if let Some(diesel) = diesel {
        let mut command = Command::new(diesel);
        command.args([backend, url]);
        processes.push(Process::start("diesel", command)?);
    }
    Ok(processes)
}

fn compare(
    backend: &str,
    url: &str,
    diesel: Option<&str>,
    rounds: usize,
    wanted: &[String],
) -> Result<(), Box<dyn Error>> {
    let mut processes = processes(backend, url, diesel)?;
    let cases = CASES.iter().filter(|(workload, _)| wanted.is_empty() || wanted.iter().any(|want| want == workload));
    let cases: Vec<(&str, u64)> = cases.flat_map(|(workload, sizes)| sizes.iter().map(|n| (*workload, *n))).collect();
    let mut answers: BTreeMap<(usize, usize), Vec<Answer>> = BTreeMap::new();
    for _ in 0..rounds {
        for (row, (workload, n)) in cases.iter().enumerate() {
            if *workload == "memory" {
                // The heap of the other workloads would hide how this one grows.
                processes = self::processes(backend, url, diesel)?;
            }
            for (column, process) in processes.iter_mut().enumerate() {
                let answer = process.ask(workload, *n)?;
                answers.entry((row, column)).or_default().push(answer);
            }
        }
    }
    let names: Vec<&str> = processes.iter().skip(1).map(|process| process.name).collect();
    println!("\n### {backend}: ratios to the raw driver; in parentheses, allocations of a run\n");
    println!("| workload | n | raw | {} |", names.join(" | "));
    println!("| --- | ---: | ---: |{}", " ---: |".repeat(names.len()));
    for (row, (workload, n)) in cases.iter().enumerate() {
        let column = |at: usize| median(&answers[&(row, at)]);
        let (base, allocations, check) = column(0);
        let in_memory = *workload == "memory";
        let first = if in_memory { memory_text(base) } else { time_text(base) };
        print!("| {workload} | {n} | {first} ({allocations}) |");
        for at in 1..processes.len() {
            let (time, allocations, own) = column(at);
            if own != check {
                return Err(format!("{} {workload} {n} returned {own}, not {check}", processes[at].name).into());
            }
            let text = if in_memory { memory_text(time) } else { format!("{:.2}", time / base) };
            print!(" {text} ({allocations}) |");
        }
        println!();
    }
    Ok(())
}

fn median(answers: &[Answer]) -> (f64, u64, u64) {
    let mut times: Vec<f64> = answers.iter().map(|answer| answer.time).collect();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], answers[0].allocations, answers[0].check)
}

fn memory_text(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / f64::from(1 << 20))
}

fn time_text(nanoseconds: f64) -> String {
    match nanoseconds {
        time if time < 1e3 => format!("{time:.0} ns"),
        time if time < 1e6 => format!("{:.2} us", time / 1e3),
        time => format!("{:.2} ms", time / 1e6),
    }
}
