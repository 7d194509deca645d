//! Labels that stand apart: not among the choices, or a slip of the pen beside a frequent one. Each would become a class of its own. Changes no row.

use std::collections::BTreeMap;

use super::{Content, Example, Label, LabelSet};

/// A slip stands beside a label that is at least this many times as frequent.
const TIMES: usize = 10;
/// Shorter labels differ by a letter for good reason ("B-1", "B-2").
const LONG_ENOUGH: usize = 4;

/// A label that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddLabel {
    pub label: String,
    /// Indices of the examples that have it, ascending.
    pub examples: Vec<usize>,
    /// The frequent label that it may be meant for.
    pub like: Option<String>,
    /// It is not among the choices.
    pub strange: bool,
}

impl OddLabel {
    /// What is odd about it, as a sentence without its end.
    pub fn sentence(&self) -> String {
        let rows = if self.examples.len() == 1 { "1 row has".to_owned() } else { format!("{} rows have", self.examples.len()) };
        let what = match (&self.like, self.strange) {
            (Some(like), _) => format!("which looks like “{like}” written wrong"),
            (None, _) => "which is not among the choices".to_owned(),
        };
        format!("{rows} the label “{}”, {what}; it would be learnt as one of its own", self.label)
    }
}

/// The odd ones among the labels of some examples, in the order of their names.
pub fn odd_labels<'a>(examples: impl IntoIterator<Item = &'a Example>, choices: &LabelSet) -> Vec<OddLabel> {
    let mut rows: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, example) in examples.into_iter().enumerate() {
        for label in labels(&example.content) {
            let of = rows.entry(label).or_default();
            if of.last() != Some(&i) {
                of.push(i);
            }
        }
    }
    let known = |label: &str| choices.options.iter().any(|option| option.label.to_string() == label);
    let like = |label: &str, n: usize| {
        let near = |other: &&String| other.as_str() != label && is_slip(label, other);
        let frequent = rows.iter().filter(|(_, of)| of.len() >= n * TIMES).map(|(other, _)| other);
        frequent.filter(near).max_by_key(|other| rows.get(*other).map_or(0, Vec::len)).cloned()
    };
    rows.iter()
        .filter_map(|(label, of)| {
            let strange = !choices.options.is_empty() && !known(label);
            let like = like(label, of.len());
            (strange || like.is_some()).then(|| OddLabel { label: label.clone(), examples: of.clone(), like, strange })
        })
        .collect()
}

impl Content {
    /// With one label in place of another, of its kind where the others have one.
    #[must_use]
    pub fn relabelled(&self, from: &str, to: &str) -> Self {
        let mut content = self.clone();
        match &mut content {
            Self::Classes(it) => {
                for label in &mut it.labels {
                    if label.to_string() == from {
                        *label = label.named(to);
                    }
                }
                // What stood beside it already stands once.
                let mut seen: Vec<Label> = Vec::new();
                it.labels.retain(|label| {
                    let new = !seen.contains(label);
                    seen.push(label.clone());
                    new
                });
            }
            Self::Entities(it) => {
                for span in it.spans.iter_mut().filter(|span| span.label == from) {
                    to.clone_into(&mut span.label);
                }
            }
            Self::Recommendation(_)
            | Self::Instruction(_)
            | Self::Pair(_)
            | Self::Chat(_)
            | Self::ExtractiveQa(_)
            | Self::Translation(_) => {}
        }
        content
    }
}

impl Label {
    /// This name as a label of the same kind, where it can be one: numbers stay numbers.
    fn named(&self, name: &str) -> Self {
        match (self, name.parse::<i64>(), name.parse::<bool>()) {
            (Self::Number(_), Ok(number), _) => Self::Number(number),
            (Self::Bool(_), _, Ok(yes)) => Self::Bool(yes),
            (Self::Text(_) | Self::Number(_) | Self::Bool(_), ..) => Self::Text(name.to_owned()),
        }
    }
}

fn labels(content: &Content) -> Vec<String> {
    match content {
        Content::Classes(it) => it.labels.iter().map(ToString::to_string).collect(),
        Content::Entities(it) => it.spans.iter().map(|span| span.label.clone()).collect(),
        Content::Recommendation(_)
        | Content::Instruction(_)
        | Content::Pair(_)
        | Content::Chat(_)
        | Content::ExtractiveQa(_)
        | Content::Translation(_) => Vec::new(),
    }
}

/// The same but for case and space, or a letter more, less, changed or swapped with its neighbour (Damerau 1964).
fn is_slip(label: &str, other: &str) -> bool {
    let plain = |text: &str| text.trim().to_lowercase();
    let (a, b) = (plain(label), plain(other));
    if a == b {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Numbers that differ are other numbers.
    let digits = |text: &[char]| text.iter().filter(|c| c.is_ascii_digit()).collect::<String>();
    if a.len().min(b.len()) < LONG_ENOUGH || a.len().abs_diff(b.len()) > 1 || digits(&a) != digits(&b) {
        return false;
    }
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(front..).unwrap_or_default(), b.get(front..).unwrap_or_default());
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (a.get(..a.len() - back).unwrap_or_default(), b.get(..b.len() - back).unwrap_or_default()) {
        ([_] | [], [_] | []) => true,
        ([first, second], [third, fourth]) => first == fourth && second == third,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::LabelTask;

    fn rows(labels: &[(&str, usize)]) -> Vec<Example> {
        let row = |label: &str| {
            let mut example = LabelTask::Class.example(1, "text".to_owned());
            if let Content::Classes(it) = &mut example.content {
                it.labels = vec![Label::Text(label.to_owned())];
            }
            example
        };
        labels.iter().flat_map(|(label, n)| (0..*n).map(move |_| row(label))).collect()
    }

    #[test]
    fn slips_are_told_from_labels_of_their_own() {
        for (a, b) in [("postive", "positive"), ("Positive ", "positive"), ("posiitve", "positive"), ("sprot", "sport")] {
            assert!(is_slip(a, b), "{a} {b}");
        }
        for (a, b) in [("team 1", "team 2"), ("good", "food stuff"), ("pro", "con"), ("negative", "positive"), ("B-1", "B-2")] {
            assert!(!is_slip(a, b), "{a} {b}");
        }
    }

    #[test]
    fn rare_neighbours_and_strangers_are_found() {
        let all = rows(&[("positive", 30), ("negative", 25), ("postive", 2), ("mixed", 3)]);
        let option = |label: &str| Label::Text(label.to_owned());
        let choices = LabelSet::of([option("positive"), option("negative")], false);
        let found = odd_labels(&all, &choices);
        let told: Vec<(&str, usize, Option<&str>)> =
            found.iter().map(|odd| (odd.label.as_str(), odd.examples.len(), odd.like.as_deref())).collect();
        assert_eq!(told, [("mixed", 3, None), ("postive", 2, Some("positive"))]);
        assert!(found[1].sentence().contains("looks like “positive”"));
        assert!(odd_labels(&rows(&[("positive", 3), ("postive", 2)]), &LabelSet::default()).is_empty(), "none is frequent");
    }
}
