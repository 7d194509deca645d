//! How well two people agree on the rows that both labelled. Draws nothing.

use std::collections::BTreeMap;

use crate::data::supervised::Content;
use crate::engine::labelling::Disagreement;
use crate::evaluate::{Entity, Weights, cohen_kappa, span_f1};

/// How well the first two people of each row agree.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Agreement {
    pub rows: usize,
    pub agree: usize,
    /// Cohen's κ of classes (Cohen 1960), F1 of marked spans; none for other answers, or where it is not defined.
    pub figure: Option<(&'static str, f64)>,
    pub names: Vec<String>,
}

/// How well each two people agree, where there are more than two; those with the most rows in common first.
pub fn by_pairs(rows: &[Disagreement]) -> Vec<Agreement> {
    let mut names: Vec<&str> = rows.iter().flat_map(|row| row.words.iter().map(|(who, _)| who.as_str())).collect();
    names.sort_unstable();
    names.dedup();
    let mut found = Vec::new();
    for (i, a) in names.iter().enumerate() {
        for b in names.iter().skip(i + 1) {
            let of = |row: &Disagreement| {
                let words: Vec<_> = row.words.iter().filter(|(who, _)| who == a || who == b).cloned().collect();
                (words.len() == 2).then(|| Disagreement { words, ..row.clone() })
            };
            let shared: Vec<Disagreement> = rows.iter().filter_map(of).collect();
            if !shared.is_empty() {
                found.push(agreement(&shared));
            }
        }
    }
    found.sort_by_key(|pair| std::cmp::Reverse(pair.rows));
    found
}

/// Rows on which at least two said something.
pub fn agreement(rows: &[Disagreement]) -> Agreement {
    let mut names: Vec<String> = rows.iter().flat_map(|row| row.words.iter().map(|(who, _)| who.clone())).collect();
    names.sort();
    names.dedup();
    let pairs: Vec<(&Content, &Content)> = rows
        .iter()
        .filter_map(|row| match row.words.as_slice() {
            // In the order of the names, so that one person is always on the same side.
            [a, b, ..] if a.0 <= b.0 => Some((&a.1, &b.1)),
            [a, b, ..] => Some((&b.1, &a.1)),
            _ => None,
        })
        .collect();
    let agree = pairs.iter().filter(|(a, b)| said(a) == said(b)).count();
    Agreement { rows: pairs.len(), agree, figure: figure(&pairs), names }
}

fn figure(pairs: &[(&Content, &Content)]) -> Option<(&'static str, f64)> {
    match pairs.first()?.0 {
        Content::Entities(_) => {
            let side = |pick: fn(&(&Content, &Content)) -> Vec<Entity>| pairs.iter().map(pick).collect::<Vec<_>>();
            Some(("span F1", span_f1(&side(|pair| entities(pair.0)), &side(|pair| entities(pair.1)))))
        }
        Content::Classes(_) => {
            // A set of classes is a class of its own: exact agreement, beyond chance.
            let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
            for text in pairs.iter().flat_map(|(a, b)| [said(a), said(b)]) {
                let next = numbers.len();
                numbers.entry(text).or_insert(next);
            }
            let side = |pick: fn(&(&Content, &Content)) -> String| -> Vec<usize> {
                pairs.iter().filter_map(|pair| numbers.get(&pick(pair)).copied()).collect()
            };
            let kappa = cohen_kappa(&side(|pair| said(pair.0)), &side(|pair| said(pair.1)), Weights::None)?;
            Some(("Cohen's κ", kappa))
        }
        Content::Instruction(_)
        | Content::Pair(_)
        | Content::Chat(_)
        | Content::ExtractiveQa(_)
        | Content::Translation(_)
        | Content::Recommendation(_) => None,
    }
}

fn entities(content: &Content) -> Vec<Entity> {
    match content {
        Content::Entities(it) => {
            it.spans.iter().map(|span| Entity::new(span.bytes.start, span.bytes.end, span.label.clone())).collect()
        }
        Content::Classes(_)
        | Content::Instruction(_)
        | Content::Pair(_)
        | Content::Chat(_)
        | Content::ExtractiveQa(_)
        | Content::Translation(_)
        | Content::Recommendation(_) => Vec::new(),
    }
}

/// The answer as a person reads it.
pub fn said(content: &Content) -> String {
    if let Content::Classes(it) = content {
        let mut labels: Vec<String> = it.labels.iter().map(ToString::to_string).collect();
        labels.sort();
        return labels.join(", ");
    }
    content.halves().1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::{Label, LabelTask};

    #[test]
    fn three_people_agree_in_pairs() {
        let three = |first: &str, second: &str, third: &str| {
            let mut words = row(1, first, second).words;
            words.extend(row(1, third, third).words.into_iter().take(1).map(|(_, content)| ("cat".to_owned(), content)));
            Disagreement { words, ..row(1, first, second) }
        };
        let pairs = by_pairs(&[three("a", "a", "b"), three("b", "b", "b"), row(3, "a", "b")]);
        let told: Vec<(String, usize, usize)> = pairs.iter().map(|p| (p.names.join("+"), p.rows, p.agree)).collect();
        let want = [("ann+bob", 3, 2), ("ann+cat", 2, 1), ("bob+cat", 2, 1)];
        assert_eq!(told, want.map(|(names, rows, agree)| (names.to_owned(), rows, agree)));
    }

    fn row(number: i64, first: &str, second: &str) -> Disagreement {
        let word = |label: &str| {
            let mut content = LabelTask::Class.example(1, format!("text {number}")).content;
            if let Content::Classes(it) = &mut content {
                it.labels = vec![Label::Text(label.to_owned())];
            }
            content
        };
        let words = vec![("ann".to_owned(), word(first)), ("bob".to_owned(), word(second))];
        Disagreement { row: number, ordinal: number as u64, line: 1, words, settled: false }
    }

    #[test]
    fn agreement_beyond_chance_is_told() {
        // Cohen (1960): 2 of 4 alike, each says a and b twice, so chance gives a half.
        let rows = [row(1, "a", "a"), row(2, "a", "b"), row(3, "b", "a"), row(4, "b", "b")];
        let found = agreement(&rows);
        assert_eq!((found.rows, found.agree), (4, 2));
        assert_eq!(found.names, ["ann", "bob"]);
        let (name, kappa) = found.figure.unwrap();
        assert_eq!(name, "Cohen's κ");
        assert!(kappa.abs() < 1e-9, "{kappa}");
    }
}
