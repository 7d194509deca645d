//! What is asked and answered about the rows of supervised datasets: plain data, part of `command` and `event`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::command::{CheckpointId, DatasetId, Schema};
use crate::data::supervised::{Change, Content, Example, LabelSet, OddLabel, RowStatus, Split, Statistics, Verdict};

/// Which rows are wanted, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExampleQuery {
    pub filter: ExampleFilter,
    pub order: ExampleOrder,
    /// Only rows that contain this; upper and lower case are the same.
    pub search: String,
    pub split: Option<Split>,
    /// Whose view it is: the own labels first, and never another's before one's own.
    pub annotator: Option<String>,
    /// Labels of the file are hidden, too, until one's own stands beside them.
    pub blind: bool,
}

/// Which rows a queue holds. Rows that were removed are in none but their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExampleFilter {
    #[default]
    All,
    /// Without any label, or with a model's only.
    ToLabel,
    /// With another's label, or the file's, and none of this annotator's.
    SecondPass,
    Labelled,
    Prelabelled,
    Flagged,
    Skipped,
    /// The model gave its label less than this many per cent.
    Unsure {
        percent: u8,
    },
    /// The model says something else than the label.
    ModelDisagrees,
    /// Two annotators say different things, and nobody settled it.
    Disputed,
    Removed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExampleOrder {
    /// As in the file.
    #[default]
    File,
    /// What the model is least sure of first (the probability of its answer); rows without its word last.
    Uncertainty,
    /// Where the model's guesses are spread most, all of them counted.
    Entropy,
    /// Where the model's two likeliest guesses are nearest to each other.
    Margin,
    /// What was changed last comes first.
    Latest,
}

/// What a model said of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelScore {
    pub checkpoint: CheckpointId,
    pub label: String,
    /// Probability from 0 to 1.
    pub confidence: f64,
}

/// A row as it is shown to be labelled or read.
#[derive(Clone, Debug, PartialEq)]
pub struct ExampleRow {
    pub row: i64,
    /// Place in the dataset, from 0.
    pub ordinal: u64,
    pub split: Split,
    pub status: RowStatus,
    pub flagged: bool,
    pub note: String,
    pub removed: bool,
    /// As this annotator may see it.
    pub example: Example,
    /// What this annotator decided, if anything.
    pub own: Option<Verdict>,
    /// Whose label counts, where a person gave one.
    pub owner: Option<String>,
    pub score: Option<ModelScore>,
}

/// A page of rows, and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExamplePage {
    pub total: u64,
    pub rows: Vec<ExampleRow>,
}

/// How far the labelling of a dataset is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelProgress {
    /// Rows that were not removed.
    pub rows: u64,
    pub by_status: BTreeMap<RowStatus, u64>,
    pub by_split: BTreeMap<Split, u64>,
    pub flagged: u64,
    pub removed: u64,
    /// Rows that each annotator has a word on.
    pub by_annotator: BTreeMap<String, u64>,
}

/// What was agreed on how a dataset is labelled, and how far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LabelState {
    pub labels: LabelSet,
    pub progress: LabelProgress,
}

/// Two annotators' words on one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    pub row: i64,
    pub ordinal: u64,
    pub line: u64,
    /// Annotator with what they say, at least two.
    pub words: Vec<(String, Content)>,
    pub settled: bool,
}

/// A change to one row, asked for by a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    pub dataset: DatasetId,
    pub row: i64,
    pub annotator: String,
    pub change: Change,
    /// How long the person looked at it.
    pub seconds: f64,
}

/// How a change came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnnotationWay {
    Made,
    Undone,
    Redone,
}

/// A row as it stands after a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotated {
    /// Number of the event in the project.
    pub event: i64,
    pub row: i64,
    pub change: Change,
    pub status: RowStatus,
}

/// What a supervised dataset is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExampleStatistics {
    pub statistics: Statistics,
    /// The row's number in the project for each index in `statistics`.
    pub rows: Vec<i64>,
    /// Labels that stand apart, with the same indices.
    pub odd: Vec<OddLabel>,
    /// Rows of each part.
    pub parts: BTreeMap<Split, u64>,
}

/// What rows are made to say alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agree {
    /// The answer of one of them.
    With(i64),
    /// One label in place of another.
    Relabel { from: String, to: String },
}

/// Where texts to be labelled come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelSource {
    /// The documents of a dataset.
    Dataset(DatasetId),
    /// Answers of a dataset of questions that people mended by hand; they come with their label.
    Mended(DatasetId),
    File(PathBuf),
}

/// Forms that rows are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    JsonLines,
    Csv,
    Tsv,
    /// A token and its tag a line; entities only.
    Conll,
    /// As `SQuAD` nests questions.
    Squad,
}

impl ExportForm {
    pub const ALL: [Self; 5] = [Self::JsonLines, Self::Csv, Self::Tsv, Self::Conll, Self::Squad];

    /// The form that the file had; JSON lines where it is not written.
    pub fn of(source: &Path, schema: Schema) -> Self {
        let form = match source.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            "conll" | "bio" | "iob" => Self::Conll,
            "json" => Self::Squad,
            _ => Self::JsonLines,
        };
        if form.fits(schema) { form } else { Self::JsonLines }
    }

    /// Whether rows of a schema can be written so.
    pub fn fits(self, schema: Schema) -> bool {
        match self {
            Self::Conll => schema == Schema::Entities,
            Self::Squad => schema == Schema::ExtractiveQa,
            Self::JsonLines | Self::Csv | Self::Tsv => true,
        }
    }

    /// What such a file ends in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::JsonLines => "jsonl",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Conll => "conll",
            Self::Squad => "json",
        }
    }

    /// As a person reads it.
    pub fn name(self) -> &'static str {
        match self {
            Self::JsonLines => "JSON lines",
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Conll => "CoNLL",
            Self::Squad => "SQuAD",
        }
    }
}
