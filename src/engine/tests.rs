//! What only the engine's inside can test: panics of workers, and the outbox under pressure.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::bounded;
use proptest::prelude::*;

use super::command::{GenerateRequest, Mapping, ModelSource, Sampling, Schema, TokenizerKind, TokenizerSpec, Worker};
use super::event::{EvalPoint, Library, Mark, MarkKind, MetricPoint, Progress, RunState};
use super::outbox::{Outbox, merge};
use super::{Command, Engine, Event};
use crate::config::{Dims, RunConfig};
use crate::engine::command::{ImportCommand, LibraryCommand, TrainCommand};

const PATIENCE: Duration = Duration::from_mins(2);

fn start() -> (tempfile::TempDir, Engine) {
    let dir = tempfile::tempdir().unwrap();
    let engine = Engine::start(dir.path().join("x.lyceum"), true, Arc::new(|| {}));
    until(&engine, |event| matches!(event, Event::Opened { .. }));
    (dir, engine)
}

fn until(engine: &Engine, wanted: impl Fn(&Event) -> bool) -> Event {
    loop {
        let event = engine.wait(PATIENCE).unwrap();
        if wanted(&event) {
            return event;
        }
    }
}

#[test]
fn a_worker_that_panics_is_told_of_and_works_again() {
    let (_dir, engine) = start();
    let asked = |worker| match worker {
        Worker::Trainer => (Command::Train(TrainCommand::Pause), "No run"),
        Worker::Importer => {
            (Command::Import(ImportCommand::InspectFile { job: 5, path: PathBuf::from("/nowhere/at-all.txt") }), "no such file")
        }
        Worker::Librarian => (Command::Library(LibraryCommand::RenameRun { run: 99, name: "a".into() }), "not in this project"),
    };
    for worker in [Worker::Importer, Worker::Trainer, Worker::Librarian, Worker::Importer, Worker::Librarian] {
        engine.inject_panic(worker);
        let died = until(&engine, |event| matches!(event, Event::WorkerDied { .. }));
        assert!(
            matches!(&died, Event::WorkerDied { worker: who, message, .. } if *who == worker && message.contains("a test asked")),
            "{died:?}"
        );
        let (command, words) = asked(worker);
        engine.send(command);
        let answer = until(&engine, |event| matches!(event, Event::Refused { .. } | Event::JobFailed { .. }));
        let message = match answer {
            Event::Refused { message, .. } | Event::JobFailed { message, .. } => message,
            other => panic!("{other:?}"),
        };
        assert!(message.contains(words), "{message}");
    }
}

/// The number that an event of the importer gives to what it made.
fn made(engine: &Engine, command: Command) -> i64 {
    engine.send(command);
    let event = until(engine, |event| {
        matches!(
            event,
            Event::Imported { .. } | Event::TokenizerReady { .. } | Event::CorpusReady { .. } | Event::JobFailed { .. }
        )
    });
    match event {
        Event::Imported { dataset: id, .. }
        | Event::TokenizerReady { tokenizer: id, .. }
        | Event::CorpusReady { corpus: id, .. } => id,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_trainer_that_panics_in_a_run_names_the_last_checkpoint_and_goes_on_from_it() {
    let (dir, engine) = start();
    let path = dir.path().join("text.txt");
    std::fs::write(&path, "The cat sat on the mat.\n\n".repeat(20) + "A dog ran over the hill.\n\nThe sun was warm.").unwrap();
    let mapping = Mapping::new(Schema::Text, Vec::new());
    let dataset = made(&engine, Command::Import(ImportCommand::ImportFile { job: 1, path, mapping, name: "text".into() }));
    let spec = TokenizerSpec { kind: TokenizerKind::Bytes, vocab_size: 264 };
    let tokenizer = made(&engine, Command::Import(ImportCommand::TrainTokenizer { job: 2, dataset, spec, name: "bytes".into() }));
    let corpus =
        made(&engine, Command::Import(ImportCommand::BuildCorpus { job: 3, dataset, tokenizer, val_fraction: 0.3, seed: 1 }));
    let dims = Dims { n_layers: 1, d_model: 16, n_heads: 2, n_kv_heads: 2, d_ff: 32, context: 8, tie_embeddings: true };
    let config = RunConfig { corpus, dims, steps: 1_000_000, batch_size: 2, eval_every: 0, threads: 1, ..RunConfig::default() };
    engine.send(Command::Train(TrainCommand::StartRun { config, from: None }));
    until(&engine, |event| matches!(event, Event::Steps { .. }));
    engine.send(Command::Train(TrainCommand::SaveCheckpoint));
    let saved = until(&engine, |event| matches!(event, Event::CheckpointSaved { .. }));
    let Event::CheckpointSaved { checkpoint, .. } = saved else { panic!("{saved:?}") };
    engine.send(Command::Train(TrainCommand::Generate {
        job: 9,
        source: ModelSource::Checkpoint(checkpoint),
        request: GenerateRequest { prompt: "The".into(), sampling: Sampling::default(), max_tokens: 1_000_000, stop: Vec::new() },
    }));
    engine.inject_panic(Worker::Trainer);
    let died = until(&engine, |event| matches!(event, Event::WorkerDied { .. }));
    assert!(matches!(died, Event::WorkerDied { last_checkpoint: Some(last), .. } if last == checkpoint), "{died:?}");
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint }));
    until(&engine, |event| matches!(event, Event::Steps { .. }));
    engine.send(Command::Train(TrainCommand::Stop));
    until(&engine, |event| matches!(event, Event::RunEnded { state: RunState::Stopped, .. }));
}

fn point(step: u64) -> MetricPoint {
    MetricPoint { step, loss: 1.0, lr: 0.0, grad_norm: 0.0, tokens_per_s: 0.0, elapsed_s: 0.0 }
}

/// The nth event of a stream: `kind` chooses what it is, `who` the run or the job.
fn event(kind: u8, who: u8, n: u64) -> Event {
    let (run, job) = (i64::from(who), u64::from(who));
    match kind {
        0..=3 => Event::Steps { run, points: vec![point(n)] },
        4..=6 => Event::Token { job, text: format!("{n} ") },
        7 => Event::Progress(Progress { job, what: String::new(), done: n, total: 0, unit: "", elapsed_s: 0.0 }),
        8 => Event::Eval { run, point: EvalPoint { step: n, loss: 1.0, perplexity: 1.0, bits_per_byte: 1.0, best: false } },
        9 => Event::Marked { run, mark: Mark { step: n, kind: MarkKind::Rewind { to_step: 0 }, label: String::new() } },
        10 => Event::Cancelled { job },
        _ => Event::Library(Library::default()),
    }
}

/// What a listener knows after some events: the points and marks of each run in order, the text of each job cut where it ended,
/// validations, the latest progress, and whether a list came.
#[derive(Debug, PartialEq, Default)]
struct Known {
    curves: BTreeMap<i64, Vec<(u64, bool)>>,
    texts: BTreeMap<u64, Vec<String>>,
    evals: BTreeMap<i64, Vec<u64>>,
    progress: BTreeMap<u64, u64>,
    listed: bool,
}

fn known(events: &[Event]) -> Known {
    let mut known = Known::default();
    for event in events {
        match event {
            Event::Steps { run, points } => known.curves.entry(*run).or_default().extend(points.iter().map(|p| (p.step, false))),
            Event::Marked { run, mark } => known.curves.entry(*run).or_default().push((mark.step, true)),
            Event::Token { job, text } => match known.texts.entry(*job).or_default().last_mut() {
                Some(last) => last.push_str(text),
                None => known.texts.entry(*job).or_default().push(text.clone()),
            },
            Event::Cancelled { job } => known.texts.entry(*job).or_default().push(String::new()),
            Event::Eval { run, point } => known.evals.entry(*run).or_default().push(point.step),
            Event::Progress(progress) => {
                known.progress.insert(progress.job, progress.done);
            }
            other => known.listed |= matches!(other, Event::Library(_)),
        }
    }
    known
}

proptest! {
    #[test]
    fn a_slow_listener_learns_the_same(
        stream in prop::collection::vec((0_u8..12, 0_u8..3), 0..300),
        room in 1_usize..8,
        pauses in prop::collection::vec(0_usize..40, 1..20),
    ) {
        let (sender, receiver) = bounded(room);
        let mut outbox = Outbox::new(sender, Arc::new(|| {}));
        let sent: Vec<Event> = stream.iter().zip(0..).map(|((kind, who), n)| event(*kind, *who, n)).collect();
        let (mut heard, mut pause, mut wait) = (Vec::new(), pauses.iter().cycle(), 0);
        for event in &sent {
            outbox.send(event.clone());
            if wait == 0 {
                heard.extend(receiver.try_iter());
                wait = *pause.next().unwrap();
            } else {
                wait -= 1;
            }
        }
        while !outbox.flush() || !receiver.is_empty() {
            heard.extend(receiver.try_iter());
        }
        prop_assert_eq!(known(&heard), known(&sent));
        // The listener's own queue joins by the same rules.
        let mut queue = VecDeque::new();
        for event in heard {
            merge(&mut queue, event);
        }
        prop_assert_eq!(known(&Vec::from(queue)), known(&sent));
    }
}

#[test]
fn a_listener_that_never_comes_costs_little() {
    let (sender, _receiver) = bounded(4);
    let mut outbox = Outbox::new(sender, Arc::new(|| {}));
    for step in 0..100_000 {
        outbox.send(event(0, 1, step));
        outbox.send(event(4, 2, step));
        outbox.send(event(7, 3, step));
        outbox.send(event(11, 0, step));
    }
    assert!(outbox.waiting() < 8, "{} events wait", outbox.waiting());
}
