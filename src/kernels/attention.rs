//! Softmax attention over heads, causal or not, with fewer key/value heads than query heads if wanted, and its backward.
//!
//! Worked off in blocks of queries, each against all keys it may see; probabilities are never kept: the backward makes them
//! again from the row's log-sum-exp (Dao et al. 2022).

use super::math::{dot, exp, exp_shift_sum, max};
use super::matmul::{Mat, matmul};
use super::simd;

/// Queries worked off together.
const BLOCK: usize = 64;

/// What a model fixes once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    pub n_heads: usize,
    pub n_kv_heads: usize,
    pub head_dim: usize,
    pub causal: bool,
}

impl AttentionShape {
    /// Numbers in a row [q | k | v].
    pub fn qkv_width(self) -> usize {
        (self.n_heads + 2 * self.n_kv_heads) * self.head_dim
    }

    /// Numbers in a row of queries or outputs.
    pub fn q_width(self) -> usize {
        self.n_heads * self.head_dim
    }

    /// Numbers in a row of keys, and in one of values.
    pub fn kv_width(self) -> usize {
        self.n_kv_heads * self.head_dim
    }

    /// What scores are multiplied by: 1/√`head_dim`.
    pub fn scale(self) -> f32 {
        1.0 / (self.head_dim as f32).sqrt()
    }

    /// The key/value head that a query head reads.
    pub fn kv_of(self, head: usize) -> usize {
        head * self.n_kv_heads / self.n_heads
    }

    /// How many keys a block of queries ending before `q_end` sees, of `n_keys`, when the queries start at key `offset`.
    fn visible(self, offset: usize, q_end: usize, n_keys: usize) -> usize {
        if self.causal { offset + q_end } else { n_keys }
    }
}

/// Heads laid out with any strides: element (row, head, i) at `row * row_stride + head * head_stride + i`.
#[derive(Clone, Copy, Debug)]
pub struct Heads<'a> {
    pub data: &'a [f32],
    pub row_stride: usize,
    pub head_stride: usize,
}

impl<'a> Heads<'a> {
    /// The numbers of a head in a row.
    pub fn row(self, row: usize, head: usize, head_dim: usize) -> &'a [f32] {
        &self.data[row * self.row_stride + head * self.head_stride..][..head_dim]
    }

    fn at(self, row: usize, head: usize) -> Mat<'a> {
        Mat { data: &self.data[row * self.row_stride + head * self.head_stride..], row: self.row_stride, col: 1 }
    }
}

/// o (n, heads · `head_dim`) = softmax(q kᵀ / √`head_dim`) v. Query i stands at key `n_keys - n + i` when causal.
///
/// `lse` (heads, n) receives the log-sum-exp of every row.
pub fn attention(
    shape: AttentionShape,
    [q, k, v]: [Heads<'_>; 3],
    (n, n_keys): (usize, usize),
    o: &mut [f32],
    lse: &mut [f32],
    scratch: &mut Vec<f32>,
) {
    let (hd, width) = (shape.head_dim, shape.q_width());
    let offset = n_keys - n;
    scratch.resize(scratch.len().max(BLOCK * n_keys), 0.0);
    for head in 0..shape.n_heads {
        let kv = shape.kv_of(head);
        let lse = &mut lse[head * n..][..n];
        for q0 in (0..n).step_by(BLOCK) {
            let nq = BLOCK.min(n - q0);
            let nk = shape.visible(offset, q0 + nq, n_keys);
            let s = &mut scratch[..nq * nk];
            matmul((nq, nk, hd), s, nk, 0.0, shape.scale(), q.at(q0, head), k.at(0, kv).t(), 1);
            softmax_rows(shape, s, nk, offset + q0, &mut lse[q0..q0 + nq]);
            matmul((nq, hd, nk), &mut o[q0 * width + head * hd..], width, 0.0, 1.0, Mat::rows(s, nk), v.at(0, kv), 1);
        }
    }
}

/// Scores → probabilities, row by row; what a row may not see becomes 0.
fn softmax_rows(shape: AttentionShape, s: &mut [f32], nk: usize, first: usize, lse: &mut [f32]) {
    simd(
        #[inline(always)]
        || {
            for (i, (row, lse)) in s.chunks_exact_mut(nk).zip(lse).enumerate() {
                let limit = if shape.causal { first + i + 1 } else { nk };
                let (seen, hidden) = row.split_at_mut(limit);
                let top = max(seen);
                let z = exp_shift_sum(seen, top);
                let inverse = 1.0 / z;
                for p in seen.iter_mut() {
                    *p *= inverse;
                }
                hidden.fill(0.0);
                *lse = top + z.ln();
            }
        },
    );
}

/// Backward over rows [q | k | v] of one sequence (`qkv_width` apart) of n tokens, `d_qkv` laid out alike and overwritten.
pub fn attention_backward(
    shape: AttentionShape,
    qkv: &[f32],
    o: &[f32],
    lse: &[f32],
    d_o: &[f32],
    d_qkv: &mut [f32],
    scratch: &mut Vec<f32>,
) {
    let (hd, ld, width) = (shape.head_dim, shape.qkv_width(), shape.q_width());
    let n = qkv.len() / ld;
    let scale = shape.scale();
    scratch.resize(scratch.len().max(2 * BLOCK * n), 0.0);
    let (s_buf, ds_buf) = scratch.split_at_mut(BLOCK * n);
    d_qkv.fill(0.0);
    for head in 0..shape.n_heads {
        let kv = shape.kv_of(head);
        let (q_at, k_at, v_at) = (head * hd, width + kv * hd, width + shape.kv_width() + kv * hd);
        for q0 in (0..n).step_by(BLOCK) {
            let nq = BLOCK.min(n - q0);
            let nk = shape.visible(0, q0 + nq, n);
            let (s, ds) = (&mut s_buf[..nq * nk], &mut ds_buf[..nq * nk]);
            let at = |offset: usize| Mat { data: &qkv[offset..], row: ld, col: 1 };
            let (q, k, v) = (at(q0 * ld + q_at), at(k_at), at(v_at));
            let o_at = q0 * width + head * hd;
            let d_o_rows = Mat { data: &d_o[o_at..], row: width, col: 1 };
            matmul((nq, nk, hd), s, nk, 0.0, scale, q, k.t(), 1);
            matmul((nq, nk, hd), ds, nk, 0.0, 1.0, d_o_rows, v.t(), 1);
            score_gradients(shape, s, ds, q0, &lse[head * n + q0..][..nq], &o[o_at..], &d_o[o_at..]);
            let (s, ds) = (Mat::rows(s, nk), Mat::rows(ds, nk));
            matmul((nk, hd, nq), &mut d_qkv[v_at..], ld, 1.0, 1.0, s.t(), d_o_rows, 1);
            matmul((nk, hd, nq), &mut d_qkv[k_at..], ld, 1.0, 1.0, ds.t(), q, 1);
            matmul((nq, hd, nk), &mut d_qkv[q0 * ld + q_at..], ld, 0.0, 1.0, ds, k, 1);
        }
    }
}

/// Scores become probabilities p; their gradients dp become those of the raw products: `p (dp - Σ o d_o) / √head_dim`.
fn score_gradients(shape: AttentionShape, s: &mut [f32], ds: &mut [f32], first: usize, lse: &[f32], o: &[f32], d_o: &[f32]) {
    let (hd, width, scale) = (shape.head_dim, shape.q_width(), shape.scale());
    let nk = s.len() / lse.len();
    simd(
        #[inline(always)]
        || {
            for (i, ((s, ds), lse)) in s.chunks_exact_mut(nk).zip(ds.chunks_exact_mut(nk)).zip(lse).enumerate() {
                let delta = dot(&o[i * width..][..hd], &d_o[i * width..][..hd]);
                let limit = if shape.causal { first + i + 1 } else { nk };
                let (seen, hidden) = s.split_at_mut(limit);
                let (d_seen, d_hidden) = ds.split_at_mut(limit);
                for (s, ds) in seen.iter_mut().zip(d_seen) {
                    let p = exp(*s - lse);
                    *s = p;
                    *ds = p * (*ds - delta) * scale;
                }
                hidden.fill(0.0);
                d_hidden.fill(0.0);
            }
        },
    );
}
