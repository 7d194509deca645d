//! Questions and votes as rows of files: the form they came in, and the forms that trainers elsewhere read. Knows no file.

use serde_json::{Map, Value, json};

use crate::data::supervised::{Message, Role, Side};
use crate::engine::command::{Mapping, Schema};
use crate::engine::feedback::{FeedbackForm, Written};
use crate::feedback::{Preference, Question, SourceRow, Verdict, Vote};

/// A question with the votes that stand, each with who gave it.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    pub question: Question,
    pub source: Option<SourceRow>,
    pub votes: Vec<(String, Vote)>,
}

/// Cells of a row, in order.
pub type Cells = Vec<(String, Value)>;

/// Who is meant where a file names nobody.
const NOBODY: &str = "import";

/// All rows of a form, and what it has no place for.
pub fn in_form(form: FeedbackForm, judged: &[Judged]) -> (Vec<Cells>, Written) {
    let (mut rows, mut written) = (Vec::new(), Written::default());
    for one in judged {
        if form == FeedbackForm::Prompts {
            rows.push(cells(json!({ "prompt": side(&one.question.prompt) })));
        }
        for (annotator, vote) in &one.votes {
            let made = vote_rows(form, &one.question, annotator, vote);
            count(&mut written, form, vote, made.len());
            rows.extend(made);
        }
    }
    written.rows = rows.len() as u64;
    (rows, written)
}

/// Each row as it came, with what its votes say now: one row a vote, and one for a question that nobody voted on. Questions that came
/// from no file take the form that suits their kind.
pub fn as_imported(mapping: &Mapping, judged: &[Judged]) -> (Vec<Cells>, Written) {
    let (mut rows, mut written) = (Vec::new(), Written::default());
    let form = match mapping.schema {
        Schema::Ranking => FeedbackForm::Ranking,
        Schema::Unpaired => FeedbackForm::Unpaired,
        Schema::Prompts => FeedbackForm::Prompts,
        _ => FeedbackForm::Trl,
    };
    for one in judged {
        let Some(source) = &one.source else {
            let (made, left) = in_form(form, std::slice::from_ref(one));
            rows.extend(made);
            written.ties += left.ties;
            written.left_out += left.left_out;
            continue;
        };
        if form == FeedbackForm::Prompts || one.votes.is_empty() && form != FeedbackForm::Trl {
            rows.push(source.cells.clone());
            continue;
        }
        for (annotator, vote) in &one.votes {
            let row = match form {
                FeedbackForm::Ranking => ranked(source, mapping, vote),
                FeedbackForm::Unpaired => liked(source, mapping, vote),
                _ => preferred(source, mapping, vote),
            };
            let row = row.map(|row| signed(row, mapping, annotator));
            count(&mut written, form, vote, usize::from(row.is_some()));
            rows.extend(row);
        }
    }
    written.rows = rows.len() as u64;
    (rows, written)
}

fn count(written: &mut Written, form: FeedbackForm, vote: &Vote, made: usize) {
    if made > 0 || matches!(form, FeedbackForm::Prompts | FeedbackForm::Edited) {
        return;
    }
    if vote.is_tie() {
        written.ties += 1;
    } else {
        written.left_out += 1;
    }
}

fn vote_rows(form: FeedbackForm, question: &Question, annotator: &str, vote: &Vote) -> Vec<Cells> {
    let text = |i: usize| question.candidates.get(i).map_or("", |candidate| candidate.text.as_str());
    let prompt = side(&question.prompt);
    let is_chat = matches!(question.prompt, Side::Messages(_));
    let n = question.candidates.len();
    match form {
        FeedbackForm::Trl => {
            let pair = |it: &Preference| {
                let [chosen, rejected] = [text(it.chosen), text(it.rejected)].map(|text| answer(text, is_chat));
                cells(json!({ "prompt": prompt, "chosen": chosen, "rejected": rejected }))
            };
            vote.preferences().iter().map(pair).collect()
        }
        FeedbackForm::LlamaFactory => {
            vote.preferences().iter().map(|it| llama(question, text(it.chosen), text(it.rejected))).collect()
        }
        FeedbackForm::Ranking => vote.ranks(n).map(|ranks| ranking(question, annotator, vote, &ranks)).into_iter().collect(),
        FeedbackForm::Unpaired => {
            let one = |(i, liked): (usize, Option<bool>)| {
                let completion = answer(text(i), is_chat);
                Some(cells(json!({ "prompt": prompt, "completion": completion, "label": liked? })))
            };
            vote.likes(n).into_iter().enumerate().filter_map(one).collect()
        }
        FeedbackForm::Edited => {
            let row = |(_, mended): &(usize, String)| cells(json!({ "prompt": prompt, "completion": answer(mended, is_chat) }));
            vote.edited.iter().map(row).collect()
        }
        FeedbackForm::Prompts => Vec::new(),
    }
}

fn ranking(question: &Question, annotator: &str, vote: &Vote, ranks: &[u32]) -> Cells {
    let completions: Vec<&str> = question.candidates.iter().map(|candidate| candidate.text.as_str()).collect();
    let mut row = cells(json!({ "prompt": side(&question.prompt), "completions": completions, "ranks": ranks }));
    if annotator != NOBODY {
        row.push(("annotator".to_owned(), json!(annotator)));
    }
    if let Verdict::Ranked { strength: Some(strength), .. } = &vote.verdict {
        row.push(("strength".to_owned(), json!(strength)));
    }
    row
}

fn llama(question: &Question, chosen: &str, rejected: &str) -> Cells {
    match &question.prompt {
        Side::Text(text) => cells(json!({ "instruction": text, "input": "", "chosen": chosen, "rejected": rejected })),
        Side::Messages(messages) => {
            let turn = |who: Role, text: &str| json!({ "from": sharegpt(who), "value": text });
            let turns: Vec<Value> = messages.iter().map(|message| turn(message.role, &message.content)).collect();
            let [chosen, rejected] = [chosen, rejected].map(|text| turn(Role::Assistant, text));
            cells(json!({ "conversations": turns, "chosen": chosen, "rejected": rejected }))
        }
    }
}

fn sharegpt(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "human",
        Role::Assistant => "gpt",
        Role::Tool => "observation",
    }
}

fn side(side: &Side) -> Value {
    let turn = |message: &Message| json!({ "role": message.role.name(), "content": message.content });
    match side {
        Side::Text(text) => json!(text),
        Side::Messages(messages) => messages.iter().map(turn).collect(),
    }
}

/// An answer in the form of its prompt.
fn answer(text: &str, is_chat: bool) -> Value {
    if is_chat { json!([{ "role": "assistant", "content": text }]) } else { json!(text) }
}

fn cells(object: Value) -> Cells {
    if let Value::Object(object) = object { object.into_iter().collect() } else { Vec::new() }
}

/// The row with its sides as the vote has them; none for a tie. Columns that speak of one side, say its score, go with it.
fn preferred(source: &SourceRow, mapping: &Mapping, vote: &Vote) -> Option<Cells> {
    let [first, second] = source.places.as_slice() else { return None };
    let pairs = vote.preferences();
    let says = |chosen: &usize, rejected: &usize| pairs.iter().any(|it| it.chosen == *chosen && it.rejected == *rejected);
    if says(first, second) {
        return Some(source.cells.clone());
    }
    if !says(second, first) {
        return None;
    }
    let value = |name: &str| source.cells.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let column = |part: &str| mapping.columns.iter().find(|(known, _)| known == part).map(|(_, column)| column.as_str());
    let other = |name: &str| match (column("chosen"), column("rejected")) {
        (Some(chosen), Some(rejected)) if name == chosen => value(rejected),
        (Some(chosen), Some(rejected)) if name == rejected => value(chosen),
        _ if name.contains("chosen") => value(&name.replace("chosen", "rejected")),
        _ => value(&name.replace("rejected", "chosen")),
    };
    Some(source.cells.iter().map(|(name, value)| (name.clone(), other(name).unwrap_or_else(|| value.clone()))).collect())
}

fn ranked(source: &SourceRow, mapping: &Mapping, vote: &Vote) -> Option<Cells> {
    let ranks = vote.ranks(source.places.len())?;
    let in_row: Vec<Option<&u32>> = source.places.iter().map(|&place| ranks.get(place)).collect();
    let same = |value: &Value| {
        let known: Option<Vec<i64>> = value.as_array().and_then(|list| list.iter().map(Value::as_i64).collect());
        known.is_some_and(|known| same_order(&known, &in_row))
    };
    Some(replaced(source, mapping, "ranks", json!(in_row), same))
}

fn same_order(known: &[i64], ranks: &[Option<&u32>]) -> bool {
    let all = || known.iter().zip(ranks);
    known.len() == ranks.len() && all().all(|(a, x)| all().all(|(b, y)| a.cmp(b) == x.cmp(y)))
}

fn liked(source: &SourceRow, mapping: &Mapping, vote: &Vote) -> Option<Cells> {
    let liked = vote.likes(1).first().copied().flatten()?;
    let same = |value: &Value| super::read::yes_or_no("label", value) == Ok(liked);
    Some(replaced(source, mapping, "label", json!(liked), same))
}

/// The row with another value for a part, unless what stands there says the same.
fn replaced(source: &SourceRow, mapping: &Mapping, part: &str, value: Value, same: impl Fn(&Value) -> bool) -> Cells {
    let column = mapping.columns.iter().find(|(known, _)| known == part).map_or(part, |(_, column)| column.as_str());
    let mut row = source.cells.clone();
    match row.iter_mut().find(|(name, _)| name == column) {
        Some((_, cell)) if same(cell) => {}
        Some((_, cell)) => *cell = value,
        None => row.push((column.to_owned(), value)),
    }
    row
}

/// The row with who said so, where it has a place for that.
fn signed(mut row: Cells, mapping: &Mapping, annotator: &str) -> Cells {
    let column = mapping.columns.iter().find(|(part, _)| part == "annotator").map(|(_, column)| column);
    if let Some((_, cell)) = column.and_then(|column| row.iter_mut().find(|(name, _)| name == column))
        && annotator != NOBODY
    {
        *cell = json!(annotator);
    }
    row
}

/// A row as one object.
pub fn object(cells: Cells) -> Value {
    Value::Object(cells.into_iter().collect::<Map<_, _>>())
}
