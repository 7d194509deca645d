//! Labelled rows of a run: from the project or from the run's own copy, made ready for its trainer. Trains nothing.

use std::path::Path;
use std::rc::Rc;

use super::lost::Lost;
use super::task_eval::{EvalRows, class_sequence, span_sequence, tag_sequence};
use super::{Hands, baseline};
use crate::config::{Align, CorpusFacts, RowFacts, Tune, TuneTask};
use crate::data::supervised::{
    ClassRow, Content, HeadRecipe, OddLabel, RenderOptions, RowSnapshot, SnapshotRow, SpanRow, Split, StoredExample, TagRow,
    TaskTemplate, TextRecipe, class_labels, odd_labels, tag_labels,
};
use crate::engine::command::DatasetId;
use crate::evaluate::{Metric, TextKind};
use crate::formats::save_inputs;
use crate::model::{Head, Model, ModelConfig, Sequence};
use crate::tokenizer::{Builtin, ChatTemplate, Tokenizer};
use crate::train::{Rows, TrainData, TrainRow};

/// Seed of the split where a dataset has none: the same for every run, so that runs can be compared.
const SPLIT_SEED: u64 = 1;

/// The rows of a fine-tuning run.
pub struct RowSource {
    /// All rows as they were when the run began.
    pub(super) snapshot: RowSnapshot,
    /// Jinja of the chat template in use; none where no text is written.
    template: Option<String>,
    /// Labels that look wrong, as sentences.
    odd: Vec<String>,
}

/// Rows made ready.
pub struct Prepared {
    pub data: TrainData,
    pub facts: CorpusFacts,
    /// Rows to measure the task with.
    pub eval: Rc<EvalRows>,
    /// What guessing scores on them: the most frequent answer, the copied source, or the first sentence.
    pub baseline: Option<Metric>,
    /// Rows of the measured part that are not measured, or not whole, and why, as sentences.
    pub not_measured: Vec<String>,
}

/// What rows are made ready with.
pub struct Kitchen<'a> {
    pub tune: &'a Tune,
    pub max_len: usize,
    pub model: &'a ModelConfig,
    /// Holds the chat template.
    pub inputs: &'a Path,
    pub tokenizer: &'a Tokenizer,
    /// The part that is measured with.
    pub eval: Split,
    /// The outputs of the model's head, where it has learnt some already; else they are those of the rows.
    pub labels: Option<&'a [String]>,
}

impl Kitchen<'_> {
    /// What a plan must know of the tokenizer; nothing is counted yet.
    pub(super) fn facts(&self) -> CorpusFacts {
        let special = self.tokenizer.special();
        CorpusFacts {
            vocab_size: self.tokenizer.vocab_size(),
            eos: special.eos,
            pad: special.pad,
            mask: special.mask,
            special: special.ids(),
            ..CorpusFacts::default()
        }
    }
}

/// One side's rows before they are counted.
pub(super) struct Sides {
    pub train: Vec<TrainRow>,
    pub val: Vec<TrainRow>,
    pub eval: EvalRows,
    pub labels: Vec<String>,
    pub several: bool,
    pub left_out: Vec<String>,
    pub not_measured: Vec<String>,
}

impl RowSource {
    /// The rows of a dataset as they are now, shared out over training and validation.
    pub fn of_dataset(dataset: DatasetId, val_fraction: f64, hands: &Hands<'_>) -> Result<Self, String> {
        let stored = hands.desk.ask(move |project| Ok((project.examples(dataset, None)?, project.label_set(dataset)?)));
        let (stored, choices) = stored.map_err(|error| error.to_string())?;
        let odd = odd_labels(stored.iter().map(|row| &row.example), &choices).iter().map(OddLabel::sentence).collect();
        Ok(Self { odd, ..Self::over(stored, val_fraction) })
    }

    /// These rows.
    pub fn over(stored: Vec<StoredExample>, val_fraction: f64) -> Self {
        let row = |stored: StoredExample| SnapshotRow { row: stored.row, split: stored.split, example: stored.example };
        let rows = stored.into_iter().map(row).collect();
        Self { snapshot: RowSnapshot::new(rows, val_fraction, SPLIT_SEED), template: None, odd: Vec::new() }
    }

    /// The rows that a run began with.
    pub fn of_run(run_dir: &Path) -> Result<Self, String> {
        Ok(Self { snapshot: RowSnapshot::load(run_dir)?, template: None, odd: Vec::new() })
    }

    /// Writes what the run must keep to be resumed: rows, tokenizer, chat template.
    pub fn save(&self, tokenizer: &Path, model: &ModelConfig, run_dir: &Path) -> Result<(), String> {
        save_inputs(tokenizer, self.template.as_deref(), model, run_dir).map_err(|error| error.to_string())?;
        self.snapshot.save(run_dir)
    }

    /// Rows as the trainer takes them, and what a plan must know of them.
    pub fn prepare(&mut self, kitchen: &Kitchen<'_>) -> Result<Prepared, String> {
        let sides = match kitchen.tune.task {
            TuneTask::Text if kitchen.tune.in_context.is_some() => self.episodes(kitchen),
            TuneTask::Text => self.text(kitchen)?,
            TuneTask::Classes => self.classes(kitchen),
            TuneTask::Tags => self.tags(kitchen),
            TuneTask::Spans => self.spans(kitchen),
        };
        let targets = |rows: &[TrainRow]| rows.iter().map(|row| row.sequence.targets.len() as u64).sum();
        let lengths = sides.train.iter().chain(&sides.val).map(|row| row.sequence.ids.len());
        let facts = CorpusFacts {
            train_tokens: targets(&sides.train),
            val_tokens: targets(&sides.val),
            val_bytes: sides.eval.answer_bytes(),
            rows: Some(RowFacts {
                train: sides.train.len() as u64,
                val: sides.val.len() as u64,
                train_tokens: sides.train.iter().map(|row| row.sequence.ids.len() as u64).sum(),
                longest: lengths.max().unwrap_or(0),
                labels: sides.labels,
                several: sides.several,
                left_out: sides.left_out,
                notes: self.odd.clone(),
            }),
            ..kitchen.facts()
        };
        let baseline = baseline::of(&self.snapshot, &sides.eval, kitchen.tune);
        let data = TrainData::Rows(Rows { train: sides.train, val: sides.val });
        Ok(Prepared { data, facts, eval: Rc::new(sides.eval), baseline, not_measured: sides.not_measured })
    }

    fn text(&mut self, kitchen: &Kitchen<'_>) -> Result<Sides, String> {
        let tune = kitchen.tune;
        let template = chat_template(tune.template, kitchen)?;
        self.template = Some(template.source().to_owned());
        let words = tune.words.as_ref().map(|(prompt, answer)| TaskTemplate::new(prompt, answer));
        let recipe = TextRecipe { words: words.as_ref(), ..text_recipe(kitchen, &template) };
        let (train, report) = recipe.rows(self.snapshot.side(Split::Train));
        let (val, _) = recipe.rows(self.snapshot.side(Split::Validation));
        let (eval, measured) = recipe.rows(self.snapshot.side(kitchen.eval));
        let sequences = |rows: &[crate::data::supervised::TextRow]| {
            rows.iter().map(|row| TrainRow { row: row.row, sequence: Sequence::masked(&row.ids, &row.mask) }).collect()
        };
        Ok(Sides {
            train: sequences(&train),
            val: sequences(&val),
            eval: EvalRows::Text { rows: eval, kind: self.text_kind(), answer_tokens: tune.answer_tokens, stop: None },
            labels: Vec::new(),
            several: false,
            left_out: report.sentences(),
            not_measured: measured.measured_sentences(),
        })
    }

    fn classes(&self, kitchen: &Kitchen<'_>) -> Sides {
        let (found, several) = class_labels(self.snapshot.rows.iter().map(|row| &row.example));
        let labels = kitchen.labels.map_or(found, <[String]>::to_vec);
        let (recipe, encoder) = head_recipe(kitchen);
        let rows = |split| -> (Vec<ClassRow>, Lost) {
            let mut lost = Lost::default();
            let rows = self.snapshot.side(split).filter_map(|(row, example)| {
                // Rows that are only looked at need no label; without one, nothing is to be learnt.
                let bare = several || split == Split::Test;
                let found = recipe.class_row(row, example, &labels).filter(|found| bare || !found.labels.is_empty());
                if found.is_none() {
                    lost.add(example, &labels);
                }
                found
            });
            (rows.collect(), lost)
        };
        let sequence =
            |row: &ClassRow| TrainRow { row: row.row, sequence: class_sequence(row, encoder, several.then_some(labels.len())) };
        let ((train, lost), (val, _), (eval, unmeasured)) = (rows(Split::Train), rows(Split::Validation), rows(kitchen.eval));
        Sides {
            left_out: lost.sentences("a class").into_iter().chain(cut(train.iter().map(|row| row.cut))).collect(),
            not_measured: left_out(&unmeasured, "a class"),
            train: train.iter().map(sequence).collect(),
            val: val.iter().map(sequence).collect(),
            eval: EvalRows::Classes { rows: eval, labels: labels.clone(), several },
            labels,
            several,
        }
    }

    fn tags(&self, kitchen: &Kitchen<'_>) -> Sides {
        let found = || tag_labels(self.snapshot.rows.iter().map(|row| &row.example));
        let tags = kitchen.labels.map_or_else(found, <[String]>::to_vec);
        let (recipe, _) = head_recipe(kitchen);
        let rows = |split| -> (Vec<TagRow>, Lost) {
            let mut lost = Lost::default();
            let rows = self.snapshot.side(split).filter_map(|(row, example)| {
                let found = recipe.tag_row(row, example, &tags);
                if found.is_none() {
                    lost.add_other(example);
                }
                found
            });
            (rows.collect(), lost)
        };
        let sequence = |row: &TagRow| TrainRow { row: row.row, sequence: tag_sequence(row) };
        let ((train, lost), (val, _), (eval, unmeasured)) = (rows(Split::Train), rows(Split::Validation), rows(kitchen.eval));
        Sides {
            left_out: lost.sentences("marked entities").into_iter().chain(cut(train.iter().map(|row| row.cut))).collect(),
            not_measured: left_out(&unmeasured, "marked entities"),
            train: train.iter().map(sequence).collect(),
            val: val.iter().map(sequence).collect(),
            eval: EvalRows::Tags { rows: eval, tags: tags.clone() },
            labels: tags,
            several: false,
        }
    }

    fn spans(&self, kitchen: &Kitchen<'_>) -> Sides {
        let (recipe, _) = head_recipe(kitchen);
        let mut other = Lost::default();
        let mut rows = |split| -> Vec<(SpanRow, bool)> {
            let rows = self.snapshot.side(split).filter_map(|(row, example)| {
                let found = recipe.span_row(row, example);
                if found.is_none() && split == Split::Train {
                    other.add_other(example);
                }
                found
            });
            rows.collect()
        };
        let sequence = |row: &SpanRow| TrainRow { row: row.row, sequence: span_sequence(row) };
        let (train, val) = (rows(Split::Train), rows(Split::Validation));
        let lost = train.iter().filter(|(_, found)| !found).count();
        let lost = (lost > 0)
            .then(|| format!("{lost} rows whose answer lies beyond the {} tokens of a row; raise the length", kitchen.max_len));
        let eval = rows(kitchen.eval).into_iter().map(|(row, _)| row).collect();
        let whole = |rows: &[(SpanRow, bool)]| rows.iter().filter(|(_, found)| *found).map(|(row, _)| sequence(row)).collect();
        Sides {
            left_out: other.sentences("a question on a text").into_iter().chain(lost).collect(),
            not_measured: Vec::new(),
            train: whole(&train),
            val: whole(&val),
            eval: EvalRows::Spans { rows: eval },
            labels: Vec::new(),
            several: false,
        }
    }

    /// The metrics that fit the answers.
    fn text_kind(&self) -> TextKind {
        let Some(example) = self.snapshot.rows.first().map(|row| &row.example) else { return TextKind::Answer };
        match &example.content {
            Content::Translation(_) => TextKind::Translation,
            Content::Chat(_) => TextKind::Chat,
            Content::Recommendation(_) => TextKind::Rating,
            Content::Pair(_) if example.column("completion").is_some_and(|column| column.contains("summar")) => TextKind::Summary,
            // Several classes at once are words like others.
            Content::Classes(it) if !it.several => TextKind::Class,
            Content::Entities(_) => TextKind::Entities,
            Content::Pair(_) | Content::Instruction(_) | Content::Classes(_) | Content::ExtractiveQa(_) => TextKind::Answer,
        }
    }
}

/// A head and what its outputs stand for.
pub struct HeadPlan {
    head: Head,
    labels: Vec<String>,
    several: bool,
}

/// The head that a task needs; none where text is written.
pub fn head_for(task: TuneTask, align: Option<&Align>, rows: &RowFacts) -> Option<HeadPlan> {
    let n = rows.labels.len();
    let head = match task {
        TuneTask::Text if matches!(align, Some(Align::Reward { .. })) => Head::Reward,
        TuneTask::Text => return None,
        TuneTask::Classes => Head::SequenceClass { n },
        TuneTask::Tags => Head::TokenClass { n },
        TuneTask::Spans => Head::Span,
    };
    Some(HeadPlan { head, labels: rows.labels.clone(), several: rows.several })
}

impl HeadPlan {
    /// The model with this head: its own if it has it, else a fresh one.
    pub fn onto(&self, model: &Model, seed: u64) -> Result<Model, String> {
        model.with_head(self.head, self.labels.clone(), self.several, seed).map_err(|error| error.to_string())
    }
}

fn head_recipe<'a>(kitchen: &Kitchen<'a>) -> (HeadRecipe<'a>, bool) {
    let encoder = !kitchen.model.arch.is_causal();
    let Kitchen { tokenizer, max_len, .. } = *kitchen;
    (HeadRecipe { tokenizer, max_len, encoder, begin: begin(kitchen.model) }, encoder)
}

/// As a prompt begins: see `infer::prompt_ids`.
pub(super) fn begin(model: &ModelConfig) -> Option<u32> {
    model.bos_token_id.filter(|bos| Some(*bos) == model.eos_token_id)
}

/// Rows that a model was to be measured on and is not.
fn left_out(unmeasured: &Lost, wanted: &str) -> Vec<String> {
    unmeasured.sentences(wanted).into_iter().map(|sentence| format!("Not measured: {sentence}")).collect()
}

fn cut(cuts: impl Iterator<Item = usize>) -> Vec<String> {
    let (mut rows, mut tokens) = (0, 0);
    for cut in cuts.filter(|cut| *cut > 0) {
        rows += 1;
        tokens += cut;
    }
    match rows {
        0 => Vec::new(),
        1 => vec![format!("1 row is too long and loses {tokens} tokens at its end")],
        _ => vec![format!("{rows} rows are too long and lose {tokens} tokens at their end")],
    }
}

/// How rows become text, in plain words.
pub(super) fn text_recipe<'a>(kitchen: &Kitchen<'a>, template: &'a ChatTemplate) -> TextRecipe<'a> {
    let Kitchen { tune, model, tokenizer, .. } = *kitchen;
    let options = RenderOptions {
        train_prompt: tune.train_prompt,
        last_answer_only: tune.last_answer_only,
        begin: begin(model),
        ..RenderOptions::new(kitchen.max_len)
    };
    TextRecipe { template, words: None, tokenizer, options }
}

/// The template of a run.
pub(super) fn chat_template(chosen: Option<Builtin>, kitchen: &Kitchen<'_>) -> Result<ChatTemplate, String> {
    let Kitchen { model, tokenizer, inputs, .. } = *kitchen;
    let name = |id: Option<u32>| id.map(|id| tokenizer.token_text(id)).unwrap_or_default();
    let (bos, eos) = (name(model.bos_token_id), name(model.eos_token_id.or(tokenizer.special().eos)));
    ChatTemplate::choose(chosen, inputs, &bos, &eos).map_err(|error| error.to_string())
}
