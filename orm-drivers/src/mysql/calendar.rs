//! Days and microseconds, as our values count them, against years and hours, as MySQL writes them. Knows no client
//! crate.

/// Microseconds in a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: u8,
    pub(super) day: u8,
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) hour: u8,
    pub(super) minute: u8,
    pub(super) second: u8,
    pub(super) micro: u32,
}

/// Days from 1 March of the year 0 to 1 January 1970. Years begin in March here, so that a leap day is the last of its
/// year.
const EPOCH: i64 = 719_468;

fn first_of_march(year: i64) -> i64 {
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
}

/// The day that is this many days after 1970-01-01.
pub(super) fn civil(days: i64) -> Civil {
    let since = days + EPOCH;
    // The mean year has 146 097 / 400 days; the estimate is never off by more than one.
    let mut year = (since * 400).div_euclid(146_097);
    while first_of_march(year) > since {
        year -= 1;
    }
    while first_of_march(year + 1) <= since {
        year += 1;
    }
    let of_year = since - first_of_march(year);
    // Months from March on have 31, 30, 31, 30, 31 days and so on again: 153 days in five.
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    Civil { year, month: month as u8, day: day as u8 }
}

/// The days since 1970-01-01, or `None` if there is no such day, as in MySQL's 0000-00-00.
pub(super) fn days(date: Civil) -> Option<i64> {
    if !(1..=12).contains(&date.month) || date.day == 0 {
        return None;
    }
    let (year, month) = if date.month > 2 { (date.year, date.month - 3) } else { (date.year - 1, date.month + 9) };
    let days = first_of_march(year) + (153 * i64::from(month) + 2) / 5 + i64::from(date.day) - 1 - EPOCH;
    // The 31st of June comes back as the 1st of July.
    (civil(days) == date).then_some(days)
}

/// The time of day that is this many microseconds after midnight, which must be less than a day.
pub(super) fn clock(micros: i64) -> Clock {
    let seconds = micros / 1_000_000;
    Clock {
        hour: (seconds / 3600) as u8,
        minute: (seconds / 60 % 60) as u8,
        second: (seconds % 60) as u8,
        micro: (micros % 1_000_000) as u32,
    }
}

/// The microseconds since midnight, or `None` if there is no such time of day.
pub(super) fn micros(clock: Clock) -> Option<i64> {
    let Clock { hour, minute, second, micro } = clock;
    if hour > 23 || minute > 59 || second > 59 || micro > 999_999 {
        return None;
    }
    Some(((i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second)) * 1_000_000 + i64::from(micro))
}

/// Reads `YYYY-MM-DD` as days.
pub(super) fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 {
        return None;
    }
    days(Civil { year: number(year)?.into(), month: small(month)?, day: small(day)? })
}

/// Reads `HH:MM:SS` with up to six digits of a second as microseconds.
pub(super) fn parse_time(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.splitn(3, ':');
    let (hour, minute, second) = (small(parts.next()?)?, small(parts.next()?)?, small(parts.next()?)?);
    let micro = match fraction.len() {
        0 => 0,
        digits @ 1..=6 => number(fraction)? * 10_u32.pow(6 - digits as u32),
        _ => return None,
    };
    micros(Clock { hour, minute, second, micro })
}

/// Reads a date, and after a space or `T` a time of day, as microseconds since 1970.
pub(super) fn parse_datetime(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, parse_time(time)?),
        None => (text, 0),
    };
    Some(parse_date(date)? * DAY + time)
}

fn number(digits: &str) -> Option<u32> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn small(digits: &str) -> Option<u8> {
    if digits.len() == 2 { number(digits).and_then(|value| u8::try_from(value).ok()) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_a_thousand_years_there_and_back() {
        let mut last = civil(-200_001);
        for day in -200_000..200_000 {
            let date = civil(day);
            assert_eq!(days(date), Some(day), "{date:?}");
            let next_of_last = date.day == 1 || date.day == last.day + 1;
            assert!(next_of_last && (1..=31).contains(&date.day), "{last:?} then {date:?}");
            last = date;
        }
    }

    #[test]
    fn known_days() {
        for (days_since, year, month, day) in
            [(0, 1970, 1, 1), (-1, 1969, 12, 31), (11_016, 2000, 2, 29), (-719_528, 0, 1, 1), (2_932_896, 9999, 12, 31)]
        {
            assert_eq!(civil(days_since), Civil { year, month, day });
            assert_eq!(days(Civil { year, month, day }), Some(days_since));
        }
    }

    #[test]
    fn days_that_do_not_exist() {
        for (year, month, day) in [(0, 0, 0), (2024, 0, 1), (2024, 13, 1), (2023, 2, 29), (1900, 2, 29), (2024, 6, 31)]
        {
            assert_eq!(days(Civil { year, month, day }), None, "{year}-{month}-{day}");
        }
    }

    #[test]
    fn reads_text_and_refuses_the_rest() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_time("23:59:59.999999"), Some(DAY - 1));
        assert_eq!(parse_time("00:00:00.5"), Some(500_000));
        assert_eq!(parse_datetime("1970-01-02 00:00:01"), Some(DAY + 1_000_000));
        assert_eq!(parse_datetime("1969-12-31"), Some(-DAY));
        for wrong in ["", "1970", "70-01-01", "1970-1-1", "1970-01-+1", "0000-00-00", "1970-01-01x", "é-01-01"] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
        for wrong in ["", "24:00:00", "-01:00:00", "838:59:59", "01:00", "01:00:00.1234567", "01:00:0x"] {
            assert_eq!(parse_time(wrong), None, "{wrong}");
        }
    }
}
