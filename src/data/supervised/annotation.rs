//! What people and models say of rows: splits, status, label sets, and changes that can be taken back. Knows no database and no window.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Classified, Content, Example, Label, Pair, Question, Side, SpanForm, Statistics, Tagged, Translation, statistics};
use crate::engine::command::Schema;

/// Which part of a dataset a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// As it stands in the database, in file names and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }

    /// By the names that files in the wild use.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "train" | "training" => Self::Train,
            "validation" | "valid" | "val" | "dev" => Self::Validation,
            "test" => Self::Test,
            _ => return None,
        })
    }
}

/// How far a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// Nobody said anything; it is not trained on.
    Unlabelled,
    /// A model proposed a label that nobody confirmed; it is not trained on.
    Prelabelled,
    /// The file or a person gave the label.
    Labelled,
    /// A person looked at a label that stood there and found it right, or settled a disagreement.
    Confirmed,
    /// A person put it aside; it is not trained on.
    Skipped,
}

impl RowStatus {
    pub const ALL: [Self; 5] = [Self::Unlabelled, Self::Prelabelled, Self::Labelled, Self::Confirmed, Self::Skipped];

    /// As it stands in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unlabelled => "unlabelled",
            Self::Prelabelled => "prelabelled",
            Self::Labelled => "labelled",
            Self::Confirmed => "confirmed",
            Self::Skipped => "skipped",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// Whether rows like this are trained on and measured with.
    pub fn trains(self) -> bool {
        matches!(self, Self::Labelled | Self::Confirmed)
    }
}

/// What a person decided about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Labelled,
    Confirmed,
    Skipped,
}

/// One person's word on one row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Own {
    pub content: Content,
    pub verdict: Verdict,
}

/// One change to a row. Each carries the whole new value of what it changes, so that taking it back is a change, too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// What this annotator says; None: nothing any more.
    Own(Option<Own>),
    /// Settles what counts where annotators disagree; None: not settled.
    Adjudicate(Option<Content>),
    Flag {
        flagged: bool,
        note: String,
    },
    Split(Split),
    /// The row is left out of the dataset, or back in it.
    Removed(bool),
    /// What a model proposes; None: nothing any more.
    Prelabel(Option<Content>),
}

impl Change {
    /// As it stands in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Own(Some(Own { verdict: Verdict::Labelled, .. })) => "label",
            Self::Own(Some(Own { verdict: Verdict::Confirmed, .. })) => "confirm",
            Self::Own(Some(Own { verdict: Verdict::Skipped, .. })) => "skip",
            Self::Own(None) => "unlabel",
            Self::Adjudicate(_) => "adjudicate",
            Self::Flag { .. } => "flag",
            Self::Split(_) => "split",
            Self::Removed(_) => "remove",
            Self::Prelabel(_) => "prelabel",
        }
    }
}

/// A row as trainers and metrics get it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredExample {
    /// Its number in the project, for marks and scores.
    pub row: i64,
    pub split: Split,
    pub status: RowStatus,
    pub example: Example,
}

/// One choice of a label set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelOption {
    pub label: Label,
    /// Index into the palette's label colours.
    pub color: u8,
    /// Pressed to choose it: 1 to 9, then letters.
    pub key: Option<char>,
}

/// How a dataset is labelled: choices, and what was agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LabelSet {
    pub options: Vec<LabelOption>,
    /// Any number of classes may be right.
    pub several: bool,
    /// What annotators should know, as plain text.
    pub guidelines: String,
}

/// Keys in the order in which labels get them. The other letters are commands of the page.
pub const LABEL_KEYS: &str = "123456789qwertyuiopasdfghjkl";
/// More labels than this are typed, not chosen.
const MAX_OPTIONS: usize = 200;

impl LabelSet {
    /// Choices in this order, each with a colour and, as long as there are, a key.
    pub fn of(labels: impl IntoIterator<Item = Label>, several: bool) -> Self {
        let mut keys = LABEL_KEYS.chars();
        let option = |(i, label)| LabelOption { label, color: (i % 256) as u8, key: keys.next() };
        let options = labels.into_iter().take(MAX_OPTIONS).enumerate().map(option).collect();
        Self { options, several, guidelines: String::new() }
    }

    /// What the rows of a file use, the most frequent first.
    pub fn found(examples: &[Example], statistics: &Statistics) -> Self {
        let classes = |example: &Example| match &example.content {
            Content::Classes(it) => Some((it.labels.clone(), it.several)),
            Content::Entities(it) => Some((it.spans.iter().map(|span| Label::Text(span.label.clone())).collect(), false)),
            Content::Recommendation(_)
            | Content::Instruction(_)
            | Content::Pair(_)
            | Content::Chat(_)
            | Content::ExtractiveQa(_)
            | Content::Translation(_) => None,
        };
        let known: Vec<(Vec<Label>, bool)> = examples.iter().filter_map(classes).collect();
        let several = known.iter().any(|(_, several)| *several);
        let typed = |name: &str| known.iter().flat_map(|(labels, _)| labels).find(|label| label.to_string() == name).cloned();
        Self::of(statistics.labels.iter().take(MAX_OPTIONS).filter_map(|count| typed(&count.label)), several)
    }

    pub fn find(&self, label: &Label) -> Option<&LabelOption> {
        self.options.iter().find(|option| option.label == *label)
    }
}

/// What people are to do with texts that have no labels yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelTask {
    /// Exactly one class.
    Class,
    /// Any number of classes.
    Classes,
    Entities,
    /// An answer to each text.
    Output,
    Translation,
    Summary,
    /// A question about each text, with its answer in it.
    Answer,
    /// A number for each text: how good, how useful.
    Rating,
}

impl LabelTask {
    pub const ALL: [Self; 8] =
        [Self::Class, Self::Classes, Self::Entities, Self::Output, Self::Translation, Self::Summary, Self::Answer, Self::Rating];

    /// What a person is asked to do with each text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Class => "choose a class",
            Self::Classes => "choose any number of classes",
            Self::Entities => "mark entities",
            Self::Output => "write an answer",
            Self::Translation => "translate",
            Self::Summary => "summarise",
            Self::Answer => "ask a question and mark its answer",
            Self::Rating => "give a rating",
        }
    }

    pub fn schema(self) -> Schema {
        match self {
            Self::Class | Self::Classes => Schema::Classes,
            Self::Entities => Schema::Entities,
            Self::Output | Self::Summary => Schema::PromptCompletion,
            Self::Translation => Schema::Translation,
            Self::Answer => Schema::ExtractiveQa,
            Self::Rating => Schema::Recommendation,
        }
    }

    /// Parts and the columns that they are exported as.
    pub fn columns(self) -> Vec<(String, String)> {
        let pairs: &[(&str, &str)] = match self {
            Self::Class => &[("text", "text"), ("label", "label")],
            Self::Classes => &[("text", "text"), ("label", "labels")],
            Self::Entities => &[("text", "text"), ("spans", "spans")],
            Self::Output => &[("prompt", "prompt"), ("completion", "completion")],
            Self::Summary => &[("prompt", "text"), ("completion", "summary")],
            Self::Translation => &[("source", "src"), ("target", "tgt")],
            Self::Answer => &[("context", "context"), ("question", "question"), ("answers", "answers")],
            Self::Rating => &[("user", "user"), ("item", "item"), ("rating", "rating")],
        };
        pairs.iter().map(|(part, column)| ((*part).to_owned(), (*column).to_owned())).collect()
    }

    /// A text that waits for its label.
    pub fn example(self, line: u64, text: String) -> Example {
        let content = match self {
            Self::Class | Self::Classes => {
                Content::Classes(Classified { text, labels: Vec::new(), several: self == Self::Classes })
            }
            Self::Entities => {
                let form = SpanForm::Objects { label: "label".to_owned() };
                Content::Entities(Tagged { text, spans: Vec::new(), form })
            }
            Self::Output | Self::Summary => {
                Content::Pair(Pair { prompt: Side::Text(text), completion: Side::Text(String::new()) })
            }
            Self::Translation => Content::Translation(Translation {
                source: text,
                target: String::new(),
                source_language: None,
                target_language: None,
            }),
            Self::Answer => Content::ExtractiveQa(Question {
                context: text,
                question: String::new(),
                answers: Vec::new(),
                form: super::AnswerForm::Lists,
                title: None,
                extra: serde_json::Map::new(),
            }),
            // Whoever rates speaks for all readers.
            Self::Rating => Content::Recommendation(super::Recommendation {
                user: Label::Text("reader".to_owned()),
                item: Label::Text(text),
                rating: 0.0,
            }),
        };
        let columns = self.columns();
        let cells = columns.iter().map(|(_, column)| (column.clone(), Value::Null)).collect();
        Example { line, content, cells, columns }
    }
}

impl Content {
    /// The same input without its answer, as somebody sees it who is to say what is right.
    #[must_use]
    pub fn blanked(&self) -> Self {
        let mut blank = self.clone();
        match &mut blank {
            Self::Instruction(it) => it.output.clear(),
            Self::Pair(it) => it.completion = Side::Text(String::new()),
            Self::Chat(it) => {
                let last = it.messages.iter().rposition(|message| message.role == super::Role::Assistant);
                if let Some(message) = last.and_then(|last| it.messages.get_mut(last)) {
                    message.content.clear();
                }
            }
            Self::Classes(it) => it.labels.clear(),
            Self::Entities(it) => it.spans.clear(),
            Self::ExtractiveQa(it) => it.answers.clear(),
            Self::Translation(it) => it.target.clear(),
            Self::Recommendation(it) => it.rating = 0.0,
        }
        blank
    }

    /// Puts a text where the answer of these rows is written; false where none is.
    pub fn answer_with(&mut self, text: &str) -> bool {
        let last = |messages: &mut Vec<super::Message>| {
            if messages.last().is_none_or(|message| message.role != super::Role::Assistant) {
                messages.push(super::Message::new(super::Role::Assistant, ""));
            }
            if let Some(message) = messages.last_mut() {
                text.clone_into(&mut message.content);
            }
        };
        match self {
            Self::Instruction(it) => text.clone_into(&mut it.output),
            Self::Pair(Pair { completion: Side::Messages(messages), .. }) => last(messages),
            Self::Pair(it) => it.completion = Side::Text(text.to_owned()),
            Self::Chat(it) => last(&mut it.messages),
            Self::Translation(it) => text.clone_into(&mut it.target),
            Self::Classes(_) | Self::Entities(_) | Self::ExtractiveQa(_) | Self::Recommendation(_) => return false,
        }
        true
    }

    /// What is given, and what is to be answered, as text.
    pub fn halves(&self) -> (String, String) {
        statistics::halves_of(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_get_keys_as_long_as_there_are() {
        let set = LabelSet::of((0..40).map(Label::Number), false);
        let keys: Vec<Option<char>> = set.options.iter().map(|option| option.key).collect();
        assert_eq!((keys[0], keys[8], keys[9], keys[39]), (Some('1'), Some('9'), Some('q'), None));
        let mut known: Vec<char> = keys.into_iter().flatten().collect();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), LABEL_KEYS.len(), "no key twice");
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for split in Split::ALL {
            assert_eq!(Split::parse(split.name()), Some(split));
        }
        for status in RowStatus::ALL {
            assert_eq!(RowStatus::parse(status.name()), Some(status));
        }
    }

    #[test]
    fn a_blank_row_keeps_its_input() {
        for task in LabelTask::ALL {
            let example = task.example(1, "a text".to_owned());
            assert_eq!(example.content.blanked(), example.content, "{task:?}");
            assert!(example.content.halves().0.contains("a text"), "{task:?}");
        }
    }
}
