//! Judged answers as trainers take them: pairs, rankings, or answers one by one, in random order. Knows no loss and no text.

use super::loss::{Extra, Group};
use super::random::{Stream, key};
use super::rows::passes;
use crate::config::RunPlan;
use crate::data::Batches;
use crate::model::{Sequence, Target};

/// Answers that belong together: a pair (the better one first), a ranking, or a single one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Which question of the dataset this is from.
    pub question: i64,
    pub sequences: Vec<Sequence>,
    /// One for each sequence.
    pub extras: Vec<Extra>,
}

/// Both sides, each in its own order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judged {
    pub train: Vec<Item>,
    pub val: Vec<Item>,
}

impl Item {
    fn tokens(&self) -> usize {
        self.sequences.iter().map(|sequence| sequence.ids.len()).sum()
    }
}

/// Places of the training items of the micro-batch that begins with item number `first` of the run: every epoch shows all of
/// them once, in an order of its own that follows from the seed.
pub(super) fn batch(judged: &Judged, first: u64, plan: &RunPlan) -> Vec<(u64, usize)> {
    let config = plan.config();
    let order = Batches::new(judged.train.len(), 1, config.seed);
    let numbers = first..first + config.batch_size as u64;
    numbers.map(|number| (number, order.start(number))).filter(|(_, place)| *place < judged.train.len()).collect()
}

/// Items as groups: several in one pass where the loss takes them one after the other (`together`), else each alone.
pub(super) fn groups(items: Vec<(u64, Item)>, together: bool, plan: &RunPlan) -> Vec<Group> {
    let seed = plan.config().seed;
    let passes =
        if together { passes(items, Item::tokens, plan.replicas()) } else { items.into_iter().map(|item| vec![item]).collect() };
    let group = |pass: Vec<(u64, Item)>| {
        let first = pass.first().map_or(0, |(number, _)| *number);
        let items = pass.len();
        let (sequences, extras): (Vec<_>, Vec<_>) = pass.into_iter().map(|(_, item)| (item.sequences, item.extras)).unzip();
        Group { sequences: sequences.concat(), extras: extras.concat(), items, key: key(seed, Stream::Dropout, first) }
    };
    passes.into_iter().map(group).collect()
}

impl Sequence {
    /// A whole text with one thing to be said of it, at its last token: its reward.
    pub fn rated(ids: Vec<u32>) -> Self {
        let pos = ids.len().saturating_sub(1) as u32;
        Self { ids, targets: vec![Target { pos, id: 0 }] }
    }

    /// A prompt with another one's answer, as far as it fits: what KTO's baseline is measured on. Both were made by `masked` and
    /// have an answer that stands in one piece.
    pub(super) fn with_answer_of(&self, other: &Self, max_len: usize) -> Self {
        let prompt = self.targets.first().map_or(0, |target| target.pos as usize + 1);
        let mut ids: Vec<u32> = self.ids.get(..prompt).unwrap_or_default().to_vec();
        ids.extend(other.targets.iter().map(|target| target.id));
        ids.truncate(max_len);
        let mask: Vec<bool> = (0..ids.len()).map(|place| place >= prompt).collect();
        Self::masked(&ids, &mask)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_change_their_prompts() {
        let of = |ids: &[u32], prompt: usize| Sequence::masked(ids, &(0..ids.len()).map(|i| i >= prompt).collect::<Vec<_>>());
        let (a, b) = (of(&[1, 2, 3, 4], 2), of(&[7, 8, 9], 1));
        assert_eq!(a.with_answer_of(&b, 10), of(&[1, 2, 8, 9], 2));
        assert_eq!(b.with_answer_of(&a, 10), of(&[7, 3, 4], 1));
        assert_eq!(b.with_answer_of(&a, 2), of(&[7, 3], 1), "cut to the context");
    }
}
