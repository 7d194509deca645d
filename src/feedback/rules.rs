//! Structured feedback: rules that a person composes, as a reward for answers. Knows no model and no token.
//!
//! In words: parts separated by `;`, each a rule and, after `*`, its weight. `polite*2; words 5-30; lacks damn, stupid * 0.5`.

use std::fmt;

use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::evaluate::{TextKind, texts};

/// Words of politeness that the rule looks for, unless others are given.
pub const POLITE: [&str; 14] = [
    "please",
    "thank",
    "thanks",
    "sorry",
    "welcome",
    "glad",
    "gladly",
    "happy to",
    "of course",
    "good morning",
    "good day",
    "kind",
    "pleasure",
    "with all my heart",
];

/// What one rule looks at; each gives 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum RuleKind {
    /// 1 if any of these words or phrases occurs.
    Any { words: Vec<String> },
    /// The share of these that occur.
    All { words: Vec<String> },
    /// 1 if none of these occurs.
    Lacks { words: Vec<String> },
    /// 1 within these numbers of words, falling to 0 at twice the longest, or at none.
    Words { least: usize, most: usize },
    /// 1 if the pattern is found.
    Pattern { regex: String },
    /// 1 if the answer came to its own end with a sentence mark; half for either.
    EndsProperly,
    /// 1 if nothing is said twice: less the share of repeated word triples.
    NoRepeats,
    /// Likeness to the right answer, where there is one: chrF / 100.
    Reference,
    /// 1 if a marker of politeness occurs.
    Polite { words: Vec<String> },
    /// 1 if the answer begins so.
    StartsWith { words: Vec<String> },
}

/// A rule with its weight in the sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    pub kind: RuleKind,
    pub weight: f64,
    pub enabled: bool,
}

/// What a person composed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RuleSet {
    pub rules: Vec<Rule>,
}

/// Why rules cannot be used, with how to mend them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("no rule is switched on, so every answer would be worth the same; add one, say `polite`")]
    None,
    #[error("rule {place} has a weight of {weight}; give it a number other than 0, below 1000")]
    Weight { place: usize, weight: String },
    #[error("rule {place} ({rule}) has no words to look for; give some, separated by commas")]
    NoWords { place: usize, rule: &'static str },
    #[error("rule {place} asks for {least} to {most} words, which no text has; give the smaller number first, and at least 1")]
    Range { place: usize, least: usize, most: usize },
    #[error("the pattern of rule {place} cannot be read: {message}")]
    Pattern { place: usize, message: String },
    #[error(
        "rule {place} (“{text}”) is not known; known are any, all, lacks, words A-B, pattern, ends, no-repeats, reference, polite, starts"
    )]
    Unknown { place: usize, text: String },
}

/// Rules that were checked.
#[derive(Clone, Debug)]
pub struct Rules {
    checked: Vec<(Rule, Option<Regex>)>,
}

/// What rules say of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleVerdict {
    pub total: f64,
    /// Name, weighted value, and why.
    pub parts: Vec<(String, f64, String)>,
}

/// An answer to be judged.
#[derive(Clone, Copy, Debug)]
pub struct AnswerText<'a> {
    pub text: &'a str,
    /// It came to its own end, rather than to a limit.
    pub ended: bool,
    /// The right answer, where one is known.
    pub reference: Option<&'a str>,
}

impl RuleKind {
    /// As it is written and plotted.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Any { .. } => "any",
            Self::All { .. } => "all",
            Self::Lacks { .. } => "lacks",
            Self::Words { .. } => "words",
            Self::Pattern { .. } => "pattern",
            Self::EndsProperly => "ends",
            Self::NoRepeats => "no-repeats",
            Self::Reference => "reference",
            Self::Polite { .. } => "polite",
            Self::StartsWith { .. } => "starts",
        }
    }

    fn words(&self) -> Option<&[String]> {
        match self {
            Self::Any { words }
            | Self::All { words }
            | Self::Lacks { words }
            | Self::Polite { words }
            | Self::StartsWith { words } => Some(words),
            Self::Words { .. } | Self::Pattern { .. } | Self::EndsProperly | Self::NoRepeats | Self::Reference => None,
        }
    }
}

impl RuleSet {
    /// Reads rules in words; see the top of this file.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let rules = parts.enumerate().map(|(i, part)| parse_one(i + 1, part)).collect::<Result<_, _>>()?;
        Ok(Self { rules })
    }

    /// Checks what is switched on.
    pub fn check(&self) -> Result<Rules, RuleError> {
        let mut checked = Vec::new();
        for (i, rule) in self.rules.iter().enumerate().filter(|(_, rule)| rule.enabled) {
            let place = i + 1;
            if !(rule.weight.abs() > 0.0 && rule.weight.abs() < 1000.0) {
                return Err(RuleError::Weight { place, weight: rule.weight.to_string() });
            }
            if rule.kind.words().is_some_and(|words| words.iter().all(|word| word.trim().is_empty())) {
                return Err(RuleError::NoWords { place, rule: rule.kind.name() });
            }
            if let RuleKind::Words { least, most } = rule.kind
                && (least > most || most == 0)
            {
                return Err(RuleError::Range { place, least, most });
            }
            let regex = match &rule.kind {
                RuleKind::Pattern { regex } => {
                    let wrong = |error: regex::Error| RuleError::Pattern { place, message: error.to_string() };
                    Some(Regex::new(regex).map_err(wrong)?)
                }
                _ => None,
            };
            checked.push((rule.clone(), regex));
        }
        if checked.is_empty() { Err(RuleError::None) } else { Ok(Rules { checked }) }
    }
}

impl fmt::Display for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, rule) in self.rules.iter().filter(|rule| rule.enabled).enumerate() {
            let between = if i == 0 { "" } else { "; " };
            let rest = match &rule.kind {
                RuleKind::Words { least, most } => format!(" {least}-{most}"),
                RuleKind::Pattern { regex } => format!(" {regex}"),
                RuleKind::Polite { words } if words.iter().map(String::as_str).eq(POLITE) => String::new(),
                kind => kind.words().map_or_else(String::new, |words| format!(" {}", words.join(", "))),
            };
            write!(f, "{between}{}{rest} * {}", rule.kind.name(), rule.weight)?;
        }
        Ok(())
    }
}

fn parse_one(place: usize, part: &str) -> Result<Rule, RuleError> {
    let (body, weight) = match part.rsplit_once('*') {
        Some((body, weight)) => match weight.trim().parse::<f64>() {
            Ok(number) => (body.trim(), number),
            Err(_) if body.trim_start().starts_with("pattern") => (part, 1.0),
            Err(_) => return Err(RuleError::Weight { place, weight: weight.trim().to_owned() }),
        },
        None => (part, 1.0),
    };
    let (name, rest) = body.split_once(char::is_whitespace).map_or((body, ""), |(name, rest)| (name, rest.trim()));
    let words = || rest.split(',').map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect::<Vec<_>>();
    let kind = match name {
        "any" => RuleKind::Any { words: words() },
        "all" => RuleKind::All { words: words() },
        "lacks" => RuleKind::Lacks { words: words() },
        "starts" => RuleKind::StartsWith { words: words() },
        "polite" if rest.is_empty() => RuleKind::Polite { words: POLITE.iter().map(|&word| word.to_owned()).collect() },
        "polite" => RuleKind::Polite { words: words() },
        "pattern" => RuleKind::Pattern { regex: rest.to_owned() },
        "ends" => RuleKind::EndsProperly,
        "no-repeats" => RuleKind::NoRepeats,
        "reference" => RuleKind::Reference,
        "words" => {
            let range = rest.split_once('-').and_then(|(a, b)| Some((a.trim().parse().ok()?, b.trim().parse().ok()?)));
            let (least, most) = range.ok_or_else(|| RuleError::Unknown { place, text: part.to_owned() })?;
            RuleKind::Words { least, most }
        }
        _ => return Err(RuleError::Unknown { place, text: part.to_owned() }),
    };
    Ok(Rule { kind, weight, enabled: true })
}

impl Rules {
    /// What each rule says, and the sum of all by weight.
    pub fn judge(&self, answer: AnswerText<'_>) -> RuleVerdict {
        let mut verdict = RuleVerdict::default();
        for (rule, regex) in &self.checked {
            let (value, why) = value(&rule.kind, regex.as_ref(), answer);
            verdict.total += rule.weight * value;
            verdict.parts.push((rule.kind.name().to_owned(), rule.weight * value, why));
        }
        verdict
    }

    /// Names of the parts, in order.
    pub fn names(&self) -> Vec<&'static str> {
        self.checked.iter().map(|(rule, _)| rule.kind.name()).collect()
    }
}

fn value(kind: &RuleKind, regex: Option<&Regex>, answer: AnswerText<'_>) -> (f64, String) {
    let text = answer.text.trim();
    let found = |words: &[String]| words.iter().find(|word| has(text, word)).cloned();
    let yes = |yes: bool| f64::from(u8::from(yes));
    match kind {
        RuleKind::Any { words } | RuleKind::Polite { words } => match found(words) {
            Some(word) => (1.0, format!("has “{word}”")),
            None => (0.0, "has none of the words".to_owned()),
        },
        RuleKind::All { words } => {
            let n = words.iter().filter(|word| has(text, word)).count();
            (n as f64 / words.len().max(1) as f64, format!("has {n} of {} words", words.len()))
        }
        RuleKind::Lacks { words } => match found(words) {
            Some(word) => (0.0, format!("has “{word}”")),
            None => (1.0, "has none of the words".to_owned()),
        },
        RuleKind::Words { least, most } => {
            let n = text.split_whitespace().count();
            let value = if n < *least {
                n as f64 / *least as f64
            } else if n > *most {
                (1.0 - (n - most) as f64 / *most as f64).max(0.0)
            } else {
                1.0
            };
            (value, format!("{n} words"))
        }
        RuleKind::Pattern { .. } => {
            let is = regex.is_some_and(|regex| regex.is_match(text));
            (yes(is), if is { "matches" } else { "does not match" }.to_owned())
        }
        RuleKind::EndsProperly => {
            let mark = text.ends_with(['.', '!', '?', '"', '”', '…']);
            let why = match (answer.ended, mark) {
                (true, true) => "ends by itself with a sentence mark",
                (true, false) => "ends without a sentence mark",
                (false, true) => "was cut off after a sentence",
                (false, false) => "was cut off",
            };
            (0.5 * yes(answer.ended) + 0.5 * yes(mark), why.to_owned())
        }
        RuleKind::NoRepeats => {
            let share = repeated(text);
            (1.0 - share, format!("{:.0} % of it is said twice", 100.0 * share))
        }
        RuleKind::Reference => match answer.reference {
            Some(right) => {
                let value = texts(&[right.to_owned()], &[text.to_owned()], TextKind::Translation).headline.value / 100.0;
                (value, format!("{:.0} % like the right answer", 100.0 * value))
            }
            None => (0.0, "no right answer is known".to_owned()),
        },
        RuleKind::StartsWith { words } => {
            let lower = text.to_lowercase();
            let starts = words.iter().any(|word| lower.starts_with(&word.to_lowercase()));
            (yes(starts), if starts { "begins so" } else { "begins otherwise" }.to_owned())
        }
    }
}

/// Whether words stand in a text as whole words, in whatever case.
fn has(text: &str, word: &str) -> bool {
    let (text, word) = (text.to_lowercase(), word.trim().to_lowercase());
    if word.is_empty() {
        return false;
    }
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(&word)) {
        let (start, end) = (from + at, from + at + word.len());
        let before = text.get(..start).and_then(|s| s.chars().next_back()).is_some_and(char::is_alphanumeric);
        let after = text.get(end..).and_then(|s| s.chars().next()).is_some_and(char::is_alphanumeric);
        if !before && !after {
            return true;
        }
        from = start + text.get(start..).and_then(|s| s.chars().next()).map_or(1, char::len_utf8);
    }
    false
}

/// Share of word triples that stood there before.
fn repeated(text: &str) -> f64 {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let triples: Vec<&[String]> = words.windows(3).collect();
    let different: std::collections::BTreeSet<&[String]> = triples.iter().copied().collect();
    if triples.is_empty() { 0.0 } else { 1.0 - different.len() as f64 / triples.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rules: &str, text: &str) -> f64 {
        let answer = AnswerText { text, ended: true, reference: Some("The bread is five pence.") };
        RuleSet::parse(rules).unwrap().check().unwrap().judge(answer).total
    }

    #[test]
    fn each_rule_says_what_it_looks_at() {
        for (rules, text, want) in [
            ("polite", "Thank you, come again!", 1.0),
            ("polite", "Thankless. Go away.", 0.0),
            ("polite * 2; lacks go away", "Thank you. Go away!", 2.0),
            ("any bread, milk", "We have BREAD.", 1.0),
            ("all bread, milk", "We have bread.", 0.5),
            ("words 2-4", "one two three", 1.0),
            ("words 4-8", "one two", 0.5),
            ("words 1-2", "one two three four", 0.0),
            ("pattern ^Good (day|morning)", "Good day, Anna.", 1.0),
            ("ends", "It is five pence.", 1.0),
            ("ends", "It is five", 0.5),
            ("no-repeats", "a b c d e f", 1.0),
            ("starts good", "Good day", 1.0),
            ("reference", "The bread is five pence.", 1.0),
        ] {
            assert!((judged(rules, text) - want).abs() < 1e-9, "{rules} of {text:?}: {}", judged(rules, text));
        }
        assert!(judged("no-repeats", "very good indeed very good indeed very good indeed") < 0.6);
    }

    #[test]
    fn bad_rules_are_refused_with_how_to_mend_them() {
        let said = |text: &str| RuleSet::parse(text).and_then(|rules| rules.check().map(|_| ())).unwrap_err().to_string();
        assert!(said("").contains("no rule is switched on"));
        assert!(said("polite * x").contains("rule 1 has a weight of x"));
        assert!(said("polite; words 9-2").contains("rule 2 asks for 9 to 2 words"));
        assert!(said("any").contains("no words"));
        assert!(said("pattern (").contains("cannot be read"));
        assert!(said("kindness").contains("is not known"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rules = RuleSet::parse("polite*2; words 5-20 * 0.5; lacks damn,stupid; pattern a*b; ends; starts Good").unwrap();
        assert_eq!(RuleSet::parse(&rules.to_string()).unwrap(), rules, "{rules}");
    }
}
