//! A checkpoint answers episodes: by the probabilities of labels, or in its own words. Draws nothing.

use super::material::Answerer;
use super::questions::{Answered, Reader};
use crate::data::supervised::{Episode, Style};
use crate::engine::command::{GenerateRequest, Sampling};
use crate::infer::Generation;
use crate::model::Workspace;

/// Tokens of a written answer at most.
const ANSWER_TOKENS: usize = 16;
/// Sequences that one replica takes in one pass: bounds what their activations need.
pub(super) const PER_PASS: usize = 16;
/// Answers that are written at once.
const TOGETHER: usize = 16;

impl Answerer {
    pub fn reader(&self) -> Reader<'_> {
        Reader { tokenizer: &self.tokenizer, begin: self.begin, max_len: self.model.config.max_len }
    }

    /// See `Reader::fit`.
    pub fn fit(&self, episode: &mut Episode<'_>) -> Option<usize> {
        self.reader().fit(episode)
    }

    pub fn prompt(&self, episode: &Episode<'_>, query: Option<&str>) -> Vec<u32> {
        self.reader().prompt(episode, query)
    }

    /// All episodes in one go: every label of each, the right answer, and the labels after inputs without content.
    pub fn answer(&mut self, episodes: &[Episode<'_>], calibrate: bool) -> Result<Vec<Answered>, String> {
        let questions = self.reader().questions(episodes, calibrate);
        let mut scores = Vec::with_capacity(questions.sequences.len());
        for part in questions.sequences.chunks(PER_PASS * self.pool.len().max(1)) {
            scores.extend(self.pool.score(&self.model, part.to_vec()).map_err(|error| error.to_string())?);
        }
        Ok(questions.judge(&scores))
    }

    /// What the model writes itself, the likeliest token each time, up to the line's end.
    pub fn write(&self, episodes: &[Episode<'_>], workspace: &mut Workspace) -> Result<Vec<String>, String> {
        let mut texts = Vec::new();
        for part in episodes.chunks(TOGETHER) {
            let request = |episode: &Episode<'_>| {
                let sampling = Sampling { temperature: 0.0, repetition_penalty: 1.0, ..Sampling::default() };
                let stop = vec![Style::END.to_owned()];
                (self.prompt(episode, None), GenerateRequest { prompt: String::new(), sampling, max_tokens: ANSWER_TOKENS, stop })
            };
            let mut writing = Generation::after(&self.model.config, &self.tokenizer, part.iter().map(request).collect())
                .map_err(|error| error.to_string())?;
            while !writing.is_done() {
                writing.step(&self.model, &self.tokenizer, workspace);
            }
            texts.extend((0..part.len()).map(|row| writing.text(row).trim().to_owned()));
        }
        Ok(texts)
    }
}
