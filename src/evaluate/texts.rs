//! The quality of texts that a model wrote against one gold text each. Knows no model.

use serde::{Deserialize, Serialize};

use super::report::{Report, Wanted};
use super::rouge::rouge;
use super::tally::{Measure, Tallies};
use super::words::Letters;
use super::{answers, bleu, chrf, ratings, rows, written_classes, written_entities};

/// What texts are for: it decides which metric leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextKind {
    /// chrF; chrF++ and BLEU beside it.
    Translation,
    /// ROUGE-L; ROUGE-1 and ROUGE-2 beside it.
    Summary,
    /// Token F1 and exact match, normalised as SQuAD does.
    Answer,
    /// chrF and ROUGE-L: likeness to one good reply, which says little of another good one.
    Chat,
    /// Accuracy of a class that was written; macro-F1 and the confusion matrix beside it.
    Class,
    /// F1 of entities that were written one a line.
    Entities,
    /// Mean absolute error of the number that was written; its root-mean-square sister and accuracy beside it.
    Rating,
}

/// Slots: rows; literal matches; ROUGE-1, -2, -L; then those of BLEU and of chrF++.
const BLEU_AT: usize = 5;
const CHRF_AT: usize = BLEU_AT + bleu::SLOTS;

/// Compares predicted with gold texts, row by row; a row past the end of `predicted` was answered with "".
///
/// Exact match of translations, summaries and replies is literal, but for white space at both ends. Row scores, 0 to 1: the headline's
/// metric of the row alone. ROUGE takes the words of `rouge-score` (a–z, 0–9) unless gold has letters beyond ASCII; then it takes
/// words of all scripts and its name says so.
pub fn texts(gold: &[String], predicted: &[String], kind: TextKind) -> Report {
    if kind == TextKind::Answer {
        let gold: Vec<Vec<String>> = gold.iter().map(|answer| vec![answer.clone()]).collect();
        return answers::answers(&gold, predicted);
    }
    if kind == TextKind::Class {
        return written_classes(gold, predicted);
    }
    if kind == TextKind::Entities {
        return written_entities(gold, predicted);
    }
    if kind == TextKind::Rating {
        let number = |text: &String| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
        let gold: Vec<f64> = gold.iter().map(|text| number(text).unwrap_or_default()).collect();
        return ratings::ratings(&gold, &predicted.iter().map(number).collect::<Vec<_>>());
    }
    let beyond_ascii = gold.iter().any(|text| text.chars().any(|c| !c.is_ascii() && c.is_alphanumeric()));
    let letters = if beyond_ascii { Letters::Unicode } else { Letters::Ascii };
    let tally = |(gold, predicted): (&String, Option<&String>)| {
        let predicted = predicted.map_or("", String::as_str);
        let rouge = rouge(gold, predicted, letters);
        let exact = f64::from(u8::from(gold.trim() == predicted.trim()));
        let mut counts = vec![1.0, exact, rouge.rouge1, rouge.rouge2, rouge.rouge_l];
        counts.extend(bleu::counts(gold, predicted));
        counts.extend(chrf::counts(gold, predicted));
        counts
    };
    let counts: Vec<Vec<f64>> = rows(gold, predicted).map(tally).collect();

    let mean = |name: &str, part: usize| Wanted::share(name, Measure::Ratio { part, whole: 0 });
    let rouge =
        |name: &str, part: usize| mean(&if beyond_ascii { format!("{name} (all scripts)") } else { name.to_owned() }, part);
    let chrf = || Wanted::points("chrF", Measure::Chrf { at: CHRF_AT, orders: chrf::CHARACTERS });
    let chrf_words = || Wanted::points("chrF++", Measure::Chrf { at: CHRF_AT, orders: chrf::WITH_WORDS });
    let bleu = || Wanted::points("BLEU", Measure::Bleu { at: BLEU_AT });
    let exact = || mean("Exact match", 1);
    let (headline, others) = match kind {
        TextKind::Summary => (rouge("ROUGE-L", 4), vec![rouge("ROUGE-1", 2), rouge("ROUGE-2", 3), chrf(), exact()]),
        TextKind::Translation => (chrf(), vec![chrf_words(), bleu(), exact()]),
        TextKind::Chat | TextKind::Answer | TextKind::Rating | TextKind::Class | TextKind::Entities => {
            (chrf(), vec![rouge("ROUGE-L", 4), bleu(), exact()])
        }
    };
    let row_score = |counts: &Vec<f64>| match headline.measure {
        measure @ Measure::Chrf { .. } => (measure.value(counts) / 100.0) as f32,
        measure => measure.value(counts) as f32,
    };
    let row_scores = counts.iter().map(row_score).collect();
    Report::new(&headline, &others, Tallies::dense(CHRF_AT + 3 * chrf::WITH_WORDS, counts), row_scores)
}
