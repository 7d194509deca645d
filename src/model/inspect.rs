//! One pass over a text, kept to be looked into: attention probabilities, and the residual stream between the blocks read by the output
//! head. Trains nothing, and knows no token's text.

use std::ops::Range;

use super::config::ModelConfig;
use super::pass::{Sequence, run_trunk};
use super::weights::Model;
use super::workspace::Workspace;
use super::{head, layout::Layout};
use crate::kernels::Heads;

/// A pass that is kept; what it holds is let go with it.
pub struct Trace<'a> {
    model: &'a Model,
    ws: &'a mut Workspace,
    n: usize,
}

impl<'a> Trace<'a> {
    /// Runs the trunk over these tokens: at most `max_len`, each below the vocabulary's size.
    pub fn of(model: &'a Model, ids: &[u32], ws: &'a mut Workspace) -> Self {
        let seq = Sequence { ids: ids.to_vec(), targets: Vec::new() };
        run_trunk(model, &[&seq], None, ws, true);
        Self { model, ws, n: ids.len() }
    }

    /// Tokens of the text.
    pub fn len(&self) -> usize {
        self.n
    }

    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Appends (rows, cols) attention probabilities of a head: how much token `i` of `rows` takes from token `j` of `cols`. Made again
    /// from queries, keys and the row's log-sum-exp, p = exp(q·k/√d − lse), as the backward does (Dao et al. 2022).
    pub fn attention(&self, layer: usize, head: usize, rows: Range<usize>, cols: Range<usize>, out: &mut Vec<f32>) {
        let (shape, acts) = (self.model.config.attention(), &self.ws.acts[layer]);
        let heads = |at: usize| Heads { data: &acts.qkv[at..], row_stride: shape.qkv_width(), head_stride: shape.head_dim };
        let (q, k) = (heads(0), heads(shape.q_width()));
        let kv = shape.kv_of(head);
        for i in rows {
            let lse = acts.lse[head * self.n + i];
            let query = q.row(i, head, shape.head_dim);
            for j in cols.clone() {
                let hidden = shape.causal && j > i;
                let score = || query.iter().zip(k.row(j, kv, shape.head_dim)).map(|(q, k)| q * k).sum::<f32>() * shape.scale();
                out.push(if hidden { 0.0 } else { (score() - lse).exp() });
            }
        }
    }

    /// Logits (positions, V) that the output head reads off the residual stream before block `depth`: 0 are the embeddings, the number of
    /// blocks the model's own logits. Between them it is the logit lens (nostalgebraist 2020).
    pub fn logits(&mut self, depth: usize, positions: Range<usize>, out: &mut Vec<f32>) {
        let ws = &mut *self.ws;
        ws.head.rows.clear();
        ws.head.rows.extend(positions);
        let between = depth < self.model.config.n_layers;
        if between {
            std::mem::swap(&mut ws.hidden, &mut ws.acts[depth].x);
        }
        head::logits(self.model, ws, out);
        if between {
            std::mem::swap(&mut ws.hidden, &mut ws.acts[depth].x);
        }
    }
}

impl Drop for Trace<'_> {
    /// A long text's activations of every block are much; one block's are reused by what comes next.
    fn drop(&mut self) {
        self.ws.acts.truncate(1);
        self.ws.acts.shrink_to_fit();
    }
}

impl Model {
    /// The input embedding of every token (V, D).
    pub fn embeddings(&self) -> &[f32] {
        let (config, layout): (&ModelConfig, &Layout) = (&self.config, &self.layout);
        &self.weights[layout.plan.embed..][..config.vocab_size * config.d_model]
    }
}
