//! How a vocabulary of another size would cut a text, at once: learnt from a small sample, for a slider. Saves nothing.

use super::assemble::assemble;
use super::train::{Learnt, learn};
use super::{Tokenizer, TokenizerError};
use crate::data::{Documents, quiet};
use crate::engine::command::{TokenizerKind, TokenizerSpec};
use crate::engine::event::Piece;

/// Text that a preview learns from.
const SAMPLE_BYTES: usize = 1 << 20;
/// Unigram's search takes some ten times as long.
const UNIGRAM_SAMPLE_BYTES: usize = 128 << 10;
/// Largest vocabulary of a preview; a small sample supports no more.
const MAX_PREVIEW: usize = 32_768;
/// Text that tokens per word are counted on.
const MEASURE_BYTES: usize = 64 << 10;

/// What a vocabulary of one size does.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub pieces: Vec<Piece>,
    /// Tokens for each word between spaces, on a part of the documents.
    pub tokens_per_word: f64,
    /// Entries that there were; fewer than asked for if the sample holds no more.
    pub vocab_size: usize,
}

/// Learnt once for a dataset and a kind; answers for every size.
pub struct VocabPreview {
    kind: TokenizerKind,
    learnt: Learnt,
    measure: String,
}

impl VocabPreview {
    /// Takes a fraction of a second.
    pub fn new(kind: TokenizerKind, docs: &Documents) -> Result<Self, TokenizerError> {
        let bytes = if kind == TokenizerKind::Unigram { UNIGRAM_SAMPLE_BYTES } else { SAMPLE_BYTES };
        Self::from_texts(kind, &docs.sample(bytes))
    }

    /// The same from texts at hand, all of which are read.
    pub fn from_texts(kind: TokenizerKind, texts: &[&str]) -> Result<Self, TokenizerError> {
        if texts.iter().all(|text| text.is_empty()) {
            return Err(TokenizerError::NoText);
        }
        let vocab_size = if kind == TokenizerKind::Unigram { MAX_PREVIEW / 4 } else { MAX_PREVIEW };
        let learnt = learn(TokenizerSpec { kind, vocab_size }, texts, &mut quiet)?;
        let mut measure = String::new();
        for text in texts {
            let room = MEASURE_BYTES.saturating_sub(measure.len());
            measure.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
            measure.push('\n');
        }
        Ok(Self { kind, learnt, measure })
    }

    pub fn kind(&self) -> TokenizerKind {
        self.kind
    }

    /// Cuts a text as a vocabulary of this size would.
    pub fn cut(&self, vocab_size: usize, text: &str) -> Result<Preview, TokenizerError> {
        let tokenizer = assemble(self.kind, &self.learnt.model(vocab_size))?;
        Ok(Preview {
            pieces: tokenizer.encode_pieces(text),
            tokens_per_word: tokens_per_word(&tokenizer, &self.measure),
            vocab_size: tokenizer.vocab_size(),
        })
    }
}

/// Tokens for each word between spaces; 0 for a text without words.
pub fn tokens_per_word(tokenizer: &Tokenizer, text: &str) -> f64 {
    let words = text.split_whitespace().count();
    if words == 0 { 0.0 } else { tokenizer.encode(text).len() as f64 / words as f64 }
}
