//! chrF and chrF++ of translations, from counts of shared characters and words. Knows no model.
//!
//! Popović 2015 and 2017: F-score with β = 2 (recall counts double) of mean precision and mean recall over runs of 1 to 6 characters,
//! white space left out; chrF++ adds runs of 1 and 2 words. Agrees with sacrebleu 2.x with its defaults and one reference: orders that
//! either side is too short for are left out of the means.

use super::words::{shared, split, words_chrf};

/// Orders of character runs.
pub const CHARACTERS: usize = 6;
/// Orders of chrF++: of characters, then of words.
pub const WITH_WORDS: usize = CHARACTERS + 2;

/// Counts of one row, which add up over rows: predicted, gold and shared runs of each order, words last. The counts of chrF are the
/// first 3 · `CHARACTERS` of chrF++'s.
pub fn counts(gold: &str, predicted: &str) -> Vec<f64> {
    let chars = |text: &str| -> Vec<char> { split(text).concat().chars().collect() };
    let (gold_chars, predicted_chars) = (chars(gold), chars(predicted));
    let (gold_words, predicted_words) = (words_chrf(gold), words_chrf(predicted));
    let runs = (1..=CHARACTERS).map(|n| shared(&gold_chars, &predicted_chars, n));
    let runs = runs.chain((1..=WITH_WORDS - CHARACTERS).map(|n| shared(&gold_words, &predicted_words, n)));
    // What is predicted where gold has no run of that length does not count, in sacrebleu either.
    let triple = |run: super::words::Shared| [if run.gold == 0 { 0 } else { run.predicted }, run.gold, run.both];
    runs.flat_map(triple).map(|n| n as f64).collect()
}

/// chrF of summed counts, 0 to 100; chrF++ if those of words are among them.
pub fn corpus(counts: &[f64]) -> f64 {
    const BETA_SQUARED: f64 = 4.0;
    let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
    for order in counts.as_chunks::<3>().0 {
        let [predicted, gold, both] = *order;
        if predicted > 0.0 && gold > 0.0 {
            precision += both / predicted;
            recall += both / gold;
            orders += 1.0;
        }
    }
    if precision + recall == 0.0 {
        return 0.0;
    }
    let (precision, recall) = (precision / orders, recall / orders);
    100.0 * (1.0 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall)
}

/// chrF of one row, 0 to 100.
pub fn sentence(gold: &str, predicted: &str) -> f64 {
    corpus(counts(gold, predicted).get(..3 * CHARACTERS).unwrap_or_default())
}

/// chrF++ of one row, 0 to 100.
pub fn sentence_with_words(gold: &str, predicted: &str) -> f64 {
    corpus(&counts(gold, predicted))
}
