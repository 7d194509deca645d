//! Heads of classes, answers and rewards: the CPU's values and gradients against the twin's and against transformers', losses through the
//! whole model, and dropout. `tests/goldens/make_heads.py` says how the numbers were made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use lyceum::formats::load_folder;
use lyceum::model::{
    Arch, Dropout, Head, Model, ModelConfig, Scores, Sequence, Target, Workspace, backward_group, forward_group, score_group,
    twin,
};
use lyceum::train::class_loss::{SPAN_END, SPAN_START, class_cross_entropy, label_targets, several_labels, span};
use lyceum::train::{Backend, Group, GroupLoss, LossFn, ReplicaPool, Twin};
use safetensors::SafeTensors;

pub const ARCHS: [Arch; 4] = [Arch::Llama, Arch::Gpt2, Arch::Qwen2, Arch::Bert];
/// With whether several classes may be true.
pub const HEADS: [(Head, bool); 5] = [
    (Head::SequenceClass { n: 3 }, false),
    (Head::SequenceClass { n: 5 }, true),
    (Head::TokenClass { n: 7 }, false),
    (Head::Span, false),
    (Head::Reward, false),
];

pub fn labels(head: Head) -> Vec<String> {
    (0..head.n_labels()).map(|i| format!("class {i}")).collect()
}

pub fn config(arch: Arch, head: Head, several: bool) -> ModelConfig {
    let rope = arch.has_rope();
    ModelConfig {
        arch,
        vocab_size: 53,
        d_model: 20,
        n_layers: 2,
        n_heads: 2,
        n_kv_heads: if rope { 1 } else { 2 },
        head_dim: 10,
        d_ff: 26,
        max_len: 40,
        norm_eps: 1e-5,
        rope_theta: 10_000.0,
        rope_scaling: None,
        tie_embeddings: true,
        n_token_types: if arch == Arch::Bert { 2 } else { 0 },
        bos_token_id: None,
        eos_token_id: None,
        pad_token_id: Some(0),
        head,
        labels: labels(head),
        several,
        value: false,
    }
}

/// Larger than fresh matrices, and no bias 0 or norm 1: every path matters.
pub fn model(config: ModelConfig) -> Model {
    let mut model = Model::init(config, 7).unwrap();
    for (i, w) in model.weights.iter_mut().enumerate() {
        *w += 0.3 * ((i as f32 * 0.7).sin() * 43_758.547).fract();
    }
    model
}

/// Texts of different lengths with targets that fit the head.
fn group(config: &ModelConfig) -> Group {
    let sequence = |salt: usize, n: usize| {
        let ids: Vec<u32> = (0..n).map(|i| 1 + ((i * i * 31 + i * 17 + salt * 7) % 52) as u32).collect();
        let pooled = config.pooled_position(&ids) as u32;
        let targets = match config.head {
            Head::Lm => Vec::new(),
            Head::SequenceClass { n } if config.several => label_targets(pooled, &[salt % n, (salt + 2) % n], n),
            Head::SequenceClass { n } => vec![Target { pos: pooled, id: (salt % n) as u32 }],
            Head::TokenClass { n: classes } => {
                (0..n).step_by(2).map(|i| Target { pos: i as u32, id: (i * salt % classes) as u32 }).collect()
            }
            Head::Span => {
                let mark = |i: u32| {
                    if i == 2 {
                        SPAN_START
                    } else if i == 4 {
                        SPAN_END
                    } else {
                        0
                    }
                };
                (0..n as u32).map(|pos| Target { pos, id: mark(pos) }).collect()
            }
            Head::Reward => vec![Target { pos: pooled, id: 0 }],
        };
        Sequence { ids, targets }
    };
    Group { sequences: vec![sequence(1, 9), sequence(2, 17), sequence(3, 13)], key: 5, ..Group::default() }
}

/// The first text is better than each other one.
fn better_first(_: &Group, scores: &[Scores]) -> GroupLoss {
    let reward = |s: &Scores| f64::from(s.outputs[0]);
    let mut out = GroupLoss { d_outputs: vec![vec![0.0]; scores.len()], ..GroupLoss::default() };
    for (i, other) in scores.iter().enumerate().skip(1) {
        let margin = reward(&scores[0]) - reward(other);
        out.loss += (1.0 + (-margin).exp()).ln();
        out.weight += 1.0;
        let slope = (1.0 / (1.0 + margin.exp())) as f32;
        out.d_outputs[0][0] -= slope;
        out.d_outputs[i][0] += slope;
    }
    out
}

/// What a head of this kind is trained with.
fn loss(config: &ModelConfig) -> LossFn {
    match config.head {
        Head::Lm => unreachable!("no classes"),
        Head::SequenceClass { .. } if config.several => Arc::new(|group, scores| several_labels(group, scores, &[])),
        Head::SequenceClass { .. } | Head::TokenClass { .. } => Arc::new(|g, s| class_cross_entropy(g, s, &[])),
        Head::Span => Arc::new(span),
        Head::Reward => Arc::new(better_first),
    }
}

fn largest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |m, x| if x > m || x.is_nan() { x } else { m })
}

fn slopes(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * 1.3).cos() - 0.2).collect()
}

fn flat(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap()
}

/// The twin in double precision: outputs of one sequence, and the gradients under `slopes`.
fn run_twin(model: &Model, seq: &Sequence) -> (Vec<f32>, BTreeMap<String, Vec<f32>>) {
    let device = Device::Cpu;
    let vars = twin::variables(model, DType::F64, &device).unwrap();
    let params = twin::tensors(&vars);
    let ids = Tensor::new(seq.ids.as_slice(), &device).unwrap().unsqueeze(0).unwrap();
    let all = twin::forward(&model.config, &params, &ids, None).unwrap().squeeze(0).unwrap();
    let rows = Tensor::new(seq.targets.iter().map(|t| t.pos).collect::<Vec<_>>(), &device).unwrap();
    let outputs = all.index_select(&rows, 0).unwrap();
    let d = Tensor::new(slopes(outputs.elem_count()), &device).unwrap().to_dtype(DType::F64).unwrap();
    let store = (outputs.flatten_all().unwrap() * d).unwrap().sum_all().unwrap().backward().unwrap();
    let grads =
        vars.iter().map(|(name, var)| (name.clone(), flat(store.get(var).unwrap_or_else(|| panic!("{name} has no gradient")))));
    (flat(&outputs), grads.collect())
}

#[test]
fn outputs_and_gradients_are_the_twins() {
    for arch in ARCHS {
        for (head, several) in HEADS {
            let model = model(config(arch, head, several));
            let seq = &group(&model.config).sequences[1];
            let (outputs, grads) = run_twin(&model, seq);
            let mut ws = Workspace::new(&model);
            let scores = forward_group(&model, &[seq], None, &mut ws);
            assert_eq!(scores.outputs.len(), seq.targets.len() * head.n_outputs());
            assert!(scores.logprob.is_empty() && scores.entropy.is_empty());
            assert!(largest(&scores.outputs, &outputs) < 2e-5, "outputs of {arch:?} {head:?}");
            assert_eq!(scores, score_group(&model, &[seq], &mut Workspace::for_inference(&model)), "scoring differs");
            backward_group(&model, &[], &[], &slopes(outputs.len()), &mut ws);
            for info in &model.layout.params {
                let (got, want) = (&ws.grad[info.range()], &grads[&info.name]);
                let size = want.iter().fold(0.0f32, |m, x| m.max(x.abs()));
                let error = largest(got, want);
                assert!(error < 1e-4 * size + 2e-5, "{} of {arch:?} {head:?}: off by {error} of {size}", info.name);
            }
        }
    }
}

/// What moves all that is compared alike, a comparison cancels: a shift of all keys (unless positions turn them), of all beginnings or
/// ends, of all rewards.
fn has_no_gradient(config: &ModelConfig, name: &str) -> bool {
    name == "qa_outputs.bias"
        || (config.head == Head::Reward && name == "classifier.bias")
        || (config.arch == Arch::Bert && name.ends_with("self.key.bias"))
}

#[test]
fn every_parameter_of_every_head_learns_from_its_loss() {
    for arch in ARCHS {
        for (head, several) in HEADS {
            let model = Arc::new(model(config(arch, head, several)));
            let loss = loss(&model.config);
            let mut pool = ReplicaPool::new(2, 1, &model).unwrap();
            let results = pool.accumulate(&model, vec![group(&model.config)], &loss, 0.1).unwrap();
            assert!(results[0].loss.is_finite() && results[0].loss > 0.0 && results[0].weight > 0.0);
            let grad = pool.take_gradient(&model.layout.live()).1;
            for info in &model.layout.params {
                let grad = &grad[info.range()];
                assert!(grad.iter().all(|x| x.is_finite()), "{}", info.name);
                if !has_no_gradient(&model.config, &info.name) {
                    let size = grad.iter().fold(0.0f32, |m, x| m.max(x.abs()));
                    assert!(size > 1e-5, "{} of {arch:?} {head:?} learns nothing", info.name);
                }
            }
        }
    }
}

#[test]
fn the_twin_backend_takes_the_pools_place() {
    for arch in ARCHS {
        for (head, several) in HEADS {
            let model = Arc::new(model(config(arch, head, several)));
            let (loss, groups) = (loss(&model.config), vec![group(&model.config); 3]);
            let mut cpu = Backend::Cpu(ReplicaPool::new(2, 1, &model).unwrap());
            let mut twin = Backend::Twin(Twin::new(Device::Cpu, &model));
            let of = |backend: &mut Backend| {
                let results = backend.accumulate(&model, groups.clone(), &loss, 0.0).unwrap();
                let outputs: Vec<f32> = results.iter().flat_map(|r| r.outputs.concat()).collect();
                let scores = backend.score(&model, groups[0].sequences.clone()).unwrap();
                let scored: Vec<f32> = scores.into_iter().flat_map(|s| s.outputs).collect();
                assert!(largest(&scored, &outputs[..scored.len()]) < 1e-5, "scores are the outputs of training");
                (results.iter().map(|r| r.loss).sum::<f64>(), outputs, backend.take_gradient(&model.layout.live()).1.to_vec())
            };
            let (got, want) = (of(&mut cpu), of(&mut twin));
            assert!((got.0 - want.0).abs() < 1e-4, "{arch:?} {head:?}: {} is not {}", got.0, want.0);
            assert!(largest(&got.1, &want.1) < 1e-4);
            let size = want.2.iter().fold(0.0f32, |m, x| m.max(x.abs()));
            assert!(largest(&got.2, &want.2) < 1e-4 * size + 1e-5, "{arch:?} {head:?}");
        }
    }
}

#[test]
fn dropout_has_the_gradient_of_its_own_mask() {
    for (arch, head) in [(Arch::Bert, Head::Reward), (Arch::Bert, Head::Span), (Arch::Llama, Head::Reward)] {
        let mut model = model(config(arch, head, false));
        let group = group(&model.config);
        let seqs: Vec<&Sequence> = group.sequences.iter().collect();
        let drop = Some(Dropout { p: 0.3, key: 11 });
        let mut ws = Workspace::new(&model);
        let mut loss = |model: &Model, drop| -> f64 {
            let outputs = forward_group(model, &seqs, drop, &mut ws).outputs;
            outputs.iter().zip(slopes(outputs.len())).map(|(s, d)| f64::from(*s) * f64::from(d)).sum()
        };
        assert!((loss(&model, None) - loss(&model, drop)).abs() > 1e-3, "dropout does something");
        let mut ws2 = Workspace::new(&model);
        let n = forward_group(&model, &seqs, drop, &mut ws2).outputs.len();
        backward_group(&model, &[], &[], &slopes(n), &mut ws2);
        // Along the gradient itself, the loss must rise by its squared norm.
        let norm2: f64 = ws2.grad.iter().map(|g| f64::from(*g).powi(2)).sum();
        let step = 1e-3 / norm2.sqrt();
        let start = model.weights.clone();
        let mut at = |sign: f64| {
            for ((w, start), g) in model.weights.iter_mut().zip(&start).zip(&ws2.grad) {
                *w = (f64::from(*start) + sign * step * f64::from(*g)) as f32;
            }
            loss(&model, drop)
        };
        let slope = (at(1.0) - at(-1.0)) / (2.0 * step);
        assert!((slope / norm2 - 1.0).abs() < 0.02, "{arch:?} {head:?}: {slope} is not {norm2}");
    }
}

/// `LYCEUM_HEAD_GOLDENS` may name another folder of such models.
fn folders() -> Vec<PathBuf> {
    let root = std::env::var_os("LYCEUM_HEAD_GOLDENS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/heads"), PathBuf::from);
    let mut folders: Vec<PathBuf> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("golden.safetensors").is_file());
    folders.sort();
    assert!(!folders.is_empty());
    folders
}

/// A tensor's numbers, whatever their type.
fn numbers(file: &SafeTensors<'_>, name: &str) -> Option<Vec<f64>> {
    let view = file.tensor(name).ok()?;
    let data = view.data();
    let eight = |convert: fn([u8; 8]) -> f64| data.chunks_exact(8).map(|b| convert(b.try_into().unwrap())).collect();
    Some(match view.dtype() {
        safetensors::Dtype::I64 => eight(|b| i64::from_le_bytes(b) as f64),
        safetensors::Dtype::F64 => eight(f64::from_le_bytes),
        safetensors::Dtype::F32 => data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect(),
        other => panic!("{name} is {other:?}"),
    })
}

/// The golden's rows without padding, with what its labels say.
fn golden_group(config: &ModelConfig, file: &SafeTensors<'_>) -> Group {
    let (ids, mask) = (numbers(file, "input_ids").unwrap(), numbers(file, "attention_mask").unwrap());
    let (n_rows, t) = (file.tensor("input_ids").unwrap().shape()[0], file.tensor("input_ids").unwrap().shape()[1]);
    let column = |name: &str| numbers(file, name).unwrap();
    let row = |i: usize| {
        let n = mask[i * t..][..t].iter().filter(|m| **m > 0.0).count();
        let ids: Vec<u32> = ids[i * t..][..n].iter().map(|id| *id as u32).collect();
        let pos = config.pooled_position(&ids) as u32;
        let targets = match config.head {
            Head::Lm => panic!("not a head of its own"),
            Head::SequenceClass { n } if config.several => {
                let labels = column("labels");
                label_targets(pos, &(0..n).filter(|j| labels[i * n + j] > 0.0).collect::<Vec<_>>(), n)
            }
            Head::SequenceClass { .. } => vec![Target { pos, id: column("labels")[i] as u32 }],
            Head::TokenClass { .. } => (column("labels")[i * t..][..n].iter().zip(0..))
                .filter(|(label, _)| **label >= 0.0)
                .map(|(label, pos)| Target { pos, id: *label as u32 })
                .collect(),
            Head::Span => {
                let (start, end) = (column("start_positions")[i] as u32, column("end_positions")[i] as u32);
                let mark = |pos| u32::from(pos == start) * SPAN_START + u32::from(pos == end) * SPAN_END;
                (0..n as u32).map(|pos| Target { pos, id: mark(pos) }).collect()
            }
            Head::Reward => vec![Target { pos, id: 0 }],
        };
        Sequence { ids, targets }
    };
    // A reward's loss compares the first two.
    let n_rows = if config.head == Head::Reward { n_rows.min(2) } else { n_rows };
    Group { sequences: (0..n_rows).map(row).collect(), key: 0, ..Group::default() }
}

/// What the golden's file calls a parameter.
fn golden_name(config: &ModelConfig, name: &str) -> String {
    let renamed = config.head == Head::Span && config.arch.has_rope();
    let name =
        name.strip_prefix("model.").filter(|_| renamed).map_or_else(|| name.to_owned(), |rest| format!("transformer.{rest}"));
    format!("grad.{name}")
}

#[test]
fn outputs_losses_and_gradients_are_transformers() {
    for folder in folders() {
        let name = folder.display();
        let bytes = std::fs::read(folder.join("golden.safetensors")).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let loaded = load_folder(&folder).unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new(), "{name}");
        let model = loaded.model;
        if model.config.head == Head::Lm {
            continue;
        }
        let group = golden_group(&model.config, &file);
        let seqs: Vec<&Sequence> = group.sequences.iter().collect();
        let mut ws = Workspace::new(&model);
        let scores = forward_group(&model, &seqs, None, &mut ws);
        let width = model.config.head.n_outputs();
        let rows = file.tensor("input_ids").unwrap().shape()[0];
        let want = numbers(&file, "logits").unwrap();
        let per_row = want.len() / rows;
        let mut outputs = scores.outputs.chunks_exact(width);
        let mut split = Vec::new();
        for (i, seq) in seqs.iter().enumerate() {
            let mut own = Vec::new();
            for target in &seq.targets {
                let got = outputs.next().unwrap();
                let first = i * per_row + if model.config.head.is_pooled() { 0 } else { target.pos as usize * width };
                for (got, want) in got.iter().zip(&want[first..][..width]) {
                    assert!((f64::from(*got) - want).abs() < 1e-5, "{name}: the output {got} is not {want}");
                }
                own.extend_from_slice(got);
            }
            split.push(Scores { outputs: own, ..Scores::default() });
        }
        let out = loss(&model.config)(&group, &split);
        if let Some(want) = numbers(&file, "loss") {
            assert!((out.loss / out.weight - want[0]).abs() < 1e-5, "{name}: {} is not {}", out.loss / out.weight, want[0]);
        }
        let d_outputs: Vec<f32> = out.d_outputs.concat().iter().map(|d| d / out.weight as f32).collect();
        backward_group(&model, &[], &[], &d_outputs, &mut ws);
        for info in &model.layout.params {
            let want =
                numbers(&file, &golden_name(&model.config, &info.name)).unwrap_or_else(|| panic!("{name}: no {}", info.name));
            let size = want.iter().fold(0.0f64, |m, x| m.max(x.abs()));
            let error = ws.grad[info.range()].iter().zip(&want).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(error < 1e-4 * size + 1e-6, "{name}: the gradient of {} is off by {error} of {size}", info.name);
        }
    }
}
