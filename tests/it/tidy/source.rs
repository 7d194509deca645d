//! Source files with comments and strings blanked out, so that a rule about code never trips over prose. Knows no rule.

use std::fs;
use std::path::{Path, PathBuf};

/// One Rust file of the repository.
pub struct Source {
    /// Path from the repository's root, with forward slashes.
    pub path: String,
    pub text: String,
    /// `text` with comments, strings and characters blanked out, line for line.
    pub code: String,
}

impl Source {
    /// The code before the unit tests at the foot of the file; nothing of a file that is all tests.
    pub fn code_without_tests(&self) -> &str {
        // A module of tests in files of its own.
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return "";
        }
        let end = self.code.find("#[cfg(test)]").unwrap_or(self.code.len());
        &self.code[..end]
    }

    /// Whether the file is this one, or stands in this folder (ending in a slash).
    pub fn is_under(&self, place: &str) -> bool {
        if place.ends_with('/') {
            // `src/store/` speaks of `src/store.rs` too.
            self.path.starts_with(place) || self.path == format!("{}.rs", place.trim_end_matches('/'))
        } else {
            self.path == place
        }
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file below `folder`, in order of path.
pub fn sources(folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join(folder), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = blank(&text);
            let path = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            Source { path, text, code }
        })
        .collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Comments, strings and character literals become spaces; line breaks stay.
pub fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = literal_end(&chars, i);
        if end > i {
            out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            i = end;
        } else {
            out.push(chars[i]);
            i += 1;
        }
    }
    out
}

/// Where the comment or literal that begins at `i` ends; `i` itself if none does.
fn literal_end(chars: &[char], i: usize) -> usize {
    let at = |k: usize| chars.get(k).copied().unwrap_or('\0');
    match (at(i), at(i + 1)) {
        ('/', '/') => line_end(chars, i),
        ('/', '*') => block_comment_end(chars, i),
        ('"', _) => string_end(chars, i + 1),
        ('r', '"' | '#') if !is_word(chars, i) => raw_string_end(chars, i + 1).unwrap_or(i),
        ('b', 'r') if !is_word(chars, i) && matches!(at(i + 2), '"' | '#') => raw_string_end(chars, i + 2).unwrap_or(i),
        ('\'', '\\') => find(chars, i + 3, '\''),
        // A character, not a lifetime.
        ('\'', _) if at(i + 2) == '\'' => i + 3,
        (_, _) => i,
    }
}

/// Whether the character before `i` belongs to the same word, so that `i` begins nothing.
fn is_word(chars: &[char], i: usize) -> bool {
    i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_')
}

fn line_end(chars: &[char], i: usize) -> usize {
    (i..chars.len()).find(|k| chars[*k] == '\n').unwrap_or(chars.len())
}

fn find(chars: &[char], from: usize, what: char) -> usize {
    (from..chars.len()).find(|k| chars[*k] == what).map_or(chars.len(), |k| k + 1)
}

fn block_comment_end(chars: &[char], mut i: usize) -> usize {
    let mut depth = 0_u32;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            (_, _) => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], mut i: usize) -> usize {
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// `i` stands on the first `#` or the quote.
fn raw_string_end(chars: &[char], i: usize) -> Option<usize> {
    let hashes = chars[i..].iter().take_while(|c| **c == '#').count();
    if chars.get(i + hashes) != Some(&'"') {
        return None;
    }
    let mut k = i + hashes + 1;
    while k < chars.len() {
        if chars[k] == '"' && chars[k + 1..].iter().take_while(|c| **c == '#').count() >= hashes {
            return Some(k + 1 + hashes);
        }
        k += 1;
    }
    Some(chars.len())
}

/// Whether `code` has `word` as a whole identifier; a trailing `*` in `word` allows any ending.
pub fn names(code: &str, word: &str) -> bool {
    let (stem, open) = word.strip_suffix('*').map_or((word, false), |s| (s, true));
    let ident = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(stem).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(ident);
        let after = code[at + stem.len()..].chars().next().is_some_and(ident);
        !before && (open || !after || !stem.ends_with(ident))
    })
}

#[test]
fn prose_is_blanked_and_code_stays() {
    let blanked =
        blank("let a = \"unsafe // x\"; // thread::spawn\nlet c = 'x'; /* egui /* deep */ */ let s: &'a str = r#\"rfd \"::\"#;");
    assert!(blanked.contains("let a =") && blanked.contains("let s: &'a str ="));
    for word in ["unsafe", "thread", "egui", "rfd", "x"] {
        assert!(!names(&blanked, word), "{word} in {blanked}");
    }
    assert_eq!(blanked.lines().count(), 2);
}

#[test]
fn a_name_is_a_whole_word() {
    assert!(names("use candle_core::Tensor;", "candle*"));
    assert!(!names("library.tokenizers.len()", "tokenizers::"));
    assert!(names("use tokenizers::Model;", "tokenizers::"));
    assert!(!names("my_rfd::x", "rfd::"));
}
