//! `lyceum bench`: whole training steps, prefill, decoding, fine-tuning on short rows and prompts during a run at three sizes, beside the matmul rate of the same process. Knows no project of a person's.

pub mod align;
mod floor;
mod live;
mod measure;
mod rows;

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::arguments::BenchArguments;
use super::output::{Output, size, thousands};
use crate::config::{Dims, RunConfig};

/// A model of performance's tables: f32, untied, random tokens.
struct Case {
    name: &'static str,
    dims: Dims,
    batch: usize,
    vocab: usize,
}

const fn dims(n_layers: usize, d_model: usize, n_heads: usize, d_ff: usize, context: usize) -> Dims {
    Dims { n_layers, d_model, n_heads, n_kv_heads: n_heads, d_ff, context, tie_embeddings: false }
}

const CASES: [Case; 3] = [
    Case { name: "1.3M", dims: dims(4, 128, 4, 352, 128), batch: 16, vocab: 2048 },
    Case { name: "6.9M", dims: dims(6, 256, 8, 704, 256), batch: 16, vocab: 4096 },
    Case { name: "34M", dims: dims(8, 512, 8, 1376, 256), batch: 8, vocab: 8192 },
];

/// The size at which learning from feedback is measured, too.
const LEARNING: &str = "6.9M";

impl Case {
    fn config(&self, threads: usize) -> RunConfig {
        RunConfig {
            name: format!("bench {}", self.name),
            dims: self.dims,
            batch_size: self.batch,
            steps: 1_000_000,
            threads,
            eval_every: 0,
            sample_every: 0,
            ..RunConfig::default()
        }
    }
}

pub fn bench(arguments: &BenchArguments, out: &Output) -> Result<()> {
    let cases = chosen(&arguments.only)?;
    if arguments.in_process {
        for case in cases {
            if arguments.rows {
                out.event(&rows::measure(case.name, &case.config(arguments.threads), case.vocab, arguments.seconds)?)?;
                continue;
            }
            if arguments.live {
                out.event(&live::measure(case.name, case.config(arguments.threads), arguments.seconds)?)?;
                continue;
            }
            if let Some(work) = arguments.work {
                out.event(&align::measure(work, case.name, &case.config(arguments.threads), case.vocab, arguments.seconds)?)?;
                continue;
            }
            out.event(&measure::measure(case.name, &case.config(arguments.threads), case.vocab, arguments.seconds)?)?;
        }
        return Ok(());
    }
    if arguments.live {
        return live_prompts(&cases, arguments, out);
    }
    out.line(
        "model   parameters  train tok/s  ms/step  GFLOP/s  matmul 1t   all t  of floor   memory  prefill tok/s  decode  decode 8",
    )?;
    if arguments.rows {
        return short_rows(&cases, arguments, out);
    }
    for case in &cases {
        let row = in_own_process(case, arguments, None)?;
        out.line(&table_row(&row))?;
        out.event(&row)?;
    }
    for case in cases.iter().filter(|case| case.name == LEARNING) {
        out.line("")?;
        for work in align::AlignWork::ALL {
            let row = in_own_process(case, arguments, Some(Other::Work(work)))?;
            out.line(&align::told(&row))?;
            out.event(&row)?;
        }
    }
    live_prompts(&cases.iter().copied().filter(|case| case.name == LEARNING).collect::<Vec<_>>(), arguments, out)?;
    out.line("\nThe floor is the time of the matrix products alone, at the best rate measured in the same process.")?;
    short_rows(&cases, arguments, out)
}

/// Prompts that a run answers between its steps.
fn live_prompts(cases: &[&Case], arguments: &BenchArguments, out: &Output) -> Result<()> {
    out.line("")?;
    for case in cases {
        let row = in_own_process(case, arguments, Some(Other::Live))?;
        out.line(&live::told(&row))?;
        out.event(&row)?;
    }
    Ok(())
}

/// Fine-tuning on rows of about 37 tokens: nothing is padded, and only answers meet the output matrix.
fn short_rows(cases: &[&Case], arguments: &BenchArguments, out: &Output) -> Result<()> {
    out.line("\nFine-tuning on short rows\nmodel   parameters   rows/s  tokens/s  ms/step  tokens a row   memory")?;
    for case in cases {
        let row = in_own_process(case, arguments, Some(Other::Rows))?;
        let number = |key: &str| row.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
        let count = |key: &str| thousands(number(key).max(0.0).round() as u64);
        let memory = row.get("peak_memory_bytes").and_then(Value::as_u64).map_or_else(|| "–".to_owned(), size);
        out.line(&format!(
            "{:<7} {:>10}  {:>7.1}  {:>8}  {:>7.1}  {:>12.1}  {:>7}",
            case.name,
            count("n_params"),
            number("rows_per_s"),
            count("tokens_per_s"),
            number("step_ms"),
            number("mean_tokens"),
            memory,
        ))?;
        out.event(&row)?;
    }
    out.event(&json!({ "event": "done" }))?;
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<&'static Case>> {
    if names.is_empty() {
        return Ok(CASES.iter().collect());
    }
    let find = |name: &String| {
        let known = CASES.iter().map(|c| c.name).collect::<Vec<_>>().join(", ");
        CASES
            .iter()
            .find(|c| c.name.eq_ignore_ascii_case(name))
            .with_context(|| format!("There is no model '{name}'; there is {known}"))
    };
    names.iter().map(find).collect()
}

/// What a process of its own is to measure instead of training steps.
#[derive(Clone, Copy)]
enum Other {
    Work(align::AlignWork),
    Rows,
    Live,
}

/// A process of its own, so that the peak memory is this model's and not an earlier one's.
fn in_own_process(case: &Case, arguments: &BenchArguments, other: Option<Other>) -> Result<Value> {
    let program = std::env::current_exe().context("This program does not know where it stands, so it cannot start itself")?;
    let output = Command::new(program)
        .args(["bench", "--in-process", "--json", "--only", case.name])
        .args(match other {
            Some(Other::Work(work)) => vec!["--work", work.name()],
            Some(Other::Rows) => vec!["--rows"],
            Some(Other::Live) => vec!["--live"],
            None => Vec::new(),
        })
        .args(["--seconds", &arguments.seconds.to_string(), "--threads", &arguments.threads.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("A process of its own could not be started")?;
    if !output.status.success() {
        bail!("Measuring {} failed ({})", case.name, output.status);
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("Measuring {} gave no result", case.name))
}

fn table_row(row: &Value) -> String {
    let number = |key: &str| row.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let count = |key: &str| thousands(number(key).max(0.0).round() as u64);
    let memory = row.get("peak_memory_bytes").and_then(Value::as_u64).map_or_else(|| "–".to_owned(), size);
    format!(
        "{:<7} {:>10}  {:>11}  {:>7.1}  {:>7.1}  {:>9.1}  {:>6.1}  {:>6.1} %  {:>7}  {:>13}  {:>6}  {:>8}",
        row.get("name").and_then(Value::as_str).unwrap_or("?"),
        count("n_params"),
        count("tokens_per_s"),
        number("step_ms"),
        number("train_gflops"),
        number("matmul_gflops_1"),
        number("matmul_gflops_n"),
        number("of_floor") * 100.0,
        memory,
        count("prefill_tokens_per_s"),
        count("decode_tokens_per_s"),
        count("decode_8_tokens_per_s"),
    )
}
