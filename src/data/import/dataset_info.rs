//! `dataset_info.json`: what the files beside it are for, as LLaMA-Factory writes it, or what their numbers stand for, as Hugging Face's
//! `datasets` does. Reads that one file.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::engine::command::{Mapping, Schema};

/// A larger file of that name is something else.
const MAX_BYTES: u64 = 4 << 20;

/// The names of tags that stand as numbers in `column`, as `features` of a list beside the file gives them.
pub fn tag_names(path: &Path, column: &str) -> Vec<String> {
    let read = || -> Option<Vec<String>> {
        let list = path.parent()?.join("dataset_info.json");
        if fs::metadata(&list).ok()?.len() > MAX_BYTES {
            return None;
        }
        let list: Value = serde_json::from_slice(&fs::read(&list).ok()?).ok()?;
        // Of one dataset, or of several by their names.
        let features = std::iter::once(&list).chain(list.as_object()?.values()).find_map(|one| one.get("features"))?;
        names_in(features.get(column)?)
    };
    read().unwrap_or_default()
}

/// The first list of names within: a class label's, or a list's of class labels.
fn names_in(value: &Value) -> Option<Vec<String>> {
    if let Some(names) = value.get("names") {
        return match names {
            Value::Array(names) => names.iter().map(|name| name.as_str().map(str::to_owned)).collect(),
            // By number, as the cards of datasets write them.
            Value::Object(names) => (0..names.len()).map(|i| names.get(&i.to_string())?.as_str().map(str::to_owned)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
    }
    value.as_object()?.values().find_map(names_in)
}

/// What the list beside a file says about it; none if there is no such list or it does not name the file. Columns that the
/// file does not have are left out.
pub fn beside(path: &Path, have: &[String]) -> Option<Mapping> {
    let list = path.parent()?.join("dataset_info.json");
    if fs::metadata(&list).ok()?.len() > MAX_BYTES {
        return None;
    }
    let entries: Map<String, Value> = serde_json::from_slice(&fs::read(&list).ok()?).ok()?;
    let name = path.file_name()?.to_str()?;
    let entry = entries.values().find(|entry| entry.get("file_name").and_then(Value::as_str) == Some(name))?;
    let mapping = mapping(entry, have);
    (!mapping.columns.is_empty()).then_some(mapping)
}

fn mapping(entry: &Value, have: &[String]) -> Mapping {
    let named = |key: &str| entry.get("columns").and_then(|columns| columns.get(key)).and_then(Value::as_str);
    let column = |key: &str, default: &str| Some(named(key).unwrap_or(default).to_owned()).filter(|column| have.contains(column));
    let parts = |list: &[(&str, &str, &str)]| -> Vec<(String, String)> {
        list.iter().filter_map(|(part, key, default)| Some(((*part).to_owned(), column(key, default)?))).collect()
    };
    let is_chat = entry.get("formatting").and_then(Value::as_str) == Some("sharegpt");
    let is_ranking = entry.get("ranking").and_then(Value::as_bool) == Some(true);
    let prompt = if is_chat { ("prompt", "messages", "conversations") } else { ("prompt", "prompt", "instruction") };
    let (schema, columns) = if is_ranking {
        (
            Schema::Preference,
            parts(&[
                prompt,
                ("input", "query", "input"),
                ("system", "system", "system"),
                ("history", "history", "history"),
                ("chosen", "chosen", "chosen"),
                ("rejected", "rejected", "rejected"),
            ]),
        )
    } else if named("kto_tag").is_some() {
        (
            Schema::Unpaired,
            parts(&[
                prompt,
                ("input", "query", "input"),
                ("system", "system", "system"),
                ("completion", "response", "output"),
                ("label", "kto_tag", "kto_tag"),
            ]),
        )
    } else if is_chat {
        (Schema::Conversations, parts(&[("conversations", "messages", "conversations"), ("system", "system", "system")]))
    } else if column("response", "output").is_some() {
        let list = [
            ("instruction", "prompt", "instruction"),
            ("input", "query", "input"),
            ("output", "response", "output"),
            ("system", "system", "system"),
            ("history", "history", "history"),
        ];
        (Schema::Instruction, parts(&list))
    } else {
        (Schema::Text, parts(&[("text", "prompt", "text")]))
    };
    Mapping::new(schema, columns)
}
