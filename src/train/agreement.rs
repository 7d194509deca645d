//! How often a reward model puts people's answers in their order, and whether it is as sure as it is right. Knows no model and no loss.

use std::collections::BTreeMap;

use super::smooth::sigmoid;
use crate::evaluate::calibration;

/// Ranges of confidence. Of two answers one is always at least as likely the better: the lower half stays empty.
pub const BINS: usize = 10;

/// One judged answer: where it stands, higher is better, and its reward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rated {
    pub place: f64,
    pub reward: f64,
}

/// The answers of each question of a validation.
#[derive(Clone, Debug, Default)]
pub struct Agreement {
    questions: BTreeMap<i64, Vec<Rated>>,
}

impl Agreement {
    pub fn clear(&mut self) {
        self.questions.clear();
    }

    /// Takes answers that are to be compared with all others under the same key.
    pub fn add(&mut self, key: i64, answers: impl IntoIterator<Item = Rated>) {
        self.questions.entry(key).or_default().extend(answers);
    }

    /// `votes`: questions with at least two answers in an order; `agreement`: the mean over them of the share of their pairs that the
    /// rewards put in the same order (a tie of rewards by half). `calibration_error` and, range by range, `calibration/<i>/…`: how sure the
    /// model was, σ of the difference of rewards (Bradley and Terry 1952), and how often it was right (Guo et al. 2017).
    pub fn parts(&self) -> Vec<(String, f64)> {
        let (mut shares, mut sure) = (Vec::new(), Vec::new());
        for answers in self.questions.values() {
            let (mut right, mut n) = (0.0, 0.0);
            for better in answers {
                for worse in answers.iter().filter(|worse| worse.place < better.place) {
                    let lead = better.reward - worse.reward;
                    n += 1.0;
                    if lead == 0.0 {
                        // Neither right nor wrong.
                        right += 0.5;
                        continue;
                    }
                    right += f64::from(u8::from(lead > 0.0));
                    sure.push((sigmoid(lead.abs()) as f32, lead > 0.0));
                }
            }
            if n > 0.0 {
                shares.push(right / n);
            }
        }
        if shares.is_empty() {
            return Vec::new();
        }
        let curve = calibration(&sure, BINS);
        let votes = shares.len() as f64;
        let mut parts = vec![
            ("votes".to_owned(), votes),
            ("agreement".to_owned(), shares.iter().sum::<f64>() / votes),
            ("calibration_error".to_owned(), curve.expected_error),
        ];
        for (i, bin) in curve.bins.iter().enumerate().skip(BINS / 2 - 1) {
            let numbers = [("confidence", bin.confidence), ("accuracy", bin.accuracy), ("count", bin.count as f64)];
            parts.extend(numbers.map(|(name, value)| (format!("calibration/{i}/{name}"), value)));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(parts: &[(String, f64)], name: &str) -> f64 {
        parts.iter().find(|(known, _)| known == name).map_or(f64::NAN, |(_, value)| *value)
    }

    #[test]
    fn counts_votes_and_pairs_in_their_order() {
        let mut all = Agreement::default();
        all.add(1, [(2.0, 0.4), (1.0, 0.1)].map(|(place, reward)| Rated { place, reward }));
        all.add(2, [(3.0, 0.5), (2.0, 0.7), (1.0, 0.0)].map(|(place, reward)| Rated { place, reward }));
        // Alike in the eyes of people: no vote.
        all.add(3, [(1.0, 0.5), (1.0, 0.7)].map(|(place, reward)| Rated { place, reward }));
        let parts = all.parts();
        assert!((value(&parts, "votes") - 2.0).abs() < 1e-9);
        assert!((value(&parts, "agreement") - 5.0 / 6.0).abs() < 1e-9);
        let counted: f64 = parts.iter().filter(|(name, _)| name.ends_with("/count")).map(|(_, n)| n).sum();
        assert!((counted - 4.0).abs() < 1e-9, "{parts:?}");
        assert!(Agreement::default().parts().is_empty());
    }

    #[test]
    fn who_is_always_sure_and_half_right_is_off_by_a_half() {
        let mut all = Agreement::default();
        for key in 0..100 {
            let lead = if key % 2 == 0 { 30.0 } else { -30.0 };
            all.add(key, [(2.0, lead), (1.0, 0.0)].map(|(place, reward)| Rated { place, reward }));
        }
        assert!((value(&all.parts(), "calibration_error") - 0.5).abs() < 1e-6);
    }
}
