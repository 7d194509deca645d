//! JSON in its three shapes (one value a line, a list, an object of lists), row by row and never the whole file. Knows no schema.

use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::encoding::{Position, Utf8Reader};
use super::lines::Lines;
use super::rows::{MAX_ROW_BYTES, Next, Row, Rows};
use super::scan::{Scanner, Stop};
use crate::data::error::ImportError;

/// Keys of an outer object under which files keep their rows.
const ROW_LISTS: [&str; 10] =
    ["data", "rows", "train", "examples", "items", "records", "documents", "entries", "samples", "instances"];

/// One value a line.
pub struct JsonLines<R> {
    lines: Lines<Utf8Reader<R>>,
    position: Position,
    path: PathBuf,
}

impl<R: Read> JsonLines<R> {
    pub fn new(reader: Utf8Reader<R>, path: &Path) -> Self {
        let position = reader.position();
        Self { lines: Lines::new(reader), position, path: path.to_path_buf() }
    }
}

impl<R: Read> Rows for JsonLines<R> {
    fn next(&mut self) -> Result<Next, ImportError> {
        loop {
            let line = self.lines.next(MAX_ROW_BYTES).map_err(|e| ImportError::from_io(e, &self.path))?;
            let Some(line) = line else { return Ok(Next::End) };
            if line.open {
                return Err(ImportError::RowTooLong { line: line.number, limit: MAX_ROW_BYTES as u64, path: self.path.clone() });
            }
            if line.text.trim().is_empty() {
                continue;
            }
            return Ok(match serde_json::from_str(&line.text) {
                Ok(value) => Next::Row(Row::from_json(line.number, value)),
                Err(e) => Next::Skipped { line: line.number, why: broken(&e) },
            });
        }
    }

    fn position(&self) -> u64 {
        self.position.get()
    }
}

/// What is wrong with a value, without the position that serde appends (it is relative to the row).
fn broken(e: &serde_json::Error) -> String {
    let text = e.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    format!("broken JSON at column {} ({what})", e.column())
}

/// A list of rows, an object that holds one, an object of columns, or values one after another.
pub struct JsonRows<R> {
    scan: Scanner<Utf8Reader<R>>,
    position: Position,
    path: PathBuf,
    place: Place,
    /// Rows of an object of columns.
    ready: VecDeque<Row>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// Inside the list of rows; whether a row was read.
    List {
        any: bool,
    },
    /// Between values that stand one after another.
    Between,
    End,
}

impl<R: Read> JsonRows<R> {
    pub fn new(reader: Utf8Reader<R>, path: &Path) -> Self {
        let position = reader.position();
        Self { scan: Scanner::new(reader), position, path: path.to_path_buf(), place: Place::Start, ready: VecDeque::new() }
    }

    /// An error of the scanner: fatal, or, at the end of the file, a row left out.
    fn stopped(&mut self, stop: Stop, began: u64) -> Result<Next, ImportError> {
        match stop {
            Stop::Io(e) => Err(ImportError::from_io(e, &self.path)),
            Stop::TooLong => Err(ImportError::RowTooLong { line: began, limit: MAX_ROW_BYTES as u64, path: self.path.clone() }),
            Stop::End => {
                self.place = Place::End;
                Ok(Next::Skipped { line: began, why: "the file breaks off here, in the middle of a row".to_owned() })
            }
        }
    }

    fn unexpected(&self, wanted: &str, found: u8) -> ImportError {
        let (line, column) = self.scan.place();
        let found = char::from(found);
        ImportError::Broken {
            reason: format!("broken JSON: {wanted} was expected, {found:?} found"),
            line,
            column,
            path: self.path.clone(),
        }
    }

    fn value(raw: &[u8], line: u64, column: u64) -> Next {
        match serde_json::from_slice(raw) {
            Ok(value) => Next::Row(Row::from_json(line, value)),
            Err(e) => {
                let at = line + e.line().saturating_sub(1) as u64;
                let shift = if e.line() <= 1 { column.saturating_sub(1) as usize } else { 0 };
                let text = e.to_string();
                let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned();
                Next::Skipped { line: at, why: format!("broken JSON at column {} ({what})", e.column() + shift) }
            }
        }
    }

    fn start(&mut self) -> Result<Option<Next>, ImportError> {
        match self.scan.peek() {
            Err(stop) => self.stopped(stop, 1).map(Some),
            Ok(None) => {
                self.place = Place::End;
                Ok(Some(Next::End))
            }
            Ok(Some(b'[')) => {
                self.scan.skip();
                self.place = Place::List { any: false };
                Ok(None)
            }
            Ok(Some(b'{')) => self.object(),
            Ok(Some(found)) => Err(self.unexpected("[ or {", found)),
        }
    }

    fn list(&mut self, any: bool) -> Result<Next, ImportError> {
        let (began, _) = self.scan.place();
        match self.scan.peek() {
            Err(stop) => return self.stopped(stop, began),
            Ok(None) => return self.stopped(Stop::End, began),
            Ok(Some(b']')) => {
                self.place = Place::End;
                return Ok(Next::End);
            }
            Ok(Some(b',')) if any => self.scan.skip(),
            Ok(Some(found)) if any => return Err(self.unexpected(", or ]", found)),
            Ok(Some(_)) => {}
        }
        self.place = Place::List { any: true };
        self.one()
    }

    fn one(&mut self) -> Result<Next, ImportError> {
        if let Err(stop) = self.scan.peek() {
            return self.stopped(stop, self.scan.place().0);
        }
        let (line, column) = self.scan.place();
        match self.scan.value(MAX_ROW_BYTES) {
            Ok(raw) if raw.is_empty() => {
                let found = self.scan.peek().ok().flatten().unwrap_or(b' ');
                Err(self.unexpected("a row", found))
            }
            Ok(raw) => Ok(Self::value(&raw, line, column)),
            Err(stop) => self.stopped(stop, line),
        }
    }

    /// Reads an outer object member by member, until one turns out to be the list of rows.
    fn object(&mut self) -> Result<Option<Next>, ImportError> {
        let (began, _) = self.scan.place();
        let mut members: serde_json::Map<String, Value> = serde_json::Map::new();
        let mut room = MAX_ROW_BYTES;
        self.scan.skip();
        loop {
            match self.scan.peek() {
                Err(stop) => return self.stopped(stop, began).map(Some),
                Ok(None) => return self.stopped(Stop::End, began).map(Some),
                Ok(Some(b'}')) => {
                    self.scan.skip();
                    self.place = Place::Between;
                    return Ok(Some(self.whole(began, members)));
                }
                Ok(Some(b',')) if !members.is_empty() => self.scan.skip(),
                Ok(Some(b'"')) if members.is_empty() => {}
                Ok(Some(found)) => return Err(self.unexpected(", or }", found)),
            }
            let member = match self.member(&mut room)? {
                Ok(member) => member,
                Err(stop) => return self.stopped(stop, began).map(Some),
            };
            match member {
                None => return Ok(None),
                Some((key, value)) => drop(members.insert(key, value)),
            }
        }
    }

    /// One `"key": value`; none if its value is the list of rows, which is then entered.
    fn member(&mut self, room: &mut usize) -> Result<Result<Option<(String, Value)>, Stop>, ImportError> {
        macro_rules! scan {
            ($e:expr) => {
                match $e {
                    Ok(x) => x,
                    Err(stop) => return Ok(Err(stop)),
                }
            };
        }
        match scan!(self.scan.peek()) {
            Some(b'"') => {}
            Some(found) => return Err(self.unexpected("a key", found)),
            None => return Ok(Err(Stop::End)),
        }
        let (line, column) = self.scan.place();
        let raw = scan!(self.scan.value(*room));
        let wrong = |e: serde_json::Error| ImportError::Broken { reason: broken(&e), line, column, path: self.path.clone() };
        let key: String = serde_json::from_slice(&raw).map_err(wrong)?;
        match scan!(self.scan.peek()) {
            Some(b':') => self.scan.skip(),
            Some(found) => return Err(self.unexpected("a colon", found)),
            None => return Ok(Err(Stop::End)),
        }
        if scan!(self.scan.peek()) == Some(b'[') && ROW_LISTS.contains(&key.as_str()) && scan!(self.scan.is_list_of_objects()) {
            self.scan.skip();
            self.place = Place::List { any: false };
            return Ok(Ok(None));
        }
        let (line, column) = self.scan.place();
        let raw = scan!(self.scan.value(*room));
        *room = room.saturating_sub(raw.len() + key.len());
        let wrong = |e: serde_json::Error| ImportError::Broken { reason: broken(&e), line, column, path: self.path.clone() };
        let value = serde_json::from_slice(&raw).map_err(wrong)?;
        Ok(Ok(Some((key, value))))
    }

    /// An object that was read whole: columns, if every member is a list of the same length of plain values; else a row.
    fn whole(&mut self, line: u64, members: serde_json::Map<String, Value>) -> Next {
        let lengths: Vec<Option<usize>> = members.values().map(|value| value.as_array().map(Vec::len)).collect();
        let plain = |value: &Value| value.as_array().is_some_and(|items| !items.iter().any(Value::is_object));
        let table = match lengths.first() {
            Some(&Some(n)) => n > 0 && lengths.iter().all(|length| *length == Some(n)) && members.values().all(plain),
            Some(None) | None => false,
        };
        if !table {
            return if members.is_empty() {
                Next::Skipped { line, why: "an object without any member".to_owned() }
            } else {
                Next::Row(Row::from_json(line, Value::Object(members)))
            };
        }
        let mut rows: VecDeque<Row> = VecDeque::new();
        for (name, column) in members {
            let Value::Array(items) = column else { continue };
            for (i, item) in items.into_iter().enumerate() {
                if rows.len() <= i {
                    rows.push_back(Row { line, cells: Vec::new() });
                }
                if let Some(row) = rows.get_mut(i) {
                    row.cells.push((name.clone(), item));
                }
            }
        }
        self.ready = rows;
        self.ready.pop_front().map_or(Next::End, Next::Row)
    }
}

impl<R: Read> Rows for JsonRows<R> {
    fn next(&mut self) -> Result<Next, ImportError> {
        if let Some(row) = self.ready.pop_front() {
            return Ok(Next::Row(row));
        }
        loop {
            match self.place {
                Place::End => return Ok(Next::End),
                Place::List { any } => return self.list(any),
                Place::Start => {
                    if let Some(next) = self.start()? {
                        return Ok(next);
                    }
                }
                Place::Between => match self.scan.peek() {
                    Err(stop) => return self.stopped(stop, self.scan.place().0),
                    Ok(None) => return Ok(Next::End),
                    Ok(Some(b',')) => self.scan.skip(),
                    Ok(Some(_)) => return self.one(),
                },
            }
        }
    }

    fn position(&self) -> u64 {
        self.position.get()
    }
}
