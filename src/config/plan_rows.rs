//! What must be true of labelled rows before they train, and what the model that learns from them looks like. Trains nothing.

use super::plan::Errors;
use super::{Adapt, Align, CorpusFacts, RunConfig, Tune, TuneTask};
use crate::model::{Head, ModelConfig};

/// Rows below which no share of them can be kept aside.
const FEWEST: u64 = 10;

/// What a plan must know of labelled rows that were made ready for training.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFacts {
    pub train: u64,
    pub val: u64,
    /// Tokens of the training rows, trained or not.
    pub train_tokens: u64,
    /// Tokens of the longest row of either side.
    pub longest: usize,
    /// Classes, or tags, in the order of the head's outputs; empty where text is learnt.
    pub labels: Vec<String>,
    /// More than one class may be right.
    pub several: bool,
    /// Why rows were left out, each reason with an example, as sentences.
    pub left_out: Vec<String>,
    /// What else a person should know before these rows train.
    pub notes: Vec<String>,
}

/// Judged pairs, rankings or answers below which no run begins.
const FEW_VOTES: u64 = 4;

impl RowFacts {
    /// Mean length of a training row.
    pub fn mean_len(&self) -> f64 {
        self.train_tokens as f64 / self.train.max(1) as f64
    }
}

impl RunConfig {
    pub(super) fn check_rows(&self, tune: &Tune, facts: &CorpusFacts, rows: &RowFacts, errors: &mut Errors) {
        // A live run begins with nothing and gets its votes one by one.
        let live = matches!(tune.align, Some(Align::Live { .. }));
        let votes = matches!(tune.align, Some(Align::Reward { .. } | Align::Prefer { .. }));
        errors.when(rows.train == 0 && !live, "dataset", || {
            let none = if votes {
                "the dataset has no vote yet; give some on the Rank page"
            } else {
                "the dataset has none with a label; label some, or import a file that brings labels"
            };
            let why = rows.left_out.first().map_or_else(|| none.to_owned(), Clone::clone);
            format!("No row is left to train on: {why}.")
        });
        let few = !votes && rows.train > 0 && rows.train < FEWEST && rows.val == 0;
        errors.when(self.eval_every > 0 && few, "dataset", || {
            let rows = if rows.train == 1 { "Only 1 row has".to_owned() } else { format!("Only {} rows have", rows.train) };
            format!("{rows} a label, too few to keep any aside to validate on; label more, some 50 to begin with, or validate never (0 steps).")
        });
        errors.when(votes && rows.train > 0 && rows.train < FEW_VOTES, "dataset", || {
            format!(
                "{} judged {} to learn from, of which nothing can be learnt but themselves; give at least {FEW_VOTES} on the Rank page, and some dozens to learn something of use.",
                rows.train,
                if rows.train == 1 { "item is all there is" } else { "items are all there are" }
            )
        });
        errors.when(self.eval_every > 0 && rows.train > 0 && rows.val == 0 && !few, "val_fraction", || {
            "No row is left to validate on; give validation a share of the rows, or validate never (0 steps).".to_owned()
        });
        errors.when(!(0.0..=0.5).contains(&tune.val_fraction), "val_fraction", || {
            format!("Validation cannot have a share of {} of the rows; give it between 0 and 0.5.", tune.val_fraction)
        });
        errors.when(!(tune.epochs >= 0.0 && tune.epochs <= 10_000.0), "epochs", || {
            format!("{} epochs make no sense; give it more than 0, usually 1 to 5.", tune.epochs)
        });
        errors.when(
            tune.task == TuneTask::Classes && rows.train > 0 && rows.labels.len() < 2 && !rows.several,
            "dataset",
            || {
                let only = rows.labels.first().map_or("none at all", String::as_str);
                format!("All rows have the same class ({only}), so there is nothing to tell apart; label rows of another class.")
            },
        );
        errors.when(tune.task == TuneTask::Tags && rows.train > 0 && rows.labels.len() < 2, "dataset", || {
            "No row has a marked entity, so there is nothing to learn; mark some.".to_owned()
        });
        errors.when(self.objective.is_masked() && tune.task == TuneTask::Text, "task", || {
            "The checkpoint is an encoder, which does not write text; start from a decoder, or learn classes or entities with it."
                .to_owned()
        });
        errors.when(self.eval_every == 0 && tune.patience > 0, "patience", || {
            "Stopping early needs validations; validate every so many steps, or set the patience to 0.".to_owned()
        });
        check_weights(tune, rows, errors);
        self.check_adapt(tune, errors);
        errors.when(facts.vocab_size == 0, "dataset", || "The tokenizer of the checkpoint is empty; choose another.".to_owned());
    }

    fn check_adapt(&self, tune: &Tune, errors: &mut Errors) {
        let (layers, width) = (self.dims.n_layers, self.dims.d_model);
        match &tune.adapt {
            Adapt::Full => {}
            Adapt::LastLayers { k } => {
                errors
                    .when(*k > layers, "adapt", || format!("The model has {layers} layers, not {k}; train at most all of them."));
                errors.when(*k == 0 && tune.task == TuneTask::Text, "adapt", || {
                    "Without a layer nothing but a norm would train, for the output matrix is the embedding; train at least one layer."
                        .to_owned()
                });
            }
            Adapt::Lora { rank, alpha, targets } => {
                errors.when(*rank == 0 || *rank > width, "adapt", || {
                    format!("A rank of {rank} makes no sense for a width of {width}; 8 or 16 is usual.")
                });
                errors.when(!(*alpha > 0.0 && alpha.is_finite()), "adapt", || {
                    format!("An α of {alpha} would leave the model as it is; twice the rank is usual.")
                });
                errors.when(targets.is_empty(), "adapt", || "Choose at least one matrix that gets an addition.".to_owned());
            }
        }
    }

    /// The start checkpoint's model with the head that the task needs.
    pub(super) fn headed(&self, from: &ModelConfig, facts: &CorpusFacts) -> ModelConfig {
        let (Some(tune), Some(rows)) = (&self.tune, &facts.rows) else { return from.clone() };
        let n = rows.labels.len();
        let head = match tune.task {
            TuneTask::Text if matches!(tune.align, Some(Align::Reward { .. })) => Head::Reward,
            TuneTask::Text => Head::Lm,
            TuneTask::Classes => Head::SequenceClass { n },
            TuneTask::Tags => Head::TokenClass { n },
            TuneTask::Spans => Head::Span,
        };
        let pad_token_id = if head == Head::Lm { from.pad_token_id } else { from.pad_token_id.or(from.eos_token_id) };
        let value = tune.align.as_ref().is_some_and(Align::has_values);
        ModelConfig { head, labels: rows.labels.clone(), several: rows.several, pad_token_id, value, ..from.clone() }
    }

    /// Dimensions of the start checkpoint, so that what is shown of the run is true; rows are cut to its context.
    #[must_use]
    pub fn with_parent(mut self, parent: &ModelConfig) -> Self {
        let dims = &mut self.dims;
        (dims.n_layers, dims.d_model, dims.n_heads) = (parent.n_layers, parent.d_model, parent.n_heads);
        (dims.n_kv_heads, dims.d_ff, dims.tie_embeddings) = (parent.n_kv_heads, parent.d_ff, parent.tie_embeddings);
        self.objective = if parent.arch.is_causal() { super::Objective::Causal } else { super::Objective::Masked };
        let wanted = self.tune.as_ref().map_or(0, |tune| tune.max_len);
        self.dims.context = if wanted == 0 { parent.max_len } else { wanted.min(parent.max_len) };
        self
    }

    /// Steps that show every row as often as was asked for; a number of steps that was typed stays.
    #[must_use]
    pub fn with_epochs(mut self, rows: u64) -> Self {
        let per_step = (self.batch_size * self.grad_accum).max(1) as f64;
        if let Some(tune) = self.tune.as_ref().filter(|tune| tune.epochs > 0.0) {
            self.steps = (tune.epochs * rows as f64 / per_step).ceil().max(1.0) as u64;
            self.warmup_steps = self.warmup_steps.min(self.steps / 4);
        }
        self
    }
}

fn check_weights(tune: &Tune, rows: &RowFacts, errors: &mut Errors) {
    let known = |name: &String| {
        let tag = |label: &String| label.split_once('-').is_some_and(|(_, plain)| plain == name);
        rows.labels.iter().any(|label| label == name || tune.task == TuneTask::Tags && tag(label))
    };
    let heads = matches!(tune.task, TuneTask::Classes | TuneTask::Tags);
    for (name, weight) in &tune.class_weights {
        errors.when(heads && rows.train > 0 && !known(name), "class_weights", || {
            format!("No row has the class “{name}” that a weight was given for; there are {}.", rows.labels.join(", "))
        });
        errors.when(!(*weight > 0.0 && *weight <= 1e4), "class_weights", || {
            format!("The class “{name}” cannot weigh {weight}; give it more than 0, say 2.")
        });
    }
    errors.when((tune.balance || !tune.class_weights.is_empty()) && !heads, "class_weights", || {
        "Only classes and entities can be weighed; switch the class weights off for this task.".to_owned()
    });
}
