//! Whatever stands in a file, no importer panics or hangs on it.

use std::fs;
use std::path::Path;

use lyceum::data::inspect;
use lyceum::engine::command::DocumentRule;
use proptest::prelude::*;

use super::{Desk, as_text};

const NAMES: [&str; 9] = ["x.txt", "x.md", "x.jsonl", "x.json", "x.csv", "x.tsv", "x.parquet", "x.conll", "x"];

/// Whatever it is, it is taken or refused, and the two looks agree.
fn survive(content: &[u8]) {
    let desk = Desk::new();
    for name in NAMES {
        let path = desk.file(name, content);
        match inspect(&path) {
            Ok(report) => drop(desk.take_as(&path, &report.mapping)),
            Err(e) => assert!(e.to_string().len() > 20),
        }
        for rule in [DocumentRule::Line, DocumentRule::File] {
            drop(desk.take_as(&path, &as_text("text", rule)));
        }
    }
}

/// Pieces that formats are made of.
fn shard() -> impl Strategy<Value = String> {
    let fixed = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "\\",
        "\n",
        "\r\n",
        "\t",
        ";",
        "text",
        "\"text\":",
        "null",
        "1e9",
        "data",
        "\"data\":[",
        "B-PER",
        "O",
        " ",
        "\u{feff}",
        "é",
        "\0",
        "messages",
        "[[[[[[",
    ];
    prop_oneof![4 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned), 1 => ".{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived(content in proptest::collection::vec(any::<u8>(), 0..300)) {
        survive(&content);
    }

    #[test]
    fn structured_garbage_is_survived(shards in proptest::collection::vec(shard(), 0..60)) {
        survive(shards.concat().as_bytes());
    }

    #[test]
    fn damaged_parquet_is_survived(codec in 0..6_usize, flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in proptest::option::of(any::<prop::sample::Index>())) {
        let name = ["none", "snappy", "gzip", "zstd", "lz4", "brotli"][codec];
        let mut bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/files/{name}.parquet"))).unwrap();
        for (place, value) in flips {
            let at = place.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let desk = Desk::new();
        let path = desk.file("x.parquet", bytes);
        if let Ok(report) = inspect(&path) {
            drop(desk.take_as(&path, &report.mapping));
        }
    }

    #[test]
    fn json_lines_give_back_what_was_written(texts in proptest::collection::vec("[^\0-\u{1f}]{1,40}", 1..20)) {
        let desk = Desk::new();
        let lines: String = texts.iter().map(|t| serde_json::json!({ "text": format!("<{t}>") }).to_string() + "\n").collect();
        let list = format!("[{}]", lines.trim_end().replace('\n', ","));
        let wanted: Vec<String> = texts.iter().map(|t| format!("<{t}>")).collect();
        prop_assert_eq!(desk.texts("a.jsonl", lines), wanted.clone());
        prop_assert_eq!(desk.texts("a.json", list), wanted);
    }
}
