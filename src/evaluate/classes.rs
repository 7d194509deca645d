//! The quality of a classifier: one class a row, or several. Knows no model.
//!
//! Precision, recall, F1 and Hamming loss as scikit-learn computes them with `zero_division=0`; what is divided by nothing is 0.
//! Macro-F1 is the mean over classes that occur in gold or predictions: `f1_score(average="macro")` for one class a row, and for
//! several what `MultiLabelBinarizer` makes of the same labels. A class that neither side has says nothing of the model.

use super::report::{ClassRow, Confusion, Report, Wanted};
use super::tally::{Hits, Measure, Tallies};

/// Stands in the confusion matrix for the class of a row that has none, such as an answer in words that names no class.
pub const NO_CLASS: &str = "(none)";

/// Compares predicted with gold classes, indices into `labels`; rows are in the same order.
///
/// With `several` false, a row's first index is its class. A row without one, with an index past the labels, or past the end of
/// `predicted`, has none: it is wrong, and counts as missed for its gold class. With `several`, accuracy is the share of rows whose
/// sets are equal (subset accuracy). Row scores: 1 or 0; with `several`, the F1 of the row's set.
pub fn classes(labels: &[String], gold: &[Vec<usize>], predicted: &[Vec<usize>], several: bool) -> Report {
    let sets = |i: usize| {
        let known = |rows: &[Vec<usize>]| known(rows.get(i), labels.len(), several);
        (known(gold), known(predicted))
    };
    let pairs: Vec<(Vec<usize>, Vec<usize>)> = (0..gold.len()).map(sets).collect();
    let n = labels.len();
    // Slots: three for each class; then rows, rows that are right, labels that are wrong, labels that could be.
    let (rows, right, wrong, places) = (3 * n, 3 * n + 1, 3 * n + 2, 3 * n + 3);
    let tally = |(gold, predicted): &(Vec<usize>, Vec<usize>)| {
        let equal = gold == predicted && (several || !gold.is_empty());
        let mut counts = hits(gold, predicted);
        let differing = counts.iter().filter(|(slot, _)| slot % 3 != 0).count();
        counts.push((rows as u32, 1.0));
        counts.push((right as u32, f64::from(u8::from(equal))));
        counts.push((wrong as u32, differing as f64));
        counts.push((places as u32, n as f64));
        counts
    };
    let tallies = Tallies { width: 3 * n + 4, rows: pairs.iter().map(tally).collect() };
    let row_scores = pairs.iter().map(|(gold, predicted)| row_score(gold, predicted, several)).collect();
    let per_class = per_class(labels, &tallies.sums());

    let accuracy = Measure::Ratio { part: right, whole: rows };
    let macro_f1 = Wanted::share("Macro-F1", Measure::MacroF1 { at: 0, classes: n });
    let weighted = Wanted::share("Weighted F1", Measure::WeightedF1 { at: 0, classes: n });
    let micro = Wanted::share("Micro-F1", Measure::MicroF1 { at: 0, classes: n });
    let (headline, others) = if several {
        let hamming = Measure::Ratio { part: wrong, whole: places };
        let hamming = Wanted { higher_is_better: false, ..Wanted::share("Hamming loss", hamming) };
        (micro, vec![macro_f1, weighted, Wanted::share("Subset accuracy", accuracy), hamming])
    } else {
        (Wanted::share("Accuracy", accuracy), vec![macro_f1, weighted, micro])
    };
    let confusion = (!several).then(|| confusion(labels, &pairs));
    Report { per_class, confusion, ..Report::new(&headline, &others, tallies, row_scores) }
}

/// The classes of a row that there are, ascending, each once.
fn known(row: Option<&Vec<usize>>, n: usize, several: bool) -> Vec<usize> {
    let mut set: Vec<usize> = row.into_iter().flatten().copied().take(if several { usize::MAX } else { 1 }).collect();
    set.retain(|class| *class < n);
    set.sort_unstable();
    set.dedup();
    set
}

/// Of a row: slots of right, wrongly found and missed classes.
fn hits(gold: &[usize], predicted: &[usize]) -> Vec<(u32, f64)> {
    let found = predicted.iter().map(|class| 3 * class + usize::from(!gold.contains(class)));
    let missed = gold.iter().filter(|class| !predicted.contains(class)).map(|class| 3 * class + 2);
    found.chain(missed).map(|slot| (slot as u32, 1.0)).collect()
}

fn row_score(gold: &[usize], predicted: &[usize], several: bool) -> f32 {
    if gold.is_empty() && predicted.is_empty() {
        return f32::from(u8::from(several));
    }
    let both = predicted.iter().filter(|class| gold.contains(class)).count();
    2.0 * both as f32 / (gold.len() + predicted.len()) as f32
}

/// A row for each label, from sums of three slots a class.
pub(super) fn per_class(labels: &[String], sums: &[f64]) -> Vec<ClassRow> {
    let row = |(name, [right, wrong, missed]): (&String, &[f64; 3])| {
        let hits = Hits { right: *right, wrong: *wrong, missed: *missed };
        let (precision, recall, f1) = (hits.precision(), hits.recall(), hits.f1());
        ClassRow { name: name.clone(), precision, recall, f1, support: hits.support() as u64 }
    };
    labels.iter().zip(sums.as_chunks::<3>().0).map(row).collect()
}

fn confusion(labels: &[String], pairs: &[(Vec<usize>, Vec<usize>)]) -> Confusion {
    let lacking = pairs.iter().any(|(gold, predicted)| gold.is_empty() || predicted.is_empty());
    let labels: Vec<String> = labels.iter().cloned().chain(lacking.then(|| NO_CLASS.to_owned())).collect();
    let none = labels.len().saturating_sub(1);
    let mut rows = vec![vec![Vec::new(); labels.len()]; labels.len()];
    for (number, (gold, predicted)) in (0_u32..).zip(pairs) {
        let at = |set: &[usize]| set.first().copied().unwrap_or(none);
        if let Some(cell) = rows.get_mut(at(gold)).and_then(|row| row.get_mut(at(predicted))) {
            cell.push(number);
        }
    }
    let counts = rows.iter().map(|row| row.iter().map(|cell| cell.len() as u64).collect()).collect();
    Confusion { labels, counts, rows }
}
