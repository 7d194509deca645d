//! Many answers to many prompts at once, token ids only, with what reinforcement learning needs of each drawn token. Knows no trainer, no text and no thread.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::generate::GenerateError;
use super::sampling::sample;
use crate::engine::command::Sampling;
use crate::kernels::cross_entropy;
use crate::model::{Head, KvCache, Model, ModelConfig, Workspace, decode_step, prefill};

/// A product's kernel goes by its number of rows, and kernels differ in the last bits: shares of a size that the number of replicas does
/// not change give the same bits on any of them.
const ROWS_PER_SHARE: usize = 16;

/// How answers are drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct RolloutConfig {
    /// Answers to each prompt.
    pub group: usize,
    /// Longest answer, in tokens, its end token included.
    pub max_tokens: usize,
    pub sampling: Sampling,
    /// An answer ends with the first of these.
    pub stop: Vec<u32>,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rollout {
    /// Place of its prompt in the list.
    pub prompt: usize,
    /// Prompt and answer.
    pub ids: Vec<u32>,
    pub prompt_tokens: usize,
    /// ln p of each drawn token under the model itself: temperature 1, nothing ruled out.
    pub logprob: Vec<f32>,
    /// Entropy of that distribution, in nats.
    pub entropy: Vec<f32>,
    /// Whether it reached an end token, rather than a limit.
    pub ended: bool,
}

/// Answers being drawn, in shares that may advance on different threads.
#[derive(Debug)]
pub struct Rollouts {
    pub(crate) shares: Vec<Share>,
}

/// Rows that advance together over their own keys and values.
#[derive(Debug)]
pub struct Share {
    rows: Vec<Row>,
    cache: KvCache,
    settings: RolloutConfig,
    context: usize,
    logits: Vec<f32>,
    /// A row's logits on their way through temperature and filters.
    scratch: Vec<f32>,
}

#[derive(Debug)]
struct Row {
    out: Rollout,
    rng: ChaCha8Rng,
    done: bool,
}

impl Rollouts {
    /// `group` answers to each prompt. Nothing is computed yet. Each answer has its own stream of draws, fixed by the seed and its place.
    pub fn new(model: &ModelConfig, prompts: &[Vec<u32>], settings: &RolloutConfig) -> Result<Self, GenerateError> {
        if model.head != Head::Lm {
            return Err(GenerateError::Head { head: model.head });
        }
        if !model.arch.is_causal() {
            return Err(GenerateError::Encoder);
        }
        for prompt in prompts {
            check(model, prompt)?;
        }
        let total = prompts.len() * settings.group;
        let row = |place: usize| {
            let prompt = place / settings.group;
            let mut rng = ChaCha8Rng::seed_from_u64(settings.sampling.seed);
            rng.set_stream(place as u64);
            let ids = prompts[prompt].clone();
            let out = Rollout { prompt, prompt_tokens: ids.len(), ids, ..Rollout::default() };
            Row { out, rng, done: settings.max_tokens == 0 }
        };
        let share = |first: usize| {
            let rows: Vec<Row> = (first..(first + ROWS_PER_SHARE).min(total)).map(row).collect();
            let cache = KvCache::new(model, rows.len());
            Share { rows, cache, settings: settings.clone(), context: model.max_len, logits: Vec::new(), scratch: Vec::new() }
        };
        Ok(Self { shares: (0..total).step_by(ROWS_PER_SHARE).map(share).collect() })
    }

    pub fn is_done(&self) -> bool {
        self.shares.iter().all(Share::is_done)
    }

    /// Up to `steps` more tokens for every answer that has not ended, on this thread.
    pub fn advance(&mut self, model: &Model, steps: usize, ws: &mut Workspace) {
        for share in &mut self.shares {
            share.advance(model, steps, ws);
        }
    }

    /// Answers so far: those to the first prompt, then those to the second.
    pub fn finish(self) -> Vec<Rollout> {
        self.shares.into_iter().flat_map(|share| share.rows).map(|row| row.out).collect()
    }
}

fn check(config: &ModelConfig, ids: &[u32]) -> Result<(), GenerateError> {
    let vocab_size = config.vocab_size;
    if ids.is_empty() {
        return Err(GenerateError::Empty);
    }
    if ids.len() >= config.max_len {
        return Err(GenerateError::TooLong { tokens: ids.len(), context: config.max_len });
    }
    match ids.iter().copied().find(|id| *id as usize >= vocab_size) {
        Some(id) => Err(GenerateError::Vocabulary { id, vocab_size }),
        None => Ok(()),
    }
}

impl Share {
    fn is_done(&self) -> bool {
        self.rows.iter().all(|row| row.done)
    }

    /// Up to `steps` more tokens for every row that has not ended; the first step reads the prompts.
    pub(crate) fn advance(&mut self, model: &Model, steps: usize, ws: &mut Workspace) {
        for _ in 0..steps {
            let live: Vec<(usize, u32)> = self
                .rows
                .iter()
                .enumerate()
                .filter(|(_, row)| !row.done)
                .filter_map(|(i, row)| Some((i, *row.out.ids.last()?)))
                .collect();
            let Some((first, _)) = live.first() else { return };
            if self.cache.len(*first) == 0 {
                self.read_prompts(model, ws);
                continue;
            }
            let mut logits = std::mem::take(&mut self.logits);
            decode_step(model, &mut self.cache, &live, &mut logits, ws);
            for ((i, _), logits) in live.iter().zip(logits.chunks_exact(model.config.vocab_size)) {
                self.draw(*i, logits);
            }
            self.logits = logits;
        }
    }

    /// Each prompt once; the other members of its group get copies of its keys and values.
    fn read_prompts(&mut self, model: &Model, ws: &mut Workspace) {
        let mut logits = std::mem::take(&mut self.logits);
        let mut source = 0;
        for i in 0..self.rows.len() {
            if i == 0 || self.rows[i].out.prompt != self.rows[source].out.prompt {
                source = i;
                prefill(model, &mut self.cache, i, &self.rows[i].out.ids, &mut logits, ws);
            } else {
                self.cache.copy(source, i);
            }
            if i + 1 == self.rows.len() || self.rows[i + 1].out.prompt != self.rows[source].out.prompt {
                // Drawn only when all copies are made: a row that ends gives its memory back.
                for member in source..=i {
                    self.draw(member, &logits);
                }
            }
        }
        self.logits = logits;
    }

    fn draw(&mut self, i: usize, logits: &[f32]) {
        let row = &mut self.rows[i];
        self.scratch.clear();
        self.scratch.extend_from_slice(logits);
        let id = sample(&mut self.scratch, &row.out.ids, &self.settings.sampling, &mut row.rng);
        let (mut lse, mut logprob, mut entropy) = ([0.0], [0.0], [0.0]);
        cross_entropy(logits, logits.len(), &[id], &mut lse, &mut logprob, &mut entropy);
        row.out.ids.push(id);
        row.out.logprob.extend(logprob);
        row.out.entropy.extend(entropy);
        row.out.ended = self.settings.stop.contains(&id);
        row.done = row.out.ended || row.out.logprob.len() >= self.settings.max_tokens || row.out.ids.len() >= self.context;
        if row.done {
            self.cache.release(i);
        }
    }
}
