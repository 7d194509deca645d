//! ROUGE of summaries: words, pairs of words and the longest common subsequence that two texts share. Knows no model.
//!
//! Lin 2004. Agrees with the F-measure of `rouge-score` without stemmer on `Letters::Ascii`; a corpus has the mean over its rows.

use super::tally::ratio;
use super::words::{Letters, shared, words_rouge};

/// F-measures of one row, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rouge {
    pub rouge1: f64,
    pub rouge2: f64,
    pub rouge_l: f64,
}

/// Of one row. A text without words scores 0, against another without words as well.
pub fn rouge(gold: &str, predicted: &str, letters: Letters) -> Rouge {
    let (gold, predicted) = (words_rouge(gold, letters), words_rouge(predicted, letters));
    let of_runs = |n: usize| {
        let runs = shared(&gold, &predicted, n);
        f_measure(runs.both, runs.gold, runs.predicted)
    };
    let common = longest_common(&gold, &predicted);
    Rouge { rouge1: of_runs(1), rouge2: of_runs(2), rouge_l: f_measure(common as u64, gold.len() as u64, predicted.len() as u64) }
}

/// Harmonic mean of both / predicted and both / gold.
fn f_measure(both: u64, gold: u64, predicted: u64) -> f64 {
    ratio(2.0 * both as f64, (gold + predicted) as f64)
}

/// Length of the longest sequence of words that stands in both in this order, with gaps (one row of the table at a time).
fn longest_common(a: &[String], b: &[String]) -> usize {
    let mut lengths = vec![0_usize; b.len()];
    for word in a {
        // Of the row before: the entry above and to the left; of this one: the entry to the left.
        let (mut above_left, mut left) = (0, 0);
        for (length, other) in lengths.iter_mut().zip(b) {
            let above = *length;
            *length = if word == other { above_left + 1 } else { above.max(left) };
            (above_left, left) = (above, *length);
        }
    }
    lengths.last().copied().unwrap_or_default()
}
