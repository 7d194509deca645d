//! One side of a corpus: token ids and document ends, written once, then memory-mapped.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use super::Side;
use crate::data::mapped::Mapped;

/// Token ids of all documents of one side, one after another.
#[derive(Debug)]
pub struct Tokens {
    ids: Mapped,
    /// Little-endian u64: where each document ends, its end token included.
    ends: Mapped,
    wide: bool,
    len: usize,
    highest: u32,
}

impl Tokens {
    pub(super) fn open(dir: &Path, side: Side, bytes_per_token: usize, vocab_size: usize) -> io::Result<Self> {
        let ids = Mapped::open(&dir.join(side.tokens_name()))?;
        let ends = Mapped::open(&dir.join(side.ends_name()))?;
        let wide = bytes_per_token == 4;
        let len = ids.bytes().len() / if wide { 4 } else { 2 };
        Ok(Self { ids, ends, wide, len, highest: vocab_size.saturating_sub(1) as u32 })
    }

    /// Tokens in all.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Replaces `out` by `n` ids from `start` on. The last document is followed by the first, so that every start is
    /// allowed and every token can stand at every place of a window. Nothing comes out of an empty side.
    pub fn read(&self, start: usize, n: usize, out: &mut Vec<u32>) {
        out.clear();
        if self.len == 0 {
            return;
        }
        let mut at = start % self.len;
        while out.len() < n {
            let until = self.len.min(at + n - out.len());
            self.append(at, until, out);
            at = 0;
        }
    }

    fn append(&self, from: usize, until: usize, out: &mut Vec<u32>) {
        // A damaged file must not make anybody index outside an embedding table.
        if self.wide {
            let bytes = self.ids.bytes().get(from * 4..until * 4).unwrap_or_default();
            out.extend(bytes.as_chunks::<4>().0.iter().map(|id| u32::from_le_bytes(*id).min(self.highest)));
        } else {
            let bytes = self.ids.bytes().get(from * 2..until * 2).unwrap_or_default();
            out.extend(bytes.as_chunks::<2>().0.iter().map(|id| u32::from(u16::from_le_bytes(*id)).min(self.highest)));
        }
    }

    pub fn documents(&self) -> usize {
        self.ends.bytes().len() / 8
    }

    /// Token index one past the end of a document; none beyond the last.
    pub fn document_end(&self, i: usize) -> Option<usize> {
        let bytes = self.ends.bytes().as_chunks::<8>().0.get(i)?;
        Some(u64::from_le_bytes(*bytes) as usize)
    }
}

/// Writes one side.
pub(super) struct TokenWriter {
    ids: BufWriter<File>,
    ends: BufWriter<File>,
    wide: bool,
    pub tokens: u64,
    pub documents: u64,
    pub bytes: u64,
    /// How often each id came.
    pub counts: Vec<u64>,
}

impl TokenWriter {
    pub(super) fn create(dir: &Path, side: Side, vocab_size: usize) -> io::Result<Self> {
        let create = |name: &str| Ok::<_, io::Error>(BufWriter::with_capacity(1 << 20, File::create_new(dir.join(name))?));
        Ok(Self {
            ids: create(side.tokens_name())?,
            ends: create(side.ends_name())?,
            wide: bytes_per_token(vocab_size) == 4,
            tokens: 0,
            documents: 0,
            bytes: 0,
            counts: vec![0; vocab_size],
        })
    }

    pub(super) fn push(&mut self, ids: &[u32]) -> io::Result<()> {
        for &id in ids {
            if let Some(n) = self.counts.get_mut(id as usize) {
                *n += 1;
            }
            if self.wide {
                self.ids.write_all(&id.to_le_bytes())?;
            } else {
                self.ids.write_all(&(id as u16).to_le_bytes())?;
            }
        }
        self.tokens += ids.len() as u64;
        Ok(())
    }

    pub(super) fn end_document(&mut self) -> io::Result<()> {
        self.documents += 1;
        self.ends.write_all(&self.tokens.to_le_bytes())
    }

    /// Brings all to the disk.
    pub(super) fn finish(self) -> io::Result<()> {
        for writer in [self.ids, self.ends] {
            writer.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        }
        Ok(())
    }
}

/// Two bytes hold every id of a vocabulary up to 65,536.
pub(super) fn bytes_per_token(vocab_size: usize) -> usize {
    if vocab_size <= 1 << 16 { 2 } else { 4 }
}
