//! Functions that the databases write in different ways, as text: numbers, texts, JSON.

use super::writer::{SqlWriter, too_deep};
use crate::dialect::{Calendar, Decimals, JsonPaths, PartSearch};
use crate::error::{Error, ErrorKind, Result};
use crate::query::node::Node;
use crate::query::scalar::{ScalarCall, ScalarFunction};
use crate::value::Type;
use std::fmt::Write as _;

impl<'q> SqlWriter<'q, '_> {
    /// A function that the databases write in different ways.
    pub(super) fn scalar(&mut self, call: &'q ScalarCall) -> Result<()> {
        let ScalarCall { function, ty, args } = call;
        match (function, args.as_slice()) {
            (ScalarFunction::Now, _) => self.now(*ty),
            (ScalarFunction::Round(digits), [of]) => self.round(of, *ty, *digits),
            (ScalarFunction::Floor, [of]) => self.whole(of, *ty, "FLOOR", "decimal_floor"),
            (ScalarFunction::Ceil, [of]) => self.whole(of, *ty, "CEIL", "decimal_ceil"),
            (ScalarFunction::SquareRoot, [of]) => self.of_floats("SQRT", args, of),
            (ScalarFunction::Power, [of, _]) => self.of_floats("POWER", args, of),
            (ScalarFunction::Sign, [of]) => self.sign(of),
            (ScalarFunction::Position, [of, part]) => self.search(of, part),
            (ScalarFunction::Left(characters), [of]) => self.end(of, *characters, "LEFT"),
            (ScalarFunction::Right(characters), [of]) => self.end(of, *characters, "RIGHT"),
            (ScalarFunction::TrimStart, _) => {
                self.push("LTRIM");
                self.arguments(args)
            }
            (ScalarFunction::TrimEnd, _) => {
                self.push("RTRIM");
                self.arguments(args)
            }
            (ScalarFunction::Matches, [of, pattern]) => self.matches(of, pattern),
            (ScalarFunction::Part(part), [of]) => self.part(of, *part),
            (ScalarFunction::Day, [of]) => self.day(of),
            (ScalarFunction::PlusDays, [of, days]) => self.plus_days(of, days, *ty),
            (ScalarFunction::PlusSeconds, [of, seconds]) => self.plus_seconds(of, seconds),
            (ScalarFunction::JsonText(path), [of]) => self.json_text(of, path),
            (ScalarFunction::JsonContains, [of, part]) => self.json_contains(of, part),
            (ScalarFunction::Fragment { text, nullable: _ }, parts) => self.fragment(text, *ty, parts),
            (ScalarFunction::Array(function), args) => self.array(*function, *ty, args),
            (ScalarFunction::Search { language, rank }, [words, columns @ ..]) => {
                self.full_text(language.as_deref(), *rank, words, columns)
            }
            (ScalarFunction::Quantified(_), _) => super::quantified::misplaced(),
            (ScalarFunction::StartOf(part), [of]) => self.start_of(of, *part, *ty),
            (ScalarFunction::Grouping, [key]) => self.grouping(key),
            (ScalarFunction::TooDeep, _) => Err(too_deep()),
            _ => Err(Error::new(ErrorKind::Misuse, "a function was given another number of arguments than it takes")),
        }
    }

    fn stored_as_text(&self, ty: Option<Type>) -> bool {
        ty == Some(Type::Decimal) && self.dialect.decimals == Decimals::Text
    }

    fn round(&mut self, of: &'q Node, ty: Type, digits: u32) -> Result<()> {
        if ty.is_integer() {
            return self.node(of);
        }
        let through = match ty {
            Type::F32 | Type::F64 => self.dialect.functions.round_through,
            _ => None,
        };
        if let Some(exact) = through {
            // By way of text: the direct cast would cut a float to fifteen digits.
            self.push("CAST(ROUND(CAST(CAST(");
            self.node(of)?;
            self.push(" AS ");
            self.cast_name(Type::Text)?;
            let _ = write!(self.sql, ") AS {exact}), {digits}) AS ");
            self.cast_name(ty)?;
            self.push(")");
            return Ok(());
        }
        self.push(if self.stored_as_text(Some(ty)) { "decimal_round(" } else { "ROUND(" });
        self.node(of)?;
        let _ = write!(self.sql, ", {digits})");
        Ok(())
    }

    fn whole(&mut self, of: &'q Node, ty: Type, name: &str, of_decimals: &str) -> Result<()> {
        if ty.is_integer() {
            return self.node(of);
        }
        self.push(if self.stored_as_text(Some(ty)) { of_decimals } else { name });
        self.push("(");
        self.node(of)?;
        self.push(")");
        Ok(())
    }

    /// A function of floats, whose first argument may be another number.
    fn of_floats(&mut self, name: &str, args: &'q [Node], first: &'q Node) -> Result<()> {
        self.push(name);
        self.push("(");
        self.float(first)?;
        for more in &args[1..] {
            self.push(", ");
            self.node(more)?;
        }
        self.push(")");
        Ok(())
    }

    fn float(&mut self, of: &'q Node) -> Result<()> {
        if of.ty() == Some(Type::F64) {
            return self.node(of);
        }
        self.push("CAST(");
        self.node(of)?;
        self.push(" AS ");
        self.cast_name(Type::F64)?;
        self.push(")");
        Ok(())
    }

    fn sign(&mut self, of: &'q Node) -> Result<()> {
        self.push("CAST(SIGN(");
        if self.stored_as_text(of.ty()) {
            self.float(of)?;
        } else {
            self.node(of)?;
        }
        self.push(") AS ");
        self.cast_name(Type::I64)?;
        self.push(")");
        Ok(())
    }

    fn search(&mut self, of: &'q Node, part: &'q Node) -> Result<()> {
        let (name, first, second) = match self.dialect.functions.position {
            PartSearch::Instr => ("INSTR(", of, part),
            PartSearch::Strpos => ("STRPOS(", of, part),
            PartSearch::Locate => ("LOCATE(", part, of),
        };
        self.push(name);
        self.node(first)?;
        self.push(", ");
        self.node(second)?;
        self.push(")");
        Ok(())
    }

    /// The first or last characters.
    fn end(&mut self, of: &'q Node, characters: u32, name: &str) -> Result<()> {
        let named = self.dialect.functions.left_and_right;
        self.push(if named { name } else { "SUBSTR" });
        self.push("(");
        self.node(of)?;
        let _ = match (named, name, characters) {
            (true, _, _) => write!(self.sql, ", {characters})"),
            (false, "LEFT", _) | (false, _, 0) => write!(self.sql, ", 1, {characters})"),
            (false, _, _) => write!(self.sql, ", -{characters})"),
        };
        Ok(())
    }

    fn matches(&mut self, of: &'q Node, pattern: &'q Node) -> Result<()> {
        let Some(operator) = self.dialect.functions.regexp else {
            return self.unsupported("regular expressions");
        };
        self.between_parentheses(of, operator, pattern)
    }

    pub(super) fn between_parentheses(&mut self, left: &'q Node, operator: &str, right: &'q Node) -> Result<()> {
        self.push("(");
        self.node(left)?;
        self.push(operator);
        self.node(right)?;
        self.push(")");
        Ok(())
    }

    fn json_text(&mut self, of: &'q Node, path: &str) -> Result<()> {
        let steps = steps(path).ok_or_else(|| {
            Error::new(
                ErrorKind::Misuse,
                "this is no path into a JSON document: names of ASCII letters, digits and `_`, with `.` between and `[0]` behind",
            )
        })?;
        match self.dialect.functions.json {
            JsonPaths::Operators => {
                let elements: Vec<String> = steps
                    .iter()
                    .map(|step| match step {
                        Step::Name(name) => format!("\"{name}\""),
                        Step::Index(index) => index.to_string(),
                    })
                    .collect();
                self.push("(");
                self.node(of)?;
                let _ = write!(self.sql, " #>> '{{{}}}')", elements.join(","));
                Ok(())
            }
            // Its own functions give 1 for `true`.
            JsonPaths::Sqlite => {
                self.json_call("CASE JSON_TYPE(", of, &steps)?;
                self.push(" WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE CAST(");
                self.json_call("JSON_EXTRACT(", of, &steps)?;
                self.push(" AS TEXT) END");
                Ok(())
            }
            // Its own functions give the text 'null' for `null`.
            JsonPaths::Mysql => {
                self.json_call("CASE JSON_TYPE(JSON_EXTRACT(", of, &steps)?;
                self.json_call(") WHEN 'NULL' THEN NULL ELSE JSON_UNQUOTE(JSON_EXTRACT(", of, &steps)?;
                self.push(") END");
                Ok(())
            }
        }
    }

    /// `JSON_EXTRACT(x, '$."a"[0]')`
    fn json_call(&mut self, name: &str, of: &'q Node, steps: &[Step<'_>]) -> Result<()> {
        self.push(name);
        self.node(of)?;
        self.push(", '$");
        for step in steps {
            let _ = match step {
                Step::Name(name) => write!(self.sql, ".\"{name}\""),
                Step::Index(index) => write!(self.sql, "[{index}]"),
            };
        }
        self.push("')");
        Ok(())
    }

    fn json_contains(&mut self, of: &'q Node, part: &'q Node) -> Result<()> {
        match self.dialect.functions.json {
            JsonPaths::Operators => self.between_parentheses(of, " @> ", part),
            JsonPaths::Sqlite => self.unsupported("a search for one JSON document in another"),
            JsonPaths::Mysql => {
                self.push("JSON_CONTAINS(");
                self.node(of)?;
                self.push(", ");
                self.node(part)?;
                self.push(")");
                Ok(())
            }
        }
    }

    /// How dates are computed with.
    pub(super) fn calendar(&self) -> Calendar {
        self.dialect.functions.calendar
    }
}

/// A step of a path into a JSON document. Nothing in it can be anything but a name or a number in SQL.
enum Step<'p> {
    Name(&'p str),
    Index(u32),
}

/// The steps of `a.b[0].c` or `[0].a`; `None` for anything else.
fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for (at, part) in path.split('.').enumerate() {
        let (name, mut indexes) = part.split_at(part.find('[').unwrap_or(part.len()));
        if !name.is_empty() {
            name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then(|| steps.push(Step::Name(name)))?;
        } else if at > 0 || indexes.is_empty() {
            return None;
        }
        while !indexes.is_empty() {
            let (index, rest) = indexes.strip_prefix('[')?.split_once(']')?;
            index.bytes().all(|byte| byte.is_ascii_digit()).then_some(())?;
            steps.push(Step::Index(index.parse().ok()?));
            indexes = rest;
        }
    }
    Some(steps)
}
