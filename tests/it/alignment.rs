//! Learning from votes and rewards: each trainer learns what it was not told, resumes to the same bits, and leaves no parameter untouched.

use std::sync::Arc;

use lyceum::config::{Algorithm, Align, CorpusFacts, Dims, Rl, RowFacts, RunConfig, RunPlan, Tune};
use lyceum::model::{Head, Model, Sequence};
use lyceum::train::{
    Answered, Extra, Item, Judged, Judgement, PreferenceLoss, Prompt, Prompts, RewardLoss, RunTrainer, TrainData,
};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const VOCAB: usize = 48;
/// Ends an answer.
const END: u32 = 3;
/// The token that is wanted in answers.
const WANTED: u32 = 9;

pub fn config(align: Align) -> RunConfig {
    // The values are learnt first.
    let steps = if align.has_values() { 120 } else { 60 };
    RunConfig {
        dims: Dims { n_layers: 2, d_model: 32, n_heads: 2, n_kv_heads: 2, d_ff: 64, context: 32, tie_embeddings: true },
        tune: Some(Tune { align: Some(align), epochs: 0.0, ..Tune::default() }),
        steps,
        batch_size: 8,
        lr: 2e-3,
        warmup_steps: 3,
        weight_decay: 0.0,
        threads: 2,
        ..RunConfig::default()
    }
}

pub fn plan(config: &RunConfig, n: usize) -> (RunPlan, Model) {
    let base = CorpusFacts { train_tokens: 10_000, val_tokens: 500, vocab_size: VOCAB, eos: Some(END), ..CorpusFacts::default() };
    let bare = RunConfig { tune: None, ..config.clone() };
    let model = Model::init(bare.plan(&base, None).unwrap().model().clone(), 7).unwrap();
    let facts = CorpusFacts { rows: Some(RowFacts { train: n as u64, val: 16, ..RowFacts::default() }), ..base };
    let plan = config.plan(&facts, Some(&model.config)).unwrap();
    let wanted = plan.model();
    let model = if wanted.head == Head::Lm { model } else { model.with_head(wanted.head, Vec::new(), false, 3).unwrap() };
    (plan, model)
}

/// A prompt of random tokens, with an answer that holds the wanted token and one that does not.
fn pair(random: &mut ChaCha8Rng) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let mut draw = |n: usize| -> Vec<u32> { (0..n).map(|_| random.random_range(10..VOCAB as u32)).collect() };
    let (prompt, mut good, mut bad) = (draw(4), draw(5), draw(5));
    good[2] = WANTED;
    good.push(END);
    bad.push(END);
    (prompt, good, bad)
}

fn masked(prompt: &[u32], answer: &[u32]) -> Sequence {
    let ids = [prompt, answer].concat();
    let mask: Vec<bool> = (0..ids.len()).map(|at| at >= prompt.len()).collect();
    Sequence::masked(&ids, &mask)
}

fn items(n: usize, seed: u64, of: impl Fn(&[u32], &[u32], &[u32], usize) -> Item) -> Vec<Item> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let one = |i| {
        let (prompt, good, bad) = pair(&mut random);
        of(&prompt, &good, &bad, i)
    };
    (0..n).map(one).collect()
}

fn pairs(n: usize, seed: u64) -> Vec<Item> {
    items(n, seed, |prompt, good, bad, i| Item {
        question: i as i64,
        sequences: vec![masked(prompt, good), masked(prompt, bad)],
        extras: vec![Extra::default(); 2],
    })
}

/// Three answers in a random order, one of them wanted.
fn rankings(n: usize, seed: u64) -> Vec<Item> {
    items(n, seed, |prompt, good, bad, i| {
        let rated = |answer: &[u32]| Sequence::rated([prompt, answer].concat());
        let ranked = |rank: f32| Extra { label: rank, ..Extra::default() };
        Item { question: i as i64, sequences: vec![rated(bad), rated(good)], extras: vec![ranked(2.0), ranked(1.0)] }
    })
}

fn single(n: usize, seed: u64) -> Vec<Item> {
    items(n, seed, |prompt, good, bad, i| {
        let wanted = i.is_multiple_of(2);
        let extra = Extra { label: f32::from(u8::from(wanted)), ..Extra::default() };
        Item { question: i as i64, sequences: vec![masked(prompt, if wanted { good } else { bad })], extras: vec![extra] }
    })
}

pub fn prompts() -> Prompts {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut side = |n: usize| -> Vec<Prompt> {
        (0..n).map(|i| Prompt { question: i as i64, ids: pair(&mut random).0, ..Prompt::default() }).collect()
    };
    Prompts { train: side(24), val: side(8), stop: vec![END] }
}

/// The share of wanted tokens in an answer.
pub fn judge(answers: &[Answered<'_>]) -> Vec<Judgement> {
    let share = |it: &Answered<'_>| it.answer.iter().filter(|id| **id == WANTED).count() as f64 / it.answer.len().max(1) as f64;
    answers.iter().map(|it| Judgement { total: share(it), parts: vec![("wanted".to_owned(), share(it))] }).collect()
}

/// What a trainer of this kind takes.
pub fn data(align: &Align, reference: &Model) -> TrainData {
    let reference = Arc::new(reference.clone());
    match align {
        Align::Reward { loss, .. } => {
            TrainData::Rankings { judged: Judged { train: rankings(96, 1), val: rankings(32, 2) }, loss: *loss }
        }
        Align::Prefer { loss } | Align::Live { loss, .. } => {
            let judged = if loss.is_paired() {
                Judged { train: pairs(96, 1), val: pairs(32, 2) }
            } else {
                Judged { train: single(96, 1), val: single(32, 2) }
            };
            TrainData::Preferences { judged, loss: *loss, reference: Some(reference) }
        }
        Align::Rl(rl) => {
            TrainData::Prompts { prompts: prompts(), rl: rl.clone(), reference, judge: Box::new(|answers| Ok(judge(answers))) }
        }
    }
}

fn rl(algorithm: Algorithm, inner_epochs: usize, minibatches: usize) -> Align {
    let rl = Rl { prompts: 4, group: 8, max_tokens: 8, missing_end: 0.0, ..Rl::default() }.with_algorithm(algorithm);
    Align::Rl(Box::new(Rl { inner_epochs, minibatches, ..rl }))
}

fn kinds() -> Vec<Align> {
    vec![
        Align::Reward { loss: RewardLoss::default(), criterion: None },
        Align::Prefer { loss: PreferenceLoss::default() },
        Align::Prefer { loss: PreferenceLoss::Ipo { beta: 0.1, average: true } },
        Align::Prefer { loss: PreferenceLoss::Kto { beta: 0.1, desirable_weight: 1.0, undesirable_weight: 1.0 } },
        Align::Prefer { loss: PreferenceLoss::Orpo { lambda: 0.5 } },
        Align::Prefer { loss: PreferenceLoss::SimPo { beta: 2.0, gamma: 1.0 } },
        rl(Algorithm::Grpo, 1, 1),
        rl(Algorithm::Grpo, 2, 2),
        rl(Algorithm::Rloo, 1, 1),
        rl(Algorithm::Ppo, 2, 1),
        rl(Algorithm::Ppo, 2, 2),
    ]
}

fn trainer(align: &Align) -> RunTrainer {
    let (plan, model) = plan(&config(align.clone()), 96);
    RunTrainer::new(plan, data(align, &model), Some(model)).unwrap()
}

fn stat(trainer: &RunTrainer, name: &str) -> f64 {
    trainer.eval_stats().iter().find(|(known, _)| *known == name).map_or(f64::NAN, |(_, value)| *value)
}

#[test]
fn what_people_want_is_learnt_on_answers_that_were_not_seen() {
    for align in kinds() {
        let mut trainer = trainer(&align);
        trainer.evaluate().unwrap();
        let before = (stat(&trainer, "accuracy"), stat(&trainer, "reward"));
        for _ in 0..config(align.clone()).steps {
            assert_eq!(trainer.full_step().unwrap().alarm, None, "{align:?}");
        }
        trainer.evaluate().unwrap();
        if let Align::Rl(_) = align {
            let (after, wins) = (stat(&trainer, "reward"), stat(&trainer, "win_rate"));
            assert!(after > before.1 + 0.1 && wins > 0.7, "{align:?}: reward {} to {after}, wins {wins}", before.1);
        } else {
            let after = stat(&trainer, "accuracy") / stat(&trainer, "decided");
            assert!(after > 0.7, "{align:?}: {} to {after}", before.0);
        }
    }
}

#[test]
fn every_parameter_is_moved() {
    for align in kinds() {
        let mut trainer = trainer(&align);
        let before = trainer.model().weights.clone();
        for _ in 0..4 {
            trainer.full_step().unwrap();
        }
        let model = trainer.model();
        for param in &model.layout.params {
            let range = param.offset..param.offset + param.len();
            assert!(model.weights[range.clone()] != before[range], "{align:?}: {} stood still", param.name);
            assert!(model.weights.iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn a_run_resumes_to_the_same_bits() {
    for align in kinds() {
        let mut whole = trainer(&align);
        let mut half = trainer(&align);
        for _ in 0..3 {
            whole.full_step().unwrap();
            half.full_step().unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        half.save(dir.path(), None).unwrap();
        let (plan, start) = plan(&config(align.clone()), 96);
        let mut resumed = RunTrainer::resume(plan, data(&align, &start), dir.path()).unwrap();
        for _ in 0..4 {
            whole.full_step().unwrap();
            resumed.full_step().unwrap();
        }
        assert!(whole.model().weights == resumed.model().weights, "{align:?}");
    }
}

#[test]
fn a_click_is_taken_back_to_the_same_bits_and_replayed_to_the_same() {
    let align = Align::Live { loss: PreferenceLoss::default(), steps: 3, replay: 4 };
    let mut run = trainer(&align);
    let prefer = run.prefer_mut().unwrap();
    prefer.truncate(0);
    let clicks = pairs(3, 11);
    let click = |prefer: &mut lyceum::train::Prefer, item: &Item| {
        let place = prefer.push(vec![item.clone()]);
        let before = prefer.logprobs(place.clone()).unwrap()[0];
        for _ in 0..3 {
            prefer.step_on(&place.clone().collect::<Vec<_>>()).unwrap();
        }
        (before, prefer.logprobs(place).unwrap()[0])
    };
    let (before, after) = click(prefer, &clicks[0]);
    assert!(after.0 - after.1 > before.0 - before.1, "the better answer gains: {before:?} {after:?}");
    let kept = prefer.learner.snapshot();
    let bits = prefer.learner.model().weights.clone();
    click(prefer, &clicks[1]);
    let second = prefer.learner.model().weights.clone();
    assert!(bits != second);
    prefer.learner.restore(&kept);
    prefer.truncate(1);
    assert!(prefer.learner.model().weights == bits, "taken back");
    click(prefer, &clicks[1]);
    assert!(prefer.learner.model().weights == second, "done again");
    // The same clicks in a fresh run.
    let mut other = trainer(&align);
    let other = other.prefer_mut().unwrap();
    other.truncate(0);
    click(other, &clicks[0]);
    click(other, &clicks[1]);
    assert!(other.learner.model().weights == second, "replayed");
}
