//! Comma-, tab- and semicolon-separated tables, with a header. Knows no schema.

use std::cell::Cell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde_json::Value;

use super::encoding::{Position, Utf8Reader};
use super::rows::{MAX_ROW_BYTES, Next, Row, Rows};
use crate::data::error::ImportError;

/// Rows of a table.
pub struct TableRows<R: Read> {
    reader: csv::Reader<Bounded<Utf8Reader<R>>>,
    columns: Vec<String>,
    /// The first line, where it was data.
    first: Option<csv::StringRecord>,
    since: Rc<Cell<usize>>,
    position: Position,
    path: PathBuf,
    note: Option<String>,
}

impl<R: Read> TableRows<R> {
    pub fn new(reader: Utf8Reader<R>, delimiter: u8, path: &Path) -> Result<Self, ImportError> {
        let position = reader.position();
        let since = Rc::new(Cell::new(0));
        let bounded = Bounded { inner: reader, since: Rc::clone(&since) };
        // Ragged rows are told apart here, with a sentence; the reader would stop at the first.
        let reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bounded);
        let mut rows = Self { reader, columns: Vec::new(), first: None, since, position, path: path.to_path_buf(), note: None };
        let mut header = csv::StringRecord::new();
        rows.read(&mut header)?;
        if looks_like_header(&header) {
            rows.columns = name(&header);
        } else {
            rows.columns = (1..=header.len()).map(|i| format!("column_{i}")).collect();
            rows.first = Some(header);
            rows.note =
                Some("the first line looks like data, so the columns were numbered; add a line with their names".to_owned());
        }
        Ok(rows)
    }

    /// Whether there was another record.
    fn read(&mut self, record: &mut csv::StringRecord) -> Result<bool, ImportError> {
        self.since.set(0);
        let line = self.reader.position().line();
        self.reader.read_record(record).map_err(|e| match e.into_kind() {
            csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::FileTooLarge => {
                ImportError::RowTooLong { line, limit: MAX_ROW_BYTES as u64, path: self.path.clone() }
            }
            csv::ErrorKind::Io(e) => ImportError::from_io(e, &self.path),
            other => ImportError::Damaged { format: "CSV", reason: format!("line {line}: {other:?}"), path: self.path.clone() },
        })
    }

    fn row(&self, line: u64, record: &csv::StringRecord) -> Next {
        if record.len() != self.columns.len() {
            let why = format!("{} fields instead of {}; a quote may be missing", record.len(), self.columns.len());
            return Next::Skipped { line, why };
        }
        let cells = self.columns.iter().zip(record).map(|(name, field)| (name.clone(), Value::from(field)));
        Next::Row(Row { line, cells: cells.collect() })
    }
}

impl<R: Read> Rows for TableRows<R> {
    fn next(&mut self) -> Result<Next, ImportError> {
        if let Some(why) = self.note.take() {
            return Ok(Next::Skipped { line: 1, why });
        }
        if let Some(record) = self.first.take() {
            return Ok(self.row(1, &record));
        }
        let mut record = csv::StringRecord::new();
        if !self.read(&mut record)? {
            return Ok(Next::End);
        }
        let line = record.position().map_or(0, csv::Position::line);
        Ok(self.row(line, &record))
    }

    fn position(&self) -> u64 {
        self.position.get()
    }

    fn columns(&self) -> Option<&[String]> {
        Some(&self.columns)
    }
}

fn looks_like_header(header: &csv::StringRecord) -> bool {
    let is_name = |field: &str| {
        let field = field.trim();
        !field.is_empty() && field.len() <= 64 && field.parse::<f64>().is_err() && !field.contains('\n')
    };
    // Exports of tables with an index leave its name empty.
    header.iter().skip(1).all(is_name)
        && header.get(0).is_some_and(|field| is_name(field) || field.trim().is_empty() && header.len() > 1)
}

/// Names of the columns, each once.
fn name(header: &csv::StringRecord) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for (i, field) in header.iter().enumerate() {
        let mut name = field.trim().to_owned();
        if name.is_empty() || columns.contains(&name) {
            name = format!("{name}_{}", i + 1);
        }
        columns.push(name);
    }
    columns
}

/// Refuses to go on when a record has grown beyond the longest row, as after a stray quote.
struct Bounded<R> {
    inner: R,
    since: Rc<Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > MAX_ROW_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let n = self.inner.read(out)?;
        self.since.set(self.since.get() + n);
        Ok(n)
    }
}

/// The delimiter that cuts most of the first lines into the same number of fields, more than one.
pub fn guess_delimiter(head: &str) -> u8 {
    let lines: Vec<&str> = head.lines().filter(|line| !line.trim().is_empty()).take(20).collect();
    let score = |delimiter: u8| {
        let count = |line: &&str| line.bytes().filter(|&byte| byte == delimiter).count();
        let first = lines.first().map_or(0, count);
        let same = lines.iter().filter(|line| count(line) == first).count();
        if first == 0 { (0, 0) } else { (same, first) }
    };
    // The comma wins a tie.
    [b';', b'|', b'\t', b','].into_iter().max_by_key(|&delimiter| score(delimiter)).unwrap_or(b',')
}
