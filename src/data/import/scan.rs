//! Finds where a JSON value ends without reading it: brackets and strings only, byte by byte. Knows no rows.

use std::io::{self, Read};

/// Why there is no value.
#[derive(Debug)]
pub enum Stop {
    End,
    TooLong,
    Io(io::Error),
}

/// A stream of bytes with its place.
pub struct Scanner<R> {
    inner: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// From 0.
    line: u64,
    column: u64,
}

impl<R: Read> Scanner<R> {
    pub fn new(inner: R) -> Self {
        Self { inner, buffer: vec![0; 64 << 10], at: 0, end: 0, line: 0, column: 0 }
    }

    /// Line and column of the next byte, from 1.
    pub fn place(&self) -> (u64, u64) {
        (self.line + 1, self.column + 1)
    }

    /// The next byte that is no white space; it stays.
    pub fn peek(&mut self) -> Result<Option<u8>, Stop> {
        loop {
            match self.next_byte()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.skip(),
                other => return Ok(other),
            }
        }
    }

    /// Steps over one byte.
    pub fn skip(&mut self) {
        if let Some(&byte) = self.buffer.get(self.at).filter(|_| self.at < self.end) {
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                self.column = 0;
            } else if byte & 0xC0 != 0x80 {
                self.column += 1;
            }
        }
    }

    /// Whether the list at hand begins with an object; nothing is taken. A list that starts beyond the buffer counts as one.
    pub fn is_list_of_objects(&mut self) -> Result<bool, Stop> {
        if self.end - self.at < 4096 {
            self.refill()?;
        }
        let ahead = self.buffer.get(self.at + 1..self.end).unwrap_or_default();
        Ok(ahead.iter().find(|byte| !byte.is_ascii_whitespace()).is_none_or(|&byte| byte == b'{'))
    }

    /// The bytes of one value, at most `max`. Empty where none begins.
    pub fn value(&mut self, max: usize) -> Result<Vec<u8>, Stop> {
        let mut raw = Vec::new();
        let (mut depth, mut quoted, mut escaped) = (0_u64, false, false);
        loop {
            let Some(byte) = self.next_byte()? else {
                let plain = depth == 0 && !quoted && !raw.is_empty();
                return if plain { Ok(raw) } else { Err(Stop::End) };
            };
            if !quoted
                && depth == 0
                && !raw.is_empty()
                && matches!(byte, b',' | b']' | b'}' | b':' | b' ' | b'\t' | b'\r' | b'\n')
            {
                return Ok(raw);
            }
            if !quoted && depth == 0 && raw.is_empty() && matches!(byte, b',' | b']' | b'}' | b':') {
                return Ok(raw);
            }
            if raw.len() >= max {
                return Err(Stop::TooLong);
            }
            raw.push(byte);
            self.skip();
            if quoted {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => quoted = false,
                    _ => {}
                }
                if quoted || depth > 0 {
                    continue;
                }
                return Ok(raw);
            }
            match byte {
                b'"' => quoted = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(raw);
                    }
                }
                _ => {}
            }
        }
    }

    fn next_byte(&mut self) -> Result<Option<u8>, Stop> {
        if self.at == self.end {
            self.refill()?;
        }
        Ok(self.buffer.get(self.at).copied().filter(|_| self.at < self.end))
    }

    /// Moves what is left to the front and reads once more behind it.
    fn refill(&mut self) -> Result<(), Stop> {
        self.buffer.copy_within(self.at..self.end, 0);
        self.end -= self.at;
        self.at = 0;
        let free = self.buffer.get_mut(self.end..).unwrap_or_default();
        self.end += self.inner.read(free).map_err(Stop::Io)?;
        Ok(())
    }
}
