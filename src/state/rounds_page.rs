//! Judged answers on the RLHF page: rounds under way, duels, replays, and what the votes say of themselves before a run begins on them.
//! Draws nothing.

use super::rlhf::RlhfView;
use super::rounds::{self, Rounds, RoundsPlan, RoundsResult};
use super::{AppState, JobKind};
use crate::engine::Command;
use crate::engine::command::{AlignCommand, DatasetId, JobId, RunId, TrainCommand};
use crate::engine::event::{AlignEvent, Event};
use crate::engine::feedback::{FeedbackCommand, FeedbackEvent};
use crate::engine::judged::{BestReport, BestWish, DuelReport, DuelWish, Keep};
use crate::feedback::Honesty;

/// Two checkpoints against each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DuelState {
    #[default]
    None,
    Asked(JobId),
    Done(Box<DuelReport>),
    Failed(String),
}

/// What is known of all this.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoundsState {
    pub now: Option<Rounds>,
    /// Sequences that the project keeps, oldest first.
    pub kept: Vec<RoundsResult>,
    pub duel: DuelState,
    /// Answers that were drawn and judged without a round.
    pub drawn: Option<BestReport>,
    drawing: Option<JobId>,
    /// What the votes of a dataset say of themselves.
    pub honesty: Option<(DatasetId, Honesty)>,
    honesty_asked: Option<DatasetId>,
}

impl RoundsState {
    /// Whether the votes of this dataset were looked at, or are being.
    pub fn is_looked_at(&self, dataset: DatasetId) -> bool {
        self.honesty_asked == Some(dataset)
    }

    pub fn is_drawing(&self) -> bool {
        self.drawing.is_some()
    }
}

impl AppState {
    /// Rounds, or answers drawn once where none are asked for.
    pub(super) fn begin_rounds(&mut self, plan: RoundsPlan) -> Vec<Command> {
        self.rlhf.view = RlhfView::Rounds;
        let state = &mut self.rlhf.rounds;
        if plan.rounds == 0 {
            let job = self.jobs.start(JobKind::Judge, format!("Drawing answers for {}", plan.name));
            (state.drawing, state.drawn) = (Some(job), None);
            let keep: Keep = plan.keep;
            let wish = BestWish { draw: plan.draw, checkpoint: plan.start, n: plan.n, keep, into: Some(plan.name) };
            return vec![Command::Align(AlignCommand::Best { job, wish: Box::new(wish) })];
        }
        let job = self.jobs.start(JobKind::Judge, format!("Rounds of {}", plan.name));
        let (now, ask) = Rounds::begin(plan, job, self.now_s);
        state.now = Some(now);
        vec![ask]
    }

    pub(super) fn stop_rounds(&mut self) -> Vec<Command> {
        match self.rlhf.rounds.now.as_ref().filter(|now| !now.is_over()) {
            Some(now) => now
                .job()
                .map_or_else(|| vec![Command::Train(TrainCommand::Stop)], |job| self.jobs.cancel(job).into_iter().collect()),
            None => Vec::new(),
        }
    }

    pub(super) fn begin_duel(&mut self, wish: DuelWish) -> Vec<Command> {
        let job = self.jobs.start(JobKind::Judge, "Two checkpoints answer the same prompts");
        self.rlhf.rounds.duel = DuelState::Asked(job);
        vec![Command::Align(AlignCommand::Duel { job, wish: Box::new(wish) })]
    }

    pub(super) fn begin_replay(&mut self, run: RunId) -> Vec<Command> {
        let job = self.jobs.start(JobKind::Judge, format!("Telling run {run} its votes again"));
        vec![Command::Align(AlignCommand::Replay { job, run })]
    }

    pub(super) fn look_at_votes(&mut self, dataset: DatasetId) -> Vec<Command> {
        self.rlhf.rounds.honesty_asked = Some(dataset);
        vec![Command::Feedback(FeedbackCommand::LoadHonesty { dataset })]
    }

    /// Hears along with the others; the commands that follow are sent at once.
    pub(super) fn rounds_came(&mut self, event: &Event) -> Vec<Command> {
        if let Event::Opened { settings, .. } = event {
            let kept = settings.iter().find(|(key, _)| key == rounds::SETTING);
            self.rlhf.rounds.kept = kept.map(|(_, value)| rounds::read(value)).unwrap_or_default();
        }
        if let Event::Feedback(FeedbackEvent::Honesty { dataset, honesty }) = event {
            self.rlhf.rounds.honesty = Some((*dataset, (**honesty).clone()));
        }
        if let Event::Feedback(FeedbackEvent::Voted { dataset, .. }) = event
            && self.rlhf.rounds.honesty_asked == Some(*dataset)
        {
            self.rlhf.rounds.honesty_asked = None;
        }
        if let Event::JobFailed { job, message } = event {
            self.judging_failed(*job, message);
        }
        if let Event::Cancelled { job } = event {
            self.judging_failed(*job, "It was stopped");
        }
        if let Event::Align(event) = event {
            self.judged(event);
        }
        self.advance_rounds(event)
    }

    fn judged(&mut self, event: &AlignEvent) {
        match event {
            AlignEvent::Replayed { job, replayed } => {
                self.jobs.finish(*job);
                let told = replayed.sentence();
                if replayed.is_same() {
                    self.notices.info(told);
                } else {
                    self.notices.warning(told);
                }
            }
            AlignEvent::Duelled { job, duel } => {
                self.jobs.finish(*job);
                self.rlhf.rounds.duel = DuelState::Done(duel.clone());
            }
            AlignEvent::Best { job, best } => {
                self.jobs.finish(*job);
                if self.rlhf.rounds.drawing == Some(*job) {
                    (self.rlhf.rounds.drawing, self.rlhf.rounds.drawn) = (None, Some((**best).clone()));
                }
            }
            AlignEvent::Series { .. }
            | AlignEvent::Rollouts { .. }
            | AlignEvent::Effect { .. }
            | AlignEvent::Rated { .. }
            | AlignEvent::Drawn { .. } => {}
        }
    }

    fn judging_failed(&mut self, job: JobId, message: &str) {
        let state = &mut self.rlhf.rounds;
        if state.duel == DuelState::Asked(job) {
            state.duel = DuelState::Failed(message.to_owned());
        }
        if state.drawing == Some(job) {
            state.drawing = None;
        }
    }

    fn advance_rounds(&mut self, event: &Event) -> Vec<Command> {
        let state = &mut self.rlhf.rounds;
        let Some(now) = state.now.as_mut().filter(|now| !now.is_over()) else { return Vec::new() };
        let (jobs, name) = (&mut self.jobs, now.result.name.clone());
        let mut commands = now.came(event, || jobs.start(JobKind::Judge, format!("Rounds of {name}")), self.now_s);
        if now.is_over() {
            let result = now.result.clone();
            let (kept, save) = rounds::keep(std::mem::take(&mut state.kept), &result);
            state.kept = kept;
            commands.push(save);
            match &result.ended {
                Some(why) => self.notices.warning(format!("The rounds of {} ended: {why}", result.name)),
                None => self.notices.info(format!("The rounds of {} are done", result.name)),
            }
        }
        commands
    }
}
