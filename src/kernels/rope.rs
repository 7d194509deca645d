//! Rotary positions (Su et al. 2021), the half-split form of Llama's published weights, with Llama 3's stretched frequencies.

use super::simd;

/// Llama 3's stretching: long waves are slowed by `factor`, short ones kept, those between blended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RopeScale {
    pub factor: f64,
    pub low_freq_factor: f64,
    pub high_freq_factor: f64,
    pub original_max_len: usize,
}

/// Cosines and sines of every position so far asked for.
#[derive(Clone, Debug, Default)]
pub struct RopeTable {
    inv_freq: Vec<f64>,
    /// (positions, `head_dim` / 2)
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl RopeTable {
    pub fn new(head_dim: usize, theta: f64, scale: Option<RopeScale>) -> Self {
        let inv_freq = (0..head_dim / 2)
            .map(|i| {
                let freq = theta.powf(-((2 * i) as f64) / head_dim as f64);
                scale.map_or(freq, |scale| scale.apply(freq))
            })
            .collect();
        Self { inv_freq, cos: Vec::new(), sin: Vec::new() }
    }

    /// Extends the table to positions below `len`.
    pub fn grow(&mut self, len: usize) {
        let half = self.inv_freq.len();
        if half == 0 {
            return;
        }
        for pos in self.cos.len() / half..len {
            for freq in &self.inv_freq {
                // In f64: a large position times a frequency loses its fraction in f32.
                let (sin, cos) = (pos as f64 * freq).sin_cos();
                self.cos.push(cos as f32);
                self.sin.push(sin as f32);
            }
        }
    }
}

impl RopeScale {
    fn apply(self, freq: f64) -> f64 {
        let wavelen = std::f64::consts::TAU / freq;
        let original = self.original_max_len as f64;
        if wavelen < original / self.high_freq_factor {
            return freq;
        }
        if wavelen > original / self.low_freq_factor {
            return freq / self.factor;
        }
        let smooth = (original / wavelen - self.low_freq_factor) / (self.high_freq_factor - self.low_freq_factor);
        (1.0 - smooth) * freq / self.factor + smooth * freq
    }
}

/// Turns the first `n_heads` heads of every row (rows `ld` apart) by their position, in place. `inverse` turns back, which is the backward.
///
/// Row i stands at position `first + i`; the table must have been grown that far.
pub fn rope(x: &mut [f32], ld: usize, n_heads: usize, table: &RopeTable, first: usize, inverse: bool) {
    let half = table.inv_freq.len();
    let sign = if inverse { -1.0 } else { 1.0 };
    let (cos, sin) = (&table.cos[first * half..], &table.sin[first * half..]);
    assert!(cos.len() >= x.len() / ld * half, "the table of rotations is too short");
    simd(
        #[inline(always)]
        || {
            for ((row, cos), sin) in x.chunks_exact_mut(ld).zip(cos.chunks_exact(half)).zip(sin.chunks_exact(half)) {
                for head in row[..n_heads * 2 * half].chunks_exact_mut(2 * half) {
                    let (a, b) = head.split_at_mut(half);
                    for (((a, b), c), s) in a.iter_mut().zip(b).zip(cos).zip(sin) {
                        let s = s * sign;
                        (*a, *b) = (*a * c - *b * s, *b * c + *a * s);
                    }
                }
            }
        },
    );
}
