//! The question at hand: the prompt, the answers, and what is said of each. Saves nothing itself.

use eframe::egui::{Align, Color32, Frame, Label, Layout, Margin, RichText, ScrollArea, TextEdit, Ui};

use super::{judge, keys};
use crate::feedback::{Strength, Verdict, side_text};
use crate::state::rank::{Asked, RankAction};
use crate::state::rank_draft::{RankDraft, Way};
use crate::state::{Action, AppState, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    let Some(now) = &state.rank.now else {
        return waiting(ui, state, draft);
    };
    ScrollArea::vertical().id_salt("rank_work").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        prompt(ui, now);
        answers(ui, state, draft, now, actions);
        buttons(ui, state, draft, now, actions);
        if draft.flagged || draft.note_open {
            let note = TextEdit::singleline(&mut draft.note).hint_text("Why it is flagged").desired_width(f32::INFINITY);
            widgets::named(ui.add(note), "Note");
        }
        reveal(ui, state);
    });
}

fn waiting(ui: &mut Ui, state: &AppState, draft: &mut RankDraft) {
    if state.rank.is_drawing() {
        ui.horizontal(|ui| {
            widgets::progress(ui, None, 120.0);
            widgets::weak(ui, "Answers are being drawn…");
        });
        return;
    }
    let body = state.rank.dry.clone().unwrap_or_else(|| "Say who answers which prompts, and questions come.".to_owned());
    widgets::empty_page(ui, icon::RANKING, "No question waits", &body, |ui| {
        if widgets::primary(ui, icon::SLIDERS_HORIZONTAL, "Who answers what…").clicked() {
            draft.asking_open = true;
            draft.asking = state.rank.asking.clone();
        }
    });
}

fn prompt(ui: &mut Ui, now: &Asked) {
    let frame = Frame::new().fill(palette(ui).card).corner_radius(8.0).inner_margin(Margin::same(space::L as i8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = RichText::new(side_text(&now.question.prompt)).size(16.0).color(palette(ui).text_strong);
        ui.add(Label::new(text).wrap());
    });
}

/// Side by side where there is room, else one under the other.
fn answers(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, now: &Asked, actions: &mut Vec<Action>) {
    let n = now.order.len();
    let across = if ui.available_width() / n as f32 > 240.0 {
        n
    } else if ui.available_width() > 520.0 {
        2
    } else {
        1
    };
    let places: Vec<usize> = (0..n).collect();
    for row in places.chunks(across) {
        ui.columns(across, |columns| {
            for (column, place) in columns.iter_mut().zip(row) {
                column.with_layout(Layout::top_down(Align::LEFT), |ui| answer(ui, state, draft, now, *place, actions));
            }
        });
    }
}

fn answer(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, now: &Asked, place: usize, actions: &mut Vec<Action>) {
    let Some(candidate) = now.order.get(place).and_then(|own| now.question.candidates.get(*own)) else { return };
    let colors = palette(ui);
    let rank = draft.rank(place);
    let several = now.order.len() > 1;
    let at_hand = several && draft.way_now() != Way::Compare && draft.at == place;
    let edge = if rank == Some(1) || at_hand { colors.accent } else { colors.line };
    let frame =
        Frame::new().fill(colors.card).stroke((if rank.is_some() || at_hand { 2.0 } else { 1.0 }, edge)).corner_radius(8.0);
    let card = frame.inner_margin(Margin::same(space::M as i8)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.set_min_height(120.0);
        let letter = char::from(b'A' + place as u8);
        ui.horizontal(|ui| {
            if draft.way_now() == Way::Compare && now.order.len() > 2 {
                judge::handle(ui, letter, place);
            } else {
                widgets::strong(ui, letter.to_string());
            }
            if let Some(rank) = rank.filter(|_| now.order.len() > 2) {
                widgets::chip(ui, &format!("{rank}."), colors.accent);
            }
        });
        match &mut draft.edited {
            Some((at, text)) if *at == place => {
                let field = TextEdit::multiline(text).desired_rows(4).desired_width(f32::INFINITY);
                widgets::named(ui.add(field), "The answer as it should be");
                widgets::small_weak(ui, "Saved with your vote; it also becomes a row to fine-tune on");
            }
            _ if draft.marking == Some(place) => judge::words(ui, draft, place, &candidate.text),
            _ => {
                ui.add(Label::new(RichText::new(&candidate.text).size(15.0).color(colors.text_strong)).wrap());
            }
        }
        ui.add_space(space::S);
        judge::show(ui, state, draft, place, actions);
        judge::reasons(ui, state, draft, place);
        let editing = draft.edited.as_ref().is_some_and(|(at, _)| *at == place);
        ui.horizontal_wrapped(|ui| {
            let label = if editing { "Leave it as it is" } else { "Mend it" };
            if widgets::button(ui, icon::PENCIL_SIMPLE, label).clicked() {
                draft.edited = if editing { None } else { Some((place, candidate.text.clone())) };
            }
            let marking = draft.marking == Some(place);
            let label = if marking { "Done marking" } else { "Mark words" };
            if !editing
                && widgets::button(ui, icon::TAG, label).on_hover_text("Click the words that your vote is about").clicked()
            {
                draft.marking = (!marking).then_some(place);
            }
        });
    });
    judge::dropped(&card.response, draft, place, ui);
}

fn buttons(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, now: &Asked, actions: &mut Vec<Action>) {
    let refusal = state.why_not_write();
    let pair = now.order.len() == 2 && draft.way_now() == Way::Compare;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        if pair {
            if widgets::button_unless(ui, icon::CHECK, "Both alike   3", refusal).clicked() {
                actions.push(Action::Rank(RankAction::Vote(draft.tie(&now.order))));
            }
            if widgets::button_unless(ui, icon::X, "Both bad   4", refusal).clicked() {
                keys::all_bad(state, draft, actions);
            }
            widgets::small_weak(ui, "by how much")
                .on_hover_text("Kept for the votes that follow; a reward model takes it as a margin");
            for strength in Strength::ALL {
                let on = draft.strength == Some(strength);
                if ui.selectable_label(on, strength.label()).clicked() {
                    draft.strength = if on { None } else { Some(strength) };
                }
            }
        } else {
            let why = draft.vote(&now.order).err();
            let alone = draft.way_now() == Way::Thumbs && now.order.len() == 1;
            if !alone && widgets::primary_unless(ui, icon::CHECK, "Done   Enter", refusal.or(why)).clicked() {
                keys::submit(state, draft, actions);
            }
            if draft.way_now() == Way::Compare && widgets::button(ui, icon::X, "All bad   0").clicked() {
                keys::all_bad(state, draft, actions);
            }
        }
        if widgets::button_unless(ui, icon::SKIP_FORWARD, "Skip   Backspace", refusal).clicked() {
            actions.push(Action::Rank(RankAction::Vote(draft.with(Verdict::Skipped, &now.order))));
        }
        let flag = if draft.flagged { "Take the flag off   F" } else { "Flag   F" };
        if widgets::button(ui, icon::FLAG, flag).clicked() {
            (draft.flagged, draft.note_open) = (!draft.flagged, !draft.flagged);
        }
    });
    if let Some(refusal) = refusal {
        fields::problem(ui, refusal);
    }
}

/// Who wrote what was just judged.
fn reveal(ui: &mut Ui, state: &AppState) {
    let Some(last) = &state.rank.reveal else { return };
    let mut text = format!("Your last vote: {}.", last.said);
    let mut names = last.names.clone();
    names.dedup();
    if names.len() > 1 {
        let named: Vec<String> =
            last.names.iter().enumerate().map(|(i, name)| format!("{}: {name}", char::from(b'A' + i as u8))).collect();
        text = format!("{text} It was {}.", named.join(", "));
    }
    ui.label(RichText::new(text).small().color(palette(ui).text_weak).background_color(Color32::TRANSPARENT));
}
