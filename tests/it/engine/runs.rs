//! Runs through the engine: training, prompts, knobs, stops and resumes, rewinds, branches, closing in the middle.

use super::{Engine, PATIENCE, Place, corpus, library, place, start, until};

use lyceum::config::{Dims, Objective, RunConfig};
use lyceum::engine::command::{GenerateRequest, Knob, LibraryCommand, ModelSource, Sampling, TrainCommand};
use lyceum::engine::event::{EndReason, GenerateResult, Mark, MarkKind, RunState};
use lyceum::engine::{Command, Event};
use lyceum::store::Project;

/// As small as a model can be and still be one.
pub fn config(corpus: i64, steps: u64) -> RunConfig {
    RunConfig {
        corpus,
        dims: Dims { n_layers: 1, d_model: 16, n_heads: 2, n_kv_heads: 2, d_ff: 32, context: 16, tie_embeddings: true },
        steps,
        batch_size: 4,
        warmup_steps: 2,
        eval_every: 5,
        eval_sequences: 4,
        sample_every: 10,
        sample_tokens: 4,
        prompts: vec!["The cat".into()],
        checkpoint_every_s: 0,
        threads: 2,
        ..RunConfig::default()
    }
}

/// A project with a corpus.
pub fn ready() -> (Place, Engine, i64) {
    let place = place();
    let engine = start(&place.path, true);
    let corpus = corpus(&engine, &place);
    (place, engine, corpus)
}

fn request(prompt: &str, max_tokens: usize) -> GenerateRequest {
    GenerateRequest { prompt: prompt.into(), sampling: Sampling { seed: 3, ..Sampling::default() }, max_tokens, stop: Vec::new() }
}

pub fn run_started(event: &Event) -> Option<i64> {
    if let Event::RunStarted { run, .. } = event { Some(*run) } else { None }
}

pub fn run_ended(event: &Event) -> Option<(RunState, Option<i64>)> {
    if let Event::RunEnded { state, checkpoint, .. } = event { Some((*state, *checkpoint)) } else { None }
}

pub fn state(wanted: RunState) -> impl FnMut(&Event) -> Option<()> {
    move |event| matches!(event, Event::State { state, .. } if *state == wanted).then_some(())
}

fn generated(event: &Event) -> Option<GenerateResult> {
    if let Event::Generated { result, .. } = event { Some(result.clone()) } else { None }
}

pub fn marked(event: &Event) -> Option<Mark> {
    if let Event::Marked { mark, .. } = event { Some(mark.clone()) } else { None }
}

fn refused(event: &Event) -> Option<String> {
    if let Event::Refused { message, .. } = event { Some(message.clone()) } else { None }
}

/// Waits until a step of at least this number was done.
pub fn step(at_least: u64) -> impl FnMut(&Event) -> Option<u64> {
    move |event| match event {
        Event::Steps { points, .. } => points.iter().map(|point| point.step).find(|step| *step >= at_least),
        _ => None,
    }
}

fn weights(engine: &Engine, checkpoint: i64) -> Vec<u8> {
    let rows = library(engine).checkpoints;
    let row = rows.iter().find(|row| row.id == checkpoint).unwrap();
    std::fs::read(row.path.join("model.safetensors")).unwrap()
}

#[test]
fn text_becomes_a_model_that_answers_and_is_all_there_the_next_day() {
    let (place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 20), from: None }));
    let (mut steps, mut evals, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    let ended = until(&engine, |event| {
        match event {
            Event::Steps { points, .. } => steps.extend(points.iter().copied()),
            Event::Eval { point, .. } => evals.push(point.step),
            Event::Sampled { samples: new, .. } => samples.extend(new.iter().cloned()),
            _ => {}
        }
        run_ended(event)
    });
    let (RunState::Finished, Some(checkpoint)) = ended else { panic!("{ended:?}") };
    assert_eq!(steps.iter().map(|point| point.step).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert_eq!(evals, [0, 5, 10, 15, 20]);
    assert_eq!(samples.iter().map(|sample| sample.step).collect::<Vec<_>>(), [0, 10, 20]);
    assert!(steps.last().unwrap().loss < steps.first().unwrap().loss);
    // The weights at hand and the saved ones say the same.
    for source in [ModelSource::Live, ModelSource::Checkpoint(checkpoint)] {
        engine.send(Command::Train(TrainCommand::Generate { job: 9, source, request: request("The dog", 6) }));
    }
    let (first, second) = (until(&engine, generated), until(&engine, generated));
    assert_eq!((&first.completion, first.tokens, first.step), (&second.completion, second.tokens, 20));
    engine.send(Command::Train(TrainCommand::InspectBatch { step: 20 }));
    let batch = until(&engine, |event| if let Event::Batch { batch, .. } = event { Some(batch.clone()) } else { None });
    assert_eq!((batch.step, batch.sequences.len()), (20, 4));
    drop(engine);

    let engine = start(&place.path, false);
    let run = library(&engine).runs.first().unwrap().clone();
    assert_eq!((run.state, run.step, run.name.as_str()), (RunState::Finished, 20, "Run 1"));
    engine.send(Command::Library(LibraryCommand::LoadMetrics { run: run.id }));
    let stored = until(&engine, |event| match event {
        Event::Metrics { points, evals, .. } => Some((points.clone(), evals.len())),
        _ => None,
    });
    assert_eq!(stored, (steps, 5));
    engine.send(Command::Library(LibraryCommand::LoadSamples { run: run.id }));
    let stored = until(&engine, |event| if let Event::RunSamples { samples, .. } = event { Some(samples.clone()) } else { None });
    assert_eq!(stored, samples);
}

#[test]
fn a_stopped_and_resumed_run_ends_in_the_same_bits() {
    let (place, engine, corpus) = ready();
    let config = config(corpus, 30);
    engine.send(Command::Train(TrainCommand::StartRun { config: config.clone(), from: None }));
    let (_, whole) = until(&engine, run_ended);
    engine.send(Command::Train(TrainCommand::StartRun { config, from: None }));
    // Heard before the first step is taken.
    engine.send(Command::Train(TrainCommand::Pause));
    let run = until(&engine, run_started);
    until(&engine, state(RunState::Paused));
    for _ in 0..7 {
        engine.send(Command::Train(TrainCommand::StepOnce));
        until(&engine, state(RunState::Paused));
    }
    engine.send(Command::Train(TrainCommand::Stop));
    let (ended, half) = until(&engine, run_ended);
    let at = library(&engine).checkpoints.iter().find(|row| Some(row.id) == half).unwrap().step;
    assert_eq!((ended, at), (RunState::Stopped, 7));
    drop(engine);
    // Another process: nothing but the files goes on.
    let engine = start(&place.path, false);
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint: half.unwrap() }));
    let (ended, end) = until(&engine, run_ended);
    assert_eq!(ended, RunState::Finished);
    assert!(weights(&engine, whole.unwrap()) == weights(&engine, end.unwrap()), "the weights differ");
    engine.send(Command::Library(LibraryCommand::LoadMetrics { run }));
    let points = until(&engine, |event| if let Event::Metrics { points, .. } = event { Some(points.clone()) } else { None });
    assert_eq!(points.iter().map(|point| point.step).collect::<Vec<_>>(), (1..=30).collect::<Vec<_>>());
}

#[test]
fn closing_in_the_middle_saves_first() {
    let (place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 1_000_000), from: None }));
    let run = until(&engine, run_started);
    until(&engine, step(3));
    drop(engine);
    let (project, repairs) = Project::open(&place.path).unwrap();
    assert_eq!((repairs.interrupted, repairs.swept), (0, 0));
    let last = project.last_checkpoint(run).unwrap().unwrap();
    assert_eq!(project.run(run).unwrap().state, RunState::Stopped);
    // Not a step is lost: the last one that was measured is the one that was saved.
    assert_eq!(project.metrics(run).unwrap().last().unwrap().step, last.step);
}

#[test]
fn a_prompt_is_answered_while_training_goes_on_and_while_it_rests() {
    let (_place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun {
        config: RunConfig { sample_every: 0, eval_every: 0, ..config(corpus, 1_000_000) },
        from: None,
    }));
    until(&engine, step(1));
    engine.send(Command::Train(TrainCommand::Generate { job: 5, source: ModelSource::Live, request: request("The", 8) }));
    let mut text = String::new();
    let result = until(&engine, |event| {
        if let Event::Token { job: 5, text: new } = event {
            text.push_str(new);
        }
        generated(event)
    });
    assert_eq!(text, result.completion);
    until(&engine, step(result.step + 1));
    engine.send(Command::Train(TrainCommand::Pause));
    until(&engine, state(RunState::Paused));
    engine.send(Command::Train(TrainCommand::Generate { job: 6, source: ModelSource::Live, request: request("The", 8) }));
    until(&engine, generated);
    // Longer than anybody waits, and taken back.
    engine.send(Command::Train(TrainCommand::Continue));
    engine.send(Command::Train(TrainCommand::Generate { job: 7, source: ModelSource::Live, request: request("T", 1_000_000) }));
    engine.send(Command::Train(TrainCommand::CancelGenerate { job: 7 }));
    let why = until(&engine, generated).why_ended;
    assert!(matches!(why, EndReason::Cancelled | EndReason::ContextFull | EndReason::EndOfText), "{why:?}");
    engine.send(Command::Train(TrainCommand::Generate {
        job: 8,
        source: ModelSource::Checkpoint(99),
        request: request("The", 8),
    }));
    let failed =
        until(&engine, |event| if let Event::JobFailed { job: 8, message } = event { Some(message.clone()) } else { None });
    assert!(failed.contains("not in this project"), "{failed}");
}

#[test]
fn knobs_act_leave_marks_and_are_taken_back() {
    let (_place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 1_000_000), from: None }));
    until(&engine, step(2));
    engine.send(Command::Train(TrainCommand::Pause));
    until(&engine, state(RunState::Paused));
    engine.send(Command::Train(TrainCommand::SetKnob(Knob::Lr(0.5))));
    let mark = until(&engine, marked);
    assert!(
        matches!(mark.kind, MarkKind::Knob { from: Knob::Lr(from), to: Knob::Lr(to) } if from < 0.5 && to > 0.49),
        "{mark:?}"
    );
    engine.send(Command::Train(TrainCommand::StepOnce));
    let next = until(&engine, |event| if let Event::Steps { points, .. } = event { points.first().copied() } else { None });
    assert_eq!(next.step, mark.step + 1);
    assert!(next.lr > 0.4, "{}", next.lr);
    until(&engine, state(RunState::Paused));
    engine.send(Command::Train(TrainCommand::UndoKnob));
    let back = until(&engine, marked);
    assert!(matches!(back.kind, MarkKind::Knob { from: Knob::Lr(from), .. } if from > 0.49), "{back:?}");
    engine.send(Command::Train(TrainCommand::UndoKnob));
    assert!(until(&engine, refused).contains("No knob"));
    engine.send(Command::Train(TrainCommand::SetKnob(Knob::Lr(f64::NAN))));
    assert!(until(&engine, refused).contains("out of range"));
}

#[test]
fn a_run_goes_back_and_branches() {
    let (_place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 1_000_000), from: None }));
    let run = until(&engine, run_started);
    until(&engine, step(4));
    engine.send(Command::Train(TrainCommand::Pause));
    until(&engine, state(RunState::Paused));
    engine.send(Command::Train(TrainCommand::SaveCheckpoint));
    let saved = |event: &Event| {
        if let Event::CheckpointSaved { checkpoint, step, .. } = event { Some((*checkpoint, *step)) } else { None }
    };
    let (checkpoint, at) = until(&engine, saved);
    // Better ones may come and thin it out.
    engine.send(Command::Library(LibraryCommand::PinCheckpoint { checkpoint, pinned: true }));
    engine.send(Command::Train(TrainCommand::Continue));
    until(&engine, step(at + 5));
    engine.send(Command::Train(TrainCommand::Rewind { checkpoint, lr_scale: 0.5 }));
    let rewound = until(&engine, |event| marked(event).filter(|mark| matches!(mark.kind, MarkKind::Rewind { .. })));
    assert_eq!(rewound.kind, MarkKind::Rewind { to_step: at });
    let next = until(&engine, |event| if let Event::Steps { points, .. } = event { points.first().copied() } else { None });
    assert_eq!(next.step, at + 1);
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 5), from: Some(checkpoint) }));
    assert!(until(&engine, refused).contains("under way"));
    engine.send(Command::Train(TrainCommand::Stop));
    until(&engine, run_ended);
    engine.send(Command::Library(LibraryCommand::LoadMetrics { run }));
    let points = until(&engine, |event| if let Event::Metrics { points, .. } = event { Some(points.clone()) } else { None });
    assert!(points.windows(2).all(|pair| pair[0].step + 1 == pair[1].step), "the curve has a gap");

    engine.send(Command::Train(TrainCommand::StartRun {
        config: RunConfig { name: "branch".into(), ..config(corpus, 5) },
        from: Some(checkpoint),
    }));
    until(&engine, run_ended);
    let rows = library(&engine).runs;
    let branch = rows.iter().find(|row| row.name == "branch").unwrap();
    assert_eq!((branch.parent_checkpoint, branch.step), (Some(checkpoint), 5));
}

#[test]
fn an_encoder_is_trained_and_fills_masks() {
    let (_place, engine, corpus) = ready();
    let config = RunConfig { objective: Objective::Masked, prompts: vec!["The <|mask|>at".into()], ..config(corpus, 10) };
    engine.send(Command::Train(TrainCommand::StartRun { config, from: None }));
    let (_, checkpoint) = until(&engine, run_ended);
    engine.send(Command::Train(TrainCommand::FillMask {
        job: 4,
        source: ModelSource::Checkpoint(checkpoint.unwrap()),
        text: "The <|mask|>at".into(),
        top: 5,
    }));
    let masks = until(&engine, |event| if let Event::Filled { masks, .. } = event { Some(masks.clone()) } else { None });
    assert_eq!(masks.iter().map(|mask| mask.best.len()).collect::<Vec<_>>(), [5]);
    engine.send(Command::Train(TrainCommand::Generate { job: 5, source: ModelSource::Live, request: request("The", 4) }));
    let failed =
        until(&engine, |event| if let Event::JobFailed { job: 5, message } = event { Some(message.clone()) } else { None });
    assert!(failed.contains("encoder"), "{failed}");
    assert!(library(&engine).checkpoints.iter().all(|row| row.is_encoder));
}

#[test]
fn what_cannot_be_run_is_refused_with_reasons() {
    let (_place, engine, corpus) = ready();
    for (command, words) in [
        (Command::Train(TrainCommand::StartRun { config: config(77, 5), from: None }), "not in this project"),
        (Command::Train(TrainCommand::StartRun { config: config(corpus, 5), from: Some(9) }), "not in this project"),
        (
            Command::Train(TrainCommand::StartRun {
                config: RunConfig { batch_size: 0, lr: -1.0, ..config(corpus, 5) },
                from: None,
            }),
            "learning rate",
        ),
        (Command::Train(TrainCommand::ResumeRun { checkpoint: 9 }), "not in this project"),
        (Command::Train(TrainCommand::Pause), "No run"),
        (Command::Train(TrainCommand::InspectBatch { step: 1 }), "no run"),
    ] {
        engine.send(command);
        let message = until(&engine, refused);
        assert!(message.contains(words), "{message}");
    }
    assert!(library(&engine).runs.is_empty(), "a run that never began is not listed");
}

#[test]
fn a_trial_says_what_a_run_will_take() {
    let (_place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::Preflight { job: 3, config: config(corpus, 100), from: None }));
    let result =
        until(&engine, |event| if let Event::Preflight { job: 3, result } = event { Some(result.clone()) } else { None });
    assert!(result.n_params > 1000 && result.total_s > 0.0 && result.free_disk_bytes > 0, "{result:?}");
    engine.send(Command::Train(TrainCommand::WhatFits { job: 4, config: config(corpus, 100), minutes: f64::NAN }));
    let failed = engine_failure(&engine, 4);
    assert!(failed.contains("minutes"), "{failed}");
    assert!(library(&engine).runs.is_empty());
}

pub fn engine_failure(engine: &Engine, wanted: u64) -> String {
    loop {
        let event = engine.wait(PATIENCE).unwrap();
        if let Event::JobFailed { job, message } = event
            && job == wanted
        {
            return message;
        }
    }
}
