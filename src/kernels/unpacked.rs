//! Products with a large (out, in) matrix that is read where it lies, and attention of one query: what decoding consists of.
//!
//! A general product first packs its operands. With a handful of rows that costs more than multiplying, and with long rows of
//! weights (whose addresses fall on the same cache lines) it never pays.

use pulp::{Arch, Simd, WithSimd};

use super::attention::{AttentionShape, Heads};
use super::math::{exp_shift_sum, max};

/// Numbers of x that are worked off together: half a megabyte, to stay in the second-level cache while the weights pass by.
const PANEL: usize = 1 << 17;

/// Whether `unpacked` is faster than a general product of n rows with an (out, in) matrix. Measured with AVX-512.
pub fn unpacked_pays(n: usize, n_in: usize, n_out: usize) -> bool {
    match n {
        2..=16 => true,
        // Every output ends in a sum across a register, which short rows do not repay.
        17..=96 => n_in >= 256 && Arch::new().dispatch(Registers) >= 32,
        97..=320 => n_in >= 512 && n_in * n_out >= 1 << 18 && Arch::new().dispatch(Registers) >= 32,
        // One row is bound by memory alone, and `gemm` streams it best; of very many, packing is a small part.
        _ => false,
    }
}

/// How many vector registers there are.
struct Registers;

impl WithSimd for Registers {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::REGISTER_COUNT
    }
}

/// y (n, out) = x (n, in) Wᵀ with W (out, in); with `add`, y += that.
pub fn unpacked(x: &[f32], w: &[f32], n_in: usize, y: &mut [f32], n_out: usize, add: bool) {
    assert!(w.len() == n_in * n_out && x.len() / n_in == y.len() / n_out, "shapes differ");
    let rows = (PANEL / n_in).max(4);
    for (x, y) in x.chunks(rows * n_in).zip(y.chunks_mut(rows * n_out)) {
        Arch::new().dispatch(Unpacked { x, w, y, n_in, n_out, add });
    }
}

struct Unpacked<'a> {
    x: &'a [f32],
    w: &'a [f32],
    y: &'a mut [f32],
    n_in: usize,
    n_out: usize,
    add: bool,
}

impl WithSimd for Unpacked<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // Four weights' rows stay in the first-level cache while all rows of x pass by.
        for out in (0..self.n_out / 4 * 4).step_by(4) {
            self.columns::<S, 4>(simd, out);
        }
        for out in self.n_out / 4 * 4..self.n_out {
            self.columns::<S, 1>(simd, out);
        }
    }
}

impl Unpacked<'_> {
    #[inline(always)]
    fn columns<S: Simd, const C: usize>(&mut self, simd: S, out: usize) {
        let n = self.x.len() / self.n_in;
        let mut row = 0;
        while n - row >= 4 {
            if S::REGISTER_COUNT >= 32 {
                self.tile::<S, 4, C>(simd, row, out);
            } else {
                self.tile::<S, 2, C>(simd, row, out);
                self.tile::<S, 2, C>(simd, row + 2, out);
            }
            row += 4;
        }
        match n - row {
            3 => self.tile::<S, 3, C>(simd, row, out),
            2 => self.tile::<S, 2, C>(simd, row, out),
            1 => self.tile::<S, 1, C>(simd, row, out),
            _ => {}
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const R: usize, const C: usize>(&mut self, simd: S, row: usize, out: usize) {
        let n_in = self.n_in;
        let x: [_; R] = std::array::from_fn(|r| S::as_simd_f32s(&self.x[(row + r) * n_in..][..n_in]));
        let w: [_; C] = std::array::from_fn(|c| S::as_simd_f32s(&self.w[(out + c) * n_in..][..n_in]));
        let vectors = n_in / S::F32_LANES;
        let (x_head, w_head) = (x.map(|x| &x.0[..vectors]), w.map(|w| &w.0[..vectors]));
        let mut acc = [[simd.splat_f32s(0.0); C]; R];
        for i in 0..vectors {
            let w: [_; C] = std::array::from_fn(|c| w_head[c][i]);
            for r in 0..R {
                let x = x_head[r][i];
                for c in 0..C {
                    acc[r][c] = simd.mul_add_e_f32s(x, w[c], acc[r][c]);
                }
            }
        }
        for r in 0..R {
            for c in 0..C {
                let mut total = simd.reduce_sum_f32s(acc[r][c]);
                for (x, w) in x[r].1.iter().zip(w[c].1) {
                    total += x * w;
                }
                let y = &mut self.y[(row + r) * self.n_out + out + c];
                *y = if self.add { *y + total } else { total };
            }
        }
    }
}

/// One query row against `n_keys` keys: decoding. `q` and `o` are (heads, `head_dim`).
pub fn attend_one(
    shape: AttentionShape,
    q: &[f32],
    k: Heads<'_>,
    v: Heads<'_>,
    n_keys: usize,
    o: &mut [f32],
    scratch: &mut Vec<f32>,
) {
    scratch.resize(scratch.len().max(n_keys), 0.0);
    Arch::new().dispatch(AttendOne { shape, q, k, v, o, s: &mut scratch[..n_keys] });
}

struct AttendOne<'a> {
    shape: AttentionShape,
    q: &'a [f32],
    k: Heads<'a>,
    v: Heads<'a>,
    o: &'a mut [f32],
    /// One number for each key.
    s: &'a mut [f32],
}

impl WithSimd for AttendOne<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (hd, scale) = (self.shape.head_dim, self.shape.scale());
        for (head, (q, o)) in self.q.chunks_exact(hd).zip(self.o.chunks_exact_mut(hd)).enumerate() {
            let kv = self.shape.kv_of(head);
            let (k, v) = (&self.k.data[kv * self.k.head_stride..], &self.v.data[kv * self.v.head_stride..]);
            for (s, k) in self.s.iter_mut().zip(k.chunks(self.k.row_stride)) {
                *s = dot(simd, q, &k[..hd]) * scale;
            }
            let top = max(self.s);
            let inverse = 1.0 / exp_shift_sum(self.s, top);
            weighted_sum(simd, self.s, inverse, v, self.v.row_stride, o);
        }
    }
}

#[inline(always)]
fn dot<S: Simd>(simd: S, x: &[f32], y: &[f32]) -> f32 {
    let ((x, x_rest), (y, y_rest)) = (S::as_simd_f32s(x), S::as_simd_f32s(y));
    let mut acc = simd.splat_f32s(0.0);
    for (x, y) in x.iter().zip(y) {
        acc = simd.mul_add_e_f32s(*x, *y, acc);
    }
    let mut total = simd.reduce_sum_f32s(acc);
    for (x, y) in x_rest.iter().zip(y_rest) {
        total += x * y;
    }
    total
}

/// o = scale · Σ sⱼ vⱼ over rows `stride` apart.
#[inline(always)]
fn weighted_sum<S: Simd>(simd: S, s: &[f32], scale: f32, v: &[f32], stride: usize, o: &mut [f32]) {
    let vectors = o.len() / S::F32_LANES;
    let mut at = 0;
    while vectors - at >= 4 {
        weighted_part::<S, 4>(simd, s, scale, v, stride, (at, &mut *o));
        at += 4;
    }
    while vectors - at >= 2 {
        weighted_part::<S, 2>(simd, s, scale, v, stride, (at, &mut *o));
        at += 2;
    }
    if at < vectors {
        weighted_part::<S, 1>(simd, s, scale, v, stride, (at, &mut *o));
    }
    let rest = vectors * S::F32_LANES;
    for (i, o) in o.iter_mut().enumerate().skip(rest) {
        *o = scale * s.iter().zip(v.chunks(stride)).map(|(s, row)| s * row[i]).sum::<f32>();
    }
}

/// V vectors of the sum, from vector `at` on.
#[inline(always)]
fn weighted_part<S: Simd, const V: usize>(
    simd: S,
    s: &[f32],
    scale: f32,
    v: &[f32],
    stride: usize,
    (at, o): (usize, &mut [f32]),
) {
    let columns = at * S::F32_LANES..(at + V) * S::F32_LANES;
    // Two sums in turn: each addition waits for the one before it.
    let mut acc = [[simd.splat_f32s(0.0); V]; 2];
    for (s, rows) in s.chunks(2).zip(v.chunks(2 * stride)) {
        for ((acc, s), row) in acc.iter_mut().zip(s).zip(rows.chunks(stride)) {
            let s = simd.splat_f32s(*s);
            for (acc, v) in acc.iter_mut().zip(S::as_simd_f32s(&row[columns.clone()]).0) {
                *acc = simd.mul_add_e_f32s(s, *v, *acc);
            }
        }
    }
    let [even, odd] = acc;
    for ((o, even), odd) in S::as_mut_simd_f32s(&mut o[columns]).0.iter_mut().zip(even).zip(odd) {
        *o = simd.mul_f32s(simd.add_f32s(even, odd), simd.splat_f32s(scale));
    }
}
