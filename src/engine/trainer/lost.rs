//! Rows that a head cannot learn from, counted by why, so that none goes unsaid. Knows no model.

use std::collections::BTreeMap;

use crate::data::supervised::{Content, Example};

/// One more; the first one's line stays.
fn count(place: &mut Option<(usize, u64)>, line: u64) {
    let (n, line) = place.unwrap_or((0, line));
    *place = Some((n + 1, line));
}

/// Rows left out.
#[derive(Default)]
pub(super) struct Lost {
    /// Of another kind than the task asks for: how many, and the first one's line.
    other: Option<(usize, u64)>,
    without: Option<(usize, u64)>,
    /// Labels that the head has no output for, with their rows and the first one's line.
    strange: BTreeMap<String, (usize, u64)>,
}

impl Lost {
    /// Counts a row that is no row of the task.
    pub fn add_other(&mut self, example: &Example) {
        count(&mut self.other, example.line);
    }

    /// Counts a row that no class could be made ready of; `known` are the labels that could.
    pub fn add(&mut self, example: &Example, known: &[String]) {
        let Content::Classes(it) = &example.content else { return self.add_other(example) };
        if it.labels.is_empty() {
            return count(&mut self.without, example.line);
        }
        for label in it.labels.iter().map(ToString::to_string).filter(|label| !known.contains(label)) {
            self.strange.entry(label).or_insert((0, example.line)).0 += 1;
        }
    }

    /// `wanted`: what the task asks of a row.
    pub fn sentences(&self, wanted: &str) -> Vec<String> {
        let rows = |n: usize| if n == 1 { "1 row".to_owned() } else { format!("{n} rows") };
        let mut said = Vec::new();
        if let Some((n, line)) = self.other {
            said.push(format!("{} without {wanted}, for they are of another kind (the first at line {line})", rows(n)));
        }
        if let Some((n, line)) = self.without {
            said.push(format!("{} without {wanted} (the first at line {line})", rows(n)));
        }
        for (label, (n, line)) in &self.strange {
            said.push(format!(
                "{} with the label “{label}”, which the model was not taught (the first at line {line})",
                rows(*n)
            ));
        }
        said
    }
}
