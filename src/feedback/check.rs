//! Whether a vote can be one on a question: lists as long as its answers, ranks from 1, scores from 1 to 5. Reads nothing.

use super::{Question, Verdict, Vote};

/// Answers of a question at most: each has a number key.
pub const MOST_CANDIDATES: usize = 9;

/// Why a question or a vote cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedbackProblem {
    #[error("there are {0} answers, and {MOST_CANDIDATES} can be compared at most; leave some out")]
    TooMany(usize),
    #[error("there are {said} {what} for {answers} answers; each answer needs one, in their order")]
    Count { what: &'static str, said: usize, answers: usize },
    #[error("ranks begin at 1, for the best; 0 is none")]
    RankZero,
    #[error("the score {score} for {criterion:?} is none; scores go from 1 to 5")]
    Score { criterion: String, score: u8 },
    #[error("the order in which answers were shown names each of them once; it is {0:?}")]
    Order(Vec<usize>),
    #[error("there is no answer number {0} to mend")]
    Edited(usize),
    #[error("the question has no answers yet, so there is nothing to judge; it can only be skipped")]
    NoAnswers,
}

impl Question {
    /// Whether it can be asked.
    pub fn check(&self) -> Result<(), FeedbackProblem> {
        let n = self.candidates.len();
        if n > MOST_CANDIDATES { Err(FeedbackProblem::TooMany(n)) } else { Ok(()) }
    }
}

impl Vote {
    /// Whether it is a vote on a question of so many answers.
    pub fn check(&self, answers: usize) -> Result<(), FeedbackProblem> {
        let count = |what, said| if said == answers { Ok(()) } else { Err(FeedbackProblem::Count { what, said, answers }) };
        if answers == 0 && self.verdict != Verdict::Skipped {
            return Err(FeedbackProblem::NoAnswers);
        }
        match &self.verdict {
            Verdict::Ranked { ranks, .. } => {
                count("ranks", ranks.len())?;
                if ranks.contains(&0) {
                    return Err(FeedbackProblem::RankZero);
                }
            }
            Verdict::Thumbs(thumbs) => count("thumbs", thumbs.len())?,
            Verdict::Rated(scores) => {
                count("ratings", scores.len())?;
                let wrong = scores.iter().flatten().find(|(_, score)| !(1..=5).contains(*score));
                if let Some((criterion, &score)) = wrong {
                    return Err(FeedbackProblem::Score { criterion: criterion.clone(), score });
                }
            }
            Verdict::AllBad | Verdict::Skipped => {}
        }
        if !self.tags.is_empty() {
            count("lists of tags", self.tags.len())?;
        }
        let mut order = self.order.clone();
        order.sort_unstable();
        if !order.iter().copied().eq(0..answers) {
            return Err(FeedbackProblem::Order(self.order.clone()));
        }
        match &self.edited {
            Some((place, _)) if *place >= answers => Err(FeedbackProblem::Edited(*place)),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn votes_that_cannot_be_are_told_apart() {
        let ranked = |ranks: &[u32]| Vote::of(Verdict::Ranked { ranks: ranks.to_vec(), strength: None }, 2);
        assert_eq!(ranked(&[2, 1]).check(2), Ok(()));
        assert_eq!(ranked(&[1]).check(2), Err(FeedbackProblem::Count { what: "ranks", said: 1, answers: 2 }));
        assert_eq!(ranked(&[0, 1]).check(2), Err(FeedbackProblem::RankZero));
        let twice = Vote { order: vec![0, 0], ..ranked(&[1, 2]) };
        assert_eq!(twice.check(2), Err(FeedbackProblem::Order(vec![0, 0])));
        let edited = Vote { edited: Some((2, "x".into())), ..ranked(&[1, 2]) };
        assert_eq!(edited.check(2), Err(FeedbackProblem::Edited(2)));
        let rated = Vote::of(Verdict::Rated(vec![BTreeMap::from([("polite".to_owned(), 6)])]), 1);
        assert!(matches!(rated.check(1), Err(FeedbackProblem::Score { score: 6, .. })));
        assert_eq!(Vote::of(Verdict::AllBad, 0).check(0), Err(FeedbackProblem::NoAnswers));
        assert_eq!(Vote::of(Verdict::Skipped, 0).check(0), Ok(()));
    }
}
