//! `lyceum eval`: a fine-tuned checkpoint does its task on rows that it never saw, beside the checkpoint that it started from.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::arguments::EvalArguments;
use super::checkpoints::Need;
use super::session::Session;
use super::watch::figures;
use crate::engine::command::TrainCommand;
use crate::engine::{Command, Event};
use crate::evaluate::{Change, Verdict};

pub fn eval(session: &mut Session, arguments: &EvalArguments) -> Result<()> {
    let tuned = session.tuned(&arguments.source)?.clone();
    let base = match arguments.against.as_deref() {
        Some("none") => None,
        Some(asked) => Some(session.checkpoint(asked, None, Need::Any)?.id),
        None => {
            let run = tuned.run.and_then(|id| session.library.runs.iter().find(|run| run.id == id));
            let parent = run
                .filter(|run| run.config.tune.as_ref().is_some_and(|tune| tune.align.is_none()))
                .and_then(|run| run.parent_checkpoint);
            parent.filter(|id| session.library.checkpoints.iter().any(|row| row.id == *id && !row.missing))
        }
    };
    let dataset = arguments.dataset.as_deref().map(|asked| session.dataset(Some(asked)).map(|row| row.id)).transpose()?;
    let checkpoints: Vec<i64> = base.into_iter().chain([tuned.id]).collect();
    let job = session.job();
    let split = arguments.split.split();
    session.send(Command::Train(TrainCommand::Evaluate {
        job,
        checkpoints: checkpoints.clone(),
        dataset,
        split,
        most: arguments.rows,
    }));
    let (evals, changes) = session.until(Some(job), |_, event| {
        Ok(if let Event::Evaluated { job: of, evals, changes } = event { (of == job).then_some((evals, changes)) } else { None })
    })?;
    for (id, eval) in checkpoints.iter().zip(&evals) {
        let name = if Some(*id) == base { "base " } else { "tuned" };
        session.out.line(&format!("{name}  checkpoint {id}: {}", figures(eval)))?;
    }
    for change in &changes {
        session.out.line(&told(change))?;
    }
    let last = evals.last().context("Nothing was measured")?;
    if arguments.show > 0 {
        let worst = last.report.worst_first();
        for output in worst.into_iter().take(arguments.show).filter_map(|i| last.rows.get(i)) {
            session.out.line(&format!("  {:?}\n    right: {:?}\n    given: {:?}", output.input, output.wanted, output.given))?;
        }
    }
    session.out.event(&json!({
        "event": "evaluated", "checkpoints": checkpoints, "split": split.name(), "evals": evals, "changes": changes,
    }))?;
    session.out.event(&json!({ "event": "done" }))?;
    if last.rows.is_empty() {
        bail!("There was no row to measure on");
    }
    Ok(())
}

fn told(change: &Change) -> String {
    let (scale, unit, digits) = if change.percent { (100.0, " %", 1) } else { (1.0, "", 2) };
    let verdict = match change.verdict() {
        Verdict::Better => "better",
        Verdict::Worse => "worse",
        Verdict::Unclear => "not clear",
    };
    format!(
        "{:<24} {:.digits$}{unit} → {:.digits$}{unit}, {:+.digits$} (95 %: {:+.digits$} to {:+.digits$}), {verdict}",
        change.name,
        scale * change.base,
        scale * change.tuned,
        scale * change.change,
        scale * change.low,
        scale * change.high,
    )
}
