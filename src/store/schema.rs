//! The tables of a project's database, and how an older one becomes today's. Knows no row type.

use std::path::Path;

use rusqlite::Connection;

use super::error::StoreError;

/// Marks a SQLite file as ours ("LYCM"), so that another program's database is never taken for a project.
pub const APPLICATION_ID: i64 = 0x4c59_434d;

/// Step n brings a database of version n to n + 1. Steps that were released are never edited; a change is a new step.
const MIGRATIONS: &[&str] = &[FIRST, SUPERVISED, TASKS, FEEDBACK, SERIES, SURVEYS, SCORES, TALKS];

const FIRST: &str = "
CREATE TABLE datasets (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, source TEXT NOT NULL, schema TEXT NOT NULL, mapping TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, columns TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT;
CREATE TABLE tokenizers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, kind TEXT NOT NULL, vocab_size INTEGER NOT NULL,
    created_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT;
CREATE TABLE corpora (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES datasets(id), tokenizer INTEGER NOT NULL REFERENCES tokenizers(id),
    info TEXT NOT NULL, created_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, config TEXT NOT NULL, state TEXT NOT NULL,
    parent_checkpoint INTEGER REFERENCES checkpoints(id) ON DELETE SET NULL, created_at INTEGER NOT NULL, duration_s REAL NOT NULL DEFAULT 0,
    step INTEGER NOT NULL DEFAULT 0, n_params INTEGER NOT NULL DEFAULT 0, train_loss REAL, val_loss REAL, deleted_at INTEGER
) STRICT;
CREATE TABLE metrics (
    run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step INTEGER NOT NULL,
    loss REAL, lr REAL, grad_norm REAL, tokens_per_s REAL, elapsed_s REAL, PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE evals (
    run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step INTEGER NOT NULL,
    loss REAL, perplexity REAL, bits_per_byte REAL, best INTEGER NOT NULL, PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step INTEGER NOT NULL,
    kind TEXT NOT NULL, label TEXT NOT NULL
) STRICT;
CREATE INDEX marks_of_run ON marks(run, step);
CREATE TABLE samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step INTEGER NOT NULL,
    prompt TEXT NOT NULL, completion TEXT NOT NULL
) STRICT;
CREATE INDEX samples_of_run ON samples(run, step);
CREATE TABLE checkpoints (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run INTEGER REFERENCES runs(id) ON DELETE CASCADE, ordinal INTEGER NOT NULL, name TEXT NOT NULL,
    step INTEGER NOT NULL, path TEXT NOT NULL UNIQUE, bytes INTEGER NOT NULL, train_loss REAL, val_loss REAL,
    best INTEGER NOT NULL DEFAULT 0, pinned INTEGER NOT NULL DEFAULT 0, is_encoder INTEGER NOT NULL, missing INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX checkpoints_of_run ON checkpoints(run, id);
CREATE TABLE prompts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, prompt TEXT NOT NULL, completion TEXT NOT NULL, settings TEXT NOT NULL,
    created_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT;
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// Rows of supervised datasets, and what was said of them. Events are only ever added; what a row says now follows from them and is
/// written beside in the same transaction. A dataset with `filling` set is not whole yet.
const SUPERVISED: &str = "
ALTER TABLE datasets ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
ALTER TABLE datasets ADD COLUMN filling INTEGER NOT NULL DEFAULT 0;
CREATE TABLE examples (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    line INTEGER NOT NULL, original TEXT NOT NULL, has_label INTEGER NOT NULL, split TEXT NOT NULL,
    prelabel TEXT, adjudicated TEXT, owner TEXT, current TEXT, status TEXT NOT NULL,
    flagged INTEGER NOT NULL DEFAULT 0, note TEXT NOT NULL DEFAULT '', removed INTEGER NOT NULL DEFAULT 0, folded TEXT NOT NULL,
    UNIQUE (dataset, ordinal)
) STRICT;
CREATE INDEX examples_by_status ON examples(dataset, status);
CREATE TABLE example_labels (
    row INTEGER NOT NULL REFERENCES examples(id) ON DELETE CASCADE, annotator TEXT NOT NULL, content TEXT NOT NULL, verdict TEXT NOT NULL,
    first_event INTEGER NOT NULL, PRIMARY KEY (row, annotator)
) STRICT, WITHOUT ROWID;
CREATE TABLE annotation_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
    row INTEGER NOT NULL REFERENCES examples(id) ON DELETE CASCADE, annotator TEXT NOT NULL, kind TEXT NOT NULL,
    before TEXT NOT NULL, after TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', at INTEGER NOT NULL, seconds REAL NOT NULL DEFAULT 0,
    undoes INTEGER REFERENCES annotation_events(id), redoes INTEGER REFERENCES annotation_events(id)
) STRICT;
CREATE INDEX events_of_annotator ON annotation_events(dataset, annotator, id);
CREATE INDEX events_of_row ON annotation_events(row, id);
CREATE TABLE model_scores (
    row INTEGER NOT NULL REFERENCES examples(id) ON DELETE CASCADE, checkpoint INTEGER NOT NULL REFERENCES checkpoints(id) ON DELETE CASCADE,
    label TEXT NOT NULL, confidence REAL NOT NULL, PRIMARY KEY (row, checkpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX scores_of_checkpoint ON model_scores(checkpoint);
";

/// How well fine-tuning runs did their task, one measurement a row.
const TASKS: &str = "
CREATE TABLE task_evals (
    run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, step)
) STRICT, WITHOUT ROWID;
";

/// Questions that people are asked, and their votes. Events are only ever added; the vote that stands follows from them and is written
/// beside in the same transaction. `split_key` keeps questions together that may not be apart.
const FEEDBACK: &str = "
ALTER TABLE datasets ADD COLUMN feedback TEXT NOT NULL DEFAULT '{}';
CREATE TABLE questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
    body TEXT NOT NULL, source TEXT, answers INTEGER NOT NULL, split TEXT NOT NULL, split_key TEXT NOT NULL, folded TEXT NOT NULL,
    created_at INTEGER NOT NULL, UNIQUE (dataset, ordinal)
) STRICT;
CREATE INDEX questions_by_key ON questions(dataset, split_key);
CREATE TABLE vote_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT, dataset INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE,
    question INTEGER NOT NULL REFERENCES questions(id) ON DELETE CASCADE, annotator TEXT NOT NULL, kind TEXT NOT NULL,
    before TEXT, body TEXT, at INTEGER NOT NULL,
    undoes INTEGER REFERENCES vote_events(id), redoes INTEGER REFERENCES vote_events(id)
) STRICT;
CREATE INDEX vote_events_of_annotator ON vote_events(dataset, annotator, id);
CREATE INDEX vote_events_of_question ON vote_events(question, id);
CREATE TABLE votes (
    question INTEGER NOT NULL REFERENCES questions(id) ON DELETE CASCADE, annotator TEXT NOT NULL,
    dataset INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE, body TEXT NOT NULL, skipped INTEGER NOT NULL,
    flagged INTEGER NOT NULL, event INTEGER NOT NULL, PRIMARY KEY (question, annotator)
) STRICT, WITHOUT ROWID;
CREATE INDEX votes_of_dataset ON votes(dataset, event);
";

/// Curves beside the loss.
const SERIES: &str = "
CREATE TABLE series (
    run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE, step INTEGER NOT NULL, name TEXT NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (run, name, step)
) STRICT, WITHOUT ROWID;
";

/// Questionnaires that left the project, and the files of answers that came back, each known by its session.
const SURVEYS: &str = "
CREATE TABLE surveys (
    id TEXT PRIMARY KEY, dataset INTEGER NOT NULL REFERENCES datasets(id) ON DELETE CASCADE, body TEXT NOT NULL, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE survey_answers (
    session TEXT PRIMARY KEY, survey TEXT NOT NULL REFERENCES surveys(id) ON DELETE CASCADE, annotator TEXT NOT NULL,
    revision INTEGER NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_of_survey ON survey_answers(survey, annotator);
";

/// Besides the probability of a model's answer: how spread its guesses are, how near the second is, and the row as the model would have
/// it, so that rows where it disagrees are found whatever becomes of their labels.
const SCORES: &str = "
ALTER TABLE model_scores ADD COLUMN entropy REAL;
ALTER TABLE model_scores ADD COLUMN margin REAL;
ALTER TABLE model_scores ADD COLUMN folded TEXT;
";

/// Conversations, each with all its branches, and prompts to be used again.
const TALKS: &str = "
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, body TEXT NOT NULL, turns INTEGER NOT NULL, folded TEXT NOT NULL,
    created_at INTEGER NOT NULL, changed_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT;
CREATE INDEX conversations_by_change ON conversations(changed_at);
CREATE TABLE kept_prompts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, text TEXT NOT NULL, system TEXT NOT NULL,
    created_at INTEGER NOT NULL, deleted_at INTEGER
) STRICT;
";

/// The version that this program writes.
pub fn current_version() -> i64 {
    MIGRATIONS.len() as i64
}

/// What a file claims to be: (application id, version). Reads only.
pub fn identify(db: &Connection) -> rusqlite::Result<(i64, i64)> {
    let id = db.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok((id, version))
}

/// Brings a database to today's version; each step is a transaction of its own.
pub fn migrate(db: &mut Connection, path: &Path) -> Result<(), StoreError> {
    migrate_by(db, path, MIGRATIONS)
}

fn migrate_by(db: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), StoreError> {
    let sql = |source| StoreError::sql(source, path);
    let (_, version) = identify(db).map_err(sql)?;
    let known = steps.len() as i64;
    if version > known {
        return Err(StoreError::NewerVersion { found: version, known, path: path.to_path_buf() });
    }
    for (done, step) in steps.iter().enumerate().skip(usize::try_from(version).unwrap_or(0)) {
        let change = db.transaction().map_err(sql)?;
        change.execute_batch(step).map_err(sql)?;
        change.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
        change.pragma_update(None, "user_version", done as i64 + 1).map_err(sql)?;
        change.commit().map_err(sql)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(db: &Connection) -> i64 {
        identify(db).unwrap().1
    }

    #[test]
    fn an_older_database_keeps_its_rows() {
        let mut db = Connection::open_in_memory().unwrap();
        let path = Path::new("x");
        let steps = ["CREATE TABLE t (a INTEGER) STRICT", "ALTER TABLE t ADD COLUMN b TEXT NOT NULL DEFAULT 'new'"];
        migrate_by(&mut db, path, &steps[..1]).unwrap();
        db.execute("INSERT INTO t (a) VALUES (7)", []).unwrap();
        migrate_by(&mut db, path, &steps).unwrap();
        let row: (i64, String) = db.query_row("SELECT a, b FROM t", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!((row.0, row.1.as_str(), version(&db)), (7, "new", 2));
        migrate_by(&mut db, path, &steps).unwrap();
        assert_eq!(version(&db), 2);
    }

    #[test]
    fn a_step_that_fails_changes_nothing() {
        let mut db = Connection::open_in_memory().unwrap();
        let path = Path::new("x");
        let steps = ["CREATE TABLE t (a INTEGER) STRICT", "CREATE TABLE u (a INTEGER) STRICT; NONSENSE"];
        assert!(migrate_by(&mut db, path, &steps).is_err());
        assert_eq!(version(&db), 1);
        assert!(db.prepare("SELECT * FROM u").is_err());
    }

    #[test]
    fn a_newer_version_is_refused() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", current_version() + 1).unwrap();
        let error = migrate(&mut db, Path::new("x")).unwrap_err();
        assert!(error.to_string().contains("newer version"), "{error}");
    }
}
