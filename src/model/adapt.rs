//! Partial training: which parameters are frozen, and low-rank additions to frozen matrices (`LoRA`, Hu et al. 2021). Knows no optimiser.

use std::ops::Range;
use std::sync::Arc;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::config::{Arch, Head, ModelConfig};
use super::head_layout::{is_heads, is_value};
use super::layout::{Init, Layout, LinearAt, LoraAt, ParamInfo};
use super::weights::Model;
use crate::config::{Adapt, Projection};

/// What PEFT puts before a module's name.
const PREFIX: &str = "base_model.model.";
/// Streams of the seed that `LoRA` draws from, beyond those of a model's own parameters.
const STREAMS: u64 = 1 << 32;

/// One low-rank addition: the module it belongs to, the matrix's size, and the columns of a joint product that are its own.
struct Target {
    module: String,
    n_in: usize,
    n_out: usize,
    col: usize,
}

impl Layout {
    /// Stretches of the flat weights that train, ascending. A model that trains whole has one.
    pub fn live(&self) -> Vec<Range<usize>> {
        let mut live: Vec<Range<usize>> = Vec::new();
        for info in self.params.iter().filter(|info| !info.frozen && !info.is_empty()) {
            match live.last_mut() {
                Some(last) if last.end == info.offset => last.end = info.range().end,
                _ => live.push(info.range()),
            }
        }
        live
    }

    /// Numbers that train.
    pub fn n_live(&self) -> usize {
        self.live().iter().map(Range::len).sum()
    }

    /// Whether there are low-rank additions.
    pub fn has_lora(&self) -> bool {
        self.params.len() > self.base_params
    }

    /// Parameters that are no low-rank addition.
    pub fn base(&self) -> &[ParamInfo] {
        self.params.get(..self.base_params).unwrap_or(&self.params)
    }

    /// A and B of every low-rank addition, in order.
    pub fn additions(&self) -> &[ParamInfo] {
        self.params.get(self.base_params..).unwrap_or_default()
    }

    /// The same model with other parameters frozen.
    fn adapted(config: &ModelConfig, adapt: &Adapt) -> Self {
        let mut layout = Self::of(config);
        match adapt {
            Adapt::Full => {}
            Adapt::LastLayers { k } => {
                let first = config.n_layers.saturating_sub(*k);
                layout.freeze(config, |name| !trains_at_the_end(config, name, first));
                layout.plan.lowest = first;
            }
            Adapt::Lora { rank, alpha, targets } => {
                // A head of classes or values is new and learns whole; a language model's is part of what is kept.
                layout.freeze(config, |name| !is_heads(name) || (config.head == Head::Lm && !is_value(name)));
                layout.lora_scale = (*alpha / *rank as f64) as f32;
                layout.add_lora(config, *rank, targets);
            }
        }
        layout
    }

    fn freeze(&mut self, config: &ModelConfig, frozen: impl Fn(&str) -> bool) {
        for info in &mut self.params {
            info.frozen = frozen(&info.name);
        }
        let fixed: std::collections::BTreeSet<usize> =
            self.params.iter().filter(|info| info.frozen).map(|info| info.offset).collect();
        let plan = &mut self.plan;
        plan.embed_frozen = fixed.contains(&plan.embed);
        let mut linears: Vec<&mut LinearAt> = vec![&mut plan.output];
        let mut norms = Vec::new();
        for block in &mut plan.blocks {
            linears.extend([&mut block.qkv, &mut block.out, &mut block.up, &mut block.down]);
            norms.extend([&mut block.norm1, &mut block.norm2]);
        }
        if let Some((dense, norm)) = &mut plan.transform {
            linears.push(dense);
            norms.push(norm);
        }
        linears.extend(plan.pooler.as_mut());
        linears.extend(plan.value.as_mut());
        norms.extend(plan.final_norm.as_mut());
        for at in linears {
            at.frozen = fixed.contains(&at.w);
        }
        for at in norms {
            at.frozen = fixed.contains(&at.w);
        }
        // Tied embeddings: the output matrix is the embedding.
        debug_assert!(config.head != Head::Lm || !config.tie_embeddings || plan.output.frozen == plan.embed_frozen);
    }

    fn add_lora(&mut self, config: &ModelConfig, rank: usize, targets: &[Projection]) {
        for layer in 0..config.n_layers {
            let [qkv, out, up, down] = matrices(config, layer, targets);
            let Some(mut block) = self.plan.blocks.get(layer).cloned() else { continue };
            for (at, targets) in [(&mut block.qkv, qkv), (&mut block.out, out), (&mut block.up, up), (&mut block.down, down)] {
                for (slot, target) in at.lora.iter_mut().zip(targets) {
                    *slot = Some(self.add_pair(&target, rank));
                }
            }
            if let Some(own) = self.plan.blocks.get_mut(layer) {
                *own = block;
            }
        }
    }

    fn add_pair(&mut self, target: &Target, rank: usize) -> LoraAt {
        let mut add = |part: &str, shape: [usize; 2]| {
            let info = ParamInfo {
                name: format!("{PREFIX}{}.{part}.weight", target.module),
                shape: shape.to_vec(),
                offset: self.len,
                decay: true,
                frozen: false,
                init: Init::Zero,
            };
            self.len += info.len();
            let offset = info.offset;
            self.params.push(info);
            offset
        };
        let a = add("lora_A", [rank, target.n_in]);
        let b = add("lora_B", [target.n_out, rank]);
        LoraAt { a, b, rank, col: target.col, n_out: target.n_out }
    }
}

/// Whether a parameter is of the last blocks, or of what stands behind them.
fn trains_at_the_end(config: &ModelConfig, name: &str, first: usize) -> bool {
    let layers = match config.arch {
        Arch::Llama | Arch::Qwen2 => "model.layers.",
        Arch::Gpt2 => "transformer.h.",
        Arch::Bert => "bert.encoder.layer.",
    };
    // The output matrix of a language model that shares the embedding's stays frozen, and its bias with it.
    if name == "cls.predictions.bias" {
        return false;
    }
    if let Some(rest) = name.strip_prefix(layers) {
        return rest.split('.').next().and_then(|number| number.parse::<usize>().ok()).is_some_and(|layer| layer >= first);
    }
    let behind = ["model.norm", "transformer.ln_f", "lm_head", "cls.", "bert.pooler"];
    is_heads(name) || behind.iter().any(|stem| name.starts_with(stem))
}

/// Targets of [q k v], the attention's output, [gate up], down, each with its columns.
fn matrices(config: &ModelConfig, layer: usize, targets: &[Projection]) -> [Vec<Target>; 4] {
    use Projection::{Down, Gate, K, O, Q, Up, V};
    let wants = |projection: Projection| targets.contains(&projection);
    let (d, f) = (config.d_model, config.d_ff);
    let (q, kv) = (config.n_heads * config.head_dim, config.n_kv_heads * config.head_dim);
    let (stem, names): (&str, [&str; 7]) = match config.arch {
        Arch::Llama | Arch::Qwen2 => (
            "model.layers",
            [
                "self_attn.q_proj",
                "self_attn.k_proj",
                "self_attn.v_proj",
                "self_attn.o_proj",
                "mlp.gate_proj",
                "mlp.up_proj",
                "mlp.down_proj",
            ],
        ),
        Arch::Gpt2 => ("transformer.h", ["attn.c_attn", "", "", "attn.c_proj", "", "mlp.c_fc", "mlp.c_proj"]),
        Arch::Bert => (
            "bert.encoder.layer",
            [
                "attention.self.query",
                "attention.self.key",
                "attention.self.value",
                "attention.output.dense",
                "",
                "intermediate.dense",
                "output.dense",
            ],
        ),
    };
    let target = |which: usize, n_in, n_out, col| Target { module: format!("{stem}.{layer}.{}", names[which]), n_in, n_out, col };
    let qkv = if config.arch == Arch::Gpt2 {
        // One matrix for all three.
        if [Q, K, V].into_iter().any(wants) { vec![target(0, d, 3 * d, 0)] } else { Vec::new() }
    } else {
        let parts = [(Q, q, 0), (K, kv, q), (V, kv, q + kv)];
        parts
            .into_iter()
            .enumerate()
            .filter(|(_, (part, ..))| wants(*part))
            .map(|(i, (_, n, col))| target(i, d, n, col))
            .collect()
    };
    let gated = config.arch.has_rope();
    let parts = [(Gate, 4, gated, 0), (Up, 5, true, if gated { f } else { 0 })];
    let up =
        parts.into_iter().filter(|(part, _, has, _)| *has && wants(*part)).map(|(_, i, _, col)| target(i, d, f, col)).collect();
    let one = |part, which, n_in, n_out| if wants(part) { vec![target(which, n_in, n_out, 0)] } else { Vec::new() };
    [qkv, one(O, 3, q, d), up, one(Down, 6, f, d)]
}

impl Model {
    /// The same weights with these parameters trainable. Low-rank additions that stand there already keep their values; new ones
    /// change nothing yet: A is uniform in ±1/√in, as PEFT's Kaiming, and B is 0.
    #[must_use]
    pub fn adapt(mut self, adapt: &Adapt, seed: u64) -> Self {
        let layout = Layout::adapted(&self.config, adapt);
        let before = Arc::clone(&self.layout);
        let mut weights = vec![0.0; layout.len];
        let base = Layout::of(&self.config).len;
        weights[..base].copy_from_slice(&self.weights[..base]);
        for (stream, info) in layout.additions().iter().enumerate() {
            let out = &mut weights[info.range()];
            if let Some(own) = before.find(&info.name).filter(|own| own.shape == info.shape) {
                out.copy_from_slice(&self.weights[own.range()]);
            } else if info.name.ends_with("lora_A.weight") {
                let bound = 1.0 / (info.shape[1] as f64).sqrt();
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(STREAMS + stream as u64);
                for x in out.iter_mut() {
                    *x = (bound * (2.0 * rng.random::<f64>() - 1.0)) as f32;
                }
            }
        }
        (self.layout, self.weights) = (Arc::new(layout), weights);
        self
    }

    /// Plain weights that do the same: W + α / rank · B A.
    #[must_use]
    pub fn merged(self) -> Self {
        if !self.layout.has_lora() {
            return self;
        }
        let layout = Layout::of(&self.config);
        let mut weights = self.weights[..layout.len].to_vec();
        for block in &self.layout.plan.blocks {
            for at in [&block.qkv, &block.out, &block.up, &block.down] {
                for lora in at.lora.iter().flatten() {
                    self.merge(at, lora, &mut weights);
                }
            }
        }
        Self { config: self.config.clone(), layout: Arc::new(layout), weights }
    }

    fn merge(&self, at: &LinearAt, lora: &LoraAt, weights: &mut [f32]) {
        let a = &self.weights[lora.a..][..lora.rank * at.n_in];
        let b = &self.weights[lora.b..][..lora.n_out * lora.rank];
        for (out, b) in b.chunks_exact(lora.rank).enumerate() {
            for (r, b) in b.iter().enumerate() {
                let step = self.layout.lora_scale * b;
                for (i, a) in a[r * at.n_in..][..at.n_in].iter().enumerate() {
                    let place = if at.in_major { i * at.n_out + lora.col + out } else { (lora.col + out) * at.n_in + i };
                    weights[at.w + place] += step * a;
                }
            }
        }
    }
}
