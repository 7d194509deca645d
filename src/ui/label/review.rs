//! Where two people said different things, how well they agree, and one click to settle it. Computes with `evaluate` alone.

use eframe::egui::{Event, Key, Label, Modifiers, RichText, ScrollArea, Ui, vec2};

use super::writing;
use crate::data::supervised::Content;
use crate::engine::labelling::Disagreement;

use crate::state::agreement::{Agreement, agreement, by_pairs, said};
use crate::state::label::{LabelAction, LabelView};
use crate::state::label_draft::LabelDraft;
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// Rows that are drawn at most.
const MOST: usize = 200;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let rows = &state.label.twice;
    if rows.is_empty() {
        let body =
            "When a second person labels the same rows under another name, this shows how often you agree and where you do not.";
        widgets::empty_page(ui, icon::USERS, "Nobody labelled a row twice yet", body, |ui| {
            if widgets::primary(ui, icon::TAG, "Begin a second pass").clicked() {
                actions.push(Action::Label(LabelAction::Show(LabelView::Label)));
                actions.push(Action::Label(LabelAction::Filter(crate::engine::labelling::ExampleFilter::SecondPass)));
            }
        });
        return;
    }
    let by_pairs = by_pairs(rows);
    let Agreement { rows: n, agree, figure, names } = agreement(rows);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XL, space::S);
        widgets::tile(ui, &format::count(n as u64), "rows labelled twice", "");
        let share = format!("{:.0} %", 100.0 * agree as f64 / n.max(1) as f64);
        widgets::tile(ui, &share, "the same answer", "Share of rows on which both said the same");
        if let Some((name, value)) = figure {
            let meaning = "Agreement beyond chance: 1 is perfect, 0 is what guessing gives. From 0.8 on labels can be trusted";
            widgets::tile(ui, &format!("{value:.2}"), name, meaning);
        }
        widgets::weak(ui, names.join(" and "));
    });
    if by_pairs.len() > 1 {
        pairs(ui, &by_pairs);
    }
    ui.add_space(space::S);
    let open: Vec<&Disagreement> = rows.iter().filter(|row| !row.settled && differ(row)).take(MOST).collect();
    draft.review_at = draft.review_at.min(open.len().saturating_sub(1));
    let moved = keys(ui, &open, draft, actions);
    if !open.is_empty() {
        widgets::small_weak(ui, "↑ ↓ to a row; 1, 2 … whose answer counts; Ctrl + Z takes it back");
    }
    ScrollArea::vertical().id_salt("label_review").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        for (i, row) in open.iter().enumerate() {
            let at = i == draft.review_at;
            let card = widgets::card(ui, |ui| {
                one(ui, row, at, actions);
                ui.min_rect()
            });
            if at && moved {
                ui.scroll_to_rect(card, None);
            }
        }
        if open.is_empty() {
            widgets::weak(ui, "No open disagreement: all are settled, or there were none");
        }
    });
}

fn differ(row: &Disagreement) -> bool {
    row.words.windows(2).any(|pair| pair[0].1 != pair[1].1)
}

/// What each said of a row; of written answers, what the others have otherwise than the first.
fn one(ui: &mut Ui, row: &Disagreement, at: bool, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let input = row.words.first().map(|(_, content)| content.halves().0).unwrap_or_default();
    ui.horizontal(|ui| {
        if at {
            ui.label(widgets::icon(icon::CARET_RIGHT).color(colors.accent));
        }
        widgets::small_weak(ui, format!("Row {}", row.ordinal + 1));
    });
    ui.add(Label::new(RichText::new(format::one_line(&input, 400)).color(colors.text_strong)).wrap());
    let first = row.words.first().map(|(_, content)| said(content)).unwrap_or_default();
    for (i, (who, content)) in row.words.iter().enumerate() {
        ui.horizontal_wrapped(|ui| {
            let tip = "This one counts; the others stay on record";
            if widgets::button(ui, icon::CHECK, &format!("{}  {who}", i + 1)).on_hover_text(tip).clicked() {
                let content = Box::new(content.clone());
                actions.push(Action::Label(LabelAction::Settle { row: row.row, content }));
            }
            let answer = said(content);
            match content {
                Content::Instruction(_) | Content::Pair(_) | Content::Chat(_) | Content::Translation(_) if i > 0 => {
                    writing::changes(ui, &first, &answer);
                }
                Content::Instruction(_)
                | Content::Pair(_)
                | Content::Chat(_)
                | Content::Translation(_)
                | Content::Classes(_)
                | Content::Entities(_)
                | Content::ExtractiveQa(_)
                | Content::Recommendation(_) => {
                    ui.label(if answer.is_empty() { "nothing".to_owned() } else { answer });
                }
            }
        });
    }
}

/// Up, down, and the number of who is right; true when another row is at hand.
fn keys(ui: &mut Ui, open: &[&Disagreement], draft: &mut LabelDraft, actions: &mut Vec<Action>) -> bool {
    if ui.ctx().egui_wants_keyboard_input() {
        return false;
    }
    let before = draft.review_at;
    ui.input_mut(|input| {
        if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
            draft.review_at = (draft.review_at + 1).min(open.len().saturating_sub(1));
        }
        if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
            draft.review_at = draft.review_at.saturating_sub(1);
        }
        input.events.retain(|event| {
            let Event::Text(text) = event else { return true };
            let digit = text.chars().next().and_then(|c| c.to_digit(10)).filter(|digit| *digit > 0);
            let row = open.get(draft.review_at);
            let word = digit.and_then(|digit| row?.words.get(digit as usize - 1));
            if let (Some(row), Some((_, content))) = (row, word) {
                let content = Box::new(content.clone());
                actions.push(Action::Label(LabelAction::Settle { row: row.row, content }));
            }
            word.is_none()
        });
    });
    before != draft.review_at
}

/// Each two people, where there are more.
fn pairs(ui: &mut Ui, by_pairs: &[Agreement]) {
    for pair in by_pairs {
        let figure = pair.figure.map_or_else(String::new, |(name, value)| format!(", {name} {value:.2}"));
        let text = format!("{}: the same answer to {} of {}{figure}", pair.names.join(" and "), pair.agree, pair.rows);
        widgets::small_weak(ui, text);
    }
}
