//! What a run came to, in the figures that its kind of loss allows: a loss in nats of text has a perplexity, a reward has none. Draws nothing.

use crate::config::{Align, Objective, RunConfig, TuneTask};
use crate::engine::command::{CheckpointId, Schema};
use crate::engine::event::{CheckpointRow, EvalPoint, Library, RunRow};
use crate::evaluate::Metric;

use super::{AppState, choices, format};

/// A damaged table could make a run its own grandparent.
const DEEPEST: usize = 24;

/// What the number is that a run is validated by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Nats a token of the text that comes next.
    Text,
    /// Nats a hidden token.
    Hidden,
    /// Nats a token of the answers.
    Answers,
    /// A loss of a task's own: classes, tags, places, preferences.
    Task,
    /// What is kept is the mean reward, with its sign turned so that less is better.
    Reward,
}

impl Measure {
    pub fn of(config: &RunConfig) -> Self {
        let Some(tune) = &config.tune else {
            return match config.objective {
                Objective::Causal => Self::Text,
                Objective::Masked => Self::Hidden,
            };
        };
        match (&tune.align, tune.task) {
            (Some(Align::Rl(_)), _) => Self::Reward,
            (Some(Align::Reward { .. } | Align::Prefer { .. } | Align::Live { .. }), _)
            | (None, TuneTask::Classes | TuneTask::Tags | TuneTask::Spans) => Self::Task,
            (None, TuneTask::Text) => Self::Answers,
        }
    }

    pub fn has_perplexity(self) -> bool {
        matches!(self, Self::Text | Self::Hidden | Self::Answers)
    }

    /// Bytes are known of whole texts alone.
    pub fn has_bits_a_byte(self) -> bool {
        self == Self::Text
    }

    /// What the validation is called.
    pub fn name(self) -> &'static str {
        if self == Self::Reward { "Reward" } else { "Validation loss" }
    }

    /// What was kept as a loss, as it is read.
    pub fn value(self, loss: Option<f32>) -> String {
        match (self, loss) {
            (Self::Reward, Some(loss)) => format::loss(-loss),
            (_, loss) => format::loss_opt(loss),
        }
    }

    /// As `value`, where no name stands beside it.
    pub fn value_with_name(self, loss: f32) -> String {
        let name = if self == Self::Reward { "reward" } else { "validation" };
        format!("{name} {}", self.value(Some(loss)))
    }
}

/// A task's figure as it is read: shares in per cent.
pub fn metric(metric: &Metric) -> String {
    if metric.percent { format!("{:.1} %", 100.0 * metric.value) } else { format!("{:.3}", metric.value) }
}

/// Steps done, of those wanted where their number was chosen: votes that are learnt from as they come have no end.
pub fn steps(run: &RunRow) -> String {
    let live = matches!(run.config.tune.as_ref().and_then(|tune| tune.align.as_ref()), Some(Align::Live { .. }));
    let done = format::count(run.step);
    if live { format!("{done}, as votes come") } else { format!("{done} of {}", format::count(run.config.steps)) }
}

/// The rows, or the text, that a run learnt from; None where they are gone.
pub fn data<'l>(library: &'l Library, run: &RunRow) -> Option<&'l str> {
    let id = match &run.config.tune {
        Some(tune) => tune.dataset,
        None => library.corpora.iter().find(|corpus| corpus.id == run.config.corpus)?.dataset,
    };
    library.datasets.iter().find(|dataset| dataset.id == id).map(|dataset| dataset.name.as_str())
}

/// The tokenizer of a run; of a fine-tuned one, that of the pre-training it goes back to. None where the project does not say.
pub fn tokenizer<'l>(library: &'l Library, run: &RunRow) -> Option<&'l str> {
    let before = |run: &&'l RunRow| {
        let from = library.checkpoints.iter().find(|row| Some(row.id) == run.parent_checkpoint)?.run?;
        library.runs.iter().find(|row| row.id == from)
    };
    let this = library.runs.iter().find(|row| row.id == run.id);
    let corpus = std::iter::successors(this, before).take(DEEPEST).find(|run| run.config.tune.is_none())?.config.corpus;
    let corpus = library.corpora.iter().find(|row| row.id == corpus)?;
    library.tokenizers.iter().find(|row| row.id == corpus.tokenizer).map(|row| row.name.as_str())
}

impl AppState {
    /// The last validation of a run.
    pub fn last_eval(&self, run: &RunRow) -> Option<&EvalPoint> {
        self.curves.get(run.id).and_then(|curves| curves.evals.last())
    }

    /// The figure that leads in a fine-tuning run's task, at its last validation: accuracy, F1, …
    pub fn last_headline(&self, run: &RunRow) -> Option<&Metric> {
        self.tune.evals.get(&run.id).and_then(|evals| evals.last()).map(|eval| &eval.report.headline)
    }

    /// A checkpoint's validation in words.
    pub fn validation_of(&self, row: &CheckpointRow) -> Option<String> {
        let measure = row.run.and_then(|id| self.run(id)).map_or(Measure::Text, |run| Measure::of(&run.config));
        row.val_loss.map(|loss| measure.value_with_name(loss))
    }

    /// Whether the model of a checkpoint was ever fine-tuned on conversations.
    pub fn learnt_to_chat(&self, checkpoint: CheckpointId) -> bool {
        let of = |id: CheckpointId| self.checkpoint(id).and_then(|row| row.run).and_then(|id| self.run(id));
        let line = std::iter::successors(of(checkpoint), |run| run.parent_checkpoint.and_then(of)).take(DEEPEST);
        line.into_iter().filter_map(|run| run.config.tune.as_ref()).filter(|tune| tune.task == TuneTask::Text).any(|tune| {
            let rows = choices::dataset(&self.library, tune.dataset);
            // Of rows that are gone nobody knows.
            rows.is_none_or(|row| matches!(row.schema, Schema::Messages | Schema::Conversations))
        })
    }
}
