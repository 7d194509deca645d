//! Answers that are written: the source beside the field, and what was changed against what stood there. Saves nothing.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Align, FontId, Frame, Label, Layout, Margin, RichText, Stroke, TextEdit, Ui};

use super::keys;
use crate::data::supervised::{Content, Role, Side};
use crate::state::diff::{Part, diff};
use crate::state::label::LabelAction;
use crate::state::label_draft::{Field, LabelDraft};
use crate::state::{Action, AppState, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let wide = ui.available_width() > 620.0;
    if wide {
        ui.columns(2, |columns| {
            if let [left, right] = columns {
                // Columns stretch their text to both edges, which is hard to read.
                let layout = Layout::top_down(Align::LEFT);
                left.with_layout(layout, |ui| source(ui, draft));
                right.with_layout(layout, |ui| {
                    field(ui, draft);
                    proposed(ui, state, draft, actions);
                });
            }
        });
    } else {
        source(ui, draft);
        field(ui, draft);
        proposed(ui, state, draft, actions);
    }
}

fn source(ui: &mut Ui, draft: &LabelDraft) {
    let Some(content) = &draft.content else { return };
    let turns: Vec<(&str, &str)> = match content {
        Content::Instruction(it) => {
            let mut turns = vec![("instruction", it.instruction.as_str())];
            turns.extend(it.input.as_deref().filter(|input| !input.is_empty()).map(|input| ("input", input)));
            turns
        }
        Content::Pair(it) => match &it.prompt {
            Side::Text(text) => vec![("given", text.as_str())],
            Side::Messages(messages) => messages.iter().map(|m| (m.role.name(), m.content.as_str())).collect(),
        },
        Content::Chat(it) => {
            let last = it.messages.iter().rposition(|message| message.role == Role::Assistant).unwrap_or(it.messages.len());
            it.messages.iter().take(last).map(|m| (m.role.name(), m.content.as_str())).collect()
        }
        Content::Translation(it) => vec![(it.source_language.as_deref().unwrap_or("source"), it.source.as_str())],
        Content::Classes(_) | Content::Entities(_) | Content::ExtractiveQa(_) | Content::Recommendation(_) => Vec::new(),
    };
    let frame = Frame::new().fill(palette(ui).card).corner_radius(8.0).inner_margin(Margin::same(space::M as i8));
    for (name, text) in turns {
        widgets::small_weak(ui, name);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.add(Label::new(RichText::new(text).size(15.0).color(palette(ui).text_strong)).wrap());
        });
    }
}

fn field(ui: &mut Ui, draft: &mut LabelDraft) {
    let name = match &draft.content {
        Some(Content::Translation(it)) => it.target_language.clone().unwrap_or_else(|| "translation".to_owned()),
        _ => "answer".to_owned(),
    };
    widgets::small_weak(ui, name);
    let before = draft.written_before();
    let wanted = draft.focus.take_if(|wanted| *wanted == Field::Answer).is_some();
    let Some(text) = draft.writing() else { return };
    let edit = TextEdit::multiline(text).font(FontId::proportional(15.0)).desired_rows(6).desired_width(f32::INFINITY);
    let field = widgets::named(ui.add(edit.margin(Margin::same(space::S as i8))), "Answer");
    if wanted {
        field.request_focus();
    }
    if before.is_empty() || before == *text {
        return;
    }
    widgets::small_weak(ui, "Changed");
    changes(ui, &before, text);
}

/// A checkpoint's draft, as changes to what stands there, to be taken or dropped.
fn proposed(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let row = state.label.row().map(|row| row.row);
    let Some(proposed) = state.label.draft.as_ref().filter(|proposed| Some(proposed.row) == row) else { return };
    let now = draft.writing().cloned().unwrap_or_default();
    ui.add_space(space::S);
    let frame = Frame::new().stroke((1.0, palette(ui).accent)).corner_radius(8.0).inner_margin(Margin::same(space::M as i8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let same = now.trim() == proposed.text;
        widgets::small_weak(ui, if same { "The draft says the same" } else { "Draft of the model" });
        if now.trim().is_empty() || same {
            ui.add(Label::new(RichText::new(&proposed.text).size(15.0)).wrap());
        } else {
            changes(ui, &now, &proposed.text);
        }
        ui.horizontal_wrapped(|ui| {
            if widgets::primary(ui, icon::CHECK, "Take it   Ctrl + T").clicked() {
                keys::take_draft(state, draft, actions);
            }
            if widgets::button(ui, icon::X, "Drop it   F8").clicked() {
                actions.push(Action::Label(LabelAction::DropDraft));
            }
        });
    });
}

/// What was taken out is struck through, what came in is underlined.
pub(super) fn changes(ui: &mut Ui, before: &str, after: &str) {
    let colors = palette(ui);
    let font = FontId::proportional(14.0);
    let plain = TextFormat { font_id: font, color: colors.text, line_height: Some(20.0), ..TextFormat::default() };
    let mut job = LayoutJob::default();
    for part in diff(before, after) {
        let (text, format) = match part {
            Part::Same(text) => (text, plain.clone()),
            Part::Out(text) => {
                (text, TextFormat { color: colors.text_weak, strikethrough: Stroke::new(1.0, colors.error), ..plain.clone() })
            }
            Part::In(text) => {
                (text, TextFormat { color: colors.text_strong, underline: Stroke::new(1.5, colors.accent), ..plain.clone() })
            }
        };
        job.append(text, 0.0, format);
    }
    job.wrap.max_width = ui.available_width();
    ui.add(Label::new(job).wrap());
}
