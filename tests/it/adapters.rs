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

/// Adapters that PEFT made, where their folder is named: PEFT's own outputs, loss-free, from its own files.
#[test]
#[ignore = "needs adapters made by PEFT: name their folder in LYCEUM_PEFT and that of their base models in LYCEUM_PEFT_BASES"]
fn adapters_of_peft_say_what_peft_says() {
    let (adapters, bases) = (std::env::var("LYCEUM_PEFT").unwrap(), std::env::var("LYCEUM_PEFT_BASES").unwrap());
    for (adapter, base) in [("llama_r8_qv", "llama_untied"), ("gpt2_r8_cattn", "gpt2")] {
        let dir = std::path::Path::new(&adapters).join(adapter);
        let model = load_folder(&std::path::Path::new(&bases).join(base)).unwrap().model;
        let model = lyceum::formats::load_adapter(model, &dir).unwrap();
        let merged = load_folder(&dir.join("merged")).unwrap().model;
        let own = model.clone().merged();
        let gap = own.weights.iter().zip(&merged.weights).fold(0.0_f32, |m, (a, b)| m.max((a - b).abs()));
        let bytes = std::fs::read(dir.join("golden.safetensors")).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let whole = |name: &str| -> Vec<i64> {
            file.tensor(name).unwrap().data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap())).collect()
        };
        let floats = |name: &str| -> Vec<f32> {
            let tensor = file.tensor(name).unwrap();
            match tensor.dtype() {
                safetensors::Dtype::F64 => {
                    tensor.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap()) as f32).collect()
                }
                _ => tensor.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect(),
            }
        };
        let (ids, labels, mask, wanted) = (whole("input_ids"), whole("labels"), whole("attention_mask"), floats("logits"));
        let (t, vocab) = (file.tensor("input_ids").unwrap().shape()[1], model.config.vocab_size);
        let mut worst = 0.0_f32;
        let mut sequences = Vec::new();
        for row in 0..ids.len() / t {
            let n = mask[row * t..][..t].iter().filter(|m| **m != 0).count();
            let own: Vec<u32> = ids[row * t..][..n].iter().map(|id| *id as u32).collect();
            let logits = lyceum::model::logits_at(&model, &own, &(0..n).collect::<Vec<_>>(), &mut Workspace::new(&model));
            for (a, b) in logits.iter().zip(&wanted[row * t * vocab..]) {
                worst = worst.max((a - b).abs());
            }
            let target = |pos: usize| {
                let label = labels[row * t + pos + 1];
                (label >= 0).then_some(lyceum::model::Target { pos: pos as u32, id: label as u32 })
            };
            sequences.push(Sequence { targets: (0..n - 1).filter_map(target).collect(), ids: own });
        }
        let count: usize = sequences.iter().map(|s| s.targets.len()).sum();
        let mut ws = Workspace::new(&model);
        for sequence in &sequences {
            forward(&model, sequence, None, &mut ws);
            backward(&model, sequence, &vec![-1.0 / count as f32; sequence.targets.len()], &[], &mut ws);
        }
        let mut slope = 0.0_f32;
        for info in model.layout.additions() {
            let wanted = floats(&format!("grad.{}", info.name.replace(".weight", ".default.weight")));
            let size = wanted.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
            for (a, b) in ws.grad[info.range()].iter().zip(&wanted) {
                slope = slope.max((a - b).abs() / size);
            }
        }

        assert!(gap < 1e-5 && worst < 2e-4 && slope < 1e-4, "{adapter}: merged {gap}, logits {worst}, gradients {slope}");
    }
}
