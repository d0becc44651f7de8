//! Rows as neat tables. Knows no question, and of the models only their types of values.

use crate::models::{Cents, Moment};

/// So many rows of an answer are shown.
const ROWS_MAX: usize = 12;
/// A cell shows so many characters.
const CHARACTERS_MAX: usize = 48;

/// Prints a question and its answer: a heading for each column, columns as wide as they must be.
pub(crate) fn answer<R: Row>(question: &str, headings: &[&str], rows: &[R]) {
    let shown = |row: &R| row.cells().iter().map(|cell| shortened(cell)).collect();
    let cells: Vec<Vec<String>> = rows.iter().take(ROWS_MAX).map(shown).collect();
    let width = |column: usize| {
        let widest = cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        widest.max(headings[column].chars().count())
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    println!("\n{question}");
    line(&widths, headings);
    line(&widths, &widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>());
    cells.iter().for_each(|row| line(&widths, row));
    if rows.len() > ROWS_MAX {
        println!("  .. and {} more", rows.len() - ROWS_MAX);
    }
}

fn shortened(cell: &str) -> String {
    match cell.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}..", &cell[..end]),
        None => cell.to_owned(),
    }
}

/// One line. What looks like a number stands on the right.
fn line(widths: &[usize], cells: &[impl AsRef<str>]) {
    let mut text = String::new();
    for (cell, &width) in cells.iter().map(AsRef::as_ref).zip(widths) {
        let number = cell.parse::<f64>().is_ok();
        text.push_str(&if number { format!("  {cell:>width$}") } else { format!("  {cell:width$}") });
    }
    println!("{}", text.trim_end());
}

/// A row of an answer as texts.
pub(crate) trait Row {
    fn cells(&self) -> Vec<String>;
}

/// A value of a row as text.
pub(crate) trait Cell {
    fn cell(&self) -> String;
}

impl Cell for String {
    fn cell(&self) -> String {
        self.clone()
    }
}
impl Cell for i64 {
    fn cell(&self) -> String {
        self.to_string()
    }
}
impl Cell for f64 {
    fn cell(&self) -> String {
        format!("{self:.1}")
    }
}
impl Cell for Cents {
    fn cell(&self) -> String {
        self.to_string()
    }
}
/// The day alone: nothing in the store has a time.
impl Cell for Moment {
    fn cell(&self) -> String {
        self.0.split('T').next().unwrap_or_default().to_owned()
    }
}
impl<C: Cell> Cell for Option<C> {
    fn cell(&self) -> String {
        self.as_ref().map_or_else(|| "-".to_owned(), Cell::cell)
    }
}

impl Row for String {
    fn cells(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

// impl<A: Cell, B: Cell> Row for (A, B) { fn cells(&self) -> Vec<String> { vec![self.0.cell(), self.1.cell()] } }
macro_rules! rows { ($(($($t:ident $i:tt),+))*) => { $(
    impl<$($t: Cell),+> Row for ($($t,)+) {
        fn cells(&self) -> Vec<String> {
            vec![$(self.$i.cell()),+]
        }
    }
)* } }
rows! { (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4) }
