//! The alarm: a loss that stops being finite, or stays far above where it was. Changes nothing by itself.

use crate::formats::resume::AlarmState;

/// Memory of the running mean, in steps.
const MEMORY: f64 = 50.0;
/// Steps before the mean says anything.
const SETTLE: u64 = 30;
/// Steps in a row that make a spike a divergence: single bad batches are normal.
const IN_A_ROW: u32 = 4;

/// Takes a step's loss (nats) and says what is wrong, if anything is.
pub fn watch(state: &mut AlarmState, loss: f64) -> Option<String> {
    let spread = state.variance.max(0.0).sqrt();
    let limit = state.mean + (6.0 * spread).max(1.0);
    if state.steps >= SETTLE && loss > limit {
        state.above += 1;
        // Not taken into the mean, or the alarm would learn to live with it.
        return (state.above >= IN_A_ROW).then(|| {
            format!("the loss is {loss:.2} where it was about {:.2}, for {IN_A_ROW} steps in a row; rewind to a checkpoint with a lower learning rate", state.mean)
        });
    }
    state.above = 0;
    state.steps += 1;
    let share = (1.0 / state.steps as f64).max(1.0 / MEMORY);
    let delta = loss - state.mean;
    state.mean += share * delta;
    state.variance = (1.0 - share) * (state.variance + share * delta * delta);
    None
}

/// What is wrong with a step that cannot be taken.
pub fn not_finite(loss: f64, grad_norm: f64, step: u64) -> Option<String> {
    let what = match (loss.is_finite(), grad_norm.is_finite()) {
        (true, true) => return None,
        (false, _) => "the loss",
        (true, false) => "the gradient",
    };
    Some(format!(
        "{what} stopped being finite in step {step}, and the weights were left as they are; rewind to a checkpoint with a lower learning rate"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_falling_loss_and_single_spikes_are_quiet_and_divergence_is_not() {
        let mut state = AlarmState::default();
        for step in 0..500 {
            let noise = f64::from((step * 37 % 11) as u8) * 0.02;
            let spike = if step % 90 == 60 { 3.0 } else { 0.0 };
            let loss = 2.0 + 6.0 * (-f64::from(step) / 60.0).exp() + noise + spike;
            assert_eq!(watch(&mut state, loss), None, "step {step}");
        }
        let alarms: Vec<bool> = (0..6).map(|_| watch(&mut state, 5.0).is_some()).collect();
        assert_eq!(alarms, [false, false, false, true, true, true]);
    }

    #[test]
    fn says_what_is_not_finite() {
        assert_eq!(not_finite(1.0, 1.0, 3), None);
        assert!(not_finite(f64::NAN, 1.0, 3).unwrap_or_default().contains("the loss stopped being finite in step 3"));
        assert!(not_finite(1.0, f64::INFINITY, 3).unwrap_or_default().contains("the gradient"));
    }
}
