//! What a `config.json` says of the head: the class in transformers, the labels, the kind of classes. Reads no weights and no sizes.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::FormatError;
use crate::model::{Arch, Head, ModelConfig};

const SINGLE: &str = "single_label_classification";
const SEVERAL: &str = "multi_label_classification";

/// Sets `head`, `labels` and `several` from the first of `architectures`, `id2label` and `problem_type`.
///
/// A class that is no classifier (a bare trunk, a language model) is read as a language model, as it was before there were heads.
pub(super) fn read(fields: &Map<String, Value>, path: &Path, config: &mut ModelConfig) -> Result<(), FormatError> {
    let class = fields.get("architectures").and_then(|all| all.get(0)).and_then(Value::as_str).unwrap_or("");
    let kind = fields.get("problem_type").and_then(Value::as_str);
    if class.ends_with("ForSequenceClassification") {
        let labels = labels(fields, path)?;
        config.several = kind == Some(SEVERAL);
        if labels.len() == 1 && !config.several {
            config.head = Head::Reward;
        } else if kind == Some("regression") {
            let known = "a single number, or classes, as output";
            let value = format!("regression of {} numbers", labels.len());
            return Err(FormatError::Unsupported { what: "the kind of head", value, known, path: path.to_owned() });
        } else {
            config.head = Head::SequenceClass { n: labels.len() };
            config.labels = labels;
        }
    } else if class.ends_with("ForTokenClassification") {
        let labels = labels(fields, path)?;
        config.head = Head::TokenClass { n: labels.len() };
        config.labels = labels;
    } else if class.ends_with("ForQuestionAnswering") {
        config.head = Head::Span;
    }
    Ok(())
}

/// The classes' names by their numbers; where there are none, transformers' own names for `num_labels`, or for its default of 2.
fn labels(fields: &Map<String, Value>, path: &Path) -> Result<Vec<String>, FormatError> {
    let missing =
        || FormatError::Field { field: "id2label", expected: "a name for each number from 0 on", path: path.to_owned() };
    match fields.get("id2label") {
        None | Some(Value::Null) => {
            let n = ["num_labels", "_num_labels"].iter().find_map(|name| fields.get(*name)?.as_u64()).unwrap_or(2);
            // More classes than this no published model has, and a damaged file must not take the memory.
            if n > 1 << 20 { Err(missing()) } else { Ok((0..n).map(|i| format!("LABEL_{i}")).collect()) }
        }
        Some(Value::Object(names)) => (0..names.len())
            .map(|i| names.get(&i.to_string()).and_then(Value::as_str).map(str::to_owned).ok_or_else(missing))
            .collect(),
        Some(_) => Err(missing()),
    }
}

/// Writes what `read` reads. A reward is a classifier with one label, as transformers has it.
pub(super) fn write(config: &ModelConfig, fields: &mut Map<String, Value>) {
    fields.insert("architectures".to_owned(), json!([class(config)]));
    let labels = match config.head {
        Head::Lm | Head::Span => return,
        Head::Reward => vec!["LABEL_0".to_owned()],
        Head::SequenceClass { .. } | Head::TokenClass { .. } => config.labels.clone(),
    };
    let id2label: Map<String, Value> = labels.iter().enumerate().map(|(i, label)| (i.to_string(), json!(label))).collect();
    let label2id: Map<String, Value> = labels.iter().enumerate().map(|(i, label)| (label.clone(), json!(i))).collect();
    fields.insert("id2label".to_owned(), Value::Object(id2label));
    fields.insert("label2id".to_owned(), Value::Object(label2id));
    if matches!(config.head, Head::SequenceClass { .. }) {
        fields.insert("problem_type".to_owned(), json!(if config.several { SEVERAL } else { SINGLE }));
    }
}

/// The class in transformers.
fn class(config: &ModelConfig) -> String {
    let family = match config.arch {
        Arch::Llama => "Llama",
        Arch::Qwen2 => "Qwen2",
        Arch::Gpt2 => "GPT2",
        Arch::Bert => "Bert",
    };
    let task = match (config.head, config.arch) {
        (Head::Lm, Arch::Llama | Arch::Qwen2) => "ForCausalLM",
        (Head::Lm, Arch::Gpt2) => "LMHeadModel",
        (Head::Lm, Arch::Bert) => "ForMaskedLM",
        (Head::SequenceClass { .. } | Head::Reward, _) => "ForSequenceClassification",
        (Head::TokenClass { .. }, _) => "ForTokenClassification",
        (Head::Span, _) => "ForQuestionAnswering",
    };
    format!("{family}{task}")
}

/// The trunk's prefix in the files where it is not the layout's: transformers keeps `transformer.` in Llama's and Qwen2's question answering.
pub(super) fn file_prefix(config: &ModelConfig) -> Option<(&'static str, &'static str)> {
    (config.head == Head::Span && config.arch.has_rope()).then_some(("model.", "transformer."))
}

/// A parameter's name in the files.
pub(super) fn file_name(config: &ModelConfig, name: &str) -> String {
    match file_prefix(config).and_then(|(ours, theirs)| Some((name.strip_prefix(ours)?, theirs))) {
        Some((rest, theirs)) => format!("{theirs}{rest}"),
        None => name.to_owned(),
    }
}
