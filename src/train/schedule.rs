//! The learning rate of each step: warm-up, then the shape that was chosen. Knows no optimiser.

use crate::config::{RunConfig, Schedule};

/// Share of a warm-up–stable–decay run that decays.
const WSD_DECAY: f64 = 0.2;

/// Rate of the update number `step` (the first is 0), where the highest is `lr_peak`; the rest follows the configuration.
pub fn lr_at(config: &RunConfig, lr_peak: f64, step: u64) -> f64 {
    let warmup = config.warmup_steps;
    if step < warmup {
        // From lr/warmup, not 0: the first step would learn nothing.
        return lr_peak * (step + 1) as f64 / warmup as f64;
    }
    let after = config.steps.saturating_sub(warmup).max(1);
    let progress = ((step - warmup) as f64 / after as f64).min(1.0);
    let floor = config.min_lr_ratio;
    let share = match config.schedule {
        Schedule::Constant => 1.0,
        Schedule::Linear => floor + (1.0 - floor) * (1.0 - progress),
        Schedule::Cosine => floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
        Schedule::Wsd => floor + (1.0 - floor) * ((1.0 - progress) / WSD_DECAY).min(1.0),
    };
    lr_peak * share
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the same bits are asked for")]
mod tests {
    use super::*;

    #[test]
    fn tables() {
        let table = |schedule, steps: [u64; 6]| {
            let config = RunConfig { schedule, steps: 110, warmup_steps: 10, min_lr_ratio: 0.1, ..RunConfig::default() };
            steps.map(|step| (lr_at(&config, 2.0, step) * 1e4).round() / 1e4)
        };
        let steps = [0, 9, 10, 60, 100, 500];
        assert_eq!(table(Schedule::Constant, steps), [0.2, 2.0, 2.0, 2.0, 2.0, 2.0]);
        assert_eq!(table(Schedule::Linear, steps), [0.2, 2.0, 2.0, 1.1, 0.38, 0.2]);
        assert_eq!(table(Schedule::Cosine, steps), [0.2, 2.0, 2.0, 1.1, 0.244, 0.2]);
        assert_eq!(table(Schedule::Wsd, steps), [0.2, 2.0, 2.0, 2.0, 1.1, 0.2]);
    }

    #[test]
    fn no_warm_up_and_a_single_step() {
        let config = RunConfig { steps: 1, warmup_steps: 0, ..RunConfig::default() };
        assert_eq!(lr_at(&config, 1e-3, 0), 1e-3);
    }
}
