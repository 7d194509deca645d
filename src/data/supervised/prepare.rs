//! A dataset's examples made ready to train on: both sides rendered, what was left out said. Knows no model and no trainer.

use super::render::{LeftOut, RenderOptions, RenderReport, Rendered, render};
use super::{Content, Example, Pair, Role, Side, TaskTemplate};
use crate::tokenizer::{ChatTemplate, Tokenizer};

/// How text rows are made.
pub struct TextRecipe<'a> {
    pub template: &'a ChatTemplate,
    /// None: plain words that fit each example.
    pub words: Option<&'a TaskTemplate>,
    pub tokenizer: &'a Tokenizer,
    pub options: RenderOptions,
}

/// A row to write an answer for.
#[derive(Clone, Debug, PartialEq)]
pub struct TextRow {
    /// Which row of the dataset.
    pub row: i64,
    /// (T,)
    pub ids: Vec<u32>,
    /// (T,): whether the prediction of this token trains.
    pub mask: Vec<bool>,
    /// Tokens before the last answer: what a model is asked.
    pub prompt_len: usize,
    /// The last turn before the answer, as a person reads it.
    pub input: String,
    /// The right answer.
    pub answer: String,
}

impl TextRecipe<'_> {
    /// Rows that train, and what became of all of them.
    pub fn rows<'e>(&self, examples: impl Iterator<Item = (i64, &'e Example)>) -> (Vec<TextRow>, RenderReport) {
        let (mut rows, mut report) = (Vec::new(), RenderReport::default());
        for (row, example) in examples {
            match self.row(row, example) {
                Ok((text_row, rendered)) => {
                    report.add(&rendered);
                    rows.push(text_row);
                }
                Err(why) => report.leave_out(example, &why),
            }
        }
        (rows, report)
    }

    /// A prompt and one answer to it, as a row that trains: what is judged is read as what is learnt.
    pub fn pair(&self, row: i64, prompt: &Side, answer: &str) -> Result<TextRow, LeftOut> {
        let completion = Side::Text(answer.to_owned());
        let example = Example::of(Content::Pair(Pair { prompt: prompt.clone(), completion }));
        Ok(self.row(row, &example)?.0)
    }

    /// Tokens of a prompt that waits for its answer.
    pub fn prompt(&self, prompt: &Side) -> Result<Vec<u32>, LeftOut> {
        // A template says what stands before an answer only where there is one.
        let mut row = self.pair(0, prompt, "…")?;
        row.ids.truncate(row.prompt_len);
        Ok(row.ids)
    }

    fn row(&self, row: i64, example: &Example) -> Result<(TextRow, Rendered), LeftOut> {
        let words = self.words.cloned().unwrap_or_else(|| TaskTemplate::default_for(example));
        let rendered = render(self.template, &words, example, self.tokenizer, &self.options)?;
        let (turns, _) = words.turns(example);
        let last = turns.iter().rposition(|turn| turn.role == Role::Assistant).ok_or(LeftOut::NoAnswer)?;
        let turn = |at: Option<usize>| at.and_then(|at| turns.get(at)).map(|turn| turn.content.clone()).unwrap_or_default();
        let text_row = TextRow {
            row,
            ids: rendered.ids.clone(),
            mask: rendered.mask.clone(),
            prompt_len: self.last_answer(&rendered),
            input: turn(last.checked_sub(1)),
            answer: turn(Some(last)),
        };
        Ok((text_row, rendered))
    }

    /// Where the last run of answer tokens begins. Where the prompt is learnt, too, nothing in the mask tells them apart.
    fn last_answer(&self, rendered: &Rendered) -> usize {
        let mask = if self.options.train_prompt { &rendered.answer } else { &rendered.mask };
        let end = mask.iter().rposition(|trained| *trained).unwrap_or(0);
        mask.get(..end).and_then(|before| before.iter().rposition(|trained| !*trained)).map_or(0, |at| at + 1)
    }
}
