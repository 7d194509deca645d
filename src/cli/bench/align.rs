//! Measures learning from feedback in this process: DPO, whole GRPO rounds, and answers drawn together against one by one. Prints nothing.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::measure::peak_memory_bytes;
use crate::config::{Align, CorpusFacts, Rl, RowFacts, RunConfig, RunPlan, Tune};
use crate::engine::command::Sampling;
use crate::infer::{RolloutConfig, Rollouts};
use crate::model::{Model, Sequence};
use crate::train::{Answered, Extra, Item, Judged, Judgement, Learner, PreferenceLoss, Prompt, Prompts, RunTrainer, TrainData};

/// Tokens of a prompt, and of an answer at least and at most: rows of about 37 tokens.
const PROMPT: usize = 16;
const ANSWER: (usize, usize) = (14, 28);
/// Pairs at hand, and of a step.
const PAIRS: usize = 1024;
const BATCH: usize = 8;
/// A GRPO round: answers to some prompts, each of so many tokens.
const ROUND: (usize, usize) = (4, 8);
const TOKENS: usize = 64;

/// What is measured, each in a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum AlignWork {
    Dpo,
    Grpo,
    Rollouts,
}

impl AlignWork {
    pub const ALL: [Self; 3] = [Self::Dpo, Self::Grpo, Self::Rollouts];

    pub fn name(self) -> &'static str {
        match self {
            Self::Dpo => "dpo",
            Self::Grpo => "grpo",
            Self::Rollouts => "rollouts",
        }
    }
}

/// One row.
pub fn measure(work: AlignWork, name: &str, config: &RunConfig, vocab: usize, seconds: f64) -> Result<Value> {
    match work {
        AlignWork::Dpo => dpo(name, config, vocab, seconds),
        AlignWork::Grpo => grpo(name, config, vocab, seconds),
        AlignWork::Rollouts => rollouts(name, config, vocab, seconds),
    }
}

/// As a person reads it.
pub fn told(row: &Value) -> String {
    let number = |key: &str| row.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let memory = row.get("peak_memory_bytes").and_then(Value::as_u64).map_or_else(|| "–".to_owned(), super::size);
    let name = row.get("name").and_then(Value::as_str).unwrap_or("?");
    match row.get("work").and_then(Value::as_str) {
        Some("dpo") => format!(
            "{name}    DPO: {:.1} pairs/s ({:.0} tokens/s; rows of {:.0} tokens, {BATCH} pairs a step, the reference asked once), {memory}",
            number("pairs_per_s"),
            number("tokens_per_s"),
            number("row_tokens")
        ),
        Some("grpo") => format!(
            "{name}    GRPO: {:.0} rollout tokens/s end to end ({} answers × {TOKENS} tokens a round: drawn, judged, held against the reference, learnt), {memory}",
            number("rollout_tokens_per_s"),
            ROUND.0 * ROUND.1
        ),
        _ => format!(
            "{name}    Rollouts: {:.0} tokens/s together, {:.0} one by one ({:.1} times as fast), {memory}",
            number("together_tokens_per_s"),
            number("alone_tokens_per_s"),
            number("ratio")
        ),
    }
}

/// A plan of a run on feedback, and its start.
fn plan(config: &RunConfig, vocab: usize, align: Align) -> Result<(RunPlan, Model)> {
    let base = CorpusFacts { train_tokens: 1_000_000, val_tokens: 0, vocab_size: vocab, ..CorpusFacts::default() };
    let tune = Tune { align: Some(align), epochs: 0.0, ..Tune::default() };
    let tuned = RunConfig { tune: Some(tune), batch_size: BATCH, lr: 1e-5, ..config.clone() };
    let facts = CorpusFacts { rows: Some(RowFacts { train: PAIRS as u64, ..RowFacts::default() }), ..base.clone() };
    let wrong = |errors: Vec<crate::config::ConfigError>| {
        anyhow!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    };
    let model = Model::init(config.plan(&base, None).map_err(wrong)?.model().clone(), 1)?;
    Ok((tuned.plan(&facts, Some(&model.config)).map_err(wrong)?, model))
}

fn tokens(random: &mut ChaCha8Rng, vocab: usize, n: usize) -> Vec<u32> {
    (0..n).map(|_| random.random_range(0..vocab as u32)).collect()
}

fn dpo(name: &str, config: &RunConfig, vocab: usize, seconds: f64) -> Result<Value> {
    let loss = PreferenceLoss::default();
    let (plan, model) = plan(config, vocab, Align::Prefer { loss })?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut row = |prompt: &[u32]| {
        let n = random.random_range(ANSWER.0..=ANSWER.1);
        let ids = [prompt, &tokens(&mut random, vocab, n)].concat();
        let mask: Vec<bool> = (0..ids.len()).map(|at| at >= prompt.len()).collect();
        Sequence::masked(&ids, &mask)
    };
    let mut prompts = ChaCha8Rng::seed_from_u64(2);
    let pair = |i: usize| {
        let prompt = tokens(&mut prompts, vocab, PROMPT);
        Item { question: i as i64, sequences: vec![row(&prompt), row(&prompt)], extras: vec![Extra::default(); 2] }
    };
    let train: Vec<Item> = (0..PAIRS).map(pair).collect();
    let lengths: usize = train.iter().flat_map(|item| &item.sequences).map(|sequence| sequence.ids.len()).sum();
    let row_tokens = lengths as f64 / (2 * PAIRS) as f64;
    let data =
        TrainData::Preferences { judged: Judged { train, val: Vec::new() }, loss, reference: Some(Arc::new(model.clone())) };
    let mut trainer = RunTrainer::new(plan, data, Some(model))?;
    // The first step touches pages and starts threads. No pair is seen twice, so that the reference's part is in it.
    let (steps, spent_s) = timed(&mut trainer, seconds, PAIRS / BATCH - 1)?;
    let pairs_per_s = (steps * BATCH) as f64 / spent_s;
    Ok(json!({
        "event": "bench_align", "work": "dpo", "name": name, "pairs_per_s": pairs_per_s, "tokens_per_s": 2.0 * row_tokens * pairs_per_s,
        "row_tokens": row_tokens, "batch": BATCH, "steps": steps, "peak_memory_bytes": peak_memory_bytes(),
    }))
}

/// Whole steps after a first one: how many, and their seconds.
fn timed(trainer: &mut RunTrainer, seconds: f64, most: usize) -> Result<(usize, f64)> {
    trainer.full_step()?;
    let began = Instant::now();
    let mut steps = 0;
    while steps < most && (steps < 2 || began.elapsed().as_secs_f64() < seconds) {
        trainer.full_step()?;
        steps += 1;
    }
    Ok((steps, began.elapsed().as_secs_f64()))
}

fn grpo(name: &str, config: &RunConfig, vocab: usize, seconds: f64) -> Result<Value> {
    let (prompts, group) = ROUND;
    let rl = Rl { prompts, group, max_tokens: TOKENS, missing_end: 0.0, ..Rl::default() };
    let (plan, model) = plan(config, vocab, Align::Rl(Box::new(rl.clone())))?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let train: Vec<Prompt> =
        (0..256).map(|i| Prompt { question: i, ids: tokens(&mut random, vocab, PROMPT), ..Prompt::default() }).collect();
    // Something that tells answers apart and costs nothing.
    let judge = |answers: &[Answered<'_>]| {
        let even = |it: &Answered<'_>| it.answer.iter().filter(|id| **id % 2 == 0).count() as f64;
        Ok(answers.iter().map(|it| Judgement { total: even(it), parts: Vec::new() }).collect())
    };
    let prompts = Prompts { train, val: Vec::new(), stop: Vec::new() };
    let data = TrainData::Prompts { prompts, rl: Box::new(rl), reference: Arc::new(model.clone()), judge: Box::new(judge) };
    let mut trainer = RunTrainer::new(plan, data, Some(model))?;
    let (steps, spent_s) = timed(&mut trainer, seconds, usize::MAX)?;
    let answers = ROUND.0 * ROUND.1;
    Ok(json!({
        "event": "bench_align", "work": "grpo", "name": name, "answers": answers, "tokens": TOKENS, "rounds": steps,
        "rollout_tokens_per_s": (steps * answers * TOKENS) as f64 / spent_s, "round_ms": 1e3 * spent_s / steps as f64,
        "peak_memory_bytes": peak_memory_bytes(),
    }))
}

fn rollouts(name: &str, config: &RunConfig, vocab: usize, seconds: f64) -> Result<Value> {
    let (plan, model) = plan(config, vocab, Align::Prefer { loss: PreferenceLoss::default() })?;
    let mut learner = Learner::new(plan, Some(model))?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let n = ROUND.0 * ROUND.1;
    let prompts: Vec<Vec<u32>> = (0..n).map(|_| tokens(&mut random, vocab, PROMPT)).collect();
    let mut draw = |prompts: &[Vec<u32>]| -> Result<f64> {
        let sampling = Sampling { temperature: 1.0, seed: 1, ..Sampling::default() };
        let settings = RolloutConfig { group: 1, max_tokens: TOKENS, sampling, stop: Vec::new() };
        let began = Instant::now();
        let mut all = Rollouts::new(&learner.model().config, prompts, &settings)?;
        while !all.is_done() {
            learner.rollout(None, &mut all, usize::MAX)?;
        }
        Ok(began.elapsed().as_secs_f64())
    };
    draw(&prompts)?;
    let (mut together_s, mut alone_s) = (f64::INFINITY, f64::INFINITY);
    let began = Instant::now();
    // The best of several, for a busy machine only ever slows things down.
    while !alone_s.is_finite() || began.elapsed().as_secs_f64() < seconds {
        together_s = together_s.min(draw(&prompts)?);
        let mut sum = 0.0;
        for prompt in &prompts {
            sum += draw(std::slice::from_ref(prompt))?;
        }
        alone_s = alone_s.min(sum);
    }
    let tokens = (n * TOKENS) as f64;
    Ok(json!({
        "event": "bench_align", "work": "rollouts", "name": name, "answers": n, "tokens": TOKENS,
        "together_tokens_per_s": tokens / together_s, "alone_tokens_per_s": tokens / alone_s, "ratio": alone_s / together_s,
        "peak_memory_bytes": peak_memory_bytes(),
    }))
}
