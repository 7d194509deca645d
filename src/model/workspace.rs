//! One replica's memory: activations kept for the backward, scratch, and its own gradient. Reused from pass to pass.

use crate::kernels::{AttentionShape, Dropout, RopeScale, RopeTable};

use super::config::ModelConfig;
use super::head::HeadState;
use super::weights::Model;

/// Buffers of one replica. They grow to the longest pass seen and are then reused.
#[derive(Debug)]
pub struct Workspace {
    /// Sum of the gradients of all backward passes since it was last zeroed; empty until the first one of a `for_inference` workspace.
    pub grad: Vec<f32>,
    /// Threads inside a product: 1 but for large models.
    pub threads: usize,
    pub(super) rope: RopeTable,
    /// What each block keeps.
    pub(super) acts: Vec<Acts>,
    /// The residual stream: what goes into a block and what comes out (N, D).
    pub(super) hidden: Vec<f32>,
    /// Sum of embeddings before the encoder's first norm (N, D).
    pub(super) embedded: Vec<f32>,
    pub(super) head: HeadState,
    pub(super) tmp: Scratch,
    pub(super) pass: Pass,
}

/// The shape of the pass whose activations are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Pass {
    /// (first row, rows) of each sequence.
    pub spans: Vec<(usize, usize)>,
    pub ids: Vec<u32>,
    pub dropout: Option<Dropout>,
}

/// One block's activations. The names are the decoder's; the encoder's norms come after their sums.
#[derive(Debug, Default)]
pub(super) struct Acts {
    /// Input (N, D).
    pub x: Vec<f32>,
    /// Decoder: normed input; encoder: sum before the first norm (N, D).
    pub h1: Vec<f32>,
    /// Rows [q | k | v].
    pub qkv: Vec<f32>,
    /// Log-sum-exp of attention scores (heads × rows of a span, span after span).
    pub lse: Vec<f32>,
    /// Attention's output (N, heads · `head_dim`).
    pub o: Vec<f32>,
    /// After attention (N, D).
    pub x1: Vec<f32>,
    /// Decoder: normed `x1`; encoder: sum before the second norm (N, D).
    pub h2: Vec<f32>,
    /// Into the activation function (N, `d_ff`, or twice that with a gate).
    pub up: Vec<f32>,
    /// Out of it (N, `d_ff`).
    pub act: Vec<f32>,
}

#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Gradient of the residual stream (N, D).
    pub dx: Vec<f32>,
    /// Gradient of a branch after its dropout (N, D).
    pub d_branch: Vec<f32>,
    pub dh: Vec<f32>,
    pub d_o: Vec<f32>,
    pub d_qkv: Vec<f32>,
    pub d_act: Vec<f32>,
    pub attention: Vec<f32>,
    pub lora: Vec<f32>,
}

impl Workspace {
    /// For training: the gradient is there from the start.
    pub fn new(model: &Model) -> Self {
        let mut workspace = Self::for_inference(model);
        workspace.grad = vec![0.0; model.layout.len];
        workspace
    }

    /// Without a gradient until a backward asks for it.
    pub fn for_inference(model: &Model) -> Self {
        let config = &model.config;
        let rope = if config.arch.has_rope() {
            let scale = config.rope_scaling.map(|s| RopeScale {
                factor: s.factor,
                low_freq_factor: s.low_freq_factor,
                high_freq_factor: s.high_freq_factor,
                original_max_len: s.original_max_len,
            });
            RopeTable::new(config.head_dim, config.rope_theta, scale)
        } else {
            RopeTable::default()
        };
        Self {
            grad: Vec::new(),
            threads: 1,
            rope,
            acts: Vec::new(),
            hidden: Vec::new(),
            embedded: Vec::new(),
            head: HeadState::default(),
            tmp: Scratch::default(),
            pass: Pass::default(),
        }
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        let acts = self.acts.iter().flat_map(|a| [&a.x, &a.h1, &a.qkv, &a.lse, &a.o, &a.x1, &a.h2, &a.up, &a.act]);
        let t = &self.tmp;
        let rest = [
            &self.grad,
            &self.hidden,
            &self.embedded,
            &t.dx,
            &t.d_branch,
            &t.dh,
            &t.d_o,
            &t.d_qkv,
            &t.d_act,
            &t.attention,
            &t.lora,
        ];
        4 * (acts.chain(rest).map(Vec::capacity).sum::<usize>() + self.head.capacity())
    }
}

impl Acts {
    /// Sizes every buffer for `n` rows.
    pub fn fit(&mut self, config: &ModelConfig, n: usize) {
        let (d, shape) = (config.d_model, config.attention());
        for buffer in [&mut self.x, &mut self.h1, &mut self.x1, &mut self.h2] {
            buffer.resize(n * d, 0.0);
        }
        self.qkv.resize(n * shape.qkv_width(), 0.0);
        self.lse.resize(n * shape.n_heads, 0.0);
        self.o.resize(n * shape.q_width(), 0.0);
        self.up.resize(n * config.up_width(), 0.0);
        self.act.resize(n * config.d_ff, 0.0);
    }
}

impl Scratch {
    /// Sizes the backward's buffers for `n` rows; the residual gradient becomes 0.
    pub fn fit(&mut self, config: &ModelConfig, n: usize) {
        let (d, shape) = (config.d_model, config.attention());
        self.dx.clear();
        self.dx.resize(n * d, 0.0);
        self.dh.resize(n * d, 0.0);
        self.d_o.resize(n * shape.q_width(), 0.0);
        self.d_qkv.resize(n * shape.qkv_width(), 0.0);
        self.d_act.resize(n * config.d_ff, 0.0);
    }
}

impl ModelConfig {
    pub(super) fn attention(&self) -> AttentionShape {
        AttentionShape {
            n_heads: self.n_heads,
            n_kv_heads: self.n_kv_heads,
            head_dim: self.head_dim,
            causal: self.arch.is_causal(),
        }
    }

    /// Numbers that go into the activation function, for each row.
    pub(super) fn up_width(&self) -> usize {
        if self.arch.has_rope() { 2 * self.d_ff } else { self.d_ff }
    }
}
