//! Rows to supervised examples, examples to token ids and masks, and back to the file they came from. Knows no model, no trainer.
//!
//! `Reader` reads, `export` writes, `render` decides what trains, `statistics` and `split` say what a dataset is like.

mod annotation;
pub(in crate::data) mod chat;
mod entities;
mod episodes;
mod example;
pub mod export;
mod few_shot;
pub(in crate::data) mod fields;
mod labels;
mod odd_labels;
mod offsets;
mod pairs;
mod prepare;
mod prepare_heads;
mod prompt_tasks;
mod qa;
pub(in crate::data) mod read;
pub mod render;
mod snapshot;
pub mod split;
pub mod statistics;
mod task;
mod trained;
mod unlabelled;
mod variables;
mod warning;

pub use annotation::{Change, LABEL_KEYS, LabelOption, LabelSet, LabelTask, Own, RowStatus, Split, StoredExample, Verdict};
pub use episodes::{EpisodeRecipe, held_out, prompt_ids};
pub use example::{
    Answer, AnswerForm, Chat, Classified, Content, Example, Instruction, Label, Message, Pair, Question, Recommendation, Role,
    Side, Span, SpanForm, Tagged, Translation,
};
pub use few_shot::{Composed, FewShot, Pick, Shot, ShotOrder, ShotPart, label_names};
pub use odd_labels::{OddLabel, odd_labels};
pub use offsets::{OffsetUnit, byte_of, char_of};
pub use prepare::{TextRecipe, TextRow};
pub use prepare_heads::{ClassRow, HeadRecipe, SpanRow, TagRow, class_labels, spans_of, tag_labels};
pub use prompt_tasks::{Episode, PromptRow, PromptTask, Style, Written, prompt_tasks};
pub use read::{Collected, Reader};
pub use render::{CutFrom, LeftOut, RenderOptions, RenderReport, Rendered, RenderedPiece, render, render_all};
pub use snapshot::{RowSnapshot, SnapshotRow};
pub use split::{SplitSides, split};
pub use statistics::{Contradiction, LabelCount, Lengths, Repeats, Statistics, measure};
pub use task::TaskTemplate;
pub use variables::{fill, variables};
pub use warning::{Problem, RowWarning};
