//! The SQL functions and the collation for exact decimals, and a few for floats, registered on every connection.

use super::decimal::{Decimal, compare};
use orm_core::value::text::decimal_from_double;
use rusqlite::functions::{Aggregate, Context, FunctionFlags, WindowAggregate};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, Result};

pub(super) fn register(connection: &Connection) -> Result<()> {
    connection.create_collation("decimal", compare)?;
    scalar(connection, "decimal_add", |a, b| Some(a.add(b)))?;
    scalar(connection, "decimal_sub", |a, b| Some(a.subtract(b)))?;
    scalar(connection, "decimal_mul", |a, b| Some(a.multiply(b)))?;
    // As SQLite's own division has it, a division by zero is NULL.
    scalar(connection, "decimal_div", Decimal::divide)?;
    connection.create_scalar_function("decimal_abs", 1, flags(), |context| {
        Ok(argument(context, 0, "decimal_abs")?.map(|value| value.absolute().to_string()))
    })?;
    connection.create_scalar_function("decimal_round", 1, flags(), |context| round(context, 0))?;
    connection.create_scalar_function("decimal_round", 2, flags(), |context| match context.get_raw(1) {
        ValueRef::Null => Ok(None),
        ValueRef::Integer(places) => round(context, places),
        _ => round(context, -1),
    })?;
    whole(connection, "decimal_floor", Decimal::floor)?;
    whole(connection, "decimal_ceil", Decimal::ceil)?;
    // The library that comes with the driver is built without these.
    float(connection, "floor", f64::floor)?;
    float(connection, "ceil", f64::ceil)?;
    float(connection, "sqrt", f64::sqrt)?;
    connection.create_scalar_function("power", 2, flags(), |context| {
        let (base, exponent) = (context.get::<Option<f64>>(0)?, context.get::<Option<f64>>(1)?);
        Ok(base.zip(exponent).map(|(base, exponent)| base.powf(exponent)))
    })?;
    connection.create_window_function("decimal_sum", 1, flags(), Sum)?;
    connection.create_window_function("decimal_avg", 1, flags(), Average)
}

/// Innocuous: the schema may use them in checks, indexes and views, though it is not trusted with functions otherwise.
fn flags() -> FunctionFlags {
    FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS
}

fn scalar(
    connection: &Connection,
    name: &'static str,
    operation: fn(&Decimal, &Decimal) -> Option<Decimal>,
) -> Result<()> {
    connection.create_scalar_function(name, 2, flags(), move |context| {
        let (Some(a), Some(b)) = (argument(context, 0, name)?, argument(context, 1, name)?) else { return Ok(None) };
        Ok(operation(&a, &b).map(|result| result.to_string()))
    })
}

/// A function of a decimal.
fn whole(connection: &Connection, name: &'static str, operation: fn(&Decimal) -> Decimal) -> Result<()> {
    connection.create_scalar_function(name, 1, flags(), move |context| {
        Ok(argument(context, 0, name)?.map(|value| operation(&value).to_string()))
    })
}

/// A function of a float; SQLite makes NULL of what is not a number.
fn float(connection: &Connection, name: &'static str, operation: fn(f64) -> f64) -> Result<()> {
    connection
        .create_scalar_function(name, 1, flags(), move |context| Ok(context.get::<Option<f64>>(0)?.map(operation)))
}

fn round(context: &Context<'_>, places: i64) -> Result<Option<String>> {
    let Some(value) = argument(context, 0, "decimal_round")? else { return Ok(None) };
    match value.round(places) {
        Some(rounded) => Ok(Some(rounded.to_string())),
        None => Err(Error::UserFunctionError("decimal_round: the argument 2 is not an integer from 0 to 1000".into())),
    }
}

/// An argument as a number; `None` for NULL.
fn argument(context: &Context<'_>, at: usize, function: &str) -> Result<Option<Decimal>> {
    let decimal = match context.get_raw(at) {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(value) => Decimal::parse(&value.to_string()),
        ValueRef::Real(value) => decimal_from_double(value).ok().and_then(|text| Decimal::parse(&text)),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(Decimal::parse),
        ValueRef::Blob(_) => None,
    };
    // The value is not told: it may be anything.
    let message = || format!("{function}: the argument {} is not a decimal number", at + 1);
    decimal.map(Some).ok_or_else(|| Error::UserFunctionError(message().into()))
}

/// The exact sum; NULLs are left out, and the sum of nothing is NULL.
struct Sum;
/// The sum divided by the count.
struct Average;

/// What both have seen so far.
#[derive(Default)]
struct Total {
    sum: Decimal,
    count: u64,
}

impl Total {
    fn add(&mut self, context: &Context<'_>, function: &str) -> Result<()> {
        if let Some(value) = argument(context, 0, function)? {
            self.sum = self.sum.add(&value);
            self.count += 1;
        }
        Ok(())
    }

    /// A row leaves the window.
    fn remove(&mut self, context: &Context<'_>, function: &str) -> Result<()> {
        if let Some(value) = argument(context, 0, function)? {
            self.sum = self.sum.subtract(&value);
            self.count = self.count.saturating_sub(1);
        }
        Ok(())
    }

    fn sum(&self) -> Option<String> {
        (self.count > 0).then(|| self.sum.to_string())
    }

    fn average(&self) -> Option<String> {
        self.sum.divide(&Decimal::from(self.count)).map(|average| average.to_string())
    }
}

// impl Aggregate<Total, Option<String>> and WindowAggregate for Sum { .. "decimal_sum", the total's sum .. }
macro_rules! aggregates { ($($type:ident $name:literal $result:ident;)*) => { $(
    impl Aggregate<Total, Option<String>> for $type {
        fn init(&self, _context: &mut Context<'_>) -> Result<Total> {
            Ok(Total::default())
        }
        fn step(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
            total.add(context, $name)
        }
        fn finalize(&self, _context: &mut Context<'_>, total: Option<Total>) -> Result<Option<String>> {
            Ok(total.and_then(|total| total.$result()))
        }
    }
    impl WindowAggregate<Total, Option<String>> for $type {
        fn value(&self, total: Option<&mut Total>) -> Result<Option<String>> {
            Ok(total.and_then(|total| total.$result()))
        }
        fn inverse(&self, context: &mut Context<'_>, total: &mut Total) -> Result<()> {
            total.remove(context, $name)
        }
    }
)* } }
aggregates! { Sum "decimal_sum" sum; Average "decimal_avg" average; }
