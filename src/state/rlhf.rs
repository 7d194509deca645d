//! The RLHF page: which method, on which votes or prompts, judged by what. Draws nothing.

use super::AppState;
use super::choices::{n_params, writers};
use super::format;
use super::judges::JudgesDraft;
use super::rounds::RoundsPlan;
use super::rounds_page::RoundsState;
use crate::config::{Align, Rl, RunConfig, Tune, TuneTask, first_align};
use crate::data::supervised::Split;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, LibraryCommand, RunId, TrainCommand};
use crate::engine::event::{CheckpointRow, Library};
use crate::engine::judged::{DrawWish, DuelWish, Keep};
use crate::train::reward_loss::RewardKind;
use crate::train::{PreferenceLoss, RewardLoss};

/// The sides of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RlhfView {
    #[default]
    SetUp,
    Watch,
    Rounds,
    Duel,
}

/// What is learnt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Method {
    /// From preferences directly.
    #[default]
    Prefer,
    /// A number for every answer.
    Reward,
    /// From rewards of own answers.
    Rl,
    /// The best of several own answers, learnt as if a person had written them.
    Best,
}

impl Method {
    pub const ALL: [Self; 4] = [Self::Prefer, Self::Reward, Self::Rl, Self::Best];

    pub fn name(self) -> &'static str {
        match self {
            Self::Prefer => "Preferences (DPO and its family)",
            Self::Reward => "Reward model",
            Self::Rl => "Rewards of own answers (PPO, GRPO, RLOO)",
            Self::Best => "Best of several answers, in rounds",
        }
    }

    /// When to choose it, in a sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Prefer => {
                "The shortest way from votes to a better model: better answers get likelier than worse ones, near where it began"
            }
            Self::Reward => "Learns to say how good an answer is; it then judges answers that nobody voted on",
            Self::Best => {
                "The model answers each prompt several times, the best answers are learnt as if a person had written them, and so on"
            }
            Self::Rl => "The model answers prompts, something judges the answers, and what was judged better gets likelier",
        }
    }
}

/// What colours the tokens of a policy's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Heat {
    #[default]
    Drift,
    Reward,
    Advantage,
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct RlhfState {
    pub view: RlhfView,
    pub watch: Option<RunId>,
    /// The round that is looked at; none: the newest.
    pub round: Option<u64>,
    pub heat: Heat,
    /// Rounds of drawing and learning, duels, and what votes say of themselves.
    pub rounds: RoundsState,
    /// What another page wants to be filled in, with its number.
    pub wish: Option<(u64, RlhfWish)>,
}

/// What another page, or a lesson, wants to be set up.
#[derive(Clone, Debug, PartialEq)]
pub enum RlhfWish {
    /// A method on these prompts, judged by these rules, from a checkpoint if one is given.
    Learn { method: Method, from: Option<CheckpointId>, prompts: Option<DatasetId>, rules: String },
    /// Two checkpoints against each other, on what is chosen if no prompts and no rules are given.
    Duel { checkpoint: Option<CheckpointId>, against: Option<CheckpointId>, prompts: Option<DatasetId>, rules: String },
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum RlhfAction {
    Show(RlhfView),
    Watch(RunId),
    Round(Option<u64>),
    Heat(Heat),
    Start {
        config: Box<RunConfig>,
        from: CheckpointId,
    },
    StartRounds(Box<RoundsPlan>),
    StopRounds,
    Duel(Box<DuelWish>),
    /// Tells a live run its votes once more.
    Replay(RunId),
    /// What the votes of a dataset say of themselves.
    LookAt(DatasetId),
    /// Fills the form in and shows it.
    Wish(RlhfWish),
}

/// What is chosen and typed. Owned by the window.
#[derive(Clone, Debug)]
pub struct RlhfDraft {
    pub method: Method,
    pub votes: Option<DatasetId>,
    pub prompts: Option<DatasetId>,
    pub from: Option<CheckpointId>,
    pub name: String,
    pub loss: PreferenceLoss,
    pub kind: RewardKind,
    /// What scores are of; empty: the mean of all criteria.
    pub criterion: String,
    pub epochs: f64,
    pub rl: Rl,
    pub steps: u64,
    pub judges: JudgesDraft,
    pub best: BestDraft,
    /// The checkpoint that is measured, and the one it is held against.
    pub duel: (Option<CheckpointId>, Option<CheckpointId>),
    pub rate: f64,
    /// The wish that was taken over last.
    wished: u64,
}

/// Best of several answers.
#[derive(Clone, Debug, PartialEq)]
pub struct BestDraft {
    pub n: usize,
    pub keep: Keep,
    pub rounds: u32,
}

/// Votes below which a run does not begin, and prompts that a duel or a round is measured on at most.
const FEW: u64 = 4;
const MEASURED: usize = 64;
/// Answers are measured by the same draws each time.
const MEASURE_SEED: u64 = 77;

impl Default for RlhfDraft {
    fn default() -> Self {
        Self {
            method: Method::default(),
            votes: None,
            prompts: None,
            from: None,
            name: String::new(),
            loss: PreferenceLoss::default(),
            kind: RewardKind::Pairs,
            criterion: String::new(),
            epochs: 2.0,
            rl: Rl::default(),
            steps: 60,
            judges: JudgesDraft::default(),
            best: BestDraft { n: 8, keep: Keep::default(), rounds: 3 },
            duel: (None, None),
            rate: 1.0,
            wished: 0,
        }
    }
}

impl RlhfDraft {
    /// Takes over what the project holds where nothing is chosen.
    pub fn settle(&mut self, library: &Library) {
        let live = |id: Option<DatasetId>| id.filter(|id| library.datasets.iter().any(|d| d.id == *id && !d.deleted));
        let feedback = || library.datasets.iter().filter(|d| !d.deleted && d.schema.is_feedback());
        self.votes = live(self.votes).or_else(|| feedback().rfind(|d| d.votes > 0).map(|d| d.id));
        self.prompts = live(self.prompts).or_else(|| feedback().find(|d| d.questions > 0).map(|d| d.id));
        self.from = self.from.filter(|id| writers(library).any(|row| row.id == *id)).or_else(|| best_start(library));
        self.judges.settle(library);
        let writes = |id: &CheckpointId| writers(library).any(|row| row.id == *id);
        self.duel =
            (self.duel.0.filter(writes).or_else(|| writers(library).last().map(|row| row.id)), self.duel.1.filter(writes));
    }

    /// Takes over what another page wants to be set up.
    pub fn take_wish(&mut self, state: &RlhfState) {
        let Some((number, wish)) = state.wish.as_ref().filter(|(number, _)| *number != self.wished) else { return };
        self.wished = *number;
        match wish {
            RlhfWish::Learn { method, from, .. } => (self.method, self.from) = (*method, from.or(self.from)),
            RlhfWish::Duel { checkpoint, against, .. } => self.duel = (checkpoint.or(self.duel.0), *against),
        }
        let (RlhfWish::Learn { prompts, rules, .. } | RlhfWish::Duel { prompts, rules, .. }) = wish;
        self.prompts = prompts.or(self.prompts);
        if !rules.is_empty() {
            self.judges.only_rules(rules);
        }
    }

    /// The run as it would start; why it cannot, as a sentence.
    pub fn assembled(&self, library: &Library) -> Result<(RunConfig, CheckpointId), String> {
        let from = self.from.ok_or("Choose a checkpoint to start from; the Pre-train page makes one")?;
        let of_prompts = matches!(self.method, Method::Rl | Method::Best);
        let dataset = if of_prompts { self.prompts } else { self.votes };
        let missing = if of_prompts {
            "Choose prompts to answer; the Data page brings some in"
        } else {
            "There are no votes yet; the Rank page is the place to give some"
        };
        let dataset = dataset.ok_or(missing)?;
        let align = match self.method {
            Method::Prefer => Align::Prefer { loss: self.loss },
            Method::Reward => {
                let asked = Some(self.criterion.trim()).filter(|it| self.kind == RewardKind::Scores && !it.is_empty());
                Align::Reward {
                    loss: RewardLoss { kind: self.kind, ..RewardLoss::default() },
                    criterion: asked.map(str::to_owned),
                }
            }
            Method::Rl | Method::Best => Align::Rl(Box::new(Rl { judges: self.judges.judges()?, ..self.rl.clone() })),
        };
        let votes = library.datasets.iter().find(|d| d.id == dataset).map_or(0, |d| d.votes);
        if !of_prompts && votes < FEW {
            return Err(format!(
                "{} too few to learn from: give at least {FEW} on the Rank page, better some dozens",
                format::plural(votes, "vote is", "votes are")
            ));
        }
        let rows = library.datasets.iter().find(|d| d.id == dataset).map_or(1, |d| d.votes.max(1));
        let tune = Tune { dataset, ..Tune::default() };
        let mut config = first_align(align, tune, n_params(library, Some(from)), rows);
        self.name.trim().clone_into(&mut config.name);
        config.lr *= self.rate;
        if self.method == Method::Rl {
            config.steps = self.steps;
            config.eval_every = (self.steps / 6).max(1);
        } else if let Some(tune) = &mut config.tune {
            tune.epochs = self.epochs;
        }
        Ok((config, from))
    }

    /// Rounds as they would begin; why they cannot, as a sentence.
    pub fn plan(&self, library: &Library) -> Result<RoundsPlan, String> {
        let (_, start) = self.assembled(library)?;
        let name = self.name.trim();
        let draw = DrawWish { split: Split::Train, most: 400, temperature: self.rl.temperature, seed: 1, ..self.draw()? };
        Ok(RoundsPlan {
            name: if name.is_empty() { "Best answers".to_owned() } else { name.to_owned() },
            start,
            draw,
            n: self.best.n,
            keep: self.best.keep,
            rounds: self.best.rounds,
            epochs: self.epochs,
            rate: 0.5 * self.rate,
            measured: MEASURED,
            n_params: n_params(library, Some(start)),
        })
    }

    /// The duel as it would be asked for; why it cannot, as a sentence.
    pub fn duel_wish(&self) -> Result<DuelWish, String> {
        let checkpoint = self.duel.0.ok_or("Choose the checkpoint that is measured")?;
        Ok(DuelWish { draw: self.draw()?, checkpoint, against: self.duel.1 })
    }

    fn draw(&self) -> Result<DrawWish, String> {
        Ok(DrawWish {
            dataset: self.prompts.ok_or("Choose prompts to answer; the Data page brings some in")?,
            split: Split::Validation,
            most: 200,
            judges: self.judges.judges()?,
            max_tokens: self.rl.max_tokens,
            temperature: 0.7,
            seed: MEASURE_SEED,
            missing_end: self.rl.missing_end,
        })
    }
}

/// The newest model that was fine-tuned to write, else the newest that writes.
pub fn best_start(library: &Library) -> Option<CheckpointId> {
    let tuned = |row: &&CheckpointRow| {
        let run = library.runs.iter().find(|run| Some(run.id) == row.run);
        run.and_then(|run| run.config.tune.as_ref()).is_some_and(|tune| tune.task == TuneTask::Text && tune.align.is_none())
    };
    writers(library).filter(tuned).last().or_else(|| writers(library).last()).map(|row| row.id)
}

impl AppState {
    pub(super) fn apply_rlhf(&mut self, action: RlhfAction) -> Vec<Command> {
        match action {
            RlhfAction::Show(view) => {
                self.rlhf.view = view;
                Vec::new()
            }
            RlhfAction::Round(round) => {
                self.rlhf.round = round;
                Vec::new()
            }
            RlhfAction::Heat(heat) => {
                self.rlhf.heat = heat;
                Vec::new()
            }
            RlhfAction::Watch(run) => {
                (self.rlhf.watch, self.rlhf.view) = (Some(run), RlhfView::Watch);
                vec![Command::Library(LibraryCommand::LoadMetrics { run })]
            }
            RlhfAction::Start { config, from } => {
                (self.rlhf.watch, self.rlhf.view, self.rlhf.round) = (None, RlhfView::Watch, None);
                vec![Command::Train(TrainCommand::StartRun { config: *config, from: Some(from) })]
            }
            RlhfAction::StartRounds(plan) => self.begin_rounds(*plan),
            RlhfAction::StopRounds => self.stop_rounds(),
            RlhfAction::Duel(wish) => self.begin_duel(*wish),
            RlhfAction::Replay(run) => self.begin_replay(run),
            RlhfAction::LookAt(dataset) => self.look_at_votes(dataset),
            RlhfAction::Wish(wish) => {
                self.rlhf.view = if matches!(wish, RlhfWish::Duel { .. }) { RlhfView::Duel } else { RlhfView::SetUp };
                let number = self.rlhf.wish.as_ref().map_or(1, |(number, _)| number + 1);
                self.rlhf.wish = Some((number, wish));
                Vec::new()
            }
        }
    }
}
