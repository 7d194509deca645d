//! Labelled files through the engine: rows in, rows left out and why, parts side by side, rows out in the form they came in.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lyceum::data::supervised::{Label, LabelTask, RowStatus, Split};
use lyceum::engine::command::{ExportForm, ImportCommand, LabelCommand, LabelSource, LibraryCommand};
use lyceum::engine::event::DatasetInfo;
use lyceum::engine::labelling::LabelState;
use lyceum::engine::{Command, Engine, Event};

struct Desk {
    dir: tempfile::TempDir,
    engine: Engine,
    jobs: u64,
}

impl Desk {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::start(dir.path().join("x.lyceum"), true, Arc::new(|| ()));
        Self { dir, engine, jobs: 0 }
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

    /// Imports as detected: number of rows and warnings, or the refusal.
    fn import(&mut self, path: &Path) -> Result<(i64, u64, Vec<String>), String> {
        let mapping = lyceum::data::inspect(path).unwrap().mapping;
        self.jobs += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        self.engine.send(Command::Import(ImportCommand::ImportFile { job: self.jobs, path: path.to_path_buf(), mapping, name }));
        self.imported()
    }

    fn imported(&self) -> Result<(i64, u64, Vec<String>), String> {
        self.until(|event| {
            if let Event::Imported { dataset, rows, warnings, .. } = event {
                Some(Ok((dataset, rows, warnings)))
            } else if let Event::JobFailed { message, .. } = event {
                Some(Err(message))
            } else {
                None
            }
        })
    }

    fn export(&mut self, dataset: i64, form: Option<ExportForm>, name: &str) -> String {
        self.export_rows(dataset, form, false, name)
    }

    fn export_rows(&mut self, dataset: i64, form: Option<ExportForm>, all: bool, name: &str) -> String {
        self.jobs += 1;
        let path = self.dir.path().join(name);
        self.engine.send(Command::Import(ImportCommand::ExportDataset {
            job: self.jobs,
            dataset,
            form,
            split: None,
            all,
            path: path.clone(),
        }));
        self.until(|event| if let Event::DatasetExported { .. } = event { Some(()) } else { None });
        std::fs::read_to_string(path).unwrap()
    }

    fn labels(&self, dataset: i64) -> LabelState {
        self.engine.send(Command::Label(LabelCommand::LoadLabelState { dataset }));
        self.until(|event| if let Event::LabelState { state, .. } = event { Some(state) } else { None })
    }

    fn dataset(&self, dataset: i64) -> DatasetInfo {
        self.engine.send(Command::Library(LibraryCommand::ListLibrary));
        let library = self.until(|event| if let Event::Library(library) = event { Some(library) } else { None });
        library.datasets.into_iter().find(|info| info.id == dataset).unwrap()
    }
}

#[test]
fn rows_come_out_as_they_went_in() {
    let mut desk = Desk::new();
    for (name, text) in [
        ("a.jsonl", "{\"id\":7,\"text\":\"Zoë\",\"label\":\"good\"}\n{\"id\":8,\"text\":\"b\",\"label\":\"bad\"}\n"),
        ("b.jsonl", "{\"text\":\"Zoë in Rom\",\"entities\":[[0,3,\"PER\"],[7,10,\"LOC\"]]}\n"),
        ("c.conll", "Zoë\tB-PER\nin\tO\nRom\tB-LOC\n\nja\tO\n\n"),
        ("d.csv", "user,item,rating\nann,milk,3\nbo,tea,4.5\n"),
        (
            "e.jsonl",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}],\"k\":[1]}\n",
        ),
        ("f.jsonl", "{\"translation\":{\"en\":\"a\",\"de\":\"b\"}}\n"),
        ("g.jsonl", "{\"context\":\"Zoë\",\"question\":\"q\",\"answers\":{\"text\":[\"oë\"],\"answer_start\":[1]}}\n"),
    ] {
        let path = desk.write(name, text);
        let (dataset, _, warnings) = desk.import(&path).unwrap();
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        assert_eq!(desk.export(dataset, None, "out"), text, "{name}");
    }
}

#[test]
fn parts_that_stand_side_by_side_come_in_together() {
    let mut desk = Desk::new();
    let row = |text: &str| format!("{{\"text\":\"{text}\",\"label\":\"x\"}}\n");
    desk.write("m.validation.jsonl", &row("two"));
    desk.write("m.test.jsonl", &(row("three") + &row("four")));
    let path = desk.write("m.train.jsonl", &row("one"));
    let (dataset, rows, warnings) = desk.import(&path).unwrap();
    assert_eq!((rows, desk.dataset(dataset).name.as_str()), (4, "m"));
    assert!(warnings.first().is_some_and(|warning| warning.contains("m.test.jsonl (test)")), "{warnings:?}");
    let by_split = desk.labels(dataset).progress.by_split;
    assert_eq!(Split::ALL.map(|split| by_split[&split]), [1, 1, 2]);
}

#[test]
fn a_file_of_its_own_is_dealt_out_by_seed() {
    let mut desk = Desk::new();
    let rows: Vec<String> = (0..50).map(|i| format!("{{\"text\":\"row {i}\",\"label\":\"{}\"}}", i % 3)).collect();
    let text = rows.join("\n");
    let path = desk.write("m.jsonl", &text);
    let (dataset, ..) = desk.import(&path).unwrap();
    let state = desk.labels(dataset);
    assert_eq!(state.progress.by_split[&Split::Validation], 5);
    assert_eq!(state.labels.options.len(), 3);
    desk.engine.send(Command::Label(LabelCommand::SplitDataset { dataset, validation: 0.2, test: 0.1, seed: 3 }));
    let state = desk.until(|event| if let Event::LabelState { state, .. } = event { Some(state) } else { None });
    assert_eq!(Split::ALL.map(|split| state.progress.by_split[&split]), [35, 10, 5]);
}

#[test]
fn bad_rows_are_told_and_rows_without_labels_are_kept() {
    let mut desk = Desk::new();
    let text =
        "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":\"\"}\n{\"label\":\"x\"}\nnonsense\n{\"text\":\"c\"}\n";
    let path = desk.write("m.jsonl", text);
    let (dataset, rows, warnings) = desk.import(&path).unwrap();
    assert_eq!(rows, 3);
    assert_eq!(warnings[0], "2 rows were left out");
    assert!(warnings[1].starts_with("2 rows have no label yet"), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.starts_with("line 3:") && warning.contains("text")), "{warnings:?}");
    let by_status = desk.labels(dataset).progress.by_status;
    assert_eq!((by_status[&RowStatus::Labelled], by_status[&RowStatus::Unlabelled]), (1, 2));
    assert_eq!(desk.export(dataset, Some(ExportForm::Csv), "out"), "text,label\na,x\n");
    let path = desk.write("n.jsonl", "{\"messages\":[]}\n");
    assert!(desk.import(&path).unwrap_err().contains("left out") || desk.import(&path).is_err());
}

#[test]
fn texts_can_be_taken_to_be_labelled() {
    let mut desk = Desk::new();
    let path = desk.write("m.txt", "One text.\n\nAnother text.\n");
    let (texts, ..) = desk.import(&path).unwrap();
    let labels = vec![Label::Text("good".into()), Label::Text("bad".into())];
    for source in [LabelSource::Dataset(texts), LabelSource::File(path.clone())] {
        let name = "to label".to_owned();
        desk.engine.send(Command::Import(ImportCommand::CreateLabelling {
            job: 9,
            source,
            task: LabelTask::Class,
            labels: labels.clone(),
            name,
        }));
        let (dataset, rows, _) = desk.imported().unwrap();
        let state = desk.labels(dataset);
        assert_eq!((rows, state.progress.by_status[&RowStatus::Unlabelled], state.labels.options.len()), (2, 2, 2));
    }
}

#[test]
fn rows_without_a_label_come_out_when_asked_for() {
    let mut desk = Desk::new();
    let text = "{\"text\":\"a\",\"label\":\"good\"}\n{\"text\":\"b\",\"label\":null}\n";
    let path = desk.write("a.jsonl", text);
    let (dataset, rows, _) = desk.import(&path).unwrap();
    assert_eq!(rows, 2);
    assert_eq!(desk.export_rows(dataset, None, true, "all"), text);
    assert_eq!(desk.export(dataset, None, "labelled"), "{\"text\":\"a\",\"label\":\"good\"}\n");
}

#[test]
fn tags_written_as_numbers_get_their_names() {
    let mut desk = Desk::new();
    let text = "{\"tokens\":[\"Zo\u{eb}\",\"in\",\"Rom\"],\"ner_tags\":[1,0,2]}\n";
    let path = desk.write("a.jsonl", text);
    let said = desk.import(&path).unwrap_err();
    assert!(said.contains("--tag-names"), "{said}");
    // A list that the rows' publisher put beside them says what the numbers mean.
    let info = r#"{"features": {"ner_tags": {"feature": {"names": ["O", "B-PER", "B-LOC"], "_type": "ClassLabel"}}}}"#;
    desk.write("dataset_info.json", info);
    let (dataset, rows, warnings) = desk.import(&path).unwrap();
    assert_eq!((rows, warnings), (1, Vec::<String>::new()));
    let names: Vec<String> = desk.labels(dataset).labels.options.iter().map(|option| option.label.to_string()).collect();
    assert_eq!(names, ["LOC", "PER"]);
    assert_eq!(desk.export(dataset, Some(ExportForm::Conll), "out"), "Zo\u{eb}\tB-PER\nin\tO\nRom\tB-LOC\n\n");
    assert_eq!(desk.export(dataset, None, "again"), text, "and go out as numbers, as they came in");
}
