//! What guessing scores on rows, without any model: what a fine-tuned one must beat. Trains nothing.

use std::collections::BTreeMap;

use super::task_eval::EvalRows;
use crate::config::Tune;
use crate::data::supervised::{Content, Example, Role, RowSnapshot, Split, TaskTemplate};
use crate::evaluate::{Entity, Metric, TextKind, answers, texts};

/// The most frequent answer of the training part; of a translation the source as it stands, of a summary the text's first sentence,
/// of entities the words that the training part always marks. In the metric that leads.
pub(super) fn of(snapshot: &RowSnapshot, eval: &EvalRows, tune: &Tune) -> Option<Metric> {
    match eval {
        EvalRows::Classes { rows, labels, several } => {
            let train = snapshot.side(Split::Train);
            let (frequent, _) = frequent(train.filter_map(|(_, example)| {
                let Content::Classes(it) = &example.content else { return None };
                Some(it.labels.iter().map(ToString::to_string).collect::<Vec<_>>())
            }))?;
            let places: Vec<usize> = frequent.iter().filter_map(|label| labels.iter().position(|known| known == label)).collect();
            let gold: Vec<Vec<usize>> = rows.iter().map(|row| row.labels.clone()).collect();
            let given = vec![places; rows.len()];
            Some(crate::evaluate::classes(labels, &gold, &given, *several).headline)
        }
        // The words of an episode are its own.
        EvalRows::Text { .. } if tune.in_context.is_some() => None,
        EvalRows::Text { rows, kind, .. } => {
            let words = tune.words.as_ref().map(|(prompt, answer)| TaskTemplate::new(prompt, answer));
            let gold: Vec<String> = rows.iter().map(|row| row.answer.trim().to_owned()).collect();
            let sources = || sources(snapshot, rows.iter().map(|row| row.row));
            let guessed = match kind {
                TextKind::Translation => sources(),
                TextKind::Summary => sources().iter().map(|text| lead(text).to_owned()).collect(),
                TextKind::Rating => {
                    let train = snapshot.side(Split::Train).filter_map(|(_, example)| answer_of(example, words.as_ref()));
                    let given: Vec<f64> = train.filter_map(|answer| answer.parse().ok()).collect();
                    let mean = given.iter().sum::<f64>() / given.len().max(1) as f64;
                    vec![mean.to_string(); rows.len()]
                }
                TextKind::Answer | TextKind::Chat | TextKind::Class | TextKind::Entities => {
                    let train = snapshot.side(Split::Train).filter_map(|(_, example)| answer_of(example, words.as_ref()));
                    let (frequent, n) = frequent(train)?;
                    // Where every answer is another, guessing has no meaning.
                    if n < 2 {
                        return None;
                    }
                    vec![frequent; rows.len()]
                }
            };
            Some(texts(&gold, &guessed, *kind).headline)
        }
        EvalRows::Spans { rows } => {
            let train = snapshot.side(Split::Train).filter_map(|(_, example)| {
                let Content::ExtractiveQa(it) = &example.content else { return None };
                it.answers.first().map(|answer| answer.text.clone())
            });
            let (frequent, _) = frequent(train)?;
            let gold: Vec<Vec<String>> = rows.iter().map(|row| row.answers.clone()).collect();
            Some(answers(&gold, &vec![frequent; rows.len()]).headline)
        }
        EvalRows::Tags { rows, .. } => {
            let known = always_marked(snapshot);
            let gold: Vec<Vec<Entity>> = rows
                .iter()
                .map(|row| row.spans.iter().map(|(b, label)| Entity::new(b.start, b.end, label.clone())).collect())
                .collect();
            let given: Vec<Vec<Entity>> = rows.iter().map(|row| looked_up(&row.text, &known)).collect();
            Some(crate::evaluate::entities(&gold, &given).headline)
        }
    }
}

/// What is given in each of these rows.
fn sources(snapshot: &RowSnapshot, rows: impl Iterator<Item = i64>) -> Vec<String> {
    let texts: BTreeMap<i64, &Example> = snapshot.rows.iter().map(|row| (row.row, &row.example)).collect();
    rows.map(|row| texts.get(&row).map(|example| example.content.halves().0).unwrap_or_default()).collect()
}

/// The first sentence, which summaries of news are hard to beat with (See et al. 2017, "lead-3").
fn lead(text: &str) -> &str {
    let text = text.trim();
    let ends = text.char_indices().find(|(at, c)| {
        matches!(c, '.' | '!' | '?') && text.get(at + c.len_utf8()..).is_some_and(|rest| rest.starts_with(char::is_whitespace))
    });
    ends.and_then(|(at, c)| text.get(..at + c.len_utf8())).unwrap_or(text)
}

/// Words that the training part marks more often than not, each with the label it mostly has (the baseline of CoNLL-2003, Tjong Kim Sang
/// and De Meulder 2003, section 3.4).
fn always_marked(snapshot: &RowSnapshot) -> BTreeMap<String, String> {
    let mut marked: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let train = || {
        snapshot.side(Split::Train).filter_map(|(_, example)| match &example.content {
            Content::Entities(it) => Some(it),
            Content::Classes(_)
            | Content::ExtractiveQa(_)
            | Content::Instruction(_)
            | Content::Pair(_)
            | Content::Chat(_)
            | Content::Translation(_)
            | Content::Recommendation(_) => None,
        })
    };
    for it in train() {
        for span in &it.spans {
            let words = it.text.get(span.bytes.clone()).unwrap_or_default().to_owned();
            *marked.entry(words).or_default().entry(span.label.clone()).or_default() += 1;
        }
    }
    let seen = |words: &str| train().map(|it| it.text.matches(words).count()).sum::<usize>();
    marked
        .into_iter()
        .filter_map(|(words, labels)| {
            let (label, n) = labels.into_iter().max_by(|a, b| a.1.cmp(&b.1))?;
            (!words.is_empty() && 2 * n > seen(&words)).then_some((words, label))
        })
        .collect()
}

/// Every place of a text that is one of these, the longest first.
fn looked_up(text: &str, known: &BTreeMap<String, String>) -> Vec<Entity> {
    let mut found: Vec<Entity> = Vec::new();
    let mut words: Vec<(&String, &String)> = known.iter().collect();
    words.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
    for (words, label) in words {
        for (start, _) in text.match_indices(words.as_str()) {
            let end = start + words.len();
            let inside = |text: &str| text.chars().next_back().is_some_and(char::is_alphanumeric);
            let cut = text.get(..start).is_some_and(inside)
                || text.get(end..).and_then(|rest| rest.chars().next()).is_some_and(char::is_alphanumeric);
            if !cut && !found.iter().any(|other| other.start < end && start < other.end) {
                found.push(Entity::new(start, end, label.clone()));
            }
        }
    }
    found.sort_by_key(|entity| entity.start);
    found
}

/// What an example wants to be written last.
fn answer_of(example: &Example, words: Option<&TaskTemplate>) -> Option<String> {
    let words = words.cloned().unwrap_or_else(|| TaskTemplate::default_for(example));
    let (turns, _) = words.turns(example);
    turns.iter().rfind(|turn| turn.role == Role::Assistant).map(|turn| turn.content.trim().to_owned())
}

/// The most frequent of some things, and how often it occurs.
fn frequent<T: Ord>(all: impl Iterator<Item = T>) -> Option<(T, usize)> {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for one in all {
        *counts.entry(one).or_default() += 1;
    }
    counts.into_iter().max_by(|a, b| a.1.cmp(&b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_a_sentence() {
        assert_eq!(lead(" It rained at 3.5 mm. Then it stopped."), "It rained at 3.5 mm.");
        assert_eq!(lead("No end"), "No end");
    }

    #[test]
    fn known_names_are_found_and_parts_of_words_are_not() {
        let known = [("Anna", "PER"), ("New Vale", "LOC"), ("Vale", "LOC")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let found = looked_up("Anna left New Vale; Annabel stayed in Vale.", &BTreeMap::from(known));
        let places: Vec<(usize, usize)> = found.iter().map(|entity| (entity.start, entity.end)).collect();
        assert_eq!(places, [(0, 4), (10, 18), (38, 42)]);
    }
}
