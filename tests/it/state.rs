//! The window's state from outside: what a click sends, what an answer shows. No window, no worker.

use std::path::PathBuf;

use lyceum::config::RunConfig;
use lyceum::data::supervised::LabelTask;
use lyceum::engine::command::{ImportCommand, LibraryCommand, Mapping, Schema, TrainCommand, Worker};
use lyceum::engine::event::{
    Baselines, CheckpointRow, DatasetInfo, DatasetStats, FileReport, Library, MetricPoint, Progress, RowView, RunInfo, RunRow,
    RunState,
};
use lyceum::engine::{Command, Event};
use lyceum::state::data::{DataView, DatasetTab, PAGE_ROWS};
use lyceum::state::{
    Action, AppState, DataAction, Effect, Level, Modal, Page, PickPurpose, ProjectState, RunAction, RunsAction, UserCommand,
};

pub fn opened() -> AppState {
    let mut state = AppState::default();
    state.apply(Action::Opening { path: PathBuf::from("work.lyceum"), sample: false });
    let commands = state.handle(Event::Opened { path: PathBuf::from("work.lyceum"), read_only: false, settings: Vec::new() });
    assert_eq!(commands, [Command::Library(LibraryCommand::ListLibrary)]);
    state
}

pub fn dataset(id: i64) -> DatasetInfo {
    DatasetInfo {
        id,
        rows: 1_000_000,
        bytes: 5_000_000,
        columns: vec!["text".to_owned()],
        ..DatasetInfo::new(&format!("stories {id}"), "stories.txt", Schema::Text)
    }
}

/// Rows that name their tasks: what is learnt from, and asked, in context.
pub fn task_rows(name: &str) -> DatasetInfo {
    DatasetInfo {
        id: 4,
        rows: 40,
        bytes: 400,
        columns: vec!["task".to_owned(), "input".to_owned()],
        labelled: 40,
        ..DatasetInfo::new(name, "", Schema::Instruction)
    }
}

pub fn run_row(id: i64) -> RunRow {
    RunRow {
        id,
        name: format!("run {id}"),
        config: RunConfig { steps: 2_000, ..RunConfig::default() },
        state: RunState::Finished,
        parent_checkpoint: None,
        created_at: 0,
        duration_s: 90.0,
        step: 2_000,
        n_params: 1_300_000,
        train_loss: Some(2.0),
        val_loss: Some(2.1),
        deleted: false,
    }
}

pub fn checkpoint(id: i64, run: i64, step: u64) -> CheckpointRow {
    CheckpointRow {
        id,
        run: Some(run),
        name: format!("checkpoint {id}"),
        step,
        path: PathBuf::from("checkpoint"),
        bytes: 12_900_000,
        train_loss: Some(2.0),
        val_loss: Some(2.1),
        best: true,
        ..CheckpointRow::default()
    }
}

pub fn with_dataset() -> AppState {
    let mut state = opened();
    state.handle(Event::Library(Library { datasets: vec![dataset(1)], runs: vec![run_row(5)], ..Library::default() }));
    state
}

pub fn info() -> RunInfo {
    RunInfo {
        n_params: 1_300_000,
        tokens_per_step: 2_048,
        train_tokens: 400_000,
        val_tokens: 20_000,
        replicas: 2,
        device: "cpu".to_owned(),
        baselines: Baselines { uniform: 7.0, unigram: 5.5, bigram: 3.4 },
        ..RunInfo::default()
    }
}

fn point(step: u64, loss: f32) -> MetricPoint {
    MetricPoint { step, loss, lr: 1e-3, grad_norm: 1.0, tokens_per_s: 2e4, elapsed_s: step as f32 * 0.5 }
}

pub fn training() -> AppState {
    let mut state = with_dataset();
    state.handle(Event::RunStarted { run: 9, config: RunConfig { steps: 100, ..RunConfig::default() }, info: info() });
    state.handle(Event::Steps { run: 9, points: (1..=20).map(|step| point(step, 5.0)).collect() });
    state
}

#[test]
fn the_first_dataset_is_shown_with_its_first_rows() {
    let mut state = opened();
    let library = Library { datasets: vec![dataset(1)], ..Library::default() };
    let commands = state.handle(Event::Library(library));
    let rows = Command::Import(ImportCommand::LoadRows { dataset: 1, query: String::new(), offset: 0, limit: PAGE_ROWS as u32 });
    assert_eq!(commands, [rows]);
    assert_eq!(state.data.view, DataView::Dataset(1));
}

#[test]
fn rows_are_fetched_as_they_come_into_sight_and_only_once() {
    let mut state = with_dataset();
    let rows = |offset: u64| (0..PAGE_ROWS).map(|i| RowView { index: offset + i, cells: vec!["x".to_owned()] }).collect();
    state.handle(Event::Rows { dataset: 1, query: String::new(), offset: 0, total: 1_000_000, rows: rows(0) });
    assert_eq!(state.data.rows.get(7).unwrap().index, 7);
    let commands = state.apply(Action::Data(DataAction::NeedRows { first: 500_000, last: 500_040 }));
    assert_eq!(commands.len(), 3, "the page, and one before and behind it");
    assert_eq!(state.apply(Action::Data(DataAction::NeedRows { first: 500_001, last: 500_041 })), []);
    // An answer to a search that was given up is not shown.
    state.apply(Action::Data(DataAction::Search("miller".to_owned())));
    state.handle(Event::Rows { dataset: 1, query: String::new(), offset: 0, total: 9, rows: rows(0) });
    assert_eq!(state.data.rows.total, None);
}

#[test]
fn a_long_scroll_keeps_memory_bounded() {
    let mut state = with_dataset();
    state.handle(Event::Rows { dataset: 1, query: String::new(), offset: 0, total: 1_000_000, rows: Vec::new() });
    let mut asked = 0;
    for page in 0..200 {
        let first = page * PAGE_ROWS;
        for command in state.apply(Action::Data(DataAction::NeedRows { first, last: first + 30 })) {
            let Command::Import(ImportCommand::LoadRows { offset, .. }) = command else { panic!("{command:?}") };
            asked += 1;
            let row = RowView { index: offset, cells: Vec::new() };
            let rows = vec![row; PAGE_ROWS as usize];
            state.handle(Event::Rows { dataset: 1, query: String::new(), offset, total: 1_000_000, rows });
        }
    }
    assert!((200..=203).contains(&asked), "{asked}");
    assert!(state.data.rows.get(0).is_none(), "the first page was given up");
    assert!(state.data.rows.get(199 * PAGE_ROWS).is_some());
}

#[test]
fn a_file_is_looked_into_then_imported_then_shown() {
    let mut state = opened();
    let path = PathBuf::from("/texts/kjv.txt");
    let commands = state.apply(Action::Picked { purpose: PickPurpose::DataFile, path: Some(path.clone()) });
    let [Command::Import(ImportCommand::InspectFile { job, .. })] = commands[..] else { panic!("{commands:?}") };
    let mapping = Mapping::new(Schema::Text, Vec::new());
    let report = FileReport {
        path: path.clone(),
        format: "Plain text".to_owned(),
        encoding: "UTF-8".to_owned(),
        bytes: 4_000_000,
        rows: 30_000,
        rows_exact: true,
        columns: Vec::new(),
        mapping: mapping.clone(),
        preview: Vec::new(),
        warnings: Vec::new(),
    };
    state.handle(Event::Inspected { job, report });
    assert!(state.jobs.listed().next().is_none(), "the job is done");
    assert!(state.data.candidate.as_ref().unwrap().report.is_some());
    let commands = state.apply(Action::Data(DataAction::Import { path, mapping, name: "kjv".to_owned() }));
    let [Command::Import(ImportCommand::ImportFile { job, .. })] = commands[..] else { panic!("{commands:?}") };
    state.handle(Event::Progress(Progress { job, what: "Reading".to_owned(), done: 1, total: 4, unit: "bytes", elapsed_s: 2.0 }));
    assert_eq!(state.jobs.get(job).unwrap().seconds_left(), Some(6.0));
    state.handle(Event::Library(Library { datasets: vec![dataset(3)], ..Library::default() }));
    state.handle(Event::Imported { job, dataset: 3, rows: 30_000, warnings: vec!["Line 7 was left out".to_owned()] });
    assert_eq!(state.data.view, DataView::Dataset(3));
    assert!(state.notices.list().iter().any(|notice| notice.level == Level::Warning && notice.text.contains("Line 7")));
}

#[test]
fn texts_that_are_to_be_labelled_lead_to_the_label_page() {
    let mut state = with_dataset();
    let task = LabelTask::Class;
    let sent = state.apply(Action::Data(DataAction::CreateLabelling { dataset: 1, task, name: "mine".to_owned() }));
    let [Command::Import(ImportCommand::CreateLabelling { job, .. })] = sent.as_slice() else { panic!("{sent:?}") };
    let _sent = state.handle(Event::Imported { job: *job, dataset: 9, rows: 3, warnings: Vec::new() });
    assert_eq!((state.page, state.label.dataset), (Page::Label, Some(9)));
}

#[test]
fn a_refused_file_says_so_in_its_place() {
    let mut state = opened();
    let commands = state.apply(Action::Data(DataAction::Inspect(PathBuf::from("a.bin"))));
    let [Command::Import(ImportCommand::InspectFile { job, .. })] = commands[..] else { panic!("{commands:?}") };
    state.handle(Event::JobFailed { job, message: "This is not text".to_owned() });
    assert_eq!(state.data.candidate.as_ref().unwrap().refusal.as_deref(), Some("This is not text"));
    assert!(state.notices.list().is_empty(), "it is said once");
}

#[test]
fn a_cancelled_job_is_gone_when_the_worker_says_so() {
    let mut state = with_dataset();
    let commands = state.apply(Action::Data(DataAction::BuildCorpus { dataset: 1, tokenizer: 1, val_fraction: 0.1, seed: 1 }));
    let [Command::Import(ImportCommand::BuildCorpus { job, .. })] = commands[..] else { panic!("{commands:?}") };
    assert_eq!(state.apply(Action::CancelJob(job)), [Command::Import(ImportCommand::CancelJob { job })]);
    assert!(state.jobs.get(job).unwrap().cancelling);
    state.handle(Event::Cancelled { job });
    assert!(state.jobs.get(job).is_none());
}

#[test]
fn statistics_are_counted_when_they_are_looked_at() {
    let mut state = with_dataset();
    let commands = state.apply(Action::Data(DataAction::Tab(DatasetTab::Statistics)));
    let [Command::Import(ImportCommand::MeasureDataset { job, dataset: 1 })] = commands[..] else { panic!("{commands:?}") };
    state.handle(Event::DatasetStats { job, dataset: 1, stats: DatasetStats { documents: 7, ..DatasetStats::default() } });
    assert_eq!(state.apply(Action::Data(DataAction::Tab(DatasetTab::Statistics))), []);
    assert_eq!(state.data.stats[&1].documents, 7);
}

#[test]
fn deleting_can_be_taken_back_by_key_and_by_button() {
    let mut state = with_dataset();
    assert_eq!(state.apply(Action::Runs(RunsAction::Delete(5))), [Command::Library(LibraryCommand::DeleteRun { run: 5 })]);
    assert!(state.undo_label().unwrap().contains("run 5"));
    assert_eq!(state.apply(Action::Undo), [Command::Library(LibraryCommand::RestoreRun { run: 5 })]);
    assert!(state.undo_label().is_none());
    state.apply(Action::Data(DataAction::Delete(1)));
    assert_eq!(state.data.view, DataView::Add);
    let notice = state.notices.list().last().unwrap().id;
    assert_eq!(state.apply(Action::TakeOffer(notice)), [Command::Library(LibraryCommand::RestoreDataset { dataset: 1 })]);
}

#[test]
fn the_run_bar_knows_how_long_it_takes() {
    let state = training();
    let live = state.live.as_ref().unwrap();
    assert_eq!(live.step, 20);
    assert!((live.seconds_left().unwrap() - 40.0).abs() < 0.5, "80 steps of half a second");
    assert!((live.fraction() - 0.2).abs() < 1e-6);
    assert_eq!(state.curves.get(9).unwrap().points().len(), 20);
}

#[test]
fn pause_and_stop_reach_the_trainer_only_while_something_trains() {
    let mut state = training();
    assert_eq!(state.apply(Action::Run(RunAction::PauseOrContinue)), [Command::Train(TrainCommand::Pause)]);
    state.handle(Event::State { run: 9, state: RunState::Paused });
    assert_eq!(state.apply(Action::Run(RunAction::PauseOrContinue)), [Command::Train(TrainCommand::Continue)]);
    assert_eq!(state.apply(Action::Run(RunAction::StepOnce)), [Command::Train(TrainCommand::StepOnce)]);
    assert_eq!(state.apply(Action::Run(RunAction::Stop)), [Command::Train(TrainCommand::Stop)]);
    state.handle(Event::RunEnded { run: 9, state: RunState::Stopped, checkpoint: Some(4), message: String::new() });
    assert!(!state.is_training());
    let offer = state.notices.list().last().unwrap();
    assert_eq!(offer.offer.as_ref().unwrap().0, "Resume");
    assert_eq!(state.apply(Action::Run(RunAction::Stop)), []);
}

#[test]
fn a_dead_trainer_raises_a_banner_and_the_run_is_no_longer_held() {
    let mut state = training();
    state.handle(Event::WorkerDied { worker: Worker::Trainer, message: "index".to_owned(), last_checkpoint: Some(3) });
    assert_eq!(state.banner.as_ref().unwrap().last_checkpoint, Some(3));
    assert!(!state.is_training());
}

#[test]
fn a_project_that_is_only_read_refuses_changes() {
    let mut state = AppState::default();
    state.handle(Event::Opened { path: PathBuf::from("w.lyceum"), read_only: true, settings: Vec::new() });
    state.handle(Event::Library(Library { runs: vec![run_row(5)], ..Library::default() }));
    assert_eq!(state.apply(Action::Runs(RunsAction::Delete(5))), []);
    assert!(state.undo_label().is_none());
    assert!(state.notices.list().iter().any(|notice| notice.text.contains("Another window")));
    let commands = state.apply(Action::Go(Page::Runs));
    assert_eq!(commands, [Command::Library(LibraryCommand::LoadMetrics { run: 5 })], "not even the page is remembered");
    assert!(UserCommand::AddData.refusal(&state).is_some());
}

#[test]
fn another_project_starts_from_nothing() {
    let mut state = training();
    state.apply(Action::OpenProject(PathBuf::from("other.lyceum")));
    assert_eq!(state.take_effects(), [Effect::Open { path: PathBuf::from("other.lyceum"), create: false }]);
    state.apply(Action::Opening { path: PathBuf::from("other.lyceum"), sample: false });
    assert!(state.live.is_none() && state.library.runs.is_empty() && state.curves.get(9).is_none());
    state.handle(Event::OpenFailed { message: "It is damaged".to_owned() });
    assert!(matches!(state.project, ProjectState::Failed { .. }));
}

#[test]
fn messages_go_by_themselves_but_errors_stay() {
    let mut state = opened();
    state.handle(Event::Refused { worker: Worker::Trainer, message: "no".to_owned() });
    state.notices.info("done");
    state.apply(Action::Tick { now_s: 10.0 });
    state.apply(Action::Tick { now_s: 100.0 });
    let left = state.notices.list().iter().map(|notice| notice.level).collect::<Vec<_>>();
    assert_eq!(left, [Level::Error]);
}

#[test]
fn removing_for_good_asks_first_and_cannot_be_undone() {
    let mut state = with_dataset();
    state.apply(Action::Runs(RunsAction::Delete(5)));
    assert_eq!(state.apply(Action::Show(Modal::Purge)), []);
    assert_eq!(state.apply(Action::Purge), [Command::Library(LibraryCommand::PurgeDeleted)]);
    assert!(state.undo_label().is_none() && state.modal.is_none());
}

#[test]
fn the_runs_page_begins_with_the_newest_run_as_it_is_now() {
    let mut state = training();
    let running = RunRow { state: RunState::Running, step: 0, train_loss: None, ..run_row(9) };
    state.handle(Event::Library(Library { runs: vec![run_row(5), running], ..Library::default() }));
    state.apply(Action::Go(Page::Runs));
    assert_eq!(state.runs.focus, Some(9));
    assert_eq!(state.as_of_now(state.run(9).unwrap()).step, 20);
}

#[test]
fn looking_at_a_run_fetches_its_curve_once() {
    let mut state = with_dataset();
    assert_eq!(state.apply(Action::Runs(RunsAction::Focus(5))), [Command::Library(LibraryCommand::LoadMetrics { run: 5 })]);
    assert_eq!(state.apply(Action::Runs(RunsAction::Focus(5))), []);
    state.handle(Event::Metrics {
        run: 5,
        points: vec![point(1, 3.0)],
        evals: Vec::new(),
        marks: Vec::new(),
        tasks: Vec::new(),
        series: Vec::new(),
    });
    assert!(state.curves.get(5).unwrap().loaded);
}

#[test]
fn what_the_project_holds_is_asked_for_once_on_every_page() {
    for page in Page::ALL {
        let mut state = opened();
        let library = Library { datasets: vec![dataset(3)], runs: vec![run_row(5)], ..Library::default() };
        state.handle(Event::Library(library.clone()));
        state.apply(Action::Go(page));
        let again = state.handle(Event::Library(library));
        assert!(
            !again.contains(&Command::Library(LibraryCommand::ListLibrary)),
            "{page:?} asks whenever it is answered, without end"
        );
    }
}
