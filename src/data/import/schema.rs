//! What the rows of a file are for, from the names of their columns and a look at their values. Reads no file.

use serde_json::Value;

use super::rows::Row;
use crate::engine::command::{DocumentRule, Mapping, Schema};

/// Names that a running text goes by, best first.
const TEXT_NAMES: [&str; 12] = [
    "text",
    "content",
    "body",
    "document",
    "article",
    "story",
    "sentence",
    "raw_content",
    "description",
    "review",
    "message",
    "completion",
];

/// A mapping for rows of any schema, in the order in which the schemas can be told apart. Columns that nothing is known of
/// are taken as text by their length.
pub fn detect(columns: &[String], rows: &[Row]) -> Mapping {
    let has = |name: &str| columns.iter().any(|column| column == name);
    let one_of = |names: &[&str]| names.iter().find(|name| has(name)).map(|&name| name.to_owned());
    let part = |part: &str, names: &[&str]| one_of(names).map(|column| (part.to_owned(), column));
    let parts = |list: &[(&str, &[&str])]| -> Vec<(String, String)> {
        list.iter().filter_map(|(name, names)| part(name, names)).collect()
    };
    let found = |schema, columns| Mapping::new(schema, columns);

    if let Some((schema, columns)) = feedback(columns, rows) {
        return found(schema, columns);
    }
    if has("messages") {
        return found(Schema::Messages, parts(&[("messages", &["messages"])]));
    }
    if has("conversations") {
        return found(Schema::Conversations, parts(&[("conversations", &["conversations"]), ("system", &["system"])]));
    }
    if has("ner_tags") && has("tokens") || has("text") && (has("spans") || has("entities")) {
        let list: [(&str, &[&str]); 4] =
            [("text", &["text"]), ("spans", &["spans", "entities"]), ("tokens", &["tokens"]), ("ner_tags", &["ner_tags"])];
        return found(Schema::Entities, parts(&list));
    }
    // As SQuAD nests them: an article a row, or a paragraph.
    if has("paragraphs") || has("context") && has("qas") {
        return found(
            Schema::ExtractiveQa,
            parts(&[("paragraphs", &["paragraphs"]), ("title", &["title"]), ("context", &["context"]), ("qas", &["qas"])]),
        );
    }
    if has("context") && has("question") && has("answers") {
        return found(
            Schema::ExtractiveQa,
            parts(&[("context", &["context"]), ("question", &["question"]), ("answers", &["answers"])]),
        );
    }
    if has("translation") {
        return found(Schema::Translation, parts(&[("translation", &["translation"])]));
    }
    if has("src") && has("tgt") {
        return found(Schema::Translation, parts(&[("source", &["src"]), ("target", &["tgt"])]));
    }
    if has("instruction") && has("output") {
        let list: [(&str, &[&str]); 5] = [
            ("instruction", &["instruction"]),
            ("input", &["input"]),
            ("output", &["output"]),
            ("system", &["system"]),
            ("history", &["history"]),
        ];
        return found(Schema::Instruction, parts(&list));
    }
    let pairs =
        [("prompt", "completion"), ("question", "answer"), ("input", "output"), ("text", "summary"), ("prompt", "response")];
    if let Some((prompt, completion)) = pairs.iter().find(|(a, b)| has(a) && has(b)) {
        let columns = vec![("prompt".to_owned(), (*prompt).to_owned()), ("completion".to_owned(), (*completion).to_owned())];
        return found(Schema::PromptCompletion, columns);
    }
    if has("user") && has("rating") && (has("item") || has("title")) {
        return found(
            Schema::Recommendation,
            parts(&[("user", &["user"]), ("item", &["item", "title"]), ("rating", &["rating"])]),
        );
    }
    if let (Some(text), Some(label)) = (one_of(&["text", "sentence"]), one_of(&["label", "labels"])) {
        return found(Schema::Classes, vec![("text".to_owned(), text), ("label".to_owned(), label)]);
    }
    if has("prompt") && columns.len() == 1 {
        return found(Schema::Prompts, feedback_columns(Schema::Prompts, columns));
    }
    let column = one_of(&TEXT_NAMES).or_else(|| longest(columns, rows));
    found(Schema::Text, column.map(|column| ("text".to_owned(), column)).into_iter().collect())
}

/// Whether the rows say what people think of answers, and which columns say what.
fn feedback(columns: &[String], rows: &[Row]) -> Option<(Schema, Vec<(String, String)>)> {
    let has = |name: &str| columns.iter().any(|column| column == name);
    let ranked = has("completions") && (has("ranks") || has("ranking") || has("prompt"));
    let paired = (has("chosen") || has("chosen_response")) && (has("rejected") || has("rejected_response"));
    // Chats with a label may be of any class; with yes and no they are judged.
    let is_judged = |row: &Row| row.get("label").is_some_and(serde_json::Value::is_boolean);
    let judged_chat = has("messages") && has("label") && !rows.is_empty() && rows.iter().all(is_judged);
    let schema = match () {
        () if ranked => Schema::Ranking,
        () if paired => Schema::Preference,
        () if has("kto_tag") || has("label") && has("completion") || judged_chat => Schema::Unpaired,
        () => return None,
    };
    Some((schema, feedback_columns(schema, columns)))
}

/// The columns of a feedback schema, by the names that other programs give them.
pub fn feedback_columns(schema: Schema, columns: &[String]) -> Vec<(String, String)> {
    let one_of =
        |names: &[&str]| names.iter().find(|name| columns.iter().any(|column| column == *name)).map(|&name| name.to_owned());
    let answers: &[(&str, &[&str])] = match schema {
        Schema::Preference => &[("chosen", &["chosen", "chosen_response"]), ("rejected", &["rejected", "rejected_response"])],
        Schema::Unpaired => &[("completion", &["completion", "output", "response"]), ("label", &["kto_tag", "label"])],
        Schema::Ranking => &[("completions", &["completions"]), ("ranks", &["ranks", "ranking"])],
        _ => &[],
    };
    let asked: [(&str, &[&str]); 4] = [
        ("prompt", &["prompt", "instruction", "question", "conversations", "messages", "input"]),
        ("input", &["input"]),
        ("system", &["system"]),
        ("history", &["history"]),
    ];
    let said: [(&str, &[&str]); 2] = [("annotator", &["annotator", "annotator_id", "worker_id"]), ("strength", &["strength"])];
    let all = asked.iter().chain(answers).chain(&said);
    let mut found: Vec<(String, String)> = all.filter_map(|(part, names)| Some(((*part).to_owned(), one_of(names)?))).collect();
    // Where the input itself asks, it does not stand below anything.
    let asks = found.iter().find(|(part, _)| part == "prompt").map(|(_, column)| column.clone());
    found.retain(|(part, column)| part != "input" || Some(column) != asks.as_ref());
    found
}

/// Names that a class goes by.
const CLASS_NAMES: [&str; 16] = [
    "label",
    "labels",
    "class",
    "category",
    "sentiment",
    "topic",
    "intent",
    "target",
    "tag",
    "tags",
    "kind",
    "type",
    "emotion",
    "rating",
    "stars",
    "score",
];
/// Letters of a class at most.
const LONGEST_CLASS: usize = 40;

/// The columns of texts with a class, from their names and a look at the first rows: the text by its name or its length, the class by its
/// name, or because it has few different values, all short. Without such a column the rows have no label, and the part is left out.
pub fn class_columns(columns: &[String], first_rows: &[Vec<String>]) -> Vec<(String, String)> {
    let cells = |place: usize| first_rows.iter().filter_map(move |row| row.get(place)).map(|cell| cell.trim());
    let length = |place: usize| cells(place).map(str::len).sum::<usize>();
    let called = |place: usize, names: &[&str]| {
        let name = columns.get(place).map(|column| column.to_lowercase());
        names.iter().position(|known| Some(*known) == name.as_deref())
    };
    let all = || 0..columns.len();
    let by_name = all().filter_map(|place| Some((called(place, &TEXT_NAMES)?, place))).min().map(|(_, place)| place);
    let Some(text) = by_name.or_else(|| all().max_by_key(|place| (length(*place), std::cmp::Reverse(*place)))) else {
        return Vec::new();
    };
    let label = all().filter(|place| *place != text).filter_map(|place| {
        let filled: Vec<&str> = cells(place).filter(|cell| !cell.is_empty()).collect();
        let different = filled.iter().collect::<std::collections::BTreeSet<_>>().len();
        let name = called(place, &CLASS_NAMES);
        let short = filled.iter().all(|cell| cell.chars().count() <= LONGEST_CLASS);
        let few = different > 0 && different <= (filled.len() / 2).max(2) && filled.len() > 2;
        (name.is_some() || short && few).then_some((name.unwrap_or(CLASS_NAMES.len()), different, place))
    });
    let named = |part: &str, place: usize| columns.get(place).map(|column| (part.to_owned(), column.clone()));
    let label = label.min().and_then(|(_, _, place)| named("label", place));
    named("text", text).into_iter().chain(label).collect()
}

/// The column whose values are the longest texts.
fn longest(columns: &[String], rows: &[Row]) -> Option<String> {
    let length = |column: &&String| -> usize { rows.iter().filter_map(|row| row.get(column)?.as_str()).map(str::len).sum() };
    columns.iter().max_by_key(|column| (length(column), std::cmp::Reverse(columns.iter().position(|c| c == *column)))).cloned()
}

/// All columns of some rows, in the order in which they come.
pub fn columns_of(rows: &[Row]) -> Vec<String> {
    let mut columns: Vec<String> = Vec::new();
    for row in rows {
        for (name, _) in &row.cells {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
    }
    columns
}

/// A value as running text: strings as they are, turns of a chat on lines of their own, lists joined.
pub fn flatten(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(x) => x.to_string(),
        Value::Number(x) => x.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let between = if items.iter().all(Value::is_string) { " " } else { "\n" };
            items.iter().map(flatten).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(between)
        }
        Value::Object(fields) => {
            let name = |keys: [&str; 2]| keys.iter().find_map(|key| fields.get(*key)).and_then(Value::as_str);
            match (name(["role", "from"]), name(["content", "value"])) {
                (Some(who), Some(what)) => format!("{who}: {what}"),
                _ => fields.values().map(flatten).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n"),
            }
        }
    }
}

/// Where a plain text is cut, guessed from its beginning.
pub fn guess_documents(head: &str, whole: bool) -> DocumentRule {
    let blank = head.lines().skip(1).filter(|line| line.trim().is_empty()).count();
    if blank > 0 {
        DocumentRule::BlankLine
    } else if whole && head.lines().take(3).count() < 3 {
        DocumentRule::File
    } else {
        DocumentRule::Line
    }
}
