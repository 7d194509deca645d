//! `lyceum stages`: one prompt and seed through several checkpoints, one after the other. Knows no training.

use anyhow::Result;
use serde_json::json;

use super::chat_arguments::StagesArguments;
use super::checkpoints::Need;
use super::prompt::check_sampling;
use super::session::Session;
use crate::data::supervised::{Message, Role};
use crate::engine::command::{CheckpointId, GenerateRequest, Sampling, TalkCommand};
use crate::engine::event::TalkEvent;
use crate::engine::talk::{Asked, Weights};
use crate::engine::{Command, Event};
use crate::state::choices::checkpoint_name;
use crate::state::stages::{Column, column_stage, suggestion};

pub fn stages(session: &mut Session, arguments: &StagesArguments) -> Result<()> {
    check_sampling(&request(arguments).sampling)?;
    let columns = columns(session, arguments)?;
    if columns.is_empty() {
        anyhow::bail!("There is no checkpoint yet; `lyceum pretrain` makes one");
    }
    let request = request(arguments);
    for column in &columns {
        let (Column::One(weights) | Column::BestOf { weights, .. }) = column;
        let stage = column_stage(&session.library, *column);
        let name = name(session, *weights);
        session.out.line(&format!("── {name}  ({stage})"))?;
        let id = id_of(*weights);
        session.out.event(&json!({ "event": "stage", "checkpoint": id, "name": name, "stage": stage }))?;
        let asked = if arguments.chat {
            Asked::Turns { turns: vec![Message::new(Role::User, &arguments.prompt)], template: None }
        } else {
            Asked::Text(arguments.prompt.clone())
        };
        match *column {
            Column::One(weights) => {
                let result = super::chat::answer(session, weights, asked, request.clone())?;
                session.out.event(&json!({
                    "event": "generated", "checkpoint": id, "stage": stage, "completion": result.completion, "step": result.step,
                    "tokens": result.tokens, "why_ended": super::prompt::why(result.why_ended),
                }))?;
            }
            Column::BestOf { weights, judge, n } => best_of(session, (weights, judge, n), asked, &request, &stage)?,
        }
        session.out.line("")?;
    }
    session.out.event(&json!({ "event": "done", "stages": columns.len() }))?;
    Ok(())
}

/// Those that were asked for, else the newest of each stage.
fn columns(session: &Session, arguments: &StagesArguments) -> Result<Vec<Column>> {
    let mut columns = Vec::new();
    for asked in &arguments.checkpoint {
        columns.push(Column::One(Weights::Checkpoint(session.checkpoint(asked, None, Need::Writer)?.id)));
    }
    if columns.is_empty() {
        columns = suggestion(&session.library, arguments.best_of.unwrap_or(8));
    }
    let last = columns.iter().rev().find_map(|column| match column {
        Column::One(Weights::Checkpoint(id)) => Some(*id),
        Column::One(Weights::Live | Weights::Fresh { .. }) | Column::BestOf { .. } => None,
    });
    if let (Some(seed), Some(like)) = (arguments.fresh, last) {
        columns.insert(0, Column::One(Weights::Fresh { like, seed }));
    }
    if let (Some(n), Some(judge), Some(id)) = (arguments.best_of, &arguments.judge, last) {
        let judge = session.checkpoint(judge, None, Need::Any)?.id;
        columns.push(Column::BestOf { weights: Weights::Checkpoint(id), judge, n });
    }
    Ok(columns)
}

fn best_of(
    session: &mut Session,
    (weights, judge, n): (Weights, CheckpointId, usize),
    asked: Asked,
    request: &GenerateRequest,
    stage: &str,
) -> Result<()> {
    let job = session.job();
    session.send(Command::Talk(TalkCommand::BestOf { job, weights, asked, request: request.clone(), n, judge }));
    let answers = session.until(Some(job), |_, event| {
        Ok(if let Event::Talk(TalkEvent::Judged { answers, .. }) = event { Some(answers) } else { None })
    })?;
    if let Some(best) = answers.first() {
        session.out.line(&format!("{}\n   reward {:+.3}, best of {n}", best.text.trim(), best.reward))?;
    }
    let all: Vec<_> = answers.iter().map(|it| json!({ "text": it.text, "reward": it.reward })).collect();
    session.out.event(&json!({ "event": "judged", "stage": stage, "judge": judge, "answers": all }))?;
    Ok(())
}

fn request(arguments: &StagesArguments) -> GenerateRequest {
    let StagesArguments { temperature, top_p, seed, max_tokens, .. } = *arguments;
    GenerateRequest {
        prompt: String::new(),
        sampling: Sampling { temperature, top_p, seed, ..Sampling::default() },
        max_tokens,
        stop: arguments.stop.iter().map(|s| s.replace("\\n", "\n")).collect(),
    }
}

fn id_of(weights: Weights) -> Option<CheckpointId> {
    match weights {
        Weights::Checkpoint(id) => Some(id),
        Weights::Live | Weights::Fresh { .. } => None,
    }
}

fn name(session: &Session, weights: Weights) -> String {
    let row = id_of(weights).and_then(|id| session.library.checkpoints.iter().find(|row| row.id == id));
    row.map_or_else(|| "Random weights".to_owned(), |row| checkpoint_name(&session.library, row))
}
