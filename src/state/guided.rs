//! The guided task of the Learn page: a shopkeeper's model becomes polite, from clicks and from rules, and is held against where it began.
//! Says what each step does and when it is done; draws nothing.

use super::choices::writers;
use super::rank::{Asking, RankAction};
use super::rlhf::{Method, RlhfAction, RlhfWish, best_start};
use super::rounds_page::DuelState;
use super::{Action, AppState, Page, PromptAction, TuneAction};
use crate::config::{Align, TuneTask};
use crate::engine::command::{CheckpointId, DatasetId, GenerateRequest, RunId, Sampling};
use crate::engine::event::{DatasetInfo, Library, RunRow, RunState};

/// What customers say, in the sample project.
pub const REQUESTS: &str = "Customer requests";
/// Rows that teach how an answer looks.
const CHATS: &str = "Chats";
/// The collection of votes that the task begins.
const VOTES: &str = "Polite or not";
/// What a customer asks the model before and after.
const REQUEST: &str = "Excuse me. I need six beds for the night. What will that cost?";
/// The reward in words: kind, of a sentence or two, whole, and nothing twice.
pub const RULES: &str = "polite * 2; words 5-25; ends; no-repeats";
/// Clicks after which the model has heard enough to show it.
const CLICKS: u64 = 10;

/// A step of the task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    AskBase,
    TeachAnswering,
    BeginVotes,
    LearnLive,
    Click,
    Rounds,
    Duel,
}

impl Task {
    pub const ALL: [Self; 7] =
        [Self::AskBase, Self::TeachAnswering, Self::BeginVotes, Self::LearnLive, Self::Click, Self::Rounds, Self::Duel];

    /// On the button.
    pub fn label(self) -> &'static str {
        match self {
            Self::AskBase => "Ask the base model",
            Self::TeachAnswering => "Teach it to answer",
            Self::BeginVotes => "Begin a collection of votes",
            Self::LearnLive => "Learn from every click",
            Self::Click => "Give ten votes",
            Self::Rounds => "Set up rounds with these rules",
            Self::Duel => "Hold it against the base model",
        }
    }

    /// Whether the project shows that it was done.
    pub fn is_done(self, state: &AppState) -> bool {
        let library = &state.library;
        let run = |fits: &dyn Fn(&RunRow) -> bool| library.runs.iter().any(|run| !run.deleted && fits(run));
        match self {
            Self::AskBase => library.prompts.iter().any(|row| row.prompt == REQUEST),
            Self::TeachAnswering => taught(library).is_some(),
            Self::BeginVotes => votes(library).is_some(),
            Self::LearnLive => votes(library).is_some_and(|votes| run(&|run| learns_live(run, votes.id))),
            Self::Click => given(state) >= CLICKS,
            // Rounds of another model are none of this task.
            Self::Rounds => state.rlhf.rounds.kept.iter().any(|it| !it.rounds.is_empty() && Some(it.start) == taught(library)),
            Self::Duel => matches!(state.rlhf.rounds.duel, DuelState::Done(_)),
        }
    }

    /// Why the step cannot be taken yet, as a sentence.
    pub fn why_not(self, state: &AppState) -> Option<&'static str> {
        let library = &state.library;
        let missing = |name: &str| named(library, name).is_none();
        match self {
            Self::BeginVotes | Self::Rounds | Self::Duel if missing(REQUESTS) => {
                Some("The sample's customer requests are not in this project: open the sample project, or import them")
            }
            Self::TeachAnswering if missing(CHATS) => Some("The sample's chats are not in this project: open the sample project"),
            Self::LearnLive | Self::Click if votes(library).is_none() => Some("Begin a collection of votes first"),
            _ if writers(library).next().is_none() => Some("There is no model that writes yet; the Pre-train page makes one"),
            Self::Duel if writers(library).count() < 2 => Some("There is one model only; teach it something first"),
            Self::AskBase
            | Self::TeachAnswering
            | Self::BeginVotes
            | Self::LearnLive
            | Self::Click
            | Self::Rounds
            | Self::Duel => None,
        }
    }

    /// Goes to the right page with everything filled in.
    pub fn actions(self, state: &AppState) -> Vec<Action> {
        let library = &state.library;
        let requests = named(library, REQUESTS).map(|row| row.id);
        let base = base(library);
        let start = taught(library).or_else(|| best_start(library));
        match self {
            Self::AskBase => {
                let request = GenerateRequest {
                    prompt: REQUEST.to_owned(),
                    sampling: Sampling::default(),
                    max_tokens: 40,
                    stop: Vec::new(),
                };
                let mut actions = vec![Action::Go(Page::Prompt)];
                actions.extend(base.map(|id| Action::Prompt(PromptAction::UseCheckpoint(id))));
                actions.push(Action::Prompt(PromptAction::Fill(request)));
                actions
            }
            Self::TeachAnswering => {
                let rows = named(library, CHATS).map(|row| match base {
                    Some(base) => Action::Tune(TuneAction::DatasetFrom(row.id, base)),
                    None => Action::Tune(TuneAction::Dataset(row.id)),
                });
                std::iter::once(Action::Go(Page::Tune)).chain(rows).collect()
            }
            Self::BeginVotes => {
                let asking = Asking {
                    checkpoints: start.into_iter().collect(),
                    prompts: requests,
                    answers: 2,
                    max_tokens: 40,
                    sampling: Sampling { temperature: 0.9, ..Sampling::default() },
                    ..Asking::default()
                };
                vec![Action::Go(Page::Rank), Action::Rank(RankAction::Create { name: VOTES.to_owned(), asking })]
            }
            Self::LearnLive => {
                let open = votes(library).map(|row| Action::Rank(RankAction::Open(row.id)));
                let pinned = vec![REQUEST.to_owned(), "How much are six wax candles?".to_owned()];
                let live = start.map(|from| Action::Rank(RankAction::StartLive { from, pinned }));
                std::iter::once(Action::Go(Page::Rank)).chain(open).chain(live).collect()
            }
            Self::Click => {
                let open = votes(library).map(|row| Action::Rank(RankAction::Open(row.id)));
                std::iter::once(Action::Go(Page::Rank)).chain(open).collect()
            }
            Self::Rounds => {
                let wish = RlhfWish::Learn { method: Method::Best, from: start, prompts: requests, rules: RULES.to_owned() };
                vec![Action::Go(Page::Rlhf), Action::Rlhf(RlhfAction::Wish(wish))]
            }
            Self::Duel => {
                let learnt = writers(library).filter(|row| row.run.is_some_and(|run| is_tuned(library, run))).last();
                let newest = learnt.or(writers(library).last()).map(|row| row.id);
                let against = base.filter(|id| Some(*id) != newest);
                let wish = RlhfWish::Duel { checkpoint: newest, against, prompts: requests, rules: RULES.to_owned() };
                vec![Action::Go(Page::Rlhf), Action::Rlhf(RlhfAction::Wish(wish))]
            }
        }
    }
}

fn named<'l>(library: &'l Library, name: &str) -> Option<&'l DatasetInfo> {
    library.datasets.iter().find(|row| !row.deleted && row.name == name)
}

/// The model that came with the program, else the first that writes.
fn base(library: &Library) -> Option<CheckpointId> {
    writers(library).find(|row| row.run.is_none()).or_else(|| writers(library).next()).map(|row| row.id)
}

/// What the newest run on the chats came to: its best checkpoint.
fn taught(library: &Library) -> Option<CheckpointId> {
    let chats = named(library, CHATS)?.id;
    let learnt = |run: &&RunRow| {
        let tune = run.config.tune.as_ref();
        !run.deleted
            && run.state == RunState::Finished
            && tune.is_some_and(|tune| tune.dataset == chats && tune.task == TuneTask::Text && tune.align.is_none())
    };
    let run = library.runs.iter().rfind(learnt)?.id;
    writers(library).filter(|row| row.run == Some(run)).max_by_key(|row| (row.best, row.step, row.id)).map(|row| row.id)
}

fn is_tuned(library: &Library, run: RunId) -> bool {
    library.runs.iter().any(|row| row.id == run && row.config.tune.is_some())
}

fn learns_live(run: &RunRow, votes: DatasetId) -> bool {
    run.config.tune.as_ref().is_some_and(|tune| tune.dataset == votes && matches!(tune.align, Some(Align::Live { .. })))
}

/// The collection that the task began.
fn votes(library: &Library) -> Option<&DatasetInfo> {
    library.datasets.iter().rfind(|row| !row.deleted && row.schema.is_feedback() && row.name == VOTES)
}

/// Votes in it; of the collection at hand as they are now.
fn given(state: &AppState) -> u64 {
    let Some(row) = votes(&state.library) else { return 0 };
    let at_hand = if state.rank.dataset == Some(row.id) { state.rank.saved } else { 0 };
    row.votes.max(at_hand)
}
