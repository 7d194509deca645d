//! Partial training: low-rank additions and frozen layers against the candle twin, bit for bit across a resume, and as PEFT writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use lyceum::config::{Adapt, Projection};
use lyceum::formats::{load_folder, save_folder};
use lyceum::model::{Arch, Model, ModelConfig, Sequence, Workspace, backward, forward, score, twin};

fn config(arch: Arch) -> ModelConfig {
    let decoder = arch.is_causal();
    let json = serde_json::json!({
        "arch": arch, "vocab_size": 40, "d_model": 16, "n_layers": 2, "n_heads": 4,
        "n_kv_heads": if arch.has_rope() { 2 } else { 4 }, "head_dim": 4, "d_ff": 24, "max_len": 16, "norm_eps": 1e-5,
        "rope_theta": 10_000.0, "rope_scaling": null, "tie_embeddings": true, "n_token_types": if decoder { 0 } else { 2 },
        "bos_token_id": null, "eos_token_id": null, "pad_token_id": null,
    });
    serde_json::from_value(json).unwrap()
}

const ARCHS: [Arch; 4] = [Arch::Llama, Arch::Qwen2, Arch::Gpt2, Arch::Bert];

fn lora() -> Adapt {
    Adapt::Lora { rank: 3, alpha: 6.0, targets: Projection::ALL.to_vec() }
}

/// With additions that are not 0, and every norm and bias away from its start.
fn adapted(arch: Arch, adapt: &Adapt) -> Model {
    let mut model = Model::init(config(arch), 5).unwrap().adapt(adapt, 9);
    for (i, w) in model.weights.iter_mut().enumerate() {
        *w += 0.05 * (i as f32 * 0.7).sin();
    }
    model
}

fn sequence(arch: Arch) -> Sequence {
    let mut sequence = Sequence::causal(vec![3, 17, 8, 29, 5, 11, 30]);
    if arch == Arch::Bert {
        sequence.targets.truncate(3);
    }
    sequence
}

/// Log-probabilities of the targets and the gradient of their sum by the twin, parameter by parameter.
fn by_the_twin(model: &Model, sequence: &Sequence) -> (Vec<f32>, BTreeMap<String, Vec<f32>>) {
    let vars = twin::variables(model, DType::F32, &Device::Cpu).unwrap();
    let params = twin::with_lora(model, twin::tensors(&vars)).unwrap();
    let ids = Tensor::from_vec(sequence.ids.clone(), (1, sequence.ids.len()), &Device::Cpu).unwrap();
    let hidden = twin::hidden(&model.config, &params, &ids, None).unwrap().flatten(0, 1).unwrap();
    let rows: Vec<u32> = sequence.targets.iter().map(|t| t.pos).collect();
    let wanted: Vec<u32> = sequence.targets.iter().map(|t| t.id).collect();
    let n = rows.len();
    let hidden = hidden.index_select(&Tensor::from_vec(rows, n, &Device::Cpu).unwrap(), 0).unwrap();
    let logits = twin::logits(&model.config, &params, &hidden).unwrap();
    let (logprob, _) = twin::scores(&logits, &Tensor::from_vec(wanted, n, &Device::Cpu).unwrap()).unwrap();
    let grads = logprob.sum_all().unwrap().backward().unwrap();
    let flat = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let of = |name: &String| vars.get(name).and_then(|var| grads.get(var.as_tensor())).map(flat);
    let grads = vars.keys().filter_map(|name| Some((name.clone(), of(name)?))).collect();
    (flat(&logprob), grads)
}

fn by_hand(model: &Model, sequence: &Sequence) -> (Vec<f32>, Vec<f32>) {
    let mut ws = Workspace::new(model);
    let scores = forward(model, sequence, None, &mut ws);
    backward(model, sequence, &vec![1.0; scores.logprob.len()], &[], &mut ws);
    (scores.logprob, ws.grad.clone())
}

fn near(what: &str, a: &[f32], b: &[f32]) {
    assert_eq!(a.len(), b.len(), "{what}");
    let size = b.iter().fold(1e-3_f32, |m, x| m.max(x.abs()));
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() < 2e-4 * size, "{what}[{i}]: {a} against {b}");
    }
}

#[test]
fn outputs_and_gradients_are_the_twins() {
    let mut ways = vec![("all", lora()), ("last", Adapt::LastLayers { k: 1 }), ("head", Adapt::LastLayers { k: 0 })];
    for projection in Projection::ALL {
        ways.push((projection.name(), Adapt::Lora { rank: 2, alpha: 2.0, targets: vec![projection] }));
    }
    for arch in ARCHS {
        for (name, adapt) in &ways {
            let model = adapted(arch, adapt);
            let sequence = sequence(arch);
            let ((logprob, grad), (want, wanted)) = (by_hand(&model, &sequence), by_the_twin(&model, &sequence));
            near(&format!("{arch:?} {name}"), &logprob, &want);
            for info in &model.layout.params {
                let own = &grad[info.range()];
                if info.frozen {
                    assert!(own.iter().all(|g| *g == 0.0), "{arch:?} {name}: {} is frozen", info.name);
                } else if let Some(wanted) = wanted.get(&info.name) {
                    near(&format!("{arch:?} {name} {}", info.name), own, wanted);
                    let silent = info.name.ends_with("self.key.bias");
                    assert!(silent || own.iter().any(|g| *g != 0.0), "{arch:?} {name}: {} learns nothing", info.name);
                }
            }
        }
    }
}

#[test]
fn a_fresh_addition_changes_nothing_and_a_merged_one_says_the_same() {
    for arch in ARCHS {
        let plain = Model::init(config(arch), 5).unwrap();
        let sequence = sequence(arch);
        let said = |model: &Model| score(model, &sequence, &mut Workspace::new(model)).logprob;
        let fresh = plain.clone().adapt(&lora(), 1);
        assert!(fresh.layout.has_lora() && fresh.layout.n_live() < plain.layout.len);
        near("fresh", &said(&fresh), &said(&plain));
        let trained = adapted(arch, &lora());
        near("merged", &said(&trained.clone().merged()), &said(&trained));
        assert!(!trained.clone().merged().layout.has_lora());
    }
}

#[test]
fn an_adapter_survives_its_folder_to_the_bit() {
    for arch in ARCHS {
        let model =
            adapted(arch, &Adapt::Lora { rank: 3, alpha: 6.0, targets: vec![Projection::Q, Projection::O, Projection::Down] });
        let dir = tempfile::tempdir().unwrap();
        save_folder(&model, None, dir.path()).unwrap();
        let config: serde_json::Value =
            serde_json::from_slice(&std::fs::read(dir.path().join("adapter_config.json")).unwrap()).unwrap();
        assert_eq!((config["r"].as_u64(), config["lora_alpha"].as_f64()), (Some(3), Some(6.0)));
        let back = load_folder(dir.path()).unwrap().model;
        assert_eq!(back.layout, model.layout, "{arch:?}");
        assert!(back.weights.iter().zip(&model.weights).all(|(a, b)| a.to_bits() == b.to_bits()), "{arch:?}");
    }
}

#[test]
fn an_adapter_that_is_not_understood_is_refused() {
    let model = adapted(Arch::Llama, &lora());
    let dir = tempfile::tempdir().unwrap();
    save_folder(&model, None, dir.path()).unwrap();
    let path = dir.path().join("adapter_config.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to, says) in [
        ("\"use_dora\": false", "\"use_dora\": true", "use_dora"),
        ("\"LORA\"", "\"IA3\"", "another kind"),
        ("\"r\": 3", "\"r\": 4", "shape"),
        ("\"q_proj\",", "", "no place"),
    ] {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let error = load_folder(dir.path()).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(says), "{says}: {error}");
    }
}

#[test]
fn frozen_gradients_take_no_memory_of_their_own() {
    // Live stretches are what is summed, clipped and stepped: nothing of the embedding, which is most of a small model.
    let model = Arc::new(adapted(Arch::Llama, &lora()));
    let live = model.layout.live();
    let embed = model.layout.find("model.embed_tokens.weight").unwrap().range();
    assert!(live.iter().all(|range| range.end <= embed.start || embed.end <= range.start));
    assert_eq!(live.iter().map(ExactSizeIterator::len).sum::<usize>(), model.layout.n_live());
}
