//! What can be turned while a run goes on: how it stands now, and what may be taken back. Sends nothing.

use crate::config::RunConfig;
use crate::engine::command::Knob;
use crate::engine::event::{Mark, MarkKind, MetricPoint};
use crate::train::lr_at;

/// How the knobs of a run stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnobValues {
    pub lr: f64,
    pub grad_accum: usize,
    pub weight_decay: f64,
    pub dropout: f64,
    pub eval_every: u64,
    pub sample_every: u64,
    pub checkpoint_every_s: u64,
}

impl KnobValues {
    pub fn of(config: &RunConfig) -> Self {
        Self {
            lr: config.lr,
            grad_accum: config.grad_accum,
            weight_decay: config.weight_decay,
            dropout: config.dropout,
            eval_every: config.eval_every,
            sample_every: config.sample_every,
            checkpoint_every_s: config.checkpoint_every_s,
        }
    }

    pub fn set(&mut self, knob: Knob) {
        match knob {
            Knob::Lr(x) => self.lr = x,
            Knob::GradAccum(n) => self.grad_accum = n,
            Knob::WeightDecay(x) => self.weight_decay = x,
            Knob::Dropout(x) => self.dropout = x,
            Knob::EvalEvery(n) => self.eval_every = n,
            Knob::SampleEvery(n) => self.sample_every = n,
            Knob::CheckpointEveryS(n) => self.checkpoint_every_s = n,
        }
    }
}

/// A knob's name, as the page says it.
pub fn name(knob: Knob) -> &'static str {
    match knob {
        Knob::Lr(_) => "learning rate",
        Knob::GradAccum(_) => "accumulation",
        Knob::WeightDecay(_) => "weight decay",
        Knob::Dropout(_) => "dropout",
        Knob::EvalEvery(_) => "steps between validations",
        Knob::SampleEvery(_) => "steps between samples",
        Knob::CheckpointEveryS(_) => "seconds between checkpoints",
    }
}

/// A knob's value as text.
pub fn value(knob: Knob) -> String {
    match knob {
        Knob::Lr(x) | Knob::WeightDecay(x) | Knob::Dropout(x) => super::format::small(x),
        Knob::GradAccum(n) => n.to_string(),
        Knob::EvalEvery(n) | Knob::SampleEvery(n) | Knob::CheckpointEveryS(n) => super::format::count(n),
    }
}

/// How the knobs stand after all turns, and the turns that can still be taken back, oldest first.
///
/// A turn that puts back exactly what the one before changed is that one's undo. A rewind brings back the knobs of its
/// checkpoint but for the rate, which whoever rewinds may scale: it is read off the newest step.
pub fn after(config: &RunConfig, marks: &[Mark], last: Option<&MetricPoint>) -> (KnobValues, Vec<(Knob, Knob)>) {
    let mut values = KnobValues::of(config);
    let mut turns: Vec<(Knob, Knob)> = Vec::new();
    let mut history: Vec<(u64, KnobValues)> = vec![(0, values)];
    let mut rewound = false;
    for mark in marks {
        match mark.kind {
            MarkKind::Knob { from, to } => {
                values.set(to);
                rewound &= !matches!(to, Knob::Lr(_));
                history.push((mark.step, values));
                if turns.last() == Some(&(to, from)) {
                    turns.pop();
                } else {
                    turns.push((from, to));
                }
            }
            MarkKind::Rewind { to_step } => {
                let lr = values.lr;
                rewound = true;
                history.retain(|(step, _)| *step <= to_step);
                values = KnobValues { lr, ..history.last().map_or(values, |(_, values)| *values) };
            }
            // The trainer remembers turns only while it holds the run.
            MarkKind::Resumed => turns.clear(),
            MarkKind::Alarm | MarkKind::Checkpoint | MarkKind::Early => {}
        }
    }
    if let Some(point) = last.filter(|_| rewound) {
        let share = lr_at(config, 1.0, point.step.saturating_sub(1));
        if share > 0.0 {
            values.lr = three_digits(f64::from(point.lr) / share);
        }
    }
    (values, turns)
}

/// Single precision is all that a measured rate has.
fn three_digits(x: f64) -> f64 {
    if x <= 0.0 {
        return x;
    }
    let unit = 10_f64.powf(x.log10().floor() - 2.0);
    (x / unit).round() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(step: u64, from: Knob, to: Knob) -> Mark {
        Mark { step, kind: MarkKind::Knob { from, to }, label: String::new() }
    }

    #[test]
    fn turns_add_up_and_can_be_taken_back() {
        let config = RunConfig { lr: 1e-3, dropout: 0.0, ..RunConfig::default() };
        let mut marks = vec![turn(10, Knob::Lr(1e-3), Knob::Lr(5e-4)), turn(20, Knob::Dropout(0.0), Knob::Dropout(0.1))];
        let (values, turns) = after(&config, &marks, None);
        assert_eq!((values.lr, values.dropout, turns.len()), (5e-4, 0.1, 2));
        marks.push(turn(21, Knob::Dropout(0.1), Knob::Dropout(0.0)));
        let (values, turns) = after(&config, &marks, None);
        assert_eq!((values.lr, values.dropout, turns.len()), (5e-4, 0.0, 1));
    }

    #[test]
    fn a_rewind_brings_the_knobs_of_its_step_back() {
        let config = RunConfig { dropout: 0.0, ..RunConfig::default() };
        let rewind = Mark { step: 30, kind: MarkKind::Rewind { to_step: 15 }, label: String::new() };
        let lr = (lr_at(&config, 1e-3, 15)) as f32;
        let point = MetricPoint { step: 16, loss: 1.0, lr, grad_norm: 1.0, tokens_per_s: 1.0, elapsed_s: 1.0 };
        let (values, _) = after(&config, &[turn(20, Knob::Dropout(0.0), Knob::Dropout(0.2)), rewind], Some(&point));
        assert!(values.dropout.abs() < 1e-12);
        assert!((values.lr - 1e-3).abs() < 1e-9, "half of 2e-3 was asked for, {}", values.lr);
    }
}
