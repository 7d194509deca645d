//! What is asked and answered about questions and votes: plain data, part of `command` and `event`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::command::{DatasetId, JobId, Schema};
use super::labelling::AnnotationWay;
use super::survey::SurveyEvent;
use crate::data::supervised::{Side, Split};
use crate::feedback::{FeedbackSettings, Honesty, Question, Vote};

/// What the librarian can be told to do with questions and votes.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedbackCommand {
    /// A new dataset for questions, without any. Answered by `FeedbackEvent::State` with its number, and `Event::Library`.
    Create {
        name: String,
        schema: Schema,
        settings: FeedbackSettings,
    },
    /// More questions at the end. Answered by `FeedbackEvent::Added` with their numbers, and `Event::Library`.
    Add {
        dataset: DatasetId,
        questions: Vec<Question>,
    },
    /// A page of questions. Answered by `FeedbackEvent::Questions`.
    LoadQuestions {
        dataset: DatasetId,
        query: QuestionQuery,
        offset: u64,
        limit: u32,
    },
    /// Different prompts of a dataset of questions or of labelled rows. Answered by `FeedbackEvent::Prompts`.
    LoadPrompts {
        dataset: DatasetId,
        limit: u32,
    },
    /// A person's word on a question, in place of what they said before. Answered by `FeedbackEvent::Voted` when it is on the disk.
    Vote(Ballot),
    /// Several votes at once, all or none. Answered by `FeedbackEvent::State`.
    VoteAll {
        dataset: DatasetId,
        ballots: Vec<Ballot>,
    },
    /// Takes the annotator's latest vote back. Answered by `FeedbackEvent::Voted`.
    Undo {
        dataset: DatasetId,
        annotator: String,
    },
    Redo {
        dataset: DatasetId,
        annotator: String,
    },
    /// Settings and progress. Answered by `FeedbackEvent::State`.
    LoadState {
        dataset: DatasetId,
    },
    /// How far the votes can be trusted. Answered by `FeedbackEvent::Honesty`.
    LoadHonesty {
        dataset: DatasetId,
    },
    /// Where share, seed or rule of the split change, questions are dealt out anew. Answered by `FeedbackEvent::State`.
    SaveSettings {
        dataset: DatasetId,
        settings: FeedbackSettings,
    },
}

/// What is said of questions and votes.
#[derive(Clone, Debug, PartialEq)]
pub enum FeedbackEvent {
    State {
        dataset: DatasetId,
        state: FeedbackState,
    },
    /// New questions are on the disk: their numbers, in the order in which they came.
    Added {
        dataset: DatasetId,
        questions: Vec<i64>,
    },
    Questions {
        dataset: DatasetId,
        query: QuestionQuery,
        offset: u64,
        page: QuestionPage,
    },
    Prompts {
        dataset: DatasetId,
        prompts: Vec<Side>,
    },
    /// A vote, or its taking back, is on the disk.
    Voted {
        dataset: DatasetId,
        annotator: String,
        way: AnnotationWay,
        /// None: there was nothing to take back, or to do again.
        done: Option<Voted>,
    },
    Honesty {
        dataset: DatasetId,
        honesty: Box<Honesty>,
    },
    /// Questionnaires.
    Survey(SurveyEvent),
    /// What `ImportCommand::ExportFeedback` asked for is on the disk.
    Exported {
        job: JobId,
        path: PathBuf,
        written: Written,
    },
}

/// A vote on its way in.
#[derive(Clone, Debug, PartialEq)]
pub struct Ballot {
    pub dataset: DatasetId,
    pub question: i64,
    pub annotator: String,
    pub vote: Vote,
}

/// A person's vote as it stands after a change.
#[derive(Clone, Debug, PartialEq)]
pub struct Voted {
    /// Number of the event in the project.
    pub event: i64,
    /// The vote's own event: this one, or the one that was taken back or done again.
    pub first: i64,
    pub question: i64,
    /// None: they have no vote on it now.
    pub vote: Option<Vote>,
}

/// Which questions are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionQuery {
    pub filter: QuestionFilter,
    /// Whose votes are shown and asked for by the filter; all people's if none.
    pub annotator: Option<String>,
    /// Only questions that contain this; upper and lower case are the same.
    pub search: String,
    pub split: Option<Split>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuestionFilter {
    #[default]
    All,
    /// With answers, and without a vote of this annotator, or of anybody.
    ToVote,
    /// With a vote of theirs that is no skip.
    Voted,
    /// Prompts that wait for answers.
    NoAnswers,
    Flagged,
    Skipped,
}

/// A question as it is listed.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionRow {
    pub id: i64,
    /// Place in the dataset, from 0.
    pub ordinal: u64,
    pub question: Question,
    pub split: Split,
    /// Votes as they stand, by annotator: only the asked one's, if one was asked for.
    pub votes: Vec<(String, Vote)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct QuestionPage {
    pub total: u64,
    pub rows: Vec<QuestionRow>,
}

/// How far the collecting is. Counts are of votes as they stand now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedbackProgress {
    pub questions: u64,
    /// Prompts without answers.
    pub no_answers: u64,
    /// Questions with at least one vote that is no skip.
    pub voted: u64,
    /// Votes, skips included.
    pub votes: u64,
    pub ties: u64,
    pub all_bad: u64,
    pub skipped: u64,
    pub flagged: u64,
    /// Answers mended by hand.
    pub edited: u64,
    /// Pairs of a better and a worse answer in all votes.
    pub pairs: u64,
    /// Questions by side.
    pub by_split: BTreeMap<Split, u64>,
    /// Votes by person.
    pub by_annotator: BTreeMap<String, u64>,
}

/// What was agreed on, and how far it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeedbackState {
    pub settings: FeedbackSettings,
    pub progress: FeedbackProgress,
}

/// Forms that votes are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedbackForm {
    /// TRL's explicit prompts: `{"prompt","chosen","rejected"}`, a line for each pair of each vote.
    Trl,
    /// `{"instruction","input","chosen","rejected"}`; chats as conversations.
    LlamaFactory,
    /// `{"prompt","completions","ranks"}`, a line for each vote.
    Ranking,
    /// `{"prompt","completion","label"}`, a line for each answer that was liked or not.
    Unpaired,
    /// `{"prompt","completion"}`: answers that a person mended.
    Edited,
    /// `{"prompt"}`, a line for each.
    Prompts,
}

/// What an export wrote and left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    /// Votes that put nothing before anything, so that the form has no place for them.
    pub ties: u64,
    /// Skips, and votes of a kind that the form does not hold.
    pub left_out: u64,
}
