//! The model as one differentiable function: sequences in, log-probability and entropy of their targets out, and back.

use crate::kernels::Dropout;

use super::config::{Head, ModelConfig};
use super::weights::Model;
use super::workspace::Workspace;
use super::{class_head, decoder, encoder, head};

/// The hidden state at `pos` predicts `id`: a token, or for other heads a label, which only the loss reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub pos: u32,
    pub id: u32,
}

/// What goes in: tokens, and which positions predict what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// Below the vocabulary's size; at most `max_len` of them.
    pub ids: Vec<u32>,
    pub targets: Vec<Target>,
}

impl Sequence {
    /// Every token but the first is predicted by the one before it.
    pub fn causal(ids: Vec<u32>) -> Self {
        let targets = ids.iter().skip(1).zip(0..).map(|(id, pos)| Target { pos, id: *id }).collect();
        Self { ids, targets }
    }
}

/// What comes out, target by target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// ln p(id), in nats.
    pub logprob: Vec<f32>,
    /// Of the distribution over the vocabulary, in nats.
    pub entropy: Vec<f32>,
    /// Of heads that are no language model's, which have nothing of the above: rows of `Head::n_outputs` raw numbers. Beside a language
    /// model's, the values where it has a value head.
    pub outputs: Vec<f32>,
}

/// Scores of one sequence; `ws` keeps what `backward` needs.
pub fn forward(model: &Model, seq: &Sequence, dropout: Option<Dropout>, ws: &mut Workspace) -> Scores {
    forward_group(model, &[seq], dropout, ws)
}

/// Scores of several sequences together, sequence after sequence. One product serves them all, each attends to itself alone.
pub fn forward_group(model: &Model, seqs: &[&Sequence], dropout: Option<Dropout>, ws: &mut Workspace) -> Scores {
    run_trunk(model, seqs, dropout.filter(|drop| drop.p > 0.0), ws, true);
    scores(model, ws)
}

/// Scores without keeping anything: evaluation.
pub fn score(model: &Model, seq: &Sequence, ws: &mut Workspace) -> Scores {
    score_group(model, &[seq], ws)
}

/// As `score`, of several sequences.
pub fn score_group(model: &Model, seqs: &[&Sequence], ws: &mut Workspace) -> Scores {
    run_trunk(model, seqs, None, ws, false);
    scores(model, ws)
}

fn scores(model: &Model, ws: &mut Workspace) -> Scores {
    match model.config.head {
        Head::Lm => head::forward(model, ws),
        Head::SequenceClass { .. } | Head::TokenClass { .. } | Head::Span | Head::Reward => class_head::forward(model, ws),
    }
}

/// From d loss / d log-probability of each target (and / d entropy, or an empty slice): adds d loss / d weights to `ws.grad`.
///
/// Follows the `forward` of the same sequence, once: `ws` keeps that pass's activations and this uses them up.
pub fn backward(model: &Model, seq: &Sequence, d_logprob: &[f32], d_entropy: &[f32], ws: &mut Workspace) {
    assert!(ws.pass.ids == seq.ids, "the backward of another sequence than the last forward's");
    backward_group(model, d_logprob, d_entropy, &[], ws);
}

/// As `backward`, of the last `forward_group`. `d_outputs` are the slopes of `Scores::outputs`, for the heads that have them (empty: none
/// are wanted of the values); the other two are the language model's.
pub fn backward_group(model: &Model, d_logprob: &[f32], d_entropy: &[f32], d_outputs: &[f32], ws: &mut Workspace) {
    if ws.grad.len() != model.layout.len {
        // Fresh pages: what is frozen is never touched and takes no memory.
        ws.grad = vec![0.0; model.layout.len];
    }
    ws.tmp.fit(&model.config, ws.pass.ids.len());
    match model.config.head {
        Head::Lm => head::backward(model, d_logprob, d_entropy, d_outputs, ws),
        Head::SequenceClass { .. } | Head::TokenClass { .. } | Head::Span | Head::Reward => {
            class_head::backward(model, d_outputs, ws);
        }
    }
    if model.config.arch.is_causal() {
        decoder::backward(model, ws);
    } else {
        encoder::backward(model, ws);
    }
}

/// Logits (positions, V) at these positions.
pub fn logits_at(model: &Model, ids: &[u32], positions: &[usize], ws: &mut Workspace) -> Vec<f32> {
    let seq = Sequence { ids: ids.to_vec(), targets: Vec::new() };
    run_trunk(model, &[&seq], None, ws, false);
    ws.head.rows = positions.to_vec();
    let mut out = Vec::new();
    head::logits(model, ws, &mut out);
    out
}

/// The last hidden state, behind the final norm, averaged over the tokens: (D,). How texts are compared by what they say.
pub fn mean_hidden(model: &Model, ids: &[u32], ws: &mut Workspace) -> Vec<f32> {
    let seq = Sequence { ids: ids.to_vec(), targets: Vec::new() };
    run_trunk(model, &[&seq], None, ws, false);
    let d = model.config.d_model;
    let mut states = ws.hidden.clone();
    if let Some(norm) = &model.layout.plan.final_norm {
        model.norm(norm, &ws.hidden, &mut states);
    }
    let mut mean = vec![0.0; d];
    for state in states.chunks_exact(d) {
        for (sum, x) in mean.iter_mut().zip(state) {
            *sum += x;
        }
    }
    for sum in &mut mean {
        *sum /= ids.len().max(1) as f32;
    }
    mean
}

/// What an encoder expects at these positions: logits (positions, V).
pub fn mask_logits(model: &Model, ids: &[u32], positions: &[usize], ws: &mut Workspace) -> Vec<f32> {
    logits_at(model, ids, positions, ws)
}

pub(super) fn run_trunk(model: &Model, seqs: &[&Sequence], dropout: Option<Dropout>, ws: &mut Workspace, keep: bool) {
    plan_pass(&model.config, seqs, dropout, ws);
    if model.config.arch.is_causal() {
        decoder::forward(model, ws, keep);
    } else {
        encoder::forward(model, ws, keep);
    }
}

/// Lays the sequences end to end and notes where each starts.
fn plan_pass(config: &ModelConfig, seqs: &[&Sequence], dropout: Option<Dropout>, ws: &mut Workspace) {
    let (pass, head) = (&mut ws.pass, &mut ws.head);
    pass.dropout = dropout;
    pass.ids.clear();
    pass.spans.clear();
    head.rows.clear();
    head.ids.clear();
    for seq in seqs {
        let first = pass.ids.len();
        assert!(
            seq.ids.len() <= config.max_len,
            "a sequence of {} tokens does not fit a context of {}",
            seq.ids.len(),
            config.max_len
        );
        pass.spans.push((first, seq.ids.len()));
        pass.ids.extend_from_slice(&seq.ids);
        for target in &seq.targets {
            assert!((target.pos as usize) < seq.ids.len(), "a target stands outside its sequence");
            head.rows.push(first + target.pos as usize);
            head.ids.push(target.id);
        }
    }
    let longest = pass.spans.iter().map(|(_, n)| *n).max().unwrap_or(0);
    ws.rope.grow(longest);
}
