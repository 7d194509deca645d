//! What the last steps saw, token by token, for a person to look at. Knows no tokenizer.

use std::collections::VecDeque;

use super::pool::GroupResult;
use crate::engine::event::{BatchToken, BatchView};
use crate::model::Sequence;

/// Steps kept.
const STEPS: usize = 64;
/// Tokens kept at most (about 16 bytes each), for large batches.
const TOKENS: usize = 2 << 20;

/// Batches of recent steps, oldest first.
#[derive(Default)]
pub struct History {
    steps: VecDeque<Record>,
}

struct Record {
    step: u64,
    sequences: Vec<(Sequence, Vec<f32>)>,
    tokens: usize,
}

/// How a trainer's sequences are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A position's target is the token after it.
    Next,
    /// A position's target is what stands there, hidden.
    Hidden,
    /// Targets are no tokens: the sequence is shown as it was read.
    Alone,
}

impl History {
    /// Keeps the groups of a finished step.
    pub fn push(&mut self, step: u64, groups: Vec<GroupResult>) {
        let sequences: Vec<_> = groups.into_iter().flat_map(|g| g.group.sequences.into_iter().zip(g.logprob)).collect();
        let tokens = sequences.iter().map(|(s, _)| s.ids.len()).sum();
        self.steps.push_back(Record { step, sequences, tokens });
        while self.steps.len() > STEPS || (self.steps.len() > 1 && self.tokens() > TOKENS) {
            self.steps.pop_front();
        }
    }

    pub fn clear(&mut self) {
        self.steps.clear();
    }

    /// What the model saw in a step; none if it is too long ago. `text` gives a token's looks, `eos` marks document borders.
    pub fn view(&self, step: u64, reading: Reading, eos: Option<u32>, text: &dyn Fn(u32) -> String) -> Option<BatchView> {
        let record = self.steps.iter().find(|r| r.step == step)?;
        let token = |id: u32, loss: Option<f32>, shown: Option<u32>| BatchToken {
            id,
            text: text(id),
            loss,
            shown_as: shown.map(text),
            border: Some(id) == eos,
        };
        let sequences = record.sequences.iter().map(|(sequence, logprob)| match reading {
            Reading::Next => next_tokens(sequence, logprob, token),
            Reading::Hidden => hidden_tokens(sequence, logprob, token),
            Reading::Alone => sequence.ids.iter().map(|id| token(*id, None, None)).collect(),
        });
        Some(BatchView { step, sequences: sequences.collect() })
    }

    fn tokens(&self) -> usize {
        self.steps.iter().map(|r| r.tokens).sum()
    }
}

fn next_tokens(
    sequence: &Sequence,
    logprob: &[f32],
    token: impl Fn(u32, Option<f32>, Option<u32>) -> BatchToken,
) -> Vec<BatchToken> {
    let mut out: Vec<BatchToken> = sequence.ids.iter().map(|id| token(*id, None, None)).collect();
    for (target, lp) in sequence.targets.iter().zip(logprob) {
        let place = target.pos as usize + 1;
        // The last position predicts a token that is not shown to the model.
        if place == out.len() {
            out.push(token(target.id, Some(-lp), None));
        } else if let Some(seen) = out.get_mut(place) {
            seen.loss = Some(-lp);
        }
    }
    out
}

fn hidden_tokens(
    sequence: &Sequence,
    logprob: &[f32],
    token: impl Fn(u32, Option<f32>, Option<u32>) -> BatchToken,
) -> Vec<BatchToken> {
    let mut out: Vec<BatchToken> = sequence.ids.iter().map(|id| token(*id, None, None)).collect();
    for (target, lp) in sequence.targets.iter().zip(logprob) {
        let shown = sequence.ids.get(target.pos as usize).copied();
        if let Some(place) = out.get_mut(target.pos as usize) {
            *place = token(target.id, Some(-lp), shown);
        }
    }
    out
}
