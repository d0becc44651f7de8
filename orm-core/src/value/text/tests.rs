//! Tests of the text forms of days, times and decimals.

use super::*;

#[test]
fn every_day_of_the_calendar_round_trips() {
    let mut days = FIRST_DAY;
    for year in 1..=9999 {
        for month in 1..=12 {
            for day in 1..=31 {
                let Ok(found) = days_from_civil(year, month, day) else { continue };
                assert_eq!(found, days, "{year}-{month}-{day} does not follow the day before");
                assert_eq!(civil_from_days(days), (year, month, day));
                days += 1;
            }
        }
    }
    assert_eq!(days, LAST_DAY + 1);
}

#[test]
fn every_day_round_trips_as_text_that_sorts() {
    let mut before = String::new();
    for days in FIRST_DAY..=LAST_DAY {
        let text = format_date(days).unwrap();
        assert!(before < text, "{before} < {text}");
        assert_eq!(parse_date(&text).unwrap(), days);
        before = text;
    }
    assert_eq!(before, "9999-12-31");
}

#[test]
fn known_days() {
    for (text, days) in [
        ("0001-01-01", FIRST_DAY),
        ("1969-12-31", -1),
        ("1970-01-01", 0),
        ("1970-01-02", 1),
        ("2000-02-29", 11_016),
        ("2000-03-01", 11_017),
        ("9999-12-31", LAST_DAY),
    ] {
        assert_eq!(parse_date(text).unwrap(), days, "{text}");
        assert_eq!(format_date(days).unwrap(), text);
    }
}

#[test]
fn civil_from_days_is_total() {
    assert_eq!(civil_from_days(FIRST_DAY - 1), (0, 12, 31));
    assert_eq!(civil_from_days(LAST_DAY + 1), (10_000, 1, 1));
    assert!(civil_from_days(i32::MIN).0 < -5_000_000);
    assert!(civil_from_days(i32::MAX).0 > 5_000_000);
}

#[test]
fn leap_years() {
    for (year, is_leap) in [(4, true), (1900, false), (2000, true), (2023, false), (2024, true), (2100, false)] {
        assert_eq!(days_from_civil(year, 2, 29).is_ok(), is_leap, "{year}");
    }
}

#[test]
fn days_that_are_not() {
    for text in [
        "",
        "2023-02-29",
        "2023-00-01",
        "2023-13-01",
        "2023-01-00",
        "2023-04-31",
        "0000-00-00",
        "0000-01-01",
        "2023-1-1",
        "23-01-01",
        "2023-01-01 ",
        " 2023-01-01",
        "2023/01/01",
        "2023-01-0é",
        "２０２３-01-01",
        "-001-01-01",
        "+001-01-01",
        "10000-01-01",
        "2023-01-01T00:00:00",
        "2023-01-0\0",
        "infinity",
    ] {
        assert_eq!(parse_date(text).unwrap_err().kind(), ErrorKind::Decode, "{text:?}");
    }
}

#[test]
fn errors_tell_what_is_wrong_but_not_the_text() {
    let message = |text| parse_date(text).unwrap_err().to_string();
    assert_eq!(message("2023-02-29"), "the day 29 is not in 1 to 28, the days of 2023-02");
    assert_eq!(message("0000-00-00"), "the year 0 is not in 1 to 9999");
    assert_eq!(message("secret"), "the text does not have the form YYYY-MM-DD");
}

#[test]
fn what_cannot_be_written() {
    for days in [FIRST_DAY - 1, LAST_DAY + 1, i32::MIN, i32::MAX] {
        assert_eq!(format_date(days).unwrap_err().kind(), ErrorKind::OutOfRange);
    }
    for time in [-1, DAY, i64::MIN, i64::MAX] {
        assert_eq!(format_time(time).unwrap_err().kind(), ErrorKind::OutOfRange);
    }
    for datetime in [i64::from(FIRST_DAY) * DAY - 1, i64::from(LAST_DAY + 1) * DAY, i64::MIN, i64::MAX] {
        assert!(!is_datetime(datetime));
        assert_eq!(format_datetime(datetime).unwrap_err().kind(), ErrorKind::OutOfRange);
    }
    assert!(join_datetime(i32::MAX, 0).is_err());
    assert!(join_datetime(i32::MIN, 0).is_err());
}

#[test]
fn times() {
    for (text, time, written) in [
        ("00:00:00", 0, "00:00:00.000000"),
        ("00:00", 0, "00:00:00.000000"),
        ("12:34:56", 45_296_000_000, "12:34:56.000000"),
        ("12:34:56.7", 45_296_700_000, "12:34:56.700000"),
        ("12:34:56.000001", 45_296_000_001, "12:34:56.000001"),
        ("12:34:56.789000000", 45_296_789_000, "12:34:56.789000"),
        ("23:59:59.999999", DAY - 1, "23:59:59.999999"),
    ] {
        assert_eq!(parse_time(text).unwrap(), time, "{text}");
        assert_eq!(format_time(time).unwrap(), written);
        assert_eq!(parse_time(written).unwrap(), time);
    }
    for text in [
        "",
        "24:00:00",
        "23:60:00",
        "23:59:60",
        "1:00:00",
        "12",
        "12:",
        "12:00:",
        "12:00:00.",
        "12:00:00.0000001",
        "12:00:00,5",
        "-01:00:00",
        "838:59:59",
        "12:00:00 ",
        "12:00:00Z",
        "１2:00:00",
        "12:00:00.1é",
    ] {
        assert_eq!(parse_time(text).unwrap_err().kind(), ErrorKind::Decode, "{text:?}");
    }
}

#[test]
fn dates_with_times() {
    for (text, datetime, written) in [
        ("1970-01-01 00:00:00", 0, "1970-01-01 00:00:00.000000"),
        ("1970-01-01T00:00:01.5", 1_500_000, "1970-01-01 00:00:01.500000"),
        ("1970-01-02", DAY, "1970-01-02 00:00:00.000000"),
        ("1969-12-31 23:59:59.999999", -1, "1969-12-31 23:59:59.999999"),
        ("0001-01-01 00:00:00", -62_135_596_800_000_000, "0001-01-01 00:00:00.000000"),
        ("9999-12-31 23:59:59.999999", 253_402_300_799_999_999, "9999-12-31 23:59:59.999999"),
    ] {
        assert_eq!(parse_datetime(text).unwrap(), datetime, "{text}");
        assert_eq!(parse_timestamp(text).unwrap(), datetime, "{text}");
        assert_eq!(format_datetime(datetime).unwrap(), written);
        assert_eq!(parse_datetime(written).unwrap(), datetime);
        assert!(is_datetime(datetime));
        let (days, time) = split_datetime(datetime);
        assert_eq!(join_datetime(days, time).unwrap(), datetime);
    }
    for text in [
        "",
        "2023-02-29 00:00:00",
        "2024-01-01 24:00:00",
        "2024-01-01  00:00:00",
        "2024-01-01 ",
        "2024-01-01 00:00:00Z",
    ] {
        assert_eq!(parse_datetime(text).unwrap_err().kind(), ErrorKind::Decode, "{text:?}");
    }
}

#[test]
fn offsets_lead_to_utc() {
    let noon = parse_timestamp("2024-01-01 12:00:00").unwrap();
    for text in [
        "2024-01-01T12:00:00Z",
        "2024-01-01 12:00:00+00:00",
        "2024-01-01 12:00:00-00:00",
        "2024-01-01 14:00:00+02:00",
        "2024-01-01 14:00:00+02",
        "2024-01-01 06:30:00-0530",
        "2024-01-02 02:00:00.000+14:00",
    ] {
        assert_eq!(parse_timestamp(text).unwrap(), noon, "{text}");
    }
    for text in [
        "2024-01-01 12:00:00+",
        "2024-01-01 12:00:00+2",
        "2024-01-01 12:00:00+25:00",
        "2024-01-01 12:00:00+02:0",
        "2024-01-01 12:00:00ZZ",
        "2024-01-01 12:00:00 +02:00",
        "0001-01-01 00:00:00+00:01",
        "9999-12-31 23:59:59-00:01",
    ] {
        assert_eq!(parse_timestamp(text).unwrap_err().kind(), ErrorKind::Decode, "{text:?}");
    }
}

#[test]
fn clocks_and_times_are_inverse() {
    for time in (0..DAY).step_by(7_777_777) {
        let (hour, minute, second, microsecond) = clock_from_time(time);
        assert_eq!(time_from_clock(hour, minute, second, microsecond).unwrap(), time);
    }
}

#[test]
fn decimals_are_normalized() {
    for (text, normal) in [
        ("0", "0"),
        ("-0", "0"),
        ("+0", "0"),
        ("000", "0"),
        ("-0.00", "0.00"),
        ("1", "1"),
        ("-1", "-1"),
        ("+1", "1"),
        ("007", "7"),
        ("-007.50", "-7.50"),
        ("00.5", "0.5"),
        ("-0.5", "-0.5"),
        ("100", "100"),
        ("1.000", "1.000"),
        ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
        ("-79228162514264337593543950335", "-79228162514264337593543950335"),
    ] {
        assert_eq!(normalize_decimal(text).unwrap(), normal, "{text}");
    }
    for text in [
        "", "-", "+", ".", ".5", "5.", "-.5", "1e5", "1.5E-3", "NaN", "Infinity", " 1", "1 ", "1_000", "1,5", "--1",
        "+-1", "1.2.3", "１",
    ] {
        assert_eq!(normalize_decimal(text).unwrap_err().kind(), ErrorKind::Decode, "{text:?}");
    }
}

#[test]
fn a_decimal_in_order_is_borrowed() {
    for text in ["0", "1.50", "-1.50", "+1", "007"] {
        assert!(matches!(normalize_decimal(text).unwrap(), Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn floats_become_the_shortest_decimal() {
    for (value, text) in
        [(0.1, "0.1"), (-0.0, "0"), (1.0, "1"), (-2.5, "-2.5"), (1e21, "1000000000000000000000"), (1e-7, "0.0000001")]
    {
        assert_eq!(decimal_from_double(value).unwrap(), text);
        assert_eq!(normalize_decimal(text).unwrap(), text);
    }
    let smallest = decimal_from_double(f64::from_bits(1)).unwrap();
    assert_eq!(smallest.parse::<f64>().unwrap().to_bits(), 1);
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(decimal_from_double(value).unwrap_err().kind(), ErrorKind::Decode);
    }
}

#[test]
fn digits_that_a_decimal_needs() {
    for (text, digits) in [
        ("0", (0, 0)),
        ("0.00", (0, 0)),
        ("-1", (1, 0)),
        ("100", (3, 0)),
        ("0.5", (0, 1)),
        ("-12.3400", (2, 2)),
        ("1.000", (1, 0)),
        ("0.0001", (0, 4)),
    ] {
        assert_eq!(decimal_scale(text), digits, "{text}");
    }
}
