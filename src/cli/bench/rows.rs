//! Measures fine-tuning on short rows in this process, through the trainer that runs use: rows a second and the most memory. Prints nothing.

use std::time::Instant;

use anyhow::{Result, anyhow};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::measure::{peak_memory_bytes, sentences};
use crate::config::{CorpusFacts, RowFacts, RunConfig, RunPlan, Tune, TuneTask};
use crate::model::{Model, Sequence};
use crate::train::{Rows, RunTrainer, TrainData, TrainRow};

/// Rows are of 18 to 56 tokens, 37 on average, of which the latter half is the answer: short instructions with short answers.
const LENGTHS: std::ops::RangeInclusive<usize> = 18..=56;
const ROWS: usize = 2048;
/// Optimiser steps before the clock runs.
const WARM_UP: usize = 1;

/// One line of the table: all weights are trained, the loss counts answers alone.
pub fn measure(name: &str, config: &RunConfig, vocab: usize, seconds: f64) -> Result<Value> {
    let (config, rows) = (tuning(config), rows(vocab));
    let tokens: usize = rows.iter().map(|row| row.sequence.ids.len()).sum();
    let (plan, model) = plan(&config, &rows, vocab)?;
    let n_params = plan.model().n_params();
    let (replicas, batch) = (plan.replicas(), config.batch_size);
    let data = TrainData::Rows(Rows { train: rows, val: Vec::new() });
    let mut trainer = RunTrainer::new(plan, data, Some(model))?;
    let (mut spent_s, mut steps) = (0.0, 0_usize);
    for number in 0.. {
        let began = Instant::now();
        while trainer.micro_step()?.is_none() {}
        if number >= WARM_UP {
            spent_s += began.elapsed().as_secs_f64();
            steps += 1;
        }
        if steps >= 2 && spent_s >= seconds {
            break;
        }
    }
    let rows_per_s = (steps * batch) as f64 / spent_s;
    let mean_len = tokens as f64 / ROWS as f64;
    Ok(json!({
        "event": "bench_rows", "name": name, "n_params": n_params, "batch": batch, "replicas": replicas, "mean_tokens": mean_len,
        "rows_per_s": rows_per_s, "tokens_per_s": rows_per_s * mean_len, "step_ms": spent_s / steps as f64 * 1e3,
        "peak_memory_bytes": peak_memory_bytes(),
    }))
}

fn tuning(config: &RunConfig) -> RunConfig {
    let tune = Tune { task: TuneTask::Text, epochs: 0.0, ..Tune::default() };
    RunConfig { tune: Some(tune), ..config.clone() }
}

/// Random tokens: what stands in a row does not change what it costs.
fn rows(vocab: usize) -> Vec<TrainRow> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let row = |i: usize| {
        let length = random.random_range(LENGTHS);
        let ids: Vec<u32> = (0..length).map(|_| random.random_range(0..vocab as u32)).collect();
        let mask: Vec<bool> = (0..length).map(|at| at >= length / 2).collect();
        TrainRow { row: i as i64, sequence: Sequence::masked(&ids, &mask) }
    };
    (0..ROWS).map(row).collect()
}

fn plan(config: &RunConfig, rows: &[TrainRow], vocab: usize) -> Result<(RunPlan, Model)> {
    let base =
        CorpusFacts { train_tokens: 1_000_000, val_tokens: 1000, val_bytes: 4000, vocab_size: vocab, ..CorpusFacts::default() };
    let bare = RunConfig { tune: None, ..config.clone() };
    let pretrained = bare.plan(&base, None).map_err(|errors| anyhow!(sentences(&errors)))?;
    let model = Model::init(pretrained.model().clone(), 7)?;
    let facts = CorpusFacts {
        rows: Some(RowFacts {
            train: rows.len() as u64,
            train_tokens: rows.iter().map(|row| row.sequence.ids.len() as u64).sum(),
            longest: *LENGTHS.end(),
            ..RowFacts::default()
        }),
        ..base
    };
    let plan = config.plan(&facts, Some(&model.config)).map_err(|errors| anyhow!(sentences(&errors)))?;
    Ok((plan, model))
}
