//! Tests of the Pre-train page's state, through the two doors of the window's state.

use super::*;
use crate::engine::Event;
use crate::engine::command::{LibraryCommand, TrainCommand};
use crate::engine::event::RunInfo;
use crate::state::{Action, ProjectState};

fn open() -> AppState {
    AppState { project: ProjectState::Open { path: PathBuf::from("p"), read_only: false }, ..AppState::default() }
}

fn started(state: &mut AppState) {
    let info = RunInfo { n_params: 1, tokens_per_step: 1, train_tokens: 1, val_tokens: 1, replicas: 1, ..RunInfo::default() };
    let _load = state.handle(Event::RunStarted { run: 7, config: RunConfig::default(), info });
}

fn result() -> PreflightResult {
    PreflightResult {
        n_params: 1,
        seconds_per_step: 0.1,
        tokens_per_s: 1.0,
        total_s: 60.0,
        peak_memory_bytes: 1,
        disk_bytes: 1,
        free_disk_bytes: 1,
        epochs: 1.0,
        warnings: Vec::new(),
    }
}

#[test]
fn one_press_of_start_begins_a_named_run_and_shows_its_curves() {
    let mut state = open();
    let commands = state.apply(Action::Pretrain(PretrainAction::Start(Box::default())));
    assert!(matches!(&commands[..], [Command::Train(TrainCommand::StartRun { config, from: None })] if !config.name.is_empty()));
    assert!(state.pretrain.starting);
    started(&mut state);
    assert!(!state.pretrain.starting);
    assert_eq!((state.pretrain.view, state.watched()), (PretrainView::Watch, Some(7)));
    assert_eq!(state.apply(Action::Pretrain(PretrainAction::Start(Box::default()))), [], "one run at a time");
}

#[test]
fn a_refusal_gives_the_start_button_back() {
    let mut state = open();
    let _start = state.apply(Action::Pretrain(PretrainAction::Start(Box::default())));
    let _none = state.handle(Event::Refused { worker: Worker::Trainer, message: "no".to_owned() });
    assert!(!state.pretrain.starting);
}

#[test]
fn only_the_latest_trial_counts() {
    let mut state = open();
    let _first = state.apply(Action::Pretrain(PretrainAction::Preflight(Box::default())));
    let _second =
        state.apply(Action::Pretrain(PretrainAction::Preflight(Box::new(RunConfig { steps: 7, ..RunConfig::default() }))));
    let _none = state.handle(Event::Preflight { job: 1, result: result() });
    assert!(matches!(state.pretrain.preflight, Trial::Asked(2)));
    let _none = state.handle(Event::Preflight { job: 2, result: result() });
    assert!(matches!(&state.pretrain.preflight, Trial::Done(config, _) if config.steps == 7));
}

#[test]
fn an_alarm_says_why_until_the_run_is_rewound() {
    let mut state = open();
    started(&mut state);
    let mark = |kind, label: &str| Event::Marked { run: 7, mark: Mark { step: 9, kind, label: label.to_owned() } };
    let _none = state.handle(mark(MarkKind::Alarm, "the loss jumped"));
    assert_eq!(state.pretrain.alarm.as_deref(), Some("the loss jumped"));
    let commands = state.apply(Action::Pretrain(PretrainAction::Rewind { checkpoint: 3, lr_scale: 0.5 }));
    assert_eq!(commands, [Command::Train(TrainCommand::Rewind { checkpoint: 3, lr_scale: 0.5 })]);
    let _none = state.handle(mark(MarkKind::Rewind { to_step: 5 }, ""));
    assert_eq!(state.pretrain.alarm, None);
}

#[test]
fn curves_and_samples_are_fetched_once() {
    let mut state = open();
    let load = || Action::Pretrain(PretrainAction::Load(4));
    assert_eq!(
        state.apply(load()),
        [Command::Library(LibraryCommand::LoadMetrics { run: 4 }), Command::Library(LibraryCommand::LoadSamples { run: 4 })]
    );
    assert_eq!(state.apply(load()), []);
}
