//! The stages view: one prompt and seed through several models side by side, and along a run's checkpoints. Draws nothing.

use std::collections::BTreeMap;

use super::jobs::JobKind;
use super::{AppState, choices, format};
use crate::config::Align;
use crate::data::supervised::{Message, Role};
use crate::engine::Command;
use crate::engine::command::{CheckpointId, GenerateRequest, JobId, RunId, TalkCommand};
use crate::engine::event::{GenerateResult, Library, RunRow};
use crate::engine::talk::{Asked, JudgedAnswer, Weights};

/// Columns side by side at most.
pub const MOST_COLUMNS: usize = 6;

/// Who answers in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    One(Weights),
    /// Of so many answers the one that this reward model likes best.
    BestOf {
        weights: Weights,
        judge: CheckpointId,
        n: usize,
    },
}

/// What a person can do there.
#[derive(Clone, Debug, PartialEq)]
pub enum StagesAction {
    /// The same to all of them; as a turn of a chat, or as a text to go on with.
    Ask {
        columns: Vec<Column>,
        request: GenerateRequest,
        as_chat: bool,
    },
    /// The same to these checkpoints of a run, those that have not said it yet.
    Along {
        checkpoints: Vec<CheckpointId>,
        request: GenerateRequest,
        as_chat: bool,
    },
    Stop,
}

/// What a column says.
#[derive(Clone, Debug, PartialEq)]
pub struct StageAnswer {
    pub column: Column,
    pub name: String,
    /// None once it ended.
    pub job: Option<JobId>,
    pub text: String,
    pub result: Option<GenerateResult>,
    /// All answers of a best-of-n, the best first.
    pub judged: Vec<JudgedAnswer>,
    pub failure: Option<String>,
}

/// What was asked of a checkpoint: the same again gives the same answer.
type Key = (String, CheckpointId);

/// All that the view knows.
#[derive(Clone, Debug, Default)]
pub struct StagesState {
    pub prompt: String,
    pub answers: Vec<StageAnswer>,
    along: BTreeMap<Key, StageAnswer>,
}

impl StagesState {
    pub fn is_busy(&self) -> bool {
        self.all().any(|answer| answer.job.is_some())
    }

    /// What a checkpoint said to this, if it was asked.
    pub fn along(&self, checkpoint: CheckpointId, request: &GenerateRequest, as_chat: bool) -> Option<&StageAnswer> {
        self.along.get(&(key(request, as_chat), checkpoint))
    }

    fn all(&self) -> impl Iterator<Item = &StageAnswer> {
        self.answers.iter().chain(self.along.values())
    }

    fn of(&mut self, job: JobId) -> Option<&mut StageAnswer> {
        self.answers.iter_mut().chain(self.along.values_mut()).find(|answer| answer.job == Some(job))
    }

    pub(super) fn token_came(&mut self, job: JobId, text: &str) {
        if let Some(answer) = self.of(job) {
            answer.text.push_str(text);
        }
    }

    pub(super) fn generated(&mut self, job: JobId, result: &GenerateResult) {
        if let Some(answer) = self.of(job) {
            answer.job = None;
            answer.text.clone_from(&result.completion);
            answer.result = Some(result.clone());
        }
    }

    pub(super) fn judged(&mut self, job: JobId, _step: u64, answers: Vec<JudgedAnswer>) {
        if let Some(answer) = self.of(job) {
            answer.job = None;
            answer.text = answers.first().map(|best| best.text.clone()).unwrap_or_default();
            answer.judged = answers;
        }
    }

    pub(super) fn end(&mut self, which: &impl Fn(JobId) -> bool, message: Option<&str>) -> bool {
        let mut own = false;
        for answer in self.answers.iter_mut().chain(self.along.values_mut()).filter(|answer| answer.job.is_some_and(which)) {
            (answer.job, own) = (None, true);
            answer.failure = Some(message.unwrap_or("Stopped").to_owned());
        }
        // What failed may go better another time.
        self.along.retain(|_, answer| answer.failure.is_none() || answer.job.is_some() || message.is_some());
        own
    }
}

fn key(request: &GenerateRequest, as_chat: bool) -> String {
    format!("{as_chat} {}", serde_json::to_string(request).unwrap_or_default())
}

impl AppState {
    pub(super) fn apply_stages(&mut self, action: StagesAction) -> Vec<Command> {
        match action {
            StagesAction::Ask { columns, request, as_chat } => {
                let mut commands = self.stop_stages();
                self.talk.stages.answers.clear();
                self.talk.stages.prompt.clone_from(&request.prompt);
                for column in columns.into_iter().take(MOST_COLUMNS) {
                    let (answer, command) = self.ask_column(column, &request, as_chat);
                    self.talk.stages.answers.push(answer);
                    commands.push(command);
                }
                commands
            }
            StagesAction::Along { checkpoints, request, as_chat } => {
                let mut commands = Vec::new();
                for checkpoint in checkpoints {
                    let key = (key(&request, as_chat), checkpoint);
                    if self.talk.stages.along.get(&key).is_some_and(|known| known.failure.is_none()) {
                        continue;
                    }
                    let (answer, command) = self.ask_column(Column::One(Weights::Checkpoint(checkpoint)), &request, as_chat);
                    self.talk.stages.along.insert(key, answer);
                    commands.push(command);
                }
                commands
            }
            StagesAction::Stop => self.stop_stages(),
        }
    }

    fn ask_column(&mut self, column: Column, request: &GenerateRequest, as_chat: bool) -> (StageAnswer, Command) {
        let name = self.column_name(column);
        let prompt = request.prompt.clone();
        let asked = if as_chat {
            Asked::Turns { turns: vec![Message::new(Role::User, prompt)], template: None }
        } else {
            Asked::Text(prompt)
        };
        let job = self.jobs.start(JobKind::Generate, format!("Answering: {name}"));
        let request = request.clone();
        let command = match column {
            Column::One(weights) => TalkCommand::Answer { job, weights, asked, request },
            Column::BestOf { weights, judge, n } => TalkCommand::BestOf { job, weights, asked, request, n, judge },
        };
        let (text, result, judged, failure) = Default::default();
        (StageAnswer { column, name, job: Some(job), text, result, judged, failure }, Command::Talk(command))
    }

    fn stop_stages(&mut self) -> Vec<Command> {
        let jobs: Vec<JobId> = self.talk.stages.all().filter_map(|answer| answer.job).collect();
        jobs.into_iter().filter_map(|job| self.jobs.cancel(job)).collect()
    }

    /// A column in words.
    pub fn column_name(&self, column: Column) -> String {
        match column {
            Column::One(weights) => self.weights_name(weights),
            Column::BestOf { weights, n, .. } => format!("{}, best of {n}", self.weights_name(weights)),
        }
    }

    /// Weights in words.
    pub fn weights_name(&self, weights: Weights) -> String {
        use crate::engine::command::ModelSource;
        match weights {
            Weights::Live => self.source_name(ModelSource::Live),
            Weights::Checkpoint(id) if self.checkpoint(id).is_none() => format!("Checkpoint {id}, deleted"),
            Weights::Checkpoint(id) => self.source_name(ModelSource::Checkpoint(id)),
            Weights::Fresh { .. } => "Random weights".to_owned(),
        }
    }
}

/// What a run's weights went through last, as a word for its column.
pub fn stage(run: Option<&RunRow>) -> &'static str {
    let Some(run) = run else { return "pre-trained" };
    match run.config.tune.as_ref().map(|tune| &tune.align) {
        None => "pre-trained",
        Some(None) => "fine-tuned (SFT)",
        Some(Some(Align::Reward { .. })) => "reward model",
        Some(Some(Align::Rl(_))) => "RL",
        Some(Some(_)) => "preferences",
    }
}

/// Reward models, the newest last.
pub fn reward_models(library: &Library) -> Vec<(CheckpointId, String)> {
    let judges = |run: &RunRow| run.config.tune.as_ref().is_some_and(|tune| matches!(tune.align, Some(Align::Reward { .. })));
    let is_judge = |id| library.runs.iter().any(|run| Some(run.id) == id && judges(run));
    let rows = choices::usable(library).filter(|row| is_judge(row.run));
    rows.map(|row| (row.id, choices::checkpoint_name(library, row))).collect()
}

/// A run's checkpoints with their steps, in order.
pub type Steps = Vec<(CheckpointId, u64)>;

/// Runs whose checkpoints write text and can be walked through.
pub fn walks(library: &Library) -> Vec<(RunId, String, Steps)> {
    let mut walks = Vec::new();
    for run in library.runs.iter().filter(|run| !run.deleted) {
        let own = choices::writers(library).filter(|row| row.run == Some(run.id));
        let mut steps: Steps = own.map(|row| (row.id, row.step)).collect();
        steps.sort_by_key(|(_, step)| *step);
        if !steps.is_empty() {
            walks.push((run.id, run.name.clone(), steps));
        }
    }
    walks
}

/// What is chosen and typed. Owned by the window.
#[derive(Clone, Debug)]
pub struct StagesDraft {
    pub prompt: String,
    pub columns: Vec<Column>,
    pub as_chat: bool,
    /// Along one run, in place of columns.
    pub along: bool,
    pub run: Option<RunId>,
    /// Place among the run's checkpoints.
    pub at: usize,
    pub n: usize,
    /// Columns were suggested for so many checkpoints.
    suggested: Option<usize>,
}

impl Default for StagesDraft {
    fn default() -> Self {
        let (along, as_chat, suggested) = (false, false, None);
        Self { prompt: String::new(), columns: Vec::new(), as_chat, along, run: None, at: 0, n: 8, suggested }
    }
}

impl StagesDraft {
    /// Columns for the stages that the project has, while nobody chose any; a run to walk along.
    pub fn settle(&mut self, library: &Library) {
        let count = library.checkpoints.len();
        if self.columns.is_empty() && self.suggested != Some(count) {
            self.columns = suggestion(library, self.n);
            self.suggested = Some(count);
        }
        let walks = walks(library);
        self.run = self.run.filter(|run| walks.iter().any(|walk| walk.0 == *run)).or_else(|| walks.last().map(|walk| walk.0));
        let steps = walks.iter().find(|walk| Some(walk.0) == self.run).map_or(0, |walk| walk.2.len());
        self.at = self.at.min(steps.saturating_sub(1));
    }
}

/// Random weights, then the newest of each stage; with a reward model also its choice among a tuned model's answers.
pub fn suggestion(library: &Library, n: usize) -> Vec<Column> {
    let run = |id| library.runs.iter().find(|run| Some(run.id) == id);
    let newest = |wanted: &str| choices::writers(library).filter(|row| stage(run(row.run)) == wanted).last().map(|row| row.id);
    let base = newest("pre-trained");
    let like = base.or_else(|| choices::writers(library).last().map(|row| row.id));
    let mut columns: Vec<Column> = like.map(|like| Column::One(Weights::Fresh { like, seed: 0 })).into_iter().collect();
    let tuned = newest("fine-tuned (SFT)");
    let one = |id: Option<CheckpointId>| id.map(|id| Column::One(Weights::Checkpoint(id)));
    columns.extend(one(base));
    columns.extend(one(tuned));
    if let (Some(id), Some((judge, _))) = (tuned.or(base), reward_models(library).pop()) {
        columns.push(Column::BestOf { weights: Weights::Checkpoint(id), judge, n });
    }
    columns.extend(one(newest("preferences")));
    columns.extend(one(newest("RL")));
    columns
}

/// A column's stage in words.
pub fn column_stage(library: &Library, column: Column) -> String {
    let (Column::One(weights) | Column::BestOf { weights, .. }) = column;
    let of = |id| library.checkpoints.iter().find(|row| row.id == id).and_then(|row| row.run);
    let run = |id: CheckpointId| library.runs.iter().find(|run| Some(run.id) == of(id));
    let stage = match weights {
        Weights::Live => "live".to_owned(),
        Weights::Checkpoint(id) => stage(run(id)).to_owned(),
        Weights::Fresh { seed, .. } => format!("before the first step, seed {}", format::count(seed)),
    };
    match column {
        Column::One(_) => stage,
        Column::BestOf { n, .. } => format!("{stage}, best of {n}"),
    }
}
