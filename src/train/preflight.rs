//! Three real steps on copies, then what the whole run will take. Knows no disk but the number it is given.

use std::time::Instant;

use super::{RunTrainer, TrainData, TrainError};
use crate::config::{RunPlan, machine, scaled_lr};
use crate::engine::event::PreflightResult;
use crate::model::Model;

/// Steps that are tried; the first one warms caches and buffers and is not timed.
const STEPS: u64 = 3;

/// A trial under way: the real trainer, on weights that are thrown away.
pub struct Preflight {
    trainer: RunTrainer,
    free_disk_bytes: u64,
    /// Seconds of the timed steps.
    seconds: Vec<f64>,
    step_began: Instant,
}

impl Preflight {
    pub fn new(plan: RunPlan, data: impl Into<TrainData>, from: Option<Model>, free_disk_bytes: u64) -> Result<Self, TrainError> {
        let trainer = RunTrainer::new(plan, data, from)?;
        Ok(Self { trainer, free_disk_bytes, seconds: Vec::new(), step_began: Instant::now() })
    }

    /// One micro-batch; the result after the last.
    pub fn micro_step(&mut self) -> Result<Option<PreflightResult>, TrainError> {
        let Some(report) = self.trainer.micro_step()? else { return Ok(None) };
        let took = self.step_began.elapsed().as_secs_f64();
        self.step_began = Instant::now();
        // A run of fewer steps than the trial still needs one that is timed.
        if report.point.step > 1 {
            self.seconds.push(took);
        }
        if report.point.step < STEPS {
            return Ok(None);
        }
        Ok(Some(self.result()))
    }

    /// The fastest of the timed steps: what else the machine did meanwhile is not the run's.
    fn result(&self) -> PreflightResult {
        let plan = self.trainer.plan();
        let config = plan.config();
        let seconds_per_step = self.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let n_params = self.trainer.model().layout.len as u64;
        // Validations cost a forward pass, a third of a training step's work a token.
        let eval_tokens = (config.eval_sequences * config.dims.context) as f64 / 3.0;
        let evals = config.steps.checked_div(config.eval_every).unwrap_or(0) as f64;
        let tokens_per_s = plan.tokens_per_step() as f64 / seconds_per_step;
        let estimate = plan.model().training_memory_bytes(plan.context() * plan.sequences_per_pass(), plan.replicas());
        // Kept: the newest, the best, every n-th, and the one being written.
        let every_nth = config.steps.checked_div(config.keep_every).unwrap_or(0);
        let kept = (config.keep_last as u64).saturating_add(2).saturating_add(every_nth);
        let mut result = PreflightResult {
            n_params,
            seconds_per_step,
            tokens_per_s,
            total_s: config.steps as f64 * seconds_per_step + evals * eval_tokens / tokens_per_s,
            // The trial holds all that the run will hold; where the system does not say how much, the estimate stands.
            peak_memory_bytes: machine::memory_in_use().unwrap_or(0).max(estimate),
            disk_bytes: kept.saturating_mul(12 * n_params),
            free_disk_bytes: self.free_disk_bytes,
            epochs: plan.epochs(),
            warnings: Vec::new(),
        };
        result.warnings = warnings(plan, &result);
        result
    }
}

/// What looks unwise, one sentence each.
pub(super) fn warnings(plan: &RunPlan, result: &PreflightResult) -> Vec<String> {
    let (config, facts) = (plan.config(), plan.facts());
    let mut out = Vec::new();
    let mut when = |unwise: bool, text: String| {
        if unwise {
            out.push(text);
        }
    };
    when(
        result.epochs > 40.0,
        format!(
            "Each token is seen {:.0} times, so the model will learn the text by heart; take fewer steps, a smaller model or more text.",
            result.epochs
        ),
    );
    when(
        result.disk_bytes > result.free_disk_bytes,
        format!(
            "The checkpoints need {:.1} GB and {:.1} GB are free; keep fewer or free some space.",
            result.disk_bytes as f64 / 1e9,
            result.free_disk_bytes as f64 / 1e9
        ),
    );
    let suits = scaled_lr(result.n_params);
    when(
        config.lr > 4.0 * suits,
        format!("A learning rate of {} is high for this size and may diverge; {suits} is usual.", config.lr),
    );
    when(
        config.lr < suits / 20.0,
        format!("A learning rate of {} is low for this size and will be slow; {suits} is usual.", config.lr),
    );
    when(
        config.eval_every > 0 && facts.val_tokens < 2 * plan.context() as u64,
        "The validation text is shorter than two contexts, so its loss will be a rough guess.".to_owned(),
    );
    when(result.total_s > 86_400.0, format!("This run takes {:.1} days.", result.total_s / 86_400.0));
    when(config.warmup_steps * 2 > config.steps, "More than half of the run is warm-up.".to_owned());
    out
}
