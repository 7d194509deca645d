//! The quality of entity recognition, span by span, and tags of tokens to spans and back. Knows no model and no text.
//!
//! A predicted entity is right if an entity of gold has the same start, end and label (Tjong Kim Sang and De Meulder 2003). Agrees with
//! `conlleval` and seqeval's default on tags, and, on spans, with seqeval's strict mode.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::report::{Report, Wanted};
use super::tally::{Measure, Tallies};
use super::{classes, rows};

/// A marked span; start and end in whatever unit both sides use: tokens, characters or bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entity {
    pub start: usize,
    /// One past the last.
    pub end: usize,
    pub label: String,
}

impl Entity {
    pub fn new(start: usize, end: usize, label: impl Into<String>) -> Self {
        Self { start, end, label: label.into() }
    }
}

/// Compares predicted with gold entities of each row; rows are in the same order, and one that lacks a prediction has none.
///
/// The same entity twice in a row counts once. Macro-F1 is the mean over types that occur on either side. Row scores: F1 of the row; 1
/// where both found nothing.
pub fn entities(gold: &[Vec<Entity>], predicted: &[Vec<Entity>]) -> Report {
    let pairs: Vec<_> = rows(gold, predicted)
        .map(|(gold, predicted)| {
            let set = |row: &'_ [Entity]| -> BTreeSet<Entity> { row.iter().cloned().collect() };
            (set(gold), set(predicted.map_or(&[], Vec::as_slice)))
        })
        .collect();
    let names: BTreeSet<&String> = pairs.iter().flat_map(|(g, p)| g.iter().chain(p)).map(|entity| &entity.label).collect();
    let labels: Vec<String> = names.into_iter().cloned().collect();
    let index: BTreeMap<&str, usize> = labels.iter().map(String::as_str).zip(0..).collect();
    let n = labels.len();
    let tally = |(gold, predicted): &(BTreeSet<Entity>, BTreeSet<Entity>)| {
        let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
        let mut add = |entity: &Entity, kind: usize| {
            if let Some(class) = index.get(entity.label.as_str()) {
                // Three slots for all types together stand behind those of each.
                for slot in [3 * class + kind, 3 * n + kind] {
                    *counts.entry(slot).or_default() += 1.0;
                }
            }
        };
        for entity in predicted {
            add(entity, usize::from(!gold.contains(entity)));
        }
        for entity in gold.difference(predicted) {
            add(entity, 2);
        }
        counts.into_iter().map(|(slot, n)| (slot as u32, n)).collect()
    };
    let tallies = Tallies { width: 3 * n + 3, rows: pairs.iter().map(tally).collect() };
    let row_scores = pairs.iter().map(|(gold, predicted)| set_f1(gold, predicted) as f32).collect();
    let per_class = classes::per_class(&labels, &tallies.sums());
    let at = 3 * n;
    let others = vec![
        Wanted::share("Precision", Measure::Precision { at }),
        Wanted::share("Recall", Measure::Recall { at }),
        Wanted::share("Macro-F1", Measure::MacroF1 { at: 0, classes: n }),
        Wanted::share("Weighted F1", Measure::WeightedF1 { at: 0, classes: n }),
    ];
    Report { per_class, ..Report::new(&Wanted::share("Entity F1", Measure::F1 { at }), &others, tallies, row_scores) }
}

fn set_f1(gold: &BTreeSet<Entity>, predicted: &BTreeSet<Entity>) -> f64 {
    match gold.len() + predicted.len() {
        0 => 1.0,
        all => 2.0 * gold.intersection(predicted).count() as f64 / all as f64,
    }
}

/// Tags of tokens (BIO, IOB1, IOB2, BIOES, BILOU) to spans over tokens, as `conlleval` reads them: an I without a beginning, or with
/// another label than the one before, begins a span. A tag without such a prefix is taken for an I of that name.
pub fn entities_of_tags<S: AsRef<str>>(tags: &[S]) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    let mut open = false;
    for (place, tag) in tags.iter().enumerate() {
        let tag = tag.as_ref();
        if matches!(tag, "O" | "") {
            open = false;
            continue;
        }
        let (prefix, label) = match tag.split_once('-') {
            Some((prefix @ ("B" | "I" | "E" | "L" | "S" | "U"), label)) => (prefix, label),
            _ => ("I", tag),
        };
        match entities.last_mut() {
            Some(last) if open && last.label == label && matches!(prefix, "I" | "E" | "L") => last.end = place + 1,
            _ => entities.push(Entity::new(place, place + 1, label)),
        }
        open = matches!(prefix, "B" | "I");
    }
    entities
}

/// Spans over tokens to IOB2 tags. Of spans that overlap, the one that begins first keeps its tokens; what lies past the end is cut.
pub fn tags_of_entities(tokens: usize, entities: &[Entity]) -> Vec<String> {
    let mut tags = vec!["O".to_owned(); tokens];
    let mut sorted: Vec<&Entity> = entities.iter().collect();
    sorted.sort();
    for entity in sorted {
        let mut prefix = "B";
        for tag in tags.iter_mut().take(entity.end).skip(entity.start).filter(|tag| *tag == "O") {
            *tag = format!("{prefix}-{}", entity.label);
            prefix = "I";
        }
    }
    tags
}
