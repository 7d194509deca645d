//! What every importer gives: rows of named values, one at a time, with the line they begin at. Knows no format.

use serde_json::Value;

use crate::data::error::ImportError;

/// Longest row, in bytes. It must fit in memory several times.
pub const MAX_ROW_BYTES: usize = 64 << 20;
/// Warnings that are kept word for word.
const MAX_WARNINGS: usize = 100;

/// One row of a file, whatever its format: columns in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// From 1; of a parquet file, the number of the row.
    pub line: u64,
    pub cells: Vec<(String, Value)>,
}

impl Row {
    /// A row with one column.
    pub fn text(line: u64, text: String) -> Self {
        Self { line, cells: vec![("text".to_owned(), Value::String(text))] }
    }

    /// A JSON value as a row: objects by their keys, lists by numbers, anything else as a column "text".
    pub fn from_json(line: u64, value: Value) -> Self {
        let cells = match value {
            Value::Object(fields) => fields.into_iter().collect(),
            Value::Array(items) => items.into_iter().enumerate().map(|(i, item)| (format!("column_{}", i + 1), item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![("text".to_owned(), value)],
        };
        Self { line, cells }
    }

    pub fn get(&self, column: &str) -> Option<&Value> {
        self.cells.iter().find(|(name, _)| name == column).map(|(_, value)| value)
    }
}

/// What came next in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Row(Row),
    /// Something had to be left out; reading goes on.
    Skipped {
        line: u64,
        why: String,
    },
    End,
}

/// A file being read.
pub trait Rows {
    fn next(&mut self) -> Result<Next, ImportError>;
    /// Bytes of the file read so far, about.
    fn position(&self) -> u64;
    /// How many rows there are, where the file says so.
    fn count(&self) -> Option<u64> {
        None
    }
    /// Columns, where the file names them once for all.
    fn columns(&self) -> Option<&[String]> {
        None
    }
}

/// Warnings with line numbers: the first of them, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Warnings {
    kept: Vec<String>,
    count: u64,
}

impl Warnings {
    pub fn add(&mut self, line: u64, why: &str) {
        self.say(format!("line {line}: {why}"));
    }

    pub fn say(&mut self, what: String) {
        self.count += 1;
        if self.kept.len() < MAX_WARNINGS {
            self.kept.push(what);
        }
    }

    pub fn first(&self) -> Option<&str> {
        self.kept.first().map(String::as_str)
    }

    pub fn into_list(self) -> Vec<String> {
        let mut list = self.kept;
        if self.count > list.len() as u64 {
            list.push(format!("and {} more", self.count - list.len() as u64));
        }
        list
    }
}
