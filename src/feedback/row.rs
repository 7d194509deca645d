//! A row of a file that became a question, kept so that it can go out again as it came. Reads no file.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The row with all its columns, word for word.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceRow {
    /// Line of the file, from 1.
    pub line: u64,
    /// In the order of the file.
    pub cells: Vec<(String, Value)>,
    /// For each answer in the order of the row (the chosen one first, say) its place among the question's candidates.
    pub places: Vec<usize>,
}
