//! What a model is made of: the numbers that fix every shape. Knows nothing of weights.

use serde::{Deserialize, Serialize};

/// The architectures whose published weights this program reads, and the two it trains from scratch (`Llama`, `Bert`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arch {
    /// Decoder: `RMSNorm`, rotary positions, `SwiGLU`, grouped heads (Touvron et al. 2023).
    Llama,
    /// Decoder: `LayerNorm`, learned positions, GELU (Radford et al. 2019).
    Gpt2,
    /// Decoder: Llama with biases on q, k and v.
    Qwen2,
    /// Encoder: post-norm, learned positions and types, GELU (Devlin et al. 2019).
    Bert,
}

impl Arch {
    /// Whether tokens see only what stands before them.
    pub fn is_causal(self) -> bool {
        match self {
            Self::Llama | Self::Gpt2 | Self::Qwen2 => true,
            Self::Bert => false,
        }
    }
}

impl Arch {
    /// As people write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "Llama",
            Self::Gpt2 => "GPT-2",
            Self::Qwen2 => "Qwen2",
            Self::Bert => "BERT",
        }
    }

    /// Whether positions turn queries and keys, instead of being learned.
    pub fn has_rope(self) -> bool {
        match self {
            Self::Llama | Self::Qwen2 => true,
            Self::Gpt2 | Self::Bert => false,
        }
    }
}

/// What a model says of a position: the layer over the trunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Head {
    /// A distribution over the vocabulary: the next token, or the hidden one.
    #[default]
    Lm,
    /// One of n classes, or several of them, of a whole text.
    SequenceClass { n: usize },
    /// One of n classes of each token.
    TokenClass { n: usize },
    /// How well an answer begins and how well it ends at each token.
    Span,
    /// One number for a whole text.
    Reward,
}

impl Head {
    /// Numbers for each target in `Scores::outputs`; 0 for the language model's, whose scores are log-probabilities.
    pub fn n_outputs(self) -> usize {
        match self {
            Self::Lm => 0,
            Self::SequenceClass { n } | Self::TokenClass { n } => n,
            Self::Span => 2,
            Self::Reward => 1,
        }
    }

    /// Labels that a model with this head has.
    pub fn n_labels(self) -> usize {
        match self {
            Self::SequenceClass { n } | Self::TokenClass { n } => n,
            Self::Lm | Self::Span | Self::Reward => 0,
        }
    }

    /// Whether one position speaks for the whole text.
    pub fn is_pooled(self) -> bool {
        match self {
            Self::SequenceClass { .. } | Self::Reward => true,
            Self::Lm | Self::TokenClass { .. } | Self::Span => false,
        }
    }

    /// What the model does, as the end of "the model …".
    pub fn does(self) -> &'static str {
        match self {
            Self::Lm => "predicts tokens",
            Self::SequenceClass { .. } => "sorts texts into classes",
            Self::TokenClass { .. } => "labels tokens",
            Self::Span => "finds answers in a text",
            Self::Reward => "rates texts",
        }
    }
}

/// Llama 3's stretching of rotary frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RopeScaling {
    pub factor: f64,
    pub low_freq_factor: f64,
    pub high_freq_factor: f64,
    pub original_max_len: usize,
}

/// Every number that fixes a shape or a constant of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    pub arch: Arch,
    pub vocab_size: usize,
    pub d_model: usize,
    pub n_layers: usize,
    pub n_heads: usize,
    /// Heads of keys and values; fewer than `n_heads` when queries share them.
    pub n_kv_heads: usize,
    pub head_dim: usize,
    /// Width of the feed-forward layer.
    pub d_ff: usize,
    /// Longest sequence, in tokens.
    pub max_len: usize,
    pub norm_eps: f64,
    pub rope_theta: f64,
    pub rope_scaling: Option<RopeScaling>,
    /// The output matrix is the embedding matrix.
    pub tie_embeddings: bool,
    /// Rows of the encoder's token type table (`type_vocab_size`: BERT 2, `RoBERTa` 1, `DistilBERT` 0); 0 for decoders.
    #[serde(default)]
    pub n_token_types: usize,
    pub bos_token_id: Option<u32>,
    pub eos_token_id: Option<u32>,
    pub pad_token_id: Option<u32>,
    #[serde(default)]
    pub head: Head,
    /// The classes' names in order (`id2label`); empty for heads without classes.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Any number of a text's classes may be true at once (`multi_label_classification`).
    #[serde(default)]
    pub several: bool,
    /// Beside the next token, a number for each position: how much reward is to come (for PPO). It shares the trunk.
    #[serde(default)]
    pub value: bool,
}

/// Why a configuration cannot be a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelConfigError {
    #[error("{what} is 0; give it at least 1")]
    Zero { what: &'static str },
    #[error("{n_heads} heads cannot be shared evenly by {n_kv_heads} key/value heads; take a divisor of {n_heads}")]
    KvHeads { n_heads: usize, n_kv_heads: usize },
    #[error("the width {d_model} is not divisible by {n_heads} heads; take a multiple of {n_heads}")]
    Heads { d_model: usize, n_heads: usize },
    #[error(
        "rotary positions turn pairs of numbers, so the head size {head_dim} must be even; change the width or the number of heads"
    )]
    OddHead { head_dim: usize },
    #[error("{arch} joins its heads to the width: {n_heads} heads of {head_dim} are not {d_model}")]
    HeadWidth { arch: &'static str, n_heads: usize, head_dim: usize, d_model: usize },
    #[error("{arch} gives every head its own keys and values; set as many key/value heads as heads ({n_heads})")]
    NoGroups { arch: &'static str, n_heads: usize },
    #[error(
        "a model of {n_params} parameters is beyond this program; make it narrower, shallower or give it a smaller vocabulary"
    )]
    TooLarge { n_params: u64 },
    #[error("the head tells {expected} classes apart and {found} names are given; give each class one name")]
    Labels { expected: usize, found: usize },
    #[error("with a single class there is nothing to tell apart; give at least 2 classes")]
    OneClass,
    #[error("only a decoder that predicts tokens can have a value head beside it; start from one")]
    Value,
    #[error("only a whole text can have several classes at once; take a head that sorts texts")]
    Several,
    #[error("{what} must be above 0 and finite")]
    NotPositive { what: &'static str },
}

/// More weights than this are refused: their offsets and their optimiser would not fit any machine this program is for.
const MOST_PARAMS: u64 = 1 << 34;

/// What the program holds besides, measured with small models.
const PROGRAM_BYTES: u64 = 40 << 20;

impl ModelConfig {
    /// Whether these numbers make a model, and if not, why.
    pub fn check(&self) -> Result<(), ModelConfigError> {
        let sizes = [
            ("the vocabulary", self.vocab_size),
            ("the width", self.d_model),
            ("the number of layers", self.n_layers),
            ("the number of heads", self.n_heads),
            ("the number of key/value heads", self.n_kv_heads),
            ("the head size", self.head_dim),
            ("the feed-forward width", self.d_ff),
            ("the context", self.max_len),
        ];
        if let Some((what, _)) = sizes.into_iter().find(|(_, size)| *size == 0) {
            return Err(ModelConfigError::Zero { what });
        }
        let (n_heads, n_kv_heads, head_dim, d_model) = (self.n_heads, self.n_kv_heads, self.head_dim, self.d_model);
        if !n_heads.is_multiple_of(n_kv_heads) {
            return Err(ModelConfigError::KvHeads { n_heads, n_kv_heads });
        }
        if self.arch.has_rope() {
            if !head_dim.is_multiple_of(2) {
                return Err(ModelConfigError::OddHead { head_dim });
            }
        } else {
            let arch = self.arch.name();
            if !d_model.is_multiple_of(n_heads) {
                return Err(ModelConfigError::Heads { d_model, n_heads });
            }
            if n_heads.checked_mul(head_dim) != Some(d_model) {
                return Err(ModelConfigError::HeadWidth { arch, n_heads, head_dim, d_model });
            }
            if n_kv_heads != n_heads {
                return Err(ModelConfigError::NoGroups { arch, n_heads });
            }
        }
        let positive = |x: f64| x > 0.0 && x.is_finite();
        if !positive(self.norm_eps) {
            return Err(ModelConfigError::NotPositive { what: "the norm's epsilon" });
        }
        if self.arch.has_rope() && !positive(self.rope_theta) {
            return Err(ModelConfigError::NotPositive { what: "the rotary base" });
        }
        self.check_head()?;
        let n_params = self.n_params();
        if n_params > MOST_PARAMS || [self.max_len, self.d_ff, n_heads, head_dim].iter().any(|size| *size as u64 > MOST_PARAMS) {
            return Err(ModelConfigError::TooLarge { n_params });
        }
        Ok(())
    }

    fn check_head(&self) -> Result<(), ModelConfigError> {
        let (expected, found) = (self.head.n_labels(), self.labels.len());
        if let Head::SequenceClass { n } | Head::TokenClass { n } = self.head {
            if n == 0 {
                return Err(ModelConfigError::Zero { what: "the number of classes" });
            }
            if n == 1 && !self.several {
                return Err(ModelConfigError::OneClass);
            }
        }
        if self.several && !matches!(self.head, Head::SequenceClass { .. }) {
            return Err(ModelConfigError::Several);
        }
        if self.value && (self.head != Head::Lm || !self.arch.is_causal()) {
            return Err(ModelConfigError::Value);
        }
        if expected == found { Ok(()) } else { Err(ModelConfigError::Labels { expected, found }) }
    }

    /// The position whose output speaks for the whole text: an encoder's first; a decoder's last that is not padding, which is where
    /// transformers looks (its rule also passes over a final token that is the padding token, as in models that pad with their end).
    pub fn pooled_position(&self, ids: &[u32]) -> usize {
        if !self.arch.is_causal() {
            return 0;
        }
        match self.pad_token_id {
            Some(pad) => ids.iter().rposition(|id| *id != pad).unwrap_or(0),
            None => ids.len().saturating_sub(1),
        }
    }

    /// Number of weights; a shared embedding counts once. Saturates.
    pub fn n_params(&self) -> u64 {
        let layers = super::layout::count(&super::layout::block_params(self, 0)).saturating_mul(self.n_layers as u128);
        let rest = super::layout::count(&super::layout::outer_params(self));
        let value = super::layout::count(&super::head_layout::value_params(self));
        u64::try_from(layers.saturating_add(rest).saturating_add(value)).unwrap_or(u64::MAX)
    }

    /// Peak bytes of training: weights, `AdamW`'s moments, and for each replica its gradient and its activations of one sequence.
    pub fn training_memory_bytes(&self, seq_len: usize, replicas: usize) -> u64 {
        let n_params = self.n_params();
        let (t, d) = (seq_len as u64, self.d_model as u64);
        let qkv = ((self.n_heads + 2 * self.n_kv_heads) * self.head_dim) as u64;
        let up = if self.arch.has_rope() { 3 } else { 2 } * self.d_ff as u64;
        // Kept for the backward: four rows of the width, queries to values, attention's output, the feed-forward rows.
        let kept = self.n_layers as u64 * t * (4 * d + qkv + (self.n_heads * self.head_dim) as u64 + up);
        let logits = match self.head {
            Head::Lm => (t * self.vocab_size as u64).min(super::head::KEPT_LOGITS as u64),
            head => t * head.n_outputs() as u64,
        };
        let scratch = t * (4 * d + qkv + up) + 128 * t;
        PROGRAM_BYTES + 4 * (3 * n_params + replicas as u64 * (n_params + kept + logits + scratch))
    }

    /// Floating-point operations of one training step for each token: 6 for every weight that multiplies, 12 L D T for attention.
    ///
    /// Tables that are only looked up do not multiply, so they do not count.
    pub fn flops_per_token(&self, seq_len: usize) -> f64 {
        let embeddings = usize::from(!self.tie_embeddings || self.head != Head::Lm) * self.vocab_size;
        let looked_up = match self.arch {
            Arch::Llama | Arch::Qwen2 => embeddings,
            Arch::Gpt2 | Arch::Bert => embeddings + self.max_len + self.n_token_types,
        };
        let multiplying = self.n_params() as f64 - (looked_up * self.d_model) as f64;
        6.0 * multiplying + 12.0 * (self.n_layers * self.n_heads * self.head_dim) as f64 * seq_len as f64
    }
}
