//! Work that takes time: what was asked, how far it is, how it ends. Knows no page.

use super::icon;
use crate::engine::Command;
use crate::engine::command::{ImportCommand, JobId, TrainCommand};
use crate::engine::event::Progress;

/// What kind of work a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    Inspect,
    Import,
    Measure,
    TrainTokenizer,
    ImportTokenizer,
    CutText,
    PreviewVocab,
    PreviewTraining,
    BuildCorpus,
    FillSample,
    Preflight,
    /// Two checkpoints on the same rows.
    Compare,
    /// A checkpoint looks at rows.
    Score,
    WhatFits,
    Generate,
    FillMask,
    /// Looks into a model.
    Look,
    /// Tokens of a conversation.
    Count,
    /// A prompt of examples.
    Compose,
    /// Answers to be compared.
    Draw,
    /// Answers to many prompts, judged; or votes told again.
    Judge,
    /// Learning from the prompt.
    Lab,
    ExportModel,
    /// Votes or questionnaires, out or in.
    VoteFile,
}

impl JobKind {
    /// Whether it stands in the list of jobs (a person may wait for it), or is part of a page's own drawing.
    pub fn is_listed(self) -> bool {
        match self {
            Self::Inspect
            | Self::Import
            | Self::Measure
            | Self::TrainTokenizer
            | Self::ImportTokenizer
            | Self::BuildCorpus
            | Self::FillSample
            | Self::ExportModel
            | Self::VoteFile
            | Self::Preflight
            | Self::Compare
            | Self::Score
            | Self::Judge
            | Self::Lab
            | Self::WhatFits => true,
            Self::CutText
            | Self::PreviewVocab
            | Self::PreviewTraining
            | Self::Generate
            | Self::FillMask
            | Self::Look
            | Self::Count
            | Self::Compose
            | Self::Draw => false,
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Inspect | Self::CutText | Self::PreviewVocab | Self::PreviewTraining => icon::MAGNIFYING_GLASS,
            Self::Import => icon::DOWNLOAD_SIMPLE,
            Self::Measure => icon::CHART_BAR,
            Self::Lab => icon::CHART_LINE,
            Self::TrainTokenizer | Self::ImportTokenizer => icon::SCISSORS,
            Self::BuildCorpus => icon::STACK,
            Self::FillSample | Self::Score => icon::SPARKLE,
            Self::ExportModel | Self::VoteFile => icon::EXPORT,
            Self::Preflight | Self::WhatFits => icon::TIMER,
            Self::Compare | Self::Judge => icon::GIT_DIFF,
            Self::Generate | Self::FillMask | Self::Look | Self::Count | Self::Compose | Self::Draw => icon::CHAT_TEXT,
        }
    }

    fn cancel(self, job: JobId) -> Command {
        match self {
            Self::Inspect
            | Self::Import
            | Self::Measure
            | Self::TrainTokenizer
            | Self::ImportTokenizer
            | Self::CutText
            | Self::PreviewVocab
            | Self::PreviewTraining
            | Self::BuildCorpus
            | Self::FillSample
            | Self::ExportModel
            | Self::VoteFile => Command::Import(ImportCommand::CancelJob { job }),
            // The trainer's own.
            Self::Preflight
            | Self::Compare
            | Self::Score
            | Self::Judge
            | Self::WhatFits
            | Self::Generate
            | Self::FillMask
            | Self::Look
            | Self::Count
            | Self::Compose
            | Self::Draw
            | Self::Lab => Command::Train(TrainCommand::CancelGenerate { job }),
        }
    }
}

/// A piece of work under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub id: JobId,
    pub kind: JobKind,
    /// Say, "Importing kjv.txt".
    pub label: String,
    pub progress: Option<Progress>,
    pub cancelling: bool,
}

impl Job {
    /// Share done, from 0 to 1, where the total is known.
    pub fn fraction(&self) -> Option<f32> {
        let progress = self.progress.as_ref()?;
        (progress.total > 0).then(|| (progress.done as f64 / progress.total as f64).clamp(0.0, 1.0) as f32)
    }

    /// Seconds left at the speed so far; None until there is something to go by.
    pub fn seconds_left(&self) -> Option<f64> {
        let progress = self.progress.as_ref()?;
        if progress.total == 0 || progress.done == 0 || progress.elapsed_s < 0.5 {
            return None;
        }
        let left = progress.total.saturating_sub(progress.done) as f64;
        Some(progress.elapsed_s / progress.done as f64 * left)
    }
}

/// All work under way, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Jobs {
    last: JobId,
    list: Vec<Job>,
}

impl Jobs {
    /// A new job; its id goes with the command.
    pub fn start(&mut self, kind: JobKind, label: impl Into<String>) -> JobId {
        self.last += 1;
        self.list.push(Job { id: self.last, kind, label: label.into(), progress: None, cancelling: false });
        self.last
    }

    /// A job that was started elsewhere, under its own id.
    pub fn adopt(&mut self, id: JobId, kind: JobKind, label: impl Into<String>) {
        self.list.push(Job { id, kind, label: label.into(), progress: None, cancelling: false });
    }

    pub fn get(&self, id: JobId) -> Option<&Job> {
        self.list.iter().find(|job| job.id == id)
    }

    /// The newest job of a kind.
    pub fn find(&self, kind: JobKind) -> Option<&Job> {
        self.list.iter().rev().find(|job| job.kind == kind)
    }

    /// Those that a person may wait for.
    pub fn listed(&self) -> impl Iterator<Item = &Job> {
        self.list.iter().filter(|job| job.kind.is_listed())
    }

    pub fn progress(&mut self, progress: Progress) {
        if let Some(job) = self.list.iter_mut().find(|job| job.id == progress.job) {
            job.progress = Some(progress);
        }
    }

    /// Takes a job off the list; None if it was not there (it was cancelled, or belongs to another window).
    pub fn finish(&mut self, id: JobId) -> Option<Job> {
        let at = self.list.iter().position(|job| job.id == id)?;
        Some(self.list.remove(at))
    }

    /// Asks for an end; the job stays listed until the worker says it stopped.
    pub fn cancel(&mut self, id: JobId) -> Option<Command> {
        let job = self.list.iter_mut().find(|job| job.id == id)?;
        job.cancelling = true;
        Some(job.kind.cancel(id))
    }

    /// Another project is open: nothing of the old one goes on.
    pub fn clear(&mut self) {
        self.list.clear();
    }
}
