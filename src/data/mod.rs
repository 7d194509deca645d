//! Files into documents, documents into tokens, tokens into batches. Knows neither models nor the project's database.

pub mod batches;
pub mod conversation;
pub mod corpus;
mod documents;
mod duplicates;
pub(crate) mod error;
pub mod feedback;
pub mod hash;
pub mod import;
pub mod kept;
mod lengths;
mod mapped;
pub mod masking;
mod place;
mod progress;
mod search;
pub mod supervised;

pub use batches::Batches;
pub use corpus::{Corpus, CorpusError, CorpusMeta, CorpusSummary, Tokens};
pub use documents::{DocumentWriter, Documents, MAX_DOCUMENT_BYTES};
pub use error::ImportError;
pub use import::{ImportSummary, import, inspect};
pub use masking::{Masked, Masking};
pub use progress::{Progress, Tick, quiet};
pub use search::Found;

/// "1 row was", "2 rows were": a number with the words that go with it.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
