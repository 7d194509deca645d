//! What a live policy answers to the pinned prompts, and how far it has drifted on them. Learns nothing.

use std::path::Path;
use std::sync::Arc;

use super::active::ActiveRun;
use super::row_source::{Kitchen, chat_template, text_recipe};
use crate::data::supervised::{Side, Split, TextRecipe};
use crate::engine::command::Sampling;
use crate::infer::{Rollout, RolloutConfig, Rollouts};
use crate::model::{Scores, Sequence};
use crate::tokenizer::Tokenizer;
use crate::train::{Prefer, RunTrainer, TrainError};

const SEED: u64 = 5;
/// How the pinned prompts are answered: the same draws each time, so that what changes is the policy.
const TEMPERATURE: f32 = 0.7;
/// Stands where a pinned prompt cannot be answered.
const UNREADABLE: &str = "(this prompt does not fit the model)";

impl ActiveRun {
    /// What turns text into this run's tokens, lent for one call.
    pub(super) fn with_recipe<T>(&self, work: impl FnOnce(&TextRecipe<'_>) -> T) -> Option<T> {
        lent_recipe(&self.trainer, &self.tokenizer, self.tokenizer_path.parent()?, work)
    }

    /// Answers to the pinned prompts, each in its place, and the drift from the reference over them in nats an answer.
    pub(super) fn answers(&mut self) -> Result<(Vec<String>, f64), TrainError> {
        let prompts = self.trainer.plan().config().prompts.clone();
        let max_len = self.trainer.model().config.max_len;
        // One that cannot be read leaves its place empty, and the others in theirs.
        let read: Vec<(usize, Vec<u32>)> = self
            .with_recipe(|recipe| {
                let ids = |text: &String| recipe.prompt(&Side::Text(text.clone())).ok();
                let fits = |ids: &Vec<u32>| !ids.is_empty() && ids.len() < max_len;
                prompts.iter().enumerate().filter_map(|(i, text)| Some((i, ids(text).filter(fits)?))).collect()
            })
            .unwrap_or_default();
        let mut texts = vec![UNREADABLE.to_owned(); prompts.len()];
        if read.is_empty() {
            return Ok((texts, 0.0));
        }
        let (places, ids): (Vec<usize>, Vec<Vec<u32>>) = read.into_iter().unzip();
        let special = *self.tokenizer.special();
        let max_tokens = self.trainer.plan().config().sample_tokens;
        let eos = self.trainer.model().config.eos_token_id;
        let stop = [eos, special.eos, special.im_end].into_iter().flatten().collect();
        let sampling = Sampling { temperature: TEMPERATURE, seed: SEED, ..Sampling::default() };
        let config = RolloutConfig { group: 1, max_tokens, sampling, stop };
        let model = Arc::clone(self.trainer.model());
        let mut rollouts =
            Rollouts::new(&model.config, &ids, &config).map_err(|error| TrainError::Prompt { why: error.to_string() })?;
        // Learning goes on with these weights, not with a copy.
        drop(model);
        let Some(prefer) = self.trainer.prefer_mut() else { return Ok((texts, 0.0)) };
        while !rollouts.is_done() {
            prefer.learner.rollout(None, &mut rollouts, usize::MAX)?;
        }
        let rollouts = rollouts.finish();
        let kl = drift(prefer, &rollouts)?;
        for it in &rollouts {
            let text = self.tokenizer.decode(it.ids.get(it.prompt_tokens..).unwrap_or_default()).trim().to_owned();
            if let Some(slot) = places.get(it.prompt).and_then(|place| texts.get_mut(*place)) {
                *slot = text;
            }
        }
        Ok((texts, kl))
    }
}

/// What turns text into a trainer's tokens, lent for one call; `inputs` holds the chat template.
pub(super) fn lent_recipe<T>(
    trainer: &RunTrainer,
    tokenizer: &Tokenizer,
    inputs: &Path,
    work: impl FnOnce(&TextRecipe<'_>) -> T,
) -> Option<T> {
    let config = trainer.plan().config();
    let tune = config.tune.as_ref()?;
    let model = &Arc::clone(trainer.model()).config;
    let max_len = config.dims.context;
    let kitchen = Kitchen { tune, max_len, model, inputs, tokenizer, eval: Split::Validation, labels: None };
    let template = chat_template(tune.template, &kitchen).ok()?;
    Some(work(&text_recipe(&kitchen, &template)))
}

/// Mean over answers of the log-ratio of policy and reference.
fn drift(prefer: &mut Prefer, rollouts: &[Rollout]) -> Result<f64, TrainError> {
    let Some(reference) = prefer.reference() else { return Ok(0.0) };
    let sequence = |it: &Rollout| {
        let mask: Vec<bool> = (0..it.ids.len()).map(|place| place >= it.prompt_tokens).collect();
        Sequence::masked(&it.ids, &mask)
    };
    let scores = prefer.learner.score_with(&reference, rollouts.iter().map(sequence).collect())?;
    let one = |(it, scores): (&Rollout, &Scores)| -> f64 {
        it.logprob.iter().zip(&scores.logprob).map(|(own, reference)| f64::from(own - reference)).sum()
    };
    Ok(rollouts.iter().zip(&scores).map(one).sum::<f64>() / rollouts.len().max(1) as f64)
}
