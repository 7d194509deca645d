//! What a run is made of: corpus, tokenizer, plan. Reads the project through the desk; trains nothing.

use std::path::PathBuf;

use super::Hands;
use crate::config::{ConfigError, CorpusFacts, RunConfig, RunPlan};
use crate::data::Corpus;
use crate::engine::event::CorpusInfo;
use crate::model::ModelConfig;
use crate::tokenizer::Tokenizer;

/// A corpus with its tokenizer, opened.
pub struct Source {
    pub info: CorpusInfo,
    pub corpus: Corpus,
    pub corpus_dir: PathBuf,
    pub facts: CorpusFacts,
    pub tokenizer: Tokenizer,
    pub tokenizer_path: PathBuf,
}

impl Source {
    /// Opens what a configuration names.
    pub fn open(config: &RunConfig, hands: &Hands<'_>) -> Result<Self, String> {
        let id = config.corpus;
        let info = hands.desk.ask(move |project| project.corpus(id)).map_err(|error| error.to_string())?;
        let corpus_dir = hands.paths.corpus_dir(id);
        let corpus = Corpus::open(&corpus_dir).map_err(|error| error.to_string())?;
        let tokenizer_path = hands.paths.tokenizer_path(info.tokenizer);
        let tokenizer = Tokenizer::load(&tokenizer_path).map_err(|error| error.to_string())?;
        let facts = CorpusFacts::of(corpus.meta(), tokenizer.special());
        Ok(Self { info, corpus, corpus_dir, facts, tokenizer, tokenizer_path })
    }

    /// The checked configuration; `from` is the model that the run starts from, if any.
    pub fn plan(&self, config: &RunConfig, from: Option<&ModelConfig>) -> Result<RunPlan, String> {
        config.plan(&self.facts, from).map_err(|errors| sentences(&errors))
    }
}

pub fn sentences(errors: &[ConfigError]) -> String {
    errors.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
}
