//! Pages of rows for the browser, and the search behind them, in slices. Knows no job.

use std::path::PathBuf;

use super::Outbox;
use crate::data::{Documents, ImportError};
use crate::engine::command::DatasetId;
use crate::engine::event::{Event, RowView};
use crate::store::ProjectPaths;

/// Text looked through in one slice of a search.
const SLICE_BYTES: u64 = 4 << 20;
/// Characters of a row that a page shows; a whole document may be a book.
const SHOWN_CHARS: usize = 4000;
/// Rows of a page at most.
const MOST_ROWS: u32 = 1000;

/// The dataset that is being looked at.
#[derive(Default)]
pub struct Browser {
    open: Option<(DatasetId, PathBuf, Documents)>,
    search: Option<Search>,
}

struct Search {
    query: String,
    /// Lower case, as it is compared.
    needle: String,
    hits: Vec<u64>,
    next: usize,
    done: bool,
    /// The page that was asked for last, and whether it was given in full.
    offset: u64,
    limit: u32,
    given: bool,
}

impl Browser {
    /// Gives a page of a dataset's rows, or of those that contain the query; a search that is not at its end goes on by `search_on`.
    pub fn load(
        &mut self,
        dataset: DatasetId,
        query: &str,
        offset: u64,
        limit: u32,
        paths: &ProjectPaths,
        outbox: &mut Outbox,
    ) -> Result<(), ImportError> {
        let limit = limit.min(MOST_ROWS);
        let dir = paths.dataset_dir(dataset);
        if self.open.as_ref().is_none_or(|(id, at, _)| *id != dataset || *at != dir) {
            self.search = None;
            self.open = Some((dataset, dir.clone(), Documents::open(&dir)?));
        }
        let Some((_, _, documents)) = &self.open else { return Ok(()) };
        if query.is_empty() {
            self.search = None;
            let end = (offset + u64::from(limit)).min(documents.len() as u64);
            let rows = (offset..end).map(|index| row(documents, index)).collect();
            outbox.send(Event::Rows { dataset, query: String::new(), offset, total: documents.len() as u64, rows });
            return Ok(());
        }
        match &mut self.search {
            Some(search) if search.query == query => (search.offset, search.limit, search.given) = (offset, limit, false),
            _ => self.search = Some(Search::new(query, offset, limit)),
        }
        self.give(outbox);
        Ok(())
    }

    /// Whether there is text that was not looked through.
    pub fn is_searching(&self) -> bool {
        self.search.as_ref().is_some_and(|search| !search.done)
    }

    /// Looks through one more slice; gives the page when it is full, and once more with the true total at the end.
    pub fn search_on(&mut self, outbox: &mut Outbox) {
        let (Some((_, _, documents)), Some(search)) = (&self.open, &mut self.search) else { return };
        if search.done {
            return;
        }
        let mut bytes = 0;
        while search.next < documents.len() && bytes < SLICE_BYTES {
            let text = documents.get(search.next);
            // The index is read, too: empty documents must not make a slice endless.
            bytes += text.len() as u64 + 8;
            if contains(text, &search.needle) {
                search.hits.push(search.next as u64);
            }
            search.next += 1;
        }
        search.done = search.next >= documents.len();
        if search.done {
            search.given = false;
        }
        self.give(outbox);
    }

    /// Gives the page if it is full or can get no fuller, and was not given yet.
    fn give(&mut self, outbox: &mut Outbox) {
        let (Some((dataset, _, documents)), Some(search)) = (&self.open, &mut self.search) else { return };
        let end = search.offset.saturating_add(u64::from(search.limit));
        if search.given || !(search.done || search.hits.len() as u64 >= end) {
            return;
        }
        search.given = true;
        let page = search.hits.iter().skip(search.offset as usize).take(search.limit as usize);
        let rows = page.map(|index| row(documents, *index)).collect();
        let (query, offset, total) = (search.query.clone(), search.offset, search.hits.len() as u64);
        outbox.send(Event::Rows { dataset: *dataset, query, offset, total, rows });
    }
}

impl Search {
    fn new(query: &str, offset: u64, limit: u32) -> Self {
        let needle = query.to_lowercase();
        Self { query: query.to_owned(), needle, hits: Vec::new(), next: 0, done: false, offset, limit, given: false }
    }
}

/// Upper and lower case are the same. Text of plain ASCII, the usual case, is compared without a copy.
fn contains(text: &str, needle: &str) -> bool {
    if text.is_ascii() && needle.is_ascii() {
        let needle = needle.as_bytes();
        return text.as_bytes().windows(needle.len().max(1)).any(|part| part.eq_ignore_ascii_case(needle));
    }
    text.to_lowercase().contains(needle)
}

fn row(documents: &Documents, index: u64) -> RowView {
    let text = documents.get(index as usize);
    let shown = match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    };
    RowView { index, cells: vec![shown] }
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn a_search_does_not_mind_case() {
        for (text, query, found) in [
            ("The River", "river", true),
            ("the river", "RIVER", true),
            ("Über", "über", true),
            ("a", "ab", false),
            ("", "a", false),
        ] {
            assert_eq!(contains(text, &query.to_lowercase()), found, "{text} {query}");
        }
    }
}
