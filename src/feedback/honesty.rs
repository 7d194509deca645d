//! How far votes can be trusted: agreement between people and with oneself, bias of place and length, speed, contradictions. Knows no database.

use std::collections::{BTreeMap, BTreeSet};

use super::{Bout, Said, Verdict, side_text, tally};
use crate::evaluate::{Scale, Weights, cohen_kappa, confidence::Interval, confidence::wilson, krippendorff_alpha};

/// Pairs below which little can be learnt.
const FEW: usize = 20;
/// Contradictions that are told.
const MOST_CYCLES: usize = 5;

/// What votes say of themselves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Honesty {
    pub votes: usize,
    /// Of two answers, one put before the other.
    pub decided: usize,
    pub ties: usize,
    pub all_bad: usize,
    pub skipped: usize,
    /// Share of decided votes won by the answer on the left, with its interval; a half is fair.
    pub left: Option<(f64, Interval)>,
    /// Share won by the longer answer, of those of different length.
    pub longer: Option<(f64, Interval)>,
    /// Seconds a vote, in the middle.
    pub median_s: Option<f64>,
    /// Questions asked twice, and how often the same was said.
    pub repeats: (usize, usize),
    /// People who voted on the same questions: Cohen's κ of two, Krippendorff's α of more; None where nobody shared one.
    pub kappa: Option<f64>,
    pub alpha: Option<f64>,
    /// Questions that at least two people answered.
    pub shared: usize,
    /// Answers to one prompt that beat each other in a circle.
    pub cycles: Vec<String>,
    /// Which checkpoint's answers won how often.
    pub bouts: Vec<Bout>,
}

/// Looks at all votes; `seconds` stand in them.
pub fn honesty(said: &[Said<'_>]) -> Honesty {
    let mut out = Honesty { votes: said.len(), ..Honesty::default() };
    let (mut left, mut longer, mut of_length) = (0_u64, 0_u64, 0_u64);
    let mut seconds: Vec<f64> = Vec::new();
    for it in said {
        match &it.vote.verdict {
            Verdict::AllBad => out.all_bad += 1,
            Verdict::Skipped => out.skipped += 1,
            Verdict::Ranked { .. } if it.vote.is_tie() => out.ties += 1,
            Verdict::Ranked { .. } | Verdict::Thumbs(_) | Verdict::Rated(_) => {}
        }
        if it.vote.seconds > 0.0 && it.vote.verdict != Verdict::Skipped {
            seconds.push(it.vote.seconds);
        }
        let Some(winner) = winner(it) else { continue };
        out.decided += 1;
        left += u64::from(it.vote.order.first() == Some(&winner));
        let length = |place: usize| it.asked.candidates.get(place).map_or(0, |c| c.text.chars().count());
        if length(0) != length(1) {
            of_length += 1;
            longer += u64::from(length(winner) > length(1 - winner));
        }
    }
    let share = |hits: u64, n: u64| wilson(hits, n).map(|interval| (hits as f64 / n as f64, interval));
    out.left = share(left, out.decided as u64);
    out.longer = share(longer, of_length);
    seconds.sort_by(f64::total_cmp);
    out.median_s = seconds.get(seconds.len() / 2).copied();
    out.repeats = repeats(said);
    (out.kappa, out.alpha, out.shared) = agreement(said);
    out.cycles = cycles(said);
    out.bouts = tally(said);
    out
}

impl Honesty {
    /// What somebody should know before they train on the votes.
    pub fn warnings(&self) -> Vec<String> {
        let mut out = Vec::new();
        if self.decided < FEW {
            out.push(format!("{} decided votes are few; with {FEW} and more something can be learnt", self.decided));
        }
        if let Some((share, interval)) = &self.left
            && self.decided >= FEW
            && (interval.low > 0.5 || interval.high < 0.5)
        {
            let side = if *share > 0.5 { "left" } else { "right" };
            out.push(format!(
                "The {side} answer wins {:.0} % of the votes, more than chance allows: read both sides",
                100.0 * share.max(1.0 - share)
            ));
        }
        if let Some((share, interval)) = &self.longer
            && interval.low > 0.6
        {
            out.push(format!("The longer answer wins {:.0} % of the votes; a model may learn length alone", 100.0 * share));
        }
        if self.repeats.0 >= 5 && self.repeats.1 * 2 <= self.repeats.0 {
            out.push(format!(
                "Asked again, {} of {} votes came out the same: the question may be too hard to call",
                self.repeats.1, self.repeats.0
            ));
        }
        out.extend(self.cycles.iter().map(|cycle| format!("Answers beat each other in a circle: {cycle}")));
        out
    }
}

/// The better one of two.
fn winner(it: &Said<'_>) -> Option<usize> {
    if it.asked.candidates.len() != 2 {
        return None;
    }
    it.vote.preferences().first().map(|pair| pair.chosen)
}

/// What was said of two answers, whatever their places: 0 the first by its text, 1 the other, 2 neither.
fn outcome(it: &Said<'_>) -> Option<usize> {
    let [a, b] = it.asked.candidates.as_slice() else { return None };
    if matches!(it.vote.verdict, Verdict::Skipped) {
        return None;
    }
    let Some(winner) = winner(it) else { return Some(2) };
    let first_wins = (winner == 0) == (a.text <= b.text);
    Some(usize::from(!first_wins))
}

/// Questions that the same person was asked twice, and how often they said the same.
fn repeats(said: &[Said<'_>]) -> (usize, usize) {
    let of: BTreeMap<(i64, &str), usize> =
        said.iter().filter_map(|it| Some(((it.question, it.annotator), outcome(it)?))).collect();
    let pairs = said.iter().filter_map(|it| Some((of.get(&(it.asked.repeats?, it.annotator))?, outcome(it)?)));
    pairs.fold((0, 0), |(n, same), (first, second)| (n + 1, same + usize::from(*first == second)))
}

fn agreement(said: &[Said<'_>]) -> (Option<f64>, Option<f64>, usize) {
    let people: Vec<&str> = said.iter().map(|it| it.annotator).collect::<BTreeSet<_>>().into_iter().collect();
    let mut table: BTreeMap<i64, BTreeMap<&str, usize>> = BTreeMap::new();
    for it in said {
        if let Some(outcome) = outcome(it) {
            table.entry(it.question).or_default().insert(it.annotator, outcome);
        }
    }
    let shared: Vec<&BTreeMap<&str, usize>> = table.values().filter(|row| row.len() > 1).collect();
    if shared.is_empty() {
        return (None, None, 0);
    }
    let words = |who: &str| shared.iter().map(|row| row.get(who).map(|outcome| *outcome as f64)).collect::<Vec<_>>();
    let alpha = krippendorff_alpha(&people.iter().map(|who| words(who)).collect::<Vec<_>>(), Scale::Nominal);
    let kappa = if let [a, b] = people.as_slice() {
        let both: Vec<(usize, usize)> = shared.iter().filter_map(|row| Some((*row.get(a)?, *row.get(b)?))).collect();
        let (a, b): (Vec<usize>, Vec<usize>) = both.into_iter().unzip();
        cohen_kappa(&a, &b, Weights::None)
    } else {
        None
    };
    (kappa, alpha, shared.len())
}

/// a before b before c before a, of answers to one prompt.
fn cycles(said: &[Said<'_>]) -> Vec<String> {
    let mut beats: BTreeMap<String, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for it in said {
        let text = |place: usize| it.asked.candidates.get(place).map_or("", |c| c.text.as_str());
        let all = beats.entry(side_text(&it.asked.prompt)).or_default();
        all.extend(it.vote.preferences().iter().map(|pair| (text(pair.chosen), text(pair.rejected))));
    }
    let mut found = Vec::new();
    for (prompt, pairs) in &beats {
        let line = prompt.lines().next().unwrap_or_default();
        for (a, b) in pairs.iter().filter(|(a, b)| a < b && pairs.contains(&(*b, *a))) {
            found.push(format!("“{a}” and “{b}”, to “{line}”"));
        }
        for (a, b) in pairs {
            for (_, c) in pairs.iter().filter(|(from, to)| from == b && to != a) {
                if a < b && a < c && pairs.contains(&(*c, *a)) {
                    found.push(format!("“{a}”, “{b}” and “{c}”, to “{line}”"));
                }
            }
        }
        if found.len() >= MOST_CYCLES {
            found.truncate(MOST_CYCLES);
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::Side;
    use crate::feedback::{Candidate, Origin, Question, Vote};

    fn question(prompt: &str, answers: &[&str], repeats: Option<i64>) -> Question {
        let of = |text: &&str| Candidate { text: (*text).to_owned(), origin: Origin::Imported };
        Question { prompt: Side::Text(prompt.to_owned()), candidates: answers.iter().map(of).collect(), repeats }
    }

    fn ranked(first: bool, order: [usize; 2]) -> Vote {
        let ranks = if first { vec![1, 2] } else { vec![2, 1] };
        Vote { order: order.to_vec(), seconds: 2.0, ..Vote::of(Verdict::Ranked { ranks, strength: None }, 2) }
    }

    #[test]
    fn a_person_who_always_clicks_left_is_found_out() {
        let asked: Vec<Question> = (0..40).map(|i| question(&format!("p{i}"), &["a", "bb"], None)).collect();
        let votes: Vec<Vote> = (0..40).map(|i| if i % 2 == 0 { ranked(true, [0, 1]) } else { ranked(false, [1, 0]) }).collect();
        let said: Vec<Said<'_>> = asked
            .iter()
            .zip(&votes)
            .zip(0..)
            .map(|((asked, vote), question)| Said { question, asked, annotator: "ann", vote })
            .collect();
        let found = honesty(&said);
        assert_eq!((found.decided, found.left.as_ref().map(|(share, _)| *share)), (40, Some(1.0)));
        assert!((found.longer.as_ref().unwrap().0 - 0.5).abs() < 1e-9);
        assert!(found.warnings().iter().any(|text| text.contains("The left answer wins 100 %")), "{:?}", found.warnings());
    }

    #[test]
    fn agreement_is_judged_by_content_and_circles_are_told() {
        let (a, b, c) = (question("p", &["x", "y"], None), question("p", &["y", "z"], None), question("p", &["z", "x"], None));
        let swapped = question("p", &["y", "x"], Some(1));
        let (first, second) = (ranked(true, [0, 1]), ranked(false, [0, 1]));
        let said = [
            Said { question: 1, asked: &a, annotator: "ann", vote: &first },
            Said { question: 2, asked: &b, annotator: "ann", vote: &first },
            Said { question: 3, asked: &c, annotator: "ann", vote: &first },
            Said { question: 4, asked: &swapped, annotator: "ann", vote: &second },
            Said { question: 1, asked: &a, annotator: "bob", vote: &second },
        ];
        let found = honesty(&said);
        assert_eq!(found.repeats, (1, 1), "the same answer won, on the other side");
        assert_eq!(found.shared, 1);
        assert!(found.cycles.iter().any(|text| text.contains("“x”, “y” and “z”")), "{:?}", found.cycles);
    }
}
