//! The trunk against Hugging Face transformers in double precision: logits, loss, every gradient, three optimiser steps, greedy text.
//! `tests/goldens/make_goldens.py` says how the numbers were made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lyceum::formats::{Loaded, load_folder};
use lyceum::model::{
    Arch, KvCache, Layout, Model, Sequence, Target, Workspace, backward, decode_step, forward, logits_at, prefill,
};
use lyceum::train::{AdamW, Hyper, clip_scale};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    input_ids: Vec<Vec<u32>>,
    attention_mask: Vec<Vec<u32>>,
    labels: Vec<Vec<i64>>,
    loss: f64,
    grads: BTreeMap<String, Summary>,
    after3: BTreeMap<String, Summary>,
    adamw: Steps,
    adamw_nodecay1d_clip1: Steps,
    greedy: Option<Greedy>,
}

/// What is known of a tensor: its norm, two products with fixed vectors, and sixteen of its elements.
#[derive(Deserialize)]
struct Summary {
    norm: f64,
    dots: [f64; 2],
    sample: Vec<f64>,
}

#[derive(Deserialize)]
struct Steps {
    losses: Vec<f64>,
    grad_norms: Vec<f64>,
}

#[derive(Deserialize)]
struct Greedy {
    prompt: Vec<u32>,
    new_tokens: Vec<u32>,
}

impl Summary {
    fn of(x: &[f32]) -> Self {
        let dot = |multiplier: u64| {
            x.iter()
                .zip(0u64..)
                .map(|(x, i)| f64::from(*x) * (((i * multiplier) % (1 << 32)) as f64 / 2_147_483_648.0 - 1.0))
                .sum()
        };
        Self {
            norm: x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt(),
            dots: [dot(2_654_435_761), dot(2_246_822_519)],
            sample: (0..16).map(|j| f64::from(x[j * (x.len() - 1) / 15])).collect(),
        }
    }

    /// Largest deviation of any of its numbers, as a share of the norm.
    fn deviation(&self, want: &Self) -> f64 {
        let pairs =
            self.sample.iter().zip(&want.sample).chain(self.dots.iter().zip(&want.dots)).chain([(&self.norm, &want.norm)]);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) / want.norm
    }
}

/// `LYCEUM_GOLDENS` may name another folder of such models.
fn folders() -> Vec<PathBuf> {
    let root = std::env::var_os("LYCEUM_GOLDENS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models"), PathBuf::from);
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn load(folder: &Path) -> (Model, Golden, Vec<f32>) {
    let Loaded { model, warnings, .. } = load_folder(folder).unwrap();
    assert!(warnings.is_empty(), "{}: {warnings:?}", folder.display());
    let golden = serde_json::from_str(&std::fs::read_to_string(folder.join("golden.json")).unwrap()).unwrap();
    let bytes = std::fs::read(folder.join("logits.safetensors")).unwrap();
    let logits = floats(safetensors::SafeTensors::deserialize(&bytes).unwrap().tensor("logits").unwrap().data());
    (model, golden, logits)
}

/// The batch as sequences of their own length: no padding.
fn sequences(golden: &Golden, arch: Arch) -> Vec<Sequence> {
    let shift = usize::from(arch.is_causal());
    let rows = golden.input_ids.iter().zip(&golden.attention_mask).zip(&golden.labels);
    rows.map(|((ids, mask), labels)| {
        let n = mask.iter().filter(|m| **m == 1).count();
        let targets = labels.iter().enumerate().skip(shift).filter(|(_, id)| **id >= 0);
        Sequence {
            ids: ids[..n].to_vec(),
            targets: targets.map(|(i, id)| Target { pos: (i - shift) as u32, id: *id as u32 }).collect(),
        }
    })
    .collect()
}

/// Mean loss over all targets; its gradient in `ws.grad`.
fn loss_and_gradient(model: &Model, seqs: &[Sequence], ws: &mut Workspace) -> f64 {
    ws.grad.fill(0.0);
    let n: usize = seqs.iter().map(|seq| seq.targets.len()).sum();
    let mut loss = 0.0;
    for seq in seqs {
        let scores = forward(model, seq, None, ws);
        loss -= scores.logprob.iter().map(|x| f64::from(*x)).sum::<f64>() / n as f64;
        backward(model, seq, &vec![-1.0 / n as f32; seq.targets.len()], &[], ws);
    }
    loss
}

/// Without turned keys, a shift of all keys cancels in the softmax: the true gradient is 0 and `AdamW` would blow up rounding errors.
fn is_key_bias(model: &Model, name: &str) -> bool {
    !model.config.arch.has_rope() && (name.ends_with("key.bias") || name.ends_with("c_attn.bias"))
}

/// Three steps of the program's own optimiser.
fn optimise(model: &mut Model, seqs: &[Sequence], clip: f64, decay_vectors: bool) -> Steps {
    let mut layout = Layout::clone(&model.layout);
    layout.params.iter_mut().for_each(|info| info.decay |= decay_vectors);
    let hyper = Hyper { lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1 };
    let (mut ws, mut adamw) = (Workspace::new(model), AdamW::new(&layout));
    let mut steps = Steps { losses: Vec::new(), grad_norms: Vec::new() };
    for _ in 0..3 {
        steps.losses.push(loss_and_gradient(model, seqs, &mut ws));
        let norm = ws.grad.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        steps.grad_norms.push(norm);
        adamw.update(&mut model.weights, &mut ws.grad, clip_scale(norm, clip) as f32, &hyper, 1);
    }
    steps.losses.push(loss_and_gradient(model, seqs, &mut ws));
    steps
}

#[test]
fn logits_loss_and_gradients() {
    let (mut worst_logit, mut worst_loss, mut worst_grad) = (0.0f64, 0.0f64, 0.0f64);
    for folder in folders() {
        let (model, golden, logits) = load(&folder);
        let (seqs, v) = (sequences(&golden, model.config.arch), model.config.vocab_size);
        let mut ws = Workspace::new(&model);
        let per_row = logits.len() / seqs.len();
        for (seq, want) in seqs.iter().zip(logits.chunks(per_row)) {
            let got = logits_at(&model, &seq.ids, &(0..seq.ids.len()).collect::<Vec<_>>(), &mut ws);
            let worst = got.iter().zip(&want[..seq.ids.len() * v]).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
            assert!(worst < 1e-4, "{}: a logit is off by {worst}", folder.display());
            worst_logit = worst_logit.max(worst);
        }
        let error = (loss_and_gradient(&model, &seqs, &mut ws) - golden.loss).abs();
        assert!(error < 1e-5, "{}: the loss is off by {error}", folder.display());
        worst_loss = worst_loss.max(error);
        assert_eq!(golden.grads.len(), model.layout.params.len(), "{}", folder.display());
        for info in &model.layout.params {
            let want = &golden.grads[&info.name];
            if want.norm < 1e-12 {
                continue;
            }
            let error = Summary::of(&ws.grad[info.range()]).deviation(want);
            assert!(error < 1e-4, "{}: the gradient of {} is off by {error}", folder.display(), info.name);
            worst_grad = worst_grad.max(error);
        }
    }
    record(&format!(
        "largest deviation: logits {worst_logit:.2e}, loss {worst_loss:.2e}, gradients {worst_grad:.2e} of their norm"
    ));
}

#[test]
fn three_optimiser_steps() {
    let (mut worst_loss, mut worst_weight) = (0.0f64, 0.0f64);
    for folder in folders() {
        let (start, golden, _) = load(&folder);
        let seqs = sequences(&golden, start.config.arch);
        for (want, clip, decay_vectors) in [(&golden.adamw_nodecay1d_clip1, 1.0, false), (&golden.adamw, 0.0, true)] {
            let mut model = start.clone();
            let got = optimise(&mut model, &seqs, clip, decay_vectors);
            for (got, want) in got.losses.iter().zip(&want.losses).chain(got.grad_norms.iter().zip(&want.grad_norms)) {
                let error = (got - want).abs() / want;
                assert!(error < 1e-4, "{}: {got} is not {want}", folder.display());
                worst_loss = worst_loss.max(error);
            }
            if decay_vectors {
                for info in model.layout.params.iter().filter(|info| !is_key_bias(&model, &info.name)) {
                    let error = Summary::of(&model.weights[info.range()]).deviation(&golden.after3[&info.name]);
                    assert!(error < 1e-3, "{}: {} is off by {error} after three steps", folder.display(), info.name);
                    worst_weight = worst_weight.max(error);
                }
            }
        }
    }
    record(&format!("three steps: losses and norms {worst_loss:.2e}, weights {worst_weight:.2e} of their norm"));
}

#[test]
fn greedy_text() {
    for folder in folders() {
        let (model, golden, _) = load(&folder);
        let Some(greedy) = golden.greedy else { continue };
        let mut ws = Workspace::for_inference(&model);
        let (mut cache, mut logits) = (KvCache::new(&model.config, 1), Vec::new());
        let best = |logits: &[f32]| (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap() as u32;
        prefill(&model, &mut cache, 0, &greedy.prompt, &mut logits, &mut ws);
        let mut ids = vec![best(&logits)];
        while ids.len() < greedy.new_tokens.len() {
            decode_step(&model, &mut cache, &[(0, *ids.last().unwrap())], &mut logits, &mut ws);
            ids.push(best(&logits));
        }
        assert_eq!(ids, greedy.new_tokens, "{}", folder.display());
    }
}

/// Shown by `cargo test -- --nocapture`.
#[expect(clippy::print_stderr, reason = "figures for whoever asks")]
fn record(line: &str) {
    eprintln!("{line}");
}
