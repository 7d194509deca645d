//! `lyceum new` and `tokenize`: from a project to a corpus. Knows no model.

use std::path::PathBuf;

use anyhow::{Result, bail};
use serde_json::json;

use super::arguments::{NewArguments, TokenizeArguments};
use super::output::{short_count, thousands};
use super::session::Session;
use crate::engine::command::{CorpusId, DatasetId, ImportCommand, TokenizerId, TokenizerSpec};
use crate::engine::event::CorpusInfo;
use crate::engine::{Command, Event};
use crate::state::format::plural;

/// Tells what stands in the new project; filling it with the sample takes a moment.
pub fn new(session: &mut Session, arguments: &NewArguments) -> Result<()> {
    let folder = session.folder.display().to_string();
    if arguments.sample {
        fill_sample(session)?;
        session
            .out
            .line(&format!("Made the sample project in {folder}. Next: lyceum pretrain --project {folder} --minutes 2"))?;
    } else {
        session.out.line(&format!("Made an empty project in {folder}. Next: lyceum import --project {folder} FILE"))?;
    }
    session.out.event(&json!({ "event": "done", "project": session.folder }))?;
    Ok(())
}

/// Text, tokenizer, corpus and starter checkpoint of the sample, as far as they are missing.
pub fn fill_sample(session: &mut Session) -> Result<CorpusId> {
    let job = session.job();
    session.send(Command::Import(ImportCommand::FillSample { job }));
    let corpus = session.until(Some(job), |_, event| {
        Ok(if let Event::SampleReady { job: ready, corpus } = event { (ready == job).then_some(corpus) } else { None })
    })?;
    session.refresh()?;
    Ok(corpus)
}

pub fn tokenize(session: &mut Session, arguments: &TokenizeArguments) -> Result<()> {
    let (dataset, dataset_name) = session.dataset(arguments.dataset.as_deref()).map(|d| (d.id, d.name.clone()))?;
    let tokenizer = if let Some(asked) = &arguments.tokenizer {
        given_tokenizer(session, asked)?
    } else {
        let spec = TokenizerSpec { kind: arguments.kind.kind(), vocab_size: arguments.vocab };
        train_tokenizer(session, dataset, spec, arguments.name.clone().unwrap_or(dataset_name))?
    };
    if arguments.no_corpus {
        session.out.event(&json!({ "event": "done", "tokenizer": tokenizer }))?;
        return Ok(());
    }
    let corpus = build_corpus(session, dataset, tokenizer, arguments.val, arguments.seed)?;
    session.out.event(&json!({ "event": "done", "tokenizer": tokenizer, "corpus": corpus.id }))?;
    Ok(())
}

/// A tokenizer of the project by id, or one loaded from a file.
fn given_tokenizer(session: &mut Session, asked: &str) -> Result<TokenizerId> {
    if let Some(known) = session.library.tokenizers.iter().find(|t| t.id.to_string() == asked) {
        return Ok(known.id);
    }
    let path = PathBuf::from(asked);
    if !path.exists() {
        bail!("'{asked}' is neither a tokenizer of the project nor a file; `lyceum tokenize --kind byte-bpe` trains one");
    }
    let job = session.job();
    session.send(Command::Import(ImportCommand::ImportTokenizer { job, path }));
    tokenizer_ready(session, job)
}

/// Learns a tokenizer from a dataset and tells its size.
pub fn train_tokenizer(session: &mut Session, dataset: DatasetId, spec: TokenizerSpec, name: String) -> Result<TokenizerId> {
    let job = session.job();
    session.send(Command::Import(ImportCommand::TrainTokenizer { job, dataset, spec, name }));
    tokenizer_ready(session, job)
}

fn tokenizer_ready(session: &mut Session, job: u64) -> Result<TokenizerId> {
    let tokenizer = session.until(Some(job), |_, event| {
        Ok(if let Event::TokenizerReady { job: done, tokenizer } = event { (done == job).then_some(tokenizer) } else { None })
    })?;
    session.refresh()?;
    if let Some(info) = session.library.tokenizers.iter().find(|t| t.id == tokenizer) {
        session.out.line(&format!("Tokenizer {} ({}): {} entries", info.id, info.name, thousands(info.vocab_size as u64)))?;
        session.out.event(&json!({
            "event": "tokenizer", "tokenizer": info.id, "name": info.name, "kind": info.kind, "vocab_size": info.vocab_size,
        }))?;
    }
    Ok(tokenizer)
}

/// Cuts a dataset into tokens, splits it, and tells the numbers.
pub fn build_corpus(
    session: &mut Session,
    dataset: DatasetId,
    tokenizer: TokenizerId,
    val_fraction: f64,
    seed: u64,
) -> Result<CorpusInfo> {
    let job = session.job();
    session.send(Command::Import(ImportCommand::BuildCorpus { job, dataset, tokenizer, val_fraction, seed }));
    let corpus = session.until(Some(job), |_, event| {
        Ok(if let Event::CorpusReady { job: done, corpus } = event { (done == job).then_some(corpus) } else { None })
    })?;
    session.refresh()?;
    let Some(info) = session.library.corpora.iter().find(|c| c.id == corpus).cloned() else {
        bail!("The corpus {corpus} was built but is not in the project; open the project again");
    };
    show_corpus(session, &info)?;
    Ok(info)
}

/// Tokens, documents, and what a model scores that knows nothing of order.
pub fn show_corpus(session: &Session, info: &CorpusInfo) -> Result<()> {
    let b = &info.baselines;
    session.out.line(&format!(
        "Corpus {}: {} tokens in {} to train on, {} tokens in {} to validate, {} left out",
        info.id,
        short_count(info.train_tokens),
        plural(info.train_documents, "document", "documents"),
        short_count(info.val_tokens),
        plural(info.val_documents, "document", "documents"),
        plural(info.duplicates, "duplicate", "duplicates")
    ))?;
    session.out.line(&format!(
        "Validation loss without a model: uniform {:.3}, unigram {:.3}, bigram {:.3} nats a token",
        b.uniform, b.unigram, b.bigram
    ))?;
    session.out.event(&json!({
        "event": "corpus", "corpus": info.id, "dataset": info.dataset, "tokenizer": info.tokenizer, "train_tokens": info.train_tokens,
        "val_tokens": info.val_tokens, "train_documents": info.train_documents, "val_documents": info.val_documents,
        "val_bytes": info.val_bytes, "duplicates": info.duplicates, "baselines": b,
    }))?;
    Ok(())
}
