//! The flags of `lyceum pretrain` and how they change a configuration. Knows no engine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shots::ShotArguments;
use crate::config::{Objective, RunConfig, Schedule};

#[derive(Args, Debug, Default)]
#[command(after_help = "Examples:\n  \
    lyceum pretrain -p my.lyceum --minutes 5                what fits in five minutes\n  \
    lyceum pretrain -p my.lyceum --preset 1M --steps 2000\n  \
    lyceum pretrain -p my.lyceum --objective masked --layers 4 --width 128 --heads 4\n  \
    lyceum pretrain -p my.lyceum --resume latest\n  \
    lyceum pretrain -p my.lyceum --from 7 --lr 3e-4 --steps 500\n  \
    lyceum pretrain -p my.lyceum --preflight                time, memory and disk; trains nothing")]
pub struct PretrainArguments {
    /// A configuration file (JSON, as `runs show --json` prints it); flags override it.
    #[arg(long, value_name = "FILE", help_heading = "What to train")]
    pub config: Option<PathBuf>,
    /// A size on the dial, from 0.1M, 0.4M, 1M, 3M, 6M, 14M, 30M, 60M to 124M.
    #[arg(long, value_name = "SIZE", help_heading = "What to train")]
    pub preset: Option<String>,
    /// Choose the size and the steps that fit in this time.
    #[arg(long, value_name = "M", conflicts_with_all = ["resume", "from", "preset"], help_heading = "What to train")]
    pub minutes: Option<f64>,
    /// Go on with a run from this checkpoint, bit for bit: an id, or `latest`, the latest of a run that has steps left.
    #[arg(long, value_name = "CHECKPOINT", conflicts_with_all = ["from", "config"], help_heading = "What to train")]
    pub resume: Option<String>,
    /// A new run from this checkpoint's weights: an id, or `latest` or `best` of those that suit the objective, pre-trained ones first.
    #[arg(long, value_name = "CHECKPOINT", help_heading = "What to train")]
    pub from: Option<String>,
    /// Only measure three steps and say what the whole run would take.
    #[arg(long, help_heading = "What to train")]
    pub preflight: bool,
    /// Id of the corpus; the newest if none is given.
    #[arg(long, value_name = "ID", help_heading = "What to train")]
    pub corpus: Option<i64>,
    /// Name of the run.
    #[arg(long, help_heading = "What to train")]
    pub name: Option<String>,
    /// Predict the next token, or hidden ones.
    #[arg(long, value_enum, help_heading = "What to train")]
    pub objective: Option<ObjectiveName>,

    #[arg(long, value_name = "N", help_heading = "Model")]
    pub layers: Option<usize>,
    /// Width of the residual stream.
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub width: Option<usize>,
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub heads: Option<usize>,
    /// Heads of keys and values; as many as heads if none is given.
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub kv_heads: Option<usize>,
    /// Width of the feed-forward layer; derived from the width if none is given.
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub ff: Option<usize>,
    /// Longest sequence, in tokens.
    #[arg(long, value_name = "N", help_heading = "Model")]
    pub context: Option<usize>,
    /// Whether the output matrix is the embedding matrix.
    #[arg(long, value_name = "BOOL", help_heading = "Model")]
    pub tie_embeddings: Option<bool>,

    /// Optimiser steps.
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub steps: Option<u64>,
    /// Sequences in a micro-batch.
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub batch: Option<usize>,
    /// Micro-batches summed into one step.
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub grad_accum: Option<usize>,
    /// Highest learning rate.
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub lr: Option<f64>,
    #[arg(long, value_enum, help_heading = "Training")]
    pub schedule: Option<ScheduleName>,
    /// Steps over which the rate rises from 0.
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub warmup: Option<u64>,
    /// Rate at the end, as a share of the highest.
    #[arg(long, value_name = "SHARE", help_heading = "Training")]
    pub min_lr_ratio: Option<f64>,
    #[arg(long, value_name = "X", help_heading = "Training")]
    pub weight_decay: Option<f64>,
    #[arg(long, value_name = "X", help_heading = "Training")]
    pub beta1: Option<f64>,
    #[arg(long, value_name = "X", help_heading = "Training")]
    pub beta2: Option<f64>,
    /// Longest norm of the gradient; 0: no limit.
    #[arg(long, value_name = "NORM", help_heading = "Training")]
    pub clip: Option<f64>,
    #[arg(long, value_name = "SHARE", help_heading = "Training")]
    pub dropout: Option<f64>,
    /// Share of tokens hidden in masked language modelling.
    #[arg(long, value_name = "SHARE", help_heading = "Training")]
    pub mask_prob: Option<f64>,
    #[arg(long, help_heading = "Training")]
    pub seed: Option<u64>,
    /// Threads; 0: one for each core.
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub threads: Option<usize>,

    /// Steps between validations; 0: never.
    #[arg(long, value_name = "N", help_heading = "Reports and checkpoints")]
    pub eval_every: Option<u64>,
    /// Sequences of a validation.
    #[arg(long, value_name = "N", help_heading = "Reports and checkpoints")]
    pub eval_sequences: Option<usize>,
    /// Steps between samples of the prompts; 0: never.
    #[arg(long, value_name = "N", help_heading = "Reports and checkpoints")]
    pub sample_every: Option<u64>,
    #[arg(long, value_name = "N", help_heading = "Reports and checkpoints")]
    pub sample_tokens: Option<usize>,
    /// A prompt to sample from; may be repeated.
    #[arg(long, value_name = "TEXT", help_heading = "Reports and checkpoints")]
    pub prompt: Vec<String>,
    #[command(flatten)]
    pub shots: ShotArguments,
    /// Seconds between checkpoints; 0: none by time.
    #[arg(long, value_name = "S", help_heading = "Reports and checkpoints")]
    pub checkpoint_every_s: Option<u64>,
    /// Steps between checkpoints; 0: none by step.
    #[arg(long, value_name = "N", help_heading = "Reports and checkpoints")]
    pub checkpoint_every: Option<u64>,
    /// Newest checkpoints that are kept, besides the best and the pinned ones.
    #[arg(long, value_name = "N", help_heading = "Reports and checkpoints")]
    pub keep_last: Option<usize>,
    /// Keep every n-th checkpoint besides; 0: none.
    #[arg(long, value_name = "N", help_heading = "Reports and checkpoints")]
    pub keep_every: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ObjectiveName {
    /// The next token, from those before it.
    Causal,
    /// Hidden tokens, from both sides.
    Masked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleName {
    Constant,
    Linear,
    Cosine,
    /// Constant, then linear over the last fifth.
    Wsd,
}

impl PretrainArguments {
    /// Writes every flag that was typed into `config`.
    pub fn apply(&self, config: &mut RunConfig) {
        self.apply_dims(config);
        set(&mut config.corpus, self.corpus);
        set(&mut config.name, self.name.clone());
        set(&mut config.objective, self.objective.map(ObjectiveName::objective));
        set(&mut config.steps, self.steps);
        set(&mut config.batch_size, self.batch);
        set(&mut config.grad_accum, self.grad_accum);
        set(&mut config.lr, self.lr);
        set(&mut config.schedule, self.schedule.map(ScheduleName::schedule));
        set(&mut config.warmup_steps, self.warmup);
        set(&mut config.min_lr_ratio, self.min_lr_ratio);
        set(&mut config.weight_decay, self.weight_decay);
        set(&mut config.beta1, self.beta1);
        set(&mut config.beta2, self.beta2);
        set(&mut config.clip_norm, self.clip);
        set(&mut config.dropout, self.dropout);
        set(&mut config.mask_prob, self.mask_prob);
        set(&mut config.seed, self.seed);
        set(&mut config.threads, self.threads);
        set(&mut config.eval_every, self.eval_every);
        set(&mut config.eval_sequences, self.eval_sequences);
        set(&mut config.sample_every, self.sample_every);
        set(&mut config.sample_tokens, self.sample_tokens);
        set(&mut config.checkpoint_every_s, self.checkpoint_every_s);
        set(&mut config.checkpoint_every, self.checkpoint_every);
        set(&mut config.keep_last, self.keep_last);
        set(&mut config.keep_every, self.keep_every);
        if !self.prompt.is_empty() {
            config.prompts.clone_from(&self.prompt);
        }
    }

    fn apply_dims(&self, config: &mut RunConfig) {
        let dims = &mut config.dims;
        set(&mut dims.n_layers, self.layers);
        if let Some(width) = self.width {
            // 8/3 of the width gives SwiGLU's three matrices the size of a plain layer's two (Shazeer 2020).
            dims.d_ff = (width * 8 / 3).next_multiple_of(32);
            dims.d_model = width;
        }
        set(&mut dims.d_ff, self.ff);
        if let Some(heads) = self.heads {
            (dims.n_heads, dims.n_kv_heads) = (heads, heads);
        }
        set(&mut dims.n_kv_heads, self.kv_heads);
        set(&mut dims.context, self.context);
        set(&mut dims.tie_embeddings, self.tie_embeddings);
    }
}

/// What was typed wins; what was not leaves things as they are.
pub(super) fn set<T>(into: &mut T, typed: Option<T>) {
    if let Some(value) = typed {
        *into = value;
    }
}

impl ObjectiveName {
    fn objective(self) -> Objective {
        match self {
            Self::Causal => Objective::Causal,
            Self::Masked => Objective::Masked,
        }
    }
}

impl ScheduleName {
    fn schedule(self) -> Schedule {
        match self {
            Self::Constant => Schedule::Constant,
            Self::Linear => Schedule::Linear,
            Self::Cosine => Schedule::Cosine,
            Self::Wsd => Schedule::Wsd,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Arguments, Subcommand};
    use clap::Parser as _;

    fn typed(words: &str) -> RunConfig {
        let parsed = Arguments::try_parse_from(format!("lyceum pretrain {words}").split_whitespace());
        let mut config = RunConfig::default();
        match parsed.map(|a| a.command) {
            Ok(Some(Subcommand::Pretrain(arguments))) => arguments.apply(&mut config),
            other => panic!("{words}: {other:?}"),
        }
        config
    }

    #[test]
    fn what_is_not_typed_stays() {
        assert_eq!(typed(""), RunConfig::default());
    }

    #[test]
    fn what_is_typed_stands_in_the_configuration() {
        let config =
            typed("--layers 2 --width 96 --heads 6 --lr 3e-4 --objective masked --schedule wsd --prompt a --prompt b --seed 9");
        assert_eq!((config.dims.n_layers, config.dims.d_model, config.dims.n_heads, config.dims.n_kv_heads), (2, 96, 6, 6));
        assert_eq!(config.dims.d_ff, 256);
        assert_eq!((config.lr, config.objective, config.schedule, config.seed), (3e-4, Objective::Masked, Schedule::Wsd, 9));
        assert_eq!(config.prompts, ["a", "b"]);
    }

    #[test]
    fn the_finer_flag_wins_over_what_follows_from_another() {
        let dims = typed("--heads 8 --kv-heads 2 --width 128 --ff 100").dims;
        assert_eq!((dims.n_heads, dims.n_kv_heads, dims.d_ff), (8, 2, 100));
    }
}
