//! How long a typed prompt is for the model that is to read it, and where it could begin so that it fits. Draws nothing.

use super::AppState;
use super::jobs::JobKind;
use crate::engine::Command;
use crate::engine::command::{JobId, ModelSource, TalkCommand};
use crate::engine::talk::{Asked, Weights};

/// Places that are tried as a new beginning.
const MOST_CUTS: usize = 24;

/// Tokens of a prompt, as it is and begun later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptLength {
    weights: Weights,
    text: String,
    /// Byte at which it begins, with the tokens from there.
    ways: Vec<(usize, usize)>,
    pub context: usize,
}

/// What is known of the prompt that is being typed.
#[derive(Clone, Debug, Default)]
pub struct LengthState {
    known: Option<PromptLength>,
    counting: Option<(JobId, Weights, String, Vec<usize>)>,
}

impl PromptLength {
    pub fn tokens(&self) -> usize {
        self.ways.first().map_or(0, |way| way.1)
    }

    /// Tokens that must go so that at least one can be answered.
    pub fn over(&self) -> usize {
        (self.tokens() + 1).saturating_sub(self.context)
    }

    /// Where the prompt could begin so that these many tokens of an answer fit, and as much of it as can be stays.
    pub fn cut_for(&self, room: usize) -> Option<usize> {
        let room = room.clamp(1, (self.context / 2).max(1));
        self.ways.iter().find(|(_, tokens)| tokens + room <= self.context).map(|(byte, _)| *byte).filter(|byte| *byte > 0)
    }
}

impl LengthState {
    /// What is known of this prompt.
    pub fn of(&self, source: ModelSource, text: &str) -> Option<&PromptLength> {
        self.known.as_ref().filter(|known| known.weights == Weights::from(source) && known.text == text)
    }

    /// Whether nothing needs to be asked now.
    pub fn is_settled(&self, source: ModelSource, text: &str) -> bool {
        self.counting.is_some() || self.of(source, text).is_some()
    }

    pub(super) fn counted(&mut self, job: JobId, tokens: &[Result<usize, String>], context: usize) {
        if let Some((_, weights, text, cuts)) = self.counting.take_if(|counting| counting.0 == job) {
            let ways = cuts.into_iter().zip(tokens).filter_map(|(byte, tokens)| Some((byte, *tokens.as_ref().ok()?))).collect();
            self.known = Some(PromptLength { weights, text, ways, context });
        }
    }

    /// Not asked again until something changes.
    pub(super) fn end(&mut self, which: &impl Fn(JobId) -> bool) -> bool {
        let ended = self.counting.take_if(|counting| which(counting.0));
        let Some((_, weights, text, _)) = ended else { return false };
        self.known = Some(PromptLength { weights, text, ways: Vec::new(), context: usize::MAX });
        true
    }
}

impl AppState {
    pub(super) fn measure_prompt(&mut self, source: ModelSource, text: String) -> Vec<Command> {
        if self.talk.length.is_settled(source, &text) {
            return Vec::new();
        }
        let job = self.jobs.start(JobKind::Count, "Counting tokens");
        let cuts = cuts(&text);
        let from = |byte: &usize| Asked::Text(text.get(*byte..).unwrap_or_default().to_owned());
        let asked = cuts.iter().map(from).collect();
        self.talk.length.counting = Some((job, source.into(), text, cuts));
        vec![Command::Talk(TalkCommand::Count { job, weights: source.into(), asked })]
    }
}

/// The beginning, and later places where a line begins, or a word where there is one line alone; evenly, the earliest first.
fn cuts(text: &str) -> Vec<usize> {
    let after = |mark: char| text.match_indices(mark).map(|(byte, found)| byte + found.len()).collect::<Vec<usize>>();
    let mut places = after('\n');
    if places.len() < 2 {
        places = after(' ');
    }
    let every = places.len().div_ceil(MOST_CUTS).max(1);
    std::iter::once(0).chain(places.into_iter().step_by(every).filter(|byte| *byte < text.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_begins_at_lines_or_words() {
        assert_eq!(cuts("one two three"), [0, 4, 8]);
        assert_eq!(cuts("a b\nc d\ne"), [0, 4, 8]);
        assert_eq!(cuts(""), [0]);
        assert!(cuts(&"word ".repeat(500)).len() <= MOST_CUTS + 1);
    }

    #[test]
    fn as_much_as_fits_stays() {
        let ways = vec![(0, 80), (4, 60), (8, 30)];
        let length = PromptLength { weights: Weights::Live, text: String::new(), ways, context: 64 };
        assert_eq!((length.over(), length.cut_for(1), length.cut_for(20), length.cut_for(100)), (17, Some(4), Some(8), Some(8)));
    }
}
