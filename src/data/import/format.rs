//! Which format a file has, by its name and its first bytes, and the reader for it.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::encoding::{Sniffed, Utf8Reader, sniff};
use super::json::{JsonLines, JsonRows};
use super::parquet::ParquetRows;
use super::rows::Rows;
use super::schema::guess_documents;
use super::table::{TableRows, guess_delimiter};
use super::text::{ConllRows, TextRows, looks_like_conll};
use crate::data::error::ImportError;
use crate::engine::command::DocumentRule;

/// Text that is looked at to find the format.
const HEAD_BYTES: u64 = 256 << 10;

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Markdown,
    JsonLines,
    Json,
    Table { delimiter: u8 },
    Parquet,
    Conll,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "Plain text",
            Self::Markdown => "Markdown",
            Self::JsonLines => "JSON lines",
            Self::Json => "JSON",
            Self::Table { delimiter: b'\t' } => "Tab-separated table",
            Self::Table { delimiter: b';' } => "Semicolon-separated table",
            Self::Table { .. } => "Comma-separated table",
            Self::Parquet => "Parquet",
            Self::Conll => "CoNLL columns",
        }
    }

    /// Whether its rows are cut by a `DocumentRule`.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Markdown)
    }
}

/// A file whose format and encoding are known.
pub struct Source {
    pub path: PathBuf,
    pub format: Format,
    pub sniffed: Option<Sniffed>,
    pub bytes: u64,
    /// How a text is best cut.
    pub documents: DocumentRule,
}

/// Names of files that a folder is searched for.
pub const EXTENSIONS: [&str; 14] =
    ["txt", "text", "md", "markdown", "jsonl", "ndjson", "json", "csv", "tsv", "tab", "parquet", "conll", "bio", "iob"];

impl Source {
    /// Looks at the first `limit` bytes for damage; the format needs fewer.
    pub fn look(path: &Path, limit: u64) -> Result<Self, ImportError> {
        let failed = |e| ImportError::from_io(e, path);
        let mut raw = Vec::new();
        let mut file = File::open(path).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        (&mut file).take(HEAD_BYTES).read_to_end(&mut raw).map_err(failed)?;
        let extension = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        if raw.starts_with(b"PAR1") || extension == "parquet" {
            return Ok(Self {
                path: path.to_path_buf(),
                format: Format::Parquet,
                sniffed: None,
                bytes,
                documents: DocumentRule::BlankLine,
            });
        }
        let sniffed = sniff(path, limit)?;
        let mut head = String::new();
        Utf8Reader::new(raw.as_slice(), sniffed.encoding).read_to_string(&mut head).map_err(failed)?;
        if head.trim().is_empty() && bytes <= HEAD_BYTES {
            return Err(ImportError::Empty { path: path.to_path_buf() });
        }
        let format = by_name(&extension, &head).unwrap_or_else(|| by_content(&head));
        let documents = guess_documents(&head, bytes <= HEAD_BYTES);
        Ok(Self { path: path.to_path_buf(), format, sniffed: Some(sniffed), bytes, documents })
    }

    /// Reads from the beginning.
    pub fn rows(&self, documents: DocumentRule) -> Result<Box<dyn Rows>, ImportError> {
        let Some(sniffed) = &self.sniffed else { return Ok(Box::new(ParquetRows::open(&self.path)?)) };
        let file = File::open(&self.path).map_err(|e| ImportError::from_io(e, &self.path))?;
        let reader = Utf8Reader::new(file, sniffed.encoding);
        Ok(match self.format {
            Format::Text | Format::Markdown => Box::new(TextRows::new(reader, documents, &self.path)),
            Format::JsonLines => Box::new(JsonLines::new(reader, &self.path)),
            Format::Json => Box::new(JsonRows::new(reader, &self.path)),
            Format::Table { delimiter } => Box::new(TableRows::new(reader, delimiter, &self.path)?),
            Format::Conll => Box::new(ConllRows::new(reader, &self.path)),
            Format::Parquet => Box::new(ParquetRows::open(&self.path)?),
        })
    }
}

fn by_name(extension: &str, head: &str) -> Option<Format> {
    match extension {
        "md" | "markdown" => Some(Format::Markdown),
        // Some write a list where lines are promised, and lines where a list is.
        "jsonl" | "ndjson" if head.trim_start().starts_with('[') && !is_json_line(head) => Some(Format::Json),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        "json" if head.trim_start().starts_with('{') && is_json_line(head) => Some(Format::JsonLines),
        "json" => Some(Format::Json),
        "csv" => Some(Format::Table { delimiter: guess_delimiter(head) }),
        "tsv" | "tab" => Some(Format::Table { delimiter: b'\t' }),
        "conll" | "bio" | "iob" => Some(Format::Conll),
        "txt" | "text" if looks_like_conll(head) => Some(Format::Conll),
        "txt" | "text" => Some(Format::Text),
        _ => None,
    }
}

fn by_content(head: &str) -> Format {
    match head.trim_start().as_bytes().first() {
        Some(b'{' | b'[') if is_json_line(head) => Format::JsonLines,
        Some(b'{' | b'[') => Format::Json,
        _ if looks_like_conll(head) => Format::Conll,
        _ => Format::Text,
    }
}

/// Whether the first line is a whole value and another begins on the second.
fn is_json_line(head: &str) -> bool {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    let whole = |line: &str| serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok();
    lines.next().is_some_and(whole) && lines.next().is_some_and(|line| line.trim_start().starts_with(['{', '[']))
}
