//! What is asked and answered about questionnaires: plain data, part of `command` and `event`.

use std::path::PathBuf;

use super::command::{DatasetId, JobId};
use crate::feedback::SurveyWish;

/// What the importer can be told to do with questionnaires.
#[derive(Clone, Debug, PartialEq)]
pub enum SurveyCommand {
    /// A dataset's questions as one page for a browser. Answered by `SurveyEvent::Written`.
    Export { job: JobId, dataset: DatasetId, wish: SurveyWish, path: PathBuf },
    /// A file of answers, under the name in it or another. Answered by `SurveyEvent::Read`; nothing of a bad file is taken.
    Import { job: JobId, path: PathBuf, annotator: Option<String> },
    /// Answered by `SurveyEvent::Listed`.
    List { job: JobId, dataset: Option<DatasetId> },
}

impl SurveyCommand {
    pub fn job(&self) -> JobId {
        match self {
            Self::Export { job, .. } | Self::Import { job, .. } | Self::List { job, .. } => *job,
        }
    }
}

/// What came of it; what it says is on the disk.
#[derive(Clone, Debug, PartialEq)]
pub enum SurveyEvent {
    Written { job: JobId, path: PathBuf, survey: SurveyRow },
    Read { job: JobId, path: PathBuf, taken: SurveyTaken },
    Listed { job: JobId, surveys: Vec<SurveyRow> },
}

/// A questionnaire that left the project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyRow {
    pub id: String,
    pub dataset: DatasetId,
    pub title: String,
    pub questions: usize,
    /// Seconds since 1970.
    pub at: i64,
    /// Whose answers came back, in order.
    pub people: Vec<SurveyPerson>,
}

/// Somebody whose answers came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyPerson {
    pub annotator: String,
    pub answers: usize,
    pub at: i64,
}

/// What a file of answers brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyTaken {
    pub title: String,
    pub dataset: DatasetId,
    pub annotator: String,
    /// Votes that were added.
    pub votes: usize,
    /// Questions on which this person had said something else here; that stands.
    pub kept: usize,
}
