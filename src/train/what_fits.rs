//! The reverse of the pre-flight: from minutes to a size and a number of steps. Measures two small models, then the chosen one.

use super::{Preflight, TrainError};
use crate::config::{ConfigError, CorpusFacts, Preset, RunConfig, presets};
use crate::data::Corpus;
use crate::engine::event::PreflightResult;

/// Places of the dial that are measured: small enough to take a second, far enough apart to show how speed grows with size.
const PROBES: [usize; 2] = [1, 3];
/// Steps below which a run shows no curve.
const FEWEST_STEPS: f64 = 100.0;

/// A search under way.
pub struct WhatFits {
    base: RunConfig,
    facts: CorpusFacts,
    minutes: f64,
    free_disk_bytes: u64,
    dial: Vec<Preset>,
    /// Parameters and useful floating-point operations a second of what was measured.
    rates: Vec<(f64, f64)>,
    trial: Option<Trial>,
}

struct Trial {
    preflight: Preflight,
    config: RunConfig,
    last: bool,
}

/// Why no size was found.
#[derive(Debug, thiserror::Error)]
pub enum WhatFitsError {
    #[error("{0}")]
    Train(#[from] TrainError),
    #[error("{}", sentences(_0))]
    Config(Vec<ConfigError>),
    #[error("{minutes} minutes are too short for the smallest model; give it more time")]
    TooShort { minutes: f64 },
}

impl WhatFits {
    /// `base` gives everything that does not follow from the size: objective, corpus, seed, threads, prompts.
    pub fn new(base: RunConfig, facts: CorpusFacts, minutes: f64, free_disk_bytes: u64) -> Self {
        let dial = presets(base.objective);
        Self { base, facts, minutes, free_disk_bytes, dial, rates: Vec::new(), trial: None }
    }

    /// One micro-batch of a measurement. `corpus` opens the corpus anew for each trial.
    pub fn micro_step(
        &mut self,
        corpus: &mut dyn FnMut() -> Result<Corpus, TrainError>,
    ) -> Result<Option<(RunConfig, PreflightResult)>, WhatFitsError> {
        let mut trial = match self.trial.take() {
            Some(trial) => trial,
            None => self.next_trial(corpus()?)?,
        };
        let Some(mut result) = trial.preflight.micro_step()? else {
            self.trial = Some(trial);
            return Ok(None);
        };
        if !trial.last {
            let estimate = trial.config.estimate(self.facts.vocab_size).map_err(WhatFitsError::Config)?;
            self.rates.push((result.n_params as f64, estimate.flops_per_token * result.tokens_per_s));
            return Ok(None);
        }
        self.fit_steps(&mut trial.config, &mut result)?;
        Ok(Some((trial.config, result)))
    }

    fn next_trial(&self, corpus: Corpus) -> Result<Trial, WhatFitsError> {
        let last = self.rates.len() >= PROBES.len();
        let place = if last { self.choose()? } else { PROBES[self.rates.len()] };
        let mut config = self.base.clone();
        if let Some(preset) = self.dial.get(place) {
            preset.apply(&mut config);
        }
        config.grad_accum = if last { config.grad_accum } else { 1 };
        // A short text is no reason to refuse: the context gives way.
        config.dims.context = config.dims.context.min(self.facts.train_tokens.saturating_sub(1) as usize);
        let plan = config.plan(&self.facts, None).map_err(WhatFitsError::Config)?;
        let preflight = Preflight::new(plan, corpus, None, self.free_disk_bytes)?;
        Ok(Trial { preflight, config, last })
    }

    /// The size whose predicted loss is lowest among those that get enough steps in the time.
    fn choose(&self) -> Result<usize, WhatFitsError> {
        let mut best: Option<(usize, f64)> = None;
        for (place, preset) in self.dial.iter().enumerate() {
            let mut config = self.base.clone();
            preset.apply(&mut config);
            let Ok(estimate) = config.estimate(self.facts.vocab_size) else { continue };
            if config.plan(&self.facts, None).is_err() {
                continue;
            }
            let n = estimate.n_params as f64;
            let tokens = self.rate(n) / estimate.flops_per_token * self.minutes * 60.0;
            if tokens / (estimate.tokens_per_step as f64) < FEWEST_STEPS {
                continue;
            }
            let loss = predicted_loss(n, tokens, self.facts.train_tokens as f64);
            if best.is_none_or(|(_, lowest)| loss < lowest) {
                best = Some((place, loss));
            }
        }
        best.map(|(place, _)| place).ok_or(WhatFitsError::TooShort { minutes: self.minutes })
    }

    /// Operations a second at a size: between the measured ones as a power of the size, constant beyond them.
    fn rate(&self, n: f64) -> f64 {
        let [(n0, r0), (n1, r1)] = [self.rates.first(), self.rates.last()].map(|r| r.copied().unwrap_or((1.0, 1.0)));
        let share = ((n / n0).ln() / (n1 / n0).ln()).clamp(0.0, 1.0);
        let share = if share.is_finite() { share } else { 0.0 };
        r0 * (r1 / r0).powf(share)
    }

    /// As many steps as the minutes hold at the measured speed, in round numbers.
    fn fit_steps(&self, config: &mut RunConfig, result: &mut PreflightResult) -> Result<(), WhatFitsError> {
        let steps = self.minutes * 60.0 * 0.95 / result.seconds_per_step;
        let digits = 10_f64.powf(steps.max(1.0).log10().floor() - 1.0);
        config.steps = ((steps / digits).floor() * digits).max(1.0) as u64;
        config.warmup_steps = (config.steps / 40).clamp(1, 500).min(config.steps);
        let plan = config.plan(&self.facts, None).map_err(WhatFitsError::Config)?;
        result.total_s = config.steps as f64 * result.seconds_per_step;
        result.epochs = plan.epochs();
        result.warnings = super::preflight::warnings(&plan, result);
        Ok(())
    }
}

/// Loss by the fitted law of Hoffmann et al. 2022 (approach 3), with repeated tokens worth less as in Muennighoff et al. 2023
/// (equation 5, R* = 15.4). Only its order over sizes is used.
fn predicted_loss(n_params: f64, tokens: f64, unique: f64) -> f64 {
    let unique = unique.max(1.0);
    let repeats = (tokens / unique - 1.0).max(0.0);
    let worth = if repeats > 0.0 { unique + unique * 15.4 * (1.0 - (-repeats / 15.4).exp()) } else { tokens };
    1.69 + 406.4 / n_params.powf(0.34) + 410.7 / worth.powf(0.28)
}

fn sentences(errors: &[ConfigError]) -> String {
    errors.iter().map(|e| e.message.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_time_and_more_text_favour_larger_models() {
        let best = |seconds: f64, unique: f64| {
            let sizes = [1e5, 1e6, 1e7, 1e8];
            let loss = |n: &f64| predicted_loss(*n, 5e10 * seconds / (6.0 * n), unique);
            sizes.into_iter().min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap_or(0.0)
        };
        assert!(best(60.0, 1e9) <= best(3600.0, 1e9));
        assert!(best(3600.0, 1e9) < best(360_000.0, 1e9));
        assert!(best(36_000.0, 3e5) <= best(36_000.0, 1e9));
    }
}
