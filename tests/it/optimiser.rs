//! Replicas, clipping and AdamW together, against torch's AdamW on the goldens' models: losses and gradient norms of three steps.

use std::path::Path;
use std::sync::Arc;

use lyceum::formats::load_folder;
use lyceum::model::{Model, Sequence, Target};
use lyceum::train::{AdamW, Backend, Group, Hyper, LossFn, ReplicaPool, Twin, clip_scale, cross_entropy};
use serde_json::Value;

fn numbers<T>(value: &Value, convert: impl Fn(&Value) -> T) -> Vec<T> {
    value.as_array().unwrap().iter().map(convert).collect()
}

/// Rows without their padding, and what is trained in them.
fn groups(golden: &Value, causal: bool) -> Vec<Group> {
    let rows = ["input_ids", "attention_mask", "labels"].map(|key| golden[key].as_array().unwrap());
    let rows = rows[0].iter().zip(rows[1]).zip(rows[2]);
    let sequence = |((ids, mask), labels): ((&Value, &Value), &Value)| {
        let len = numbers(mask, |m| m.as_u64().unwrap()).iter().filter(|m| **m == 1).count();
        let ids = numbers(ids, |id| id.as_u64().unwrap() as u32)[..len].to_vec();
        let labels = numbers(labels, |label| label.as_i64().unwrap());
        // A causal label is predicted one place before.
        let trained = labels.iter().enumerate().take(len).skip(usize::from(causal)).filter(|(_, label)| **label >= 0);
        let targets = trained.map(|(i, label)| Target { pos: i as u32 - u32::from(causal), id: *label as u32 }).collect();
        Group { sequences: vec![Sequence { ids, targets }], key: 0, ..Group::default() }
    };
    rows.map(sequence).collect()
}

/// Mean loss, and norm of the mean gradient before clipping, of each step; the last loss is after the last step.
fn three_steps(model: Model, groups: &[Group], pool: &mut ReplicaPool) -> (Vec<f64>, Vec<f64>) {
    let hyper = Hyper { lr: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0.1 };
    let loss: LossFn = Arc::new(cross_entropy);
    let mut adam = AdamW::new(&model.layout);
    let mut model = Arc::new(model);
    let (mut losses, mut norms) = (Vec::new(), Vec::new());
    for step in 0..4 {
        let results = pool.accumulate(&model, groups.to_vec(), &loss, 0.0).unwrap();
        let weight: f64 = results.iter().map(|r| r.weight).sum();
        losses.push(results.iter().map(|r| r.loss).sum::<f64>() / weight);
        let (squares, grad) = pool.take_gradient(&model.layout.live());
        if step == 3 {
            grad.fill(0.0);
            break;
        }
        let norm = squares.sqrt() / weight;
        norms.push(norm);
        let weights = &mut Arc::get_mut(&mut model).unwrap().weights;
        adam.update(weights, grad, (clip_scale(norm, 1.0) / weight) as f32, &hyper, 2);
    }
    (losses, norms)
}

#[test]
fn three_steps_are_torchs() {
    for name in ["llama_tied", "llama3_rope", "qwen2", "gpt2", "bert_mlm"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models").join(name);
        let golden: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("golden.json")).unwrap()).unwrap();
        let model = load_folder(&folder).unwrap().model;
        let groups = groups(&golden, model.config.arch.is_causal());
        let want = &golden["adamw_nodecay1d_clip1"];
        let mut pool = ReplicaPool::new(2, 1, &model).unwrap();
        let (losses, norms) = three_steps(model, &groups, &mut pool);
        for (got, key) in [(losses, "losses"), (norms, "grad_norms")] {
            for (got, want) in got.iter().zip(numbers(&want[key], |x| x.as_f64().unwrap())) {
                assert!((got - want).abs() < 2e-4 * want.max(1.0), "{name}: {key} {got} against {want}");
            }
        }
    }
}

#[test]
fn a_panic_in_a_replica_is_an_error_and_the_pool_lives_on() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models/llama_tied");
    let model = Arc::new(load_folder(&folder).unwrap().model);
    let mut pool = ReplicaPool::new(2, 1, &model).unwrap();
    let broken: LossFn = Arc::new(|group, scores| {
        assert!(group.key != 1, "a panic that a test asked for");
        cross_entropy(group, scores)
    });
    let groups: Vec<Group> =
        (0..4).map(|key| Group { sequences: vec![Sequence::causal(vec![1, 2, 3, 4])], key, ..Group::default() }).collect();
    let error = pool.accumulate(&model, groups.clone(), &broken, 0.0).unwrap_err().to_string();
    assert!(error.contains("a panic that a test asked for"), "{error}");
    // No half of the failed batch is left in the gradient.
    assert!(pool.take_gradient(&model.layout.live()).0 == 0.0);
    let loss: LossFn = Arc::new(cross_entropy);
    assert_eq!(pool.accumulate(&model, groups, &loss, 0.0).unwrap().len(), 4);
    assert!(pool.take_gradient(&model.layout.live()).0 > 0.0);
}

#[test]
fn groups_of_several_sequences_are_split_and_joined() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models/llama_tied");
    let model = Arc::new(load_folder(&folder).unwrap().model);
    let loss: LossFn = Arc::new(cross_entropy);
    let sequences: Vec<Sequence> = (3..7).map(|n| Sequence::causal((0..n).map(|i| i * 7 % 300).collect())).collect();
    let mut sums = Vec::new();
    for size in [1, 2, 4] {
        let mut pool = ReplicaPool::new(2, 1, &model).unwrap();
        let groups = sequences.chunks(size).map(|part| Group { sequences: part.to_vec(), key: 0, ..Group::default() }).collect();
        let results = pool.accumulate(&model, groups, &loss, 0.0).unwrap();
        let lens: Vec<usize> = results.iter().flat_map(|r| r.logprob.iter().map(Vec::len)).collect();
        assert_eq!(lens, [2, 3, 4, 5]);
        sums.push((results.iter().map(|r| r.loss).sum::<f64>(), pool.take_gradient(&model.layout.live()).0));
    }
    for (loss, squares) in &sums {
        assert!((loss - sums[0].0).abs() < 1e-3 && (squares / sums[0].1 - 1.0).abs() < 1e-4, "{sums:?}");
    }
}

#[test]
fn the_twin_takes_the_trunks_place() {
    for name in ["llama_tied", "bert_mlm"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models").join(name);
        let model = Arc::new(load_folder(&folder).unwrap().model);
        // A loss with both kinds of derivative, over sequences of different lengths in groups of two.
        let loss: LossFn = Arc::new(|group, scores| {
            let mut out = cross_entropy(group, scores);
            out.d_entropy = scores.iter().map(|s| vec![0.3; s.entropy.len()]).collect();
            out
        });
        let sequence = |n: u32| {
            let ids: Vec<u32> = (0..n).map(|i| (i * 37 + n) % 300).collect();
            let targets = (0..n - 1).step_by(2).map(|pos| Target { pos, id: (pos * 11 + 5) % 300 }).collect();
            Sequence { ids, targets }
        };
        let groups: Vec<Group> = [(5, 9), (9, 5), (7, 12)]
            .map(|(a, b)| Group { sequences: vec![sequence(a), sequence(b)], key: 0, ..Group::default() })
            .into();
        let mut cpu = Backend::Cpu(ReplicaPool::new(2, 1, &model).unwrap());
        let mut twin = Backend::Twin(Twin::new(candle_core::Device::Cpu, &model));
        let a = cpu.accumulate(&model, groups.clone(), &loss, 0.0).unwrap();
        let b = twin.accumulate(&model, groups, &loss, 0.0).unwrap();
        for (a, b) in a.iter().zip(&b) {
            assert_eq!(a.group.sequences, b.group.sequences);
            assert!((a.loss - b.loss).abs() < 1e-3, "{} {}", a.loss, b.loss);
        }
        let ((squares, grad), (_, other)) = (cpu.take_gradient(&model.layout.live()), twin.take_gradient(&model.layout.live()));
        let scale = (squares / grad.len() as f64).sqrt() as f32;
        for (a, b) in grad.iter().zip(other.iter()) {
            assert!((a - b).abs() < 1e-3 * (scale + a.abs()), "{name}: {a} {b}");
        }
    }
}
