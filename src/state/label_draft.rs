//! The answer being given to the row at hand, before it is saved: what a key or a mark changes, and why some marks are refused. Draws nothing.

use std::ops::Range;

use crate::data::supervised::{Content, Label, LabelSet, Message, Role, RowStatus, Side};

use super::label::{LabelAction, LabelPage};

/// What is typed and chosen on the Label page. Owned by the window.
#[derive(Clone, Debug, Default)]
pub struct LabelDraft {
    /// The row that the rest belongs to, and whose answer it is.
    row: Option<i64>,
    owner: String,
    pub content: Option<Content>,
    /// As it came up: what was there before.
    pub before: Option<Content>,
    /// What the state knows of the answer; what differs from it is handed over.
    known: Option<Content>,
    /// Version of the answer that was begun, as it was taken over.
    version: u64,
    /// The text as it was last seen, and when it changed: it is handed over when the typing rests.
    typed: Option<(Content, f64)>,
    /// Somebody said what is right before, or a model did.
    answered: bool,
    pub note: String,
    /// As it stands in the project.
    known_note: String,
    pub note_open: bool,
    /// The answer's field, or the note's, the search, or another choice's, wants the keyboard.
    pub focus: Option<Field>,
    /// Marked bytes of the text.
    pub selection: Option<Range<usize>>,
    /// The word that keys mark from, and the one they mark to.
    pub words: Option<(usize, usize)>,
    /// Why the last mark was refused.
    pub refused: Option<String>,
    /// Who looks at the rows; none: the best of the newest run on them.
    pub look_by: Option<i64>,
    /// Who drafts answers.
    pub draft_by: Option<i64>,
    pub annotator: String,
    pub search: String,
    /// The disagreement that keys settle, counted from 0 among those that are open.
    pub review_at: usize,
    pub guidelines: String,
    pub new_label: String,
    /// The dataset that the rules were filled in for.
    pub rules_of: Option<i64>,
}

/// A field that keys lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Answer,
    Note,
    Search,
    /// The name of another choice.
    Choice,
}

/// How long nothing must be typed before it is handed over, in seconds.
const REST_S: f64 = 0.7;

/// What kind of answer a row wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    Classes,
    Entities,
    Answer,
    Rating,
    /// A text is written.
    Writing,
}

impl LabelDraft {
    /// An answer as it would stand if this row came up.
    #[cfg(test)]
    pub(super) fn over(content: Content) -> Self {
        Self { content: Some(content), ..Self::default() }
    }

    /// Takes over the row at hand when it is another, or says something else; gives what must be kept of what was typed.
    pub fn settle(&mut self, page: &LabelPage) -> Vec<LabelAction> {
        let Some(row) = page.row() else {
            let left = self.left();
            (self.row, self.content, self.before, self.known) = (None, None, None, None);
            return left;
        };
        let begun = page.begun.of(row.row, &page.annotator);
        let version = begun.map_or(0, |begun| begun.version);
        let same = self.row == Some(row.row) && self.owner == page.annotator;
        if same && version == self.version && self.before.as_ref() == Some(&row.example.content) {
            return Vec::new();
        }
        let left = self.left();
        // What is being typed at this moment stays, whatever came in meanwhile.
        let typing = same && version == self.version && !left.is_empty();
        self.before = Some(row.example.content.clone());
        if !typing {
            let now = begun.map_or(&row.example.content, |begun| &begun.now).clone();
            (self.content, self.known) = (Some(now.clone()), Some(now));
        }
        (self.version, self.typed, self.refused) = (version, None, None);
        if !same {
            (self.row, self.owner) = (Some(row.row), page.annotator.clone());
            self.answered = row.status.trains() || row.status == RowStatus::Prelabelled;
            (self.note, self.known_note) = (row.note.clone(), row.note.clone());
            (self.selection, self.words, self.note_open) = (None, None, false);
            self.focus = (self.work() == Some(Work::Writing)).then_some(Field::Answer);
        }
        left
    }

    /// What would be lost with the row: its answer as far as it is, and the note.
    pub fn left(&mut self) -> Vec<LabelAction> {
        let mut left = self.hand_over();
        if let Some(row) = self.row
            && self.note != self.known_note
        {
            self.known_note.clone_from(&self.note);
            left.push(LabelAction::Note { row, note: self.note.clone() });
        }
        left
    }

    fn hand_over(&mut self) -> Vec<LabelAction> {
        let (Some(row), Some(content)) = (self.row, &self.content) else { return Vec::new() };
        if self.known.as_ref() == Some(content) {
            return Vec::new();
        }
        self.known = Some(content.clone());
        vec![LabelAction::Keep { row, annotator: self.owner.clone(), content: Box::new(content.clone()) }]
    }

    /// Hands over what was marked at once, and what is typed when the typing rests. Asked in every frame.
    pub fn keep(&mut self, now_s: f64) -> Vec<LabelAction> {
        if self.known == self.content {
            self.typed = None;
            return Vec::new();
        }
        if !self.is_typed() {
            return self.hand_over();
        }
        match (&self.typed, &self.content) {
            (Some((seen, since)), Some(content)) if seen == content => {
                if now_s - since >= REST_S {
                    self.hand_over()
                } else {
                    Vec::new()
                }
            }
            (_, Some(content)) => {
                self.typed = Some((content.clone(), now_s));
                Vec::new()
            }
            (_, None) => Vec::new(),
        }
    }

    /// Whether what differs is being typed, letter by letter; marks come one by one.
    fn is_typed(&self) -> bool {
        match (&self.content, &self.known) {
            (Some(Content::ExtractiveQa(now)), Some(Content::ExtractiveQa(known))) => now.question != known.question,
            _ => self.work() == Some(Work::Writing),
        }
    }

    /// Whether something is on the screen that is no label yet.
    pub fn is_begun(&self) -> bool {
        self.content != self.before
    }

    /// The answer was saved as a label: nothing of it waits any more.
    pub fn saved(&mut self) {
        self.known.clone_from(&self.content);
        self.before.clone_from(&self.content);
    }

    /// The note went out with the flag.
    pub fn note_is_told(&mut self) {
        self.known_note.clone_from(&self.note);
    }

    /// A rating was given, whatever stood there.
    pub fn rate(&mut self, rating: f64) {
        if let Some(Content::Recommendation(it)) = &mut self.content {
            it.rating = rating;
            self.answered = true;
        }
    }

    pub fn work(&self) -> Option<Work> {
        Some(match self.content.as_ref()? {
            Content::Classes(_) => Work::Classes,
            Content::Entities(_) => Work::Entities,
            Content::ExtractiveQa(_) => Work::Answer,
            Content::Recommendation(_) => Work::Rating,
            Content::Instruction(_) | Content::Pair(_) | Content::Chat(_) | Content::Translation(_) => Work::Writing,
        })
    }

    /// Chooses a class, or takes it back where several may be right. True when the row is answered by it.
    pub fn choose(&mut self, label: &Label, several: bool) -> bool {
        let Some(Content::Classes(it)) = &mut self.content else { return false };
        if several || it.several {
            // A row of one class becomes a row of several: without this only the first label would be trained on and exported.
            it.several = true;
            match it.labels.iter().position(|known| known == label) {
                Some(at) => {
                    it.labels.remove(at);
                }
                None => it.labels.push(label.clone()),
            }
            return false;
        }
        it.labels = vec![label.clone()];
        true
    }

    /// The text being written, for the tasks that want one.
    pub fn writing(&mut self) -> Option<&mut String> {
        match self.content.as_mut()? {
            Content::Instruction(it) => Some(&mut it.output),
            Content::Pair(it) => match &mut it.completion {
                Side::Text(text) => Some(text),
                Side::Messages(messages) => last_answer(messages),
            },
            Content::Chat(it) => last_answer(&mut it.messages),
            Content::Translation(it) => Some(&mut it.target),
            Content::Classes(_) | Content::Entities(_) | Content::ExtractiveQa(_) | Content::Recommendation(_) => None,
        }
    }

    /// The text as it stood when the row came up.
    pub fn written_before(&self) -> String {
        let mut earlier = Self { content: self.before.clone(), ..Self::default() };
        earlier.writing().map(std::mem::take).unwrap_or_default()
    }

    /// Why the answer as it stands cannot be saved, if so.
    pub fn problem(&mut self, labels: &LabelSet) -> Option<String> {
        if let Some(text) = self.writing() {
            return text.trim().is_empty().then(|| "An empty answer teaches nothing: write one, or skip the row".to_owned());
        }
        match self.content.as_ref()? {
            Content::Classes(it) if it.labels.is_empty() && !(it.several || labels.several) => {
                Some("Choose a class, or skip the row".to_owned())
            }
            Content::Recommendation(_) if !self.answered => {
                Some("Nobody gave a rating yet: give one, or skip the row".to_owned())
            }
            Content::ExtractiveQa(it) if it.question.trim().is_empty() => Some("Write the question first".to_owned()),
            Content::Classes(_)
            | Content::Entities(_)
            | Content::ExtractiveQa(_)
            | Content::Recommendation(_)
            | Content::Instruction(_)
            | Content::Pair(_)
            | Content::Chat(_)
            | Content::Translation(_) => None,
        }
    }
}

/// The last turn that is the assistant's; one is added where a person has the last word.
fn last_answer(messages: &mut Vec<Message>) -> Option<&mut String> {
    if messages.last().is_none_or(|message| message.role != Role::Assistant) {
        messages.push(Message::new(Role::Assistant, ""));
    }
    messages.last_mut().map(|message| &mut message.content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::LabelTask;

    fn draft(task: LabelTask, text: &str) -> LabelDraft {
        LabelDraft::over(task.example(1, text.to_owned()).content)
    }

    #[test]
    fn a_single_class_answers_the_row_and_several_are_switched() {
        let (a, b) = (Label::Text("a".into()), Label::Text("b".into()));
        let mut one = draft(LabelTask::Class, "text");
        assert!(one.problem(&LabelSet::default()).is_some());
        assert!(one.choose(&a, false) && one.choose(&b, false));
        let Some(Content::Classes(it)) = &one.content else { panic!() };
        assert_eq!(it.labels, std::slice::from_ref(&b));
        let mut several = draft(LabelTask::Classes, "text");
        assert!(!several.choose(&a, true) && !several.choose(&b, true) && !several.choose(&a, true));
        let Some(Content::Classes(it)) = &several.content else { panic!() };
        assert_eq!(it.labels, [b]);
    }

    #[test]
    fn a_row_of_one_class_that_gets_several_says_so() {
        let (a, b) = (Label::Text("a".into()), Label::Text("b".into()));
        let mut it = draft(LabelTask::Class, "text");
        it.choose(&a, true);
        it.choose(&b, true);
        let Some(Content::Classes(classified)) = &it.content else { panic!() };
        assert!(classified.several, "one label only would be trained on");
        assert_eq!(classified.labels, [a, b]);
    }

    #[test]
    fn an_empty_answer_is_not_saved() {
        for task in [LabelTask::Output, LabelTask::Translation, LabelTask::Summary] {
            let mut it = draft(task, "text");
            assert!(it.problem(&LabelSet::default()).unwrap().contains("empty"), "{task:?}");
            it.writing().unwrap().push_str("words");
            assert_eq!(it.problem(&LabelSet::default()), None, "{task:?}");
        }
    }
}
