//! Takes the parts of a row by the mapping, with a sentence for what is missing. Knows no schema.

use std::borrow::Cow;

use serde_json::Value;

use super::{Label, Problem};
use crate::data::import::Row;

/// A row with the columns that a mapping names.
pub(in crate::data) struct Fields<'a> {
    pub row: &'a Row,
    pub columns: &'a [(String, String)],
}

impl<'a> Fields<'a> {
    /// Column of a part, if the mapping names one.
    pub fn column(&self, part: &str) -> Option<&'a str> {
        self.columns.iter().find(|(name, _)| name == part).map(|(_, column)| column.as_str())
    }

    /// The value of a part with its column; null counts as none.
    pub fn maybe(&self, part: &str) -> Option<(&'a str, &'a Value)> {
        let column = self.column(part)?;
        self.row.get(column).filter(|value| !value.is_null()).map(|value| (column, value))
    }

    pub fn need(&self, part: &'static str) -> Result<(&'a str, &'a Value), Problem> {
        let column = self.column(part).ok_or(Problem::Unmapped { part })?;
        self.maybe(part).ok_or_else(|| Problem::Missing { column: column.to_owned() })
    }

    /// A part that must be text. Numbers are taken as they are written: tables do not tell them apart.
    pub fn text(&self, part: &'static str) -> Result<String, Problem> {
        let (column, value) = self.need(part)?;
        text_of(column, value)
    }

    pub fn maybe_text(&self, part: &str) -> Result<Option<String>, Problem> {
        self.maybe(part).map(|(column, value)| text_of(column, value)).transpose()
    }

    /// Text that the model is to write: it must not be empty.
    pub fn output(&self, part: &'static str) -> Result<String, Problem> {
        let text = self.text(part)?;
        if text.trim().is_empty() {
            return Err(Problem::EmptyOutput { column: self.column(part).unwrap_or(part).to_owned() });
        }
        Ok(text)
    }
}

pub(in crate::data) fn text_of(column: &str, value: &Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(yes) => Ok(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(wrong(column, "text", value)),
    }
}

pub(in crate::data) fn label_of(column: &str, value: &Value) -> Result<Label, Problem> {
    match value {
        Value::String(text) if text.trim().is_empty() => Err(Problem::NoLabel { column: column.to_owned() }),
        Value::String(text) => Ok(Label::Text(text.clone())),
        Value::Bool(yes) => Ok(Label::Bool(*yes)),
        Value::Null => Err(Problem::NoLabel { column: column.to_owned() }),
        Value::Number(number) => {
            number.as_i64().map(Label::Number).ok_or_else(|| wrong(column, "a name or a whole number", value))
        }
        Value::Array(_) | Value::Object(_) => Err(wrong(column, "a name or a whole number", value)),
    }
}

/// Lists and objects as they are; in a table they stand as JSON text.
pub(in crate::data) fn structured(value: &Value) -> Cow<'_, Value> {
    match value {
        Value::String(text) if text.trim_start().starts_with(['[', '{']) => {
            serde_json::from_str(text).map_or(Cow::Borrowed(value), Cow::Owned)
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Cow::Borrowed(value)
        }
    }
}

pub(in crate::data) fn wrong(column: &str, wanted: &'static str, value: &Value) -> Problem {
    Problem::Kind { column: column.to_owned(), wanted, found: shown(value) }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
