//! The flags of fine-tuning and how they change a configuration. Knows no engine.

use clap::{Args, ValueEnum};

use super::pretrain_arguments::set;
use super::shots::ShotArguments;
use crate::config::{Adapt, BestBy, InContext, Projection, RunConfig, Tune};
use crate::tokenizer::Builtin;

/// What every run has that starts from a checkpoint and learns from rows or votes.
#[derive(Args, Debug, Default)]
pub struct LearnArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with fitting rows if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// The checkpoint to start from: an id, `latest` or `best` of those that fit. For sft, classify and tag that is the newest that was
    /// only pre-trained; for reward, prefer and rl the newest that writes text, a fine-tuned one first.
    #[arg(long, default_value = "latest", value_name = "CHECKPOINT")]
    pub from: String,
    /// Name of the run.
    #[arg(long)]
    pub name: Option<String>,
    /// Only measure three steps and say what the whole run would take.
    #[arg(long)]
    pub preflight: bool,
    /// How often every row is seen.
    #[arg(long, value_name = "N", conflicts_with = "steps", allow_negative_numbers = true)]
    pub epochs: Option<f64>,
    /// Optimiser steps, instead of epochs.
    #[arg(long, value_name = "N")]
    pub steps: Option<u64>,
    /// Rows in a micro-batch.
    #[arg(long, value_name = "N")]
    pub batch: Option<usize>,
    /// Highest learning rate.
    #[arg(long, value_name = "RATE")]
    pub lr: Option<f64>,
    #[arg(long, value_name = "X")]
    pub weight_decay: Option<f64>,
    #[arg(long, value_name = "SHARE")]
    pub dropout: Option<f64>,
    #[arg(long)]
    pub seed: Option<u64>,
    /// Threads; 0: one for each core.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Steps between validations; 0: never.
    #[arg(long, value_name = "N")]
    pub eval_every: Option<u64>,
    /// End after this many validations without a better one; 0: never early.
    #[arg(long, value_name = "N")]
    pub patience: Option<u32>,
    /// What a better validation is: by the task's own metric, or by the loss.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub best_by: Option<BestByName>,
    /// Tokens of a row at most; as many as the model takes if none is given.
    #[arg(long, value_name = "N")]
    pub max_len: Option<usize>,
    /// How turns become text; the checkpoint's own template if none is given.
    #[arg(long, value_enum, value_name = "NAME")]
    pub template: Option<TemplateName>,
    /// Train small matrices of this rank beside frozen weights (LoRA); without a number 8.
    #[arg(long, value_name = "RANK", num_args = 0..=1, default_missing_value = "8")]
    pub lora: Option<usize>,
    /// LoRA's α: the additions are scaled by α / rank; twice the rank if none is given.
    #[arg(long, value_name = "X", requires = "lora")]
    pub lora_alpha: Option<f64>,
    /// Matrices that get such additions, say q,k,v,o,gate,up,down; all of them if none is given.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "lora", value_parser = projection)]
    pub lora_targets: Vec<Projection>,
    /// Train only the last K layers and the head; 0: the head alone.
    #[arg(long, value_name = "K", conflicts_with = "lora")]
    pub last_layers: Option<usize>,
}

#[derive(Args, Debug, Default)]
#[command(after_help = "Examples:\n  \
    lyceum sft -p my.lyceum --dataset summaries --epochs 3\n  \
    lyceum sft -p my.lyceum --dataset chat --template chat-ml --from best\n  \
    lyceum sft -p my.lyceum --dataset \"In-context tasks\" --in-context 8\n  \
    lyceum classify -p my.lyceum --dataset sentiment --balance --patience 3\n  \
    lyceum tag -p my.lyceum --dataset entities --lr 5e-4")]
pub struct TuneArguments {
    #[command(flatten)]
    pub learn: LearnArguments,
    /// Share of the rows for validation, where the dataset has no such part.
    #[arg(long, value_name = "SHARE")]
    pub val: Option<f64>,
    /// Validation rows that the task's metrics are computed on.
    #[arg(long, value_name = "N")]
    pub metric_rows: Option<usize>,
    /// Tokens of an answer at most, when one is written to be measured.
    #[arg(long, value_name = "N")]
    pub answer_tokens: Option<usize>,
    /// Words of the prompt, with parts of the row in braces, say 'Review: {text}\nMood:'.
    #[arg(long, value_name = "WORDS", requires = "answer_words")]
    pub prompt_words: Option<String>,
    /// Words of the answer, say ' {label}'.
    #[arg(long, value_name = "WORDS", requires = "prompt_words")]
    pub answer_words: Option<String>,
    /// Learn the prompt, too.
    #[arg(long)]
    pub train_prompt: bool,
    /// Of a chat learn only the last answer.
    #[arg(long)]
    pub last_answer: bool,
    /// Rare classes weigh as much as frequent ones.
    #[arg(long)]
    pub balance: bool,
    /// What a class counts, say spam=3; can be given for several.
    #[arg(long, value_name = "CLASS=X", value_parser = class_weight)]
    pub class_weight: Vec<(String, f64)>,
    /// Learn from prompts with up to this many examples (in-context tuning); without a number 8.
    #[arg(long, value_name = "SHOTS", num_args = 0..=1, default_missing_value = "8")]
    pub in_context: Option<usize>,
    /// Episodes of an epoch.
    #[arg(long, value_name = "N", requires = "in_context")]
    pub episodes: Option<usize>,
    /// Percent of the episodes, from the first on, that only look up invented words.
    #[arg(long, value_name = "PERCENT", requires = "in_context", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub recall: Option<u8>,
    /// Percent of the episodes after these over which tasks come in bit by bit; 0: at once.
    #[arg(long, value_name = "PERCENT", requires = "in_context", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub gradual: Option<u8>,
    /// Learn only the last answer of an episode.
    #[arg(long, requires = "in_context")]
    pub query_only: bool,
    /// Keep the answers' own words in every episode.
    #[arg(long, requires = "in_context")]
    pub keep_labels: bool,
    /// Train the embedding, too, which stays as it is otherwise.
    #[arg(long, requires = "in_context")]
    pub train_words: bool,
    #[command(flatten)]
    pub shots: ShotArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BestByName {
    Metric,
    Loss,
}

impl BestByName {
    fn best_by(self) -> BestBy {
        match self {
            Self::Metric => BestBy::Metric,
            Self::Loss => BestBy::Loss,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TemplateName {
    ChatMl,
    Alpaca,
    Plain,
    Llama3,
    Zephyr,
}

impl TemplateName {
    pub fn builtin(self) -> Builtin {
        match self {
            Self::ChatMl => Builtin::ChatMl,
            Self::Alpaca => Builtin::Alpaca,
            Self::Plain => Builtin::Plain,
            Self::Llama3 => Builtin::Llama3,
            Self::Zephyr => Builtin::Zephyr,
        }
    }
}

impl TuneArguments {
    /// Writes the flags about rows into `tune`.
    pub fn apply_tune(&self, tune: &mut Tune) {
        self.learn.apply_tune(tune);
        set(&mut tune.val_fraction, self.val);
        set(&mut tune.metric_rows, self.metric_rows);
        set(&mut tune.answer_tokens, self.answer_tokens);
        if let (Some(prompt), Some(answer)) = (&self.prompt_words, &self.answer_words) {
            tune.words = Some((prompt.replace("\\n", "\n"), answer.replace("\\n", "\n")));
        }
        tune.train_prompt |= self.train_prompt;
        tune.last_answer_only |= self.last_answer;
        tune.balance |= self.balance;
        tune.class_weights.extend(self.class_weight.iter().cloned());
        if let Some(shots) = self.in_context {
            let mut own = InContext { shots, ..InContext::default() };
            set(&mut own.episodes, self.episodes);
            set(&mut own.recall, self.recall);
            set(&mut own.gradual, self.gradual);
            own.all_answers = !self.query_only;
            own.rename = !self.keep_labels;
            own.keep_words = !self.train_words;
            tune.in_context = Some(own);
            if self.learn.epochs.is_none() && self.learn.steps.is_none() {
                tune.epochs = 1.0;
            }
        }
    }
}

fn class_weight(text: &str) -> Result<(String, f64), String> {
    let (name, weight) = text.rsplit_once('=').ok_or("write the class, a sign =, and a number: spam=3")?;
    weight.parse().map(|weight| (name.to_owned(), weight)).map_err(|_no_number| format!("{weight} is no number"))
}

/// Names of the matrices in the order of `Projection::ALL`, as they end in PEFT's `target_modules` (`q_proj`).
const MATRICES: [&str; 7] = ["q", "k", "v", "o", "gate", "up", "down"];

fn projection(name: &str) -> Result<Projection, String> {
    let wanted = name.trim().trim_end_matches("_proj");
    let found = MATRICES.iter().zip(Projection::ALL).find(|(known, _)| **known == wanted);
    found.map(|(_, projection)| projection).ok_or_else(|| format!("there is no such matrix; there are {}", MATRICES.join(", ")))
}

impl LearnArguments {
    /// Whether there is anything to do.
    pub fn check(&self) -> anyhow::Result<()> {
        if let Some(epochs) = self.epochs.filter(|epochs| !(epochs.is_finite() && *epochs > 0.0)) {
            anyhow::bail!("--epochs {epochs} shows no row to the model; give more than 0, usually 1 to 5");
        }
        if self.steps == Some(0) {
            anyhow::bail!("--steps 0 learns nothing; give at least 1");
        }
        Ok(())
    }

    fn targets(&self) -> Vec<Projection> {
        let mut targets = if self.lora_targets.is_empty() { Projection::ALL.to_vec() } else { self.lora_targets.clone() };
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// Writes the flags about rows into `tune`.
    pub fn apply_tune(&self, tune: &mut Tune) {
        set(&mut tune.epochs, self.epochs);
        if self.steps.is_some() {
            tune.epochs = 0.0;
        }
        set(&mut tune.patience, self.patience);
        set(&mut tune.best_by, self.best_by.map(BestByName::best_by));
        set(&mut tune.max_len, self.max_len);
        tune.template = self.template.map(TemplateName::builtin).or(tune.template);
        if let Some(rank) = self.lora {
            let alpha = self.lora_alpha.unwrap_or(2.0 * rank as f64);
            tune.adapt = Adapt::Lora { rank, alpha, targets: self.targets() };
        }
        if let Some(k) = self.last_layers {
            tune.adapt = Adapt::LastLayers { k };
        }
    }

    /// Writes the other flags into `config`.
    pub fn apply(&self, config: &mut RunConfig) {
        set(&mut config.name, self.name.clone());
        if let Some(steps) = self.steps {
            config.steps = steps;
            config.warmup_steps = steps / 10;
            config.eval_every = (steps / 10).max(1);
        }
        set(&mut config.batch_size, self.batch);
        set(&mut config.lr, self.lr);
        set(&mut config.weight_decay, self.weight_decay);
        set(&mut config.dropout, self.dropout);
        set(&mut config.seed, self.seed);
        set(&mut config.threads, self.threads);
        set(&mut config.eval_every, self.eval_every);
    }
}
