//! Which run a page shows, and what is known of it. Changes nothing.

use super::curves::RunCurves;
use super::{AppState, LiveRun, Page};
use crate::config::RunConfig;
use crate::engine::command::RunId;
use crate::engine::event::{CheckpointRow, RunRow};

impl AppState {
    /// The run whose curves the page shows: the chosen one, or the one at hand, or the newest.
    pub fn watched(&self) -> Option<RunId> {
        let exists = |run: &RunId| {
            self.run(*run).is_some_and(|row| !row.deleted) || self.live.as_ref().is_some_and(|live| live.run == *run)
        };
        // Each page shows its own kind of run.
        let (page, chosen) = match self.page {
            Page::Tune => (Page::Tune, self.tune.watch),
            Page::Rlhf => (Page::Rlhf, self.rlhf.watch),
            Page::Data | Page::Pretrain | Page::Label | Page::Rank | Page::Prompt | Page::Runs | Page::Learn => {
                (Page::Pretrain, self.pretrain.watch)
            }
        };
        let live = self.live.as_ref().filter(|live| kind(&live.config) == page).map(|live| live.run);
        let fits = |row: &&RunRow| !row.deleted && kind(&row.config) == page;
        let newest = || self.library.runs.iter().rev().find(fits).map(|row| row.id);
        chosen.filter(exists).or(live).or_else(newest)
    }

    /// The page on which a run is watched.
    pub fn page_of(&self, run: RunId) -> Page {
        let live = self.live.as_ref().filter(|live| live.run == run).map(|live| &live.config);
        live.or_else(|| self.run(run).map(|row| &row.config)).map_or(Page::Pretrain, kind)
    }

    /// The run at hand, if it is the one whose curves are shown.
    pub fn watched_live(&self) -> Option<&LiveRun> {
        self.live.as_ref().filter(|live| Some(live.run) == self.watched())
    }

    pub fn watched_curves(&self) -> Option<&RunCurves> {
        self.watched().and_then(|run| self.curves.get(run))
    }

    /// The checkpoint to go back to when a run went wrong: the newest. Of a policy, the newest from where it had drifted less than half
    /// as far, or else the oldest: the newest is what the alarm was about.
    pub fn good_checkpoint(&self, run: RunId) -> Option<&CheckpointRow> {
        let drift = self.align.curve(run, "kl");
        let Some(now) = drift.last() else { return self.last_checkpoint(run) };
        let half = drift.iter().rev().find(|point| point[1] < 0.5 * now[1]).map_or(0.0, |point| point[0]);
        let standing = || self.checkpoints_of(run).filter(|row| !row.missing);
        let before = standing().filter(|row| row.step as f64 <= half).max_by_key(|row| (row.step, row.id));
        before.or_else(|| standing().min_by_key(|row| (row.step, row.id)))
    }

    /// The newest checkpoint of a run that can be loaded.
    pub fn last_checkpoint(&self, run: RunId) -> Option<&CheckpointRow> {
        self.checkpoints_of(run).filter(|row| !row.missing).max_by_key(|row| (row.step, row.id))
    }
}

/// The page of a run's kind.
pub(super) fn kind(config: &RunConfig) -> Page {
    match &config.tune {
        None => Page::Pretrain,
        Some(tune) if tune.align.is_some() => Page::Rlhf,
        Some(_) => Page::Tune,
    }
}
