//! The hand-written trunk against its candle twin: values, and the gradient of every parameter, for every architecture.

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use lyceum::model::{
    Arch, Dropout, Head, KvCache, Model, ModelConfig, RopeScaling, Sequence, Target, Workspace, backward, backward_group,
    decode_step, forward, forward_group, logits_at, prefill, score, twin,
};

/// An awkward shape: nothing is a multiple of a vector.
pub fn config(arch: Arch) -> ModelConfig {
    let rope = arch.has_rope();
    ModelConfig {
        arch,
        vocab_size: 53,
        d_model: 36,
        n_layers: 3,
        n_heads: 6,
        n_kv_heads: if rope { 2 } else { 6 },
        head_dim: 6,
        d_ff: 50,
        max_len: 150,
        norm_eps: 1e-5,
        rope_theta: 10_000.0,
        rope_scaling: None,
        tie_embeddings: true,
        n_token_types: if arch == Arch::Bert { 2 } else { 0 },
        bos_token_id: None,
        eos_token_id: None,
        pad_token_id: None,
        head: Head::Lm,
        labels: Vec::new(),
        several: false,
        value: false,
    }
}

fn all_configs() -> Vec<ModelConfig> {
    let mut configs: Vec<ModelConfig> = [Arch::Llama, Arch::Gpt2, Arch::Qwen2, Arch::Bert].into_iter().map(config).collect();
    configs.extend(configs.clone().into_iter().map(|c| ModelConfig { tie_embeddings: false, ..c }));
    let scaling = RopeScaling { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_max_len: 32 };
    configs.push(ModelConfig { rope_scaling: Some(scaling), ..config(Arch::Llama) });
    // Heads that do not add up to the width.
    configs.push(ModelConfig { head_dim: 10, ..config(Arch::Llama) });
    configs
}

/// Larger than fresh matrices, and no bias 0 or norm 1: every path matters.
pub fn model(config: ModelConfig) -> Model {
    let mut model = Model::init(config, 7).unwrap();
    for (i, w) in model.weights.iter_mut().enumerate() {
        *w += 0.12 * ((i as f32 * 0.7).sin() * 43_758.547).fract();
    }
    model
}

fn ids(n: usize, vocab: usize, salt: usize) -> Vec<u32> {
    (0..n).map(|i| ((i * i * 31 + i * 17 + salt * 7 + 3) % vocab) as u32).collect()
}

/// Causal: the next token, some left out; masked: some positions, one of them twice.
fn sequence(config: &ModelConfig, n: usize, salt: usize) -> Sequence {
    let ids = ids(n, config.vocab_size, salt);
    let mut seq = Sequence::causal(ids);
    if config.arch.is_causal() {
        seq.targets.retain(|target| target.pos % 5 != 2);
    } else {
        seq.targets = (0..n)
            .step_by(4)
            .chain([4 % n])
            .map(|pos| Target { pos: pos as u32, id: (pos * 3 % config.vocab_size) as u32 })
            .collect();
    }
    seq
}

/// Slopes of a loss with respect to each score.
fn slopes(n: usize) -> (Vec<f32>, Vec<f32>) {
    ((0..n).map(|i| (i as f32 * 1.3).cos() - 1.2).collect(), (0..n).map(|i| 0.3 * (i as f32 * 0.9).sin()).collect())
}

struct TwinRun {
    logprob: Vec<f32>,
    entropy: Vec<f32>,
    grads: BTreeMap<String, Vec<f32>>,
}

/// The twin in double precision.
fn run_twin(model: &Model, seq: &Sequence) -> TwinRun {
    let device = Device::Cpu;
    let vars = twin::variables(model, DType::F64, &device).unwrap();
    let params = twin::tensors(&vars);
    let ids = Tensor::new(seq.ids.as_slice(), &device).unwrap().unsqueeze(0).unwrap();
    let hidden = twin::hidden(&model.config, &params, &ids, None).unwrap().squeeze(0).unwrap();
    let rows = Tensor::new(seq.targets.iter().map(|t| t.pos).collect::<Vec<_>>(), &device).unwrap();
    let logits = twin::logits(&model.config, &params, &hidden.index_select(&rows, 0).unwrap()).unwrap();
    let targets = Tensor::new(seq.targets.iter().map(|t| t.id).collect::<Vec<_>>(), &device).unwrap();
    let (logprob, entropy) = twin::scores(&logits, &targets).unwrap();
    let (d_logprob, d_entropy) = slopes(seq.targets.len());
    let weigh = |x: &Tensor, d: Vec<f32>| {
        let d = Tensor::new(d, &device).unwrap().to_dtype(DType::F64).unwrap();
        (x * d).unwrap().sum_all().unwrap()
    };
    let loss = (weigh(&logprob, d_logprob) + weigh(&entropy, d_entropy)).unwrap();
    let store = loss.backward().unwrap();
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_dtype(DType::F32).unwrap().to_vec1::<f32>().unwrap();
    let grads = vars
        .iter()
        .map(|(name, var)| (name.clone(), flat(store.get(var).unwrap_or_else(|| panic!("{name} has no gradient")))))
        .collect();
    TwinRun { logprob: flat(&logprob), entropy: flat(&entropy), grads }
}

fn largest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, |m, x| if x > m || x.is_nan() { x } else { m })
}

/// A shift of all keys moves every score of a query alike, and softmax cancels it, unless positions turn the keys.
fn has_no_gradient(config: &ModelConfig, name: &str) -> bool {
    config.arch == Arch::Bert && name.ends_with("self.key.bias")
}

#[test]
fn values_and_gradients_are_the_twins() {
    for config in all_configs() {
        let model = model(config);
        let seq = sequence(&model.config, 75, 1);
        let want = run_twin(&model, &seq);
        let mut ws = Workspace::new(&model);
        let scores = forward(&model, &seq, None, &mut ws);
        assert!(largest(&scores.logprob, &want.logprob) < 2e-4, "log-probabilities of {:?}", model.config);
        assert!(largest(&scores.entropy, &want.entropy) < 2e-4, "entropies of {:?}", model.config);
        assert_eq!(scores, score(&model, &seq, &mut Workspace::for_inference(&model)), "scoring differs from training");
        let (d_logprob, d_entropy) = slopes(seq.targets.len());
        backward(&model, &seq, &d_logprob, &d_entropy, &mut ws);
        for info in &model.layout.params {
            let (got, want) = (&ws.grad[info.range()], &want.grads[&info.name]);
            let size = want.iter().fold(0.0f32, |m, x| m.max(x.abs()));
            if has_no_gradient(&model.config, &info.name) {
                assert!(size < 1e-6);
                continue;
            }
            assert!(got.iter().all(|x| x.is_finite()) && size > 1e-4, "{} of {:?} learns nothing", info.name, model.config);
            let error = largest(got, want);
            assert!(error < 1e-4 * size + 2e-5, "{} of {:?}: off by {error} of {size}", info.name, model.config);
        }
    }
}

#[test]
fn a_group_is_the_sum_of_its_sequences() {
    for arch in [Arch::Llama, Arch::Gpt2, Arch::Bert] {
        let model = model(config(arch));
        let seqs = [
            sequence(&model.config, 9, 1),
            sequence(&model.config, 70, 2),
            sequence(&model.config, 1, 3),
            sequence(&model.config, 33, 4),
        ];
        let mut one = Workspace::new(&model);
        let (mut logprob, mut all_slopes) = (Vec::new(), Vec::new());
        for seq in &seqs {
            let scores = forward(&model, seq, None, &mut one);
            let (d_logprob, _) = slopes(scores.logprob.len());
            backward(&model, seq, &d_logprob, &[], &mut one);
            logprob.extend(scores.logprob);
            all_slopes.extend(d_logprob);
        }
        let mut group = Workspace::new(&model);
        let scores = forward_group(&model, &seqs.iter().collect::<Vec<_>>(), None, &mut group);
        backward_group(&model, &all_slopes, &[], &[], &mut group);
        assert!(largest(&scores.logprob, &logprob) < 1e-4);
        let size = one.grad.iter().fold(0.0f32, |m, x| m.max(x.abs()));
        assert!(largest(&group.grad, &one.grad) < 1e-5 * size);
    }
}

#[test]
fn a_large_vocabulary_is_worked_off_in_chunks() {
    // Together the logits are more than are kept, so that the backward makes them again; one by one they are kept.
    let config = ModelConfig {
        vocab_size: 150_000,
        d_model: 4,
        n_heads: 2,
        n_kv_heads: 1,
        head_dim: 2,
        n_layers: 1,
        ..config(Arch::Llama)
    };
    let model = Model::init(config, 7).unwrap();
    let seqs = [sequence(&model.config, 50, 1), sequence(&model.config, 40, 2)];
    let (mut one, mut both) = (Workspace::new(&model), Workspace::new(&model));
    let (mut logprob, mut all_slopes, mut all_entropy_slopes) = (Vec::new(), Vec::new(), Vec::new());
    for seq in &seqs {
        let scores = forward(&model, seq, None, &mut one);
        let (d_logprob, d_entropy) = slopes(scores.logprob.len());
        backward(&model, seq, &d_logprob, &d_entropy, &mut one);
        logprob.extend(scores.logprob);
        all_slopes.extend(d_logprob);
        all_entropy_slopes.extend(d_entropy);
    }
    both.threads = 2;
    let scores = forward_group(&model, &seqs.iter().collect::<Vec<_>>(), None, &mut both);
    backward_group(&model, &all_slopes, &all_entropy_slopes, &[], &mut both);
    assert!(largest(&scores.logprob, &logprob) < 1e-5);
    let size = one.grad.iter().fold(0.0f32, |m, x| m.max(x.abs()));
    assert!(largest(&both.grad, &one.grad) < 1e-5 * size);
    assert!(both.bytes() < 4 * (model.layout.len + 13_000_000), "logits of one chunk only");
}

#[test]
fn a_workspace_leaves_no_trace_of_the_pass_before() {
    let model = model(config(Arch::Llama));
    let (long, short) = (sequence(&model.config, 90, 1), sequence(&model.config, 11, 2));
    let run = |ws: &mut Workspace, seq: &Sequence| {
        let scores = forward(&model, seq, Some(Dropout { p: 0.2, key: 5 }), ws);
        let (d_logprob, d_entropy) = slopes(scores.logprob.len());
        backward(&model, seq, &d_logprob, &d_entropy, ws);
        scores
    };
    let mut used = Workspace::new(&model);
    run(&mut used, &long);
    used.grad.fill(0.0);
    let mut fresh = Workspace::new(&model);
    assert_eq!(run(&mut used, &short), run(&mut fresh, &short));
    assert_eq!(used.grad, fresh.grad, "the same bits");
}

#[test]
fn dropout_has_the_gradient_of_its_own_mask() {
    for arch in [Arch::Llama, Arch::Gpt2, Arch::Bert] {
        let mut model = model(config(arch));
        let seq = sequence(&model.config, 20, 1);
        let drop = Some(Dropout { p: 0.3, key: 11 });
        let mut ws = Workspace::new(&model);
        let (d_logprob, _) = slopes(seq.targets.len());
        let mut loss = |model: &Model, drop| -> f64 {
            let scores = forward(model, &seq, drop, &mut ws);
            scores.logprob.iter().zip(&d_logprob).map(|(s, d)| f64::from(*s) * f64::from(*d)).sum()
        };
        let plain = loss(&model, None);
        let dropped = loss(&model, drop);
        assert!((plain - dropped).abs() > 1e-3, "dropout does something");
        let mut ws2 = Workspace::new(&model);
        forward(&model, &seq, drop, &mut ws2);
        backward(&model, &seq, &d_logprob, &[], &mut ws2);
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
        assert!((slope / norm2 - 1.0).abs() < 0.02, "{arch:?}: {slope} is not {norm2}");
    }
}

#[test]
fn decoding_gives_the_logits_of_the_whole() {
    for config in all_configs().into_iter().filter(|c| c.arch.is_causal()) {
        let model = model(config);
        let v = model.config.vocab_size;
        let mut ws = Workspace::for_inference(&model);
        let texts = [ids(20, v, 1), ids(31, v, 2), ids(9, v, 3)];
        let whole: Vec<Vec<f32>> =
            texts.iter().map(|ids| logits_at(&model, ids, &(0..ids.len()).collect::<Vec<_>>(), &mut ws)).collect();
        let mut cache = KvCache::new(&model.config, 3);
        let mut logits = Vec::new();
        for (i, ids) in texts.iter().enumerate() {
            prefill(&model, &mut cache, i, &ids[..4 + i], &mut logits, &mut ws);
            assert!(largest(&logits, &whole[i][(3 + i) * v..(4 + i) * v]) < 1e-4);
        }
        // Together, as long as each lasts.
        for step in 0..40 {
            let rows: Vec<(usize, u32)> = (0..3).filter_map(|i| Some((i, *texts[i].get(4 + i + step)?))).collect();
            if rows.is_empty() {
                break;
            }
            decode_step(&model, &mut cache, &rows, &mut logits, &mut ws);
            for ((i, _), logits) in rows.iter().zip(logits.chunks(v)) {
                let at = 4 + i + step;
                assert!(largest(logits, &whole[*i][at * v..(at + 1) * v]) < 1e-4, "sequence {i}, token {at}");
            }
        }
        // Go back, then on with several tokens at once.
        cache.truncate(1, 10);
        assert_eq!(cache.len(1), 10);
        prefill(&model, &mut cache, 1, &texts[1][10..25], &mut logits, &mut ws);
        assert!(largest(&logits, &whole[1][24 * v..25 * v]) < 1e-4);
    }
}

#[test]
fn an_untrained_model_knows_nothing() {
    for arch in [Arch::Llama, Arch::Gpt2, Arch::Bert] {
        let model = Model::init(config(arch), 3).unwrap();
        let scores = forward(&model, &sequence(&model.config, 60, 1), None, &mut Workspace::new(&model));
        let loss = -scores.logprob.iter().sum::<f32>() / scores.logprob.len() as f32;
        assert!((loss - 53f32.ln()).abs() < 0.1, "{loss}");
    }
}

#[test]
fn configurations_are_checked() {
    let ok = config(Arch::Llama);
    assert_eq!(ok.check(), Ok(()));
    assert_eq!(ok.n_params(), Model::init(ok.clone(), 1).unwrap().layout.len as u64);
    let bert = config(Arch::Bert);
    assert_eq!(bert.n_params(), Model::init(bert.clone(), 1).unwrap().layout.len as u64);
    for bad in [
        ModelConfig { n_layers: 0, ..ok.clone() },
        ModelConfig { n_kv_heads: 4, ..ok.clone() },
        ModelConfig { head_dim: 5, ..ok.clone() },
        ModelConfig { head_dim: 5, ..bert.clone() },
        ModelConfig { n_kv_heads: 3, ..bert.clone() },
        ModelConfig { d_model: 37, ..bert },
        ModelConfig { vocab_size: usize::MAX, ..ok.clone() },
        ModelConfig { n_layers: usize::MAX, ..ok.clone() },
        ModelConfig { norm_eps: f64::NAN, ..ok.clone() },
        ModelConfig { rope_theta: 0.0, ..ok },
    ] {
        assert!(bad.check().is_err(), "{bad:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_weights() {
    let init = |seed| Model::init(config(Arch::Llama), seed).unwrap().weights;
    assert_eq!(init(1), init(1));
    assert!(init(1) != init(2));
}
