//! Dropout whose mask is a function of (key, site, position): the backward draws it again instead of storing it.

use super::simd;

/// Share dropped and the key of the draws. The same key gives the same masks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// In [0, 1).
    pub p: f32,
    pub key: u64,
}

impl Dropout {
    /// The draws of one place in the network.
    fn seed(self, site: u32) -> u32 {
        mix(mix(self.key as u32 ^ site.wrapping_mul(0x9e37_79b9)) ^ (self.key >> 32) as u32)
    }

    /// An element is dropped when its draw falls below this.
    fn threshold(self) -> u32 {
        (f64::from(self.p.clamp(0.0, 1.0)) * f64::from(u32::MAX)) as u32
    }

    fn scale(self) -> f32 {
        1.0 / (1.0 - self.p)
    }
}

/// A 32-bit mixer with low bias (Wellons' triple-free variant of the Murmur finaliser); it vectorises.
#[inline(always)]
fn mix(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
    let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
    x ^ (x >> 16)
}

/// x = mask · x / (1 - p), in place: the forward and, on gradients, the backward.
pub fn dropout(x: &mut [f32], drop: Dropout, site: u32) {
    let (seed, threshold, scale) = (drop.seed(site), drop.threshold(), drop.scale());
    simd(
        #[inline(always)]
        || {
            for (x, i) in x.iter_mut().zip(0u32..) {
                *x = if mix(seed ^ i.wrapping_mul(0x9e37_79b9)) < threshold { 0.0 } else { *x * scale };
            }
        },
    );
}

/// y += mask · x / (1 - p): a residual branch.
pub fn dropout_add(y: &mut [f32], x: &[f32], drop: Dropout, site: u32) {
    assert_eq!(y.len(), x.len(), "lengths differ");
    let (seed, threshold, scale) = (drop.seed(site), drop.threshold(), drop.scale());
    simd(
        #[inline(always)]
        || {
            for ((y, x), i) in y.iter_mut().zip(x).zip(0u32..) {
                *y += if mix(seed ^ i.wrapping_mul(0x9e37_79b9)) < threshold { 0.0 } else { *x * scale };
            }
        },
    );
}
