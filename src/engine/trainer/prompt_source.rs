//! Prompts that a policy answers: from questions, or from labelled rows, whose answers are then known. Trains nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Hands;
use super::judge::judge;
use super::row_source::{Kitchen, chat_template, text_recipe};
use super::source::Parent;
use super::vote_source::{load_reference, save_reference};
use crate::config::{CorpusFacts, Rl, RowFacts};
use crate::data::kept;
use crate::data::supervised::{Example, Side, Split, TextRecipe};
use crate::engine::command::DatasetId;
use crate::feedback::side_text;
use crate::formats::save_inputs;
use crate::model::{Model, ModelConfig};
use crate::tokenizer::Tokenizer;
use crate::train::{Prompt, Prompts, TrainData};

const FILE: &str = "prompts.jsonl";

/// A prompt as it stood when the run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptPrompt {
    question: i64,
    split: Split,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Asked(Side),
    /// A labelled row: its answer is the right one.
    Row(Box<Example>),
}

/// What a policy answers, and what it is held against.
pub struct PromptSource {
    prompts: Vec<KeptPrompt>,
    reference: Arc<Model>,
    template: Option<String>,
}

impl PromptSource {
    /// Every different prompt of a dataset as it is now.
    pub fn of_dataset(dataset: DatasetId, rl: &Rl, parent: &Parent, hands: &Hands<'_>) -> Result<Self, String> {
        let labelled = hands.desk.ask(move |project| project.is_supervised(dataset)).map_err(|error| error.to_string())?;
        let prompts = if labelled {
            let rows = hands.desk.ask(move |project| project.examples(dataset, None)).map_err(|error| error.to_string())?;
            let kept = |it: crate::data::supervised::StoredExample| KeptPrompt {
                question: it.row,
                split: it.split,
                what: What::Row(Box::new(it.example)),
            };
            rows.into_iter().map(kept).collect()
        } else {
            let asked = hands.desk.ask(move |project| project.all_questions(dataset)).map_err(|error| error.to_string())?;
            let mut seen = BTreeSet::new();
            let fresh = asked.into_iter().filter(|it| seen.insert(side_text(&it.question.prompt)));
            fresh.map(|it| KeptPrompt { question: it.id, split: it.split, what: What::Asked(it.question.prompt) }).collect()
        };
        let other = rl.reference.map(|id| Parent::open(id, hands)).transpose()?;
        let reference = other.as_ref().unwrap_or(parent).model()?;
        if reference.config.vocab_size != parent.config.vocab_size {
            return Err(
                "The checkpoint to be held against reads other tokens than the one to start from; choose another".to_owned()
            );
        }
        Ok(Self { prompts, reference: Arc::new(reference), template: None })
    }

    /// What a run began with.
    pub fn of_run(run_dir: &Path) -> Result<Self, String> {
        let prompts = kept::load("prompts", &run_dir.join(FILE))?;
        Ok(Self { prompts, reference: load_reference(run_dir)?, template: None })
    }

    /// Writes what the run must keep to be resumed.
    pub fn save(&self, tokenizer: &Path, model: &ModelConfig, run_dir: &Path) -> Result<(), String> {
        save_inputs(tokenizer, self.template.as_deref(), model, run_dir).map_err(|error| error.to_string())?;
        kept::save(&self.prompts, "prompts", &run_dir.join(FILE))?;
        save_reference(&self.reference, run_dir)
    }

    /// Each question's prompt as it was asked; of labelled rows nothing, for they say it otherwise.
    pub fn sides(&self) -> Vec<(i64, Side)> {
        let side = |kept: &KeptPrompt| match &kept.what {
            What::Asked(side) => Some((kept.question, side.clone())),
            What::Row(_) => None,
        };
        self.prompts.iter().filter_map(side).collect()
    }

    /// Prompts as tokens with their judge, and what a plan must know of them.
    pub fn prepare(&mut self, kitchen: &Kitchen<'_>, rl: &Rl, hands: &Hands<'_>) -> Result<(TrainData, CorpusFacts), String> {
        let template = chat_template(kitchen.tune.template, kitchen)?;
        self.template = Some(template.source().to_owned());
        let recipe = text_recipe(kitchen, &template);
        // A prompt that leaves no room for an answer would be answered with nothing.
        let room = kitchen.max_len.saturating_sub(rl.max_tokens.min(kitchen.max_len / 2));
        let (mut train, mut val, mut left_out, mut sides) = (Vec::new(), Vec::new(), Vec::new(), BTreeMap::new());
        for kept in &self.prompts {
            match kept.prompt(&recipe) {
                Ok(prompt) if prompt.ids.len() <= room => {
                    if let What::Asked(side) = &kept.what {
                        sides.insert(kept.question, side.clone());
                    }
                    match kept.split {
                        Split::Train => train.push(prompt),
                        Split::Validation => val.push(prompt),
                        Split::Test => {}
                    }
                }
                Ok(prompt) => left_out.push(format!(
                    "a prompt has {} tokens, which leaves no room for an answer of {} in {}",
                    prompt.ids.len(),
                    rl.max_tokens,
                    kitchen.max_len
                )),
                Err(why) => left_out.push(why),
            }
        }
        let special = kitchen.tokenizer.special();
        let tokens = |prompts: &[Prompt]| prompts.iter().map(|prompt| prompt.ids.len() as u64).sum::<u64>();
        let facts = CorpusFacts {
            train_tokens: tokens(&train),
            val_tokens: tokens(&val).max(2 * u64::from(!val.is_empty() as u8)),
            val_bytes: 1,
            rows: Some(RowFacts {
                train: train.len() as u64,
                val: val.len() as u64,
                train_tokens: tokens(&train) + (train.len() * rl.max_tokens) as u64,
                longest: train.iter().chain(&val).map(|prompt| prompt.ids.len() + rl.max_tokens).max().unwrap_or(0),
                left_out,
                ..RowFacts::default()
            }),
            ..kitchen.facts()
        };
        let stop = [kitchen.model.eos_token_id, special.eos, special.im_end].into_iter().flatten().collect();
        let tokenizer = Tokenizer::load(&kitchen.inputs.join("tokenizer.json")).map_err(|error| error.to_string())?;
        let judge = judge(&rl.judges, sides, tokenizer, hands)?;
        let prompts = Prompts { train, val, stop };
        Ok((TrainData::Prompts { prompts, rl: Box::new(rl.clone()), reference: Arc::clone(&self.reference), judge }, facts))
    }
}

impl KeptPrompt {
    fn prompt(&self, recipe: &TextRecipe<'_>) -> Result<Prompt, String> {
        match &self.what {
            What::Asked(side) => {
                let ids = recipe.prompt(side).map_err(|why| why.to_string())?;
                Ok(Prompt { question: self.question, ids, text: side_text(side), right: None })
            }
            What::Row(example) => {
                let (mut rows, report) = recipe.rows(std::iter::once((self.question, &**example)));
                let mut row = rows.pop().ok_or_else(|| report.sentences().join("; "))?;
                row.ids.truncate(row.prompt_len);
                Ok(Prompt { question: self.question, ids: row.ids, text: row.input, right: Some(row.answer) })
            }
        }
    }
}
