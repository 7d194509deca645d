//! Reads and writes the turns of a chat in both spellings. Knows no template.

use serde_json::{Map, Value};

use super::fields::{Fields, structured, text_of, wrong};
use super::{Chat, Message, Problem, Role};

/// A row of messages or of conversations.
pub(super) fn chat(fields: &Fields<'_>, part: &'static str) -> Result<Chat, Problem> {
    let (column, value) = fields.need(part)?;
    let value = structured(value);
    let list = value.as_array().ok_or_else(|| wrong(column, "a list of turns", &value))?;
    let sharegpt = list.first().is_some_and(|turn| turn.get("from").is_some());
    let messages = turns(column, list)?;
    if !messages.iter().any(|message| message.role == Role::Assistant) {
        return Err(Problem::NoAssistant);
    }
    Ok(Chat { messages, system: fields.maybe_text("system")?, sharegpt })
}

/// Turns of either spelling.
pub(in crate::data) fn turns(column: &str, list: &[Value]) -> Result<Vec<Message>, Problem> {
    list.iter().enumerate().map(|(i, turn)| message(column, turn, i + 1)).collect()
}

/// `turn` counts from 1.
fn message(column: &str, value: &Value, turn: usize) -> Result<Message, Problem> {
    let object = value.as_object().ok_or_else(|| wrong(column, "turns with a role and a content", value))?;
    let keys = if object.contains_key("from") { ["from", "value"] } else { ["role", "content"] };
    let spelling = object.get(keys[0]).and_then(Value::as_str).ok_or_else(|| wrong(column, "turns with a role", value))?;
    let role = Role::parse(spelling).ok_or_else(|| Problem::Role { role: spelling.to_owned(), turn })?;
    let extra: Map<String, Value> = object.iter().filter(|(key, _)| !keys.contains(&key.as_str())).map(copy).collect();
    let content = match object.get(keys[1]) {
        None | Some(Value::Null) => String::new(),
        Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
        Some(other) => text_of(column, other)?,
    };
    // A call of a tool stands beside an empty content.
    if content.trim().is_empty() && role == Role::Assistant && extra.is_empty() {
        return Err(Problem::EmptyTurn { turn });
    }
    Ok(Message { role, content, spelling: spelling.to_owned(), extra })
}

fn copy((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

/// Back to how the file spells it.
pub(super) fn to_json(messages: &[Message], sharegpt: bool) -> Value {
    let keys = if sharegpt { ["from", "value"] } else { ["role", "content"] };
    let turn = |message: &Message| {
        let mut object = Map::new();
        object.insert(keys[0].to_owned(), Value::from(message.spelling.as_str()));
        object.insert(keys[1].to_owned(), Value::from(message.content.as_str()));
        object.extend(message.extra.iter().map(copy));
        Value::Object(object)
    };
    Value::Array(messages.iter().map(turn).collect())
}
