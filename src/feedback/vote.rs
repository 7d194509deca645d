//! A question (a prompt and 1–9 answers to it), a person's vote on it, and the preferences in that vote. Knows no file and no model.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::data::supervised::Side;

/// What a person is asked: which answer to a prompt is better, or how good one answer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub prompt: Side,
    /// 2 to 9 to compare, 1 to judge alone, none while a prompt waits for its answers. Their order here is no order of merit, and
    /// not the order in which they are shown.
    pub candidates: Vec<Candidate>,
    /// The question that this one silently asks again, with the sides swapped, to see how far a person agrees with themselves.
    #[serde(default)]
    pub repeats: Option<i64>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    pub text: String,
    pub origin: Origin,
}

/// Where an answer came from; hidden until the vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A file brought it along.
    Imported,
    /// A person wrote it.
    Written,
    /// A checkpoint of this project did.
    Model { checkpoint: i64, name: String },
}

/// How much better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    ALittle,
    Clearly,
    Much,
}

impl Strength {
    pub const ALL: [Self; 3] = [Self::ALittle, Self::Clearly, Self::Much];

    /// As a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::ALittle => "A little better",
            Self::Clearly => "Clearly better",
            Self::Much => "Much better",
        }
    }

    /// What a reward model's margin between the two should at least be (Touvron et al. 2023, section 3.2.2, "margin").
    pub fn margin(self) -> f64 {
        match self {
            Self::ALittle => 1.0 / 3.0,
            Self::Clearly => 2.0 / 3.0,
            Self::Much => 1.0,
        }
    }
}

/// What was said. Lists have an entry for each candidate, in the question's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Rank of each candidate: 1 is the best, and ties share a rank. All the same rank is a tie of all.
    Ranked {
        ranks: Vec<u32>,
        strength: Option<Strength>,
    },
    /// None of them will do.
    AllBad,
    /// Thumb up, thumb down, or nothing.
    Thumbs(Vec<Option<bool>>),
    /// Scores from 1 to 5 by criterion.
    Rated(Vec<BTreeMap<String, u8>>),
    Skipped,
}

/// A person's answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    pub verdict: Verdict,
    /// Candidates' places from left to right, as they were shown.
    pub order: Vec<usize>,
    /// From being shown to being answered.
    pub seconds: f64,
    /// Words or reasons that were put on each candidate.
    #[serde(default)]
    pub tags: Vec<Vec<String>>,
    /// A candidate, mended by hand: a row for supervised fine-tuning.
    #[serde(default)]
    pub edited: Option<(usize, String)>,
    #[serde(default)]
    pub flagged: bool,
    #[serde(default)]
    pub note: String,
}

/// One answer over another, to the same prompt: places of candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preference {
    pub chosen: usize,
    pub rejected: usize,
    pub strength: Option<Strength>,
}

impl Vote {
    /// A bare verdict on candidates shown in the question's order.
    pub fn of(verdict: Verdict, candidates: usize) -> Self {
        Self {
            verdict,
            order: (0..candidates).collect(),
            seconds: 0.0,
            tags: Vec::new(),
            edited: None,
            flagged: false,
            note: String::new(),
        }
    }

    /// Every pair of candidates that the vote puts in an order. Ratings compare by the mean of the criteria that both candidates
    /// have; thumbs by up over down. Ties give nothing.
    pub fn preferences(&self) -> Vec<Preference> {
        match &self.verdict {
            Verdict::Ranked { ranks, strength } => pairs(ranks.len(), |a, b| ranks[a] < ranks[b], *strength),
            Verdict::Thumbs(thumbs) => pairs(thumbs.len(), |a, b| thumbs[a] == Some(true) && thumbs[b] == Some(false), None),
            Verdict::Rated(scores) => pairs(scores.len(), |a, b| lead(&scores[a], &scores[b]) > 0.0, None),
            Verdict::AllBad | Verdict::Skipped => Vec::new(),
        }
    }

    /// All candidates of the verdict are as good as each other.
    pub fn is_tie(&self) -> bool {
        matches!(&self.verdict, Verdict::Ranked { ranks, .. } if ranks.windows(2).all(|pair| pair[0] == pair[1]))
    }
}

fn pairs(n: usize, better: impl Fn(usize, usize) -> bool, strength: Option<Strength>) -> Vec<Preference> {
    let all = (0..n).flat_map(|a| (0..n).map(move |b| (a, b)));
    all.filter(|(a, b)| better(*a, *b)).map(|(chosen, rejected)| Preference { chosen, rejected, strength }).collect()
}

/// Mean of the criteria that both have, of the first less that of the second.
fn lead(a: &BTreeMap<String, u8>, b: &BTreeMap<String, u8>) -> f64 {
    let shared: Vec<f64> = a.iter().filter_map(|(name, a)| Some(f64::from(*a) - f64::from(*b.get(name)?))).collect();
    shared.iter().sum::<f64>() / shared.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(verdict: Verdict, n: usize) -> Vec<(usize, usize)> {
        Vote::of(verdict, n).preferences().iter().map(|p| (p.chosen, p.rejected)).collect()
    }

    #[test]
    fn a_ranking_holds_all_its_pairs_but_ties() {
        let ranked = |ranks: &[u32]| Verdict::Ranked { ranks: ranks.to_vec(), strength: None };
        assert_eq!(found(ranked(&[2, 1]), 2), [(1, 0)]);
        assert_eq!(found(ranked(&[1, 2, 2, 3]), 4), [(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)]);
        assert_eq!(found(ranked(&[1, 1]), 2), []);
        assert!(Vote::of(ranked(&[1, 1, 1]), 3).is_tie() && !Vote::of(ranked(&[1, 1, 2]), 3).is_tie());
    }

    #[test]
    fn thumbs_and_ratings_compare_too() {
        assert_eq!(found(Verdict::Thumbs(vec![Some(true), None, Some(false)]), 3), [(0, 2)]);
        let score = |polite: u8, correct: u8| BTreeMap::from([("polite".to_owned(), polite), ("correct".to_owned(), correct)]);
        assert_eq!(found(Verdict::Rated(vec![score(3, 3), score(5, 2)]), 2), [(1, 0)]);
        assert_eq!(found(Verdict::Rated(vec![score(3, 3), BTreeMap::new()]), 2), [], "nothing to compare by");
        assert_eq!(found(Verdict::AllBad, 2), []);
    }
}
