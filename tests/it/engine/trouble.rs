//! Runs in trouble: a program that is killed, a disk that takes nothing, a loss that runs away.

use std::io::{BufRead as _, BufReader};
use std::process::{Command as Process, Stdio};

use super::runs::{config, engine_failure, marked, ready, run_ended, run_started, state, step};
use super::{library, start, until};

use lyceum::config::RunConfig;
use lyceum::engine::command::{ImportCommand, Knob, LibraryCommand, TrainCommand};
use lyceum::engine::event::{MarkKind, RunState};
use lyceum::engine::{Command, Event};
use lyceum::store::Project;

fn warned(event: &Event) -> Option<String> {
    if let Event::Warning { message, .. } = event { Some(message.clone()) } else { None }
}

#[test]
fn a_program_that_is_killed_loses_only_the_steps_since_its_checkpoint() {
    let (place, engine, _corpus) = ready();
    drop(engine);
    let mut program = Process::new(env!("CARGO_BIN_EXE_lyceum"))
        .args(["pretrain", "--json", "--steps", "1000000", "--layers", "1", "--width", "16", "--heads", "2", "--context", "16"])
        .args(["--batch", "2", "--eval-every", "0", "--sample-every", "0", "--checkpoint-every", "5", "--threads", "1"])
        .arg("--project")
        .arg(&place.path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(program.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut saved = lines.filter(|line| line.contains("\"event\":\"checkpoint\""));
    for _ in 0..3 {
        saved.next().expect("the program ended by itself");
    }
    // SIGKILL: nothing is flushed, nothing is said.
    program.kill().unwrap();
    program.wait().unwrap();

    let (project, repairs) = Project::open(&place.path).unwrap();
    assert_eq!(repairs.interrupted, 1);
    let run = project.runs().unwrap().pop().unwrap();
    assert_eq!(run.state, RunState::Interrupted);
    let last = project.last_checkpoint(run.id).unwrap().unwrap();
    assert!(last.step >= 15 && last.step.is_multiple_of(5), "{}", last.step);
    // What was measured up to the checkpoint was written before it.
    let steps: Vec<u64> = project.metrics(run.id).unwrap().iter().map(|point| point.step).collect();
    assert!(steps.starts_with(&(1..=last.step).collect::<Vec<_>>()));
    drop(project);

    let engine = start(&place.path, false);
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint: last.id }));
    let next =
        until(&engine, |event| if let Event::Steps { points, .. } = event { points.first().map(|p| p.step) } else { None });
    assert_eq!(next, last.step + 1);
    engine.send(Command::Train(TrainCommand::Stop));
    until(&engine, run_ended);
    engine.send(Command::Library(LibraryCommand::LoadMetrics { run: run.id }));
    let points = until(&engine, |event| if let Event::Metrics { points, .. } = event { Some(points.clone()) } else { None });
    assert_eq!(points.iter().map(|point| point.step).collect::<Vec<_>>(), (1..=points.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_loss_that_runs_away_pauses_the_run_and_a_rewind_mends_it() {
    let (_place, engine, corpus) = ready();
    let config = RunConfig { eval_every: 0, sample_every: 0, ..config(corpus, 1_000_000) };
    engine.send(Command::Train(TrainCommand::StartRun { config, from: None }));
    let run = until(&engine, run_started);
    until(&engine, step(60));
    engine.send(Command::Train(TrainCommand::SaveCheckpoint));
    let checkpoint =
        until(&engine, |event| if let Event::CheckpointSaved { checkpoint, .. } = event { Some(*checkpoint) } else { None });
    engine.send(Command::Train(TrainCommand::SetKnob(Knob::Lr(1.0))));
    let alarm = until(&engine, |event| marked(event).filter(|mark| mark.kind == MarkKind::Alarm));
    assert!(alarm.label.contains("rewind"), "{}", alarm.label);
    until(&engine, state(RunState::Alarm));
    assert!(until(&engine, warned).contains("paused itself"));
    engine.send(Command::Train(TrainCommand::Rewind { checkpoint, lr_scale: 1e-3 }));
    until(&engine, state(RunState::Running));
    let (at, loss) = until(&engine, |event| match event {
        Event::Steps { points, .. } => points.last().map(|point| (point.step, point.loss)),
        _ => None,
    });
    assert!(at < alarm.step + 1000 && loss < 6.0, "loss {loss} at step {at}");
    engine.send(Command::Train(TrainCommand::Stop));
    until(&engine, run_ended);
    engine.send(Command::Library(LibraryCommand::LoadMetrics { run }));
    let marks = until(&engine, |event| if let Event::Metrics { marks, .. } = event { Some(marks.clone()) } else { None });
    assert!(marks.iter().any(|mark| mark.kind == MarkKind::Alarm), "what was abandoned is still told: {marks:?}");
}

#[test]
fn a_checkpoint_that_cannot_be_written_pauses_the_run_and_loses_nothing() {
    let (place, engine, corpus) = ready();
    // A file stands where the folder of runs would be, as good as a full disk.
    let obstacle = place.path.join("runs");
    std::fs::write(&obstacle, "in the way").unwrap();
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 1_000_000), from: None }));
    until(&engine, step(2));
    engine.send(Command::Train(TrainCommand::SaveCheckpoint));
    let message = until(&engine, warned);
    assert!(message.contains("could not be written, so the run is paused"), "{message}");
    until(&engine, state(RunState::Paused));
    assert!(library(&engine).checkpoints.is_empty());
    std::fs::remove_file(&obstacle).unwrap();
    engine.send(Command::Train(TrainCommand::Stop));
    let (ended, checkpoint) = until(&engine, run_ended);
    assert_eq!(ended, RunState::Stopped);
    assert!(library(&engine).checkpoints.iter().any(|row| Some(row.id) == checkpoint));
}

#[test]
fn an_export_opens_elsewhere_and_replaces_nothing() {
    let (place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 2), from: None }));
    let (_, Some(checkpoint)) = until(&engine, run_ended) else { panic!("no checkpoint") };
    let row = library(&engine).checkpoints.into_iter().find(|row| row.id == checkpoint).unwrap();
    let whole = lyceum::formats::load_folder(&row.path).unwrap().model;
    for half in [false, true] {
        let folder = place.dir.path().join(format!("out-{half}"));
        engine.send(Command::Import(ImportCommand::ExportCheckpoint { job: 7, checkpoint, folder: folder.clone(), half }));
        until(&engine, |event| if let Event::Exported { job: 7, .. } = event { Some(()) } else { None });
        let copy = lyceum::formats::load_folder(&folder).unwrap();
        assert!(copy.tokenizer.is_some());
        let far = whole
            .weights
            .iter()
            .zip(&copy.model.weights)
            .any(|(a, b)| (a - b).abs() > if half { 1e-3 * a.abs().max(1e-4) } else { 0.0 });
        assert!(!far, "weights changed on the way out");
        engine.send(Command::Import(ImportCommand::ExportCheckpoint { job: 8, checkpoint, folder, half }));
        let refused = engine_failure(&engine, 8);
        assert!(refused.contains("replaces nothing"), "{refused}");
    }
    let size = |half: bool| std::fs::metadata(place.dir.path().join(format!("out-{half}/model.safetensors"))).unwrap().len();
    assert!(size(true) < size(false) * 2 / 3);
}
