//! Plain text and Markdown: where one document ends, and the columns of `CoNLL` files. Knows no other format.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::encoding::{Position, Utf8Reader};
use super::lines::Lines;
use super::rows::{MAX_ROW_BYTES, Next, Row, Rows};
use crate::data::documents::MAX_DOCUMENT_BYTES;
use crate::data::error::ImportError;
use crate::engine::command::DocumentRule;

/// Documents of a plain text.
pub struct TextRows<R> {
    lines: Lines<Utf8Reader<R>>,
    rule: DocumentRule,
    position: Position,
    path: PathBuf,
    /// A document was longer than one may be; said once, after it.
    cut: Option<u64>,
    cut_before: bool,
}

impl<R: Read> TextRows<R> {
    pub fn new(reader: Utf8Reader<R>, rule: DocumentRule, path: &Path) -> Self {
        let position = reader.position();
        Self { lines: Lines::new(reader), rule, position, path: path.to_path_buf(), cut: None, cut_before: false }
    }
}

impl<R: Read> Rows for TextRows<R> {
    fn next(&mut self) -> Result<Next, ImportError> {
        if let Some(line) = self.cut.take() {
            let why = format!("a document longer than {} MB was cut into several", MAX_DOCUMENT_BYTES >> 20);
            return Ok(Next::Skipped { line, why });
        }
        let mut document = String::new();
        let mut first = 0;
        // Empty lines count only once a line follows.
        let mut empty = 0;
        let mut joined = true;
        loop {
            let room = MAX_DOCUMENT_BYTES.saturating_sub(document.len() + empty + 1).max(4);
            let Some(line) = self.lines.next(room).map_err(|e| ImportError::from_io(e, &self.path))? else { break };
            if line.text.trim().is_empty() && !line.open {
                match (self.rule, document.is_empty()) {
                    (_, true) => {}
                    (DocumentRule::File, false) => empty += 1,
                    (DocumentRule::BlankLine | DocumentRule::Line, false) => break,
                }
                joined = true;
                continue;
            }
            if document.is_empty() {
                first = line.number;
            } else if joined {
                document.extend(std::iter::repeat_n('\n', empty + 1));
            }
            empty = 0;
            document.push_str(&line.text);
            joined = !line.open;
            if line.open || document.len() + 4 >= MAX_DOCUMENT_BYTES {
                if !self.cut_before {
                    self.cut = Some(line.number);
                    self.cut_before = true;
                }
                break;
            }
            if self.rule == DocumentRule::Line {
                break;
            }
        }
        Ok(if document.is_empty() { Next::End } else { Next::Row(Row::text(first, document)) })
    }

    fn position(&self) -> u64 {
        self.position.get()
    }
}

/// Sentences of a file with a token and its tags on each line, an empty line after each sentence.
pub struct ConllRows<R> {
    lines: Lines<Utf8Reader<R>>,
    position: Position,
    path: PathBuf,
    columns: Vec<String>,
}

impl<R: Read> ConllRows<R> {
    pub fn new(reader: Utf8Reader<R>, path: &Path) -> Self {
        let position = reader.position();
        let columns = ["tokens", "ner_tags", "text"].map(str::to_owned).to_vec();
        Self { lines: Lines::new(reader), position, path: path.to_path_buf(), columns }
    }
}

impl<R: Read> Rows for ConllRows<R> {
    fn next(&mut self) -> Result<Next, ImportError> {
        let (mut tokens, mut tags) = (Vec::new(), Vec::new());
        let mut first = 0;
        let mut bytes = 0;
        let mut broken = None;
        while let Some(line) = self.lines.next(MAX_ROW_BYTES).map_err(|e| ImportError::from_io(e, &self.path))? {
            bytes += line.text.len();
            if line.open || bytes > MAX_ROW_BYTES {
                return Err(ImportError::RowTooLong { line: line.number, limit: MAX_ROW_BYTES as u64, path: self.path.clone() });
            }
            let text = line.text.trim();
            if text.is_empty() || text.starts_with("-DOCSTART-") {
                if tokens.is_empty() {
                    continue;
                }
                break;
            }
            if tokens.is_empty() {
                first = line.number;
            }
            let mut fields = text.split_whitespace();
            let token = fields.next().unwrap_or_default();
            // A comment, as CoNLL-U has them before a sentence.
            if tokens.is_empty() && token == "#" && text.contains(" = ") {
                continue;
            }
            match fields.next_back() {
                Some(tag) => tags.push(Value::from(tag)),
                None => broken = broken.or(Some(line.number)),
            }
            tokens.push(token.to_owned());
        }
        if let Some(line) = broken {
            let why = "a token without a tag; its sentence was left out, write O where nothing is meant".to_owned();
            return Ok(Next::Skipped { line, why });
        }
        if tokens.is_empty() {
            return Ok(Next::End);
        }
        let text = Value::String(tokens.join(" "));
        let tokens = tokens.into_iter().map(Value::String).collect();
        let cells = [Value::Array(tokens), Value::Array(tags), text];
        Ok(Next::Row(Row { line: first, cells: self.columns.iter().cloned().zip(cells).collect() }))
    }

    fn position(&self) -> u64 {
        self.position.get()
    }

    fn columns(&self) -> Option<&[String]> {
        Some(&self.columns)
    }
}

/// Whether most lines are a token and a tag as BIO, IOB2 or BILOU write it.
pub fn looks_like_conll(head: &str) -> bool {
    let lines: Vec<&str> = head.lines().map(str::trim).filter(|line| !line.is_empty()).take(500).collect();
    let is_tag =
        |tag: &str| tag == "O" || tag.split_once('-').is_some_and(|(kind, _)| matches!(kind, "B" | "I" | "E" | "S" | "L" | "U"));
    let good = lines.iter().filter(|line| {
        let mut fields = line.split_whitespace();
        fields.next().is_some() && fields.next_back().is_some_and(is_tag)
    });
    lines.len() >= 3 && good.count() * 10 >= lines.len() * 9
}
