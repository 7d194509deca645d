//! The Pre-train page: the run being set up and the run being watched. Draws nothing.

use std::path::PathBuf;

use crate::config::RunConfig;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, JobId, Knob, LibraryCommand, RunId, TrainCommand, Worker};
use crate::engine::event::{BatchView, Mark, MarkKind, PreflightResult};
use crate::store::sample::PROMPTS_SETTING;

use super::rlhf::RlhfView;
use super::setup::{self, SetupDraft};
use super::tune::TuneView;
use super::{AppState, Effect, JobKind, Page, PickPurpose, ProjectState, export, runs};

/// What a project without pinned prompts goes on from: nearly every English text has it.
const FIRST_PROMPT: &str = "The";

/// The two sides of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum PretrainView {
    #[default]
    SetUp,
    Watch,
}

/// What stands beside the curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SideTab {
    #[default]
    Samples,
    /// How well a fine-tuning run does its task.
    Metrics,
    /// What it gave for validation rows.
    Rows,
    Batch,
    /// Whether the model uses its context.
    Context,
    Knobs,
    Details,
}

/// An answer to "how long will this take" and the question.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Trial {
    #[default]
    None,
    Asked(JobId),
    /// What the trial was made with, or what was found to fit, and what it says.
    Done(Box<RunConfig>, PreflightResult),
    Failed(String),
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct PretrainState {
    pub view: PretrainView,
    pub tab: SideTab,
    /// The new run starts from these weights.
    pub from: Option<CheckpointId>,
    pub prompts: Vec<String>,
    pub preflight: Trial,
    preflight_config: Option<Box<RunConfig>>,
    pub fits: Trial,
    /// A run was asked for and has not begun.
    pub starting: bool,
    pub(super) watch: Option<RunId>,
    /// Runs whose loss is laid over the watched one's.
    pub overlay: Vec<RunId>,
    /// Step of the samples that are shown; None: the newest.
    pub sample_at: Option<u64>,
    pub batch: Option<(RunId, BatchView)>,
    pub batch_asked: Option<u64>,
    /// Why the last alarm rang.
    pub alarm: Option<String>,
    /// Waits for a person to choose its place.
    export: Option<Vec<u8>>,
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum PretrainAction {
    Show(PretrainView),
    Tab(SideTab),
    /// Set up a new run that starts from a checkpoint's weights; None: from scratch.
    BranchFrom(Option<CheckpointId>),
    Preflight(Box<RunConfig>),
    WhatFits {
        config: Box<RunConfig>,
        minutes: f64,
    },
    Start(Box<RunConfig>),
    /// Look at this run's curves.
    Watch(RunId),
    /// Fetch what the project holds of a run.
    Load(RunId),
    Overlay {
        run: RunId,
        on: bool,
    },
    SetSmoothing(f64),
    Turn(Knob),
    UndoTurn,
    /// Go back to a checkpoint of the run at hand, with the rate scaled.
    Rewind {
        checkpoint: CheckpointId,
        lr_scale: f64,
    },
    SampleAt(Option<u64>),
    InspectBatch(u64),
    /// Choose where the watched run's curves go as a table.
    ExportCsv,
    /// Choose where a picture of the plots goes, already encoded as PNG.
    ExportPng(Result<Vec<u8>, String>),
}

/// What is typed and not yet done. Owned by the window.
#[derive(Clone, Debug)]
pub struct PretrainDraft {
    pub setup: SetupDraft,
    pub log_loss: bool,
    pub show_raw: bool,
    pub show_baselines: bool,
    pub show_marks: bool,
    /// The checkpoint to go back to, and the factor of the rate.
    pub rewind: Option<(Option<CheckpointId>, f64)>,
    /// A knob under the pointer, not yet turned.
    pub turning: Option<Knob>,
    pub batch_step: u64,
    pub batch_follow: bool,
    /// The plots' curves were asked to be shown whole again.
    pub reset_plots: bool,
    /// The best answers first, not the worst.
    pub best_first: bool,
    /// A picture of the plots was asked for: frames until it is taken, so that the menu is gone from it.
    pub picture: Option<u8>,
}

impl Default for PretrainDraft {
    fn default() -> Self {
        Self {
            setup: SetupDraft::default(),
            log_loss: false,
            show_raw: true,
            show_baselines: true,
            show_marks: true,
            rewind: None,
            turning: None,
            batch_step: 0,
            batch_follow: true,
            reset_plots: false,
            best_first: false,
            picture: None,
        }
    }
}

impl AppState {
    pub(super) fn apply_pretrain(&mut self, action: PretrainAction) -> Vec<Command> {
        let page = &mut self.pretrain;
        match action {
            PretrainAction::Show(view) => page.view = view,
            PretrainAction::Tab(tab) => page.tab = tab,
            PretrainAction::BranchFrom(checkpoint) => {
                page.from = checkpoint;
                page.view = PretrainView::SetUp;
            }
            PretrainAction::Preflight(config) => {
                let job = self.jobs.start(JobKind::Preflight, "Three trial steps");
                page.preflight = Trial::Asked(job);
                page.preflight_config = Some(config.clone());
                return vec![Command::Train(TrainCommand::Preflight { job, config: *config, from: None })];
            }
            PretrainAction::WhatFits { config, minutes } => {
                let job = self.jobs.start(JobKind::WhatFits, format!("Finding what fits in {minutes} minutes"));
                page.fits = Trial::Asked(job);
                return vec![Command::Train(TrainCommand::WhatFits { job, config: *config, minutes })];
            }
            PretrainAction::Start(config) => return self.start_run(*config),
            PretrainAction::Watch(run) => {
                page.overlay.retain(|&over| over != run);
                page.sample_at = None;
                match self.page_of(run) {
                    Page::Tune => {
                        (self.tune.watch, self.tune.view) = (Some(run), TuneView::Watch);
                        (self.tune.eval_at, self.tune.cell) = (None, None);
                    }
                    Page::Rlhf => (self.rlhf.watch, self.rlhf.view) = (Some(run), RlhfView::Watch),
                    Page::Data | Page::Pretrain | Page::Label | Page::Rank | Page::Prompt | Page::Runs | Page::Learn => {
                        (self.pretrain.watch, self.pretrain.view) = (Some(run), PretrainView::Watch);
                    }
                }
                return self.load_run(run);
            }
            PretrainAction::Load(run) => return self.load_run(run),
            PretrainAction::Overlay { run, on } => {
                page.overlay.retain(|&over| over != run);
                if on {
                    page.overlay.push(run);
                    return runs::ask(&mut self.curves, &[run]);
                }
            }
            PretrainAction::SetSmoothing(smoothing) => self.curves.set_smoothing(smoothing),
            PretrainAction::Turn(knob) => return vec![Command::Train(TrainCommand::SetKnob(knob))],
            PretrainAction::UndoTurn => return vec![Command::Train(TrainCommand::UndoKnob)],
            PretrainAction::Rewind { checkpoint, lr_scale } => {
                page.sample_at = None;
                return vec![Command::Train(TrainCommand::Rewind { checkpoint, lr_scale })];
            }
            PretrainAction::SampleAt(step) => page.sample_at = step,
            PretrainAction::InspectBatch(step) => {
                page.batch_asked = Some(step);
                return vec![Command::Train(TrainCommand::InspectBatch { step })];
            }
            PretrainAction::ExportCsv => return self.export_csv(),
            PretrainAction::ExportPng(Ok(png)) => {
                page.export = Some(png);
                return self.effect(Effect::Pick(PickPurpose::SavePicture));
            }
            PretrainAction::ExportPng(Err(message)) => self.notices.error(message),
        }
        Vec::new()
    }

    fn start_run(&mut self, mut config: RunConfig) -> Vec<Command> {
        if self.is_training() {
            self.notices.warning("A run is under way: stop it first, or let it finish");
            return Vec::new();
        }
        if config.name.trim().is_empty() {
            let vocab_size = setup::vocab_size(&self.library, config.corpus);
            let n_params = config.estimate(vocab_size).map_or(0, |estimate| estimate.n_params);
            config.name = setup::auto_name(&config, n_params);
        }
        let mut commands = Vec::new();
        if config.prompts != self.pretrain.prompts {
            self.pretrain.prompts.clone_from(&config.prompts);
            let lines = config.prompts.iter().map(|prompt| prompt.replace(['\n', '\r'], " ")).collect::<Vec<_>>();
            commands
                .push(Command::Library(LibraryCommand::SaveSetting { key: PROMPTS_SETTING.to_owned(), value: lines.join("\n") }));
        }
        self.pretrain.starting = true;
        commands.push(Command::Train(TrainCommand::StartRun { config, from: self.pretrain.from }));
        commands
    }

    fn load_run(&mut self, run: RunId) -> Vec<Command> {
        let mut commands = runs::ask(&mut self.curves, &[run]);
        if !std::mem::replace(&mut self.curves.entry(run).asked_samples, true) {
            commands.push(Command::Library(LibraryCommand::LoadSamples { run }));
        }
        commands
    }

    fn export_csv(&mut self) -> Vec<Command> {
        let Some(run) = self.watched() else { return Vec::new() };
        let text = self.curves.get(run).map(export::csv).unwrap_or_default();
        self.pretrain.export = Some(text.into_bytes());
        self.effect(Effect::Pick(PickPurpose::SaveTable))
    }

    /// No dialog could be shown. An export then goes into the project, where it can be found; everything else has a field to type in.
    pub(super) fn pick_failed(&mut self, purpose: PickPurpose, message: String) -> Vec<Command> {
        let name = match purpose {
            PickPurpose::SaveTable => "csv",
            PickPurpose::SavePicture => "png",
            PickPurpose::ExportModel => {
                let (ProjectState::Open { path, .. }, Some(checkpoint)) = (&self.project, self.runs.exporting) else {
                    return Vec::new();
                };
                let folder = path.join("exports").join(format!("model-{checkpoint}"));
                return self.export_model(folder);
            }
            PickPurpose::SaveVotes | PickPurpose::SaveSurvey => {
                return self.place_of_votes(purpose).map_or_else(Vec::new, |path| self.write_votes(path));
            }
            PickPurpose::DataFile
            | PickPurpose::Answers
            | PickPurpose::DataFolder
            | PickPurpose::Tokenizer
            | PickPurpose::NewProject
            | PickPurpose::OpenProject => {
                self.notices.warning(message);
                return Vec::new();
            }
        };
        let (ProjectState::Open { path, .. }, Some(run)) = (&self.project, self.watched()) else { return Vec::new() };
        let step = self.watched_curves().and_then(|curves| curves.steps().last().copied()).unwrap_or(0);
        let path = path.join("exports").join(format!("run-{run}-step-{step}.{name}"));
        self.pretrain.write_export(path)
    }
}

impl PretrainState {
    pub(super) fn preflight_came(&mut self, job: JobId, result: PreflightResult) {
        if self.preflight == Trial::Asked(job)
            && let Some(config) = self.preflight_config.take()
        {
            self.preflight = Trial::Done(config, result);
        }
    }

    pub(super) fn fits_came(&mut self, job: JobId, config: RunConfig, result: PreflightResult) {
        if self.fits == Trial::Asked(job) {
            self.fits = Trial::Done(Box::new(config), result);
        }
    }

    pub(super) fn run_started(&mut self, run: RunId) {
        (self.starting, self.from, self.alarm, self.sample_at) = (false, None, None, None);
        (self.batch, self.batch_asked) = (None, None);
        self.watch = Some(run);
        self.overlay.retain(|&over| over != run);
        self.view = PretrainView::Watch;
    }

    pub(super) fn marked(&mut self, _run: RunId, mark: &Mark) {
        match mark.kind {
            MarkKind::Alarm => self.alarm = Some(mark.label.clone()),
            MarkKind::Rewind { .. } | MarkKind::Resumed | MarkKind::Early => self.alarm = None,
            MarkKind::Knob { .. } | MarkKind::Checkpoint => {}
        }
    }

    pub(super) fn batch_came(&mut self, run: RunId, batch: BatchView) {
        self.batch_asked = None;
        self.batch = Some((run, batch));
    }

    /// The worker said no: nothing that was asked of it will come.
    pub(super) fn refused(&mut self, worker: Worker) {
        if worker == Worker::Trainer {
            (self.starting, self.batch_asked) = (false, None);
        }
    }

    /// Takes a failure that belongs to something on the page; false if it is not its own.
    pub(super) fn failed(&mut self, job: JobId, message: &str) -> bool {
        for trial in [&mut self.preflight, &mut self.fits] {
            if *trial == Trial::Asked(job) {
                *trial = Trial::Failed(message.to_owned());
                return true;
            }
        }
        false
    }

    pub(super) fn cancelled(&mut self, job: JobId) {
        for trial in [&mut self.preflight, &mut self.fits] {
            if *trial == Trial::Asked(job) {
                *trial = Trial::None;
            }
        }
    }

    /// What the project remembers.
    pub(super) fn settings_came(&mut self, settings: &[(String, String)]) {
        if let Some((_, lines)) = settings.iter().find(|(key, _)| key == PROMPTS_SETTING) {
            self.prompts = lines.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        } else {
            // A run without samples hides the most telling part; whoever wants none unpins it.
            self.prompts = vec![FIRST_PROMPT.to_owned()];
        }
    }

    /// The sample project's own prompts, where a person pinned none yet.
    pub(super) fn sample_came(&mut self) {
        if self.prompts.is_empty() || self.prompts == [FIRST_PROMPT] {
            self.prompts = crate::store::sample::prompts();
        }
    }

    /// The first list of what the project holds came: a run that can go on is shown, not an empty form.
    pub(super) fn first_library(&mut self, has_runs: bool) {
        self.view = if has_runs { PretrainView::Watch } else { PretrainView::SetUp };
    }

    /// Writes what was to be exported.
    pub(super) fn write_export(&mut self, path: PathBuf) -> Vec<Command> {
        self.export.take().map(|bytes| Command::Library(LibraryCommand::WriteFile { path, bytes })).into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
