//! Reads marked spans in all their forms, tags of tokens included, and writes them back. Knows no file.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::fields::{Fields, structured, text_of, wrong};
use super::offsets::BadPlace;
use super::{OffsetUnit, Problem, Span, SpanForm, Tagged, byte_of, char_of};

/// Keys that a span's label goes by.
const LABEL_KEYS: [&str; 6] = ["label", "tag", "entity_type", "entity_group", "entity", "type"];

pub(super) fn entities(fields: &Fields<'_>, unit: OffsetUnit, names: &[String]) -> Result<Tagged, Problem> {
    if fields.column("spans").is_none() && fields.column("ner_tags").is_some() {
        return tags(fields, names);
    }
    let text = fields.text("text")?;
    let (column, value) = fields.need("spans")?;
    let value = structured(value);
    let list = value.as_array().ok_or_else(|| wrong(column, "a list of spans", &value))?;
    let label_key = list.first().and_then(|first| LABEL_KEYS.into_iter().find(|key| first.get(*key).is_some()));
    let triples = list.iter().any(Value::is_array) || list.is_empty() && column == "entities";
    let form = if triples { SpanForm::Triples } else { SpanForm::Objects { label: label_key.unwrap_or("label").to_owned() } };
    let mut spans: Vec<Span> = list.iter().map(|item| span(column, item, &text, label_key, unit)).collect::<Result<_, _>>()?;
    spans.sort_by_key(|span| (span.bytes.start, span.bytes.end));
    check_overlaps(&text, &spans)?;
    Ok(Tagged { text, spans, form })
}

fn span(column: &str, item: &Value, text: &str, key: Option<&str>, unit: OffsetUnit) -> Result<Span, Problem> {
    let bad = || wrong(column, "spans with start, end and label", item);
    let (start, end, label, extra) = match item {
        Value::Array(three) => match three.as_slice() {
            [start, end, label] => (start, end, label, Map::new()),
            _ => return Err(bad()),
        },
        Value::Object(object) => {
            let key = key.filter(|key| object.contains_key(*key)).ok_or_else(bad)?;
            let field = |name: &str| object.get(name).ok_or_else(bad);
            let extra = object.iter().filter(|(name, _)| !["start", "end", key].contains(&name.as_str()));
            let extra = extra.map(|(name, value)| (name.clone(), value.clone())).collect();
            (field("start")?, field("end")?, field(key)?, extra)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Err(bad()),
    };
    let (start, end) = (start.as_u64().ok_or_else(bad)?, end.as_u64().ok_or_else(bad)?);
    let label = text_of(column, label)?;
    if label.trim().is_empty() {
        return Err(Problem::NoLabel { column: column.to_owned() });
    }
    let place = |place: u64| {
        byte_of(text, place, unit).map_err(|bad| match bad {
            BadPlace::PastEnd => Problem::SpanPastEnd { start, end, label: label.clone(), length: text.chars().count() },
            BadPlace::InCharacter => Problem::SpanInCharacter { start, end, label: label.clone() },
        })
    };
    let bytes = place(start)?..place(end)?;
    if bytes.is_empty() {
        return Err(Problem::SpanEmpty { start, end, label });
    }
    Ok(Span { bytes, label, extra })
}

fn check_overlaps(text: &str, spans: &[Span]) -> Result<(), Problem> {
    let name = |span: &Span| format!("{}–{} ({})", char_of(text, span.bytes.start), char_of(text, span.bytes.end), span.label);
    for pair in spans.windows(2) {
        if let [first, second] = pair
            && first.bytes.end > second.bytes.start
        {
            return Err(Problem::Overlap { first: name(first), second: name(second) });
        }
    }
    Ok(())
}

/// Tokens with a tag each. The text is the file's own, if the tokens stand in it in order, else they are joined by spaces.
fn tags(fields: &Fields<'_>, names: &[String]) -> Result<Tagged, Problem> {
    let list = |part: &'static str| {
        let (column, value) = fields.need(part)?;
        let value = structured(value);
        let items = value.as_array().ok_or_else(|| wrong(column, "a list", &value))?;
        items.iter().map(|item| Ok((column, item.clone()))).collect::<Result<Vec<_>, Problem>>()
    };
    let words: Vec<String> = list("tokens")?.iter().map(|(column, token)| text_of(column, token)).collect::<Result<_, _>>()?;
    let written = list("ner_tags")?;
    let tags: Vec<String> = written.iter().map(|(column, tag)| tag_name(column, tag, names)).collect::<Result<_, _>>()?;
    if words.len() != tags.len() {
        return Err(Problem::TagCount { tokens: words.len(), tags: tags.len() });
    }
    let text = fields.maybe_text("text")?.unwrap_or_else(|| words.join(" "));
    let tokens = places(&text, &words)?;
    let spans = spans_of(&tokens, &tags)?;
    let names = if written.iter().any(|(_, tag)| tag.is_i64()) { names.to_vec() } else { Vec::new() };
    Ok(Tagged { text, spans, form: SpanForm::Tags { tokens, names } })
}

fn tag_name(column: &str, tag: &Value, names: &[String]) -> Result<String, Problem> {
    let Some(number) = tag.as_i64() else { return text_of(column, tag) };
    let name = usize::try_from(number).ok().and_then(|index| names.get(index));
    name.cloned().ok_or(Problem::UnnamedTag { tag: number })
}

fn places(text: &str, words: &[String]) -> Result<Vec<Range<usize>>, Problem> {
    let mut from = 0;
    let mut tokens = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        let found = text.get(from..).and_then(|rest| rest.find(word.as_str()));
        let Some(at) = found else { return Err(Problem::TokenNotFound { token: word.clone(), index: index + 1 }) };
        tokens.push(from + at..from + at + word.len());
        from += at + word.len();
    }
    Ok(tokens)
}

/// A tag as the file writes it: its number where tags stand as numbers. One that has no number, say of a label that a person
/// added, stands by its name; read again, the row means the same.
pub(super) fn tag_value(tag: &str, names: &[String]) -> Value {
    let number = names.iter().position(|name| split_tag(name) == split_tag(tag));
    number.map_or_else(|| json!(tag), |number| json!(number))
}

/// Outside all spans: a tag without a label.
const OUTSIDE: (&str, &str) = ("O", "");

/// The place in a span and the label; None for what is no tag.
fn split_tag(tag: &str) -> Option<(&str, &str)> {
    if ["O", "-", "_"].contains(&tag) {
        return Some(OUTSIDE);
    }
    tag.split_once(['-', '_']).filter(|(_, label)| !label.is_empty())
}

/// BIO, IOB2, BIOES or BILOU; an I without a beginning (as IOB1 writes) begins a span.
fn spans_of(tokens: &[Range<usize>], tags: &[String]) -> Result<Vec<Span>, Problem> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open = false;
    for (token, tag) in tokens.iter().zip(tags) {
        let (kind, label) = split_tag(tag).ok_or_else(|| Problem::Tag { tag: tag.clone() })?;
        if (kind, label) == OUTSIDE {
            open = false;
            continue;
        }
        let goes_on = match kind {
            "I" | "E" | "L" => open && spans.last().is_some_and(|span| span.label == label),
            "B" | "S" | "U" => false,
            _ => return Err(Problem::Tag { tag: tag.clone() }),
        };
        match spans.last_mut() {
            Some(span) if goes_on => span.bytes.end = token.end,
            _ => spans.push(Span { bytes: token.clone(), label: label.to_owned(), extra: Map::new() }),
        }
        open = matches!(kind, "B" | "I");
    }
    Ok(spans)
}

/// A tag for each token as IOB2: tokens that a span touches belong to it.
pub(super) fn iob2(tokens: &[Range<usize>], spans: &[Span]) -> Vec<String> {
    let mut before: Option<usize> = None;
    let tag = |token: &Range<usize>| {
        let touched = |span: &Span| span.bytes.start < token.end && token.start < span.bytes.end;
        let index = spans.iter().position(touched);
        let goes_on = index.is_some() && index == before;
        before = index;
        match index.and_then(|index| spans.get(index)) {
            Some(span) => format!("{}-{}", if goes_on { "I" } else { "B" }, span.label),
            None => "O".to_owned(),
        }
    };
    tokens.iter().map(tag).collect()
}

/// Spans as the file writes them, in characters; none for tags.
pub(super) fn to_json(tagged: &Tagged) -> Value {
    let place = |byte| char_of(&tagged.text, byte);
    let one = |span: &Span| match &tagged.form {
        SpanForm::Objects { label } => {
            let mut object = Map::new();
            object.insert("start".to_owned(), json!(place(span.bytes.start)));
            object.insert("end".to_owned(), json!(place(span.bytes.end)));
            object.insert(label.clone(), json!(span.label));
            object.extend(span.extra.iter().map(|(key, value)| (key.clone(), value.clone())));
            Value::Object(object)
        }
        SpanForm::Triples | SpanForm::Tags { .. } => json!([place(span.bytes.start), place(span.bytes.end), span.label]),
    };
    Value::Array(tagged.spans.iter().map(one).collect())
}

/// Where the words of a text stand, for texts that came without tokens.
pub(super) fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut last_is_word = false;
    for (at, c) in text.char_indices() {
        let is_word = c.is_alphanumeric() || c == '_';
        match words.last_mut() {
            Some(word) if is_word && last_is_word && word.end == at => word.end += c.len_utf8(),
            _ if c.is_whitespace() => {}
            _ => words.push(at..at + c.len_utf8()),
        }
        last_is_word = is_word;
    }
    words
}
