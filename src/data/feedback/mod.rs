//! Files of preferences to questions and votes, and back: what people said of answers in every form that other programs write. Knows no project.

mod export;
mod read;
mod said;

pub use export::{Cells, Judged, as_imported, in_form, object};
pub use read::{FeedbackReader, ReadQuestion};
