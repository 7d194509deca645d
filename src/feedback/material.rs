//! From votes to what trainers learn from: rankings, pairs, single answers, scores. Knows no model and no token.

use super::{Question, Verdict, Vote};
use crate::data::supervised::Side;

/// One vote with its question.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub question: i64,
    pub asked: &'a Question,
    pub annotator: &'a str,
    pub vote: &'a Vote,
}

/// Answers to one prompt, with ranks: 1 is the best, ties share one.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    pub question: i64,
    pub prompt: Side,
    pub answers: Vec<String>,
    pub ranks: Vec<f32>,
    pub margin: f32,
    pub weight: f32,
}

/// A better and a worse answer.
#[derive(Clone, Debug, PartialEq)]
pub struct PairOf {
    pub question: i64,
    pub prompt: Side,
    pub chosen: String,
    pub rejected: String,
    pub margin: f32,
    pub weight: f32,
}

/// An answer that is wanted, or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Single {
    pub question: i64,
    pub prompt: Side,
    pub answer: String,
    pub desirable: bool,
}

/// An answer with its mean score.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub question: i64,
    pub prompt: Side,
    pub answer: String,
    pub score: f32,
}

/// What was left out, and what to know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaterialReport {
    pub left_out: Vec<(String, usize)>,
}

impl MaterialReport {
    pub fn sentences(&self) -> Vec<String> {
        self.left_out.iter().map(|(why, n)| format!("{n} × {why}")).collect()
    }
}

/// All that votes hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Material {
    pub rankings: Vec<Ranking>,
    pub pairs: Vec<PairOf>,
    pub single: Vec<Single>,
    pub scores: Vec<Scored>,
    pub report: MaterialReport,
}

impl Material {
    /// `criterion`: the one that scores are of; none: the mean of all.
    pub fn of(said: &[Said<'_>], criterion: Option<&str>) -> Self {
        let mut out = Self::default();
        for it in said {
            let text = |place: usize| it.asked.candidates.get(place).map(|c| c.text.clone()).unwrap_or_default();
            let prompt = || it.asked.prompt.clone();
            let margin = |strength: Option<super::Strength>| strength.map_or(0.0, |s| s.margin() as f32);
            for pair in it.vote.preferences() {
                let (chosen, rejected) = (text(pair.chosen), text(pair.rejected));
                if chosen.trim().is_empty() || rejected.trim().is_empty() || chosen == rejected {
                    continue;
                }
                let (question, weight) = (it.question, 1.0);
                for (answer, desirable) in [(&chosen, true), (&rejected, false)] {
                    out.single.push(Single { question, prompt: prompt(), answer: answer.clone(), desirable });
                }
                out.pairs.push(PairOf { question, prompt: prompt(), chosen, rejected, margin: margin(pair.strength), weight });
            }
            match &it.vote.verdict {
                Verdict::Ranked { ranks, strength } => out.rankings.push(Ranking {
                    question: it.question,
                    prompt: prompt(),
                    answers: (0..ranks.len()).map(text).collect(),
                    ranks: ranks.iter().map(|rank| *rank as f32).collect(),
                    margin: margin(*strength),
                    weight: 1.0,
                }),
                Verdict::Rated(scores) => {
                    for (place, scores) in scores.iter().enumerate() {
                        let of: Vec<f32> = scores
                            .iter()
                            .filter(|(name, _)| criterion.is_none_or(|c| c == name.as_str()))
                            .map(|(_, x)| f32::from(*x))
                            .collect();
                        if !of.is_empty() {
                            let score = of.iter().sum::<f32>() / of.len() as f32;
                            out.scores.push(Scored { question: it.question, prompt: prompt(), answer: text(place), score });
                        }
                    }
                }
                Verdict::AllBad | Verdict::Thumbs(_) | Verdict::Skipped => {}
            }
        }
        out
    }
}
