//! Losses on the outputs of heads that are no language model's: classes, several labels at once, beginnings and ends of answers. Knows no
//! model and no thread.
//!
//! Each gives sums, as `cross_entropy` does; divided by the summed weight they are the means that `transformers` computes.

use super::loss::{Group, GroupLoss};
use super::smooth::softplus;
use crate::model::{Scores, Sequence, Target};

/// A target's bit where the answer begins.
pub const SPAN_START: u32 = 1;
/// A target's bit where the answer ends: at its last token.
pub const SPAN_END: u32 = 2;

/// Softmax cross-entropy of the class `Target::id` at every target: of texts, or of tokens.
///
/// `class_weights` (one for each class, or empty for all 1) weigh each target by its true class; the loss's weight is their sum, so that
/// the step's mean is torch's weighted mean.
pub fn class_cross_entropy(group: &Group, scores: &[Scores], class_weights: &[f32]) -> GroupLoss {
    let mut out = GroupLoss::default();
    for (sequence, scores) in group.sequences.iter().zip(scores) {
        let mut slopes = Vec::with_capacity(scores.outputs.len());
        let width = width(sequence, scores);
        for (target, row) in sequence.targets.iter().zip(scores.outputs.chunks_exact(width)) {
            let class = target.id as usize;
            assert!(class < width, "the label {class} is beyond the {width} classes");
            let weight = class_weights.get(class).map_or(1.0, |w| f64::from(*w));
            let log_p = log_softmax(row.iter().copied());
            out.loss -= weight * log_p[class];
            out.weight += weight;
            slopes.extend(log_p.iter().enumerate().map(|(i, lp)| (weight * (lp.exp() - f64::from(u8::from(i == class)))) as f32));
        }
        out.d_outputs.push(slopes);
    }
    out
}

/// Sigmoid cross-entropy of a text that may have any number of labels: the mean over the labels, summed over texts; the weight counts texts.
///
/// The labels stand in the sequence's targets as `label_targets` lays them.
///
/// `positive_weights` (one for each label, or empty for all 1) weigh a label where it is right, as torch's `pos_weight` does.
pub fn several_labels(group: &Group, scores: &[Scores], positive_weights: &[f32]) -> GroupLoss {
    let mut out = GroupLoss::default();
    for (sequence, scores) in group.sequences.iter().zip(scores) {
        let width = width(sequence, scores);
        let mut slopes = vec![0.0; scores.outputs.len()];
        // Further targets only carry further labels: their outputs are the first one's again.
        for (i, (slope, x)) in slopes.iter_mut().zip(&scores.outputs).take(width).enumerate() {
            let word = sequence.targets.get(i / 32).map_or(0, |target| target.id);
            let (x, label) = (f64::from(*x), f64::from((word >> (i % 32)) & 1));
            let weight = positive_weights.get(i).map_or(1.0, |w| f64::from(*w));
            let p = 1.0 / (1.0 + (-x).exp());
            out.loss += (weight * label * softplus(-x) + (1.0 - label) * softplus(x)) / width as f64;
            *slope = ((weight * label * (p - 1.0) + (1.0 - label) * p) / width as f64) as f32;
        }
        out.weight += f64::from(u8::from(width > 0 && !slopes.is_empty()));
        out.d_outputs.push(slopes);
    }
    out
}

/// The targets of a text with these labels of `n`, at the position that speaks for it: label i is bit i mod 32 of the target i / 32.
pub fn label_targets(pos: u32, labels: &[usize], n: usize) -> Vec<Target> {
    let mut targets = vec![Target { pos, id: 0 }; n.div_ceil(32)];
    for label in labels {
        assert!(*label < n, "the label {label} is beyond the {n} classes");
        targets[label / 32].id |= 1 << (label % 32);
    }
    targets
}

/// Mean of two softmax cross-entropies over a sequence's targets: of where the answer begins (`SPAN_START`) and of where it ends
/// (`SPAN_END`); the weight counts sequences.
///
/// Targets are the positions where an answer may stand, with [CLS], where "no answer" begins and ends. Several starts or ends share the
/// truth evenly; a sequence without either is left out.
pub fn span(group: &Group, scores: &[Scores]) -> GroupLoss {
    let mut out = GroupLoss::default();
    for (sequence, scores) in group.sequences.iter().zip(scores) {
        let mut slopes = vec![0.0; scores.outputs.len()];
        let marked = |bit: u32| sequence.targets.iter().filter(|target| target.id & bit != 0).count();
        if marked(SPAN_START) > 0 && marked(SPAN_END) > 0 {
            for (column, bit) in [SPAN_START, SPAN_END].into_iter().enumerate() {
                let log_p = log_softmax(scores.outputs.iter().copied().skip(column).step_by(2));
                let share = 1.0 / marked(bit) as f64;
                for (i, (target, lp)) in sequence.targets.iter().zip(&log_p).enumerate() {
                    let truth = if target.id & bit == 0 { 0.0 } else { share };
                    out.loss -= 0.5 * truth * lp;
                    slopes[2 * i + column] = (0.5 * (lp.exp() - truth)) as f32;
                }
            }
            out.weight += 1.0;
        }
        out.d_outputs.push(slopes);
    }
    out
}

/// Outputs for each target; 1 where there is none, so that rows can be cut.
fn width(sequence: &Sequence, scores: &Scores) -> usize {
    scores.outputs.len().checked_div(sequence.targets.len()).unwrap_or(1).max(1)
}

fn log_softmax(row: impl Iterator<Item = f32> + Clone) -> Vec<f64> {
    let highest = row.clone().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
    let log_z = highest + row.clone().map(|x| (f64::from(x) - highest).exp()).sum::<f64>().ln();
    row.map(|x| f64::from(x) - log_z).collect()
}
