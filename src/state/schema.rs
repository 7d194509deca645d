//! What rows can be for: names, meanings, and the columns that each kind needs. Only tables.

use crate::engine::command::Schema;

pub const ALL: [Schema; 14] = [
    Schema::Text,
    Schema::Instruction,
    Schema::PromptCompletion,
    Schema::Messages,
    Schema::Conversations,
    Schema::Preference,
    Schema::Unpaired,
    Schema::Ranking,
    Schema::Prompts,
    Schema::Classes,
    Schema::Entities,
    Schema::ExtractiveQa,
    Schema::Translation,
    Schema::Recommendation,
];

pub fn label(schema: Schema) -> &'static str {
    match schema {
        Schema::Text => "Text to read",
        Schema::Instruction => "Instructions with answers",
        Schema::PromptCompletion => "Prompts with completions",
        Schema::Messages => "Chats (messages)",
        Schema::Conversations => "Chats (conversations)",
        Schema::Preference => "Pairs: better and worse",
        Schema::Unpaired => "Answers marked good or bad",
        Schema::Ranking => "Rankings",
        Schema::Prompts => "Prompts",
        Schema::Classes => "Texts with a class",
        Schema::Entities => "Texts with marked names",
        Schema::ExtractiveQa => "Questions answered in a text",
        Schema::Translation => "Translations",
        Schema::Recommendation => "Ratings",
    }
}

/// For the hover.
pub fn meaning(schema: Schema) -> &'static str {
    match schema {
        Schema::Text => "Documents that a model is pre-trained on",
        Schema::Instruction => "What was asked, and the answer to learn",
        Schema::PromptCompletion => "A beginning, and how it goes on",
        Schema::Messages => "Turns with a role and a content",
        Schema::Conversations => "Turns with from and value",
        Schema::Preference => "Two answers to one prompt; the first was liked better",
        Schema::Unpaired => "One answer and whether it was liked",
        Schema::Ranking => "Several answers in order",
        Schema::Prompts => "Only what is asked; the model answers",
        Schema::Classes => "A text and one word for it",
        Schema::Entities => "A text and the places of names in it",
        Schema::ExtractiveQa => "A text, a question, and where the answer stands",
        Schema::Translation => "The same in two languages",
        Schema::Recommendation => "Who liked what, how much",
    }
}

/// The parts that a column is needed for.
pub fn parts(schema: Schema) -> &'static [&'static str] {
    match schema {
        Schema::Text => &["text"],
        Schema::Instruction => &["instruction", "output"],
        Schema::PromptCompletion => &["prompt", "completion"],
        Schema::Messages => &["messages"],
        Schema::Conversations => &["conversations"],
        Schema::Preference => &["prompt", "chosen", "rejected"],
        Schema::Unpaired => &["prompt", "completion", "label"],
        Schema::Ranking => &["prompt", "completions", "ranks"],
        Schema::Prompts => &["prompt"],
        Schema::Classes => &["text", "label"],
        Schema::Entities => &["text", "spans"],
        Schema::ExtractiveQa => &["context", "question", "answers"],
        Schema::Translation => &["source", "target"],
        Schema::Recommendation => &["user", "item", "rating"],
    }
}

/// Parts that rows may have besides.
pub fn optional_parts(schema: Schema) -> &'static [&'static str] {
    match schema {
        Schema::Instruction => &["input", "system", "history"],
        Schema::Conversations => &["system"],
        Schema::Text
        | Schema::PromptCompletion
        | Schema::Messages
        | Schema::Preference
        | Schema::Unpaired
        | Schema::Ranking
        | Schema::Prompts
        | Schema::Classes
        | Schema::Entities
        | Schema::ExtractiveQa
        | Schema::Translation
        | Schema::Recommendation => &[],
    }
}

/// For each part the column of that name, or else the first. Parts of judged answers go by the names that other programs give them, and
/// what may be missing is not guessed: two answers can hold their prompt themselves, and rows can wait for an opinion, or for a class.
pub fn guess_columns(schema: Schema, columns: &[String], first_rows: &[Vec<String>]) -> Vec<(String, String)> {
    if schema == Schema::Classes {
        return crate::data::import::class_columns(columns, first_rows);
    }
    let first = columns.first().cloned().unwrap_or_default();
    if schema.is_feedback() {
        let mut found = crate::data::import::feedback_columns(schema, columns);
        let needed: &[&str] = match schema {
            Schema::Preference => &["chosen", "rejected"],
            Schema::Ranking => &["prompt", "completions"],
            _ => &["prompt"],
        };
        for part in needed {
            if !found.iter().any(|(known, _)| known == part) {
                found.push(((*part).to_owned(), first.clone()));
            }
        }
        return found;
    }
    let column = |part: &str| columns.iter().find(|column| column.eq_ignore_ascii_case(part)).unwrap_or(&first).clone();
    parts(schema).iter().map(|part| ((*part).to_owned(), column(part))).collect()
}

/// Why a part cannot come from its column, as a sentence: another part before it does already.
pub fn taken(columns: &[(String, String)], at: usize) -> Option<String> {
    let (part, column) = columns.get(at)?;
    let (other, _) = columns.iter().take(at).find(|(_, known)| known == column && !column.is_empty())?;
    Some(format!("“{column}” is the column with the {other} already: choose another one for the {part}"))
}

/// The first such sentence.
pub fn why_not_read(columns: &[(String, String)]) -> Option<String> {
    (0..columns.len()).find_map(|at| taken(columns, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_read_once() {
        let columns = |label: &str| vec![("text".to_owned(), "body".to_owned()), ("label".to_owned(), label.to_owned())];
        assert_eq!(why_not_read(&columns("kind")), None);
        let said = why_not_read(&columns("body"));
        assert!(said.is_some_and(|said| said.contains("body") && said.contains("label")));
    }
}
