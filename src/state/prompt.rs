//! The Prompt page: which weights answer, what was asked, what came. Draws nothing.

use serde::{Deserialize, Serialize};

use crate::config::Objective;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, GenerateRequest, JobId, LibraryCommand, ModelSource, Sampling, TrainCommand, Worker};
use crate::engine::event::{CheckpointRow, EndReason, GenerateResult, MaskGuess, PromptRow};

use super::jobs::JobKind;
use super::lab::{LabAction, LabDraft, LabState};
use super::look::{LookAction, LookDraft, LookState};
use super::prompt_view::PromptView;
use super::{AppState, choices, format};

/// Likeliest tokens that are shown for a mask.
const BEST: usize = 5;

/// What was asked of a model, and what came so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// None once it ended.
    pub job: Option<JobId>,
    pub source: ModelSource,
    /// Whose weights, in words.
    pub model: String,
    /// The weights of a run under way: which step they were of is known at the end.
    pub live: bool,
    pub request: GenerateRequest,
    pub text: String,
    pub result: Option<GenerateResult>,
    pub failure: Option<String>,
}

/// Masks of a text, and what a model would put there.
#[derive(Clone, Debug, PartialEq)]
pub struct Filling {
    /// None once it ended.
    pub job: Option<JobId>,
    pub model: String,
    pub text: String,
    pub masks: Vec<MaskGuess>,
    pub failure: Option<String>,
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct PromptState {
    /// Which weights answer; None: the run at hand, or else the newest checkpoint.
    pub source: Option<ModelSource>,
    pub answer: Option<Answer>,
    pub filling: Option<Filling>,
    pub view: PromptView,
    /// The inside of what was said.
    pub look: LookState,
    pub lab: LabState,
    /// What another page wants to be asked, with its number.
    pub wish: Option<(u64, GenerateRequest)>,
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum PromptAction {
    Show(PromptView),
    /// Ask these weights from now on.
    Use(ModelSource),
    UseCheckpoint(CheckpointId),
    Generate(GenerateRequest),
    /// Writes a prompt into the field, to be asked.
    Fill(GenerateRequest),
    FillMask(String),
    Look(LookAction),
    /// End what is being generated; what came stays.
    Stop,
    Lab(LabAction),
}

/// How a completion in the history came about; kept with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    pub model: String,
    pub step: u64,
    pub sampling: Sampling,
    pub max_tokens: usize,
    pub stop: Vec<String>,
}

/// What is typed and not yet done. Owned by the window.
#[derive(Clone, Debug)]
pub struct PromptDraft {
    pub prompt: String,
    pub sampling: Sampling,
    pub max_tokens: usize,
    /// One stop text a line; `\n` stands for a line break.
    pub stops: String,
    pub masked: String,
    pub search: String,
    /// The history's entry that is shown in place of the newest answer.
    pub recalled: Option<i64>,
    pub look: LookDraft,
    pub lab: LabDraft,
    /// The wish that was taken over last.
    wished: u64,
}

impl Default for PromptDraft {
    fn default() -> Self {
        Self {
            prompt: String::new(),
            sampling: Sampling::default(),
            max_tokens: 120,
            stops: String::new(),
            masked: String::new(),
            search: String::new(),
            recalled: None,
            look: LookDraft::default(),
            lab: LabDraft::default(),
            wished: 0,
        }
    }
}

impl PromptDraft {
    /// What is to be asked.
    pub fn request(&self) -> GenerateRequest {
        let stop = self.stops.lines().filter(|line| !line.is_empty()).map(|line| line.replace("\\n", "\n")).collect();
        GenerateRequest { prompt: self.prompt.clone(), sampling: self.sampling.clone(), max_tokens: self.max_tokens, stop }
    }

    /// Takes over what another page wants to be asked.
    pub fn take_wish(&mut self, state: &PromptState) {
        let Some((number, wish)) = state.wish.as_ref().filter(|(number, _)| *number != self.wished) else { return };
        self.wished = *number;
        let GenerateRequest { prompt, sampling, max_tokens, .. } = wish.clone();
        (self.prompt, self.sampling, self.max_tokens) = (prompt, sampling, max_tokens);
        self.stops.clear();
        self.recalled = None;
    }

    /// Puts an entry of the history back into the fields.
    pub fn recall(&mut self, row: &PromptRow) {
        self.prompt.clone_from(&row.prompt);
        if let Ok(kept) = serde_json::from_str::<Kept>(&row.settings) {
            (self.sampling, self.max_tokens) = (kept.sampling, kept.max_tokens);
            self.stops = kept.stop.iter().map(|stop| stop.replace('\n', "\\n")).collect::<Vec<_>>().join("\n");
        }
        self.recalled = Some(row.id);
    }
}

/// Named ways of drawing the next token.
pub fn sampling_presets() -> [(&'static str, &'static str, Sampling); 4] {
    let plain = Sampling { repetition_penalty: 1.0, temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 0 };
    [
        ("Balanced", "Varied but sensible: temperature 0.8, top-p 0.95", Sampling::default()),
        (
            "Careful",
            "Stays close to the likeliest: temperature 0.5, top-p 0.9",
            Sampling { temperature: 0.5, top_p: 0.9, ..plain.clone() },
        ),
        ("As learnt", "The model's own probabilities, unchanged: temperature 1, no filter", plain.clone()),
        (
            "Likeliest",
            "Always the likeliest token: temperature 0. The same prompt gives the same text",
            Sampling { temperature: 0.0, ..plain },
        ),
    ]
}

/// Why a text ended, as people say it.
pub fn why_ended(reason: EndReason) -> &'static str {
    match reason {
        EndReason::EndOfText => "the model ended the text",
        EndReason::StopText => "a stop text came",
        EndReason::MaxTokens => "the limit of tokens was reached",
        EndReason::ContextFull => "the model's context is full",
        EndReason::Cancelled => "you stopped it",
    }
}

impl AppState {
    pub(super) fn apply_prompt(&mut self, action: PromptAction) -> Vec<Command> {
        match action {
            PromptAction::Show(view) => self.prompt.view = view,
            PromptAction::Use(source) => self.prompt.source = Some(source),
            PromptAction::UseCheckpoint(checkpoint) => self.prompt.source = Some(ModelSource::Checkpoint(checkpoint)),
            PromptAction::Generate(request) => return self.generate(request),
            PromptAction::Fill(request) => {
                self.prompt.view = PromptView::Complete;
                // An answer to something else would stand under it.
                let commands = self.stop_prompt();
                self.prompt.answer = None;
                self.prompt.wish = Some((self.prompt.wish.as_ref().map_or(1, |(number, _)| number + 1), request));
                return commands;
            }
            PromptAction::FillMask(text) => return self.fill_mask(text),
            PromptAction::Look(action) => return self.apply_look(action),
            PromptAction::Stop => return self.stop_prompt(),
            PromptAction::Lab(action) => return self.apply_lab(action),
        }
        Vec::new()
    }

    /// The weights that would answer now; None: there is no model.
    pub fn prompt_source(&self) -> Option<ModelSource> {
        let live = self.live.as_ref().filter(|live| live.is_held()).map(|_| ModelSource::Live);
        let usable = |source: &ModelSource| match source {
            ModelSource::Live => live.is_some(),
            ModelSource::Checkpoint(id) => self.checkpoint(*id).is_some_and(|row| !row.missing),
        };
        // A reward model or a classifier has nothing to say here: it answers only where there is no other.
        let speaks = |row: &&CheckpointRow| row.is_encoder || choices::writers(&self.library).any(|known| known.id == row.id);
        let present = || self.library.checkpoints.iter().rev().filter(|row| !row.missing);
        let newest = || present().find(speaks).or_else(|| present().next()).map(|row| ModelSource::Checkpoint(row.id));
        self.prompt.source.filter(usable).or(live).or_else(newest)
    }

    /// Whether these weights fill masks instead of going on with a text.
    pub fn is_encoder(&self, source: ModelSource) -> bool {
        match source {
            ModelSource::Live => self.live.as_ref().is_some_and(|live| live.config.objective == Objective::Masked),
            ModelSource::Checkpoint(id) => self.checkpoint(id).is_some_and(|row| row.is_encoder),
        }
    }

    /// Weights in words, say "First words, step 1,200".
    pub fn source_name(&self, source: ModelSource) -> String {
        match source {
            ModelSource::Live => {
                let live = self.live.as_ref();
                let name =
                    live.map_or("The run", |live| self.run(live.run).map_or(live.config.name.as_str(), |row| row.name.as_str()));
                format!("{name}, live")
            }
            ModelSource::Checkpoint(id) => {
                self.checkpoint(id).map_or_else(String::new, |row| match row.run.and_then(|run| self.run(run)) {
                    Some(run) => format!("{}, step {}", run.name, format::count(row.step)),
                    None => choices::model_name(row),
                })
            }
        }
    }

    fn generate(&mut self, request: GenerateRequest) -> Vec<Command> {
        let Some(source) = self.prompt_source() else { return Vec::new() };
        let mut commands = self.stop_prompt();
        let job = self.answer_begins(source, &request, "Answering a prompt");
        commands.push(Command::Train(TrainCommand::Generate { job, source, request }));
        commands
    }

    /// Makes room for what comes.
    pub(super) fn answer_begins(&mut self, source: ModelSource, request: &GenerateRequest, what: &str) -> JobId {
        let job = self.jobs.start(JobKind::Generate, what);
        let model = self.source_name(source);
        let (text, result, failure) = Default::default();
        let live = source == ModelSource::Live;
        let request = request.clone();
        self.prompt.answer = Some(Answer { job: Some(job), source, model, live, request, text, result, failure });
        job
    }

    fn fill_mask(&mut self, text: String) -> Vec<Command> {
        let Some(source) = self.prompt_source() else { return Vec::new() };
        let mut commands = self.stop_prompt();
        let job = self.jobs.start(JobKind::FillMask, "Filling masks");
        let model = self.source_name(source);
        self.prompt.filling = Some(Filling { job: Some(job), model, text: text.clone(), masks: Vec::new(), failure: None });
        commands.push(Command::Train(TrainCommand::FillMask { job, source, text, top: BEST }));
        commands
    }

    pub(super) fn stop_prompt(&mut self) -> Vec<Command> {
        let jobs = [self.prompt.answer.as_ref().and_then(|a| a.job), self.prompt.filling.as_ref().and_then(|f| f.job)];
        jobs.into_iter().flatten().filter_map(|job| self.jobs.cancel(job)).collect()
    }

    /// A completion that ended goes into the history.
    pub(super) fn generated(&mut self, job: JobId, result: GenerateResult) -> Vec<Command> {
        let Some(answer) = self.prompt.answer.as_mut().filter(|answer| answer.job == Some(job)) else { return Vec::new() };
        answer.job = None;
        answer.text.clone_from(&result.completion);
        let GenerateRequest { prompt, sampling, max_tokens, stop } = answer.request.clone();
        let kept = Kept { model: answer.model.clone(), step: result.step, sampling, max_tokens, stop };
        let completion = result.completion.clone();
        answer.result = Some(result);
        if completion.is_empty() || self.read_only() {
            return Vec::new();
        }
        let settings = serde_json::to_string(&kept).unwrap_or_default();
        vec![Command::Library(LibraryCommand::SavePrompt { prompt, completion, settings })]
    }
}

impl PromptState {
    /// Something is being asked right now.
    pub fn is_busy(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.job.is_some())
            || self.filling.as_ref().is_some_and(|filling| filling.job.is_some())
    }

    pub(super) fn token_came(&mut self, job: JobId, text: &str) {
        if let Some(answer) = self.answer.as_mut().filter(|answer| answer.job == Some(job)) {
            answer.text.push_str(text);
        }
    }

    pub(super) fn filled(&mut self, job: JobId, masks: Vec<MaskGuess>) {
        if let Some(filling) = self.filling.as_mut().filter(|filling| filling.job == Some(job)) {
            (filling.job, filling.masks) = (None, masks);
        }
    }

    /// Takes a failure that belongs to something on the page; false if it is not its own.
    pub(super) fn failed(&mut self, job: JobId, message: &str) -> bool {
        self.end(|of| of == job, Some(message)) || self.lab.failed(job, message)
    }

    pub(super) fn cancelled(&mut self, job: JobId) {
        self.end(|of| of == job, None);
        self.lab.cancelled(job);
    }

    /// The worker died: what was asked will not come.
    pub(super) fn died(&mut self, worker: Worker) {
        if worker == Worker::Trainer {
            self.end(|_| true, Some("The trainer stopped before it could answer; ask again"));
            self.lab.died();
        }
    }

    fn end(&mut self, which: impl Fn(JobId) -> bool, message: Option<&str>) -> bool {
        let mut own = self.look.failed(&which, message);
        if let Some(answer) = self.answer.as_mut().filter(|answer| answer.job.is_some_and(&which)) {
            (answer.job, answer.failure, own) = (None, message.map(str::to_owned), true);
        }
        if let Some(filling) = self.filling.as_mut().filter(|filling| filling.job.is_some_and(&which)) {
            (filling.job, filling.failure, own) = (None, message.map(str::to_owned), true);
        }
        own
    }
}

#[cfg(test)]
mod tests;
