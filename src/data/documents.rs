//! Imported documents: UTF-8 text in one file, where each ends in another, both memory-mapped. Knows nothing of where they came from.

use std::fs::File;
use std::io::{BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::{ControlFlow, Range};
use std::path::{Path, PathBuf};

use super::error::ImportError;
use super::mapped::Mapped;

const TEXT: &str = "text.bin";
const INDEX: &str = "text.idx";
/// Longest document; the importer cuts longer ones, so that one always fits in memory many times over.
pub const MAX_DOCUMENT_BYTES: usize = 8 << 20;
/// Text read at once when all documents are walked through.
const WALK_BYTES: u64 = 4 << 20;

/// Documents by number, in constant time.
#[derive(Debug)]
pub struct Documents {
    dir: PathBuf,
    text: Mapped,
    /// Little-endian u64: where each document ends.
    ends: Mapped,
    len: usize,
}

impl Documents {
    /// Opens what `import` or a `DocumentWriter` made.
    pub fn open(dir: &Path) -> Result<Self, ImportError> {
        let map = |name: &str| Mapped::open(&dir.join(name)).map_err(|e| ImportError::from_io(e, &dir.join(name)));
        let (text, ends) = (map(TEXT)?, map(INDEX)?);
        let damaged = |reason: &str| ImportError::DamagedDataset { reason: reason.to_owned(), path: dir.to_path_buf() };
        if !ends.bytes().len().is_multiple_of(8) {
            return Err(damaged("its index breaks off"));
        }
        let documents = Self { dir: dir.to_path_buf(), len: ends.bytes().len() / 8, text, ends };
        if documents.end(documents.len.wrapping_sub(1)).unwrap_or(0) != documents.text.bytes().len() as u64 {
            return Err(damaged("its index does not fit its text"));
        }
        Ok(documents)
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of text in all.
    pub fn bytes(&self) -> u64 {
        self.text.bytes().len() as u64
    }

    /// A document; empty if there is none of that number. Damaged bytes end it.
    pub fn get(&self, i: usize) -> &str {
        let range = self.range(i);
        let bytes = self.text.bytes().get(range.start as usize..range.end as usize).unwrap_or_default();
        valid(bytes)
    }

    /// Bytes of one document.
    pub fn size(&self, i: usize) -> u64 {
        let range = self.range(i);
        range.end.saturating_sub(range.start)
    }

    fn range(&self, i: usize) -> Range<u64> {
        let Some(end) = self.end(i) else { return 0..0 };
        let start = if i == 0 { 0 } else { self.end(i - 1).unwrap_or(end) };
        start..end
    }

    fn end(&self, i: usize) -> Option<u64> {
        let at = i.checked_mul(8)?;
        let bytes = self.ends.bytes().get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// Documents spread evenly over all, of about this many bytes together.
    pub fn sample(&self, max_bytes: usize) -> Vec<&str> {
        let stride = (self.bytes() / max_bytes.max(1) as u64 + 1) as usize;
        let mut room = max_bytes;
        let mut sample = Vec::new();
        for i in (0..self.len).step_by(stride) {
            let text = self.get(i);
            let text = text.get(..text.floor_char_boundary(room)).unwrap_or_default();
            room -= text.len();
            if !text.is_empty() {
                sample.push(text);
            }
            if room == 0 {
                break;
            }
        }
        sample
    }

    /// Walks through a range of documents in order, by plain reading: pages of a map that were touched once would count as
    /// the program's memory. `visit` gets the number and the text; `Break` ends the walk.
    pub fn walk(&self, range: Range<usize>, mut visit: impl FnMut(usize, &str) -> ControlFlow<()>) -> Result<(), ImportError> {
        let path = self.dir.join(TEXT);
        let failed = |e| ImportError::from_io(e, &path);
        let mut file = File::open(&path).map_err(failed)?;
        file.seek(SeekFrom::Start(self.range(range.start).start)).map_err(failed)?;
        let mut buffer = Vec::new();
        let mut next = range.start;
        let last = range.end.min(self.len);
        while next < last {
            let start = self.range(next).start;
            let mut until = next + 1;
            while until < last && self.range(until).end.saturating_sub(start) <= WALK_BYTES {
                until += 1;
            }
            let bytes = self.range(until - 1).end.saturating_sub(start);
            buffer.clear();
            (&mut file).take(bytes).read_to_end(&mut buffer).map_err(failed)?;
            for i in next..until {
                let range = self.range(i);
                let part = (range.start.saturating_sub(start)) as usize..(range.end.saturating_sub(start)) as usize;
                if visit(i, valid(buffer.get(part).unwrap_or_default())).is_break() {
                    return Ok(());
                }
            }
            next = until;
        }
        Ok(())
    }
}

/// The longest valid beginning.
fn valid(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(e) => bytes.get(..e.valid_up_to()).and_then(|good| str::from_utf8(good).ok()).unwrap_or_default(),
    }
}

/// Writes documents one after another into an existing folder.
pub struct DocumentWriter {
    text: BufWriter<File>,
    index: BufWriter<File>,
    dir: PathBuf,
    written: u64,
    started: u64,
    documents: u64,
    cut: u64,
}

impl DocumentWriter {
    pub fn create(dir: &Path) -> Result<Self, ImportError> {
        let create = |name: &str| {
            let file = File::create_new(dir.join(name)).map_err(|e| ImportError::from_io(e, &dir.join(name)))?;
            Ok(BufWriter::with_capacity(1 << 20, file))
        };
        Ok(Self {
            text: create(TEXT)?,
            index: create(INDEX)?,
            dir: dir.to_path_buf(),
            written: 0,
            started: 0,
            documents: 0,
            cut: 0,
        })
    }

    /// Adds to the document at hand, which is cut where it grows beyond `MAX_DOCUMENT_BYTES`.
    pub fn push(&mut self, mut text: &str) -> Result<(), ImportError> {
        while !text.is_empty() {
            let room = MAX_DOCUMENT_BYTES.saturating_sub((self.written - self.started) as usize);
            let (part, rest) = text.split_at(text.floor_char_boundary(room));
            self.text.write_all(part.as_bytes()).map_err(|e| ImportError::from_io(e, &self.dir))?;
            self.written += part.len() as u64;
            text = rest;
            if !text.is_empty() {
                self.cut += 1;
                self.end()?;
            }
        }
        Ok(())
    }

    /// Ends the document at hand; an empty one is none.
    pub fn end(&mut self) -> Result<(), ImportError> {
        if self.written > self.started {
            self.started = self.written;
            self.documents += 1;
            self.index.write_all(&self.written.to_le_bytes()).map_err(|e| ImportError::from_io(e, &self.dir))?;
        }
        Ok(())
    }

    /// Documents ended so far.
    pub fn documents(&self) -> u64 {
        self.documents
    }

    /// Bytes of text so far.
    pub fn bytes(&self) -> u64 {
        self.written
    }

    /// How often a document was too long and cut.
    pub fn cuts(&self) -> u64 {
        self.cut
    }

    /// Ends the last document and brings all to the disk.
    pub fn finish(mut self) -> Result<(u64, u64), ImportError> {
        self.end()?;
        for writer in [self.text, self.index] {
            let file = writer.into_inner().map_err(|e| ImportError::from_io(e.into_error(), &self.dir))?;
            file.sync_all().map_err(|e| ImportError::from_io(e, &self.dir))?;
        }
        Ok((self.documents, self.written))
    }
}
