//! The standard types at their extremes.

use super::*;

column_type!(bools: bool);
column_type!(i8s: i8);
column_type!(i16s: i16);
column_type!(i32s: i32);
column_type!(i64s: i64);
column_type!(u8s: u8);
column_type!(u16s: u16);
column_type!(u32s: u32);
column_type!(u64s: u64);
column_type!(f32s: f32);
column_type!(f64s: f64);
column_type!(bytes: Vec<u8>);
column_type!(texts: String);

on_every_backend! {
    fn bool_is_kept(db) {
        bools::check(db, &[false, true])?;
        let mut connection = db.engine.connect()?;
        connection.execute(delete::<bools::Holder>().every_row())?;
        connection.execute(insert(&[bools::row(1, &true), bools::row(2, &false)]))?;
        let yes: Vec<i64> = connection.all(select::<bools::Holder>().filter(|row| row.value).columns(|row| row.id))?;
        let no: Vec<i64> = connection.all(select::<bools::Holder>().filter(|row| !row.value).columns(|row| row.id))?;
        assert_eq!((yes, no), (vec![1], vec![2]));
    }

    fn i8_is_kept(db) {
        let values = [i8::MIN, -1, 0, 1, i8::MAX];
        i8s::check(db, &values)?;
        i8s::check_ends(db, &values)?;
    }

    fn i16_is_kept(db) {
        let values = [i16::MIN, -1, 0, 1, i16::MAX];
        i16s::check(db, &values)?;
        i16s::check_ends(db, &values)?;
    }

    fn i32_is_kept(db) {
        let values = [i32::MIN, -1, 0, 1, i32::MAX];
        i32s::check(db, &values)?;
        i32s::check_ends(db, &values)?;
    }

    fn i64_is_kept(db) {
        let values = [i64::MIN, i64::MIN + 1, -1, 0, 1, (1 << 53) + 1, i64::MAX - 1, i64::MAX];
        i64s::check(db, &values)?;
        i64s::check_ends(db, &values)?;
    }

    fn u8_is_kept(db) {
        u8s::check(db, &[0, 1, 127, 128, u8::MAX])?;
    }

    fn u16_is_kept(db) {
        u16s::check(db, &[0, 1, 0x7fff, 0x8000, u16::MAX])?;
    }

    fn u32_is_kept(db) {
        u32s::check(db, &[0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX])?;
    }

    fn u64_is_kept_as_far_as_the_database_can(db) {
        let mut values = vec![0, 1, (1 << 53) + 1, i64::MAX as u64];
        if matches!(db.engine.connect()?.dialect().types.u64, "BIGINT UNSIGNED") {
            values.extend([i64::MAX as u64 + 1, u64::MAX]);
        }
        u64s::check(db, &values)?;
        u64s::check_ends(db, &values)?;
    }

    fn f64_is_kept(db) {
        let tiny = f64::from_bits(1);
        let values = [
            f64::MIN,
            -1.5,
            -f64::MIN_POSITIVE,
            -tiny,
            0.0,
            tiny,
            f64::MIN_POSITIVE,
            0.1,
            1.0 / 3.0,
            9_007_199_254_740_993.0,
            f64::MAX,
        ];
        f64s::check(db, &values)?;
        f64s::check_ends(db, &values)?;
    }

    fn f32_is_kept(db) {
        let tiny = f32::from_bits(1);
        let values = [
            f32::MIN,
            -0.1,
            -f32::MIN_POSITIVE,
            -tiny,
            0.0,
            tiny,
            f32::MIN_POSITIVE,
            0.1,
            1.0 / 3.0,
            16_777_216.0,
            f32::MAX,
        ];
        f32s::check(db, &values)?;
        f32s::check_ends(db, &values)?;
    }

    fn bytes_are_kept(db) {
        let values = [&b""[..], &[0], &[0, 0], &[0, 255], b"'; DROP TABLE holder; --", &[127, 128], &[255, 254]];
        bytes::check(db, &values.map(<[u8]>::to_vec))?;
        let long: Vec<u8> = (0..1 << 20).map(|at: u32| at.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
        let mut connection = db.engine.connect()?;
        connection.execute(delete::<bytes::Holder>().every_row())?;
        round_trip(db, &[bytes::row(1, &long)])?;
        assert_eq!(connection.count(select::<bytes::Holder>().filter(|row| row.value.eq(&long)))?, 1);
        assert_eq!(connection.count(select::<bytes::Holder>().filter(|row| row.value.eq(&long[1..])))?, 0);
    }

    /// Case 41.
    fn texts_are_kept(db) {
        let mut values = [
            "",
            " ",
            "  lead and trail  ",
            "line\r\nfeed\ttab",
            "'quotes\" `and` \\slashes\\",
            "%_",
            "Zoë",
            "日本語",
            "😀👩‍👩‍👧",
            "\u{ffff}\u{10ffff}",
            "e\u{301}",
            "عربى",
            "\u{feff}bom",
            "$1 ? :name",
            "\u{1}\u{7f}",
        ]
        .map(str::to_owned)
        .to_vec();
        values.push("long ✓ ".repeat(150_000));
        let rows: Vec<texts::Holder> = (1..).zip(&values).map(|(id, value)| texts::row(id, value)).collect();
        round_trip(db, &rows)?;
        let mut connection = db.engine.connect()?;
        for (id, value) in (1_i64..).zip(&values) {
            let found: Vec<texts::Holder> =
                connection.all(select::<texts::Holder>().filter(|row| row.value.eq(value) & row.id.eq(id)))?;
            assert_eq!(found.len(), 1, "{id}");
            let part: String = value.chars().take(2000).collect(); // SQLite takes patterns of up to 50 000 bytes
            let parts = select::<texts::Holder>().filter(|row| row.value.contains(part) & row.id.eq(id));
            assert!(connection.exists(parts)?, "{id} contains itself");
        }
    }

    fn the_length_of_a_text_counts_characters(db) {
        Schema::of::<texts::Holder>().create_all(&db.engine)?;
        let mut connection = db.engine.connect()?;
        connection.execute(insert(&texts::row(1, &"Zoë😀".to_owned())))?;
        let found: i64 = connection.one(select::<texts::Holder>().columns(|row| row.value.length()))?;
        assert_eq!(found, 4);
    }
}
