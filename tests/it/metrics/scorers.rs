//! Classes, entities, answers, agreement, ratings and confidence against scikit-learn, seqeval, SQuAD's script, krippendorff and scipy.

use std::collections::BTreeMap;

use lyceum::evaluate::confidence::{sign_test, wilson};
use lyceum::evaluate::{
    Entity, Report, Scale, Uncertainty, Weights, answer_score, answers, calibration, classes, cohen_kappa, entities,
    entities_of_tags, first_rank, krippendorff_alpha, ndcg, ratings,
};
use serde::Deserialize;

use super::{golden, names, near};

fn check(report: &Report, wanted: &[(&str, f64)]) {
    for (name, want) in wanted {
        near(name, report.metric(name).unwrap().value, *want);
    }
    assert_eq!(report.headline, report.metrics[0]);
}

#[derive(Deserialize)]
struct ClassCase {
    labels: usize,
    gold: Vec<Vec<usize>>,
    predicted: Vec<Vec<usize>>,
    accuracy: f64,
    #[serde(rename = "macro")]
    macro_f1: f64,
    weighted: f64,
    micro: f64,
    per_class: Vec<[f64; 4]>,
    confusion: Option<Vec<Vec<u64>>>,
    hamming: Option<f64>,
}

fn check_classes(case: &ClassCase) {
    let several = case.hamming.is_some();
    let report = classes(&names(case.labels), &case.gold, &case.predicted, several);
    let accuracy = if several { "Subset accuracy" } else { "Accuracy" };
    check(
        &report,
        &[(accuracy, case.accuracy), ("Macro-F1", case.macro_f1), ("Weighted F1", case.weighted), ("Micro-F1", case.micro)],
    );
    if let Some(hamming) = case.hamming {
        check(&report, &[("Hamming loss", hamming)]);
    }
    assert_eq!(report.per_class.len(), case.labels);
    for (row, [precision, recall, f1, support]) in report.per_class.iter().zip(&case.per_class) {
        near(&row.name, row.precision, *precision);
        near(&row.name, row.recall, *recall);
        near(&row.name, row.f1, *f1);
        near(&row.name, row.support as f64, *support);
    }
    assert_eq!(report.confusion.map(|confusion| confusion.counts), case.confusion);
}

#[test]
fn classes_agree_with_sklearn() {
    let cases: BTreeMap<String, Vec<ClassCase>> = golden(include_str!("../../goldens/metrics/classes.json"));
    assert_eq!(cases.len(), 2);
    cases.values().flatten().for_each(check_classes);
}

#[derive(Deserialize)]
struct EntityCases {
    cases: Vec<EntityCase>,
    bioes: Vec<Tagged>,
}

type Spans = Vec<(usize, usize, String)>;

#[derive(Deserialize)]
struct Tagged {
    tags: Vec<String>,
    spans: Spans,
}

#[derive(Deserialize)]
struct EntityCase {
    gold: Vec<Vec<String>>,
    predicted: Vec<Vec<String>>,
    gold_spans: Vec<Spans>,
    predicted_spans: Vec<Spans>,
    report: BTreeMap<String, (f64, f64, f64, f64)>,
}

fn spans(spans: &Spans) -> Vec<Entity> {
    spans.iter().map(|(start, end, label)| Entity::new(*start, *end, label)).collect()
}

#[test]
fn entities_agree_with_seqeval() {
    let all: EntityCases = golden(include_str!("../../goldens/metrics/entities.json"));
    for Tagged { tags, spans: want } in &all.bioes {
        assert_eq!(entities_of_tags(tags), spans(want), "{tags:?}");
    }
    for case in &all.cases {
        let read = |rows: &[Vec<String>]| rows.iter().map(|tags| entities_of_tags(tags)).collect::<Vec<_>>();
        let (gold, predicted) = (read(&case.gold), read(&case.predicted));
        assert_eq!(gold, case.gold_spans.iter().map(spans).collect::<Vec<_>>());
        assert_eq!(predicted, case.predicted_spans.iter().map(spans).collect::<Vec<_>>());
        let report = entities(&gold, &predicted);
        let (precision, recall, f1, _) = case.report["micro avg"];
        check(&report, &[("Entity F1", f1), ("Precision", precision), ("Recall", recall)]);
        check(&report, &[("Macro-F1", case.report["macro avg"].2), ("Weighted F1", case.report["weighted avg"].2)]);
        assert_eq!(report.per_class.len(), case.report.len() - 3);
        for row in &report.per_class {
            let (precision, recall, f1, support) = case.report[&row.name];
            near(&row.name, row.precision, precision);
            near(&row.name, row.recall, recall);
            near(&row.name, row.f1, f1);
            near(&row.name, row.support as f64, support);
        }
    }
}

#[derive(Deserialize)]
struct AnswerCase {
    gold: Vec<String>,
    predicted: String,
    exact: f64,
    f1: f64,
}

#[test]
fn answers_agree_with_squad() {
    let cases: Vec<AnswerCase> = golden(include_str!("../../goldens/metrics/answers.json"));
    for case in &cases {
        let score = answer_score(&case.gold, &case.predicted);
        near(&format!("exact {:?} {:?}", case.gold, case.predicted), score.exact, case.exact);
        near(&format!("F1 {:?} {:?}", case.gold, case.predicted), score.f1, case.f1);
    }
    let gold: Vec<Vec<String>> = cases.iter().map(|case| case.gold.clone()).collect();
    let predicted: Vec<String> = cases.iter().map(|case| case.predicted.clone()).collect();
    let mean = |value: fn(&AnswerCase) -> f64| cases.iter().map(value).sum::<f64>() / cases.len() as f64;
    check(&answers(&gold, &predicted), &[("Token F1", mean(|c| c.f1)), ("Exact match", mean(|c| c.exact))]);
}

#[derive(Deserialize)]
struct Agreement {
    kappas: Vec<Kappa>,
    alphas: Vec<Alpha>,
}

#[derive(Deserialize)]
struct Kappa {
    a: Vec<usize>,
    b: Vec<usize>,
    none: f64,
    linear: f64,
    quadratic: f64,
}

#[derive(Deserialize)]
struct Alpha {
    table: Vec<Vec<Option<f64>>>,
    nominal: f64,
    ordinal: f64,
    interval: f64,
}

#[test]
fn agreement_is_sklearns_and_krippendorffs() {
    let all: Agreement = golden(include_str!("../../goldens/metrics/agreement.json"));
    for Kappa { a, b, none, linear, quadratic } in &all.kappas {
        near("κ", cohen_kappa(a, b, Weights::None).unwrap(), *none);
        near("linear κ", cohen_kappa(a, b, Weights::Linear).unwrap(), *linear);
        near("quadratic κ", cohen_kappa(a, b, Weights::Quadratic).unwrap(), *quadratic);
    }
    for Alpha { table, nominal, ordinal, interval } in &all.alphas {
        near("nominal α", krippendorff_alpha(table, Scale::Nominal).unwrap(), *nominal);
        near("ordinal α", krippendorff_alpha(table, Scale::Ordinal).unwrap(), *ordinal);
        near("interval α", krippendorff_alpha(table, Scale::Interval).unwrap(), *interval);
    }
}

#[derive(Deserialize)]
struct Ratings {
    gold: Vec<f64>,
    predicted: Vec<f64>,
    mae: f64,
    rmse: f64,
    rankings: Vec<Ranking>,
}

#[derive(Deserialize)]
struct Ranking {
    relevance: Vec<f64>,
    scores: Vec<f64>,
    ndcg: BTreeMap<usize, f64>,
    one: Vec<f64>,
    reciprocal: f64,
}

#[test]
fn ratings_and_rankings_agree_with_sklearn() {
    let all: Ratings = golden(include_str!("../../goldens/metrics/ratings.json"));
    let predicted: Vec<Option<f64>> = all.predicted.iter().copied().map(Some).collect();
    let report = ratings(&all.gold, &predicted);
    check(&report, &[("Mean absolute error", all.mae), ("Root mean square error", all.rmse)]);
    for row in &all.rankings {
        for (k, want) in &row.ndcg {
            near(&format!("NDCG@{k} of {:?} by {:?}", row.relevance, row.scores), ndcg(&row.relevance, &row.scores, *k), *want);
        }
        let rank = first_rank(&row.one, &row.scores).unwrap();
        near("reciprocal rank", 1.0 / rank as f64, row.reciprocal);
    }
}

#[derive(Deserialize)]
struct Confidence {
    wilson: Vec<(u64, u64, f64, f64)>,
    signs: Vec<(usize, usize, f64)>,
    probabilities: Vec<f32>,
    right: Vec<bool>,
    calibration: Vec<Curve>,
    entropy: Vec<(Vec<f32>, f64)>,
}

#[derive(Deserialize)]
struct Curve {
    bins: usize,
    accuracy: Vec<f64>,
    confidence: Vec<f64>,
}

#[test]
fn confidence_agrees_with_scipy_and_sklearn() {
    let all: Confidence = golden(include_str!("../../goldens/metrics/confidence.json"));
    for (hits, rows, low, high) in all.wilson {
        let interval = wilson(hits, rows).unwrap();
        near("low", interval.low, low);
        near("high", interval.high, high);
    }
    for (wins, losses, p) in all.signs {
        let base = vec![0.0; wins + losses];
        let tuned: Vec<f32> = (0..wins + losses).map(|i| if i < wins { 1.0 } else { -1.0 }).collect();
        near(&format!("sign test {wins}:{losses}"), sign_test(&base, &tuned), p);
    }
    let rows: Vec<(f32, bool)> = all.probabilities.into_iter().zip(all.right).collect();
    for curve in all.calibration {
        let got = calibration(&rows, curve.bins);
        let filled: Vec<_> = got.bins.iter().filter(|bin| bin.count > 0).collect();
        assert_eq!(filled.len(), curve.accuracy.len());
        let mut gap = 0.0;
        for ((bin, accuracy), confidence) in filled.iter().zip(&curve.accuracy).zip(&curve.confidence) {
            near("accuracy of a bin", bin.accuracy, *accuracy);
            near("confidence of a bin", bin.confidence, *confidence);
            gap += bin.count as f64 / rows.len() as f64 * (accuracy - confidence).abs();
        }
        near("expected calibration error", got.expected_error, gap);
    }
    for (probabilities, want) in all.entropy {
        assert!((f64::from(Uncertainty::Entropy.score(&probabilities)) - want).abs() < 1e-6);
    }
}
