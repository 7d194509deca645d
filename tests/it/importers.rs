//! Importers from the outside: every format, every encoding, everything that can be wrong with a file.

mod garbage;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use lyceum::data::import::{Next, open_rows};
use lyceum::data::{Documents, ImportError, ImportSummary, Tick, import, inspect, quiet};
use lyceum::engine::command::{DocumentRule, Mapping, Schema};

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// By the mapping that `inspect` proposes.
    fn take(&self, path: &Path) -> Result<(ImportSummary, Vec<String>), ImportError> {
        let mapping = inspect(path)?.mapping;
        self.take_as(path, &mapping)
    }

    fn take_as(&self, path: &Path, mapping: &Mapping) -> Result<(ImportSummary, Vec<String>), ImportError> {
        let out = tempfile::tempdir_in(self.0.path()).unwrap();
        let out = out.path().join("taken");
        let summary = import(path, mapping, &out, &mut quiet)?;
        let docs = Documents::open(&out)?;
        assert_eq!(summary.rows, docs.len() as u64);
        Ok((summary, (0..docs.len()).map(|i| docs.get(i).to_owned()).collect()))
    }

    fn texts(&self, name: &str, content: impl AsRef<[u8]>) -> Vec<String> {
        self.take(&self.file(name, content)).unwrap().1
    }

    fn refusal(&self, name: &str, content: impl AsRef<[u8]>) -> ImportError {
        let path = self.file(name, content);
        let error = self.take(&path).unwrap_err();
        let text = error.to_string();
        assert!(text.ends_with(&path.display().to_string()), "the path comes last: {text}");
        assert!(text.contains(';') || text.contains('('), "how to mend it, or why: {text}");
        error
    }
}

fn as_text(column: &str, documents: DocumentRule) -> Mapping {
    Mapping { schema: Schema::Text, columns: vec![("text".to_owned(), column.to_owned())], documents, tag_names: Vec::new() }
}

#[test]
fn texts_are_cut_into_documents() {
    let desk = Desk::new();
    let text = "\n\nfirst line\nsecond line\n\n\nanother\n";
    assert_eq!(desk.texts("a.txt", text), ["first line\nsecond line", "another"]);
    let path = desk.file("a.md", text);
    let taken = |rule| desk.take_as(&path, &as_text("text", rule)).unwrap().1;
    assert_eq!(taken(DocumentRule::Line), ["first line", "second line", "another"]);
    assert_eq!(taken(DocumentRule::File), ["first line\nsecond line\n\n\nanother"]);
    assert_eq!(desk.texts("lines.txt", "one\r\ntwo\r\nthree"), ["one", "two", "three"]);
    assert_eq!(desk.texts("noext", "some text without a name"), ["some text without a name"]);
}

#[test]
fn encodings_are_found_or_announced() {
    let desk = Desk::new();
    let text = "Grüße aus Zürich\n\nund mehr";
    let utf16 = |big: bool, mark: bool| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() });
        let start: &[u8] = if !mark {
            &[]
        } else if big {
            &[0xFE, 0xFF]
        } else {
            &[0xFF, 0xFE]
        };
        start.iter().copied().chain(units).collect()
    };
    let wanted = ["Grüße aus Zürich", "und mehr"];
    assert_eq!(desk.texts("plain.txt", text), wanted);
    assert_eq!(desk.texts("mark.txt", format!("\u{feff}{text}")), wanted);
    for (big, mark) in [(false, true), (true, true), (false, false), (true, false)] {
        let path = desk.file("utf16.txt", utf16(big, mark));
        assert_eq!(desk.take(&path).unwrap().1, wanted);
        assert!(inspect(&path).unwrap().encoding.starts_with("UTF-16"));
    }
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    let path = desk.file("latin.txt", latin);
    let (summary, texts) = desk.take(&path).unwrap();
    assert_eq!(texts, wanted);
    assert_eq!(inspect(&path).unwrap().encoding, "Latin-1");
    assert!(
        summary.warnings[0].contains("Latin-1") && summary.warnings[0].contains("line 1, column 3"),
        "{:?}",
        summary.warnings
    );
    // One broken place in a file that is UTF-8 otherwise does not turn all of it into Latin-1.
    let mut broken = text.as_bytes().to_vec();
    broken.extend(b"\nbad \xFF byte");
    let (summary, texts) = desk.take(&desk.file("broken.txt", broken)).unwrap();
    assert_eq!(texts[1], "und mehr\nbad \u{FFFD} byte");
    assert!(summary.warnings[0].contains("line 4, column 5"), "{:?}", summary.warnings);
}

#[test]
fn json_comes_in_many_shapes() {
    let desk = Desk::new();
    let wanted = ["one", "two"];
    assert_eq!(desk.texts("a.jsonl", "{\"text\":\"one\"}\n\n{\"text\":\"two\"}\n"), wanted);
    assert_eq!(desk.texts("a.json", "[{\"text\":\"one\"},\n {\"text\":\"two\"}]"), wanted);
    assert_eq!(desk.texts("b.json", "{\"version\":1,\"data\":[{\"text\":\"one\"},{\"text\":\"two\"}],\"more\":{}}"), wanted);
    assert_eq!(desk.texts("c.json", "{\"text\":[\"one\",\"two\"],\"id\":[1,2]}"), wanted);
    assert_eq!(desk.texts("d.json", "{\"text\":\"one\"}\n{\"text\":\"two\"}"), wanted);
    assert_eq!(desk.texts("e.json", "{\n \"text\": \"one\"\n}\n{\n \"text\": \"two\"\n}"), wanted);
    assert_eq!(desk.texts("f.json", "[\"one\", \"two\"]"), wanted);
    assert_eq!(desk.texts("g.jsonl", "[{\"text\":\"one\"},\n{\"text\":\"two\"}]"), wanted);
    assert_eq!(desk.texts("h.json", "{\"text\":\"one [{\\\"\"}"), ["one [{\""]);
    let chat = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"},{\"role\":\"assistant\",\"content\":\"Hello\"}]}";
    assert_eq!(desk.texts("chat.jsonl", chat), ["user: Hi\nassistant: Hello"]);
    assert_eq!(desk.texts("chat.json", chat), ["user: Hi\nassistant: Hello"]);
}

#[test]
fn tables_are_read_with_their_header() {
    let desk = Desk::new();
    let wanted = ["one, and\nmore", "two"];
    assert_eq!(desk.texts("a.csv", "id,text\n1,\"one, and\nmore\"\n2,two\n"), wanted);
    assert_eq!(desk.texts("a.tsv", "id\ttext\n1\t\"one, and\nmore\"\n2\ttwo\n"), wanted);
    assert_eq!(desk.texts("b.csv", "id;text\n1;\"one, and\nmore\"\n2;two\n"), wanted);
    let (summary, texts) = desk.take(&desk.file("c.csv", "1,some words\n2,other words\n")).unwrap();
    assert_eq!(texts, ["some words", "other words"]);
    assert!(summary.warnings[0].contains("looks like data"));
    let path = desk.file("d.csv", "title,body\nT,B\n");
    let both = Mapping {
        columns: vec![("text".into(), "title".into()), ("text".into(), "body".into())],
        ..as_text("", DocumentRule::File)
    };
    assert_eq!(desk.take_as(&path, &both).unwrap().1, ["T\nB"]);
}

#[test]
fn parquet_is_read_in_every_compression() {
    let desk = Desk::new();
    for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/goldens/files/{codec}.parquet"));
        let report = inspect(&path).unwrap();
        assert_eq!((report.rows, report.rows_exact), (41, true), "{codec}");
        assert_eq!(report.columns, ["text", "label", "score", "n", "tags", "who"]);
        assert_eq!(report.mapping.schema, Schema::Classes);
        assert_eq!(report.preview[3], ["Row 3, with a word.", "bad", "0.75", "3", "a t3", "Ada\n33"]);
        let (summary, texts) = desk.take_as(&path, &as_text("text", DocumentRule::File)).unwrap();
        assert_eq!(texts.len(), 40);
        assert_eq!(texts[39], "Row 39, with a word.");
        assert!(summary.warnings[0].contains("1 row had no text"));
    }
}

#[test]
fn conll_columns_are_recognised() {
    let desk = Desk::new();
    let text = "-DOCSTART- -X- O O\n\nAda NNP B-NP B-PER\nsleeps VBZ B-VP O\n. . O O\n\nBerlin NNP B-NP B-LOC\n";
    for name in ["a.conll", "a.txt"] {
        let path = desk.file(name, text);
        let report = inspect(&path).unwrap();
        assert_eq!((report.format.as_str(), report.mapping.schema, report.rows), ("CoNLL columns", Schema::Entities, 2));
        assert_eq!(desk.take_as(&path, &as_text("text", DocumentRule::File)).unwrap().1, ["Ada sleeps .", "Berlin"]);
        let mut rows = open_rows(&path, DocumentRule::File).unwrap();
        let Next::Row(row) = rows.next().unwrap() else { panic!("a row") };
        assert_eq!(row.get("ner_tags").unwrap(), &serde_json::json!(["B-PER", "O", "O"]));
    }
}

#[test]
fn schemas_are_told_apart() {
    let desk = Desk::new();
    let cases = [
        (r#"{"messages":[]}"#, Schema::Messages),
        (r#"{"conversations":[{"from":"human","value":"x"}]}"#, Schema::Conversations),
        (r#"{"prompt":"p","chosen":"a","rejected":"b"}"#, Schema::Preference),
        (r#"{"instruction":"p","chosen_response":"a","rejected_response":"b"}"#, Schema::Preference),
        (r#"{"conversations":[],"chosen":{},"rejected":{}}"#, Schema::Preference),
        (r#"{"prompt":"p","completions":["a","b"],"ranks":[1,2]}"#, Schema::Ranking),
        (r#"{"conversations":[],"kto_tag":true}"#, Schema::Unpaired),
        (r#"{"prompt":"p","completion":"c","label":true}"#, Schema::Unpaired),
        (r#"{"text":"t","spans":[]}"#, Schema::Entities),
        (r#"{"tokens":["a"],"ner_tags":[0]}"#, Schema::Entities),
        (r#"{"context":"c","question":"q","answers":{}}"#, Schema::ExtractiveQa),
        (r#"{"translation":{"en":"a","de":"b"}}"#, Schema::Translation),
        (r#"{"src":"a","tgt":"b"}"#, Schema::Translation),
        (r#"{"instruction":"i","input":"","output":"o"}"#, Schema::Instruction),
        (r#"{"prompt":"p","completion":"c"}"#, Schema::PromptCompletion),
        (r#"{"question":"p","answer":"c"}"#, Schema::PromptCompletion),
        (r#"{"text":"t","summary":"s"}"#, Schema::PromptCompletion),
        (r#"{"user":1,"title":"t","rating":5}"#, Schema::Recommendation),
        (r#"{"text":"t","label":"l"}"#, Schema::Classes),
        (r#"{"prompt":"p"}"#, Schema::Prompts),
        (r#"{"text":"t"}"#, Schema::Text),
        (r#"{"id":1,"body_html":"long text here"}"#, Schema::Text),
    ];
    for (row, schema) in cases {
        let report = inspect(&desk.file("rows.jsonl", row)).unwrap();
        assert_eq!(report.mapping.schema, schema, "{row}");
        assert!(!report.mapping.columns.is_empty(), "{row}");
    }
}

#[test]
fn a_list_of_datasets_beside_a_file_is_believed() {
    let desk = Desk::new();
    let list = r#"{"mine":{"file_name":"rows.json","columns":{"prompt":"frage","response":"antwort"}},
        "better":{"file_name":"pairs.json","ranking":true,"columns":{"prompt":"frage","chosen":"a","rejected":"b"}}}"#;
    desk.file("dataset_info.json", list);
    let rows = inspect(&desk.file("rows.json", r#"[{"frage":"x","antwort":"y"}]"#)).unwrap().mapping;
    assert_eq!(rows.schema, Schema::Instruction);
    assert_eq!(rows.columns, [("instruction".into(), "frage".into()), ("output".into(), "antwort".into())]);
    let pairs = inspect(&desk.file("pairs.json", r#"[{"frage":"x","a":"y","b":"z"}]"#)).unwrap().mapping;
    assert_eq!((pairs.schema, pairs.columns.len()), (Schema::Preference, 3));
    assert_eq!(inspect(&desk.file("other.json", r#"[{"text":"x"}]"#)).unwrap().mapping.schema, Schema::Text);
}

#[test]
fn a_folder_is_one_dataset() {
    let desk = Desk::new();
    let folder = desk.0.path().join("folder");
    fs::create_dir_all(folder.join("deep")).unwrap();
    fs::write(folder.join("a.txt"), "from a").unwrap();
    fs::write(folder.join("b.jsonl"), "{\"text\":\"from b\"}").unwrap();
    fs::write(folder.join("deep/c.csv"), "id,text\n1,from c\n").unwrap();
    fs::write(folder.join("picture.png"), [0x89, 0x50, 0]).unwrap();
    fs::write(folder.join("broken.json"), "[{").unwrap();
    fs::write(folder.join(".hidden.txt"), "no").unwrap();
    let report = inspect(&folder).unwrap();
    assert_eq!((report.format.as_str(), report.rows), ("Folder of 4 files", 3));
    let (summary, texts) = desk.take(&folder).unwrap();
    assert_eq!(texts, ["from a", "from b", "from c"]);
    assert!(summary.warnings.iter().any(|w| w.contains("broken.json")), "{:?}", summary.warnings);
    let empty = desk.0.path().join("empty");
    fs::create_dir(&empty).unwrap();
    assert!(matches!(inspect(&empty), Err(ImportError::EmptyFolder { .. })));
}

#[test]
fn bad_files_are_refused_with_what_and_where() {
    let desk = Desk::new();
    assert!(matches!(desk.refusal("empty.txt", ""), ImportError::Empty { .. }));
    assert!(matches!(desk.refusal("blank.txt", "  \n\n \n"), ImportError::Empty { .. }));
    assert!(matches!(desk.refusal("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), ImportError::Binary { offset: 8, .. }));
    assert!(matches!(desk.refusal("a.pdf", "%PDF-1.7 and more"), ImportError::Binary { .. }));
    assert!(matches!(desk.refusal("a.parquet", "text"), ImportError::Truncated { .. }));
    assert!(matches!(desk.refusal("b.parquet", "PAR1 but then nothing more"), ImportError::Truncated { .. }));
    assert!(matches!(desk.refusal("c.parquet", "this is text and no parquet"), ImportError::Damaged { .. }));
    let missing = inspect(&desk.0.path().join("none.txt")).unwrap_err();
    assert!(matches!(missing, ImportError::NotFound { .. }));
    let broken = desk.refusal("broken.json", "[{\"text\":\"a\"},\n {\"text\":\"b\"} {\"text\":\"c\"}]");
    assert!(broken.to_string().contains("line 2, column 15"), "{broken}");
    let only = desk.refusal("only.jsonl", "{\"text\": oops}\n");
    assert!(only.to_string().contains("line 1") && only.to_string().contains("column 10"), "{only}");
    assert!(matches!(desk.refusal("number.json", "[{\"text\": "), ImportError::NoRows { .. }));
}

#[test]
fn broken_rows_are_left_out_and_named() {
    let desk = Desk::new();
    let (summary, texts) = desk.take(&desk.file("a.jsonl", "{\"text\":\"a\"}\n{\"text\": \"b\n{\"text\":\"c\"}\n")).unwrap();
    assert_eq!(texts, ["a", "c"]);
    assert!(summary.warnings[0].starts_with("line 2: broken JSON at column"), "{:?}", summary.warnings);
    let (summary, texts) = desk.take(&desk.file("a.csv", "id,text\n1,a\n2,b,too many\n3\n4,d\n")).unwrap();
    assert_eq!(texts, ["a", "d"]);
    assert_eq!(summary.warnings.len(), 2);
    assert!(summary.warnings[0].starts_with("line 3: 3 fields instead of 2"), "{:?}", summary.warnings);
    let (summary, texts) = desk.take(&desk.file("cut.json", "[{\"text\":\"a\"},\n{\"text\":\"b\"},\n{\"text\":\"c")).unwrap();
    assert_eq!(texts, ["a", "b"]);
    assert!(summary.warnings[0].contains("line 3") && summary.warnings[0].contains("breaks off"), "{:?}", summary.warnings);
    let (summary, texts) = desk.take(&desk.file("bad.json", "[{\"text\":\"a\"},\n {\"text\":nope},\n{\"text\":\"c\"}]")).unwrap();
    assert_eq!(texts, ["a", "c"]);
    assert!(summary.warnings[0].starts_with("line 2: broken JSON at column 1"), "{:?}", summary.warnings);
}

#[test]
fn a_wrong_column_names_the_right_ones() {
    let desk = Desk::new();
    let mapping = as_text("body", DocumentRule::File);
    for (name, content) in
        [("a.csv", "id,text\n1,x\n"), ("a.jsonl", "{\"id\":1,\"text\":\"x\"}"), ("a.json", "[{\"id\":1,\"text\":\"x\"}]")]
    {
        let error = desk.take_as(&desk.file(name, content), &mapping).unwrap_err().to_string();
        assert!(error.contains("no column \"body\"; the columns are id, text"), "{error}");
    }
    let none = Mapping { columns: Vec::new(), ..mapping };
    let error = desk.take_as(&desk.file("b.csv", "id,text\n1,x\n"), &none).unwrap_err();
    assert!(matches!(error, ImportError::NoTextColumn { .. }));
}

#[test]
fn a_huge_line_is_cut_or_refused() {
    let desk = Desk::new();
    let line = "many words in a single line ".repeat(20 << 20 >> 5);
    let (summary, texts) = desk.take(&desk.file("line.txt", &line)).unwrap();
    assert!(texts.len() > 1 && texts.iter().all(|t| t.len() <= 8 << 20));
    assert_eq!(texts.concat(), line);
    assert!(summary.warnings.iter().any(|w| w.contains("cut into several")), "{:?}", summary.warnings);
    let row = format!("{{\"text\":\"{line}\"}}");
    assert_eq!(desk.take(&desk.file("row.jsonl", row)).unwrap().1.concat(), line);
    let long = "x".repeat(65 << 20);
    for (name, content) in [
        ("long.jsonl", format!("{{\"text\":\"{long}\"}}")),
        ("long.json", format!("[{{\"text\":\"{long}\"}}]")),
        ("long.csv", format!("id,text\n1,\"{long}{long}\n")),
    ] {
        let error = desk.refusal(name, content);
        assert!(matches!(error, ImportError::RowTooLong { .. }), "{name}: {error}");
    }
}

#[test]
fn cancelling_leaves_nothing() {
    let desk = Desk::new();
    let path = desk.file("a.txt", "one\n\ntwo");
    let folder = desk.0.path().join("target");
    let stop = &mut |_: Tick| ControlFlow::Break(());
    let result = import(&path, &as_text("text", DocumentRule::Line), &folder.join("x"), stop);
    assert!(matches!(result, Err(ImportError::Cancelled)));
    assert_eq!(fs::read_dir(&folder).map_or(0, Iterator::count), 0);
    import(&path, &as_text("text", DocumentRule::Line), &folder.join("x"), &mut quiet).unwrap();
    let again = import(&path, &as_text("text", DocumentRule::Line), &folder.join("x"), &mut quiet);
    assert!(matches!(again, Err(ImportError::Exists { .. })));
}

#[test]
fn a_large_file_is_estimated() {
    let desk = Desk::new();
    let rows = (0..200_000).map(|i| format!("{{\"text\":\"row {i:06}\"}}\n")).collect::<Vec<_>>().concat();
    let report = inspect(&desk.file("big.jsonl", rows)).unwrap();
    assert!(!report.rows_exact);
    assert!((100_000..=400_000).contains(&report.rows), "{}", report.rows);
}
