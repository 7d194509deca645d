//! What a single verdict says of each answer, whatever its kind: wanted or not, and in which order. Knows no prompt and no model.

use super::{Verdict, Vote};

impl Vote {
    /// Whether each answer is wanted: thumbs as they are; of a ranking the best and the worst; of ratings means from 4 on and up to 2; none
    /// where all are bad.
    pub fn likes(&self, answers: usize) -> Vec<Option<bool>> {
        match &self.verdict {
            Verdict::Thumbs(thumbs) => thumbs.clone(),
            Verdict::AllBad => vec![Some(false); answers],
            Verdict::Skipped => Vec::new(),
            Verdict::Ranked { ranks, .. } => {
                let (best, worst) = (ranks.iter().min(), ranks.iter().max());
                let one = |rank: &u32| if best == worst { None } else { edge(Some(rank) == best, Some(rank) == worst) };
                ranks.iter().map(one).collect()
            }
            Verdict::Rated(scores) => {
                let mean = |scores: &std::collections::BTreeMap<String, u8>| {
                    let sum: f64 = scores.values().map(|&score| f64::from(score)).sum();
                    sum / scores.len() as f64
                };
                scores.iter().map(|scores| edge(mean(scores) >= 4.0, mean(scores) <= 2.0)).collect()
            }
        }
    }

    /// Ranks that the vote gives all answers, 1 for the best; none if it compares nothing.
    pub fn ranks(&self, answers: usize) -> Option<Vec<u32>> {
        match &self.verdict {
            Verdict::Ranked { ranks, .. } => Some(ranks.clone()),
            Verdict::Thumbs(_) | Verdict::Rated(_) => {
                let pairs = self.preferences();
                let worse_than = |i: usize| pairs.iter().filter(|pair| pair.rejected == i).count() as u32;
                (!pairs.is_empty()).then(|| (0..answers).map(|i| 1 + worse_than(i)).collect())
            }
            Verdict::AllBad | Verdict::Skipped => None,
        }
    }
}

fn edge(good: bool, bad: bool) -> Option<bool> {
    if good { Some(true) } else { bad.then_some(false) }
}
