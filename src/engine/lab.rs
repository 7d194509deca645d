//! What is asked and answered about learning from the prompt: plain data, part of `command` and `event`.

/// Measurements of in-context learning, by the trainer.
#[derive(Clone, Debug, PartialEq)]
pub enum LabCommand {}

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub enum LabEvent {}
