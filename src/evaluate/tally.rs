//! What a metric of many rows is computed from: counts of each row, and functions of their sum. Knows no task and no text.
//!
//! F1, BLEU or chrF of a set of rows is no mean over rows. It is a function of counts added up over them, so rows can be drawn
//! anew (`confidence`) without scoring a text again.

use serde::{Deserialize, Serialize};

use super::{bleu, chrf};

/// Counts of each row: pairs of slot and number, slots that are zero left out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tallies {
    /// Slots of a row.
    pub width: usize,
    pub rows: Vec<Vec<(u32, f64)>>,
}

impl Tallies {
    /// From rows with a number in each slot.
    pub fn dense(width: usize, rows: impl IntoIterator<Item = Vec<f64>>) -> Self {
        let one = |row: Vec<f64>| (0..).zip(row).filter(|(_, n)| *n != 0.0).collect();
        Self { width, rows: rows.into_iter().map(one).collect() }
    }

    /// Adds row `index` to `sums`; nothing if there is none.
    pub fn add(&self, index: usize, sums: &mut [f64]) {
        for (slot, n) in self.rows.get(index).into_iter().flatten() {
            if let Some(sum) = sums.get_mut(*slot as usize) {
                *sum += n;
            }
        }
    }

    /// Sums over all rows, in their order.
    pub fn sums(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for index in 0..self.rows.len() {
            self.add(index, &mut sums);
        }
        sums
    }
}

/// A function of summed counts; `at` is its first slot. What is divided by nothing is 0, as with sklearn's `zero_division=0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// One slot by another: means, shares.
    Ratio {
        part: usize,
        whole: usize,
    },
    /// Its square root: RMSE.
    RootRatio {
        part: usize,
        whole: usize,
    },
    /// Of three slots: right, wrongly found, missed.
    Precision {
        at: usize,
    },
    Recall {
        at: usize,
    },
    F1 {
        at: usize,
    },
    /// Mean F1 over classes that occur in gold or predictions; three slots a class.
    MacroF1 {
        at: usize,
        classes: usize,
    },
    /// Mean F1 over classes, weighted by their gold count.
    WeightedF1 {
        at: usize,
        classes: usize,
    },
    /// F1 of all classes' counts together.
    MicroF1 {
        at: usize,
        classes: usize,
    },
    /// `bleu::SLOTS` slots.
    Bleu {
        at: usize,
    },
    /// Three slots for each of so many orders of n-grams.
    Chrf {
        at: usize,
        orders: usize,
    },
}

impl Measure {
    /// From the sums of all slots.
    pub fn value(self, sums: &[f64]) -> f64 {
        let slot = |at: usize| sums.get(at).copied().unwrap_or_default();
        let class = |at: usize| Hits { right: slot(at), wrong: slot(at + 1), missed: slot(at + 2) };
        let classes = |at: usize, n: usize| (0..n).map(move |i| class(at + 3 * i));
        match self {
            Self::Ratio { part, whole } => ratio(slot(part), slot(whole)),
            Self::RootRatio { part, whole } => ratio(slot(part), slot(whole)).sqrt(),
            Self::Precision { at } => class(at).precision(),
            Self::Recall { at } => class(at).recall(),
            Self::F1 { at } => class(at).f1(),
            Self::MacroF1 { at, classes: n } => {
                let seen = classes(at, n).filter(|c| c.right + c.wrong + c.missed > 0.0);
                let (sum, count) = seen.fold((0.0, 0.0), |(sum, count), c| (sum + c.f1(), count + 1.0));
                ratio(sum, count)
            }
            Self::WeightedF1 { at, classes: n } => {
                let (sum, weight) = classes(at, n).fold((0.0, 0.0), |(s, w), c| (s + c.f1() * c.support(), w + c.support()));
                ratio(sum, weight)
            }
            Self::MicroF1 { at, classes: n } => classes(at, n).fold(Hits::default(), Hits::plus).f1(),
            Self::Bleu { at } => bleu::corpus(sums.get(at..at + bleu::SLOTS).unwrap_or_default()),
            Self::Chrf { at, orders } => chrf::corpus(sums.get(at..at + 3 * orders).unwrap_or_default()),
        }
    }
}

/// How often something was found rightly, found wrongly, and missed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Hits {
    pub right: f64,
    pub wrong: f64,
    pub missed: f64,
}

impl Hits {
    /// right / (right + wrong): of what was found, the share that is right.
    pub fn precision(self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    /// right / (right + missed): of what there is, the share that was found.
    pub fn recall(self) -> f64 {
        ratio(self.right, self.support())
    }

    /// Harmonic mean of precision and recall (van Rijsbergen 1979), as 2 right / (2 right + wrong + missed).
    pub fn f1(self) -> f64 {
        ratio(2.0 * self.right, 2.0 * self.right + self.wrong + self.missed)
    }

    /// How many there are.
    pub fn support(self) -> f64 {
        self.right + self.missed
    }

    fn plus(self, other: Self) -> Self {
        Self { right: self.right + other.right, wrong: self.wrong + other.wrong, missed: self.missed + other.missed }
    }
}

/// A part of a whole; 0 of nothing.
pub(super) fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}
