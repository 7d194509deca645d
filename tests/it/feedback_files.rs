//! Files of preferences: read in every form, refused row by row, written back as they came and as trainers elsewhere read them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lyceum::data::feedback::{FeedbackReader, Judged, in_form, object};
use lyceum::data::import::{Next, Row};
use lyceum::data::supervised::{Side, Split};
use lyceum::engine::command::{DocumentRule, ImportCommand, Mapping, Schema};
use lyceum::engine::feedback::{Ballot, FeedbackCommand, FeedbackEvent, FeedbackForm, FeedbackProgress, QuestionQuery, Written};
use lyceum::engine::{Command, Engine, Event};
use lyceum::feedback::{Candidate, Origin, Question, Strength, Verdict, Vote};
use proptest::prelude::*;
use serde_json::{Value, json};

struct Desk {
    dir: tempfile::TempDir,
    engine: Engine,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::start(dir.path().join("x.lyceum"), true, Arc::new(|| ()));
        Self { dir, engine }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn until<T>(&self, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = self.engine.wait(Duration::from_mins(1)).expect("an answer within a minute");
            if let Some(found) = pick(event) {
                return found;
            }
        }
    }

    /// Imports as detected: dataset and warnings, or the refusal.
    fn import(&self, name: &str, text: &str) -> Result<(i64, Schema, Vec<String>), String> {
        let path = self.write(name, text);
        let mapping = lyceum::data::inspect(&path).unwrap().mapping;
        let schema = mapping.schema;
        self.engine.send(Command::Import(ImportCommand::ImportFile { job: 1, path, mapping, name: name.to_owned() }));
        self.until(|event| match event {
            Event::Imported { dataset, warnings, .. } => Some(Ok((dataset, schema, warnings))),
            Event::JobFailed { message, .. } => Some(Err(message)),
            other => drop_event(other),
        })
    }

    fn export(&self, dataset: i64, form: Option<FeedbackForm>) -> (String, Written) {
        let path = self.dir.path().join("out");
        self.engine.send(Command::Import(ImportCommand::ExportFeedback {
            job: 2,
            dataset,
            form,
            split: None,
            path: path.clone(),
        }));
        let written = self.until(|event| match event {
            Event::Feedback(FeedbackEvent::Exported { written, .. }) => Some(written),
            Event::JobFailed { message, .. } => panic!("{message}"),
            other => drop_event(other),
        });
        (std::fs::read_to_string(path).unwrap(), written)
    }

    fn progress(&self, dataset: i64) -> FeedbackProgress {
        self.engine.send(Command::Feedback(FeedbackCommand::LoadState { dataset }));
        self.until(
            |event| {
                if let Event::Feedback(FeedbackEvent::State { state, .. }) = event { Some(state.progress) } else { None }
            },
        )
    }
}

fn drop_event<T>(_: Event) -> Option<T> {
    None
}

const TURNS: &str = r#"[{"role":"user","content":"Hi"}]"#;

/// One file of each form.
fn files() -> Vec<(&'static str, Schema, String)> {
    let answer = |text: &str| format!(r#"{{"role":"assistant","content":"{text}"}}"#);
    let talk = |text: &str| format!(r#"[{{"role":"user","content":"Hi"}},{}]"#, answer(text));
    vec![
        ("trl.jsonl", Schema::Preference, r#"{"prompt":"Hi","chosen":"Good day","rejected":"What?","chosen_score":2}"#.into()),
        ("trl_turns.jsonl", Schema::Preference, format!(r#"{{"prompt":{TURNS},"chosen":[{}],"rejected":[{}]}}"#, answer("Good day"), answer("What?"))),
        ("implicit.jsonl", Schema::Preference, r#"{"chosen":"The sky is blue.","rejected":"The sky is green."}"#.into()),
        ("implicit_turns.jsonl", Schema::Preference, format!(r#"{{"chosen":{},"rejected":{}}}"#, talk("Good day"), talk("What?"))),
        ("again.jsonl", Schema::Preference, format!(r#"{{"prompt":"Hi","chosen":{},"rejected":{}}}"#, talk("Good day"), talk("What?"))),
        ("alpaca.jsonl", Schema::Preference, r#"{"instruction":"Greet","input":"Ann","chosen":"Good day, Ann","rejected":"Ann?"}"#.into()),
        ("sharegpt.jsonl", Schema::Preference, r#"{"conversations":[{"from":"human","value":"Hi"}],"chosen":{"from":"gpt","value":"Good day"},"rejected":{"from":"gpt","value":"What?"}}"#.into()),
        ("h2o.jsonl", Schema::Preference, r#"{"instruction":"Hi","chosen_response":"Good day","rejected_response":"What?"}"#.into()),
        ("unpaired.jsonl", Schema::Unpaired, r#"{"prompt":"Hi","completion":"Good day","label":true}"#.into()),
        ("kto.jsonl", Schema::Unpaired, r#"{"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"What?"}],"kto_tag":false}"#.into()),
        ("kto_alpaca.jsonl", Schema::Unpaired, r#"{"instruction":"Hi","input":"","output":"Good day","kto_tag":true}"#.into()),
        ("judged_chat.jsonl", Schema::Unpaired, format!(r#"{{"messages":{},"label":false}}"#, talk("What?"))),
        ("ranking.jsonl", Schema::Ranking, r#"{"prompt":"Hi","completions":["What?","Good day","Go"],"ranks":[2,1,2]}"#.into()),
        ("gaps.jsonl", Schema::Ranking, r#"{"prompt":"Hi","completions":["What?","Good day"],"ranks":[7,3],"annotator":"ann"}"#.into()),
        ("prompts.jsonl", Schema::Prompts, r#"{"prompt":"Hi"}"#.into()),
        ("csv.csv", Schema::Unpaired, "prompt,completion,label,id\nHi,Good day,True,7\n".trim_end().into()),
    ]
}

#[test]
fn every_form_comes_out_as_it_went_in() {
    let desk = Desk::new();
    for (name, schema, text) in files() {
        let text = text + "\n";
        let (dataset, found, warnings) = desk.import(name, &text).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!((found, warnings.as_slice()), (schema, &[][..]), "{name}");
        assert_eq!(desk.export(dataset, None).0, text, "{name}");
        let progress = desk.progress(dataset);
        let votes = u64::from(schema != Schema::Prompts);
        assert_eq!((progress.questions, progress.votes), (1, votes), "{name}");
    }
}

#[test]
fn what_was_preferred_is_the_same_in_every_form() {
    let desk = Desk::new();
    for (name, schema, text) in files() {
        if schema != Schema::Preference || name == "implicit.jsonl" {
            continue;
        }
        let (dataset, ..) = desk.import(name, &text).unwrap();
        for form in [FeedbackForm::Trl, FeedbackForm::LlamaFactory, FeedbackForm::Ranking] {
            let (out, written) = desk.export(dataset, Some(form));
            let (again, _, warnings) = desk.import("again.jsonl", &out).unwrap();
            assert_eq!((written.rows, warnings.len()), (1, 0), "{name} {form:?}");
            let (trl, _) = desk.export(again, Some(FeedbackForm::Trl));
            let row: Value = serde_json::from_str(&trl).unwrap();
            assert!(row["chosen"].to_string().contains("Good day") && row["prompt"].to_string().contains(['H', 'G']), "{row}");
        }
        let (out, written) = desk.export(dataset, Some(FeedbackForm::Unpaired));
        assert!(written.rows == 2 && out.contains("true") && out.contains("false"), "{out}");
    }
}

#[test]
fn a_changed_mind_goes_out_with_its_row() {
    let desk = Desk::new();
    let text = "{\"prompt\":\"Hi\",\"chosen\":\"a\",\"rejected\":\"b\",\"chosen_score\":2,\"rejected_score\":-1,\"id\":7}\n";
    let (dataset, ..) = desk.import("a.jsonl", text).unwrap();
    let load = FeedbackCommand::LoadQuestions { dataset, query: QuestionQuery::default(), offset: 0, limit: 9 };
    desk.engine.send(Command::Feedback(load));
    let row = desk.until(|event| {
        if let Event::Feedback(FeedbackEvent::Questions { page, .. }) = event { page.rows.into_iter().next() } else { None }
    });
    let (annotator, vote) = row.votes[0].clone();
    let Verdict::Ranked { ranks, .. } = &vote.verdict else { panic!("ranked") };
    let say = |ranks: Vec<u32>| {
        let vote = Vote { verdict: Verdict::Ranked { ranks, strength: None }, ..vote.clone() };
        let ballot = Ballot { dataset, question: row.id, annotator: annotator.clone(), vote };
        desk.engine.send(Command::Feedback(FeedbackCommand::Vote(ballot)));
        desk.until(|event| if let Event::Feedback(FeedbackEvent::Voted { .. }) = event { Some(()) } else { None });
    };
    say(ranks.iter().map(|rank| 3 - rank).collect());
    let turned = "{\"prompt\":\"Hi\",\"chosen\":\"b\",\"rejected\":\"a\",\"chosen_score\":-1,\"rejected_score\":2,\"id\":7}\n";
    assert_eq!(desk.export(dataset, None).0, turned);
    say(vec![1, 1]);
    desk.engine.send(Command::Import(ImportCommand::ExportFeedback {
        job: 3,
        dataset,
        form: None,
        split: None,
        path: desk.dir.path().join("o"),
    }));
    let why = desk.until(|event| if let Event::JobFailed { message, .. } = event { Some(message) } else { None });
    assert!(why.contains("1 ties"), "{why}");
}

#[test]
fn rows_that_say_nothing_are_told_with_how_to_mend_them() {
    let pair = |a: &str, b: &str| format!(r#"{{"prompt":"Hi","chosen":"{a}","rejected":"{b}"}}"#);
    let rank = |answers: &str, ranks: &str| format!(r#"{{"prompt":"Hi","completions":[{answers}],"ranks":{ranks}}}"#);
    let judge = |label: &str| format!(r#"{{"prompt":"Hi","completion":"a","label":{label}}}"#);
    let many = (0..10).map(|i| format!("\"{i}\"")).collect::<Vec<_>>().join(",");
    for (good, bad, sentence) in [
        (pair("a", "b"), pair("c", " c "), "line 2: the answers 1 and 2 are the same text"),
        (pair("a", "b"), pair("", "c"), "line 2: \"chosen\" is empty"),
        (pair("a", "b"), r#"{"prompt":" ","chosen":"a","rejected":"b"}"#.into(), "line 2: the prompt in \"prompt\" is empty"),
        (pair("a", "b"), judge("true"), "line 2: this row looks like single judgements, the others like preferences"),
        (r#"{"chosen":"x a","rejected":"x b"}"#.into(), r#"{"chosen":"a","rejected":"b"}"#.into(), "no beginning in common"),
        (rank("\"a\",\"b\"", "[1,2]"), rank("\"a\",\"b\"", "[1]"), "line 2: there are 1 ranks for 2 answers"),
        (rank("\"a\",\"b\"", "[1,2]"), rank("\"a\",\"b\"", "[\"x\",1]"), "whole numbers, 1 for the best"),
        (rank("\"a\",\"b\"", "[1,2]"), rank(&many, "[1]"), "there are 10 answers; up to 9"),
        (judge("true"), judge("\"perhaps\""), "\"label\" should hold true or false"),
        (pair("a", "b"), "{\"prompt\":".into(), "line 2"),
    ] {
        let desk = Desk::new();
        let (dataset, _, warnings) =
            desk.import("a.jsonl", &format!("{good}\n{bad}\n")).unwrap_or_else(|why| panic!("{sentence}: {why}"));
        assert!(warnings.iter().any(|warning| warning.contains(sentence)), "{sentence}: {warnings:?}");
        assert_eq!(desk.progress(dataset).questions, 1, "{sentence}");
    }
}

#[test]
fn rows_without_an_opinion_wait_for_one() {
    let desk = Desk::new();
    let text = "{\"prompt\":\"Hi\",\"completions\":[\"a\",\"b\"],\"ranks\":[1,2]}\n{\"prompt\":\"Ho\",\"completions\":[\"a\",\"b\"],\"ranks\":null}\n";
    let (dataset, _, warnings) = desk.import("a.jsonl", text).unwrap();
    assert_eq!(warnings, ["1 row has no opinion yet; what came in can be voted on"]);
    let progress = desk.progress(dataset);
    assert_eq!((progress.questions, progress.votes), (2, 1));
    assert_eq!(desk.export(dataset, None).0, text);
}

#[test]
fn several_peoples_rows_are_votes_on_one_question() {
    let desk = Desk::new();
    let row = |who: &str, ranks: &str| {
        format!("{{\"prompt\":\"Hi\",\"completions\":[\"a\",\"b\"],\"ranks\":{ranks},\"annotator\":\"{who}\"}}\n")
    };
    let text = row("ann", "[1,2]") + &row("bo", "[2,1]") + &row("cy", "[1,1]");
    let (dataset, ..) = desk.import("a.jsonl", &text).unwrap();
    let progress = desk.progress(dataset);
    assert_eq!((progress.questions, progress.votes, progress.ties), (1, 3, 1));
    assert_eq!(desk.export(dataset, None).0, text);
    let (_, written) = desk.export(dataset, Some(FeedbackForm::Trl));
    assert_eq!(written, Written { rows: 2, ties: 1, left_out: 0 });
}

#[test]
fn one_prompt_for_all_is_split_by_answers_and_parts_keep_theirs() {
    let desk = Desk::new();
    let row =
        |prompt: usize, i: usize| format!("{{\"prompt\":\"P {prompt}\",\"chosen\":\"good {i}\",\"rejected\":\"bad {i}\"}}\n");
    let (dataset, _, warnings) = desk.import("a.jsonl", &(0..100).map(|i| row(0, i)).collect::<String>()).unwrap();
    assert!(warnings[0].contains("fewer than 5 prompts"), "{warnings:?}");
    let held = desk.progress(dataset).by_split[&Split::Validation];
    assert!((8..35).contains(&held), "{held} of 100");
    desk.write("b.test.jsonl", &row(9, 9));
    let (dataset, ..) = desk.import("b.train.jsonl", &(0..8).map(|i| row(i, i)).collect::<String>()).unwrap();
    let sides = desk.progress(dataset).by_split;
    assert_eq!((sides[&Split::Train], sides[&Split::Test]), (8, 1));
}

#[test]
fn a_list_beside_the_file_says_which_columns_judge() {
    let desk = Desk::new();
    let list = r#"{"mine":{"file_name":"m.jsonl","ranking":true,"columns":{"prompt":"q","query":"more","chosen":"yes","rejected":"no"}}}"#;
    desk.write("dataset_info.json", list);
    let text = "{\"q\":\"Greet\",\"more\":\"Ann\",\"yes\":\"Good day\",\"no\":\"What?\"}\n";
    let (dataset, schema, _) = desk.import("m.jsonl", text).unwrap();
    assert_eq!(schema, Schema::Preference);
    let (out, _) = desk.export(dataset, Some(FeedbackForm::Trl));
    assert_eq!(out, "{\"prompt\":\"Greet\\nAnn\",\"chosen\":\"Good day\",\"rejected\":\"What?\"}\n");
    assert_eq!(desk.export(dataset, None).0, text);
}

#[test]
fn a_mended_answer_is_a_row_to_learn_from() {
    let desk = Desk::new();
    let (dataset, ..) = desk.import("a.jsonl", "{\"prompt\":\"Hi\",\"completions\":[\"a\",\"b\"]}\n").unwrap();
    let query = QuestionQuery::default();
    desk.engine.send(Command::Feedback(FeedbackCommand::LoadQuestions { dataset, query, offset: 0, limit: 9 }));
    let question =
        desk.until(
            |event| {
                if let Event::Feedback(FeedbackEvent::Questions { page, .. }) = event { Some(page.rows[0].id) } else { None }
            },
        );
    let vote = Vote { edited: Some((1, "Good day".into())), ..Vote::of(Verdict::AllBad, 2) };
    let ballot = Ballot { dataset, question, annotator: "ann".into(), vote };
    desk.engine.send(Command::Feedback(FeedbackCommand::Vote(ballot)));
    let (out, written) = desk.export(dataset, Some(FeedbackForm::Edited));
    assert_eq!((out.as_str(), written.rows), ("{\"prompt\":\"Hi\",\"completion\":\"Good day\"}\n", 1));
    let (out, _) = desk.export(dataset, Some(FeedbackForm::Unpaired));
    assert_eq!(out.matches("false").count(), 2, "{out}");
}

fn questions() -> impl Strategy<Value = (Question, Vec<u32>)> {
    (prop::collection::btree_set("[a-zäß\"\\\\ \n]{0,8}[a-z]", 2..6), "[A-Zé][a-z ,]{0,9}").prop_flat_map(|(answers, prompt)| {
        let answers: std::collections::BTreeSet<String> = answers.into_iter().map(|text| text.trim().to_owned()).collect();
        let candidates: Vec<Candidate> = answers.into_iter().map(|text| Candidate { text, origin: Origin::Imported }).collect();
        let n = candidates.len();
        let question = Question { prompt: Side::Text(prompt), candidates, repeats: None };
        (Just(question), prop::collection::vec(1_u32..5, n))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rankings_survive_the_way_out_and_in((question, ranks) in questions()) {
        let strength = Some(Strength::Much);
        let vote = Vote::of(Verdict::Ranked { ranks: ranks.clone(), strength }, ranks.len());
        let judged = Judged { question: question.clone(), source: None, votes: vec![("ann".into(), vote.clone())] };
        let (rows, _) = in_form(FeedbackForm::Ranking, &[judged]);
        let columns: Vec<String> = rows[0].iter().map(|(name, _)| name.clone()).collect();
        let row = Row { line: 1, cells: rows[0].clone() };
        let mapping = lyceum::data::import::detect(&columns, std::slice::from_ref(&row));
        prop_assert_eq!(mapping.schema, Schema::Ranking);
        let read = FeedbackReader::new(mapping).read(&row).unwrap();
        prop_assert_eq!(read.annotator.as_deref(), Some("ann"));
        let pairs = |question: &Question, vote: &Vote| {
            let text = |i: usize| question.candidates[i].text.clone();
            let mut pairs: Vec<(String, String)> = vote.preferences().iter().map(|it| (text(it.chosen), text(it.rejected))).collect();
            pairs.sort();
            pairs
        };
        prop_assert_eq!(pairs(&read.question, &read.vote.unwrap()), pairs(&question, &vote));
    }

    #[test]
    fn a_broken_file_is_read_or_refused(which in 0_usize..16, at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        let files = files();
        let (name, _, text) = &files[which % files.len()];
        let mut bytes = format!("{text}\n{text}\n").into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(if cut { at } else { bytes.len() });
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, &bytes).unwrap();
        let Ok(report) = lyceum::data::inspect(&path) else { return Ok(()) };
        let Ok(mut rows) = lyceum::data::import::open_rows(&path, DocumentRule::BlankLine) else { return Ok(()) };
        let reader = FeedbackReader::new(report.mapping);
        for _ in 0..10 {
            match rows.next() {
                Ok(Next::Row(row)) => if let Err(warning) = reader.read(&row) {
                    prop_assert!(warning.to_string().starts_with("line "));
                },
                Ok(Next::Skipped { why, .. }) => prop_assert!(!why.is_empty()),
                Ok(Next::End) | Err(_) => break,
            }
        }
    }

    #[test]
    fn no_row_makes_the_reader_panic(cells in prop::collection::vec((0_usize..12, values()), 0..7), schema in 0_usize..4) {
        const NAMES: [&str; 12] = [
            "prompt", "chosen", "rejected", "completions", "ranks", "completion", "label", "conversations", "kto_tag", "input",
            "system", "history",
        ];
        let cells: Vec<(String, Value)> = cells.into_iter().map(|(name, value)| (NAMES[name].to_owned(), value)).collect();
        let columns: Vec<String> = cells.iter().map(|(name, _)| name.clone()).collect();
        let schema = [Schema::Preference, Schema::Unpaired, Schema::Ranking, Schema::Prompts][schema];
        let named = lyceum::data::import::feedback_columns(schema, &columns);
        let mapping = Mapping { schema, columns: named, documents: DocumentRule::BlankLine , tag_names: Vec::new()};
        if let Ok(read) = FeedbackReader::new(mapping.clone()).read(&Row { line: 1, cells }) {
            prop_assert!(read.question.check().is_ok());
            let vote = read.vote.unwrap_or_else(|| Vote::of(Verdict::Skipped, read.question.candidates.len()));
            prop_assert!(vote.check(read.question.candidates.len()).is_ok());
            let judged = [Judged { question: read.question, source: Some(read.source), votes: vec![("a".into(), vote)] }];
            let (rows, _) = lyceum::data::feedback::as_imported(&mapping, &judged);
            for row in rows {
                prop_assert!(object(row).is_object());
            }
        }
    }
}

/// Values that such cells have in whole and in broken files.
fn values() -> impl Strategy<Value = Value> {
    let turn = |role: &str, content: Value| json!({"role": role, "content": content});
    prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|x| json!(x)),
        "\\PC{0,12}".prop_map(|text| json!(text)),
        Just(json!("[{\"role\":\"user\"")),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[1, 2], ["a", "b"]])),
        prop::collection::vec(-2_i64..3, 0..4).prop_map(|list| json!(list)),
        prop::collection::vec("[ab ]{0,3}", 0..11).prop_map(|list| json!(list)),
        prop::collection::vec(("user|assistant|system|x", "[ab]{0,2}"), 0..4)
            .prop_map(move |turns| turns.into_iter().map(|(role, text)| turn(&role, json!(text))).collect()),
    ]
}
