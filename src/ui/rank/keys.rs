//! Keys of the Rank page, and their hints. Keys that vote are taken only while no field has them.

use eframe::egui::{Event, Key, Modifiers, Ui};

use crate::feedback::{Strength, Verdict};
use crate::state::rank::RankAction;
use crate::state::rank_draft::{RankDraft, Way};
use crate::state::{Action, AppState};

/// Keys and what they do.
pub(super) fn hints(n: usize, way: Way) -> Vec<(&'static str, &'static str)> {
    let mut hints = match (way, n) {
        (Way::Compare, 2) => vec![
            ("1, ←", "the left one is better"),
            ("2, →", "the right one is better"),
            ("3", "both alike"),
            ("4", "both bad"),
            ("Q W E", "a little, clearly, much better"),
        ],
        (Way::Compare, _) => {
            vec![("1…9", "the next best"), ("=", "the next ties with the last"), ("0", "all bad"), ("Enter", "done")]
        }
        (Way::Rate, _) => vec![("click", "scores from 1 to 5"), ("Enter", "done")],
        (Way::Thumbs, _) => vec![("click", "thumbs up or down"), ("Enter", "done")],
    };
    hints.extend([("Backspace", "skip"), ("F", "flag"), ("Ctrl + Z", "take back"), ("Ctrl + Shift + Z", "do again")]);
    hints
}

pub(super) fn take(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    let Some(now) = &state.rank.now else { return };
    if ui.memory(|memory| memory.focused().is_some()) && ui.ctx().egui_wants_keyboard_input() {
        return;
    }
    let pressed = |ui: &mut Ui, key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(ui, Key::Enter) {
        submit(state, draft, actions);
    }
    if pressed(ui, Key::Backspace) {
        actions.push(Action::Rank(RankAction::Vote(draft.with(Verdict::Skipped, &now.order))));
    }
    let pair = now.order.len() == 2 && draft.way == Way::Compare;
    for (key, place) in [(Key::ArrowLeft, 0), (Key::ArrowRight, 1)] {
        if pair && pressed(ui, key) {
            pick(state, draft, place, actions);
        }
    }
    for letter in typed(ui) {
        match letter {
            'f' => (draft.flagged, draft.note_open) = (!draft.flagged, !draft.flagged),
            'q' => draft.strength = Some(Strength::ALittle),
            'w' => draft.strength = Some(Strength::Clearly),
            'e' => draft.strength = Some(Strength::Much),
            '=' => draft.tie_next = true,
            '3' if pair => actions.push(Action::Rank(RankAction::Vote(draft.tie(&now.order)))),
            '4' if pair => all_bad(state, draft, actions),
            '0' => all_bad(state, draft, actions),
            digit => {
                let place = digit.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1));
                if let Some(place) = place.filter(|place| *place < now.order.len() && draft.way == Way::Compare) {
                    pick(state, draft, place, actions);
                }
            }
        }
    }
}

fn typed(ui: &mut Ui) -> Vec<char> {
    ui.input_mut(|input| {
        let mut letters = Vec::new();
        input.events.retain(|event| {
            let Event::Text(text) = event else { return true };
            letters.extend(text.chars().flat_map(char::to_lowercase));
            false
        });
        letters
    })
}

/// Puts an answer next; of two, that is the vote.
pub(super) fn pick(state: &AppState, draft: &mut RankDraft, place: usize, actions: &mut Vec<Action>) {
    let Some(now) = &state.rank.now else { return };
    let done = draft.pick(place, now.order.len());
    if done && now.order.len() == 2 {
        submit(state, draft, actions);
    }
}

pub(super) fn all_bad(state: &AppState, draft: &RankDraft, actions: &mut Vec<Action>) {
    if let Some(now) = &state.rank.now {
        actions.push(Action::Rank(RankAction::Vote(draft.with(Verdict::AllBad, &now.order))));
    }
}

pub(super) fn submit(state: &AppState, draft: &RankDraft, actions: &mut Vec<Action>) {
    let Some(now) = &state.rank.now else { return };
    if let Ok(vote) = draft.vote(&now.order) {
        actions.push(Action::Rank(RankAction::Vote(vote)));
    }
}
