//! The engine from the outside, as the window and the command line use it: commands in, events out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lyceum::engine::command::{ImportCommand, LibraryCommand, Mapping, Schema, TokenizerKind, TokenizerSpec, TrainCommand};
use lyceum::engine::event::Library;
use lyceum::engine::{Command, Engine, Event};

mod lab;
mod live;
mod looks;
mod policy;
mod runs;
mod shots;
mod talking;
mod trouble;
mod tuning;

/// Long enough for a machine that is busy with other things; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_mins(2);

struct Place {
    dir: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.lyceum");
    Place { dir, path }
}

fn start(path: &Path, create: bool) -> Engine {
    Engine::start(path.to_path_buf(), create, Arc::new(|| {}))
}

/// The first event that `take` wants; panics on anything that tells of trouble before.
fn until<T>(engine: &Engine, mut take: impl FnMut(&Event) -> Option<T>) -> T {
    loop {
        let event = engine.wait(PATIENCE).expect("no event in a long time");
        if let Some(found) = take(&event) {
            return found;
        }
        let trouble = matches!(
            event,
            Event::OpenFailed { .. }
                | Event::Refused { .. }
                | Event::JobFailed { .. }
                | Event::WorkerDied { .. }
                | Event::Warning { .. }
        );
        assert!(!trouble, "{event:?}");
    }
}

/// All that the project holds now. A refusal that comes after the answer proves that no older list was taken for it.
fn library(engine: &Engine) -> Library {
    engine.send(Command::Library(LibraryCommand::ListLibrary));
    engine.send(Command::Library(LibraryCommand::RenameRun { run: -1, name: String::new() }));
    let mut newest = None;
    loop {
        match engine.wait(PATIENCE).expect("no event in a long time") {
            Event::Library(library) => newest = Some(library),
            Event::Refused { .. } => return newest.unwrap(),
            _ => {}
        }
    }
}

fn mapping() -> Mapping {
    Mapping::new(Schema::Text, Vec::new())
}

/// Sixty short documents with some structure in them.
fn text() -> String {
    let animals = ["cat", "dog", "hen", "cow", "fox"];
    let colours = ["red", "blue", "green", "white"];
    let line = |n: usize| {
        let (animal, colour) = (animals[n % 5], colours[n / 5 % 4]);
        format!("The {colour} {animal} number {n} sat on the mat. It saw a {animal} and ran to the {colour} house by the river.")
    };
    (0..60).map(line).collect::<Vec<_>>().join("\n\n")
}

/// Text, tokenizer and corpus in the project; gives the corpus.
fn corpus(engine: &Engine, place: &Place) -> i64 {
    let file = place.dir.path().join("text.txt");
    std::fs::write(&file, text()).unwrap();
    engine.send(Command::Import(ImportCommand::ImportFile { job: 1, path: file, mapping: mapping(), name: "text".into() }));
    let dataset = until(engine, |event| if let Event::Imported { dataset, .. } = event { Some(*dataset) } else { None });
    let spec = TokenizerSpec { kind: TokenizerKind::Bytes, vocab_size: 264 };
    engine.send(Command::Import(ImportCommand::TrainTokenizer { job: 2, dataset, spec, name: "bytes".into() }));
    let tokenizer =
        until(engine, |event| if let Event::TokenizerReady { tokenizer, .. } = event { Some(*tokenizer) } else { None });
    engine.send(Command::Import(ImportCommand::BuildCorpus { job: 3, dataset, tokenizer, val_fraction: 0.1, seed: 1 }));
    until(engine, |event| if let Event::CorpusReady { corpus, .. } = event { Some(*corpus) } else { None })
}

#[test]
fn a_project_is_made_and_opened_again() {
    let place = place();
    let woken = Arc::new(AtomicUsize::new(0));
    let wake = Arc::clone(&woken);
    let engine = Engine::start(
        place.path.clone(),
        true,
        Arc::new(move || {
            wake.fetch_add(1, Ordering::Relaxed);
        }),
    );
    let read_only = until(&engine, |event| if let Event::Opened { read_only, .. } = event { Some(*read_only) } else { None });
    assert!(!read_only);
    engine.send(Command::Library(LibraryCommand::SaveSetting { key: "a".into(), value: "b".into() }));
    engine.send(Command::Library(LibraryCommand::SavePrompt {
        prompt: "p".into(),
        completion: "c".into(),
        settings: "{}".into(),
    }));
    until(&engine, |event| matches!(event, Event::Library(library) if library.prompts.len() == 1).then_some(()));
    assert!(woken.load(Ordering::Relaxed) > 0);
    drop(engine);
    let engine = start(&place.path, false);
    let settings = until(&engine, |event| if let Event::Opened { settings, .. } = event { Some(settings.clone()) } else { None });
    assert_eq!(settings, [("a".to_owned(), "b".to_owned())]);
}

#[test]
fn what_cannot_be_opened_is_said_and_nothing_hangs() {
    let place = place();
    let engine = start(&place.path, false);
    let message = until(&engine, |event| if let Event::OpenFailed { message } = event { Some(message.clone()) } else { None });
    assert!(message.contains("no project"), "{message}");
    engine.send(Command::Library(LibraryCommand::ListLibrary));
    engine.send(Command::Train(TrainCommand::Pause));
    engine.send(Command::Import(ImportCommand::FillSample { job: 1 }));
    assert_eq!(engine.wait(Duration::from_millis(1)), None);
}

#[test]
fn the_second_window_may_look_but_not_write() {
    let place = place();
    let first = start(&place.path, true);
    until(&first, |event| matches!(event, Event::Opened { .. }).then_some(()));
    let corpus = corpus(&first, &place);
    let second = start(&place.path, false);
    until(&second, |event| matches!(event, Event::Opened { read_only: true, .. }).then_some(()));
    let seen = library(&second);
    assert_eq!(seen.corpora.first().map(|row| row.id), Some(corpus));
    second.send(Command::Import(ImportCommand::LoadRows { dataset: 1, query: String::new(), offset: 0, limit: 5 }));
    let rows = until(&second, |event| if let Event::Rows { rows, .. } = event { Some(rows.len()) } else { None });
    assert_eq!(rows, 5);
    second.send(Command::Library(LibraryCommand::SaveSetting { key: "a".into(), value: "b".into() }));
    let refusal = |event: &Event| if let Event::Refused { message, .. } = event { Some(message.clone()) } else { None };
    assert!(until(&second, refusal).contains("another window"));
    second.send(Command::Import(ImportCommand::BuildCorpus { job: 9, dataset: 1, tokenizer: 1, val_fraction: 0.1, seed: 1 }));
    let failed = |event: &Event| if let Event::JobFailed { job: 9, message } = event { Some(message.clone()) } else { None };
    assert!(until(&second, failed).contains("another window"));
}

#[test]
fn rows_are_searched_in_slices_and_to_the_end() {
    let place = place();
    let engine = start(&place.path, true);
    corpus(&engine, &place);
    engine.send(Command::Import(ImportCommand::LoadRows { dataset: 1, query: "FOX".into(), offset: 0, limit: 3 }));
    let (total, rows) = until(&engine, |event| match event {
        Event::Rows { total: 12, rows, .. } => Some((12, rows.clone())),
        _ => None,
    });
    assert_eq!((total, rows.len()), (12, 3));
    assert!(rows.iter().all(|row| row.cells.iter().all(|cell| cell.contains("fox"))));
    engine.send(Command::Import(ImportCommand::LoadRows { dataset: 1, query: "FOX".into(), offset: 10, limit: 5 }));
    let rows = until(&engine, |event| if let Event::Rows { offset: 10, rows, .. } = event { Some(rows.len()) } else { None });
    assert_eq!(rows, 2);
    engine.send(Command::Import(ImportCommand::LoadRows { dataset: 77, query: String::new(), offset: 0, limit: 5 }));
    until(&engine, |event| matches!(event, Event::Refused { .. }).then_some(()));
}

#[test]
fn waiting_jobs_can_be_cancelled_and_leave_nothing() {
    let place = place();
    let engine = start(&place.path, true);
    let file = place.dir.path().join("text.txt");
    std::fs::write(&file, text().repeat(200)).unwrap();
    // All are sent before the first is done: the later ones wait, and one of them is taken back.
    for job in 1..=4 {
        engine.send(Command::Import(ImportCommand::ImportFile {
            job,
            path: file.clone(),
            mapping: mapping(),
            name: format!("text {job}"),
        }));
    }
    engine.send(Command::Import(ImportCommand::CancelJob { job: 4 }));
    let mut ends = Vec::new();
    while ends.len() < 4 {
        ends.push(until(&engine, |event| match event {
            Event::Imported { job, .. } => Some((*job, true)),
            Event::Cancelled { job } => Some((*job, false)),
            _ => None,
        }));
    }
    ends.sort_unstable();
    // A machine may be so fast that all were done before the cancel was heard: then nothing was cancelled, and all are there.
    let done = ends.iter().filter(|(_, done)| *done).count();
    assert_eq!(library(&engine).datasets.len(), done);
    drop(engine);
    let left = std::fs::read_dir(place.path.join("datasets")).unwrap().count();
    assert_eq!(left, done);
}

#[test]
fn the_sample_fills_a_project_once() {
    let place = place();
    let engine = start(&place.path, true);
    engine.send(Command::Import(ImportCommand::FillSample { job: 7 }));
    let corpus = until(&engine, |event| if let Event::SampleReady { job: 7, corpus } = event { Some(*corpus) } else { None });
    let full = library(&engine);
    // A text, and the tasks over the same world.
    let tasks = full.datasets.iter().filter(|row| row.schema.is_supervised()).count();
    assert_eq!((full.datasets.len(), tasks, full.tokenizers.len(), full.corpora.len()), (15, 12, 1, 1));
    let asked = full.datasets.iter().filter(|row| row.schema.is_feedback());
    let asked: Vec<_> = asked.map(|row| (row.name.as_str(), row.questions, row.votes)).collect();
    assert_eq!(asked, [("Customer requests", 300, 0), ("Polite answers", 400, 400)]);
    assert_eq!(full.corpora.first().map(|row| row.id), Some(corpus));
    engine.send(Command::Import(ImportCommand::FillSample { job: 8 }));
    until(&engine, |event| matches!(event, Event::SampleReady { job: 8, .. }).then_some(()));
    assert_eq!(library(&engine).datasets.len(), 15);
    drop(engine);
    let settings =
        until(
            &start(&place.path, false),
            |event| {
                if let Event::Opened { settings, .. } = event { Some(settings.clone()) } else { None }
            },
        );
    assert!(settings.iter().any(|(key, value)| key == "pinned_prompts" && value.contains("Mira")));
}
