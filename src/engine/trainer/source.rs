//! What a run learns from: a corpus, or labelled rows; with its tokenizer and plan. Reads the project through the desk; trains nothing.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::Hands;
use super::prompt_source::PromptSource;
use super::row_source::{Kitchen, Prepared, RowSource, head_for};
use super::task_eval::EvalRows;
use super::vote_source::VoteSource;
use crate::config::{Adapt, Align, ConfigError, CorpusFacts, InContext, Rl, RunConfig, RunPlan, Tune, TuneTask};
use crate::data::Corpus;
use crate::data::supervised::Split;
use crate::engine::command::CheckpointId;
use crate::engine::event::Baselines;
use crate::evaluate::Metric;
use crate::formats::{load_folder, read_config};
use crate::model::{Model, ModelConfig};
use crate::tokenizer::Tokenizer;
use crate::train::TrainData;

/// The checkpoint that a run starts from, or goes on from.
pub struct Parent {
    pub dir: PathBuf,
    pub config: ModelConfig,
}

impl Parent {
    /// Opens a checkpoint of the project.
    pub fn open(id: CheckpointId, hands: &Hands<'_>) -> Result<Self, String> {
        let row = hands.desk.ask(move |project| project.checkpoint(id)).map_err(|error| error.to_string())?;
        if row.missing {
            return Err(format!("The folder of this checkpoint is gone; put it back, or choose another: {}", row.path.display()));
        }
        Self::at(&row.path)
    }

    pub fn at(dir: &Path) -> Result<Self, String> {
        let config = read_config(&dir.join("config.json")).map_err(|error| error.to_string())?;
        Ok(Self { dir: dir.to_owned(), config })
    }

    /// Its weights.
    pub fn model(&self) -> Result<Model, String> {
        // Whatever is begun from here has additions and values of its own, or none.
        Ok(load_folder(&self.dir).map_err(|error| error.to_string())?.model.merged().with_value(false))
    }
}

/// What a fine-tuning run measures its task with.
#[derive(Clone)]
pub struct Measure {
    pub eval: Rc<EvalRows>,
    pub baseline: Option<Metric>,
}

/// Everything that a configuration names, opened.
pub struct Source {
    pub data: TrainData,
    /// None where labelled rows are learnt from.
    pub corpus_dir: Option<PathBuf>,
    pub facts: CorpusFacts,
    pub baselines: Baselines,
    pub tokenizer: Tokenizer,
    pub tokenizer_path: PathBuf,
    /// What a run on rows or votes needs besides, to measure itself and to be resumed.
    pub inputs: Inputs,
}

/// What a run began with, besides a corpus.
pub enum Inputs {
    None,
    Rows(RowSource, Measure),
    Votes(VoteSource),
    Prompts(PromptSource),
}

impl Inputs {
    /// What the task is measured with, where there is one.
    pub fn measure(self) -> Option<Measure> {
        match self {
            Self::Rows(_, measure) => Some(measure),
            Self::None | Self::Votes(_) | Self::Prompts(_) => None,
        }
    }
}

impl Source {
    /// For a new run. The configuration takes over what follows from the rows and the start checkpoint.
    pub fn open(config: &mut RunConfig, parent: Option<&Parent>, hands: &Hands<'_>) -> Result<Self, String> {
        match (config.tune.clone(), parent) {
            (Some(tune), Some(parent)) => {
                *config = config.clone().with_parent(&parent.config);
                match &tune.align {
                    Some(Align::Rl(rl)) => {
                        let prompts = PromptSource::of_dataset(tune.dataset, rl, parent, hands)?;
                        return Self::over_prompts(config, &tune, parent, &parent.dir, (prompts, rl), hands);
                    }
                    Some(align) => {
                        let votes = VoteSource::of_dataset(tune.dataset, align, parent, hands)?;
                        return Self::over_votes(config, &tune, parent, &parent.dir, (votes, align));
                    }
                    None => {}
                }
                let rows = RowSource::of_dataset(tune.dataset, tune.val_fraction, hands)?;
                Self::over_rows(config, &tune, parent, &parent.dir, rows)
            }
            (Some(_), None) => Err("Fine-tuning starts from a checkpoint; choose one".to_owned()),
            (None, _) => Self::corpus(config, hands),
        }
    }

    /// For a run that goes on: the rows and the tokenizer are those that it began with, whatever became of the dataset.
    pub fn reopen(config: &mut RunConfig, parent: &Parent, run_dir: &Path, hands: &Hands<'_>) -> Result<Self, String> {
        match config.tune.clone() {
            Some(tune) => match &tune.align {
                Some(Align::Rl(rl)) => {
                    let prompts = PromptSource::of_run(run_dir)?;
                    Self::over_prompts(config, &tune, parent, run_dir, (prompts, rl), hands)
                }
                Some(align) => {
                    let votes = VoteSource::of_run(run_dir, align)?;
                    Self::over_votes(config, &tune, parent, run_dir, (votes, align))
                }
                None => Self::over_rows(config, &tune, parent, run_dir, RowSource::of_run(run_dir)?),
            },
            None => Self::corpus(config, hands),
        }
    }

    fn corpus(config: &RunConfig, hands: &Hands<'_>) -> Result<Self, String> {
        let id = config.corpus;
        let info = hands.desk.ask(move |project| project.corpus(id)).map_err(|error| error.to_string())?;
        let corpus_dir = hands.paths.corpus_dir(id);
        let corpus = Corpus::open(&corpus_dir).map_err(|error| error.to_string())?;
        let tokenizer_path = hands.paths.tokenizer_path(info.tokenizer);
        let tokenizer = Tokenizer::load(&tokenizer_path).map_err(|error| error.to_string())?;
        let facts = CorpusFacts::of(corpus.meta(), tokenizer.special());
        let (data, baselines) = (TrainData::from(corpus), info.baselines);
        Ok(Self { data, corpus_dir: Some(corpus_dir), facts, baselines, tokenizer, tokenizer_path, inputs: Inputs::None })
    }

    /// `inputs` holds the tokenizer and the chat template.
    fn over_rows(
        config: &mut RunConfig,
        tune: &Tune,
        parent: &Parent,
        inputs: &Path,
        mut rows: RowSource,
    ) -> Result<Self, String> {
        let tokenizer_path = inputs.join("tokenizer.json");
        let tokenizer = Tokenizer::load(&tokenizer_path).map_err(|error| error.to_string())?;
        let (max_len, model) = (config.dims.context, &parent.config);
        let seeded = Tune { in_context: tune.in_context.map(|it| InContext { seed: config.seed, ..it }), ..tune.clone() };
        let keeps_words = tune.in_context.is_some_and(|it| it.keep_words) && tune.adapt == Adapt::Full;
        if let Some(own) = config.tune.as_mut().filter(|_| keeps_words) {
            own.adapt = Adapt::LastLayers { k: model.n_layers };
        }
        let tune = &seeded;
        let kitchen = Kitchen { tune, max_len, model, inputs, tokenizer: &tokenizer, eval: Split::Validation, labels: None };
        let Prepared { data, facts, eval, baseline, .. } = rows.prepare(&kitchen)?;
        let n = facts.rows.as_ref().map_or(0, |rows| rows.train);
        *config = config.clone().with_epochs(n);
        let baselines = Baselines { uniform: guessing(tune.task, &facts), ..Baselines::default() };
        Ok(Self {
            data,
            corpus_dir: None,
            facts,
            baselines,
            tokenizer,
            tokenizer_path,
            inputs: Inputs::Rows(rows, Measure { eval, baseline }),
        })
    }

    /// `inputs` holds the tokenizer and the chat template.
    fn over_votes(
        config: &mut RunConfig,
        tune: &Tune,
        parent: &Parent,
        inputs: &Path,
        (mut votes, align): (VoteSource, &Align),
    ) -> Result<Self, String> {
        let tokenizer_path = inputs.join("tokenizer.json");
        let tokenizer = Tokenizer::load(&tokenizer_path).map_err(|error| error.to_string())?;
        let (max_len, model) = (config.dims.context, &parent.config);
        let kitchen = Kitchen { tune, max_len, model, inputs, tokenizer: &tokenizer, eval: Split::Validation, labels: None };
        let (data, facts) = votes.prepare(&kitchen, align)?;
        *config = config.clone().with_epochs(facts.rows.as_ref().map_or(0, |rows| rows.train));
        unmeasured(config, &facts);
        let (baselines, inputs) = (Baselines::default(), Inputs::Votes(votes));
        Ok(Self { data, corpus_dir: None, facts, baselines, tokenizer, tokenizer_path, inputs })
    }

    /// As `over_votes`.
    fn over_prompts(
        config: &mut RunConfig,
        tune: &Tune,
        parent: &Parent,
        inputs: &Path,
        (mut prompts, rl): (PromptSource, &Rl),
        hands: &Hands<'_>,
    ) -> Result<Self, String> {
        let tokenizer_path = inputs.join("tokenizer.json");
        let tokenizer = Tokenizer::load(&tokenizer_path).map_err(|error| error.to_string())?;
        let (max_len, model) = (config.dims.context, &parent.config);
        let kitchen = Kitchen { tune, max_len, model, inputs, tokenizer: &tokenizer, eval: Split::Validation, labels: None };
        let (data, facts) = prompts.prepare(&kitchen, rl, hands)?;
        // A step is one minibatch of a round, whatever was typed.
        (config.batch_size, config.grad_accum) = (rl.prompts * rl.group, 1);
        unmeasured(config, &facts);
        let (baselines, inputs) = (Baselines::default(), Inputs::Prompts(prompts));
        Ok(Self { data, corpus_dir: None, facts, baselines, tokenizer, tokenizer_path, inputs })
    }

    /// The start checkpoint's weights, with the head that the task needs.
    pub fn weights(&self, config: &RunConfig, parent: &Parent) -> Result<Model, String> {
        let model = parent.model()?;
        let head = config
            .tune
            .as_ref()
            .zip(self.facts.rows.as_ref())
            .and_then(|(tune, rows)| head_for(tune.task, tune.align.as_ref(), rows));
        match head {
            Some(head) => head.onto(&model, config.seed),
            None => Ok(model),
        }
    }

    /// The checked configuration; `from` is the model that the run starts from, if any.
    pub fn plan(&self, config: &RunConfig, from: Option<&ModelConfig>) -> Result<RunPlan, String> {
        config.plan(&self.facts, from).map_err(|errors| sentences(&errors))
    }
}

/// Where nothing was kept aside there is nothing to measure on: a run of a few votes goes on without.
fn unmeasured(config: &mut RunConfig, facts: &CorpusFacts) {
    if facts.rows.as_ref().is_some_and(|rows| rows.val == 0) {
        config.eval_every = 0;
    }
}

pub fn sentences(errors: &[ConfigError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
}

/// Loss of whoever takes all tokens, or all classes, for equally likely. 0 where rows have no common number of them.
fn guessing(task: TuneTask, facts: &CorpusFacts) -> f32 {
    let choices = match (task, &facts.rows) {
        (TuneTask::Text, _) => facts.vocab_size,
        (TuneTask::Classes | TuneTask::Tags, Some(rows)) if !rows.several => rows.labels.len(),
        (TuneTask::Classes | TuneTask::Tags | TuneTask::Spans, _) => 1,
    };
    (choices.max(1) as f32).ln()
}
