//! Rows of datasets, tokenizers, corpora, prompts and settings, and the list of all that a project holds. Knows no run's curve.

use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension as _, params};

use super::error::StoreError;
use super::files::{self, SealedDraft};
use super::project::Project;
use super::runs::now;
use crate::data::supervised::LabelSet;
use crate::engine::command::{CorpusId, DatasetId, Mapping, Schema, TokenizerId};
use crate::engine::event::{CorpusInfo, DatasetInfo, Library, PromptRow, TokenizerInfo};

/// Prompts shown in the history.
const PROMPT_HISTORY: u32 = 200;

impl Project {
    /// All that a page may list.
    pub fn library(&self) -> Result<Library, StoreError> {
        Ok(Library {
            datasets: self.datasets()?,
            tokenizers: self.tokenizers()?,
            corpora: self.corpora()?,
            runs: self.runs()?,
            checkpoints: self.checkpoints()?,
            prompts: self.prompts()?,
        })
    }

    /// Gives imported files a place and a row in one go. `info.id` is chosen here.
    pub fn add_dataset(&mut self, draft: SealedDraft, info: &DatasetInfo, mapping: &Mapping) -> Result<DatasetId, StoreError> {
        self.insert_dataset(draft, info, mapping, false)
    }

    /// As `add_dataset`; `filling` keeps it unlisted until its rows are in.
    pub(super) fn insert_dataset(
        &mut self,
        draft: SealedDraft,
        info: &DatasetInfo,
        mapping: &Mapping,
        filling: bool,
    ) -> Result<DatasetId, StoreError> {
        self.writable()?;
        let paths = self.paths().clone();
        let change = self.db.transaction()?;
        change.execute(
            "INSERT INTO datasets (name, source, schema, mapping, rows, bytes, columns, created_at, filling)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                info.name,
                info.source,
                json(&info.schema),
                json(mapping),
                info.rows as i64,
                info.bytes as i64,
                json(&info.columns),
                now(),
                filling
            ],
        )?;
        let id = change.last_insert_rowid();
        take_place(draft, &paths.dataset_dir(id))?;
        change.commit()?;
        Ok(id)
    }

    /// As `add_dataset`; the draft holds `tokenizer.json`.
    pub fn add_tokenizer(&mut self, draft: SealedDraft, info: &TokenizerInfo) -> Result<TokenizerId, StoreError> {
        self.writable()?;
        let paths = self.paths().clone();
        let change = self.db.transaction()?;
        change.execute(
            "INSERT INTO tokenizers (name, kind, vocab_size, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![info.name, info.kind, info.vocab_size as i64, now()],
        )?;
        let id = change.last_insert_rowid();
        let file = paths.tokenizer_path(id);
        take_place(draft, file.parent().unwrap_or(&file))?;
        change.commit()?;
        Ok(id)
    }

    /// As `add_dataset`; the draft holds the token files.
    pub fn add_corpus(&mut self, draft: SealedDraft, info: &CorpusInfo) -> Result<CorpusId, StoreError> {
        self.writable()?;
        let paths = self.paths().clone();
        let change = self.db.transaction()?;
        change.execute(
            "INSERT INTO corpora (dataset, tokenizer, info, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![info.dataset, info.tokenizer, json(&StoredCorpus::from(info)), now()],
        )?;
        let id = change.last_insert_rowid();
        take_place(draft, &paths.corpus_dir(id))?;
        change.commit()?;
        Ok(id)
    }

    /// In order of making, the deleted ones too.
    pub fn datasets(&self) -> Result<Vec<DatasetInfo>, StoreError> {
        let mut query = self.db.prepare(
            "SELECT id, name, source, schema, rows, bytes, columns, deleted_at IS NOT NULL, labels,
                (SELECT count(*) FROM examples WHERE dataset = d.id AND status IN ('labelled', 'confirmed') AND removed = 0),
                (SELECT count(*) FROM questions WHERE dataset = d.id), (SELECT count(*) FROM votes WHERE dataset = d.id)
             FROM datasets d WHERE filling = 0 ORDER BY id",
        )?;
        let rows = query.query_map([], |row| {
            let schema: String = row.get(3)?;
            let columns: String = row.get(6)?;
            let labels: String = row.get(8)?;
            Ok(DatasetInfo {
                id: row.get(0)?,
                name: row.get(1)?,
                source: row.get(2)?,
                // A schema of a later version is at least text.
                schema: serde_json::from_str(&schema).unwrap_or(Schema::Text),
                rows: row.get::<_, i64>(4)? as u64,
                bytes: row.get::<_, i64>(5)? as u64,
                columns: serde_json::from_str(&columns).unwrap_or_default(),
                classes: serde_json::from_str::<LabelSet>(&labels).map_or(0, |labels| labels.options.len() as u64),
                labelled: row.get::<_, i64>(9)? as u64,
                questions: row.get::<_, i64>(10)? as u64,
                votes: row.get::<_, i64>(11)? as u64,
                deleted: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    pub fn dataset(&self, id: DatasetId) -> Result<DatasetInfo, StoreError> {
        self.datasets()?.into_iter().find(|dataset| dataset.id == id).ok_or(StoreError::Missing { what: "dataset", id })
    }

    /// Hides a dataset, or brings it back.
    pub fn set_dataset_deleted(&mut self, id: DatasetId, deleted: bool) -> Result<(), StoreError> {
        self.writable()?;
        let changed = self.db.execute("UPDATE datasets SET deleted_at = ?1 WHERE id = ?2", params![deleted.then(now), id])?;
        if changed == 0 { Err(StoreError::Missing { what: "dataset", id }) } else { Ok(()) }
    }

    pub fn tokenizers(&self) -> Result<Vec<TokenizerInfo>, StoreError> {
        let mut query =
            self.db.prepare("SELECT id, name, kind, vocab_size FROM tokenizers WHERE deleted_at IS NULL ORDER BY id")?;
        let rows = query.query_map([], |row| {
            Ok(TokenizerInfo {
                id: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                vocab_size: row.get::<_, i64>(3)? as usize,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    pub fn tokenizer(&self, id: TokenizerId) -> Result<TokenizerInfo, StoreError> {
        self.tokenizers()?.into_iter().find(|row| row.id == id).ok_or(StoreError::Missing { what: "tokenizer", id })
    }

    pub fn corpora(&self) -> Result<Vec<CorpusInfo>, StoreError> {
        let mut query =
            self.db.prepare("SELECT id, dataset, tokenizer, info FROM corpora WHERE deleted_at IS NULL ORDER BY id")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?)))?;
        let mut corpora = Vec::new();
        for row in rows {
            let (id, dataset, tokenizer, info) = row?;
            let stored: StoredCorpus = serde_json::from_str(&info).map_err(|error| StoreError::Unreadable {
                what: "corpus",
                id,
                detail: error.to_string(),
            })?;
            corpora.push(stored.into_info(id, dataset, tokenizer));
        }
        Ok(corpora)
    }

    pub fn corpus(&self, id: CorpusId) -> Result<CorpusInfo, StoreError> {
        self.corpora()?.into_iter().find(|corpus| corpus.id == id).ok_or(StoreError::Missing { what: "corpus", id })
    }

    /// The newest first.
    pub fn prompts(&self) -> Result<Vec<PromptRow>, StoreError> {
        let mut query = self.db.prepare(
            "SELECT id, prompt, completion, settings, created_at FROM prompts WHERE deleted_at IS NULL ORDER BY id DESC LIMIT ?1",
        )?;
        let rows = query.query_map([PROMPT_HISTORY], |row| {
            Ok(PromptRow {
                id: row.get(0)?,
                prompt: row.get(1)?,
                completion: row.get(2)?,
                settings: row.get(3)?,
                created_at: row.get(4)?,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    pub fn add_prompt(&mut self, prompt: &str, completion: &str, settings: &str) -> Result<(), StoreError> {
        self.writable()?;
        self.db.execute(
            "INSERT INTO prompts (prompt, completion, settings, created_at) VALUES (?1, ?2, ?3, ?4)",
            params![prompt, completion, settings, now()],
        )?;
        Ok(())
    }

    /// In order of their keys.
    pub fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut query = self.db.prepare("SELECT key, value FROM settings ORDER BY key")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
        Ok(rows)
    }

    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        Ok(self.db.query_row("SELECT value FROM settings WHERE key = ?1", [key], |row| row.get(0)).optional()?)
    }

    pub fn set_setting(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        self.writable()?;
        self.db.execute("INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)", params![key, value])?;
        Ok(())
    }
}

/// The numbers of a corpus, as they stand in its row.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(default)]
#[derive(Default)]
struct StoredCorpus {
    train_tokens: u64,
    val_tokens: u64,
    train_documents: u64,
    val_documents: u64,
    val_bytes: u64,
    duplicates: u64,
    baselines: crate::engine::event::Baselines,
}

impl From<&CorpusInfo> for StoredCorpus {
    fn from(info: &CorpusInfo) -> Self {
        Self {
            train_tokens: info.train_tokens,
            val_tokens: info.val_tokens,
            train_documents: info.train_documents,
            val_documents: info.val_documents,
            val_bytes: info.val_bytes,
            duplicates: info.duplicates,
            baselines: info.baselines,
        }
    }
}

impl StoredCorpus {
    fn into_info(self, id: CorpusId, dataset: DatasetId, tokenizer: TokenizerId) -> CorpusInfo {
        CorpusInfo {
            id,
            dataset,
            tokenizer,
            train_tokens: self.train_tokens,
            val_tokens: self.val_tokens,
            train_documents: self.train_documents,
            val_documents: self.val_documents,
            val_bytes: self.val_bytes,
            duplicates: self.duplicates,
            baselines: self.baselines,
        }
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Publishes a draft under a number that no row has had: what stands there was left by a crash before its row was committed.
fn take_place(draft: SealedDraft, target: &Path) -> Result<(), StoreError> {
    let target: PathBuf = target.to_path_buf();
    files::remove_dir(&target)?;
    draft.publish(&target)
}
