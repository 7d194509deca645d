//! The vote being given, before it is saved. Draws nothing.

use std::collections::BTreeMap;

use super::rank::{Asking, RankPage};
use crate::engine::command::DatasetId;
use crate::engine::feedback::FeedbackForm;
pub use crate::feedback::Way;
use crate::feedback::{FeedbackSettings, Strength, SurveyWish, Verdict, Vote};

/// What answers are judged by, as it is being written: criteria and words a line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsDraft {
    pub guidelines: String,
    pub criteria: String,
    pub reasons: String,
}

impl SettingsDraft {
    pub fn of(settings: &FeedbackSettings) -> Self {
        Self {
            guidelines: settings.guidelines.clone(),
            criteria: settings.criteria.join("\n"),
            reasons: settings.reasons.join("\n"),
        }
    }

    /// The settings with what was written; no line is empty or twice.
    pub fn settings(&self, before: &FeedbackSettings) -> FeedbackSettings {
        let lines = |text: &str| {
            let mut lines: Vec<String> = Vec::new();
            for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
                if lines.iter().all(|known| known != line) {
                    lines.push(line.to_owned());
                }
            }
            lines
        };
        FeedbackSettings {
            guidelines: self.guidelines.trim().to_owned(),
            criteria: lines(&self.criteria),
            reasons: lines(&self.reasons),
            ..before.clone()
        }
    }
}

/// What is clicked and typed on the Rank page. Lists have an entry for each answer, from left to right. Owned by the window.
#[derive(Clone, Debug, Default)]
pub struct RankDraft {
    question: Option<i64>,
    /// Answers of the question at hand.
    n: usize,
    pub way: Way,
    pub strength: Option<Strength>,
    /// Answers in the order in which they were put, the best first; those put together are ties.
    pub picked: Vec<Vec<usize>>,
    /// The next pick ties with the last.
    pub tie_next: bool,
    pub scores: Vec<BTreeMap<String, u8>>,
    pub thumbs: Vec<Option<bool>>,
    /// Where keys put scores and thumbs: an answer, and a criterion.
    pub at: usize,
    pub line: usize,
    /// The answer whose words are being marked.
    pub marking: Option<usize>,
    pub tags: Vec<Vec<String>>,
    /// The answer being mended, and its text.
    pub edited: Option<(usize, String)>,
    pub flagged: bool,
    pub note: String,
    pub note_open: bool,
    /// For a new collection, and for who answers what.
    pub name: String,
    pub asking: Asking,
    pub asking_open: bool,
    pub pinned: String,
    /// What answers are judged by, while it is being changed.
    pub settings: Option<SettingsDraft>,
    pub annotator: Option<String>,
    /// Of files: the form of votes, the questionnaire, where its answers lie and whose they are, the name of new rows.
    pub form: Option<FeedbackForm>,
    pub survey: SurveyWish,
    pub survey_of: Option<DatasetId>,
    pub save_path: String,
    pub answers_path: String,
    pub answers_name: String,
    pub mended_name: String,
}

impl RankDraft {
    /// Begins anew when another question came up.
    pub fn settle(&mut self, page: &RankPage) {
        let now = page.now.as_ref();
        if self.question == now.map(|asked| asked.id) {
            return;
        }
        let n = now.map_or(0, |asked| asked.order.len());
        self.question = now.map(|asked| asked.id);
        (self.picked, self.tie_next, self.edited) = (Vec::new(), false, None);
        (self.n, self.at, self.line, self.marking) = (n, 0, 0, None);
        (self.scores, self.thumbs, self.tags) = (vec![BTreeMap::new(); n], vec![None; n], vec![Vec::new(); n]);
        (self.flagged, self.note_open) = (false, false);
        self.note.clear();
    }

    /// How the question at hand is judged: a single answer has nothing to be compared with.
    pub fn way_now(&self) -> Way {
        if self.n == 1 && self.way == Way::Compare { Way::Thumbs } else { self.way }
    }

    /// Scores an answer by a criterion; the keys go on to the next criterion, then to the next answer.
    pub fn score(&mut self, place: usize, line: usize, score: u8, criteria: &[String]) {
        let (Some(scores), Some(criterion)) = (self.scores.get_mut(place), criteria.get(line)) else { return };
        scores.insert(criterion.clone(), score);
        (self.at, self.line) = match (line + 1 < criteria.len(), place + 1 < self.scores.len()) {
            (true, _) => (place, line + 1),
            (false, true) => (place + 1, 0),
            (false, false) => (place, line),
        };
    }

    /// Thumb up or down, or off where it was so; the keys go on to the next answer. True: the vote is whole.
    pub fn thumb(&mut self, place: usize, value: bool) -> bool {
        let alone = self.thumbs.len() == 1;
        let Some(thumb) = self.thumbs.get_mut(place) else { return false };
        *thumb = if *thumb == Some(value) && !alone { None } else { Some(value) };
        self.at = (place + 1).min(self.thumbs.len() - 1);
        alone
    }

    /// From good to bad to nothing.
    pub fn turn_thumb(&mut self, place: usize) {
        self.at = place;
        if let Some(thumb) = self.thumbs.get_mut(place) {
            *thumb = match thumb {
                None => Some(true),
                Some(true) => Some(false),
                Some(false) => None,
            };
        }
    }

    /// The keys go to another answer or criterion.
    pub fn step(&mut self, answers: isize, lines: isize, criteria: usize) {
        self.at = self.at.saturating_add_signed(answers).min(self.n.saturating_sub(1));
        self.line = self.line.saturating_add_signed(lines).min(criteria.saturating_sub(1));
    }

    /// Puts an answer right before another in the order, or beside it; before one that has no rank yet: last of all that have.
    pub fn drop_on(&mut self, moved: usize, target: usize, tie: bool) {
        if moved == target {
            return;
        }
        self.picked.iter_mut().for_each(|group| group.retain(|known| *known != moved));
        self.picked.retain(|group| !group.is_empty());
        match self.picked.iter().position(|group| group.contains(&target)) {
            Some(at) if tie => self.picked[at].push(moved),
            Some(at) => self.picked.insert(at, vec![moved]),
            None if tie => self.picked.push(vec![moved, target]),
            None => self.picked.push(vec![moved]),
        }
    }

    /// A word or reason on an answer, put on or taken off.
    pub fn tag(&mut self, place: usize, tag: &str) {
        let Some(tags) = self.tags.get_mut(place) else { return };
        match tags.iter().position(|known| known == tag) {
            Some(at) => drop(tags.remove(at)),
            None => tags.push(tag.to_owned()),
        }
    }

    /// Puts an answer next in the order, or beside the last. True when all but one are put.
    pub fn pick(&mut self, place: usize, n: usize) -> bool {
        if self.picked.iter().flatten().any(|known| *known == place) {
            self.picked.iter_mut().for_each(|group| group.retain(|known| *known != place));
            self.picked.retain(|group| !group.is_empty());
            return false;
        }
        match self.picked.last_mut().filter(|_| self.tie_next) {
            Some(last) => last.push(place),
            None => self.picked.push(vec![place]),
        }
        self.tie_next = false;
        self.picked.iter().map(Vec::len).sum::<usize>() + 1 >= n
    }

    /// Rank of an answer so far, from 1.
    pub fn rank(&self, place: usize) -> Option<usize> {
        let at = self.picked.iter().position(|group| group.contains(&place))?;
        Some(1 + self.picked.iter().take(at).map(Vec::len).sum::<usize>())
    }

    /// The vote on answers that stand in this order from left to right; why not, where nothing was said yet.
    pub fn vote(&self, order: &[usize]) -> Result<Vote, &'static str> {
        let n = order.len();
        let verdict = match self.way_now() {
            Way::Compare => {
                if self.picked.is_empty() {
                    return Err("Choose the best answer first");
                }
                let last = 1 + self.picked.iter().map(Vec::len).sum::<usize>();
                let ranks: Vec<u32> = (0..n).map(|place| self.rank(place).unwrap_or(last) as u32).collect();
                let strength = self.strength.filter(|_| n == 2);
                Verdict::Ranked { ranks: back(&ranks, order), strength }
            }
            Way::Rate => {
                if self.scores.iter().all(BTreeMap::is_empty) {
                    return Err("Give a score to at least one answer first");
                }
                Verdict::Rated(back(&self.scores, order))
            }
            Way::Thumbs => {
                if self.thumbs.iter().all(Option::is_none) {
                    return Err("Put a thumb up or down on at least one answer first");
                }
                Verdict::Thumbs(back(&self.thumbs, order))
            }
        };
        Ok(self.with(verdict, order))
    }

    /// A verdict with all that was put beside it.
    pub fn with(&self, verdict: Verdict, order: &[usize]) -> Vote {
        let edited = self.edited.as_ref().filter(|(_, text)| !text.trim().is_empty());
        Vote {
            tags: back(&self.tags, order),
            edited: edited.and_then(|(place, text)| Some((*order.get(*place)?, text.trim().to_owned()))),
            flagged: self.flagged,
            note: self.note.trim().to_owned(),
            ..Vote::of(verdict, order.len())
        }
    }

    /// The two of a pair are alike.
    pub fn tie(&self, order: &[usize]) -> Vote {
        self.with(Verdict::Ranked { ranks: vec![1; order.len()], strength: None }, order)
    }
}

/// From places on the screen to places in the question.
fn back<T: Clone + Default>(shown: &[T], order: &[usize]) -> Vec<T> {
    let mut own = vec![T::default(); order.len()];
    for (place, value) in order.iter().zip(shown) {
        if let Some(slot) = own.get_mut(*place) {
            *slot = value.clone();
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_picked_on_the_screen_is_said_of_the_right_answer() {
        let mut draft = RankDraft { tags: vec![vec!["rude".to_owned()], Vec::new(), Vec::new()], ..RankDraft::default() };
        assert!(draft.vote(&[2, 0, 1]).is_err());
        assert!(!draft.pick(0, 3) && draft.pick(2, 3));
        let vote = draft.vote(&[2, 0, 1]).unwrap();
        // Left stands answer 2, it is the best; right stands answer 1.
        assert_eq!(vote.verdict, Verdict::Ranked { ranks: vec![3, 2, 1], strength: None });
        assert_eq!(vote.tags[2], ["rude"]);
        draft.pick(2, 3);
        draft.tie_next = true;
        draft.pick(1, 3);
        assert_eq!(draft.vote(&[0, 1, 2]).unwrap().verdict, Verdict::Ranked { ranks: vec![1, 1, 3], strength: None });
    }

    /// A draft for a question of so many answers.
    fn of(n: usize, way: Way) -> RankDraft {
        RankDraft {
            n,
            way,
            scores: vec![BTreeMap::new(); n],
            thumbs: vec![None; n],
            tags: vec![Vec::new(); n],
            ..RankDraft::default()
        }
    }

    #[test]
    fn answers_are_put_in_order_by_dropping_one_on_another() {
        let mut draft = of(4, Way::Compare);
        draft.drop_on(2, 0, false);
        draft.drop_on(1, 2, false);
        draft.drop_on(3, 2, true);
        assert_eq!(draft.picked, [vec![1], vec![2, 3]]);
        draft.drop_on(3, 1, false);
        draft.drop_on(0, 0, true);
        assert_eq!(draft.picked, [vec![3], vec![1], vec![2]], "moved away, not doubled");
        let vote = draft.vote(&[0, 1, 2, 3]).unwrap();
        assert_eq!(vote.verdict, Verdict::Ranked { ranks: vec![4, 2, 3, 1], strength: None });
    }

    #[test]
    fn keys_walk_through_criteria_and_answers() {
        let criteria = ["polite".to_owned(), "correct".to_owned()];
        let mut draft = of(2, Way::Rate);
        for score in [5, 4, 2, 1, 3] {
            draft.score(draft.at, draft.line, score, &criteria);
        }
        let scored = |polite, correct| BTreeMap::from([("polite".to_owned(), polite), ("correct".to_owned(), correct)]);
        assert_eq!(draft.scores, [scored(5, 4), scored(2, 3)], "the last one stays where it is");
        draft.step(-1, -1, 2);
        draft.step(-1, -1, 2);
        assert_eq!((draft.at, draft.line), (0, 0));
        let mut draft = of(2, Way::Thumbs);
        assert!(!draft.thumb(0, true) && !draft.thumb(1, false) && !draft.thumb(1, false));
        assert_eq!(draft.thumbs, [Some(true), None]);
        (0..3).for_each(|_| draft.turn_thumb(0));
        assert_eq!(draft.thumbs[0], Some(true));
        let mut alone = of(1, Way::Compare);
        assert_eq!(alone.way_now(), Way::Thumbs);
        assert!(alone.thumb(0, false), "one answer is judged by one thumb");
    }

    #[test]
    fn criteria_and_words_are_lines() {
        let before = FeedbackSettings::default();
        let mut draft = SettingsDraft::of(&before);
        assert_eq!(draft.settings(&before), before);
        draft.criteria = " kind \n\nkind\nshort".to_owned();
        assert_eq!(draft.settings(&before).criteria, ["kind", "short"]);
    }
}
