//! Scalar functions and reductions that the compiler turns into vectors. Everything is inlined into its caller's vector loop.

/// Partial sums of a reduction: enough independent chains for two 256-bit or one 512-bit accumulator.
pub const LANES: usize = 16;

/// e^x within 2 units in the last place on [-87, 88]; clamped outside; NaN stays NaN.
///
/// Cody and Waite's reduction with Cephes' polynomial. The integer part is taken by adding 1.5 · 2²³ and read from the low
/// bits: a float-to-int `as` cast saturates, which keeps the loop scalar.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const MAGIC: f32 = 12_582_912.0;
    // `clamp`, `min` and `max` would swallow a NaN.
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let t = x * std::f32::consts::LOG2_E + MAGIC;
    let n = t - MAGIC;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 1.666_666_5e-1;
    let p = p * r + 0.5;
    let p = p * (r * r) + r + 1.0;
    f32::from_bits(p.to_bits().wrapping_add(t.to_bits() << 23))
}

/// 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Hyperbolic tangent.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

/// Error function within 1.5e-7 (Abramowitz and Stegun 7.1.26), given e^(-x²).
#[inline(always)]
pub fn erf_given_exp(x: f32, exp_neg_sq: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let p = 1.061_405_4;
    let p = p * t - 1.453_152;
    let p = p * t + 1.421_413_8;
    let p = p * t - 0.284_496_74;
    let p = p * t + 0.254_829_6;
    (1.0 - p * t * exp_neg_sq).copysign(x)
}

#[inline(always)]
fn fold(acc: [f32; LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut acc = acc;
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            acc[i] = f(acc[i], acc[i + width]);
        }
        width /= 2;
    }
    acc[0]
}

/// Σ xᵢ yᵢ over the shorter length.
#[inline(always)]
pub fn dot(x: &[f32], y: &[f32]) -> f32 {
    let n = x.len().min(y.len());
    let ((x, x_rest), (y, y_rest)) = (x[..n].as_chunks::<LANES>(), y[..n].as_chunks::<LANES>());
    let mut acc = [0.0; LANES];
    for (x, y) in x.iter().zip(y) {
        for ((a, x), y) in acc.iter_mut().zip(x).zip(y) {
            *a += x * y;
        }
    }
    let mut total = fold(acc, |a, b| a + b);
    for (x, y) in x_rest.iter().zip(y_rest) {
        total += x * y;
    }
    total
}

/// Σ xᵢ².
#[inline(always)]
pub fn sum_of_squares(x: &[f32]) -> f32 {
    dot(x, x)
}

/// Σ xᵢ.
#[inline(always)]
pub fn sum(x: &[f32]) -> f32 {
    let (x, rest) = x.as_chunks::<LANES>();
    let mut acc = [0.0; LANES];
    for x in x {
        for (a, x) in acc.iter_mut().zip(x) {
            *a += x;
        }
    }
    let mut total = fold(acc, |a, b| a + b);
    for x in rest {
        total += x;
    }
    total
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Largest element; -∞ of nothing. A NaN may or may not come through: sums that follow carry it.
#[inline(always)]
pub fn max(x: &[f32]) -> f32 {
    let (x, rest) = x.as_chunks::<LANES>();
    let mut acc = [f32::NEG_INFINITY; LANES];
    for x in x {
        for (a, x) in acc.iter_mut().zip(x) {
            *a = larger(*a, *x);
        }
    }
    let mut top = fold(acc, larger);
    for x in rest {
        top = larger(top, *x);
    }
    top
}

/// Replaces x by e^(x - shift) and returns the sum.
#[inline(always)]
pub fn exp_shift_sum(x: &mut [f32], shift: f32) -> f32 {
    let (x, rest) = x.as_chunks_mut::<LANES>();
    let mut acc = [0.0; LANES];
    for x in x {
        for (a, x) in acc.iter_mut().zip(x) {
            *x = exp(*x - shift);
            *a += *x;
        }
    }
    let mut total = fold(acc, |a, b| a + b);
    for x in rest {
        *x = exp(*x - shift);
        total += *x;
    }
    total
}

/// (Σ e^(x - shift), Σ e^(x - shift) · (x - shift)), for log-sum-exp and entropy in one pass.
#[inline(always)]
pub fn exp_moments(x: &[f32], shift: f32) -> (f32, f32) {
    let (x, rest) = x.as_chunks::<LANES>();
    let (mut acc0, mut acc1) = ([0.0; LANES], [0.0; LANES]);
    for x in x {
        for ((a0, a1), x) in acc0.iter_mut().zip(&mut acc1).zip(x) {
            let d = *x - shift;
            let e = exp(d);
            *a0 += e;
            *a1 += e * d;
        }
    }
    let (mut total0, mut total1) = (fold(acc0, |a, b| a + b), fold(acc1, |a, b| a + b));
    for x in rest {
        let d = *x - shift;
        let e = exp(d);
        total0 += e;
        total1 += e * d;
    }
    (total0, total1)
}

/// y += x.
pub fn add_assign(y: &mut [f32], x: &[f32]) {
    assert_eq!(y.len(), x.len(), "lengths differ");
    super::simd(
        #[inline(always)]
        || {
            for (y, x) in y.iter_mut().zip(x) {
                *y += x;
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_two_units() {
        let mut worst = 0.0f64;
        for i in -87_000..88_000 {
            let x = i as f32 / 1000.0;
            let want = f64::from(x).exp();
            worst = worst.max(((f64::from(exp(x)) - want) / want).abs());
        }
        assert!(worst < 2.5e-7, "relative error {worst}");
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn erf_and_tanh_are_close() {
        for (x, want) in [(0.0, 0.0), (0.5, 0.520_499_9), (-1.0, -0.842_700_8), (2.5, 0.999_593)] {
            let got = erf_given_exp(x, exp(-x * x));
            assert!((got - want).abs() < 5e-7, "erf({x}) = {got}");
        }
        for i in -100..100 {
            let x = i as f32 / 10.0;
            assert!((tanh(x) - x.tanh()).abs() < 5e-7, "tanh({x})");
        }
    }

    #[test]
    fn reductions_take_any_length() {
        for n in 0..70 {
            let x: Vec<f32> = (0..n).map(|i| (i as f32 * 0.7).sin()).collect();
            let want: f32 = x.iter().sum();
            assert!((sum(&x) - want).abs() < 1e-4);
            assert!((dot(&x, &x) - x.iter().map(|x| x * x).sum::<f32>()).abs() < 1e-4);
            assert_eq!(max(&x).to_bits(), x.iter().copied().fold(f32::NEG_INFINITY, f32::max).to_bits());
        }
    }
}
