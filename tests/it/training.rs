//! Trainers from the outside: same seed same bits, resumed runs, knobs, alarm, gradients everywhere, and that they learn.

#![expect(clippy::float_cmp, reason = "the same bits are asked for")]

use std::path::Path;

use lyceum::config::{CorpusFacts, Dims, Objective, RunConfig, RunPlan};
use lyceum::data::{Corpus, DocumentWriter, Documents, corpus};
use lyceum::engine::command::{Knob, TokenizerKind, TokenizerSpec};
use lyceum::tokenizer::Tokenizer;
use lyceum::train::{Preflight, RunTrainer, WhatFits};
use rand::{Rng as _, SeedableRng as _};

/// A tiny language with an order that a model can learn: "the red cat sees a small dog ."
fn grammar(documents: usize) -> Vec<String> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(11);
    let mut pick = |words: &[&str]| words[rng.random_range(0..words.len())].to_owned();
    let mut phrase = || {
        let parts = [pick(&["the", "a"]), pick(&["red", "small", "old"]), pick(&["cat", "dog", "bird", "fish"])];
        parts.join(" ")
    };
    let mut text = Vec::new();
    for i in 0..documents {
        let sentences: Vec<String> = (0..3).map(|_| format!("{} sees {} .", phrase(), phrase())).collect();
        text.push(format!("{i} {}", sentences.join(" ")));
    }
    text
}

/// A tokenised corpus of that language.
pub struct World {
    pub dir: tempfile::TempDir,
    pub tokenizer: Tokenizer,
}

impl World {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let docs = dir.path().join("docs");
        std::fs::create_dir(&docs).unwrap();
        let mut writer = DocumentWriter::create(&docs).unwrap();
        let texts = grammar(400);
        for text in &texts {
            writer.push(text).unwrap();
            writer.end().unwrap();
        }
        writer.finish().unwrap();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let spec = TokenizerSpec { kind: TokenizerKind::Chars, vocab_size: 64 };
        let mut quiet = lyceum::data::quiet;
        let tokenizer = Tokenizer::train_on(spec, &texts, &mut quiet).unwrap().tokenizer;
        tokenizer.save(&dir.path().join("tokenizer.json")).unwrap();
        let documents = Documents::open(&docs).unwrap();
        corpus::build(&documents, &tokenizer, 0.1, 1, &dir.path().join("corpus"), &mut quiet).unwrap();
        Self { dir, tokenizer }
    }

    pub fn corpus(&self) -> Corpus {
        Corpus::open(&self.dir.path().join("corpus")).unwrap()
    }

    pub fn facts(&self) -> CorpusFacts {
        CorpusFacts::of(self.corpus().meta(), self.tokenizer.special())
    }

    pub fn plan(&self, config: &RunConfig) -> RunPlan {
        config.plan(&self.facts(), None).unwrap()
    }

    pub fn start(&self, config: &RunConfig) -> RunTrainer {
        RunTrainer::new(self.plan(config), self.corpus(), None).unwrap()
    }
}

/// Small enough for a test, with everything on that has to survive a resume.
pub fn config(objective: Objective) -> RunConfig {
    RunConfig {
        objective,
        dims: Dims { n_layers: 2, d_model: 32, n_heads: 2, n_kv_heads: 2, d_ff: 64, context: 32, tie_embeddings: true },
        steps: 8,
        batch_size: 5,
        grad_accum: 2,
        lr: 3e-3,
        warmup_steps: 2,
        dropout: 0.1,
        threads: 2,
        eval_sequences: 6,
        seed: 7,
        ..RunConfig::default()
    }
}

fn bits(trainer: &RunTrainer) -> Vec<u32> {
    trainer.model().weights.iter().map(|w| w.to_bits()).collect()
}

pub fn run(trainer: &mut RunTrainer, steps: u64) -> Vec<f32> {
    (0..steps).map(|_| trainer.full_step().unwrap().point.loss).collect()
}

fn save(trainer: &RunTrainer, dir: &Path) {
    std::fs::create_dir(dir).unwrap();
    trainer.save(dir, None).unwrap();
}

const BOTH: [Objective; 2] = [Objective::Causal, Objective::Masked];

#[test]
fn a_resumed_run_ends_in_the_same_bits() {
    let world = World::new();
    for objective in BOTH {
        let config = config(objective);
        let mut whole = world.start(&config);
        let losses = run(&mut whole, 8);
        let eval = whole.evaluate().unwrap();

        let mut first = world.start(&config);
        assert_eq!(run(&mut first, 3), losses[..3]);
        first.set_knob(Knob::Lr(config.lr));
        // A checkpoint in the middle of a step holds the last finished one.
        assert_eq!(first.micro_step().unwrap(), None);
        let dir = world.dir.path().join(format!("{objective:?}"));
        save(&first, &dir);
        drop(first);
        let mut second = RunTrainer::resume(world.plan(&config), world.corpus(), &dir).unwrap();
        assert_eq!(second.step(), 3);
        assert_eq!(run(&mut second, 5), losses[3..]);
        assert_eq!(bits(&second), bits(&whole), "{objective:?}");
        assert_eq!(second.evaluate().unwrap(), eval);
    }
}

#[test]
fn a_turned_knob_survives_a_resume() {
    let world = World::new();
    let config = config(Objective::Causal);
    let turned = 0.1 + 0.2; // A float whose short form is another float.
    let mut whole = world.start(&config);
    run(&mut whole, 2);
    whole.set_knob(Knob::Lr(turned / 100.0));
    whole.set_knob(Knob::GradAccum(3));
    let dir = world.dir.path().join("knob");
    save(&whole, &dir);
    let mut resumed = RunTrainer::resume(world.plan(&config), world.corpus(), &dir).unwrap();
    assert_eq!(resumed.knobs(), whole.knobs());
    run(&mut whole, 2);
    run(&mut resumed, 2);
    assert_eq!(bits(&resumed), bits(&whole));
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_does_not() {
    let world = World::new();
    let run_with = |seed| {
        let mut trainer = world.start(&RunConfig { seed, ..config(Objective::Causal) });
        run(&mut trainer, 3);
        bits(&trainer)
    };
    assert_eq!(run_with(7), run_with(7));
    assert_ne!(run_with(7), run_with(8));
}

#[test]
fn accumulated_batches_are_one_large_batch() {
    let world = World::new();
    let base = RunConfig { dropout: 0.0, ..config(Objective::Causal) };
    let mut small = world.start(&RunConfig { batch_size: 3, grad_accum: 4, ..base.clone() });
    let mut large = world.start(&RunConfig { batch_size: 12, grad_accum: 1, ..base });
    let (a, b) = (run(&mut small, 3), run(&mut large, 3));
    for (a, b) in a.iter().zip(&b) {
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
}

#[test]
fn every_parameter_moves() {
    let world = World::new();
    for objective in BOTH {
        // Without decay only a gradient moves a weight.
        let mut trainer = world.start(&RunConfig { weight_decay: 0.0, warmup_steps: 0, ..config(objective) });
        let before = trainer.model().clone();
        run(&mut trainer, 2);
        let after = trainer.model();
        for param in &after.layout.params {
            // A key's bias shifts all scores of a query alike, which softmax does not see: its gradient is 0 but for rounding.
            if param.name.ends_with("key.bias") {
                continue;
            }
            let (old, new) = (&before.weights[param.range()], &after.weights[param.range()]);
            assert!(new.iter().all(|w| w.is_finite()), "{}", param.name);
            assert!(old != new, "{} did not move", param.name);
        }
    }
}

#[test]
fn trainers_learn() {
    let world = World::new();
    let baselines = world.corpus().meta().baselines;
    let learn = |objective, steps| {
        let config =
            RunConfig { steps, grad_accum: 1, batch_size: 16, dropout: 0.0, lr: 5e-3, warmup_steps: 10, ..config(objective) };
        let mut trainer = world.start(&config);
        let first = trainer.evaluate().unwrap();
        assert!((first.loss - baselines.uniform).abs() < 0.3, "untrained: {} against {}", first.loss, baselines.uniform);
        run(&mut trainer, steps);
        let last = trainer.evaluate().unwrap();
        assert!(last.best && last.step == steps);
        assert!((last.perplexity.ln() - last.loss).abs() < 1e-4);
        last.loss
    };
    let causal = learn(Objective::Causal, 120);
    assert!(causal < baselines.bigram, "causal: {causal} against {}", baselines.bigram);
    let masked = learn(Objective::Masked, 120);
    assert!(masked < baselines.unigram, "masked: {masked} against {}", baselines.unigram);
}

#[test]
fn a_knob_acts_at_the_next_step_and_is_undone_by_its_old_value() {
    let world = World::new();
    let mut trainer = world.start(&RunConfig { warmup_steps: 0, min_lr_ratio: 1.0, ..config(Objective::Causal) });
    assert_eq!(trainer.full_step().unwrap().point.lr, 3e-3);
    assert_eq!(trainer.micro_step().unwrap(), None);
    let old = trainer.set_knob(Knob::Lr(1e-3));
    assert_eq!(old, Knob::Lr(3e-3));
    trainer.set_knob(Knob::GradAccum(1));
    // The step under way keeps its knobs.
    assert_eq!(trainer.full_step().unwrap().point.lr, 3e-3);
    let report = trainer.full_step().unwrap();
    assert_eq!((report.point.lr, report.tokens), (1e-3, 5 * 32));
    assert_eq!(trainer.set_knob(old), Knob::Lr(1e-3));
    assert_eq!(trainer.full_step().unwrap().point.lr, 3e-3);
}

#[test]
fn a_step_that_is_not_finite_leaves_the_weights_alone() {
    let world = World::new();
    let mut config = RunConfig { weight_decay: 0.0, clip_norm: 0.0, ..config(Objective::Causal) };
    config.lr = 1.0;
    let mut trainer = world.start(&config);
    let start = trainer.model().clone();
    let mut model = start.as_ref().clone();
    // One weight too many: its row overflows to infinity.
    model.weights.iter_mut().for_each(|w| *w *= 1e30);
    trainer = RunTrainer::new(trainer.plan().clone(), world.corpus(), Some(model)).unwrap();
    let before = bits(&trainer);
    let report = trainer.full_step().unwrap();
    assert!(report.alarm.unwrap().contains("stopped being finite in step 1"));
    assert_eq!(bits(&trainer), before);
}

#[test]
fn a_rewind_brings_back_the_checkpoint_with_another_rate() {
    let world = World::new();
    let config = RunConfig { warmup_steps: 0, min_lr_ratio: 1.0, ..config(Objective::Causal) };
    let mut trainer = world.start(&config);
    run(&mut trainer, 2);
    let dir = world.dir.path().join("rewind");
    save(&trainer, &dir);
    let there = bits(&trainer);
    run(&mut trainer, 2);
    trainer.rewind(&dir, 0.5).unwrap();
    assert_eq!((trainer.step(), bits(&trainer)), (2, there));
    assert_eq!(trainer.full_step().unwrap().point.lr, 1.5e-3);
}

#[test]
fn a_batch_can_be_looked_at() {
    let world = World::new();
    let text = |id| world.tokenizer.token_text(id);
    let mut causal = world.start(&config(Objective::Causal));
    let losses = run(&mut causal, 2);
    let view = causal.batch_view(2, &text).unwrap();
    assert_eq!((view.sequences.len(), view.sequences[0].len()), (10, 33));
    let tokens: Vec<_> = view.sequences.iter().flatten().collect();
    let shown: Vec<f32> = tokens.iter().filter_map(|t| t.loss).collect();
    assert_eq!(shown.len(), 10 * 32);
    assert!((shown.iter().sum::<f32>() / 320.0 - losses[1]).abs() < 1e-4);
    assert!(tokens.iter().any(|t| t.border));
    assert!(tokens.iter().all(|t| t.shown_as.is_none()));
    assert!(causal.batch_view(3, &text).is_none());

    let mut masked = world.start(&config(Objective::Masked));
    run(&mut masked, 1);
    let view = masked.batch_view(1, &text).unwrap();
    for token in view.sequences.iter().flatten() {
        assert_eq!(token.loss.is_some(), token.shown_as.is_some());
    }
    let hidden = view.sequences.iter().flatten().filter(|t| t.shown_as.as_deref() == Some(&text(2))).count();
    assert!(hidden > 10, "{hidden} masks among 320 tokens");
}

#[test]
fn a_checkpoint_of_another_model_is_refused() {
    let world = World::new();
    let small = world.start(&config(Objective::Causal));
    let dir = world.dir.path().join("other");
    save(&small, &dir);
    let mut larger = config(Objective::Causal);
    larger.dims.n_layers = 3;
    let error = RunTrainer::resume(world.plan(&larger), world.corpus(), &dir).err().unwrap().to_string();
    assert!(error.contains("another model"), "{error}");
    std::fs::remove_file(dir.join("optimizer.safetensors")).unwrap();
    let error = RunTrainer::resume(world.plan(&config(Objective::Causal)), world.corpus(), &dir).err().unwrap().to_string();
    assert!(error.contains("no optimizer.safetensors"), "{error}");
}

#[test]
fn a_preflight_says_what_a_run_takes() {
    let world = World::new();
    let config = RunConfig { steps: 5000, ..config(Objective::Causal) };
    let mut preflight = Preflight::new(world.plan(&config), world.corpus(), None, 1 << 40).unwrap();
    let result = loop {
        if let Some(result) = preflight.micro_step().unwrap() {
            break result;
        }
    };
    assert!(result.seconds_per_step > 0.0 && result.total_s >= 5000.0 * result.seconds_per_step);
    assert_eq!(result.n_params, world.plan(&config).model().n_params());
    assert!(result.epochs > 20.0 && result.warnings.iter().any(|w| w.contains("by heart")), "{result:?}");
    assert!(result.disk_bytes > 12 * result.n_params && result.peak_memory_bytes > 16 * result.n_params);
}

#[test]
fn minutes_become_a_size() {
    let world = World::new();
    let mut search = WhatFits::new(config(Objective::Causal), world.facts(), 0.2, 1 << 40);
    let (config, result) = loop {
        if let Some(found) = search.micro_step(&mut || Ok(world.corpus())).unwrap() {
            break found;
        }
    };
    assert!((result.total_s / 12.0) < 1.0 && config.steps > 0);
    assert!(config.plan(&world.facts(), None).is_ok());
}
