//! How lengths are spread, counted in one pass without keeping them. Knows no text.

const BARS: usize = 48;
const PER_OCTAVE: usize = 3;

/// Two histograms at once: even bars, which suit lengths of one size, and bars that grow, which suit a long tail.
#[derive(Clone, Debug)]
pub struct Lengths {
    /// Bars of equal width. When a length does not fit, the width doubles and neighbours are joined.
    even: [u64; BARS],
    width: u64,
    growing: [u64; 64 * PER_OCTAVE],
}

impl Default for Lengths {
    fn default() -> Self {
        Self { even: [0; BARS], width: 1, growing: [0; 64 * PER_OCTAVE] }
    }
}

impl Lengths {
    pub fn add(&mut self, length: u64) {
        while length / self.width >= BARS as u64 {
            let mut joined = [0; BARS];
            for (i, &count) in self.even.iter().enumerate() {
                if let Some(bar) = joined.get_mut(i / 2) {
                    *bar += count;
                }
            }
            (self.even, self.width) = (joined, self.width * 2);
        }
        if let Some(bar) = self.even.get_mut((length / self.width) as usize) {
            *bar += 1;
        }
        let octaves = (length.max(1) as f64).log2() * PER_OCTAVE as f64;
        if let Some(bar) = self.growing.get_mut(octaves as usize) {
            *bar += 1;
        }
    }

    /// Lower edge and count of each bar, from the first to the last that is not empty.
    pub fn bars(&self) -> Vec<(u64, u64)> {
        const ENOUGH: usize = 8;
        let even = (0_u64..).map(|i| i * self.width).zip(self.even);
        if self.even.iter().filter(|&&count| count > 0).count()
            >= ENOUGH.min(self.growing.iter().filter(|&&count| count > 0).count())
        {
            return trimmed(even.collect());
        }
        let mut bars = Vec::<(u64, u64)>::new();
        for (i, &count) in self.growing.iter().enumerate() {
            let edge = 2_f64.powf(i as f64 / PER_OCTAVE as f64).ceil() as u64;
            match bars.last_mut().filter(|last| last.0 == edge) {
                Some(last) => last.1 += count,
                None => bars.push((edge, count)),
            }
        }
        trimmed(bars)
    }
}

fn trimmed(bars: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    let last = bars.iter().rposition(|bar| bar.1 > 0).map_or(0, |i| i + 1);
    let first = bars.iter().position(|bar| bar.1 > 0).unwrap_or(0);
    bars.into_iter().take(last).skip(first).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(lengths: impl Iterator<Item = u64>) -> Vec<(u64, u64)> {
        let mut all = Lengths::default();
        lengths.for_each(|length| all.add(length));
        all.bars()
    }

    #[test]
    fn lengths_of_one_size_get_even_bars() {
        let bars = bars((400..800).chain(400..500));
        assert_eq!(bars.iter().map(|bar| bar.1).sum::<u64>(), 500);
        assert!(bars.len() > 10);
        assert!(bars.windows(2).all(|pair| pair[1].0 - pair[0].0 == 32), "{bars:?}");
    }

    #[test]
    fn a_long_tail_gets_growing_bars() {
        let bars = bars((1..500).chain([1_000_000]));
        assert_eq!(bars.iter().map(|bar| bar.1).sum::<u64>(), 500);
        assert!(bars.len() > 20, "{bars:?}");
        assert!(bars.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn nothing_has_no_bars() {
        assert_eq!(bars([].into_iter()), []);
        assert_eq!(bars([0].into_iter()), [(0, 1)]);
    }
}
