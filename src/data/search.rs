//! Finds documents by a part of their text, and measures all of them. Reads in a stream; keeps numbers only.

use std::ops::ControlFlow;

use super::documents::Documents;
use super::duplicates::Duplicates;
use super::error::ImportError;
use super::lengths::Lengths;
use super::progress::{Progress, Tick};
use crate::engine::event::DatasetStats;

/// Text between two looks at whether the job was cancelled.
const REPORT_BYTES: u64 = 8 << 20;

/// A page of what was found.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Found {
    /// Numbers of the documents on this page, ascending.
    pub rows: Vec<usize>,
    /// Documents that match, on all pages.
    pub total: u64,
}

impl Documents {
    /// Documents that contain the query, upper and lower case alike: `limit` of them after the first `offset`. An empty
    /// query finds all.
    pub fn search(&self, query: &str, offset: usize, limit: usize, progress: &mut Progress<'_>) -> Result<Found, ImportError> {
        if query.is_empty() {
            let rows = (offset.min(self.len())..offset.saturating_add(limit).min(self.len())).collect();
            return Ok(Found { rows, total: self.len() as u64 });
        }
        let needle = Needle::new(query);
        let mut found = Found::default();
        self.measured("Searching", progress, |i, text| {
            if needle.is_in(text) {
                if found.total >= offset as u64 && found.rows.len() < limit {
                    found.rows.push(i);
                }
                found.total += 1;
            }
        })?;
        Ok(found)
    }

    /// Counts everything there is to count; two passes over the text.
    pub fn stats(&self, progress: &mut Progress<'_>) -> Result<DatasetStats, ImportError> {
        let mut stats = DatasetStats { documents: self.len() as u64, bytes: self.bytes(), ..DatasetStats::default() };
        let mut lengths = Lengths::default();
        self.measured("Counting", progress, |_, text| {
            let characters = text.chars().count() as u64;
            stats.characters += characters;
            stats.words += text.split_whitespace().count() as u64;
            stats.longest = stats.longest.max(characters);
            lengths.add(characters);
        })?;
        stats.duplicates = Duplicates::find(self, progress)?.count;
        stats.length_histogram = lengths.bars();
        Ok(stats)
    }

    fn measured(
        &self,
        what: &'static str,
        progress: &mut Progress<'_>,
        mut visit: impl FnMut(usize, &str),
    ) -> Result<(), ImportError> {
        let (mut done, mut reported) = (0, 0);
        let mut cancelled = false;
        self.walk(0..self.len(), |i, text| {
            visit(i, text);
            done += text.len() as u64;
            if done - reported >= REPORT_BYTES {
                reported = done;
                cancelled = progress(Tick { what, done, total: self.bytes(), unit: "bytes" }).is_break();
            }
            if cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        if cancelled { Err(ImportError::Cancelled) } else { Ok(()) }
    }
}

/// A text to find, in lower case.
struct Needle {
    lower: String,
    ascii: bool,
}

impl Needle {
    fn new(query: &str) -> Self {
        Self { lower: query.to_lowercase(), ascii: query.is_ascii() }
    }

    fn is_in(&self, text: &str) -> bool {
        if !self.ascii {
            return text.to_lowercase().contains(&self.lower);
        }
        // Without a copy: only places of the first byte, in either case, are compared.
        let needle = self.lower.as_bytes();
        let Some(&first) = needle.first() else { return true };
        let bytes = text.as_bytes();
        let upper = first.to_ascii_uppercase();
        let starts = bytes.iter().enumerate().filter(|&(_, &byte)| byte == first || byte == upper);
        starts.into_iter().any(|(i, _)| bytes.get(i..i + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle)))
    }
}
