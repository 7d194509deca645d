//! The language-model heads: hidden states of the targets only → log-probability and entropy, and back. Knows no trunk.
//!
//! Other heads stand in `class_head`: they read the same `hidden`, keep the same `HeadState` and write the same `dx`.

use crate::kernels::{self, cross_entropy, cross_entropy_backward};

use super::block::linear_grad;
use super::config::Head;
use super::pass::Scores;
use super::weights::Model;
use super::workspace::Workspace;

/// Most logits kept from forward to backward (32 MB); beyond it they are made again, chunk by chunk.
pub(super) const KEPT_LOGITS: usize = 1 << 23;

/// What the head keeps. n is the number of targets.
#[derive(Debug, Default)]
pub(super) struct HeadState {
    /// Row of the hidden states that each target reads.
    pub rows: Vec<usize>,
    /// Token that each target predicts.
    pub ids: Vec<u32>,
    /// Hidden states (n, D).
    pub x: Vec<f32>,
    /// Encoder: out of the dense layer, and after its activation (n, D).
    pub dense: Vec<f32>,
    pub act: Vec<f32>,
    /// Into the output matrix (n, D).
    pub h: Vec<f32>,
    /// All (n, V) if they are few enough, else one chunk's.
    pub logits: Vec<f32>,
    lse: Vec<f32>,
    entropy: Vec<f32>,
    pub dh: Vec<f32>,
    pub dx: Vec<f32>,
}

impl HeadState {
    pub fn capacity(&self) -> usize {
        [&self.x, &self.dense, &self.act, &self.h, &self.logits, &self.lse, &self.entropy, &self.dh, &self.dx]
            .iter()
            .map(|b| b.capacity())
            .sum()
    }

    /// Targets worked off together.
    fn chunk(&self, vocab: usize) -> usize {
        if self.rows.len() * vocab <= KEPT_LOGITS { self.rows.len() } else { (KEPT_LOGITS / 4 / vocab).max(1) }.max(1)
    }
}

/// `ws.hidden` at the targets' rows → what goes into the output matrix, `head.h`.
fn features(model: &Model, ws: &mut Workspace) {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let Workspace { head, hidden, tmp, threads, .. } = ws;
    head.x.clear();
    for row in &head.rows {
        head.x.extend_from_slice(&hidden[row * d..][..d]);
    }
    let size = head.x.len();
    head.h.resize(size, 0.0);
    if let Some((dense, norm)) = &plan.transform {
        head.dense.resize(size, 0.0);
        head.act.resize(size, 0.0);
        model.linear(dense, *threads).forward(&head.x, &mut head.dense, false, &mut tmp.lora);
        kernels::gelu_erf(&head.dense, &mut head.act);
        model.norm(norm, &head.act, &mut head.h);
    } else if let Some(norm) = &plan.final_norm {
        model.norm(norm, &head.x, &mut head.h);
    } else {
        head.h.copy_from_slice(&head.x);
    }
}

/// Logits (n, V) of the rows in `ws.head.rows`.
pub(super) fn logits(model: &Model, ws: &mut Workspace, out: &mut Vec<f32>) {
    assert!(model.config.head == Head::Lm, "the model {} and has no logits of tokens", model.config.head.does());
    features(model, ws);
    out.resize(ws.head.rows.len() * model.config.vocab_size, 0.0);
    model.linear(&model.layout.plan.output, ws.threads).forward(&ws.head.h, out, false, &mut ws.tmp.lora);
}

/// Log-probability and entropy of every target in `ws.head`.
pub(super) fn forward(model: &Model, ws: &mut Workspace) -> Scores {
    features(model, ws);
    let (d, v) = (model.config.d_model, model.config.vocab_size);
    let Workspace { head, tmp, threads, .. } = ws;
    let n = head.rows.len();
    let chunk = head.chunk(v);
    head.lse.resize(n, 0.0);
    let mut scores = Scores { logprob: vec![0.0; n], entropy: vec![0.0; n], outputs: Vec::new() };
    head.logits.resize(chunk.min(n) * v, 0.0);
    for first in (0..n).step_by(chunk) {
        let part = first..(first + chunk).min(n);
        let logits = &mut head.logits[..part.len() * v];
        model.linear(&model.layout.plan.output, *threads).forward(
            &head.h[part.start * d..part.end * d],
            logits,
            false,
            &mut tmp.lora,
        );
        let (logprob, entropy) = (&mut scores.logprob[part.clone()], &mut scores.entropy[part.clone()]);
        cross_entropy(logits, v, &head.ids[part.clone()], &mut head.lse[part], logprob, entropy);
    }
    head.entropy.clone_from(&scores.entropy);
    if let Some(value) = &model.layout.plan.value {
        scores.outputs.resize(n, 0.0);
        model.linear(value, *threads).forward(&head.h, &mut scores.outputs, false, &mut tmp.lora);
    }
    scores
}

/// From d loss / d log-probability (and / d entropy, / d value, or nothing): the heads' gradients, and `ws.tmp.dx` (N, D).
pub(super) fn backward(model: &Model, d_logprob: &[f32], d_entropy: &[f32], d_value: &[f32], ws: &mut Workspace) {
    let (d, v, plan) = (model.config.d_model, model.config.vocab_size, &model.layout.plan);
    let Workspace { head, tmp, grad, threads, .. } = ws;
    let n = head.rows.len();
    let chunk = head.chunk(v);
    head.dh.resize(n * d, 0.0);
    let output = model.linear(&plan.output, *threads);
    for first in (0..n).step_by(chunk) {
        let part = first..(first + chunk).min(n);
        let logits = &mut head.logits[..part.len() * v];
        let h = &head.h[part.start * d..part.end * d];
        if chunk < n {
            output.forward(h, logits, false, &mut tmp.lora);
        }
        let d_entropy = if d_entropy.is_empty() { d_entropy } else { &d_entropy[part.clone()] };
        let kept = (&head.lse[part.clone()], &head.entropy[part.clone()]);
        cross_entropy_backward(logits, v, &head.ids[part.clone()], kept, &d_logprob[part.clone()], d_entropy);
        let dh = &mut head.dh[part.start * d..part.end * d];
        output.backward(h, logits, Some(dh), linear_grad(&plan.output, grad), &mut tmp.lora);
    }
    if let Some(value) = plan.value.as_ref().filter(|_| !d_value.is_empty()) {
        assert!(d_value.len() == n, "the slopes do not fit the last forward's values");
        head.dx.resize(n * d, 0.0);
        let dx = &mut head.dx[..n * d];
        model.linear(value, *threads).backward(&head.h, d_value, Some(dx), linear_grad(value, grad), &mut tmp.lora);
        kernels::add_assign(&mut head.dh, dx);
    }
    features_backward(model, ws);
}

/// `head.dh` → `ws.tmp.dx` at the targets' rows.
fn features_backward(model: &Model, ws: &mut Workspace) {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let Workspace { head, tmp, grad, threads, .. } = ws;
    head.dx.clear();
    head.dx.resize(head.dh.len(), 0.0);
    if let Some((dense, norm)) = &plan.transform {
        model.norm_backward(norm, &head.act, &head.dh, &mut head.dx, grad);
        kernels::gelu_erf_backward(&head.dense, &mut head.dx);
        model.linear(dense, *threads).backward(&head.x, &head.dx, Some(&mut head.dh), linear_grad(dense, grad), &mut tmp.lora);
        std::mem::swap(&mut head.dx, &mut head.dh);
    } else if let Some(norm) = &plan.final_norm {
        model.norm_backward(norm, &head.x, &head.dh, &mut head.dx, grad);
    } else {
        std::mem::swap(&mut head.dx, &mut head.dh);
    }
    for (row, dx) in head.rows.iter().zip(head.dx.chunks_exact(d)) {
        kernels::add_assign(&mut tmp.dx[row * d..][..d], dx);
    }
}
