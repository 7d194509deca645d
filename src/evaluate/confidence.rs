//! How sure a measured number is: intervals, and tests of the difference between two systems. Knows no task.
//!
//! Every draw follows from a seed and its place, so the same rows give the same interval.

use super::tally::{Measure, Tallies};
use crate::data::hash::mix;

/// Resamples that make a 95 % interval steady to about a tenth of its width.
pub const RESAMPLES: usize = 1000;

/// From `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// 95 % interval of a share (Wilson 1927), sensible for few rows and for shares near 0 and 1. `None` of no rows. Agrees with scipy's
/// `binomtest(…).proportion_ci(method="wilson")`.
pub fn wilson(hits: u64, rows: u64) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    if rows == 0 {
        return None;
    }
    let (n, p) = (rows as f64, hits.min(rows) as f64 / rows as f64);
    let shrink = 1.0 / (1.0 + Z * Z / n);
    let centre = shrink * (p + Z * Z / (2.0 * n));
    let half = shrink * Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(Interval { low: (centre - half).max(0.0), high: (centre + half).min(1.0) })
}

/// 95 % percentile bootstrap interval of the mean of one score a row (Efron 1979). `None` of no rows.
pub fn bootstrap_mean(scores: &[f32], resamples: usize, seed: u64) -> Option<Interval> {
    let tallies = Tallies::dense(2, scores.iter().map(|score| vec![f64::from(*score), 1.0]));
    bootstrap(&tallies, Measure::Ratio { part: 0, whole: 1 }, resamples, seed)
}

/// 95 % percentile bootstrap interval of a metric of all rows: rows are drawn with replacement, their counts summed. `None` of no rows.
pub fn bootstrap(tallies: &Tallies, measure: Measure, resamples: usize, seed: u64) -> Option<Interval> {
    let values = resampled(&[tallies], resamples, seed, |sums| sums.iter().map(|s| measure.value(s)).collect());
    interval(values.into_iter().flatten().collect())
}

/// The difference that each of `measures` has between two systems on the same rows, with its 95 % interval (paired bootstrap: both take
/// the same drawn rows, Koehn 2004). One interval a measure; empty if there are no rows, or not the same number.
pub fn paired_bootstrap(base: &Tallies, tuned: &Tallies, measures: &[Measure], resamples: usize, seed: u64) -> Vec<Interval> {
    if base.rows.len() != tuned.rows.len() {
        return Vec::new();
    }
    let differences = |sums: &[Vec<f64>]| -> Vec<f64> { measures.iter().map(|m| difference(*m, sums)).collect() };
    let draws = resampled(&[base, tuned], resamples, seed, differences);
    let column = |i: usize| draws.iter().filter_map(|row| row.get(i).copied()).collect();
    (0..measures.len()).filter_map(|i| interval(column(i))).collect()
}

/// How likely a difference as large as this is if the systems do not differ: both answers of a row are swapped or not, at random
/// (Fisher–Pitman for means; approximate randomisation of other metrics, Noreen 1989). One p-value a measure, two-sided, never less than
/// 1 / (`shuffles` + 1).
pub fn permutation_test(base: &Tallies, tuned: &Tallies, measures: &[Measure], shuffles: usize, seed: u64) -> Vec<f64> {
    let whole = [base.sums(), tuned.sums()];
    let seen: Vec<f64> = measures.iter().map(|m| difference(*m, &whole).abs()).collect();
    let mut as_large = vec![1_u32; measures.len()];
    for shuffle in 0..shuffles {
        let key = mix(seed, shuffle as u64);
        let mut sums = [vec![0.0; base.width], vec![0.0; tuned.width]];
        for row in 0..base.rows.len().max(tuned.rows.len()) {
            let [a, b] = &mut sums;
            let (a, b) = if mix(key, row as u64) >> 63 == 0 { (a, b) } else { (b, a) };
            base.add(row, a);
            tuned.add(row, b);
        }
        for ((count, measure), seen) in as_large.iter_mut().zip(measures).zip(&seen) {
            // Sums in another order differ in their last bits.
            *count += u32::from(difference(*measure, &sums).abs() >= seen - 1e-9 * seen.max(1e-3));
        }
    }
    as_large.into_iter().map(|count| f64::from(count) / (shuffles as f64 + 1.0)).collect()
}

/// Two-sided sign test of paired scores (Dixon and Mood 1946): ties are left out, wins are a fair coin's heads. 1 if all are ties.
/// Agrees with scipy's `binomtest(wins, wins + losses)`.
pub fn sign_test(base: &[f32], tuned: &[f32]) -> f64 {
    let wins = base.iter().zip(tuned).filter(|(b, t)| t > b).count();
    let losses = base.iter().zip(tuned).filter(|(b, t)| t < b).count();
    let n = wins + losses;
    // ln of n! / (k! (n−k)!) / 2^n, one factor at a time: exact enough, and no overflow.
    let mut ln_p = n as f64 * -std::f64::consts::LN_2;
    let mut tail = 0.0;
    for k in 0..=wins.min(losses) {
        tail += ln_p.exp();
        ln_p += ((n - k) as f64).ln() - ((k + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

fn difference(measure: Measure, sums: &[Vec<f64>]) -> f64 {
    let [base, tuned] = sums else { return 0.0 };
    measure.value(tuned) - measure.value(base)
}

/// What `values` makes of the sums of drawn rows, the same rows for every system, once a resample.
fn resampled(systems: &[&Tallies], resamples: usize, seed: u64, values: impl Fn(&[Vec<f64>]) -> Vec<f64>) -> Vec<Vec<f64>> {
    let n = systems.iter().map(|s| s.rows.len()).min().unwrap_or_default();
    if n == 0 {
        return Vec::new();
    }
    let one = |resample: usize| {
        let key = mix(seed, resample as u64);
        let mut sums: Vec<Vec<f64>> = systems.iter().map(|s| vec![0.0; s.width]).collect();
        for draw in 0..n {
            // The upper half of the product is a number below n, without a division (Lemire 2019).
            let row = (u128::from(mix(key, draw as u64)) * n as u128) >> 64;
            systems.iter().zip(&mut sums).for_each(|(system, sums)| system.add(row as usize, sums));
        }
        values(&sums)
    };
    (0..resamples).map(one).collect()
}

/// The middle 95 %, between neighbours as numpy's `percentile` has it.
fn interval(mut values: Vec<f64>) -> Option<Interval> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let at = |share: f64| {
        let place = share * last as f64;
        let low = *values.get(place as usize)?;
        let high = *values.get((place as usize + 1).min(last))?;
        Some(low + (high - low) * place.fract())
    };
    Some(Interval { low: at(0.025)?, high: at(0.975)? })
}
