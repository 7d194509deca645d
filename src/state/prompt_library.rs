//! Prompts to be used again: presets for what language models are used for, and a person's own, with fields to fill in. Draws nothing.

use std::collections::BTreeMap;

use super::chat::ChatAction;
use super::few_shot::FewShotDraft;
use super::{AppState, TalkAction};
use crate::data::supervised::{Pick, fill, variables};
use crate::engine::Command;
use crate::engine::command::KeepCommand;
use crate::engine::event::Library;
use crate::engine::talk::KeptPrompt;

/// What a person can do in the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryAction {
    /// A new prompt (id 0), or a changed one.
    Keep(KeptPrompt),
    Delete(i64),
    Restore(i64),
}

/// All that the view knows.
#[derive(Clone, Debug, Default)]
pub struct LibraryState {
    pub kept: Vec<KeptPrompt>,
}

/// A use, and a prompt for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preset {
    pub name: &'static str,
    /// What happens and what to look at, in a sentence or two.
    pub purpose: &'static str,
    pub way: Way,
}

/// Where a preset leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A text to go on with, values that fill it at first, and what ends the answer.
    Continue { text: &'static str, values: &'static [(&'static str, &'static str)], stop: &'static str },
    /// A chat: what the model is told, and a first question.
    Chat { system: &'static str, first: &'static str },
    /// Examples from the dataset of this name, or of one like it.
    FewShot { dataset: &'static str, instruction: &'static str, k: usize, words: Option<(&'static str, &'static str)> },
}

/// One for each use.
pub const PRESETS: [Preset; 8] = [
    Preset {
        name: "Text completion",
        purpose: "The model goes on with a story. What it was pre-trained to do, and nothing else",
        way: Way::Continue {
            text: "One {season} morning, {person} was",
            values: &[("season", "rainy spring"), ("person", "Tomas the carpenter")],
            stop: "\\n\\n",
        },
    },
    Preset {
        name: "Question answering",
        purpose: "Questions with their answers stand before the one that is asked; the answer stands in the text itself",
        way: Way::FewShot { dataset: "Short answers", instruction: "", k: 1, words: Some(("{prompt}\nAnswer:", "{completion}")) },
    },
    Preset {
        name: "Chatbot and assistant",
        purpose: "Turns with a system message. A model that was fine-tuned on chats answers and stops; one that was not goes on for both",
        way: Way::Chat {
            system: "You help visitors of Lark Valley. Be polite and say what you know.",
            first: "I am new in the valley. What does Piet enjoy on free days?",
        },
    },
    Preset {
        name: "Dialogue",
        purpose: "Two people talk, written as a play is: a pre-trained model can take one side without any tuning",
        way: Way::Continue {
            text: "{first}: {line}\n{second}:",
            values: &[("first", "Anna"), ("line", "Good morning, Karl."), ("second", "Karl")],
            stop: "\\n",
        },
    },
    Preset {
        name: "Summarisation",
        purpose: "A text, and what it came to. The sample's texts fill half of the starter's context: with a longer one, add examples",
        way: Way::FewShot {
            dataset: "Summaries",
            instruction: "Say in one sentence what happened.",
            k: 0,
            words: Some(("Text: {prompt}\nSummary:", "{completion}")),
        },
    },
    Preset {
        name: "Translation",
        purpose: "Sentences in English and in Larkish, the small world's second language",
        way: Way::FewShot {
            dataset: "Translation into Larkish",
            instruction: "",
            k: 1,
            words: Some(("English: {source}\nLarkish:", "{target}")),
        },
    },
    Preset {
        name: "Classification by prompt",
        purpose: "Examples of the labels, then a text whose label is asked for. {labels} stands for all labels",
        way: Way::FewShot {
            dataset: "Sentiment of reviews",
            instruction: "Reviews are one of: {labels}.",
            k: 1,
            words: Some(("Review: {text}\nFeeling:", "{label}")),
        },
    },
    Preset {
        name: "Personalised recommendation",
        purpose: "What somebody bought and liked stands in the prompt; what would they like next? A model tuned on such rows knows",
        way: Way::FewShot {
            dataset: "Recommendations",
            instruction: "",
            k: 0,
            words: Some(("{prompt}\nAnswer:", "{completion}")),
        },
    },
];

impl AppState {
    pub(super) fn apply_library(&mut self, action: LibraryAction) -> Vec<Command> {
        if let Some(refused) = self.why_not_write() {
            self.notices.warning(refused);
            return Vec::new();
        }
        let keep = match action {
            LibraryAction::Keep(prompt) => KeepCommand::KeepPrompt(prompt),
            LibraryAction::Delete(prompt) => KeepCommand::DeletePrompt { prompt, deleted: true },
            LibraryAction::Restore(prompt) => KeepCommand::DeletePrompt { prompt, deleted: false },
        };
        vec![Command::Keep(keep)]
    }

    /// How to take a deletion back, with what is said of it.
    pub(super) fn talk_undo(&self, action: &TalkAction) -> Option<(String, TalkAction)> {
        match action {
            TalkAction::Chat(ChatAction::Delete(id)) => {
                Some((self.conversation_name(*id).to_owned(), TalkAction::Chat(ChatAction::Restore(*id))))
            }
            TalkAction::Library(LibraryAction::Delete(id)) => {
                let kept = self.talk.library.kept.iter().find(|prompt| prompt.id == *id);
                let name = kept.map_or("The prompt", |prompt| prompt.name.as_str()).to_owned();
                Some((name, TalkAction::Library(LibraryAction::Restore(*id))))
            }
            TalkAction::Chat(_)
            | TalkAction::FewShot(_)
            | TalkAction::Stages(_)
            | TalkAction::Library(_)
            | TalkAction::Measure { .. } => None,
        }
    }
}

/// What is open in the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    Preset(usize),
    /// A person's own; 0: one that is not kept yet.
    Own(i64),
}

/// What is chosen and typed. Owned by the window.
#[derive(Clone, Debug)]
pub struct LibraryDraft {
    pub open: Open,
    pub name: String,
    pub text: String,
    pub system: String,
    pub values: BTreeMap<String, String>,
    /// What the fields were filled in for.
    pub filled_for: Option<Open>,
}

impl Default for LibraryDraft {
    fn default() -> Self {
        let (name, text, system, values) = Default::default();
        Self { open: Open::Preset(0), name, text, system, values, filled_for: None }
    }
}

impl LibraryDraft {
    /// Fills the fields in when another prompt is opened.
    pub fn settle(&mut self, kept: &[KeptPrompt]) {
        if self.filled_for == Some(self.open) {
            return;
        }
        self.filled_for = Some(self.open);
        (self.name, self.text, self.system) = Default::default();
        match self.open {
            Open::Preset(place) => match PRESETS.get(place).map(|preset| preset.way) {
                Some(Way::Continue { text, values, .. }) => {
                    text.clone_into(&mut self.text);
                    self.values.extend(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
                }
                Some(Way::Chat { system, first }) => {
                    system.clone_into(&mut self.system);
                    first.clone_into(&mut self.text);
                }
                Some(Way::FewShot { .. }) | None => {}
            },
            Open::Own(id) => {
                if let Some(prompt) = kept.iter().find(|prompt| prompt.id == id) {
                    (self.name, self.text, self.system) = (prompt.name.clone(), prompt.text.clone(), prompt.system.clone());
                }
            }
        }
    }

    /// Fields to be filled in, in the order of the text.
    pub fn fields(&self) -> Vec<String> {
        let mut names: Vec<String> = variables(&self.system).into_iter().map(str::to_owned).collect();
        for name in variables(&self.text) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// Text and system message with the values in their places.
    pub fn filled(&self) -> (String, String) {
        let value = |name: String| (name.clone(), self.values.get(&name).cloned().unwrap_or_default());
        let values: Vec<(String, String)> = self.fields().into_iter().map(value).collect();
        (fill(&self.text, &values), fill(&self.system, &values))
    }

    /// What is not right yet, in a sentence.
    pub fn trouble(&self) -> Option<String> {
        let empty = |name: &String| self.values.get(name).is_none_or(|value| value.trim().is_empty());
        if let Some(name) = self.fields().into_iter().find(empty) {
            return Some(format!("{{{name}}} has no value yet; fill it in, or take it out of the text"));
        }
        let odd = odd_braces(&self.text).or_else(|| odd_braces(&self.system))?;
        Some(format!("“{odd}” is no variable, and the model will read it as it stands: names are letters, digits and _"))
    }

    /// Whether it can be used in spite of `trouble`.
    pub fn is_whole(&self) -> bool {
        self.fields().iter().all(|name| self.values.get(name).is_some_and(|value| !value.trim().is_empty()))
    }
}

/// The first thing in braces that looks like a variable and is none.
pub fn odd_braces(text: &str) -> Option<&str> {
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        let after = rest.get(start..)?;
        let end = after.find('}')? + 1;
        let found = after.get(..end)?;
        if variables(found).is_empty() {
            return Some(found);
        }
        rest = after.get(end..)?;
    }
    None
}

/// Fills a few-shot draft in as a preset wants it; false if the project has no dataset for it.
pub fn few_shot_preset(draft: &mut FewShotDraft, library: &Library, preset: &Preset) -> bool {
    let Way::FewShot { dataset, instruction, k, words } = preset.way else { return false };
    let rows = || library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised());
    let Some(row) = rows().find(|row| row.name == dataset) else { return false };
    *draft = FewShotDraft { k, instruction: instruction.to_owned(), ..FewShotDraft::default() };
    draft.take_words(row);
    if let Some((prompt, answer)) = words {
        (draft.prompt_words, draft.answer_words) = (prompt.to_owned(), answer.to_owned());
    }
    if row.schema == crate::engine::command::Schema::Classes {
        draft.pick = Pick::Balanced;
    }
    draft.max_tokens = if dataset == "Summaries" { 48 } else { 24 };
    true
}
