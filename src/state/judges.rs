//! Who judges answers, as it is chosen and typed: reward models, classifiers, rules, each with a weight. Draws nothing.

use crate::config::{Align, Judge, TuneTask};
use crate::engine::command::CheckpointId;
use crate::engine::event::{CheckpointRow, Library, RunRow};
use crate::feedback::{POLITE, Rule, RuleKind, RuleSet};

/// A rule under the hands of a person: numbers and words as they are typed.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleDraft {
    /// As in a line of rules: any, all, lacks …
    pub name: &'static str,
    pub words: String,
    pub least: usize,
    pub most: usize,
    pub weight: f64,
}

/// Rules that can be added, with what each looks at.
pub const RULES: [(&str, &str); 10] = [
    ("polite", "1 if a marker of politeness occurs, say “please” or “of course”; other words may be given"),
    ("any", "1 if any of these words or phrases occurs"),
    ("all", "The share of these words that occur"),
    ("lacks", "1 if none of these words occurs"),
    ("starts", "1 if the answer begins with one of these"),
    ("words", "1 within these numbers of words, falling to 0 outside"),
    ("ends", "1 if the answer came to its own end with a sentence mark; half for either"),
    ("no-repeats", "1 if nothing is said twice"),
    ("reference", "How like the right answer it is, where one is known"),
    ("pattern", "1 if this regular expression is found"),
];

impl RuleDraft {
    pub fn new(name: &'static str) -> Self {
        Self { name, words: String::new(), least: 5, most: 25, weight: 1.0 }
    }

    pub fn takes_words(&self) -> bool {
        matches!(self.name, "polite" | "any" | "all" | "lacks" | "starts" | "pattern")
    }

    fn of(rule: &Rule) -> Option<Self> {
        let name = RULES.iter().map(|(name, _)| *name).find(|name| *name == rule.kind.name())?;
        let mut draft = Self { weight: rule.weight, ..Self::new(name) };
        match &rule.kind {
            RuleKind::Polite { words } if words.iter().map(String::as_str).eq(POLITE) => {}
            RuleKind::Any { words }
            | RuleKind::All { words }
            | RuleKind::Lacks { words }
            | RuleKind::Polite { words }
            | RuleKind::StartsWith { words } => draft.words = words.join(", "),
            RuleKind::Words { least, most } => (draft.least, draft.most) = (*least, *most),
            RuleKind::Pattern { regex } => draft.words.clone_from(regex),
            RuleKind::EndsProperly | RuleKind::NoRepeats | RuleKind::Reference => {}
        }
        Some(draft)
    }

    fn rule(&self) -> Rule {
        let words = || self.words.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect();
        let kind = match self.name {
            "any" => RuleKind::Any { words: words() },
            "all" => RuleKind::All { words: words() },
            "lacks" => RuleKind::Lacks { words: words() },
            "starts" => RuleKind::StartsWith { words: words() },
            "words" => RuleKind::Words { least: self.least, most: self.most },
            "pattern" => RuleKind::Pattern { regex: self.words.clone() },
            "ends" => RuleKind::EndsProperly,
            "no-repeats" => RuleKind::NoRepeats,
            "reference" => RuleKind::Reference,
            _ if self.words.trim().is_empty() => RuleKind::Polite { words: POLITE.iter().map(|&word| word.to_owned()).collect() },
            _ => RuleKind::Polite { words: words() },
        };
        Rule { kind, weight: self.weight, enabled: true }
    }
}

/// A classifier and the class that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassDraft {
    pub checkpoint: Option<CheckpointId>,
    pub label: String,
    pub weight: f64,
}

/// All that judges.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JudgesDraft {
    pub models: Vec<(Option<CheckpointId>, f64)>,
    pub classes: Vec<ClassDraft>,
    pub rules: Vec<RuleDraft>,
    /// The rules in words, while they are typed; taken over as soon as they can be read.
    pub typed: String,
    /// A reward model was suggested once; after that none stays none.
    suggested: bool,
}

impl JudgesDraft {
    /// Takes over what the project holds where nothing is chosen.
    pub fn settle(&mut self, library: &Library) {
        let known = |id: Option<CheckpointId>| id.is_none_or(|id| library.checkpoints.iter().any(|row| row.id == id));
        self.models.retain(|(id, _)| known(*id));
        self.classes.retain(|it| known(it.checkpoint));
        if !self.suggested
            && let Some(row) = reward_models(library).last()
        {
            self.models.push((Some(row.id), 1.0));
            self.suggested = true;
        }
    }

    /// These rules alone, and no model.
    pub fn only_rules(&mut self, rules: &str) {
        *self = Self { suggested: true, ..Self::default() };
        rules.clone_into(&mut self.typed);
        self.read_typed();
    }

    /// The rules as composed; in words.
    pub fn in_words(&self) -> String {
        self.rule_set().to_string()
    }

    /// Takes over what was typed, if it can be read.
    pub fn read_typed(&mut self) {
        if let Ok(read) = RuleSet::parse(&self.typed) {
            self.rules = read.rules.iter().filter_map(RuleDraft::of).collect();
        }
    }

    fn rule_set(&self) -> RuleSet {
        RuleSet { rules: self.rules.iter().map(RuleDraft::rule).collect() }
    }

    /// As a run takes them; the error is a sentence.
    pub fn judges(&self) -> Result<Vec<Judge>, String> {
        let mut judges = Vec::new();
        for (checkpoint, weight) in &self.models {
            let checkpoint = checkpoint.ok_or("Choose the reward model, or take its line away")?;
            judges.push(Judge::Model { checkpoint, weight: *weight });
        }
        for it in &self.classes {
            let checkpoint = it.checkpoint.ok_or("Choose the classifier, or take its line away")?;
            if it.label.trim().is_empty() {
                return Err("Say which class the classifier should find, say “positive”".to_owned());
            }
            judges.push(Judge::Class { checkpoint, label: it.label.trim().to_owned(), weight: it.weight });
        }
        if !self.rules.is_empty() {
            let rules = self.rule_set();
            rules.check().map_err(|error| format!("The rules: {error}"))?;
            judges.push(Judge::Rules { rules, weight: 1.0 });
        }
        if judges.is_empty() {
            return Err("Nothing judges the answers: add a rule, say “polite”, or a reward model".to_owned());
        }
        Ok(judges)
    }
}

/// Checkpoints of reward models, oldest first.
pub fn reward_models(library: &Library) -> Vec<&CheckpointRow> {
    let rewards =
        |run: &RunRow| matches!(run.config.tune.as_ref().and_then(|tune| tune.align.as_ref()), Some(Align::Reward { .. }));
    checkpoints(library, rewards)
}

/// Checkpoints of classifiers, oldest first.
pub fn classifiers(library: &Library) -> Vec<&CheckpointRow> {
    checkpoints(library, |run| run.config.tune.as_ref().is_some_and(|tune| tune.task == TuneTask::Classes))
}

fn checkpoints(library: &Library, fits: impl Fn(&RunRow) -> bool) -> Vec<&CheckpointRow> {
    let of = |id| library.runs.iter().any(|run| Some(run.id) == id && !run.deleted && fits(run));
    library.checkpoints.iter().filter(|row| !row.missing && of(row.run)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_composed_can_be_typed_and_read_again() {
        let mut draft = JudgesDraft::default();
        for (name, _) in RULES {
            let words = if name == "polite" { "" } else { "one, two" };
            draft.rules.push(RuleDraft { words: words.to_owned(), weight: 0.5, ..RuleDraft::new(name) });
        }
        draft.typed = draft.in_words();
        let composed = draft.rule_set();
        draft.read_typed();
        assert_eq!(draft.rule_set(), composed, "{}", draft.typed);
        assert!(matches!(draft.judges().as_deref(), Ok([Judge::Rules { .. }])));
        draft.models.push((None, 1.0));
        assert!(draft.judges().unwrap_err().contains("reward model"));
        draft.only_rules("polite * 2; words 5-25");
        assert_eq!((draft.rules.len(), draft.rules[0].weight, draft.rules[1].most), (2, 2.0, 25));
    }
}
