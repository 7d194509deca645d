//! Which documents stand before, to the letter: by 128-bit hashes, in bounded memory.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::documents::Documents;
use super::error::ImportError;
use super::hash::hash128;
use super::progress::{Progress, Tick};

/// Hashes held at once, some 40 bytes each; more documents take more passes over the text.
const HASHES_AT_ONCE: usize = 2_000_000;
/// Text between two reports of progress.
const REPORT_BYTES: u64 = 16 << 20;

/// One bit a document.
pub(super) struct Duplicates {
    bits: Vec<u64>,
    pub count: u64,
}

impl Duplicates {
    pub(super) fn contains(&self, i: usize) -> bool {
        self.bits.get(i / 64).is_some_and(|word| word >> (i % 64) & 1 == 1)
    }

    fn insert(&mut self, i: usize) {
        if let Some(word) = self.bits.get_mut(i / 64) {
            *word |= 1 << (i % 64);
            self.count += 1;
        }
    }

    /// Every document but the first of its text.
    pub(super) fn find(docs: &Documents, progress: &mut Progress<'_>) -> Result<Self, ImportError> {
        let mut found = Self { bits: vec![0; docs.len().div_ceil(64)], count: 0 };
        let passes = docs.len().div_ceil(HASHES_AT_ONCE).max(1) as u64;
        let total = docs.bytes() * passes;
        let (mut done, mut reported) = (0, 0);
        for pass in 0..passes {
            let mut seen: HashSet<u128> = HashSet::new();
            let mut cancelled = false;
            docs.walk(0..docs.len(), |i, text| {
                done += text.len() as u64;
                let hash = hash128(text.as_bytes());
                // Equal texts have equal hashes, so they meet in the same pass.
                if (hash >> 64) as u64 % passes == pass && !seen.insert(hash) {
                    found.insert(i);
                }
                if done - reported >= REPORT_BYTES {
                    reported = done;
                    cancelled = progress(Tick { what: "Looking for duplicates", done, total, unit: "bytes" }).is_break();
                }
                if cancelled { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            if cancelled {
                return Err(ImportError::Cancelled);
            }
        }
        Ok(found)
    }
}
