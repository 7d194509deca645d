//! Words for a task: what a model that writes text is asked, and what it is to answer. Knows no chat template and no token.

use serde_json::{Value, json};

use super::variables::{fill, variables};
use super::{Content, Example, Instruction, Message, Question, Role, Side, Tagged};

/// Two texts with names in braces, which stand for parts of an example: `{text}`, `{label}`, `{entities}`, `{context}`, `{question}`,
/// `{answer}`, `{source}`, `{target}`, `{source_language}`, `{target_language}`, `{user}`, `{item}`, `{rating}`, `{prompt}`,
/// `{completion}`. Other braces stay as they are. Chats, instructions and pairs of messages bring their own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskTemplate {
    pub prompt: String,
    pub answer: String,
}

impl TaskTemplate {
    pub fn new(prompt: &str, answer: &str) -> Self {
        Self { prompt: prompt.to_owned(), answer: answer.to_owned() }
    }

    /// Plain words for the task of this example.
    pub fn default_for(example: &Example) -> Self {
        match &example.content {
            Content::Pair(_) if example.column("completion") == Some("summary") => {
                Self::new("{prompt}\n\nSummary:", "{completion}")
            }
            Content::Pair(_) | Content::Instruction(_) | Content::Chat(_) => Self::new("{prompt}", "{completion}"),
            Content::Classes(_) => Self::new("Text: {text}\nLabel:", "{label}"),
            Content::Entities(_) => Self::new("Text: {text}\nEntities:", "{entities}"),
            Content::ExtractiveQa(_) => Self::new("{context}\n\nQuestion: {question}\nAnswer:", "{answer}"),
            Content::Translation(it) if it.target_language.is_some() => {
                Self::new("Translate to {target_language}: {source}", "{target}")
            }
            Content::Translation(_) => Self::new("Translate: {source}", "{target}"),
            Content::Recommendation(_) => Self::new("User: {user}\nItem: {item}\nRating:", "{rating}"),
        }
    }

    /// Names in braces that stand for no part of this example, which a model would read as they are.
    pub fn unknown(&self, example: &Example) -> Vec<&str> {
        let known = Self::parts(example);
        let names = variables(&self.prompt).into_iter().chain(variables(&self.answer));
        names.filter(|name| !known.contains(name)).collect()
    }

    /// The names that stand for parts of this example. None where it brings its own words.
    pub fn parts(example: &Example) -> Vec<&'static str> {
        values(&example.content).into_iter().map(|(name, _)| name).collect()
    }

    /// An example as turns, and the index of the first that may be trained: what stands before is the prompt.
    pub fn turns(&self, example: &Example) -> (Vec<Message>, usize) {
        match &example.content {
            Content::Chat(chat) => {
                let system = chat.system.iter().filter(|text| !text.is_empty()).map(|text| Message::new(Role::System, text));
                (system.chain(chat.messages.iter().cloned()).collect(), 0)
            }
            Content::Instruction(it) => (instruction(it), 0),
            Content::Pair(pair) if !matches!((&pair.prompt, &pair.completion), (Side::Text(_), Side::Text(_))) => {
                let side = |side: &Side, role| match side {
                    Side::Text(text) => vec![Message::new(role, text)],
                    Side::Messages(messages) => messages.clone(),
                };
                let mut turns = side(&pair.prompt, Role::User);
                let first = turns.len();
                turns.extend(side(&pair.completion, Role::Assistant));
                (turns, first)
            }
            content => {
                let values = values(content);
                let (prompt, answer) = (fill(&self.prompt, &values), fill(&self.answer, &values));
                (vec![Message::new(Role::User, prompt), Message::new(Role::Assistant, answer)], 1)
            }
        }
    }
}

fn instruction(it: &Instruction) -> Vec<Message> {
    let system = it.system.iter().filter(|text| !text.is_empty()).map(|text| Message::new(Role::System, text));
    let mut turns: Vec<Message> = system.collect();
    for (question, answer) in &it.history {
        turns.extend([Message::new(Role::User, question), Message::new(Role::Assistant, answer)]);
    }
    let user = match it.input.as_deref().filter(|input| !input.is_empty()) {
        // The two apart are for templates that know them, Alpaca's.
        Some(input) => {
            let mut user = Message::new(Role::User, format!("{}\n{input}", it.instruction));
            user.extra.insert("instruction".to_owned(), json!(it.instruction));
            user.extra.insert("input".to_owned(), json!(input));
            user
        }
        None => Message::new(Role::User, &it.instruction),
    };
    turns.extend([user, Message::new(Role::Assistant, &it.output)]);
    turns
}

/// The parts of an example by name.
fn values(content: &Content) -> Vec<(&'static str, String)> {
    let text = |side: &Side| match side {
        Side::Text(text) => text.clone(),
        Side::Messages(_) => String::new(),
    };
    match content {
        Content::Pair(pair) => vec![("prompt", text(&pair.prompt)), ("completion", text(&pair.completion))],
        Content::Classes(it) => {
            let labels: Vec<String> = it.labels.iter().map(ToString::to_string).collect();
            let labels = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
            vec![("text", it.text.clone()), ("label", labels)]
        }
        Content::Entities(it) => vec![("text", it.text.clone()), ("entities", entities(it))],
        Content::ExtractiveQa(it) => {
            vec![("context", it.context.clone()), ("question", it.question.clone()), ("answer", answer(it))]
        }
        Content::Translation(it) => {
            let language = |code: &Option<String>| code.clone().unwrap_or_default();
            vec![
                ("source", it.source.clone()),
                ("target", it.target.clone()),
                ("source_language", language(&it.source_language)),
                ("target_language", language(&it.target_language)),
            ]
        }
        Content::Recommendation(it) => {
            vec![("user", it.user.to_string()), ("item", it.item.to_string()), ("rating", it.rating.to_string())]
        }
        Content::Instruction(_) | Content::Chat(_) => Vec::new(),
    }
}

fn entities(it: &Tagged) -> String {
    let one = |span: &super::Span| format!("{}: {}", span.label, it.text.get(span.bytes.clone()).unwrap_or_default());
    let lines: Vec<String> = it.spans.iter().map(one).collect();
    if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
}

fn answer(it: &Question) -> String {
    it.answers.first().map_or_else(|| "unanswerable".to_owned(), |answer| answer.text.clone())
}

/// A turn as templates see it.
pub(super) fn to_json(message: &Message) -> Value {
    let mut object = message.extra.clone();
    object.insert("role".to_owned(), json!(message.role.name()));
    object.insert("content".to_owned(), json!(message.content));
    Value::Object(object)
}
