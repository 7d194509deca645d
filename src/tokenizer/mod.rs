//! Tokenizers: train, load, encode, decode, show. The only module besides the corpus builder that names the `tokenizers` crate; knows no model.

mod assemble;
mod bytes;
mod error;
mod preview;
mod segments;
mod special;
mod stream;
mod template;
mod train;
mod words;

use std::path::Path;

use tokenizers::parallelism::MaybeParallelIterator as _;

pub use error::TokenizerError;
pub use preview::{Preview, VocabPreview, tokens_per_word};
pub use segments::{SEGMENT_BYTES, segments};
pub use special::{SPECIAL_TOKENS, Special};
pub use stream::StreamDecoder;
pub use template::{Builtin, ChatTemplate, TemplateError};
pub use train::{MAX_VOCAB, Trained};

use crate::data::{Documents, Progress};
use crate::engine::command::TokenizerSpec;
use crate::engine::event::Piece;

/// How text becomes token ids, and ids become text. Cheap to share by reference between threads; cloning copies the vocabulary.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    special: Special,
    vocab_size: usize,
    /// Vocabulary entries stand for bytes, not for characters.
    byte_level: bool,
}

impl Tokenizer {
    /// Learns from a bounded, evenly spread part of the documents. `progress` may cancel while the words are counted.
    pub fn train(spec: TokenizerSpec, docs: &Documents, progress: &mut Progress<'_>) -> Result<Trained, TokenizerError> {
        train::train(spec, &docs.sample(train::sample_bytes(spec.kind)), progress)
    }

    /// The same from texts at hand, all of which are read.
    pub fn train_on(spec: TokenizerSpec, texts: &[&str], progress: &mut Progress<'_>) -> Result<Trained, TokenizerError> {
        train::train(spec, texts, progress)
    }

    /// Reads a `tokenizer.json`, or that file of a model's folder.
    pub fn load(path: &Path) -> Result<Self, TokenizerError> {
        let path = if path.is_dir() { path.join("tokenizer.json") } else { path.to_path_buf() };
        let json = std::fs::read(&path).map_err(|source| TokenizerError::Io { source, path: path.clone() })?;
        Self::from_json(&json).map_err(|reason| TokenizerError::Damaged { reason, path })
    }

    /// From the content of a `tokenizer.json`; the error is the bare reason.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let inner = tokenizers::Tokenizer::from_bytes(json).map_err(|e| e.to_string())?;
        Self::from_inner(inner)
    }

    fn from_inner(mut inner: tokenizers::Tokenizer) -> Result<Self, String> {
        // Truncation and padding belong to whoever makes batches; a file that carries them would silently cut documents.
        inner.with_truncation(None).map_err(|e| e.to_string())?;
        inner.with_padding(None);
        let highest = inner.get_vocab(true).into_values().max().ok_or("its vocabulary is empty")?;
        if highest as usize >= MAX_VOCAB {
            return Err(format!("it has the id {highest}; at most {} are taken", MAX_VOCAB - 1));
        }
        let special = Special::find(|name| inner.token_to_id(name));
        let byte_level = inner
            .get_decoder()
            .and_then(|decoder| serde_json::to_string(decoder).ok())
            .is_some_and(|json| json.contains("\"ByteLevel\""));
        Ok(Self { inner, special, vocab_size: highest as usize + 1, byte_level })
    }

    /// Writes a `tokenizer.json` that the Hugging Face library opens.
    pub fn save(&self, path: &Path) -> Result<(), TokenizerError> {
        let json = self.to_json();
        std::fs::write(path, json).map_err(|source| TokenizerError::Io { source, path: path.to_path_buf() })
    }

    /// The content of a `tokenizer.json`.
    pub fn to_json(&self) -> String {
        // Only a map with keys that are no strings could fail here, and there is none.
        self.inner.to_string(false).unwrap_or_default()
    }

    /// Ids of a text, without added start or end. Names of special tokens in it become those tokens, as in a prompt.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        match self.inner.encode_fast(text, false) {
            Ok(encoding) => encoding.get_ids().to_vec(),
            // A vocabulary without an unknown token refuses characters that it lacks: those are left out.
            Err(_) => text
                .chars()
                .filter_map(|c| self.inner.encode_fast(c.to_string(), false).ok())
                .flat_map(|encoding| encoding.get_ids().to_vec())
                .collect(),
        }
    }

    /// The same over many texts on all cores, in order.
    pub fn encode_batch(&self, texts: Vec<&str>) -> Vec<Vec<u32>> {
        texts.into_maybe_par_iter().map(|text| self.encode(text)).collect()
    }

    /// One that takes names of special tokens in a text for plain text, as documents want it.
    #[must_use]
    pub fn for_documents(&self) -> Self {
        let mut plain = self.clone();
        plain.inner.set_encode_special_tokens(true);
        plain
    }

    /// Ids with the start and end that the tokenizer's own template adds, say `[CLS]` and `[SEP]`.
    pub fn encode_with_template(&self, text: &str) -> Vec<u32> {
        self.inner.encode_fast(text, true).map(|encoding| encoding.get_ids().to_vec()).unwrap_or_default()
    }

    /// How a text is cut: every token with its text and its place, for display.
    pub fn encode_pieces(&self, text: &str) -> Vec<Piece> {
        let Ok(encoding) = self.inner.encode(text, false) else {
            return self.encode(text).into_iter().map(|id| Piece { id, text: self.token_text(id), start: 0 }).collect();
        };
        let mut end_before = 0;
        let cut = encoding.get_ids().iter().zip(encoding.get_offsets());
        cut.map(|(&id, &(start, end))| {
            // Tokens that share a character share its place, too: only their bytes tell them apart.
            let whole = start >= end_before && self.is_whole(id);
            end_before = end_before.max(end);
            let shown = if whole { text.get(start..end).filter(|part| !part.is_empty()) } else { None };
            Piece { id, text: shown.map_or_else(|| self.token_text(id), str::to_owned), start }
        })
        .collect()
    }

    /// Ids as `encode` gives them, each with the bytes of the text that it stands for. None if the vocabulary lacks a character.
    pub fn encode_with_offsets(&self, text: &str) -> Option<Vec<(u32, std::ops::Range<usize>)>> {
        let encoding = self.inner.encode(text, false).ok()?;
        Some(encoding.get_ids().iter().zip(encoding.get_offsets()).map(|(&id, &(start, end))| (id, start..end)).collect())
    }

    /// Whether every text is cut as if a space stood before it, so that a text in two halves has other tokens than the whole.
    pub fn adds_space(&self) -> bool {
        self.encode("a").first().is_some_and(|&id| self.token_text(id).starts_with(' '))
    }

    /// Text of ids, special tokens left out; bytes that are no text become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        self.inner.decode(ids, true).unwrap_or_default()
    }

    /// The same with special tokens by name.
    pub fn decode_with_special(&self, ids: &[u32]) -> String {
        self.inner.decode(ids, false).unwrap_or_default()
    }

    /// Entries, special ones included: one more than the highest id, as an embedding table needs it.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// What one token looks like: half characters as `\xE2`, an unused id as `⟨17⟩`.
    pub fn token_text(&self, id: u32) -> String {
        let Some(entry) = self.inner.id_to_token(id) else { return format!("⟨{id}⟩") };
        match self.entry_bytes(id, &entry) {
            Some(bytes) => bytes::show_bytes(&bytes),
            None => entry.replace('▁', " "),
        }
    }

    /// Id of a vocabulary entry, as it stands in the file.
    pub fn token_id(&self, entry: &str) -> Option<u32> {
        self.inner.token_to_id(entry)
    }

    pub fn special(&self) -> &Special {
        &self.special
    }

    /// A token that stands for characters and not for a part of one.
    fn is_whole(&self, id: u32) -> bool {
        let bytes = self.inner.id_to_token(id).and_then(|entry| self.entry_bytes(id, &entry));
        bytes.is_none_or(|bytes| str::from_utf8(&bytes).is_ok())
    }

    fn entry_bytes(&self, id: u32, entry: &str) -> Option<Vec<u8>> {
        let added = self.inner.get_added_vocabulary().simple_id_to_token(id).is_some();
        if self.byte_level && !added { bytes::entry_to_bytes(entry) } else { None }
    }
}
