//! Pages of a dataset's rows that were fetched, the latest looked at kept. Asks for nothing itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::event::RowView;

/// Rows that are asked for at a time.
pub const PAGE_ROWS: u64 = 200;
/// Pages that are kept; the least recently needed go first.
const KEPT_PAGES: usize = 24;

/// Rows of the dataset that is shown, as far as they were asked for.
#[derive(Clone, Debug, Default)]
pub struct RowCache {
    pub query: String,
    /// Rows that match; None until the first page came.
    pub total: Option<u64>,
    pub(super) pages: BTreeMap<u64, Vec<RowView>>,
    pub(super) asked: BTreeSet<u64>,
    /// Pages in the order of need, the latest last.
    pub(super) recent: Vec<u64>,
}

impl RowCache {
    /// The row at a place in the list of matches.
    pub fn get(&self, place: u64) -> Option<&RowView> {
        self.pages.get(&(place / PAGE_ROWS))?.get((place % PAGE_ROWS) as usize)
    }

    /// The pages of these places and one ahead and behind, as far as they were not asked for.
    pub(super) fn need(&mut self, first: u64, last: u64) -> Vec<u64> {
        let last_page = self.total.map_or(0, |total| total.saturating_sub(1) / PAGE_ROWS);
        let from = (first / PAGE_ROWS).saturating_sub(1);
        let to = (last / PAGE_ROWS + 1).min(last_page);
        let mut missing = Vec::new();
        for page in from..=to {
            self.recent.retain(|&p| p != page);
            self.recent.push(page);
            if self.asked.insert(page) {
                missing.push(page);
            }
        }
        while self.recent.len() > KEPT_PAGES {
            let old = self.recent.remove(0);
            self.pages.remove(&old);
            self.asked.remove(&old);
        }
        missing
    }

    pub(super) fn take(&mut self, offset: u64, total: u64, rows: Vec<RowView>) {
        self.total = Some(total);
        let page = offset / PAGE_ROWS;
        if self.asked.contains(&page) {
            self.pages.insert(page, rows);
        }
    }
}
