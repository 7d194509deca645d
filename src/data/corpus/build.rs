//! Documents to tokens: a stream through all cores in bounded memory, split by document, exact duplicates left out.

use std::fs::{self, File};
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use super::baselines;
use super::tokens::{TokenWriter, Tokens, bytes_per_token};
use super::{CorpusError, CorpusMeta, CorpusSummary, META, Side, VERSION};
use crate::data::documents::Documents;
use crate::data::duplicates::Duplicates;
use crate::data::error::ImportError;
use crate::data::hash::{hash128, mix};
use crate::data::place::Place;
use crate::data::progress::{Progress, Tick};
use crate::tokenizer::{SEGMENT_BYTES, Tokenizer, segments};

/// Text tokenised between two writes, over all cores.
const BATCH_BYTES: usize = 4 << 20;
/// With more documents than this the split is by a fixed share of the hashes instead of by exact bytes.
const EXACT_SPLIT: usize = 1_000_000;

/// Tokenises all documents into `out_dir`, which appears when all is done and not before. The side of a document depends
/// on its text and the seed alone.
pub fn build(
    docs: &Documents,
    tokenizer: &Tokenizer,
    val_fraction: f64,
    seed: u64,
    out_dir: &Path,
    progress: &mut Progress<'_>,
) -> Result<CorpusSummary, CorpusError> {
    if !(0.0..=0.5).contains(&val_fraction) {
        return Err(CorpusError::Fraction { fraction: val_fraction });
    }
    if docs.is_empty() {
        return Err(CorpusError::NoDocuments);
    }
    let duplicates = Duplicates::find(docs, progress)?;
    let split = Split::plan(docs, &duplicates, val_fraction, seed)?;
    let place = Place::beside(out_dir).map_err(|e| CorpusError::from_io(e, out_dir))?;
    let failed = |e: io::Error| CorpusError::from_io(e, out_dir);

    let plain = tokenizer.for_documents();
    let mut sides = Sides::create(place.path(), &plain).map_err(failed)?;
    tokenise(docs, &duplicates, &split, &mut sides, progress).map_err(|e| e.with_path(out_dir))?;
    let mut meta = sides.meta(val_fraction, seed, duplicates.count);
    let (counts, unknown) = (std::mem::take(&mut sides.train.counts), meta.unknown_tokens);
    sides.finish().map_err(failed)?;

    if progress(Tick { what: "Measuring baselines", done: 0, total: 0, unit: "tokens" }).is_break() {
        return Err(CorpusError::Cancelled);
    }
    let open = |side| Tokens::open(place.path(), side, meta.bytes_per_token, meta.vocab_size).map_err(failed);
    let (train, val) = (open(Side::Train)?, open(Side::Val)?);
    (meta.baselines, meta.bigram_tokens) = baselines::measure(&train, &val, &counts);
    drop((train, val));
    write_meta(place.path(), &meta).map_err(failed)?;
    place.commit(out_dir).map_err(failed)?;

    let warnings = warnings(&meta, &split, unknown);
    Ok(CorpusSummary { meta, warnings })
}

fn write_meta(dir: &Path, meta: &CorpusMeta) -> io::Result<()> {
    let path = dir.join(META);
    fs::write(&path, serde_json::to_vec_pretty(meta)?)?;
    File::open(&path)?.sync_all()
}

fn warnings(meta: &CorpusMeta, split: &Split, unknown: u64) -> Vec<String> {
    let mut warnings = Vec::new();
    if matches!(split, Split::Within { .. }) {
        warnings.push("there is only one document: its end was set aside for validation".to_owned());
    } else if meta.val_fraction > 0.0 && meta.val_tokens == 0 {
        warnings.push("no document was left for validation; raise its share or import more documents".to_owned());
    }
    let share = unknown as f64 / (meta.train_tokens + meta.val_tokens).max(1) as f64;
    if share > 0.001 {
        warnings.push(format!(
            "{:.1} % of the tokens are unknown to this tokenizer; train one on this text, or take a byte-level one",
            100.0 * share
        ));
    }
    if meta.eos.is_none() {
        warnings
            .push("this tokenizer has no token to end a document, so documents follow each other without a border".to_owned());
    }
    warnings
}

/// Which side a document goes to.
enum Split {
    /// To validation if its key is below.
    Below { seed: u64, threshold: u64 },
    /// There is one document only: its end goes to validation.
    Within { fraction: f64 },
}

impl Split {
    fn plan(docs: &Documents, duplicates: &Duplicates, fraction: f64, seed: u64) -> Result<Self, ImportError> {
        let unique = docs.len() as u64 - duplicates.count;
        if unique == 1 && fraction > 0.0 {
            return Ok(Self::Within { fraction });
        }
        if docs.len() > EXACT_SPLIT {
            return Ok(Self::Below { seed, threshold: (fraction * u64::MAX as f64) as u64 });
        }
        let mut keys = Vec::with_capacity(unique as usize);
        docs.walk(0..docs.len(), |i, text| {
            if !duplicates.contains(i) {
                keys.push((key(text, seed), text.len() as u64));
            }
            ControlFlow::Continue(())
        })?;
        keys.sort_unstable();
        let wanted = (fraction * keys.iter().map(|&(_, bytes)| bytes).sum::<u64>() as f64) as u64;
        let mut taken = 0;
        let mut threshold = 0;
        // In the random order of the keys, documents go to validation until it has its share; one always stays for training.
        for pair in keys.windows(2) {
            let &[(_, bytes), (next, _)] = pair else { break };
            if fraction == 0.0 || taken >= wanted.max(1) {
                break;
            }
            taken += bytes;
            threshold = next;
        }
        Ok(Self::Below { seed, threshold })
    }

    /// The parts of a document with their sides.
    fn parts<'t>(&self, text: &'t str) -> [(Side, &'t str); 2] {
        match *self {
            Self::Below { seed, threshold } if key(text, seed) < threshold => [(Side::Val, text), (Side::Train, "")],
            Self::Below { .. } => [(Side::Train, text), (Side::Val, "")],
            Self::Within { fraction } => {
                let at = text.floor_char_boundary((text.len() as f64 * (1.0 - fraction)) as usize);
                // Better at a space or line end close by.
                let at = text.get(..at).and_then(|head| head.rfind(char::is_whitespace)).filter(|&i| i > 0).unwrap_or(at);
                let (head, tail) = text.split_at(at);
                [(Side::Train, head), (Side::Val, tail)]
            }
        }
    }
}

fn key(text: &str, seed: u64) -> u64 {
    mix(seed, hash128(text.as_bytes()) as u64)
}

/// Text waiting to be tokenised: parts of documents in order.
#[derive(Default)]
struct Batch {
    text: String,
    parts: Vec<Part>,
}

struct Part {
    side: Side,
    end: usize,
    /// The document ends with this part.
    last: bool,
}

struct Sides<'t> {
    tokenizer: &'t Tokenizer,
    train: TokenWriter,
    val: TokenWriter,
}

impl<'t> Sides<'t> {
    fn create(dir: &Path, tokenizer: &'t Tokenizer) -> io::Result<Self> {
        let create = |side| TokenWriter::create(dir, side, tokenizer.vocab_size());
        Ok(Self { tokenizer, train: create(Side::Train)?, val: create(Side::Val)? })
    }

    fn flush(&mut self, batch: &mut Batch) -> io::Result<()> {
        let mut texts = Vec::with_capacity(batch.parts.len());
        let mut start = 0;
        for part in &batch.parts {
            texts.push(batch.text.get(start..part.end).unwrap_or_default());
            start = part.end;
        }
        let ids = self.tokenizer.encode_batch(texts);
        let mut start = 0;
        for (part, ids) in batch.parts.iter().zip(&ids) {
            let writer = match part.side {
                Side::Train => &mut self.train,
                Side::Val => &mut self.val,
            };
            writer.push(ids)?;
            writer.bytes += (part.end - start) as u64;
            start = part.end;
            if part.last {
                writer.push(self.tokenizer.special().eos.as_slice())?;
                writer.end_document()?;
            }
        }
        batch.text.clear();
        batch.parts.clear();
        Ok(())
    }

    fn meta(&self, val_fraction: f64, seed: u64, duplicates: u64) -> CorpusMeta {
        let special = self.tokenizer.special();
        let unknown = |writer: &TokenWriter| special.unk.and_then(|id| writer.counts.get(id as usize).copied()).unwrap_or(0);
        let vocab_size = self.tokenizer.vocab_size();
        CorpusMeta {
            version: VERSION,
            vocab_size,
            bytes_per_token: bytes_per_token(vocab_size),
            eos: special.eos,
            train_tokens: self.train.tokens,
            val_tokens: self.val.tokens,
            train_documents: self.train.documents,
            val_documents: self.val.documents,
            train_bytes: self.train.bytes,
            val_bytes: self.val.bytes,
            duplicates,
            unknown_tokens: unknown(&self.train) + unknown(&self.val),
            val_fraction,
            seed,
            baselines: crate::engine::event::Baselines::default(),
            bigram_tokens: 0,
        }
    }

    fn finish(self) -> io::Result<()> {
        self.train.finish()?;
        self.val.finish()
    }
}

/// Why tokenising ended early; the path is added by the caller.
enum Stop {
    Cancelled,
    Io(io::Error),
    Documents(ImportError),
}

impl Stop {
    fn with_path(self, path: &Path) -> CorpusError {
        match self {
            Self::Cancelled => CorpusError::Cancelled,
            Self::Io(e) => CorpusError::from_io(e, path),
            Self::Documents(e) => CorpusError::Documents(e),
        }
    }
}

fn tokenise(
    docs: &Documents,
    duplicates: &Duplicates,
    split: &Split,
    sides: &mut Sides<'_>,
    progress: &mut Progress<'_>,
) -> Result<(), Stop> {
    let total = docs.bytes();
    let mut done = 0;
    let mut batch = Batch::default();
    let mut stop = None;
    docs.walk(0..docs.len(), |i, text| {
        done += text.len() as u64;
        if !duplicates.contains(i) {
            for (side, text) in split.parts(text) {
                let mut parts = segments(text, SEGMENT_BYTES).peekable();
                while let Some(part) = parts.next() {
                    batch.text.push_str(part);
                    batch.parts.push(Part { side, end: batch.text.len(), last: parts.peek().is_none() });
                }
            }
        }
        if batch.text.len() >= BATCH_BYTES {
            if let Err(e) = sides.flush(&mut batch) {
                stop = Some(Stop::Io(e));
            } else if progress(Tick { what: "Tokenising", done, total, unit: "bytes" }).is_break() {
                stop = Some(Stop::Cancelled);
            }
        }
        if stop.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })
    .map_err(Stop::Documents)?;
    match stop {
        Some(stop) => Err(stop),
        None if progress(Tick { what: "Tokenising", done, total, unit: "bytes" }).is_break() => Err(Stop::Cancelled),
        None => sides.flush(&mut batch).map_err(Stop::Io),
    }
}
