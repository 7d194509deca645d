//! Measures prompts that a run answers between its steps, through the engine that the window drives: how soon, how fast, and what it costs the run. Prints nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::config::RunConfig;
use crate::engine::command::{GenerateRequest, ImportCommand, JobId, ModelSource, Sampling, TrainCommand};
use crate::engine::{Command, Engine, Event};

/// Longest wait for an event.
const TICK: Duration = Duration::from_millis(100);
/// Tokens of an answer at most, and the prompt before it.
const TOKENS: usize = 64;
const PROMPT: &str = "Mira took the basket and walked to the market, where the baker";
/// Steps before the clock runs.
const WARM_UP: u64 = 3;
const FILL: JobId = 1;
const FIRST_PROMPT: JobId = 2;

/// A run on the sample text, and what it has told.
struct Run {
    engine: Engine,
    /// Optimiser steps done.
    step: u64,
    /// None: nothing is asked.
    next_prompt: Option<JobId>,
    asked_at: Instant,
    /// Of the prompt under way, from asking to hearing its first token.
    first_token_s: Option<f64>,
    answers: Vec<Answer>,
    corpus: Option<i64>,
}

/// An answer as whoever asked hears it: the wait for the step under way is in it.
struct Answer {
    first_token_s: f64,
    whole_s: f64,
    tokens: usize,
}

/// Steps over some time.
struct Pace {
    steps_per_s: f64,
    seconds: f64,
}

/// One row: the run alone, answering prompts one after another, and alone again.
pub fn measure(name: &str, config: RunConfig, seconds: f64) -> Result<Value> {
    let folder = tempfile::tempdir().context("There is no temporary folder to put a project into")?;
    let engine = Engine::start(folder.path().join("bench.lyceum"), true, Arc::new(|| ()));
    let (asked_at, answers) = (Instant::now(), Vec::new());
    let mut run = Run { engine, step: 0, next_prompt: None, asked_at, first_token_s: None, answers, corpus: None };
    run.engine.send(Command::Import(ImportCommand::FillSample { job: FILL }));
    let corpus = run.until(|run| run.corpus)?;
    let batch_tokens = (config.batch_size * config.dims.context) as f64;
    run.engine.send(Command::Train(TrainCommand::StartRun { config: RunConfig { corpus, ..config }, from: None }));
    run.until(|run| (run.step >= WARM_UP).then_some(()))?;
    let before = run.pace(seconds)?;
    run.ask(FIRST_PROMPT);
    let during = run.pace(seconds)?;
    run.next_prompt = None;
    let answers = std::mem::take(&mut run.answers);
    // The one under way ends first.
    run.until(|run| (!run.answers.is_empty()).then_some(()))?;
    let after = run.pace(seconds)?;
    run.engine.send(Command::Train(TrainCommand::Stop));
    let median = |of: fn(&Answer) -> f64| {
        let mut all: Vec<f64> = answers.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    };
    let slowest_s = answers.iter().map(|it| it.first_token_s).fold(0.0, f64::max);
    let tokens: usize = answers.iter().map(|it| it.tokens).sum();
    let alone = f64::midpoint(before.steps_per_s, after.steps_per_s);
    let left = during.steps_per_s / alone;
    Ok(json!({
        "event": "bench_live", "name": name, "answers": answers.len(), "tokens": tokens, "first_token_s": median(|it| it.first_token_s),
        "slowest_first_token_s": slowest_s, "tokens_per_s": median(|it| it.tokens as f64 / it.whole_s),
        "run_tokens_per_s_alone": alone * batch_tokens, "run_tokens_per_s_answering": during.steps_per_s * batch_tokens,
        "share_left": left, "lost_s_per_token": (1.0 - left) * during.seconds / tokens.max(1) as f64, "step_ms": 1e3 / alone,
    }))
}

/// As a person reads it.
pub fn told(row: &Value) -> String {
    let number = |key: &str| row.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let name = row.get("name").and_then(Value::as_str).unwrap_or("?");
    format!(
        "{name}    Prompts during a run: first token after {:.0} ms (slowest {:.0}), {:.0} tokens/s; one answer after another leaves the run \
         {:.0} % of its speed ({:.0} of {:.0} tokens/s), so that {TOKENS} tokens cost it {:.2} s",
        number("first_token_s") * 1e3,
        number("slowest_first_token_s") * 1e3,
        number("tokens_per_s"),
        number("share_left") * 100.0,
        number("run_tokens_per_s_answering"),
        number("run_tokens_per_s_alone"),
        number("lost_s_per_token") * TOKENS as f64,
    )
}

impl Run {
    /// Puts a prompt to the weights of the moment, and another whenever one is answered.
    fn ask(&mut self, job: JobId) {
        let sampling = Sampling { seed: job, ..Sampling::default() };
        let request = GenerateRequest { prompt: PROMPT.to_owned(), sampling, max_tokens: TOKENS, stop: Vec::new() };
        self.engine.send(Command::Train(TrainCommand::Generate { job, source: ModelSource::Live, request }));
        (self.asked_at, self.first_token_s, self.next_prompt) = (Instant::now(), None, Some(job + 1));
    }

    /// From the end of one step to the end of another, this long at least.
    fn pace(&mut self, seconds: f64) -> Result<Pace> {
        let first = self.step;
        let first = self.until(|run| (run.step > first).then_some(run.step))?;
        let began = Instant::now();
        let mut seen = first;
        let last = self.until(|run| {
            let stepped = run.step > std::mem::replace(&mut seen, run.step);
            (stepped && began.elapsed().as_secs_f64() >= seconds).then_some(run.step)
        })?;
        let seconds = began.elapsed().as_secs_f64();
        Ok(Pace { steps_per_s: (last - first) as f64 / seconds, seconds })
    }

    /// Hears what comes until something is so.
    fn until<T>(&mut self, mut so: impl FnMut(&Self) -> Option<T>) -> Result<T> {
        loop {
            if let Some(event) = self.engine.wait(TICK) {
                self.hear(event)?;
            }
            if let Some(found) = so(self) {
                return Ok(found);
            }
        }
    }

    fn hear(&mut self, event: Event) -> Result<()> {
        if let Event::OpenFailed { message } | Event::JobFailed { message, .. } | Event::WorkerDied { message, .. } = &event {
            bail!("{message}");
        }
        if let Event::RunEnded { state, message, .. } = &event {
            bail!("The run ended ({state:?}): {message}");
        }
        if let Event::Steps { points, .. } = &event {
            self.step = points.last().map_or(self.step, |point| point.step);
        }
        if let Event::SampleReady { corpus, .. } = &event {
            self.corpus = Some(*corpus);
        }
        let since_s = self.asked_at.elapsed().as_secs_f64();
        if let Event::Token { .. } = &event {
            self.first_token_s.get_or_insert(since_s);
        }
        if let Event::Generated { result, .. } = event {
            let first_token_s = self.first_token_s.unwrap_or(since_s);
            self.answers.push(Answer { first_token_s, whole_s: since_s, tokens: result.tokens });
            if let Some(job) = self.next_prompt {
                self.ask(job);
            }
        }
        Ok(())
    }
}
