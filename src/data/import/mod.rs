//! Files into rows, rows into documents: one file a format, all behind `Rows`. Nothing here holds a whole file in memory.

mod dataset_info;
mod encoding;
mod folder;
mod format;
mod inspect;
mod json;
mod lines;
mod parquet;
mod parts;
mod rows;
mod run;
mod scan;
mod schema;
mod table;
mod text;

use std::path::Path;

pub use encoding::{Encoding, sniff};
pub use format::{Format, Source};
pub use inspect::inspect;
pub use parts::{name_without_part, parts_beside};
pub use rows::{MAX_ROW_BYTES, Next, Row, Rows};
pub use run::{ImportSummary, import, text_of};
pub use schema::{class_columns, detect, feedback_columns, flatten};

use super::error::ImportError;
use crate::engine::command::DocumentRule;

/// Opens a file as rows of whatever schema it has, for importers of other things than text.
pub fn open_rows(path: &Path, documents: DocumentRule) -> Result<Box<dyn Rows>, ImportError> {
    Source::look(path, u64::MAX)?.rows(documents)
}
