//! AdamW in place over flat vectors, norm clipping, and the sum of the replicas' gradients: two passes over memory. Knows no model but its layout.

use std::ops::Range;

use crate::model::Layout;

/// Elements whose squares are summed together: the same for every number of threads, so that the norm has the same bits.
const CHUNK: usize = 1 << 14;
/// Independent partial sums, so that the compiler can use vector registers.
const LANES: usize = 16;

/// Numbers of one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hyper {
    pub lr: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    /// Decoupled (Loshchilov and Hutter 2019), of matrices only.
    pub weight_decay: f64,
}

/// Moments of every parameter (Kingma and Ba 2015, with decoupled decay).
#[derive(Clone, Debug, PartialEq)]
pub struct AdamW {
    pub m: Vec<f32>,
    pub v: Vec<f32>,
    /// Updates done; the bias correction counts them.
    pub t: u64,
    /// Ends of alternating stretches, and what an update does there.
    stretches: Vec<(usize, Rule)>,
}

/// What an update does to a stretch of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Decay,
    NoDecay,
    /// Nothing: its moments stay 0, on pages that are never touched.
    Frozen,
}

impl AdamW {
    pub fn new(layout: &Layout) -> Self {
        Self::from_state(layout, vec![0.0; layout.len], vec![0.0; layout.len], 0)
    }

    /// Goes on with saved moments.
    pub fn from_state(layout: &Layout, m: Vec<f32>, v: Vec<f32>, t: u64) -> Self {
        let mut stretches: Vec<(usize, Rule)> = Vec::new();
        for param in &layout.params {
            let end = param.range().end;
            let rule = match (param.frozen, param.decay) {
                (true, _) => Rule::Frozen,
                (false, true) => Rule::Decay,
                (false, false) => Rule::NoDecay,
            };
            match stretches.last_mut() {
                Some((last, known)) if *known == rule => *last = end,
                _ => stretches.push((end, rule)),
            }
        }
        Self { m, v, t, stretches }
    }

    /// One update of `weights` with `scale · grad`; leaves `grad` zero, for the next step to add into.
    pub fn update(&mut self, weights: &mut [f32], grad: &mut [f32], scale: f32, hyper: &Hyper, threads: usize) {
        self.t += 1;
        let t = i32::try_from(self.t).unwrap_or(i32::MAX);
        let kernel = Kernel {
            scale,
            beta1: hyper.beta1 as f32,
            beta2: hyper.beta2 as f32,
            // 1 − β in f64: in f32 the difference would lose digits.
            one_minus_beta1: (1.0 - hyper.beta1) as f32,
            one_minus_beta2: (1.0 - hyper.beta2) as f32,
            rate: (hyper.lr / (1.0 - hyper.beta1.powi(t))) as f32,
            inv_sqrt_correction: (1.0 / (1.0 - hyper.beta2.powi(t)).sqrt()) as f32,
            eps: hyper.eps as f32,
            keep: (1.0 - hyper.lr * hyper.weight_decay) as f32,
        };
        let part = part_len(weights.len(), threads);
        let stretches = &self.stretches;
        let parts = weights.chunks_mut(part).zip(grad.chunks_mut(part)).zip(self.m.chunks_mut(part)).zip(self.v.chunks_mut(part));
        in_parallel(parts.enumerate(), |(i, (((w, g), m), v))| kernel.walk(i * part, stretches, w, g, m, v));
    }
}

/// The update's constants, and its loops.
#[derive(Clone, Copy)]
struct Kernel {
    scale: f32,
    beta1: f32,
    beta2: f32,
    one_minus_beta1: f32,
    one_minus_beta2: f32,
    rate: f32,
    inv_sqrt_correction: f32,
    eps: f32,
    keep: f32,
}

impl Kernel {
    /// Applies the update to a part that begins at `start`, stretch by stretch.
    fn walk(
        &self,
        start: usize,
        stretches: &[(usize, Rule)],
        mut w: &mut [f32],
        mut g: &mut [f32],
        mut m: &mut [f32],
        mut v: &mut [f32],
    ) {
        let mut at = start;
        for &(end, rule) in stretches.iter().filter(|(end, _)| *end > start) {
            let n = (end - at).min(w.len());
            let (w0, w1) = w.split_at_mut(n);
            let (g0, g1) = g.split_at_mut(n);
            let (m0, m1) = m.split_at_mut(n);
            let (v0, v1) = v.split_at_mut(n);
            match rule {
                Rule::Decay => self.apply(self.keep, w0, g0, m0, v0),
                Rule::NoDecay => self.apply(1.0, w0, g0, m0, v0),
                Rule::Frozen => {}
            }
            (w, g, m, v) = (w1, g1, m1, v1);
            at += n;
            if w.is_empty() {
                return;
            }
        }
    }

    /// Zipped slices: indexing would keep the loop scalar.
    fn apply(&self, keep: f32, w: &mut [f32], g: &mut [f32], m: &mut [f32], v: &mut [f32]) {
        for (((w, g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
            let grad = *g * self.scale;
            *g = 0.0;
            *m = self.beta1 * *m + self.one_minus_beta1 * grad;
            *v = self.beta2 * *v + self.one_minus_beta2 * grad * grad;
            let denominator = v.sqrt() * self.inv_sqrt_correction + self.eps;
            *w = *w * keep - self.rate * *m / denominator;
        }
    }
}

/// As `sum_into_first`, of these stretches alone: the others are not even looked at.
pub fn sum_live(grads: &mut [&mut [f32]], live: &[Range<usize>], threads: usize) -> f64 {
    let mut squares = 0.0;
    for range in live {
        let mut parts: Vec<&mut [f32]> = grads.iter_mut().filter_map(|grad| grad.get_mut(range.clone())).collect();
        squares += sum_into_first(&mut parts, threads);
    }
    squares
}

/// Adds the other replicas' gradients to the first, in their order, and leaves them zero. Returns the sum of squares of the result.
pub fn sum_into_first(grads: &mut [&mut [f32]], threads: usize) -> f64 {
    let Some((first, others)) = grads.split_first_mut() else { return 0.0 };
    let part = part_len(first.len(), threads);
    let mut others: Vec<_> = others.iter_mut().map(|g| g.chunks_mut(part)).collect();
    let jobs: Vec<(&mut [f32], Vec<&mut [f32]>)> =
        first.chunks_mut(part).map(|sum| (sum, others.iter_mut().filter_map(Iterator::next).collect())).collect();
    let squares = in_parallel(jobs.into_iter(), |(sum, others)| sum_part(sum, others));
    // Chunk sums in their order: the bits don't depend on how chunks were shared out.
    squares.into_iter().flatten().sum()
}

/// The factor that brings a gradient of this norm down to `clip_norm`; 0 means no limit.
pub fn clip_scale(norm: f64, clip_norm: f64) -> f64 {
    if clip_norm > 0.0 && norm > clip_norm { clip_norm / (norm + 1e-6) } else { 1.0 }
}

fn sum_part(sum: &mut [f32], mut others: Vec<&mut [f32]>) -> Vec<f64> {
    let mut squares = Vec::with_capacity(sum.len() / CHUNK + 1);
    for (i, sum) in sum.chunks_mut(CHUNK).enumerate() {
        for other in &mut others {
            let end = (i * CHUNK + CHUNK).min(other.len());
            for (s, o) in sum.iter_mut().zip(&mut other[i * CHUNK..end]) {
                *s += *o;
                *o = 0.0;
            }
        }
        squares.push(sum_of_squares(sum));
    }
    squares
}

fn sum_of_squares(x: &[f32]) -> f64 {
    let (chunks, rest) = x.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += x * x;
        }
    }
    lanes.iter().chain(rest.iter().map(|x| x * x).collect::<Vec<_>>().iter()).map(|s| f64::from(*s)).sum()
}

/// Length of each thread's part: whole chunks, so that chunk borders are the same for every number of threads.
fn part_len(len: usize, threads: usize) -> usize {
    len.div_ceil(threads.max(1)).next_multiple_of(CHUNK)
}

/// Runs jobs on named threads, the last on this one, and returns their results in order.
fn in_parallel<J: Send, R: Send>(jobs: impl Iterator<Item = J>, work: impl Fn(J) -> R + Sync) -> Vec<R> {
    super::pool::scatter(jobs.collect(), &work)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the same bits are asked for")]
mod tests {
    use super::*;

    /// The textbook form, in f64.
    fn textbook(w: f64, grads: &[f64], h: &Hyper, decay: bool) -> f64 {
        let (mut w, mut m, mut v) = (w, 0.0, 0.0);
        for (t, g) in (1..).zip(grads) {
            w *= 1.0 - if decay { h.lr * h.weight_decay } else { 0.0 };
            m = h.beta1 * m + (1.0 - h.beta1) * g;
            v = h.beta2 * v + (1.0 - h.beta2) * g * g;
            let (m_hat, v_hat) = (m / (1.0 - h.beta1.powi(t)), v / (1.0 - h.beta2.powi(t)));
            w -= h.lr * m_hat / (v_hat.sqrt() + h.eps);
        }
        w
    }

    #[test]
    fn agrees_with_the_textbook_and_decays_matrices_only() {
        let hyper = Hyper { lr: 1e-2, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1 };
        let n = CHUNK + 52;
        let stretches = vec![(CHUNK + 7, Rule::Decay), (CHUNK + 12, Rule::NoDecay), (n, Rule::Decay)];
        let mut adam = AdamW { m: vec![0.0; n], v: vec![0.0; n], t: 0, stretches };
        let mut weights: Vec<f32> = (0..n).map(|i| (i as f32 * 0.37).sin()).collect();
        let start = weights.clone();
        let gradient = |i: usize, step: usize| ((i + step * 31) as f32 * 0.11).cos();
        for step in 0..4 {
            let mut grad: Vec<f32> = (0..n).map(|i| gradient(i, step) * 2.0).collect();
            adam.update(&mut weights, &mut grad, 0.5, &hyper, 3);
            assert!(grad.iter().all(|g| *g == 0.0));
        }
        for i in (0..n).step_by(13).chain(CHUNK + 5..CHUNK + 15) {
            let decay = !(CHUNK + 7..CHUNK + 12).contains(&i);
            let grads: Vec<f64> = (0..4).map(|s| f64::from(gradient(i, s))).collect();
            let want = textbook(f64::from(start[i]), &grads, &hyper, decay);
            assert!((f64::from(weights[i]) - want).abs() < 2e-6, "{i}: {} against {want}", weights[i]);
        }
    }

    #[test]
    fn the_sum_has_the_same_bits_for_every_number_of_threads() {
        let make = |r: usize| (0..3 * CHUNK + 11).map(|i| ((i * (r + 3)) as f32).sin()).collect::<Vec<f32>>();
        let run = |threads| {
            let (mut a, mut b, mut c) = (make(0), make(1), make(2));
            let squares = sum_into_first(&mut [&mut a, &mut b, &mut c], threads);
            assert!(b.iter().chain(&c).all(|x| *x == 0.0));
            (a, squares)
        };
        let (sum, squares) = run(1);
        assert_eq!(run(2), (sum.clone(), squares));
        assert_eq!(run(5), (sum.clone(), squares));
        let exact: f64 = sum.iter().map(|x| f64::from(*x).powi(2)).sum();
        assert!((squares / exact - 1.0).abs() < 1e-5);
    }

    #[test]
    fn clipping_scales_long_gradients_only() {
        assert_eq!(clip_scale(0.5, 1.0), 1.0);
        assert_eq!(clip_scale(50.0, 0.0), 1.0);
        assert!((clip_scale(4.0, 1.0) - 0.25).abs() < 1e-6);
    }
}
