//! The Rank page: which answers wait to be compared, the votes, and what each one did to a live policy. Draws nothing.

use std::collections::VecDeque;

use super::AppState;
use crate::config::{Align, Tune, first_align};
use crate::data::supervised::Side;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, JobId, Schema};
use crate::engine::event::Effect;
use crate::engine::feedback::{Ballot, FeedbackCommand, FeedbackState, QuestionFilter, QuestionQuery};
use crate::evaluate::{TextKind, texts};
use crate::feedback::{FeedbackSettings, Honesty, Question, Verdict, Vote};
use crate::train::PreferenceLoss;

/// Unanswered questions that are fetched at once.
pub(super) const UNANSWERED: u32 = 50;

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
    /// Prompts that were typed, one on each line; they go before those of the dataset.
    pub typed: String,
    /// Of the questions that are ready, the one whose answers differ most comes first.
    pub most_different: bool,
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
    /// The project holds further questions that nobody answered.
    pub(super) more: bool,
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
    pub(super) drawn: u64,
    /// Typed prompts were put in the pool.
    pub(super) typed_taken: bool,
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

    pub(super) fn show_next(&mut self, now_s: f64) {
        let spread = |asked: &Asked| -> f64 {
            let [a, b] = asked.question.candidates.as_slice() else { return 0.0 };
            let likeness = texts(std::slice::from_ref(&a.text), std::slice::from_ref(&b.text), TextKind::Translation);
            100.0 - likeness.headline.value
        };
        let best = (0..self.ready.len()).max_by(|a, b| spread(&self.ready[*a]).total_cmp(&spread(&self.ready[*b])));
        let at = if self.asking.most_different { best.unwrap_or(0) } else { 0 };
        self.now = self.ready.remove(at);
        self.since_s = now_s;
    }

    pub(super) fn take(&mut self, id: i64, question: Question, annotator: &str, now_s: f64) {
        if question.candidates.is_empty()
            || self.now.as_ref().is_some_and(|now| now.id == id)
            || self.ready.iter().any(|it| it.id == id)
        {
            return;
        }
        // What is silently asked again stands the other way round.
        let first = question.repeats.and_then(|first| self.known.iter().find(|asked| asked.id == first));
        let order = match first {
            Some(first) => first.order.iter().rev().copied().collect(),
            None => shuffled(question.candidates.len(), id, annotator),
        };
        self.ready.push_back(Asked { id, question, order });
        if self.now.is_none() {
            self.show_next(now_s);
        }
    }
}

/// Places from left to right: an order that follows from who is asked what.
fn shuffled(n: usize, id: i64, annotator: &str) -> Vec<usize> {
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
                (self.rank.pool_of, self.rank.dry, self.rank.typed_taken) = (None, None, false);
                self.rank.pool.clear();
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
        let unanswered = self.load_unanswered(dataset);
        vec![
            Command::Feedback(FeedbackCommand::LoadState { dataset }),
            Command::Feedback(FeedbackCommand::LoadHonesty { dataset }),
            unanswered,
        ]
    }

    /// Questions of the collection without a vote of this person.
    pub(super) fn load_unanswered(&mut self, dataset: DatasetId) -> Command {
        (self.rank.loading, self.rank.more) = (true, false);
        let query = QuestionQuery {
            filter: QuestionFilter::ToVote,
            annotator: Some(self.label.annotator.clone()),
            ..QuestionQuery::default()
        };
        Command::Feedback(FeedbackCommand::LoadQuestions { dataset, query, offset: 0, limit: UNANSWERED })
    }

    fn vote(&mut self, mut vote: Vote) -> Vec<Command> {
        let now_s = self.now_s;
        let annotator = self.label.annotator.clone();
        let page = &mut self.rank;
        // The next question comes when this vote is on the disk, and not before.
        let waiting = !page.voting.is_empty();
        let (Some(dataset), Some(now)) = (page.dataset, page.now.clone().filter(|_| !waiting)) else { return Vec::new() };
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
