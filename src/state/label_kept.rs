//! Answers that were begun on the Label page and not saved as labels: they stay with their rows, can be taken back step by step, and stand in the project, so that nothing that was typed or marked is lost. Draws nothing.

use serde::{Deserialize, Serialize};

use crate::data::supervised::Content;
use crate::engine::Command;
use crate::engine::command::LibraryCommand;

use super::AppState;

/// Under which a project keeps them.
const SETTING: &str = "label.begun";
/// Steps back in one row.
const MOST_STEPS: usize = 500;

/// An answer that was begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Begun {
    pub row: i64,
    pub annotator: String,
    pub now: Content,
    /// What stood there before each change, the latest last, and what was taken back.
    #[serde(skip)]
    past: Vec<Content>,
    #[serde(skip)]
    future: Vec<Content>,
    /// Counts changes that did not come from the field itself.
    #[serde(skip)]
    pub version: u64,
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct BegunAnswers {
    list: Vec<Begun>,
    versions: u64,
}

impl BegunAnswers {
    pub fn of(&self, row: i64, annotator: &str) -> Option<&Begun> {
        self.list.iter().find(|begun| begun.row == row && begun.annotator == annotator)
    }

    /// How many rows an annotator began and did not save.
    pub fn rows<'a>(&'a self, annotator: &'a str) -> impl Iterator<Item = i64> + 'a {
        // One that was taken back to what stood there waits for nothing.
        let open = |begun: &Begun| !begun.past.is_empty() || begun.future.is_empty();
        self.list.iter().filter(move |begun| begun.annotator == annotator && open(begun)).map(|begun| begun.row)
    }

    pub(super) fn settings_came(&mut self, settings: &[(String, String)]) {
        let known = settings.iter().find(|(key, _)| key == SETTING);
        self.list = known.and_then(|(_, text)| serde_json::from_str(text).ok()).unwrap_or_default();
    }

    /// Takes over how far an answer is; `stood` is what the row says.
    fn keep(&mut self, row: i64, annotator: &str, stood: &Content, now: Content) {
        match self.list.iter_mut().find(|begun| begun.row == row && begun.annotator == annotator) {
            Some(begun) if begun.now == now => {}
            Some(begun) => {
                begun.past.push(std::mem::replace(&mut begun.now, now));
                if begun.past.len() > MOST_STEPS {
                    begun.past.remove(0);
                }
                begun.future.clear();
            }
            None => {
                let past = vec![stood.clone()];
                self.list.push(Begun {
                    row,
                    annotator: annotator.to_owned(),
                    now,
                    past,
                    future: Vec::new(),
                    version: self.versions,
                });
            }
        }
    }

    /// One change back, or again; false where there is none.
    fn step(&mut self, row: i64, annotator: &str, stood: &Content, back: bool) -> bool {
        let Some(begun) = self.list.iter_mut().find(|begun| begun.row == row && begun.annotator == annotator) else {
            return false;
        };
        let to = match (if back { begun.past.pop() } else { begun.future.pop() }, back) {
            (Some(to), _) => to,
            // What was begun before the program was opened has no steps: it goes whole.
            (None, true) if begun.now != *stood => stood.clone(),
            (None, _) => return false,
        };
        let from = std::mem::replace(&mut begun.now, to);
        if back {
            begun.future.push(from);
        } else {
            begun.past.push(from);
        }
        self.versions += 1;
        begun.version = self.versions;
        true
    }

    fn forget(&mut self, row: i64, annotator: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|begun| begun.row != row || begun.annotator != annotator);
        self.list.len() != before
    }

    fn save(&self) -> Command {
        let value = serde_json::to_string(&self.list).unwrap_or_else(|_| "[]".to_owned());
        Command::Library(LibraryCommand::SaveSetting { key: SETTING.to_owned(), value })
    }
}

impl AppState {
    /// What a row says, where it is at hand.
    fn stands(&self, row: i64) -> Option<Content> {
        self.label.queue.iter().find(|known| known.row == row).map(|known| known.example.content.clone())
    }

    /// An answer was begun, or went on; what says the same as the row again is nothing that waits.
    pub(super) fn keep_begun(&mut self, row: i64, annotator: &str, now: Content) -> Vec<Command> {
        let stands = self.stands(row);
        let at_hand = stands.is_some();
        let stood = stands.unwrap_or_else(|| now.clone());
        let begun = &mut self.label.begun;
        if begun.of(row, annotator).is_none() && now == stood && at_hand {
            return Vec::new();
        }
        let nothing_waits = now == stood && at_hand;
        begun.keep(row, annotator, &stood, now);
        if nothing_waits {
            begun.forget(row, annotator);
        }
        vec![begun.save()]
    }

    /// Takes back the last change to the answer at hand that is not saved, or does it again; None where there is none.
    pub(super) fn step_begun(&mut self, back: bool) -> Option<Vec<Command>> {
        let row = self.label.row()?.row;
        let stood = self.stands(row)?;
        let annotator = self.label.annotator.clone();
        let page = &mut self.label;
        page.begun.step(row, &annotator, &stood, back).then(|| vec![page.begun.save()])
    }

    /// The row was saved: what was begun on it is done.
    pub(super) fn begun_is_saved(&mut self, row: i64) -> Vec<Command> {
        let annotator = self.label.annotator.clone();
        if self.label.begun.forget(row, &annotator) { vec![self.label.begun.save()] } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::LabelTask;

    fn text(words: &str) -> Content {
        let mut content = LabelTask::Output.example(1, "say it".to_owned()).content;
        content.answer_with(words);
        content
    }

    #[test]
    fn what_was_begun_goes_back_step_by_step_and_forth() {
        let (stood, mut all) = (text(""), BegunAnswers::default());
        all.keep(7, "ann", &stood, text("one"));
        all.keep(7, "ann", &stood, text("one two"));
        assert!(all.of(7, "bob").is_none());
        assert!(all.step(7, "ann", &stood, true));
        assert_eq!(all.of(7, "ann").unwrap().now, text("one"));
        assert!(all.step(7, "ann", &stood, true) && !all.step(7, "ann", &stood, true));
        assert_eq!(all.of(7, "ann").unwrap().now, stood);
        assert!(all.step(7, "ann", &stood, false) && all.step(7, "ann", &stood, false) && !all.step(7, "ann", &stood, false));
        assert_eq!(all.of(7, "ann").unwrap().now, text("one two"));
    }

    #[test]
    fn what_was_begun_comes_back_from_the_project() {
        let (stood, mut all) = (text(""), BegunAnswers::default());
        all.keep(7, "ann", &stood, text("half an ans"));
        let Command::Library(LibraryCommand::SaveSetting { key, value }) = all.save() else { panic!() };
        let mut again = BegunAnswers::default();
        again.settings_came(&[(key, value)]);
        assert_eq!(again.of(7, "ann").unwrap().now, text("half an ans"));
        assert!(again.step(7, "ann", &stood, true), "it goes whole");
        assert_eq!(again.of(7, "ann").unwrap().now, stood);
        assert!(again.forget(7, "ann") && again.of(7, "ann").is_none());
    }
}
