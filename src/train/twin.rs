//! The candle twin as a backend, for CUDA and Metal: whole micro-batches at once, gradients by autograd. Knows no objective.
//!
//! Weights go to the device after every update and the gradient comes back once a step: moments and the update stay where the
//! replicas' are, so that a run can go on from one device on another.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor, Var};

use super::TrainError;
use super::loss::{Group, LossFn};
use super::pool::GroupResult;
use crate::model::{Model, Scores, Sequence, twin};

/// A device with a copy of the weights.
pub struct Twin {
    device: Device,
    /// None: the weights have changed since.
    vars: Option<BTreeMap<String, Var>>,
    /// Sum of the gradients since it was last taken.
    grad: Vec<f32>,
}

/// Sequences of one length, with the scores of all their targets.
struct Bucket {
    /// Place of each sequence in the list.
    places: Vec<usize>,
    logprob: Tensor,
    entropy: Tensor,
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
        let (mut d_logprob, mut d_entropy) = (Vec::new(), Vec::new());
        for group in &groups {
            let own: Vec<Scores> = scores.by_ref().take(group.sequences.len()).collect();
            let out = loss(group, &own);
            d_entropy.extend((0..own.len()).map(|i| out.d_entropy.get(i).cloned().unwrap_or_default()));
            d_logprob.extend(out.d_logprob);
            results.push((out.loss, out.weight, own.into_iter().map(|s| s.logprob).collect::<Vec<_>>()));
        }
        self.backward(model, &buckets, &d_logprob, &d_entropy)?;
        let results = groups.into_iter().zip(results);
        Ok(results.map(|(group, (loss, weight, logprob))| GroupResult { group, loss, weight, logprob }).collect())
    }

    /// Adds the gradient of Σ d·score, whose derivatives are the loss's.
    fn backward(
        &mut self,
        model: &Model,
        buckets: &[Bucket],
        d_logprob: &[Vec<f32>],
        d_entropy: &[Vec<f32>],
    ) -> candle_core::Result<()> {
        let Some(vars) = &self.vars else { return Ok(()) };
        let mut total = Tensor::zeros((), DType::F32, &self.device)?;
        for bucket in buckets {
            for (scores, d) in [(&bucket.logprob, d_logprob), (&bucket.entropy, d_entropy)] {
                let d: Vec<f32> = bucket.places.iter().filter_map(|place| d.get(*place)).flatten().copied().collect();
                if !d.is_empty() {
                    total = (total + (scores * Tensor::from_vec(d, scores.shape(), &self.device)?)?.sum_all()?)?;
                }
            }
        }
        let gradients = total.backward()?;
        for info in &model.layout.params {
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

    /// Forward of all sequences, those of one length together: nothing is padded.
    fn buckets(&mut self, model: &Model, sequences: &[&Sequence]) -> candle_core::Result<Vec<Bucket>> {
        if self.vars.is_none() {
            self.vars = Some(twin::variables(model, DType::F32, &self.device)?);
        }
        let params = self.vars.as_ref().map(twin::tensors).unwrap_or_default();
        let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, sequence) in sequences.iter().enumerate().filter(|(_, s)| !s.targets.is_empty()) {
            by_length.entry(sequence.ids.len()).or_default().push(place);
        }
        let mut buckets = Vec::with_capacity(by_length.len());
        for (t, places) in by_length {
            let own: Vec<&Sequence> = places.iter().filter_map(|place| sequences.get(*place).copied()).collect();
            let ids: Vec<u32> = own.iter().flat_map(|s| s.ids.iter().copied()).collect();
            let rows = own.iter().enumerate().flat_map(|(b, s)| s.targets.iter().map(move |target| (b * t) as u32 + target.pos));
            let rows: Vec<u32> = rows.collect();
            let wanted: Vec<u32> = own.iter().flat_map(|s| s.targets.iter().map(|target| target.id)).collect();
            let n = wanted.len();
            let ids = Tensor::from_vec(ids, (own.len(), t), &self.device)?;
            let hidden = twin::hidden(&model.config, &params, &ids, None)?.flatten(0, 1)?;
            let hidden = hidden.index_select(&Tensor::from_vec(rows, n, &self.device)?, 0)?;
            let logits = twin::logits(&model.config, &params, &hidden)?;
            let (logprob, entropy) = twin::scores(&logits, &Tensor::from_vec(wanted, n, &self.device)?)?;
            buckets.push(Bucket { places, logprob, entropy });
        }
        Ok(buckets)
    }
}

/// The scores of each sequence, in the sequences' order.
fn read(buckets: &[Bucket], sequences: &[&Sequence]) -> candle_core::Result<Vec<Scores>> {
    let mut out = vec![Scores::default(); sequences.len()];
    for bucket in buckets {
        let mut logprob = bucket.logprob.to_vec1::<f32>()?.into_iter();
        let mut entropy = bucket.entropy.to_vec1::<f32>()?.into_iter();
        for place in &bucket.places {
            let n = sequences[*place].targets.len();
            out[*place] = Scores { logprob: logprob.by_ref().take(n).collect(), entropy: entropy.by_ref().take(n).collect() };
        }
    }
    Ok(out)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn failed(error: candle_core::Error) -> TrainError {
    TrainError::Device { message: error.to_string() }
}
