//! Streaming generation over a key/value cache: one token for every sequence at each call. Knows no thread and no clock.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::sampling::sample;
use crate::engine::command::GenerateRequest;
use crate::engine::event::EndReason;
use crate::model::{Head, KvCache, Model, ModelConfig, Workspace, decode_step, prefill};
use crate::tokenizer::{StreamDecoder, Tokenizer};

/// Why a prompt cannot be continued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenerateError {
    #[error("an encoder fills masks and does not continue text; write the mask token where it shall guess")]
    Encoder,
    #[error("this model {} and does not continue text; choose a checkpoint of a language model", head.does())]
    Head { head: Head },
    #[error("the prompt is empty and this model has no token that begins a text; write something")]
    Empty,
    #[error("the prompt has {tokens} tokens and the model's context holds {context}; that is {} too many, so shorten it to at most {}", tokens + 1 - context, context - 1)]
    TooLong { tokens: usize, context: usize },
    #[error("the tokenizer gave the token {id} and the model knows {vocab_size}; use the model's own tokenizer")]
    Vocabulary { id: u32, vocab_size: usize },
}

/// Text that became complete in one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Which request.
    pub row: usize,
    pub text: String,
}

/// Several texts being continued together. The model is lent at every call, so that a run's newest weights can answer.
pub struct Generation {
    rows: Vec<Row>,
    cache: KvCache,
    context: usize,
    logits: Vec<f32>,
}

struct Row {
    request: GenerateRequest,
    /// Prompt and completion.
    ids: Vec<u32>,
    prompt_tokens: usize,
    /// Tokens of the completion that were given and not drawn.
    begun_tokens: usize,
    decoder: StreamDecoder,
    rng: ChaCha8Rng,
    eos: Vec<u32>,
    /// The whole completion so far, and how much of it was given out.
    text: String,
    given: usize,
    end: Option<EndReason>,
}

impl Generation {
    /// Nothing is computed before the first `step`.
    pub fn new(config: &ModelConfig, tokenizer: &Tokenizer, requests: Vec<GenerateRequest>) -> Result<Self, GenerateError> {
        let ids = |request: &GenerateRequest| prompt_ids(config, tokenizer, &request.prompt);
        Self::after(config, tokenizer, requests.into_iter().map(|request| (ids(&request), request)).collect())
    }

    /// After these very tokens, whatever the requests' prompts say: rows that were made ready for training are asked as they were.
    pub fn after(
        config: &ModelConfig,
        tokenizer: &Tokenizer,
        requests: Vec<(Vec<u32>, GenerateRequest)>,
    ) -> Result<Self, GenerateError> {
        if config.head != Head::Lm {
            return Err(GenerateError::Head { head: config.head });
        }
        if !config.arch.is_causal() {
            return Err(GenerateError::Encoder);
        }
        let row = |(i, (ids, request))| Row::new(config, tokenizer, ids, request, i as u64);
        let rows = requests.into_iter().enumerate().map(row).collect::<Result<Vec<_>, _>>()?;
        let cache = KvCache::new(config, rows.len());
        Ok(Self { rows, cache, context: config.max_len, logits: Vec::new() })
    }

    /// The tokens behind the first `prompt_tokens` of a row count as the beginning of its completion: it goes on from a chosen token.
    #[must_use]
    pub fn begun(mut self, row: usize, prompt_tokens: usize, tokenizer: &Tokenizer) -> Self {
        if let Some(it) = self.rows.get_mut(row) {
            it.begin(prompt_tokens.min(it.ids.len()), tokenizer);
        }
        self
    }

    /// One more token for every text that has not ended; the first call reads the prompts.
    pub fn step(&mut self, model: &Model, tokenizer: &Tokenizer, ws: &mut Workspace) -> Vec<Delta> {
        let live: Vec<usize> = (0..self.rows.len()).filter(|i| self.rows[*i].end.is_none()).collect();
        if live.is_empty() {
            return Vec::new();
        }
        let mut logits = std::mem::take(&mut self.logits);
        let mut deltas = Vec::new();
        if self.cache.len(live[0]) == 0 {
            for i in live {
                prefill(model, &mut self.cache, i, &self.rows[i].ids, &mut logits, ws);
                deltas.extend(self.rows[i].take(&mut logits, tokenizer, self.context, i));
            }
        } else {
            let last: Vec<(usize, u32)> = live.iter().filter_map(|i| Some((*i, *self.rows[*i].ids.last()?))).collect();
            decode_step(model, &mut self.cache, &last, &mut logits, ws);
            for (i, logits) in live.into_iter().zip(logits.chunks_exact_mut(model.config.vocab_size)) {
                deltas.extend(self.rows[i].take(logits, tokenizer, self.context, i));
            }
        }
        self.logits = logits;
        deltas
    }

    pub fn is_done(&self) -> bool {
        self.rows.iter().all(|row| row.end.is_some())
    }

    /// Ends every text where it is; what was held back is given out.
    pub fn cancel(&mut self, tokenizer: &Tokenizer) -> Vec<Delta> {
        let rows = self.rows.iter_mut().enumerate().filter(|(_, row)| row.end.is_none());
        rows.filter_map(|(i, row)| row.finish(EndReason::Cancelled, tokenizer, i)).collect()
    }

    pub fn prompt_tokens(&self, row: usize) -> usize {
        self.rows.get(row).map_or(0, |r| r.prompt_tokens)
    }

    /// Tokens drawn so far, an end token included.
    pub fn new_tokens(&self, row: usize) -> usize {
        self.rows.get(row).map_or(0, |r| r.ids.len() - r.prompt_tokens)
    }

    /// As `new_tokens`, without those that were given.
    pub fn drawn_tokens(&self, row: usize) -> usize {
        self.rows.get(row).map_or(0, |r| r.ids.len() - r.prompt_tokens - r.begun_tokens)
    }

    /// The completion so far, without the stop text.
    pub fn text(&self, row: usize) -> &str {
        self.rows.get(row).map_or("", |r| &r.text)
    }

    /// Prompt and completion as tokens.
    pub fn ids(&self, row: usize) -> &[u32] {
        self.rows.get(row).map_or(&[], |r| &r.ids)
    }

    pub fn why_ended(&self, row: usize) -> Option<EndReason> {
        self.rows.get(row)?.end
    }
}

/// Ids of a prompt as the model was trained to see it: where one token ends and begins every document, it stands first.
pub fn prompt_ids(config: &ModelConfig, tokenizer: &Tokenizer, prompt: &str) -> Vec<u32> {
    let mut ids = tokenizer.encode_with_template(prompt);
    let border = config.bos_token_id.filter(|bos| Some(*bos) == config.eos_token_id || ids.is_empty());
    if let Some(border) = border.filter(|border| ids.first() != Some(border)) {
        ids.insert(0, border);
    }
    ids
}

impl Row {
    fn new(
        config: &ModelConfig,
        tokenizer: &Tokenizer,
        ids: Vec<u32>,
        mut request: GenerateRequest,
        stream: u64,
    ) -> Result<Self, GenerateError> {
        if ids.is_empty() {
            return Err(GenerateError::Empty);
        }
        if ids.len() >= config.max_len {
            return Err(GenerateError::TooLong { tokens: ids.len(), context: config.max_len });
        }
        let vocab_size = config.vocab_size;
        if let Some(id) = ids.iter().copied().find(|id| *id as usize >= vocab_size) {
            return Err(GenerateError::Vocabulary { id, vocab_size });
        }
        request.stop.retain(|s| !s.is_empty());
        let mut rng = ChaCha8Rng::seed_from_u64(request.sampling.seed);
        rng.set_stream(stream);
        // A chat model ends its turn with its own token, besides the end of text.
        let special = tokenizer.special();
        let eos = [config.eos_token_id, special.eos, special.im_end].into_iter().flatten().collect();
        let decoder = StreamDecoder::after(&ids);
        let end = (request.max_tokens == 0).then_some(EndReason::MaxTokens);
        Ok(Self {
            prompt_tokens: ids.len(),
            begun_tokens: 0,
            ids,
            decoder,
            rng,
            eos,
            text: String::new(),
            given: 0,
            end,
            request,
        })
    }

    /// Takes what stands behind the prompt for the beginning of the completion; it is given out with the first text that is drawn.
    fn begin(&mut self, prompt_tokens: usize, tokenizer: &Tokenizer) {
        let (prompt, begun) = self.ids.split_at(prompt_tokens);
        (self.prompt_tokens, self.begun_tokens) = (prompt.len(), begun.len());
        self.decoder = StreamDecoder::after(prompt);
        for id in begun.iter().filter(|id| !self.eos.contains(id)) {
            self.text.push_str(&self.decoder.push(tokenizer, *id));
        }
        if begun.last().is_some_and(|id| self.eos.contains(id)) {
            self.text.push_str(&self.decoder.finish(tokenizer));
            self.end = Some(EndReason::EndOfText);
        }
        if let Some(at) = find_stop(&self.text, 0, &self.request.stop) {
            self.text.truncate(at);
            self.end = Some(EndReason::StopText);
        }
    }

    /// Draws the next token, and gives the text that is safe to show.
    fn take(&mut self, logits: &mut [f32], tokenizer: &Tokenizer, context: usize, row: usize) -> Option<Delta> {
        let id = sample(logits, &self.ids, &self.request.sampling, &mut self.rng);
        self.ids.push(id);
        if self.eos.contains(&id) {
            return self.finish(EndReason::EndOfText, tokenizer, row);
        }
        self.text.push_str(&self.decoder.push(tokenizer, id));
        if let Some(at) = find_stop(&self.text, self.given, &self.request.stop) {
            self.text.truncate(at);
            self.end = Some(EndReason::StopText);
            return self.give(at, row);
        }
        if self.ids.len() - self.prompt_tokens - self.begun_tokens >= self.request.max_tokens {
            return self.finish(EndReason::MaxTokens, tokenizer, row);
        }
        if self.ids.len() >= context {
            return self.finish(EndReason::ContextFull, tokenizer, row);
        }
        let safe = self.text.len() - held_back(&self.text[self.given..], &self.request.stop);
        self.give(safe, row)
    }

    /// Ends the text; incomplete characters and the beginnings of stop texts are given out now.
    fn finish(&mut self, why: EndReason, tokenizer: &Tokenizer, row: usize) -> Option<Delta> {
        self.text.push_str(&self.decoder.finish(tokenizer));
        self.end = Some(why);
        if let Some(at) = find_stop(&self.text, self.given, &self.request.stop) {
            self.text.truncate(at);
            self.end = Some(EndReason::StopText);
        }
        self.give(self.text.len(), row)
    }

    fn give(&mut self, until: usize, row: usize) -> Option<Delta> {
        let text = self.text.get(self.given..until).filter(|t| !t.is_empty())?.to_owned();
        self.given = until;
        Some(Delta { row, text })
    }
}

/// Where the earliest stop text begins; what was given out before `from` can hold none.
fn find_stop(text: &str, from: usize, stops: &[String]) -> Option<usize> {
    let rest = text.get(from..)?;
    stops.iter().filter_map(|stop| rest.find(stop.as_str())).min().map(|at| from + at)
}

/// Bytes at the end of `text` that could be the beginning of a stop text.
fn held_back(text: &str, stops: &[String]) -> usize {
    let longest = |stop: &String| {
        let beginnings = stop.char_indices().map(|(i, _)| i).skip(1).filter(|n| text.ends_with(&stop[..*n]));
        beginnings.max().unwrap_or(0)
    };
    stops.iter().map(longest).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_back_what_may_become_a_stop() {
        let stops = vec!["\n\n".to_owned(), "Übel".to_owned()];
        for (text, want) in [("abc", 0), ("abc\n", 1), ("x Ü", 2), ("x Üb", 3), ("", 0)] {
            assert_eq!(held_back(text, &stops), want, "{text:?}");
        }
        assert_eq!(find_stop("one Übel two\n\n", 2, &stops), Some(4));
        assert_eq!(find_stop("nothing", 0, &stops), None);
    }
}
