//! `RMSNorm` (Zhang and Sennrich 2019) and `LayerNorm` (Ba et al. 2016) over rows, with their backwards.

use super::math::{LANES, dot, sum, sum_of_squares};
use super::simd;

/// y = x / rms(x) · w, row by row; rms² = mean(x²) + eps.
pub fn rms_norm(x: &[f32], w: &[f32], eps: f32, y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    let d = w.len();
    simd(
        #[inline(always)]
        || {
            for (x, y) in x.chunks_exact(d).zip(y.chunks_exact_mut(d)) {
                let r = inverse_rms(x, eps);
                for ((y, x), w) in y.iter_mut().zip(x).zip(w) {
                    *y = x * r * w;
                }
            }
        },
    );
}

/// Adds to `dx` (the residual stream's gradient) and to `dw`.
pub fn rms_norm_backward(x: &[f32], w: &[f32], eps: f32, dy: &[f32], dx: &mut [f32], dw: Option<&mut [f32]>) {
    assert!(x.len() == dy.len() && x.len() == dx.len(), "lengths differ");
    let d = w.len();
    simd(
        #[inline(always)]
        || {
            let mut dw = dw;
            for ((x, dy), dx) in x.chunks_exact(d).zip(dy.chunks_exact(d)).zip(dx.chunks_exact_mut(d)) {
                let r = inverse_rms(x, eps);
                let along = dot3(x, dy, w) * r * r * r / d as f32;
                for (((dx, x), g), w) in dx.iter_mut().zip(x).zip(dy).zip(w) {
                    *dx += g * w * r - x * along;
                }
                if let Some(dw) = dw.as_deref_mut() {
                    for ((dw, x), g) in dw.iter_mut().zip(x).zip(dy) {
                        *dw += g * x * r;
                    }
                }
            }
        },
    );
}

/// y = (x - mean) / std · w + b, row by row; std² = var(x) + eps.
pub fn layer_norm(x: &[f32], w: &[f32], b: &[f32], eps: f32, y: &mut [f32]) {
    assert!(x.len() == y.len() && w.len() == b.len(), "lengths differ");
    let d = w.len();
    simd(
        #[inline(always)]
        || {
            for (x, y) in x.chunks_exact(d).zip(y.chunks_exact_mut(d)) {
                let (mean, r) = moments(x, eps);
                for (((y, x), w), b) in y.iter_mut().zip(x).zip(w).zip(b) {
                    *y = (x - mean) * r * w + b;
                }
            }
        },
    );
}

/// Adds to `dx` and to (dw, db).
pub fn layer_norm_backward(x: &[f32], w: &[f32], eps: f32, dy: &[f32], dx: &mut [f32], grad: Option<(&mut [f32], &mut [f32])>) {
    assert!(x.len() == dy.len() && x.len() == dx.len(), "lengths differ");
    let d = w.len();
    simd(
        #[inline(always)]
        || {
            let mut grad = grad;
            for ((x, dy), dx) in x.chunks_exact(d).zip(dy.chunks_exact(d)).zip(dx.chunks_exact_mut(d)) {
                let (mean, r) = moments(x, eps);
                // With x̂ = (x - mean) r and g = dy w: dx = r (g - mean(g) - x̂ mean(g x̂)).
                let mean_g = dot(dy, w) / d as f32;
                let mean_gx = (dot3(x, dy, w) / d as f32 - mean * mean_g) * r;
                for (((dx, x), g), w) in dx.iter_mut().zip(x).zip(dy).zip(w) {
                    *dx += r * (g * w - mean_g - (x - mean) * r * mean_gx);
                }
                if let Some((dw, db)) = grad.as_mut() {
                    for (((dw, db), x), g) in dw.iter_mut().zip(db.iter_mut()).zip(x).zip(dy) {
                        *dw += g * (x - mean) * r;
                        *db += g;
                    }
                }
            }
        },
    );
}

#[inline(always)]
fn inverse_rms(x: &[f32], eps: f32) -> f32 {
    1.0 / (sum_of_squares(x) / x.len() as f32 + eps).sqrt()
}

/// (mean, 1 / std) in two passes: one pass cancels when the mean is large.
#[inline(always)]
fn moments(x: &[f32], eps: f32) -> (f32, f32) {
    let d = x.len() as f32;
    let mean = sum(x) / d;
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut acc = [0.0; LANES];
    for x in chunks {
        for (a, x) in acc.iter_mut().zip(x) {
            *a += (x - mean) * (x - mean);
        }
    }
    let mut var = sum(&acc);
    for x in rest {
        var += (x - mean) * (x - mean);
    }
    (mean, 1.0 / (var / d + eps).sqrt())
}

/// Σ xᵢ yᵢ zᵢ.
#[inline(always)]
fn dot3(x: &[f32], y: &[f32], z: &[f32]) -> f32 {
    let ((x, x_rest), (y, y_rest), (z, z_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>(), z.as_chunks::<LANES>());
    let mut acc = [0.0; LANES];
    for ((x, y), z) in x.iter().zip(y).zip(z) {
        for (((a, x), y), z) in acc.iter_mut().zip(x).zip(y).zip(z) {
            *a += x * y * z;
        }
    }
    let mut total = sum(&acc);
    for ((x, y), z) in x_rest.iter().zip(y_rest).zip(z_rest) {
        total += x * y * z;
    }
    total
}
