//! The types of other crates, each behind its feature.

use super::*;

#[cfg(feature = "chrono")]
mod chrono_types {
    use super::*;
    use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

    column_type!(dates: NaiveDate);
    column_type!(times: NaiveTime);
    column_type!(datetimes: NaiveDateTime);
    column_type!(timestamps: DateTime<Utc>);

    const DAYS: [(i32, u32, u32); 6] =
        [(1, 1, 1), (1582, 10, 10), (1969, 12, 31), (1970, 1, 1), (2000, 2, 29), (9999, 12, 31)];
    const MICROS: [u32; 4] = [0, 1, 789_012, 999_999];

    fn days() -> Vec<NaiveDate> {
        DAYS.map(|(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).unwrap()).to_vec()
    }

    fn clock() -> Vec<NaiveTime> {
        let hours = [0, 0, 12, 23];
        let time = |(hour, micro)| NaiveTime::from_hms_micro_opt(hour, hour, hour, micro).unwrap();
        hours
            .into_iter()
            .zip(MICROS)
            .map(time)
            .chain([NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap()])
            .collect()
    }

    fn moments() -> Vec<NaiveDateTime> {
        days().into_iter().flat_map(|day| clock().into_iter().map(move |time| day.and_time(time))).collect()
    }

    on_every_backend! {
        fn days_are_kept(db) {
            dates::check(db, &days())?;
            dates::check_ends(db, &days())?;
        }
        fn times_are_kept(db) {
            times::check(db, &clock())?;
            times::check_ends(db, &clock())?;
        }
        fn datetimes_are_kept(db) {
            datetimes::check(db, &moments())?;
            datetimes::check_ends(db, &moments())?;
        }
        fn timestamps_are_kept(db) {
            let moments: Vec<DateTime<Utc>> = moments().into_iter().map(|moment| moment.and_utc()).collect();
            timestamps::check(db, &moments)?;
            timestamps::check_ends(db, &moments)?;
        }
        fn nanoseconds_and_far_years_are_refused(db) {
            Schema::of::<datetimes::Holder>().create_all(&db.engine)?;
            let mut connection = db.engine.connect()?;
            let fine = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_nano_opt(0, 0, 0, 1).unwrap();
            let late = NaiveDate::from_ymd_opt(10_000, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
            let early = NaiveDate::from_ymd_opt(0, 12, 31).unwrap().and_hms_opt(0, 0, 0).unwrap();
            let leap =
                NaiveDate::from_ymd_opt(2016, 12, 31).unwrap().and_hms_nano_opt(23, 59, 59, 1_000_000_000).unwrap();
            for value in [fine, late, early, leap] {
                let error = connection.execute(insert(&datetimes::row(1, &value))).expect_err("cannot be held");
                assert_eq!(error.kind(), ErrorKind::InvalidValue, "{value}: {error}");
                assert!(error.to_string().contains("`Holder.value`"), "{error}");
                let error = connection
                    .count(select::<datetimes::Holder>().filter(|row| row.value.eq(value)))
                    .expect_err("cannot be held");
                assert_eq!(error.kind(), ErrorKind::InvalidValue, "{value}: {error}");
            }
            assert_eq!(connection.count(select::<datetimes::Holder>())?, 0);
        }
    }
}

#[cfg(feature = "time")]
mod time_types {
    use super::*;
    use ::time::{Date, Duration, Month, OffsetDateTime, PlainDateTime, Time, UtcDateTime, UtcOffset};

    column_type!(dates: Date);
    column_type!(times: Time);
    column_type!(datetimes: PlainDateTime);
    column_type!(utc: UtcDateTime);
    column_type!(offsets: OffsetDateTime);

    fn days() -> Vec<Date> {
        let day = |year, month, day| Date::from_calendar_date(year, month, day).unwrap();
        vec![
            day(1, Month::January, 1),
            day(1969, Month::December, 31),
            day(1970, Month::January, 1),
            day(2024, Month::February, 29),
            day(9999, Month::December, 31),
        ]
    }

    fn clock() -> Vec<Time> {
        [(0, 0), (0, 1), (12, 789_012), (23, 999_999)]
            .map(|(hour, micro)| Time::from_hms_micro(hour, hour, hour, micro).unwrap())
            .to_vec()
    }

    fn moments() -> Vec<PlainDateTime> {
        days().into_iter().flat_map(|day| clock().into_iter().map(move |time| PlainDateTime::new(day, time))).collect()
    }

    on_every_backend! {
        fn days_are_kept(db) {
            dates::check(db, &days())?;
        }
        fn times_are_kept(db) {
            times::check(db, &clock())?;
        }
        fn datetimes_are_kept(db) {
            datetimes::check(db, &moments())?;
        }
        fn instants_are_kept(db) {
            let moments: Vec<UtcDateTime> = moments().into_iter().map(|moment| moment.as_utc()).collect();
            utc::check(db, &moments)?;
        }
        fn an_offset_is_not_kept_but_the_instant_is(db) {
            let offset = UtcOffset::from_hms(5, 30, 0).unwrap();
            let moments = moments().into_iter().map(|moment| {
                (moment.assume_utc() + Duration::ZERO).checked_to_offset(offset).unwrap_or(moment.assume_utc())
            });
            offsets::check(db, &moments.collect::<Vec<OffsetDateTime>>())?;
            let mut connection = db.engine.connect()?;
            let found: Vec<OffsetDateTime> = connection.all(select::<offsets::Holder>().columns(|row| row.value))?;
            assert!(found.iter().all(|moment| moment.offset().is_utc()));
        }
    }
}

#[cfg(feature = "jiff")]
mod jiff_types {
    use super::*;
    use ::jiff::Timestamp;
    use ::jiff::civil::{Date, DateTime, Time, date, time};

    column_type!(dates: Date);
    column_type!(times: Time);
    column_type!(datetimes: DateTime);
    column_type!(timestamps: Timestamp);

    fn days() -> [Date; 5] {
        [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(2024, 2, 29), date(9999, 12, 31)]
    }

    fn clock() -> [Time; 4] {
        [time(0, 0, 0, 0), time(0, 0, 0, 1000), time(12, 34, 56, 789_012_000), time(23, 59, 59, 999_999_000)]
    }

    on_every_backend! {
        fn days_are_kept(db) {
            dates::check(db, &days())?;
        }
        fn times_are_kept(db) {
            times::check(db, &clock())?;
        }
        fn datetimes_are_kept(db) {
            let moments = days().into_iter().flat_map(|day| clock().map(|time| day.to_datetime(time)));
            datetimes::check(db, &moments.collect::<Vec<DateTime>>())?;
        }
        fn timestamps_are_kept(db) {
            let texts = [
                "0001-01-01T00:00:00Z",
                "1969-12-31T23:59:59.999999Z",
                "1970-01-01T00:00:00Z",
                "2024-02-29T12:00:00.000001Z",
                "9999-12-30T21:59:59.999999Z",
            ];
            timestamps::check(db, &texts.map(|text| text.parse::<Timestamp>().unwrap()))?;
        }
    }
}

#[cfg(feature = "uuid")]
mod uuid_types {
    use super::*;
    use ::uuid::Uuid;

    column_type!(uuids: Uuid);

    #[derive(Model, Clone, Debug, PartialEq)]
    struct Keyed {
        #[orm(primary_key)]
        id: Uuid,
        name: String,
    }

    on_every_backend! {
        fn uuids_are_kept(db) {
            let text = "67e55044-10b1-426f-9247-bb680e5fe0c8";
            uuids::check(
                db,
                &[
                    Uuid::nil(),
                    Uuid::from_u128(1),
                    Uuid::from_u128(0xff),
                    text.parse().unwrap(),
                    Uuid::from_u128(1 << 127),
                    Uuid::max(),
                ],
            )?;
        }
        fn a_nil_key_is_generated_in_order(db) {
            Schema::of::<Keyed>().create_all(&db.engine)?;
            let mut connection = db.engine.connect()?;
            let rows: Vec<Keyed> = (0..3).map(|n| Keyed { id: Uuid::nil(), name: format!("{n}") }).collect();
            connection.execute(insert(&rows))?;
            let found: Vec<Keyed> = connection.all(select::<Keyed>().order_by(|row| row.id))?;
            assert_eq!(found.iter().map(|row| row.name.as_str()).collect::<Vec<_>>(), ["0", "1", "2"]);
            assert!(found.iter().all(|row| row.id.get_version_num() == 7));
            let mut session = db.engine.session();
            let one = session.add(Keyed { id: Uuid::nil(), name: "3".into() });
            let max = session.add(Keyed { id: Uuid::max(), name: "4".into() });
            session.commit()?;
            assert_eq!(session[one].id.get_version_num(), 7);
            assert_eq!(session[max].id, Uuid::max());
            assert_eq!(session.get::<Keyed>(Uuid::max())?, Some(max));
        }
    }
}

#[cfg(feature = "rust_decimal")]
mod decimals {
    use super::*;
    use rust_decimal::Decimal;

    column_type!(exact: Decimal);

    #[derive(Model, Clone, Debug, PartialEq)]
    struct Price {
        #[orm(primary_key)]
        id: i64,
        #[orm(precision = 10, scale = 2)]
        amount: Decimal,
        #[orm(precision = 28, scale = 28)]
        share: Option<Decimal>,
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn price(amount: &str) -> Price {
        Price { id: 0, amount: decimal(amount), share: None }
    }

    on_every_backend! {
        fn decimals_are_numbers_of_28_digits(db) {
            let values = [
                "-9999999999999999999999999999",
                "-100",
                "-20.5",
                "-3",
                "-0.0000000000000000000000000001",
                "0",
                "0.0000000000000000000000000001",
                "0.1",
                "0.5000",
                "2",
                "9.99",
                "10",
                "100",
                "1234567890.123456789012345678",
                "9999999999999999999999999999",
            ]
            .map(decimal);
            exact::check(db, &values)?;
            exact::check_ends(db, &values)?;
        }
        fn decimals_are_summed_exactly(db) {
            Schema::of::<Price>().create_all(&db.engine)?;
            let mut connection = db.engine.connect()?;
            connection.execute(insert(&["0.10", "0.20", "-10.03", "99999999.99"].map(price)))?;
            let total: Option<Decimal> = connection.one(select::<Price>().columns(|row| sum(row.amount)))?;
            assert_eq!(total, Some(decimal("99999990.26")));
            let equal = select::<Price>().filter(|row| row.amount.eq(decimal("0.1")));
            assert_eq!(connection.count(equal)?, 1, "0.1 is 0.10");
            let doubled: Vec<Decimal> = connection
                .all(select::<Price>().order_by(|row| row.amount.desc()).columns(|row| row.amount + row.amount))?;
            assert_eq!(doubled, ["199999999.98", "0.40", "0.20", "-20.06"].map(decimal));
        }
        fn more_digits_than_the_column_has_are_refused(db) {
            Schema::of::<Price>().create_all(&db.engine)?;
            let mut connection = db.engine.connect()?;
            for amount in ["0.001", "100000000", "-100000000.00", "0.105"] {
                let error = connection.execute(insert(&price(amount))).expect_err("does not fit");
                assert_eq!(error.kind(), ErrorKind::OutOfRange, "{error}");
                assert!(error.to_string().contains("`Price.amount`"), "{error}");
            }
            connection.execute(insert(&["99999999.99", "0.1000", "-99999999.99"].map(price)))?;
            let share = decimal("0.1234567890123456789012345678");
            connection.execute(insert(&Price { share: Some(share), ..price("1") }))?;
            let found: Vec<Option<Decimal>> =
                connection.all(select::<Price>().filter(|row| row.share.eq(share)).columns(|row| row.share))?;
            assert_eq!(found, [Some(share)]);
        }
    }
}

#[cfg(feature = "serde_json")]
mod json {
    use super::*;
    use serde_json::{Value as Any, json};
    use std::collections::BTreeMap;

    #[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq)]
    struct Settings {
        theme: String,
        limits: BTreeMap<String, f64>,
        parent: Option<Box<Settings>>,
    }

    #[derive(Model, Clone, Debug, PartialEq)]
    struct Document {
        #[orm(primary_key)]
        id: i64,
        any: Any,
        maybe: Option<Any>,
        settings: Json<Settings>,
        nested: Option<Json<Option<i32>>>,
    }

    fn settings() -> Settings {
        let limits =
            BTreeMap::from([("ü😀\"\\".to_owned(), 0.1), ("tiny".to_owned(), 5e-324), ("big".to_owned(), 1e300)]);
        let parent = Settings { theme: "'; DROP TABLE document; --".into(), limits: BTreeMap::new(), parent: None };
        Settings { theme: "dark \u{1f600}\n".into(), limits, parent: Some(Box::new(parent)) }
    }

    fn document(id: i64, any: Any) -> Document {
        Document { id, any, maybe: None, settings: Json(settings()), nested: None }
    }

    on_every_backend! {
        fn documents_are_kept(db) {
            let values = [
                json!(null),
                json!(true),
                json!(0),
                json!(-1),
                json!(i64::MIN),
                json!(u64::MAX),
                json!(1.5),
                json!(""),
                json!("😀 \"quoted\" \\ '"),
                json!([]),
                json!({}),
                json!({"b": [1, {"a": null}], "a": "z"}),
            ];
            let rows: Vec<Document> = (1..).zip(values).map(|(id, any)| document(id, any)).collect();
            round_trip(db, &rows)?;
        }
        fn null_of_json_is_not_null_of_sql(db) {
            let rows = [
                Document { maybe: None, nested: None, ..document(1, json!(null)) },
                Document { maybe: Some(json!(null)), nested: Some(Json(None)), ..document(2, json!([null])) },
                Document { maybe: Some(json!(0)), nested: Some(Json(Some(0))), ..document(3, json!({"a": null})) },
            ];
            round_trip(db, &rows)?;
            let mut connection = db.engine.connect()?;
            let null: Vec<i64> =
                connection.all(select::<Document>().filter(|row| row.maybe.is_null()).columns(|row| row.id))?;
            let nested: Vec<i64> =
                connection.all(select::<Document>().filter(|row| row.nested.is_null()).columns(|row| row.id))?;
            let any: u64 = connection.count(select::<Document>().filter(|row| row.any.is_null()))?;
            assert_eq!((null, nested, any), (vec![1], vec![1], 0));
        }
        fn a_changed_document_is_written_and_an_equal_one_is_not(db) {
            Schema::of::<Document>().create_all(&db.engine)?;
            let mut session = db.engine.session();
            let row = session.add(document(0, json!({"a": 1, "b": 2})));
            session.commit()?;
            session[row].any = serde_json::from_str(r#"{"b": 2, "a": 1}"#).unwrap();
            db.statements();
            session.flush()?;
            assert!(!db.statements().iter().any(|sql| sql.starts_with("UPDATE")));
            session[row].settings.theme = "light".into();
            session.commit()?;
            let changed = db.statements();
            assert!(
                changed.iter().any(|sql| sql.starts_with("UPDATE") && sql.contains("settings") && !sql.contains("any")),
                "{changed:?}"
            );
            session.refresh(row)?;
            assert_eq!(session[row].settings.theme, "light");
        }
    }
}
