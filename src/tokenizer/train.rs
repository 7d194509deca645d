//! Learns vocabularies with the trainers of the `tokenizers` crate. Knows neither files nor threads.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::{AddedToken, ProgressFormat};

use super::assemble::{assemble, bpe_model, bytes_model, chars_model, cutter, unigram_model, wordpiece_model};
use super::words::{Words, count_chars, count_words, most_frequent};
use super::{SPECIAL_TOKENS, Tokenizer, TokenizerError, bytes};
use crate::data::{Progress, Tick};
use crate::engine::command::{TokenizerKind, TokenizerSpec};

/// Largest vocabulary that is learnt or loaded.
pub const MAX_VOCAB: usize = 1 << 20;
/// Characters that a character vocabulary can hold: it then still fits two bytes a token.
const MAX_CHARS: usize = 65_000;
/// Smallest vocabulary of kinds whose alphabet depends on the text.
const MIN_VOCAB: usize = 64;

/// A tokenizer and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Trained {
    pub tokenizer: Tokenizer,
    /// Say, that the text did not support as many entries as were asked for.
    pub warnings: Vec<String>,
}

/// Text that a kind learns from. More changes the vocabulary little; Unigram's search is the slowest.
pub(super) fn sample_bytes(kind: TokenizerKind) -> usize {
    match kind {
        TokenizerKind::ByteBpe | TokenizerKind::WordPiece => 64 << 20,
        TokenizerKind::Unigram => 16 << 20,
        TokenizerKind::Bytes => 1 << 20,
        TokenizerKind::Chars => 256 << 20,
    }
}

/// Learns from all of the texts.
pub(super) fn train(spec: TokenizerSpec, texts: &[&str], progress: &mut Progress<'_>) -> Result<Trained, TokenizerError> {
    if texts.iter().all(|text| text.is_empty()) {
        return Err(TokenizerError::NoText);
    }
    let learnt = learn(spec, texts, progress)?;
    let model = learnt.model(spec.vocab_size);
    let tokenizer = assemble(spec.kind, &model)?;
    let mut warnings = learnt.warnings;
    let sized = !matches!(spec.kind, TokenizerKind::Bytes | TokenizerKind::Chars);
    if sized && tokenizer.vocab_size() < spec.vocab_size {
        let (got, asked) = (tokenizer.vocab_size(), spec.vocab_size);
        warnings.push(format!("the text supports a vocabulary of {got}, not {asked}: nothing else occurs twice; {got} was made"));
    }
    Ok(Trained { tokenizer, warnings })
}

/// What was learnt, so kept that any smaller vocabulary can be read off it.
pub(super) struct Learnt {
    kind: Entries,
    pub warnings: Vec<String>,
}

enum Entries {
    /// Byte-pair entries in the order they were learnt, and the merges that make them.
    ByteBpe {
        entries: Vec<String>,
        merges: Vec<(String, String)>,
    },
    /// Pieces in the order they were learnt; the first so many are single characters.
    WordPiece {
        entries: Vec<String>,
    },
    /// By falling probability.
    Unigram {
        pieces: Vec<(String, f64)>,
    },
    Bytes,
    Chars(Vec<char>),
}

impl Learnt {
    /// The model with at most this many entries, special ones included. Byte-pair and WordPiece vocabularies grow entry
    /// by entry, so a shorter one is exactly what would have been learnt; Unigram's is an approximation, as its search
    /// prunes together.
    pub(super) fn model(&self, vocab_size: usize) -> Value {
        let room = vocab_size.saturating_sub(SPECIAL_TOKENS.len());
        match &self.kind {
            Entries::ByteBpe { entries, merges } => {
                let kept = entries.len().min(room.max(256));
                let known: std::collections::BTreeSet<&str> = entries.iter().take(kept).map(String::as_str).collect();
                let possible = merges.iter().take_while(|(a, b)| known.contains(format!("{a}{b}").as_str()));
                let merges: Vec<_> = possible.cloned().collect();
                bpe_model(entries.iter().take(kept).cloned(), &merges, None)
            }
            Entries::WordPiece { entries } => wordpiece_model(entries.iter().take(room).cloned()),
            Entries::Unigram { pieces } => {
                if pieces.len() <= room {
                    return unigram_model(pieces);
                }
                let is_char = |piece: &str| piece.chars().nth(1).is_none();
                let chars = pieces.iter().filter(|(piece, _)| is_char(piece)).count();
                let mut longer = room.saturating_sub(chars);
                let kept = pieces.iter().filter(|(piece, _)| {
                    is_char(piece) || {
                        let fits = longer > 0;
                        longer = longer.saturating_sub(1);
                        fits
                    }
                });
                unigram_model(&kept.cloned().collect::<Vec<_>>())
            }
            Entries::Bytes => bytes_model(),
            Entries::Chars(chars) => chars_model(chars),
        }
    }
}

pub(super) fn learn(spec: TokenizerSpec, texts: &[&str], progress: &mut Progress<'_>) -> Result<Learnt, TokenizerError> {
    let least = match spec.kind {
        TokenizerKind::ByteBpe => SPECIAL_TOKENS.len() + 256,
        TokenizerKind::WordPiece | TokenizerKind::Unigram => MIN_VOCAB,
        TokenizerKind::Bytes => return Ok(Learnt { kind: Entries::Bytes, warnings: Vec::new() }),
        TokenizerKind::Chars => return chars(texts, progress),
    };
    if spec.vocab_size < least {
        return Err(TokenizerError::TooSmall { asked: spec.vocab_size, least });
    }
    if spec.vocab_size > MAX_VOCAB {
        return Err(TokenizerError::TooLarge { asked: spec.vocab_size, most: MAX_VOCAB });
    }
    let words = count_words(texts, &cutter(spec.kind)?, progress)?;
    if words.is_empty() {
        return Err(TokenizerError::NoText);
    }
    // The crate's trainers cannot be stopped, nor do they say how far they are: this is the last chance to cancel.
    if progress(Tick { what: "Learning the vocabulary", done: 0, total: 0, unit: "words" }).is_break() {
        return Err(TokenizerError::Cancelled);
    }
    match spec.kind {
        TokenizerKind::WordPiece => wordpiece(words, spec.vocab_size),
        TokenizerKind::Unigram => unigram(words, spec.vocab_size),
        TokenizerKind::ByteBpe | TokenizerKind::Bytes | TokenizerKind::Chars => byte_bpe(&words, spec.vocab_size),
    }
}

fn byte_bpe(words: &Words, vocab_size: usize) -> Result<Learnt, TokenizerError> {
    // Bytes first, in their own order, as ids 8 … 263: whatever the text holds, every byte has its token.
    let alphabet = (0..=255).map(|b| bytes::byte_to_char(b).to_string());
    let first: Vec<String> = SPECIAL_TOKENS.iter().map(|&name| name.to_owned()).chain(alphabet).collect();
    let mut trainer = BpeTrainer::builder().vocab_size(vocab_size).min_frequency(2).build();
    let (entries, merges) = run_bpe(&mut trainer, first, words)?;
    Ok(Learnt { kind: Entries::ByteBpe { entries, merges }, warnings: Vec::new() })
}

fn wordpiece(words: Words, vocab_size: usize) -> Result<Learnt, TokenizerError> {
    // A character may need two entries, at the start of a word and within.
    let (words, kept, warnings) = limit_alphabet(words, (vocab_size - SPECIAL_TOKENS.len()) / 3)?;
    let within: std::collections::BTreeSet<char> = words.iter().flat_map(|(word, _)| word.chars().skip(1)).collect();
    // Given in advance and sorted: the trainer would number them in the random order of its hash map.
    let first = SPECIAL_TOKENS.iter().map(|&name| name.to_owned());
    let first = first.chain(kept.iter().map(char::to_string)).chain(within.iter().map(|c| format!("##{c}")));
    let mut trainer =
        BpeTrainer::builder().vocab_size(vocab_size).min_frequency(2).continuing_subword_prefix("##".to_owned()).build();
    let (entries, _) = run_bpe(&mut trainer, first.collect(), &words)?;
    Ok(Learnt { kind: Entries::WordPiece { entries }, warnings })
}

/// Entries after the special tokens in the order of their ids, and the merges in theirs.
type EntriesAndMerges = (Vec<String>, Vec<(String, String)>);

fn run_bpe(trainer: &mut BpeTrainer, first: Vec<String>, words: &Words) -> Result<EntriesAndMerges, TokenizerError> {
    trainer.show_progress = false;
    trainer.progress_format = ProgressFormat::Silent;
    trainer.special_tokens = first.into_iter().map(|entry| AddedToken::from(entry, true)).collect();
    let mut bpe = BPE::default();
    let counts = words.iter().map(|(word, n)| (word.as_str().into(), *n)).collect();
    guarded(|| trainer.do_train(&counts, &mut bpe).map_err(|e| e.to_string()))?;
    let ordered: BTreeMap<u32, String> = bpe.get_vocab().into_iter().map(|(entry, id)| (id, entry)).collect();
    let entries = ordered.into_values().skip(SPECIAL_TOKENS.len()).collect();
    let json = serde_json::to_value(&bpe).map_err(|e| TokenizerError::Training { reason: e.to_string() })?;
    let merges = json.get("merges").cloned().unwrap_or_default();
    let merges = serde_json::from_value(merges).map_err(|e| TokenizerError::Training { reason: e.to_string() })?;
    Ok((entries, merges))
}

fn unigram(words: Words, vocab_size: usize) -> Result<Learnt, TokenizerError> {
    let (words, _, warnings) = limit_alphabet(words, (vocab_size - SPECIAL_TOKENS.len()) / 2)?;
    let sentences: Vec<(String, u32)> = words.into_iter().map(|(word, n)| (word, u32::try_from(n).unwrap_or(u32::MAX))).collect();
    let trainer = UnigramTrainer::builder()
        .show_progress(false)
        .vocab_size(vocab_size as u32)
        .special_tokens(SPECIAL_TOKENS.iter().map(|&name| AddedToken::from(name, true)).collect())
        .unk_token(Some("<|unk|>".to_owned()))
        .build()
        .map_err(|e| TokenizerError::Training { reason: e.to_string() })?;
    let mut model = Unigram::default();
    // One thread: sums over chunks would otherwise depend on how many cores there are and which was first.
    let one =
        rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|e| TokenizerError::Training { reason: e.to_string() })?;
    guarded(|| one.install(|| trainer.do_train(sentences, &mut model)).map_err(|e| e.to_string()))?;
    let mut pieces: Vec<(String, f64)> = model.iter().skip(SPECIAL_TOKENS.len()).cloned().collect();
    pieces.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
    order_rare_chars(&mut pieces);
    Ok(Learnt { kind: Entries::Unigram { pieces }, warnings })
}

/// Characters that the search had pruned come back with the lowest score, then 0.0001 more each, in the random order of the
/// trainer's hash map. Here all characters with such a score share those scores in their own order, so that learning is repeatable.
fn order_rare_chars(pieces: &mut [(String, f64)]) {
    const STEP: f64 = 1e-4;
    let Some(lowest) = pieces.last().map(|(_, score)| *score) else { return };
    let on_grid = |score: f64| {
        let steps = (score - lowest) / STEP;
        (steps - steps.round()).abs() < 1e-4
    };
    let is_rare = |(piece, score): &(String, f64)| piece.chars().nth(1).is_none() && on_grid(*score);
    let mut rare: Vec<String> = pieces.iter().filter(|entry| is_rare(entry)).map(|(piece, _)| piece.clone()).collect();
    rare.sort_unstable();
    for (slot, piece) in pieces.iter_mut().filter(|entry| is_rare(entry)).zip(rare) {
        slot.0 = piece;
    }
    pieces.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
}

fn chars(texts: &[&str], progress: &mut Progress<'_>) -> Result<Learnt, TokenizerError> {
    let total: u64 = texts.iter().map(|text| text.len() as u64).sum();
    let (mut done, mut unseen) = (0, 0);
    let mut counts: BTreeMap<char, u64> = BTreeMap::new();
    // Nearly all characters are ASCII or in the first planes' start: a table spares the tree.
    let mut low = vec![0_u64; 0x3000];
    for text in texts {
        if unseen >= 1 << 20 {
            unseen = 0;
            if progress(Tick { what: "Counting characters", done, total, unit: "bytes" }).is_break() {
                return Err(TokenizerError::Cancelled);
            }
        }
        for c in text.chars() {
            match low.get_mut(c as usize) {
                Some(n) => *n += 1,
                None => *counts.entry(c).or_default() += 1,
            }
        }
        unseen += text.len();
        done += text.len() as u64;
    }
    let seen = low.into_iter().zip(0_u32..).filter(|&(n, _)| n > 0);
    counts.extend(seen.filter_map(|(n, code)| Some((char::from_u32(code)?, n))));
    let kept = most_frequent(&counts, MAX_CHARS);
    let warnings = left_out(&counts, &kept).into_iter().collect();
    Ok(Learnt { kind: Entries::Chars(kept), warnings })
}

/// Words that need no other than the most frequent characters, those characters, and what there is to say.
fn limit_alphabet(words: Words, limit: usize) -> Result<(Words, Vec<char>, Vec<String>), TokenizerError> {
    let counts = count_chars(&words);
    let kept = most_frequent(&counts, limit);
    let words: Words = words.into_iter().filter(|(word, _)| word.chars().all(|c| kept.binary_search(&c).is_ok())).collect();
    if words.is_empty() {
        return Err(TokenizerError::TooSmall { asked: limit, least: counts.len() * 3 + SPECIAL_TOKENS.len() });
    }
    let warnings = left_out(&counts, &kept).into_iter().collect();
    Ok((words, kept, warnings))
}

fn left_out(counts: &BTreeMap<char, u64>, kept: &[char]) -> Option<String> {
    let missing = counts.len().saturating_sub(kept.len());
    let example = counts.keys().find(|c| kept.binary_search(c).is_err())?;
    Some(format!(
        "{missing} rare characters (say, {example:?}) have no entry and become <|unk|>; a larger or a byte-level vocabulary keeps them"
    ))
}

/// The crate's trainers panic on some odd inputs; here that is an error like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, TokenizerError> {
    let result = catch_unwind(AssertUnwindSafe(work));
    result
        .unwrap_or_else(|_| Err("its words are too odd for this kind".to_owned()))
        .map_err(|reason| TokenizerError::Training { reason })
}
