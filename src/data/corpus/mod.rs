//! Tokenised corpora: training and validation tokens in memory-mapped files, with what is known about them. Knows no model.

mod baselines;
mod build;
mod tokens;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use build::build;
pub use tokens::Tokens;

use super::error::ImportError;
use crate::engine::event::Baselines;
use crate::tokenizer::TokenizerError;

const META: &str = "meta.json";
const VERSION: u32 = 1;

/// Why a corpus was not built or opened.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error(transparent)]
    Documents(#[from] ImportError),
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    #[error("there are no documents to tokenise; import some text first")]
    NoDocuments,
    #[error("a share of {fraction} for validation makes no sense; choose one from 0 to 0.5")]
    Fraction { fraction: f64 },
    #[error("the folder for the corpus exists already; choose another: {}", path.display())]
    Exists { path: PathBuf },
    #[error("the disk is full; free some space and start again, nothing was kept: {}", path.display())]
    DiskFull { path: PathBuf },
    #[error("the corpus is damaged ({reason}); tokenise the dataset again: {}", path.display())]
    Damaged { reason: String, path: PathBuf },
    #[error("{}: {}", super::error::explain_io(source), path.display())]
    Io { source: io::Error, path: PathBuf },
    #[error("cancelled")]
    Cancelled,
}

impl CorpusError {
    pub(crate) fn from_io(source: io::Error, path: &Path) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Io { source, path },
        }
    }

    /// Whether the person asked for the end.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled | Self::Documents(ImportError::Cancelled) | Self::Tokenizer(TokenizerError::Cancelled))
    }
}

/// What a corpus is, kept beside its tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CorpusMeta {
    pub version: u32,
    /// Entries of the tokenizer; every id is below.
    pub vocab_size: usize,
    /// 2 or 4.
    pub bytes_per_token: usize,
    /// Stands after each document.
    pub eos: Option<u32>,
    pub train_tokens: u64,
    pub val_tokens: u64,
    pub train_documents: u64,
    pub val_documents: u64,
    /// Bytes of text, for bits per byte.
    pub train_bytes: u64,
    pub val_bytes: u64,
    /// Documents left out because they stand twice.
    pub duplicates: u64,
    pub unknown_tokens: u64,
    pub val_fraction: f64,
    pub seed: u64,
    pub baselines: Baselines,
    /// Training tokens that the bigram baseline was counted on.
    pub bigram_tokens: u64,
}

/// What `build` made, and what is to be said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusSummary {
    pub meta: CorpusMeta,
    pub warnings: Vec<String>,
}

/// An open corpus. Sharing it between threads by reference costs nothing.
#[derive(Debug)]
pub struct Corpus {
    meta: CorpusMeta,
    train: Tokens,
    val: Tokens,
}

impl Corpus {
    pub fn open(dir: &Path) -> Result<Self, CorpusError> {
        let path = dir.join(META);
        let damaged = |reason: String| CorpusError::Damaged { reason, path: dir.to_path_buf() };
        let json = fs::read(&path).map_err(|e| CorpusError::from_io(e, &path))?;
        let meta: CorpusMeta = serde_json::from_slice(&json).map_err(|e| damaged(e.to_string()))?;
        if meta.version != VERSION {
            return Err(damaged(format!("its version is {}, known is {VERSION}", meta.version)));
        }
        let open = |side: Side, tokens: u64| {
            let opened = Tokens::open(dir, side, meta.bytes_per_token, meta.vocab_size);
            let opened = opened.map_err(|e| CorpusError::from_io(e, dir))?;
            if opened.len() as u64 == tokens {
                Ok(opened)
            } else {
                Err(damaged(format!("{} holds {} tokens instead of {tokens}", side.tokens_name(), opened.len())))
            }
        };
        let (train, val) = (open(Side::Train, meta.train_tokens)?, open(Side::Val, meta.val_tokens)?);
        Ok(Self { meta, train, val })
    }

    pub fn meta(&self) -> &CorpusMeta {
        &self.meta
    }

    pub fn train(&self) -> &Tokens {
        &self.train
    }

    /// May be empty: then nothing was kept for validation.
    pub fn val(&self) -> &Tokens {
        &self.val
    }
}

/// The two parts of a corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Train,
    Val,
}

impl Side {
    fn tokens_name(self) -> &'static str {
        match self {
            Self::Train => "train.bin",
            Self::Val => "val.bin",
        }
    }

    fn ends_name(self) -> &'static str {
        match self {
            Self::Train => "train.ends",
            Self::Val => "val.ends",
        }
    }
}
