//! Sampling against transformers' own processors, and draws against the probabilities that they should have.

#![expect(clippy::float_cmp, reason = "minus infinity is exact")]

use lyceum::engine::command::Sampling;
use lyceum::infer::sampling::{filter, sample};
use rand::SeedableRng as _;
use serde_json::Value;

/// Neither penalty nor filter.
const PLAIN: Sampling = Sampling { repetition_penalty: 1.0, temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 0 };

fn golden() -> Value {
    serde_json::from_str(include_str!("../goldens/sampling.json")).unwrap()
}

fn floats(row: &Value) -> Vec<f32> {
    // null stands for −∞.
    row.as_array().unwrap().iter().map(|x| x.as_f64().map_or(f32::NEG_INFINITY, |x| x as f32)).collect()
}

fn check(name: &str, sampling: &Sampling) {
    let golden = golden();
    let rows = golden["logits"].as_array().unwrap().iter().zip(golden["input_ids"].as_array().unwrap());
    for ((logits, ids), want) in rows.zip(golden["out"][name].as_array().unwrap()) {
        let seen: Vec<u32> = ids.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect();
        let mut got = floats(logits);
        filter(&mut got, &seen, sampling);
        for (got, want) in got.iter().zip(floats(want)) {
            assert!(*got == want || (got - want).abs() < 1e-5, "{name}: {got} where {want} was expected");
        }
    }
}

#[test]
fn agrees_with_transformers() {
    check("temperature_0.7", &Sampling { temperature: 0.7, ..PLAIN });
    check("top_k_5", &Sampling { top_k: 5, ..PLAIN });
    check("top_p_0.8", &Sampling { top_p: 0.8, ..PLAIN });
    check("min_p_0.1", &Sampling { min_p: 0.1, ..PLAIN });
    check("repetition_penalty_1.3", &Sampling { repetition_penalty: 1.3, ..PLAIN });
}

#[test]
fn draws_have_their_probabilities() {
    let golden = golden();
    let sampling = Sampling { temperature: 0.8, top_k: 8, top_p: 0.9, ..PLAIN };
    let logits = floats(&golden["logits"][1]);
    let want = floats(&golden["out"]["temp0.8_topk8_topp0.9_probs"][1]);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let mut counts = vec![0_u32; logits.len()];
    for _ in 0..20_000 {
        counts[sample(&mut logits.clone(), &[], &sampling, &mut rng) as usize] += 1;
    }
    for (count, p) in counts.iter().zip(want) {
        assert!((*count as f32 / 20_000.0 - p.max(0.0)).abs() < 0.015, "{count} of 20000 for {p}");
    }
}

#[test]
fn no_temperature_takes_the_likeliest() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    let greedy = Sampling { temperature: 0.0, repetition_penalty: 3.0, ..PLAIN };
    assert_eq!(sample(&mut [0.1, 2.0, 1.9], &[], &greedy, &mut rng), 1);
    assert_eq!(sample(&mut [0.1, 2.0, 1.9], &[1], &greedy, &mut rng), 2);
}

#[test]
fn broken_logits_are_survived() {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    for sampling in [PLAIN, Sampling { top_k: 2, top_p: 0.5, min_p: 0.2, ..PLAIN }, Sampling { temperature: 0.0, ..PLAIN }] {
        assert!(sample(&mut [f32::NAN; 4], &[], &sampling, &mut rng) < 4);
        assert!(sample(&mut [f32::NEG_INFINITY, f32::NAN], &[], &sampling, &mut rng) < 2);
        assert_eq!(sample(&mut [f32::NAN, 1.0, f32::NEG_INFINITY], &[], &sampling, &mut rng), 1);
    }
}

#[test]
fn a_large_vocabulary_keeps_as_many_as_it_needs() {
    // Flat: the nucleus is larger than what is sorted first.
    let mut logits: Vec<f32> = (0..5000).map(|i| (i % 7) as f32 * 1e-3).collect();
    filter(&mut logits, &[], &Sampling { top_p: 0.5, ..PLAIN });
    let kept = logits.iter().filter(|l| l.is_finite()).count();
    assert!((2490..=2510).contains(&kept), "{kept}");
}
