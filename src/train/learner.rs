//! The machinery of a step that all trainers share: gradients pile up, are summed, clipped and applied; counters, knobs, alarm. Knows no objective.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::alarm;
use super::backend::Backend;
use super::evaluation::Evaluation;
use super::history::History;
use super::loss::{Group, LossFn, Stats};
use super::optim::{AdamW, Hyper, clip_scale};
use super::pool::{GroupResult, mean_stats};
use super::{TrainError, lr_at};
use crate::config::{RunConfig, RunPlan};
use crate::engine::command::Knob;
use crate::engine::event::{EvalPoint, MetricPoint};
use crate::formats::resume::{self, KnobState, TrainerState};
use crate::formats::{load_folder, save_folder};
use crate::infer::Rollouts;
use crate::model::{Layout, Model, Scores, Sequence};

/// One optimiser step.
#[derive(Clone, Debug, PartialEq)]
pub struct StepReport {
    pub point: MetricPoint,
    /// Tokens read in this step.
    pub tokens: u64,
    /// What is wrong, if anything is: the run should pause. A step that is not finite left the weights untouched.
    pub alarm: Option<String>,
    /// Means beside the loss, where it has any.
    pub stats: Stats,
    /// Further ones, whose names the run's configuration gives.
    pub parts: Vec<(String, f64)>,
}

/// Weights, moments, counters, and what computes.
pub struct Learner {
    plan: RunPlan,
    model: Arc<Model>,
    adam: AdamW,
    backend: Backend,
    /// Stretches of the weights that train.
    live: Vec<Range<usize>>,
    /// As they were at the last step border; what is saved.
    state: TrainerState,
    /// Knobs of the step under way; `state.knobs` holds the turned ones.
    knobs: KnobState,
    pub history: History,
    pending: Pending,
}

/// A step under way.
#[derive(Default)]
struct Pending {
    micro_batches: usize,
    groups: Vec<GroupResult>,
    loss: f64,
    weight: f64,
    seconds: f64,
}

impl Learner {
    /// A fresh run, from a model or from random weights.
    pub fn new(plan: RunPlan, from: Option<Model>) -> Result<Self, TrainError> {
        let model = match from {
            Some(model) => model.with_value(plan.model().value),
            None => Model::init(plan.model().clone(), plan.config().seed)?,
        };
        let model = adapted(model, &plan);
        let adam = AdamW::new(&model.layout);
        let state = fresh_state(plan.config());
        Self::assemble(plan, model, adam, state)
    }

    /// Goes on from a checkpoint with the same bits.
    pub fn resume(plan: RunPlan, dir: &Path) -> Result<Self, TrainError> {
        let (model, adam, state) = read_checkpoint(dir, &plan)?;
        Self::assemble(plan, model, adam, state)
    }

    fn assemble(plan: RunPlan, model: Model, adam: AdamW, state: TrainerState) -> Result<Self, TrainError> {
        let (found, expected) = (Layout::of(&model.config).len, Layout::of(plan.model()).len);
        if found != expected {
            return Err(TrainError::OtherModel { found, expected });
        }
        let live = model.layout.live();
        let backend = Backend::new(&plan, &model)?;
        let knobs = state.knobs;
        Ok(Self {
            plan,
            model: Arc::new(model),
            adam,
            backend,
            live,
            state,
            knobs,
            history: History::default(),
            pending: Pending::default(),
        })
    }

    pub fn plan(&self) -> &RunPlan {
        &self.plan
    }
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }
    pub fn backend(&self) -> &Backend {
        &self.backend
    }
    /// Optimiser steps done.
    pub fn step(&self) -> u64 {
        self.state.step
    }
    pub fn elapsed_s(&self) -> f64 {
        self.state.elapsed_s
    }
    pub fn best_val_loss(&self) -> Option<f32> {
        self.state.best_val_loss
    }
    pub fn last_train_loss(&self) -> Option<f32> {
        self.state.last_train_loss
    }
    /// Knobs as they stand.
    pub fn knobs(&self) -> &KnobState {
        &self.state.knobs
    }
    /// No micro-batch of the next step has been run yet.
    pub fn is_at_border(&self) -> bool {
        self.pending.micro_batches == 0
    }

    /// Turns a knob for the next step; returns the old value.
    pub fn set_knob(&mut self, knob: Knob) -> Knob {
        let knobs = &mut self.state.knobs;
        match knob {
            Knob::Lr(x) => Knob::Lr(std::mem::replace(&mut knobs.lr, x)),
            Knob::GradAccum(n) => Knob::GradAccum(std::mem::replace(&mut knobs.grad_accum, n.max(1))),
            Knob::WeightDecay(x) => Knob::WeightDecay(std::mem::replace(&mut knobs.weight_decay, x)),
            Knob::Dropout(x) => Knob::Dropout(std::mem::replace(&mut knobs.dropout, x.clamp(0.0, 0.99))),
            Knob::EvalEvery(n) => Knob::EvalEvery(std::mem::replace(&mut knobs.eval_every, n)),
            Knob::SampleEvery(n) => Knob::SampleEvery(std::mem::replace(&mut knobs.sample_every, n)),
            Knob::CheckpointEveryS(n) => Knob::CheckpointEveryS(std::mem::replace(&mut knobs.checkpoint_every_s, n)),
        }
    }

    /// The number, since the run began, of the first sequence of the next micro-batch. Turned knobs take effect at a step's first.
    pub fn next_sequence(&mut self) -> u64 {
        if self.is_at_border() {
            self.knobs = self.state.knobs;
        }
        let drawn: usize = self.pending.groups.iter().map(|g| g.group.counted()).sum();
        self.state.sequences + drawn as u64
    }

    /// Forward, loss and backward of one micro-batch; its gradient is added to the step's.
    pub fn accumulate(&mut self, groups: Vec<Group>, loss: &LossFn) -> Result<(), TrainError> {
        let results = match self.backend.accumulate(&self.model, groups, loss, self.knobs.dropout as f32) {
            Ok(results) => results,
            Err(error) => {
                // The replicas dropped their gradients; the step begins anew.
                self.pending = Pending::default();
                return Err(error);
            }
        };
        let pending = &mut self.pending;
        for result in &results {
            pending.loss += result.loss;
            pending.weight += result.weight;
        }
        pending.groups.extend(results);
        pending.micro_batches += 1;
        Ok(())
    }

    /// Adds time spent on the step.
    pub fn count_time(&mut self, time: Duration) {
        self.pending.seconds += time.as_secs_f64();
    }

    /// Whether all micro-batches of the step are in.
    pub fn is_full(&self) -> bool {
        self.pending.micro_batches >= self.knobs.grad_accum
    }

    /// The highest rate now; the schedule scales with it.
    pub fn lr_peak(&self) -> f64 {
        self.knobs.lr
    }

    /// Sums, clips and applies the gradient: one step of AdamW at the rate `lr`.
    pub fn update(&mut self, lr: f64) -> StepReport {
        let pending = std::mem::take(&mut self.pending);
        let weight = pending.weight.max(1.0);
        let loss = pending.loss / weight;
        let threads = self.plan.replicas() * self.plan.threads_per_replica();
        let (squares, grad) = self.backend.take_gradient(&self.live);
        let norm = squares.sqrt() / weight;
        let config = self.plan.config();
        let mut alarm = alarm::not_finite(loss, norm, self.state.step + 1);
        if alarm.is_none() {
            let scale = clip_scale(norm, config.clip_norm) / weight;
            let hyper =
                Hyper { lr, beta1: config.beta1, beta2: config.beta2, eps: config.eps, weight_decay: self.knobs.weight_decay };
            // No replica holds the weights between steps; should anybody else, they keep the old ones and we go on with a copy.
            let model = Arc::make_mut(&mut self.model);
            self.adam.update(&mut model.weights, grad, scale as f32, &hyper, threads);
            self.backend.weights_changed();
            alarm = alarm::watch(&mut self.state.alarm, loss);
        } else {
            clear(grad, &self.live);
        }
        self.finish_step(pending, loss, norm, lr, alarm)
    }

    fn finish_step(&mut self, pending: Pending, loss: f64, norm: f64, lr: f64, alarm: Option<String>) -> StepReport {
        let sequences: usize = pending.groups.iter().map(|g| g.group.counted()).sum();
        let stats = mean_stats(&pending.groups);
        let tokens: usize = pending.groups.iter().flat_map(|g| &g.group.sequences).map(|s| s.ids.len()).sum();
        let state = &mut self.state;
        state.step += 1;
        state.updates = self.adam.t;
        state.sequences += sequences as u64;
        state.tokens += tokens as u64;
        state.elapsed_s += pending.seconds;
        state.last_train_loss = Some(loss as f32).filter(|l| l.is_finite());
        self.history.push(state.step, pending.groups);
        let point = MetricPoint {
            step: state.step,
            loss: loss as f32,
            lr: lr as f32,
            grad_norm: norm as f32,
            tokens_per_s: (tokens as f64 / pending.seconds.max(1e-9)) as f32,
            elapsed_s: state.elapsed_s as f32,
        };
        StepReport { point, tokens: tokens as u64, alarm, stats, parts: Vec::new() }
    }

    /// The rate of the step under way.
    pub fn scheduled_lr(&self) -> f64 {
        lr_at(self.plan.config(), self.lr_peak(), self.state.step)
    }

    /// Log-probabilities of every target, without dropout.
    pub fn score(&mut self, sequences: Vec<Sequence>) -> Result<Vec<Scores>, TrainError> {
        self.backend.score(&self.model, sequences)
    }

    /// As `score`, by other weights: those of a frozen reference.
    pub fn score_with(&mut self, model: &Arc<Model>, sequences: Vec<Sequence>) -> Result<Vec<Scores>, TrainError> {
        self.backend.weights_changed();
        let scores = self.backend.score(model, sequences);
        self.backend.weights_changed();
        scores
    }

    /// Up to `steps` more tokens for every answer under way, by other weights if they are given.
    pub fn rollout(&mut self, by: Option<&Arc<Model>>, all: &mut Rollouts, steps: usize) -> Result<(), TrainError> {
        self.backend.rollout(by.unwrap_or(&self.model), all, steps)
    }

    /// Sequences of one piece of a validation: a pass for every replica.
    pub fn eval_width(&self) -> usize {
        self.backend.width() * self.plan.sequences_per_pass()
    }

    /// Rows of one piece of a validation: short ones, so several for every replica.
    pub fn row_width(&self) -> usize {
        self.backend.width() * 4
    }

    /// The result of a validation whose last piece is in; the best loss is remembered.
    pub fn finish_evaluation(&mut self, evaluation: &Evaluation) -> Option<EvalPoint> {
        if !evaluation.is_done() {
            return None;
        }
        let facts = self.plan.facts();
        let tokens_per_byte = facts.val_tokens as f64 / facts.val_bytes.max(1) as f64;
        let point = evaluation.point(tokens_per_byte, self.state.best_val_loss);
        if point.best {
            self.state.best_val_loss = Some(point.loss);
        }
        Some(point)
    }

    /// Writes the last finished step into an existing empty folder; a step under way is not part of it and is run again on resuming.
    pub fn save(&self, dir: &Path, tokenizer: Option<&Path>) -> Result<(), TrainError> {
        save_folder(&self.model, tokenizer, dir)?;
        resume::save(dir, &self.model.layout, &self.adam.m, &self.adam.v, &self.state)?;
        Ok(())
    }

    /// Weights, moments and counters of a checkpoint, with the highest rate scaled; forgets a step under way.
    pub fn rewind(&mut self, dir: &Path, lr_scale: f64) -> Result<(), TrainError> {
        let (model, adam, mut state) = read_checkpoint(dir, &self.plan)?;
        if model.layout.len != self.model.layout.len {
            return Err(TrainError::OtherModel { found: model.layout.len, expected: self.model.layout.len });
        }
        state.knobs.lr = self.state.knobs.lr * lr_scale;
        state.elapsed_s = self.state.elapsed_s;
        (self.model, self.adam, self.knobs) = (Arc::new(model), adam, state.knobs);
        self.state = state;
        self.history.clear();
        self.pending = Pending::default();
        self.backend.weights_changed();
        clear(self.backend.take_gradient(&self.live).1, &self.live);
        Ok(())
    }
}

/// Weights, moments and counters between two steps.
#[derive(Clone)]
pub struct Snapshot {
    model: Arc<Model>,
    m: Vec<f32>,
    v: Vec<f32>,
    state: TrainerState,
}

impl Snapshot {
    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        4 * (self.model.weights.len() + self.m.len() + self.v.len())
    }
}

impl Learner {
    /// As it stands between two steps; what goes on from here goes on with a copy.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { model: Arc::clone(&self.model), m: self.adam.m.clone(), v: self.adam.v.clone(), state: self.state.clone() }
    }

    /// Back to the bits of a snapshot.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.model = Arc::clone(&snapshot.model);
        self.adam.m.clone_from(&snapshot.m);
        self.adam.v.clone_from(&snapshot.v);
        self.adam.t = snapshot.state.updates;
        let elapsed_s = self.state.elapsed_s;
        self.state = snapshot.state.clone();
        self.state.elapsed_s = elapsed_s;
        self.knobs = self.state.knobs;
        self.pending = Pending::default();
        self.backend.weights_changed();
    }
}

/// With what the run trains free, and the rest frozen.
fn adapted(model: Model, plan: &RunPlan) -> Model {
    match &plan.config().tune {
        Some(tune) => model.adapt(&tune.adapt, plan.config().seed),
        None => model,
    }
}

/// Zero where something trains; what is frozen was never touched.
fn clear(grad: &mut [f32], live: &[Range<usize>]) {
    for range in live {
        if let Some(part) = grad.get_mut(range.clone()) {
            part.fill(0.0);
        }
    }
}

fn read_checkpoint(dir: &Path, plan: &RunPlan) -> Result<(Model, AdamW, TrainerState), TrainError> {
    let model = adapted(load_folder(dir)?.model, plan);
    let (m, v, state) = resume::load(dir, &model.layout)?;
    let adam = AdamW::from_state(&model.layout, m, v, state.updates);
    Ok((model, adam, state))
}

fn fresh_state(config: &RunConfig) -> TrainerState {
    TrainerState {
        version: TrainerState::version(),
        step: 0,
        updates: 0,
        sequences: 0,
        tokens: 0,
        elapsed_s: 0.0,
        best_val_loss: None,
        last_train_loss: None,
        alarm: resume::AlarmState::default(),
        knobs: KnobState {
            lr: config.lr,
            grad_accum: config.grad_accum,
            weight_decay: config.weight_decay,
            dropout: config.dropout,
            eval_every: config.eval_every,
            sample_every: config.sample_every,
            checkpoint_every_s: config.checkpoint_every_s,
        },
        seed: config.seed,
    }
}
