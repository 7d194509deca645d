//! Counts the words of a text as a pre-tokenizer cuts it: what every trainer learns from. Sorted, so that learning is repeatable.

use std::collections::{BTreeMap, HashMap};

use tokenizers::parallelism::MaybeParallelIterator as _;
use tokenizers::{
    NormalizedString, Normalizer as _, NormalizerWrapper, OffsetReferential, OffsetType, PreTokenizedString, PreTokenizer as _,
    PreTokenizerWrapper,
};

use super::TokenizerError;
use super::segments::{SEGMENT_BYTES, segments};
use crate::data::{Progress, Tick};

/// Text counted between two looks at whether the job was cancelled.
const BATCH_BYTES: usize = 4 << 20;
/// Longer runs without a break are no words (tables, encoded pictures) and make learning slow.
const MAX_WORD_CHARS: usize = 200;

/// Words with their counts, in the order of the words.
pub(super) type Words = Vec<(String, u64)>;

/// How text is cut into words before a model sees it.
pub(super) struct Cutter {
    pub normalizer: Option<NormalizerWrapper>,
    pub pre_tokenizer: Option<PreTokenizerWrapper>,
}

impl Cutter {
    fn count(&self, text: &str) -> Result<HashMap<String, u64>, String> {
        let mut normalized = NormalizedString::from(text);
        if let Some(normalizer) = &self.normalizer {
            normalizer.normalize(&mut normalized).map_err(|e| e.to_string())?;
        }
        let mut cut = PreTokenizedString::from(normalized);
        if let Some(pre_tokenizer) = &self.pre_tokenizer {
            pre_tokenizer.pre_tokenize(&mut cut).map_err(|e| e.to_string())?;
        }
        let mut counts: HashMap<String, u64> = HashMap::new();
        for (word, _, _) in cut.get_splits(OffsetReferential::Original, OffsetType::None) {
            if word.chars().nth(MAX_WORD_CHARS).is_some() {
                continue;
            }
            match counts.get_mut(word) {
                Some(n) => *n += 1,
                None => drop(counts.insert(word.to_owned(), 1)),
            }
        }
        Ok(counts)
    }
}

/// Counts over all cores, batch by batch.
pub(super) fn count_words(texts: &[&str], cutter: &Cutter, progress: &mut Progress<'_>) -> Result<Words, TokenizerError> {
    let total: u64 = texts.iter().map(|text| text.len() as u64).sum();
    let mut done = 0;
    let mut all: HashMap<String, u64> = HashMap::new();
    let mut parts = texts.iter().flat_map(|text| segments(text, SEGMENT_BYTES)).peekable();
    while parts.peek().is_some() {
        if progress(Tick { what: "Counting words", done, total, unit: "bytes" }).is_break() {
            return Err(TokenizerError::Cancelled);
        }
        let mut batch = Vec::new();
        let mut bytes = 0;
        while let Some(part) = parts.next_if(|_| bytes < BATCH_BYTES) {
            bytes += part.len();
            batch.push(part);
        }
        let counts: Vec<Result<HashMap<String, u64>, String>> =
            batch.into_maybe_par_iter().map(|part| cutter.count(part)).collect();
        for count in counts {
            let count = count.map_err(|reason| TokenizerError::Training { reason })?;
            // The order of a sum of whole numbers does not matter.
            let count: Vec<(String, u64)> = count.into_iter().collect();
            for (word, n) in count {
                *all.entry(word).or_default() += n;
            }
        }
        done += bytes as u64;
    }
    let mut words: Words = all.into_iter().collect();
    words.sort_unstable();
    Ok(words)
}

/// Characters with their counts, in the order of the characters.
pub(super) fn count_chars(words: &Words) -> BTreeMap<char, u64> {
    let mut counts = BTreeMap::new();
    for (word, n) in words {
        for c in word.chars() {
            *counts.entry(c).or_default() += n;
        }
    }
    counts
}

/// The most frequent characters, at most this many; the lower code point wins a tie.
pub(super) fn most_frequent(counts: &BTreeMap<char, u64>, limit: usize) -> Vec<char> {
    let mut chars: Vec<(char, u64)> = counts.iter().map(|(&c, &n)| (c, n)).collect();
    chars.sort_by_key(|&(c, n)| (std::cmp::Reverse(n), c));
    chars.truncate(limit);
    let mut kept: Vec<char> = chars.into_iter().map(|(c, _)| c).collect();
    kept.sort_unstable();
    kept
}
