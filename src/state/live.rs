//! The run at hand, as the run bar shows it on every page. Knows no curve and no page.

use crate::config::RunConfig;
use crate::engine::command::{CheckpointId, RunId};
use crate::engine::event::{EvalPoint, MetricPoint, RunInfo, RunState};

/// The run that the trainer holds, or the last one it held.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveRun {
    pub run: RunId,
    pub config: RunConfig,
    pub info: RunInfo,
    pub state: RunState,
    pub step: u64,
    /// Mean of the loss over the last steps, in nats.
    pub loss: Option<f32>,
    pub val: Option<EvalPoint>,
    pub tokens_per_s: f32,
    pub elapsed_s: f32,
    pub last_checkpoint: Option<(CheckpointId, u64)>,
    /// Why it ended or paused by itself.
    pub message: Option<String>,
    seconds_per_step: Option<f64>,
    previous: Option<MetricPoint>,
}

impl LiveRun {
    pub fn new(run: RunId, config: RunConfig, info: RunInfo) -> Self {
        Self {
            run,
            step: info.step,
            config,
            info,
            state: RunState::Running,
            loss: None,
            val: None,
            tokens_per_s: 0.0,
            elapsed_s: 0.0,
            last_checkpoint: None,
            message: None,
            seconds_per_step: None,
            previous: None,
        }
    }

    /// Rows that are learnt from in a second, of a run on rows; none before it is known.
    pub fn rows_per_s(&self) -> Option<f64> {
        let learns = self.config.tune.as_ref().is_some_and(|tune| tune.align.is_none());
        let rows = (self.config.batch_size * self.config.grad_accum) as f64;
        self.seconds_per_step.filter(|seconds| learns && *seconds > 0.0).map(|seconds| rows / seconds)
    }

    /// The trainer still holds it: it runs or can go on at once.
    pub fn is_held(&self) -> bool {
        match self.state {
            RunState::Running | RunState::Paused | RunState::Alarm => true,
            RunState::Finished | RunState::Stopped | RunState::Interrupted | RunState::Failed => false,
        }
    }

    pub fn is_running(&self) -> bool {
        self.state == RunState::Running
    }

    pub fn fraction(&self) -> f32 {
        if self.config.steps == 0 { 0.0 } else { (self.step as f64 / self.config.steps as f64).clamp(0.0, 1.0) as f32 }
    }

    /// Seconds until the last step, at the speed of the last steps.
    pub fn seconds_left(&self) -> Option<f64> {
        self.seconds_per_step.map(|s| s * self.config.steps.saturating_sub(self.step) as f64)
    }

    pub fn push(&mut self, point: &MetricPoint) {
        const KEEP: f64 = 0.95;
        if let Some(previous) = self.previous
            && point.step > previous.step
            && point.elapsed_s > previous.elapsed_s
        {
            let s = f64::from(point.elapsed_s - previous.elapsed_s) / (point.step - previous.step) as f64;
            self.seconds_per_step = Some(self.seconds_per_step.map_or(s, |mean| KEEP * mean + (1.0 - KEEP) * s));
        }
        self.previous = Some(*point);
        self.step = point.step;
        self.elapsed_s = point.elapsed_s;
        if point.loss.is_finite() {
            self.loss = Some(self.loss.map_or(point.loss, |mean| 0.9 * mean + 0.1 * point.loss));
        }
        let speed = point.tokens_per_s;
        self.tokens_per_s = if self.tokens_per_s == 0.0 { speed } else { 0.9 * self.tokens_per_s + 0.1 * speed };
    }
}

/// A state in words, as the run bar and the table of runs say it.
pub fn state_label(state: RunState) -> &'static str {
    match state {
        RunState::Running => "Training",
        RunState::Paused => "Paused",
        RunState::Alarm => "Paused by itself",
        RunState::Finished => "Finished",
        RunState::Stopped => "Stopped",
        RunState::Interrupted => "Interrupted",
        RunState::Failed => "Failed",
    }
}
