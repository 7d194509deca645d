//! Questionnaires on their way out as a page, and files of answers on their way in. Judges no answer.

use super::{Failure, Session};
use crate::engine::event::Event;
use crate::engine::feedback::FeedbackEvent;
use crate::engine::survey::{SurveyCommand, SurveyEvent, SurveyRow};
use crate::feedback::{SurveyAnswers, SurveyProblem};

/// A file of answers that is longer than this is none.
const MOST_BYTES: u64 = 64 << 20;

impl Session<'_> {
    pub(super) fn survey(&mut self, ask: SurveyCommand) -> Result<(), Failure> {
        let event = match ask {
            SurveyCommand::Export { job, dataset, wish, path } => {
                let survey = self.desk.ask(move |project| project.make_survey(dataset, &wish))?;
                crate::store::write_export(&path, survey.html().as_bytes())?;
                let row = SurveyRow {
                    id: survey.id,
                    dataset,
                    title: survey.title,
                    questions: survey.items.len(),
                    ..SurveyRow::default()
                };
                SurveyEvent::Written { job, path, survey: row }
            }
            SurveyCommand::Import { job, path, annotator } => {
                let of_file = |problem: SurveyProblem| Failure::Because(format!("{problem}: {}", path.display()));
                let text = crate::store::read_import(&path, MOST_BYTES)?;
                let said = SurveyAnswers::read(&text).map_err(of_file)?;
                let taken = self.desk.change(move |project| project.take_answers(&said, annotator.as_deref()))?;
                SurveyEvent::Read { job, path, taken }
            }
            SurveyCommand::List { job, dataset } => {
                let surveys = self.desk.ask(move |project| project.surveys(dataset))?;
                SurveyEvent::Listed { job, surveys }
            }
        };
        self.outbox.send(Event::Feedback(FeedbackEvent::Survey(event)));
        Ok(())
    }
}
