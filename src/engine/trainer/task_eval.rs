//! A model doing its task on validation rows, piece by piece, and how well it did. Knows no run and no window.

use std::ops::Range;
use std::rc::Rc;
use std::time::Instant;

use super::confidence;
use crate::data::supervised::{ClassRow, SpanRow, TagRow, TextRow, spans_of};
use crate::engine::command::{GenerateRequest, Sampling};
use crate::engine::event::{TaskEval, TaskOutput};
use crate::evaluate::{self, Entity, Metric, Report, Sureness, TextKind};
use crate::infer::Generation;
use crate::model::{Model, Sequence, Target, Workspace, score_group};
use crate::tokenizer::Tokenizer;
use crate::train::label_targets;

/// Rows that are read, or written for, at once.
const TOGETHER: usize = 16;
/// Characters of a row's input that are shown.
const SHOWN_CHARS: usize = 600;
/// Tokens of an answer span at most (as Devlin et al. 2019 search).
const LONGEST_SPAN: usize = 30;

/// Rows to measure with, as they were made ready.
pub enum EvalRows {
    /// An answer ends at `stop`, where there is one.
    Text {
        rows: Vec<TextRow>,
        kind: TextKind,
        answer_tokens: usize,
        stop: Option<&'static str>,
    },
    Classes {
        rows: Vec<ClassRow>,
        labels: Vec<String>,
        several: bool,
    },
    Tags {
        rows: Vec<TagRow>,
        tags: Vec<String>,
    },
    Spans {
        rows: Vec<SpanRow>,
    },
}

impl EvalRows {
    pub fn len(&self) -> usize {
        match self {
            Self::Text { rows, .. } => rows.len(),
            Self::Classes { rows, .. } => rows.len(),
            Self::Tags { rows, .. } => rows.len(),
            Self::Spans { rows } => rows.len(),
        }
    }

    /// Bytes of the answers; 0 where nothing is written.
    pub fn answer_bytes(&self) -> u64 {
        match self {
            Self::Text { rows, .. } => rows.iter().map(|row| row.answer.len() as u64).sum(),
            Self::Classes { .. } | Self::Tags { .. } | Self::Spans { .. } => 0,
        }
    }
}

/// A model's answer to a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    Text(String),
    Classes(Vec<String>),
    /// Bytes of the text.
    Entities(Vec<Entity>),
    /// Bytes of the context; none: it cannot be answered.
    Answer(Option<Range<usize>>),
}

/// An evaluation under way.
pub struct TaskEvaluation {
    rows: Rc<EvalRows>,
    most: usize,
    done: usize,
    writing: Option<Generation>,
    texts: Vec<String>,
    classes: Vec<Vec<usize>>,
    spans: Vec<Vec<Entity>>,
    /// Where answers stand in their contexts.
    places: Vec<Option<Range<usize>>>,
    /// How sure the model is of each answer.
    confidence: Vec<Sureness>,
    began: Instant,
}

impl TaskEvaluation {
    /// On the first `most` rows.
    pub fn new(rows: Rc<EvalRows>, most: usize) -> Self {
        let most = rows.len().min(most);
        let began = Instant::now();
        Self {
            rows,
            most,
            done: 0,
            writing: None,
            texts: Vec::new(),
            classes: Vec::new(),
            spans: Vec::new(),
            places: Vec::new(),
            confidence: Vec::new(),
            began,
        }
    }

    pub fn is_done(&self) -> bool {
        self.done >= self.most
    }

    /// Share of the rows that are done.
    pub fn progress(&self) -> (u64, u64) {
        (self.done as u64, self.most as u64)
    }

    /// One piece: a token for each of some answers, or a pass over some rows.
    pub fn turn(&mut self, model: &Model, tokenizer: &Tokenizer, workspace: &mut Workspace) -> Result<(), String> {
        let (rows, part) = (Rc::clone(&self.rows), self.done..(self.done + TOGETHER).min(self.most));
        if part.is_empty() {
            return Ok(());
        }
        match &*rows {
            EvalRows::Text { rows, answer_tokens, stop, .. } => {
                let rows = rows.get(part).unwrap_or_default();
                return self.write(rows, (*answer_tokens, *stop), model, tokenizer, workspace);
            }
            EvalRows::Classes { rows, labels, several } => {
                let rows = rows.get(part.clone()).unwrap_or_default();
                let encoder = !model.config.arch.is_causal();
                let sequences: Vec<Sequence> =
                    rows.iter().map(|row| class_sequence(row, encoder, several.then_some(labels.len()))).collect();
                let outputs = outputs(model, &sequences, workspace);
                // Further targets of a row only carry further labels: their outputs are the first one's again.
                let targets = sequences.first().map_or(1, |sequence| sequence.targets.len().max(1));
                let rows =
                    outputs.chunks_exact((labels.len() * targets).max(1)).map(|row| row.get(..labels.len()).unwrap_or(row));
                for row in rows {
                    self.confidence.push(confidence::of_classes(row, *several));
                    self.classes.push(choose(row, *several));
                }
            }
            EvalRows::Tags { rows, tags } => {
                let rows = rows.get(part.clone()).unwrap_or_default();
                let sequences: Vec<Sequence> = rows.iter().map(tag_sequence).collect();
                let outputs = outputs(model, &sequences, workspace);
                let mut tokens = outputs.chunks_exact(tags.len().max(1));
                for row in rows {
                    let own: Vec<Option<&[f32]>> = row.tags.iter().map(|tag| tag.and_then(|_| tokens.next())).collect();
                    let given: Vec<Option<usize>> = own.iter().map(|token| token.map(largest)).collect();
                    self.confidence.push(confidence::of_tokens(own.into_iter().flatten()));
                    self.spans.push(entities(spans_of(&given, tags, &row.places, &row.text)));
                }
            }
            EvalRows::Spans { rows } => {
                let rows = rows.get(part.clone()).unwrap_or_default();
                let sequences: Vec<Sequence> = rows.iter().map(span_sequence).collect();
                let outputs = outputs(model, &sequences, workspace);
                let mut rest = outputs.as_slice();
                for (row, sequence) in rows.iter().zip(&sequences) {
                    let (own, others) = rest.split_at((2 * sequence.targets.len()).min(rest.len()));
                    rest = others;
                    let (place, confidence) = best_span(row, sequence, own);
                    let text = place.clone().and_then(|bytes| row.context.get(bytes)).unwrap_or_default();
                    self.texts.push(text.trim().to_owned());
                    self.places.push(place);
                    self.confidence.push(confidence);
                }
            }
        }
        self.done = part.end;
        Ok(())
    }

    fn write(
        &mut self,
        rows: &[TextRow],
        limits: (usize, Option<&str>),
        model: &Model,
        tokenizer: &Tokenizer,
        workspace: &mut Workspace,
    ) -> Result<(), String> {
        let mut writing = match self.writing.take() {
            Some(writing) => writing,
            None => begin(rows, limits, model, tokenizer)?,
        };
        writing.step(model, tokenizer, workspace);
        if writing.is_done() {
            self.texts.extend((0..rows.len()).map(|row| writing.text(row).trim().to_owned()));
            for row in 0..rows.len() {
                let (ids, from) = (writing.ids(row), writing.prompt_tokens(row));
                let mask: Vec<bool> = (0..ids.len()).map(|i| i >= from).collect();
                let scores = score_group(model, &[&Sequence::masked(ids, &mask)], workspace);
                self.confidence.push(confidence::of_text(&scores.logprob));
            }
            self.done += rows.len();
        } else {
            self.writing = Some(writing);
        }
        Ok(())
    }

    /// What was given for each row that is done, and how sure the model was.
    pub fn given(&self) -> Vec<(i64, Given, Sureness)> {
        let numbers: Vec<i64> = match &*self.rows {
            EvalRows::Text { rows, .. } => rows.iter().map(|row| row.row).collect(),
            EvalRows::Classes { rows, .. } => rows.iter().map(|row| row.row).collect(),
            EvalRows::Tags { rows, .. } => rows.iter().map(|row| row.row).collect(),
            EvalRows::Spans { rows } => rows.iter().map(|row| row.row).collect(),
        };
        let given = |i: usize| match &*self.rows {
            EvalRows::Text { .. } => Given::Text(self.texts.get(i).cloned().unwrap_or_default()),
            EvalRows::Classes { labels, .. } => {
                let names = self.classes.get(i).into_iter().flatten().filter_map(|&label| labels.get(label));
                Given::Classes(names.cloned().collect())
            }
            EvalRows::Tags { .. } => Given::Entities(self.spans.get(i).cloned().unwrap_or_default()),
            EvalRows::Spans { .. } => Given::Answer(self.places.get(i).cloned().flatten()),
        };
        let sure = self.confidence.iter().copied();
        numbers.into_iter().zip(sure).enumerate().map(|(i, (row, sure))| (row, given(i), sure)).collect()
    }

    /// What was found, of the weights of `step`; `baseline` is what guessing scores.
    pub fn finish(self, step: u64, baseline: Option<Metric>) -> TaskEval {
        let (report, outputs) = self.report();
        let rows = outputs.into_iter().zip(&report.row_scores).map(|(output, &score)| TaskOutput { score, ..output }).collect();
        TaskEval { step, seconds: self.began.elapsed().as_secs_f64(), report, baseline, rows, best: false }
    }

    fn report(&self) -> (Report, Vec<TaskOutput>) {
        let output =
            |row, input: &str, wanted: String, given: String| TaskOutput { row, input: shown(input), wanted, given, score: 0.0 };
        match &*self.rows {
            EvalRows::Text { rows, kind, .. } => {
                let rows = rows.get(..self.most).unwrap_or_default();
                let gold: Vec<String> = rows.iter().map(|row| row.answer.trim().to_owned()).collect();
                let report = evaluate::texts(&gold, &self.texts, *kind);
                let given = rows.iter().zip(gold).zip(&self.texts);
                (report, given.map(|((row, gold), text)| output(row.row, &row.input, gold, text.clone())).collect())
            }
            EvalRows::Classes { rows, labels, several } => {
                let rows = rows.get(..self.most).unwrap_or_default();
                let gold: Vec<Vec<usize>> = rows.iter().map(|row| row.labels.clone()).collect();
                let report = evaluate::classes(labels, &gold, &self.classes, *several);
                let names = |places: &[usize]| {
                    let names: Vec<&str> = places.iter().filter_map(|&i| labels.get(i)).map(String::as_str).collect();
                    names.join(", ")
                };
                let given = rows.iter().zip(&self.classes);
                (report, given.map(|(row, given)| output(row.row, &row.input, names(&row.labels), names(given))).collect())
            }
            EvalRows::Tags { rows, .. } => {
                let rows = rows.get(..self.most).unwrap_or_default();
                let gold: Vec<Vec<Entity>> = rows.iter().map(|row| entities(row.spans.clone())).collect();
                let report = evaluate::entities(&gold, &self.spans);
                let given = rows.iter().zip(&gold).zip(&self.spans);
                let list = |row: &TagRow, spans: &[Entity]| list(spans, &row.text);
                let outputs = given.map(|((row, gold), spans)| output(row.row, &row.text, list(row, gold), list(row, spans)));
                (report, outputs.collect())
            }
            EvalRows::Spans { rows } => {
                let rows = rows.get(..self.most).unwrap_or_default();
                let gold: Vec<Vec<String>> = rows.iter().map(|row| row.answers.clone()).collect();
                let report = evaluate::answers(&gold, &self.texts);
                let input = |row: &SpanRow| format!("{}\n{}", row.question, row.context);
                let first = |row: &SpanRow| row.answers.first().cloned().unwrap_or_default();
                let given = rows.iter().zip(&self.texts);
                (report, given.map(|(row, text)| output(row.row, &input(row), first(row), text.clone())).collect())
            }
        }
    }
}

/// Greedy answers, which end where the model ends its turn.
fn begin(
    rows: &[TextRow],
    (answer_tokens, stop): (usize, Option<&str>),
    model: &Model,
    tokenizer: &Tokenizer,
) -> Result<Generation, String> {
    let room = model.config.max_len.saturating_sub(1).max(1);
    let request = |row: &TextRow| {
        let prompt = row.ids.get(..row.prompt_len).unwrap_or_default();
        // A prompt that fills the context is asked by its end.
        let kept = prompt.get(prompt.len().saturating_sub(room)..).unwrap_or_default();
        let request = GenerateRequest {
            prompt: String::new(),
            sampling: Sampling { temperature: 0.0, ..Sampling::default() },
            max_tokens: answer_tokens,
            stop: stop.into_iter().map(str::to_owned).collect(),
        };
        (kept.to_vec(), request)
    };
    Generation::after(&model.config, tokenizer, rows.iter().map(request).collect()).map_err(|error| error.to_string())
}

/// The class is read from the first token by an encoder, from the last by a decoder, which has seen all the others there.
/// `several`: how many labels there are, where any number of them may be right.
pub(super) fn class_sequence(row: &ClassRow, encoder: bool, several: Option<usize>) -> Sequence {
    let pos = row.speaker(encoder) as u32;
    let one = || vec![Target { pos, id: row.labels.first().map_or(0, |&label| label as u32) }];
    let targets = several.map_or_else(one, |n| label_targets(pos, &row.labels, n));
    Sequence { ids: row.ids.clone(), targets }
}

/// Every token of the text is tagged.
pub(super) fn tag_sequence(row: &TagRow) -> Sequence {
    let targets = row.tags.iter().zip(0..).filter_map(|(tag, pos)| Some(Target { pos, id: (*tag)? as u32 }));
    Sequence { ids: row.ids.clone(), targets: targets.collect() }
}

/// Where an answer may stand: at the context's tokens, or at the first token, which says that there is none.
pub(super) fn span_sequence(row: &SpanRow) -> Sequence {
    let target = |i: usize| Target { pos: i as u32, id: u32::from(i == row.answer.0) | u32::from(i == row.answer.1) << 1 };
    Sequence { ids: row.ids.clone(), targets: (0..row.ids.len()).filter(|i| row.may_answer(*i)).map(target).collect() }
}

fn outputs(model: &Model, sequences: &[Sequence], workspace: &mut Workspace) -> Vec<f32> {
    let all: Vec<&Sequence> = sequences.iter().collect();
    score_group(model, &all, workspace).outputs
}

fn largest(row: &[f32]) -> usize {
    row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i)
}

/// The likeliest class, or all that are likelier than not.
fn choose(row: &[f32], several: bool) -> Vec<usize> {
    if several { row.iter().enumerate().filter(|(_, x)| **x > 0.0).map(|(i, _)| i).collect() } else { vec![largest(row)] }
}

/// The span with the largest sum of begin and end (Devlin et al. 2019, section 4.2), none where "no answer" scores more, and its
/// probability.
fn best_span(row: &SpanRow, sequence: &Sequence, outputs: &[f32]) -> (Option<Range<usize>>, Sureness) {
    let place =
        |i: usize| sequence.targets.get(i).and_then(|target| row.places.get(target.pos as usize)).and_then(Option::as_ref);
    let score = |i: usize, side: usize| outputs.get(2 * i + side).copied().unwrap_or(f32::NEG_INFINITY);
    let n = sequence.targets.len();
    let none = if sequence.targets.first().is_some_and(|target| target.pos == 0) {
        score(0, 0) + score(0, 1)
    } else {
        f32::NEG_INFINITY
    };
    let mut best = (none, None);
    for from in 0..n {
        let Some(start) = place(from) else { continue };
        for to in from..n.min(from + LONGEST_SPAN) {
            let Some(end) = place(to) else { continue };
            let sum = score(from, 0) + score(to, 1);
            if sum > best.0 {
                best = (sum, Some(start.start..end.end));
            }
        }
    }
    (best.1, confidence::of_span(outputs, best.0))
}

fn entities(spans: Vec<(Range<usize>, String)>) -> Vec<Entity> {
    spans.into_iter().map(|(bytes, label)| Entity::new(bytes.start, bytes.end, label)).collect()
}

/// "PER: Anna; LOC: Vale".
fn list(spans: &[Entity], text: &str) -> String {
    let one = |span: &Entity| format!("{}: {}", span.label, text.get(span.start..span.end).unwrap_or_default());
    let all: Vec<String> = spans.iter().map(one).collect();
    if all.is_empty() { "none".to_owned() } else { all.join("; ") }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
