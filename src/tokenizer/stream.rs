//! Text out of a stream of token ids, as soon as it is complete. Knows no model.

use super::Tokenizer;

/// Longest run of ids without a readable beginning that is waited for: more can only be damage.
const MAX_PENDING: usize = 16;
/// Longest shared beginning, and most ids that are kept behind it.
const MAX_SHARED: usize = 1024;
/// Replacement characters at the end that may yet become one character: of its four bytes three can be there already, and
/// some decoders write one for each.
const MAX_UNFINISHED: usize = 3;

/// Feeds on ids, gives text when it is whole UTF-8. One for each sequence; the tokenizer is lent at every call.
///
/// A token's text can depend on those before it (spaces, joined pieces), so the new text is the difference between two
/// decodings that share a short beginning.
#[derive(Clone, Debug, Default)]
pub struct StreamDecoder {
    ids: Vec<u32>,
    /// Where the shared beginning starts.
    from: usize,
    /// Ids before which all text was given out.
    given: usize,
    /// What was given out of the text of the ids from the shared beginning on. None: all of those given.
    shown: Option<String>,
}

impl StreamDecoder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts after a text that is known already, say the prompt, so that the first new piece is joined to it properly.
    pub fn after(prompt: &[u32]) -> Self {
        let tail = prompt.len().saturating_sub(MAX_PENDING);
        let ids: Vec<u32> = prompt.get(tail..).unwrap_or_default().to_vec();
        Self { from: 0, given: ids.len(), ids, shown: None }
    }

    /// Takes one more id; gives the text that became complete, often empty.
    pub fn push(&mut self, tokenizer: &Tokenizer, id: u32) -> String {
        self.ids.push(id);
        self.take(tokenizer, false)
    }

    /// What was held back, with U+FFFD for what never became whole.
    pub fn finish(&mut self, tokenizer: &Tokenizer) -> String {
        self.take(tokenizer, true)
    }

    fn take(&mut self, tokenizer: &Tokenizer, all: bool) -> String {
        let shown =
            self.shown.take().unwrap_or_else(|| tokenizer.decode(self.ids.get(self.from..self.given).unwrap_or_default()));
        let now = tokenizer.decode(self.ids.get(self.from..).unwrap_or_default());
        let whole = if all { now.as_str() } else { without_unfinished(&now) };
        // A decoder that spells out a whole run of bytes when one is missing changes what stood before: wait for it.
        if !now.starts_with(&shown) && !all && self.ids.len() - self.given < MAX_PENDING {
            self.shown = Some(shown);
            return String::new();
        }
        let text = whole.get(shared_start(&shown, &now)..).unwrap_or_default().to_owned();
        if whole.len() < now.len() {
            self.shown = Some(shown + &text);
            return text;
        }
        // The shared beginning must hold text: decoders drop a space before the first piece, and tokens without text
        // (special ones) in front of it do not count as one.
        if !text.is_empty() || self.ids.len() - self.from > MAX_SHARED {
            self.from = self.given;
        }
        self.given = self.ids.len();
        if self.from > MAX_SHARED {
            self.ids.drain(..self.from);
            self.given -= self.from;
            self.from = 0;
        }
        text
    }
}

/// The text without the replacement characters at its end that more ids may mend.
fn without_unfinished(text: &str) -> &str {
    (0..MAX_UNFINISHED)
        .try_fold(text, |rest, _| rest.strip_suffix(char::REPLACEMENT_CHARACTER).ok_or(rest))
        .unwrap_or_else(|rest| rest)
}

/// Bytes that both begin with, to a character's border.
fn shared_start(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}
