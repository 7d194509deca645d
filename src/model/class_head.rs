//! Heads that give a few numbers for each target (classes, beginnings and ends of answers, a reward): forward and backward. Knows no trunk and no loss.
//!
//! A decoder's final norm, or an encoder's pooler, and one linear layer. Dropout stands before that layer.

use crate::kernels;

use super::block::{linear_grad, sites};
use super::pass::Scores;
use super::weights::Model;
use super::workspace::Workspace;

/// `ws.hidden` at the targets' rows → `outputs` (n, `n_outputs`).
pub(super) fn forward(model: &Model, ws: &mut Workspace) -> Scores {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let Workspace { head, hidden, tmp, pass, threads, .. } = ws;
    head.x.clear();
    for row in &head.rows {
        head.x.extend_from_slice(&hidden[row * d..][..d]);
    }
    let size = head.x.len();
    head.h.resize(size, 0.0);
    if let Some(pooler) = &plan.pooler {
        head.act.resize(size, 0.0);
        model.linear(pooler, *threads).forward(&head.x, &mut head.h, false, &mut tmp.lora);
        kernels::tanh(&head.h, &mut head.act);
        head.h.copy_from_slice(&head.act);
    } else if let Some(norm) = &plan.final_norm {
        model.norm(norm, &head.x, &mut head.h);
    } else {
        head.h.copy_from_slice(&head.x);
    }
    if let Some(drop) = pass.dropout {
        kernels::dropout(&mut head.h, drop, site(model));
    }
    let mut outputs = vec![0.0; head.rows.len() * plan.output.n_out];
    model.linear(&plan.output, *threads).forward(&head.h, &mut outputs, false, &mut tmp.lora);
    Scores { outputs, ..Scores::default() }
}

/// From d loss / d outputs (n, `n_outputs`): the head's gradients, and `ws.tmp.dx` (N, D).
pub(super) fn backward(model: &Model, d_outputs: &[f32], ws: &mut Workspace) {
    let (d, plan) = (model.config.d_model, &model.layout.plan);
    let Workspace { head, tmp, pass, grad, threads, .. } = ws;
    assert!(d_outputs.len() == head.rows.len() * plan.output.n_out, "the slopes do not fit the last forward's outputs");
    head.dh.resize(head.x.len(), 0.0);
    let output = model.linear(&plan.output, *threads);
    output.backward(&head.h, d_outputs, Some(&mut head.dh), linear_grad(&plan.output, grad), &mut tmp.lora);
    if let Some(drop) = pass.dropout {
        kernels::dropout(&mut head.dh, drop, site(model));
    }
    head.dx.clear();
    head.dx.resize(head.x.len(), 0.0);
    if let Some(pooler) = &plan.pooler {
        kernels::tanh_backward(&head.act, &mut head.dh);
        let linear = model.linear(pooler, *threads);
        linear.backward(&head.x, &head.dh, Some(&mut head.dx), linear_grad(pooler, grad), &mut tmp.lora);
    } else if let Some(norm) = &plan.final_norm {
        model.norm_backward(norm, &head.x, &head.dh, &mut head.dx, grad);
    } else {
        std::mem::swap(&mut head.dx, &mut head.dh);
    }
    for (row, dx) in head.rows.iter().zip(head.dx.chunks_exact(d)) {
        kernels::add_assign(&mut tmp.dx[row * d..][..d], dx);
    }
}

/// The head's place among the draws of dropout: after the last block's.
fn site(model: &Model) -> u32 {
    sites(model.config.n_layers).0 as u32
}
