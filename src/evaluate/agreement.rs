//! How far annotators agree beyond chance. Knows no dataset.

use std::collections::BTreeMap;

use super::entities::{Entity, entities};
use super::tally::ratio;

/// What a disagreement costs, by the distance of the two classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// All the same: Cohen 1960.
    None,
    /// |i − j|, for classes in an order: Cohen 1968.
    Linear,
    /// (i − j)².
    Quadratic,
}

/// Share of rows on which two annotators chose the same class, 0 to 1; `None` of no rows.
pub fn percent_agreement(a: &[usize], b: &[usize]) -> Option<f64> {
    let rows = a.len().min(b.len());
    let same = a.iter().zip(b).filter(|(a, b)| a == b).count();
    (rows > 0).then(|| same as f64 / rows as f64)
}

/// Cohen's κ = 1 − Σ w · observed / Σ w · expected of two annotators' classes, row by row; 1 is full agreement, 0 what chance gives.
/// Weights are distances of class numbers. Agrees with scikit-learn's `cohen_kappa_score` where all numbers up to the largest are
/// classes. `None` where κ is not defined: no rows, or both used one and the same class throughout.
pub fn cohen_kappa(a: &[usize], b: &[usize], weights: Weights) -> Option<f64> {
    let rows = a.len().min(b.len());
    let (mut left, mut right) = (BTreeMap::<usize, f64>::new(), BTreeMap::<usize, f64>::new());
    let cost = |a: usize, b: usize| match weights {
        Weights::None => f64::from(u8::from(a != b)),
        Weights::Linear => a.abs_diff(b) as f64,
        Weights::Quadratic => (a.abs_diff(b) as f64).powi(2),
    };
    let mut observed = 0.0;
    for (&a, &b) in a.iter().zip(b) {
        *left.entry(a).or_default() += 1.0;
        *right.entry(b).or_default() += 1.0;
        observed += cost(a, b);
    }
    let pairs = left.iter().flat_map(|a| right.iter().map(move |b| (a, b)));
    let expected: f64 = pairs.map(|((a, n), (b, m))| cost(*a, *b) * n * m).sum::<f64>() / rows.max(1) as f64;
    (expected > 0.0).then(|| 1.0 - observed / expected)
}

/// What the values of annotations are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Names: any two differ alike.
    Nominal,
    /// Ranks: by how many annotations lie between.
    Ordinal,
    /// Numbers: by their squared distance.
    Interval,
}

/// Krippendorff's α (2011) of any number of annotators, with gaps: `annotators[a][row]`. 1 − observed / expected disagreement. Agrees with
/// the package `krippendorff`. `None` where α is not defined: no row was annotated twice, or only one value occurs.
pub fn krippendorff_alpha(annotators: &[Vec<Option<f64>>], scale: Scale) -> Option<f64> {
    let rows = annotators.iter().map(Vec::len).max().unwrap_or_default();
    let unit = |row: usize| -> Vec<f64> {
        let values = annotators.iter().filter_map(|a| a.get(row).copied().flatten());
        values.filter(|v| !v.is_nan()).map(|v| v + 0.0).collect()
    };
    // A value that nobody else can be compared with says nothing.
    let units: Vec<Vec<f64>> = (0..rows).map(unit).filter(|unit| unit.len() > 1).collect();
    let mut values: Vec<f64> = units.iter().flatten().copied().collect();
    values.sort_by(f64::total_cmp);
    let runs: Vec<(f64, f64)> =
        values.chunk_by(|a, b| a.total_cmp(b).is_eq()).filter_map(|run| Some((*run.first()?, run.len() as f64))).collect();
    let distance = |c: usize, k: usize| distance(&runs, c.min(k), c.max(k), scale);
    let place = |value: f64| runs.partition_point(|(v, _)| *v < value);

    let mut observed = 0.0;
    for unit in &units {
        let places: Vec<usize> = unit.iter().map(|v| place(*v)).collect();
        let pairs = places.iter().flat_map(|c| places.iter().map(move |k| (*c, *k)));
        observed += pairs.map(|(c, k)| distance(c, k)).sum::<f64>() / (unit.len() - 1) as f64;
    }
    let all = 0..runs.len();
    let pairs = all.clone().flat_map(|c| all.clone().map(move |k| (c, k)));
    let count = |at: usize| runs.get(at).map_or(0.0, |run| run.1);
    let expected: f64 = pairs.map(|(c, k)| count(c) * count(k) * distance(c, k)).sum();
    (expected > 0.0).then(|| 1.0 - observed * (values.len() as f64 - 1.0) / expected)
}

/// Squared distance of two values, by their places in the sorted (value, count); c ≤ k.
fn distance(runs: &[(f64, f64)], c: usize, k: usize, scale: Scale) -> f64 {
    let (Some(between), true) = (runs.get(c..=k), c != k) else { return 0.0 };
    let (Some(low), Some(high)) = (between.first(), between.last()) else { return 0.0 };
    match scale {
        Scale::Nominal => 1.0,
        Scale::Ordinal => (between.iter().map(|run| run.1).sum::<f64>() - f64::midpoint(low.1, high.1)).powi(2),
        Scale::Interval => (high.0 - low.0).powi(2),
    }
}

/// F1 of two annotators' spans, row by row, exact in place and label; the same whoever is taken for gold. It stands in for κ, as the
/// spans that both left out cannot be counted (Hripcsak and Rothschild 2005). 1 if neither marked anything.
pub fn span_f1(a: &[Vec<Entity>], b: &[Vec<Entity>]) -> f64 {
    let marked: usize = a.iter().chain(b).map(Vec::len).sum();
    if marked == 0 { 1.0 } else { entities(a, b).headline.value }
}

/// κ for rows with several classes: the mean over classes that are defined, each taken as chosen or not.
pub fn cohen_kappa_several(labels: usize, a: &[Vec<usize>], b: &[Vec<usize>]) -> Option<f64> {
    let chosen = |rows: &[Vec<usize>], class: usize| rows.iter().map(|row| usize::from(row.contains(&class))).collect::<Vec<_>>();
    let one = |class: usize| cohen_kappa(&chosen(a, class), &chosen(b, class), Weights::None);
    let kappas: Vec<f64> = (0..labels).filter_map(one).collect();
    (!kappas.is_empty()).then(|| ratio(kappas.iter().sum(), kappas.len() as f64))
}
