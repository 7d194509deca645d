//! From votes to what trainers learn from: rankings, pairs, single answers, scores. Knows no model and no token.

use std::collections::BTreeMap;

use super::{Question, Strength, Verdict, Vote, side_text};
use crate::data::supervised::Side;

/// Scores of a thumb up and of a thumb down, where scores are wanted: the ends of the scale.
const UP: f32 = 5.0;
const DOWN: f32 = 1.0;

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

/// What a trainer takes of votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Want {
    Rankings,
    Pairs,
    Single,
    Scores,
}

/// All that votes hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Material {
    pub rankings: Vec<Ranking>,
    pub pairs: Vec<PairOf>,
    pub single: Vec<Single>,
    pub scores: Vec<Scored>,
    /// Votes that give nothing of a kind, by the reason.
    left_out: BTreeMap<(Want, &'static str), usize>,
}

impl Material {
    /// `criterion`: the one that scores are of; none: the mean of all.
    pub fn of(said: &[Said<'_>], criterion: Option<&str>) -> Self {
        let mut out = Self::default();
        for it in said {
            out.compare(it);
            out.like(it);
            out.score(it, criterion);
        }
        out.match_lone(said);
        out
    }

    /// Why votes gave nothing of this kind, as sentences with their number.
    pub fn left_out(&self, want: Want) -> Vec<String> {
        let of_kind = self.left_out.iter().filter(|((kind, _), _)| *kind == want);
        of_kind.map(|((_, why), n)| if *n == 1 { format!("1 vote: {why}") } else { format!("{n} votes: {why}") }).collect()
    }

    fn leave_out(&mut self, want: Want, why: &'static str) {
        *self.left_out.entry((want, why)).or_default() += 1;
    }

    /// Pairs and the ranking of a vote that compares.
    fn compare(&mut self, it: &Said<'_>) {
        let before = (self.pairs.len(), self.rankings.len());
        let n = it.asked.candidates.len();
        let (mut empty, mut same) = (false, false);
        for pair in it.vote.preferences() {
            let (chosen, rejected) = (it.text(pair.chosen), it.text(pair.rejected));
            empty |= chosen.trim().is_empty() || rejected.trim().is_empty();
            same |= chosen == rejected;
            if chosen.trim().is_empty() || rejected.trim().is_empty() || chosen == rejected {
                continue;
            }
            let (question, prompt, margin) = (it.question, it.asked.prompt.clone(), margin(pair.strength));
            self.pairs.push(PairOf { question, prompt, chosen, rejected, margin, weight: 1.0 });
        }
        let unlike = |answers: &[String]| answers.iter().any(|text| Some(text) != answers.first());
        let answers: Vec<String> = (0..n).map(|place| it.text(place)).collect();
        if let Some(ranks) = it.vote.ranks(n).filter(|_| n > 1 && unlike(&answers)) {
            let strength = if let Verdict::Ranked { strength, .. } = &it.vote.verdict { *strength } else { None };
            self.rankings.push(Ranking {
                question: it.question,
                prompt: it.asked.prompt.clone(),
                answers,
                ranks: ranks.iter().map(|rank| *rank as f32).collect(),
                margin: margin(strength),
                weight: 1.0,
            });
        }
        // An answer that was judged alone may still meet another.
        if it.alone().is_some() {
            return;
        }
        let why = match &it.vote.verdict {
            Verdict::Skipped => "it was skipped",
            Verdict::AllBad => "no answer would do, so none is better than another",
            Verdict::Ranked { .. } if it.vote.is_tie() => "a tie, which puts no answer before another",
            _ if empty => "one of the answers is empty",
            _ if same => "the answers are the same",
            Verdict::Ranked { .. } | Verdict::Thumbs(_) | Verdict::Rated(_) => "it puts no answer before another",
        };
        if self.pairs.len() == before.0 {
            self.leave_out(Want::Pairs, why);
        }
        if self.rankings.len() == before.1 {
            self.leave_out(Want::Rankings, why);
        }
    }

    /// Each answer for itself.
    fn like(&mut self, it: &Said<'_>) {
        let before = self.single.len();
        for (place, liked) in it.vote.likes(it.asked.candidates.len()).into_iter().enumerate() {
            let answer = it.text(place);
            if let Some(desirable) = liked.filter(|_| !answer.trim().is_empty()) {
                self.single.push(Single { question: it.question, prompt: it.asked.prompt.clone(), answer, desirable });
            }
        }
        if self.single.len() == before {
            let why = match &it.vote.verdict {
                Verdict::Skipped => "it was skipped",
                Verdict::Ranked { .. } => "a tie, which says of no answer that it is good or bad",
                Verdict::Rated(_) => "the ratings are neither high (4 and more) nor low (2 and less)",
                Verdict::Thumbs(_) | Verdict::AllBad => "no thumb was given, or the answer is empty",
            };
            self.leave_out(Want::Single, why);
        }
    }

    /// Answers with a number.
    fn score(&mut self, it: &Said<'_>, criterion: Option<&str>) {
        let before = self.scores.len();
        let scores: Vec<Option<f32>> = match &it.vote.verdict {
            Verdict::Rated(scores) => {
                let mean = |scores: &BTreeMap<String, u8>| {
                    let asked = scores.iter().filter(|(name, _)| criterion.is_none_or(|wanted| wanted == name.as_str()));
                    let of: Vec<f32> = asked.map(|(_, score)| f32::from(*score)).collect();
                    (!of.is_empty()).then(|| of.iter().sum::<f32>() / of.len() as f32)
                };
                scores.iter().map(mean).collect()
            }
            // A thumb is of no criterion.
            Verdict::Thumbs(thumbs) if criterion.is_none() => {
                thumbs.iter().map(|thumb| thumb.map(|up| if up { UP } else { DOWN })).collect()
            }
            Verdict::Thumbs(_) | Verdict::Ranked { .. } | Verdict::AllBad | Verdict::Skipped => Vec::new(),
        };
        for (place, score) in scores.into_iter().enumerate() {
            if let Some(score) = score {
                let answer = it.text(place);
                self.scores.push(Scored { question: it.question, prompt: it.asked.prompt.clone(), answer, score });
            }
        }
        if self.scores.len() == before {
            let why = match (&it.vote.verdict, criterion) {
                (Verdict::Skipped, _) => "it was skipped",
                (Verdict::Rated(_), Some(_)) => "it rates no answer by that criterion",
                (Verdict::Thumbs(_), Some(_)) => "a thumb is of no criterion",
                _ => "it gives no scores; answers are rated on the Rank page",
            };
            self.leave_out(Want::Scores, why);
        }
    }

    /// Answers that were judged alone, as files without pairs and thumbs do: to the same prompt, a wanted one goes before an unwanted one.
    /// Each meets one other, so that a prompt which stands for all does not give all pairs there are.
    fn match_lone(&mut self, said: &[Said<'_>]) {
        let mut by_prompt: BTreeMap<String, [Vec<&Said<'_>>; 2]> = BTreeMap::new();
        for it in said {
            if let Some(up) = it.alone() {
                by_prompt.entry(side_text(&it.asked.prompt)).or_default()[usize::from(up)].push(it);
            }
        }
        for [down, up] in by_prompt.values() {
            let n = if down.is_empty() || up.is_empty() { 0 } else { down.len().max(up.len()) };
            for (better, worse) in up.iter().cycle().zip(down.iter().cycle()).take(n) {
                let (chosen, rejected) = (better.text(0), worse.text(0));
                if chosen == rejected {
                    continue;
                }
                let (question, prompt) = (better.question, better.asked.prompt.clone());
                let answers = vec![chosen.clone(), rejected.clone()];
                let (ranks, margin, weight) = (vec![1.0, 2.0], 0.0, 1.0);
                self.pairs.push(PairOf { question, prompt: prompt.clone(), chosen, rejected, margin, weight });
                self.rankings.push(Ranking { question, prompt, answers, ranks, margin, weight });
            }
            if n == 0 {
                let why = "an answer judged alone, with no other to its prompt that was judged otherwise";
                for _ in down.iter().chain(up) {
                    self.leave_out(Want::Pairs, why);
                    self.leave_out(Want::Rankings, why);
                }
            }
        }
    }
}

impl Said<'_> {
    fn text(&self, place: usize) -> String {
        self.asked.candidates.get(place).map(|candidate| candidate.text.clone()).unwrap_or_default()
    }

    /// Whether the only answer is wanted, where there is only one and it was judged.
    fn alone(&self) -> Option<bool> {
        if self.asked.candidates.len() != 1 || self.text(0).trim().is_empty() {
            return None;
        }
        self.vote.likes(1).first().copied().flatten()
    }
}

fn margin(strength: Option<Strength>) -> f32 {
    strength.map_or(0.0, |strength| strength.margin() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{Candidate, Origin};

    fn question(prompt: &str, answers: &[&str]) -> Question {
        let of = |text: &&str| Candidate { text: (*text).to_owned(), origin: Origin::Imported };
        Question { prompt: Side::Text(prompt.to_owned()), candidates: answers.iter().map(of).collect(), repeats: None }
    }

    fn material(all: &[(Question, Verdict)], criterion: Option<&str>) -> Material {
        let votes: Vec<Vote> = all.iter().map(|(asked, verdict)| Vote::of(verdict.clone(), asked.candidates.len())).collect();
        let one = |(i, vote): (usize, &Vote)| (i, vote.clone());
        let numbered: Vec<(usize, Vote)> = votes.iter().enumerate().map(one).collect();
        let said: Vec<Said<'_>> =
            numbered.iter().map(|(i, vote)| Said { question: *i as i64, asked: &all[*i].0, annotator: "ann", vote }).collect();
        Material::of(&said, criterion)
    }

    fn singles(it: &Material) -> Vec<(&str, bool)> {
        it.single.iter().map(|one| (one.answer.as_str(), one.desirable)).collect()
    }

    #[test]
    fn thumbs_and_all_bad_give_single_answers() {
        let thumb = |up: bool| Verdict::Thumbs(vec![Some(up)]);
        let it = material(
            &[
                (question("p", &["good"]), thumb(true)),
                (question("q", &["bad"]), thumb(false)),
                (question("r", &["x", "y"]), Verdict::AllBad),
                (question("s", &["a", "b", "c"]), Verdict::Ranked { ranks: vec![2, 1, 3], strength: None }),
                (question("t", &["one", "two"]), Verdict::Skipped),
            ],
            None,
        );
        assert_eq!(singles(&it), [("good", true), ("bad", false), ("x", false), ("y", false), ("b", true), ("c", false)]);
        assert_eq!(it.left_out(Want::Single), ["1 vote: it was skipped"]);
        assert!(it.pairs.iter().all(|pair| pair.question == 3), "no pair from answers to different prompts");
        assert_eq!(it.left_out(Want::Pairs).len(), 3, "{:?}", it.left_out(Want::Pairs));
        assert_eq!(it.scores.iter().map(|one| one.score).collect::<Vec<_>>(), [UP, DOWN]);
    }

    #[test]
    fn answers_judged_alone_meet_at_their_prompt() {
        let thumb = |up: bool| Verdict::Thumbs(vec![Some(up)]);
        let all: Vec<(Question, Verdict)> = [("a", true), ("b", false), ("c", false), ("d", false)]
            .iter()
            .map(|(answer, up)| (question("p", &[answer]), thumb(*up)))
            .collect();
        let it = material(&all, None);
        let pairs: Vec<(&str, &str)> = it.pairs.iter().map(|pair| (pair.chosen.as_str(), pair.rejected.as_str())).collect();
        assert_eq!(pairs, [("a", "b"), ("a", "c"), ("a", "d")]);
        assert_eq!(it.rankings.len(), 3);
        assert!(it.left_out(Want::Pairs).is_empty());
    }

    #[test]
    fn ratings_and_thumbs_on_several_answers_rank_them() {
        let score = |polite: u8| BTreeMap::from([("polite".to_owned(), polite)]);
        let it = material(
            &[
                (question("p", &["a", "b", "c"]), Verdict::Rated(vec![score(2), score(5), score(3)])),
                (question("q", &["a", "b"]), Verdict::Thumbs(vec![Some(false), Some(true)])),
                (question("r", &["a", "b"]), Verdict::Rated(vec![score(3), score(3)])),
            ],
            Some("polite"),
        );
        let ranks: Vec<&[f32]> = it.rankings.iter().map(|it| it.ranks.as_slice()).collect();
        assert_eq!(ranks, [&[3.0, 1.0, 2.0][..], &[2.0, 1.0]]);
        assert_eq!(it.scores.len(), 5);
        assert_eq!(it.left_out(Want::Scores), ["1 vote: a thumb is of no criterion"]);
        assert_eq!(singles(&it), [("a", false), ("b", true), ("a", false), ("b", true)]);
        assert_eq!(it.left_out(Want::Rankings), ["1 vote: it puts no answer before another"]);
    }

    #[test]
    fn same_and_empty_answers_are_left_out_and_told() {
        let ranked = || Verdict::Ranked { ranks: vec![1, 2], strength: None };
        let tie = Verdict::Ranked { ranks: vec![1, 1], strength: None };
        let it = material(
            &[(question("p", &["a", "a"]), ranked()), (question("p", &["a", " "]), ranked()), (question("p", &["a", "b"]), tie)],
            None,
        );
        assert!(it.pairs.is_empty());
        assert_eq!(it.left_out(Want::Pairs).len(), 3);
        assert_eq!(it.rankings.len(), 2, "a tie says something to a reward model");
        assert_eq!(it.left_out(Want::Rankings), ["1 vote: the answers are the same"]);
    }
}
