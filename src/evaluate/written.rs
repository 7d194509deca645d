//! Classes and entities that a model wrote as words: read back and scored as what they stand for. Knows no model.

use std::collections::{BTreeMap, BTreeSet};

use super::report::Report;
use super::{Entity, classes, entities};

/// One class a row, by its name. An answer that names no class of the gold answers is none: it is wrong.
pub fn written_classes(gold: &[String], predicted: &[String]) -> Report {
    let name = |text: &String| text.trim().lines().next().unwrap_or_default().trim().to_owned();
    let labels: Vec<String> = gold.iter().map(name).collect::<BTreeSet<_>>().into_iter().collect();
    let place = |text: &String| {
        let name = name(text).to_lowercase();
        labels.iter().position(|label| label.to_lowercase() == name).into_iter().collect::<Vec<usize>>()
    };
    let exactly = |text: &String| labels.iter().position(|label| *label == name(text)).into_iter().collect::<Vec<usize>>();
    let gold: Vec<Vec<usize>> = gold.iter().map(exactly).collect();
    let given: Vec<Vec<usize>> = predicted.iter().map(place).collect();
    classes(&labels, &gold, &given, false)
}

/// Entities one a line, "PER: Anna"; where they stand in the text is not written, so the words and their label are what counts, each
/// as often as it is written.
pub fn written_entities(gold: &[String], predicted: &[String]) -> Report {
    let mut numbers: BTreeMap<(String, usize), usize> = BTreeMap::new();
    let mut read = |text: &String| {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut found = Vec::new();
        for (label, words) in text.lines().filter_map(|line| line.split_once(": ")) {
            let times = seen.entry(words.trim()).or_default();
            let next = numbers.len();
            let number = *numbers.entry((words.trim().to_owned(), *times)).or_insert(next);
            *times += 1;
            found.push(Entity::new(number, number + 1, label.trim()));
        }
        found
    };
    let gold: Vec<Vec<Entity>> = gold.iter().map(&mut read).collect();
    let given: Vec<Vec<Entity>> = predicted.iter().map(&mut read).collect();
    entities(&gold, &given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn classes_in_words_are_classes() {
        let gold = texts(&["good", "bad", "good", "bad"]);
        let report = written_classes(&gold, &texts(&[" Good ", "bad\nText: more", "well", "good"]));
        assert_eq!(report.headline.name, "Accuracy");
        assert!((report.headline.value - 0.5).abs() < 1e-9, "{:?}", report.headline);
        assert!(report.confusion.is_some() && report.per_class.len() == 2);
    }

    #[test]
    fn entities_in_lines_are_entities() {
        let gold = texts(&["PER: Anna\nLOC: Vale\nPER: Anna", "none"]);
        let report = written_entities(&gold, &texts(&["PER: Anna\nLOC: Anna\nLOC: Vale", "none"]));
        // Right: Anna once and Vale; wrong: Anna as a place; missed: the second Anna.
        assert_eq!(report.headline.name, "Entity F1");
        assert!((report.headline.value - 2.0 / 3.0).abs() < 1e-9, "{:?}", report.headline);
        assert!((written_entities(&gold, &gold).headline.value - 1.0).abs() < 1e-9);
    }
}
