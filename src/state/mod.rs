//! What the window shows and what a click means. Two doors, `AppState::{apply, handle}`; names neither egui nor candle, so both are tested without a window.

pub mod action;
pub mod advice;
pub mod agreement;
pub mod align;
pub mod chat;
mod chat_keep;
pub mod choices;
pub mod command;
mod compare;
pub mod curves;
pub mod data;
mod data_action;
pub mod diff;
pub mod draft;
mod events;
mod export;
pub mod family;
mod feedback;
pub mod few_shot;
pub mod format;
pub mod guided;
pub mod icon;
pub mod jobs;
pub mod judges;
pub mod knobs;
pub mod lab;
pub mod label;
mod label_actions;
pub mod label_draft;
pub mod label_help;
pub mod label_kept;
mod label_marks;
pub mod learn;
pub mod live;
pub mod look;
pub mod notices;
pub mod page;
mod paths;
pub mod pretrain;
pub mod prompt;
pub mod prompt_length;
pub mod prompt_library;
pub mod prompt_view;
pub mod rank;
pub mod rank_asking;
pub mod rank_draft;
mod rank_drawing;
mod rank_events;
pub mod rank_files;
mod remembered;
pub mod rlhf;
pub mod rounds;
pub mod rounds_page;
mod row_cache;
mod run_events;
pub mod run_figures;
pub mod runs;
pub mod sampling_picture;
pub mod schema;
pub mod settings;
pub mod setup;
pub mod stages;
pub mod talk;
pub mod talk_draft;
pub mod training;
pub mod tune;
mod tune_start;
mod undo;
mod watched;
mod writes;

use std::path::PathBuf;

pub use action::{Action, Effect, Modal, PickPurpose, RunAction};
pub use command::UserCommand;
pub use curves::Curves;
pub use data::{DataAction, DataState};
pub use draft::Draft;
pub use jobs::{JobKind, Jobs};
pub use label::{LabelAction, LabelPage};
pub use learn::{LearnAction, LearnState};
pub use live::LiveRun;
pub use notices::{Level, Notices};
pub use page::Page;
pub use pretrain::{PretrainAction, PretrainState};
pub use prompt::{PromptAction, PromptState};
pub use rank::{RankAction, RankPage};
pub use runs::{RunsAction, RunsState};
pub use settings::{Settings, SettingsAction, ThemeChoice};
pub use talk::{TalkAction, TalkState};
pub use tune::{TuneAction, TuneState};

use crate::engine::Command;
use crate::engine::command::{CheckpointId, LibraryCommand, RunId, TrainCommand, Worker};
use crate::engine::event::{CheckpointRow, Library, RunRow};

/// Under which a project keeps the page that was looked at last.
const PAGE_SETTING: &str = "window.page";

/// How far the project is.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum ProjectState {
    /// No project yet.
    #[default]
    None,
    Opening(PathBuf),
    Open {
        path: PathBuf,
        read_only: bool,
    },
    Failed {
        path: PathBuf,
        message: String,
    },
}

/// A worker died; it was started anew.
#[derive(Clone, Debug, PartialEq)]
pub struct Banner {
    pub worker: Worker,
    pub message: String,
    pub last_checkpoint: Option<CheckpointId>,
}

/// All that the window shows.
#[derive(Debug, Default)]
pub struct AppState {
    pub page: Page,
    pub project: ProjectState,
    pub library: Library,
    /// The library was received at least once.
    pub library_loaded: bool,
    pub settings: Settings,
    pub jobs: Jobs,
    pub notices: Notices,
    pub banner: Option<Banner>,
    pub modal: Option<Modal>,
    pub live: Option<LiveRun>,
    pub curves: Curves,
    pub data: DataState,
    pub pretrain: PretrainState,
    pub prompt: PromptState,
    pub talk: TalkState,
    pub runs: RunsState,
    pub label: LabelPage,
    pub tune: TuneState,
    pub align: align::AlignState,
    pub rank: RankPage,
    pub rlhf: rlhf::RlhfState,
    pub learn: LearnState,
    undo: Vec<(String, Action)>,
    effects: Vec<Effect>,
    now_s: f64,
}

impl AppState {
    /// One of the two doors: what a person did becomes commands to the workers.
    pub fn apply(&mut self, action: Action) -> Vec<Command> {
        if action.writes()
            && let Some(refused) = self.why_not_write()
        {
            self.notices.warning(refused);
            return Vec::new();
        }
        self.note_undo(&action);
        match action {
            Action::Tick { now_s } => {
                self.now_s = now_s;
                self.notices.tick(now_s);
                Vec::new()
            }
            Action::Go(page) => self.go(page),
            Action::Data(action) => self.apply_data(action),
            Action::Pretrain(action) => self.apply_pretrain(action),
            Action::Label(action) => self.apply_label(action),
            Action::Rank(action) => self.apply_rank(action),
            Action::Rlhf(action) => self.apply_rlhf(action),
            Action::Tune(action) => self.apply_tune(action),
            Action::Prompt(action) => self.apply_prompt(action),
            Action::Talk(action) => self.apply_talk(action),
            Action::Runs(action) => self.runs.apply(action, &mut self.curves, &mut self.effects),
            Action::Learn(action) => {
                self.learn.apply(&action);
                Vec::new()
            }
            Action::Run(action) => self.apply_run(action),
            Action::Settings(action) => self.apply_settings(action),
            Action::NewProject(path) => self.open_project(path, true),
            Action::OpenProject(path) => self.open_project(path, false),
            Action::OpenSample => {
                self.modal = None;
                self.effect(Effect::OpenSample)
            }
            Action::Opening { path, sample } => self.project_opening(path, sample),
            Action::Remember(settings) => {
                self.settings = settings;
                Vec::new()
            }
            Action::Show(modal) => {
                self.modal = Some(modal);
                Vec::new()
            }
            Action::CloseModal => {
                self.modal = None;
                Vec::new()
            }
            Action::CancelJob(job) => self.jobs.cancel(job).into_iter().collect(),
            Action::DismissNotice(id) => {
                self.notices.dismiss(id);
                Vec::new()
            }
            Action::TakeOffer(id) => self.take_offer(id),
            Action::DismissBanner => {
                self.banner = None;
                Vec::new()
            }
            // On the Label page it is the last label that is taken back.
            Action::Undo if self.page == Page::Label => self.apply_label(LabelAction::Undo),
            Action::Undo if self.page == Page::Rank => self.apply_rank(RankAction::Undo),
            Action::Redo if self.page == Page::Rank => self.apply_rank(RankAction::Redo),
            Action::Undo => self.take_back(),
            Action::Redo => self.apply_label(LabelAction::Redo),
            Action::Purge => {
                self.modal = None;
                self.undo.clear();
                vec![Command::Library(LibraryCommand::PurgeDeleted)]
            }
            Action::CopyText(text) => self.effect(Effect::CopyText(text)),
            Action::Picked { purpose, path } => path.map_or_else(Vec::new, |path| self.picked(purpose, path)),
            Action::PickFailed { purpose, message } => self.pick_failed(purpose, message),
            Action::Dropped(paths) => self.dropped(paths),
            Action::Quit => self.effect(Effect::Quit),
        }
    }

    /// What the window itself has to do; asked for after every frame.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    pub fn is_open(&self) -> bool {
        matches!(self.project, ProjectState::Open { .. })
    }

    pub fn read_only(&self) -> bool {
        matches!(self.project, ProjectState::Open { read_only: true, .. })
    }

    /// Why nothing can be changed in the project, if so.
    pub fn why_not_write(&self) -> Option<&'static str> {
        match self.project {
            ProjectState::Open { read_only: true, .. } => Some("Another window has this project open; here it can only be read"),
            ProjectState::Open { .. } => None,
            ProjectState::None | ProjectState::Opening(_) | ProjectState::Failed { .. } => Some("Open a project first"),
        }
    }

    /// What `Action::Undo` would take back.
    pub fn undo_label(&self) -> Option<&str> {
        self.undo.last().map(|(label, _)| label.as_str())
    }

    pub fn run(&self, run: RunId) -> Option<&RunRow> {
        self.library.runs.iter().find(|row| row.id == run)
    }

    /// A run with the numbers of this moment: the database learns of a run under way only now and then.
    pub fn as_of_now(&self, run: &RunRow) -> RunRow {
        let mut row = run.clone();
        if let Some(live) = self.live.as_ref().filter(|live| live.run == run.id && live.is_held()) {
            row.state = live.state;
            row.step = live.step;
            row.duration_s = f64::from(live.elapsed_s);
            row.train_loss = live.loss.or(row.train_loss);
            row.val_loss = live.val.map(|val| val.loss).or(row.val_loss);
        }
        row
    }

    pub fn checkpoint(&self, checkpoint: CheckpointId) -> Option<&CheckpointRow> {
        self.library.checkpoints.iter().find(|row| row.id == checkpoint)
    }

    /// A run's checkpoints, oldest first.
    pub fn checkpoints_of(&self, run: RunId) -> impl Iterator<Item = &CheckpointRow> {
        self.library.checkpoints.iter().filter(move |row| row.run == Some(run))
    }

    /// The trainer holds a run.
    pub fn is_training(&self) -> bool {
        self.live.as_ref().is_some_and(LiveRun::is_held)
    }

    fn effect(&mut self, effect: Effect) -> Vec<Command> {
        self.effects.push(effect);
        Vec::new()
    }

    fn go(&mut self, page: Page) -> Vec<Command> {
        self.modal = None;
        if self.page == page {
            return Vec::new();
        }
        self.page = page;
        let mut commands = self.page_shown();
        if page == Page::Tune {
            // Labels that were given meanwhile count. Not where the answer is heard: it would be asked for without end.
            commands.push(Command::Library(LibraryCommand::ListLibrary));
        }
        if self.why_not_write().is_none() {
            commands.push(Command::Library(LibraryCommand::SaveSetting {
                key: PAGE_SETTING.to_owned(),
                value: page.key().to_owned(),
            }));
        }
        commands
    }

    /// The Runs page begins with the newest run.
    fn page_shown(&mut self) -> Vec<Command> {
        let newest = self.library.runs.iter().rev().find(|run| !run.deleted).map(|run| run.id);
        match (self.page, newest) {
            (Page::Runs, Some(run)) if self.runs.focus.is_none() => {
                self.runs.apply(RunsAction::Focus(run), &mut self.curves, &mut self.effects)
            }
            (
                Page::Data
                | Page::Pretrain
                | Page::Label
                | Page::Tune
                | Page::Rank
                | Page::Rlhf
                | Page::Prompt
                | Page::Runs
                | Page::Learn,
                _,
            ) => Vec::new(),
        }
    }

    fn apply_data(&mut self, action: DataAction) -> Vec<Command> {
        if action == DataAction::StartAdding {
            self.modal = None;
            self.page = Page::Data;
        }
        self.data.apply(action, &mut self.jobs, &mut self.effects)
    }

    fn apply_run(&mut self, action: RunAction) -> Vec<Command> {
        let Some(live) = self.live.as_ref().filter(|live| live.is_held()) else {
            self.notices.info("Nothing is training now");
            return Vec::new();
        };
        match action {
            RunAction::PauseOrContinue => {
                vec![if live.is_running() { Command::Train(TrainCommand::Pause) } else { Command::Train(TrainCommand::Continue) }]
            }
            RunAction::StepOnce => vec![Command::Train(TrainCommand::StepOnce)],
            RunAction::SaveCheckpoint => vec![Command::Train(TrainCommand::SaveCheckpoint)],
            RunAction::Stop => vec![Command::Train(TrainCommand::Stop)],
        }
    }

    fn apply_settings(&mut self, action: SettingsAction) -> Vec<Command> {
        match action {
            SettingsAction::SetTheme(theme) => self.settings.theme = theme,
            SettingsAction::ToggleTheme => return self.effect(Effect::ToggleTheme),
            SettingsAction::ZoomBy(by) => self.settings.zoom_percent = self.settings.zoomed(by),
            SettingsAction::ZoomReset => self.settings.zoom_percent = 100,
            SettingsAction::ToggleFullscreen => return self.effect(Effect::ToggleFullscreen),
        }
        self.effect(Effect::Settings(self.settings))
    }

    fn open_project(&mut self, path: PathBuf, create: bool) -> Vec<Command> {
        self.modal = None;
        self.effect(Effect::Open { path, create })
    }

    /// The workers are being started on a project: nothing of the old one is shown any more.
    fn project_opening(&mut self, path: PathBuf, sample: bool) -> Vec<Command> {
        let (settings, effects, now_s) = (self.settings, std::mem::take(&mut self.effects), self.now_s);
        *self = Self { settings, effects, now_s, project: ProjectState::Opening(path), ..Self::default() };
        if sample {
            self.jobs.adopt(0, JobKind::FillSample, "Preparing the sample project");
        }
        Vec::new()
    }

    fn take_offer(&mut self, id: u64) -> Vec<Command> {
        let offer = self.notices.list().iter().find(|notice| notice.id == id).and_then(|notice| notice.offer.clone());
        self.notices.dismiss(id);
        offer.map_or_else(Vec::new, |(_, action)| self.apply(*action))
    }
}
