//! What a run needs beside its weights to go on bit for bit: the optimiser's moments and the trainer's counters. Knows no trainer.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::hf::{Filling, views};
use super::{FormatError, tensors};
use crate::model::{Layout, ParamInfo};

/// Version of `trainer_state.json`; raised when its meaning changes.
const VERSION: u32 = 1;

/// The counters of a run between two steps. Random draws follow from the seed and these, so no generator is saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainerState {
    pub version: u32,
    pub step: u64,
    /// Updates of the optimiser; its bias correction counts them.
    pub updates: u64,
    /// Sequences drawn so far: the place in the corpus.
    pub sequences: u64,
    pub tokens: u64,
    /// Seconds of training, pauses left out.
    #[serde(with = "exact")]
    pub elapsed_s: f64,
    pub best_val_loss: Option<f32>,
    pub last_train_loss: Option<f32>,
    /// Scale that the spike alarm compares with: running mean and variance of the loss, steps it has seen, steps above it.
    pub alarm: AlarmState,
    /// Knobs as they stand.
    pub knobs: KnobState,
    pub seed: u64,
}

/// The values that may have been turned since the run began.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnobState {
    #[serde(with = "exact")]
    pub lr: f64,
    pub grad_accum: usize,
    #[serde(with = "exact")]
    pub weight_decay: f64,
    #[serde(with = "exact")]
    pub dropout: f64,
    pub eval_every: u64,
    pub sample_every: u64,
    pub checkpoint_every_s: u64,
}

/// What the spike alarm remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlarmState {
    #[serde(with = "exact")]
    pub mean: f64,
    #[serde(with = "exact")]
    pub variance: f64,
    pub steps: u64,
    pub above: u32,
}

impl TrainerState {
    /// The version that this program writes.
    pub const fn version() -> u32 {
        VERSION
    }
}

/// Writes `optimizer.safetensors` and `trainer_state.json` into an existing folder.
pub fn save(dir: &Path, layout: &Layout, m: &[f32], v: &[f32], state: &TrainerState) -> Result<(), FormatError> {
    // What is frozen has no moments.
    let live: Vec<ParamInfo> = layout.params.iter().filter(|param| !param.frozen).cloned().collect();
    let mut named = views(&live, m, "exp_avg.");
    named.extend(views(&live, v, "exp_avg_sq."));
    tensors::write(&dir.join("optimizer.safetensors"), &named)?;
    let path = dir.join("trainer_state.json");
    let text = serde_json::to_string_pretty(state).map_err(|source| FormatError::Json { path: path.clone(), source })?;
    std::fs::write(&path, text).map_err(FormatError::io("write", &path))
}

/// Reads what `save` wrote: first moments, second moments, counters.
pub fn load(dir: &Path, layout: &Layout) -> Result<(Vec<f32>, Vec<f32>, TrainerState), FormatError> {
    let state = load_state(dir)?;
    let path = dir.join("optimizer.safetensors");
    if !path.is_file() {
        return Err(FormatError::Missing { what: "optimizer.safetensors", path: dir.to_owned() });
    }
    let mut m = Filling::new(&path, layout.clone());
    let mut v = Filling::new(&path, layout.clone());
    tensors::read(&path, |name, view| {
        let known = match (name.strip_prefix("exp_avg."), name.strip_prefix("exp_avg_sq.")) {
            (Some(rest), _) => m.fill(rest, view, &path)?,
            (None, Some(rest)) => v.fill(rest, view, &path)?,
            (None, None) => false,
        };
        if known { Ok(()) } else { Err(FormatError::UnknownTensor { name: name.to_owned(), path: path.clone() }) }
    })?;
    Ok((m.finish()?.1, v.finish()?.1, state))
}

/// Reads the counters alone.
pub fn load_state(dir: &Path) -> Result<TrainerState, FormatError> {
    let path = dir.join("trainer_state.json");
    if !path.is_file() {
        return Err(FormatError::Missing { what: "trainer_state.json", path: dir.to_owned() });
    }
    let text = std::fs::read_to_string(&path).map_err(FormatError::io("read the trainer's state", &path))?;
    let state: TrainerState = serde_json::from_str(&text).map_err(|source| FormatError::Json { path: path.clone(), source })?;
    if state.version > VERSION {
        let what = format!(
            "the checkpoint was written by a newer version of this program (state {}, known {VERSION}); update it",
            state.version
        );
        return Err(FormatError::State { what, path });
    }
    Ok(state)
}

/// Floats as text: the JSON reader may miss the last bit of a float, and a resumed run must have every bit.
pub(crate) mod exact {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
/// Writes what else a trainer must find again into a checkpoint's folder.
pub fn write_beside(dir: &Path, name: &str, text: &str) -> Result<(), FormatError> {
    let path = dir.join(name);
    std::fs::write(&path, text).map_err(FormatError::io("write", &path))
}

/// Reads what `write_beside` wrote.
pub fn read_beside(dir: &Path, name: &str) -> Result<String, FormatError> {
    let path = dir.join(name);
    std::fs::read_to_string(&path).map_err(FormatError::io("read", &path))
}
