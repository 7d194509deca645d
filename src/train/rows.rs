//! Labelled rows as trainers take them: in random order, several short ones in a pass, none padded. Knows no objective and no file.

use super::loss::Group;
use super::random::{Stream, key};
use crate::config::RunPlan;
use crate::data::Batches;
use crate::model::Sequence;

/// Tokens of a pass at least, where the batch has them: products over fewer rows leave the machine idle (see `config::plan`).
const TOKENS_PER_PASS: usize = 256;

/// A row ready for training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrainRow {
    /// Which row of the dataset this is.
    pub row: i64,
    pub sequence: Sequence,
}

/// Both sides of a dataset, each in its own order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    pub train: Vec<TrainRow>,
    pub val: Vec<TrainRow>,
}

impl Rows {
    /// The training rows of a micro-batch, each with its number since the run began: every epoch shows all of them once, in an
    /// order of its own that follows from the seed. Without a seed they come as they stand.
    pub(super) fn batch(&self, first: u64, n: usize, seed: Option<u64>) -> Vec<(u64, &Sequence)> {
        let order = seed.map(|seed| Batches::new(self.train.len(), 1, seed));
        let as_it_stands = |number: u64| (number % self.train.len().max(1) as u64) as usize;
        let place = |number| order.as_ref().map_or_else(|| as_it_stands(number), |order| order.start(number));
        (first..first + n as u64).filter_map(|number| Some((number, &self.train.get(place(number))?.sequence))).collect()
    }
}

impl Sequence {
    /// A row whose tokens are predicted where the mask says so, each from those before it. Nothing is computed behind the last
    /// of them. Mask (T,) as `data::supervised::Rendered` has it: position t belongs to the prediction *of* token t.
    pub fn masked(ids: &[u32], mask: &[bool]) -> Self {
        let trained = ids.iter().zip(mask).enumerate().skip(1).filter(|(_, (_, trained))| **trained);
        let targets: Vec<_> = trained.map(|(t, (id, _))| crate::model::Target { pos: t as u32 - 1, id: *id }).collect();
        let end = targets.last().map_or(0, |target| target.pos as usize + 1);
        Self { ids: ids.get(..end).unwrap_or_default().to_vec(), targets }
    }
}

/// The groups of the micro-batch that begins with row number `first` of the run.
pub(super) fn groups(rows: &Rows, first: u64, plan: &RunPlan) -> Vec<Group> {
    let config = plan.config();
    let group = |pass: Vec<(u64, &Sequence)>| Group {
        key: key(config.seed, Stream::Dropout, pass.first().map_or(first, |(number, _)| *number)),
        sequences: pass.into_iter().map(|(_, sequence)| sequence.clone()).collect(),
        ..Group::default()
    };
    // Episodes are drawn by chance already, and those that teach to look back come first.
    let drawn = config.tune.as_ref().is_some_and(|tune| tune.in_context.is_some());
    let batch = rows.batch(first, config.batch_size, (!drawn).then_some(config.seed));
    passes(batch, |sequence| sequence.ids.len(), plan.replicas()).into_iter().map(group).collect()
}

/// Shares rows out over passes of about the same number of tokens: a multiple of the replicas, so that none waits for another.
/// Longest first to the shortest pass (Graham 1969); which row goes where follows from the rows alone.
pub(super) fn passes<T>(mut rows: Vec<(u64, T)>, tokens_of: impl Fn(&T) -> usize, replicas: usize) -> Vec<Vec<(u64, T)>> {
    let tokens: usize = rows.iter().map(|(_, row)| tokens_of(row)).sum();
    let rounds = (tokens / (TOKENS_PER_PASS * replicas.max(1))).max(1);
    let n = (rounds * replicas.max(1)).min(rows.len()).max(1);
    rows.sort_by_key(|(number, row)| (std::cmp::Reverse(tokens_of(row)), *number));
    let mut passes: Vec<(usize, Vec<(u64, T)>)> = (0..n).map(|_| (0, Vec::new())).collect();
    for row in rows {
        if let Some(shortest) = passes.iter_mut().min_by_key(|(length, _)| *length) {
            shortest.0 += tokens_of(&row.1);
            shortest.1.push(row);
        }
    }
    passes.into_iter().map(|(_, rows)| rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(length: usize) -> Sequence {
        Sequence::causal(vec![1; length])
    }

    #[test]
    fn an_epoch_shows_every_row_once() {
        let train = (1..=7).map(|length| TrainRow { row: length as i64, sequence: of(length) }).collect();
        let rows = Rows { train, val: Vec::new() };
        let lengths = |first| {
            let mut lengths: Vec<_> = rows.batch(first, 7, Some(3)).iter().map(|(_, sequence)| sequence.ids.len()).collect();
            let seen = lengths.clone();
            lengths.sort_unstable();
            assert_eq!(lengths, [1, 2, 3, 4, 5, 6, 7]);
            seen
        };
        assert_ne!(lengths(0), lengths(7), "another epoch has another order");
        assert_eq!(lengths(7), lengths(7));
        let standing: Vec<_> = rows.batch(5, 4, None).iter().map(|(_, sequence)| sequence.ids.len()).collect();
        assert_eq!(standing, [6, 7, 1, 2]);
    }

    #[test]
    fn passes_share_the_tokens_evenly() {
        let sequences: Vec<_> = [9, 1, 200, 30, 31, 190, 100, 90, 5, 5].map(of).into();
        let rows = || sequences.iter().zip(0..).map(|(sequence, number)| (number, sequence)).collect::<Vec<_>>();
        let shared = passes(rows(), |sequence| sequence.ids.len(), 2);
        let lengths: Vec<usize> = shared.iter().map(|pass| pass.iter().map(|(_, s)| s.ids.len()).sum()).collect();
        assert_eq!(lengths.len(), 2);
        assert!(lengths[0].abs_diff(lengths[1]) < 20, "{lengths:?}");
        assert_eq!(shared.concat().len(), 10);
        assert_eq!(passes(rows().into_iter().take(1).collect(), |sequence: &&Sequence| sequence.ids.len(), 2).len(), 1);
    }

    #[test]
    fn only_masked_tokens_are_predicted() {
        let row = Sequence::masked(&[5, 6, 7, 8, 9], &[true, false, true, true, false]);
        assert_eq!(row.targets.iter().map(|t| (t.pos, t.id)).collect::<Vec<_>>(), [(1, 7), (2, 8)]);
        assert_eq!(row.ids, [5, 6, 7], "nothing is computed behind the last prediction");
    }
}
