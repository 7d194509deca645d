//! From what was typed to what is true: every check of a run, each with how to mend it, and what follows from it. Trains nothing.

use std::ops::Range;

use super::{ConfigError, Objective, RowFacts, RunConfig};
use crate::data::CorpusMeta;
use crate::model::{Arch, Head, ModelConfig, ModelConfigError};
use crate::tokenizer::Special;

/// What a plan must know of the tokenised corpus and its tokenizer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorpusFacts {
    pub train_tokens: u64,
    pub val_tokens: u64,
    /// Bytes of text behind the validation tokens.
    pub val_bytes: u64,
    pub vocab_size: usize,
    /// Ends (and so also begins) a document.
    pub eos: Option<u32>,
    pub pad: Option<u32>,
    pub mask: Option<u32>,
    /// Tokens that are no text: never hidden, never drawn as a random replacement.
    pub special: Vec<u32>,
    /// Labelled rows that are learnt from instead of a corpus; the tokens above are then theirs.
    pub rows: Option<RowFacts>,
}

impl CorpusFacts {
    /// Of a corpus and the special tokens of its tokenizer.
    pub fn of(meta: &CorpusMeta, special: &Special) -> Self {
        Self {
            train_tokens: meta.train_tokens,
            val_tokens: meta.val_tokens,
            val_bytes: meta.val_bytes,
            vocab_size: meta.vocab_size,
            eos: meta.eos,
            pad: special.pad,
            mask: special.mask,
            special: special.ids(),
            rows: None,
        }
    }
}

/// A configuration that was checked against its corpus, and what follows from it. Only `RunConfig::plan` makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    config: RunConfig,
    facts: CorpusFacts,
    model: ModelConfig,
    replicas: usize,
    threads_per_replica: usize,
    sequences_per_pass: usize,
}

/// What a configuration asks for, before there is a corpus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    pub n_params: u64,
    /// At the peak of training: weights, moments, gradients and activations of every replica.
    pub training_memory_bytes: u64,
    /// Weights and moments on disk.
    pub checkpoint_bytes: u64,
    pub tokens_per_step: u64,
    /// Forward and backward.
    pub flops_per_token: f64,
}

impl RunPlan {
    pub fn config(&self) -> &RunConfig {
        &self.config
    }
    pub fn facts(&self) -> &CorpusFacts {
        &self.facts
    }
    pub fn model(&self) -> &ModelConfig {
        &self.model
    }
    /// Threads that each take whole sequences, with their own activations and gradient.
    pub fn replicas(&self) -> usize {
        self.replicas
    }
    /// Threads that share the matrix products of one replica.
    pub fn threads_per_replica(&self) -> usize {
        self.threads_per_replica
    }
    /// Sequences that a replica runs through the model together: short ones alone would leave its products too small.
    pub fn sequences_per_pass(&self) -> usize {
        self.sequences_per_pass
    }
    /// Numbers of the sequences of the micro-batch that begins with number `first`, pass by pass.
    pub fn passes(&self, first: u64) -> impl Iterator<Item = Range<u64>> {
        let end = first + self.config.batch_size as u64;
        (first..end).step_by(self.sequences_per_pass).map(move |n| n..(n + self.sequences_per_pass as u64).min(end))
    }
    /// Tokens of one sequence.
    pub fn context(&self) -> usize {
        self.config.dims.context
    }
    pub fn tokens_per_step(&self) -> u64 {
        match &self.facts.rows {
            Some(rows) => (rows.mean_len() * (self.config.batch_size * self.config.grad_accum) as f64) as u64,
            None => tokens_per_step(&self.config),
        }
    }
    /// How often the run sees each training token.
    pub fn epochs(&self) -> f64 {
        let config = &self.config;
        match &self.facts.rows {
            Some(rows) => (config.steps as usize * config.batch_size * config.grad_accum) as f64 / rows.train.max(1) as f64,
            None => config.steps as f64 * self.tokens_per_step() as f64 / self.facts.train_tokens.max(1) as f64,
        }
    }
    /// The same plan with other checked steps, for trials.
    #[must_use]
    pub fn with_steps(mut self, steps: u64) -> Self {
        self.config.steps = steps.max(1);
        self.config.warmup_steps = self.config.warmup_steps.min(self.config.steps);
        self
    }
}

impl RunConfig {
    /// Checks everything against a corpus; `from` is the model of the checkpoint that the run starts from, if any.
    /// All that is wrong comes back at once, in the order of the fields.
    pub fn plan(&self, facts: &CorpusFacts, from: Option<&ModelConfig>) -> Result<RunPlan, Vec<ConfigError>> {
        let mut errors = Errors::default();
        self.check_dims(facts.vocab_size, &mut errors);
        self.check_numbers(&mut errors);
        match (&self.tune, &facts.rows) {
            (Some(tune), Some(rows)) => self.check_rows(tune, facts, rows, &mut errors),
            (None, _) | (_, None) => self.check_corpus(facts, &mut errors),
        }
        if let Some(from) = from {
            self.check_parent(facts, from, &mut errors);
        }
        let model = from.map_or_else(|| self.model_for(facts), |from| self.headed(from, facts));
        if errors.0.is_empty() {
            let (replicas, threads_per_replica) = self.share_cores(&model, &mut errors);
            if errors.0.is_empty() {
                let sequences_per_pass = self.sequences_per_pass(replicas);
                return Ok(RunPlan {
                    config: self.clone(),
                    facts: facts.clone(),
                    model,
                    replicas,
                    threads_per_replica,
                    sequences_per_pass,
                });
            }
        }
        Err(errors.0)
    }

    /// Parameters, memory and work of this configuration with a vocabulary, or why there is no such model.
    pub fn estimate(&self, vocab_size: usize) -> Result<Estimate, Vec<ConfigError>> {
        let mut errors = Errors::default();
        self.check_dims(vocab_size, &mut errors);
        self.check_sizes(&mut errors);
        if !errors.0.is_empty() {
            return Err(errors.0);
        }
        let model = self.model_for(&CorpusFacts { vocab_size, ..CorpusFacts::default() });
        let (replicas, _) = self.wanted_replicas();
        let n_params = model.n_params();
        Ok(Estimate {
            n_params,
            training_memory_bytes: model.training_memory_bytes(self.rows_per_pass(replicas), replicas),
            checkpoint_bytes: 12 * n_params,
            tokens_per_step: tokens_per_step(self),
            flops_per_token: model.flops_per_token(self.dims.context),
        })
    }

    /// The model that these dimensions make, unchecked.
    fn model_for(&self, facts: &CorpusFacts) -> ModelConfig {
        let d = &self.dims;
        let causal = self.objective == Objective::Causal;
        ModelConfig {
            arch: if causal { Arch::Llama } else { Arch::Bert },
            vocab_size: facts.vocab_size,
            d_model: d.d_model,
            n_layers: d.n_layers,
            n_heads: d.n_heads,
            n_kv_heads: if causal { d.n_kv_heads } else { d.n_heads },
            head_dim: d.d_model.checked_div(d.n_heads).unwrap_or(0),
            d_ff: d.d_ff,
            max_len: d.context,
            norm_eps: if causal { 1e-5 } else { 1e-12 },
            rope_theta: 10_000.0,
            rope_scaling: None,
            // BERT's output matrix is always its embedding.
            tie_embeddings: d.tie_embeddings || !causal,
            n_token_types: if causal { 0 } else { 2 },
            bos_token_id: facts.eos.filter(|_| causal),
            eos_token_id: facts.eos.filter(|_| causal),
            pad_token_id: facts.pad,
            head: Head::Lm,
            labels: Vec::new(),
            several: false,
            value: false,
        }
    }

    fn check_dims(&self, vocab_size: usize, errors: &mut Errors) {
        let d = &self.dims;
        let sizes = [
            ("n_layers", "The number of layers", d.n_layers),
            ("d_model", "The width", d.d_model),
            ("n_heads", "The number of heads", d.n_heads),
            ("n_kv_heads", "The number of key/value heads", d.n_kv_heads),
            ("d_ff", "The width of the feed-forward layer", d.d_ff),
            ("vocab_size", "The vocabulary", vocab_size),
        ];
        for (field, what, value) in sizes {
            errors.when(value == 0, field, || format!("{what} is 0; give it at least 1."));
        }
        errors.when(d.context < 2, "context", || {
            format!("A context of {} leaves nothing to predict; give it at least 2 tokens.", d.context)
        });
        // Products of absurd sizes would overflow before any other check sees them.
        let largest = [d.n_layers, d.d_model, d.d_ff, d.context, vocab_size].into_iter().max().unwrap_or(0);
        errors.when(largest > 1 << 24, "d_model", || {
            format!("{largest} is beyond any model that fits in memory; stay below {}.", 1 << 24)
        });
        if !errors.0.is_empty() {
            return;
        }
        if !d.d_model.is_multiple_of(d.n_heads) {
            errors.when(true, "n_heads", || {
                format!(
                    "The width {} is not divisible by {} heads; take a multiple of {} as width.",
                    d.d_model, d.n_heads, d.n_heads
                )
            });
            return;
        }
        let facts = CorpusFacts { vocab_size, ..CorpusFacts::default() };
        if let Err(error) = self.model_for(&facts).check() {
            let field = match error {
                ModelConfigError::KvHeads { .. } => "n_kv_heads",
                _ => "n_heads",
            };
            errors.when(true, field, || sentence(&error.to_string()));
        }
    }

    fn check_sizes(&self, errors: &mut Errors) {
        errors.when(self.batch_size == 0, "batch_size", || "The batch is empty; give it at least 1 sequence.".to_owned());
        errors
            .when(self.grad_accum == 0, "grad_accum", || "A step of 0 batches learns nothing; accumulate at least 1.".to_owned());
        let huge = self.batch_size.saturating_mul(self.grad_accum) > 1 << 20;
        errors.when(huge, "batch_size", || {
            format!("A step of {} × {} sequences is too large; stay below {}.", self.batch_size, self.grad_accum, 1 << 20)
        });
        errors.when(self.threads > 1024, "threads", || {
            format!("{} threads are too many; 0 takes as many as there are cores.", self.threads)
        });
    }

    fn check_numbers(&self, errors: &mut Errors) {
        self.check_sizes(errors);
        self.check_shots(errors);
        errors.when(self.steps == 0, "steps", || "A run of 0 steps learns nothing; give it at least 1.".to_owned());
        errors.when(!(self.lr > 0.0 && self.lr <= 1.0), "lr", || {
            format!("A learning rate of {} cannot train; give it more than 0 and at most 1, say 0.001.", self.lr)
        });
        errors.share(self.min_lr_ratio, "min_lr_ratio", "The rate's lowest share");
        errors.when(!(self.weight_decay >= 0.0 && self.weight_decay <= 10.0), "weight_decay", || {
            format!("A weight decay of {} makes no sense; give it 0 to 10, usually 0.1.", self.weight_decay)
        });
        for (value, field, what) in
            [(self.beta1, "beta1", "β₁"), (self.beta2, "beta2", "β₂"), (self.dropout, "dropout", "Dropout")]
        {
            errors
                .when(!(0.0..1.0).contains(&value), field, || format!("{what} is {value}; give it at least 0 and less than 1."));
        }
        errors.when(!(self.eps > 0.0 && self.eps < 1.0), "eps", || {
            format!("ε is {}; give it a small number above 0, usually 1e-8.", self.eps)
        });
        errors.when(!(self.clip_norm >= 0.0 && self.clip_norm.is_finite()), "clip_norm", || {
            format!("A gradient cannot be clipped to {}; give 1, or 0 for no limit.", self.clip_norm)
        });
        errors.when(self.eval_every > 0 && self.eval_sequences == 0, "eval_sequences", || {
            "A validation of 0 sequences says nothing; give it at least 1, or validate never (0 steps).".to_owned()
        });
        errors.when(self.keep_last == 0, "keep_last", || "Keeping no checkpoint would lose the run; keep at least 1.".to_owned());
        if self.objective == Objective::Masked {
            errors.when(!(self.mask_prob > 0.0 && self.mask_prob < 1.0), "mask_prob", || {
                format!("Hiding a share of {} of the tokens cannot train; give it between 0 and 1, usually 0.15.", self.mask_prob)
            });
        }
    }

    fn check_corpus(&self, facts: &CorpusFacts, errors: &mut Errors) {
        // A causal window needs the token after its last one.
        let window = self.dims.context as u64 + u64::from(self.objective == Objective::Causal);
        errors.when(facts.train_tokens < window, "context", || {
            let longest = facts.train_tokens.saturating_sub(window - self.dims.context as u64);
            format!(
                "The training part has {} tokens, which do not fill one context of {}; shorten the context to at most {longest}, or add text.",
                facts.train_tokens, self.dims.context
            )
        });
        errors.when(self.eval_every > 0 && facts.val_tokens < 2, "eval_every", || {
            "The corpus has no validation part; build it anew with a share for validation, or validate never (0 steps)."
                .to_owned()
        });
        if self.objective == Objective::Masked {
            errors.when(facts.mask.is_none(), "objective", || {
                "The tokenizer has no mask token, so nothing can be hidden; train a tokenizer here, or load one with [MASK]."
                    .to_owned()
            });
            errors.when(facts.special.len() >= facts.vocab_size.max(1), "objective", || {
                "The vocabulary has nothing but special tokens; train a larger one.".to_owned()
            });
        }
    }

    fn check_parent(&self, facts: &CorpusFacts, from: &ModelConfig, errors: &mut Errors) {
        errors.when(facts.vocab_size > from.vocab_size, "corpus", || {
            format!(
                "The corpus was cut into {} different tokens and the checkpoint knows {}; tokenise the text with the checkpoint's own tokenizer.",
                facts.vocab_size, from.vocab_size
            )
        });
        errors.when(self.dims.context > from.max_len, "context", || {
            format!("The checkpoint takes at most {} tokens; shorten the context of {}.", from.max_len, self.dims.context)
        });
        errors.when(from.head != Head::Lm, "objective", || {
            format!(
                "The checkpoint {} and predicts no tokens; choose one that was pre-trained or fine-tuned on text.",
                from.head.does()
            )
        });
        errors.when(from.arch.is_causal() != (self.objective == Objective::Causal), "objective", || {
            let kind = if from.arch.is_causal() {
                "a decoder, which learns to continue text (causal)"
            } else {
                "an encoder, which learns to fill masks (masked)"
            };
            format!("The checkpoint is {kind}; choose that objective.")
        });
    }
}

fn tokens_per_step(config: &RunConfig) -> u64 {
    config.dims.context as u64 * config.batch_size as u64 * config.grad_accum as u64
}

/// Sentences of other modules begin small and have no full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

#[derive(Default)]
pub(super) struct Errors(Vec<ConfigError>);

impl Errors {
    pub(super) fn when(&mut self, wrong: bool, field: &'static str, message: impl FnOnce() -> String) {
        if wrong {
            self.0.push(ConfigError { field, message: message() });
        }
    }
    fn share(&mut self, value: f64, field: &'static str, what: &str) {
        self.when(!(0.0..=1.0).contains(&value), field, || format!("{what} is {value}; give it between 0 and 1."));
    }
}
