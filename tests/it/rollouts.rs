//! Batched rollouts: their numbers are the model's own, and neither replicas nor pieces change a bit of them.

use std::sync::Arc;

use lyceum::engine::command::Sampling;
use lyceum::infer::{GenerateError, Rollout, RolloutConfig, Rollouts};
use lyceum::model::{Arch, Model, Sequence, Workspace, score};
use lyceum::train::{Backend, ReplicaPool, answer_logprobs};

use super::trunk::{config, model};

fn settings(stop: Vec<u32>) -> RolloutConfig {
    RolloutConfig { group: 12, max_tokens: 20, sampling: Sampling { seed: 5, ..Sampling::default() }, stop }
}

fn prompts() -> Vec<Vec<u32>> {
    vec![vec![1, 2, 3], vec![7; 11], vec![4, 50, 9, 9, 30]]
}

fn alone(model: &Model, settings: &RolloutConfig) -> Vec<Rollout> {
    let mut rollouts = Rollouts::new(&model.config, &prompts(), settings).unwrap();
    rollouts.advance(model, usize::MAX, &mut Workspace::for_inference(model));
    assert!(rollouts.is_done());
    rollouts.finish()
}

#[test]
fn what_is_recorded_of_a_token_is_the_models_own() {
    for arch in [Arch::Llama, Arch::Gpt2, Arch::Qwen2] {
        let model = model(config(arch));
        let mut settings = settings(vec![3, 8, 20]);
        settings.sampling = Sampling { temperature: 0.7, top_k: 10, top_p: 0.9, ..settings.sampling };
        let rollouts = alone(&model, &settings);
        assert_eq!(rollouts.iter().map(|r| r.prompt).collect::<Vec<_>>(), [[0; 12], [1; 12], [2; 12]].concat());
        assert_ne!(rollouts[0].ids, rollouts[1].ids, "the members of a group draw for themselves");
        for rollout in rollouts {
            let (prompt, answer) = rollout.ids.split_at(rollout.prompt_tokens);
            assert_eq!(prompt, prompts()[rollout.prompt]);
            assert!(!answer.is_empty() && (answer.len() == 20 || rollout.ended));
            assert_eq!(rollout.ended, settings.stop.contains(answer.last().unwrap()));
            assert!(!answer[..answer.len() - 1].iter().any(|id| settings.stop.contains(id)));
            let first = rollout.prompt_tokens - 1;
            let whole = score(&model, &Sequence::causal(rollout.ids.clone()), &mut Workspace::for_inference(&model));
            assert_eq!((answer.len(), answer.len()), (rollout.logprob.len(), rollout.entropy.len()));
            for (have, want) in [(&rollout.logprob, &whole.logprob[first..]), (&rollout.entropy, &whole.entropy[first..])] {
                assert!(have.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-4), "{have:?} {want:?}");
            }
        }
    }
}

#[test]
fn replicas_and_pieces_change_nothing() {
    let model = Arc::new(model(config(Arch::Llama)));
    let settings = settings(vec![3, 8]);
    let want = alone(&model, &settings);
    for (replicas, steps) in [(1, 1), (2, 3), (3, 7), (4, 100)] {
        let mut pool = ReplicaPool::new(replicas, 1, &model).unwrap();
        let mut rollouts = Rollouts::new(&model.config, &prompts(), &settings).unwrap();
        while !rollouts.is_done() {
            pool.rollout(&model, &mut rollouts, steps).unwrap();
        }
        assert_eq!(rollouts.finish(), want, "{replicas} replicas, {steps} steps");
    }
}

#[test]
fn prompts_without_room_are_refused() {
    let config = config(Arch::Llama);
    let refused = |ids| Rollouts::new(&config, &[vec![1], ids], &settings(Vec::new())).err();
    assert_eq!(refused(Vec::new()), Some(GenerateError::Empty));
    assert_eq!(refused(vec![1; 150]), Some(GenerateError::TooLong { tokens: 150, context: 150 }));
    assert_eq!(refused(vec![53]), Some(GenerateError::Vocabulary { id: 53, vocab_size: 53 }));
}

#[test]
fn answers_are_scored_as_they_were_drawn() {
    let model = Arc::new(model(config(Arch::Llama)));
    let rollouts = alone(&model, &settings(vec![3, 8]));
    let rows: Vec<(Vec<u32>, Vec<u32>)> =
        rollouts.iter().map(|r| (r.ids[..r.prompt_tokens].to_vec(), r.ids[r.prompt_tokens..].to_vec())).collect();
    let mut backend = Backend::Cpu(ReplicaPool::new(2, 1, &model).unwrap());
    let scored = answer_logprobs(&mut backend, &model, &rows).unwrap();
    assert_eq!(scored.len(), rollouts.len());
    for (scored, rollout) in scored.iter().zip(&rollouts) {
        assert_eq!(scored.tokens.len(), rollout.logprob.len());
        assert!(scored.tokens.iter().zip(&rollout.logprob).all(|(a, b)| (a - b).abs() < 1e-4));
        assert!((scored.sum - scored.tokens.iter().map(|x| f64::from(*x)).sum::<f64>()).abs() < 1e-6);
    }
}
