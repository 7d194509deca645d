//! Which part of a corpus a sequence of training sees: a pure function of seed and counter, so that a resumed run needs no state.

use super::hash::mix;

/// Windows over a side of a corpus, in an order that shows every token equally often.
///
/// An epoch cuts the ring of all documents into windows that do not overlap, from a random offset on, and visits them in
/// random order; fewer tokens than one window are left out, each time others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batches {
    tokens: u64,
    window: u64,
    seed: u64,
}

impl Batches {
    /// `tokens`: how many the side has; `window`: how many of them a sequence predicts.
    pub fn new(tokens: usize, window: usize, seed: u64) -> Self {
        Self { tokens: tokens.max(1) as u64, window: window.max(1) as u64, seed }
    }

    /// Windows in an epoch; at least one.
    pub fn per_epoch(&self) -> u64 {
        (self.tokens / self.window).max(1)
    }

    /// Where sequence number `counter` of the run starts, for `Tokens::read`. Count sequences through the run: step times
    /// sequences a step, while that number stays the same.
    pub fn start(&self, counter: u64) -> usize {
        let n = self.per_epoch();
        let (epoch, index) = (counter / n, counter % n);
        let key = mix(self.seed, epoch);
        let offset = mix(key, 0) % self.tokens;
        let window = permute(index, n, key);
        ((offset + window * self.window) % self.tokens) as usize
    }

    /// Starts of `n` windows spread evenly over the side, always the same: for validation.
    pub fn evenly(tokens: usize, window: usize, n: usize) -> Vec<usize> {
        let possible = (tokens.saturating_sub(1) / window.max(1)).max(1);
        let n = n.min(possible);
        (0..n).map(|i| possible * i / n * window).collect()
    }
}

/// A random permutation of `0..n` without a table: four Feistel rounds over the next power of four, walked until the
/// value falls below n (Black and Rogaway 2002).
fn permute(index: u64, n: u64, key: u64) -> u64 {
    let bits = u64::BITS - n.saturating_sub(1).leading_zeros();
    let half = bits.div_ceil(2).max(1);
    let mask = (1_u64 << half) - 1;
    let mut x = index;
    // Each value is on a cycle that contains a value below n, so this ends; on average within four turns.
    loop {
        let (mut left, mut right) = (x >> half, x & mask);
        for round in 1..=4 {
            (left, right) = (right, left ^ mix(key.wrapping_add(round), right) & mask);
        }
        x = left << half | right;
        if x < n {
            return x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permutes_every_size() {
        for n in [1, 2, 3, 4, 5, 16, 17, 100, 1000, 4097] {
            let mut seen: Vec<u64> = (0..n).map(|i| permute(i, n, 9)).collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..n).collect::<Vec<_>>());
        }
    }

    #[test]
    fn an_epoch_shows_every_token_once() {
        let batches = Batches::new(1003, 10, 5);
        for epoch in 0..3 {
            let mut seen = vec![0; 1003];
            for i in 0..batches.per_epoch() {
                let start = batches.start(epoch * batches.per_epoch() + i);
                (start..start + 10).for_each(|t| seen[t % 1003] += 1);
            }
            assert!(seen.iter().all(|&n| n <= 1));
            assert_eq!(seen.iter().filter(|&&n| n == 0).count(), 3);
        }
    }

    #[test]
    fn seeds_and_epochs_differ() {
        let starts = |seed, from: u64| (from..from + 20).map(|c| Batches::new(10_000, 64, seed).start(c)).collect::<Vec<_>>();
        assert_eq!(starts(1, 0), starts(1, 0));
        assert_ne!(starts(1, 0), starts(2, 0));
        assert_ne!(starts(1, 0), starts(1, 156));
    }

    #[test]
    fn validation_windows_stay_inside() {
        assert_eq!(Batches::evenly(100, 10, 3), [0, 30, 60]);
        assert_eq!(Batches::evenly(5, 10, 3), [0]);
        assert!(Batches::evenly(1001, 10, 1000).iter().all(|&s| s + 11 <= 1001));
    }
}
