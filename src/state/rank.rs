//! The Rank page: which answers wait to be compared, the votes, and what each one did to a live policy. Draws nothing.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use super::label::LabelAction;
use super::rank_asking::{AskNext, shuffled, spread};
use super::rank_files::Exporting;
use super::{Action, AppState, Effect as WindowEffect, Level, PickPurpose};
use crate::config::{Align, Tune, first_align};
use crate::data::hash::mix;
use crate::data::supervised::Side;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, JobId, Schema, TrainCommand};
use crate::engine::event::Effect;
use crate::engine::feedback::{Ballot, FeedbackCommand, FeedbackForm, FeedbackState, QuestionFilter, QuestionQuery};
use crate::feedback::{FeedbackSettings, Honesty, Question, SurveyWish, Verdict, Vote};
use crate::train::PreferenceLoss;

pub use super::rank_asking::Asking;

/// Unanswered questions that are fetched at once.
pub(super) const UNANSWERED: u32 = 50;

/// A question as it stands before a person, with the places of its answers from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    pub id: i64,
    pub question: Question,
    pub order: Vec<usize>,
    /// How much its answers differ, where that is asked for.
    pub(super) spread: f64,
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
    /// Prompts to ask next: typed ones that were not asked yet, and all others, in turn.
    pub(super) typed: VecDeque<Side>,
    pub(super) pool: VecDeque<Side>,
    pub(super) pool_of: Option<DatasetId>,
    pub(super) drawing: Vec<(JobId, Side)>,
    /// Prompts in a row that came to nothing.
    pub(super) in_vain: usize,
    /// A reward model is looking at questions, and how well it tells their best two answers apart.
    pub(super) judging: Option<JobId>,
    pub(super) margins: BTreeMap<i64, f64>,
    /// The question that is to be shown as soon as it comes.
    pub(super) want: Option<i64>,
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
    /// What goes into the file that a person is choosing a place for.
    pub(super) exporting: Option<Exporting>,
    /// The name that the file being chosen is imported under, if it is another than the one in it.
    pub(super) import_as: Option<String>,
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
    /// Who votes from now on.
    SetAnnotator(String),
    /// Votes as a file, in the form they came in or another.
    Export(Option<FeedbackForm>),
    /// Questions as a page for a browser.
    ExportSurvey(SurveyWish),
    /// As the two above, to a path that was typed: a desktop may have no dialog.
    WriteTo {
        what: Exporting,
        path: PathBuf,
    },
    /// Asks for a file of answers to a questionnaire.
    PickAnswers {
        annotator: Option<String>,
    },
    /// Takes such a file, under the name in it or another.
    ImportAnswers {
        path: PathBuf,
        annotator: Option<String>,
    },
    /// Answers that were mended by hand become rows to fine-tune on.
    KeepMended {
        name: String,
    },
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

    /// The question that comes next, by what was agreed on.
    pub(super) fn show_next(&mut self, now_s: f64) {
        let largest = |value: &dyn Fn(&Asked) -> f64| {
            (0..self.ready.len()).rev().max_by(|a, b| value(&self.ready[*a]).total_cmp(&value(&self.ready[*b])))
        };
        let at = match self.asking.next {
            AskNext::Random if self.ready.is_empty() => None,
            AskNext::Random => {
                let drawn = mix(self.dataset.unwrap_or(0) as u64, self.saved.wrapping_add(1_000 * self.state.progress.votes));
                Some((drawn % self.ready.len() as u64) as usize)
            }
            AskNext::MostDifferent => largest(&|asked| asked.spread),
            // What the reward model has not seen yet waits.
            AskNext::LeastSure => largest(&|asked| -self.margins.get(&asked.id).copied().unwrap_or(f64::INFINITY)),
        };
        self.now = at.and_then(|at| self.ready.remove(at));
        self.since_s = now_s;
    }

    /// Other prompts or other models: nothing of the old ones is asked any more, but what is ready.
    fn ask_anew(&mut self) {
        (self.pool_of, self.dry, self.typed_taken, self.in_vain) = (None, None, false, 0);
        (self.pool, self.typed, self.margins) = (VecDeque::new(), VecDeque::new(), BTreeMap::new());
        if self.asking.next == AskNext::MostDifferent {
            self.ready.iter_mut().for_each(|asked| asked.spread = spread(&asked.question));
        }
    }

    pub(super) fn take(&mut self, id: i64, question: Question, annotator: &str, now_s: f64) {
        if question.candidates.is_empty()
            || self.now.as_ref().is_some_and(|now| now.id == id)
            || self.ready.iter().any(|it| it.id == id)
            || self.voting.iter().any(|it| it.id == id)
        {
            return;
        }
        let n = question.candidates.len();
        // What is silently asked again stands the other way round. Where the first time was before this start, its order follows from
        // its number, as all do.
        let order = match question.repeats {
            Some(first) => {
                let known = self.known.iter().find(|asked| asked.id == first).map(|asked| asked.order.clone());
                known.unwrap_or_else(|| shuffled(n, first, annotator)).into_iter().rev().collect()
            }
            None => shuffled(n, id, annotator),
        };
        let spread = if self.asking.next == AskNext::MostDifferent { spread(&question) } else { 0.0 };
        let asked = Asked { id, question, order, spread };
        if self.want.take_if(|want| *want == id).is_some() {
            self.ready.extend(self.now.replace(asked));
            self.since_s = now_s;
            return;
        }
        self.ready.push_back(asked);
        if self.now.is_none() {
            self.show_next(now_s);
        }
    }
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
                self.rank.ask_anew();
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
                let before = std::mem::replace(&mut self.rank.state.settings, settings.clone());
                if before != settings {
                    let back = Action::Rank(RankAction::SaveSettings(before));
                    // Ctrl + Z takes votes back here, so this has a button of its own; what it does can be taken back in turn.
                    self.notices.offer(Level::Info, "What answers are judged by was changed", "Take back", back);
                }
                vec![Command::Feedback(FeedbackCommand::SaveSettings { dataset, settings })]
            }
            RankAction::StartLive { from, pinned } => self.start_live(from, pinned),
            RankAction::SetAnnotator(name) => self.another_votes(name),
            RankAction::Export(form) => self.pick_place(Exporting::Votes(form)),
            RankAction::ExportSurvey(wish) => self.pick_place(Exporting::Survey(wish)),
            RankAction::WriteTo { what, path } => {
                self.rank.exporting = Some(what);
                self.write_votes(path)
            }
            RankAction::PickAnswers { annotator } => {
                self.rank.import_as = annotator;
                self.effect(WindowEffect::Pick(PickPurpose::Answers))
            }
            RankAction::ImportAnswers { path, annotator } => self.import_answers(path, annotator),
            RankAction::KeepMended { name } => self.keep_mended(name),
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

    /// Another person votes: what they were not asked yet comes anew, in an order of their own.
    fn another_votes(&mut self, name: String) -> Vec<Command> {
        let mut commands = self.apply(Action::Label(LabelAction::SetAnnotator(name)));
        let page = &mut self.rank;
        (page.now, page.reveal, page.saved) = (None, None, 0);
        (page.ready, page.known, page.given_s) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        if let Some(dataset) = page.dataset {
            commands.push(self.load_unanswered(dataset));
        }
        commands
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
        vec![Command::Train(TrainCommand::StartRun { config, from: Some(from) })]
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
