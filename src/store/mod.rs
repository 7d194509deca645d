//! The project folder: a SQLite database, checkpoints, corpora, and what the program remembers between projects. Knows no thread, no model and no window.
//!
//! One `Project` writes, the one that holds the lock; others look. A row is committed before anybody is told that it is saved, and a
//! folder gets its name only after every byte of it is on the disk.

mod annotations;
mod checkpoints;
mod error;
mod examples;
mod files;
pub mod frame_log;
mod labelling;
mod library;
mod made_rows;
mod paths;
mod project;
mod prompts;
mod questions;
pub mod recent;
mod runs;
pub mod sample;
mod schema;
mod series;
mod surveys;
mod talks;
mod task_evals;
mod undo;
mod votes;

pub use checkpoints::{Candidate, KeepRule, NewCheckpoint};
pub use error::StoreError;
pub use examples::{NewExample, split_three};
pub use files::{Draft, SealedDraft, draft_of_export, free_space, read_import, write_export};
pub use labelling::NewScore;
pub use made_rows::MadeRow;
pub use paths::ProjectPaths;
pub use project::{Project, Repairs};
pub use questions::{NewQuestion, StoredQuestion};
pub use runs::RunProgress;
pub use votes::{StoredVote, VoteEvent};
