//! A prompt made of a dataset's rows: which are the nearest to the query, how many tokens it has, and without its oldest examples. Trains nothing.

use std::collections::BTreeMap;
use std::time::Instant;

use super::super::Hands;
use super::talk::Turned;
use crate::data::hash::hash128;
use crate::data::supervised::{
    Composed, Content, Example, FewShot, Pick, Shot, Side, Split, StoredExample, TaskTemplate, label_names,
};
use crate::engine::command::JobId;
use crate::engine::talk::{ComposeWish, ComposedPrompt, Query, UsedExample, Weights};
use crate::infer::generate::prompt_ids;
use crate::model::{Model, Workspace, mean_hidden};
use crate::tokenizer::Tokenizer;

/// Rows compared in one turn.
const AT_ONCE: usize = 8;
/// Examples counted one by one when the oldest are left out.
const MOST_COUNTED: usize = 64;

/// What weights made of texts, so that the next query need not read them all again. Of one model at a time.
#[derive(Default)]
pub struct Nearness {
    of: Option<Weights>,
    known: BTreeMap<u128, Vec<f32>>,
}

/// A prompt on its way.
pub struct Composing {
    pub job: JobId,
    pub weights: Weights,
    pub began: Instant,
    few: FewShot,
    /// Rows that examples are chosen from.
    pool: Vec<StoredExample>,
    /// The rows that can be asked about, and the one that is: its number, where it is one.
    queries: u64,
    query: Example,
    query_row: Option<i64>,
    has_truth: bool,
    /// Rows that were compared so far.
    compared: usize,
}

impl Composing {
    /// Reads the rows.
    pub fn begin(job: JobId, weights: Weights, wish: ComposeWish, hands: &Hands<'_>) -> Result<Self, String> {
        let ComposeWish { dataset, mut few, query } = wish;
        let rows = hands.desk.ask(move |project| project.examples(dataset, None)).map_err(|error| error.to_string())?;
        if rows.is_empty() {
            return Err("This dataset has no labelled rows to show as examples; label some, or choose another".to_owned());
        }
        let of = |split: Split| rows.iter().filter(|row| row.split == split).cloned().collect::<Vec<_>>();
        let pool = if rows.iter().any(|row| row.split == Split::Train) { of(Split::Train) } else { rows.clone() };
        let mut asked = of(Split::Test);
        if asked.is_empty() {
            asked = of(Split::Validation);
        }
        if asked.is_empty() {
            asked.clone_from(&rows);
        }
        let queries = asked.len() as u64;
        let (query, query_row, has_truth) = match query {
            Query::Place(place) => {
                let row = asked.get((place % queries) as usize).cloned();
                let row = row.ok_or("This dataset has no rows to ask about; choose another")?;
                (row.example, Some(row.row), true)
            }
            Query::Text(text) => {
                let like = pool.first().map(|row| row.example.content.clone());
                (typed(like, text)?, None, false)
            }
        };
        if let Pick::These(rows) = &mut few.pick {
            let place = |row: &usize| pool.iter().position(|known| known.row == *row as i64);
            *rows = rows.iter().filter_map(place).collect();
        }
        let began = Instant::now();
        Ok(Self { job, weights, began, few, pool, queries, query, query_row, has_truth, compared: 0 })
    }

    /// Compares some rows with the query, where that is wanted; writes the prompt when all are.
    pub fn turn(&mut self, model: &Model, tokenizer: &Tokenizer, ws: &mut Workspace, nearness: &mut Nearness) -> Turned {
        if self.few.pick != Pick::Nearest {
            return self.written(&[], model, tokenizer);
        }
        if nearness.of != Some(self.weights) || self.weights == Weights::Live && self.compared == 0 {
            *nearness = Nearness { of: Some(self.weights), known: BTreeMap::new() };
        }
        let mut vector = |example: &Example| {
            let text = self.few.halves(example).0;
            let key = hash128(text.as_bytes());
            let known = nearness.known.entry(key).or_insert_with(|| {
                let ids = prompt_ids(&model.config, tokenizer, &text);
                let from = ids.len().saturating_sub(model.config.max_len);
                mean_hidden(model, ids.get(from..).unwrap_or_default(), ws)
            });
            known.clone()
        };
        let until = (self.compared + AT_ONCE).min(self.pool.len());
        for row in self.pool.get(self.compared..until).unwrap_or_default() {
            vector(&row.example);
        }
        self.compared = until;
        if until < self.pool.len() {
            return Turned::On(until as u64, self.pool.len() as u64, "examples");
        }
        let query = vector(&self.query);
        let near: Vec<f32> = self.pool.iter().map(|row| cosine(&vector(&row.example), &query)).collect();
        self.written(&near, model, tokenizer)
    }

    fn written(&self, near: &[f32], model: &Model, tokenizer: &Tokenizer) -> Turned {
        let nearness = |place: usize| near.get(place).copied().unwrap_or_default();
        let shot = |(place, row): (usize, &'_ StoredExample)| (place, row.row);
        let shots: Vec<Shot<'_>> = self
            .pool
            .iter()
            .enumerate()
            .map(|(place, row)| Shot { nearness: nearness(place), ..Shot::new(&row.example) })
            .collect();
        let composed = self.few.compose(&shots, &self.query);
        let count = |text: &str| prompt_ids(&model.config, tokenizer, text).len();
        let mut tokens = vec![count(&composed.text)];
        for dropped in 1..=composed.used.len().min(MOST_COUNTED) {
            let kept = composed.used.get(dropped..).unwrap_or_default();
            tokens.push(count(&self.few.write(kept, &shots, &self.query).text));
        }
        let rows: Vec<(usize, i64)> = self.pool.iter().enumerate().map(shot).collect();
        let used = composed.used.iter().filter_map(|place| {
            let (row, known) = (rows.get(*place)?.1, self.pool.get(*place)?);
            let (prompt, answer) = self.few.halves(&known.example);
            Some(UsedExample { row, prompt, answer, nearness: near.get(*place).copied() })
        });
        let used = used.collect();
        Turned::Composed(Box::new(self.told(composed, used, label_names(&shots), tokens, model.config.max_len)))
    }

    fn told(
        &self,
        composed: Composed,
        used: Vec<UsedExample>,
        labels: Vec<String>,
        tokens: Vec<usize>,
        context: usize,
    ) -> ComposedPrompt {
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        ComposedPrompt {
            text: composed.text,
            parts: composed.parts.into_iter().map(|part| part.bytes).collect(),
            used,
            query_row: self.query_row,
            question: self.few.halves(&self.query).0,
            truth: if self.has_truth { composed.truth } else { String::new() },
            labels,
            pool: self.pool.len() as u64,
            queries: self.queries,
            tokens,
            context,
            unknown: owned(self.few.words.unknown(&self.query)),
            known: owned(TaskTemplate::parts(&self.query)),
        }
    }
}

/// A row that asks about this text, of the kind that these rows are.
fn typed(like: Option<Content>, text: String) -> Result<Example, String> {
    let content = match like {
        Some(Content::Classes(mut it)) => {
            (it.text, it.labels) = (text, Vec::new());
            Content::Classes(it)
        }
        Some(Content::Entities(mut it)) => {
            (it.text, it.spans) = (text, Vec::new());
            Content::Entities(it)
        }
        Some(Content::Pair(mut it)) if matches!(it.prompt, Side::Text(_)) => {
            (it.prompt, it.completion) = (Side::Text(text), Side::Text(String::new()));
            Content::Pair(it)
        }
        Some(Content::Translation(mut it)) => {
            (it.source, it.target) = (text, String::new());
            Content::Translation(it)
        }
        Some(Content::Instruction(mut it)) => {
            (it.instruction, it.input, it.output) = (text, None, String::new());
            Content::Instruction(it)
        }
        _ => {
            return Err("A question on these rows has several parts, so one text cannot stand for it; ask about a row".to_owned());
        }
    };
    Ok(Example::of(content))
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f32::MIN_POSITIVE)
}
