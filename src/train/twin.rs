//! The candle twin as a backend, for CUDA and Metal: whole micro-batches at once, gradients by autograd. Knows no objective.
//!
//! Weights go to the device after every update and the gradient comes back once a step: moments and the update stay where the
//! replicas' are, so that a run can go on from one device on another.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};

use super::TrainError;
use super::loss::{Group, LossFn};
use super::pool::GroupResult;
use crate::model::{Head, Model, Scores, Sequence, twin};

/// A device with a copy of the weights.
pub struct Twin {
    device: Device,
    /// None: the weights have changed since.
    vars: Option<BTreeMap<String, Var>>,
    /// Sum of the gradients since it was last taken.
    grad: Vec<f32>,
}

/// Sequences that went through together, with the scores of all their targets.
struct Bucket {
    /// Place of each sequence in the list.
    places: Vec<usize>,
    scores: BucketScores,
}

/// What the head gives.
enum BucketScores {
    Lm {
        logprob: Tensor,
        entropy: Tensor,
        /// (targets, 1), where there is a value head.
        values: Option<Tensor>,
    },
    /// (targets, `n_outputs`)
    Outputs(Tensor),
}

/// For each sequence, d loss / d each of its scores.
#[derive(Default)]
struct Slopes {
    logprob: Vec<Vec<f32>>,
    entropy: Vec<Vec<f32>>,
    outputs: Vec<Vec<f32>>,
}

impl Twin {
    pub fn new(device: Device, model: &Model) -> Self {
        Self { device, vars: None, grad: vec![0.0; model.layout.len] }
    }

    /// Say, "CUDA".
    pub fn name(&self) -> &'static str {
        match &self.device {
            Device::Cpu => "candle on the CPU",
            Device::Cuda(_) => "CUDA",
            Device::Metal(_) => "Metal",
        }
    }

    /// To be called after an update.
    pub fn weights_changed(&mut self) {
        self.vars = None;
    }

    pub fn accumulate(
        &mut self,
        model: &Model,
        groups: Vec<Group>,
        loss: &LossFn,
        dropout: f32,
    ) -> Result<Vec<GroupResult>, TrainError> {
        if dropout > 0.0 {
            return Err(TrainError::Device { message: "dropout is not built for it yet; set dropout to 0".to_owned() });
        }
        self.gradients(model, groups, loss).map_err(failed)
    }

    pub fn score(&mut self, model: &Model, sequences: &[Sequence]) -> Result<Vec<Scores>, TrainError> {
        let all: Vec<&Sequence> = sequences.iter().collect();
        let scores = self.buckets(model, &all).and_then(|buckets| read(&buckets, &all));
        scores.map_err(failed)
    }

    pub fn grad_mut(&mut self) -> &mut [f32] {
        &mut self.grad
    }

    fn gradients(&mut self, model: &Model, groups: Vec<Group>, loss: &LossFn) -> candle_core::Result<Vec<GroupResult>> {
        let all: Vec<&Sequence> = groups.iter().flat_map(|g| &g.sequences).collect();
        let buckets = self.buckets(model, &all)?;
        let mut scores = read(&buckets, &all)?.into_iter();
        let mut results = Vec::with_capacity(groups.len());
        let mut slopes = Slopes::default();
        for group in groups {
            let own: Vec<Scores> = scores.by_ref().take(group.sequences.len()).collect();
            let mut out = loss(&group, &own);
            for (all, new) in [
                (&mut slopes.logprob, &mut out.d_logprob),
                (&mut slopes.entropy, &mut out.d_entropy),
                (&mut slopes.outputs, &mut out.d_outputs),
            ] {
                new.resize(own.len(), Vec::new());
                all.append(new);
            }
            results.push(GroupResult::new(group, out, own));
        }
        self.backward(model, &buckets, &slopes)?;
        Ok(results)
    }

    /// Adds the gradient of Σ d·score, whose derivatives are the loss's.
    fn backward(&mut self, model: &Model, buckets: &[Bucket], slopes: &Slopes) -> candle_core::Result<()> {
        let Some(vars) = &self.vars else { return Ok(()) };
        let mut total = Tensor::zeros((), DType::F32, &self.device)?;
        for bucket in buckets {
            let parts = match &bucket.scores {
                BucketScores::Lm { logprob, entropy, values } => {
                    let values = values.iter().map(|values| (values, &slopes.outputs));
                    [(logprob, &slopes.logprob), (entropy, &slopes.entropy)].into_iter().chain(values).collect()
                }
                BucketScores::Outputs(outputs) => vec![(outputs, &slopes.outputs)],
            };
            for (scores, d) in parts {
                let d: Vec<f32> = bucket.places.iter().filter_map(|place| d.get(*place)).flatten().copied().collect();
                if !d.is_empty() {
                    total = (total + (scores * Tensor::from_vec(d, scores.shape(), &self.device)?)?.sum_all()?)?;
                }
            }
        }
        let gradients = total.backward()?;
        for info in model.layout.params.iter().filter(|info| !info.frozen) {
            let gradient = vars.get(&info.name).and_then(|var| gradients.get(var.as_tensor()));
            if let Some(gradient) = gradient {
                let values: Vec<f32> = gradient.flatten_all()?.to_vec1()?;
                for (sum, x) in self.grad[info.range()].iter_mut().zip(values) {
                    *sum += x;
                }
            }
        }
        Ok(())
    }

    /// Forward of all sequences, those of about one length together.
    fn buckets(&mut self, model: &Model, sequences: &[&Sequence]) -> candle_core::Result<Vec<Bucket>> {
        if self.vars.is_none() {
            self.vars = Some(twin::variables(model, DType::F32, &self.device)?);
        }
        let params = self.vars.as_ref().map(twin::tensors).unwrap_or_default();
        let params = twin::with_lora(model, params)?;
        let lengths: Vec<usize> = sequences.iter().map(|s| if s.targets.is_empty() { 0 } else { s.ids.len() }).collect();
        let mut buckets = Vec::new();
        for (t, places) in batches(&lengths) {
            let own: Vec<&Sequence> = places.iter().filter_map(|place| sequences.get(*place).copied()).collect();
            let padded = |s: &&Sequence| s.ids.iter().copied().chain(std::iter::repeat(0)).take(t).collect::<Vec<u32>>();
            let ids: Vec<u32> = own.iter().flat_map(padded).collect();
            let mask = padding(model, &own, t, &self.device)?;
            let rows = own.iter().enumerate().flat_map(|(b, s)| s.targets.iter().map(move |target| (b * t) as u32 + target.pos));
            let rows: Vec<u32> = rows.collect();
            let wanted: Vec<u32> = own.iter().flat_map(|s| s.targets.iter().map(|target| target.id)).collect();
            let n = wanted.len();
            let ids = Tensor::from_vec(ids, (own.len(), t), &self.device)?;
            let hidden = twin::hidden(&model.config, &params, &ids, mask.as_ref())?.flatten(0, 1)?;
            let hidden = hidden.index_select(&Tensor::from_vec(rows, n, &self.device)?, 0)?;
            let logits = twin::logits(&model.config, &params, &hidden)?;
            let scores = if model.config.head == Head::Lm {
                let (logprob, entropy) = twin::scores(&logits, &Tensor::from_vec(wanted, n, &self.device)?)?;
                let values = model.config.value.then(|| twin::values(&model.config, &params, &hidden)).transpose()?;
                BucketScores::Lm { logprob, entropy, values }
            } else {
                BucketScores::Outputs(logits)
            };
            buckets.push(Bucket { places, scores });
        }
        Ok(buckets)
    }
}

/// Which sequences go through together, and the length that they are padded to: from the longest on, all that are at least half as long.
/// Short rows differ in length, and a device that starts a kernel for each of them does little else. Empty ones are left out.
fn batches(lengths: &[usize]) -> Vec<(usize, Vec<usize>)> {
    let mut order: Vec<(usize, usize)> = lengths.iter().copied().enumerate().filter(|(_, len)| *len > 0).collect();
    order.sort_by_key(|(place, len)| (std::cmp::Reverse(*len), *place));
    let mut batches: Vec<(usize, Vec<usize>)> = Vec::new();
    for (place, len) in order {
        match batches.last_mut() {
            Some((longest, places)) if 2 * len >= *longest => places.push(place),
            _ => batches.push((len, vec![place])),
        }
    }
    batches
}

/// 1 at tokens and 0 at padding, (B, T), for an encoder; a decoder never looks to the right, where the padding stands.
fn padding(model: &Model, own: &[&Sequence], t: usize, device: &Device) -> candle_core::Result<Option<Tensor>> {
    if model.config.arch.is_causal() || own.iter().all(|s| s.ids.len() == t) {
        return Ok(None);
    }
    let row = |s: &&Sequence| (0..t).map(|i| if i < s.ids.len() { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
    let mask: Vec<f32> = own.iter().flat_map(row).collect();
    Tensor::from_vec(mask, (own.len(), t), device).map(Some)
}

/// The scores of each sequence, in the sequences' order.
fn read(buckets: &[Bucket], sequences: &[&Sequence]) -> candle_core::Result<Vec<Scores>> {
    let mut out = vec![Scores::default(); sequences.len()];
    for bucket in buckets {
        let (logprob, entropy, outputs, width) = match &bucket.scores {
            BucketScores::Lm { logprob, entropy, values } => {
                let values = values.as_ref().map(|it| it.flatten_all()?.to_vec1::<f32>()).transpose()?.unwrap_or_default();
                (logprob.to_vec1::<f32>()?, entropy.to_vec1::<f32>()?, values, 1)
            }
            BucketScores::Outputs(all) => (Vec::new(), Vec::new(), all.flatten_all()?.to_vec1::<f32>()?, all.dim(1)?),
        };
        let (mut logprob, mut entropy, mut outputs) = (logprob.into_iter(), entropy.into_iter(), outputs.into_iter());
        for place in &bucket.places {
            let n = sequences[*place].targets.len();
            out[*place] = Scores {
                logprob: logprob.by_ref().take(n).collect(),
                entropy: entropy.by_ref().take(n).collect(),
                outputs: outputs.by_ref().take(n * width).collect(),
            };
        }
    }
    Ok(out)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failed(error: candle_core::Error) -> TrainError {
    TrainError::Device { message: error.to_string() }
}
