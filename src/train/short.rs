//! A few steps over a few sequences, on a copy of some weights that nobody keeps unless asked: no schedule, no checkpoint. Knows no objective.

use std::sync::Arc;

use super::TrainError;
use super::loss::{Group, LossFn};
use super::optim::{AdamW, Hyper, clip_scale};
use super::pool::ReplicaPool;
use crate::config::machine;
use crate::model::Model;

/// Longest norm of the gradient.
const CLIP: f64 = 1.0;

/// A copy being tuned.
pub struct ShortTuning {
    model: Arc<Model>,
    adam: AdamW,
    pool: ReplicaPool,
}

impl ShortTuning {
    pub fn new(model: &Model) -> Result<Self, TrainError> {
        let pool = ReplicaPool::new(machine::cores(), 1, model)?;
        Ok(Self { model: Arc::new(model.clone()), adam: AdamW::new(&model.layout), pool })
    }

    /// Back to these weights, with fresh moments.
    pub fn restart(&mut self, model: &Model) {
        self.model = Arc::new(model.clone());
        self.adam = AdamW::new(&model.layout);
    }

    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// One step of AdamW over all groups; their mean loss.
    pub fn step(&mut self, groups: Vec<Group>, loss: &LossFn, lr: f64) -> Result<f64, TrainError> {
        let results = self.pool.accumulate(&self.model, groups, loss, 0.0)?;
        let weight = results.iter().map(|result| result.weight).sum::<f64>().max(1.0);
        let mean = results.iter().map(|result| result.loss).sum::<f64>() / weight;
        let live = self.model.layout.live();
        let threads = self.pool.len();
        let (squares, grad) = self.pool.take_gradient(&live);
        let norm = squares.sqrt() / weight;
        let hyper = Hyper { lr, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.0 };
        if norm.is_finite() {
            let scale = clip_scale(norm, CLIP) / weight;
            self.adam.update(&mut Arc::make_mut(&mut self.model).weights, grad, scale as f32, &hyper, threads);
        } else {
            grad.fill(0.0);
        }
        Ok(mean)
    }
}
