//! What is said of one answer: the button that puts it first, scores, thumbs, words, and the handle to drag it by. Saves nothing itself.

use eframe::egui::{Button, CursorIcon, Label, Response, RichText, Sense, Ui, vec2};

use super::keys;
use crate::state::rank_draft::{RankDraft, Way};
use crate::state::{Action, AppState, icon};
use crate::ui::theme::palette;
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, place: usize, actions: &mut Vec<Action>) {
    let refusal = state.why_not_write();
    let n = state.rank.now.as_ref().map_or(0, |now| now.order.len());
    match draft.way_now() {
        Way::Compare => {
            let label = if n == 2 { format!("This one is better   {}", place + 1) } else { format!("Next best   {}", place + 1) };
            if widgets::primary_unless(ui, icon::CHECK, &label, refusal).clicked() {
                keys::pick(state, draft, place, actions);
            }
        }
        Way::Rate => scores(ui, state, draft, place),
        Way::Thumbs => {
            ui.horizontal(|ui| {
                for (label, key, value) in [("Good", "   1", true), ("Bad", "   2", false)] {
                    let on = draft.thumbs.get(place) == Some(&Some(value));
                    let text = if n == 1 { format!("{label}{key}") } else { label.to_owned() };
                    let button = ui.add_enabled(refusal.is_none(), Button::selectable(on, text));
                    if widgets::named(button, &format!("{label} {}", letter(place))).clicked() {
                        keys::thumb(state, draft, place, value, actions);
                    }
                }
            });
        }
    }
}

fn scores(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, place: usize) {
    let criteria = &state.rank.state.settings.criteria;
    if criteria.is_empty() {
        widgets::small_weak(ui, "There is no criterion to rate by; write some under Guidelines");
    }
    for (line, criterion) in criteria.iter().enumerate() {
        ui.horizontal(|ui| {
            let at_hand = draft.at == place && draft.line == line;
            let name = RichText::new(criterion).color(if at_hand { palette(ui).accent } else { palette(ui).text });
            ui.add_sized(vec2(80.0, 20.0), Label::new(name).truncate());
            for score in 1..=5_u8 {
                let on = draft.scores.get(place).and_then(|scores| scores.get(criterion)) == Some(&score);
                let button = ui.selectable_label(on, score.to_string());
                if widgets::named(button, &format!("{criterion} {score}, answer {}", letter(place))).clicked() {
                    draft.score(place, line, score, criteria);
                }
            }
        });
    }
}

/// Words that can be put on an answer, and those of its own that were marked.
pub(super) fn reasons(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, place: usize) {
    let reasons = &state.rank.state.settings.reasons;
    let marked: Vec<String> =
        draft.tags.get(place).map_or(&[][..], Vec::as_slice).iter().filter(|tag| !reasons.contains(tag)).cloned().collect();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 4.0);
        for tag in reasons.iter().chain(&marked) {
            let on = draft.tags.get(place).is_some_and(|tags| tags.contains(tag));
            let button = ui.selectable_label(on, RichText::new(tag).small());
            if widgets::named(button, &format!("{tag}, answer {}", letter(place))).clicked() {
                draft.tag(place, tag);
            }
        }
    });
}

/// The answer word by word: a click marks a word.
pub(super) fn words(ui: &mut Ui, draft: &mut RankDraft, place: usize, text: &str) {
    for line in text.lines() {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
            for word in line.split_whitespace() {
                let bare = word.trim_matches(|letter: char| letter.is_ascii_punctuation() || "“”‘’„…".contains(letter));
                let tag = format!("“{}”", if bare.is_empty() { word } else { bare });
                let on = draft.tags.get(place).is_some_and(|tags| tags.contains(&tag));
                if ui.selectable_label(on, RichText::new(word).size(15.0)).clicked() {
                    draft.tag(place, &tag);
                }
            }
        });
    }
}

/// What an answer is dragged by, onto one that it is better than.
pub(super) fn handle(ui: &mut Ui, name: char, place: usize) {
    let text = RichText::new(format!("{name}  ≡")).strong();
    let grip = ui.add(Button::new(text).sense(Sense::drag()).frame_when_inactive(false));
    let grip = grip
        .on_hover_cursor(CursorIcon::Grab)
        .on_hover_text("Drag it onto an answer that it is better than; with Shift, onto its equal");
    widgets::named(grip, &format!("Drag answer {name}")).dnd_set_drag_payload(place);
}

/// Another answer was dropped on this one.
pub(super) fn dropped(card: &Response, draft: &mut RankDraft, place: usize, ui: &Ui) {
    if card.dnd_hover_payload::<usize>().is_some_and(|moved| *moved != place) {
        ui.painter().rect_stroke(card.rect, 8.0, (2.0, palette(ui).accent), eframe::egui::StrokeKind::Outside);
    }
    if let Some(moved) = card.dnd_release_payload::<usize>() {
        draft.drop_on(*moved, place, ui.input(|input| input.modifiers.shift));
    }
}

fn letter(place: usize) -> char {
    char::from(b'A' + place as u8)
}
