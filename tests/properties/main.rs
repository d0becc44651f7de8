//! Random expressions mean on every database what SQL's three-valued logic says they mean.
//!
//! Expressions are made as plain data (`generate`), written in the query language (`lower`), selected and filtered by, and the
//! answers compared with those of an evaluator in Rust (`evaluate`). A mismatch is made as small as possible (`shrink`) before it
//! is reported, with the seed that repeats it: `ORM_TEST_SEED=7 cargo test --test properties`.

#[macro_use]
#[allow(dead_code, clippy::unwrap_used)] // other tests need more of it, and a test that fails panics anyway
#[path = "../it/support.rs"]
mod support;

mod evaluate;
mod generate;
mod lower;
mod random;
mod shrink;
mod tree;

use evaluate::{Values, kept};
use lower::{Truth, float, int, text, truth};
use orm::prelude::*;
use random::Random;
use support::Db;
use tree::{Tree, Ty, Value};

/// These seeds run always; one more is new each time.
const SEEDS: [u64; 3] = [1, 2, 3];
/// So many statements for a seed, with sixteen expressions each.
const STATEMENTS: usize = 40;
const ROWS: i64 = 16;
const DEPTH: usize = 4;

#[derive(Model, Clone, Debug, PartialEq)]
#[orm(table = "random_rows")]
struct Row {
    #[orm(primary_key)]
    id: i64,
    int_0: Option<i64>,
    int_1: Option<i64>,
    float_0: Option<f64>,
    float_1: Option<f64>,
    text_0: Option<String>,
    text_1: Option<String>,
    bool_0: Option<bool>,
    bool_1: Option<bool>,
}

on_every_backend! {
    fn expressions_mean_what_they_say(db) {
        Schema::of::<Row>().create_all(&db.engine)?;
        let new = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(4, |since| since.as_secs());
        let seeds = match std::env::var("ORM_TEST_SEED") {
            Ok(seed) => vec![seed.parse().expect("ORM_TEST_SEED is a number")],
            Err(_) => SEEDS.into_iter().chain([new]).collect(),
        };
        for seed in seeds {
            Checks::of(db, seed)?.all();
        }
    }
}

/// The expressions of one seed.
struct Checks<'d> {
    db: &'d Db,
    connection: Connection,
    seed: u64,
    random: Random,
    rows: Vec<Values>,
}

impl<'d> Checks<'d> {
    /// Fills the table with the rows of a seed.
    fn of(db: &'d Db, seed: u64) -> orm::Result<Checks<'d>> {
        let mut random = Random::new(seed);
        let mut connection = db.engine.connect()?;
        connection.execute(delete::<Row>().every_row())?;
        let rows: Vec<Values> = (0..ROWS).map(|_| values(&mut random)).collect();
        let stored: Vec<Row> = (1..).zip(&rows).map(|(id, values)| stored(id, values)).collect();
        connection.execute(insert(&stored))?;
        Ok(Checks { db, connection, seed, random, rows })
    }

    fn all(&mut self) {
        for _ in 0..STATEMENTS {
            let trees: Vec<Tree> = (0..16).map(|number| self.tree(number)).collect();
            let expected: Vec<_> = trees.iter().map(|tree| self.expected(tree)).collect();
            if !self.sixteen(&trees).is_ok_and(|answers| answers == expected) {
                trees.iter().for_each(|tree| self.check(tree, Checks::selected));
                panic!("seed {}: each of these is right alone, but not all in one SELECT: {trees:#?}", self.seed);
            }
            trees[12..].iter().for_each(|condition| self.check(condition, Checks::filtered));
        }
    }

    /// The expression for a column of the result: four of each type, and of the last four only one can be NULL.
    fn tree(&mut self, column: usize) -> Tree {
        let ty = [Ty::Int, Ty::Float, Ty::Text, Ty::Bool][column / 4];
        loop {
            let tree = generate::tree(&mut self.random, ty, DEPTH);
            if ty != Ty::Bool || tree.is_condition() == (column < 15) {
                return tree;
            }
        }
    }

    fn expected(&self, tree: &Tree) -> Vec<Option<Value>> {
        self.rows.iter().map(|row| kept(tree, row)).collect()
    }

    /// The answers of four integers, four floats, four texts and four conditions, each for all rows.
    fn sixteen(&mut self, trees: &[Tree]) -> orm::Result<Vec<Vec<Option<Value>>>> {
        let query = select::<Row>().order_by(|row| row.id).columns(|row| {
            let int = |number: usize| int(&trees[number], row);
            let float = |number: usize| float(&trees[number], row);
            let text = |number: usize| text(&trees[number], row);
            let bool = |number: usize| match truth(&trees[number], row) {
                Truth::Known(condition) => condition,
                Truth::Nullable(_) => unreachable!("it was made as a condition"),
            };
            let last = match truth(&trees[15], row) {
                Truth::Known(_) => unreachable!("it was made nullable"),
                Truth::Nullable(value) => value,
            };
            (
                (int(0), int(1), int(2), int(3)),
                (float(4), float(5), float(6), float(7)),
                (text(8), text(9), text(10), text(11)),
                (bool(12), bool(13), bool(14), last),
            )
        });
        let mut answers = vec![Vec::new(); trees.len()];
        for (ints, floats, texts, bools) in self.connection.all(query)? {
            let ints = [ints.0, ints.1, ints.2, ints.3].map(|value| value.map(Value::Int));
            let floats = [floats.0, floats.1, floats.2, floats.3].map(|value| value.map(Value::Float));
            let texts = [texts.0, texts.1, texts.2, texts.3].map(|value| value.map(Value::Text));
            let bools = [Some(bools.0), Some(bools.1), Some(bools.2), bools.3].map(|value| value.map(Value::Bool));
            for (answers, value) in answers.iter_mut().zip(ints.into_iter().chain(floats).chain(texts).chain(bools)) {
                answers.push(value);
            }
        }
        Ok(answers)
    }

    /// The answers of one expression, selected, beside the right ones.
    fn selected(&mut self, tree: &Tree) -> (orm::Result<Vec<Option<Value>>>, Vec<Option<Value>>) {
        let rows = select::<Row>().order_by(|row| row.id);
        let some = |value: Option<bool>| value.map(Value::Bool);
        let answers = match tree.ty() {
            Ty::Int => self.connection.all(rows.columns(|row| int(tree, row))).map(|all| values_of(all, Value::Int)),
            Ty::Float => {
                self.connection.all(rows.columns(|row| float(tree, row))).map(|all| values_of(all, Value::Float))
            }
            Ty::Text => self.connection.all(rows.columns(|row| text(tree, row))).map(|all| values_of(all, Value::Text)),
            Ty::Bool if tree.is_condition() => {
                let known = |row| match truth(tree, row) {
                    Truth::Known(condition) => condition,
                    Truth::Nullable(_) => unreachable!("the tree says that it is a condition"),
                };
                let all = self.connection.all(rows.columns(known));
                all.map(|all| all.into_iter().map(|value| Some(Value::Bool(value))).collect())
            }
            Ty::Bool => {
                let nullable = |row| match truth(tree, row) {
                    Truth::Known(_) => unreachable!("the tree says that it can be NULL"),
                    Truth::Nullable(value) => value,
                };
                let all = self.connection.all(rows.columns(nullable));
                all.map(|all| all.into_iter().map(some).collect())
            }
        };
        (answers, self.expected(tree))
    }

    /// The rows for which a condition holds, beside those for which it should.
    fn filtered(&mut self, tree: &Tree) -> (orm::Result<Vec<Option<Value>>>, Vec<Option<Value>>) {
        let rows = select::<Row>().order_by(|row| row.id);
        let rows = match tree.ty() {
            Ty::Bool => rows.filter(|row| match truth(tree, row) {
                Truth::Known(condition) => condition,
                Truth::Nullable(value) => value & true,
            }),
            other => unreachable!("{other:?} is no condition"),
        };
        let found = self.connection.all(rows.columns(|row| row.id));
        let holds = (1..).zip(self.expected(tree)).filter(|(_, value)| *value == Some(Value::Bool(true)));
        (
            found.map(|ids| values_of(ids.into_iter().map(Some).collect(), Value::Int)),
            holds.map(|(id, _)| Some(Value::Int(id))).collect(),
        )
    }

    /// Panics with the smallest expression that is wrong, if this one is.
    fn check(&mut self, tree: &Tree, ask: Ask<'d>) {
        let mut is_wrong = |tree: &Tree| {
            let (answers, expected) = ask(self, tree);
            !answers.is_ok_and(|answers| answers == expected)
        };
        if !is_wrong(tree) {
            return;
        }
        let smallest = shrink::smallest(tree.clone(), is_wrong);
        self.db.statements();
        let (answers, expected) = ask(self, &smallest);
        let sql = self.db.statements().join("\n");
        let found = match answers {
            Err(error) => format!("{error}: {error:?}"),
            // Of selected values the first that is wrong is enough.
            Ok(answers) if answers.len() == expected.len() => {
                let pairs = answers.iter().zip(&expected).zip(&self.rows);
                let wrong = pairs.into_iter().find(|((answer, expected), _)| answer != expected);
                wrong.map_or("right this time".into(), |((answer, expected), row)| {
                    format!("{answer:?} in place of {expected:?}\nfor {row:?}")
                })
            }
            Ok(answers) => format!("{answers:?} in place of {expected:?}\nfor {:#?}", self.rows),
        };
        panic!(
            "on {:?}, {smallest:?}\nis {found}\nSQL: {sql}\nto repeat: ORM_TEST_SEED={}",
            self.db.backend, self.seed
        );
    }
}

/// How an expression is asked: the answers, and the right ones.
type Ask<'d> = fn(&mut Checks<'d>, &Tree) -> (orm::Result<Vec<Option<Value>>>, Vec<Option<Value>>);

fn values_of<T>(all: Vec<Option<T>>, of: impl Fn(T) -> Value) -> Vec<Option<Value>> {
    all.into_iter().map(|value| value.map(&of)).collect()
}

/// A row of random values, a quarter of them NULL.
fn values(random: &mut Random) -> Values {
    let mut values = Values::default();
    for number in [0, 1] {
        for ty in [Ty::Int, Ty::Float, Ty::Text, Ty::Bool] {
            match generate::nullable(random, ty, 4) {
                None => {}
                Some(Value::Int(value)) => values.ints[number] = Some(value),
                Some(Value::Float(value)) => values.floats[number] = Some(value),
                Some(Value::Text(value)) => values.texts[number] = Some(value),
                Some(Value::Bool(value)) => values.bools[number] = Some(value),
            }
        }
    }
    values
}

fn stored(id: i64, values: &Values) -> Row {
    let Values { ints: [int_0, int_1], floats: [float_0, float_1], texts: [text_0, text_1], bools: [bool_0, bool_1] } =
        values.clone();
    Row { id, int_0, int_1, float_0, float_1, text_0, text_1, bool_0, bool_1 }
}
