//! Lines of a text stream, each bounded in length, with their numbers. Knows no format.

use std::io::{self, BufRead as _, BufReader, Read};

/// A line, or as much of it as was allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    /// Without its end.
    pub text: String,
    /// The line goes on: it is longer than was allowed.
    pub open: bool,
}

/// Reads lines from a stream of valid UTF-8.
pub struct Lines<R> {
    reader: BufReader<R>,
    carry: Vec<u8>,
    number: u64,
    within: bool,
}

impl<R: Read> Lines<R> {
    pub fn new(reader: R) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, reader), carry: Vec::new(), number: 0, within: false }
    }

    /// The next line, or the next `max` bytes of it.
    pub fn next(&mut self, max: usize) -> io::Result<Option<Line>> {
        let mut bytes = std::mem::take(&mut self.carry);
        let mut ended = false;
        while !ended && bytes.len() <= max {
            let ready = self.reader.fill_buf()?;
            if ready.is_empty() {
                if bytes.is_empty() && !self.within {
                    return Ok(None);
                }
                ended = true;
                break;
            }
            // One byte more than is allowed: if the end stands among them, the line fits.
            let ready = ready.get(..max.saturating_add(1) - bytes.len()).unwrap_or(ready);
            let until = ready.iter().position(|&byte| byte == b'\n');
            bytes.extend_from_slice(ready.get(..until.unwrap_or(ready.len())).unwrap_or_default());
            let used = until.map_or(ready.len(), |at| at + 1);
            self.reader.consume(used);
            ended = until.is_some();
        }
        if !self.within {
            self.number += 1;
        }
        let open = !ended;
        if open {
            let keep = whole_chars(&bytes, max);
            self.carry = bytes.split_off(keep);
        } else if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        let at_end = self.within && ended && bytes.is_empty() && self.reader.fill_buf()?.is_empty();
        self.within = open;
        if at_end {
            return Ok(None);
        }
        let text = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        Ok(Some(Line { number: self.number, text, open }))
    }
}

/// The longest prefix of at most `max` bytes that ends between characters.
fn whole_chars(bytes: &[u8], max: usize) -> usize {
    let max = max.min(bytes.len());
    (max.saturating_sub(3)..=max).rev().find(|&i| bytes.get(i).is_none_or(|byte| byte & 0xC0 != 0x80)).unwrap_or(max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, max: usize) -> Vec<(u64, String, bool)> {
        let mut lines = Lines::new(text.as_bytes());
        let mut out = Vec::new();
        while let Some(line) = lines.next(max).unwrap_or(None) {
            out.push((line.number, line.text, line.open));
        }
        out
    }

    #[test]
    fn numbers_lines_and_drops_their_ends() {
        let lines = all("a\r\n\nb\nc", 100);
        let shown: Vec<_> = lines.iter().map(|(n, text, _)| (*n, text.as_str())).collect();
        assert_eq!(shown, [(1, "a"), (2, ""), (3, "b"), (4, "c")]);
        assert_eq!(all("", 10), []);
    }

    #[test]
    fn cuts_long_lines_between_characters() {
        let lines = all("ääääää\nb", 5);
        assert!(lines.iter().all(|(_, text, _)| text.len() <= 5));
        let joined: String = lines.iter().map(|(_, text, open)| if *open { text.clone() } else { format!("{text}\n") }).collect();
        assert_eq!(joined, "ääääää\nb\n");
        assert_eq!(lines.last().map(|line| line.0), Some(2));
    }
}
