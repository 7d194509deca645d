//! The quality of short answers: exact match and shared words, as SQuAD's own script has them. Knows no model.
//!
//! Rajpurkar et al. 2016 and 2018. Answers are compared in lower case, without ASCII punctuation, articles (a, an, the) and surplus
//! white space; of several gold answers the best counts. Agrees with the SQuAD 2.0 script; without unanswerable rows with 1.1 as well.

use super::report::{Report, Wanted};
use super::rows;
use super::tally::{Measure, Tallies};
use super::words::{shared, split};

/// Exact match and token F1 of one row, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerScore {
    pub exact: f64,
    pub f1: f64,
}

/// Compares predicted answers with the gold ones of each row; rows are in the same order. A row without gold answer is unanswerable, and
/// "" the right prediction; a row past the end of `predicted` was answered with "". Row scores: token F1.
pub fn answers(gold: &[Vec<String>], predicted: &[String]) -> Report {
    let scored = |(gold, predicted): (&Vec<String>, Option<&String>)| {
        (has_answer(gold), score(gold, predicted.map_or("", String::as_str)))
    };
    let scored: Vec<(bool, AnswerScore)> = rows(gold, predicted).map(scored).collect();
    // Slots: rows, exact matches, F1; answerable rows and their F1; unanswerable rows and those left unanswered.
    let tally = |(answerable, score): &(bool, AnswerScore)| {
        let yes = f64::from(u8::from(*answerable));
        vec![1.0, score.exact, score.f1, yes, yes * score.f1, 1.0 - yes, (1.0 - yes) * score.exact]
    };
    let tallies = Tallies::dense(7, scored.iter().map(tally));
    let row_scores = scored.iter().map(|(_, score)| score.f1 as f32).collect();
    let mut others = vec![Wanted::share("Exact match", Measure::Ratio { part: 1, whole: 0 })];
    if scored.iter().any(|(answerable, _)| !answerable) {
        others.push(Wanted::share("Token F1 of answerable", Measure::Ratio { part: 4, whole: 3 }));
        others.push(Wanted::share("Unanswerable recognised", Measure::Ratio { part: 6, whole: 5 }));
    }
    Report::new(&Wanted::share("Token F1", Measure::Ratio { part: 2, whole: 0 }), &others, tallies, row_scores)
}

/// The best over all gold answers; answers that are nothing but articles and punctuation are none.
pub fn score(gold: &[String], predicted: &str) -> AnswerScore {
    let predicted = normalise(predicted);
    let known: Vec<String> = gold.iter().map(|answer| normalise(answer)).filter(|answer| !answer.is_empty()).collect();
    if known.is_empty() {
        let right = f64::from(u8::from(predicted.is_empty()));
        return AnswerScore { exact: right, f1: right };
    }
    let one = |gold: &String| (f64::from(u8::from(*gold == predicted)), token_f1(gold, &predicted));
    known
        .iter()
        .map(one)
        .fold(AnswerScore::default(), |best, (exact, f1)| AnswerScore { exact: best.exact.max(exact), f1: best.f1.max(f1) })
}

/// Lower case; no ASCII punctuation; no article; words with one space between.
pub fn normalise(text: &str) -> String {
    let text: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    // An article may stand against a sign of another script: "the—" has it as a word of its own.
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let word_end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (head, tail) = rest.split_at(if word_end == 0 { c.len_utf8() } else { word_end });
        plain.push_str(if matches!(head, "a" | "an" | "the") { " " } else { head });
        rest = tail;
    }
    split(&plain).join(" ")
}

fn has_answer(gold: &[String]) -> bool {
    gold.iter().any(|answer| !normalise(answer).is_empty())
}

/// 2 shared / (gold + predicted words), each word as often as both have it.
fn token_f1(gold: &str, predicted: &str) -> f64 {
    let (gold, predicted) = (split(gold), split(predicted));
    let words = shared(&gold, &predicted, 1);
    super::tally::ratio(2.0 * words.both as f64, (words.gold + words.predicted) as f64)
}
