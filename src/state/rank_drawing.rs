//! How further questions come to the Rank page: prompts are answered before they are wanted. Draws nothing on the screen.

use super::rank::{RankPage, is_live};
use super::rank_asking::{AskNext, evenly, margin, typed};
use super::{AppState, JobKind};
use crate::data::hash::mix;
use crate::data::supervised::Side;
use crate::engine::Command;
use crate::engine::command::{AlignCommand, DatasetId, JobId, ModelSource, Sampling};
use crate::engine::feedback::FeedbackCommand;
use crate::feedback::{Candidate, Question, side_text};

/// Prompts that are fetched at once.
const POOL: u32 = 1000;
/// Prompts in a row that come to nothing before a person is asked what to do.
const PATIENCE: usize = 8;

impl AppState {
    /// Has further questions made ready before they are wanted.
    pub(super) fn refill(&mut self) -> Vec<Command> {
        let mut commands = self.ask_judge();
        let live = self.live.as_ref().is_some_and(|live| live.is_held() && is_live(live.config.tune.as_ref()));
        let page = &mut self.rank;
        let Some(dataset) = page.dataset else { return commands };
        let waiting = page.ready.len() + page.drawing.len() + page.adding.len();
        let wanted = page.asking.next.ready();
        if waiting >= wanted || page.loading {
            return commands;
        }
        if page.more {
            commands.push(self.load_unanswered(dataset));
            return commands;
        }
        let mut sources: Vec<ModelSource> = page.asking.checkpoints.iter().map(|id| ModelSource::Checkpoint(*id)).collect();
        if live {
            sources = vec![ModelSource::Live];
        }
        if sources.is_empty() {
            page.dry = Some("Choose who answers, and further questions come".to_owned());
            return commands;
        }
        if page.in_vain >= PATIENCE {
            return commands;
        }
        if !std::mem::replace(&mut page.typed_taken, true) {
            page.typed = typed(&page.asking.typed).collect();
        }
        if let Some(prompts) = page.asking.prompts.filter(|prompts| page.pool_of != Some(*prompts)) {
            (page.pool_of, page.loading) = (Some(prompts), true);
            commands.push(Command::Feedback(FeedbackCommand::LoadPrompts { dataset: prompts, limit: POOL }));
        }
        commands.extend(self.draw_more(dataset, &sources, wanted - waiting));
        commands
    }

    /// Has so many prompts answered: those that were typed first, then all others in turn.
    fn draw_more(&mut self, dataset: DatasetId, sources: &[ModelSource], n: usize) -> Vec<Command> {
        let mut commands = Vec::new();
        for _ in 0..n {
            let page = &mut self.rank;
            // What was asked already waits while the others are on their way.
            let rest = |page: &mut RankPage| if page.loading { None } else { page.pool.pop_front() };
            let Some(prompt) = page.typed.pop_front().or_else(|| rest(page)) else {
                if page.dry.is_none() && !page.loading && page.drawing.is_empty() {
                    page.dry = Some("Choose where prompts come from, and further questions come".to_owned());
                }
                break;
            };
            page.pool.push_back(prompt.clone());
            let job = self.jobs.start(JobKind::Draw, "Drawing answers");
            let page = &mut self.rank;
            page.drawn += 1;
            page.drawing.push((job, prompt.clone()));
            let asking = &page.asking;
            // With fewer answers than models, the models take turns.
            let answers = asking.answers.clamp(1, 9);
            let mut sources = sources.to_vec();
            let turn = page.drawn as usize % sources.len();
            sources.rotate_left(turn);
            sources.truncate(answers);
            // Other draws than those of the questions that stand already.
            let base = mix(dataset as u64, asking.sampling.seed);
            let seed = mix(base, 1000 * page.state.progress.questions + page.drawn);
            commands.push(Command::Align(AlignCommand::Draw {
                job,
                n: answers.div_ceil(sources.len()),
                sources,
                prompt,
                max_tokens: asking.max_tokens,
                sampling: Sampling { seed, ..asking.sampling.clone() },
            }));
        }
        commands
    }

    /// Answers to a prompt are there: they become a question of the collection.
    pub(super) fn drawn(&mut self, job: JobId, prompt: Side, candidates: Vec<Candidate>) -> Vec<Command> {
        self.jobs.finish(job);
        let ours = self.rank.draw_ended(job).is_some();
        let Some(dataset) = self.rank.dataset.filter(|_| ours) else { return Vec::new() };
        let answers = self.rank.asking.answers.clamp(1, 9);
        let candidates = evenly(candidates, answers);
        if candidates.len() < answers.min(2) {
            let line = first_line(&prompt);
            let why = if candidates.is_empty() {
                format!("no answer had a word in it, the last to “{line}”")
            } else {
                format!("every answer came out the same, the last to “{line}”")
            };
            self.rank.came_to_nothing(&why, "raise the temperature, allow more tokens, or choose another model");
            return self.refill();
        }
        (self.rank.in_vain, self.rank.dry) = (0, None);
        let question = Question { prompt, candidates, repeats: None };
        self.rank.adding.push_back(question.clone());
        vec![Command::Feedback(FeedbackCommand::Add { dataset, questions: vec![question] })]
    }

    /// A draw or a judgement came to nothing. None: it was none of this page's.
    pub(super) fn draw_failed(&mut self, job: JobId, message: &str) -> Option<Vec<Command>> {
        if self.rank.judging.take_if(|judging| *judging == job).is_some() {
            // Questions still come, only not the least sure first.
            self.rank.asking.next = AskNext::Random;
            self.notices.warning(format!("Questions come at random from now on: {message}"));
            return Some(Vec::new());
        }
        let prompt = self.rank.draw_ended(job)?;
        let page = &mut self.rank;
        // This prompt cannot be asked; the others can.
        page.pool.retain(|other| *other != prompt);
        let line = first_line(&prompt);
        page.came_to_nothing(&format!("“{line}” could not be answered: {message}"), "choose other prompts or another model");
        if page.in_vain == 1 {
            self.notices.warning(format!("“{line}” is left out: {message}"));
        }
        Some(self.refill())
    }

    /// A live run is over: where no question waits, others are to answer.
    pub(super) fn refill_after_live(&mut self) -> Vec<Command> {
        let held = self.live.as_ref().is_some_and(super::LiveRun::is_held);
        if held || self.rank.now.is_some() { Vec::new() } else { self.refill() }
    }

    /// The model has changed: what came to nothing may come to something now.
    pub(super) fn try_again(&mut self) -> Vec<Command> {
        if self.rank.in_vain < PATIENCE {
            return Vec::new();
        }
        (self.rank.in_vain, self.rank.dry) = (0, None);
        self.refill()
    }

    /// Has a reward model look at the questions that it has not seen.
    fn ask_judge(&mut self) -> Vec<Command> {
        let page = &mut self.rank;
        let Some(checkpoint) = page.asking.judge.filter(|_| page.asking.next == AskNext::LeastSure) else { return Vec::new() };
        let unseen = page.ready.iter().filter(|asked| !page.margins.contains_key(&asked.id) && asked.order.len() > 1);
        let questions: Vec<(i64, Question)> = unseen.map(|asked| (asked.id, asked.question.clone())).collect();
        if questions.is_empty() || page.judging.is_some() {
            return Vec::new();
        }
        let job = self.jobs.start(JobKind::Draw, "Judging answers");
        self.rank.judging = Some(job);
        vec![Command::Align(AlignCommand::Rate { job, checkpoint, questions })]
    }

    /// A reward model looked at questions.
    pub(super) fn rated(&mut self, job: JobId, rewards: Vec<(i64, Vec<f32>)>) -> Vec<Command> {
        self.jobs.finish(job);
        if self.rank.judging.take_if(|judging| *judging == job).is_none() {
            return Vec::new();
        }
        self.rank.margins.extend(rewards.into_iter().map(|(question, rewards)| (question, margin(&rewards))));
        self.ask_judge()
    }
}

impl RankPage {
    /// The prompt of a draw that is over.
    pub(super) fn draw_ended(&mut self, job: JobId) -> Option<Side> {
        let at = self.drawing.iter().position(|(known, _)| *known == job)?;
        Some(self.drawing.remove(at).1)
    }

    /// One more prompt came to nothing; after some of them nothing is drawn until somebody changes something.
    fn came_to_nothing(&mut self, why: &str, what_to_do: &str) {
        self.in_vain += 1;
        if self.in_vain >= PATIENCE {
            self.dry = Some(format!("{PATIENCE} prompts in a row came to nothing ({why}); {what_to_do}"));
        } else if self.pool.is_empty() && self.typed.is_empty() {
            self.dry = Some(format!("No prompt is left ({why}); {what_to_do}"));
        }
    }
}

fn first_line(prompt: &Side) -> String {
    super::format::one_line(&side_text(prompt), 60)
}
