//! What is asked and answered about the inside of a model: plain data, part of `command` and `event`.

/// Looks into a model, by the trainer.
#[derive(Clone, Debug, PartialEq)]
pub enum LookCommand {}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum LookEvent {}
