//! Files of the Rank page: votes and questionnaires on their way out, answers on their way in, mended answers as rows. Touches no file.

use std::path::PathBuf;

use super::format::plural;
use super::{AppState, Effect, JobKind, PickPurpose, ProjectState};
use crate::data::supervised::LabelTask;
use crate::engine::Command;
use crate::engine::command::{ImportCommand, LabelSource, SurveyCommand};
use crate::engine::feedback::{FeedbackCommand, FeedbackForm};
use crate::engine::survey::SurveyEvent;
use crate::feedback::SurveyWish;

/// What a file is to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Exporting {
    Votes(Option<FeedbackForm>),
    Survey(SurveyWish),
}

impl Exporting {
    fn purpose(&self) -> PickPurpose {
        match self {
            Self::Votes(_) => PickPurpose::SaveVotes,
            Self::Survey(_) => PickPurpose::SaveSurvey,
        }
    }
}

impl AppState {
    /// Asks where a file is to be written.
    pub(super) fn pick_place(&mut self, what: Exporting) -> Vec<Command> {
        let purpose = what.purpose();
        self.rank.exporting = Some(what);
        self.effect(Effect::Pick(purpose))
    }

    /// Where no dialog can be shown, files go into the project; None for what is read.
    pub(super) fn place_of_votes(&self, purpose: PickPurpose) -> Option<PathBuf> {
        let (ProjectState::Open { path, .. }, Some(dataset)) = (&self.project, self.rank.dataset) else { return None };
        let form = match &self.rank.exporting {
            Some(Exporting::Votes(Some(form))) => format!("{form:?}").to_lowercase(),
            Some(Exporting::Votes(None) | Exporting::Survey(_)) | None => "as-imported".to_owned(),
        };
        let name = if purpose == PickPurpose::SaveSurvey {
            format!("survey-{dataset}.html")
        } else {
            format!("votes-{dataset}-{form}.jsonl")
        };
        Some(path.join("exports").join(name))
    }

    /// The place was chosen.
    pub(super) fn write_votes(&mut self, path: PathBuf) -> Vec<Command> {
        let (Some(what), Some(dataset)) = (self.rank.exporting.take(), self.rank.dataset) else { return Vec::new() };
        let job = self.jobs.start(JobKind::VoteFile, format!("Writing {}", path.display()));
        match what {
            Exporting::Votes(form) => {
                vec![Command::Import(ImportCommand::ExportFeedback { job, dataset, form, split: None, path })]
            }
            Exporting::Survey(wish) => vec![Command::Survey(SurveyCommand::Export { job, dataset, wish, path })],
        }
    }

    pub(super) fn import_answers(&mut self, path: PathBuf, annotator: Option<String>) -> Vec<Command> {
        let job = self.jobs.start(JobKind::VoteFile, format!("Reading {}", path.display()));
        vec![Command::Survey(SurveyCommand::Import { job, path, annotator })]
    }

    pub(super) fn keep_mended(&mut self, name: String) -> Vec<Command> {
        let Some(dataset) = self.rank.dataset else { return Vec::new() };
        let job = self.jobs.start(JobKind::Import, "Keeping mended answers");
        vec![Command::Import(ImportCommand::CreateLabelling {
            job,
            source: LabelSource::Mended(dataset),
            task: LabelTask::Output,
            labels: Vec::new(),
            name,
        })]
    }

    /// A questionnaire was written, or its answers read.
    pub(super) fn survey_came(&mut self, event: SurveyEvent) -> Vec<Command> {
        match event {
            SurveyEvent::Written { job, path, survey } => {
                self.jobs.finish(job);
                let questions = plural(survey.questions as u64, "question", "questions");
                self.notices.info(format!("{questions} saved in {}; open it in any browser", path.display()));
                Vec::new()
            }
            SurveyEvent::Read { job, path: _, taken } => {
                self.jobs.finish(job);
                let kept = if taken.kept > 0 {
                    format!("; {} given here stand", plural(taken.kept as u64, "vote", "votes"))
                } else {
                    String::new()
                };
                let votes = plural(taken.votes as u64, "vote", "votes");
                self.notices.info(format!("{votes} by {} came in{kept}", taken.annotator));
                let dataset = taken.dataset;
                if self.rank.dataset != Some(dataset) {
                    return Vec::new();
                }
                vec![
                    Command::Feedback(FeedbackCommand::LoadState { dataset }),
                    Command::Feedback(FeedbackCommand::LoadHonesty { dataset }),
                ]
            }
            SurveyEvent::Listed { job, .. } => {
                self.jobs.finish(job);
                Vec::new()
            }
        }
    }
}
