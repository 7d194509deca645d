//! What was agreed on how answers are judged: criteria, guidelines, reasons, and which votes are kept aside. Knows no file and no model.

use serde::{Deserialize, Serialize};

use super::Question;
use crate::data::hash::{hash128, mix};
use crate::data::supervised::{Side, Split};

/// Share of the prompts that no reward model or policy trains on, unless a person chooses another.
pub const HELD_OUT: f64 = 0.2;

/// How the answers of a dataset are judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedbackSettings {
    /// What answers are rated by, each from 1 to 5.
    pub criteria: Vec<String>,
    /// What whoever votes should read first.
    pub guidelines: String,
    /// Words to put on an answer.
    pub reasons: Vec<String>,
    /// Share of the prompts kept aside to measure with, from 0 to 0.5.
    pub held_out: f64,
    pub split_by: SplitBy,
    pub seed: u64,
}

/// What stands on one side of the split only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// A prompt, with all its answers: what is measured with was never seen.
    #[default]
    Prompt,
    /// A prompt with these answers: for files in which one prompt stands for all.
    Answers,
}

impl Default for FeedbackSettings {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            criteria: names(&["helpful", "polite", "correct"]),
            guidelines: String::new(),
            reasons: names(&["rude", "wrong", "too long", "too short", "off the point", "repeats itself"]),
            held_out: HELD_OUT,
            split_by: SplitBy::Prompt,
            seed: 1,
        }
    }
}

impl FeedbackSettings {
    /// What decides on which side a question stands: two questions with one key are never apart.
    pub fn key(&self, question: &Question) -> u128 {
        let mut text = side_text(&question.prompt);
        if self.split_by == SplitBy::Answers {
            // In no order: the same answers with sides swapped are the same question.
            let mut answers: Vec<&str> = question.candidates.iter().map(|candidate| candidate.text.as_str()).collect();
            answers.sort_unstable();
            for answer in answers {
                text.extend(["\u{1f}", answer]);
            }
        }
        hash128(text.as_bytes())
    }

    /// The side of a key by share and seed: the same in every order, and when more questions come.
    pub fn side(&self, key: u128) -> Split {
        let share = if self.held_out.is_finite() { self.held_out.clamp(0.0, 0.5) } else { 0.0 };
        let drawn = mix(self.seed, key as u64) as f64 / u64::MAX as f64;
        if drawn < share { Split::Validation } else { Split::Train }
    }

    /// Whether the same questions would stand on other sides.
    pub fn deals_otherwise(&self, other: &Self) -> bool {
        (self.held_out, self.split_by, self.seed) != (other.held_out, other.split_by, other.seed)
    }
}

/// A prompt as running text: turns with their role, a line each.
pub fn side_text(side: &Side) -> String {
    match side {
        Side::Text(text) => text.clone(),
        Side::Messages(messages) => {
            let turns: Vec<String> =
                messages.iter().map(|message| format!("{}: {}", message.role.name(), message.content)).collect();
            turns.join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::{Candidate, Origin};

    fn question(prompt: usize, answers: &[&str]) -> Question {
        let candidates = answers.iter().map(|text| Candidate { text: (*text).to_owned(), origin: Origin::Imported }).collect();
        Question { prompt: Side::Text(format!("Prompt {prompt}")), candidates, repeats: None }
    }

    #[test]
    fn a_prompt_stands_on_one_side_and_about_a_fifth_is_kept() {
        let settings = FeedbackSettings::default();
        let held = (0..2000).filter(|&i| settings.side(settings.key(&question(i, &["a"]))) == Split::Validation).count();
        assert!((320..480).contains(&held), "{held} of 2000");
        assert_eq!(settings.key(&question(1, &["a", "b"])), settings.key(&question(1, &["c"])));
    }

    #[test]
    fn by_answers_one_prompt_can_stand_on_both() {
        let settings = FeedbackSettings { split_by: SplitBy::Answers, ..FeedbackSettings::default() };
        assert_ne!(settings.key(&question(1, &["a", "b"])), settings.key(&question(1, &["c", "b"])));
        assert_eq!(settings.key(&question(1, &["a", "b"])), settings.key(&question(1, &["b", "a"])), "sides swapped");
    }

    #[test]
    fn no_share_and_no_number_keep_nothing_aside() {
        for held_out in [0.0, f64::NAN] {
            let settings = FeedbackSettings { held_out, ..FeedbackSettings::default() };
            assert!((0..100_u128).all(|key| settings.side(key) == Split::Train));
        }
    }
}
