//! `lyceum pretrain`: starts or resumes a run and tells its story until it ends. Knows no thread and no model.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::checkpoints::Need;
use super::output::{duration, short_count, size};
use super::pretrain_arguments::{ObjectiveName, PretrainArguments};
use super::session::Session;
use super::watch::{Detail, Ended, watch};
use crate::config::{Objective, RunConfig, first_run, presets};
use crate::engine::command::{CheckpointId, TrainCommand};
use crate::engine::event::{CheckpointRow, PreflightResult, RunState};
use crate::engine::{Command, Event};
use crate::state::format::plural;
use crate::store::sample::PROMPTS_SETTING;

/// Exit code of a run that Ctrl+C ended: its checkpoint is saved, but it is not what was asked for.
const INTERRUPTED: u8 = 130;

pub fn pretrain(session: &mut Session, arguments: &PretrainArguments) -> Result<u8> {
    let start = if let Some(asked) = &arguments.resume {
        let mut typed = RunConfig::default();
        arguments.apply(&mut typed);
        if typed != RunConfig::default() || arguments.shots.is_given() {
            bail!("A resumed run keeps its own configuration; leave the other flags out, or start a new run with --from {asked}");
        }
        Command::Train(TrainCommand::ResumeRun { checkpoint: resumable(session, asked)? })
    } else {
        let (config, from) = prepared(session, arguments)?;
        if arguments.preflight {
            preflight(session, config, None)?;
            return Ok(0);
        }
        Command::Train(TrainCommand::StartRun { config, from })
    };
    session.send(start);
    let ended = watch(session, Detail::default())?;
    tell_end(session, &ended)
}

/// The checkpoint to go on from: `latest` is the latest of a run.
fn resumable(session: &Session, asked: &str) -> Result<CheckpointId> {
    let found = session.checkpoint(asked, None, Need::Resume)?;
    if found.run.is_none() {
        bail!(
            "Checkpoint {} ({}) belongs to no run of this project; start a new run from it with --from {}",
            found.id,
            found.name,
            found.id
        );
    }
    if let Some(run) = session.library.runs.iter().find(|r| Some(r.id) == found.run && found.step >= r.config.steps) {
        bail!(
            "Run {} has made all its {}; start a new run from its weights with --from {}",
            run.id,
            plural(run.config.steps, "step", "steps"),
            found.id
        );
    }
    Ok(found.id)
}

/// What was typed over what was chosen over what is usual.
fn prepared(session: &mut Session, arguments: &PretrainArguments) -> Result<(RunConfig, Option<CheckpointId>)> {
    let from = match &arguments.from {
        Some(asked) => {
            let need = match arguments.objective {
                Some(ObjectiveName::Masked) => Need::Masks,
                Some(ObjectiveName::Causal) => Need::StartToWrite,
                None => Need::StartOfHead,
            };
            Some(session.start(asked, need)?)
        }
        None => None,
    };
    let mut config = match (&arguments.config, &from) {
        (Some(path), _) => from_file(path)?,
        (None, Some(parent)) => branch_config(session, parent, arguments),
        (None, None) => first_config(arguments),
    };
    // The objective first, for each has its own dial.
    arguments.apply(&mut config);
    if let Some(name) = &arguments.preset {
        preset(name, &mut config)?;
    }
    if config.corpus == 0 {
        config.corpus = newest_corpus(session)?;
    }
    if config.prompts.is_empty() {
        config.prompts = pinned_prompts(session);
    }
    arguments.apply(&mut config);
    if let Some(minutes) = arguments.minutes {
        config = what_fits(session, config, minutes)?;
        arguments.apply(&mut config);
    }
    arguments.shots.apply(session, &mut config)?;
    Ok((config, from.map(|parent| parent.id)))
}

/// What a first run is, unless a size is typed.
fn first_config(arguments: &PretrainArguments) -> RunConfig {
    let mut config = RunConfig::default();
    arguments.apply(&mut config);
    first_run(config.objective).apply(&mut config);
    config
}

/// A branch goes on as its parent's run was set up; what came from elsewhere has its objective alone.
fn branch_config(session: &Session, parent: &CheckpointRow, arguments: &PretrainArguments) -> RunConfig {
    let run = session.library.runs.iter().find(|r| Some(r.id) == parent.run);
    run.map_or_else(
        || {
            let mut config = first_config(arguments);
            config.objective = if parent.is_encoder { Objective::Masked } else { Objective::Causal };
            config
        },
        |run| RunConfig { name: String::new(), ..run.config.clone() },
    )
}

/// A configuration as it was written by `runs show --json`, whole or in part.
fn from_file(path: &Path) -> Result<RunConfig> {
    let text = std::fs::read_to_string(path).with_context(|| format!("The configuration cannot be read: {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("The configuration is not what a run is made of: {}", path.display()))
}

/// A place on the dial, with or without the blank in its name.
fn preset(name: &str, config: &mut RunConfig) -> Result<()> {
    let plain = |s: &str| s.replace(' ', "").to_lowercase();
    let dial = presets(config.objective);
    let known = || dial.iter().map(|p| plain(p.name).to_uppercase()).collect::<Vec<_>>().join(", ");
    let found = dial.iter().find(|p| plain(p.name) == plain(name));
    found.with_context(|| format!("There is no preset '{name}'; there is {}", known()))?.apply(config);
    Ok(())
}

fn newest_corpus(session: &Session) -> Result<i64> {
    let newest = session.library.corpora.last();
    newest.map(|c| c.id).context("The project has no corpus yet; `lyceum tokenize` builds one from a dataset")
}

/// What the project follows through every run.
fn pinned_prompts(session: &Session) -> Vec<String> {
    let kept = session.settings.iter().find(|(key, _)| key == PROMPTS_SETTING);
    kept.map_or_else(Vec::new, |(_, lines)| lines.lines().filter(|l| !l.is_empty()).map(|l| l.replace("\\n", "\n")).collect())
}

/// The size and the number of steps for the time there is.
fn what_fits(session: &mut Session, config: RunConfig, minutes: f64) -> Result<RunConfig> {
    if !(minutes.is_finite() && minutes > 0.0) {
        bail!("--minutes {minutes} is no time to train in; give a number above 0");
    }
    let job = session.job();
    session.send(Command::Train(TrainCommand::WhatFits { job, config, minutes }));
    let (config, result) = session.until(Some(job), |_, event| {
        if let Event::Fits { job: of, config, result } = event
            && of == job
        {
            return Ok(Some((config, result)));
        }
        Ok(None)
    })?;
    let d = &config.dims;
    session.out.line(&format!(
        "What fits in {minutes} min: {} parameters ({}, width {}), {}, about {}",
        short_count(result.n_params),
        plural(d.n_layers as u64, "layer", "layers"),
        d.d_model,
        plural(config.steps, "step", "steps"),
        duration(result.total_s)
    ))?;
    session.out.event(&json!({ "event": "fits", "config": config, "n_params": result.n_params, "total_s": result.total_s }))?;
    Ok(config)
}

pub(super) fn preflight(session: &mut Session, config: RunConfig, from: Option<CheckpointId>) -> Result<()> {
    let job = session.job();
    session.send(Command::Train(TrainCommand::Preflight { job, config, from }));
    let result = session.until(Some(job), |_, event| {
        Ok(if let Event::Preflight { job: of, result } = event { (of == job).then_some(result) } else { None })
    })?;
    tell_preflight(session, &result)
}

fn tell_preflight(session: &Session, r: &PreflightResult) -> Result<()> {
    let out = &session.out;
    out.line(&format!("Parameters   {}", short_count(r.n_params)))?;
    out.line(&format!(
        "Time         {} ({:.3} s a step, {:.0} tokens/s)",
        duration(r.total_s),
        r.seconds_per_step,
        r.tokens_per_s
    ))?;
    out.line(&format!("Memory       {}", size(r.peak_memory_bytes)))?;
    out.line(&format!("Disk         {} of {} free", size(r.disk_bytes), size(r.free_disk_bytes)))?;
    out.line(&format!("Epochs       {:.2}", r.epochs))?;
    for warning in &r.warnings {
        out.warning(warning)?;
    }
    out.event(&json!({
        "event": "preflight", "n_params": r.n_params, "seconds_per_step": r.seconds_per_step, "tokens_per_s": r.tokens_per_s,
        "total_s": r.total_s, "peak_memory_bytes": r.peak_memory_bytes, "disk_bytes": r.disk_bytes,
        "free_disk_bytes": r.free_disk_bytes, "epochs": r.epochs, "warnings": r.warnings,
    }))?;
    out.event(&json!({ "event": "done" }))?;
    Ok(())
}

/// The last lines, and the exit code.
pub(super) fn tell_end(session: &mut Session, ended: &Ended) -> Result<u8> {
    session.refresh()?;
    let saved = ended.checkpoint.and_then(|id| session.library.checkpoints.iter().find(|c| c.id == id));
    let path = saved.map(|c| c.path.clone());
    session.out.event(&json!({
        "event": "done", "run": ended.run, "state": ended.state, "step": ended.step, "checkpoint": ended.checkpoint, "path": path,
        "loss": ended.loss, "val_loss": ended.val_loss, "elapsed_s": ended.elapsed_s, "tokens_per_s": ended.tokens_per_s,
    }))?;
    let number = |loss: Option<f32>| loss.map_or_else(|| "not measured".to_owned(), |l| format!("{l:.4}"));
    session.out.line(&format!(
        "Run {} ended at step {} after {}: training loss {}, validation loss {}",
        ended.run,
        ended.step,
        duration(ended.elapsed_s),
        number(ended.loss),
        number(ended.val_loss)
    ))?;
    if let (Some(id), Some(path)) = (ended.checkpoint, path) {
        session.out.line(&format!("Checkpoint {id}: {}", path.display()))?;
    }
    match ended.state {
        RunState::Finished => Ok(0),
        RunState::Stopped if ended.alarm.is_none() => Ok(INTERRUPTED),
        RunState::Stopped | RunState::Alarm | RunState::Running | RunState::Paused | RunState::Interrupted | RunState::Failed => {
            let why = ended.alarm.as_ref().unwrap_or(&ended.message);
            bail!("Training stopped at step {}: {why}", ended.step)
        }
    }
}
