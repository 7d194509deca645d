//! Measures one model in this process: training steps through the trainers' own machinery, prefill, decoding, memory. Prints nothing.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, anyhow};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::floor;
use crate::config::{CorpusFacts, RunConfig, RunPlan};
use crate::model::{KvCache, Model, Sequence, Workspace, decode_step, prefill};
use crate::train::{Group, Learner, LossFn, cross_entropy};

/// Sequences that decode together.
const TOGETHER: usize = 8;
/// Steps before the clock runs: pages are touched, threads started.
const WARM_UP: usize = 1;

/// One row of the table.
pub fn measure(name: &str, config: &RunConfig, vocab: usize, seconds: f64) -> Result<Value> {
    let plan = plan(config, vocab)?;
    let threads = plan.replicas() * plan.threads_per_replica();
    let (tokens_per_step, context, model_config) = (plan.tokens_per_step(), plan.context(), plan.model().clone());
    let (replicas, threads_per_replica) = (plan.replicas(), plan.threads_per_replica());
    // Before and after, for a machine's speed wanders. Its buffers are smaller than those of training, so the peak stays training's.
    let before = floor::rates(&model_config, context, threads);
    let mut learner = Learner::new(plan, None)?;
    let (mean_s, best_s) = train(&mut learner, vocab, seconds)?;
    // The system's high-water mark, before decoding takes memory of its own.
    let peak = peak_memory_bytes();
    let model = Arc::clone(learner.model());
    drop(learner);
    let (prefill_rate, decode_1) = decode(&model, context, 1, vocab);
    let (_, decode_8) = decode(&model, context, TOGETHER, vocab);
    let after = floor::rates(&model_config, context, threads);
    let (one, all) = (before.0.max(after.0), before.1.max(after.1));
    let tokens_per_s = tokens_per_step as f64 / mean_s;
    let train_gflops = model_config.flops_per_token(context) * tokens_per_s / 1e9;
    // Best against best: on a busy machine the mean of one and the best of the other would be no ratio of anything.
    let best_gflops = model_config.flops_per_token(context) * tokens_per_step as f64 / best_s / 1e9;
    Ok(json!({
        "event": "bench", "name": name, "n_params": model_config.n_params(), "layers": model_config.n_layers,
        "width": model_config.d_model, "heads": model_config.n_heads, "ff": model_config.d_ff, "context": context, "vocab": vocab,
        "batch": config.batch_size, "replicas": replicas, "threads_per_replica": threads_per_replica,
        "tokens_per_s": tokens_per_s, "best_tokens_per_s": tokens_per_step as f64 / best_s, "step_ms": mean_s * 1e3,
        "flops_per_token": model_config.flops_per_token(context), "train_gflops": train_gflops, "matmul_gflops_1": one,
        "matmul_gflops_n": all, "of_floor": best_gflops / all, "peak_memory_bytes": peak,
        "prefill_tokens_per_s": prefill_rate, "decode_tokens_per_s": decode_1, "decode_8_tokens_per_s": decode_8,
    }))
}

/// The plan of a run on a corpus that is large enough; no corpus is read.
fn plan(config: &RunConfig, vocab: usize) -> Result<RunPlan> {
    let facts = CorpusFacts {
        train_tokens: 100_000_000,
        val_tokens: 1_000_000,
        val_bytes: 4_000_000,
        vocab_size: vocab,
        ..CorpusFacts::default()
    };
    config
        .plan(&facts, None)
        .map_err(|errors| anyhow!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

/// Mean and best seconds of a whole step: forward, backward, sum, clip, AdamW.
fn train(learner: &mut Learner, vocab: usize, seconds: f64) -> Result<(f64, f64)> {
    let (batch, context) = (learner.plan().config().batch_size, learner.plan().context());
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let loss: LossFn = Arc::new(cross_entropy);
    let (mut spent_s, mut best_s, mut steps) = (0.0, f64::INFINITY, 0_u32);
    for number in 0.. {
        let groups = (0..batch)
            .map(|_| Group { sequences: vec![sequence(&mut random, vocab, context)], key: 0, ..Group::default() })
            .collect();
        let start = Instant::now();
        learner.accumulate(groups, &loss)?;
        let lr = learner.scheduled_lr();
        learner.update(lr);
        let step_s = start.elapsed().as_secs_f64();
        if number >= WARM_UP {
            spent_s += step_s;
            best_s = best_s.min(step_s);
            steps += 1;
        }
        if steps >= 2 && spent_s >= seconds {
            break;
        }
    }
    Ok((spent_s / f64::from(steps), best_s))
}

/// `context` random tokens, each with the next as its target.
fn sequence(random: &mut ChaCha8Rng, vocab: usize, context: usize) -> Sequence {
    let ids = (0..=context).map(|_| random.random_range(0..vocab as u32)).collect();
    let mut sequence = Sequence::causal(ids);
    sequence.ids.truncate(context);
    sequence
}

/// Tokens a second of reading half a context, and of writing the other half, in `n` sequences at once.
fn decode(model: &Model, context: usize, n: usize, vocab: usize) -> (f64, f64) {
    let mut ws = Workspace::for_inference(model);
    let mut cache = KvCache::new(&model.config, n);
    let mut logits = Vec::new();
    let prompt: Vec<u32> = (0..context as u32 / 2).map(|i| i % vocab as u32).collect();
    // The first pass only fills the caches of the machine.
    let mut prefill_s = f64::INFINITY;
    for _ in 0..4 {
        let start = Instant::now();
        for i in 0..n {
            cache.truncate(i, 0);
            prefill(model, &mut cache, i, &prompt, &mut logits, &mut ws);
        }
        prefill_s = prefill_s.min(start.elapsed().as_secs_f64());
    }
    let steps = context - prompt.len();
    let start = Instant::now();
    for step in 0..steps {
        let rows: Vec<(usize, u32)> = (0..n).map(|i| (i, ((i + step) % vocab) as u32)).collect();
        decode_step(model, &mut cache, &rows, &mut logits, &mut ws);
    }
    let decode_s = start.elapsed().as_secs_f64();
    ((prompt.len() * n) as f64 / prefill_s, (steps * n) as f64 / decode_s)
}

/// The most memory this process has held, where the system tells.
pub(super) fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}
