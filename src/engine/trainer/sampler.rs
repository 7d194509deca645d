//! Answers of one checkpoint to a list of prompts, many at once, and what they are worth. Trains nothing.

use super::Hands;
use super::source::{Inputs, Parent, Source};
use crate::config::{Align, Rl, Tune, first_align};
use crate::data::supervised::Split;
use crate::engine::command::{CheckpointId, Sampling};
use crate::engine::judged::DrawWish;
use crate::infer::{RolloutConfig, Rollouts};
use crate::tokenizer::Tokenizer;
use crate::train::{Answered, JudgeFn, Learner, Prompt, Sample, TrainData};

/// Prompts that are answered together.
const TOGETHER: usize = 16;
/// Tokens drawn for every answer between two looks at the commands.
const TOKENS_PER_TURN: usize = 8;

/// Drawing and judging under way.
pub struct Sampler {
    learner: Learner,
    tokenizer: Tokenizer,
    pub prompts: Vec<Prompt>,
    stop: Vec<u32>,
    judge: JudgeFn,
    wish: DrawWish,
    /// Answers to each prompt.
    n: usize,
    /// Prompts that are done, or under way.
    begun: usize,
    drawing: Option<Rollouts>,
    /// Judged answers: those to the first prompt, then those to the second. `Sample::prompt` is the place in `prompts`.
    pub samples: Vec<Sample>,
    /// What the prompts were made of, to be written with their answers.
    pub inputs: Inputs,
}

impl Sampler {
    pub fn new(checkpoint: CheckpointId, wish: &DrawWish, n: usize, hands: &Hands<'_>) -> Result<Self, String> {
        if n == 0 || wish.most == 0 || wish.max_tokens == 0 {
            return Err("Nothing would be drawn; ask for at least one prompt, one answer and one token".to_owned());
        }
        if !(wish.temperature >= 0.0 && wish.temperature.is_finite()) {
            return Err(format!("A temperature of {} cannot be drawn with; 1 is as the model believes", wish.temperature));
        }
        let parent = Parent::open(checkpoint, hands)?;
        let rl = Rl { judges: wish.judges.clone(), max_tokens: wish.max_tokens, ..Rl::default() };
        let tune = Tune { dataset: wish.dataset, ..Tune::default() };
        let mut config = first_align(Align::Rl(Box::new(rl)), tune, 1_000_000, 1);
        let source = Source::open(&mut config, Some(&parent), hands)?;
        let plan = source.plan(&config, Some(&parent.config))?;
        let TrainData::Prompts { prompts, judge, .. } = source.data else {
            return Err("This dataset has no prompts to answer; choose another".to_owned());
        };
        let (mut chosen, stop) = match wish.split {
            Split::Train => (prompts.train, prompts.stop),
            Split::Validation | Split::Test => (prompts.val, prompts.stop),
        };
        chosen.truncate(wish.most);
        if chosen.is_empty() {
            return Err(format!("No prompt of this dataset stands in the part to {}; choose the other", part(wish.split)));
        }
        let learner = Learner::new(plan, Some(parent.model()?)).map_err(|error| error.to_string())?;
        Ok(Self {
            learner,
            tokenizer: source.tokenizer,
            prompts: chosen,
            stop,
            judge,
            wish: wish.clone(),
            n,
            begun: 0,
            drawing: None,
            samples: Vec::new(),
            inputs: source.inputs,
        })
    }

    /// One piece. True when all is drawn and judged.
    pub fn turn(&mut self) -> Result<bool, String> {
        let Some(mut rollouts) = self.drawing.take() else {
            if self.begun >= self.prompts.len() {
                return Ok(true);
            }
            self.drawing = Some(self.begin()?);
            return Ok(false);
        };
        self.learner.rollout(None, &mut rollouts, TOKENS_PER_TURN).map_err(|error| error.to_string())?;
        if rollouts.is_done() {
            self.judge(rollouts)?;
        } else {
            self.drawing = Some(rollouts);
        }
        Ok(self.drawing.is_none() && self.begun >= self.prompts.len())
    }

    /// Prompts answered, and all.
    pub fn progress(&self) -> (u64, u64) {
        ((self.samples.len() / self.n) as u64, self.prompts.len() as u64)
    }

    fn begin(&mut self) -> Result<Rollouts, String> {
        let first = self.begun;
        self.begun = (first + TOGETHER).min(self.prompts.len());
        let ids: Vec<Vec<u32>> = self.prompts[first..self.begun].iter().map(|prompt| prompt.ids.clone()).collect();
        // Each share has draws of its own.
        let seed = self.wish.seed.wrapping_add(1_000_003 * (first as u64 + 1));
        let sampling = Sampling { temperature: self.wish.temperature as f32, top_p: 1.0, seed, ..Sampling::default() };
        let config = RolloutConfig { group: self.n, max_tokens: self.wish.max_tokens, sampling, stop: self.stop.clone() };
        Rollouts::new(&self.learner.model().config, &ids, &config).map_err(|error| error.to_string())
    }

    fn judge(&mut self, rollouts: Rollouts) -> Result<(), String> {
        let first = self.samples.len() / self.n;
        let rollouts = rollouts.finish();
        let answered: Vec<Answered<'_>> = rollouts
            .iter()
            .filter_map(|it| {
                let answer = it.ids.get(it.prompt_tokens..).unwrap_or_default();
                Some(Answered { prompt: self.prompts.get(first + it.prompt)?, answer, ended: it.ended })
            })
            .collect();
        let judgements = (self.judge)(&answered)?;
        let made = rollouts.into_iter().zip(judgements);
        self.samples.extend(made.map(|(it, judgement)| {
            let place = first + it.prompt;
            Sample::new(place, it, judgement, self.wish.missing_end)
        }));
        Ok(())
    }

    /// An answer as text, without the token that ends it.
    pub fn text(&self, sample: &Sample) -> String {
        self.tokenizer.decode(sample.ids.get(sample.prompt_tokens..).unwrap_or_default()).trim().to_owned()
    }

    /// Answers by prompt, in order.
    pub fn groups(&self) -> impl Iterator<Item = &[Sample]> {
        self.samples.chunks(self.n.max(1))
    }
}

fn part(split: Split) -> &'static str {
    match split {
        Split::Train => "train on",
        Split::Validation => "validate on",
        Split::Test => "test on",
    }
}
