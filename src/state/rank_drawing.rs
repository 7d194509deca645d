//! How further questions come to the Rank page: prompts are answered before they are wanted. Draws nothing on the screen.

use std::collections::VecDeque;

use super::rank::is_live;
use super::{AppState, JobKind};
use crate::data::supervised::Side;
use crate::engine::Command;
use crate::engine::command::{AlignCommand, DatasetId, JobId, ModelSource, Sampling};
use crate::engine::feedback::{FeedbackCommand, QuestionQuery};
use crate::feedback::{Candidate, Origin, Question, side_text};

/// Questions that should be ready before they are wanted, and prompts that are fetched at once.
const READY: usize = 3;
const POOL: u32 = 1000;

impl AppState {
    /// Has further questions made ready before they are wanted.
    pub(super) fn refill(&mut self) -> Vec<Command> {
        let live = self.live.as_ref().is_some_and(|live| live.is_held() && is_live(live.config.tune.as_ref()));
        let page = &mut self.rank;
        let Some(dataset) = page.dataset else { return Vec::new() };
        let waiting = page.ready.len() + page.drawing.len() + page.adding.len();
        if waiting >= READY || page.loading {
            return Vec::new();
        }
        if page.more {
            return vec![self.load_unanswered(dataset)];
        }
        let mut sources: Vec<ModelSource> = page.asking.checkpoints.iter().map(|id| ModelSource::Checkpoint(*id)).collect();
        if live {
            sources = vec![ModelSource::Live];
        }
        if sources.is_empty() {
            page.dry = Some("Choose who answers, and further questions come".to_owned());
            return Vec::new();
        }
        if !page.typed_taken {
            page.typed_taken = true;
            let lines = page.asking.typed.lines().map(str::trim).filter(|line| !line.is_empty());
            page.pool.extend(lines.map(|line| Side::Text(line.to_owned())));
        }
        if !page.pool.is_empty() {
            return self.draw_more(dataset, &sources, READY - waiting);
        }
        let Some(prompts) = page.asking.prompts else {
            page.dry = Some("Choose where prompts come from, and further questions come".to_owned());
            return Vec::new();
        };
        if page.pool_of != Some(prompts) {
            (page.pool_of, page.loading) = (Some(prompts), true);
            page.pool.clear();
            let query = QuestionQuery::default();
            return vec![Command::Feedback(FeedbackCommand::LoadQuestions { dataset: prompts, query, offset: 0, limit: POOL })];
        }
        self.draw_more(dataset, &sources, READY - waiting)
    }

    /// Has so many prompts answered.
    fn draw_more(&mut self, dataset: DatasetId, sources: &[ModelSource], n: usize) -> Vec<Command> {
        let mut commands = Vec::new();
        for _ in 0..n {
            let Some(prompt) = self.rank.pool.pop_front() else {
                self.rank.dry = Some("These prompts hold nothing that could be asked".to_owned());
                break;
            };
            self.rank.pool.push_back(prompt.clone());
            let job = self.jobs.start(JobKind::Draw, "Drawing answers");
            let page = &mut self.rank;
            page.drawn += 1;
            page.drawing.push(job);
            let n = page.asking.answers.max(2).div_ceil(sources.len());
            let sampling = Sampling {
                temperature: page.asking.temperature,
                // Other draws than those of the questions that stand already.
                seed: crate::data::hash::mix(dataset as u64, 1000 * page.state.progress.questions + page.drawn),
                ..Sampling::default()
            };
            let max_tokens = page.asking.max_tokens;
            let draw = AlignCommand::Draw { job, sources: sources.to_vec(), prompt, n, max_tokens, sampling };
            commands.push(Command::Align(draw));
        }
        commands
    }

    /// Answers to a prompt are there: they become a question of the collection.
    pub(super) fn drawn(&mut self, job: JobId, prompt: Side, candidates: Vec<Candidate>) -> Vec<Command> {
        self.jobs.finish(job);
        let ours = self.rank.drawing.contains(&job);
        self.rank.drawing.retain(|known| *known != job);
        let Some(dataset) = self.rank.dataset.filter(|_| ours) else { return Vec::new() };
        let candidates = evenly(candidates, self.rank.asking.answers.clamp(2, 9));
        if candidates.len() < 2 {
            let text = side_text(&prompt);
            let line = text.lines().next().unwrap_or_default().to_owned();
            self.notices.info(format!("To “{line}” every answer came out the same, so there is nothing to compare"));
            return self.refill();
        }
        let question = Question { prompt, candidates, repeats: None };
        self.rank.adding.push_back(question.clone());
        vec![Command::Feedback(FeedbackCommand::Add { dataset, questions: vec![question] })]
    }

    /// A draw came to nothing.
    pub(super) fn draw_failed(&mut self, job: JobId, message: &str) -> bool {
        let ours = self.rank.drawing.contains(&job);
        if ours {
            self.rank.drawing.retain(|known| *known != job);
            self.rank.dry = Some(message.to_owned());
        }
        ours
    }
}

/// At most `most` answers, of every model as many as of the others.
fn evenly(candidates: Vec<Candidate>, most: usize) -> Vec<Candidate> {
    let mut by: Vec<(Origin, VecDeque<Candidate>)> = Vec::new();
    for candidate in candidates {
        match by.iter_mut().find(|(origin, _)| *origin == candidate.origin) {
            Some((_, own)) => own.push_back(candidate),
            None => by.push((candidate.origin.clone(), VecDeque::from([candidate]))),
        }
    }
    let mut out = Vec::new();
    while out.len() < most && by.iter().any(|(_, own)| !own.is_empty()) {
        out.extend(by.iter_mut().filter_map(|(_, own)| own.pop_front()));
    }
    out.truncate(most);
    out
}
