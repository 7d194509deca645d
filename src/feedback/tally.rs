//! Whose answers people voted for, by the checkpoint that wrote them: a win rate of votes that were given blind. Knows no database.

use std::collections::BTreeMap;

use super::{Origin, Said, Verdict};
use crate::evaluate::confidence::{Interval, wilson};

/// Two writers, and who was put before whom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bout {
    /// The newer one's number and name, and the older one's.
    pub own: (i64, String),
    pub other: (i64, String),
    pub wins: u64,
    pub ties: u64,
    pub losses: u64,
}

impl Bout {
    /// Share of the comparisons won, ties by half.
    pub fn rate(&self) -> f64 {
        let n = (self.wins + self.ties + self.losses).max(1) as f64;
        (self.wins as f64 + 0.5 * self.ties as f64) / n
    }

    /// Of the decided ones.
    pub fn interval(&self) -> Option<Interval> {
        wilson(self.wins, self.wins + self.losses)
    }
}

/// All pairs of checkpoints whose answers met in votes; the ones that met most often first.
pub fn tally(said: &[Said<'_>]) -> Vec<Bout> {
    let mut bouts: BTreeMap<(i64, i64), Bout> = BTreeMap::new();
    for it in said {
        let writers: Vec<Option<(i64, &str)>> = it
            .asked
            .candidates
            .iter()
            .map(|candidate| match &candidate.origin {
                Origin::Model { checkpoint, name } => Some((*checkpoint, name.as_str())),
                Origin::Imported | Origin::Written => None,
            })
            .collect();
        let preferences = it.vote.preferences();
        let compares = matches!(it.vote.verdict, Verdict::Ranked { .. } | Verdict::Rated(_) | Verdict::Thumbs(_));
        for a in 0..writers.len() {
            for b in a + 1..writers.len() {
                let (Some(Some(first)), Some(Some(second))) = (writers.get(a), writers.get(b)) else { continue };
                if first.0 == second.0 || !compares {
                    continue;
                }
                let ((own, at), (other, opposite)) =
                    if first.0 > second.0 { ((first, a), (second, b)) } else { ((second, b), (first, a)) };
                let bout = bouts.entry((own.0, other.0)).or_default();
                (bout.own, bout.other) = ((own.0, own.1.to_owned()), (other.0, other.1.to_owned()));
                let beats = |x: usize, y: usize| preferences.iter().any(|pair| pair.chosen == x && pair.rejected == y);
                if beats(at, opposite) {
                    bout.wins += 1;
                } else if beats(opposite, at) {
                    bout.losses += 1;
                } else {
                    bout.ties += 1;
                }
            }
        }
    }
    let mut all: Vec<Bout> = bouts.into_values().collect();
    all.sort_by_key(|bout| std::cmp::Reverse(bout.wins + bout.ties + bout.losses));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::Side;
    use crate::feedback::{Candidate, Question, Vote};

    #[test]
    fn wins_are_counted_by_who_wrote_the_answer() {
        let by = |checkpoint: i64| Origin::Model { checkpoint, name: format!("model {checkpoint}") };
        let candidates =
            |a: i64, b: i64| [(a, "x"), (b, "y")].map(|(id, text)| Candidate { text: text.to_owned(), origin: by(id) }).to_vec();
        let question = |a, b| Question { prompt: Side::Text("p".into()), candidates: candidates(a, b), repeats: None };
        let (new_first, old_first, same) = (question(7, 3), question(3, 7), question(3, 3));
        let ranked = |ranks: [u32; 2]| Vote::of(Verdict::Ranked { ranks: ranks.to_vec(), strength: None }, 2);
        let (first, second, tie) = (ranked([1, 2]), ranked([2, 1]), ranked([1, 1]));
        let skip = Vote::of(Verdict::Skipped, 2);
        let say = |asked, vote| Said { question: 1, asked, annotator: "ann", vote };
        let said = [
            say(&new_first, &first),
            say(&old_first, &second),
            say(&old_first, &first),
            say(&new_first, &tie),
            say(&same, &first),
            say(&new_first, &skip),
        ];
        let found = tally(&said);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].own.0, found[0].wins, found[0].ties, found[0].losses), (7, 2, 1, 1));
        assert!((found[0].rate() - 0.625).abs() < 1e-12);
    }
}
