//! A conversation as a tree of turns: beside each turn others may stand, and one way through is shown. Knows no model and no window.

use serde::{Deserialize, Serialize};

use super::supervised::{Message, Role};
use crate::tokenizer::Builtin;

/// Whose words an answer is, and how they were drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Writer {
    /// Weights in words, say "Chats, step 400".
    pub model: String,
    /// None: a run's weights of the moment.
    pub checkpoint: Option<i64>,
    pub step: u64,
    pub seed: u64,
    pub tokens: usize,
    /// Why the answer ended, where it was not by itself.
    pub broken_off: Option<String>,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// The turn before; none: it opens the conversation.
    pub parent: Option<usize>,
    pub role: Role,
    pub text: String,
    /// None: a person wrote it.
    #[serde(default)]
    pub by: Option<Writer>,
    /// The turn after it that is shown.
    #[serde(default)]
    next: Option<usize>,
}

/// All turns, and which of them are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversation {
    /// What the model is told before the first turn; may be empty.
    pub system: String,
    /// None: the checkpoint's own template.
    pub template: Option<Builtin>,
    /// Turns at the beginning that the model does not read any more: they did not fit.
    pub dropped: usize,
    turns: Vec<Turn>,
    first: Option<usize>,
}

impl Conversation {
    /// Without any turn.
    pub fn new(system: String, template: Option<Builtin>) -> Self {
        Self { system, template, ..Self::default() }
    }

    pub fn turn(&self, turn: usize) -> Option<&Turn> {
        self.turns.get(turn)
    }

    /// All turns of all branches.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// The turns that are shown, from the first to the last.
    pub fn path(&self) -> Vec<usize> {
        let mut path = Vec::new();
        let mut at = self.first;
        // A child is always younger than its parent, so this ends; what a damaged file says otherwise is not followed.
        while let Some(turn) = at.filter(|turn| path.last().is_none_or(|last| turn > last)) {
            let Some(known) = self.turns.get(turn) else { break };
            path.push(turn);
            at = known.next;
        }
        path
    }

    /// A new turn after this one (none: at the beginning), which is shown from now on.
    pub fn add(&mut self, parent: Option<usize>, role: Role, text: impl Into<String>, by: Option<Writer>) -> usize {
        let turn = self.turns.len();
        self.turns.push(Turn { parent, role, text: text.into(), by, next: None });
        self.link(turn);
        turn
    }

    /// Shows this turn and what followed it when it was last seen.
    pub fn show(&mut self, turn: usize) {
        let mut at = Some(turn);
        while let Some(turn) = at.filter(|turn| *turn < self.turns.len()) {
            self.link(turn);
            at = self.turns.get(turn).and_then(|known| known.parent);
        }
    }

    fn link(&mut self, turn: usize) {
        let Some(parent) = self.turns.get(turn).map(|known| known.parent) else { return };
        match parent.and_then(|parent| self.turns.get_mut(parent)) {
            Some(parent) => parent.next = Some(turn),
            None => self.first = Some(turn),
        }
    }

    /// Turns with the same turn before them, this one among them, oldest first.
    pub fn siblings(&self, turn: usize) -> Vec<usize> {
        let Some(known) = self.turns.get(turn) else { return Vec::new() };
        let same = |(_, other): &(usize, &Turn)| other.parent == known.parent;
        self.turns.iter().enumerate().filter(same).map(|(place, _)| place).collect()
    }

    /// What a model reads to go on after this turn (none: nothing was said yet): the system message, and the turns that were not
    /// dropped.
    pub fn messages_to(&self, turn: Option<usize>) -> Vec<Message> {
        self.read(turn, self.dropped)
    }

    /// As `messages_to`, with these many turns left out at the beginning.
    pub fn read(&self, turn: Option<usize>, dropped: usize) -> Vec<Message> {
        let mut way = Vec::new();
        let mut at = turn;
        while let Some(known) = at.and_then(|turn| self.turns.get(turn)) {
            way.push(Message::new(known.role, &known.text));
            at = known.parent;
        }
        way.reverse();
        let system = (!self.system.trim().is_empty()).then(|| Message::new(Role::System, &self.system));
        system.into_iter().chain(way.into_iter().skip(dropped)).collect()
    }

    /// How many turns can be left out at the beginning of what is shown so that a person's turn stands first: the fewest first.
    pub fn cuts(&self, last: Option<usize>) -> Vec<usize> {
        let path = self.path();
        let until = last.and_then(|last| path.iter().position(|turn| *turn == last)).map_or(path.len(), |place| place + 1);
        let opens = |n: &usize| path.get(*n).and_then(|turn| self.turns.get(*turn)).is_some_and(|turn| turn.role == Role::User);
        (1..until).filter(opens).collect()
    }

    /// A name for the list, from what was said first.
    pub fn title(&self) -> String {
        let first = self.path().into_iter().filter_map(|turn| self.turns.get(turn)).find(|turn| !turn.text.trim().is_empty());
        let words = first.map(|turn| turn.text.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default();
        match words.char_indices().nth(48) {
            Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default().trim_end()),
            None => words,
        }
    }

    /// Everything that was said, for a search.
    pub fn words(&self) -> String {
        let turns = self.turns.iter().map(|turn| turn.text.as_str());
        std::iter::once(self.system.as_str()).chain(turns).collect::<Vec<_>>().join("\n").to_lowercase()
    }
}
