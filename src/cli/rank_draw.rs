//! `lyceum rank draw`: checkpoints answer prompts, and the answers become questions to vote on. Knows no model.

use anyhow::{Result, bail};
use serde_json::json;

use super::checkpoints::Need;
use super::prompt::check_sampling;
use super::rank::{state, tell_state};
use super::rank_arguments::DrawArguments;
use super::session::Session;
use crate::data::supervised::Side;
use crate::engine::command::{AlignCommand, ModelSource, Sampling, Schema};
use crate::engine::event::AlignEvent;
use crate::engine::feedback::{FeedbackCommand, FeedbackEvent};
use crate::engine::{Command, Event};
use crate::feedback::{Candidate, FeedbackSettings, Question};
use crate::state::format::plural;

pub fn draw(session: &mut Session, arguments: &DrawArguments) -> Result<()> {
    let (temperature, top_p, min_p) = (arguments.temperature, arguments.top_p, arguments.min_p);
    check_sampling(&Sampling { temperature, top_p, min_p, ..Sampling::default() })?;
    let prompts = prompts(session, arguments)?;
    let mut sources = Vec::new();
    for asked in &arguments.from {
        sources.push(ModelSource::Checkpoint(session.checkpoint(asked, None, Need::Policy)?.id));
    }
    if !(1..=9).contains(&arguments.answers) {
        bail!("A question has 1 to 9 answers, not {}", arguments.answers);
    }
    let settings = FeedbackSettings::default();
    let create = FeedbackCommand::Create { name: arguments.into.clone(), schema: Schema::Preference, settings };
    session.send(Command::Feedback(create));
    let dataset = session.until(None, |_, event| {
        Ok(if let Event::Feedback(FeedbackEvent::State { dataset, .. }) = event { Some(dataset) } else { None })
    })?;
    let (mut questions, mut alike) = (Vec::new(), 0_u64);
    for (i, prompt) in prompts.into_iter().enumerate() {
        let mut candidates = answers(session, arguments, &sources, prompt.clone(), i as u64)?;
        candidates.truncate(arguments.answers);
        if candidates.len() < arguments.answers.min(2) {
            alike += 1;
            continue;
        }
        questions.push(Question { prompt, candidates, repeats: None });
    }
    let n = questions.len() as u64;
    session.send(Command::Feedback(FeedbackCommand::Add { dataset, questions }));
    session.until(None, |_, event| Ok(matches!(event, Event::Feedback(FeedbackEvent::Added { .. })).then_some(())))?;
    let alike_told = if alike > 0 {
        format!("; to {} every answer came out the same", plural(alike, "prompt", "prompts"))
    } else {
        String::new()
    };
    session.out.line(&format!("Made {} as dataset {dataset}{alike_told}", plural(n, "question", "questions")))?;
    session.out.event(&json!({ "event": "drawn", "dataset": dataset, "questions": n, "alike": alike }))?;
    let state = state(session, FeedbackCommand::LoadState { dataset })?;
    tell_state(session, dataset, &state)
}

/// Every different prompt, in order.
fn prompts(session: &mut Session, arguments: &DrawArguments) -> Result<Vec<Side>> {
    let found = session.dataset(Some(&arguments.prompts))?;
    if !found.schema.is_feedback() && !found.schema.is_supervised() {
        bail!("The dataset {} has no prompts; `lyceum import FILE --as prompts` brings some", found.name);
    }
    let (dataset, limit) = (found.id, arguments.limit);
    session.send(Command::Feedback(FeedbackCommand::LoadPrompts { dataset, limit }));
    session.until(None, |_, event| {
        Ok(if let Event::Feedback(FeedbackEvent::Prompts { prompts, .. }) = event { Some(prompts) } else { None })
    })
}

fn answers(
    session: &mut Session,
    arguments: &DrawArguments,
    sources: &[ModelSource],
    prompt: Side,
    number: u64,
) -> Result<Vec<Candidate>> {
    let job = session.job();
    let n = arguments.answers.div_ceil(sources.len());
    let seed = arguments.seed.wrapping_mul(1_000_003).wrapping_add(number);
    let (top_k, top_p, min_p) = (arguments.top_k, arguments.top_p, arguments.min_p);
    let sampling = Sampling { temperature: arguments.temperature, top_k, top_p, min_p, seed, ..Sampling::default() };
    let max_tokens = arguments.max_tokens;
    session.send(Command::Align(AlignCommand::Draw { job, sources: sources.to_vec(), prompt, n, max_tokens, sampling }));
    session.until(Some(job), |_, event| {
        if let Event::Align(AlignEvent::Drawn { job: of, candidates, .. }) = event
            && of == job
        {
            return Ok(Some(candidates));
        }
        Ok(None)
    })
}
