//! What a conversation leaves behind: a row to fine-tune on, a preference to learn from. Draws nothing.

use super::AppState;
use crate::data::supervised::{Role, Side};
use crate::engine::Command;
use crate::engine::command::{DatasetId, KeepCommand, Schema};
use crate::engine::event::DatasetInfo;
use crate::feedback::{Candidate, MOST_CANDIDATES, Origin, Question, Verdict, Vote};

impl AppState {
    pub(super) fn keep_row(&mut self, dataset: Option<DatasetId>, name: String) -> Vec<Command> {
        if let Some(refused) = self.why_not_write() {
            self.notices.warning(refused);
            return Vec::new();
        }
        let talk = &self.talk.chat.conversation;
        let answer = |turn: &&usize| talk.turn(**turn).is_some_and(|turn| turn.role == Role::Assistant);
        let Some(last) = talk.path().iter().rev().find(answer).copied() else {
            self.notices.info("A row to fine-tune on needs an answer; ask something first");
            return Vec::new();
        };
        let turns = talk.read(Some(last), 0);
        vec![Command::Keep(KeepCommand::KeepRow { dataset, name, turns })]
    }

    pub(super) fn prefer(&mut self, turn: usize, dataset: Option<DatasetId>, name: String) -> Vec<Command> {
        if let Some(refused) = self.why_not_write() {
            self.notices.warning(refused);
            return Vec::new();
        }
        let talk = &self.talk.chat.conversation;
        let Some(parent) = talk.turn(turn).and_then(|known| known.parent) else { return Vec::new() };
        // The chosen one is always among them.
        let mut beside: Vec<usize> = talk.siblings(turn).into_iter().filter(|other| *other != turn).collect();
        beside.truncate(MOST_CANDIDATES - 1);
        let candidate = |turn: &usize| {
            let known = talk.turn(*turn)?;
            let origin = known
                .by
                .as_ref()
                .map_or(Origin::Written, |by| Origin::Model { checkpoint: by.checkpoint.unwrap_or(0), name: by.model.clone() });
            Some(Candidate { text: known.text.clone(), origin })
        };
        let candidates: Vec<Candidate> = std::iter::once(&turn).chain(&beside).filter_map(candidate).collect();
        let ranks = (0..candidates.len()).map(|place| 1 + u32::from(place > 0)).collect();
        let vote = Vote::of(Verdict::Ranked { ranks, strength: None }, candidates.len());
        let question = Question { prompt: Side::Messages(talk.read(Some(parent), 0)), candidates, repeats: None };
        let (question, vote, annotator) = (Box::new(question), Box::new(vote), self.label.annotator.clone());
        vec![Command::Keep(KeepCommand::KeepVote { dataset, name, question, vote, annotator })]
    }

    /// Datasets that a conversation can become a row of.
    pub fn chat_datasets(&self) -> Vec<(DatasetId, &str)> {
        let chats = |row: &&DatasetInfo| matches!(row.schema, Schema::Messages | Schema::Conversations);
        self.library.datasets.iter().filter(|row| !row.deleted).filter(chats).map(|row| (row.id, row.name.as_str())).collect()
    }

    /// Datasets that a preference can go into.
    pub fn preference_datasets(&self) -> Vec<(DatasetId, &str)> {
        let fits = |row: &&DatasetInfo| matches!(row.schema, Schema::Preference | Schema::Ranking);
        let rows = self.library.datasets.iter().filter(|row| !row.deleted).filter(fits);
        rows.map(|row| (row.id, row.name.as_str())).collect()
    }
}
