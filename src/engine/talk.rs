//! What is asked and answered about conversations, kept prompts and composed ones: plain data, part of `command` and `event`.

use super::command::Worker;

/// What can be done with conversations and prompts.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkCommand {}

impl TalkCommand {
    /// Who carries it out.
    pub fn worker(&self) -> Worker {
        match *self {}
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkEvent {}
