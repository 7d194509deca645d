//! The RLHF page: which method, on which votes or prompts, judged by what. Draws nothing.

use super::AppState;
use super::choices::{n_params, writers};
use crate::config::{Align, Judge, Rl, RunConfig, Tune, TuneTask, first_align};
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, RunId};
use crate::engine::event::{CheckpointRow, Library, RunRow};
use crate::feedback::RuleSet;
use crate::train::reward_loss::RewardKind;
use crate::train::{PreferenceLoss, RewardLoss};

/// The sides of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RlhfView {
    #[default]
    SetUp,
    Watch,
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
}

impl Method {
    pub const ALL: [Self; 3] = [Self::Prefer, Self::Reward, Self::Rl];

    pub fn name(self) -> &'static str {
        match self {
            Self::Prefer => "Preferences (DPO and its family)",
            Self::Reward => "Reward model",
            Self::Rl => "Rewards of own answers (PPO, GRPO, RLOO)",
        }
    }

    /// When to choose it, in a sentence.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Prefer => {
                "The shortest way from votes to a better model: better answers get likelier than worse ones, near where it began"
            }
            Self::Reward => "Learns to say how good an answer is; it then judges answers that nobody voted on",
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
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum RlhfAction {
    Show(RlhfView),
    Watch(RunId),
    Round(Option<u64>),
    Heat(Heat),
    Start { config: Box<RunConfig>, from: CheckpointId },
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
    pub reward_model: Option<CheckpointId>,
    chosen_reward: bool,
    pub rules: String,
    pub rate: f64,
}

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
            reward_model: None,
            chosen_reward: false,
            rules: String::new(),
            rate: 1.0,
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
        self.reward_model = self.reward_model.filter(|id| library.checkpoints.iter().any(|row| row.id == *id));
        if !self.chosen_reward {
            // Suggested once; after that "none" stays none.
            self.reward_model = reward_models(library).last().map(|row| row.id);
            self.chosen_reward = self.reward_model.is_some();
        }
    }

    /// The run as it would start; why it cannot, as a sentence.
    pub fn assembled(&self, library: &Library) -> Result<(RunConfig, CheckpointId), String> {
        let from = self.from.ok_or("Choose a checkpoint to start from; the Pre-train page makes one")?;
        let dataset = if self.method == Method::Rl { self.prompts } else { self.votes };
        let missing = if self.method == Method::Rl {
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
            Method::Rl => Align::Rl(Box::new(Rl { judges: self.judges()?, ..self.rl.clone() })),
        };
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

    fn judges(&self) -> Result<Vec<Judge>, String> {
        let mut judges = Vec::new();
        if let Some(checkpoint) = self.reward_model {
            judges.push(Judge::Model { checkpoint, weight: 1.0 });
        }
        if !self.rules.trim().is_empty() {
            let rules = RuleSet::parse(&self.rules).and_then(|rules| rules.check().map(|_checked| rules));
            judges.push(Judge::Rules { rules: rules.map_err(|error| format!("The rules: {error}"))?, weight: 1.0 });
        }
        if judges.is_empty() {
            return Err("Nothing judges the answers: choose a reward model, or write rules, say “polite; words 5-25”".to_owned());
        }
        Ok(judges)
    }
}

/// Checkpoints of reward models, oldest first.
pub fn reward_models(library: &Library) -> Vec<&CheckpointRow> {
    let rewards =
        |run: &RunRow| matches!(run.config.tune.as_ref().and_then(|tune| tune.align.as_ref()), Some(Align::Reward { .. }));
    let of = |id| library.runs.iter().any(|run| Some(run.id) == id && !run.deleted && rewards(run));
    library.checkpoints.iter().filter(|row| !row.missing && of(row.run)).collect()
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
                vec![Command::LoadMetrics { run }]
            }
            RlhfAction::Start { config, from } => {
                (self.rlhf.watch, self.rlhf.view, self.rlhf.round) = (None, RlhfView::Watch, None);
                vec![Command::StartRun { config: *config, from: Some(from) }]
            }
        }
    }
}
