//! The quality of predicted ratings and of rankings, as recommendations have them. Knows no model.

use super::report::{Report, Wanted};
use super::rows;
use super::tally::{Measure, Tallies, ratio};

/// Compares predicted with gold ratings; `None` where the model gave none that could be read, as past the end of `predicted`.
///
/// Mean absolute error and its root-mean-square sister; accuracy: the share that is less than half a step (of 1) away. A rating that is
/// missing counts as far off as gold ratings are apart at most, so that silence is never the better answer; the share that was rated is then
/// a metric of its own. Agrees with scikit-learn's `mean_absolute_error` and `root_mean_squared_error` where all were rated. Row
/// scores: minus the error.
pub fn ratings(gold: &[f64], predicted: &[Option<f64>]) -> Report {
    let error = |(gold, predicted): (&f64, Option<&Option<f64>>)| predicted.copied().flatten().map(|p| (p - gold).abs());
    let errors: Vec<Option<f64>> = rows(gold, predicted).map(error).collect();
    let widest = (gold.iter().copied().fold(f64::MIN, f64::max) - gold.iter().copied().fold(f64::MAX, f64::min)).max(0.0);
    // Slots: rows, rated rows, errors, their squares, rows that are right.
    let tally = |error: &Option<f64>| match error {
        Some(e) => vec![1.0, 1.0, *e, e * e, f64::from(u8::from(*e < 0.5))],
        None => vec![1.0, 0.0, widest, widest * widest, 0.0],
    };
    let tallies = Tallies::dense(5, errors.iter().map(tally));
    let row_scores = errors.iter().map(|error| -error.unwrap_or(widest) as f32).collect();
    let mut others = vec![
        Wanted::error("Root mean square error", Measure::RootRatio { part: 3, whole: 0 }),
        Wanted::share("Accuracy", Measure::Ratio { part: 4, whole: 0 }),
    ];
    if errors.iter().any(Option::is_none) {
        others.push(Wanted::share("Rated", Measure::Ratio { part: 1, whole: 0 }));
    }
    Report::new(&Wanted::error("Mean absolute error", Measure::Ratio { part: 2, whole: 0 }), &others, tallies, row_scores)
}

/// Compares orders of items with how much each is liked: for each row (a user, a query) the relevance of its items (0: not wanted) and the
/// scores by which a model ranks them. NDCG@k, hit rate@k, and mean reciprocal rank. Row scores: NDCG@k.
pub fn rankings(relevance: &[Vec<f64>], scores: &[Vec<f64>], k: usize) -> Report {
    let tally = |(relevance, scores): (&Vec<f64>, Option<&Vec<f64>>)| {
        let scores = scores.map_or(&[] as &[f64], Vec::as_slice);
        let first = first_rank(relevance, scores);
        let hit = f64::from(u8::from(first.is_some_and(|rank| rank <= k)));
        vec![1.0, ndcg(relevance, scores, k), hit, first.map_or(0.0, |rank| 1.0 / rank as f64)]
    };
    let counts: Vec<Vec<f64>> = rows(relevance, scores).map(tally).collect();
    let row_scores = counts.iter().map(|row| row.get(1).copied().unwrap_or_default() as f32).collect();
    let mean = |name: String, part: usize| Wanted::share(name, Measure::Ratio { part, whole: 0 });
    let others = vec![mean(format!("Hit rate@{k}"), 2), mean("Mean reciprocal rank".to_owned(), 3)];
    Report::new(&mean(format!("NDCG@{k}"), 1), &others, Tallies::dense(4, counts), row_scores)
}

/// Normalised discounted cumulative gain of the first `k` (Järvelin and Kekäläinen 2002), 0 to 1: Σ relevance / log₂(rank + 1), by what the
/// best order would have. Items with the same score share the mean relevance of their ranks (McSherry and Najork 2008). Agrees
/// with scikit-learn's `ndcg_score`; 0 if nothing is relevant.
pub fn ndcg(relevance: &[f64], scores: &[f64], k: usize) -> f64 {
    ratio(gain(relevance, scores, k), gain(relevance, relevance, k))
}

fn gain(relevance: &[f64], scores: &[f64], k: usize) -> f64 {
    let score = |i: usize| score_of(scores, i);
    let mut order: Vec<usize> = (0..relevance.len()).collect();
    order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
    let discount = |rank: usize| if rank < k { 1.0 / (rank as f64 + 2.0).log2() } else { 0.0 };
    let mut rank = 0;
    let mut sum = 0.0;
    for tied in order.chunk_by(|&a, &b| score(a).total_cmp(&score(b)).is_eq()) {
        let mean = tied.iter().filter_map(|&i| relevance.get(i)).sum::<f64>() / tied.len() as f64;
        sum += mean * (rank..rank + tied.len()).map(discount).sum::<f64>();
        rank += tied.len();
    }
    sum
}

/// The rank of the first relevant item, from 1; `None` if nothing is relevant. A relevant item stands behind all others that have its score, so that a
/// model which scores everything alike finds nothing. For one relevant item a row, 1 / rank is scikit-learn's
/// `label_ranking_average_precision_score`.
pub fn first_rank(relevance: &[f64], scores: &[f64]) -> Option<usize> {
    let score = |i: usize| score_of(scores, i);
    let relevant = |i: usize| relevance.get(i).is_some_and(|r| *r > 0.0);
    let best = (0..relevance.len()).filter(|&i| relevant(i)).map(score).max_by(f64::total_cmp)?;
    let ahead = (0..relevance.len()).filter(|&i| score(i) >= best && !relevant(i)).count();
    Some(ahead + 1)
}

/// What has no score comes last; −0 is 0.
fn score_of(scores: &[f64], i: usize) -> f64 {
    scores.get(i).map_or(f64::NEG_INFINITY, |s| if s.is_nan() { f64::NEG_INFINITY } else { s + 0.0 })
}
