//! The Fine-tune page: what is learnt from which rows, what it changed. Draws nothing.

use std::collections::BTreeMap;

use crate::config::{Adapt, InContext, RunConfig, ShotsOf, Tune, TuneTask, first_tune, rate_of};
use crate::data::supervised::Split;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, JobId, RunId, TrainCommand};
use crate::engine::event::{DatasetInfo, Library, PreflightResult, TaskEval};
use crate::evaluate::Change;

pub use super::choices::{
    auto_name, best_tuned, checkpoint_name, dataset, kind, n_params, objective, start_of, tasks, tuned_checkpoints, usable,
    writers,
};
pub use super::compare::{CompareDraft, Comparison};
use super::pretrain::Trial;
use super::training::Reading;
use super::{AppState, JobKind};

/// The sides of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TuneView {
    #[default]
    SetUp,
    Watch,
    Compare,
}

/// What another page, or another run, wants to be set up.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    number: u64,
    dataset: DatasetId,
    like: Option<(Box<RunConfig>, Option<CheckpointId>)>,
    in_context: bool,
    from: Option<CheckpointId>,
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct TuneState {
    pub view: TuneView,
    pub preflight: Trial,
    preflight_config: Option<Box<RunConfig>>,
    /// The run whose curves are shown.
    pub(super) watch: Option<RunId>,
    /// How well each run did its task, by step.
    pub evals: BTreeMap<RunId, Vec<TaskEval>>,
    /// A dataset that another page wants to be learnt from.
    pub wish: Option<Wish>,
    /// Step of the evaluation that is shown; None: the newest.
    pub eval_at: Option<u64>,
    pub comparison: Comparison,
    /// The run whose best checkpoint is to be compared, and which wish it is.
    pub compare_run: Option<(u64, RunId)>,
    /// Cell of the confusion matrix whose rows are shown: (right class, given class).
    pub cell: Option<(usize, usize)>,
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum TuneAction {
    Show(TuneView),
    Preflight {
        config: Box<RunConfig>,
        from: CheckpointId,
    },
    Start {
        config: Box<RunConfig>,
        from: CheckpointId,
    },
    /// Set up fine-tuning on a dataset.
    Dataset(DatasetId),
    /// The same, from this checkpoint.
    DatasetFrom(DatasetId, CheckpointId),
    /// Set up in-context tuning on a dataset.
    InContext(DatasetId),
    /// Set up another run like this one.
    Again(RunId),
    /// Show what a run changed.
    CompareRun(RunId),
    Compare {
        base: CheckpointId,
        tuned: CheckpointId,
        split: Split,
        most: usize,
    },
    EvalAt(Option<u64>),
    Cell(Option<(usize, usize)>),
}

/// What is typed and not yet done. Owned by the window.
#[derive(Clone, Debug)]
pub struct TuneDraft {
    pub config: RunConfig,
    pub tune: Tune,
    pub from: Option<CheckpointId>,
    /// Somebody chose it: it stays until somebody chooses another.
    pub picked: bool,
    pub compare: CompareDraft,
    /// Words of the prompt and the answer, kept while plain ones are in use.
    pub words: (String, String),
    pub own_words: bool,
    /// What classes weigh, as it is typed: "spam=3, ham=1".
    pub weights: String,
    /// Rate, batch and intervals follow from checkpoint and rows until a person changes one of them.
    pub fitted: Option<(Option<CheckpointId>, DatasetId, u64)>,
    /// What the rows were last seen to be read as, and since when: it is asked for when the changes rest.
    pub reading: Option<(Reading, f64)>,
    /// A dataset that another page asked for.
    seen_wish: u64,
}

impl Default for TuneDraft {
    fn default() -> Self {
        let tune = Tune::default();
        let words = ("Text: {text}\nLabel:".to_owned(), " {label}".to_owned());
        Self {
            config: first_tune(tune.clone(), 1_000_000, 100),
            tune,
            from: None,
            picked: false,
            compare: CompareDraft::default(),
            words,
            own_words: false,
            weights: String::new(),
            fitted: None,
            reading: None,
            seen_wish: 0,
        }
    }
}

impl TuneDraft {
    /// Which parameters train; the rate moves along, for fewer of them take a higher one.
    pub fn set_adapt(&mut self, adapt: Adapt) {
        self.config.lr *= rate_of(&adapt) / rate_of(&self.tune.adapt);
        self.tune.adapt = adapt;
    }

    /// Takes over what the project says: rows and a checkpoint when none is chosen, and what follows from them.
    pub fn settle(&mut self, library: &Library, wish: Option<&Wish>) {
        if let Some(wish) = wish.filter(|wish| wish.number > self.seen_wish) {
            (self.seen_wish, self.tune.dataset) = (wish.number, wish.dataset);
            self.tune.in_context = wish.in_context.then(InContext::default);
            self.tune.epochs = if wish.in_context { 1.0 } else { Tune::default().epochs };
            self.fitted = None;
            if let Some((config, from)) = &wish.like {
                self.take_over(library, config, *from);
            }
            (self.from, self.picked) = (wish.from.or(self.from), wish.from.is_some() || self.picked);
        }
        let live = |dataset: &&DatasetInfo| !dataset.deleted && dataset.schema.is_supervised();
        if !library.datasets.iter().filter(live).any(|dataset| dataset.id == self.tune.dataset) {
            self.tune.dataset = library.datasets.iter().rfind(live).map_or(0, |dataset| dataset.id);
        }
        if self.from.is_none_or(|from| !usable(library).any(|row| row.id == from)) {
            self.from = self.best_start(library);
        }
        let Some(dataset) = dataset(library, self.tune.dataset) else { return };
        if self.fitted.as_ref().is_some_and(|(from, id, rows)| (*from, *id, *rows) == (self.from, dataset.id, dataset.labelled)) {
            return;
        }
        if self.fitted.as_ref().is_none_or(|(_, id, _)| *id != dataset.id) {
            self.tune.task = tasks(dataset.schema).first().copied().unwrap_or(TuneTask::Text);
            self.from = self.kept_start(library);
        }
        self.fitted = Some((self.from, dataset.id, dataset.labelled));
        self.refit(library, dataset.labelled);
    }

    /// Rate, batch and intervals that suit these rows, or the episodes drawn from them.
    fn refit(&mut self, library: &Library, labelled: u64) {
        let (keep, shots_of) = (std::mem::take(&mut self.config.name), self.config.shots_of);
        let rows = self.tune.in_context.map_or(labelled, |it| it.episodes as u64);
        self.config = RunConfig { name: keep, shots_of, ..first_tune(self.tune.clone(), n_params(library, self.from), rows) };
    }

    /// Rows as episodes, or each for itself; epochs and intervals move along.
    pub fn set_in_context(&mut self, library: &Library, on: bool) {
        self.tune.in_context = on.then(InContext::default);
        self.tune.epochs = if on { 1.0 } else { Tune::default().epochs };
        let rows = dataset(library, self.tune.dataset).map_or(0, |dataset| dataset.labelled);
        self.refit(library, rows);
    }

    /// The settings of another run.
    fn take_over(&mut self, library: &Library, config: &RunConfig, from: Option<CheckpointId>) {
        self.tune = config.tune.clone().unwrap_or_default();
        self.own_words = self.tune.words.is_some();
        let weights: Vec<String> = self.tune.class_weights.iter().map(|(name, weight)| format!("{name}={weight}")).collect();
        self.weights = weights.join(", ");
        if let Some(words) = &self.tune.words {
            self.words.clone_from(words);
        }
        self.config = RunConfig { name: String::new(), tune: None, ..config.clone() };
        (self.from, self.picked) = (from, from.is_some());
        let rows = dataset(library, self.tune.dataset).map_or(0, |dataset| dataset.labelled);
        self.fitted = Some((from, self.tune.dataset, rows));
    }

    /// Takes the typed weights over; what is no class with a number is given back, to be said.
    pub fn weigh(&mut self) -> Option<String> {
        let mut wrong = None;
        self.tune.class_weights.clear();
        for part in self.weights.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.rsplit_once('=').map(|(name, weight)| (name.trim(), weight.trim().parse::<f64>())) {
                Some((name, Ok(weight))) if !name.is_empty() => {
                    self.tune.class_weights.insert(name.to_owned(), weight);
                }
                _ => wrong = Some(part.to_owned()),
            }
        }
        wrong
    }

    /// The configuration as it would be started.
    pub fn assembled(&self) -> RunConfig {
        let words = self.own_words.then(|| self.words.clone());
        let mut tune = Tune { words, ..self.tune.clone() };
        if !matches!(tune.task, TuneTask::Classes | TuneTask::Tags) {
            // Only what has classes can weigh them; the choice waits for such a task.
            (tune.balance, tune.class_weights) = (false, BTreeMap::new());
        }
        // So does what only a model that writes is asked.
        let shots_of = if tune.task == TuneTask::Text { self.config.shots_of } else { ShotsOf::Own };
        RunConfig { tune: Some(tune), shots_of, ..self.config.clone() }
    }

    /// Why it cannot be started, as a sentence.
    pub fn problem(&self, library: &Library) -> Option<String> {
        let Some(dataset) = dataset(library, self.tune.dataset) else {
            return Some("Choose labelled rows; the Label page makes some, the Data page brings some in".to_owned());
        };
        if dataset.labelled == 0 {
            return Some("None of these rows has a label yet; the Label page is the place to give some".to_owned());
        }
        let Some(from) = self.from.and_then(|id| usable(library).find(|row| row.id == id)) else {
            return Some("Choose a checkpoint to start from; the Pre-train page makes one".to_owned());
        };
        if from.is_encoder && self.tune.task == TuneTask::Text {
            return Some("This checkpoint is an encoder, which does not write text; choose a decoder".to_owned());
        }
        None
    }
}

impl AppState {
    pub(super) fn apply_tune(&mut self, action: TuneAction) -> Vec<Command> {
        let page = &mut self.tune;
        match action {
            TuneAction::Show(view) => page.view = view,
            TuneAction::Preflight { config, from } => {
                let job = self.jobs.start(JobKind::Preflight, "Three trial steps");
                page.preflight = Trial::Asked(job);
                page.preflight_config = Some(config.clone());
                return vec![Command::Train(TrainCommand::Preflight { job, config: *config, from: Some(from) })];
            }
            TuneAction::Start { config, from } => return self.start_tuning(*config, from),
            TuneAction::Dataset(dataset) => {
                page.view = TuneView::SetUp;
                page.wished(dataset, None);
            }
            TuneAction::DatasetFrom(dataset, from) => {
                page.view = TuneView::SetUp;
                page.wished(dataset, None);
                page.wish.iter_mut().for_each(|wish| wish.from = Some(from));
            }
            TuneAction::InContext(dataset) => {
                page.view = TuneView::SetUp;
                page.wished(dataset, None);
                page.wish.iter_mut().for_each(|wish| wish.in_context = true);
            }
            TuneAction::Again(run) => {
                let row = self.library.runs.iter().find(|row| row.id == run);
                let found =
                    row.and_then(|row| Some((row.config.tune.as_ref()?.dataset, row.config.clone(), row.parent_checkpoint)));
                if let Some((dataset, config, from)) = found {
                    page.wished(dataset, Some((Box::new(config), from)));
                }
                page.view = TuneView::SetUp;
            }
            TuneAction::CompareRun(run) => {
                page.view = TuneView::Compare;
                page.compare_run = Some((page.compare_run.map_or(1, |(number, _)| number + 1), run));
            }
            TuneAction::Compare { base, tuned, split, most } => {
                let job = self.jobs.start(JobKind::Compare, "Base against tuned");
                page.comparison = Comparison::Asked(job);
                return vec![Command::Train(TrainCommand::Evaluate {
                    job,
                    checkpoints: vec![base, tuned],
                    dataset: None,
                    split,
                    most,
                })];
            }
            TuneAction::EvalAt(step) => (page.eval_at, page.cell) = (step, None),
            TuneAction::Cell(cell) => page.cell = cell,
        }
        Vec::new()
    }

    fn start_tuning(&mut self, mut config: RunConfig, from: CheckpointId) -> Vec<Command> {
        if self.is_training() {
            self.notices.warning("A run is under way: stop it first, or let it finish");
            return Vec::new();
        }
        if config.name.trim().is_empty()
            && let Some(tune) = &config.tune
        {
            config.name = auto_name(&self.library, tune);
        }
        self.pretrain.starting = true;
        vec![Command::Train(TrainCommand::StartRun { config, from: Some(from) })]
    }

    /// The evaluations of the run that is shown, oldest first.
    pub fn task_evals(&self) -> &[TaskEval] {
        self.watched().and_then(|run| self.tune.evals.get(&run)).map_or(&[], Vec::as_slice)
    }

    /// The evaluation that is shown: the chosen one, or the newest.
    pub fn shown_eval(&self) -> Option<&TaskEval> {
        let evals = self.task_evals();
        let chosen = self.tune.eval_at.and_then(|step| evals.iter().find(|eval| eval.step == step));
        chosen.or(evals.last())
    }
}

impl TuneState {
    fn wished(&mut self, dataset: DatasetId, like: Option<(Box<RunConfig>, Option<CheckpointId>)>) {
        let number = self.wish.as_ref().map_or(1, |wish| wish.number + 1);
        self.wish = Some(Wish { number, dataset, like, in_context: false, from: None });
    }

    pub(super) fn preflight_came(&mut self, job: JobId, result: &PreflightResult) {
        if self.preflight == Trial::Asked(job)
            && let Some(config) = self.preflight_config.take()
        {
            self.preflight = Trial::Done(config, result.clone());
        }
    }

    pub(super) fn run_started(&mut self, run: RunId) {
        (self.watch, self.view, self.eval_at, self.cell) = (Some(run), TuneView::Watch, None, None);
        self.evals.remove(&run);
    }

    /// What the project holds of a run; what came since is newer.
    pub(super) fn load(&mut self, run: RunId, tasks: Vec<TaskEval>) {
        let newer = std::mem::take(self.evals.entry(run).or_default());
        for eval in tasks.into_iter().chain(newer) {
            self.evaluated(run, eval);
        }
    }

    pub(super) fn evaluated(&mut self, run: RunId, eval: TaskEval) {
        let evals = self.evals.entry(run).or_default();
        evals.retain(|known| known.step < eval.step);
        evals.push(eval);
    }

    pub(super) fn compared(&mut self, job: JobId, evals: Vec<TaskEval>, changes: Vec<Change>) {
        if self.comparison == Comparison::Asked(job) {
            self.comparison = Comparison::Done { evals, changes };
        }
    }

    pub(super) fn cancelled(&mut self, job: JobId) {
        if self.comparison == Comparison::Asked(job) {
            self.comparison = Comparison::None;
        }
        if self.preflight == Trial::Asked(job) {
            self.preflight = Trial::None;
        }
    }

    /// Takes a failure that belongs to something on the page; false if it is not its own.
    pub(super) fn failed(&mut self, job: JobId, message: &str) -> bool {
        if self.comparison == Comparison::Asked(job) {
            self.comparison = Comparison::Failed(message.to_owned());
            return true;
        }
        let mine = self.preflight == Trial::Asked(job);
        if mine {
            self.preflight = Trial::Failed(message.to_owned());
        }
        mine
    }
}
