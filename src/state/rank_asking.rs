//! Who answers what, and which of the questions that are ready comes next. Draws nothing on the screen and asks no model.

use crate::data::hash::mix;
use crate::data::supervised::Side;
use crate::engine::command::{CheckpointId, DatasetId, Sampling};
use crate::evaluate::{TextKind, texts};
use crate::feedback::{Candidate, Question};

/// Where questions come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asking {
    /// Who answers; the run at hand, if none is named and a live run is under way.
    pub checkpoints: Vec<CheckpointId>,
    /// Dataset whose prompts are used: questions, or labelled rows.
    pub prompts: Option<DatasetId>,
    /// Answers to a prompt, over all models; one alone is judged by thumbs or criteria.
    pub answers: usize,
    pub max_tokens: usize,
    /// Its seed is the one that all draws of the collection begin from.
    pub sampling: Sampling,
    /// Prompts that were typed, one on each line; they go before those of the dataset.
    pub typed: String,
    pub next: AskNext,
    /// The reward model that says where it is unsure.
    pub judge: Option<CheckpointId>,
}

/// Which question comes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AskNext {
    #[default]
    Random,
    /// The one whose answers differ most.
    MostDifferent,
    /// The one whose best two answers a reward model can least tell apart.
    LeastSure,
}

impl AskNext {
    pub const ALL: [Self; 3] = [Self::Random, Self::MostDifferent, Self::LeastSure];

    pub fn label(self) -> &'static str {
        match self {
            Self::Random => "At random",
            Self::MostDifferent => "Most different answers first",
            Self::LeastSure => "Where a reward model is least sure",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Self::Random => "Every question that is ready is as likely as the others: what is learnt holds for all prompts",
            Self::MostDifferent => "Of the questions that are ready, the one whose answers differ most, over all pairs of them",
            Self::LeastSure => {
                "Of the questions that are ready, the one whose best two answers get the closest rewards: there a vote tells the reward model most (margin sampling, Scheffer et al. 2001)"
            }
        }
    }

    /// Questions that should be ready before they are wanted: a choice needs something to choose from.
    pub(super) fn ready(self) -> usize {
        match self {
            Self::Random => 3,
            Self::MostDifferent | Self::LeastSure => 8,
        }
    }
}

/// How much the answers of a question differ, from 0 to 100: 100 less their chrF, over all pairs of them.
pub fn spread(question: &Question) -> f64 {
    let answers: Vec<&str> = question.candidates.iter().map(|candidate| candidate.text.as_str()).collect();
    let pairs = answers.iter().enumerate().flat_map(|(i, a)| answers.iter().skip(i + 1).map(move |b| (*a, *b)));
    let (mut sum, mut n) = (0.0, 0_u32);
    for (a, b) in pairs {
        let likeness = texts(&[a.to_owned()], &[b.to_owned()], TextKind::Translation);
        sum += 100.0 - likeness.headline.value;
        n += 1;
    }
    if n == 0 { 0.0 } else { sum / f64::from(n) }
}

/// How well a reward model tells the best two answers apart: the difference of their rewards.
pub fn margin(rewards: &[f32]) -> f64 {
    let mut sorted: Vec<f64> = rewards.iter().map(|reward| f64::from(*reward)).filter(|reward| reward.is_finite()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    match sorted.as_slice() {
        [best, second, ..] => best - second,
        // One answer alone tells nothing of what is better.
        [_] | [] => f64::INFINITY,
    }
}

/// Places from left to right: an order that follows from who is asked what.
pub(super) fn shuffled(n: usize, id: i64, annotator: &str) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut seed = crate::data::hash::hash128(format!("{annotator}\u{1f}{id}").as_bytes()) as u64;
    for i in (1..n).rev() {
        seed = mix(seed, i as u64);
        order.swap(i, (seed % (i as u64 + 1)) as usize);
    }
    order
}

/// Prompts as they were typed, a line each.
pub(super) fn typed(text: &str) -> impl Iterator<Item = Side> + '_ {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| Side::Text(line.to_owned()))
}

/// At most `most` answers, of every model as many as of the others.
pub(super) fn evenly(candidates: Vec<Candidate>, most: usize) -> Vec<Candidate> {
    let mut by: Vec<(crate::feedback::Origin, std::collections::VecDeque<Candidate>)> = Vec::new();
    for candidate in candidates {
        match by.iter_mut().find(|(origin, _)| *origin == candidate.origin) {
            Some((_, own)) => own.push_back(candidate),
            None => by.push((candidate.origin.clone(), [candidate].into())),
        }
    }
    let mut out = Vec::new();
    while out.len() < most && by.iter().any(|(_, own)| !own.is_empty()) {
        out.extend(by.iter_mut().filter_map(|(_, own)| own.pop_front()));
    }
    out.truncate(most);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::Origin;

    fn question(answers: &[&str]) -> Question {
        let of = |text: &&str| Candidate { text: (*text).to_owned(), origin: Origin::Imported };
        Question { prompt: Side::Text("p".to_owned()), candidates: answers.iter().map(of).collect(), repeats: None }
    }

    #[test]
    fn spread_looks_at_all_pairs_of_answers() {
        assert!(spread(&question(&["the same words", "the same words"])) < 1e-6);
        let two = spread(&question(&["the same words", "quite another"]));
        let three = spread(&question(&["the same words", "the same words", "quite another"]));
        assert!(two > 50.0 && (three - two * 2.0 / 3.0).abs() < 1e-9, "{two} {three}");
        assert!(spread(&question(&["alone"])).abs() < 1e-9);
    }

    #[test]
    fn the_margin_is_that_of_the_best_two() {
        assert!((margin(&[0.1, 2.0, 1.5]) - 0.5).abs() < 1e-6);
        assert!(margin(&[1.0]).is_infinite());
        assert!((margin(&[1.0, f32::NAN, 0.0]) - 1.0).abs() < 1e-9);
    }
}
