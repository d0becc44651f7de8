//! Exact decimals on their digits, of any length: what SQLite lacks. Knows no database.

use std::cmp::Ordering;
use std::fmt;

/// The digits of a quotient that does not end: as many as the types that hold exact decimals agree upon.
const QUOTIENT_DIGITS: usize = 28;
/// More digits than this make no number: work on them would take noticeable time.
const DIGITS_MAX: usize = 1000;

/// A number in decimal digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decimal {
    /// False for zero.
    negative: bool,
    /// Each 0 to 9, the first not 0; none for zero.
    digits: Vec<u8>,
    /// How many of the digits stand behind the point; may be more than there are.
    scale: usize,
}

impl Decimal {
    /// Reads a sign, digits, and a point among them; `None` for anything else, and for more than a thousand digits.
    pub(super) fn parse(text: &str) -> Option<Decimal> {
        let Parts { negative, integer, fraction } = Parts::of(text.as_bytes())?;
        if integer.len() + fraction.len() > DIGITS_MAX {
            return None;
        }
        let digits = integer.iter().chain(fraction).map(|digit| digit - b'0').collect();
        Some(Decimal::new(negative, digits, fraction.len()))
    }

    fn new(negative: bool, mut digits: Vec<u8>, scale: usize) -> Decimal {
        let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
        digits.drain(..zeros);
        Decimal { negative: negative && !digits.is_empty(), digits, scale }
    }

    /// The sum, exact; with the longer fraction of the two.
    pub(super) fn add(&self, other: &Decimal) -> Decimal {
        let scale = self.scale.max(other.scale);
        let (a, b) = (self.scaled(scale), other.scaled(scale));
        if self.negative == other.negative {
            return Decimal::new(self.negative, add_digits(&a, &b), scale);
        }
        match compare_digits(&a, &b) {
            Ordering::Less => Decimal::new(other.negative, subtract_digits(&b, &a), scale),
            Ordering::Equal | Ordering::Greater => Decimal::new(self.negative, subtract_digits(&a, &b), scale),
        }
    }

    /// The difference, exact; with the longer fraction of the two.
    pub(super) fn subtract(&self, other: &Decimal) -> Decimal {
        self.add(&Decimal { negative: !other.negative && !other.digits.is_empty(), ..other.clone() })
    }

    /// The product, exact; its fraction is as long as both together.
    pub(super) fn multiply(&self, other: &Decimal) -> Decimal {
        // Below a thousand digits, no place can grow beyond 81_000 before the carries are taken.
        let mut places = vec![0_u32; self.digits.len() + other.digits.len()];
        for (i, a) in self.digits.iter().enumerate() {
            for (j, b) in other.digits.iter().enumerate() {
                places[i + j + 1] += u32::from(a * b);
            }
        }
        let mut carry = 0;
        for place in places.iter_mut().rev() {
            let value = *place + carry;
            (*place, carry) = (value % 10, value / 10);
        }
        let digits = places.into_iter().map(|digit| digit as u8).collect();
        Decimal::new(self.negative != other.negative, digits, self.scale + other.scale)
    }

    /// The quotient, to 28 digits or to the point where that is more, rounded half away from zero, without zeros at the end
    /// of the fraction; `None` for a division by zero.
    pub(super) fn divide(&self, other: &Decimal) -> Option<Decimal> {
        if other.digits.is_empty() {
            return None;
        }
        let scale = self.scale.max(other.scale);
        let (mut dividend, divisor) = (self.scaled(scale), other.scaled(scale));
        let mut whole = divide_digits(&mut dividend, &divisor);
        let zeros = whole.iter().take_while(|&&digit| digit == 0).count();
        whole.drain(..zeros);
        let fraction = QUOTIENT_DIGITS.saturating_sub(whole.len());
        // What is left of the dividend goes on with zeros brought down, one more than is kept, for the rounding.
        let mut rest = dividend;
        for _ in 0..=fraction {
            rest.push(0);
            whole.push(next_digit(&mut rest, &divisor));
        }
        let round_up = whole.pop().is_some_and(|last| last >= 5);
        let mut digits = if round_up { add_digits(&whole, &[1]) } else { whole };
        let mut scale = fraction;
        while scale > 0 && digits.last().is_none_or(|&last| last == 0) {
            digits.pop();
            scale -= 1;
        }
        Some(Decimal::new(self.negative != other.negative, digits, scale))
    }

    /// Without the sign.
    pub(super) fn absolute(&self) -> Decimal {
        Decimal { negative: false, ..self.clone() }
    }

    /// With so many digits behind the point: zeros are appended, or the rest is rounded half away from zero. `None` for more
    /// places than a number here may have.
    pub(super) fn round(&self, places: i64) -> Option<Decimal> {
        let places = usize::try_from(places).ok().filter(|&places| places <= DIGITS_MAX)?;
        let Some(dropped) = self.scale.checked_sub(places) else {
            return Some(Decimal::new(self.negative, self.scaled(places), places));
        };
        // Where there are fewer digits than are dropped, zeros stand before them: 0.004 is 4 with a scale of 3.
        let kept = self.digits.len().saturating_sub(dropped);
        let first_dropped = match dropped <= self.digits.len() {
            true => self.digits.get(kept).copied().unwrap_or(0),
            false => 0,
        };
        let digits = self.digits[..kept].to_vec();
        let digits = if dropped > 0 && first_dropped >= 5 { add_digits(&digits, &[1]) } else { digits };
        Some(Decimal::new(self.negative, digits, places))
    }

    /// The next whole number that is not larger.
    pub(super) fn floor(&self) -> Decimal {
        let (whole, rest) = self.digits.split_at(self.digits.len().saturating_sub(self.scale));
        let below = self.negative && rest.iter().any(|&digit| digit > 0);
        let digits = if below { add_digits(whole, &[1]) } else { whole.to_vec() };
        Decimal::new(self.negative, digits, 0)
    }

    /// The next whole number that is not smaller.
    pub(super) fn ceil(&self) -> Decimal {
        let zero = Decimal::default();
        zero.subtract(&zero.subtract(self).floor())
    }

    /// The digits with zeros appended until the fraction has this length.
    fn scaled(&self, scale: usize) -> Vec<u8> {
        let mut digits = self.digits.clone();
        if !digits.is_empty() {
            digits.resize(digits.len() + scale - self.scale, 0);
        }
        digits
    }
}

impl From<u64> for Decimal {
    fn from(value: u64) -> Decimal {
        let digits = value.to_string().bytes().map(|digit| digit - b'0').collect();
        Decimal::new(false, digits, 0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Decimal { negative, digits, scale } = self;
        let mut text = String::with_capacity(digits.len() + 3);
        text.push_str(if *negative { "-" } else { "" });
        // At least one digit before the point.
        let zeros = (scale + 1).saturating_sub(digits.len());
        for (at, digit) in std::iter::repeat_n(&0, zeros).chain(digits).enumerate() {
            if *scale > 0 && at + scale == zeros + digits.len() {
                text.push('.');
            }
            text.push(char::from(b'0' + digit));
        }
        f.write_str(&text)
    }
}

/// The order of two texts as numbers, `1.50` equal to `1.5`. What is no number comes after all numbers, in the order of its
/// bytes, so that there is an order for everything that a column can hold.
pub(super) fn compare(a: &str, b: &str) -> Ordering {
    match (Parts::of(a.as_bytes()), Parts::of(b.as_bytes())) {
        (Some(a), Some(b)) => a.trimmed().cmp(b.trimmed()),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// A decimal text taken apart, in place.
#[derive(Clone, Copy)]
struct Parts<'t> {
    negative: bool,
    integer: &'t [u8],
    fraction: &'t [u8],
}

impl<'t> Parts<'t> {
    fn of(text: &'t [u8]) -> Option<Parts<'t>> {
        let (negative, number) = match text {
            [b'-', number @ ..] => (true, number),
            [b'+', number @ ..] | number => (false, number),
        };
        let point = number.iter().position(|&byte| byte == b'.').unwrap_or(number.len());
        let (integer, fraction) = (&number[..point], number.get(point + 1..).unwrap_or_default());
        let all_digits = integer.iter().chain(fraction).all(u8::is_ascii_digit);
        let any_digit = !integer.is_empty() || !fraction.is_empty();
        (all_digits && any_digit).then_some(Parts { negative, integer, fraction })
    }

    /// Without the zeros that do not count, and without the sign of zero.
    fn trimmed(mut self) -> Parts<'t> {
        while let [b'0', rest @ ..] = self.integer {
            self.integer = rest;
        }
        while let [rest @ .., b'0'] = self.fraction {
            self.fraction = rest;
        }
        self.negative &= !self.integer.is_empty() || !self.fraction.is_empty();
        self
    }

    /// The order of trimmed parts.
    fn cmp(self, other: Parts<'_>) -> Ordering {
        let magnitude = || {
            let length = self.integer.len().cmp(&other.integer.len());
            length.then_with(|| self.integer.cmp(other.integer)).then_with(|| self.fraction.cmp(other.fraction))
        };
        match (self.negative, other.negative) {
            (false, false) => magnitude(),
            (true, true) => magnitude().reverse(),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

/// The order of two numbers without leading zeros.
fn compare_digits(a: &[u8], b: &[u8]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn add_digits(a: &[u8], b: &[u8]) -> Vec<u8> {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let mut sum = Vec::with_capacity(long.len() + 1);
    sum.push(0);
    sum.extend_from_slice(long);
    let mut carry = 0;
    for at in 0..sum.len() {
        let place = sum.len() - 1 - at;
        let digit = sum[place] + carry + if at < short.len() { short[short.len() - 1 - at] } else { 0 };
        (sum[place], carry) = (digit % 10, digit / 10);
        if carry == 0 && at >= short.len() {
            break;
        }
    }
    sum
}

/// `a - b`, where `a` is not less.
fn subtract_digits(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut rest = a.to_vec();
    subtract_in_place(&mut rest, b);
    rest
}

fn subtract_in_place(a: &mut [u8], b: &[u8]) {
    let mut borrow = 0;
    for at in 0..a.len() {
        let place = a.len() - 1 - at;
        let away = borrow + if at < b.len() { b[b.len() - 1 - at] } else { 0 };
        (a[place], borrow) = if a[place] >= away { (a[place] - away, 0) } else { (a[place] + 10 - away, 1) };
    }
}

/// The whole quotient; the remainder is left in `dividend`.
fn divide_digits(dividend: &mut Vec<u8>, divisor: &[u8]) -> Vec<u8> {
    let mut rest = Vec::with_capacity(divisor.len() + 1);
    let mut quotient = Vec::with_capacity(dividend.len());
    for &digit in dividend.iter() {
        rest.push(digit);
        quotient.push(next_digit(&mut rest, divisor));
    }
    *dividend = rest;
    quotient
}

/// How often the divisor is in the rest, which is less than ten times it; takes it away.
fn next_digit(rest: &mut Vec<u8>, divisor: &[u8]) -> u8 {
    let mut count = 0;
    loop {
        let zeros = rest.iter().take_while(|&&digit| digit == 0).count();
        rest.drain(..zeros);
        if compare_digits(rest, divisor) == Ordering::Less {
            return count;
        }
        subtract_in_place(rest, divisor);
        count += 1;
    }
}

#[cfg(test)]
mod tests;
