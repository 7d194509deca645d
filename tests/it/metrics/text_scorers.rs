//! BLEU, chrF and ROUGE against sacrebleu and rouge-score, row by row and over rows; their tokens as well.

use lyceum::evaluate::words::{Letters, tokens_13a, words_rouge};
use lyceum::evaluate::{TextKind, bleu, chrf, rouge, texts};
use serde::Deserialize;

use super::{golden, near};

#[derive(Deserialize)]
struct Goldens {
    rows: Vec<Row>,
    corpora: Vec<Corpus>,
}

#[derive(Deserialize)]
struct Row {
    gold: String,
    predicted: String,
    tokens_13a: Vec<String>,
    words_rouge: Vec<String>,
    bleu: f64,
    chrf: f64,
    chrf_words: f64,
    rouge: [f64; 3],
}

#[derive(Deserialize)]
struct Corpus {
    rows: [usize; 2],
    bleu: f64,
    chrf: f64,
    chrf_words: f64,
}

fn goldens() -> Goldens {
    golden(include_str!("../../goldens/metrics/texts.json"))
}

#[test]
fn rows_agree_with_sacrebleu() {
    for row in goldens().rows {
        let (gold, predicted) = (&row.gold, &row.predicted);
        assert_eq!(tokens_13a(gold), row.tokens_13a);
        near(&format!("BLEU of {predicted:?}"), bleu::sentence(gold, predicted), row.bleu);
        near(&format!("chrF of {predicted:?}"), chrf::sentence(gold, predicted), row.chrf);
        near(&format!("chrF++ of {predicted:?}"), chrf::sentence_with_words(gold, predicted), row.chrf_words);
    }
}

#[test]
fn rows_agree_with_rouge_score() {
    for row in goldens().rows {
        assert_eq!(words_rouge(&row.gold, Letters::Ascii), row.words_rouge);
        let got = rouge(&row.gold, &row.predicted, Letters::Ascii);
        for (got, want) in [got.rouge1, got.rouge2, got.rouge_l].into_iter().zip(row.rouge) {
            near(&format!("ROUGE of {:?}", row.predicted), got, want);
        }
    }
}

#[test]
fn corpora_agree_with_sacrebleu() {
    let Goldens { rows, corpora } = goldens();
    for corpus in corpora {
        let rows = &rows[corpus.rows[0]..corpus.rows[1]];
        let gold: Vec<String> = rows.iter().map(|row| row.gold.clone()).collect();
        let predicted: Vec<String> = rows.iter().map(|row| row.predicted.clone()).collect();
        let report = texts(&gold, &predicted, TextKind::Translation);
        for (name, want) in [("BLEU", corpus.bleu), ("chrF", corpus.chrf), ("chrF++", corpus.chrf_words)] {
            near(&format!("{name} of rows {:?}", corpus.rows), report.metric(name).unwrap().value, want);
        }
        for (got, row) in report.row_scores.iter().zip(rows) {
            assert!((f64::from(*got) - row.chrf / 100.0).abs() < 1e-6);
        }
    }
}

#[test]
fn summaries_have_the_mean_over_rows() {
    let rows: Vec<Row> = goldens().rows.into_iter().filter(|row| row.gold.is_ascii()).collect();
    let gold: Vec<String> = rows.iter().map(|row| row.gold.clone()).collect();
    let predicted: Vec<String> = rows.iter().map(|row| row.predicted.clone()).collect();
    let report = texts(&gold, &predicted, TextKind::Summary);
    for (at, name) in ["ROUGE-1", "ROUGE-2", "ROUGE-L"].into_iter().enumerate() {
        let mean = rows.iter().map(|row| row.rouge[at]).sum::<f64>() / rows.len() as f64;
        near(name, report.metric(name).unwrap().value, mean);
    }
}

#[test]
fn words_of_all_scripts_count_where_ascii_has_none() {
    let gold = vec!["Рыбак чинит сеть у моря.".to_owned()];
    let predicted = vec!["рыбак чинит сеть дома".to_owned()];
    let report = texts(&gold, &predicted, TextKind::Summary);
    assert_eq!(report.headline.name, "ROUGE-L (all scripts)");
    near("ROUGE-L", report.headline.value, 2.0 * 3.0 / 9.0);
    near("of ASCII", rouge(&gold[0], &predicted[0], Letters::Ascii).rouge_l, 0.0);
    let plain = "One plain, English line";
    assert_eq!(words_rouge(plain, Letters::Ascii), words_rouge(plain, Letters::Unicode));
}
