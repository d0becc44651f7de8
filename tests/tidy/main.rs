//! The house rules that a machine can hold: what a file begins with, how long it is, what library code must not call, and
//! who may know whom: the layers inside `orm-core`, as ARCHITECTURE.md lists them, and the crates among each other.
//! Reads the sources as text; knows nothing of the library itself.

mod code;

use code::{code_of, heads, item_length, occurrences};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file. Longer ones tell more than one thing.
const LINES_MAX: usize = 500;

/// Where the sources are. The first five are library code.
const FOLDERS: [&str; 9] = [
    "src",
    "orm-core/src",
    "orm-derive/src",
    "orm-drivers/src",
    "orm-axum/src",
    "orm-axum/tests",
    "orm-doc/src",
    "tests",
    "examples",
];
const LIBRARIES: [&str; 5] = ["src/", "orm-core/src/", "orm-derive/src/", "orm-drivers/src/", "orm-axum/src/"];

/// What library code must not call, and what it does instead.
const FORBIDDEN: [(&str, &str); 7] = [
    (".unwrap()", "return an error, or say why it holds: .expect(\"..\")"),
    ("todo!", "write it, or return an error of kind Unsupported"),
    ("unimplemented!", "write it, or return an error of kind Unsupported"),
    ("panic!", "return an error; a panic that is part of the API is listed in tests/tidy/main.rs with its reason"),
    ("dbg!", "remove it"),
    ("dialect.name ==", "a difference between databases is a field of Dialect"),
    ("dialect.name !=", "a difference between databases is a field of Dialect"),
];

/// Panics that are part of the API: file, call, reason.
const ALLOWED: [(&str, &str, &str); 3] = [
    ("orm-axum/src/testing.rs", "panic!", "a panic is how a test fails"),
    ("orm-core/src/value/sql_type.rs", "panic!", "`*auto = x` on a value that is not known yet has no error to return"),
    (
        "orm-core/src/session/index.rs",
        "panic!",
        "`session[handle]` of an object that is gone has no error to return; `try_get` has",
    ),
];

/// The client crates, as they are named in a path. Only `orm-drivers` may.
const CLIENTS: [&str; 9] = [
    "rusqlite",
    "libsqlite3_sys",
    "postgres",
    "postgres_protocol",
    "postgres_types",
    "tokio_postgres",
    "mysql",
    "mysql_common",
    "rustls",
];

/// The crates of the workspace, with those of ours that each may depend on.
const CRATES: [(&str, &[&str]); 6] = [
    ("orm-axum", &["orm"]),
    ("orm-core", &[EXAMPLES]),
    ("orm-derive", &["orm", EXAMPLES]),
    ("orm-drivers", &["orm-core"]),
    ("orm-doc", &["orm", "orm-axum"]),
    (".", &["orm-core", "orm-derive", "orm-drivers", EXAMPLES]),
];

/// What the examples in the documentation stand on. It knows all the others, so that only their comments may name it.
const EXAMPLES: &str = "orm-doc";

#[test]
fn every_file_says_first_what_it_holds() {
    let mut faults = Faults::default();
    for file in sources().iter().filter(|file| !file.path.starts_with("tests/ui/")) {
        if !file.text.starts_with("//! ") {
            faults.add(file, 1, "the first line is not `//! ..`: say what the file holds and what it must not know");
        }
    }
    faults.report();
}

#[test]
fn no_file_is_too_long() {
    let mut faults = Faults::default();
    for file in &sources() {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            faults.add(file, LINES_MAX + 1, &format!("{lines} lines, the limit is {LINES_MAX}: it tells two things"));
        }
    }
    faults.report();
}

#[test]
fn no_line_ends_with_spaces() {
    let mut faults = Faults::default();
    for file in &sources() {
        for (number, line) in file.text.split('\n').enumerate() {
            if line != line.trim_end() {
                faults.add(file, number + 1, "white space at the end of the line: remove it");
            }
        }
        if !file.text.ends_with('\n') || file.text.ends_with("\n\n") {
            faults.add(file, file.text.lines().count(), "a file ends with one line break");
        }
    }
    faults.report();
}

#[test]
fn library_code_does_not_panic() {
    let mut faults = Faults::default();
    let mut used = [false; ALLOWED.len()];
    for file in sources().iter().filter(|file| LIBRARIES.iter().any(|folder| file.path.starts_with(folder))) {
        for (call, instead) in FORBIDDEN {
            for at in occurrences(&file.library_code(), call) {
                match ALLOWED.iter().position(|(path, allowed, _)| *path == file.path && *allowed == call) {
                    Some(entry) => used[entry] = true,
                    None => faults.add(file, file.line(at), &format!("`{call}` in library code: {instead}")),
                }
            }
        }
    }
    for ((path, call, reason), used) in ALLOWED.iter().zip(used) {
        if !used {
            faults
                .add_text(format!("tests/tidy/main.rs: ALLOWED has `{call}` in {path} ({reason}), which is not there"));
        }
    }
    faults.report();
}

#[test]
fn the_core_depends_downward() {
    let layers = layers();
    let files: Vec<_> = sources().into_iter().filter(|file| file.path.starts_with("orm-core/src/")).collect();
    let roots = root_names(files.iter().find(|file| file.path == "orm-core/src/lib.rs").expect("the core has a root"));
    let mut faults = Faults::default();
    let mut seen = BTreeMap::new();
    for file in &files {
        let Some(module) = file.module() else { continue };
        let Some(&own) = layers.get(module.as_str()) else {
            faults.add(
                file,
                1,
                &format!("the module `{module}` is in no layer: add it to the list in ARCHITECTURE.md"),
            );
            continue;
        };
        seen.insert(module.clone(), ());
        for (at, name) in file.names_of_the_crate() {
            let target = roots.get(name.as_str()).unwrap_or(&name);
            match layers.get(target.as_str()) {
                Some(layer) if *layer < own || *target == module => {}
                Some(layer) if *layer == own => {}
                Some(_) => {
                    let why = format!(
                        "`{module}` uses `crate::{name}` of `{target}`, a layer above it (ARCHITECTURE.md): the code is \
                         in the wrong file, or wants a value in place of a call"
                    );
                    faults.add(file, file.line(at), &why);
                }
                None => faults.add(file, file.line(at), &format!("`crate::{name}` is in no layer of ARCHITECTURE.md")),
            }
        }
    }
    for name in layers.keys().filter(|name| !seen.contains_key(*name)) {
        faults.add_text(format!("ARCHITECTURE.md: the layer list has `{name}`, and orm-core has no such module"));
    }
    faults.report();
}

#[test]
fn the_core_knows_no_client_crate() {
    let mut faults = Faults::default();
    for file in sources().iter().filter(|file| !file.path.starts_with("orm-drivers/") && is_library(file)) {
        for client in CLIENTS {
            for at in occurrences(&file.code, &format!("{client}::")) {
                faults.add(
                    file,
                    file.line(at),
                    &format!("`{client}::` outside orm-drivers, which alone knows the client crates"),
                );
            }
        }
    }
    for (folder, _) in CRATES.iter().filter(|(folder, _)| *folder != "orm-drivers") {
        for (line, name) in dependencies(folder) {
            if CLIENTS.contains(&name.replace('-', "_").as_str()) {
                faults.add_text(format!("{folder}/Cargo.toml:{line}: depends on `{name}`, which only orm-drivers may"));
            }
        }
    }
    faults.report();
}

#[test]
fn the_crates_depend_downward() {
    let mut faults = Faults::default();
    for (folder, allowed) in CRATES {
        for (line, name) in dependencies(folder) {
            if (name == "orm" || name.starts_with("orm-")) && !allowed.contains(&name.as_str()) {
                let may = if allowed.is_empty() { "none of our crates".into() } else { allowed.join(", ") };
                faults.add_text(format!("{folder}/Cargo.toml:{line}: depends on `{name}`; it may know {may}"));
            }
        }
    }
    faults.report();
}

#[test]
fn only_documentation_uses_the_models_of_the_examples() {
    let mut faults = Faults::default();
    for file in sources().iter().filter(|file| !file.path.starts_with("orm-doc/")) {
        for at in occurrences(&file.code, "orm_doc::") {
            faults.add(
                file,
                file.line(at),
                "`orm_doc::` outside of documentation: it knows the crates that it is used in",
            );
        }
    }
    faults.report();
}

#[test]
fn every_member_inherits_the_lints() {
    let mut faults = Faults::default();
    let root = manifest(".");
    let members = root.lines().find(|line| line.starts_with("members")).expect("the workspace lists its members");
    for member in members.split('"').skip(1).step_by(2) {
        if !CRATES.iter().any(|(folder, _)| *folder == member) {
            faults.add_text(format!(
                "Cargo.toml: the member `{member}` is not in CRATES of tests/tidy/main.rs: what may it know?"
            ));
        }
    }
    for (folder, _) in CRATES {
        if !manifest(folder).contains("[lints]\nworkspace = true\n") {
            faults.add_text(format!(
                "{folder}/Cargo.toml: `[lints]` is not `workspace = true`: the house rules would not hold there"
            ));
        }
    }
    if !root.contains("unsafe_code = \"forbid\"") {
        faults.add_text("Cargo.toml: `unsafe_code` is not forbidden".into());
    }
    faults.report();
}

#[test]
fn names_of_the_crate_are_found_in_every_form() {
    let text = "use crate::{error::{Error, Result}, value::Key};\nfn f() -> crate::row::Row {}\nmy_crate::x; // crate::y\n\
                use super::pool::Pool;\n#[cfg(test)]\nmod tests { use crate::session::Session; }\nuse $crate::engine::*;";
    let names = |path: &str| {
        let file = Source::new(path.into(), text.into());
        file.names_of_the_crate().into_iter().map(|(at, name)| format!("{}{name}", file.line(at))).collect::<Vec<_>>()
    };
    assert_eq!(names("orm-core/src/load.rs"), ["1error", "1value", "2row", "4pool", "7engine"]);
    assert_eq!(names("orm-core/src/load/nested.rs"), ["1error", "1value", "2row", "7engine"]);
}

/// A source file, with its path from the root of the repository.
struct Source {
    path: String,
    text: String,
    /// The text with comments and literals blanked out, at the same offsets.
    code: String,
}

impl Source {
    fn new(path: String, text: String) -> Self {
        let code = code_of(&text);
        Source { path, text, code }
    }

    fn line(&self, at: usize) -> usize {
        self.text.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The code without what is compiled for tests only.
    fn library_code(&self) -> String {
        let mut code = self.code.clone();
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return " ".repeat(code.len());
        }
        while let Some(start) = code.find("#[cfg(test)]") {
            let end = start + item_length(&code[start..]);
            let blank: String = code[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            code.replace_range(start..end, &blank);
        }
        code
    }

    /// The module below the crate's root that the file belongs to; `None` for the root itself.
    fn module(&self) -> Option<String> {
        let inside = self.path.strip_prefix("orm-core/src/")?;
        let first = inside.split('/').next().expect("split gives one part at least");
        Some(first.trim_end_matches(".rs").to_owned()).filter(|name| name != "lib")
    }

    /// The names right below the crate's root that library code refers to, with their places.
    fn names_of_the_crate(&self) -> Vec<(usize, String)> {
        let code = self.library_code();
        // `super` is the root in the first file of a module only.
        let above = match self.path.trim_start_matches("orm-core/src/").split_once('/') {
            None | Some((_, "mod.rs")) => "super::",
            Some(_) => "super::super::",
        };
        let mut found = Vec::new();
        for at in occurrences(&code, "crate::") {
            found.extend(heads(&code[at + "crate::".len()..]).into_iter().map(|name| (at, name)));
        }
        for at in occurrences(&code, above) {
            let names = heads(&code[at + above.len()..]).into_iter();
            // In a module inside the file, `super` is the file: only names of other modules are meant here.
            found.extend(names.filter(|name| name != "super" && layers().contains_key(name)).map(|name| (at, name)));
        }
        found.sort();
        found
    }
}

fn is_library(file: &Source) -> bool {
    LIBRARIES.iter().any(|folder| file.path.starts_with(folder))
}

/// All sources below the folders, by path.
fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    FOLDERS.iter().for_each(|folder| walk(&root().join(folder), &mut paths));
    assert!(paths.len() > 20, "found only {} files below {}", paths.len(), root().display());
    paths.sort();
    paths.into_iter().map(read).collect()
}

fn read(path: PathBuf) -> Source {
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root()).expect("it was found below the root").display().to_string();
    Source::new(path.replace('\\', "/"), text)
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            walk(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn manifest(folder: &str) -> String {
    let path = root().join(folder).join("Cargo.toml");
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The dependencies of a crate, of every kind, with their lines in the manifest.
fn dependencies(folder: &str) -> Vec<(usize, String)> {
    let mut within = false;
    let mut found = Vec::new();
    for (number, line) in manifest(folder).lines().enumerate() {
        if line.starts_with('[') {
            within = line.ends_with("dependencies]") && !line.starts_with("[workspace");
        } else if let Some((key, _)) = line.split_once('=').filter(|_| within && !line.starts_with('#')) {
            found.push((number + 1, key.trim().trim_end_matches(".workspace").to_owned()));
        }
    }
    found
}

/// The layers of the core: each module's height, from the list in ARCHITECTURE.md that is fenced as `layers`.
fn layers() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md can be read");
    let list = text.split("```layers\n").nth(1).and_then(|rest| rest.split("```").next());
    let list = list.expect("ARCHITECTURE.md has a block fenced as `layers`");
    let heights = list.lines().enumerate();
    heights.flat_map(|(height, line)| line.split(", ").map(move |name| (name.trim().to_owned(), height))).collect()
}

/// The names that the root of the core re-exports, with the module of each: `pub use value::{Key, Type}`.
fn root_names(file: &Source) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for at in occurrences(&file.code, "pub use ") {
        let statement = file.code[at + "pub use ".len()..].split(';').next().expect("split gives one part at least");
        let module = heads(statement).into_iter().next().unwrap_or_default();
        for name in statement.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|name| !name.is_empty()) {
            names.insert(name.to_owned(), module.clone());
        }
    }
    names
}

/// What is wrong, one line each: file:line, what, and what to do about it.
#[derive(Default)]
struct Faults(String);

impl Faults {
    fn add(&mut self, file: &Source, line: usize, what: &str) {
        self.add_text(format!("{}:{line}: {what}", file.path));
    }

    fn add_text(&mut self, fault: String) {
        writeln!(self.0, "{fault}").expect("a String takes all text");
    }

    #[track_caller]
    fn report(self) {
        assert!(self.0.is_empty(), "\n{}", self.0);
    }
}
