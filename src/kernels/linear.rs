//! y = x Wᵀ + b, with an optional low-rank addition, and its backward. Gradients that are not asked for are not computed.

use super::matmul::{Mat, matmul};
use super::unpacked::{unpacked, unpacked_pays};
use super::{simd, sum};

/// A low-rank addition to a weight: scale · B A (Hu et al. 2021).
#[derive(Clone, Copy, Debug)]
pub struct Lora<'a> {
    /// (rank, in)
    pub a: &'a [f32],
    /// (its outputs, rank)
    pub b: &'a [f32],
    pub rank: usize,
    pub scale: f32,
    /// The first of the outputs that it adds to; B has as many rows as there are of them.
    pub col: usize,
}

/// One linear map, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Linear<'a> {
    /// (out, in), or (in, out) with `in_major`, as GPT-2's files have it.
    pub w: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub n_in: usize,
    pub n_out: usize,
    pub in_major: bool,
    /// Each for its own outputs: a product that serves several matrices has one for each.
    pub lora: [Option<Lora<'a>>; 3],
    pub threads: usize,
}

/// Where the gradients of a linear map go; `None`: frozen.
#[derive(Debug, Default)]
pub struct LinearGrad<'a> {
    pub w: Option<&'a mut [f32]>,
    pub bias: Option<&'a mut [f32]>,
    pub lora: [Option<LoraGrad<'a>>; 3],
}

#[derive(Debug)]
pub struct LoraGrad<'a> {
    pub a: &'a mut [f32],
    pub b: &'a mut [f32],
}

impl Linear<'_> {
    /// W as (in, out).
    fn w_in_out(&self) -> Mat<'_> {
        if self.in_major { Mat::rows(self.w, self.n_out) } else { Mat::rows(self.w, self.n_in).t() }
    }

    /// y (n, out) = x (n, in) Wᵀ + b; with `add`, y += that (a residual stream).
    pub fn forward(&self, x: &[f32], y: &mut [f32], add: bool, scratch: &mut Vec<f32>) {
        let n = x.len() / self.n_in;
        assert_eq!(y.len(), n * self.n_out, "the output does not fit the input");
        if let Some(bias) = self.bias {
            let rows = y.chunks_exact_mut(self.n_out);
            if add {
                simd(
                    #[inline(always)]
                    || rows.for_each(|y| y.iter_mut().zip(bias).for_each(|(y, b)| *y += b)),
                );
            } else {
                rows.for_each(|y| y.copy_from_slice(bias));
            }
        }
        let add = add || self.bias.is_some();
        if !self.in_major && self.threads == 1 && unpacked_pays(n, self.n_in, self.n_out) {
            unpacked(x, self.w, self.n_in, y, self.n_out, add);
        } else {
            let beta = if add { 1.0 } else { 0.0 };
            matmul((n, self.n_out, self.n_in), y, self.n_out, beta, 1.0, Mat::rows(x, self.n_in), self.w_in_out(), self.threads);
        }
        for lora in self.lora.into_iter().flatten() {
            let h = lora.project(x, self.n_in, scratch);
            let b = Mat::rows(lora.b, lora.rank).t();
            let y = &mut y[lora.col..];
            matmul((n, lora.n_out(), lora.rank), y, self.n_out, 1.0, lora.scale, Mat::rows(h, lora.rank), b, self.threads);
        }
    }

    /// From dy (n, out): dx (n, in), overwritten if wanted; gradients of the parameters, added.
    pub fn backward(&self, x: &[f32], dy: &[f32], dx: Option<&mut [f32]>, grad: LinearGrad<'_>, scratch: &mut Vec<f32>) {
        let (n_in, n_out) = (self.n_in, self.n_out);
        let n = x.len() / n_in;
        assert_eq!(dy.len(), n * n_out, "the gradient does not fit the input");
        let (x_rows, dy_rows) = (Mat::rows(x, n_in), Mat::rows(dy, n_out));
        if let Some(dw) = grad.w {
            if self.in_major {
                matmul((n_in, n_out, n), dw, n_out, 1.0, 1.0, x_rows.t(), dy_rows, self.threads);
            } else {
                matmul((n_out, n_in, n), dw, n_in, 1.0, 1.0, dy_rows.t(), x_rows, self.threads);
            }
        }
        if let Some(db) = grad.bias {
            add_column_sums(dy, db);
        }
        let mut dx = dx;
        if let Some(dx) = dx.as_deref_mut() {
            matmul((n, n_in, n_out), dx, n_in, 0.0, 1.0, dy_rows, self.w_in_out().t(), self.threads);
        }
        for (lora, grad) in self.lora.into_iter().zip(grad.lora) {
            if let Some(lora) = lora {
                lora.backward(self, x, dy, dx.as_deref_mut(), grad, scratch);
            }
        }
    }
}

impl Lora<'_> {
    fn n_out(&self) -> usize {
        self.b.len() / self.rank
    }

    /// h (n, rank) = x Aᵀ, in the front of `scratch`.
    fn project<'s>(&self, x: &[f32], n_in: usize, scratch: &'s mut Vec<f32>) -> &'s mut [f32] {
        let n = x.len() / n_in;
        scratch.resize(scratch.len().max(2 * n * self.rank), 0.0);
        let h = &mut scratch[..n * self.rank];
        matmul((n, self.rank, n_in), h, self.rank, 0.0, 1.0, Mat::rows(x, n_in), Mat::rows(self.a, n_in).t(), 1);
        h
    }

    fn backward(
        &self,
        of: &Linear<'_>,
        x: &[f32],
        dy: &[f32],
        dx: Option<&mut [f32]>,
        grad: Option<LoraGrad<'_>>,
        scratch: &mut Vec<f32>,
    ) {
        let (n, rank) = (x.len() / of.n_in, self.rank);
        let (n_out, dy_rows) = (self.n_out(), Mat::rows(&dy[self.col..], of.n_out));
        self.project(x, of.n_in, scratch);
        let (h, dh) = scratch.split_at_mut(n * rank);
        let dh = &mut dh[..n * rank];
        matmul((n, rank, n_out), dh, rank, 0.0, self.scale, dy_rows, Mat::rows(self.b, rank), of.threads);
        if let Some(grad) = grad {
            matmul((n_out, rank, n), grad.b, rank, 1.0, self.scale, dy_rows.t(), Mat::rows(h, rank), of.threads);
            matmul((rank, of.n_in, n), grad.a, of.n_in, 1.0, 1.0, Mat::rows(dh, rank).t(), Mat::rows(x, of.n_in), of.threads);
        }
        if let Some(dx) = dx {
            matmul((n, of.n_in, rank), dx, of.n_in, 1.0, 1.0, Mat::rows(dh, rank), Mat::rows(self.a, of.n_in), of.threads);
        }
    }
}

/// out[j] += Σᵢ x[i][j].
fn add_column_sums(x: &[f32], out: &mut [f32]) {
    simd(
        #[inline(always)]
        || {
            if out.len() == 1 {
                out[0] += sum(x);
                return;
            }
            for row in x.chunks_exact(out.len()) {
                for (o, x) in out.iter_mut().zip(row) {
                    *o += x;
                }
            }
        },
    );
}
