//! Curves and answers of runs that learn from feedback. Draws nothing.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::command::RunId;
use crate::engine::event::{AlignEvent, RolloutView, SeriesPoint};

/// Rounds of answers that are kept.
const ROUNDS: usize = 50;

/// Points of one curve, (step, value).
pub type Series = Vec<[f64; 2]>;

/// What is known of all such runs.
#[derive(Clone, Debug, Default)]
pub struct AlignState {
    pub series: BTreeMap<RunId, BTreeMap<String, Series>>,
    /// The latest rounds of the run at hand, oldest first: run, step, answers.
    pub rounds: VecDeque<(RunId, u64, Vec<RolloutView>)>,
}

impl AlignState {
    pub(super) fn load(&mut self, run: RunId, points: Vec<SeriesPoint>) {
        self.series.remove(&run);
        self.add(run, points);
    }

    pub(super) fn came(&mut self, event: AlignEvent) {
        match event {
            AlignEvent::Series { run, points } => self.add(run, points),
            AlignEvent::Effect { .. }
            | AlignEvent::Drawn { .. }
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
