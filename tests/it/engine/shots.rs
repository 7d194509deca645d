//! Accuracy by the number of examples while a run trains: the same queries after a resume, the same weights as without, and what cannot be asked.

use super::lab::tasks;
use super::runs::{config, ready, run_ended};
use super::{Engine, library, until};

use lyceum::config::{Dims, InContext, RunConfig, ShotsOf, Tune};
use lyceum::engine::command::{LibraryCommand, Schema, TrainCommand};
use lyceum::engine::event::{AlignEvent, RunState, SeriesPoint};
use lyceum::engine::{Command, Event};
use lyceum::train::probe_series::{ANSWER_LOSS, GUESSING, SHOTS};

/// Ends the run at hand; gives its last checkpoint and the curves of what was asked.
fn to_the_end(engine: &Engine) -> (i64, Vec<SeriesPoint>) {
    let mut curves = Vec::new();
    let asked = |name: &str| [SHOTS, ANSWER_LOSS].iter().any(|prefix| name.starts_with(prefix));
    let (state, checkpoint) = until(engine, |event| {
        if let Event::Align(AlignEvent::Series { points, .. }) = event {
            curves.extend(points.iter().filter(|point| asked(&point.name)).cloned());
        }
        run_ended(event)
    });
    assert_eq!(state, RunState::Finished);
    (checkpoint.unwrap(), curves)
}

fn weights(engine: &Engine, checkpoint: i64) -> Vec<u32> {
    let found = library(engine);
    let row = found.checkpoints.iter().find(|row| row.id == checkpoint).unwrap();
    lyceum::formats::load_folder(&row.path).unwrap().model.weights.iter().map(|x| x.to_bits()).collect()
}

fn at(curves: &[SeriesPoint], step: u64) -> Vec<(&str, u32)> {
    curves.iter().filter(|point| point.step == step).map(|point| (point.name.as_str(), point.value.to_bits())).collect()
}

#[test]
fn asking_changes_no_weight_and_a_resumed_run_asks_the_same() {
    let (place, engine, corpus) = ready();
    let dataset = tasks(&engine, &place);
    let small = config(corpus, 10);
    let dims = Dims { context: 128, ..small.dims };
    let run = |shots_of| RunConfig { dims, shots_of, checkpoint_every: 5, prompts: Vec::new(), lr: 1e-2, ..small.clone() };
    engine.send(Command::Train(TrainCommand::StartRun { config: run(ShotsOf::Own), from: None }));
    let (plain, none) = to_the_end(&engine);
    assert!(none.is_empty(), "a run on a text has no tasks of its own: {none:?}");
    engine.send(Command::Train(TrainCommand::StartRun { config: run(ShotsOf::Dataset(dataset)), from: None }));
    let (probed, curves) = to_the_end(&engine);
    assert_eq!(weights(&engine, plain), weights(&engine, probed), "being asked must not change a weight");
    for step in [0, 5, 10] {
        let mut names: Vec<&str> = at(&curves, step).into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        let mut wanted = vec![GUESSING.to_owned()];
        wanted.extend([0, 4, 8].iter().flat_map(|k| [format!("{SHOTS}{k}"), format!("{ANSWER_LOSS}{k}")]));
        wanted.sort_unstable();
        assert_eq!(names, wanted, "at step {step}");
    }
    for SeriesPoint { name, value, .. } in &curves {
        let share = name.starts_with(SHOTS);
        assert!(value.is_finite() && *value >= 0.0 && (!share || *value <= 1.0), "{name} {value}");
        assert!(name != GUESSING || (*value - 0.5).abs() < 1e-6, "two answers each: {value}");
    }
    assert_ne!(at(&curves, 0), at(&curves, 10), "the weights of the moment are asked");
    // Whatever becomes of the dataset, a run that goes on asks what it asked before.
    engine.send(Command::Library(LibraryCommand::DeleteDataset { dataset }));
    let run_of = |id: i64| library(&engine).checkpoints.iter().find(|row| row.id == id).and_then(|row| row.run);
    let found = library(&engine);
    let middle = found.checkpoints.iter().find(|row| row.step == 5 && row.run == run_of(probed)).unwrap().id;
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint: middle }));
    let (again, resumed) = to_the_end(&engine);
    assert_eq!(at(&resumed, 10), at(&curves, 10));
    assert_eq!(weights(&engine, again), weights(&engine, probed));
}

#[test]
fn a_run_in_context_asks_its_own_tasks() {
    let (place, engine, corpus) = ready();
    let dims = Dims { context: 64, ..config(corpus, 3).dims };
    let base = |corpus, steps| RunConfig { dims, prompts: Vec::new(), ..config(corpus, steps) };
    engine.send(Command::Train(TrainCommand::StartRun { config: base(corpus, 3), from: None }));
    let from = until(&engine, run_ended).1.unwrap();
    let dataset = tasks(&engine, &place);
    let run = |shots_of| {
        let own = InContext { shots: 4, episodes: 64, ..InContext::default() };
        let tune = Tune { dataset, epochs: 0.0, in_context: Some(own), metric_rows: 4, answer_tokens: 4, ..Tune::default() };
        RunConfig { tune: Some(tune), shots_of, ..base(0, 5) }
    };
    engine.send(Command::Train(TrainCommand::StartRun { config: run(ShotsOf::Own), from: Some(from) }));
    let (asked, curves) = to_the_end(&engine);
    for k in [0, 2, 4] {
        assert_eq!(curves.iter().filter(|point| point.name == format!("{SHOTS}{k}")).count(), 2, "{k} examples: {curves:?}");
    }
    engine.send(Command::Train(TrainCommand::StartRun { config: run(ShotsOf::None), from: Some(from) }));
    let (silent, none) = to_the_end(&engine);
    assert!(none.is_empty());
    assert_eq!(weights(&engine, asked), weights(&engine, silent));
}

#[test]
fn what_cannot_be_asked_is_said_before_the_run() {
    let (place, engine, corpus) = ready();
    let refused = |event: &Event| if let Event::Refused { message, .. } = event { Some(message.clone()) } else { None };
    let row = ["{\"prompt\": \"x1\", \"completion\": \"aa\"}".to_owned()];
    let alone = super::tuning::import(&engine, &place, Schema::PromptCompletion, &["prompt", "completion"], &row);
    let run = |shots_of| RunConfig { shots_of, ..config(corpus, 5) };
    engine.send(Command::Train(TrainCommand::StartRun { config: run(ShotsOf::Dataset(alone)), from: None }));
    let said = until(&engine, refused);
    assert!(said.contains("no task of these rows can be asked") && said.contains("choose another"), "{said}");
    engine.send(Command::Train(TrainCommand::StartRun { config: run(ShotsOf::Dataset(alone + 77)), from: None }));
    let said = until(&engine, refused);
    assert!(said.contains("is not measured"), "{said}");
    let masked = RunConfig { objective: lyceum::config::Objective::Masked, ..run(ShotsOf::Dataset(alone)) };
    engine.send(Command::Train(TrainCommand::StartRun { config: masked, from: None }));
    let said = until(&engine, refused);
    assert!(said.contains("models that learn to write"), "{said}");
    assert!(library(&engine).runs.is_empty(), "nothing was begun");
}
