//! `lyceum demo`: the whole story in the terminal on the sample text, each stage with its numbers. Does nothing that other commands cannot.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::arguments::DemoArguments;
use super::data::{import_file, inspect};
use super::output::{Output, duration, short_count, size};
use super::prepare::{build_corpus, train_tokenizer};
use super::prompt::complete;
use super::session::{Access, Session};
use super::watch::{Detail, Ended, one_line, watch};
use crate::config::{Objective, RunConfig, first_run};
use crate::engine::Command;
use crate::engine::command::{CheckpointId, GenerateRequest, Sampling, TokenizerKind, TokenizerSpec, TrainCommand};
use crate::engine::event::{CorpusInfo, RunState};
use crate::state::format::plural;
use crate::store::sample;

/// Entries of the tokenizer: small, so that a small model spends its parameters on language.
const VOCAB: usize = 2048;
/// Where the samples are shown, besides the last step.
const SAMPLES_AT: &[u64] = &[0, 200, 500];
/// Prompts that are followed through the run.
const FOLLOWED: usize = 2;
/// Exit code after Ctrl+C.
const INTERRUPTED: u8 = 130;

/// Seconds and numbers of each stage, for the last table.
type Stages = Vec<(&'static str, f64, String)>;

pub fn demo(arguments: &DemoArguments, out: Output, interrupts: Arc<AtomicU32>) -> Result<u8> {
    let temporary = tempfile::Builder::new().prefix("lyceum-demo-").tempdir().context("No temporary folder can be made")?;
    let folder = arguments.folder.clone().unwrap_or_else(|| temporary.path().join("demo.lyceum"));
    let text = sample::write_text(temporary.path())?;
    let mut session = Session::open(&folder, Access::Create, out, interrupts)?;
    let code = story(&mut session, arguments, &text);
    if arguments.folder.is_some() && code.is_ok() {
        session.out.line(&format!("\nThe project is kept: lyceum generate --project {} \"Once\"", folder.display()))?;
    }
    // The engine lets go of the project before its folder is removed.
    drop(session);
    code
}

fn story(session: &mut Session, arguments: &DemoArguments, text: &Path) -> Result<u8> {
    let began = Instant::now();
    let mut stages = Stages::new();
    let corpus = text_stages(session, text, &mut stages)?;
    let ended = training_stage(session, arguments, &corpus, &mut stages)?;
    if ended.state == RunState::Stopped {
        return Ok(INTERRUPTED);
    }
    let Some(checkpoint) = ended.checkpoint else { bail!("Training ended without a checkpoint: {}", ended.message) };
    prompt_stage(session, checkpoint, &mut stages)?;
    tell_table(session, &stages, began.elapsed().as_secs_f64())?;
    session.out.event(&json!({
        "event": "done", "run": ended.run, "checkpoint": checkpoint, "val_loss": ended.val_loss, "baselines": corpus.baselines,
        "elapsed_s": began.elapsed().as_secs_f64(),
    }))?;
    Ok(0)
}

fn heading(session: &Session, number: u32, what: &str) -> Result<Instant> {
    session.out.line(&format!("\n{number}. {what}"))?;
    session.out.event(&json!({ "event": "stage", "number": number, "what": what }))?;
    Ok(Instant::now())
}

fn text_stages(session: &mut Session, text: &Path, stages: &mut Stages) -> Result<CorpusInfo> {
    let start = heading(session, 1, "Text: a small world in simple English, read into a project")?;
    let report = inspect(session, text)?;
    let dataset = import_file(session, text, report.mapping, "world".to_owned())?;
    stages.push(("text", start.elapsed().as_secs_f64(), format!("{} of text", size(report.bytes))));

    let start = heading(session, 2, "Tokenizer: byte-level byte-pair encoding, learnt from that text")?;
    let spec = TokenizerSpec { kind: TokenizerKind::ByteBpe, vocab_size: VOCAB };
    let tokenizer = train_tokenizer(session, dataset, spec, "world".to_owned())?;
    let corpus = build_corpus(session, dataset, tokenizer, 0.05, 1)?;
    let tokens = corpus.train_tokens + corpus.val_tokens;
    let told = format!("{} tokens, {:.2} bytes a token", short_count(tokens), report.bytes as f64 / tokens.max(1) as f64);
    stages.push(("tokenizer", start.elapsed().as_secs_f64(), told));
    Ok(corpus)
}

fn training_stage(session: &mut Session, arguments: &DemoArguments, corpus: &CorpusInfo, stages: &mut Stages) -> Result<Ended> {
    let start = heading(session, 3, "Pre-training: from noise to sentences (the bar | divides prompt and completion)")?;
    let mut config = RunConfig::default();
    first_run(Objective::Causal).apply(&mut config);
    "demo".clone_into(&mut config.name);
    config.corpus = corpus.id;
    config.prompts = prompts().take(FOLLOWED).collect();
    if let Some(steps) = arguments.steps {
        config.steps = steps;
        config.warmup_steps = config.warmup_steps.min(steps / 4);
    }
    session.send(Command::Train(TrainCommand::StartRun { config, from: None }));
    let ended = watch(session, Detail { samples_at: Some(SAMPLES_AT) })?;
    match ended.state {
        RunState::Finished | RunState::Stopped => {}
        RunState::Running | RunState::Paused | RunState::Alarm | RunState::Interrupted | RunState::Failed => {
            bail!("Training failed at step {}: {}", ended.step, ended.alarm.as_ref().unwrap_or(&ended.message))
        }
    }
    tell_losses(session, corpus, &ended)?;
    let loss = ended.val_loss.map_or_else(|| "–".to_owned(), |l| format!("{l:.3}"));
    let told = format!("{}, {:.0} tokens/s, validation loss {loss}", plural(ended.step, "step", "steps"), ended.tokens_per_s);
    stages.push(("pre-training", start.elapsed().as_secs_f64(), told));
    Ok(ended)
}

/// When the validation loss fell below what knows nothing of order.
fn tell_losses(session: &Session, corpus: &CorpusInfo, ended: &Ended) -> Result<()> {
    let b = &corpus.baselines;
    if ended.evals.iter().all(|(eval, _)| eval.step == 0) {
        session.out.line("The validation loss was not measured after the first step, so it stands beside no baseline yet")?;
        return Ok(());
    }
    for (name, baseline) in [("uniform", b.uniform), ("unigram", b.unigram), ("bigram", b.bigram)] {
        let first = ended.evals.iter().find(|(e, _)| e.loss < baseline);
        let told = match first {
            Some((eval, elapsed_s)) => {
                format!("under the {name} baseline ({baseline:.3}) from step {} on, after {}", eval.step, duration(*elapsed_s))
            }
            None => format!("not under the {name} baseline ({baseline:.3})"),
        };
        session.out.line(&format!("Validation loss {told}"))?;
        session.out.event(&json!({
            "event": "baseline", "name": name, "loss": baseline, "under_from_step": first.map(|(e, _)| e.step),
            "under_from_s": first.map(|(_, elapsed_s)| elapsed_s),
        }))?;
    }
    Ok(())
}

fn prompt_stage(session: &mut Session, checkpoint: CheckpointId, stages: &mut Stages) -> Result<()> {
    let start = heading(session, 4, "Prompts: what it says now")?;
    let (mut tokens, mut spent_s) = (0, 0.0);
    for prompt in prompts() {
        let request = GenerateRequest {
            prompt: prompt.clone(),
            sampling: Sampling { temperature: 0.7, ..Sampling::default() },
            max_tokens: 48,
            stop: vec!["\n\n".to_owned()],
        };
        let result = complete(session, checkpoint, request, false)?;
        session.out.line(&one_line(&prompt, &result.completion))?;
        tokens += result.tokens;
        spent_s += result.tokens as f64 / result.tokens_per_s.max(1e-9);
    }
    let told = format!("{tokens} tokens, {:.0} tokens/s", tokens as f64 / spent_s.max(1e-9));
    stages.push(("prompts", start.elapsed().as_secs_f64(), told));
    Ok(())
}

fn tell_table(session: &Session, stages: &Stages, total_s: f64) -> Result<()> {
    session.out.line("")?;
    for (stage, seconds, numbers) in stages {
        session.out.line(&format!("{stage:<14} {:>12}   {numbers}", duration(*seconds)))?;
        session.out.event(&json!({ "event": "stage_done", "stage": stage, "elapsed_s": seconds, "numbers": numbers }))?;
    }
    session.out.line(&format!("{:<14} {:>12}", "all", duration(total_s)))?;
    Ok(())
}

fn prompts() -> impl Iterator<Item = String> {
    // A line break inside a prompt is written out in a list of one prompt a line.
    sample::prompts().into_iter().map(|l| l.replace("\\n", "\n"))
}
