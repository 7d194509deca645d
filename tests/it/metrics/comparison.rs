//! Intervals and tests of the difference between two models: what they must say of models that are alike, better, or on other rows.

use lyceum::evaluate::confidence::{RESAMPLES, bootstrap_mean, paired_bootstrap, permutation_test};
use lyceum::evaluate::{CompareError, Report, TextKind, Verdict, classes, compare, ratings, texts};

use super::names;

/// Rows of two classes, of which every `step`th is wrong.
fn wrong_every(step: usize, rows: usize) -> Report {
    let gold: Vec<Vec<usize>> = (0..rows).map(|i| vec![i % 2]).collect();
    let predicted: Vec<Vec<usize>> = (0..rows).map(|i| vec![if i % step == 0 { 1 - i % 2 } else { i % 2 }]).collect();
    classes(&names(2), &gold, &predicted, false)
}

#[test]
fn a_clear_gain_is_better_and_certain() {
    let (base, tuned) = (wrong_every(3, 300), wrong_every(30, 300));
    let changes = compare(&base, &tuned, RESAMPLES, 7).unwrap();
    assert_eq!(changes.len(), base.metrics.len());
    for change in &changes {
        assert_eq!(change.verdict(), Verdict::Better, "{change:?}");
        assert!(change.low < change.change && change.change < change.high, "{change:?}");
        assert!(change.p_value < 0.01, "{change:?}");
    }
    let back = compare(&tuned, &base, RESAMPLES, 7).unwrap();
    assert!(back.iter().all(|change| change.verdict() == Verdict::Worse));
}

#[test]
fn the_interval_is_that_of_the_normal_distribution() {
    // 400 rows, of which 100 were mended and 20 spoilt: mean change 0.2, variance 0.3 − 0.04.
    let base: Vec<Vec<usize>> = (0..400).map(|i| vec![usize::from(i < 120)]).collect();
    let tuned: Vec<Vec<usize>> = (0..400).map(|i| vec![usize::from((100..120).contains(&i) || i >= 380)]).collect();
    let gold = vec![vec![0]; 400];
    let report = |predicted: &[Vec<usize>]| classes(&names(2), &gold, predicted, false);
    let change = &compare(&report(&base), &report(&tuned), 4000, 1).unwrap()[0];
    let half = 1.96 * (0.26_f64 / 400.0).sqrt();
    assert!((change.change - 0.2).abs() < 1e-12);
    assert!((change.low - (0.2 - half)).abs() < 0.006 && (change.high - (0.2 + half)).abs() < 0.006, "{change:?}");
}

#[test]
fn no_difference_is_unclear() {
    let report = wrong_every(4, 60);
    for change in compare(&report, &report, 200, 3).unwrap() {
        assert_eq!((change.change, change.low, change.high, change.p_value), (0.0, 0.0, 0.0, 1.0));
        assert_eq!(change.verdict(), Verdict::Unclear);
    }
    // Two models that are wrong equally often, on different rows.
    let gold = vec![vec![0]; 50];
    let model = |from: usize| (0..50).map(|i| vec![usize::from((from..from + 10).contains(&i))]).collect::<Vec<_>>();
    let (a, b) = (classes(&names(2), &gold, &model(0), false), classes(&names(2), &gold, &model(20), false));
    let change = &compare(&a, &b, RESAMPLES, 3).unwrap()[0];
    assert!(change.low < -0.05 && change.high > 0.05 && change.p_value > 0.5, "{change:?}");
}

#[test]
fn scores_of_whole_corpora_have_intervals_too() {
    let gold: Vec<String> = (0..60).map(|i| format!("the boat number {i} leaves the old harbour at dawn")).collect();
    let worse = |keep: usize| -> Vec<String> {
        let one = |text: &String| text.split(' ').take(keep).collect::<Vec<_>>().join(" ");
        gold.iter().map(one).collect()
    };
    let (base, tuned) = (texts(&gold, &worse(6), TextKind::Translation), texts(&gold, &worse(9), TextKind::Translation));
    let changes = compare(&base, &tuned, 200, 5).unwrap();
    for name in ["chrF", "chrF++", "BLEU"] {
        let change = changes.iter().find(|change| change.name == name).unwrap();
        assert_eq!(change.verdict(), Verdict::Better, "{change:?}");
        assert!(!change.percent && change.change > 10.0, "{change:?}");
    }
}

#[test]
fn a_smaller_error_is_better() {
    let gold: Vec<f64> = (0..80).map(|i| f64::from(i % 5)).collect();
    let guess = |off: f64| gold.iter().enumerate().map(|(i, g)| Some(g + off + (i % 3) as f64 / 10.0)).collect::<Vec<_>>();
    let change = &compare(&ratings(&gold, &guess(1.0)), &ratings(&gold, &guess(0.2)), 200, 5).unwrap()[0];
    assert!(change.change < 0.0);
    assert_eq!(change.verdict(), Verdict::Better);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let report = wrong_every(3, 30);
    assert_eq!(compare(&report, &wrong_every(3, 31), 100, 1), Err(CompareError::Rows { base: 30, tuned: 31 }));
    let slim = report.clone().without_tallies();
    assert_eq!(compare(&slim, &slim, 100, 1), Err(CompareError::NoRows));
    let other = ratings(&[1.0; 30], &[Some(1.0); 30]);
    assert!(matches!(compare(&report, &other, 100, 1), Err(CompareError::Metrics { .. })));
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let (base, tuned) = (wrong_every(3, 90), wrong_every(4, 90));
    let run = |seed| compare(&base, &tuned, 100, seed).unwrap();
    assert_eq!(run(9), run(9));
    assert_ne!(run(9), run(10));
}

#[test]
fn p_values_of_chance_are_spread_evenly() {
    // Systems without a difference: a test at 10 % must be wrong about every tenth time, neither never nor often.
    let (mut low, mut outside) = (0, 0);
    let trials = 300;
    for trial in 0..trials {
        let draw = |i: u64| lyceum::data::hash::mix(trial, i) >> 60;
        let gold = vec![3.0; 40];
        let guess = |from: u64| (from..from + 40).map(|i| Some(3.0 + draw(i) as f64)).collect::<Vec<_>>();
        let (a, b) = (ratings(&gold, &guess(0)), ratings(&gold, &guess(40)));
        let measures = &a.measures[..1];
        low += usize::from(permutation_test(&a.tallies, &b.tallies, measures, 99, trial)[0] <= 0.1);
        let interval = paired_bootstrap(&a.tallies, &b.tallies, measures, 199, trial)[0];
        outside += usize::from(interval.low > 0.0 || interval.high < 0.0);
    }
    assert!((12..=55).contains(&low), "{low} of {trials} at 10 %");
    assert!((4..=35).contains(&outside), "{outside} of {trials} at 5 %");
}

#[test]
fn means_have_an_interval_if_there_are_rows() {
    assert_eq!(bootstrap_mean(&[], 100, 1), None);
    let one = bootstrap_mean(&[0.5; 20], 100, 1).unwrap();
    assert_eq!((one.low, one.high), (0.5, 0.5));
    let many: Vec<f32> = (0..1000).map(|i| (i % 2) as f32).collect();
    let interval = bootstrap_mean(&many, RESAMPLES, 1).unwrap();
    let half = 1.96 * (0.25_f64 / 1000.0).sqrt();
    assert!((interval.low - (0.5 - half)).abs() < 0.005 && (interval.high - (0.5 + half)).abs() < 0.005, "{interval:?}");
}
