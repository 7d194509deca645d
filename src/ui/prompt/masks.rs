//! Filling masks with an encoder: a text with holes, and the five likeliest tokens for each as bars.

use eframe::egui::{self, Key, KeyboardShortcut, Label, Layout, Modifiers, RichText, ScrollArea, Sense, TextEdit, Ui, vec2};

use crate::engine::event::MaskGuess;
use crate::engine::look::LookText;
use crate::state::look::Subject;
use crate::state::prompt::{Filling, PromptDraft};
use crate::state::{Action, AppState, PromptAction, format, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::widgets;

use super::tokens;

/// What stands for a hidden token in the text.
const MASK: &str = "[MASK]";
const FILL: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, actions: &mut Vec<Action>) {
    let pressed = ui.input_mut(|input| input.consume_shortcut(&FILL));
    widgets::weak(ui, format!("This model fills holes: write a text, put {MASK} where a word is missing"));
    let editor = TextEdit::multiline(&mut draft.masked).hint_text(format!("The cat sat on the {MASK}."));
    let output = editor.desired_rows(4).desired_width(f32::INFINITY).margin(10.0).show(ui);
    let has_mask = draft.masked.contains(MASK) || draft.masked.contains("<|mask|>") || draft.masked.contains("<mask>");
    let mut begin = pressed && has_mask;
    ui.horizontal_wrapped(|ui| {
        let refusal = (!has_mask).then_some("Put at least one mask into the text");
        let keys = ui.ctx().format_shortcut(&FILL);
        begin |= widgets::primary_unless(ui, icon::TEXTBOX, "Fill", refusal).on_hover_text(keys).clicked();
        if widgets::button(ui, icon::PLUS, "Insert a mask").clicked() {
            insert(&mut draft.masked, output.cursor_range.map(|range| range.primary.index.0));
        }
        if state.prompt.is_busy() {
            widgets::progress(ui, None, 80.0);
        }
    });
    if begin {
        actions.push(Action::Prompt(PromptAction::FillMask(draft.masked.clone())));
    }
    ui.add_space(space::M);
    ScrollArea::vertical().id_salt("masks").auto_shrink([false, false]).show(ui, |ui| {
        if let Some(filling) = &state.prompt.filling {
            filled(ui, filling);
            inside(ui, state, filling, draft, actions);
            return;
        }
        let body = "For every hole the model says which tokens it expects, and how sure it is.";
        widgets::empty_page(ui, icon::TEXTBOX, "Write a text with a hole in it", body, |_| {});
    });
}

fn insert(text: &mut String, at: Option<usize>) {
    let byte = at.and_then(|at| text.char_indices().nth(at)).map_or(text.len(), |(byte, _)| byte);
    text.insert_str(byte, MASK);
}

/// Where the encoder looks, and which tokens it holds for alike.
fn inside(ui: &mut Ui, state: &AppState, filling: &Filling, draft: &mut PromptDraft, actions: &mut Vec<Action>) {
    let Some(source) = state.prompt_source().filter(|_| filling.job.is_none() && filling.failure.is_none()) else { return };
    ui.add_space(space::M);
    widgets::card(ui, |ui| {
        tokens::switch(ui, &state.prompt.look, actions);
        if state.prompt.look.on {
            ui.add_space(space::XS);
            let text = LookText::Typed { prompt: filling.text.clone(), answer: String::new() };
            tokens::show(ui, state, draft, &Subject { source, text }, actions);
        } else {
            widgets::small_weak(ui, "Switch to tokens to see where each one looks, and which it holds for alike");
        }
    });
}

fn filled(ui: &mut Ui, filling: &Filling) {
    if let Some(failure) = &filling.failure {
        widgets::strip(ui, widgets::Tone::Error, |ui| ui.add(Label::new(failure).wrap()));
        return;
    }
    widgets::small_weak(ui, format!("{}: {}", filling.model, format::one_line(&filling.text, 100)));
    ui.add_space(space::S);
    ui.with_layout(Layout::left_to_right(egui::Align::Min).with_main_wrap(true), |ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, space::M);
        for mask in &filling.masks {
            ui.allocate_ui_with_layout(vec2(300.0, 180.0), Layout::top_down(egui::Align::Min), |ui| {
                ui.set_width(300.0);
                widgets::card(ui, |ui| guesses(ui, mask));
            });
        }
    });
}

fn guesses(ui: &mut Ui, mask: &MaskGuess) {
    let colors = palette(ui);
    widgets::strong(ui, format!("Mask {}", mask.index + 1));
    for (text, probability) in &mask.best {
        ui.horizontal(|ui| {
            let shown = if text.trim().is_empty() { format!("“{}”", text.escape_debug()) } else { text.clone() };
            ui.allocate_ui_with_layout(vec2(90.0, 20.0), Layout::left_to_right(egui::Align::Center), |ui| {
                ui.set_width(90.0);
                ui.add(Label::new(RichText::new(shown).text_style(theme::strong())).truncate());
            });
            let (rect, _) = ui.allocate_exact_size(vec2((ui.available_width() - 56.0).max(20.0), 12.0), Sense::hover());
            ui.painter().rect_filled(rect, 3.0, colors.button);
            let bar = egui::Rect::from_min_size(rect.min, vec2(rect.width() * probability.clamp(0.0, 1.0), rect.height()));
            ui.painter().rect_filled(bar, 3.0, colors.curves[0]);
            widgets::small_weak(ui, format::percent(f64::from(*probability)));
        });
    }
}
