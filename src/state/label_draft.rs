//! The answer being given to the row at hand, before it is saved: what a key or a mark changes, and why some marks are refused. Draws nothing.

use std::ops::Range;

use crate::data::supervised::{Answer, Content, Label, LabelSet, Message, Role, Side, Span};

use super::label::LabelPage;

/// What is typed and chosen on the Label page. Owned by the window.
#[derive(Clone, Debug, Default)]
pub struct LabelDraft {
    /// The row that the rest belongs to, with how often it came up.
    row: Option<i64>,
    pub content: Option<Content>,
    /// As it came up: what was there before.
    pub before: Option<Content>,
    pub note: String,
    pub note_open: bool,
    /// Marked bytes of the text.
    pub selection: Option<Range<usize>>,
    /// The word that keys mark from, and the one they mark to.
    pub words: Option<(usize, usize)>,
    /// Why the last mark was refused.
    pub refused: Option<String>,
    /// Who drafts answers.
    pub draft_by: Option<i64>,
    pub annotator: String,
    pub search: String,
    pub guidelines: String,
    pub new_label: String,
    /// The dataset that the rules were filled in for.
    pub rules_of: Option<i64>,
}

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
    /// Takes over the row at hand when it is another.
    pub fn settle(&mut self, page: &LabelPage) {
        let Some(row) = page.row() else {
            (self.row, self.content, self.before) = (None, None, None);
            return;
        };
        let changed_outside = self.before.as_ref() != Some(&row.example.content);
        if self.row == Some(row.row) && !changed_outside {
            return;
        }
        self.row = Some(row.row);
        self.content = Some(row.example.content.clone());
        self.before = Some(row.example.content.clone());
        self.note.clone_from(&row.note);
        (self.selection, self.words, self.refused, self.note_open) = (None, None, None, false);
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

    /// Marks what is selected as an entity. Refused, with a reason, where nothing is selected or another entity stands there.
    pub fn mark(&mut self, label: &str) {
        let Some(bytes) = self.selected() else {
            self.refused = Some("Select some words first: drag over them, or move with the arrow keys".to_owned());
            return;
        };
        let Some(Content::Entities(it)) = &mut self.content else { return };
        if let Some(other) = it.spans.iter().find(|span| span.bytes.start < bytes.end && bytes.start < span.bytes.end) {
            if other.bytes == bytes {
                // The same words under another name.
                let at = it.spans.iter().position(|span| span.bytes == bytes);
                if let Some(span) = at.and_then(|at| it.spans.get_mut(at)) {
                    label.clone_into(&mut span.label);
                }
                (self.selection, self.refused) = (None, None);
                return;
            }
            let words = it.text.get(other.bytes.clone()).unwrap_or_default();
            self.refused =
                Some(format!("“{words}” is marked as {} there, and entities do not overlap: remove it first", other.label));
            return;
        }
        it.spans.push(Span { bytes, label: label.to_owned(), extra: serde_json::Map::new() });
        it.spans.sort_by_key(|span| span.bytes.start);
        (self.selection, self.refused) = (None, None);
    }

    /// Takes the entity out that the selection touches; without one, the last.
    pub fn unmark(&mut self) {
        let selected = self.selected();
        let Some(Content::Entities(it)) = &mut self.content else { return };
        let touched = |span: &Span| selected.as_ref().is_some_and(|s| span.bytes.start < s.end && s.start < span.bytes.end);
        match it.spans.iter().position(touched) {
            Some(at) => {
                it.spans.remove(at);
            }
            None if selected.is_none() => {
                it.spans.pop();
            }
            None => self.refused = Some("No entity stands there".to_owned()),
        }
    }

    /// What is selected answers the question.
    pub fn answer(&mut self) -> bool {
        let Some(bytes) = self.selected() else {
            self.refused = Some("Select the answer in the context first: drag over it, or move with the arrow keys".to_owned());
            return false;
        };
        let Some(Content::ExtractiveQa(it)) = &mut self.content else { return false };
        let text = it.context.get(bytes.clone()).unwrap_or_default().to_owned();
        it.answers = vec![Answer { text, start: bytes.start }];
        (self.selection, self.refused) = (None, None);
        true
    }

    /// The text that is marked in, where there is one.
    pub fn text(&self) -> Option<&str> {
        match self.content.as_ref()? {
            Content::Entities(it) => Some(&it.text),
            Content::ExtractiveQa(it) => Some(&it.context),
            Content::Classes(_)
            | Content::Recommendation(_)
            | Content::Instruction(_)
            | Content::Pair(_)
            | Content::Chat(_)
            | Content::Translation(_) => None,
        }
    }

    /// What the mouse selected, or else the words that the keys stand on.
    pub fn selected(&self) -> Option<Range<usize>> {
        if let Some(selection) = self.selection.clone().filter(|s| !s.is_empty()) {
            return Some(selection);
        }
        let words = words(self.text()?);
        let (from, to) = self.words?;
        let (first, last) = (words.get(from.min(to))?, words.get(from.max(to))?);
        Some(first.start..last.end)
    }

    /// Moves the word that keys stand on; with `extend`, the selection grows instead.
    pub fn step_word(&mut self, forward: bool, extend: bool) {
        let Some(n) = self.text().map(|text| words(text).len()).filter(|n| *n > 0) else { return };
        self.selection = None;
        self.words = Some(match self.words {
            None => {
                if forward {
                    (0, 0)
                } else {
                    (n - 1, n - 1)
                }
            }
            Some((from, to)) => {
                let to = if forward { (to + 1).min(n - 1) } else { to.saturating_sub(1) };
                if extend { (from, to) } else { (to, to) }
            }
        });
    }

    /// Selects what the mouse was dragged over, whole words of it.
    pub fn select(&mut self, bytes: Range<usize>) {
        let Some(text) = self.text() else { return };
        let all = words(text);
        let touched = |word: &&Range<usize>| word.start < bytes.end.max(bytes.start + 1) && bytes.start < word.end;
        let (first, last) = (all.iter().find(touched), all.iter().rfind(touched));
        self.selection = first.zip(last).map(|(first, last)| first.start..last.end);
        (self.words, self.refused) = (None, None);
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

/// Bytes of the words of a text: runs of letters and digits, with what holds them together ("isn't", "well-known").
pub fn words(text: &str) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut open: Option<usize> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let joins =
            matches!(c, '\'' | '’' | '-') && open.is_some() && chars.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        if c.is_alphanumeric() || joins {
            open.get_or_insert(at);
        } else {
            words.extend(open.take().map(|start| start..at));
            if !c.is_whitespace() {
                words.push(at..at + c.len_utf8());
            }
        }
    }
    words.extend(open.map(|start| start..text.len()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::LabelTask;

    fn draft(task: LabelTask, text: &str) -> LabelDraft {
        LabelDraft { content: Some(task.example(1, text.to_owned()).content), ..LabelDraft::default() }
    }

    fn spans(draft: &LabelDraft) -> Vec<(String, String)> {
        let Some(Content::Entities(it)) = &draft.content else { panic!("no entities") };
        it.spans.iter().map(|span| (it.text[span.bytes.clone()].to_owned(), span.label.clone())).collect()
    }

    #[test]
    fn words_are_told_from_signs() {
        let text = "Élan isn't well-known — in Zürich, Anna's.";
        let found: Vec<&str> = words(text).into_iter().map(|word| &text[word]).collect();
        assert_eq!(found, ["Élan", "isn't", "well-known", "—", "in", "Zürich", ",", "Anna's", "."]);
    }

    #[test]
    fn entities_do_not_overlap() {
        let mut it = draft(LabelTask::Entities, "Anna lives in New Ävik.");
        it.select(15..17);
        it.mark("PLACE");
        assert_eq!(spans(&it), [("New".to_owned(), "PLACE".to_owned())]);
        it.select(14..22);
        it.mark("TOWN");
        assert!(it.refused.as_deref().unwrap().contains("“New” is marked as PLACE"), "{:?}", it.refused);
        it.unmark();
        it.mark("TOWN");
        assert_eq!(spans(&it), [("New Ävik".to_owned(), "TOWN".to_owned())]);
        it.select(14..22);
        it.mark("PLACE");
        assert_eq!(spans(&it), [("New Ävik".to_owned(), "PLACE".to_owned())], "the same words under another name");
    }

    #[test]
    fn keys_mark_as_the_mouse_does() {
        let mut it = draft(LabelTask::Entities, "Anna lives in New Ävik.");
        it.mark("PLACE");
        assert!(it.refused.as_deref().unwrap().contains("Select"), "nothing is selected");
        for _ in 0..4 {
            it.step_word(true, false);
        }
        it.step_word(true, true);
        it.mark("PLACE");
        assert_eq!(spans(&it), [("New Ävik".to_owned(), "PLACE".to_owned())]);
    }

    #[test]
    fn an_answer_is_a_part_of_its_context() {
        let mut it = draft(LabelTask::Answer, "The café is in Ävik.");
        assert!(it.problem(&LabelSet::default()).unwrap().contains("question"));
        it.select(16..18);
        assert!(it.answer());
        let Some(Content::ExtractiveQa(question)) = &it.content else { panic!() };
        assert_eq!(question.answers, [Answer { text: "Ävik".to_owned(), start: 16 }]);
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
    fn an_empty_answer_is_not_saved() {
        for task in [LabelTask::Output, LabelTask::Translation, LabelTask::Summary] {
            let mut it = draft(task, "text");
            assert!(it.problem(&LabelSet::default()).unwrap().contains("empty"), "{task:?}");
            it.writing().unwrap().push_str("words");
            assert_eq!(it.problem(&LabelSet::default()), None, "{task:?}");
        }
    }
}
