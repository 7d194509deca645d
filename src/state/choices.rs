//! What can be fine-tuned, on what, and what it is called: answers read off the library. Changes nothing.

use crate::config::{Align, Objective, RunConfig, Tune, TuneTask};
use crate::engine::command::{CheckpointId, DatasetId, Schema};
use crate::engine::event::{CheckpointRow, DatasetInfo, Library, RunRow};

use crate::store::sample::STARTER_NAME;

use super::format;

/// What can be learnt from rows of a schema, the most fitting first.
pub fn tasks(schema: Schema) -> &'static [TuneTask] {
    match schema {
        Schema::Classes => &[TuneTask::Classes, TuneTask::Text],
        Schema::Entities => &[TuneTask::Tags, TuneTask::Text],
        Schema::ExtractiveQa => &[TuneTask::Spans, TuneTask::Text],
        Schema::Instruction
        | Schema::PromptCompletion
        | Schema::Messages
        | Schema::Conversations
        | Schema::Translation
        | Schema::Recommendation => &[TuneTask::Text],
        Schema::Text | Schema::Preference | Schema::Unpaired | Schema::Ranking | Schema::Prompts => &[],
    }
}

/// Checkpoints that can be started from.
pub fn usable(library: &Library) -> impl Iterator<Item = &CheckpointRow> {
    let deleted = |id| library.runs.iter().any(|run| Some(run.id) == id && run.deleted);
    library.checkpoints.iter().filter(move |row| !row.missing && !deleted(row.run))
}

/// Checkpoints that write text: decoders that were not given another head.
pub fn writers(library: &Library) -> impl Iterator<Item = &CheckpointRow> {
    let heads = |run: &RunRow| {
        run.config
            .tune
            .as_ref()
            .is_some_and(|tune| tune.task != TuneTask::Text || matches!(tune.align, Some(Align::Reward { .. })))
    };
    let chooses = move |id| library.runs.iter().any(|run| Some(run.id) == id && heads(run));
    usable(library).filter(move |row| !row.is_encoder && !chooses(row.run))
}

/// A dataset by its id.
pub fn dataset(library: &Library, id: DatasetId) -> Option<&DatasetInfo> {
    library.datasets.iter().find(|row| row.id == id && !row.deleted)
}

/// Parameters of a checkpoint's model; a million where they are not known.
pub fn n_params(library: &Library, checkpoint: Option<CheckpointId>) -> u64 {
    let run = library.checkpoints.iter().find(|row| Some(row.id) == checkpoint).and_then(|row| row.run);
    library.runs.iter().find(|row| Some(row.id) == run).map_or(1_000_000, |row| row.n_params)
}

/// The name of a run that nobody named.
pub fn auto_name(library: &Library, tune: &Tune) -> String {
    let rows = dataset(library, tune.dataset).map_or("rows", |dataset| dataset.name.as_str());
    // Rows that were made to be labelled are named after their task already.
    if rows.ends_with(tune.task.name()) { rows.to_owned() } else { format!("{rows}: {}", tune.task.name()) }
}

/// Checkpoints of fine-tuning runs, oldest first.
pub fn tuned_checkpoints(library: &Library) -> Vec<&CheckpointRow> {
    let tunes = |id| {
        library.runs.iter().any(|run| Some(run.id) == id && run.config.tune.as_ref().is_some_and(|tune| tune.align.is_none()))
    };
    usable(library).filter(|row| tunes(row.run)).collect()
}

/// What stands for a tuned run: its best checkpoint, else its newest. Of the newest such run; of these rows, where one learnt from them.
pub fn best_tuned(library: &Library, dataset: Option<DatasetId>) -> Option<&CheckpointRow> {
    let tuned = tuned_checkpoints(library);
    let of = |row: &CheckpointRow| library.runs.iter().find(|run| Some(run.id) == row.run);
    let from = |row: &CheckpointRow| of(row).and_then(|run| run.config.tune.as_ref()).map(|tune| tune.dataset);
    let these = tuned.iter().rfind(|row| dataset.is_some() && from(row) == dataset);
    let run = these.or(tuned.last())?.run;
    tuned.into_iter().filter(|row| row.run == run).max_by_key(|row| (row.best, row.step, row.id))
}

/// The checkpoint that a tuned one's run started from, if it still stands.
pub fn start_of(library: &Library, tuned: Option<CheckpointId>) -> Option<CheckpointId> {
    let run = library.checkpoints.iter().find(|row| Some(row.id) == tuned)?.run?;
    let parent = library.runs.iter().find(|row| row.id == run)?.parent_checkpoint?;
    library.checkpoints.iter().find(|row| row.id == parent && !row.missing).map(|row| row.id)
}

/// What a person reads for the kind of a checkpoint.
pub fn kind(row: &CheckpointRow) -> &'static str {
    if row.is_encoder { "encoder" } else { "decoder" }
}

/// A checkpoint by its run and step.
pub fn checkpoint_name(library: &Library, row: &CheckpointRow) -> String {
    let run = library.runs.iter().find(|run| Some(run.id) == row.run);
    run.map_or_else(|| model_name(row), |run| format!("{}, step {}", run.name, format::count(row.step)))
}

/// A model that no run of the project made; the one that came with the sample says so.
pub fn model_name(row: &CheckpointRow) -> String {
    if row.run.is_none() && row.name == STARTER_NAME { format!("{} (sample)", row.name) } else { row.name.clone() }
}

/// The objective in words, for a run that learns from rows.
pub fn objective(config: &RunConfig) -> &'static str {
    match (&config.tune, config.objective) {
        (Some(tune), _) => tune.task.name(),
        (None, Objective::Causal) => "next token (causal)",
        (None, Objective::Masked) => "hidden tokens (masked)",
    }
}
