//! `lyceum runs`: what was trained, and what is kept of it. Trains nothing.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Result;
use serde_json::json;

use super::arguments::{RunsAction, RunsArguments};
use super::checkpoints::Need;
use super::output::{duration, short_count, size};
use super::session::{Access, Session};
use crate::engine::command::{ImportCommand, LibraryCommand, RunId};
use crate::engine::event::{CheckpointRow, EvalPoint, MetricPoint, RunRow};
use crate::engine::{Command, Event};

/// Looking needs no right to write, so it works beside an open window.
pub fn access(arguments: &RunsArguments) -> Access {
    match arguments.action {
        None | Some(RunsAction::Show { .. } | RunsAction::Metrics { .. } | RunsAction::Export { .. }) => Access::Read,
        Some(
            RunsAction::Rename { .. }
            | RunsAction::Pin { .. }
            | RunsAction::Unpin { .. }
            | RunsAction::Delete { .. }
            | RunsAction::Restore { .. }
            | RunsAction::Purge,
        ) => Access::Write,
    }
}

pub fn runs(session: &mut Session, arguments: &RunsArguments) -> Result<()> {
    match &arguments.action {
        None => list(session, arguments.all)?,
        Some(RunsAction::Show { run }) => show(session, run)?,
        Some(RunsAction::Metrics { run, csv }) => metrics(session, run, *csv)?,
        Some(RunsAction::Rename { run, name }) => {
            let run = session.run(run)?.id;
            change(
                session,
                Command::Library(LibraryCommand::RenameRun { run, name: name.clone() }),
                &format!("Run {run} is now called {name}"),
            )?;
        }
        Some(RunsAction::Pin { checkpoint }) => pin(session, *checkpoint, true)?,
        Some(RunsAction::Unpin { checkpoint }) => pin(session, *checkpoint, false)?,
        Some(RunsAction::Export { checkpoint, folder, half }) => export(session, *checkpoint, folder, *half)?,
        Some(RunsAction::Delete { run }) => {
            let run = session.run(run)?.id;
            let told = format!(
                "Run {run} is deleted; `lyceum runs restore {run}` brings it back, `lyceum runs purge` frees its disk space"
            );
            change(session, Command::Library(LibraryCommand::DeleteRun { run }), &told)?;
        }
        Some(RunsAction::Restore { run }) => {
            let run = session.run(run)?.id;
            change(session, Command::Library(LibraryCommand::RestoreRun { run }), &format!("Run {run} is back"))?;
        }
        Some(RunsAction::Purge) => {
            change(session, Command::Library(LibraryCommand::PurgeDeleted), "What was deleted is gone for good")?;
        }
    }
    session.out.event(&json!({ "event": "done" }))?;
    Ok(())
}

fn pin(session: &mut Session, checkpoint: i64, pinned: bool) -> Result<()> {
    session.checkpoint(&checkpoint.to_string(), None, Need::Any)?;
    let told = if pinned {
        format!("Checkpoint {checkpoint} is kept for good")
    } else {
        format!("Checkpoint {checkpoint} may be thinned out")
    };
    change(session, Command::Library(LibraryCommand::PinCheckpoint { checkpoint, pinned }), &told)
}

fn export(session: &mut Session, checkpoint: i64, folder: &Path, half: bool) -> Result<()> {
    let job = session.job();
    session.send(Command::Import(ImportCommand::ExportCheckpoint { job, checkpoint, folder: folder.to_owned(), half }));
    let folder = session.until(Some(job), |_, event| {
        Ok(if let Event::Exported { job: of, folder } = event { (of == job).then_some(folder) } else { None })
    })?;
    session.out.line(&format!("Exported checkpoint {checkpoint} to {}", folder.display()))?;
    session.out.event(&json!({ "event": "exported", "checkpoint": checkpoint, "folder": folder }))?;
    Ok(())
}

/// Sends a change, waits until the project has it, and says so.
fn change(session: &mut Session, command: Command, told: &str) -> Result<()> {
    session.send(command);
    // The librarian works in order: its next list already has the change, or a refusal has come before it.
    session.refresh()?;
    session.out.line(told)?;
    Ok(())
}

fn list(session: &Session, all: bool) -> Result<()> {
    let out = &session.out;
    let library = &session.library;
    let shown: Vec<&RunRow> = library.runs.iter().filter(|r| all || !r.deleted).collect();
    if shown.is_empty() {
        out.line("No run yet; `lyceum pretrain` starts one")?;
    } else {
        out.line(&format!(
            "{:>4}  {:<24} {:<11} {:>9} {:>13} {:>9} {:>9} {:>12}",
            "run", "name", "state", "size", "step", "loss", "val loss", "time"
        ))?;
    }
    for run in shown {
        let state = if run.deleted { "deleted" } else { run.state.name() };
        out.line(&format!(
            "{:>4}  {:<24} {:<11} {:>9} {:>13} {:>9} {:>9} {:>12}",
            run.id,
            short_name(&run.name, 24),
            state,
            short_count(run.n_params),
            format!("{}/{}", run.step, run.config.steps),
            loss(run.train_loss),
            loss(run.val_loss),
            duration(run.duration_s)
        ))?;
        out.event(&run_json(run))?;
    }
    let kept: Vec<&CheckpointRow> = library.checkpoints.iter().filter(|c| all || !of_deleted_run(session, c)).collect();
    if !kept.is_empty() {
        out.line("")?;
    }
    list_checkpoints(session, &kept)
}

fn of_deleted_run(session: &Session, checkpoint: &CheckpointRow) -> bool {
    session.library.runs.iter().any(|r| Some(r.id) == checkpoint.run && r.deleted)
}

fn list_checkpoints(session: &Session, checkpoints: &[&CheckpointRow]) -> Result<()> {
    let out = &session.out;
    if !checkpoints.is_empty() {
        out.line(&format!(
            "{:>10}  {:>4}  {:<24} {:>7} {:>9} {:>9} {:>9}  {}",
            "checkpoint", "run", "name", "step", "loss", "val loss", "size", "notes"
        ))?;
    }
    for c in checkpoints {
        let notes = [(c.best, "best"), (c.pinned, "pinned"), (c.is_encoder, "encoder"), (c.missing, "its folder is gone")];
        let notes: Vec<&str> = notes.iter().filter(|n| n.0).map(|n| n.1).collect();
        out.line(&format!(
            "{:>10}  {:>4}  {:<24} {:>7} {:>9} {:>9} {:>9}  {}",
            c.id,
            c.run.map_or_else(|| "–".to_owned(), |r| r.to_string()),
            short_name(&c.name, 24),
            c.step,
            loss(c.train_loss),
            loss(c.val_loss),
            size(c.bytes),
            notes.join(", ")
        ))?;
        out.event(&checkpoint_json(c))?;
    }
    Ok(())
}

fn show(session: &Session, asked: &str) -> Result<()> {
    let run = session.run(asked)?;
    let out = &session.out;
    out.event(&run_json(run))?;
    out.line(&format!("Run {} ({}), {}", run.id, run.name, run.state.name()))?;
    out.line(&format!(
        "{} parameters, step {} of {}, {}",
        short_count(run.n_params),
        run.step,
        run.config.steps,
        duration(run.duration_s)
    ))?;
    out.line(&format!("Training loss {}, validation loss {}", loss(run.train_loss), loss(run.val_loss)))?;
    if let Some(parent) = run.parent_checkpoint {
        out.line(&format!("Branched from checkpoint {parent}"))?;
    }
    out.line("")?;
    out.line(&serde_json::to_string_pretty(&run.config)?)?;
    out.line("")?;
    let own: Vec<&CheckpointRow> = session.library.checkpoints.iter().filter(|c| c.run == Some(run.id)).collect();
    list_checkpoints(session, &own)
}

fn metrics(session: &mut Session, asked: &str, csv: bool) -> Result<()> {
    let run = session.run(asked)?.id;
    let (points, evals) = load_metrics(session, run)?;
    if csv {
        return Ok(write_csv(&points, &evals)?);
    }
    let mut evals = evals.iter().peekable();
    for point in &points {
        session.out.line(&format!(
            "step {:>6}  loss {:.4}, lr {:.2e}, gradient norm {:.2}, {:.0} tokens/s",
            point.step, point.loss, point.lr, point.grad_norm, point.tokens_per_s
        ))?;
        session.out.event(&json!({
            "event": "step", "step": point.step, "loss": point.loss, "lr": point.lr, "grad_norm": point.grad_norm,
            "tokens_per_s": point.tokens_per_s, "elapsed_s": point.elapsed_s,
        }))?;
        while let Some(eval) = evals.next_if(|e| e.step <= point.step) {
            session.out.line(&format!("step {:>6}  validation loss {:.4}", eval.step, eval.loss))?;
            session.out.event(&json!({
                "event": "eval", "step": eval.step, "loss": eval.loss, "perplexity": eval.perplexity,
                "bits_per_byte": eval.bits_per_byte, "best": eval.best,
            }))?;
        }
    }
    Ok(())
}

fn load_metrics(session: &mut Session, run: RunId) -> Result<(Vec<MetricPoint>, Vec<EvalPoint>)> {
    session.send(Command::Library(LibraryCommand::LoadMetrics { run }));
    session.until(None, |_, event| {
        if let Event::Metrics { run: of, points, evals, .. } = event
            && of == run
        {
            return Ok(Some((points, evals)));
        }
        Ok(None)
    })
}

/// One row a step; the validation columns are empty where there was none.
fn write_csv(points: &[MetricPoint], evals: &[EvalPoint]) -> io::Result<()> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    writeln!(stdout, "step,loss,lr,grad_norm,tokens_per_s,elapsed_s,val_loss,val_perplexity,val_bits_per_byte")?;
    let mut evals = evals.iter().peekable();
    for p in points {
        write!(stdout, "{},{},{},{},{},{}", p.step, p.loss, p.lr, p.grad_norm, p.tokens_per_s, p.elapsed_s)?;
        let mut last = None;
        while let Some(eval) = evals.next_if(|e| e.step <= p.step) {
            last = Some(eval);
        }
        match last {
            Some(e) => writeln!(stdout, ",{},{},{}", e.loss, e.perplexity, e.bits_per_byte)?,
            None => writeln!(stdout, ",,,")?,
        }
    }
    stdout.flush()
}

fn run_json(run: &RunRow) -> serde_json::Value {
    json!({
        "event": "run", "run": run.id, "name": run.name, "state": run.state, "step": run.step, "n_params": run.n_params,
        "loss": run.train_loss, "val_loss": run.val_loss, "duration_s": run.duration_s, "created_at": run.created_at,
        "parent_checkpoint": run.parent_checkpoint, "deleted": run.deleted, "config": run.config,
    })
}

fn checkpoint_json(c: &CheckpointRow) -> serde_json::Value {
    json!({
        "event": "checkpoint", "checkpoint": c.id, "run": c.run, "name": c.name, "step": c.step, "path": c.path, "bytes": c.bytes,
        "loss": c.train_loss, "val_loss": c.val_loss, "best": c.best, "pinned": c.pinned, "encoder": c.is_encoder,
        "missing": c.missing, "created_at": c.created_at,
    })
}

fn loss(value: Option<f32>) -> String {
    value.map_or_else(|| "–".to_owned(), |l| format!("{l:.4}"))
}

fn short_name(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    let cut: String = name.chars().take(longest - 1).collect();
    format!("{cut}…")
}
