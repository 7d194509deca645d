//! The decoder: Llama exactly, and configured GPT-2 and Qwen2. Pre-norm blocks, forward down and backward up.
//!
//! Left out of the papers: dropout on attention probabilities (it stands on the embeddings and on both branches instead).

use crate::kernels;

use super::block::{add_linear, attention, attention_backward, branch_gradient, linear_grad, sites};
use super::layout::BlockAt;
use super::weights::Model;
use super::workspace::{Acts, Workspace};

/// `ws.pass` → `ws.hidden` (N, D), before the final norm. With `keep`, every block keeps what the backward needs.
pub(super) fn forward(model: &Model, ws: &mut Workspace, keep: bool) {
    embed(model, ws);
    let n = ws.pass.ids.len();
    ws.acts.resize_with(ws.acts.len().max(if keep { model.config.n_layers } else { 1 }), Acts::default);
    for (layer, at) in model.layout.plan.blocks.iter().enumerate() {
        let Workspace { acts, hidden, tmp, pass, rope, threads, .. } = ws;
        let a = &mut acts[if keep { layer } else { 0 }];
        a.fit(&model.config, n);
        std::mem::swap(&mut a.x, hidden);
        enter_attention(model, at, a, (&mut tmp.lora, *threads));
        if model.config.arch.has_rope() {
            let (shape, ld) = (model.config.attention(), model.config.attention().qkv_width());
            for (first, n) in pass.spans.iter().copied() {
                kernels::rope(&mut a.qkv[first * ld..][..n * ld], ld, shape.n_heads + shape.n_kv_heads, rope, 0, false);
            }
        }
        attention(model, pass, a, &mut tmp.attention);
        leave_attention(model, at, a, hidden, ws_parts(pass, tmp, *threads, layer));
    }
}

/// What the second half of a block needs of the workspace.
pub(super) struct Parts<'w> {
    pass: &'w super::workspace::Pass,
    branch: &'w mut Vec<f32>,
    lora: &'w mut Vec<f32>,
    threads: usize,
    layer: usize,
}

pub(super) fn ws_parts<'w>(
    pass: &'w super::workspace::Pass,
    tmp: &'w mut super::workspace::Scratch,
    threads: usize,
    layer: usize,
) -> Parts<'w> {
    Parts { pass, branch: &mut tmp.d_branch, lora: &mut tmp.lora, threads, layer }
}

/// x → norm → [q | k | v].
pub(super) fn enter_attention(model: &Model, at: &BlockAt, a: &mut Acts, (lora, threads): (&mut Vec<f32>, usize)) {
    model.norm(&at.norm1, &a.x, &mut a.h1);
    model.linear(&at.qkv, threads).forward(&a.h1, &mut a.qkv, false, lora);
}

/// x₁ = x + out(o); hidden = x₁ + down(act(up(norm(x₁)))).
pub(super) fn leave_attention(model: &Model, at: &BlockAt, a: &mut Acts, hidden: &mut Vec<f32>, parts: Parts<'_>) {
    let Parts { pass, branch, lora, threads, layer } = parts;
    let (site1, site2) = sites(layer);
    a.x1.copy_from_slice(&a.x);
    add_linear(model, &at.out, &a.o, &mut a.x1, pass, site1, (branch, lora, threads));
    model.norm(&at.norm2, &a.x1, &mut a.h2);
    model.linear(&at.up, threads).forward(&a.h2, &mut a.up, false, lora);
    model.activation(&a.up, &mut a.act);
    hidden.clear();
    hidden.extend_from_slice(&a.x1);
    add_linear(model, &at.down, &a.act, hidden, pass, site2, (branch, lora, threads));
}

fn embed(model: &Model, ws: &mut Workspace) {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let pass = &ws.pass;
    ws.hidden.resize(pass.ids.len() * d, 0.0);
    kernels::embed(&pass.ids, &model.weights[plan.embed..], d, &mut ws.hidden);
    if let Some(positions) = plan.positions {
        for (first, n) in pass.spans.iter().copied() {
            kernels::add_positions(&mut ws.hidden[first * d..][..n * d], &model.weights[positions..], d, 0);
        }
    }
    if let Some(drop) = pass.dropout {
        kernels::dropout(&mut ws.hidden, drop, 0);
    }
}

/// From `ws.tmp.dx`, the gradient of `hidden`, down to the embeddings; adds into `ws.grad`.
pub(super) fn backward(model: &Model, ws: &mut Workspace) {
    let plan = &model.layout.plan;
    for (layer, at) in plan.blocks.iter().enumerate().skip(plan.lowest).rev() {
        let Workspace { acts, tmp, pass, rope, grad, threads, .. } = ws;
        let a = &mut acts[layer];
        let (site1, site2) = sites(layer);

        // hidden = x₁ + down(act(up(norm(x₁))))
        let d_out = branch_gradient(&tmp.dx, &mut tmp.d_branch, pass, site2);
        model.linear(&at.down, *threads).backward(
            &a.act,
            d_out,
            Some(&mut tmp.d_act),
            linear_grad(&at.down, grad),
            &mut tmp.lora,
        );
        let d_up = model.activation_backward(&mut a.up, &mut tmp.d_act);
        model.linear(&at.up, *threads).backward(&a.h2, d_up, Some(&mut tmp.dh), linear_grad(&at.up, grad), &mut tmp.lora);
        model.norm_backward(&at.norm2, &a.x1, &tmp.dh, &mut tmp.dx, grad);

        // x₁ = x + out(attention(rope(qkv(norm(x)))))
        let d_out = branch_gradient(&tmp.dx, &mut tmp.d_branch, pass, site1);
        model.linear(&at.out, *threads).backward(&a.o, d_out, Some(&mut tmp.d_o), linear_grad(&at.out, grad), &mut tmp.lora);
        attention_backward(model, pass, a, &tmp.d_o, &mut tmp.d_qkv, &mut tmp.attention);
        if model.config.arch.has_rope() {
            let (shape, ld) = (model.config.attention(), model.config.attention().qkv_width());
            for (first, n) in pass.spans.iter().copied() {
                kernels::rope(&mut tmp.d_qkv[first * ld..][..n * ld], ld, shape.n_heads + shape.n_kv_heads, rope, 0, true);
            }
        }
        model.linear(&at.qkv, *threads).backward(&a.h1, &tmp.d_qkv, Some(&mut tmp.dh), linear_grad(&at.qkv, grad), &mut tmp.lora);
        model.norm_backward(&at.norm1, &a.x, &tmp.dh, &mut tmp.dx, grad);
    }
    if !plan.embed_frozen {
        embed_backward(model, ws);
    }
}

fn embed_backward(model: &Model, ws: &mut Workspace) {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let Workspace { tmp, pass, grad, .. } = ws;
    if let Some(drop) = pass.dropout {
        kernels::dropout(&mut tmp.dx, drop, 0);
    }
    kernels::embed_backward(&pass.ids, &tmp.dx, d, &mut grad[plan.embed..]);
    if let Some(positions) = plan.positions {
        for (first, n) in pass.spans.iter().copied() {
            kernels::add_positions_backward(&tmp.dx[first * d..][..n * d], d, 0, &mut grad[positions..]);
        }
    }
}
