//! Context distillation: to say without a context what one says with it (Askell et al. 2021, section 2.2; Snell et al. 2022). Knows no model and no thread.
//!
//! The loss is KL(teacher ‖ student) at each token of the teacher's answer. Of the teacher's distribution its likeliest tokens are kept and
//! the rest is one more category, as Askell et al. keep fifty and the rest.

use super::loss::{Group, GroupLoss};
use crate::model::{Scores, Sequence, Target};

/// What the student may give the rest at least: else a rounding would make it infinite.
const LEAST_REST: f64 = 1e-7;

/// The teacher's likeliest tokens at one position: ids, and ln p of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    pub ids: Vec<u32>,
    pub logprobs: Vec<f32>,
}

impl Kept {
    /// The `n` likeliest of a whole distribution (V,).
    pub fn of(logits: &[f32], n: usize) -> Self {
        let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let lse = f64::from(top) + logits.iter().map(|x| f64::from(x - top).exp()).sum::<f64>().ln();
        let mut order: Vec<u32> = (0..logits.len() as u32).collect();
        let logit = |id: &u32| logits.get(*id as usize).copied().unwrap_or(f32::NEG_INFINITY);
        order.sort_by(|a, b| logit(b).total_cmp(&logit(a)).then(a.cmp(b)));
        order.truncate(n);
        let logprobs = order.iter().map(|id| (f64::from(logit(id)) - lse) as f32).collect();
        Self { ids: order, logprobs }
    }
}

/// The student's sequence: prompt and answer, with the kept tokens of each position as targets there, from the prompt's last token on.
/// Returned with ln p of the teacher, target by target, which travels as `Extra::reference`.
pub fn student(prompt: &[u32], answer: &[u32], kept: &[Kept]) -> (Sequence, Vec<f32>) {
    let first = prompt.len().saturating_sub(1) as u32;
    let read = answer.get(..kept.len().saturating_sub(1)).unwrap_or_default();
    let mut sequence = Sequence { ids: [prompt, read].concat(), targets: Vec::new() };
    let mut reference = Vec::new();
    for (one, pos) in kept.iter().zip(first..) {
        sequence.targets.extend(one.ids.iter().map(|id| Target { pos, id: *id }));
        reference.extend(&one.logprobs);
    }
    (sequence, reference)
}

/// Σ over positions of Σ p (ln p − ln q) + r (ln r − ln s), with p and q of the kept tokens, r = 1 − Σ p and s = 1 − Σ q of the rest.
/// The weight is the number of positions.
pub fn distil_loss(group: &Group, scores: &[Scores]) -> GroupLoss {
    let mut out = GroupLoss::default();
    for (i, (sequence, scores)) in group.sequences.iter().zip(scores).enumerate() {
        let extra = group.extra(i);
        let mut slopes = Vec::with_capacity(scores.logprob.len());
        let mut rest: &[Target] = &sequence.targets;
        let mut at = 0;
        while let Some(first) = rest.first() {
            let n = rest.iter().take_while(|target| target.pos == first.pos).count();
            let teacher = extra.reference.get(at..at + n).unwrap_or_default();
            let student = scores.logprob.get(at..at + n).unwrap_or_default();
            out.loss += position(teacher, student, &mut slopes);
            out.weight += 1.0;
            (rest, at) = (rest.get(n..).unwrap_or_default(), at + n);
        }
        out.d_logprob.push(slopes);
    }
    out
}

/// The divergence at one position; its slopes by the student's log-probabilities are appended.
fn position(teacher: &[f32], student: &[f32], slopes: &mut Vec<f32>) -> f64 {
    let (mut loss, mut p_sum, mut q_sum) = (0.0, 0.0, 0.0);
    for (t, s) in teacher.iter().zip(student) {
        let (t, s) = (f64::from(*t), f64::from(*s));
        let p = t.exp();
        loss += p * (t - s);
        p_sum += p;
        q_sum += s.exp();
    }
    let (r, s) = ((1.0 - p_sum).max(0.0), (1.0 - q_sum).max(LEAST_REST));
    if r > 0.0 {
        loss += r * (r.ln() - s.ln());
    }
    slopes.extend(teacher.iter().zip(student).map(|(t, q)| (r / s * f64::from(*q).exp() - f64::from(*t).exp()) as f32));
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Extra;

    fn group(teacher: &[f64]) -> Group {
        let kept = Kept { ids: vec![5, 6], logprobs: teacher.iter().map(|p| p.ln() as f32).collect() };
        let (sequence, reference) = student(&[1, 2], &[5, 9], &[kept.clone(), kept]);
        assert_eq!(sequence.ids, [1, 2, 5], "the answer's last token is only predicted");
        Group { sequences: vec![sequence], extras: vec![Extra { reference, ..Extra::default() }], ..Group::default() }
    }

    fn of(logprobs: &[f32]) -> Vec<Scores> {
        vec![Scores { logprob: logprobs.to_vec(), ..Scores::default() }]
    }

    #[test]
    fn a_student_like_its_teacher_has_nothing_to_learn() {
        let same: Vec<f32> = [0.6_f64, 0.3, 0.6, 0.3].iter().map(|p| p.ln() as f32).collect();
        let loss = distil_loss(&group(&[0.6, 0.3]), &of(&same));
        assert!(loss.loss.abs() < 1e-6 && (loss.weight - 2.0).abs() < 1e-12, "{loss:?}");
        assert!(loss.d_logprob[0].iter().all(|slope| slope.abs() < 1e-6));
    }

    #[test]
    fn slopes_are_those_of_finite_differences() {
        let at = [-1.2_f32, -0.9, -2.0, -0.7];
        let group = group(&[0.6, 0.3]);
        let loss = distil_loss(&group, &of(&at));
        for i in 0..at.len() {
            let moved = |by: f32| {
                let mut at = at;
                at[i] += by;
                distil_loss(&group, &of(&at)).loss
            };
            let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3;
            assert!((slope - f64::from(loss.d_logprob[0][i])).abs() < 1e-3, "{i}: {slope} {:?}", loss.d_logprob);
        }
    }

    #[test]
    fn the_likeliest_are_kept() {
        let kept = Kept::of(&[0.0, 2.0_f32.ln(), 1.0_f32.ln(), 6.0_f32.ln()], 2);
        assert_eq!(kept.ids, [3, 1]);
        assert!((kept.logprobs[0].exp() - 0.6).abs() < 1e-6 && (kept.logprobs[1].exp() - 0.2).abs() < 1e-6);
    }
}
