//! What computes gradients: replicas on the CPU, or the candle twin on another device. Trainers do not know which.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Device;

use super::TrainError;
use super::loss::{Group, LossFn};
use super::pool::{GroupResult, ReplicaPool};
use super::twin::Twin;
use crate::config::RunPlan;
use crate::infer::rollout::Rollouts;
use crate::model::{Model, Scores, Sequence, Workspace};

/// Where a run computes.
pub enum Backend {
    /// The hand-written trunk.
    Cpu(ReplicaPool),
    /// The plain candle model.
    Twin(Twin),
}

impl Backend {
    /// The accelerator that this program was built for, if the machine has one; else replicas on the CPU.
    pub fn new(plan: &RunPlan, model: &Model) -> Result<Self, TrainError> {
        match accelerator() {
            Some(device) => Ok(Self::Twin(Twin::new(device, model))),
            None => Ok(Self::Cpu(ReplicaPool::new(plan.replicas(), plan.threads_per_replica(), model)?)),
        }
    }

    /// Say, "CPU, 2 replicas".
    pub fn name(&self) -> String {
        match self {
            Self::Cpu(pool) if pool.len() == 1 => "CPU, 1 replica".to_owned(),
            Self::Cpu(pool) => format!("CPU, {} replicas", pool.len()),
            Self::Twin(twin) => twin.name().to_owned(),
        }
    }

    /// Adds the gradients of these groups to those since the last `take_gradient`.
    pub fn accumulate(
        &mut self,
        model: &Arc<Model>,
        groups: Vec<Group>,
        loss: &LossFn,
        dropout: f32,
    ) -> Result<Vec<GroupResult>, TrainError> {
        match self {
            Self::Cpu(pool) => pool.accumulate(model, groups, loss, dropout),
            Self::Twin(twin) => twin.accumulate(model, groups, loss, dropout),
        }
    }

    /// Log-probabilities without gradient.
    pub fn score(&mut self, model: &Arc<Model>, sequences: Vec<Sequence>) -> Result<Vec<Scores>, TrainError> {
        match self {
            Self::Cpu(pool) => pool.score(model, sequences),
            Self::Twin(twin) => twin.score(model, &sequences),
        }
    }

    /// Up to `steps` more tokens for every answer that has not ended. Decoding has no path on other devices: the CPU does it there too.
    pub fn rollout(&mut self, model: &Arc<Model>, rollouts: &mut Rollouts, steps: usize) -> Result<(), TrainError> {
        match self {
            Self::Cpu(pool) => pool.rollout(model, rollouts, steps),
            Self::Twin(_) => {
                rollouts.advance(model, steps, &mut Workspace::for_inference(model));
                Ok(())
            }
        }
    }

    /// The summed gradient and its sum of squares. The caller leaves it zero for the next step.
    pub fn take_gradient(&mut self, live: &[Range<usize>]) -> (f64, &mut [f32]) {
        match self {
            Self::Cpu(pool) => pool.take_gradient(live),
            Self::Twin(twin) => {
                let grad = twin.grad_mut();
                (super::optim::sum_live(&mut [&mut *grad], live, 1), grad)
            }
        }
    }

    /// To be called after every change of the weights.
    pub fn weights_changed(&mut self) {
        match self {
            Self::Cpu(_) => {}
            Self::Twin(twin) => twin.weights_changed(),
        }
    }

    /// Passes that run at once: what one piece of an evaluation takes.
    pub fn width(&self) -> usize {
        match self {
            Self::Cpu(pool) => pool.len(),
            Self::Twin(_) => 8,
        }
    }
}

fn accelerator() -> Option<Device> {
    if cfg!(feature = "cuda") {
        return Device::new_cuda(0).ok();
    }
    if cfg!(feature = "metal") { Device::new_metal(0).ok() } else { None }
}
