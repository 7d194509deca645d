//! Everything that draws: theme, small widgets, the frame around the pages, and one folder a page. Names neither candle nor tokenizers.
//!
//! A page is a function of `(&mut Ui, &AppState, &mut Draft, &mut Vec<Action>)`: it borrows what is shown, edits what is typed,
//! and says what was done. Nothing here changes the state.

pub mod data;
pub mod dialogs;
pub mod fields;
pub mod fonts;
pub mod frames;
pub mod glossary;
pub mod keys;
pub mod label;
pub mod learn;
pub mod pieces;
pub mod plot;
pub mod pretrain;
pub mod prompt;
pub mod rank;
pub mod rlhf;
pub mod runs;
pub mod shell;
mod start;
pub mod theme;
pub mod tune;
pub mod virtual_rows;
pub mod widgets;
