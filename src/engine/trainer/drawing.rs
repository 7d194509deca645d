//! Answers to a prompt by one or several checkpoints, for a person to compare. Trains nothing, and judges nothing.

use std::path::Path;

use super::row_source::begin;
use crate::data::supervised::{RenderOptions, Side, TextRecipe};
use crate::engine::command::{GenerateRequest, JobId, ModelSource, Sampling};
use crate::feedback::{Candidate, Origin};
use crate::infer::Generation;
use crate::model::{Model, ModelConfig, Workspace};
use crate::tokenizer::{Builtin, ChatTemplate, Tokenizer};

/// How often answers that repeat others are drawn anew.
const TRIES: u64 = 4;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    pub sources: Vec<ModelSource>,
    pub prompt: Side,
    /// Answers of each source.
    pub n: usize,
    pub max_tokens: usize,
    pub sampling: Sampling,
}

/// Answers on their way.
pub struct Drawing {
    pub job: JobId,
    pub wish: Wish,
    /// Which source is at work, and how often it was asked.
    at: usize,
    tries: u64,
    generation: Option<Generation>,
    pub found: Vec<Candidate>,
}

/// The weights that answer, and whose they are.
pub struct Writer<'a> {
    pub model: &'a Model,
    pub tokenizer: &'a Tokenizer,
    pub workspace: &'a mut Workspace,
    /// Holds the chat template.
    pub dir: &'a Path,
    pub origin: Origin,
}

impl Drawing {
    pub fn new(job: JobId, wish: Wish) -> Self {
        Self { job, wish, at: 0, tries: 0, generation: None, found: Vec::new() }
    }

    /// Who is to write now; none when all have.
    pub fn source(&self) -> Option<ModelSource> {
        self.wish.sources.get(self.at).copied()
    }

    /// One more token of every answer of the source at work.
    pub fn turn(&mut self, writer: Writer<'_>) -> Result<(), String> {
        let Writer { model, tokenizer, workspace, dir, origin } = writer;
        let mut generation = match self.generation.take() {
            Some(generation) => generation,
            None => self.begin(&model.config, tokenizer, dir)?,
        };
        generation.step(model, tokenizer, workspace);
        if !generation.is_done() {
            self.generation = Some(generation);
            return Ok(());
        }
        let wanted = self.wish.n * (self.at + 1);
        for row in 0..self.wish.n {
            let text = generation.text(row).trim().to_owned();
            let fresh = !text.is_empty() && self.found.iter().all(|known| known.text != text);
            if fresh && self.found.len() < wanted {
                self.found.push(Candidate { text, origin: origin.clone() });
            }
        }
        self.tries += 1;
        if self.found.len() >= wanted || self.tries >= TRIES {
            (self.at, self.tries) = (self.at + 1, 0);
        }
        Ok(())
    }

    fn begin(&self, config: &ModelConfig, tokenizer: &Tokenizer, dir: &Path) -> Result<Generation, String> {
        let ids = prompt_tokens(&self.wish.prompt, config, tokenizer, dir)?;
        // Each answer has its own draws, and another try has others.
        let seed = |i: usize| self.wish.sampling.seed.wrapping_add(1000 * self.tries + i as u64);
        let request = |i: usize| GenerateRequest {
            prompt: String::new(),
            sampling: Sampling { seed: seed(i), ..self.wish.sampling },
            max_tokens: self.wish.max_tokens,
            stop: Vec::new(),
        };
        let requests = (0..self.wish.n).map(|i| (ids.clone(), request(i))).collect();
        Generation::after(config, tokenizer, requests).map_err(|error| error.to_string())
    }
}

/// A prompt as this checkpoint reads it.
fn prompt_tokens(prompt: &Side, config: &ModelConfig, tokenizer: &Tokenizer, dir: &Path) -> Result<Vec<u32>, String> {
    let template = reading(None, config, tokenizer, dir)?;
    let options = RenderOptions { begin: begin(config), ..RenderOptions::new(config.max_len) };
    let recipe = TextRecipe { template: &template, words: None, tokenizer, options };
    recipe.prompt(prompt).map_err(|why| why.to_string())
}

/// The chat template that was chosen, else the checkpoint's own.
pub fn reading(chosen: Option<Builtin>, config: &ModelConfig, tokenizer: &Tokenizer, dir: &Path) -> Result<ChatTemplate, String> {
    let name = |id: Option<u32>| id.map(|id| tokenizer.token_text(id)).unwrap_or_default();
    let (bos, eos) = (name(config.bos_token_id), name(config.eos_token_id.or(tokenizer.special().eos)));
    ChatTemplate::choose(chosen, dir, &bos, &eos).map_err(|error| error.to_string())
}
