//! `lyceum generate` and `fill-mask`: asks a checkpoint. Knows no training.

use std::io::{self, Read as _};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::checkpoints::Need;
use super::few_shot;
use super::prompt_arguments::{FillMaskArguments, GenerateArguments};
use super::session::Session;
use crate::engine::command::{CheckpointId, GenerateRequest, ModelSource, Sampling, TrainCommand};
use crate::engine::event::{EndReason, GenerateResult};
use crate::engine::{Command, Event};
use crate::state::format::plural;

pub fn generate(session: &mut Session, arguments: &GenerateArguments) -> Result<()> {
    check_sampling(&request(arguments, String::new(), 0).sampling)?;
    let id = session.asked(&arguments.source.checkpoint, arguments.source.run.as_deref(), Need::Writer)?.id;
    if arguments.stop.iter().any(String::is_empty) {
        session.out.warning("An empty --stop stops nothing and is left out")?;
    }
    let typed = match arguments.prompt.as_deref() {
        Some("-") => Some(from_stdin()?),
        other => other.map(str::to_owned),
    };
    let composed = match &arguments.examples.examples {
        Some(_) => Some(few_shot::compose(session, &arguments.examples, id, typed.as_deref(), arguments.seed)?),
        None => None,
    };
    let prompt = match &composed {
        Some(composed) => composed.text.clone(),
        None => few_shot::filled(&typed.unwrap_or_default(), &arguments.examples.set)?,
    };
    for draw in 0..arguments.count {
        let mut request = request(arguments, prompt.clone(), draw);
        if let (Some(composed), true) = (&composed, request.stop.is_empty()) {
            request.stop.push(composed.answer_end(&arguments.examples.separator.replace("\\n", "\n")));
        }
        session.out.stream(&prompt)?;
        let result = complete(session, id, request, true)?;
        session.out.stream("\n")?;
        if let Some(composed) = &composed {
            few_shot::tell(session, composed, &result.completion)?;
        }
        if session.out.has_bars() {
            session.out.line(&format!("\n{}", told(&result)))?;
        }
        if result.why_ended == EndReason::Cancelled {
            bail!("Cancelled");
        }
    }
    session.out.event(&json!({ "event": "done", "checkpoint": id }))?;
    Ok(())
}

/// One completion, whole; `streamed` shows it as it comes.
pub fn complete(
    session: &mut Session,
    checkpoint: CheckpointId,
    request: GenerateRequest,
    streamed: bool,
) -> Result<GenerateResult> {
    let job = session.job();
    let prompt = request.prompt.clone();
    session.send(Command::Train(TrainCommand::Generate { job, source: ModelSource::Checkpoint(checkpoint), request }));
    let result = session.until(Some(job), |out, event| {
        if let Event::Token { job: of, text } = &event
            && *of == job
            && streamed
        {
            out.stream(text)?;
            out.event(&json!({ "event": "token", "text": text }))?;
        }
        Ok(if let Event::Generated { job: of, result } = event { (of == job).then_some(result) } else { None })
    })?;
    session.out.event(&json!({
        "event": "generated", "prompt": prompt, "completion": result.completion, "prompt_tokens": result.prompt_tokens,
        "tokens": result.tokens, "tokens_per_s": result.tokens_per_s, "first_token_s": result.first_token_s, "step": result.step,
        "why_ended": why(result.why_ended),
    }))?;
    Ok(result)
}

/// Refuses settings that no token can be drawn by. What a command has no flag for is as `Sampling` has it.
pub fn check_sampling(sampling: &Sampling) -> Result<()> {
    let Sampling { temperature, top_p, min_p, repetition_penalty, .. } = *sampling;
    if !(temperature.is_finite() && temperature >= 0.0) {
        bail!(
            "A temperature of {temperature} makes no sense; give 0 for the likeliest token, 1 for what the model says, or more"
        );
    }
    for (flag, share) in [("--top-p", top_p), ("--min-p", min_p)] {
        if !(0.0..=1.0).contains(&share) {
            bail!("{flag} {share} is no probability; give a number from 0 to 1");
        }
    }
    if !(repetition_penalty.is_finite() && repetition_penalty > 0.0) {
        bail!("--repetition-penalty {repetition_penalty} makes no sense; give a number above 0, usually 1 to 1.3");
    }
    Ok(())
}

fn request(arguments: &GenerateArguments, prompt: String, draw: u64) -> GenerateRequest {
    GenerateRequest {
        prompt,
        sampling: Sampling {
            repetition_penalty: arguments.repetition_penalty,
            temperature: arguments.temperature,
            top_k: arguments.top_k,
            top_p: arguments.top_p,
            min_p: arguments.min_p,
            seed: arguments.seed.wrapping_add(draw),
        },
        max_tokens: arguments.max_tokens,
        stop: arguments.stop.iter().map(|s| s.replace("\\n", "\n").replace("\\t", "\t")).collect(),
    }
}

pub fn from_stdin() -> Result<String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).context("The prompt on stdin cannot be read as UTF-8 text")?;
    Ok(text)
}

fn told(result: &GenerateResult) -> String {
    format!(
        "{} after {} of prompt, {:.0} tokens/s, first after {:.0} ms; ended by {}",
        plural(result.tokens as u64, "token", "tokens"),
        result.prompt_tokens,
        result.tokens_per_s,
        result.first_token_s * 1e3,
        why(result.why_ended).replace('_', " ")
    )
}

pub fn why(reason: EndReason) -> &'static str {
    match reason {
        EndReason::EndOfText => "end_of_text",
        EndReason::StopText => "stop_text",
        EndReason::MaxTokens => "max_tokens",
        EndReason::ContextFull => "context_full",
        EndReason::Cancelled => "cancelled",
    }
}

pub fn fill_mask(session: &mut Session, arguments: &FillMaskArguments) -> Result<()> {
    let id = session.asked(&arguments.source.checkpoint, arguments.source.run.as_deref(), Need::Masks)?.id;
    let job = session.job();
    session.send(Command::Train(TrainCommand::FillMask {
        job,
        source: ModelSource::Checkpoint(id),
        text: arguments.text.clone(),
        top: arguments.top,
    }));
    let masks = session.until(Some(job), |_, event| {
        Ok(if let Event::Filled { job: of, masks } = event { (of == job).then_some(masks) } else { None })
    })?;
    for mask in &masks {
        session.out.line(&format!("Mask {}:", mask.index + 1))?;
        for (text, probability) in &mask.best {
            session.out.line(&format!("  {:5.1} %  {}", probability * 100.0, text.trim()))?;
        }
        let best: Vec<_> = mask.best.iter().map(|(text, p)| json!({ "token": text, "probability": p })).collect();
        session.out.event(&json!({ "event": "mask", "index": mask.index, "best": best }))?;
    }
    session.out.event(&json!({ "event": "done", "checkpoint": id }))?;
    Ok(())
}
