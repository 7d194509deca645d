//! Marks in the text at hand: what is selected, entities, answers, and why some marks are refused. Draws nothing.

use std::ops::Range;

use crate::data::supervised::{Answer, Content, Span};

use super::label_draft::LabelDraft;

impl LabelDraft {
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
        if let Some(Content::ExtractiveQa(it)) = &mut self.content {
            let touched = |answer: &Answer| {
                selected.as_ref().is_some_and(|s| answer.start < s.end && s.start < answer.start + answer.text.len())
            };
            match it.answers.iter().position(touched) {
                Some(at) => {
                    it.answers.remove(at);
                }
                None => {
                    it.answers.pop();
                }
            }
            return;
        }
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

    /// What is selected answers the question: in place of the first answer, or, with `also`, beside what stands there.
    pub fn answer(&mut self, also: bool) -> bool {
        let Some(bytes) = self.selected() else {
            self.refused = Some("Select the answer in the context first: drag over it, or move with the arrow keys".to_owned());
            return false;
        };
        let Some(Content::ExtractiveQa(it)) = &mut self.content else { return false };
        let text = it.context.get(bytes.clone()).unwrap_or_default().to_owned();
        let answer = Answer { text, start: bytes.start };
        if let Some(first) = it.answers.first_mut().filter(|_| !also) {
            *first = answer;
        } else if !it.answers.contains(&answer) {
            it.answers.push(answer);
        }
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

    /// The text says no answer.
    pub fn unanswerable(&mut self) {
        if let Some(Content::ExtractiveQa(it)) = &mut self.content {
            it.answers.clear();
            (self.selection, self.refused) = (None, None);
        }
    }

    /// Moves the end of the selection, or its beginning, by a single character: not every span ends with a word.
    pub fn step_char(&mut self, forward: bool, end: bool) {
        let (Some(selected), Some(text)) = (self.selected(), self.text().map(str::to_owned)) else { return };
        let from = if end { selected.end } else { selected.start };
        let to = if forward {
            text.get(from..).and_then(|rest| rest.chars().next()).map_or(from, |c| from + c.len_utf8())
        } else {
            text.get(..from).and_then(|before| before.chars().next_back()).map_or(from, |c| from - c.len_utf8())
        };
        let moved = if end { selected.start..to } else { to..selected.end };
        if !moved.is_empty() {
            (self.selection, self.words) = (Some(moved), None);
        }
    }

    /// Selects exactly these bytes, where they stand between characters.
    pub fn select_exactly(&mut self, bytes: Range<usize>) {
        if self.text().is_some_and(|text| text.get(bytes.clone()).is_some()) {
            (self.selection, self.words, self.refused) = (Some(bytes), None, None);
        }
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
    use crate::data::supervised::{LabelSet, LabelTask};

    fn draft(task: LabelTask, text: &str) -> LabelDraft {
        LabelDraft::over(task.example(1, text.to_owned()).content)
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
        assert!(it.answer(false));
        let Some(Content::ExtractiveQa(question)) = &it.content else { panic!() };
        let avik = Answer { text: "Ävik".to_owned(), start: 16 };
        assert_eq!(question.answers, std::slice::from_ref(&avik));
        // Another right answer stands beside it; a mark alone takes the first one's place.
        it.select(5..7);
        assert!(it.answer(true));
        it.select(0..3);
        assert!(it.answer(false));
        let Some(Content::ExtractiveQa(question)) = &it.content else { panic!() };
        let texts: Vec<&str> = question.answers.iter().map(|answer| answer.text.as_str()).collect();
        assert_eq!(texts, ["The", "café"]);
        it.unmark();
        it.unanswerable();
        let Some(Content::ExtractiveQa(question)) = &it.content else { panic!() };
        assert!(question.answers.is_empty());
    }

    #[test]
    fn a_span_may_end_within_a_word() {
        let mut it = draft(LabelTask::Entities, "Äviks café");
        it.select(0..2);
        it.step_char(false, true);
        assert_eq!(it.selected(), Some(0..5), "Ävik");
        it.step_char(true, false);
        assert_eq!(it.selected(), Some(2..5), "the Ä is two bytes");
        for _ in 0..9 {
            it.step_char(false, true);
        }
        assert_eq!(it.selected(), Some(2..3), "never empty");
    }
}
