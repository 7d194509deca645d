//! The pieces both trunks are made of: a parameter at its offset, applied forward and backward.

use crate::kernels::{self, Linear, LinearGrad, Lora, LoraGrad};

use super::config::Arch;
use super::layout::{LinearAt, LoraAt, NormAt};
use super::weights::Model;
use super::workspace::{Acts, Pass};

impl Model {
    pub(super) fn linear(&self, at: &LinearAt, threads: usize) -> Linear<'_> {
        Linear {
            w: &self.weights[at.w..][..at.n_in * at.n_out],
            bias: at.b.map(|b| &self.weights[b..][..at.n_out]),
            n_in: at.n_in,
            n_out: at.n_out,
            in_major: at.in_major,
            lora: at.lora.map(|lora| lora.map(|lora| self.lora(at, &lora))),
            threads,
        }
    }

    fn lora(&self, at: &LinearAt, lora: &LoraAt) -> Lora<'_> {
        Lora {
            a: &self.weights[lora.a..][..lora.rank * at.n_in],
            b: &self.weights[lora.b..][..lora.n_out * lora.rank],
            rank: lora.rank,
            scale: self.layout.lora_scale,
            col: lora.col,
        }
    }

    fn vector(&self, offset: usize) -> &[f32] {
        &self.weights[offset..][..self.config.d_model]
    }

    pub(super) fn norm(&self, at: &NormAt, x: &[f32], y: &mut [f32]) {
        let eps = self.config.norm_eps as f32;
        match at.b {
            None => kernels::rms_norm(x, self.vector(at.w), eps, y),
            Some(b) => kernels::layer_norm(x, self.vector(at.w), self.vector(b), eps, y),
        }
    }

    /// Adds to `dx` and to the norm's part of `grad`.
    pub(super) fn norm_backward(&self, at: &NormAt, x: &[f32], dy: &[f32], dx: &mut [f32], grad: &mut [f32]) {
        let (d, eps) = (self.config.d_model, self.config.norm_eps as f32);
        match at.b {
            None => {
                let dw = (!at.frozen).then(|| &mut grad[at.w..][..d]);
                kernels::rms_norm_backward(x, self.vector(at.w), eps, dy, dx, dw);
            }
            Some(_) if at.frozen => kernels::layer_norm_backward(x, self.vector(at.w), eps, dy, dx, None),
            Some(b) => {
                let (dw, db) = two_mut(grad, (at.w, d), (b, d));
                kernels::layer_norm_backward(x, self.vector(at.w), eps, dy, dx, Some((dw, db)));
            }
        }
    }

    /// The feed-forward layer's activation: `up` → `act`.
    pub(super) fn activation(&self, up: &[f32], act: &mut [f32]) {
        match self.config.arch {
            Arch::Llama | Arch::Qwen2 => kernels::swiglu(up, self.config.d_ff, act),
            Arch::Gpt2 => kernels::gelu_tanh(up, act),
            Arch::Bert => kernels::gelu_erf(up, act),
        }
    }

    /// From the gradient in `d_act`: the gradient of `up`, which stands in the returned one of the two buffers.
    pub(super) fn activation_backward<'b>(&self, up: &'b mut [f32], d_act: &'b mut [f32]) -> &'b [f32] {
        match self.config.arch {
            Arch::Llama | Arch::Qwen2 => {
                kernels::swiglu_backward(up, self.config.d_ff, d_act);
                up
            }
            Arch::Gpt2 => {
                kernels::gelu_tanh_backward(up, d_act);
                d_act
            }
            Arch::Bert => {
                kernels::gelu_erf_backward(up, d_act);
                d_act
            }
        }
    }
}

/// Where a linear map's gradients stand in the flat gradient.
pub(super) fn linear_grad<'g>(at: &LinearAt, grad: &'g mut [f32]) -> LinearGrad<'g> {
    let size = at.n_in * at.n_out;
    // Low-rank additions stand behind all other parameters, those of one product next to each other.
    let (own, mut rest) = match at.lora.iter().flatten().map(|lora| lora.a).min() {
        Some(first) => {
            let (own, rest) = grad.split_at_mut(first);
            (own, rest)
        }
        None => (grad, Default::default()),
    };
    let lora = at.lora.map(|lora| {
        let lora = lora?;
        let (a, behind) = std::mem::take(&mut rest).split_at_mut(lora.rank * at.n_in);
        let (b, behind) = behind.split_at_mut(lora.n_out * lora.rank);
        rest = behind;
        Some(LoraGrad { a, b })
    });
    match at.b {
        _ if at.frozen => LinearGrad { lora, ..LinearGrad::default() },
        None => LinearGrad { w: Some(&mut own[at.w..][..size]), bias: None, lora },
        Some(b) => {
            let (w, bias) = two_mut(own, (at.w, size), (b, at.n_out));
            LinearGrad { w: Some(w), bias: Some(bias), lora }
        }
    }
}

/// Two parts of a slice that do not overlap, each (offset, length).
fn two_mut(all: &mut [f32], a: (usize, usize), b: (usize, usize)) -> (&mut [f32], &mut [f32]) {
    if a.0 < b.0 {
        let (left, right) = all.split_at_mut(b.0);
        (&mut left[a.0..][..a.1], &mut right[..b.1])
    } else {
        let (left, right) = all.split_at_mut(a.0);
        (&mut right[..a.1], &mut left[b.0..][..b.1])
    }
}

/// Attention of every sequence over its own rows.
pub(super) fn attention(model: &Model, pass: &Pass, acts: &mut Acts, scratch: &mut Vec<f32>) {
    let shape = model.config.attention();
    let (ld, width) = (shape.qkv_width(), shape.q_width());
    for (first, n) in pass.spans.iter().copied() {
        let qkv = &acts.qkv[first * ld..][..n * ld];
        let heads = |at: usize| kernels::Heads { data: &qkv[at..], row_stride: ld, head_stride: shape.head_dim };
        let qkv = [heads(0), heads(width), heads(width + shape.kv_width())];
        let o = &mut acts.o[first * width..][..n * width];
        let lse = &mut acts.lse[first * shape.n_heads..][..n * shape.n_heads];
        kernels::attention(shape, qkv, (n, n), o, lse, scratch);
    }
}

/// The gradient of rows [q | k | v].
pub(super) fn attention_backward(
    model: &Model,
    pass: &Pass,
    acts: &Acts,
    d_o: &[f32],
    d_qkv: &mut [f32],
    scratch: &mut Vec<f32>,
) {
    let shape = model.config.attention();
    let (ld, width) = (shape.qkv_width(), shape.q_width());
    for (first, n) in pass.spans.iter().copied() {
        let rows = first * width..(first + n) * width;
        let qkv_rows = first * ld..(first + n) * ld;
        let lse = &acts.lse[first * shape.n_heads..][..n * shape.n_heads];
        let (qkv, d_qkv) = (&acts.qkv[qkv_rows.clone()], &mut d_qkv[qkv_rows]);
        kernels::attention_backward(shape, qkv, &acts.o[rows.clone()], lse, &d_o[rows], d_qkv, scratch);
    }
}

/// y += branch, through dropout if there is any; `site` tells places in the network apart.
pub(super) fn add_branch(y: &mut [f32], branch: &[f32], pass: &Pass, site: usize) {
    match pass.dropout {
        Some(drop) => kernels::dropout_add(y, branch, drop, site as u32),
        None => kernels::add_assign(y, branch),
    }
}

/// y += linear(x) with dropout on what is added.
pub(super) fn add_linear(
    model: &Model,
    at: &LinearAt,
    x: &[f32],
    y: &mut [f32],
    pass: &Pass,
    site: usize,
    tmp: (&mut Vec<f32>, &mut Vec<f32>, usize),
) {
    let (branch, lora, threads) = tmp;
    let linear = model.linear(at, threads);
    if pass.dropout.is_none() {
        linear.forward(x, y, true, lora);
        return;
    }
    branch.resize(y.len(), 0.0);
    linear.forward(x, branch, false, lora);
    add_branch(y, branch, pass, site);
}

/// The gradient that goes into a branch: `dx` itself, or its dropped copy.
pub(super) fn branch_gradient<'b>(dx: &'b [f32], copy: &'b mut Vec<f32>, pass: &Pass, site: usize) -> &'b [f32] {
    match pass.dropout {
        None => dx,
        Some(drop) => {
            copy.clear();
            copy.extend_from_slice(dx);
            kernels::dropout(copy, drop, site as u32);
            copy
        }
    }
}

/// Dropout sites of a block: attention's output and the feed-forward's; 0 is the embedding's.
pub(super) fn sites(layer: usize) -> (usize, usize) {
    (1 + 2 * layer, 2 + 2 * layer)
}
