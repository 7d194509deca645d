//! Votes on their way out: one form or another as a file. Changes no vote.

use std::path::Path;

use super::{Failure, Session};
use crate::data::supervised::Split;
use crate::engine::command::{DatasetId, JobId};
use crate::engine::feedback::FeedbackForm;

impl Session<'_> {
    pub(super) fn export_feedback(
        &mut self,
        _job: JobId,
        _dataset: DatasetId,
        _form: Option<FeedbackForm>,
        _split: Option<Split>,
        _path: &Path,
    ) -> Result<(), Failure> {
        self.writable()?;
        Err(Failure::Because("Votes cannot be exported yet".to_owned()))
    }
}
