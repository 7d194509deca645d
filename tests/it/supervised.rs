//! Supervised rows: read, refused with a sentence, written back, counted and split.

mod few_shot;
mod masks;
mod round_trip;
mod templates;

use lyceum::data::import::{Row, detect};
use lyceum::data::supervised::{
    Answer, Content, Example, OffsetUnit, Problem, Reader, RowWarning, SpanForm, export, measure, split,
};
use serde_json::{Value, json};

/// Reads one JSON row by what is detected in it.
fn read(row: &Value) -> Result<Example, RowWarning> {
    let row = Row::from_json(7, row.clone());
    reader(&row).read(&row)
}

fn reader(row: &Row) -> Reader {
    let columns: Vec<String> = row.cells.iter().map(|(name, _)| name.clone()).collect();
    Reader::new(detect(&columns, std::slice::from_ref(row)))
}

fn content(row: &Value) -> Content {
    read(row).unwrap().content
}

fn problem(row: &Value) -> Problem {
    let warning = read(row).unwrap_err();
    assert_eq!(warning.line, 7);
    assert!(warning.to_string().len() > 30, "a sentence: {warning}");
    warning.problem
}

#[test]
fn spans_are_characters_outside_and_bytes_inside() {
    let row = json!({"text": "Zoë in Köln 🙂 ja", "entities": [[7, 11, "LOC"], [0, 3, "PER"]]});
    let Content::Entities(tagged) = content(&row) else { panic!("entities") };
    let spans: Vec<_> = tagged.spans.iter().map(|span| (&tagged.text[span.bytes.clone()], span.label.as_str())).collect();
    assert_eq!(spans, [("Zoë", "PER"), ("Köln", "LOC")]);
    let objects = json!({"text": "Zoë", "spans": [{"start": 0, "end": 3, "tag": "PER", "score": 1}], "id": 4});
    assert_eq!(back(&objects), objects);
}

#[test]
fn bad_spans_are_refused_with_their_place() {
    let span = |start: u64, end: u64| json!({"text": "aé🙂", "spans": [{"start": start, "end": end, "label": "X"}]});
    assert!(matches!(problem(&span(1, 4)), Problem::SpanPastEnd { length: 3, .. }));
    assert!(matches!(problem(&span(2, 2)), Problem::SpanEmpty { .. }));
    let overlap = json!({"text": "abcd", "entities": [[0, 3, "X"], [2, 4, "Y"]]});
    assert!(matches!(problem(&overlap), Problem::Overlap { .. }));
    let row = Row::from_json(1, span(0, 2));
    let bytes = Reader { unit: OffsetUnit::Bytes, ..reader(&row) };
    assert!(matches!(bytes.read(&row).unwrap_err().problem, Problem::SpanInCharacter { .. }));
    let utf16 = Reader { unit: OffsetUnit::Utf16, ..reader(&row) };
    assert!(utf16.read(&Row::from_json(1, span(2, 4))).is_ok());
}

#[test]
fn tags_become_spans_and_tags_again() {
    let row = json!({"tokens": ["Ada", "B", "in", "Rom", "Rom"], "ner_tags": ["B-PER", "I-PER", "O", "B-LOC", "B-LOC"]});
    let example = read(&row).unwrap();
    let Content::Entities(tagged) = &example.content else { panic!("entities") };
    assert!(matches!(tagged.form, SpanForm::Tags { .. }));
    assert_eq!(tagged.spans.iter().map(|s| &tagged.text[s.bytes.clone()]).collect::<Vec<_>>(), ["Ada B", "Rom", "Rom"]);
    let mut out = Vec::new();
    export::conll([&example], &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "Ada\tB-PER\nB\tI-PER\nin\tO\nRom\tB-LOC\nRom\tB-LOC\n\n");
    let numbers = json!({"tokens": ["a"], "ner_tags": [1]});
    assert_eq!(problem(&numbers), Problem::UnnamedTag { tag: 1 });
    let row = Row::from_json(1, numbers);
    let named = Reader { tag_names: vec!["O".into(), "B-X".into()], ..reader(&row) };
    let mut example = named.read(&row).unwrap();
    assert_eq!(export::to_cells(&example), row.cells, "numbers again");
    let Content::Entities(tagged) = &mut example.content else { panic!("entities") };
    tagged.spans[0].label = "NEW".into();
    let added = ("ner_tags".to_owned(), json!(["B-NEW"]));
    assert!(export::to_cells(&example).contains(&added), "a label that has no number stands by its name");
    assert!(matches!(problem(&json!({"tokens": ["a", "b"], "ner_tags": ["O"]})), Problem::TagCount { tokens: 2, tags: 1 }));
    assert!(matches!(problem(&json!({"tokens": ["a"], "ner_tags": ["Q-X"]})), Problem::Tag { .. }));
}

#[test]
fn an_answer_that_stands_elsewhere_is_offered_its_place() {
    let row = |start: i64| json!({"context": "Zoë lebt in Rom.", "question": "Wo?", "answers": {"text": ["Rom"], "answer_start": [start]}});
    let Content::ExtractiveQa(question) = content(&row(12)) else { panic!("a question") };
    assert_eq!(question.answers, [Answer { text: "Rom".into(), start: 13 }]);
    assert!(matches!(problem(&row(13)), Problem::AnswerElsewhere { said: 13, found: Some(12), .. }));
    assert!(problem(&row(-1)).to_string().ends_with("it does at 12: put that number there"));
    let nowhere = json!({"context": "c", "question": "q", "answers": {"text": ["x"], "answer_start": [0]}});
    assert!(matches!(problem(&nowhere), Problem::AnswerElsewhere { found: None, .. }));
}

#[test]
fn nested_questions_are_read_one_by_one_and_nested_again() {
    let article = json!({"title": "T", "paragraphs": [
        {"context": "Rom und Bonn", "qas": [
            {"question": "Wo?", "answers": [{"text": "Bonn", "answer_start": 8}], "id": "1"},
            {"question": "Wer?", "answers": [], "id": "2", "is_impossible": true}]},
        {"context": "x", "qas": [{"question": "?", "answers": [{"text": "y", "answer_start": 0}]}]}]});
    let row = Row::from_json(1, article);
    let (good, bad): (Vec<_>, Vec<_>) = reader(&row).read_all(&row).into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.len()), (2, 1));
    let examples: Vec<Example> = good.into_iter().map(Result::unwrap).collect();
    let mut out = Vec::new();
    export::squad(&examples, &mut out).unwrap();
    let nested: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(nested["data"][0]["paragraphs"][0]["qas"][1]["is_impossible"], true);
    assert_eq!(nested["data"][0]["paragraphs"].as_array().unwrap().len(), 1);
}

#[test]
fn what_is_missing_is_said() {
    assert!(matches!(problem(&json!({"instruction": "i", "output": " "})), Problem::EmptyOutput { .. }));
    assert!(matches!(problem(&json!({"prompt": "p", "completion": ""})), Problem::EmptyOutput { .. }));
    assert!(matches!(problem(&json!({"text": "t", "label": null})), Problem::NoLabel { .. }));
    assert!(matches!(problem(&json!({"text": "t", "label": ""})), Problem::NoLabel { .. }));
    assert_eq!(problem(&json!({"messages": [{"role": "user", "content": "x"}]})), Problem::NoAssistant);
    assert!(matches!(problem(&json!({"messages": [{"role": "cat", "content": "x"}]})), Problem::Role { turn: 1, .. }));
    assert!(matches!(problem(&json!({"messages": [{"role": "assistant", "content": ""}]})), Problem::EmptyTurn { turn: 1 }));
    assert!(matches!(problem(&json!({"user": 1, "item": 2, "rating": "good"})), Problem::Kind { .. }));
    assert!(matches!(problem(&json!({"prompt": "p"})), Problem::NotSupervised { .. }));
    let first = Row::from_json(1, json!({"text": "t", "label": "l"}));
    let other = Row::from_json(2, json!({"prompt": "p", "completion": "c"}));
    assert!(matches!(reader(&first).read(&other).unwrap_err().problem, Problem::OtherSchema { .. }));
}

#[test]
fn a_dataset_is_counted_and_its_contradictions_are_listed() {
    let rows = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "x"), ("c", "x"), ("a", "x")];
    let examples: Vec<Example> = rows.iter().map(|(text, label)| read(&json!({"text": text, "label": label})).unwrap()).collect();
    let known = measure(&examples);
    assert_eq!(known.labels.iter().map(|l| (l.label.as_str(), l.count)).collect::<Vec<_>>(), [("x", 5), ("y", 1)]);
    assert_eq!(
        (known.duplicates, known.repeats.into_iter().map(|it| it.examples).collect::<Vec<_>>()),
        (2, vec![vec![0, 5], vec![2, 3]])
    );
    assert_eq!(known.contradictions.len(), 1);
    assert_eq!(
        (&known.contradictions[0].examples[..], &known.contradictions[0].answers[..]),
        (&[0, 1, 5][..], &["x".to_owned(), "y".to_owned()][..])
    );
    assert_eq!((known.inputs.least, known.inputs.most, known.inputs.total), (1, 1, 6));
}

#[test]
fn no_input_stands_on_both_sides() {
    let row = |i: u32| read(&json!({"prompt": format!("p{}", i % 70), "completion": format!("c{i}")})).unwrap();
    let examples: Vec<Example> = (0..200).map(row).collect();
    let sides = split(&examples, 0.1, 3);
    assert_eq!(sides.train.len() + sides.val.len(), 200);
    assert!((15..=25).contains(&sides.val.len()), "{}", sides.val.len());
    assert!(sides.val.iter().all(|v| sides.train.iter().all(|t| t % 70 != v % 70)));
    assert_eq!(sides, split(&examples, 0.1, 3));
    assert_ne!(sides, split(&examples, 0.1, 4));
    assert_eq!(split(&examples, 0.0, 3).val.len(), 0);
    assert_eq!(split(&examples[..1], 0.5, 3).train, [0]);
    assert_eq!(split(&[], f64::NAN, 3).train.len(), 0);
}

/// Read and written again.
fn back(row: &Value) -> Value {
    Value::Object(export::to_cells(&read(row).unwrap()).into_iter().collect())
}
