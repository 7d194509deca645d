//! The encoder: BERT exactly. Post-norm blocks that see both sides, forward down and backward up.
//!
//! Left out: dropout on attention probabilities, and token types other than 0.

use crate::kernels;

use super::block::{add_linear, attention, attention_backward, branch_gradient, linear_grad, sites};
use super::weights::Model;
use super::workspace::{Acts, Workspace};

/// `ws.pass` → `ws.hidden` (N, D). With `keep`, every block keeps what the backward needs.
pub(super) fn forward(model: &Model, ws: &mut Workspace, keep: bool) {
    embed(model, ws);
    let n = ws.pass.ids.len();
    ws.acts.resize_with(ws.acts.len().max(if keep { model.config.n_layers } else { 1 }), Acts::default);
    for (layer, at) in model.layout.plan.blocks.iter().enumerate() {
        let Workspace { acts, hidden, tmp, pass, threads, .. } = ws;
        let a = &mut acts[if keep { layer } else { 0 }];
        a.fit(&model.config, n);
        std::mem::swap(&mut a.x, hidden);
        let (site1, site2) = sites(layer);

        // x₁ = norm(x + out(attention(qkv(x))))
        model.linear(&at.qkv, *threads).forward(&a.x, &mut a.qkv, false, &mut tmp.lora);
        attention(model, pass, a, &mut tmp.attention);
        a.h1.copy_from_slice(&a.x);
        add_linear(model, &at.out, &a.o, &mut a.h1, pass, site1, (&mut tmp.d_branch, &mut tmp.lora, *threads));
        model.norm(&at.norm1, &a.h1, &mut a.x1);

        // hidden = norm(x₁ + down(act(up(x₁))))
        model.linear(&at.up, *threads).forward(&a.x1, &mut a.up, false, &mut tmp.lora);
        model.activation(&a.up, &mut a.act);
        a.h2.copy_from_slice(&a.x1);
        add_linear(model, &at.down, &a.act, &mut a.h2, pass, site2, (&mut tmp.d_branch, &mut tmp.lora, *threads));
        hidden.resize(n * model.config.d_model, 0.0);
        model.norm(&at.norm2, &a.h2, hidden);
    }
}

fn embed(model: &Model, ws: &mut Workspace) {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let Workspace { pass, embedded, hidden, .. } = ws;
    let sum = if plan.embed_norm.is_some() { &mut *embedded } else { &mut *hidden };
    sum.resize(pass.ids.len() * d, 0.0);
    kernels::embed(&pass.ids, &model.weights[plan.embed..], d, sum);
    if let Some(positions) = plan.positions {
        for (first, n) in pass.spans.iter().copied() {
            kernels::add_positions(&mut sum[first * d..][..n * d], &model.weights[positions..], d, 0);
        }
    }
    if let Some(types) = plan.types {
        kernels::add_row(sum, &model.weights[types..][..d]);
    }
    if let Some(norm) = &plan.embed_norm {
        hidden.resize(pass.ids.len() * d, 0.0);
        model.norm(norm, embedded, hidden);
    }
    if let Some(drop) = pass.dropout {
        kernels::dropout(hidden, drop, 0);
    }
}

/// From `ws.tmp.dx`, the gradient of `hidden`, down to the embeddings; adds into `ws.grad`.
pub(super) fn backward(model: &Model, ws: &mut Workspace) {
    let plan = &model.layout.plan;
    for (layer, at) in plan.blocks.iter().enumerate().skip(plan.lowest).rev() {
        let Workspace { acts, tmp, pass, grad, threads, .. } = ws;
        let a = &mut acts[layer];
        let (site1, site2) = sites(layer);

        // hidden = norm(x₁ + down(act(up(x₁))))
        through_norm(model, &at.norm2, &a.h2, tmp, grad);
        let d_out = branch_gradient(&tmp.dx, &mut tmp.d_branch, pass, site2);
        model.linear(&at.down, *threads).backward(
            &a.act,
            d_out,
            Some(&mut tmp.d_act),
            linear_grad(&at.down, grad),
            &mut tmp.lora,
        );
        let d_up = model.activation_backward(&mut a.up, &mut tmp.d_act);
        model.linear(&at.up, *threads).backward(&a.x1, d_up, Some(&mut tmp.dh), linear_grad(&at.up, grad), &mut tmp.lora);
        kernels::add_assign(&mut tmp.dx, &tmp.dh);

        // x₁ = norm(x + out(attention(qkv(x))))
        through_norm(model, &at.norm1, &a.h1, tmp, grad);
        let d_out = branch_gradient(&tmp.dx, &mut tmp.d_branch, pass, site1);
        model.linear(&at.out, *threads).backward(&a.o, d_out, Some(&mut tmp.d_o), linear_grad(&at.out, grad), &mut tmp.lora);
        attention_backward(model, pass, a, &tmp.d_o, &mut tmp.d_qkv, &mut tmp.attention);
        model.linear(&at.qkv, *threads).backward(&a.x, &tmp.d_qkv, Some(&mut tmp.dh), linear_grad(&at.qkv, grad), &mut tmp.lora);
        kernels::add_assign(&mut tmp.dx, &tmp.dh);
    }
    if !plan.embed_frozen {
        embed_backward(model, ws);
    }
}

/// `tmp.dx` becomes the gradient of the norm's input.
fn through_norm(model: &Model, at: &super::layout::NormAt, x: &[f32], tmp: &mut super::workspace::Scratch, grad: &mut [f32]) {
    std::mem::swap(&mut tmp.dx, &mut tmp.dh);
    tmp.dx.clear();
    tmp.dx.resize(tmp.dh.len(), 0.0);
    model.norm_backward(at, x, &tmp.dh, &mut tmp.dx, grad);
}

fn embed_backward(model: &Model, ws: &mut Workspace) {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let Workspace { tmp, pass, grad, embedded, .. } = ws;
    if let Some(drop) = pass.dropout {
        kernels::dropout(&mut tmp.dx, drop, 0);
    }
    if let Some(norm) = &plan.embed_norm {
        through_norm(model, norm, embedded, tmp, grad);
    }
    kernels::embed_backward(&pass.ids, &tmp.dx, d, &mut grad[plan.embed..]);
    if let Some(positions) = plan.positions {
        for (first, n) in pass.spans.iter().copied() {
            kernels::add_positions_backward(&tmp.dx[first * d..][..n * d], d, 0, &mut grad[positions..]);
        }
    }
    if let Some(types) = plan.types {
        kernels::add_row_backward(&tmp.dx, &mut grad[types..][..d]);
    }
}
