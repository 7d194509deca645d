//! Iterative training: answers are drawn and judged, the best are learnt, prompts kept aside are answered anew, and so on, round by round
//! (expert iteration; Gulcehre et al. 2023, algorithm 1). Says what to ask the engine for next; draws nothing and computes nothing.

use serde::{Deserialize, Serialize};

use crate::config::{Tune, TuneTask, first_tune};
use crate::data::supervised::Split;
use crate::engine::align::AlignCommand;
use crate::engine::command::{CheckpointId, DatasetId, JobId, LibraryCommand, RunId, TrainCommand};
use crate::engine::event::{AlignEvent, RunState};
use crate::engine::judged::{BestReport, BestWish, DrawWish, Keep};
use crate::engine::{Command, Event};

/// Setting of the project under which results are kept, and how many sequences of rounds.
pub const SETTING: &str = "rounds";
const KEPT: usize = 20;
/// Rows of which some certainly stand aside to validate with.
const MEASURABLE: u64 = 100;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundsPlan {
    pub name: String,
    pub start: CheckpointId,
    /// The training prompts, and what judges.
    pub draw: DrawWish,
    /// Answers to each prompt.
    pub n: usize,
    pub keep: Keep,
    pub rounds: u32,
    /// How often what was kept is learnt, and times the usual rate.
    pub epochs: f64,
    pub rate: f64,
    /// Prompts kept aside that are answered after each round, at most.
    pub measured: usize,
    pub n_params: u64,
}

/// One round, as it is kept and shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundResult {
    pub round: u32,
    /// Answers drawn, rows kept of them, and what both were worth on average.
    pub answers: u64,
    pub kept: u64,
    pub drawn_reward: f64,
    pub kept_reward: f64,
    pub dataset: Option<DatasetId>,
    pub run: Option<RunId>,
    pub checkpoint: Option<CheckpointId>,
    /// Mean reward on the prompts kept aside, before and after the round.
    pub before: f64,
    pub after: f64,
    /// Share of those prompts that are answered better than by the start; ties by half.
    pub win_rate: f64,
    pub seconds: f64,
}

/// All rounds of one sequence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundsResult {
    pub name: String,
    pub start: CheckpointId,
    pub prompts: u64,
    pub wanted: u32,
    pub rounds: Vec<RoundResult>,
    /// Why it ended before all were done.
    #[serde(default)]
    pub ended: Option<String>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Prompts kept aside, by the checkpoint at hand.
    Measuring,
    Collecting,
    Training,
    Done,
}

impl Stage {
    /// As a person reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Measuring => "answering the prompts kept aside",
            Self::Collecting => "drawing and judging answers",
            Self::Training => "learning the best ones",
            Self::Done => "done",
        }
    }
}

/// A sequence under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Rounds {
    plan: RoundsPlan,
    pub stage: Stage,
    pub result: RoundsResult,
    job: JobId,
    /// The policy of the moment.
    at: CheckpointId,
    run: Option<RunId>,
    now: RoundResult,
    began_s: f64,
    /// Reward of each prompt kept aside, by the start, and the mean of the moment.
    start_rewards: Option<Vec<f64>>,
    mean: f64,
}

impl Rounds {
    /// The first thing to ask for: what the start is worth. `job` is a number that nobody else has.
    pub fn begin(plan: RoundsPlan, job: JobId, now_s: f64) -> (Self, Command) {
        let result = RoundsResult { name: plan.name.clone(), start: plan.start, wanted: plan.rounds, ..RoundsResult::default() };
        let at = plan.start;
        let rounds = Self {
            plan,
            stage: Stage::Measuring,
            result,
            job,
            at,
            run: None,
            now: RoundResult { round: 1, ..RoundResult::default() },
            began_s: now_s,
            start_rewards: None,
            mean: 0.0,
        };
        let ask = rounds.measure();
        (rounds, ask)
    }

    pub fn is_over(&self) -> bool {
        self.stage == Stage::Done
    }

    /// The job that is waited for; none while a run is.
    pub fn job(&self) -> Option<JobId> {
        matches!(self.stage, Stage::Measuring | Stage::Collecting).then_some(self.job)
    }

    /// Which round of how many.
    pub fn at(&self) -> (u32, u32) {
        (self.now.round, self.plan.rounds)
    }

    /// Hears what the engine says; gives what to ask for next. `fresh` is a job's number that nobody has.
    pub fn came(&mut self, event: &Event, fresh: impl FnOnce() -> JobId, now_s: f64) -> Vec<Command> {
        if self.is_over() {
            return Vec::new();
        }
        if let Event::Align(AlignEvent::Best { job, best }) = event
            && Some(*job) == self.job()
        {
            return if self.stage == Stage::Measuring { self.measured(best, fresh, now_s) } else { self.collected(best) };
        }
        if let Event::JobFailed { job, message } = event
            && Some(*job) == self.job()
        {
            return self.end(Some(message.clone()));
        }
        if let Event::Cancelled { job } = event
            && Some(*job) == self.job()
        {
            return self.end(Some("It was stopped".to_owned()));
        }
        if self.stage == Stage::Training { self.trained(event, fresh) } else { Vec::new() }
    }

    /// While the best answers are learnt.
    fn trained(&mut self, event: &Event, fresh: impl FnOnce() -> JobId) -> Vec<Command> {
        if let (Event::RunStarted { run, .. }, None) = (event, self.run) {
            self.run = Some(*run);
        }
        if let (Event::Refused { message, .. }, None) = (event, self.run) {
            return self.end(Some(message.clone()));
        }
        let Event::RunEnded { run, state, checkpoint, message } = event else { return Vec::new() };
        if Some(*run) != self.run {
            return Vec::new();
        }
        let Some(checkpoint) = checkpoint.filter(|_| *state == RunState::Finished) else {
            return self.end(Some(message.clone()));
        };
        (self.now.checkpoint, self.now.run, self.at) = (Some(checkpoint), Some(*run), checkpoint);
        (self.stage, self.job) = (Stage::Measuring, fresh());
        vec![self.measure()]
    }

    fn measure(&self) -> Command {
        let draw = DrawWish { split: Split::Validation, most: self.plan.measured, ..self.plan.draw.clone() };
        let wish = BestWish { draw, checkpoint: self.at, n: 1, keep: Keep::default(), into: None };
        Command::Align(AlignCommand::Best { job: self.job, wish: Box::new(wish) })
    }

    fn collect(&self) -> Command {
        let draw = DrawWish { seed: self.plan.draw.seed.wrapping_add(u64::from(self.now.round)), ..self.plan.draw.clone() };
        let into = Some(format!("{}, round {}", self.plan.name, self.now.round));
        let wish = BestWish { draw, checkpoint: self.at, n: self.plan.n, keep: self.plan.keep, into };
        Command::Align(AlignCommand::Best { job: self.job, wish: Box::new(wish) })
    }

    fn measured(&mut self, best: &BestReport, fresh: impl FnOnce() -> JobId, now_s: f64) -> Vec<Command> {
        if let Some(start) = &self.start_rewards {
            let half = |(own, other): (&f64, &f64)| {
                if (own - other).abs() <= 1e-9 * own.abs().max(1.0) { 0.5 } else { f64::from(u8::from(own > other)) }
            };
            let wins: f64 = best.rewards.iter().zip(start).map(half).sum();
            let now = &mut self.now;
            (now.before, now.after, now.win_rate) = (self.mean, best.mean, wins / best.rewards.len().max(1) as f64);
            now.seconds = now_s - self.began_s;
            let round = now.round + 1;
            self.result.rounds.push(std::mem::take(now));
            (self.now.round, self.began_s) = (round, now_s);
        } else {
            self.start_rewards = Some(best.rewards.clone());
            self.result.prompts = best.prompts;
        }
        self.mean = best.mean;
        if self.now.round > self.plan.rounds {
            return self.end(None);
        }
        (self.stage, self.job) = (Stage::Collecting, fresh());
        vec![self.collect()]
    }

    fn collected(&mut self, best: &BestReport) -> Vec<Command> {
        let now = &mut self.now;
        (now.answers, now.kept, now.drawn_reward, now.kept_reward) = (best.answers, best.kept, best.mean, best.kept_mean);
        now.dataset = best.dataset;
        let Some(dataset) = best.dataset else { return self.end(Some("Nothing was kept to learn from".to_owned())) };
        let tune = Tune {
            dataset,
            task: TuneTask::Text,
            epochs: self.plan.epochs,
            answer_tokens: self.plan.draw.max_tokens,
            ..Tune::default()
        };
        let mut config = first_tune(tune, self.plan.n_params, best.kept);
        config.name = format!("{}, round {}", self.plan.name, self.now.round);
        config.lr *= self.plan.rate;
        // What a round is worth is measured on prompts kept aside; of so few rows, none may stand aside.
        if best.kept < MEASURABLE {
            config.eval_every = 0;
        }
        (self.stage, self.run) = (Stage::Training, None);
        vec![Command::Train(TrainCommand::StartRun { config, from: Some(self.at) })]
    }

    fn end(&mut self, why: Option<String>) -> Vec<Command> {
        self.stage = Stage::Done;
        self.result.ended = why;
        Vec::new()
    }
}

/// The sequences that a project keeps, oldest first.
pub fn read(setting: &str) -> Vec<RoundsResult> {
    serde_json::from_str(setting).unwrap_or_default()
}

/// Keeps one more.
pub fn keep(mut all: Vec<RoundsResult>, result: &RoundsResult) -> (Vec<RoundsResult>, Command) {
    all.push(result.clone());
    let surplus = all.len().saturating_sub(KEPT);
    all.drain(..surplus);
    let value = serde_json::to_string(&all).unwrap_or_default();
    (all, Command::Library(LibraryCommand::SaveSetting { key: SETTING.to_owned(), value }))
}
