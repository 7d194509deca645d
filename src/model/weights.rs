//! A model is its configuration and one flat run of weights. Knows neither gradients nor files.

use std::sync::Arc;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::config::{Head, ModelConfig, ModelConfigError};
use super::head_layout::is_heads;
use super::layout::{Init, Layout, ParamInfo};

/// Deviation of fresh weights.
const INIT_STD: f64 = 0.02;

/// A transformer's weights.
#[derive(Clone, Debug)]
pub struct Model {
    pub config: ModelConfig,
    pub layout: Arc<Layout>,
    /// Every parameter, at its place in `layout`.
    pub weights: Vec<f32>,
}

impl Model {
    /// Fresh weights: matrices normal (0.02; what adds to the residual stream scaled down by √(2 layers)), norms 1, biases 0.
    ///
    /// Each parameter draws from its own stream of the seed, so that none depends on the shape of another.
    pub fn init(config: ModelConfig, seed: u64) -> Result<Self, ModelConfigError> {
        config.check()?;
        let layout = Layout::of(&config);
        let mut weights = vec![0.0; layout.len];
        for (stream, info) in layout.params.iter().enumerate() {
            fill(&mut weights[info.range()], info, config.n_layers, (seed, stream as u64));
        }
        Ok(Self { config, layout: Arc::new(layout), weights })
    }

    /// This trunk under another head: what both models have keeps its weights, the rest is drawn as `init` draws it.
    ///
    /// The output layer stays where head and labels are the same. `labels` names the classes in order (empty for heads without classes),
    /// `several` lets a text have any number of them. Models that rate a decoder's last token get a padding token if they have none (the
    /// end of text): `transformers` needs one to find that token in a batch.
    pub fn with_head(&self, head: Head, labels: Vec<String>, several: bool, seed: u64) -> Result<Self, ModelConfigError> {
        let same = head == self.config.head && labels == self.config.labels;
        let mut config = ModelConfig { head, labels, several, value: false, ..self.config.clone() };
        if config.arch.is_causal() && head.is_pooled() {
            config.pad_token_id = config.pad_token_id.or(config.eos_token_id);
        }
        let mut model = Self::zeroed(config)?;
        let layout = Arc::clone(&model.layout);
        for (stream, info) in layout.params.iter().enumerate() {
            let out = &mut model.weights[info.range()];
            match self.param(&info.name).filter(|own| own.len() == out.len() && (same || !is_heads(&info.name))) {
                Some(own) => out.copy_from_slice(own),
                None => fill(out, info, model.config.n_layers, (seed, stream as u64)),
            }
        }
        Ok(model)
    }

    /// The same model with a value head, fresh at 0 where it had none, or without one. Low-rank additions are merged.
    #[must_use]
    pub fn with_value(mut self, value: bool) -> Self {
        if self.config.value != value {
            self = self.merged();
            self.config.value = value;
            let layout = Layout::of(&self.config);
            // The value head stands behind all else.
            self.weights.resize(layout.len, 0.0);
            self.layout = Arc::new(layout);
        }
        self
    }

    /// All weights 0, to be filled from a file.
    pub fn zeroed(config: ModelConfig) -> Result<Self, ModelConfigError> {
        config.check()?;
        let layout = Layout::of(&config);
        let weights = vec![0.0; layout.len];
        Ok(Self { config, layout: Arc::new(layout), weights })
    }

    /// The numbers of a parameter, by its Hugging Face name.
    pub fn param(&self, name: &str) -> Option<&[f32]> {
        self.layout.find(name).map(|info| &self.weights[info.range()])
    }

    /// As `param`, to write.
    pub fn param_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        let range = self.layout.find(name)?.range();
        self.weights.get_mut(range)
    }
}

/// A parameter's first values, from its own stream of the seed. `out` is 0.
fn fill(out: &mut [f32], info: &ParamInfo, n_layers: usize, (seed, stream): (u64, u64)) {
    match info.init {
        Init::Normal => fill_normal(out, INIT_STD, seed, stream),
        Init::Residual => fill_normal(out, INIT_STD / (2.0 * n_layers as f64).sqrt(), seed, stream),
        Init::One => out.fill(1.0),
        Init::Zero => {}
    }
}

/// Box and Muller's transform: two normal draws from two uniform ones.
fn fill_normal(out: &mut [f32], std: f64, seed: u64, stream: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    for pair in out.chunks_mut(2) {
        // In (0, 1]: the logarithm of 0 would be infinite.
        let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt() * std;
        let angle = rng.random::<f64>() * std::f64::consts::TAU;
        for (out, draw) in pair.iter_mut().zip([angle.cos(), angle.sin()]) {
            *out = (radius * draw) as f32;
        }
    }
}
