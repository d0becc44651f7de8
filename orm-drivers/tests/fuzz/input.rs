//! Bytes as decisions, and bytes made from others by chance. Knows nothing of what they are for.

/// Bytes that are used up from the front. What is missing at their end is zero.
pub(crate) struct Input<'d>(pub(crate) &'d [u8]);

impl<'d> Input<'d> {
    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// As many bytes as there are, up to a number.
    pub(crate) fn take(&mut self, most: usize) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(most.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// Bytes as long as the next byte says.
    pub(crate) fn piece(&mut self) -> &'d [u8] {
        let length = self.byte();
        self.take(usize::from(length))
    }
}

/// A xorshift generator: the same numbers for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) % limit.max(1) as u64).unwrap_or(0)
    }

    /// One of the examples after some changes: bytes changed, dropped, doubled, and pieces of other examples put in.
    pub(crate) fn changed(&mut self, examples: &[&[u8]]) -> Vec<u8> {
        let mut data = examples[self.below(examples.len())].to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(data.len() + 1);
            match self.below(6) {
                0 if at < data.len() => data[at] = self.below(256) as u8,
                1 if at < data.len() => data[at] ^= 1 << self.below(8),
                2 if at < data.len() => drop(data.remove(at)),
                3 => data.insert(at, self.below(256) as u8),
                4 => {
                    let other = examples[self.below(examples.len())];
                    let start = self.below(other.len());
                    let end = start + self.below(other.len() - start + 1);
                    data.splice(at..at, other[start..end].iter().copied());
                }
                _ => data.truncate(at),
            }
        }
        data
    }
}
