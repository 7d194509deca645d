//! Cuts text into words as well-known scorers do, and counts n-grams that two texts share. Knows no metric.

/// White space as Python's `str.split` sees it: Unicode's, and four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `text.split()` of Python.
pub fn split(text: &str) -> Vec<&str> {
    text.split(is_space).filter(|word| !word.is_empty()).collect()
}

/// Tokens of `mteval-v13a`, the default of sacrebleu: punctuation of ASCII stands alone, but for marks inside numbers.
pub fn tokens_13a(text: &str) -> Vec<String> {
    let mut line = text.trim_end_matches(is_space).replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    for (entity, plain) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
        line = line.replace(entity, plain);
    }
    let mut chars: Vec<char> = Vec::with_capacity(line.len() * 2);
    for c in format!(" {line} ").chars() {
        if c.is_ascii_punctuation() && !matches!(c, '\'' | ',' | '-' | '.') {
            chars.extend([' ', c, ' ']);
        } else {
            chars.push(c);
        }
    }
    let stop = |c: char| matches!(c, '.' | ',');
    let digit = |c: char| c.is_ascii_digit();
    let chars = rewrite_pairs(&chars, |a, b| !digit(a) && stop(b), |a, b| [a, ' ', b, ' '].to_vec());
    let chars = rewrite_pairs(&chars, |a, b| stop(a) && !digit(b), |a, b| [' ', a, ' ', b].to_vec());
    let chars = rewrite_pairs(&chars, |a, b| digit(a) && b == '-', |a, b| [a, ' ', b, ' '].to_vec());
    let line: String = chars.into_iter().collect();
    split(&line).into_iter().map(str::to_owned).collect()
}

/// Rewrites pairs from left to right, each character in one pair at most, as a regular expression of two characters would.
fn rewrite_pairs(chars: &[char], hit: impl Fn(char, char) -> bool, with: impl Fn(char, char) -> Vec<char>) -> Vec<char> {
    let mut out = Vec::with_capacity(chars.len() + chars.len() / 4);
    let mut rest = chars;
    while let Some((&a, after)) = rest.split_first() {
        match after.split_first() {
            Some((&b, tail)) if hit(a, b) => {
                out.extend(with(a, b));
                rest = tail;
            }
            _ => {
                out.push(a);
                rest = after;
            }
        }
    }
    out
}

/// Words of chrF++ (Popović 2017): one mark of ASCII punctuation is cut off each word, at its end or else at its beginning.
pub fn words_chrf(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in split(text) {
        let mut chars = word.chars();
        let (first, last) = (chars.next(), chars.next_back());
        let cut = match (first, last) {
            (_, Some(last)) if last.is_ascii_punctuation() => Some(word.len() - 1),
            (Some(first), Some(_)) if first.is_ascii_punctuation() => Some(1),
            _ => None,
        };
        match cut.and_then(|at| word.split_at_checked(at)) {
            Some((head, tail)) => words.extend([head, tail]),
            None => words.push(word),
        }
    }
    words
}

/// Which letters words of ROUGE consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Letters {
    /// a–z and 0–9, everything else divides words, as in `rouge-score`: text in other scripts has no words at all.
    Ascii,
    /// Letters, marks and digits of all scripts; on plain English the same.
    Unicode,
}

/// Words for ROUGE, in lower case, without punctuation and not stemmed.
pub fn words_rouge(text: &str, letters: Letters) -> Vec<String> {
    let text = text.to_lowercase();
    let inside = |c: char| match letters {
        Letters::Ascii => c.is_ascii_alphanumeric(),
        Letters::Unicode => c.is_alphanumeric(),
    };
    text.split(|c| !inside(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Runs of `n` items that two sequences have, and have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Shared {
    pub gold: u64,
    pub predicted: u64,
    /// Each run at most as often as both have it.
    pub both: u64,
}

/// Counts runs of `n` items. They are sorted and walked side by side: no hash, so nothing depends on an order.
pub fn shared<T: Ord>(gold: &[T], predicted: &[T], n: usize) -> Shared {
    let sorted = |items: &'_ [T]| -> Vec<usize> {
        let mut starts: Vec<usize> = (0..(items.len() + 1).saturating_sub(n)).collect();
        starts.sort_unstable_by(|&a, &b| items.get(a..a + n).cmp(&items.get(b..b + n)));
        starts
    };
    let (left, right) = (sorted(gold), sorted(predicted));
    let (mut i, mut j, mut both) = (0, 0, 0);
    while let (Some(&a), Some(&b)) = (left.get(i), right.get(j)) {
        match gold.get(a..a + n).cmp(&predicted.get(b..b + n)) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                (i, j) = (i + 1, j + 1);
                both += 1;
            }
        }
    }
    Shared { gold: left.len() as u64, predicted: right.len() as u64, both }
}
