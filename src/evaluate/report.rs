//! The quality of one model on one set of rows, as plain data to show, keep and compare. Knows no task and no model.

use serde::{Deserialize, Serialize};

use super::tally::{Measure, Tallies};

/// One number with what is needed to show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    pub name: String,
    /// 0 to 1 if `percent`; else in its own unit: BLEU and chrF in points of 100, an error in the unit of the rating.
    pub value: f64,
    pub higher_is_better: bool,
    pub percent: bool,
}

/// One class, tag or entity type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassRow {
    pub name: String,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// How often gold has it.
    pub support: u64,
}

/// Which class was taken for which: rows are gold, columns predictions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confusion {
    /// The classes, and `NO_CLASS` last if a row lacks one.
    pub labels: Vec<String>,
    pub counts: Vec<Vec<u64>>,
    /// The numbers of the rows in each cell, ascending.
    pub rows: Vec<Vec<Vec<u32>>>,
}

/// Everything that is said of one model on one set of rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub headline: Metric,
    /// All metrics, the headline among them.
    pub metrics: Vec<Metric>,
    pub per_class: Vec<ClassRow>,
    pub confusion: Option<Confusion>,
    /// How well each row was answered; the higher, the better. For lists of the best and worst rows.
    pub row_scores: Vec<f32>,
    /// How each metric follows from `tallies`, in the order of `metrics`.
    pub measures: Vec<Measure>,
    /// Counts of each row, by which two reports on the same rows are compared; empty once dropped.
    pub tallies: Tallies,
}

/// A metric before its value is known.
pub(super) struct Wanted {
    pub name: String,
    pub measure: Measure,
    pub higher_is_better: bool,
    pub percent: bool,
}

impl Wanted {
    /// A share, 0 to 1; the more, the better.
    pub fn share(name: impl Into<String>, measure: Measure) -> Self {
        Self { name: name.into(), measure, higher_is_better: true, percent: true }
    }

    /// Points of 100.
    pub fn points(name: impl Into<String>, measure: Measure) -> Self {
        Self { percent: false, ..Self::share(name, measure) }
    }

    /// A distance in the data's own unit: the less, the better.
    pub fn error(name: impl Into<String>, measure: Measure) -> Self {
        Self { higher_is_better: false, percent: false, ..Self::share(name, measure) }
    }
}

impl Report {
    /// Every metric is computed from the counts that a comparison draws from, so the two cannot disagree.
    pub(super) fn new(headline: &Wanted, others: &[Wanted], tallies: Tallies, row_scores: Vec<f32>) -> Self {
        let sums = tallies.sums();
        let metric = |wanted: &Wanted| Metric {
            name: wanted.name.clone(),
            value: wanted.measure.value(&sums),
            higher_is_better: wanted.higher_is_better,
            percent: wanted.percent,
        };
        let wanted: Vec<&Wanted> = std::iter::once(headline).chain(others).collect();
        Self {
            headline: metric(headline),
            metrics: wanted.iter().map(|w| metric(w)).collect(),
            per_class: Vec::new(),
            confusion: None,
            row_scores,
            measures: wanted.iter().map(|w| w.measure).collect(),
            tallies,
        }
    }

    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.iter().find(|metric| metric.name == name)
    }

    /// Numbers of the rows, worst answered first; rows that are alike stay in order.
    pub fn worst_first(&self) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.row_scores.len()).collect();
        let score = |row: usize| self.row_scores.get(row).copied().unwrap_or_default();
        rows.sort_by(|&a, &b| score(a).total_cmp(&score(b)));
        rows
    }

    /// Without the counts of rows: small enough to keep a thousand of, but no longer to be compared.
    #[must_use]
    pub fn without_tallies(self) -> Self {
        Self { tallies: Tallies::default(), ..self }
    }
}
