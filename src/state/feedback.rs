//! What is known of questions and votes outside their own page: exports that came to an end. Knows no drawing.

use super::AppState;
use super::format::plural;
use crate::engine::Command;
use crate::engine::feedback::FeedbackEvent;

impl AppState {
    pub(super) fn feedback_came(&mut self, event: FeedbackEvent) -> Vec<Command> {
        match event {
            FeedbackEvent::Exported { job, path, written } => {
                self.jobs.finish(job);
                let ties =
                    if written.ties > 0 { format!("; {} left out", plural(written.ties, "tie", "ties")) } else { String::new() };
                let rows = plural(written.rows, "row", "rows");
                self.notices.info(format!("{rows} saved in {}{ties}", path.display()));
                Vec::new()
            }
            FeedbackEvent::Survey(event) => self.survey_came(event),
            event => self.rank_came(event),
        }
    }
}
