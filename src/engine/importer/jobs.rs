//! The importer's jobs, one function each: what is made is written aside, then listed in one step, or leaves nothing. Knows no channel.

use std::path::Path;
use std::time::Instant;

use super::{Failure, Session};
use crate::data::{self, Documents, corpus};
use crate::engine::command::{
    Command, CorpusId, DatasetId, ImportCommand, JobId, Mapping, Schema, TokenizerId, TokenizerKind, TokenizerSpec, Worker,
};
use crate::engine::event::{CorpusInfo, DatasetInfo, Event, TokenizerInfo};
use crate::store::{Draft, StoreError};
use crate::tokenizer::{Tokenizer, VocabPreview};

impl Session<'_> {
    pub(super) fn run_job(&mut self, command: Command) -> Result<(), Failure> {
        match command {
            Command::Import(import) => self.run_import(import),
            Command::Survey(ask) => self.survey(ask),
            Command::Library(_)
            | Command::Label(_)
            | Command::Feedback(_)
            | Command::Keep(_)
            | Command::Train(_)
            | Command::Align(_)
            | Command::Look(_)
            | Command::Lab(_)
            | Command::Talk(_) => Ok(()),
        }
    }

    fn run_import(&mut self, import: ImportCommand) -> Result<(), Failure> {
        match import {
            ImportCommand::ImportFile { job, path, mapping, name } => {
                let source = path.display().to_string();
                self.import(job, &path, &source, &mapping, &name).map(|_id| ())
            }
            ImportCommand::CreateLabelling { job, source, task, labels, name } => {
                self.create_labelling(job, &source, task, labels, &name)
            }
            ImportCommand::ExportDataset { job, dataset, form, split, all, path } => {
                self.export_dataset(job, dataset, form, (split, all), &path)
            }
            ImportCommand::ExportFeedback { job, dataset, form, split, path } => {
                self.export_feedback(job, dataset, form, split, &path)
            }
            ImportCommand::MeasureDataset { job, dataset } => self.measure(job, dataset),
            ImportCommand::TrainTokenizer { job, dataset, spec, name } => {
                self.train_tokenizer(job, dataset, spec, &name).map(|_id| ())
            }
            ImportCommand::ImportTokenizer { job, path } => self.import_tokenizer(job, &path),
            ImportCommand::PreviewTraining { job, dataset, checkpoint, tune, first } => {
                self.preview_training(job, dataset, checkpoint, (&tune, first as usize))
            }
            ImportCommand::PreviewVocab { job, dataset, spec, text } => self.preview_vocab(job, dataset, spec, &text),
            ImportCommand::BuildCorpus { job, dataset, tokenizer, val_fraction, seed } => {
                self.build_corpus(job, dataset, tokenizer, val_fraction, seed).map(|_id| ())
            }
            ImportCommand::FillSample { job } => self.fill_sample(job),
            ImportCommand::ExportCheckpoint { job, checkpoint, folder, half } => {
                self.export_checkpoint(job, checkpoint, &folder, half)
            }
            ImportCommand::InspectFile { job, path } => self.inspect(job, &path),
            ImportCommand::CutText { job, tokenizer, text } => self.cut_text(job, tokenizer, &text),
            // Both are answered as they come.
            ImportCommand::LoadRows { .. } | ImportCommand::CancelJob { .. } => Ok(()),
        }
    }

    pub(super) fn inspect(&mut self, job: JobId, path: &Path) -> Result<(), Failure> {
        let report = data::inspect(path)?;
        self.outbox.send(Event::Inspected { job, report });
        Ok(())
    }

    /// Documents of a file into the project.
    pub(super) fn import(
        &mut self,
        job: JobId,
        path: &Path,
        source: &str,
        mapping: &Mapping,
        name: &str,
    ) -> Result<DatasetId, Failure> {
        self.writable()?;
        let mut mapping = mapping.clone();
        if mapping.columns.is_empty() {
            // Nobody chose: what the file was found to be stands.
            mapping.columns = data::inspect(path)?.mapping.columns;
        }
        if mapping.schema != Schema::Text {
            return self.import_examples(job, path, source, &mapping, name);
        }
        let draft = Draft::within(&self.paths.datasets_dir())?;
        let began = Instant::now();
        let summary = data::import(path, &mapping, draft.path(), &mut |tick| self.tick(job, began, tick))?;
        let info = DatasetInfo {
            rows: summary.rows,
            bytes: summary.bytes,
            columns: summary.columns,
            ..DatasetInfo::new(name, source, mapping.schema)
        };
        let draft = draft.seal()?;
        let dataset = self.desk.change(move |project| project.add_dataset(draft, &info, &mapping))?;
        self.outbox.send(Event::Imported { job, dataset, rows: summary.rows, warnings: summary.warnings });
        Ok(dataset)
    }

    fn measure(&mut self, job: JobId, dataset: DatasetId) -> Result<(), Failure> {
        if self.is_supervised(dataset)? {
            return self.measure_examples(job, dataset);
        }
        let documents = self.documents(dataset)?;
        let began = Instant::now();
        let stats = documents.stats(&mut |tick| self.tick(job, began, tick))?;
        self.outbox.send(Event::DatasetStats { job, dataset, stats });
        Ok(())
    }

    pub(super) fn train_tokenizer(
        &mut self,
        job: JobId,
        dataset: DatasetId,
        spec: TokenizerSpec,
        name: &str,
    ) -> Result<TokenizerId, Failure> {
        self.writable()?;
        let documents = self.documents(dataset)?;
        let began = Instant::now();
        let trained = Tokenizer::train(spec, &documents, &mut |tick| self.tick(job, began, tick))?;
        for message in trained.warnings {
            self.warn(message);
        }
        let id = self.add_tokenizer(&trained.tokenizer, name, kind_name(spec.kind))?;
        self.outbox.send(Event::TokenizerReady { job, tokenizer: id });
        Ok(id)
    }

    fn import_tokenizer(&mut self, job: JobId, path: &Path) -> Result<(), Failure> {
        self.writable()?;
        let tokenizer = Tokenizer::load(path)?;
        // A file is called tokenizer.json; what tells it from others is its folder.
        let place = if path.is_dir() { Some(path) } else { path.parent() };
        let name =
            place.and_then(Path::file_name).map_or_else(|| "Loaded".to_owned(), |name| name.to_string_lossy().into_owned());
        let id = self.add_tokenizer(&tokenizer, &name, &path.display().to_string())?;
        self.outbox.send(Event::TokenizerReady { job, tokenizer: id });
        Ok(())
    }

    pub(super) fn add_tokenizer(&mut self, tokenizer: &Tokenizer, name: &str, kind: &str) -> Result<TokenizerId, Failure> {
        let draft = Draft::within(&self.paths.tokenizers_dir())?;
        tokenizer.save(&draft.path().join("tokenizer.json"))?;
        let info = TokenizerInfo { id: 0, name: name.to_owned(), kind: kind.to_owned(), vocab_size: tokenizer.vocab_size() };
        let draft = draft.seal()?;
        Ok(self.desk.change(move |project| project.add_tokenizer(draft, &info))?)
    }

    pub(super) fn cut_text(&mut self, job: JobId, tokenizer: TokenizerId, text: &str) -> Result<(), Failure> {
        let pieces = self.tokenizer(tokenizer)?.encode_pieces(text);
        self.outbox.send(Event::Pieces { job, tokenizer, pieces });
        Ok(())
    }

    fn preview_vocab(&mut self, job: JobId, dataset: DatasetId, spec: TokenizerSpec, text: &str) -> Result<(), Failure> {
        let wanted = (dataset, spec.kind);
        if self.preview.as_ref().is_none_or(|(have, _)| *have != wanted) {
            let documents = self.documents(dataset)?;
            self.preview = Some((wanted, VocabPreview::new(spec.kind, &documents)?));
        }
        let Some((_, preview)) = &self.preview else { return Ok(()) };
        let cut = preview.cut(spec.vocab_size, text)?;
        let spec = TokenizerSpec { vocab_size: cut.vocab_size, ..spec };
        self.outbox.send(Event::VocabPreview { job, spec, pieces: cut.pieces, tokens_per_word: cut.tokens_per_word });
        Ok(())
    }

    pub(super) fn build_corpus(
        &mut self,
        job: JobId,
        dataset: DatasetId,
        tokenizer: TokenizerId,
        val_fraction: f64,
        seed: u64,
    ) -> Result<CorpusId, Failure> {
        self.writable()?;
        let documents = self.documents(dataset)?;
        let cutter = self.tokenizer(tokenizer)?.clone();
        let draft = Draft::within(&self.paths.corpora_dir())?;
        let began = Instant::now();
        let summary =
            corpus::build(&documents, &cutter, val_fraction, seed, draft.path(), &mut |tick| self.tick(job, began, tick))?;
        for message in summary.warnings {
            self.warn(message);
        }
        let meta = summary.meta;
        let info = CorpusInfo {
            id: 0,
            dataset,
            tokenizer,
            train_tokens: meta.train_tokens,
            val_tokens: meta.val_tokens,
            train_documents: meta.train_documents,
            val_documents: meta.val_documents,
            val_bytes: meta.val_bytes,
            duplicates: meta.duplicates,
            baselines: meta.baselines,
        };
        let draft = draft.seal()?;
        let corpus = self.desk.change(move |project| project.add_corpus(draft, &info))?;
        self.outbox.send(Event::CorpusReady { job, corpus });
        Ok(corpus)
    }

    pub(super) fn writable(&self) -> Result<(), Failure> {
        if self.read_only { Err(StoreError::ReadOnly.into()) } else { Ok(()) }
    }

    pub(super) fn documents(&self, dataset: DatasetId) -> Result<Documents, Failure> {
        // Asked first: a number that is no dataset gets a better sentence than a folder that is not there.
        self.desk.ask(move |project| project.dataset(dataset))?;
        Ok(Documents::open(&self.paths.dataset_dir(dataset))?)
    }

    fn tokenizer(&mut self, id: TokenizerId) -> Result<&Tokenizer, Failure> {
        if self.tokenizer.as_ref().is_none_or(|(have, _)| *have != id) {
            self.desk.ask(move |project| project.tokenizer(id))?;
            self.tokenizer = Some((id, Tokenizer::load(&self.paths.tokenizer_path(id))?));
        }
        match &self.tokenizer {
            Some((_, tokenizer)) => Ok(tokenizer),
            None => Err(StoreError::Missing { what: "tokenizer", id }.into()),
        }
    }

    pub(super) fn warn(&mut self, message: String) {
        self.outbox.send(Event::Warning { worker: Worker::Importer, message });
    }
}

/// As it is listed.
fn kind_name(kind: TokenizerKind) -> &'static str {
    match kind {
        TokenizerKind::ByteBpe => "Byte-level BPE",
        TokenizerKind::WordPiece => "WordPiece",
        TokenizerKind::Unigram => "Unigram",
        TokenizerKind::Bytes => "Bytes",
        TokenizerKind::Chars => "Characters",
    }
}
