//! What of a row a head would learn: the class at the token that speaks for the text, a tag a token, or where the answer stands. Trains nothing.

use crate::config::TuneTask;
use crate::data::supervised::{HeadRecipe, StoredExample, class_labels, tag_labels};
use crate::engine::event::TrainingPiece;
use crate::model::ModelConfig;
use crate::tokenizer::Tokenizer;

/// A row's tokens, and how many were cut away.
pub(super) struct HeadRow {
    pub pieces: Vec<TrainingPiece>,
    pub cut: usize,
}

/// How a dataset's rows are read for a head.
pub(super) struct HeadView<'a> {
    task: TuneTask,
    recipe: HeadRecipe<'a>,
    /// Classes or tags.
    labels: Vec<String>,
}

impl<'a> HeadView<'a> {
    /// None where text is written.
    pub fn new(
        task: TuneTask,
        rows: &[StoredExample],
        tokenizer: &'a Tokenizer,
        model: &ModelConfig,
        max_len: usize,
    ) -> Option<Self> {
        let examples = || rows.iter().map(|row| &row.example);
        let labels = match task {
            TuneTask::Text => return None,
            TuneTask::Classes => class_labels(examples()).0,
            TuneTask::Tags => tag_labels(examples()),
            TuneTask::Spans => Vec::new(),
        };
        let begin = model.bos_token_id.filter(|bos| Some(*bos) == model.eos_token_id);
        let recipe = HeadRecipe { tokenizer, max_len, encoder: !model.arch.is_causal(), begin };
        Some(Self { task, recipe, labels })
    }

    /// A row as it would be learnt, or why it would not be.
    pub fn row(&self, stored: &StoredExample) -> Result<HeadRow, &'static str> {
        let (row, example) = (stored.row, &stored.example);
        let name = |label: usize| self.labels.get(label).cloned().unwrap_or_default();
        match self.task {
            TuneTask::Text | TuneTask::Classes => {
                let it = self.recipe.class_row(row, example, &self.labels).ok_or("with no class to learn")?;
                let speaker = it.speaker(self.recipe.encoder);
                let said = it.labels.iter().map(|label| name(*label)).collect::<Vec<_>>().join(", ");
                Ok(self.shown(&it.ids, it.cut, |i| (i == speaker).then(|| said.clone())))
            }
            TuneTask::Tags => {
                let it = self.recipe.tag_row(row, example, &self.labels).ok_or("with no text to mark in")?;
                Ok(self.shown(&it.ids, it.cut, |i| it.tags.get(i).copied().flatten().map(name)))
            }
            TuneTask::Spans => {
                let (it, whole) = self.recipe.span_row(row, example).ok_or("that ask nothing of a text")?;
                if !whole {
                    return Err("whose answer lies beyond the longest row");
                }
                let (first, last) = it.answer;
                let no_answer = (first, last) == (0, 0);
                let said = |i: usize| match (i == first, i == last) {
                    (true, _) if no_answer => "there is no answer".to_owned(),
                    (true, true) => "the whole answer".to_owned(),
                    (true, false) => "the answer begins here".to_owned(),
                    (false, true) => "the answer ends here".to_owned(),
                    (false, false) if first < i && i < last => "the answer".to_owned(),
                    (false, false) => String::new(),
                };
                Ok(self.shown(&it.ids, it.cut, |i| it.may_answer(i).then(|| said(i))))
            }
        }
    }

    /// Tokens with what is learnt at them; None: nothing is.
    fn shown(&self, ids: &[u32], cut: usize, says: impl Fn(usize) -> Option<String>) -> HeadRow {
        let piece = |(i, id): (usize, &u32)| {
            let said = says(i);
            TrainingPiece { text: self.recipe.tokenizer.token_text(*id), trained: said.is_some(), says: said.unwrap_or_default() }
        };
        HeadRow { pieces: ids.iter().enumerate().map(piece).collect(), cut }
    }
}
