//! How sure a model is of an answer: from what its head gave. Knows no row.

use crate::evaluate::Sureness;

/// Of one class among all; where several may be right, of the least certain decision.
pub fn of_classes(row: &[f32], several: bool) -> Sureness {
    if several {
        let decision = |x: &f32| {
            let p = 1.0 / (1.0 + (-x).exp());
            Sureness::of(&[p, 1.0 - p])
        };
        return row.iter().map(decision).fold(Sureness::CERTAIN, Sureness::worst);
    }
    Sureness::of(&softmax(row))
}

/// Of a row of tags: that of its least certain token, for one wrong tag makes the row wrong.
pub fn of_tokens<'a>(rows: impl Iterator<Item = &'a [f32]>) -> Sureness {
    rows.map(|row| of_classes(row, false)).fold(Sureness::CERTAIN, Sureness::worst)
}

/// Of a span whose begin and end score `best` together: the product of both softmaxes. `outputs` are (begin, end) of every place.
pub fn of_span(outputs: &[f32], best: f32) -> Sureness {
    let side = |side: usize| outputs.iter().skip(side).step_by(2).copied().collect::<Vec<f32>>();
    let log_sum = |values: &[f32]| {
        let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        f64::from(largest) + values.iter().map(|x| f64::from(x - largest).exp()).sum::<f64>().ln()
    };
    let (begin, end) = (side(0), side(1));
    let p = (f64::from(best) - log_sum(&begin) - log_sum(&end)).exp();
    let probability = if p.is_finite() { p.clamp(0.0, 1.0) } else { 0.0 };
    let [begin, end] = [begin, end].map(|side| Sureness::of(&softmax(&side)));
    Sureness { probability, margin: begin.margin.min(end.margin), entropy: begin.entropy + end.entropy }
}

/// Of a written answer: the geometric mean of its tokens' probabilities, and the mean surprise in nats. Other answers are not looked at,
/// so nothing is known of a margin but that.
pub fn of_text(logprob: &[f32]) -> Sureness {
    if logprob.is_empty() {
        return Sureness { probability: 0.0, margin: 0.0, entropy: f64::from(f32::MAX) };
    }
    let mean = logprob.iter().map(|lp| f64::from(*lp)).sum::<f64>() / logprob.len() as f64;
    Sureness { probability: mean.exp(), margin: mean.exp(), entropy: -mean }
}

fn softmax(row: &[f32]) -> Vec<f32> {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exp: Vec<f32> = row.iter().map(|x| (x - largest).exp()).collect();
    let sum: f32 = exp.iter().sum();
    exp.into_iter().map(|x| x / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidences_are_probabilities() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        near(of_classes(&[0.0, 0.0], false).probability, 0.5);
        near(of_classes(&[(3.0_f32).ln(), 0.0], false).probability, 0.75);
        near(of_classes(&[(3.0_f32).ln(), 9.0], true).probability, 0.75);
        near(of_tokens([&[0.0, 0.0][..], &[9.0, 0.0][..]].into_iter()).probability, 0.5);
        // Two places; begin is certain of the first by 3 to 1, end undecided.
        near(of_span(&[(3.0_f32).ln(), 0.0, 0.0, 0.0], (3.0_f32).ln()).probability, 0.375);
        near(of_text(&[0.5_f32.ln(), 0.125_f32.ln()]).probability, 0.25);
        near(of_text(&[]).probability, 0.0);
    }

    #[test]
    fn measures_of_doubt_differ_where_guesses_are_many() {
        // Half, and the rest on one other guess, or on many.
        let one = of_classes(&[0.5_f32.ln(), 0.5_f32.ln()], false);
        let many = of_classes(&[0.5_f32.ln(), 0.125_f32.ln(), 0.125_f32.ln(), 0.125_f32.ln(), 0.125_f32.ln()], false);
        assert!((one.probability - many.probability).abs() < 1e-6);
        assert!(one.margin < many.margin && one.entropy < many.entropy, "{one:?} {many:?}");
        assert!((one.entropy - std::f64::consts::LN_2).abs() < 1e-6);
    }
}
