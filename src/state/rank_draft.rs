//! The vote being given, before it is saved. Draws nothing.

use std::collections::BTreeMap;

use super::rank::{Asking, RankPage};
pub use crate::feedback::Way;
use crate::feedback::{Strength, Verdict, Vote};

/// What is clicked and typed on the Rank page. Lists have an entry for each answer, from left to right. Owned by the window.
#[derive(Clone, Debug, Default)]
pub struct RankDraft {
    question: Option<i64>,
    pub way: Way,
    pub strength: Option<Strength>,
    /// Answers in the order in which they were put, the best first; those put together are ties.
    pub picked: Vec<Vec<usize>>,
    /// The next pick ties with the last.
    pub tie_next: bool,
    pub scores: Vec<BTreeMap<String, u8>>,
    pub thumbs: Vec<Option<bool>>,
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
    pub criterion: String,
    pub guidelines: Option<String>,
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
        if n == 1 && self.way == Way::Compare {
            // A single answer has nothing to be compared with.
            self.way = Way::Thumbs;
        }
        (self.scores, self.thumbs, self.tags) = (vec![BTreeMap::new(); n], vec![None; n], vec![Vec::new(); n]);
        (self.flagged, self.note_open) = (false, false);
        self.note.clear();
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
        let verdict = match self.way {
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
}
