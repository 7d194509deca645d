//! `lyceum icl`: what a model learns from its prompt, as curves against the number of examples. Knows no thread and no model.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::checkpoints::Need;
use super::icl_arguments::IclArguments;
use super::session::{Access, Session};
use crate::engine::command::{CheckpointId, Command, DatasetId, LabCommand};
use crate::engine::event::{Event, LabEvent};
use crate::engine::lab::{Answers, CurveRequest, Curves, DistilRequest, Distilled, LabMaterial, Weights, WeightsRequest};
use crate::evaluate::icl::Band;
use crate::state::format::plural;
use crate::state::lab::is_task_dataset;

/// Whether anything is kept.
pub fn access(arguments: &IclArguments) -> Access {
    if arguments.save.is_some() { Access::Write } else { Access::Read }
}

pub fn icl(session: &mut Session, arguments: &IclArguments) -> Result<()> {
    let checkpoints = checkpoints(session, arguments)?;
    let mut material = LabMaterial {
        dataset: dataset(session, arguments.dataset.as_deref())?,
        split: arguments.split.split(),
        tasks: arguments.task.clone(),
        seed: arguments.seed,
        ..LabMaterial::default()
    };
    let one = *checkpoints.last().context("There is no checkpoint to measure; `lyceum pretrain` makes one")?;
    let shots = arguments.shots.clone();
    let job = session.job();
    let command = if let Some(task) = &arguments.distil {
        material.tasks = vec![task.clone()];
        let mut request = DistilRequest { checkpoint: one, material, save: arguments.save.clone(), ..DistilRequest::default() };
        request.shots = shots.iter().copied().max().unwrap_or(request.shots);
        request.steps = arguments.steps.unwrap_or(request.steps);
        request.lr = arguments.lr.unwrap_or(request.lr);
        LabCommand::Distil { job, request: Box::new(request) }
    } else if arguments.weights {
        let mut request = WeightsRequest { checkpoint: one, shots, ..WeightsRequest::default() };
        material.draws = arguments.draws.unwrap_or(request.material.draws);
        material.queries = arguments.queries.unwrap_or(request.material.queries);
        request.material = material;
        request.steps = arguments.steps.unwrap_or(request.steps);
        request.lr = arguments.lr.unwrap_or(request.lr);
        LabCommand::Weights { job, request: Box::new(request) }
    } else {
        material.draws = arguments.draws.unwrap_or(material.draws);
        material.queries = arguments.queries.unwrap_or(material.queries);
        let (controls, generate) = (arguments.controls, arguments.generate);
        LabCommand::Curves { job, request: Box::new(CurveRequest { checkpoints, material, shots, controls, generate }) }
    };
    session.send(Command::Lab(command));
    let found = session.until(Some(job), |_, event| {
        if matches!(event, Event::Cancelled { .. }) {
            bail!("Cancelled");
        }
        Ok(if let Event::Lab(found) = event { Some(found) } else { None })
    })?;
    match found {
        LabEvent::Curves { curves, .. } => tell_curves(session, &curves, arguments.show)?,
        LabEvent::Weights { weights, .. } => tell_weights(session, &weights)?,
        LabEvent::Distilled { distilled, .. } => tell_distilled(session, &distilled)?,
    }
    session.out.event(&json!({ "event": "done" }))?;
    Ok(())
}

fn checkpoints(session: &Session, arguments: &IclArguments) -> Result<Vec<CheckpointId>> {
    if arguments.checkpoint.is_empty() {
        return Ok(vec![session.checkpoint("latest", None, Need::Writer)?.id]);
    }
    let id = |asked: &String| session.checkpoint(asked, None, Need::Writer).map(|row| row.id);
    arguments.checkpoint.iter().map(id).collect()
}

fn dataset(session: &Session, asked: Option<&str>) -> Result<DatasetId> {
    if asked.is_some() {
        return Ok(session.dataset(asked)?.id);
    }
    let alive = || session.library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised());
    let newest = alive().rfind(|row| is_task_dataset(row)).or_else(|| alive().next_back());
    Ok(newest.context("The project has no rows to make examples of; `lyceum import FILE` brings some in")?.id)
}

fn tell_curves(session: &mut Session, curves: &Curves, show: usize) -> Result<()> {
    let out = &session.out;
    let (draws, queries) = (curves.request.material.draws, curves.request.material.queries);
    out.line(&format!(
        "{}, {} in each of {}; guessing scores {:.0} %; bands: 95 %, Student's t over the draws",
        plural(curves.tasks.len() as u64, "task", "tasks"),
        plural(queries as u64, "query", "queries"),
        plural(draws as u64, "draw", "draws"),
        100.0 * curves.chance
    ))?;
    for curve in &curves.curves {
        out.line(&format!("\n{}, {}", curve.model, curve.condition.name()))?;
        out.line("    k  accuracy            calibrated          written exactly     loss")?;
        for point in &curve.points {
            let share = |band: &Option<Band>| band.as_ref().map_or_else(|| "–".to_owned(), percent);
            out.line(&format!(
                "  {:>3}  {:<18}  {:<18}  {:<18}  {:.2} ({:.2} to {:.2})",
                point.k,
                share(&point.accuracy),
                share(&point.calibrated),
                share(&point.exact),
                point.loss.mean,
                point.loss.low,
                point.loss.high,
            ))?;
            for shown in point.shown.iter().take(show) {
                let said = shown.labels.iter().map(|(label, p, _)| format!("{label} {:.0} %", 100.0 * p)).collect::<Vec<_>>();
                out.line(&format!("       {:?}\n       right: {:?}; {}", shown.prompt, shown.truth, said.join(", ")))?;
            }
        }
    }
    if curves.shortened > 0 {
        let prompts = plural(curves.shortened as u64, "prompt", "prompts");
        out.line(&format!("\n{prompts} lost the oldest examples, for they did not fit the context"))?;
    }
    out.line(&format!("\n{:.0} s", curves.seconds))?;
    out.event(&json!({ "event": "icl", "curves": curves }))?;
    Ok(())
}

fn tell_weights(session: &mut Session, weights: &Weights) -> Result<()> {
    let out = &session.out;
    let steps = weights.request.steps;
    out.line(&format!(
        "{}: the same examples in the prompt, or in the weights by {}",
        weights.model,
        plural(steps as u64, "step", "steps")
    ))?;
    out.line(&format!("guessing scores {:.0} %", 100.0 * weights.chance))?;
    out.line("    k  in the prompt       in the weights      loss: prompt, weights")?;
    for point in &weights.points {
        out.line(&format!(
            "  {:>3}  {:<18}  {:<18}  {:.2}, {:.2}",
            point.k,
            percent(&point.prompt),
            percent(&point.weights),
            point.prompt_loss.mean,
            point.weights_loss.mean
        ))?;
    }
    out.event(&json!({ "event": "icl_weights", "weights": weights }))?;
    Ok(())
}

fn tell_distilled(session: &mut Session, distilled: &Distilled) -> Result<()> {
    let out = &session.out;
    out.line(&format!("{}: {}, {}", distilled.model, distilled.task, plural(distilled.losses.len() as u64, "step", "steps")))?;
    let line = |name: &str, it: &Answers| {
        format!("  {name:<34} {:>3.0} % right, loss {:.2}, {:.3} nats from the teacher", 100.0 * it.accuracy, it.loss, it.kl)
    };
    out.line(&line("with instruction and examples", &distilled.teacher))?;
    out.line(&line("without, before", &distilled.before))?;
    out.line(&line("without, after", &distilled.after))?;
    if let Some(id) = distilled.checkpoint {
        out.line(&format!("Kept as checkpoint {id}"))?;
    }
    out.event(&json!({ "event": "icl_distilled", "distilled": distilled }))?;
    Ok(())
}

fn percent(band: &Band) -> String {
    format!("{:.0} % ({:.0} to {:.0})", 100.0 * band.mean, 100.0 * band.low, 100.0 * band.high)
}
