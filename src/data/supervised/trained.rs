//! Which part of a rendered chat the assistant wrote: generation blocks, or one rendering a turn with a mark in its place. Knows no token.
//!
//! Comparing renderings of growing prefixes, as is usual, breaks on templates that treat the last turn otherwise, and trains the
//! header of a turn where a template knows no generation prompt. A mark in the answer's place needs neither: what stands before it
//! and after it is the template's, what it replaced is the answer. The prefix is rendered only to see how the turn ends.

use std::ops::Range;

use serde_json::Value;

use super::{LeftOut, Message, Role, task};
use crate::tokenizer::ChatTemplate;

/// A noncharacter, which stands for an answer.
const MARK: char = '\u{FDD3}';

/// A rendered chat, with the bytes to be learnt.
#[derive(Debug)]
pub(super) struct Marked {
    pub text: String,
    /// In order, without overlaps.
    pub ranges: Vec<Range<usize>>,
}

/// Renders, and marks the assistant's turns from `first` on (only the last of them, if asked), each with the token that ends it.
pub(super) fn mark(template: &ChatTemplate, turns: &[Message], first: usize, last_only: bool) -> Result<Marked, LeftOut> {
    let turns_json: Vec<Value> = turns.iter().map(task::to_json).map(without_mark).collect();
    let is_answer = |&i: &usize| turns.get(i).is_some_and(|turn| turn.role == Role::Assistant);
    let all: Vec<usize> = (0..turns.len()).filter(is_answer).collect();
    let mut wanted: Vec<usize> = all.iter().copied().filter(|&i| i >= first).collect();
    if last_only {
        wanted.drain(..wanted.len().saturating_sub(1));
    }
    if wanted.is_empty() {
        return Err(LeftOut::NoAnswer);
    }
    let (text, blocks) = template.render_marked(&turns_json, false)?;
    if template.has_generation() && (blocks.len() == all.len() || wanted.len() == all.len()) {
        let of_wanted =
            |(i, _): &(usize, Range<usize>)| all.len() != blocks.len() || all.get(*i).is_some_and(|i| wanted.contains(i));
        let kept = blocks.iter().cloned().enumerate().filter(of_wanted).map(|(_, range)| range);
        return finish(text, kept.collect());
    }
    let mut ranges = Vec::new();
    let mut from = 0;
    for &i in &wanted {
        if let Some(range) = turn(template, &turns_json, i, &text, from)? {
            from = range.end;
            ranges.push(range);
        }
    }
    finish(text, ranges)
}

fn finish(text: String, mut ranges: Vec<Range<usize>>) -> Result<Marked, LeftOut> {
    ranges.retain(|range| !range.is_empty());
    if ranges.is_empty() { Err(LeftOut::NothingTrains) } else { Ok(Marked { text, ranges }) }
}

/// The bytes of one answer with its end of turn; none if the template does not write it.
fn turn(template: &ChatTemplate, turns: &[Value], i: usize, text: &str, from: usize) -> Result<Option<Range<usize>>, LeftOut> {
    let mut marked = turns.to_vec();
    let Some(content) = marked.get_mut(i).and_then(|turn| turn.get_mut("content")) else { return Ok(None) };
    let answer = content.as_str().unwrap_or_default().trim().to_owned();
    *content = Value::from(MARK.to_string());
    let whole = template.render(&marked, false)?;
    let around = whole.split_once(MARK).filter(|(before, after)| {
        !after.contains(MARK) && text.len() >= before.len() + after.len() && text.starts_with(before) && text.ends_with(after)
    });
    let range = match around {
        Some((before, after)) => before.len()..text.len() - after.len(),
        // The template looks into the answer, and writes other things around it.
        None if whole.contains(MARK) && !answer.is_empty() => {
            let Some(at) = text.get(from..).and_then(|rest| rest.find(&answer)) else { return Ok(None) };
            from + at..from + at + answer.len()
        }
        None => return Ok(None),
    };
    let end = range.end + end_of_turn(template, marked.get(..=i).unwrap_or_default(), text.get(range.end..).unwrap_or_default());
    Ok(Some(range.start..end))
}

/// Bytes after an answer that belong to its turn: the token that ends it, without the space before the next turn.
fn end_of_turn(template: &ChatTemplate, turns: &[Value], after: &str) -> usize {
    // A template may refuse a chat that ends here; then only its own end of text is looked for.
    let rendered = template.render(turns, false).unwrap_or_default();
    let end = rendered.split_once(MARK).map_or(template.eos(), |(_, end)| end).trim_end();
    if after.starts_with(end) { end.len() } else { 0 }
}

fn without_mark(mut turn: Value) -> Value {
    if let Some(Value::String(text)) = turn.get_mut("content") {
        text.retain(|c| c != MARK);
    }
    turn
}
