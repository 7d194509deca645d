//! What was read is written back as it was, whatever it says.

use lyceum::data::import::{Next, open_rows};
use lyceum::data::supervised::{Reader, export};
use lyceum::engine::command::DocumentRule;
use proptest::prelude::{Strategy, any, prop, prop_assert_eq, prop_oneof, proptest};
use serde_json::{Value, json};

use super::{back, read};

/// Some text with letters of one to four bytes, never blank.
fn text() -> impl Strategy<Value = String> {
    "[a-zé語🙂 ,\"\n]{0,12}[a-zé🙂]"
}

fn row() -> impl Strategy<Value = Value> {
    prop_oneof![
        (text(), text(), text()).prop_map(|(a, b, c)| json!({"id": 1, "instruction": a, "input": b, "output": c, "history": [[b, c]]})),
        (text(), text()).prop_map(|(a, b)| json!({"instruction": a, "output": b, "system": null})),
        (text(), text()).prop_map(|(a, b)| json!({"question": a, "answer": b, "source": [1, {"x": null}]})),
        (text(), text()).prop_map(|(a, b)| json!({"input": a, "output": b})),
        (text(), text()).prop_map(|(a, b)| json!({"package": "p", "text": a, "summary": b})),
        (text(), text()).prop_map(|(a, b)| json!({"prompt": [{"role": "user", "content": a}], "completion": [{"role": "assistant", "content": b}]})),
        (text(), text()).prop_map(|(a, b)| json!({"messages": [{"role": "user", "content": a, "name": "x"}, {"role": "assistant", "content": b}]})),
        (text(), text()).prop_map(|(a, b)| json!({"conversations": [{"from": "human", "value": a}, {"from": "gpt", "value": b}], "system": "s"})),
        (text(), any::<i32>()).prop_map(|(a, n)| json!({"label": n, "text": a})),
        (text(), prop::collection::vec(text(), 0..3)).prop_map(|(a, labels)| json!({"text": a, "labels": labels})),
        (text(), text()).prop_map(|(a, b)| json!({"translation": {"en": a, "de": b}})),
        (text(), text()).prop_map(|(a, b)| json!({"src_lang": "en", "tgt_lang": "de", "src": a, "tgt": b})),
        (text(), 1..9_i32).prop_map(|(a, n)| json!({"user": n, "title": a, "rating": f64::from(n) + 0.5})),
        (text(), text(), text()).prop_map(|(a, b, c)| {
            let start = a.chars().count();
            json!({"context": format!("{a}{b}{c}"), "question": "q", "answers": [{"text": b, "answer_start": start}]})
        }),
        (text(), text(), text()).prop_map(|(a, b, c)| {
            let (start, end) = (a.chars().count(), a.chars().count() + b.chars().count());
            json!({"text": format!("{a}{b}{c}"), "entities": [[0, start, "A"], [start, end, "B"]]})
        }),
        (text(), text()).prop_map(|(a, b)| {
            let start = a.chars().count();
            json!({"text": format!("{a}{b}"), "spans": [{"start": start, "end": start + b.chars().count(), "label": "B", "text": b}]})
        }),
    ]
}

proptest! {
    #[test]
    fn json_rows(row in row()) {
        prop_assert_eq!(back(&row).to_string(), row.to_string());
    }

    #[test]
    fn tables(a in text(), b in text(), label in "[a-z]{1,5}") {
        let rows = [json!({"text": a, "label": label}), json!({"text": b, "label": label})];
        let examples: Vec<_> = rows.iter().map(|row| read(row).unwrap()).collect();
        let mut out = Vec::new();
        export::table(&examples, b',', &mut out).unwrap();
        let mut reader = csv::Reader::from_reader(out.as_slice());
        let read: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect();
        prop_assert_eq!(read, vec![vec![a, label.clone()], vec![b, label]]);
    }

    #[test]
    fn columns_of_tags(words in prop::collection::vec(("[a-zé🙂.]{1,5}", 0..4_usize), 1..12)) {
        // Valid IOB2: what is inside must follow what it is inside of.
        let mut lines = String::new();
        let mut open = None;
        for (word, kind) in &words {
            let tag = match (kind, open) {
                (0, _) => { open = None; "O".to_owned() }
                (1, Some(label)) => format!("I-{label}"),
                (_, _) => { let label = if *kind == 2 { "PER" } else { "LOC" }; open = Some(label); format!("B-{label}") }
            };
            lines.extend([word.as_str(), "\t", tag.as_str(), "\n"]);
        }
        lines += "\n";
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.conll");
        std::fs::write(&path, &lines).unwrap();
        let mut rows = open_rows(&path, DocumentRule::File).unwrap();
        let Next::Row(row) = rows.next().unwrap() else { panic!("a row") };
        let columns: Vec<String> = row.cells.iter().map(|(name, _)| name.clone()).collect();
        let example = Reader::new(lyceum::data::import::detect(&columns, std::slice::from_ref(&row))).read(&row).unwrap();
        let mut out = Vec::new();
        export::conll([&example], &mut out).unwrap();
        prop_assert_eq!(String::from_utf8(out).unwrap(), lines);
    }
}
