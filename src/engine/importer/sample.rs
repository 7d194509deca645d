//! Fills the sample project: the model that came with the program first, so that there is something to talk to at once. Every part is made only if it is missing.

use super::{Failure, Session};
use crate::engine::command::{CorpusId, DatasetId, JobId, Mapping, Schema, TokenizerId, TokenizerKind, TokenizerSpec};
use crate::engine::event::Event;
use crate::store::{Draft, sample};
use crate::tokenizer::Tokenizer;

/// Entries of the sample's tokenizer when no trained model came with its own.
const VOCAB_SIZE: usize = 2048;

impl Session<'_> {
    pub(super) fn fill_sample(&mut self, job: JobId) -> Result<(), Failure> {
        let filled = self.desk.ask(|project| project.setting(sample::FILLED_SETTING))?;
        let corpus = if let Some(corpus) = filled.and_then(|text| text.parse().ok()) {
            corpus
        } else {
            self.writable()?;
            self.add_starter()?;
            let dataset = self.sample_text(job)?;
            let tokenizer = self.sample_tokenizer(job, dataset)?;
            self.sample_corpus(job, dataset, tokenizer)?
        };
        if !self.read_only {
            self.sample_tasks(job)?;
        }
        self.outbox.send(Event::SampleReady { job, corpus });
        Ok(())
    }

    /// The labelled datasets, each once: what a person deleted does not come back.
    fn sample_tasks(&mut self, job: JobId) -> Result<(), Failure> {
        let done = self.desk.ask(|project| project.setting(sample::TASKS_SETTING))?.unwrap_or_default();
        let mut done: Vec<String> = done.split_whitespace().map(str::to_owned).collect();
        for task in &sample::TASKS {
            if done.iter().any(|file| file == task.file) {
                continue;
            }
            let place = Draft::within(self.paths.root())?;
            let path = sample::write_task(task, place.path())?;
            let mapping = crate::data::inspect(&path)?.mapping;
            self.import_quietly(job, &path, "came with the program", &mapping, task.name)?;
            done.push(task.file.to_owned());
            let text = done.join(" ");
            self.desk.ask(move |project| project.set_setting(sample::TASKS_SETTING, &text))?;
        }
        Ok(())
    }

    fn add_starter(&mut self) -> Result<(), Failure> {
        self.desk.change(|project| project.set_setting(sample::PROMPTS_SETTING, sample::prompts_setting()))?;
        let there = self
            .desk
            .ask(|project| Ok(project.checkpoints()?.iter().any(|row| row.run.is_none() && row.name == sample::STARTER_NAME)))?;
        if there || !sample::has_starter() {
            return Ok(());
        }
        let draft = Draft::within(&self.paths.models_dir())?;
        sample::write_starter(draft.path())?;
        let draft = draft.seal()?;
        self.desk.change(move |project| project.add_model(draft, sample::STARTER_NAME, 0, false))?;
        Ok(())
    }

    fn sample_text(&mut self, job: JobId) -> Result<DatasetId, Failure> {
        let there = self.desk.ask(|project| Ok(project.datasets()?.into_iter().find(|row| row.name == sample::TEXT_NAME)))?;
        if let Some(row) = there {
            return Ok(row.id);
        }
        let place = Draft::within(self.paths.root())?;
        let path = sample::write_text(place.path())?;
        let mapping = Mapping::new(Schema::Text, Vec::new());
        self.import(job, &path, "came with the program", &mapping, sample::TEXT_NAME)
    }

    /// The trained model's own tokenizer, so that new runs can branch from it; else a new one.
    fn sample_tokenizer(&mut self, job: JobId, dataset: DatasetId) -> Result<TokenizerId, Failure> {
        let there =
            self.desk.ask(|project| Ok(project.tokenizers()?.into_iter().find(|row| row.name == sample::TOKENIZER_NAME)))?;
        if let Some(row) = there {
            return Ok(row.id);
        }
        if !sample::has_starter() {
            let spec = TokenizerSpec { kind: TokenizerKind::ByteBpe, vocab_size: VOCAB_SIZE };
            return self.train_tokenizer(job, dataset, spec, sample::TOKENIZER_NAME);
        }
        let place = Draft::within(self.paths.root())?;
        let path = place.path().join("tokenizer.json");
        sample::write_starter_tokenizer(&path)?;
        let tokenizer = self.add_tokenizer(&Tokenizer::load(&path)?, sample::TOKENIZER_NAME, "Byte-level BPE")?;
        self.outbox.send(Event::TokenizerReady { job, tokenizer });
        Ok(tokenizer)
    }

    fn sample_corpus(&mut self, job: JobId, dataset: DatasetId, tokenizer: TokenizerId) -> Result<CorpusId, Failure> {
        let corpus = self.build_corpus(job, dataset, tokenizer, sample::VAL_FRACTION, sample::SPLIT_SEED)?;
        self.desk.change(move |project| project.set_setting(sample::FILLED_SETTING, &corpus.to_string()))?;
        Ok(corpus)
    }
}
