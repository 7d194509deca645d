//! Which tokens masked language modelling hides, and what it shows instead: a pure function of a key. Knows no model.

use super::hash::mix;

/// How tokens are hidden (Devlin et al. 2019, section 3.1).
#[derive(Clone, Debug, PartialEq)]
pub struct Masking {
    /// Share of the tokens that are to be predicted.
    pub probability: f64,
    pub mask_id: u32,
    pub vocab_size: usize,
    /// Never chosen, never shown instead; ascending.
    pub special: Vec<u32>,
}

/// A sequence as the model is shown it, and what it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Masked {
    pub ids: Vec<u32>,
    /// Places to predict, ascending, with what stood there.
    pub targets: Vec<(u32, u32)>,
}

impl Masking {
    /// Chooses the share, at least one if any token may be chosen; of those 80 % become the mask, 10 % another token, 10 %
    /// stay. The same key chooses the same.
    pub fn apply(&self, ids: &[u32], key: u64) -> Masked {
        let mut draws = Draws { key, n: 0 };
        let mut places: Vec<usize> = (0..ids.len()).filter(|&i| ids.get(i).is_some_and(|id| !self.is_special(*id))).collect();
        let wanted = (places.len() as f64 * self.probability).round() as usize;
        let wanted = wanted.max(1).min(places.len());
        // The beginning of a Fisher–Yates shuffle: a fixed number of places, each set of them equally likely.
        for i in 0..wanted {
            let j = i + draws.below(places.len() - i);
            places.swap(i, j);
        }
        places.truncate(wanted);
        places.sort_unstable();
        let mut masked = Masked { ids: ids.to_vec(), targets: Vec::with_capacity(wanted) };
        for place in places {
            let Some(shown) = masked.ids.get_mut(place) else { continue };
            masked.targets.push((place as u32, *shown));
            match draws.below(10) {
                0..8 => *shown = self.mask_id,
                8 => *shown = self.other(&mut draws).unwrap_or(*shown),
                _ => {}
            }
        }
        masked
    }

    fn other(&self, draws: &mut Draws) -> Option<u32> {
        (0..16).map(|_| draws.below(self.vocab_size.max(1)) as u32).find(|&id| !self.is_special(id))
    }

    fn is_special(&self, id: u32) -> bool {
        id == self.mask_id || self.special.binary_search(&id).is_ok()
    }
}

struct Draws {
    key: u64,
    n: u64,
}

impl Draws {
    /// Uniform below `n` but for a bias of n / 2⁶⁴.
    fn below(&mut self, n: usize) -> usize {
        self.n += 1;
        ((u128::from(mix(self.key, self.n)) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masking() -> Masking {
        Masking { probability: 0.15, mask_id: 2, vocab_size: 500, special: vec![0, 1, 2, 3] }
    }

    #[test]
    fn chooses_fifteen_in_a_hundred_and_shows_masks_for_most() {
        let ids: Vec<u32> = (0..200).map(|i| 4 + i % 400).collect();
        let (mut masks, mut kept, mut total) = (0, 0, 0);
        for key in 0..200 {
            let masked = masking().apply(&ids, key);
            assert_eq!(masked.targets.len(), 30);
            for &(place, id) in &masked.targets {
                assert_eq!(ids[place as usize], id);
                let shown = masked.ids[place as usize];
                total += 1;
                masks += i32::from(shown == 2);
                kept += i32::from(shown == id);
            }
            let places: Vec<u32> = masked.targets.iter().map(|t| t.0).collect();
            let untouched = (0..200).filter(|i| !places.contains(i));
            assert!(untouched.into_iter().all(|i| masked.ids[i as usize] == ids[i as usize]));
        }
        assert!((masks as f64 / total as f64 - 0.8).abs() < 0.02, "{masks} of {total}");
        assert!((kept as f64 / total as f64 - 0.1).abs() < 0.02, "{kept} of {total}");
    }

    #[test]
    fn leaves_special_tokens_and_repeats_itself() {
        let ids = [0, 7, 0, 0, 1, 3];
        let masked = masking().apply(&ids, 1);
        assert_eq!(masked.targets, [(1, 7)]);
        assert_eq!(masked, masking().apply(&ids, 1));
        assert_eq!(masking().apply(&[0, 1], 3).targets, []);
        assert_eq!(masking().apply(&[], 3), Masked::default());
    }
}
