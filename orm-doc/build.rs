//! Makes a test of each Rust block of the pages in `docs/`, so that what a reader copies has been compiled and run. Each
//! statement in an SQL block is shown to SQLite, so that it is at least SQL. Knows Markdown's fences and nothing else of it.
//!
//! A Rust block may use `engine`, `session` and `connection` without making them: they are those of the database that
//! `orm-doc` fills. A block with the word `items` (```` ```rust,items ````) has structs and functions that the whole page
//! may use; one with `no_run` needs what is not there, and is only compiled; one with `web` is run by a runtime, and may use the `db` of an application whose
//! tables are those of the page; other words leave it out. An SQL block that begins with a comment is of another database.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut pages: Vec<_> = fs::read_dir(&folder)
        .expect("the repository has pages")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    let mut program = String::new();
    for page in pages {
        println!("cargo::rerun-if-changed={}", page.display());
        let text = fs::read_to_string(&page).expect("a page is a text");
        let name = page.file_stem().and_then(|stem| stem.to_str()).expect("a page has a name").replace('-', "_");
        program += &format!("mod {name} {{\nuse super::*;\nuse orm_doc::*;\n{}}}\n", tests(&text));
    }
    let output = Path::new(&env::var("OUT_DIR").expect("cargo says where")).join("guides.rs");
    fs::write(output, program).expect("the folder of the build can be written");
}

/// The tests of a page, each named after the line where its block begins.
fn tests(page: &str) -> String {
    let (mut tests, mut fence, mut block) = (String::new(), None, String::new());
    for (number, line) in (1..).zip(page.lines()) {
        match (&fence, line.strip_prefix("```")) {
            (None, Some(words)) => fence = Some((number, words)),
            (None, None) => {}
            (Some(_), None) => {
                let _ = writeln!(block, "{line}");
            }
            (Some((start, words)), Some(_)) => {
                tests += &test(*start, words, &block);
                block.clear();
                fence = None;
            }
        }
    }
    tests
}

fn test(line: usize, words: &str, block: &str) -> String {
    match words {
        "rust" => {
            let block = with(&with(block, "session", "engine.session()"), "connection", "engine.connect()?");
            format!("#[test]\nfn line_{line}() -> orm::Result<()> {{\nlet engine = engine();\n{block}Ok(())\n}}\n")
        }
        "rust,no_run" => {
            let block = with(&with(block, "session", "engine.session()"), "connection", "engine.connect()?");
            format!(
                "fn line_{line}() -> Result<(), Box<dyn std::error::Error>> {{\nlet engine = engine();\n{block}Ok(())\n}}\n"
            )
        }
        "rust,web" => format!(
            "#[test]\nfn line_{line}() -> orm_axum::Result<()> {{\nblock_on(async {{\nlet db = database(Schema::of::<(User, Post)>())?;\n{block}Ok(())\n}})\n}}\n"
        ),
        "rust,items" => block.to_owned(),
        "sql" if !block.starts_with("--") => {
            let explain = |statement: &str| format!("connection.explain(sql({statement:?}))?;\n");
            let statements: String =
                block.split(";\n").map(str::trim).filter(|text| !text.is_empty()).map(explain).collect();
            format!(
                "#[test]\nfn line_{line}() -> orm::Result<()> {{\nlet mut connection = engine().connect()?;\n{statements}Ok(())\n}}\n"
            )
        }
        _ => String::new(),
    }
}

/// The block with a variable made before the first statement that uses it, if none of its own makes one. Not earlier: the
/// database is one connection, which nobody else can have then.
fn with(block: &str, name: &str, made: &str) -> String {
    let is_made = ["let ", "let mut ", "|"].iter().any(|before| block.contains(&format!("{before}{name}")));
    let Some(used) = block.find(name).filter(|_| !is_made) else { return block.to_owned() };
    let is_start = |at: usize| block[at..].starts_with(|first: char| first.is_alphabetic());
    let mut starts = block[..used].match_indices('\n').map(|(at, _)| at + 1).filter(|&at| is_start(at));
    let start = starts.next_back().unwrap_or(0);
    format!("{}let mut {name} = {made};\n{}", &block[..start], &block[start..])
}
