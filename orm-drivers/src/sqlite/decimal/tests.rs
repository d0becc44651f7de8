//! Decimal arithmetic, by examples and against the machine's integers.

use super::*;

fn decimal(text: &str) -> Decimal {
    Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
}

#[track_caller]
fn check(operation: fn(&Decimal, &Decimal) -> Decimal, a: &str, b: &str, expected: &str) {
    assert_eq!(operation(&decimal(a), &decimal(b)).to_string(), expected, "{a} and {b}");
}

#[test]
fn adds_and_subtracts() {
    for (a, b, sum, difference) in [
        ("0.1", "0.2", "0.3", "-0.1"),
        ("1", "2.50", "3.50", "-1.50"),
        ("-1.5", "1.50", "0.00", "-3.00"),
        ("999", "1", "1000", "998"),
        ("0.000", "-0", "0.000", "0.000"),
        ("-0.05", "0.5", "0.45", "-0.55"),
        (
            "7922816251426433759354395033.5",
            "0.0000000000000000000000000005",
            "7922816251426433759354395033.5000000000000000000000000005",
            "7922816251426433759354395033.4999999999999999999999999995",
        ),
    ] {
        check(Decimal::add, a, b, sum);
        check(Decimal::add, b, a, sum);
        check(Decimal::subtract, a, b, difference);
    }
}

#[test]
fn multiplies() {
    check(Decimal::multiply, "0.1", "0.2", "0.02");
    check(Decimal::multiply, "-12", "12", "-144");
    check(Decimal::multiply, "0", "-7.5", "0.0");
    check(
        Decimal::multiply,
        "9999999999999999999999999999",
        "9999999999999999999999999999",
        "99999999999999999999999999980000000000000000000000000001",
    );
}

#[test]
fn divides() {
    let quotient = |a: &str, b: &str| decimal(a).divide(&decimal(b)).map(|quotient| quotient.to_string());
    for (a, b, expected) in [
        ("10", "4", "2.5"),
        ("1", "3", "0.3333333333333333333333333333"),
        ("2", "3", "0.6666666666666666666666666667"),
        ("-20", "3", "-6.666666666666666666666666667"),
        ("0.001", "0.1", "0.01"),
        ("0", "5", "0"),
        ("100", "10", "10"),
        ("0.00000000000000000000000000005", "1", "0.0000000000000000000000000001"),
        ("1000000000000000000000000000000", "3", "333333333333333333333333333333"),
        ("9999999999999999999999999999.9", "1", "10000000000000000000000000000"),
    ] {
        assert_eq!(quotient(a, b).as_deref(), Some(expected), "{a} / {b}");
    }
    assert_eq!(quotient("1", "0.00"), None);
}

#[test]
fn rounds() {
    for (number, places, expected) in [
        ("1.5", 0, Some("2")),
        ("-2.5", 0, Some("-3")),
        ("1.4999999999999999999999999999", 0, Some("1")),
        ("0.005", 2, Some("0.01")),
        ("0.004", 2, Some("0.00")),
        ("-0.0004", 2, Some("0.00")),
        ("0.05", 0, Some("0")),
        ("0.5", 0, Some("1")),
        ("99.995", 2, Some("100.00")),
        ("7", 2, Some("7.00")),
        ("0", 1, Some("0.0")),
        ("7.25", 2, Some("7.25")),
        ("7", -1, None),
        ("7", 1001, None),
    ] {
        let rounded = decimal(number).round(places).map(|rounded| rounded.to_string());
        assert_eq!(rounded.as_deref(), expected, "{number} to {places}");
    }
    assert_eq!(decimal("-7.50").absolute().to_string(), "7.50");
}

#[test]
fn orders_as_numbers() {
    let ascending = ["-100.5", "-10", "-9.99", "0", "0.000001", "0.05", "0.5", "1", "9", "10", "100", "", "1e5", "x"];
    for (i, a) in ascending.iter().enumerate() {
        for (j, b) in ascending.iter().enumerate() {
            assert_eq!(compare(a, b), i.cmp(&j), "{a} and {b}");
        }
    }
    for (a, b) in [("1.50", "1.5"), ("-0", "0.00"), ("007", "7"), ("+3", "3."), (".5", "0.5")] {
        assert_eq!(compare(a, b), Ordering::Equal, "{a} and {b}");
    }
}

#[test]
fn refuses_what_is_no_number() {
    for text in ["", "-", ".", "1.2.3", "1e5", " 1", "--1", "NaN", "٣", &"1".repeat(1001)] {
        assert_eq!(Decimal::parse(text), None, "{text}");
    }
}

/// Against the machine's own integers, over numbers that a small generator makes.
#[test]
fn agrees_with_integers() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let value = i64::from_ne_bytes(state.to_ne_bytes()) >> (state % 60);
        i128::from(value)
    };
    for _ in 0..2000 {
        let (a, b) = (next(), next());
        let (x, y) = (decimal(&a.to_string()), decimal(&b.to_string()));
        assert_eq!(x.add(&y).to_string(), (a + b).to_string());
        assert_eq!(x.subtract(&y).to_string(), (a - b).to_string());
        assert_eq!(x.multiply(&y).to_string(), (a * b).to_string());
        assert_eq!(compare(&a.to_string(), &b.to_string()), a.cmp(&b));
        if b != 0 {
            assert_eq!(x.multiply(&y).divide(&y), Some(x));
        }
    }
}
