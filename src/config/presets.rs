//! One dial from 0.1 M to 124 M parameters for decoders and encoders: everything else follows from the place on it.

use super::{Algorithm, Align, Dims, Objective, RunConfig, Schedule};

/// A place on the dial.
#[derive(Clone, Debug, PartialEq)]
pub struct Preset {
    /// Parameters with the suggested vocabulary, say "1 M".
    pub name: &'static str,
    /// What to expect of it.
    pub hint: &'static str,
    pub objective: Objective,
    pub dims: Dims,
    /// Entries of the tokenizer that suit this size.
    pub vocab_size: usize,
    pub lr: f64,
    pub batch_size: usize,
    pub grad_accum: usize,
    pub steps: u64,
}

/// Rows of the dial: name, hint, layers, width, heads, context, vocabulary, batch, accumulation, steps.
type Row = (&'static str, &'static str, usize, usize, usize, usize, usize, usize, usize, u64);

const DIAL: [Row; 9] = [
    ("0.1 M", "seconds; learns letters and short words", 2, 48, 3, 64, 1024, 16, 1, 1000),
    ("0.4 M", "a minute; learns words and short phrases", 3, 96, 3, 64, 1024, 16, 1, 1500),
    ("1 M", "a minute and a half on two cores; readable sentences about a small world", 4, 128, 4, 128, 2048, 8, 1, 1500),
    ("3 M", "ten minutes; keeps to a topic for a sentence or two", 5, 192, 6, 128, 4096, 16, 1, 3000),
    ("6 M", "half an hour; short stories", 6, 256, 8, 256, 4096, 16, 1, 4000),
    ("14 M", "hours on two cores; nanoGPT's small network", 6, 384, 6, 256, 8192, 16, 2, 5000),
    ("30 M", "a night on eight cores", 8, 512, 8, 512, 8192, 16, 2, 10_000),
    ("60 M", "days on a workstation, hours on a GPU", 10, 640, 10, 512, 16_384, 16, 4, 20_000),
    ("124 M", "GPT-2 small's size; a GPU is advised", 12, 768, 12, 1024, 50_304, 12, 8, 50_000),
];

/// All places of the dial for an objective, smallest first.
pub fn presets(objective: Objective) -> Vec<Preset> {
    DIAL.iter().map(|row| preset(objective, row)).collect()
}

/// What a newcomer's first run is: about a million parameters, readable within two minutes on two cores.
pub fn first_run(objective: Objective) -> Preset {
    preset(objective, &DIAL[2])
}

/// The highest learning rate that suits a size: between what was measured best on short runs at 1 M (4e-3) and GPT-2 small's
/// 6e-4 at 124 M it falls about with the power 0.4 of the parameters.
pub fn scaled_lr(n_params: u64) -> f64 {
    let lr = 4e-3 * (1e6 / (n_params.max(1) as f64)).powf(0.394);
    // Two digits are all that the rule is good for, and they read better.
    let digits = 10_f64.powf(lr.log10().floor() - 1.0);
    ((lr / digits).round() * digits).clamp(3e-4, 6e-3)
}

/// The highest rate that suits fine-tuning all weights of a model of this size: a quarter of what it was trained with, so that it
/// adapts without forgetting; at a billion parameters it comes to what is usual there.
pub fn tuning_lr(n_params: u64) -> f64 {
    let lr = 1e-3 * (1e6 / (n_params.max(1) as f64)).powf(0.5);
    let digits = 10_f64.powf(lr.log10().floor() - 1.0);
    ((lr / digits).round() * digits).clamp(2e-5, 2e-3)
}

/// Fewer parameters take a higher rate: `LoRA` ten times that of all weights at a billion parameters, as is usual; small models
/// stand nearer to their limit.
pub fn rate_of(adapt: &super::Adapt) -> f64 {
    match adapt {
        super::Adapt::Full => 1.0,
        super::Adapt::LastLayers { .. } => 2.0,
        super::Adapt::Lora { .. } => 4.0,
    }
}

/// A configuration to begin fine-tuning with: `rows` labelled ones, a model of `n_params`.
pub fn first_tune(mut tune: super::Tune, n_params: u64, rows: u64) -> RunConfig {
    // A head answers a row in one pass: more of them cost little, and figures on few rows jump about.
    if tune.task != super::TuneTask::Text {
        tune.metric_rows = tune.metric_rows.max(256);
    }
    // Looking back is a new way of working, not a shift of an old one: it takes nearly the rate of pre-training, and steady steps.
    let (batch_size, boost): (usize, f64) = match (&tune.in_context, rows) {
        (Some(_), _) => (64, 3.0),
        (None, 0..200) => (8, 1.0),
        (None, _) => (16, 1.0),
    };
    let lr = tuning_lr(n_params) * rate_of(&tune.adapt) * boost;
    let steps = ((tune.epochs * rows as f64 / batch_size as f64).ceil() as u64).max(1);
    RunConfig {
        tune: Some(tune),
        steps,
        batch_size,
        lr,
        schedule: Schedule::Linear,
        warmup_steps: (steps / 10).min(100),
        min_lr_ratio: 0.0,
        weight_decay: 0.01,
        beta2: 0.999,
        eval_every: (steps / 10).max(1),
        eval_sequences: 256,
        sample_every: 0,
        ..RunConfig::default()
    }
}

/// A live run has no end of its own.
const LIVE_STEPS: u64 = 1_000_000;

/// A configuration to begin learning from votes with: `items` pairs or rankings, a model of `n_params`.
///
/// Rates are a tenth of fine-tuning's for preferences, whose loss goes on falling long after the answers stopped getting better, and a
/// half for a reward model, which has a head to learn.
pub fn first_align(align: Align, tune: super::Tune, n_params: u64, items: u64) -> RunConfig {
    let share = match &align {
        Align::Reward { .. } => 0.5,
        // PPO's value head begins with nothing.
        Align::Rl(rl) if rl.algorithm == Algorithm::Ppo => 0.2,
        Align::Prefer { .. } | Align::Rl(_) => 0.1,
        // A vote has but a few steps to be felt in.
        Align::Live { .. } => 0.06,
    };
    let tune = super::Tune { epochs: 2.0, align: Some(align), ..tune };
    let mut config = first_tune(tune, n_params, items);
    config.lr *= share;
    config.batch_size = 8;
    // Decay draws weights to 0, not to the reference.
    config.weight_decay = 0.0;
    if let Some(Align::Live { .. }) = config.tune.as_ref().and_then(|tune| tune.align.as_ref()) {
        (config.schedule, config.warmup_steps, config.eval_every, config.steps) = (Schedule::Constant, 0, 0, LIVE_STEPS);
        if let Some(tune) = &mut config.tune {
            tune.epochs = 0.0;
        }
    }
    if let Some(Align::Rl(rl)) = config.tune.as_ref().and_then(|tune| tune.align.as_ref()) {
        config.batch_size = rl.prompts * rl.group;
        config.steps = 60;
        config.warmup_steps = 5;
        config.eval_every = 10;
        config.eval_sequences = 48;
        config.schedule = Schedule::Constant;
        if let Some(tune) = &mut config.tune {
            tune.epochs = 0.0;
        }
    }
    config
}

impl Preset {
    /// Puts the preset's values into a configuration and leaves the rest (name, corpus, prompts, seed, intervals) as it is.
    pub fn apply(&self, config: &mut RunConfig) {
        config.objective = self.objective;
        config.dims = self.dims;
        config.lr = self.lr;
        config.batch_size = self.batch_size;
        config.grad_accum = self.grad_accum;
        config.steps = self.steps;
        config.schedule = Schedule::Cosine;
        config.warmup_steps = (self.steps / 40).max(30);
        // About eight thousand tokens: enough for two digits of the loss, a few per cent of the run's time.
        config.eval_sequences = (8192 / self.dims.context).max(8);
    }

    /// Parameters with a vocabulary of this many entries.
    pub fn n_params(&self, vocab_size: usize) -> u64 {
        let config = RunConfig { objective: self.objective, dims: self.dims, ..RunConfig::default() };
        config.estimate(vocab_size).map_or(0, |e| e.n_params)
    }
}

fn preset(objective: Objective, row: &Row) -> Preset {
    let (name, hint, n_layers, d_model, n_heads, context, vocab_size, batch_size, grad_accum, steps) = *row;
    let d_ff = match objective {
        // Three matrices of 8/3 D cost what two of 4 D cost.
        Objective::Causal => (d_model * 8 / 3).next_multiple_of(32),
        Objective::Masked => 4 * d_model,
    };
    let dims = Dims { n_layers, d_model, n_heads, n_kv_heads: n_heads, d_ff, context, tie_embeddings: true };
    let approximate = (n_layers * 12 * d_model * d_model + vocab_size * d_model) as u64;
    // Post-norm layers (BERT) diverge at rates that pre-norm ones like (Xiong et al. 2020).
    let lr = scaled_lr(approximate) * if objective == Objective::Masked { 0.5 } else { 1.0 };
    // Only one token in seven is predicted: twice the sequences give a step enough to learn from.
    let batch_size = if objective == Objective::Masked { 2 * batch_size } else { batch_size };
    Preset { name, hint, objective, dims, vocab_size, lr, batch_size, grad_accum, steps }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_model_of_its_name() {
        for objective in [Objective::Causal, Objective::Masked] {
            for preset in presets(objective) {
                let millions: f64 = preset.name.trim_end_matches(" M").parse().unwrap_or(0.0);
                let n = preset.n_params(preset.vocab_size) as f64 / 1e6;
                assert!((n / millions - 1.0).abs() < 0.15, "{} has {n} M parameters", preset.name);
            }
        }
    }

    #[test]
    fn rates_fall_with_size() {
        let rates: Vec<f64> = presets(Objective::Causal).iter().map(|p| p.lr).collect();
        assert!(rates.windows(2).all(|w| w[1] <= w[0]), "{rates:?}");
    }
}
