//! Bytes to UTF-8: which encoding a file has, and a reader that decodes it as a stream. Knows no format.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

use crate::data::error::ImportError;

const CHUNK: usize = 64 << 10;

/// The encodings that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    /// Read as windows-1252, which it is part of.
    Latin1,
}

impl Encoding {
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16 (little-endian)",
            Self::Utf16Be => "UTF-16 (big-endian)",
            Self::Latin1 => "Latin-1",
        }
    }

    fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Latin1 => encoding_rs::WINDOWS_1252,
        }
    }
}

/// What the bytes of a file say about its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sniffed {
    pub encoding: Encoding,
    pub bytes: u64,
    /// To be told to the person: a guess, or damage.
    pub warnings: Vec<String>,
}

/// Looks at the first `limit` bytes: all of them on import, some for a first report.
pub fn sniff(path: &Path, limit: u64) -> Result<Sniffed, ImportError> {
    let failed = |e| ImportError::from_io(e, path);
    let mut file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let mut head = Vec::new();
    (&mut file).take(CHUNK as u64).read_to_end(&mut head).map_err(failed)?;
    if head.is_empty() {
        return Err(ImportError::Empty { path: path.to_path_buf() });
    }
    let plain = |encoding| Ok(Sniffed { encoding, bytes, warnings: Vec::new() });
    if let Some((codec, _)) = encoding_rs::Encoding::for_bom(&head) {
        if codec == encoding_rs::UTF_16LE {
            return plain(Encoding::Utf16Le);
        }
        if codec == encoding_rs::UTF_16BE {
            return plain(Encoding::Utf16Be);
        }
    } else if let Some(encoding) = utf16_without_mark(&head) {
        return plain(encoding);
    }
    refuse_binary(&head, path)?;
    let mut check = Utf8Check::default();
    check.feed(&head);
    let mut left = limit.saturating_sub(head.len() as u64);
    let mut chunk = vec![0; 1 << 20];
    while left > 0 {
        let n = file.read(&mut chunk).map_err(failed)?;
        if n == 0 {
            break;
        }
        check.feed(chunk.get(..n).unwrap_or_default());
        left = left.saturating_sub(n as u64);
    }
    let (encoding, warning) = check.verdict();
    Ok(Sniffed { encoding, bytes, warnings: warning.into_iter().collect() })
}

/// Western text in UTF-16 has a zero in nearly every other byte.
fn utf16_without_mark(head: &[u8]) -> Option<Encoding> {
    let (pairs, _) = head.as_chunks::<2>();
    if pairs.len() < 2 {
        return None;
    }
    let first = pairs.iter().filter(|[a, _]| *a == 0).count();
    let second = pairs.iter().filter(|[_, b]| *b == 0).count();
    let (many, few) = (pairs.len() * 2 / 5, pairs.len() / 20);
    if second > many && first <= few {
        Some(Encoding::Utf16Le)
    } else if first > many && second <= few {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

/// Line breaks among these bytes.
fn lines_in(bytes: &[u8]) -> u64 {
    bytes.split(|&byte| byte == b'\n').count() as u64 - 1
}

fn refuse_binary(head: &[u8], path: &Path) -> Result<(), ImportError> {
    let is_odd = |&byte: &u8| matches!(byte, 0..=7 | 11 | 14..=26 | 28..=31);
    let odd = head.iter().filter(|byte| is_odd(byte)).count();
    let refused = if head.starts_with(b"%PDF") { Some(0) } else { None };
    let refused = refused.or_else(|| head.iter().position(|&byte| byte == 0));
    let refused = refused.or_else(|| if odd * 50 > head.len() { head.iter().position(is_odd) } else { None });
    match refused {
        None => Ok(()),
        Some(offset) => Err(ImportError::Binary {
            offset: offset as u64,
            byte: head.get(offset).copied().unwrap_or(0),
            path: path.to_path_buf(),
        }),
    }
}

/// Counts what is wrong with a stream taken for UTF-8.
#[derive(Default)]
struct Utf8Check {
    carry: Vec<u8>,
    line: u64,
    /// Bytes since the last line end.
    column: u64,
    wide: u64,
    invalid: u64,
    /// Line and column, from 1.
    first: Option<(u64, u64)>,
}

impl Utf8Check {
    fn feed(&mut self, chunk: &[u8]) {
        let mut joined = std::mem::take(&mut self.carry);
        let bytes = if joined.is_empty() {
            chunk
        } else {
            joined.extend_from_slice(chunk);
            &joined
        };
        let mut rest = bytes;
        loop {
            match str::from_utf8(rest) {
                Ok(text) => return self.pass(text.as_bytes()),
                Err(e) => {
                    let (good, bad) = rest.split_at(e.valid_up_to());
                    self.pass(good);
                    let Some(n) = e.error_len() else {
                        self.carry = bad.to_vec();
                        return;
                    };
                    self.invalid += 1;
                    self.first.get_or_insert((self.line + 1, self.column + 1));
                    self.column += n as u64;
                    rest = bad.get(n..).unwrap_or_default();
                }
            }
        }
    }

    fn pass(&mut self, good: &[u8]) {
        self.wide += good.iter().filter(|&&byte| byte >= 0xC2).count() as u64;
        if self.first.is_some() {
            return;
        }
        self.line += lines_in(good);
        self.column = match good.iter().rposition(|&byte| byte == b'\n') {
            Some(at) => (good.len() - at - 1) as u64,
            None => self.column + good.len() as u64,
        };
    }

    fn verdict(self) -> (Encoding, Option<String>) {
        let Some((line, column)) = self.first else { return (Encoding::Utf8, None) };
        if self.wide >= self.invalid {
            let what = format!(
                "{} places are not valid UTF-8, the first at line {line}, column {column}; they were read as \u{FFFD}",
                self.invalid
            );
            return (Encoding::Utf8, Some(what));
        }
        let what = format!(
            "this is not UTF-8 (line {line}, column {column}), so it was read as Latin-1; if letters look wrong, save the file as UTF-8"
        );
        (Encoding::Latin1, Some(what))
    }
}

/// Bytes taken from a file so far, shared with whoever reports progress.
pub type Position = Rc<Cell<u64>>;

/// Reads any of the encodings as UTF-8 without a byte-order mark. What is invalid becomes U+FFFD.
pub struct Utf8Reader<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    raw: Vec<u8>,
    raw_at: usize,
    raw_end: usize,
    /// Decoded text that was not asked for yet.
    text: Vec<u8>,
    text_at: usize,
    text_end: usize,
    done: bool,
    position: Position,
}

impl<R: Read> Utf8Reader<R> {
    pub fn new(inner: R, encoding: Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.codec().new_decoder_with_bom_removal(),
            raw: vec![0; CHUNK],
            raw_at: 0,
            raw_end: 0,
            text: vec![0; 2 * CHUNK],
            text_at: 0,
            text_end: 0,
            done: false,
            position: Rc::default(),
        }
    }

    pub fn position(&self) -> Position {
        Rc::clone(&self.position)
    }

    fn refill(&mut self) -> io::Result<()> {
        while self.text_at == self.text_end && !self.done {
            if self.raw_at == self.raw_end {
                self.raw_at = 0;
                self.raw_end = self.inner.read(&mut self.raw)?;
                self.position.set(self.position.get() + self.raw_end as u64);
            }
            let last = self.raw_end == 0;
            let source = self.raw.get(self.raw_at..self.raw_end).unwrap_or_default();
            let (result, read, written, _) = self.decoder.decode_to_utf8(source, &mut self.text, last);
            self.raw_at += read;
            (self.text_at, self.text_end) = (0, written);
            self.done = last && result == encoding_rs::CoderResult::InputEmpty;
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.refill()?;
        let ready = self.text.get(self.text_at..self.text_end).unwrap_or_default();
        let n = ready.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), ready.get(..n)) {
            to.copy_from_slice(from);
        }
        self.text_at += n;
        Ok(n)
    }
}
