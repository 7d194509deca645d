//! The parts around a learnt vocabulary, for each kind, as the JSON of a `tokenizer.json`. Learns nothing.

use serde_json::{Value, json};

use super::special::SPECIAL_TOKENS;
use super::words::Cutter;
use super::{Tokenizer, TokenizerError, bytes};
use crate::engine::command::TokenizerKind;

/// The whole tokenizer around a model.
pub(super) fn assemble(kind: TokenizerKind, model: &Value) -> Result<Tokenizer, TokenizerError> {
    let file = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added_tokens(),
        "normalizer": normalizer(kind),
        "pre_tokenizer": pre_tokenizer(kind),
        "post_processor": null,
        "decoder": decoder(kind),
        "model": model,
    });
    Tokenizer::from_json(file.to_string().as_bytes()).map_err(|reason| TokenizerError::Training { reason })
}

/// How this kind cuts text into words.
pub(super) fn cutter(kind: TokenizerKind) -> Result<Cutter, TokenizerError> {
    let wrong = |e: serde_json::Error| TokenizerError::Training { reason: e.to_string() };
    Ok(Cutter {
        normalizer: serde_json::from_value(normalizer(kind)).map_err(wrong)?,
        pre_tokenizer: serde_json::from_value(pre_tokenizer(kind)).map_err(wrong)?,
    })
}

/// One token a byte: byte b has the id 8 + b.
pub(super) fn bytes_model() -> Value {
    bpe_model((0..=255).map(|b| bytes::byte_to_char(b).to_string()), &[], None)
}

/// One token a character, by a byte-pair model without pairs.
pub(super) fn chars_model(chars: &[char]) -> Value {
    bpe_model(chars.iter().map(char::to_string), &[], Some("<|unk|>"))
}

/// A byte-pair model: special tokens, then these entries, joined by these merges.
pub(super) fn bpe_model(entries: impl Iterator<Item = String>, merges: &[(String, String)], unk: Option<&str>) -> Value {
    json!({
        "type": "BPE", "dropout": null, "unk_token": unk, "continuing_subword_prefix": null, "end_of_word_suffix": null,
        "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
        "vocab": vocab(entries), "merges": merges,
    })
}

pub(super) fn wordpiece_model(entries: impl Iterator<Item = String>) -> Value {
    json!({
        "type": "WordPiece", "unk_token": "<|unk|>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
        "vocab": vocab(entries),
    })
}

/// Pieces with their log-probabilities, after the special tokens.
pub(super) fn unigram_model(pieces: &[(String, f64)]) -> Value {
    let specials = SPECIAL_TOKENS.iter().map(|name| json!([name, 0.0]));
    let vocab: Vec<Value> = specials.chain(pieces.iter().map(|(piece, score)| json!([piece, score]))).collect();
    json!({ "type": "Unigram", "unk_id": 3, "vocab": vocab, "byte_fallback": false })
}

fn vocab(entries: impl Iterator<Item = String>) -> Value {
    let all = SPECIAL_TOKENS.iter().map(|&name| name.to_owned()).chain(entries);
    Value::Object(all.zip(0_u32..).map(|(entry, id)| (entry, json!(id))).collect())
}

fn added_tokens() -> Value {
    let token = |(id, name): (usize, &&str)| {
        json!({
            "id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true,
        })
    };
    SPECIAL_TOKENS.iter().enumerate().map(token).collect()
}

fn normalizer(kind: TokenizerKind) -> Value {
    match kind {
        // Case is kept: names and starts of sentences are worth learning, and the tokens then decode to what was written.
        TokenizerKind::WordPiece => json!({
            "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": false,
        }),
        TokenizerKind::ByteBpe | TokenizerKind::Unigram | TokenizerKind::Bytes | TokenizerKind::Chars => Value::Null,
    }
}

fn pre_tokenizer(kind: TokenizerKind) -> Value {
    match kind {
        TokenizerKind::ByteBpe => byte_level(true),
        TokenizerKind::WordPiece => json!({ "type": "BertPreTokenizer" }),
        // Line ends stand alone, so that no piece spans two lines; a space belongs to the word after it. Nothing is
        // put before the text, so that decoding gives back what was encoded.
        TokenizerKind::Unigram => json!({ "type": "Sequence", "pretokenizers": [
            { "type": "Split", "pattern": { "Regex": "\\n+" }, "behavior": "Isolated", "invert": false },
            metaspace(),
        ]}),
        TokenizerKind::Bytes => byte_level(false),
        TokenizerKind::Chars => Value::Null,
    }
}

fn decoder(kind: TokenizerKind) -> Value {
    match kind {
        TokenizerKind::ByteBpe => byte_level(true),
        TokenizerKind::WordPiece => json!({ "type": "WordPiece", "prefix": "##", "cleanup": true }),
        TokenizerKind::Unigram => metaspace(),
        TokenizerKind::Bytes => byte_level(false),
        TokenizerKind::Chars => json!({ "type": "Fuse" }),
    }
}

fn byte_level(use_regex: bool) -> Value {
    json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": use_regex })
}

fn metaspace() -> Value {
    json!({ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": true })
}
