//! `lyceum sft`, `classify` and `tag`: fine-tuning on labelled rows, told until its end. Knows no thread and no model.

use anyhow::Result;

use super::checkpoints::Need;
use super::pretrain::{preflight, tell_end};
use super::session::Session;
use super::tune_arguments::TuneArguments;
use super::watch::{Detail, watch};
use crate::config::{RunConfig, Tune, TuneTask, first_tune};
use crate::engine::Command;
use crate::engine::command::{Schema, TrainCommand};
use crate::engine::event::{CheckpointRow, DatasetInfo};

/// What a subcommand learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Sft,
    Classify,
    Tag,
}

pub fn tune(session: &mut Session, verb: Verb, arguments: &TuneArguments) -> Result<u8> {
    arguments.learn.check()?;
    let dataset = dataset(session, verb, arguments.learn.dataset.as_deref())?;
    let parent = session.start(&arguments.learn.from, if verb == Verb::Sft { Need::StartToWrite } else { Need::StartOfHead })?;
    let mut config = config(session, verb, arguments, &dataset, &parent);
    arguments.shots.apply(session, &mut config)?;
    if arguments.learn.preflight {
        preflight(session, config, Some(parent.id))?;
        return Ok(0);
    }
    session.send(Command::Train(TrainCommand::StartRun { config, from: Some(parent.id) }));
    let ended = watch(session, Detail::default())?;
    tell_end(session, &ended)
}

/// The dataset that was typed; else the newest whose rows fit the task.
fn dataset(session: &Session, verb: Verb, asked: Option<&str>) -> Result<DatasetInfo> {
    let fits = |schema: Schema| match verb {
        Verb::Sft => schema.is_supervised(),
        Verb::Classify => schema == Schema::Classes,
        Verb::Tag => matches!(schema, Schema::Entities | Schema::ExtractiveQa),
    };
    let none = "The project has no labelled rows for this; `lyceum import --as SCHEMA FILE` brings some in, and the Label page makes some";
    session.dataset_for(asked, |dataset| fits(dataset.schema), none)
}

fn config(session: &Session, verb: Verb, arguments: &TuneArguments, dataset: &DatasetInfo, parent: &CheckpointRow) -> RunConfig {
    let task = match (verb, dataset.schema) {
        (Verb::Sft, _) => TuneTask::Text,
        (Verb::Classify, _) => TuneTask::Classes,
        (Verb::Tag, Schema::ExtractiveQa) => TuneTask::Spans,
        (Verb::Tag, _) => TuneTask::Tags,
    };
    let n_params = parent.run.and_then(|id| session.library.runs.iter().find(|r| r.id == id)).map_or(1_000_000, |r| r.n_params);
    let mut tune = Tune { dataset: dataset.id, task, ..Tune::default() };
    arguments.apply_tune(&mut tune);
    let rows = tune.in_context.map_or(dataset.rows, |it| it.episodes as u64);
    let mut config = first_tune(tune, n_params, rows);
    arguments.learn.apply(&mut config);
    config
}
