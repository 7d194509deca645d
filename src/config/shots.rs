//! Whether learning from the prompt is measured while a model trains, and on whose tasks. Checks what it can without them.

use serde::{Deserialize, Serialize};

use super::plan::Errors;
use super::{RunConfig, TuneTask};

/// Whose held-out tasks are asked at every validation, with no example before the query and with more and more of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShotsOf {
    /// A run that learns from prompts asks its own; every other run none.
    #[default]
    Own,
    None,
    /// Those of this dataset of the project.
    Dataset(i64),
}

impl ShotsOf {
    /// Examples at most where a run has no number of its own.
    pub const MOST: usize = 8;
}

impl RunConfig {
    /// The model predicts the next token, and nothing but that is learnt.
    pub fn writes_text(&self) -> bool {
        let text = self.tune.as_ref().is_none_or(|tune| tune.task == TuneTask::Text && tune.align.is_none());
        !self.objective.is_masked() && text
    }

    /// Numbers of examples that are measured with, ascending: none, half of the most, the most.
    pub fn shots_measured(&self) -> Vec<usize> {
        let own = self.tune.as_ref().and_then(|tune| tune.in_context);
        let most = own.map_or(ShotsOf::MOST, |own| own.shots);
        let mut all = vec![0, most / 2, most];
        all.dedup();
        all
    }

    pub(super) fn check_shots(&self, errors: &mut Errors) {
        let asked = matches!(self.shots_of, ShotsOf::Dataset(_));
        errors.when(asked && !self.writes_text(), "shots_of", || {
            "Accuracy by the number of examples is measured of models that learn to write text; leave it out here.".to_owned()
        });
        errors.when(asked && self.eval_every == 0, "shots_of", || {
            "Accuracy by the number of examples is measured with every validation, and there is none; validate every 100 steps, say, or leave it out."
                .to_owned()
        });
    }
}
