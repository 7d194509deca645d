//! What holds of metrics whatever the rows are: full marks for gold itself, no order of rows, and rows that lack a prediction.

use lyceum::evaluate::{
    Entity, NO_CLASS, Report, Scale, TextKind, Uncertainty, Weights, answers, bleu, chrf, classes, cohen_kappa,
    cohen_kappa_several, entities, entities_of_tags, krippendorff_alpha, normalise, percent_agreement, rankings, ratings,
    span_f1, tags_of_entities, texts,
};
use proptest::prelude::*;

use super::{names, near};

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn values(report: &Report) -> Vec<f64> {
    report.metrics.iter().map(|metric| metric.value).collect()
}

proptest! {
    #[test]
    fn gold_itself_has_full_marks(text in "\\PC{0,40}") {
        prop_assert!(bleu::sentence(&text, &text) > 99.999 || text.trim().is_empty());
        prop_assert!(chrf::sentence(&text, &text) > 99.999 || text.trim().is_empty());
        let four = vec![format!("one two three four {text}")];
        let report = texts(&four, &four, TextKind::Translation);
        for metric in &report.metrics {
            near(&metric.name, metric.value, if metric.percent { 1.0 } else { 100.0 });
        }
        near("token F1", answers(&[vec![text.clone()]], std::slice::from_ref(&text)).headline.value, 1.0);
        prop_assert_eq!(normalise(&normalise(&text)), normalise(&text));
    }

    #[test]
    fn scores_stay_in_their_range(gold in "[ab .,1]{0,12}", predicted in "\\PC{0,12}") {
        for kind in [TextKind::Translation, TextKind::Summary, TextKind::Answer, TextKind::Chat] {
            let report = texts(std::slice::from_ref(&gold), std::slice::from_ref(&predicted), kind);
            for metric in &report.metrics {
                let most = if metric.percent { 1.0 } else { 100.0 };
                prop_assert!((0.0..=most + 1e-9).contains(&metric.value), "{:?}", metric);
            }
        }
    }

    #[test]
    fn the_order_of_rows_does_not_matter(pairs in prop::collection::vec((0..4_usize, 0..4_usize), 1..40), shift in 0..40_usize) {
        let report = |pairs: &[(usize, usize)]| {
            let (gold, predicted): (Vec<_>, Vec<_>) = pairs.iter().map(|(g, p)| (vec![*g], vec![*p])).unzip();
            classes(&names(4), &gold, &predicted, false)
        };
        let mut turned = pairs.clone();
        turned.rotate_left(shift % pairs.len());
        prop_assert_eq!(values(&report(&pairs)), values(&report(&turned)));
        let (a, b): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        let (c, d): (Vec<_>, Vec<_>) = turned.into_iter().unzip();
        for weights in [Weights::None, Weights::Linear, Weights::Quadratic] {
            prop_assert_eq!(cohen_kappa(&a, &b, weights), cohen_kappa(&c, &d, weights));
            prop_assert_eq!(cohen_kappa(&a, &b, weights), cohen_kappa(&b, &a, weights));
        }
    }

    #[test]
    fn names_of_classes_do_not_matter(pairs in prop::collection::vec((0..3_usize, 0..3_usize), 1..40)) {
        let (a, b): (Vec<_>, Vec<_>) = pairs.iter().copied().unzip();
        let renamed = |row: &[usize]| row.iter().map(|c| [7, 1, 4][*c]).collect::<Vec<_>>();
        let (plain, other) = (cohen_kappa(&a, &b, Weights::None), cohen_kappa(&renamed(&a), &renamed(&b), Weights::None));
        prop_assert_eq!(plain.is_some(), other.is_some());
        prop_assert!((plain.unwrap_or_default() - other.unwrap_or_default()).abs() < 1e-12);
    }

    #[test]
    fn tags_and_spans_are_the_same(lengths in prop::collection::vec((0..3_usize, 1..4_usize, 0..3_usize), 0..8)) {
        let (mut spans, mut at) = (Vec::new(), 0);
        for (gap, length, label) in lengths {
            spans.push(Entity::new(at + gap, at + gap + length, format!("L-{label}")));
            at += gap + length;
        }
        prop_assert_eq!(entities_of_tags(&tags_of_entities(at + 1, &spans)), spans);
    }
}

#[test]
fn agreement_of_identical_annotators_is_one() {
    let rows = [0, 2, 1, 1, 0, 2, 2];
    for weights in [Weights::None, Weights::Linear, Weights::Quadratic] {
        assert_eq!(cohen_kappa(&rows, &rows, weights), Some(1.0));
    }
    assert_eq!(percent_agreement(&rows, &rows), Some(1.0));
    let one: Vec<Option<f64>> = rows.iter().map(|r| Some(*r as f64)).collect();
    for scale in [Scale::Nominal, Scale::Ordinal, Scale::Interval] {
        assert_eq!(krippendorff_alpha(&[one.clone(), one.clone()], scale), Some(1.0));
        assert_eq!(krippendorff_alpha(std::slice::from_ref(&one), scale), None, "one annotator agrees with nobody");
    }
    assert_eq!(cohen_kappa(&[1, 1], &[1, 1], Weights::None), None, "chance alone would agree as well");
    assert_eq!(cohen_kappa(&[], &[], Weights::None), None);
    let several = [vec![0, 1], vec![], vec![1]];
    assert_eq!(cohen_kappa_several(3, &several, &several), Some(1.0));
    assert!((cohen_kappa(&[0, 0, 1, 1], &[0, 1, 0, 1], Weights::None).unwrap()).abs() < 1e-12, "chance is 0");
}

#[test]
fn spans_agree_whoever_is_gold() {
    let a = [vec![Entity::new(0, 2, "PER"), Entity::new(3, 4, "LOC")], vec![]];
    let b = [vec![Entity::new(0, 2, "PER"), Entity::new(3, 5, "LOC")], vec![Entity::new(1, 2, "PER")]];
    near("span F1", span_f1(&a, &b), 2.0 / 5.0);
    near("span F1", span_f1(&b, &a), 2.0 / 5.0);
    near("of nothing", span_f1(&[vec![]], &[vec![]]), 1.0);
}

#[test]
fn a_row_without_a_class_is_wrong_and_named() {
    let gold = vec![vec![0], vec![1], vec![1], vec![0]];
    // An answer that names no class, one past the labels, and a row that is missing.
    let report = classes(&names(2), &gold, &[vec![0], vec![], vec![9]], false);
    near("accuracy", report.headline.value, 0.25);
    let confusion = report.confusion.unwrap();
    assert_eq!(confusion.labels.last().unwrap(), NO_CLASS);
    assert_eq!(confusion.counts, [[1, 0, 1], [0, 0, 2], [0, 0, 0]]);
    assert_eq!(confusion.rows[1][2], [1, 2]);
    assert_eq!(report.row_scores, [1.0, 0.0, 0.0, 0.0]);
    assert_eq!(report.per_class[1].support, 2);
}

#[test]
fn cells_lead_to_their_rows() {
    let gold: Vec<Vec<usize>> = [0, 1, 0, 1, 2].map(|c| vec![c]).to_vec();
    let predicted: Vec<Vec<usize>> = [0, 0, 1, 0, 2].map(|c| vec![c]).to_vec();
    let report = classes(&names(3), &gold, &predicted, false);
    let confusion = report.confusion.as_ref().unwrap();
    assert_eq!(confusion.rows[1][0], [1, 3]);
    assert_eq!(confusion.counts.iter().flatten().sum::<u64>(), 5);
    assert_eq!(report.worst_first(), [1, 2, 3, 0, 4]);
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}

#[test]
fn the_unanswerable_counts_apart() {
    let gold = [vec![], strings(&["north gate", "the gate"]), strings(&["noon"]), vec![]];
    let report = answers(&gold, &strings(&["", "Gate", "midnight", "a guess"]));
    near("token F1", report.headline.value, 0.5);
    near("of answerable", report.metric("Token F1 of answerable").unwrap().value, 0.5);
    near("unanswerable", report.metric("Unanswerable recognised").unwrap().value, 0.5);
    assert_eq!(report.row_scores, [1.0, 1.0, 0.0, 0.0]);
    assert!(answers(&gold[1..3], &strings(&["x", "y"])).metric("Unanswerable recognised").is_none());
}

#[test]
fn ratings_that_are_missing_are_said() {
    let report = ratings(&[1.0, 5.0, 3.0], &[Some(1.4), None]);
    // Nothing said is as wrong as gold ratings can be: 4 apart.
    near("error", report.headline.value, (0.4 + 4.0 + 4.0) / 3.0);
    near("accuracy", report.metric("Accuracy").unwrap().value, 1.0 / 3.0);
    near("rated", report.metric("Rated").unwrap().value, 1.0 / 3.0);
    assert_eq!(report.worst_first(), [1, 2, 0]);
}

#[test]
fn ranking_finds_what_is_liked() {
    let relevance = [vec![0.0, 1.0, 0.0], vec![1.0, 0.0, 0.0], vec![0.0, 0.0]];
    let report = rankings(&relevance, &[vec![0.1, 0.9, 0.2], vec![0.1, 0.2, 0.3], vec![0.5, 0.1]], 2);
    near("hit rate", report.metric("Hit rate@2").unwrap().value, 1.0 / 3.0);
    near("reciprocal rank", report.metric("Mean reciprocal rank").unwrap().value, (1.0 + 1.0 / 3.0) / 3.0);
    near("NDCG", report.headline.value, 1.0 / 3.0);
    // A model that scores everything alike has found nothing.
    let flat = rankings(&relevance[..1], &[vec![0.5; 3]], 2);
    near("hit rate", flat.metric("Hit rate@2").unwrap().value, 0.0);
}

#[test]
fn nothing_at_all_is_no_panic() {
    let reports = [
        classes(&[], &[], &[], false),
        classes(&names(2), &[], &[], true),
        entities(&[], &[]),
        answers(&[], &[]),
        texts(&[], &[], TextKind::Summary),
        texts(&[], &[], TextKind::Translation),
        ratings(&[], &[]),
        rankings(&[], &[], 3),
    ];
    for report in reports {
        assert!(report.metrics.iter().all(|metric| metric.value == 0.0), "{report:?}");
    }
}

#[test]
fn the_less_sure_the_larger() {
    let rows = [[1.0, 0.0, 0.0], [0.7, 0.2, 0.1], [0.4, 0.35, 0.25], [1.0 / 3.0; 3]];
    for measure in [Uncertainty::Entropy, Uncertainty::Margin, Uncertainty::LeastConfidence] {
        let scores: Vec<f32> = rows.iter().map(|row| measure.score(row)).collect();
        assert!(scores.is_sorted() && scores[0].abs() < 1e-7, "{measure:?} {scores:?}");
        assert!(measure.score(&[f32::NAN, 0.5]) > scores[3]);
    }
    assert!((Uncertainty::Margin.score(&[0.2, 0.5, 0.3]) - 0.8).abs() < 1e-6);
    assert!((Uncertainty::LeastConfidence.score(&[0.2, 0.5, 0.3]) - 0.5).abs() < 1e-6);
}
