//! How sure a model is of an answer: a probability from what its head gave. Knows no row.

/// Probability of the likeliest class; where several may be right, of the least certain decision.
pub fn of_classes(row: &[f32], several: bool) -> f64 {
    if several {
        let decision = |x: &f32| {
            let p = 1.0 / (1.0 + (-f64::from(*x)).exp());
            p.max(1.0 - p)
        };
        return row.iter().map(decision).fold(1.0, f64::min);
    }
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|x| f64::from(x - largest).exp()).sum();
    if sum > 0.0 { 1.0 / sum } else { 0.0 }
}

/// Of a row of tags: that of its least certain token, for one wrong tag makes the row wrong.
pub fn of_tokens<'a>(rows: impl Iterator<Item = &'a [f32]>) -> f64 {
    rows.map(|row| of_classes(row, false)).fold(1.0, f64::min)
}

/// Of a span whose begin and end score `best` together: the product of both softmaxes. `outputs` are (begin, end) of every place.
pub fn of_span(outputs: &[f32], best: f32) -> f64 {
    let log_sum = |side: usize| {
        let values = || outputs.iter().skip(side).step_by(2).map(|x| f64::from(*x));
        let largest = values().fold(f64::NEG_INFINITY, f64::max);
        largest + values().map(|x| (x - largest).exp()).sum::<f64>().ln()
    };
    let p = (f64::from(best) - log_sum(0) - log_sum(1)).exp();
    if p.is_finite() { p.clamp(0.0, 1.0) } else { 0.0 }
}

/// Of a written answer: the geometric mean of its tokens' probabilities.
pub fn of_text(logprob: &[f32]) -> f64 {
    if logprob.is_empty() {
        return 0.0;
    }
    (logprob.iter().map(|lp| f64::from(*lp)).sum::<f64>() / logprob.len() as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidences_are_probabilities() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(of_classes(&[0.0, 0.0], false), 0.5);
        near(of_classes(&[(3.0_f32).ln(), 0.0], false), 0.75);
        near(of_classes(&[(3.0_f32).ln(), 9.0], true), 0.75);
        near(of_tokens([&[0.0, 0.0][..], &[9.0, 0.0][..]].into_iter()), 0.5);
        // Two places; begin is certain of the first by 3 to 1, end undecided.
        near(of_span(&[(3.0_f32).ln(), 0.0, 0.0, 0.0], (3.0_f32).ln()), 0.375);
        near(of_text(&[0.5_f32.ln(), 0.125_f32.ln()]), 0.25);
        near(of_text(&[]), 0.0);
    }
}
