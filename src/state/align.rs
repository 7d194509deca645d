//! Curves and answers that a run has beside its loss. Draws nothing.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::command::RunId;
use crate::engine::event::{AlignEvent, RolloutView, SeriesPoint};
use crate::train::BINS;

/// Rounds of answers that are kept.
const ROUNDS: usize = 50;

/// Points of one curve, (step, value).
pub type Series = Vec<[f64; 2]>;

/// A number of examples, and the curve of it.
pub type ShotCurve<'a> = (usize, &'a [[f64; 2]]);

/// What is known of all such runs.
#[derive(Clone, Debug, Default)]
pub struct AlignState {
    pub series: BTreeMap<RunId, BTreeMap<String, Series>>,
    /// The latest rounds of the run at hand, oldest first: run, step, answers.
    pub rounds: VecDeque<(RunId, u64, Vec<RolloutView>)>,
}

/// Pairs of which a reward model was about equally sure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SureBin {
    /// Mean certainty and the share that was right, 0 to 1.
    pub sure: f64,
    pub right: f64,
    pub votes: f64,
}

/// A reward model against the votes that were kept aside.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    pub share: f64,
    pub votes: f64,
    /// Expected calibration error, 0 to 1.
    pub error: f64,
    pub bins: Vec<SureBin>,
}

impl Agreement {
    /// Say, "Agrees with you on 78 % of 120 held-out votes".
    pub fn sentence(&self) -> String {
        let votes = if self.votes < 1.5 { "the one held-out vote".to_owned() } else { format!("{} held-out votes", self.votes) };
        format!("Agrees with you on {:.0} % of {votes}", 100.0 * self.share)
    }

    /// Whether it is as sure as it is right.
    pub fn sureness(&self) -> String {
        let n: f64 = self.bins.iter().map(|bin| bin.votes).sum();
        let over: f64 = self.bins.iter().map(|bin| bin.votes * (bin.sure - bin.right)).sum::<f64>() / n.max(1.0);
        let points = format!("{:.0} points", 100.0 * self.error);
        if 100.0 * self.error < 3.0 {
            return "It is as sure as it is right".to_owned();
        }
        let (low, off) = (1.0 / n.max(1.0).sqrt(), if over > 0.0 { "too sure" } else { "too modest" });
        let doubt = if self.error < low { "; of so few votes that says little" } else { "" };
        format!("It is {off}: how sure it was and how often it was right are {points} apart on average{doubt}")
    }
}

impl AlignState {
    pub(super) fn load(&mut self, run: RunId, points: Vec<SeriesPoint>) {
        self.series.remove(&run);
        self.add(run, points);
    }

    pub(crate) fn came(&mut self, event: AlignEvent) {
        match event {
            AlignEvent::Series { run, points } => self.add(run, points),
            AlignEvent::Effect { .. }
            | AlignEvent::Drawn { .. }
            | AlignEvent::Rated { .. }
            | AlignEvent::Replayed { .. }
            | AlignEvent::Best { .. }
            | AlignEvent::Duelled { .. } => {}
            AlignEvent::Rollouts { run, step, rollouts } => {
                self.rounds.push_back((run, step, rollouts));
                while self.rounds.len() > ROUNDS {
                    self.rounds.pop_front();
                }
            }
        }
    }

    /// A curve of a run.
    pub fn curve(&self, run: RunId, name: &str) -> &[[f64; 2]] {
        self.series.get(&run).and_then(|all| all.get(name)).map_or(&[], Vec::as_slice)
    }

    /// The curves whose name is `prefix` and a number of examples, by that number.
    pub fn by_shots(&self, run: RunId, prefix: &str) -> Vec<ShotCurve<'_>> {
        let all = self.series.get(&run).into_iter().flatten();
        let found = all.filter_map(|(name, curve)| Some((name.strip_prefix(prefix)?.parse().ok()?, curve.as_slice())));
        let mut found: Vec<ShotCurve<'_>> = found.collect();
        found.sort_unstable_by_key(|(k, _)| *k);
        found
    }

    /// How far a reward model agreed with the votes kept aside, at its last validation.
    pub fn agreement(&self, run: RunId) -> Option<Agreement> {
        let last = |name: &str| self.curve(run, name).last().map(|point| point[1]);
        let bin = |i: usize| {
            let of = |what: &str| last(&format!("val_calibration/{i}/{what}"));
            Some(SureBin { sure: of("confidence")?, right: of("accuracy")?, votes: of("count").filter(|n| *n > 0.0)? })
        };
        Some(Agreement {
            share: last("val_agreement")?,
            votes: last("val_votes")?,
            error: last("val_calibration_error").unwrap_or(0.0),
            bins: (0..BINS).filter_map(bin).collect(),
        })
    }

    fn add(&mut self, run: RunId, points: Vec<SeriesPoint>) {
        let all = self.series.entry(run).or_default();
        for SeriesPoint { step, name, value } in points {
            let curve = all.entry(name).or_default();
            // After a rewind the same steps come again.
            while curve.last().is_some_and(|last| last[0] >= step as f64) {
                curve.pop();
            }
            curve.push([step as f64, f64::from(value)]);
        }
    }
}
