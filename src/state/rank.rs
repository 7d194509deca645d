//! The Rank page: which answers wait to be compared, the votes, and what each one did to a live policy. Draws nothing.

use std::collections::VecDeque;

use super::{AppState, JobKind};
use crate::config::{Align, Tune, first_align};
use crate::data::supervised::Side;
use crate::engine::Command;
use crate::engine::command::{AlignCommand, CheckpointId, DatasetId, JobId, ModelSource, Sampling, Schema};
use crate::engine::event::Effect;
use crate::engine::feedback::{Ballot, FeedbackCommand, FeedbackState, QuestionFilter, QuestionQuery};
use crate::feedback::{FeedbackSettings, Honesty, Question, Verdict, Vote, side_text};
use crate::train::PreferenceLoss;

/// Questions that should be ready before they are wanted, and prompts that are fetched at once.
const READY: usize = 3;
const POOL: u32 = 1000;

/// Where questions come from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asking {
    /// Who answers; the run at hand, if none is named and a live run is under way.
    pub checkpoints: Vec<CheckpointId>,
    /// Dataset whose prompts are used.
    pub prompts: Option<DatasetId>,
    /// Answers to a prompt, over all models.
    pub answers: usize,
    pub max_tokens: usize,
    pub temperature: f32,
}

/// A question as it stands before a person, with the places of its answers from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub id: i64,
    pub question: Question,
    pub order: Vec<usize>,
}

/// What was voted last, with the names that were hidden.
#[derive(Clone, Debug, PartialEq)]
pub struct Reveal {
    pub said: String,
    pub names: Vec<String>,
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct RankPage {
    pub dataset: Option<DatasetId>,
    pub state: FeedbackState,
    pub asking: Asking,
    /// The question at hand.
    pub now: Option<Asked>,
    pub(super) ready: VecDeque<Asked>,
    /// Prompts to ask next, and how often they were gone through.
    pub(super) pool: VecDeque<Side>,
    pub(super) pool_of: Option<DatasetId>,
    pub(super) drawing: Vec<JobId>,
    /// Questions on their way to the disk, in order.
    pub(super) adding: VecDeque<Question>,
    /// Votes on their way to the disk: their questions.
    pub(super) voting: VecDeque<Asked>,
    pub reveal: Option<Reveal>,
    pub unsaved: u32,
    pub saved: u64,
    pub(super) since_s: f64,
    given_s: VecDeque<f64>,
    /// Questions without a vote were asked for.
    pub(super) loading: bool,
    /// Votes that live questions came from, newest last: event and question.
    pub(super) known: VecDeque<Asked>,
    pub effects: Vec<Effect>,
    pub honesty: Honesty,
    /// Why no further question comes.
    pub dry: Option<String>,
    drawn: u64,
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum RankAction {
    Open(DatasetId),
    /// A new collection of votes, with what it is asked by.
    Create {
        name: String,
        asking: Asking,
    },
    Ask(Asking),
    Vote(Vote),
    Undo,
    Redo,
    SaveSettings(FeedbackSettings),
    /// A live run from a checkpoint: every vote is learnt from at once.
    StartLive {
        from: CheckpointId,
        pinned: Vec<String>,
    },
}

impl RankPage {
    /// Questions that can be shown at once.
    pub fn n_ready(&self) -> usize {
        self.ready.len()
    }

    /// Whether answers are being drawn.
    pub fn is_drawing(&self) -> bool {
        !self.drawing.is_empty()
    }

    /// Votes a minute over the last ones; none before there are three.
    pub fn rate(&self) -> Option<f64> {
        let (first, last) = (self.given_s.front()?, self.given_s.back()?);
        let n = self.given_s.len();
        (n > 2 && last > first).then(|| (n - 1) as f64 / (last - first) * 60.0)
    }

    /// What a vote on the question at hand did last.
    pub fn effect(&self) -> Option<&Effect> {
        self.effects.last()
    }

    fn show_next(&mut self, now_s: f64) {
        self.now = self.ready.pop_front();
        self.since_s = now_s;
    }

    pub(super) fn take(&mut self, id: i64, question: Question, annotator: &str, now_s: f64) {
        if question.candidates.len() < 2
            || self.now.as_ref().is_some_and(|now| now.id == id)
            || self.ready.iter().any(|it| it.id == id)
        {
            return;
        }
        let order = shuffled(question.candidates.len(), id, annotator, question.repeats.is_some());
        self.ready.push_back(Asked { id, question, order });
        if self.now.is_none() {
            self.show_next(now_s);
        }
    }
}

/// Places from left to right: an order that follows from who asks whom what. A repeat stands the other way round than its first.
fn shuffled(n: usize, id: i64, annotator: &str, _repeat: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n).collect();
    let mut seed = crate::data::hash::hash128(format!("{annotator}\u{1f}{id}").as_bytes()) as u64;
    for i in (1..n).rev() {
        seed = crate::data::hash::mix(seed, i as u64);
        order.swap(i, (seed % (i as u64 + 1)) as usize);
    }
    order
}

impl AppState {
    pub(super) fn apply_rank(&mut self, action: RankAction) -> Vec<Command> {
        match action {
            RankAction::Open(dataset) => self.open_collection(dataset),
            RankAction::Create { name, asking } => {
                self.rank.asking = asking;
                self.rank.dataset = None;
                vec![Command::Feedback(FeedbackCommand::Create {
                    name,
                    schema: Schema::Preference,
                    settings: FeedbackSettings::default(),
                })]
            }
            RankAction::Ask(asking) => {
                self.rank.asking = asking;
                (self.rank.pool_of, self.rank.dry) = (None, None);
                self.refill()
            }
            RankAction::Vote(vote) => self.vote(vote),
            RankAction::Undo | RankAction::Redo => {
                let Some(dataset) = self.rank.dataset else { return Vec::new() };
                let annotator = self.label.annotator.clone();
                self.rank.unsaved += 1;
                let back = action == RankAction::Undo;
                let undo = FeedbackCommand::Undo { dataset, annotator: annotator.clone() };
                vec![Command::Feedback(if back { undo } else { FeedbackCommand::Redo { dataset, annotator } })]
            }
            RankAction::SaveSettings(settings) => {
                let Some(dataset) = self.rank.dataset else { return Vec::new() };
                self.rank.state.settings = settings.clone();
                vec![Command::Feedback(FeedbackCommand::SaveSettings { dataset, settings })]
            }
            RankAction::StartLive { from, pinned } => self.start_live(from, pinned),
        }
    }

    fn open_collection(&mut self, dataset: DatasetId) -> Vec<Command> {
        let page = &mut self.rank;
        if page.dataset != Some(dataset) {
            let asking = std::mem::take(&mut page.asking);
            *page = RankPage { dataset: Some(dataset), asking, ..RankPage::default() };
        }
        page.loading = true;
        let query = QuestionQuery {
            filter: QuestionFilter::ToVote,
            annotator: Some(self.label.annotator.clone()),
            ..QuestionQuery::default()
        };
        vec![
            Command::Feedback(FeedbackCommand::LoadState { dataset }),
            Command::Feedback(FeedbackCommand::LoadHonesty { dataset }),
            Command::Feedback(FeedbackCommand::LoadQuestions { dataset, query, offset: 0, limit: 50 }),
        ]
    }

    /// Has further questions made ready before they are wanted.
    pub(super) fn refill(&mut self) -> Vec<Command> {
        let live = self.live.as_ref().is_some_and(|live| live.is_held() && is_live(live.config.tune.as_ref()));
        let page = &mut self.rank;
        let Some(dataset) = page.dataset else { return Vec::new() };
        let waiting = page.ready.len() + page.drawing.len() + page.adding.len();
        if waiting >= READY || page.loading {
            return Vec::new();
        }
        let mut sources: Vec<ModelSource> = page.asking.checkpoints.iter().map(|id| ModelSource::Checkpoint(*id)).collect();
        if live {
            sources = vec![ModelSource::Live];
        }
        if sources.is_empty() {
            page.dry = Some("Choose who answers, and further questions come".to_owned());
            return Vec::new();
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
        let mut commands = Vec::new();
        for _ in waiting..READY {
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
                seed: crate::data::hash::mix(dataset as u64, page.saved.wrapping_add(1000 * page.drawn)),
                ..Sampling::default()
            };
            let max_tokens = page.asking.max_tokens;
            let draw = AlignCommand::Draw { job, sources: sources.clone(), prompt, n, max_tokens, sampling };
            commands.push(Command::Align(draw));
        }
        commands
    }

    /// Answers to a prompt are there: they become a question of the collection.
    pub(super) fn drawn(&mut self, job: JobId, prompt: Side, candidates: Vec<crate::feedback::Candidate>) -> Vec<Command> {
        self.jobs.finish(job);
        self.rank.drawing.retain(|known| *known != job);
        let Some(dataset) = self.rank.dataset else { return Vec::new() };
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

    fn vote(&mut self, mut vote: Vote) -> Vec<Command> {
        let now_s = self.now_s;
        let annotator = self.label.annotator.clone();
        let page = &mut self.rank;
        let (Some(dataset), Some(now)) = (page.dataset, page.now.take()) else { return Vec::new() };
        vote.order.clone_from(&now.order);
        vote.seconds = (now_s - page.since_s).clamp(0.0, 3600.0);
        page.given_s.push_back(now_s);
        if page.given_s.len() > 20 {
            page.given_s.pop_front();
        }
        let names = now.order.iter().filter_map(|place| now.question.candidates.get(*place)).map(|it| origin(&it.origin));
        page.reveal = Some(Reveal { said: shown(&vote), names: names.collect() });
        page.unsaved += 1;
        let question = now.id;
        page.voting.push_back(now);
        page.show_next(now_s);
        let mut commands = vec![Command::Feedback(FeedbackCommand::Vote(Ballot { dataset, question, annotator, vote }))];
        commands.extend(self.refill());
        commands
    }

    fn start_live(&mut self, from: CheckpointId, pinned: Vec<String>) -> Vec<Command> {
        let Some(dataset) = self.rank.dataset else { return Vec::new() };
        let loss = PreferenceLoss::default();
        let n_params = super::tune::n_params(&self.library, Some(from));
        let tune = Tune { dataset, ..Tune::default() };
        let mut config = first_align(Align::Live { loss, steps: 4, replay: 4 }, tune, n_params, 1);
        config.prompts = pinned;
        config.sample_tokens = self.rank.asking.max_tokens;
        "live".clone_into(&mut config.name);
        self.rank.effects.clear();
        vec![Command::StartRun { config, from: Some(from) }]
    }
}

pub(super) fn is_live(tune: Option<&Tune>) -> bool {
    matches!(tune.and_then(|tune| tune.align.as_ref()), Some(Align::Live { .. }))
}

/// A vote in words, by the letters that stood on the screen.
fn shown(vote: &Vote) -> String {
    let Verdict::Ranked { ranks, .. } = &vote.verdict else { return vote.verdict.in_words() };
    let mut places: Vec<(u32, char)> =
        (0_u8..).zip(&vote.order).filter_map(|(i, place)| Some((*ranks.get(*place)?, char::from(b'A' + i)))).collect();
    places.sort_unstable();
    let mut text = String::new();
    for (i, (rank, letter)) in places.iter().enumerate() {
        if i > 0 {
            text.push_str(if places[i - 1].0 == *rank { " like " } else { " before " });
        }
        text.push(*letter);
    }
    text
}

/// Whose answer it is, as a person reads it.
fn origin(origin: &crate::feedback::Origin) -> String {
    match origin {
        crate::feedback::Origin::Imported => "from a file".to_owned(),
        crate::feedback::Origin::Written => "written by hand".to_owned(),
        crate::feedback::Origin::Model { name, .. } => name.clone(),
    }
}
