//! A run's curves as a table that other programs read. Writes no file.

use std::fmt::Write as _;

use super::curves::RunCurves;

/// Comma-separated values: one row a step, empty cells where nothing was measured.
pub fn csv(curves: &RunCurves) -> String {
    let mut out = String::from("step,elapsed_s,loss,smoothed_loss,validation_loss,bits_per_byte,lr,grad_norm,tokens_per_s\n");
    let mut evals = curves.evals.iter().peekable();
    for (point, smooth) in curves.points().iter().zip(curves.smooth.values()) {
        // Validations before the first step, or between two, get rows of their own.
        while let Some(eval) = evals.next_if(|eval| eval.step < point.step) {
            let _infallible = writeln!(out, "{},,,,{},{},,,", eval.step, eval.loss, eval.bits_per_byte);
        }
        let eval = evals.next_if(|eval| eval.step == point.step);
        let (val, bits) = eval.map_or_else(Default::default, |eval| (eval.loss.to_string(), eval.bits_per_byte.to_string()));
        let _infallible = writeln!(
            out,
            "{},{},{},{smooth},{val},{bits},{},{},{}",
            point.step, point.elapsed_s, point.loss, point.lr, point.grad_norm, point.tokens_per_s
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::{EvalPoint, MetricPoint};
    use crate::state::Curves;

    #[test]
    fn every_row_has_every_column() {
        let mut curves = Curves::default();
        let point = |step| MetricPoint { step, loss: 2.0, lr: 1e-3, grad_norm: 1.0, tokens_per_s: 9.0, elapsed_s: 0.5 };
        let eval = |step| EvalPoint { step, loss: 3.0, perplexity: 20.0, bits_per_byte: 1.5, best: true };
        curves.push(1, vec![point(1), point(2)]);
        for step in [0, 2] {
            curves.push_eval(1, eval(step));
        }
        let text = csv(curves.get(1).unwrap());
        let lines = text.lines().collect::<Vec<_>>();
        assert_eq!(lines.len(), 4);
        assert!(lines.iter().all(|line| line.matches(',').count() == 8), "{text}");
        assert_eq!(lines[3], "2,0.5,2,2,3,1.5,0.001,1,9");
    }
}
