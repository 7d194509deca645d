//! `SwiGLU` (Shazeer 2020), both forms of GELU (Hendrycks and Gimpel 2016) and tanh, with their backwards.

use super::math::{LANES, erf_given_exp, exp, sigmoid, tanh as tanh_of};
use super::simd;

/// From rows [gate | up] of 2 × `d_ff`: y = silu(gate) · up, rows of `d_ff`.
pub fn swiglu(gate_up: &[f32], d_ff: usize, y: &mut [f32]) {
    assert_eq!(gate_up.len(), 2 * y.len(), "lengths differ");
    simd(
        #[inline(always)]
        || {
            for (gu, y) in gate_up.chunks_exact(2 * d_ff).zip(y.chunks_exact_mut(d_ff)) {
                let (gate, up) = gu.split_at(d_ff);
                for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
                    *y = g * sigmoid(*g) * u;
                }
            }
        },
    );
}

/// Overwrites rows [gate | up] by their gradients.
pub fn swiglu_backward(gate_up: &mut [f32], d_ff: usize, dy: &[f32]) {
    assert_eq!(gate_up.len(), 2 * dy.len(), "lengths differ");
    simd(
        #[inline(always)]
        || {
            for (gu, dy) in gate_up.chunks_exact_mut(2 * d_ff).zip(dy.chunks_exact(d_ff)) {
                let (gate, up) = gu.split_at_mut(d_ff);
                let ((gate, gate_rest), (up, up_rest), (dy, dy_rest)) =
                    (gate.as_chunks_mut(), up.as_chunks_mut(), dy.as_chunks());
                for ((gate, up), dy) in gate.iter_mut().zip(up).zip(dy) {
                    swiglu_slopes::<LANES>(gate, up, dy);
                }
                for ((gate, up), dy) in gate_rest.iter_mut().zip(up_rest).zip(dy_rest) {
                    swiglu_slopes::<1>(std::array::from_mut(gate), std::array::from_mut(up), std::array::from_ref(dy));
                }
            }
        },
    );
}

/// Copies in and out by value: two mutable slices of one row keep the plain loop scalar.
#[inline(always)]
fn swiglu_slopes<const N: usize>(gate: &mut [f32; N], up: &mut [f32; N], dy: &[f32; N]) {
    let (g, u, dy) = (*gate, *up, *dy);
    let (mut dg, mut du) = ([0.0; N], [0.0; N]);
    for i in 0..N {
        let s = sigmoid(g[i]);
        let silu = g[i] * s;
        dg[i] = dy[i] * u[i] * (s + silu * (1.0 - s));
        du[i] = dy[i] * silu;
    }
    (*gate, *up) = (dg, du);
}

const SQRT_2_OVER_PI: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044_715;

/// y = x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), GPT-2's form.
pub fn gelu_tanh(x: &[f32], y: &mut [f32]) {
    map(
        x,
        y,
        #[inline(always)]
        |x| 0.5 * x * (1.0 + tanh_of(SQRT_2_OVER_PI * (x + CUBIC * x * x * x))),
    );
}

/// Overwrites dy by dx.
pub fn gelu_tanh_backward(x: &[f32], dy: &mut [f32]) {
    scale_by(
        x,
        dy,
        #[inline(always)]
        |x| {
            let t = tanh_of(SQRT_2_OVER_PI * (x + CUBIC * x * x * x));
            0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * SQRT_2_OVER_PI * (1.0 + 3.0 * CUBIC * x * x)
        },
    );
}

/// y = x Φ(x), BERT's form.
pub fn gelu_erf(x: &[f32], y: &mut [f32]) {
    map(
        x,
        y,
        #[inline(always)]
        |x| x * normal_cdf(x, exp(-0.5 * x * x)),
    );
}

/// Overwrites dy by dx.
pub fn gelu_erf_backward(x: &[f32], dy: &mut [f32]) {
    const INV_SQRT_TAU: f32 = 0.398_942_3;
    scale_by(
        x,
        dy,
        #[inline(always)]
        |x| {
            let e = exp(-0.5 * x * x);
            normal_cdf(x, e) + x * e * INV_SQRT_TAU
        },
    );
}

/// y = tanh x.
pub fn tanh(x: &[f32], y: &mut [f32]) {
    map(x, y, tanh_of);
}

/// Overwrites dy by dx, from y itself: 1 − y².
pub fn tanh_backward(y: &[f32], dy: &mut [f32]) {
    scale_by(
        y,
        dy,
        #[inline(always)]
        |y| 1.0 - y * y,
    );
}

/// Φ(x), given e^(-x²/2).
#[inline(always)]
fn normal_cdf(x: f32, e: f32) -> f32 {
    0.5 * (1.0 + erf_given_exp(x * std::f32::consts::FRAC_1_SQRT_2, e))
}

#[inline(always)]
fn map(x: &[f32], y: &mut [f32], f: impl Fn(f32) -> f32) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    simd(
        #[inline(always)]
        || y.iter_mut().zip(x).for_each(|(y, x)| *y = f(*x)),
    );
}

#[inline(always)]
fn scale_by(x: &[f32], dy: &mut [f32], slope: impl Fn(f32) -> f32) {
    assert_eq!(x.len(), dy.len(), "lengths differ");
    simd(
        #[inline(always)]
        || dy.iter_mut().zip(x).for_each(|(dy, x)| *dy *= slope(*x)),
    );
}
