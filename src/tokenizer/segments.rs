//! Cuts a long text where a tokenizer would cut it anyway. Knows no tokenizer.

/// Longest text handed to a tokenizer at once: it keeps some fifty bytes of bookkeeping for each byte of text.
pub const SEGMENT_BYTES: usize = 32 * 1024;

/// Consecutive parts of a text, each at most `max` bytes (at least 4), cut between a word and the single space or line
/// end before the next word. There every usual pre-tokenizer cuts by itself, so the tokens are those of the whole text.
/// A text without such a place is cut between two characters.
pub fn segments(text: &str, max: usize) -> impl Iterator<Item = &str> {
    let max = max.max(4);
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (part, tail) = rest.split_at(cut(rest, max));
        rest = tail;
        Some(part)
    })
}

fn cut(text: &str, max: usize) -> usize {
    if text.len() <= max {
        return text.len();
    }
    let bytes = text.as_bytes();
    // Only ASCII bytes are looked at, so every index found is a character's border.
    let soft = (max / 2..max).rev().find(|&i| match bytes.get(i.saturating_sub(1)..i + 2) {
        Some(&[before, b' ' | b'\n', after]) => before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric(),
        _ => false,
    });
    soft.filter(|&i| i > 0).unwrap_or_else(|| text.floor_char_boundary(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_join_to_the_whole() {
        let text = "ein Wort, noch ein Wörtchen\nund — 漢字漢字漢字漢字漢字 ende ".repeat(7);
        for max in [4, 5, 16, 33, 1000] {
            let parts: Vec<&str> = segments(&text, max).collect();
            assert!(parts.iter().all(|p| p.len() <= max && !p.is_empty()));
            assert_eq!(parts.concat(), text);
        }
        assert_eq!(segments("", 16).count(), 0);
    }

    #[test]
    fn words_stay_whole() {
        let text = "alpha beta gamma delta epsilon";
        let parts: Vec<&str> = segments(text, 14).collect();
        assert_eq!(parts, ["alpha beta", " gamma delta", " epsilon"]);
    }
}
