//! Examples back to the form they came in: cells, JSON lines, tables, `CoNLL` columns, nested `SQuAD`. Knows no file, only writers.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{
    Answer, AnswerForm, Content, Example, Label, Question, Side, SpanForm, Tagged, Translation, char_of, chat, entities,
};

/// The row that an example came from, with what it says now. Places count characters.
pub fn to_cells(example: &Example) -> Vec<(String, Value)> {
    let parts = parts(example);
    if let Content::ExtractiveQa(question) = &example.content
        && question.form == AnswerForm::Nested
    {
        let title = question.title.iter().map(|title| ("title".to_owned(), json!(title)));
        let flat = parts.into_iter().map(|(part, value)| (part.to_owned(), value));
        return title.chain(flat).chain(question.extra.clone()).collect();
    }
    let mut cells = example.cells.clone();
    for (part, value) in parts {
        let Some(column) = example.column(part) else { continue };
        match cells.iter_mut().find(|(name, _)| name == column) {
            Some((_, cell)) => *cell = value,
            // An input that was added to an instruction, say, has no cell yet.
            None if value.is_null() => {}
            None => cells.push((column.to_owned(), value)),
        }
    }
    cells
}

/// One object a line. Nested questions come out flat: `squad` nests them.
pub fn json_lines<'a>(examples: impl IntoIterator<Item = &'a Example>, out: &mut dyn Write) -> io::Result<()> {
    for example in examples {
        let object: Map<String, Value> = to_cells(example).into_iter().collect();
        serde_json::to_writer(&mut *out, &Value::Object(object))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// A table with a header: all columns that any example has. Lists and objects stand as JSON in their cells.
pub fn table<'a>(examples: impl IntoIterator<Item = &'a Example>, delimiter: u8, out: &mut dyn Write) -> io::Result<()> {
    cells_table(&examples.into_iter().map(to_cells).collect::<Vec<_>>(), delimiter, out)
}

/// As `table`, of rows as they are.
pub fn cells_table(rows: &[Vec<(String, Value)>], delimiter: u8, out: &mut dyn Write) -> io::Result<()> {
    let mut columns: Vec<&str> = Vec::new();
    for (name, _) in rows.iter().flatten() {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
    writer.write_record(&columns)?;
    for row in rows {
        let cell =
            |column: &&str| row.iter().find(|(name, _)| name == column).map_or_else(String::new, |(_, value)| plain(value));
        writer.write_record(columns.iter().map(cell))?;
    }
    writer.flush()
}

/// A token and its IOB2 tag a line, an empty line after each text. Examples of other tasks are passed over; texts that came
/// without tokens are cut into words and marks. Of the space between tokens nothing is kept.
pub fn conll<'a>(examples: impl IntoIterator<Item = &'a Example>, out: &mut dyn Write) -> io::Result<()> {
    for example in examples {
        let Content::Entities(tagged) = &example.content else { continue };
        let tokens = tokens_of(tagged);
        let tags = entities::iob2(&tokens, &tagged.spans);
        for (token, tag) in tokens.iter().zip(tags) {
            writeln!(out, "{}\t{tag}", tagged.text.get(token.clone()).unwrap_or_default())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A context with its questions.
type Paragraph = (String, Vec<Value>);

/// Questions as `SQuAD` nests them: neighbours with one title share an article, with one context a paragraph.
pub fn squad<'a>(examples: impl IntoIterator<Item = &'a Example>, out: &mut dyn Write) -> io::Result<()> {
    let mut articles: Vec<(Option<String>, Vec<Paragraph>)> = Vec::new();
    for example in examples {
        let Content::ExtractiveQa(question) = &example.content else { continue };
        let mut object = Map::new();
        object.insert("question".to_owned(), json!(question.question));
        object.insert("answers".to_owned(), answer_objects(question));
        object.extend(question.extra.iter().map(|(key, value)| (key.clone(), value.clone())));
        if articles.last().is_none_or(|(title, _)| *title != question.title) {
            articles.push((question.title.clone(), Vec::new()));
        }
        let Some((_, paragraphs)) = articles.last_mut() else { continue };
        match paragraphs.last_mut() {
            Some((context, questions)) if *context == question.context => questions.push(Value::Object(object)),
            _ => paragraphs.push((question.context.clone(), vec![Value::Object(object)])),
        }
    }
    let paragraph = |(context, questions): Paragraph| json!({"context": context, "qas": questions});
    let article = |(title, paragraphs): (Option<String>, Vec<Paragraph>)| {
        let paragraphs: Vec<Value> = paragraphs.into_iter().map(paragraph).collect();
        match title {
            Some(title) => json!({"title": title, "paragraphs": paragraphs}),
            None => json!({"paragraphs": paragraphs}),
        }
    };
    let data: Vec<Value> = articles.into_iter().map(article).collect();
    serde_json::to_writer(out, &json!({ "data": data })).map_err(io::Error::from)
}

/// Value of each part of the schema.
fn parts(example: &Example) -> Vec<(&'static str, Value)> {
    match &example.content {
        Content::Instruction(it) => {
            let history: Vec<Value> = it.history.iter().map(|(question, answer)| json!([question, answer])).collect();
            let had = example.column("history").is_some_and(|column| example.cells.iter().any(|(name, _)| name == column));
            vec![
                ("instruction", json!(it.instruction)),
                ("input", json!(it.input)),
                ("output", json!(it.output)),
                ("system", json!(it.system)),
                ("history", if history.is_empty() && !had { Value::Null } else { Value::Array(history) }),
            ]
        }
        Content::Pair(pair) => vec![("prompt", side(&pair.prompt)), ("completion", side(&pair.completion))],
        Content::Chat(chat) => {
            let turns = chat::to_json(&chat.messages, chat.sharegpt);
            vec![("messages", turns.clone()), ("conversations", turns), ("system", json!(chat.system))]
        }
        Content::Classes(classified) => {
            let labels: Vec<Value> = classified.labels.iter().map(label).collect();
            let value = if classified.several { Value::Array(labels) } else { labels.into_iter().next().unwrap_or_default() };
            vec![("text", json!(classified.text)), ("label", value)]
        }
        Content::Entities(tagged) => entity_parts(tagged),
        Content::ExtractiveQa(question) => {
            vec![("context", json!(question.context)), ("question", json!(question.question)), ("answers", answers(question))]
        }
        Content::Translation(it) => {
            vec![("translation", languages(it)), ("source", json!(it.source)), ("target", json!(it.target))]
        }
        Content::Recommendation(it) => {
            let whole = it.rating.fract() == 0.0 && it.rating.abs() < 1e15;
            let rating = if whole { json!(it.rating as i64) } else { json!(it.rating) };
            vec![("user", label(&it.user)), ("item", label(&it.item)), ("rating", rating)]
        }
    }
}

fn entity_parts(tagged: &Tagged) -> Vec<(&'static str, Value)> {
    let SpanForm::Tags { tokens, names } = &tagged.form else {
        return vec![("text", json!(tagged.text)), ("spans", entities::to_json(tagged))];
    };
    let words: Vec<&str> = tokens.iter().filter_map(|token| tagged.text.get(token.clone())).collect();
    let tags: Vec<Value> = entities::iob2(tokens, &tagged.spans).iter().map(|tag| entities::tag_value(tag, names)).collect();
    vec![("text", json!(tagged.text)), ("tokens", json!(words)), ("ner_tags", json!(tags))]
}

fn tokens_of(tagged: &Tagged) -> Vec<std::ops::Range<usize>> {
    match &tagged.form {
        SpanForm::Tags { tokens, .. } => tokens.clone(),
        SpanForm::Objects { .. } | SpanForm::Triples => entities::words(&tagged.text),
    }
}

fn side(side: &Side) -> Value {
    match side {
        Side::Text(text) => json!(text),
        Side::Messages(messages) => chat::to_json(messages, false),
    }
}

fn label(label: &Label) -> Value {
    match label {
        Label::Text(text) => json!(text),
        Label::Number(number) => json!(number),
        Label::Bool(yes) => json!(yes),
    }
}

fn languages(it: &Translation) -> Value {
    let mut object = Map::new();
    object.insert(it.source_language.clone().unwrap_or_else(|| "source".to_owned()), json!(it.source));
    object.insert(it.target_language.clone().unwrap_or_else(|| "target".to_owned()), json!(it.target));
    Value::Object(object)
}

fn answers(question: &Question) -> Value {
    let place = |answer: &Answer| char_of(&question.context, answer.start);
    let texts: Vec<&str> = question.answers.iter().map(|answer| answer.text.as_str()).collect();
    let starts: Vec<usize> = question.answers.iter().map(place).collect();
    match (question.form, texts.as_slice(), starts.as_slice()) {
        (AnswerForm::Single, [text], [start]) => json!({"text": text, "answer_start": start}),
        (AnswerForm::Objects | AnswerForm::Nested, ..) => answer_objects(question),
        (AnswerForm::Single | AnswerForm::Lists, ..) => json!({"text": texts, "answer_start": starts}),
    }
}

fn answer_objects(question: &Question) -> Value {
    let one = |answer: &Answer| json!({"text": answer.text, "answer_start": char_of(&question.context, answer.start)});
    Value::Array(question.answers.iter().map(one).collect())
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
