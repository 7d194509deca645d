//! Votes of a run: from the project or from the run's own copy, made ready for its trainer, with the frozen reference. Trains nothing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Hands;
use super::row_source::{Kitchen, chat_template, text_recipe};
use super::source::Parent;
use crate::config::{Align, CorpusFacts, RowFacts};
use crate::data::kept;
use crate::data::supervised::{LeftOut, Split, TextRecipe};
use crate::engine::command::DatasetId;
use crate::feedback::{Material, Question, Said, Vote, Want};
use crate::formats::{load_folder, save_inputs, save_new_folder};
use crate::model::{Model, ModelConfig, Sequence};
use crate::store::StoredVote;
use crate::train::reward_loss::RewardKind;
use crate::train::{Extra, Item, Judged, TrainData};

/// Names in the run's folder.
const FILE: &str = "votes.jsonl";
const REFERENCE: &str = "reference";

/// A vote as it stood when the run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct KeptVote {
    question: i64,
    asked: Question,
    annotator: String,
    vote: Vote,
    split: Split,
}

/// What a run learns from people's votes.
pub struct VoteSource {
    votes: Vec<KeptVote>,
    /// The weights that the run started from, where its method holds the policy against them.
    reference: Option<Arc<Model>>,
    /// Jinja of the chat template in use.
    template: Option<String>,
}

impl VoteSource {
    /// The votes of a dataset as they are now; the reference is the start checkpoint.
    pub fn of_dataset(dataset: DatasetId, align: &Align, parent: &Parent, hands: &Hands<'_>) -> Result<Self, String> {
        let live = matches!(align, Align::Live { .. });
        let stored = if live {
            Vec::new()
        } else {
            hands.desk.ask(move |project| project.votes(dataset, None)).map_err(|error| error.to_string())?
        };
        let kept = |it: StoredVote| KeptVote {
            question: it.id,
            asked: it.question,
            annotator: it.annotator,
            vote: it.vote,
            split: it.split,
        };
        let reference = align.needs_reference().then(|| parent.model().map(Arc::new)).transpose()?;
        Ok(Self { votes: stored.into_iter().map(kept).collect(), reference, template: None })
    }

    /// What a run began with.
    pub fn of_run(run_dir: &Path, align: &Align) -> Result<Self, String> {
        let votes = kept::load("votes", &run_dir.join(FILE))?;
        Ok(Self { votes, reference: align.needs_reference().then(|| load_reference(run_dir)).transpose()?, template: None })
    }

    /// Writes what the run must keep to be resumed: votes, tokenizer, chat template, and the reference's weights.
    pub fn save(&self, tokenizer: &Path, model: &ModelConfig, run_dir: &Path) -> Result<(), String> {
        save_inputs(tokenizer, self.template.as_deref(), model, run_dir).map_err(|error| error.to_string())?;
        kept::save(&self.votes, "votes", &run_dir.join(FILE))?;
        self.reference.as_ref().map_or(Ok(()), |reference| save_reference(reference, run_dir))
    }

    /// Votes as the trainer takes them, and what a plan must know of them.
    pub fn prepare(&mut self, kitchen: &Kitchen<'_>, align: &Align) -> Result<(TrainData, CorpusFacts), String> {
        let template = chat_template(kitchen.tune.template, kitchen)?;
        self.template = Some(template.source().to_owned());
        let recipe = text_recipe(kitchen, &template);
        let (train, left_out) = self.side(Split::Train, align, &recipe);
        let (val, _) = self.side(Split::Validation, align, &recipe);
        let all = || train.iter().chain(&val);
        let targets = |items: &[Item]| items.iter().flat_map(|item| &item.sequences).map(|s| s.targets.len() as u64).sum();
        let lengths = || all().flat_map(|item| &item.sequences).map(|sequence| sequence.ids.len());
        let facts = CorpusFacts {
            train_tokens: targets(&train),
            // A validation of a few votes is one, too.
            val_tokens: targets(&val) * 2,
            val_bytes: 1,
            rows: Some(RowFacts {
                train: train.len() as u64,
                val: val.len() as u64,
                train_tokens: train.iter().flat_map(|item| &item.sequences).map(|s| s.ids.len() as u64).sum(),
                longest: lengths().max().unwrap_or(0),
                left_out,
                ..RowFacts::default()
            }),
            ..kitchen.facts()
        };
        let judged = Judged { train, val };
        let data = match align {
            Align::Reward { loss, .. } => TrainData::Rankings { judged, loss: *loss },
            Align::Prefer { loss } => TrainData::Preferences { judged, loss: *loss, reference: self.reference.clone() },
            Align::Live { loss, .. } => {
                TrainData::Preferences { judged: Judged::default(), loss: *loss, reference: self.reference.clone() }
            }
            Align::Rl(_) => return Err("A policy learns from prompts, not from votes".to_owned()),
        };
        Ok((data, facts))
    }

    /// One side's items, with why others were left out.
    fn side(&self, split: Split, align: &Align, recipe: &TextRecipe<'_>) -> (Vec<Item>, Vec<String>) {
        let mut cook = Cook { recipe, left_out: Vec::new() };
        // What was asked twice counts once: the second time is there to see how far a person agrees with themselves.
        let given: BTreeSet<(i64, &str)> = self.votes.iter().map(|kept| (kept.question, kept.annotator.as_str())).collect();
        let again = |kept: &KeptVote| kept.asked.repeats.is_some_and(|first| given.contains(&(first, kept.annotator.as_str())));
        let said: Vec<Said<'_>> = self
            .votes
            .iter()
            .filter(|kept| kept.split == split && !again(kept))
            .map(|kept| Said { question: kept.question, asked: &kept.asked, annotator: &kept.annotator, vote: &kept.vote })
            .collect();
        let criterion = if let Align::Reward { criterion, .. } = align { criterion.as_deref() } else { None };
        let material = Material::of(&said, criterion);
        let (items, want) = match align {
            Align::Reward { loss, .. } if loss.kind == RewardKind::Scores => (cook.scores(&material), Want::Scores),
            Align::Reward { .. } => (cook.rankings(&material), Want::Rankings),
            Align::Prefer { loss } if loss.is_paired() => (cook.pairs(&material), Want::Pairs),
            Align::Prefer { .. } | Align::Rl(_) | Align::Live { .. } => (cook.single(&material), Want::Single),
        };
        let mut left_out = material.left_out(want);
        left_out.append(&mut cook.left_out);
        left_out.dedup();
        (items, left_out)
    }
}

/// Keeps the frozen model beside a run.
pub(super) fn save_reference(reference: &Model, run_dir: &Path) -> Result<(), String> {
    save_new_folder(reference, &run_dir.join(REFERENCE)).map_err(|error| error.to_string())
}

/// Where it stands.
pub(super) fn reference_dir(run_dir: &Path) -> std::path::PathBuf {
    run_dir.join(REFERENCE)
}

/// The frozen model of a run.
pub(super) fn load_reference(run_dir: &Path) -> Result<Arc<Model>, String> {
    load_folder(&run_dir.join(REFERENCE)).map(|found| Arc::new(found.model)).map_err(|error| error.to_string())
}

/// Turns answers into tokens.
struct Cook<'a> {
    recipe: &'a TextRecipe<'a>,
    left_out: Vec<String>,
}

/// The pairs in one vote, ready for training.
pub(super) fn pairs_of(said: Said<'_>, recipe: &TextRecipe<'_>) -> Vec<Item> {
    Cook { recipe, left_out: Vec::new() }.pairs(&Material::of(&[said], None))
}

impl Cook<'_> {
    fn pairs(&mut self, material: &Material) -> Vec<Item> {
        let one = |pair: &crate::feedback::PairOf| -> Result<Item, LeftOut> {
            let row = |answer: &str| self.recipe.pair(pair.question, &pair.prompt, answer);
            let sequences = [row(&pair.chosen)?, row(&pair.rejected)?].map(|row| Sequence::masked(&row.ids, &row.mask)).to_vec();
            let extra = Extra { margin: pair.margin, weight: pair.weight, ..Extra::default() };
            Ok(Item { question: pair.question, sequences, extras: vec![extra; 2] })
        };
        let made: Vec<_> = material.pairs.iter().map(one).collect();
        self.keep(made)
    }

    fn rankings(&mut self, material: &Material) -> Vec<Item> {
        let one = |it: &crate::feedback::Ranking| -> Result<Item, LeftOut> {
            let row = |answer: &String| self.recipe.pair(it.question, &it.prompt, answer).map(|row| Sequence::rated(row.ids));
            let sequences = it.answers.iter().map(row).collect::<Result<Vec<_>, _>>()?;
            let extra = |rank: &f32| Extra { label: *rank, margin: it.margin, weight: it.weight, ..Extra::default() };
            Ok(Item { question: it.question, sequences, extras: it.ranks.iter().map(extra).collect() })
        };
        let made: Vec<_> = material.rankings.iter().map(one).collect();
        self.keep(made)
    }

    fn single(&mut self, material: &Material) -> Vec<Item> {
        let one = |it: &crate::feedback::Single| -> Result<Item, LeftOut> {
            let row = self.recipe.pair(it.question, &it.prompt, &it.answer)?;
            let extra = Extra { label: f32::from(u8::from(it.desirable)), ..Extra::default() };
            Ok(Item { question: it.question, sequences: vec![Sequence::masked(&row.ids, &row.mask)], extras: vec![extra] })
        };
        let made: Vec<_> = material.single.iter().map(one).collect();
        self.keep(made)
    }

    fn scores(&mut self, material: &Material) -> Vec<Item> {
        let one = |it: &crate::feedback::Scored| -> Result<Item, LeftOut> {
            let row = self.recipe.pair(it.question, &it.prompt, &it.answer)?;
            let extra = Extra { label: it.score, ..Extra::default() };
            Ok(Item { question: it.question, sequences: vec![Sequence::rated(row.ids)], extras: vec![extra] })
        };
        let made: Vec<_> = material.scores.iter().map(one).collect();
        self.keep(made)
    }

    fn keep(&mut self, made: Vec<Result<Item, LeftOut>>) -> Vec<Item> {
        let mut items = Vec::with_capacity(made.len());
        for one in made {
            match one {
                Ok(item) => items.push(item),
                Err(why) => self.left_out.push(why.to_string()),
            }
        }
        items
    }
}
