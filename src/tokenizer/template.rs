//! Chat templates: turns to text as Hugging Face's Jinja templates write it. Knows no tokens and not what trains.

mod builtin;
mod environment;

use std::ops::Range;
use std::path::{Path, PathBuf};

use minijinja::value::Serde;
use minijinja::{Environment, Value, context};
use serde_json::Value as Json;

pub use builtin::Builtin;

/// Noncharacters of Unicode that stand around what a `{% generation %}` block wrote. Content loses them first.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';
/// Name of the one template in its environment; without an extension, nothing is escaped.
const NAME: &str = "chat";

/// Why a template cannot be used, or not on these turns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("line {line} of the chat template is wrong ({reason}); mend it, or choose a built-in template")]
    Syntax { line: usize, reason: String },
    #[error("the chat template refuses these turns: {reason}; change the turns, or choose another template")]
    Refused { reason: String },
    #[error("the chat template fails on these turns at its line {line} ({reason}); mend it, or choose another template")]
    Failed { line: usize, reason: String },
    #[error("the chat template could not be read ({reason}): {}", path.display())]
    Unreadable { reason: String, path: PathBuf },
}

/// A template, compiled, with the names of the special tokens that it writes.
#[derive(Debug)]
pub struct ChatTemplate {
    env: Environment<'static>,
    source: String,
    bos: String,
    eos: String,
    has_generation: bool,
}

impl ChatTemplate {
    /// Compiles. `bos` and `eos` may be empty.
    pub fn new(source: &str, bos: &str, eos: &str) -> Result<Self, TemplateError> {
        let mut env = environment::environment();
        let (translated, has_generation) = environment::translate(source);
        env.add_template_owned(NAME, translated).map_err(|e| TemplateError::Syntax {
            line: e.line().unwrap_or(0),
            reason: e.detail().map_or_else(|| e.kind().to_string(), str::to_owned),
        })?;
        Ok(Self { env, source: source.to_owned(), bos: bos.to_owned(), eos: eos.to_owned(), has_generation })
    }

    /// One of ours.
    pub fn builtin(kind: Builtin, bos: &str, eos: &str) -> Result<Self, TemplateError> {
        Self::new(kind.source(), bos, eos)
    }

    /// The template that was chosen; else the one of a model's folder; else the plainest. `bos` and `eos` are names of the tokens that
    /// begin and end a text, for those that are built in; they may be empty.
    pub fn choose(chosen: Option<Builtin>, dir: &Path, bos: &str, eos: &str) -> Result<Self, TemplateError> {
        let own = if chosen.is_none() { Self::load(dir)? } else { None };
        own.map_or_else(|| Self::builtin(chosen.unwrap_or(Builtin::Plain), bos, eos), Ok)
    }

    /// The template of a model's folder: `chat_template.jinja`, or the one in `tokenizer_config.json`. None if it has none.
    pub fn load(dir: &Path) -> Result<Option<Self>, TemplateError> {
        let read = |name: &str| {
            let path = dir.join(name);
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok(Some(text)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(TemplateError::Unreadable { reason: e.to_string(), path }),
            }
        };
        let config = read("tokenizer_config.json")?.unwrap_or_else(|| "{}".to_owned());
        let config: Json = serde_json::from_str(&config)
            .map_err(|e| TemplateError::Unreadable { reason: e.to_string(), path: dir.join("tokenizer_config.json") })?;
        match read("chat_template.jinja")? {
            Some(source) => Self::new(&source, &special(&config, "bos_token"), &special(&config, "eos_token")).map(Some),
            None => Self::from_config(&config),
        }
    }

    /// From the content of a `tokenizer_config.json`; none if it names no template.
    pub fn from_config(config: &Json) -> Result<Option<Self>, TemplateError> {
        let source = match config.get("chat_template") {
            Some(Json::String(source)) => source,
            // Several by name, as models with tools have them.
            Some(Json::Array(list)) => {
                let default = list.iter().find(|one| one.get("name").and_then(Json::as_str) == Some("default"));
                let chosen = default.or(list.first()).and_then(|one| one.get("template")?.as_str());
                let Some(source) = chosen else { return Ok(None) };
                return Self::new(source, &special(config, "bos_token"), &special(config, "eos_token")).map(Some);
            }
            _ => return Ok(None),
        };
        Self::new(source, &special(config, "bos_token"), &special(config, "eos_token")).map(Some)
    }

    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Name of the token that ends a text; may be empty.
    pub fn eos(&self) -> &str {
        &self.eos
    }

    /// Whether it says itself what the assistant generates, in `{% generation %}` blocks.
    pub fn has_generation(&self) -> bool {
        self.has_generation
    }

    /// Turns as objects with "role" and "content"; with `add_generation_prompt` the text ends where the assistant begins.
    pub fn render(&self, messages: &[Json], add_generation_prompt: bool) -> Result<String, TemplateError> {
        Ok(self.render_marked(messages, add_generation_prompt)?.0)
    }

    /// The text, and the bytes of it that `{% generation %}` blocks wrote, in order.
    pub fn render_marked(&self, messages: &[Json], prompt: bool) -> Result<(String, Vec<Range<usize>>), TemplateError> {
        let messages: Vec<Json> = messages.iter().map(without_marks).collect();
        let none = Value::from(());
        let values = context! {
            messages => Value::from(Serde(messages)),
            add_generation_prompt => prompt,
            bos_token => self.bos.clone(),
            eos_token => self.eos.clone(),
            tools => none.clone(),
            documents => none,
        };
        let text = self.env.get_template(NAME).and_then(|template| template.render(values)).map_err(|e| failed(&e))?;
        Ok(split_marks(&text))
    }
}

fn failed(error: &minijinja::Error) -> TemplateError {
    let reason = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    match reason.strip_prefix(environment::RAISED) {
        Some(said) => TemplateError::Refused { reason: said.trim_end_matches('.').to_owned() },
        None => TemplateError::Failed { line: error.line().unwrap_or(0), reason },
    }
}

/// A special token's text, which stands bare or in an object.
fn special(config: &Json, key: &str) -> String {
    let value = config.get(key);
    let text = value.and_then(Json::as_str).or_else(|| value?.get("content")?.as_str());
    text.unwrap_or_default().to_owned()
}

fn without_marks(value: &Json) -> Json {
    match value {
        Json::String(text) if text.contains([OPEN, CLOSE]) => Json::String(text.replace([OPEN, CLOSE], "")),
        Json::Array(items) => Json::Array(items.iter().map(without_marks).collect()),
        Json::Object(fields) => Json::Object(fields.iter().map(|(key, value)| (key.clone(), without_marks(value))).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => value.clone(),
    }
}

fn split_marks(marked: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut ranges) = (String::with_capacity(marked.len()), Vec::new());
    let mut open = None;
    for c in marked.chars() {
        match c {
            OPEN => open = Some(text.len()),
            CLOSE => ranges.extend(open.take().map(|start| start..text.len())),
            other => text.push(other),
        }
    }
    (text, ranges)
}
