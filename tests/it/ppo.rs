//! PPO: the value head against the twin and against differences, its files, its first step, its steered β, and the alarms of a policy.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor};
use lyceum::config::{Algorithm, Align, Ppo, Rl};
use lyceum::formats::{load_folder, save_folder};
use lyceum::model::{Arch, Head, Model, ModelConfig, Sequence, Workspace, backward_group, forward_group, twin};
use lyceum::train::{Answered, Backend, Group, Judgement, PpoLoss, RunTrainer, TrainData, TrainError, Twin, stat};

use crate::alignment::{config, data, judge, plan, prompts};
use crate::heads::{config as small, model as rough};

const DECODERS: [Arch; 3] = [Arch::Llama, Arch::Gpt2, Arch::Qwen2];

/// Weights in the value head, too.
fn valued(arch: Arch) -> Model {
    rough(ModelConfig { value: true, ..small(arch, Head::Lm, false) })
}

fn sequence() -> Sequence {
    let ids: Vec<u32> = (0..14).map(|i| 1 + (i * i * 7 + i * 3) % 52).collect();
    Sequence::masked(&ids, &(0..14).map(|i| i >= 5).collect::<Vec<_>>())
}

fn slope(i: usize) -> f32 {
    (i as f32 * 1.3).cos() - 0.2
}

#[test]
fn values_and_their_gradients_are_the_twins() {
    for arch in DECODERS {
        let (model, seq) = (valued(arch), sequence());
        let n = seq.targets.len();
        let slopes: Vec<f32> = (0..n).map(slope).collect();
        let mut ws = Workspace::new(&model);
        let scores = forward_group(&model, &[&seq], None, &mut ws);
        assert_eq!((scores.logprob.len(), scores.outputs.len()), (n, n));
        backward_group(&model, &vec![0.5; n], &[], &slopes, &mut ws);

        let device = Device::Cpu;
        let vars = twin::variables(&model, DType::F64, &device).unwrap();
        let params = twin::tensors(&vars);
        let ids = Tensor::new(seq.ids.as_slice(), &device).unwrap().unsqueeze(0).unwrap();
        let hidden = twin::hidden(&model.config, &params, &ids, None).unwrap().squeeze(0).unwrap();
        let rows = Tensor::new(seq.targets.iter().map(|t| t.pos).collect::<Vec<_>>(), &device).unwrap();
        let hidden = hidden.index_select(&rows, 0).unwrap();
        let values = twin::values(&model.config, &params, &hidden).unwrap().flatten_all().unwrap();
        let wanted = Tensor::new(seq.targets.iter().map(|t| t.id).collect::<Vec<_>>(), &device).unwrap();
        let logits = twin::logits(&model.config, &params, &hidden).unwrap();
        let (logprob, _) = twin::scores(&logits, &wanted).unwrap();
        for (got, want) in scores.outputs.iter().zip(values.to_vec1::<f64>().unwrap()) {
            assert!((f64::from(*got) - want).abs() < 2e-5, "{arch:?}: {got} {want}");
        }
        let d = Tensor::new(slopes.as_slice(), &device).unwrap().to_dtype(DType::F64).unwrap();
        let total = ((values * d).unwrap().sum_all().unwrap() + (logprob.sum_all().unwrap() * 0.5).unwrap()).unwrap();
        let store = total.backward().unwrap();
        for info in &model.layout.params {
            let want = store.get(&vars[&info.name]).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
            let size = want.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            for (got, want) in ws.grad[info.range()].iter().zip(want) {
                assert!((f64::from(*got) - want).abs() < 1e-4 * size + 2e-5, "{} of {arch:?}", info.name);
            }
        }
    }
}

/// A weighted sum of log-probabilities and values, as the loss would slope them.
fn total(model: &Model, seq: &Sequence) -> f64 {
    let scores = forward_group(model, &[seq], None, &mut Workspace::new(model));
    let values = scores.outputs.iter().enumerate().map(|(i, v)| f64::from(slope(i) * v));
    values.sum::<f64>() + 0.5 * scores.logprob.iter().map(|lp| f64::from(*lp)).sum::<f64>()
}

#[test]
fn the_value_heads_gradient_is_that_of_differences() {
    let (model, seq) = (valued(Arch::Llama), sequence());
    let slopes: Vec<f32> = (0..seq.targets.len()).map(slope).collect();
    let mut ws = Workspace::new(&model);
    forward_group(&model, &[&seq], None, &mut ws);
    backward_group(&model, &vec![0.5; slopes.len()], &[], &slopes, &mut ws);
    for info in &model.layout.params {
        // Along the gradient itself, where the slope is its length.
        let grad = ws.grad[info.range()].to_vec();
        let length = grad.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        let step = 2e-2 / length.max(1.0);
        let moved = |sign: f64| {
            let mut other = model.clone();
            for (w, g) in other.weights[info.range()].iter_mut().zip(&grad) {
                *w += (sign * step * f64::from(*g) / length) as f32;
            }
            total(&other, &seq)
        };
        let measured = (moved(1.0) - moved(-1.0)) / (2.0 * step);
        assert!((measured / length - 1.0).abs() < 0.02, "{}: {measured} for {length}", info.name);
    }
}

#[test]
fn the_twin_trains_values_as_the_replicas_do() {
    let model = Arc::new(valued(Arch::Llama));
    let seq = sequence();
    let n = seq.targets.len();
    let numbers = |salt: f32| (0..n).map(|i| ((i as f32 + salt) * 1.7).sin()).collect::<Vec<f32>>();
    let extra = lyceum::train::Extra {
        advantages: numbers(1.0),
        returns: numbers(2.0),
        values: numbers(3.0),
        ..lyceum::train::Extra::default()
    };
    let group = Group { sequences: vec![seq], extras: vec![extra], ..Group::default() };
    let loss = PpoLoss { value_clip: 5.0, ..PpoLoss::default() }.loss_fn();
    let mut cpu = Backend::Cpu(lyceum::train::ReplicaPool::new(2, 1, &model).unwrap());
    let mut twin = Backend::Twin(Twin::new(Device::Cpu, &model));
    let live = model.layout.live();
    let mut gradients = Vec::new();
    for backend in [&mut cpu, &mut twin] {
        let results = backend.accumulate(&model, vec![group.clone()], &loss, 0.0).unwrap();
        gradients.push((results[0].loss, backend.take_gradient(&live).1.to_vec()));
    }
    assert!((gradients[0].0 - gradients[1].0).abs() < 1e-4);
    let size = gradients[0].1.iter().fold(0.0_f32, |m, x| m.max(x.abs()));
    assert!(gradients[0].1.iter().zip(&gradients[1].1).all(|(a, b)| (a - b).abs() < 1e-4 * size + 1e-5));
}

#[test]
fn a_value_head_stands_beside_a_model_that_stays_plain() {
    let model = valued(Arch::Llama);
    let dir = tempfile::tempdir().unwrap();
    save_folder(&model, None, dir.path()).unwrap();
    let bytes = std::fs::read(dir.path().join("model.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert!(file.names().iter().all(|name| !name.contains("v_head")), "{:?}", file.names());
    let found = load_folder(dir.path()).unwrap();
    assert!(found.warnings.is_empty() && found.model.config.value && found.model.weights == model.weights);

    let plain = found.model.with_value(false);
    let other = tempfile::tempdir().unwrap();
    save_folder(&plain, None, other.path()).unwrap();
    for name in ["config.json", "model.safetensors"] {
        let read = |dir: &tempfile::TempDir| std::fs::read(dir.path().join(name)).unwrap();
        assert!(read(&dir) == read(&other), "{name}");
    }
    assert!(!other.path().join("value_head.safetensors").exists());
    let again = load_folder(other.path()).unwrap().model;
    assert!(!again.config.value);
    let fresh = again.with_value(true);
    assert_eq!(fresh.param("v_head.summary.weight").unwrap().iter().filter(|w| **w != 0.0).count(), 0);
    assert!(fresh.weights.starts_with(&plain.weights));
}

fn ppo(change: impl FnOnce(&mut Rl)) -> Align {
    let rl = Rl { prompts: 4, group: 8, max_tokens: 8, missing_end: 0.0, ..Rl::default() };
    let mut rl = rl.with_algorithm(Algorithm::Ppo);
    change(&mut rl);
    Align::Rl(Box::new(rl))
}

fn trainer(align: &Align, lr: f64) -> RunTrainer {
    let (plan, model) = plan(&lyceum::config::RunConfig { lr, ..config(align.clone()) }, 96);
    RunTrainer::new(plan, data(align, &model), Some(model)).unwrap()
}

/// Judged by the prompt alone, whatever is answered: what a value head can foresee in full.
fn by_prompt(answers: &[Answered<'_>]) -> Vec<Judgement> {
    let total = |it: &Answered<'_>| if it.prompt.question % 2 == 0 { 1.0 } else { -1.0 };
    answers.iter().map(|it| Judgement { total: total(it), parts: Vec::new() }).collect()
}

fn trainer_of_prompts(align: &Align, lr: f64) -> RunTrainer {
    let (plan, model) = plan(&lyceum::config::RunConfig { lr, ..config(align.clone()) }, 96);
    let Align::Rl(rl) = align else { unreachable!() };
    let reference = Arc::new(model.clone());
    let mut prompts = prompts();
    // Those of one round: each is seen again in the next.
    prompts.train.truncate(4);
    let data = TrainData::Prompts { prompts, rl: rl.clone(), reference, judge: Box::new(|all| Ok(by_prompt(all))) };
    RunTrainer::new(plan, data, Some(model)).unwrap()
}

fn value(stats: &[(&'static str, f64)], name: &str) -> f64 {
    stats.iter().find(|(known, _)| *known == name).map_or(f64::NAN, |(_, value)| *value)
}

#[test]
fn the_first_step_of_a_round_begins_where_the_round_was_drawn() {
    for minibatches in [1, 3] {
        let align = ppo(|rl| rl.minibatches = minibatches);
        let mut trainer = trainer_of_prompts(&align, 2e-3);
        let first = trainer.full_step().unwrap();
        let (ratio, clipped) = (value(&first.stats, stat::RATIO), value(&first.stats, stat::CLIP_FRACTION));
        assert!((ratio - 1.0).abs() < 1e-5 && clipped == 0.0, "{:?}", first.stats);
        assert!(value(&first.stats, stat::VALUE_CLIP_FRACTION) == 0.0);
        assert!(value(&first.stats, stat::KL).abs() < 1e-3, "it is its own reference yet");
        assert!(value(&first.stats, stat::VALUE_LOSS) > 0.0);
        assert!((value(&first.stats, stat::KL_COEF) - 0.05).abs() < 1e-9);
        // Later steps of the same round are off the policy that drew it, and say so.
        let second = trainer.full_step().unwrap();
        assert!(value(&second.stats, stat::KL_OLD) > 0.0 && value(&second.stats, stat::REWARD).is_nan());
        // A round's answers are each learnt from once an epoch.
        let (round, _) = trainer.round().unwrap();
        assert_eq!((round.samples.len(), round.steps), (32, 4 * minibatches));
    }
}

#[test]
fn values_come_to_foresee_the_rewards() {
    // The policy is held where it is, so that nothing but values is learnt.
    let align = ppo(|rl| {
        (rl.ppo.value_coef, rl.ppo.value_clip, rl.ppo.lambda) = (1.0, 10.0, 1.0);
        (rl.beta, rl.clip) = (0.0, 1e-3);
    });
    let mut trainer = trainer_of_prompts(&align, 5e-3);
    let mut foreseen = Vec::new();
    for _ in 0..120 {
        let report = trainer.full_step().unwrap();
        foreseen.extend(report.stats.iter().filter(|(name, _)| *name == stat::EXPLAINED).map(|(_, x)| *x));
    }
    let late = foreseen.iter().rev().take(5).sum::<f64>() / 5.0;
    assert!(foreseen[0].abs() < 1e-3 && late > 0.3, "{foreseen:?}");
}

#[test]
fn beta_is_steered_and_resumes_where_it_was() {
    let align = ppo(|rl| rl.ppo = Ppo { target_kl: Some(0.01), horizon: 50.0, ..Ppo::default() });
    let mut whole = trainer(&align, 2e-3);
    let mut betas = Vec::new();
    let mut half = trainer(&align, 2e-3);
    for _ in 0..10 {
        half.full_step().unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    half.save(dir.path(), None).unwrap();
    let (plan, model) = plan(&lyceum::config::RunConfig { lr: 2e-3, ..config(align.clone()) }, 96);
    let mut resumed = RunTrainer::resume(plan, data(&align, &model), dir.path()).unwrap();
    for step in 0..20 {
        let report = whole.full_step().unwrap();
        betas.extend(report.stats.iter().filter(|(name, _)| *name == stat::KL_COEF).map(|(_, x)| *x));
        if step >= 10 {
            resumed.full_step().unwrap();
        }
    }
    assert!(betas.windows(2).skip(1).all(|pair| pair[1] > pair[0]), "the drift is beyond its target: {betas:?}");
    assert!(whole.model().weights == resumed.model().weights);
}

#[test]
fn a_reward_that_is_no_number_pauses_and_changes_nothing() {
    for algorithm in [Algorithm::Ppo, Algorithm::Grpo] {
        let align = ppo(|rl| *rl = rl.clone().with_algorithm(algorithm));
        let Align::Rl(rl) = &align else { unreachable!() };
        let (plan, model) = plan(&config(align.clone()), 96);
        let broken = Rc::new(Cell::new(false));
        let seen = Rc::clone(&broken);
        let judge = move |answers: &[Answered<'_>]| {
            let mut all = judge(answers);
            if seen.get() {
                all[3] = Judgement { total: f64::NAN, parts: vec![("mood".to_owned(), f64::NAN)] };
            }
            Ok(all)
        };
        let data =
            TrainData::Prompts { prompts: prompts(), rl: rl.clone(), reference: Arc::new(model.clone()), judge: Box::new(judge) };
        let mut trainer = RunTrainer::new(plan, data, Some(model)).unwrap();
        while trainer.round().unwrap().0.number == 0 || !trainer.round().unwrap().0.is_spent() {
            trainer.micro_step().unwrap();
        }
        let before = trainer.model().weights.clone();
        broken.set(true);
        let why = loop {
            match trainer.micro_step() {
                Ok(report) => assert!(report.is_none()),
                Err(TrainError::Alarm { why }) => break why,
                Err(other) => panic!("{other}"),
            }
        };
        assert!(why.contains("“mood”") && why.contains("no finite number"), "{why}");
        assert!(trainer.model().weights == before);
        broken.set(false);
        trainer.full_step().unwrap();
        assert!(trainer.model().weights != before, "the judge was mended: it goes on");
    }
}

#[test]
fn a_policy_that_collapses_or_runs_away_says_so() {
    let collapse = |change: &dyn Fn(&mut Rl)| {
        let align = ppo(|rl| {
            (rl.beta, rl.most_kl, rl.least_entropy) = (0.0, 0.0, 0.0);
            change(rl);
        });
        let mut trainer = trainer(&align, 2e-2);
        (0..120).find_map(|_| trainer.full_step().unwrap().alarm)
    };
    let said = collapse(&|rl| rl.least_entropy = 0.6).expect("it says one thing only");
    assert!(said.contains("collapsed") && said.contains("entropy") && said.contains("rewind"), "{said}");
    let said = collapse(&|rl| rl.most_kl = 5.0).expect("it ran away");
    assert!(said.contains("drifted") && said.contains("rewind"), "{said}");
}
