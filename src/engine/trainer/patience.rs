//! Which step of a run was the best so far, and for how many validations nothing was better. Knows no model and no disk.

use crate::config::BestBy;
use crate::engine::event::{EvalPoint, TaskEval};
use crate::evaluate::Metric;

/// The best of a run's measurements. The untrained model sets the mark that is to be beaten; it is no validation that brought nothing.
#[derive(Clone, Debug)]
pub(super) struct Best {
    by: BestBy,
    /// The larger, the better: the metric first, then the loss, for accuracies on few rows are often the same.
    score: Option<(f64, f64)>,
    step: Option<u64>,
    /// Validations since then.
    since: u32,
    metric: Option<String>,
}

impl Best {
    /// Without a task to measure, the loss decides.
    pub fn new(by: BestBy, measured: bool) -> Self {
        let by = if measured { by } else { BestBy::Loss };
        Self { by, score: None, step: None, since: 0, metric: None }
    }

    /// Whether the task's own metric decides, which comes after the loss.
    pub fn waits_for_metric(&self) -> bool {
        self.by == BestBy::Metric
    }

    /// The step of the best checkpoint, if a trained one is the best.
    pub fn step(&self) -> Option<u64> {
        self.step
    }

    /// Takes a validation in; true when none before was as good, and it is worth a checkpoint.
    pub fn judge(&mut self, step: u64, loss: f32, metric: Option<&Metric>) -> bool {
        let sign = |metric: &Metric| if metric.higher_is_better { metric.value } else { -metric.value };
        let score = (metric.map_or(0.0, sign), -f64::from(loss));
        // What is no number is never the best.
        let better = score.0.is_finite() && score.1.is_finite() && self.score.is_none_or(|best| score > best);
        self.metric = metric.map(|metric| metric.name.clone());
        if better {
            self.score = Some(score);
            (self.since, self.step) = (0, (step > 0).then_some(step));
        } else if step > 0 {
            self.since += 1;
        }
        better && step > 0
    }

    /// Why the run ends here, if its patience is at an end.
    pub fn worn_out(&self, patience: u32) -> Option<String> {
        let by = self.metric.as_deref().unwrap_or("validation loss");
        (patience > 0 && self.since >= patience).then(|| {
            let best = self.step.unwrap_or(0);
            format!("Ended early: {patience} validations were no better than that of step {best} ({by})")
        })
    }

    /// Goes through what was measured already: a resume and a rewind are as patient as the run itself was.
    pub fn recall(&mut self, evals: &[EvalPoint], tasks: &[TaskEval]) {
        *self = Self { score: None, step: None, since: 0, metric: None, by: self.by };
        for eval in evals {
            let metric = tasks.iter().find(|task| task.step == eval.step).map(|task| &task.report.headline);
            if metric.is_some() || !self.waits_for_metric() {
                self.judge(eval.step, eval.loss, metric.filter(|_| self.waits_for_metric()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accuracy(value: f64) -> Metric {
        Metric { name: "Accuracy".to_owned(), value, higher_is_better: true, percent: true }
    }

    #[test]
    fn the_untrained_model_costs_no_patience() {
        let mut best = Best::new(BestBy::Loss, false);
        assert!(!best.judge(0, 1.0, None));
        assert_eq!(best.worn_out(1), None);
        assert!(best.judge(10, 0.9, None));
        assert!(!best.judge(20, 0.95, None));
        assert!(best.worn_out(1).unwrap().contains("step 10"));
        assert_eq!((best.worn_out(2), best.worn_out(0)), (None, None));
    }

    #[test]
    fn the_metric_decides_and_the_loss_breaks_ties() {
        let mut best = Best::new(BestBy::Metric, true);
        for (step, loss, value, wanted) in [(0, 2.0, 0.3, false), (1, 1.0, 0.8, true), (2, 0.5, 0.7, false), (3, 0.9, 0.8, true)]
        {
            assert_eq!(best.judge(step, loss, Some(&accuracy(value))), wanted, "step {step}");
        }
        assert_eq!(best.step(), Some(3));
        let error = |value| Metric { higher_is_better: false, ..accuracy(value) };
        let mut best = Best::new(BestBy::Metric, true);
        best.judge(1, 1.0, Some(&error(0.5)));
        assert!(best.judge(2, 1.0, Some(&error(0.4))), "the smaller error");
        assert!(!best.judge(3, f32::NAN, Some(&error(f64::NAN))));
    }

    #[test]
    fn a_resume_is_as_patient_as_the_run() {
        let point = |step, loss| EvalPoint { step, loss, perplexity: 0.0, bits_per_byte: 0.0, best: false };
        let mut best = Best::new(BestBy::Loss, true);
        best.recall(&[point(0, 3.0), point(10, 1.0), point(20, 1.5), point(30, 1.2)], &[]);
        assert_eq!(best.step(), Some(10));
        assert!(best.worn_out(2).is_some() && best.worn_out(3).is_none());
    }
}
