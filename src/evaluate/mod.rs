//! Measures of a model's quality, from plain numbers and texts. Knows no model, no file and no thread.
//!
//! One function a task makes a `Report` of gold and predicted rows; `compare` says what tuning changed and how sure that is. Every
//! metric agrees with the implementation that its docstring names.

mod agreement;
mod answers;
pub mod bleu;
mod calibration;
pub mod chrf;
mod classes;
mod compare;
pub mod confidence;
mod entities;
pub mod icl;
mod ratings;
mod report;
mod rouge;
mod tally;
mod texts;
pub mod words;
mod written;

pub use agreement::{Scale, Weights, cohen_kappa, cohen_kappa_several, krippendorff_alpha, percent_agreement, span_f1};
pub use answers::{AnswerScore, answers, normalise, score as answer_score};
pub use calibration::{Bin, Calibration, Sureness, Uncertainty, calibration};
pub use classes::{NO_CLASS, classes};
pub use compare::{Change, CompareError, Verdict, compare};
pub use entities::{Entity, entities, entities_of_tags, tags_of_entities};
pub use ratings::{first_rank, ndcg, rankings, ratings};
pub use report::{ClassRow, Confusion, Metric, Report};
pub use rouge::{Rouge, rouge};
pub use tally::{Hits, Measure, Tallies};
pub use texts::{TextKind, texts};
pub use written::{written_classes, written_entities};

/// Each gold row with its prediction, if there is one.
fn rows<'a, G, P>(gold: &'a [G], predicted: &'a [P]) -> impl Iterator<Item = (&'a G, Option<&'a P>)> {
    gold.iter().zip(predicted.iter().map(Some).chain(std::iter::repeat(None)))
}

/// How many tokens the model wavers between on average: e to the mean loss in nats.
pub fn perplexity(loss: f64) -> f64 {
    loss.exp()
}

/// Bits the model needs for each byte of text, by which models with different tokenizers can be compared.
/// From the mean loss in nats a token, and tokens a byte.
pub fn bits_per_byte(loss: f64, tokens_per_byte: f64) -> f64 {
    loss / std::f64::consts::LN_2 * tokens_per_byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uniform_model_of_bytes() {
        let loss = 256_f64.ln();
        assert!((perplexity(loss) - 256.0).abs() < 1e-9);
        assert!((bits_per_byte(loss, 1.0) - 8.0).abs() < 1e-12);
        assert!((bits_per_byte(loss, 0.25) - 2.0).abs() < 1e-12);
    }
}
