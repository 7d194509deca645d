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
        (Way::Rate, _) => {
            vec![("1…5", "score, and on to the next"), ("↑ ↓", "criterion"), ("← →", "answer"), ("Enter", "done")]
        }
        (Way::Thumbs, 1) => vec![("1, ↑", "good"), ("2, ↓", "bad")],
        (Way::Thumbs, _) => {
            vec![("1…9", "good, bad or nothing of an answer"), ("← →", "answer"), ("↑ ↓", "good, bad"), ("Enter", "done")]
        }
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
    let arrows = [(Key::ArrowLeft, (-1, 0)), (Key::ArrowRight, (1, 0)), (Key::ArrowUp, (0, -1)), (Key::ArrowDown, (0, 1))];
    for (key, step) in arrows {
        if pressed(ui, key) {
            arrow(state, draft, step, actions);
        }
    }
    for letter in typed(ui) {
        match letter {
            'f' => (draft.flagged, draft.note_open) = (!draft.flagged, !draft.flagged),
            'q' => draft.strength = Some(Strength::ALittle),
            'w' => draft.strength = Some(Strength::Clearly),
            'e' => draft.strength = Some(Strength::Much),
            '=' => draft.tie_next = true,
            '0' if draft.way_now() == Way::Compare => all_bad(state, draft, actions),
            other => {
                if let Some(number) = other.to_digit(10) {
                    digit(state, draft, number as usize, actions);
                }
            }
        }
    }
}

/// Of two, the one that the arrow points to; else another answer or criterion, or a thumb.
fn arrow(state: &AppState, draft: &mut RankDraft, (across, down): (isize, isize), actions: &mut Vec<Action>) {
    let Some(now) = &state.rank.now else { return };
    let criteria = state.rank.state.settings.criteria.len();
    match draft.way_now() {
        Way::Compare if now.order.len() == 2 && across != 0 => pick(state, draft, usize::from(across > 0), actions),
        Way::Compare => {}
        Way::Thumbs if down != 0 => thumb(state, draft, draft.at, down < 0, actions),
        Way::Rate | Way::Thumbs => draft.step(across, down, criteria),
    }
}

fn digit(state: &AppState, draft: &mut RankDraft, number: usize, actions: &mut Vec<Action>) {
    let Some(now) = &state.rank.now else { return };
    let n = now.order.len();
    match (draft.way_now(), number) {
        (_, 0) => {}
        (Way::Compare, 3) if n == 2 => actions.push(Action::Rank(RankAction::Vote(draft.tie(&now.order)))),
        (Way::Compare, 4) if n == 2 => all_bad(state, draft, actions),
        (Way::Compare, _) if number <= n => pick(state, draft, number - 1, actions),
        (Way::Rate, 1..=5) => draft.score(draft.at, draft.line, number as u8, &state.rank.state.settings.criteria),
        (Way::Thumbs, 1 | 2) if n == 1 => thumb(state, draft, 0, number == 1, actions),
        (Way::Thumbs, _) if n > 1 && number <= n => draft.turn_thumb(number - 1),
        (Way::Compare | Way::Rate | Way::Thumbs, _) => {}
    }
}

/// A thumb on an answer; on a single one, that is the vote.
pub(super) fn thumb(state: &AppState, draft: &mut RankDraft, place: usize, good: bool, actions: &mut Vec<Action>) {
    if draft.thumb(place, good) {
        submit(state, draft, actions);
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
