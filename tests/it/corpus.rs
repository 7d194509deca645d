//! Corpora from the outside: splits, duplicates, baselines, batches, cancelling, damage.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;

use lyceum::data::{Batches, Corpus, CorpusError, DocumentWriter, Documents, Tick, corpus, quiet};
use lyceum::engine::command::{TokenizerKind, TokenizerSpec};
use lyceum::tokenizer::Tokenizer;
use proptest::prelude::*;

fn documents(dir: &Path, texts: &[impl AsRef<str>]) -> Documents {
    let mut writer = DocumentWriter::create(dir).unwrap();
    for text in texts {
        writer.push(text.as_ref()).unwrap();
        writer.end().unwrap();
    }
    writer.finish().unwrap();
    Documents::open(dir).unwrap()
}

fn bytes() -> Tokenizer {
    Tokenizer::train_on(TokenizerSpec { kind: TokenizerKind::Bytes, vocab_size: 0 }, &["a"], &mut quiet).unwrap().tokenizer
}

/// Documents of one side, as text.
fn texts(corpus: &Corpus, val: bool, tokenizer: &Tokenizer) -> Vec<String> {
    let side = if val { corpus.val() } else { corpus.train() };
    let mut start = 0;
    (0..side.documents())
        .map(|i| {
            let end = side.document_end(i).unwrap();
            let mut ids = Vec::new();
            side.read(start, end - start, &mut ids);
            start = end;
            assert_eq!(ids.pop(), Some(0), "a document ends with its token");
            tokenizer.decode(&ids)
        })
        .collect()
}

#[test]
fn a_corpus_holds_every_document_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut wanted: Vec<String> = (0..200).map(|i| format!("document {i} of {}", "x".repeat(i % 7))).collect();
    let mut given = wanted.clone();
    given.extend(wanted.iter().step_by(3).cloned());
    let docs = documents(dir.path(), &given);
    let tokenizer = bytes();
    let out = dir.path().join("corpus");
    let summary = corpus::build(&docs, &tokenizer, 0.1, 7, &out, &mut quiet).unwrap();
    let corpus = Corpus::open(&out).unwrap();
    assert_eq!(corpus.meta(), &summary.meta);
    assert_eq!(summary.meta.duplicates, 67);
    assert_eq!(summary.meta.bytes_per_token, 2);
    let (train, val) = (texts(&corpus, false, &tokenizer), texts(&corpus, true, &tokenizer));
    assert_eq!(summary.meta.train_documents, train.len() as u64);
    assert!((15..=25).contains(&val.len()), "{}", val.len());
    assert_eq!(summary.meta.val_bytes, val.iter().map(|t| t.len() as u64).sum::<u64>());
    let mut all = [train, val].concat();
    all.sort();
    wanted.sort();
    assert_eq!(all, wanted);
}

#[test]
fn long_documents_survive_being_cut_for_the_tokenizer() {
    let dir = tempfile::tempdir().unwrap();
    let long = "words and wörds in a long row\n".repeat(10_000);
    let solid = "漢".repeat(60_000);
    let docs = documents(dir.path(), &[&long, &solid]);
    let out = dir.path().join("corpus");
    corpus::build(&docs, &bytes(), 0.0, 7, &out, &mut quiet).unwrap();
    let corpus = Corpus::open(&out).unwrap();
    let mut all = texts(&corpus, false, &bytes());
    all.sort_by_key(String::len);
    assert_eq!(all, [solid, long]);
    assert!(corpus.val().is_empty());
}

#[test]
fn one_document_is_split_within() {
    let dir = tempfile::tempdir().unwrap();
    let docs = documents(dir.path(), &["one two three four five six seven eight nine ten ".repeat(50)]);
    let out = dir.path().join("corpus");
    let summary = corpus::build(&docs, &bytes(), 0.1, 7, &out, &mut quiet).unwrap();
    assert!(summary.meta.val_bytes > 200 && summary.meta.val_bytes < 300, "{}", summary.meta.val_bytes);
    assert!(summary.warnings.iter().any(|w| w.contains("only one document")));
}

#[test]
fn cancelling_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("source");
    std::fs::create_dir(&source).unwrap();
    let docs = documents(&source, &["some text", "other text"]);
    let target = dir.path().join("corpora");
    for stop_at in 0..3 {
        let mut calls = 0;
        let mut progress = |_: Tick| {
            calls += 1;
            if calls > stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let result = corpus::build(&docs, &bytes(), 0.5, 1, &target.join("one"), &mut progress);
        match result {
            Err(e) => assert!(e.is_cancelled()),
            Ok(_) => assert!(calls <= stop_at),
        }
        if calls > stop_at {
            let left = std::fs::read_dir(&target).map_or(0, Iterator::count);
            assert_eq!(left, 0, "stopped at call {stop_at}");
        }
    }
}

#[test]
fn refusals_are_sentences() {
    let dir = tempfile::tempdir().unwrap();
    let docs = documents(dir.path(), &["some text", "other text"]);
    let out = dir.path().join("corpus");
    let wrong = corpus::build(&docs, &bytes(), 0.9, 1, &out, &mut quiet).unwrap_err();
    assert!(matches!(wrong, CorpusError::Fraction { .. }));
    corpus::build(&docs, &bytes(), 0.5, 1, &out, &mut quiet).unwrap();
    let again = corpus::build(&docs, &bytes(), 0.5, 1, &out, &mut quiet).unwrap_err();
    assert!(matches!(again, CorpusError::Exists { .. }), "{again}");
    let empty = tempfile::tempdir().unwrap();
    let none = documents(empty.path(), &[] as &[&str]);
    let nothing = corpus::build(&none, &bytes(), 0.5, 1, &empty.path().join("c"), &mut quiet).unwrap_err();
    assert!(matches!(nothing, CorpusError::NoDocuments));
}

#[test]
fn a_damaged_corpus_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let docs = documents(dir.path(), &["some text", "other text"]);
    for (name, content) in [("train.bin", "x"), ("meta.json", "{}"), ("meta.json", "")] {
        let out = tempfile::tempdir().unwrap();
        let out = out.path().join("corpus");
        corpus::build(&docs, &bytes(), 0.5, 1, &out, &mut quiet).unwrap();
        std::fs::write(out.join(name), content).unwrap();
        let error = Corpus::open(&out).unwrap_err();
        assert!(matches!(error, CorpusError::Damaged { .. }), "{error}");
        assert!(error.to_string().contains("tokenise the dataset again"));
    }
    std::fs::write(dir.path().join("text.idx"), [1, 2, 3]).unwrap();
    assert!(Documents::open(dir.path()).is_err());
}

#[test]
fn baselines_fall_from_uniform_to_bigram() {
    let dir = tempfile::tempdir().unwrap();
    let docs = documents(
        dir.path(),
        &(0..300).map(|i| format!("the cat {i} sat on the mat and the dog {} sat too", i * 7)).collect::<Vec<_>>(),
    );
    let summary = corpus::build(&docs, &bytes(), 0.1, 3, &dir.path().join("corpus"), &mut quiet).unwrap();
    let baselines = summary.meta.baselines;
    assert!((baselines.uniform - 264_f32.ln()).abs() < 1e-5);
    assert!(baselines.unigram < baselines.uniform - 1.0, "{baselines:?}");
    assert!(baselines.bigram < baselines.unigram - 0.5, "{baselines:?}");
    assert!(baselines.bigram > 0.0);
}

#[test]
fn batches_cover_a_corpus_evenly_over_epochs() {
    let dir = tempfile::tempdir().unwrap();
    let docs = documents(dir.path(), &(0..40).map(|i| format!("document {i}")).collect::<Vec<_>>());
    let out = dir.path().join("corpus");
    corpus::build(&docs, &bytes(), 0.0, 3, &out, &mut quiet).unwrap();
    let corpus = Corpus::open(&out).unwrap();
    let tokens = corpus.train().len();
    let batches = Batches::new(tokens, 16, 11);
    let mut seen = vec![0_u32; tokens];
    let epochs = 60;
    let mut ids = Vec::new();
    for counter in 0..epochs * batches.per_epoch() {
        let start = batches.start(counter);
        corpus.train().read(start, 17, &mut ids);
        assert_eq!(ids.len(), 17);
        (start..start + 16).for_each(|t| seen[t % tokens] += 1);
    }
    let (least, most) = (seen.iter().min().unwrap(), seen.iter().max().unwrap());
    assert!(*most <= epochs as u32 && *least + 8 >= epochs as u32, "{least} … {most} of {epochs}");
}

#[test]
fn walking_and_getting_agree_and_searching_pages() {
    let dir = tempfile::tempdir().unwrap();
    let texts: Vec<String> =
        (0..500).map(|i| format!("Row {i} {}", if i % 10 == 0 { "ÄPFEL and Pears" } else { "plums" })).collect();
    let docs = documents(dir.path(), &texts);
    let mut walked = Vec::new();
    docs.walk(3..400, |i, text| {
        assert_eq!(docs.get(i), text);
        walked.push(i);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(walked, (3..400).collect::<Vec<_>>());
    let found = docs.search("pEARS", 20, 15, &mut quiet).unwrap();
    assert_eq!((found.total, found.rows.first(), found.rows.len()), (50, Some(&200), 15));
    assert_eq!(docs.search("äpfel", 0, 1000, &mut quiet).unwrap().total, 50);
    assert_eq!(docs.search("", 490, 100, &mut quiet).unwrap().rows.len(), 10);
    assert_eq!(docs.search("no such thing", 0, 10, &mut quiet).unwrap().total, 0);
    let stats = docs.stats(&mut quiet).unwrap();
    assert_eq!((stats.documents, stats.bytes, stats.duplicates), (500, docs.bytes(), 0));
    assert_eq!(stats.length_histogram.iter().map(|bar| bar.1).sum::<u64>(), 500);
    assert_eq!(stats.words, texts.iter().map(|t| t.split_whitespace().count() as u64).sum::<u64>());
    assert_eq!(docs.get(500), "");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn no_document_stands_on_both_sides(texts_in in proptest::collection::vec("[ab ü]{1,4}", 2..60), fraction in 0.0..0.5_f64, seed: u64) {
        let dir = tempfile::tempdir().unwrap();
        let docs = documents(dir.path(), &texts_in);
        let tokenizer = bytes();
        let out = dir.path().join("corpus");
        let summary = corpus::build(&docs, &tokenizer, fraction, seed, &out, &mut quiet).unwrap();
        let corpus = Corpus::open(&out).unwrap();
        let train: BTreeSet<String> = texts(&corpus, false, &tokenizer).into_iter().collect();
        let val: BTreeSet<String> = texts(&corpus, true, &tokenizer).into_iter().collect();
        let unique: BTreeSet<String> = texts_in.iter().cloned().collect();
        if unique.len() > 1 {
            prop_assert!(train.is_disjoint(&val));
            prop_assert_eq!(train.union(&val).cloned().collect::<BTreeSet<_>>(), unique.clone());
            prop_assert!(!train.is_empty());
            prop_assert!(fraction == 0.0 || !val.is_empty());
        }
        prop_assert_eq!(summary.meta.duplicates as usize, texts_in.len() - unique.len());
        // The same seed gives the same files, whatever the order of the documents.
        let other = tempfile::tempdir().unwrap();
        let mut reversed = texts_in.clone();
        reversed.reverse();
        let docs = documents(other.path(), &reversed);
        let out = other.path().join("corpus");
        corpus::build(&docs, &tokenizer, fraction, seed, &out, &mut quiet).unwrap();
        let again: BTreeSet<String> = texts(&Corpus::open(&out).unwrap(), true, &tokenizer).into_iter().collect();
        if unique.len() > 1 {
            prop_assert_eq!(again, val);
        }
    }
}
