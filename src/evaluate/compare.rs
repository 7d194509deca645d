//! What tuning changed: two reports on the same rows, metric by metric, with how sure each change is. Knows no model.

use serde::{Deserialize, Serialize};

use super::confidence::{Interval, paired_bootstrap, permutation_test};
use super::report::{Metric, Report};
use super::tally::Measure;

/// One metric before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    pub name: String,
    pub base: f64,
    pub tuned: f64,
    /// tuned − base, and its 95 % interval.
    pub change: f64,
    pub low: f64,
    pub high: f64,
    /// Probability of a change as large, either way, if tuning had changed nothing.
    pub p_value: f64,
    pub higher_is_better: bool,
    pub percent: bool,
}

/// What the interval allows to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Better,
    Worse,
    /// The interval holds no change at all: more rows would tell.
    Unclear,
}

impl Change {
    pub fn verdict(&self) -> Verdict {
        match (self.low > 0.0, self.high < 0.0) {
            (false, false) | (true, true) => Verdict::Unclear,
            (up, _) if up == self.higher_is_better => Verdict::Better,
            _ => Verdict::Worse,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompareError {
    #[error("One report has {base} rows and the other {tuned}. Evaluate both models on the same rows.")]
    Rows { base: usize, tuned: usize },
    #[error("There are no rows to compare on. Evaluate both models on at least one row, and keep the rows' counts.")]
    NoRows,
    #[error("The reports measure different things ({base} and {tuned}). Evaluate both models on the same task and labels.")]
    Metrics { base: String, tuned: String },
}

/// The change of each metric, the headline first, by paired bootstrap and random swaps over `resamples` draws (`confidence::RESAMPLES`).
///
/// Takes time for rows × resamples: about two seconds for ten thousand rows of text in a development build. Errors: other rows, other metrics, or none.
pub fn compare(base: &Report, tuned: &Report, resamples: usize, seed: u64) -> Result<Vec<Change>, CompareError> {
    let (rows, tuned_rows) = (base.tallies.rows.len(), tuned.tallies.rows.len());
    if rows != tuned_rows {
        return Err(CompareError::Rows { base: rows, tuned: tuned_rows });
    }
    if rows == 0 || resamples == 0 {
        return Err(CompareError::NoRows);
    }
    let names = |report: &Report| report.metrics.iter().map(|m| m.name.as_str()).collect::<Vec<_>>().join(", ");
    if base.measures.first() != tuned.measures.first() || base.headline.name != tuned.headline.name {
        return Err(CompareError::Metrics { base: names(base), tuned: names(tuned) });
    }
    // A report may have a metric more, such as the share that was rated: what both have is compared.
    let mut both: Vec<(&Metric, &Metric)> = Vec::new();
    let mut measures: Vec<Measure> = Vec::new();
    for (metric, measure) in base.metrics.iter().zip(&base.measures) {
        let mut others = tuned.metrics.iter().zip(&tuned.measures);
        if let Some((other, _)) = others.find(|(other, same)| other.name == metric.name && *same == measure) {
            both.push((metric, other));
            measures.push(*measure);
        }
    }
    let intervals = paired_bootstrap(&base.tallies, &tuned.tallies, &measures, resamples, seed);
    let p_values = permutation_test(&base.tallies, &tuned.tallies, &measures, resamples, !seed);
    let change = |(((before, after), interval), p_value): (((&Metric, &Metric), Interval), f64)| Change {
        name: before.name.clone(),
        base: before.value,
        tuned: after.value,
        change: after.value - before.value,
        low: interval.low,
        high: interval.high,
        p_value,
        higher_is_better: before.higher_is_better,
        percent: before.percent,
    };
    Ok(both.into_iter().zip(intervals).zip(p_values).map(change).collect())
}
