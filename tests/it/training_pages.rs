//! The Pre-train and Prompt pages, driven by their accessible names, without a display.

mod context;
mod looks;

use std::path::PathBuf;

use eframe::egui::{Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use lyceum::config::RunConfig;
use lyceum::engine::command::{DatasetId, Knob, RunId, TrainCommand};
use lyceum::engine::event::{
    Baselines, BatchToken, BatchView, CheckpointRow, CorpusInfo, EndReason, GenerateResult, Library, Mark, MarkKind, MetricPoint,
    RunInfo, RunRow, RunState, Sample, TokenizerInfo,
};
use lyceum::engine::{Command, Event};
use lyceum::state::pretrain::{PretrainAction, SideTab};
use lyceum::state::{Action, AppState, Draft, Page};
use lyceum::ui::{fonts, label, pretrain, prompt, rank, rlhf, theme, tune};

pub const RUN: RunId = 7;
pub const WIDE: [f32; 2] = [1376.0, 800.0];
pub const NARROW: [f32; 2] = [960.0, 600.0];

/// A page around a state; commands are kept, so that a test may see what was asked of the workers.
pub struct Pages {
    pub state: AppState,
    pub draft: Draft,
    pub sent: Vec<Command>,
}

pub fn pages(state: AppState, size: [f32; 2]) -> Harness<'static, Pages> {
    let draw = |ui: &mut Ui, pages: &mut Pages| {
        let mut actions = Vec::new();
        match pages.state.page {
            Page::Prompt => prompt::page(ui, &pages.state, &mut pages.draft, &mut actions),
            Page::Label => label::page(ui, &pages.state, &mut pages.draft, &mut actions),
            Page::Tune => tune::page(ui, &pages.state, &mut pages.draft, &mut actions),
            Page::Rank => rank::page(ui, &pages.state, &mut pages.draft, &mut actions),
            Page::Rlhf => rlhf::page(ui, &pages.state, &mut pages.draft, &mut actions),
            Page::Data | Page::Pretrain | Page::Runs | Page::Learn => {
                pretrain::page(ui, &pages.state, &mut pages.draft, &mut actions);
            }
        }
        for action in actions {
            pages.sent.extend(pages.state.apply(action));
        }
    };
    let setup = |ctx: &eframe::egui::Context| {
        fonts::install(ctx);
        theme::install(ctx);
    };
    let pages = Pages { state, draft: Draft::default(), sent: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(setup).build_ui_state(draw, pages);
    harness.run_steps(4);
    harness
}

fn baselines() -> Baselines {
    Baselines { uniform: 7.6, unigram: 5.7, bigram: 3.4 }
}

pub fn checkpoint(id: i64, step: u64) -> CheckpointRow {
    CheckpointRow { id, run: Some(RUN), step, bytes: 1, val_loss: Some(2.5), ..CheckpointRow::default() }
}

pub fn library(runs: Vec<RunRow>, checkpoints: Vec<CheckpointRow>) -> Library {
    let dataset: DatasetId = 1;
    Library {
        tokenizers: vec![TokenizerInfo { id: 1, name: "pieces".to_owned(), kind: String::new(), vocab_size: 2048 }],
        corpora: vec![CorpusInfo {
            id: 1,
            dataset,
            tokenizer: 1,
            train_tokens: 400_000,
            val_tokens: 20_000,
            train_documents: 10,
            val_documents: 1,
            val_bytes: 80_000,
            duplicates: 0,
            baselines: baselines(),
        }],
        runs,
        checkpoints,
        ..Library::default()
    }
}

pub fn run_row(state: RunState) -> RunRow {
    RunRow {
        id: RUN,
        name: "first words".to_owned(),
        config: RunConfig { corpus: 1, ..RunConfig::default() },
        state,
        parent_checkpoint: None,
        created_at: 0,
        duration_s: 1.0,
        step: 100,
        n_params: 1_000_000,
        train_loss: None,
        val_loss: None,
        deleted: false,
    }
}

pub fn opened(library: Library) -> AppState {
    let mut state = AppState::default();
    let prompts = vec![("pinned_prompts".to_owned(), "Once upon a time".to_owned())];
    for event in [Event::Opened { path: PathBuf::from("p"), read_only: false, settings: prompts }, Event::Library(library)] {
        let _sent = state.handle(event);
    }
    let _sent = state.apply(Action::Go(Page::Pretrain));
    state
}

/// A run at step 100, with samples, marks and a batch.
fn training() -> AppState {
    let mut state = opened(library(vec![run_row(RunState::Running)], vec![checkpoint(3, 60)]));
    let config = RunConfig {
        name: "first words".to_owned(),
        corpus: 1,
        steps: 500,
        prompts: vec!["Once".to_owned()],
        ..RunConfig::default()
    };
    let info = RunInfo {
        n_params: 1_000_000,
        tokens_per_step: 1024,
        train_tokens: 400_000,
        val_tokens: 20_000,
        replicas: 2,
        device: "CPU".to_owned(),
        baselines: baselines(),
        ..RunInfo::default()
    };
    let point = |step: u64| MetricPoint {
        step,
        loss: 7.0 - step as f32 * 0.03,
        lr: 1e-3,
        grad_norm: 1.0,
        tokens_per_s: 2e4,
        elapsed_s: step as f32,
    };
    let sample = |step: u64, text: &str| Sample { step, prompt: "Once".to_owned(), completion: text.to_owned() };
    let token = BatchToken { id: 5, text: " fox".to_owned(), loss: Some(2.0), shown_as: None, border: true };
    let events = [
        Event::RunStarted { run: RUN, config, info },
        Event::Steps { run: RUN, points: (1..=100).map(point).collect() },
        Event::Sampled { run: RUN, samples: vec![sample(0, " noise")] },
        Event::Sampled { run: RUN, samples: vec![sample(100, " a fox lived")] },
        Event::Marked {
            run: RUN,
            mark: Mark { step: 50, kind: MarkKind::Knob { from: Knob::Lr(2e-3), to: Knob::Lr(1e-3) }, label: String::new() },
        },
        Event::Batch { run: RUN, batch: BatchView { step: 100, sequences: vec![vec![token; 40]] } },
    ];
    for event in events {
        let _sent = state.handle(event);
    }
    state
}

#[test]
fn the_first_run_needs_one_press() {
    for size in [WIDE, NARROW] {
        let mut harness = pages(opened(library(Vec::new(), Vec::new())), size);
        harness.get_by_label("Start training").click();
        harness.run_steps(3);
        let started = harness.state().sent.iter().any(
            |command| matches!(command, Command::Train(TrainCommand::StartRun { config, from: None }) if config.corpus == 1),
        );
        assert!(started, "{:?}", harness.state().sent);
    }
}

#[test]
fn what_cannot_be_a_model_cannot_be_started() {
    let mut harness = pages(opened(library(Vec::new(), Vec::new())), WIDE);
    harness.state_mut().draft.pretrain.setup.config.dims.n_kv_heads = 3;
    harness.run_steps(3);
    assert!(harness.query_all_by_label_contains("divisor").next().is_some(), "the reason is said");
    harness.get_by_label("Start training").click();
    harness.run_steps(3);
    assert_eq!(harness.state().sent, []);
}

#[test]
fn a_project_without_a_corpus_shows_the_way_to_one() {
    let mut harness = pages(opened(Library::default()), NARROW);
    harness.get_by_label("Go to Data").click();
    harness.run_steps(2);
    assert_eq!(harness.state().state.page, Page::Data);
}

#[test]
fn every_side_of_a_run_draws_in_both_sizes() {
    for size in [WIDE, NARROW] {
        let mut harness = pages(training(), size);
        for tab in ["Batch", "Knobs", "Details", "Samples"] {
            harness.get_by_label(tab).click();
            harness.run_steps(3);
        }
        assert_eq!(harness.state().state.pretrain.tab, SideTab::Samples);
    }
}

#[test]
fn samples_are_scrubbed_back_to_noise() {
    let mut harness = pages(training(), WIDE);
    harness.get_by_label("Earlier samples").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.pretrain.sample_at, Some(0));
    harness.get_by_label("Later samples").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.pretrain.sample_at, None, "the newest follow by themselves");
}

#[test]
fn a_knob_is_turned_and_taken_back() {
    let mut state = training();
    let _sent = state.apply(Action::Pretrain(PretrainAction::Tab(SideTab::Knobs)));
    let mut harness = pages(state, WIDE);
    harness.get_by_label("÷2").click();
    harness.run_steps(3);
    assert!(harness.state().sent.contains(&Command::Train(TrainCommand::SetKnob(Knob::Lr(5e-4)))), "{:?}", harness.state().sent);
    harness.get_by_label("Undo: learning rate back to 0.002").click();
    harness.run_steps(3);
    assert!(harness.state().sent.contains(&Command::Train(TrainCommand::UndoKnob)));
}

#[test]
fn an_alarm_offers_the_way_back() {
    let mut state = training();
    let alarm = Mark { step: 100, kind: MarkKind::Alarm, label: "the loss is 9.1 where it was about 2.0".to_owned() };
    for event in [Event::Marked { run: RUN, mark: alarm }, Event::State { run: RUN, state: RunState::Alarm }] {
        let _sent = state.handle(event);
    }
    let mut harness = pages(state, NARROW);
    harness.get_by_label("Rewind to step 60 with half the rate").click();
    harness.run_steps(3);
    assert!(harness.state().sent.contains(&Command::Train(TrainCommand::Rewind { checkpoint: 3, lr_scale: 0.5 })));
}

#[test]
fn a_run_that_broke_off_can_go_on() {
    let mut harness = pages(opened(library(vec![run_row(RunState::Interrupted)], vec![checkpoint(3, 60)])), WIDE);
    harness.get_by_label("Resume from step 60").click();
    harness.run_steps(3);
    assert!(harness.state().sent.contains(&Command::Train(TrainCommand::ResumeRun { checkpoint: 3 })));
}

#[test]
fn a_prompt_is_asked_by_keys_and_its_answer_read() {
    let mut state = training();
    let _sent = state.apply(Action::Go(Page::Prompt));
    let mut harness = pages(state, NARROW);
    harness.state_mut().draft.prompt.prompt = "Once".to_owned();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_steps(3);
    let asked = harness.state().sent.iter().find_map(|command| match command {
        Command::Train(TrainCommand::Generate { job, request, .. }) => Some((*job, request.prompt.clone())),
        _ => None,
    });
    let Some((job, prompt)) = asked else { panic!("nothing was asked: {:?}", harness.state().sent) };
    assert_eq!(prompt, "Once");
    let result = GenerateResult {
        completion: " upon a time".to_owned(),
        prompt_tokens: 1,
        tokens: 3,
        tokens_per_s: 900.0,
        first_token_s: 0.1,
        step: 100,
        why_ended: EndReason::MaxTokens,
        ids: Vec::new(),
    };
    let _sent = harness.state_mut().state.handle(Event::Generated { job, result });
    harness.run_steps(3);
    harness.get_by_label("Once upon a time");
    harness.get_by_label("Copy the text");
}
