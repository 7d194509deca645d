//! The few-shot view: which examples, in which words, and whether the answer was right. Draws nothing.

use super::AppState;
use super::jobs::JobKind;
use crate::data::supervised::{FewShot, Pick, ShotOrder, TaskTemplate};
use crate::engine::Command;
use crate::engine::command::{DatasetId, GenerateRequest, JobId, Schema, TalkCommand};
use crate::engine::event::{DatasetInfo, GenerateResult, Library};
use crate::engine::talk::{Asked, ComposeWish, ComposedPrompt, Query, Weights};
use crate::evaluate::answer_score;

/// What a person can do there.
#[derive(Clone, Debug, PartialEq)]
pub enum FewShotAction {
    /// Make this prompt, unless it is made.
    Compose(Box<ComposeWish>),
    /// Have the prompt that is shown answered.
    Ask(GenerateRequest),
    Stop,
}

/// An answer, held against the truth.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedAnswer {
    /// None once it ended.
    pub job: Option<JobId>,
    pub model: String,
    pub text: String,
    /// The prompt's right answer; empty where none is known.
    pub truth: String,
    labels: Vec<String>,
    pub result: Option<GenerateResult>,
}

/// How an answer stands to the truth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Check {
    Right,
    /// Shared words, from 0 to 1 (token F1).
    Partly(f64),
    Wrong,
    /// It says none of the labels.
    NoLabel,
}

impl CheckedAnswer {
    /// None where no right answer is known, or none is there yet.
    pub fn check(&self) -> Option<Check> {
        self.result.as_ref()?;
        (!self.truth.is_empty()).then(|| check(&self.truth, &self.labels, &self.text))
    }
}

/// Holds an answer against the truth, as short answers are measured: without case, punctuation and articles.
pub fn check(truth: &str, labels: &[String], answer: &str) -> Check {
    let given = answer.trim();
    let score = answer_score(&[truth.to_owned()], given);
    if score.exact > 0.5 {
        return Check::Right;
    }
    let says = |label: &String| answer_score(std::slice::from_ref(label), given).exact > 0.5;
    if !labels.is_empty() {
        return if labels.iter().any(says) { Check::Wrong } else { Check::NoLabel };
    }
    if score.f1 > 0.0 { Check::Partly(score.f1) } else { Check::Wrong }
}

/// All that the view knows.
#[derive(Clone, Debug, Default)]
pub struct FewShotState {
    pub composed: Option<Box<ComposedPrompt>>,
    of: Option<(Weights, ComposeWish)>,
    composing: Option<(JobId, Weights, ComposeWish)>,
    pub failure: Option<String>,
    pub answer: Option<CheckedAnswer>,
}

impl FewShotState {
    /// Whether this prompt is the one that is shown, or on its way.
    pub fn is_made(&self, weights: Weights, wish: &ComposeWish) -> bool {
        self.composing.is_some() || self.of.as_ref().is_some_and(|(of, made)| *of == weights && made == wish)
    }

    /// The job that makes a prompt.
    pub fn composing(&self) -> Option<JobId> {
        self.composing.as_ref().map(|composing| composing.0)
    }

    pub fn is_busy(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.job.is_some())
    }

    pub(super) fn composed_came(&mut self, job: JobId, composed: Box<ComposedPrompt>) {
        if let Some((_, weights, wish)) = self.composing.take_if(|composing| composing.0 == job) {
            (self.composed, self.of, self.failure) = (Some(composed), Some((weights, wish)), None);
        }
    }

    pub(super) fn token_came(&mut self, job: JobId, text: &str) {
        if let Some(answer) = self.answer.as_mut().filter(|answer| answer.job == Some(job)) {
            answer.text.push_str(text);
        }
    }

    pub(super) fn generated(&mut self, job: JobId, result: &GenerateResult) {
        if let Some(answer) = self.answer.as_mut().filter(|answer| answer.job == Some(job)) {
            answer.job = None;
            answer.text.clone_from(&result.completion);
            answer.result = Some(result.clone());
        }
    }

    pub(super) fn end(&mut self, which: &impl Fn(JobId) -> bool, message: Option<&str>) -> bool {
        let mut own = false;
        if let Some((_, weights, wish)) = self.composing.take_if(|composing| which(composing.0)) {
            // Not tried again until something changes.
            (self.of, self.composed) = (Some((weights, wish)), None);
            (self.failure, own) = (Some(message.unwrap_or("Stopped; change something to begin again").to_owned()), true);
        }
        if let Some(answer) = self.answer.as_mut().filter(|answer| answer.job.is_some_and(which)) {
            (answer.job, own) = (None, true);
            self.failure = message.map(str::to_owned);
        }
        own
    }
}

impl AppState {
    pub(super) fn apply_few_shot(&mut self, action: FewShotAction) -> Vec<Command> {
        let Some(source) = self.writing_source() else { return Vec::new() };
        match action {
            FewShotAction::Compose(wish) => {
                if self.talk.few.is_made(source.into(), &wish) {
                    return Vec::new();
                }
                let job = self.jobs.start(JobKind::Compose, "Composing a prompt");
                self.talk.few.composing = Some((job, source.into(), (*wish).clone()));
                vec![Command::Talk(TalkCommand::Compose { job, weights: source.into(), wish })]
            }
            FewShotAction::Ask(request) => {
                let Some(composed) = self.talk.few.composed.clone() else { return Vec::new() };
                let mut commands = self.stop_few_shot();
                let job = self.jobs.start(JobKind::Generate, "Answering with examples");
                let model = self.source_name(source);
                let ComposedPrompt { text, truth, labels, .. } = *composed;
                self.talk.few.failure = None;
                self.talk.few.answer =
                    Some(CheckedAnswer { job: Some(job), model, text: String::new(), truth, labels, result: None });
                let asked = Asked::Text(text);
                commands.push(Command::Talk(TalkCommand::Answer { job, weights: source.into(), asked, request }));
                commands
            }
            FewShotAction::Stop => self.stop_few_shot(),
        }
    }

    fn stop_few_shot(&mut self) -> Vec<Command> {
        let job = self.talk.few.answer.as_ref().and_then(|answer| answer.job).or(self.talk.few.composing());
        job.and_then(|job| self.jobs.cancel(job)).into_iter().collect()
    }
}

/// What is chosen and typed. Owned by the window.
#[derive(Clone, Debug)]
pub struct FewShotDraft {
    pub dataset: Option<DatasetId>,
    pub instruction: String,
    pub k: usize,
    pub pick: Pick,
    /// These rows in this order, in place of what `pick` chooses.
    pub by_hand: Option<Vec<i64>>,
    pub order: ShotOrder,
    pub prompt_words: String,
    pub answer_words: String,
    /// With `\n` for a line break.
    pub joint: String,
    pub separator: String,
    pub seed: u64,
    pub place: u64,
    /// Asked in place of a row, where it is not empty.
    pub typed: String,
    pub max_tokens: usize,
    /// What the words were filled in for.
    pub filled: Option<DatasetId>,
}

impl Default for FewShotDraft {
    fn default() -> Self {
        Self {
            dataset: None,
            instruction: String::new(),
            k: 1,
            pick: Pick::Random,
            by_hand: None,
            order: ShotOrder::AsPicked,
            prompt_words: String::new(),
            answer_words: String::new(),
            joint: " ".to_owned(),
            separator: "\\n\\n".to_owned(),
            seed: 0,
            place: 0,
            typed: String::new(),
            max_tokens: 24,
            filled: None,
        }
    }
}

impl FewShotDraft {
    /// Takes over what the project holds where nothing is chosen; a new dataset brings plain words for its task.
    pub fn settle(&mut self, library: &Library) {
        let fits = |row: &&DatasetInfo| !row.deleted && row.schema.is_supervised();
        let known = |id: DatasetId| library.datasets.iter().filter(fits).any(|row| row.id == id);
        self.dataset = self.dataset.filter(|id| known(*id)).or_else(|| library.datasets.iter().find(fits).map(|row| row.id));
        if self.dataset != self.filled {
            if let Some(row) = library.datasets.iter().find(|row| Some(row.id) == self.dataset) {
                self.take_words(row);
            }
            (self.by_hand, self.place) = (None, 0);
            self.typed.clear();
        }
    }

    /// Plain words for a dataset's task.
    pub fn take_words(&mut self, row: &DatasetInfo) {
        let words = words_for(row);
        (self.prompt_words, self.answer_words) = (words.prompt, words.answer);
        self.dataset = Some(row.id);
        self.filled = Some(row.id);
    }

    /// What is to be made.
    pub fn wish(&self) -> Option<ComposeWish> {
        let plain = |text: &str| text.replace("\\n", "\n");
        let these = |rows: &Vec<i64>| Pick::These(rows.iter().map(|row| *row as usize).collect());
        let few = FewShot {
            instruction: self.instruction.clone(),
            k: self.k,
            pick: self.by_hand.as_ref().map_or_else(|| self.pick.clone(), these),
            order: if self.by_hand.is_some() { ShotOrder::AsPicked } else { self.order },
            words: TaskTemplate::new(&self.prompt_words, &self.answer_words),
            joint: plain(&self.joint),
            separator: plain(&self.separator),
            seed: self.seed,
        };
        let typed = self.typed.trim();
        let query = if typed.is_empty() { Query::Place(self.place) } else { Query::Text(typed.to_owned()) };
        Some(ComposeWish { dataset: self.dataset?, few, query })
    }
}

/// Plain words for the task of a dataset.
pub fn words_for(row: &DatasetInfo) -> TaskTemplate {
    match row.schema {
        Schema::Classes => TaskTemplate::new("Text: {text}\nLabel:", "{label}"),
        Schema::Entities => TaskTemplate::new("Text: {text}\nEntities:", "{entities}"),
        Schema::ExtractiveQa => TaskTemplate::new("{context}\nQuestion: {question}\nAnswer:", "{answer}"),
        Schema::Translation => TaskTemplate::new("{source_language}: {source}\n{target_language}:", "{target}"),
        Schema::Recommendation => TaskTemplate::new("User: {user}\nItem: {item}\nRating:", "{rating}"),
        Schema::PromptCompletion if row.columns.iter().any(|column| column == "summary") => {
            TaskTemplate::new("Text: {prompt}\nSummary:", "{completion}")
        }
        Schema::PromptCompletion => TaskTemplate::new("{prompt}\nAnswer:", "{completion}"),
        Schema::Instruction
        | Schema::Messages
        | Schema::Conversations
        | Schema::Text
        | Schema::Preference
        | Schema::Unpaired
        | Schema::Ranking
        | Schema::Prompts => TaskTemplate::new("{prompt}", "{completion}"),
    }
}
