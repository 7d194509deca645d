//! Chats, best-of-n, counted and composed prompts: work beside plain completions, a small piece at a time. Trains nothing.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::super::active::ActiveRun;
use super::super::drawing::reading;
use super::super::judge::judge;
use super::super::{Hands, row_source};
use super::{Lent, PromptJob, Prompts};
use crate::config::Judge;
use crate::data::supervised::{RenderOptions, Side, TextRecipe};
use crate::engine::command::{CheckpointId, GenerateRequest, JobId, Sampling, TalkCommand};
use crate::engine::event::{EndReason, Event, Progress, TalkEvent};
use crate::engine::talk::{Asked, JudgedAnswer, Weights};
use crate::infer::Generation;
use crate::infer::generate::prompt_ids;
use crate::model::ModelConfig;
use crate::tokenizer::Tokenizer;
use crate::train::{Answered, Prompt};

use super::composing::{Composing, Nearness};

/// More than any context: what is too long is said, and not cut.
const UNCUT: usize = usize::MAX / 4;
/// Answers of one best-of-n.
pub const MOST_ANSWERS: usize = 64;

/// What is under way.
#[derive(Default)]
pub struct Talks {
    tasks: VecDeque<Task>,
    nearness: Nearness,
}

enum Task {
    BestOf(Box<BestOf>),
    Compose(Box<Composing>),
}

/// Several answers to one prompt.
struct BestOf {
    job: JobId,
    weights: Weights,
    asked: Asked,
    judge: CheckpointId,
    generation: Generation,
    n: usize,
    most: u64,
    began: Instant,
}

impl Talks {
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// Whether these weights are still to be read from.
    pub fn needs(&self, weights: Weights) -> bool {
        self.tasks.iter().any(|task| task.of().1 == weights)
    }

    /// Work that these weights do.
    pub fn by(&self, weights: Weights) -> impl Iterator<Item = JobId> {
        self.tasks.iter().map(Task::of).filter(move |of| of.1 == weights).map(|of| of.0)
    }

    /// True if this was under way.
    pub fn cancel(&mut self, job: JobId) -> bool {
        let before = self.tasks.len();
        self.tasks.retain(|task| task.of().0 != job);
        self.tasks.len() < before
    }
}

impl Task {
    fn of(&self) -> (JobId, Weights) {
        match self {
            Self::BestOf(best) => (best.job, best.weights),
            Self::Compose(composing) => (composing.job, composing.weights),
        }
    }
}

impl Prompts {
    /// Begins what was asked, or answers it at once where that is quick.
    pub fn talk(&mut self, ask: TalkCommand, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        let (job, begun) = match ask {
            TalkCommand::Answer { job, weights, asked, request } => {
                hands.vital.jobs.insert(job);
                (job, self.answer((job, weights), &asked, request, run, hands))
            }
            TalkCommand::BestOf { job, weights, asked, request, n, judge } => {
                hands.vital.jobs.insert(job);
                (job, self.best_of((job, weights), asked, &request, (n, judge), run, hands))
            }
            TalkCommand::Count { job, weights, asked } => {
                hands.vital.jobs.insert(job);
                (job, self.count((job, weights), &asked, run, hands))
            }
            TalkCommand::Compose { job, weights, wish } => {
                hands.vital.jobs.insert(job);
                let begun = Composing::begin(job, weights, *wish, hands);
                (job, begun.map(|composing| self.talks.tasks.push_back(Task::Compose(Box::new(composing)))))
            }
        };
        if let Err(message) = begun {
            hands.fail_job(job, message);
        }
    }

    fn answer(
        &mut self,
        (job, weights): (JobId, Weights),
        asked: &Asked,
        request: GenerateRequest,
        run: Option<&ActiveRun>,
        hands: &mut Hands<'_>,
    ) -> Result<(), String> {
        let began = Instant::now();
        let lent = self.lend_weights(weights, run, hands)?;
        let (ids, _) = asked_ids(asked, &lent.model.config, lent.tokenizer, lent.dir)?;
        let generation = Generation::after(&lent.model.config, lent.tokenizer, vec![(ids, request)]);
        let generation = generation.map_err(|error| error.to_string())?;
        self.jobs.push(PromptJob { job, weights, generation, began, first_token_s: None });
        Ok(())
    }

    fn best_of(
        &mut self,
        (job, weights): (JobId, Weights),
        asked: Asked,
        request: &GenerateRequest,
        (n, judge): (usize, CheckpointId),
        run: Option<&ActiveRun>,
        hands: &mut Hands<'_>,
    ) -> Result<(), String> {
        let n = n.clamp(1, MOST_ANSWERS);
        let lent = self.lend_weights(weights, run, hands)?;
        let (ids, _) = asked_ids(&asked, &lent.model.config, lent.tokenizer, lent.dir)?;
        // The first of them is the one that would be drawn alone.
        let seed = |i: usize| request.sampling.seed.wrapping_add(i as u64);
        let one =
            |i: usize| GenerateRequest { sampling: Sampling { seed: seed(i), ..request.sampling.clone() }, ..request.clone() };
        let rows = (0..n).map(|i| (ids.clone(), one(i))).collect();
        let generation = Generation::after(&lent.model.config, lent.tokenizer, rows).map_err(|error| error.to_string())?;
        let most = (n * request.max_tokens) as u64;
        let best = BestOf { job, weights, asked, judge, generation, n, most, began: Instant::now() };
        self.talks.tasks.push_back(Task::BestOf(Box::new(best)));
        Ok(())
    }

    fn count(
        &mut self,
        (job, weights): (JobId, Weights),
        asked: &[Asked],
        run: Option<&ActiveRun>,
        hands: &mut Hands<'_>,
    ) -> Result<(), String> {
        let lent = self.lend_weights(weights, run, hands)?;
        let config = &lent.model.config;
        let mut first = None;
        let mut tokens = Vec::with_capacity(asked.len());
        for one in asked {
            let read = asked_ids(one, config, lent.tokenizer, lent.dir);
            tokens.push(read.as_ref().map(|(ids, _)| ids.len()).map_err(Clone::clone));
            first = first.or_else(|| read.ok().map(|(_, text)| text));
        }
        let event = TalkEvent::Counted { job, tokens, context: config.max_len, text: first.unwrap_or_default() };
        hands.vital.jobs.remove(&job);
        hands.outbox.send(Event::Talk(event));
        Ok(())
    }

    /// A piece of what was asked for first: a token of every answer, or some rows compared.
    pub(super) fn talk_on(&mut self, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        let Some(mut task) = self.talks.tasks.pop_front() else { return };
        let (job, weights) = task.of();
        let mut nearness = std::mem::take(&mut self.talks.nearness);
        let turned = self.lend_weights(weights, run, hands).map(|mut lent| match &mut task {
            Task::BestOf(best) => best.turn(&mut lent),
            Task::Compose(composing) => composing.turn(lent.model, lent.tokenizer, lent.workspace, &mut nearness),
        });
        self.talks.nearness = nearness;
        match turned {
            Ok(Turned::On(done, total, unit)) => {
                let (what, elapsed_s) = match &task {
                    Task::BestOf(best) => ("Drawing answers", best.began.elapsed().as_secs_f64()),
                    Task::Compose(composing) => ("Comparing examples", composing.began.elapsed().as_secs_f64()),
                };
                hands.outbox.send(Event::Progress(Progress { job, what: what.to_owned(), done, total, unit, elapsed_s }));
                self.talks.tasks.push_front(task);
            }
            Ok(Turned::Drawn) => {
                if let Task::BestOf(best) = task
                    && let Err(message) = self.judged(&best, run, hands)
                {
                    hands.fail_job(job, message);
                }
            }
            Ok(Turned::Composed(composed)) => {
                hands.vital.jobs.remove(&job);
                hands.outbox.send(Event::Talk(TalkEvent::Composed { job, composed }));
            }
            Err(message) => hands.fail_job(job, message),
        }
    }

    /// What the reward model says of all answers.
    fn judged(&mut self, best: &BestOf, run: Option<&ActiveRun>, hands: &mut Hands<'_>) -> Result<(), String> {
        let lent = self.lend_weights(best.weights, run, hands)?;
        let (step, tokenizer) = (lent.step, lent.tokenizer.clone());
        let side = match &best.asked {
            Asked::Text(text) => Side::Text(text.clone()),
            Asked::Turns { turns, .. } => Side::Messages(turns.clone()),
        };
        let prompt = Prompt { question: 0, ids: Vec::new(), text: crate::feedback::side_text(&side), right: None };
        let mut say =
            judge(&[Judge::Model { checkpoint: best.judge, weight: 1.0 }], BTreeMap::from([(0, side)]), tokenizer, hands)?;
        let (generation, rows) = (&best.generation, 0..best.n);
        let answered = |row: usize| {
            let answer = generation.ids(row).get(generation.prompt_tokens(row)..).unwrap_or_default();
            Answered { prompt: &prompt, answer, ended: generation.why_ended(row) == Some(EndReason::EndOfText) }
        };
        let verdicts = say(&rows.clone().map(answered).collect::<Vec<_>>())?;
        let text = |row| generation.text(row).to_owned();
        let mut answers: Vec<JudgedAnswer> =
            rows.zip(verdicts).map(|(row, verdict)| JudgedAnswer { text: text(row), reward: verdict.total }).collect();
        answers.sort_by(|a, b| b.reward.total_cmp(&a.reward));
        hands.vital.jobs.remove(&best.job);
        hands.outbox.send(Event::Talk(TalkEvent::Judged { job: best.job, step, answers }));
        Ok(())
    }
}

/// How far a piece of work came.
pub(super) enum Turned {
    On(u64, u64, &'static str),
    Drawn,
    Composed(Box<crate::engine::talk::ComposedPrompt>),
}

impl BestOf {
    fn turn(&mut self, lent: &mut Lent<'_>) -> Turned {
        self.generation.step(lent.model, lent.tokenizer, lent.workspace);
        if self.generation.is_done() {
            return Turned::Drawn;
        }
        let done = (0..self.n).map(|row| self.generation.new_tokens(row) as u64).sum();
        Turned::On(done, self.most, "tokens")
    }
}

/// What is asked, as this model reads it: its tokens, and the text that they are of.
fn asked_ids(asked: &Asked, config: &ModelConfig, tokenizer: &Tokenizer, dir: &Path) -> Result<(Vec<u32>, String), String> {
    match asked {
        Asked::Text(text) => Ok((prompt_ids(config, tokenizer, text), text.clone())),
        Asked::Turns { turns, template } => {
            let template = reading(*template, config, tokenizer, dir)?;
            let options = RenderOptions { begin: row_source::begin(config), ..RenderOptions::new(UNCUT) };
            let recipe = TextRecipe { template: &template, words: None, tokenizer, options };
            let ids = recipe.prompt(&Side::Messages(turns.clone())).map_err(|why| sentence(&why.to_string()))?;
            let objects: Vec<_> = turns.iter().map(|it| json!({ "role": it.role.name(), "content": it.content })).collect();
            let text = template.render(&objects, true).map_err(|why| sentence(&why.to_string()))?;
            Ok((ids, text))
        }
    }
}

/// As a sentence of its own.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
