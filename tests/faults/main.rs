//! Faults, made with real servers: connections that are killed or cut in every place, servers that restart or are replaced by
//! their standby, files that are full or damaged, and whatever else can go wrong. `docs/reliability.md` lists what is guaranteed.
//!
//! Servers are found as for the other tests. What takes long, or needs servers of its own, runs when `ORM_TEST_FAULTS=1` is set.

#![allow(clippy::unwrap_used)] // a test that fails panics anyway
#![allow(dead_code)] // of what tests share, this one needs less

#[allow(unused_macros)]
#[path = "../it/support.rs"]
mod support;
#[macro_use]
mod ground;
mod again;
mod faulty;
#[path = "../random/models.rs"]
mod models;
mod proxy;
mod scenarios;
mod servers;

mod bank;
mod commit;
mod cut;
mod killed;
mod limits;
mod nth;
mod pooler;
mod refused;
mod replicas;
mod restarts;
mod sqlite;
mod two_phase;

/// Each test that `docs/reliability.md` names is there.
#[test]
fn the_page_names_tests_that_exist() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/reliability.md")).unwrap();
    let mut tests = String::new();
    let mut folders: Vec<_> =
        ["tests", "orm-core/src", "orm-drivers/src", "orm-drivers/tests"].map(|at| root.join(at)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|end| end == "rs") => {
                    tests += &std::fs::read_to_string(path).unwrap()
                }
                false => {}
            }
        }
    }
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 6);
    let named = rows.filter_map(|row| row.rsplit('|').nth(1)).flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let named: Vec<&str> = named.collect();
    assert!(named.len() > 60, "{}", named.len());
    let missing: Vec<&&str> = named.iter().filter(|name| !tests.contains(&format!("fn {name}"))).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}
