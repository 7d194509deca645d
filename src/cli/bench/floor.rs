//! The rate of matrix products alone, at a model's own shapes: what no training step can beat. Knows no model.

use std::time::Instant;

use crate::kernels::{Mat, matmul};
use crate::model::ModelConfig;

/// Time for each shape; the best call of many counts, for a busy machine only ever slows things down.
const SECONDS_PER_SHAPE: f64 = 0.2;

/// Best rate on one thread and on all, in GFLOP/s.
pub fn rates(config: &ModelConfig, rows: usize, threads: usize) -> (f64, f64) {
    let (d, ff) = (config.d_model, config.d_ff);
    // One sequence at a time, as a replica works; and, shared by all threads, as many rows as make sharing worthwhile.
    let shapes = |m: usize| [(m, d, d), (m, ff, d), (m, d, ff), (d, ff, m)];
    let best = |m: usize, threads: usize| shapes(m).iter().map(|shape| rate(*shape, threads)).fold(0.0, f64::max);
    let one = best(rows, 1);
    let all = if threads > 1 { best(rows * 16, threads).max(one) } else { one };
    (one, all)
}

/// C (m, n) = A (m, k) B (k, n).
fn rate((m, n, k): (usize, usize, usize), threads: usize) -> f64 {
    let (a, b) = (vec![0.5_f32; m * k], vec![0.25_f32; k * n]);
    let mut c = vec![0.0_f32; m * n];
    let mut best_s = f64::INFINITY;
    let began = Instant::now();
    while began.elapsed().as_secs_f64() < SECONDS_PER_SHAPE {
        let start = Instant::now();
        matmul((m, n, k), &mut c, n, 0.0, 1.0, Mat::rows(&a, k), Mat::rows(&b, n), threads);
        best_s = best_s.min(start.elapsed().as_secs_f64());
    }
    2.0 * (m * n * k) as f64 / best_s / 1e9
}
