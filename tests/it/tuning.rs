//! Fine-tuning on labelled rows: it learns what pre-training did not, resumes to the same bits, and leaves no parameter untouched.

use lyceum::config::{Adapt, CorpusFacts, Dims, Objective, RowFacts, RunConfig, RunPlan, Tune, TuneTask};
use lyceum::model::{Head, Model, Sequence, Target};
use lyceum::train::{Rows, RunTrainer, TrainRow, label_targets};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

const VOCAB: usize = 64;

fn dims() -> Dims {
    Dims { n_layers: 2, d_model: 32, n_heads: 2, n_kv_heads: 2, d_ff: 64, context: 32, tie_embeddings: true }
}

fn config(objective: Objective, task: TuneTask) -> RunConfig {
    RunConfig {
        objective,
        dims: dims(),
        tune: Some(Tune { task, epochs: 0.0, ..Tune::default() }),
        steps: 120,
        batch_size: 8,
        lr: 3e-3,
        warmup_steps: 5,
        threads: 2,
        dropout: 0.05,
        ..RunConfig::default()
    }
}

/// The trunk that everything starts from, and the plan of a run over `rows`.
fn plan(config: &RunConfig, rows: &Rows, labels: usize) -> (RunPlan, Model) {
    let names: Vec<String> = (0..labels).map(|i| format!("label {i}")).collect();
    let base = CorpusFacts { train_tokens: 10_000, val_tokens: 500, vocab_size: VOCAB, mask: Some(2), ..CorpusFacts::default() };
    let bare = RunConfig { tune: None, ..config.clone() };
    let model = Model::init(bare.plan(&base, None).unwrap().model().clone(), 7).unwrap();
    let facts = CorpusFacts {
        rows: Some(RowFacts {
            train: rows.train.len() as u64,
            val: rows.val.len() as u64,
            labels: names,
            several: config.tune.as_ref().is_some_and(|tune| tune.task == TuneTask::Classes) && labels == 3,
            ..RowFacts::default()
        }),
        ..base
    };
    let plan = config.plan(&facts, Some(&model.config)).unwrap();
    let wanted = plan.model();
    let model = model.with_head(wanted.head, wanted.labels.clone(), wanted.several, 3).unwrap();
    (plan, model)
}

/// Rows whose answer is the first token, read backwards through the text: nothing of it stands in the order of tokens alone.
fn text_rows(n: usize, seed: u64) -> Vec<TrainRow> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let row = |i| {
        let length = random.random_range(3..12);
        let mut ids: Vec<u32> = (0..length).map(|_| random.random_range(8..VOCAB as u32)).collect();
        let first = ids[0];
        ids.extend([1, first, 3]);
        let mask: Vec<bool> = (0..ids.len()).map(|at| at > length).collect();
        TrainRow { row: i, sequence: Sequence::masked(&ids, &mask) }
    };
    (0..n as i64).map(row).collect()
}

/// Class 1 where a text holds token 9, else 0.
fn class_rows(n: usize, seed: u64) -> Vec<TrainRow> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let row = |i: i64| {
        let length = random.random_range(4..12);
        let mut ids: Vec<u32> = (0..length).map(|_| random.random_range(10..VOCAB as u32)).collect();
        let class = u32::from(random.random_bool(0.5));
        if class == 1 {
            let at = random.random_range(1..length);
            ids[at] = 9;
        }
        TrainRow { row: i, sequence: Sequence { targets: vec![Target { pos: 0, id: class }], ids } }
    };
    (0..n as i64).map(row).collect()
}

/// The last token of a decoder's row has seen the others.
fn at_the_end(mut rows: Vec<TrainRow>) -> Vec<TrainRow> {
    for row in &mut rows {
        let last = row.sequence.ids.len() as u32 - 1;
        row.sequence.targets.iter_mut().for_each(|target| target.pos = last);
    }
    rows
}

/// A token's tag is whether it is below 30.
fn tag_rows(n: usize, seed: u64) -> Vec<TrainRow> {
    let mut rows = class_rows(n, seed);
    for row in &mut rows {
        let tag = |(pos, id): (usize, &u32)| Target { pos: pos as u32, id: u32::from(*id < 30) };
        row.sequence.targets = row.sequence.ids.iter().enumerate().map(tag).collect();
    }
    rows
}

/// Each of three labels says whether a token of its third of the vocabulary comes first, second or third.
fn several_rows(n: usize, seed: u64) -> Vec<TrainRow> {
    let mut rows = class_rows(n, seed);
    for row in &mut rows {
        let labels: Vec<usize> = (0..3).filter(|&i| row.sequence.ids[i] < 37).collect();
        row.sequence.targets = label_targets(0, &labels, 3);
    }
    rows
}

/// The answer is the run of tokens from the one that is 9 to the one after it.
fn span_rows(n: usize, seed: u64) -> Vec<TrainRow> {
    let mut rows = class_rows(n, seed);
    for row in &mut rows {
        let start = row.sequence.ids.iter().position(|id| *id == 9).unwrap_or(0);
        let end = if start == 0 { 0 } else { (start + 1).min(row.sequence.ids.len() - 1) };
        let bits = |pos: usize| u32::from(pos == start) | u32::from(pos == end) << 1;
        row.sequence.targets = (0..row.sequence.ids.len()).map(|pos| Target { pos: pos as u32, id: bits(pos) }).collect();
    }
    rows
}

fn both(make: impl Fn(usize, u64) -> Vec<TrainRow>) -> Rows {
    Rows { train: make(400, 1), val: make(80, 2) }
}

struct Case {
    name: &'static str,
    config: RunConfig,
    rows: Rows,
    labels: usize,
}

fn cases() -> Vec<Case> {
    let case = |name, objective, task, rows, labels| Case { name, config: config(objective, task), rows, labels };
    vec![
        case("text", Objective::Causal, TuneTask::Text, both(text_rows), 0),
        case("classes, encoder", Objective::Masked, TuneTask::Classes, both(class_rows), 2),
        case("classes, decoder", Objective::Causal, TuneTask::Classes, both(|n, seed| at_the_end(class_rows(n, seed))), 2),
        case("several classes", Objective::Masked, TuneTask::Classes, both(several_rows), 3),
        case("tags", Objective::Masked, TuneTask::Tags, both(tag_rows), 2),
        case("spans", Objective::Masked, TuneTask::Spans, both(span_rows), 0),
        with("text, LoRA", case("", Objective::Causal, TuneTask::Text, both(text_rows), 0), Adapt::lora()),
        with("tags, LoRA", case("", Objective::Masked, TuneTask::Tags, both(tag_rows), 2), Adapt::lora()),
        with("tags, last layer", case("", Objective::Masked, TuneTask::Tags, both(tag_rows), 2), Adapt::LastLayers { k: 1 }),
        with("tags, head alone", case("", Objective::Masked, TuneTask::Tags, both(tag_rows), 2), Adapt::LastLayers { k: 0 }),
    ]
}

/// The same with few parameters that train; they take a higher rate.
fn with(name: &'static str, case: Case, adapt: Adapt) -> Case {
    let mut config = RunConfig { lr: 1e-2, ..case.config };
    config.tune.as_mut().unwrap().adapt = adapt;
    Case { name, config, ..case }
}

fn start(case: &Case) -> RunTrainer {
    let (plan, model) = plan(&case.config, &case.rows, case.labels);
    RunTrainer::new(plan, case.rows.clone(), Some(model)).unwrap()
}

#[test]
fn every_task_is_learnt_on_rows_that_were_not_seen() {
    for case in cases() {
        let mut trainer = start(&case);
        let before = trainer.evaluate().unwrap().loss;
        while !trainer.is_finished() {
            trainer.full_step().unwrap();
        }
        let after = trainer.evaluate().unwrap().loss;
        // Over a trunk of random weights that stays frozen there is little to learn.
        let share = if case.name.ends_with("LoRA") { 0.95 } else { 0.75 };
        assert!(after < share * before, "{}: validation loss {before} → {after}", case.name);
    }
}

#[test]
fn a_run_resumes_to_the_same_bits() {
    for case in cases() {
        let whole = {
            let mut trainer = start(&case);
            for _ in 0..8 {
                trainer.full_step().unwrap();
            }
            trainer.model().weights.clone()
        };
        let mut first = start(&case);
        for _ in 0..4 {
            first.full_step().unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        first.save(dir.path(), None).unwrap();
        let (plan, _) = plan(&case.config, &case.rows, case.labels);
        let mut second = RunTrainer::resume(plan, case.rows.clone(), dir.path()).unwrap();
        for _ in 0..4 {
            second.full_step().unwrap();
        }
        let same = whole.iter().zip(&second.model().weights).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{}", case.name);
    }
}

#[test]
fn every_parameter_is_moved() {
    for case in cases() {
        let mut trainer = start(&case);
        let before = std::sync::Arc::clone(trainer.model());
        for _ in 0..3 {
            trainer.full_step().unwrap();
        }
        let after = trainer.model();
        for info in &after.layout.params {
            if info.frozen {
                let same = before.weights[info.range()]
                    .iter()
                    .zip(&after.weights[info.range()])
                    .all(|(a, b)| a.to_bits() == b.to_bits());
                assert!(same, "{}: {} is frozen and moved", case.name, info.name);
                continue;
            }
            let moved =
                before.weights[info.range()].iter().zip(&after.weights[info.range()]).any(|(a, b)| a.to_bits() != b.to_bits());
            assert!(moved, "{}: {} stands still", case.name, info.name);
            assert!(after.weights[info.range()].iter().all(|w| w.is_finite()), "{}: {}", case.name, info.name);
        }
    }
}

#[test]
fn a_class_that_is_rare_weighs_as_much_when_balanced() {
    // One row in twenty is of class 1, and nothing tells which: the best guess is the share of each class, as it is weighed.
    let rows = |n: usize, _| -> Vec<TrainRow> {
        let row = |i: usize| {
            let target = Target { pos: 0, id: u32::from(i.is_multiple_of(20)) };
            TrainRow { row: i as i64, sequence: Sequence { ids: vec![9, 10, 11], targets: vec![target] } }
        };
        (0..n).map(row).collect()
    };
    let loss = |balance: bool| {
        let mut config = config(Objective::Masked, TuneTask::Classes);
        config.tune.as_mut().unwrap().balance = balance;
        // All rows in every step: the gradient has no noise.
        (config.dropout, config.batch_size) = (0.0, 400);
        let case = Case { name: "balance", config, rows: both(rows), labels: 2 };
        let mut trainer = start(&case);
        while !trainer.is_finished() {
            trainer.full_step().unwrap();
        }
        trainer.evaluate().unwrap().loss
    };
    let (plain, balanced) = (loss(false), loss(true));
    // Entropy of 1 in 20, and of a fair coin.
    assert!((plain - 0.1985).abs() < 0.06, "{plain}");
    assert!((balanced - std::f32::consts::LN_2).abs() < 0.06, "{balanced}");
}

#[test]
fn rows_that_cannot_train_are_refused_with_a_reason() {
    let refused = |change: &dyn Fn(&mut RunConfig, &mut RowFacts)| {
        let mut config = config(Objective::Causal, TuneTask::Text);
        let mut rows = RowFacts { train: 10, val: 2, ..RowFacts::default() };
        change(&mut config, &mut rows);
        let facts = CorpusFacts { vocab_size: VOCAB, mask: Some(2), rows: Some(rows), ..CorpusFacts::default() };
        let bare = RunConfig { tune: None, ..config.clone() };
        let corpus =
            CorpusFacts { train_tokens: 10_000, val_tokens: 500, vocab_size: VOCAB, mask: Some(2), ..CorpusFacts::default() };
        let model = bare.plan(&corpus, None).unwrap().model().clone();
        let errors = config.plan(&facts, Some(&model)).err().unwrap_or_default();
        errors.iter().map(|error| error.message.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(refused(&|_, _| ()), "");
    let check = |words: &str, change: &dyn Fn(&mut RunConfig, &mut RowFacts)| {
        let said = refused(change);
        assert!(said.contains(words), "{words}: {said}");
    };
    check("nothing would train", &|_, rows| {
        rows.train = 0;
        rows.left_out = vec!["3 rows not written by the chat template; row 1: nothing would train".to_owned()];
    });
    check("No row is left to validate on", &|_, rows| rows.val = 0);
    check("the same class (spam)", &|config, rows| {
        config.tune.as_mut().unwrap().task = TuneTask::Classes;
        rows.labels = vec!["spam".to_owned()];
    });
    check("mark some", &|config, _| config.tune.as_mut().unwrap().task = TuneTask::Tags);
    check("an encoder, which does not write", &|config, _| config.objective = Objective::Masked);
    check("Stopping early needs validations", &|config, _| {
        config.eval_every = 0;
        config.tune.as_mut().unwrap().patience = 2;
    });
}

#[test]
fn a_head_is_part_of_the_plan() {
    let rows = both(tag_rows);
    let (plan, model) = plan(&config(Objective::Masked, TuneTask::Tags), &rows, 5);
    assert_eq!(plan.model().head, Head::TokenClass { n: 5 });
    assert_eq!(model.config, *plan.model());
}
