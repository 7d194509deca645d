//! What the trainer says of the run at hand: its start, its steps, its end. Knows no drawing.

use super::format::count;
use super::live::LiveRun;
use super::{Action, AppState, Level, Page, RunsAction, runs, watched};
use crate::config::RunConfig;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, RunId};
use crate::engine::event::{EvalPoint, MetricPoint, RunInfo, RunState};

impl AppState {
    fn live_of(&mut self, run: RunId) -> Option<&mut LiveRun> {
        self.live.as_mut().filter(|live| live.run == run)
    }

    pub(super) fn run_started(&mut self, run: RunId, config: RunConfig, info: RunInfo) -> Vec<Command> {
        let page = watched::kind(&config);
        self.live = Some(LiveRun::new(run, config, info));
        self.banner = None;
        self.pretrain.starting = false;
        match page {
            Page::Tune => self.tune.run_started(run),
            Page::Rlhf => self.rlhf.watch = Some(run),
            _ => self.pretrain.run_started(run),
        }
        runs::ask(&mut self.curves, &[run])
    }

    pub(super) fn steps_came(&mut self, run: RunId, points: Vec<MetricPoint>) {
        if let Some(live) = self.live_of(run) {
            for point in &points {
                live.push(point);
            }
        }
        self.curves.push(run, points);
    }

    pub(super) fn eval_came(&mut self, run: RunId, point: EvalPoint) {
        if let Some(live) = self.live_of(run) {
            live.val = Some(point);
        }
        self.curves.push_eval(run, point);
    }

    pub(super) fn checkpoint_saved(&mut self, run: RunId, checkpoint: CheckpointId, step: u64) {
        if let Some(live) = self.live_of(run) {
            live.last_checkpoint = Some((checkpoint, step));
        }
    }

    pub(super) fn state_came(&mut self, run: RunId, state: RunState) {
        if let Some(live) = self.live_of(run) {
            live.state = state;
            if state != RunState::Alarm {
                live.message = None;
            }
        }
        if state == RunState::Alarm {
            let why = self.pretrain.alarm.as_deref().unwrap_or("the loss went wrong");
            let text = format!("Training paused by itself: {why}");
            self.notices.offer(Level::Error, text, "Look", Action::Go(self.page_of(run)));
        }
    }

    pub(super) fn run_ended(&mut self, run: RunId, state: RunState, checkpoint: Option<CheckpointId>, message: String) {
        let mut at = String::new();
        if let Some(live) = self.live_of(run) {
            live.state = state;
            live.message = Some(message.clone());
            at = format!(" at step {}", count(live.step));
            if let Some(checkpoint) = checkpoint {
                live.last_checkpoint = Some((checkpoint, live.step));
            }
        }
        match state {
            RunState::Finished => {
                self.notices.offer(Level::Info, format!("Training finished{at}"), "Try it", Action::Go(Page::Prompt));
            }
            RunState::Stopped => match checkpoint {
                Some(checkpoint) => self.notices.offer(
                    Level::Info,
                    format!("Training stopped{at}; a checkpoint was saved"),
                    "Resume",
                    Action::Runs(RunsAction::Resume(checkpoint)),
                ),
                None => self.notices.info(format!("Training stopped{at}")),
            },
            RunState::Failed | RunState::Interrupted => self.notices.error(message),
            RunState::Running | RunState::Paused | RunState::Alarm => {}
        }
    }
}
