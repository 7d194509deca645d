//! Human feedback: what people were asked, what they said, and what follows from it. Knows no database, no window and no model.

mod vote;

pub use vote::{Candidate, Origin, Preference, Question, Strength, Verdict, Vote};
