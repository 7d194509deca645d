//! Training and validation examples: by seed, with all that share an input on one side. Knows no task.

use std::collections::BTreeMap;

use super::{Example, statistics};
use crate::data::hash::{hash128, mix};

/// Indices of the examples of each side, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitSides {
    pub train: Vec<usize>,
    pub val: Vec<usize>,
}

/// `val_fraction` of the examples, about, from 0 to 0.5, go to validation. Which ones follows from the seed and from what they say,
/// not from their order: a dataset that grows keeps its sides, nearly. Examples with the same input stay together, so that none is
/// validated on what it was trained on; one input at least stays for training.
pub fn split(examples: &[Example], val_fraction: f64, seed: u64) -> SplitSides {
    let mut groups: BTreeMap<(u64, u128), Vec<usize>> = BTreeMap::new();
    for (i, example) in examples.iter().enumerate() {
        let key = hash128(statistics::halves(example).0.as_bytes());
        groups.entry((mix(seed, key as u64), key)).or_default().push(i);
    }
    let fraction = if val_fraction.is_finite() { val_fraction.clamp(0.0, 0.5) } else { 0.0 };
    let wanted = if fraction > 0.0 { ((fraction * examples.len() as f64).round() as usize).max(1) } else { 0 };
    let mut sides = SplitSides::default();
    let last = groups.len().saturating_sub(1);
    for (n, group) in groups.into_values().enumerate() {
        // A group that would carry the share far beyond what was asked for stays for training.
        let fits = sides.val.len() + group.len() <= wanted.max(1) + wanted / 4;
        let side = if n < last && sides.val.len() < wanted && fits { &mut sides.val } else { &mut sides.train };
        side.extend(group);
    }
    sides.train.sort_unstable();
    sides.val.sort_unstable();
    sides
}
