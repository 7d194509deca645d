//! Conversations and kept prompts, in the database. Knows no model; what is said of a row's content is decided elsewhere.

use rusqlite::{OptionalExtension as _, Row, params};

use super::error::StoreError;
use super::examples::NewExample;
use super::files::Draft;
use super::library::json;
use super::project::Project;
use super::runs::now;
use crate::data::DocumentWriter;
use crate::data::conversation::Conversation;
use crate::data::supervised::LabelSet;
use crate::engine::command::{DatasetId, Mapping};
use crate::engine::event::DatasetInfo;
use crate::engine::talk::{ConversationRow, KeptPrompt};

/// Conversations in the list at most; a search narrows it.
const MOST: u32 = 500;

impl Project {
    /// Conversations in which this was said, whatever the case, the latest first.
    pub fn conversations(&self, search: &str) -> Result<Vec<ConversationRow>, StoreError> {
        let mut query = self.db.prepare(
            "SELECT id, name, turns, changed_at FROM conversations
             WHERE deleted_at IS NULL AND (?1 = '' OR instr(folded, ?1) > 0 OR instr(lower(name), ?1) > 0)
             ORDER BY changed_at DESC, id DESC LIMIT ?2",
        )?;
        let rows = query.query_map(params![search.trim().to_lowercase(), MOST], listed)?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    /// A conversation with all its branches; deleted ones are found, too.
    pub fn conversation(&self, id: i64) -> Result<(ConversationRow, Conversation), StoreError> {
        let sql = "SELECT id, name, turns, changed_at, body FROM conversations WHERE id = ?1";
        let found = self.db.query_row(sql, [id], |row| Ok((listed(row)?, row.get::<_, String>(4)?))).optional()?;
        let (row, body) = found.ok_or(StoreError::Missing { what: "conversation", id })?;
        let read = serde_json::from_str(&body);
        let conversation =
            read.map_err(|error| StoreError::Unreadable { what: "conversation", id, detail: error.to_string() })?;
        Ok((row, conversation))
    }

    /// Saves a conversation as it is now; its name stays, once it has one. Gives its number.
    pub fn save_conversation(&mut self, id: Option<i64>, conversation: &Conversation) -> Result<i64, StoreError> {
        self.writable()?;
        let (body, turns, folded) = (json(conversation), conversation.len() as i64, conversation.words());
        let Some(id) = id else {
            self.db.execute(
                "INSERT INTO conversations (name, body, turns, folded, created_at, changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
                params![conversation.title(), body, turns, folded, now()],
            )?;
            return Ok(self.db.last_insert_rowid());
        };
        let changed = self.db.execute(
            "UPDATE conversations SET body = ?1, turns = ?2, folded = ?3, changed_at = ?4 WHERE id = ?5",
            params![body, turns, folded, now(), id],
        )?;
        if changed == 0 { Err(StoreError::Missing { what: "conversation", id }) } else { Ok(id) }
    }

    pub fn rename_conversation(&mut self, id: i64, name: &str) -> Result<(), StoreError> {
        self.writable()?;
        let changed = self.db.execute("UPDATE conversations SET name = ?1 WHERE id = ?2", params![name.trim(), id])?;
        if changed == 0 { Err(StoreError::Missing { what: "conversation", id }) } else { Ok(()) }
    }

    /// Hides a conversation, or brings it back.
    pub fn set_conversation_deleted(&mut self, id: i64, deleted: bool) -> Result<(), StoreError> {
        self.writable()?;
        let sql = "UPDATE conversations SET deleted_at = ?1 WHERE id = ?2";
        let changed = self.db.execute(sql, params![deleted.then(now), id])?;
        if changed == 0 { Err(StoreError::Missing { what: "conversation", id }) } else { Ok(()) }
    }

    /// The library of prompts, in the order of their names.
    pub fn kept_prompts(&self) -> Result<Vec<KeptPrompt>, StoreError> {
        let sql = "SELECT id, name, text, system FROM kept_prompts WHERE deleted_at IS NULL ORDER BY name, id";
        let mut query = self.db.prepare(sql)?;
        let rows = query
            .query_map([], |row| Ok(KeptPrompt { id: row.get(0)?, name: row.get(1)?, text: row.get(2)?, system: row.get(3)? }))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    }

    /// A new prompt (id 0), or a changed one.
    pub fn keep_prompt(&mut self, prompt: &KeptPrompt) -> Result<(), StoreError> {
        self.writable()?;
        let KeptPrompt { id, name, text, system } = prompt;
        if *id == 0 {
            let sql = "INSERT INTO kept_prompts (name, text, system, created_at) VALUES (?1, ?2, ?3, ?4)";
            self.db.execute(sql, params![name, text, system, now()])?;
            return Ok(());
        }
        let sql = "UPDATE kept_prompts SET name = ?1, text = ?2, system = ?3 WHERE id = ?4";
        let changed = self.db.execute(sql, params![name, text, system, id])?;
        if changed == 0 { Err(StoreError::Missing { what: "prompt", id: *id }) } else { Ok(()) }
    }

    pub fn set_kept_prompt_deleted(&mut self, id: i64, deleted: bool) -> Result<(), StoreError> {
        self.writable()?;
        let changed = self.db.execute("UPDATE kept_prompts SET deleted_at = ?1 WHERE id = ?2", params![deleted.then(now), id])?;
        if changed == 0 { Err(StoreError::Missing { what: "prompt", id }) } else { Ok(()) }
    }

    /// A new dataset for labelled rows that are written here, without any.
    pub fn create_rows(&mut self, name: &str, mapping: &Mapping) -> Result<DatasetId, StoreError> {
        self.writable()?;
        let draft = Draft::within(&self.paths().datasets_dir())?;
        // No text yet, and a place for it: whoever asks for documents finds none, and no error.
        DocumentWriter::create(draft.path())
            .and_then(DocumentWriter::finish)
            .map_err(|error| StoreError::io("write", draft.path(), std::io::Error::other(error.to_string())))?;
        let info = DatasetInfo {
            columns: mapping.columns.iter().map(|(_, column)| column.clone()).collect(),
            ..DatasetInfo::new(name, "written here", mapping.schema)
        };
        let dataset = self.begin_examples(draft.seal()?, &info, mapping, &LabelSet::default())?;
        self.finish_examples(dataset)?;
        Ok(dataset)
    }

    /// One more row at the end of a labelled dataset; gives its number.
    pub fn add_row(&mut self, dataset: DatasetId, row: NewExample) -> Result<i64, StoreError> {
        self.dataset(dataset)?;
        let sql = "SELECT coalesce(max(ordinal) + 1, 0) FROM examples WHERE dataset = ?1";
        let ordinal: i64 = self.db.query_row(sql, [dataset], |row| row.get(0))?;
        self.add_examples(dataset, ordinal as u64, &[row])?;
        self.finish_examples(dataset)?;
        let sql = "SELECT id FROM examples WHERE dataset = ?1 AND ordinal = ?2";
        Ok(self.db.query_row(sql, params![dataset, ordinal], |row| row.get(0))?)
    }
}

fn listed(row: &Row<'_>) -> rusqlite::Result<ConversationRow> {
    Ok(ConversationRow { id: row.get(0)?, name: row.get(1)?, turns: row.get::<_, i64>(2)? as u64, changed_at: row.get(3)? })
}
