//! What the model saw in a recent step, token by token, with the loss of each as heat.

use std::fmt::Write as _;

use eframe::egui::{self, CornerRadius, FontId, RichText, ScrollArea, Sense, Slider, Ui, vec2};

use crate::engine::event::{BatchToken, BatchView};
use crate::state::pretrain::{PretrainAction, PretrainDraft};
use crate::state::{Action, AppState, format, icon};
use crate::ui::plot;
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// Steps that the trainer remembers.
const REMEMBERED: u64 = 50;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let Some(live) = state.watched_live().filter(|live| live.step > 0) else {
        let body = "While a run is under way, this shows exactly which tokens a recent step was trained on, and which ones surprised the model.";
        widgets::empty_page(ui, icon::ROWS, "No batch to look at", body, |_| {});
        return;
    };
    let first = live.step.saturating_sub(REMEMBERED - 1).max(1);
    draft.batch_step = if draft.batch_follow { live.step } else { draft.batch_step.clamp(first, live.step) };
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak(ui, "Step");
        ui.spacing_mut().slider_width = 90.0;
        let slider = Slider::new(&mut draft.batch_step, first..=live.step).custom_formatter(|x, _| format::count(x as u64));
        if widgets::named(ui.add(slider), "Step to look at").on_hover_text("One of the last fifty steps").changed() {
            draft.batch_follow = false;
        }
        let asked = state.pretrain.batch_asked.is_some();
        let busy = asked.then_some("Waiting for the trainer…");
        if widgets::button_unless(ui, icon::EYE, "Look", busy).on_hover_text("Show this step's batch as it was").clicked() {
            actions.push(Action::Pretrain(PretrainAction::InspectBatch(draft.batch_step)));
        }
        ui.checkbox(&mut draft.batch_follow, "Newest").on_hover_text("Stay with the newest step");
    });
    let Some((_, batch)) = state.pretrain.batch.as_ref().filter(|(run, _)| *run == live.run) else {
        let body = "Every token of the step, as warm as it was surprising.";
        widgets::empty_page(ui, icon::ROWS, "Look at a step", body, |ui| {
            if widgets::primary(ui, icon::EYE, "Look at the newest step").clicked() {
                actions.push(Action::Pretrain(PretrainAction::InspectBatch(live.step)));
            }
        });
        return;
    };
    let hot = live.info.baselines.uniform.max(1.0);
    legend(ui, batch, hot);
    tokens(ui, batch, hot);
}

fn legend(ui: &mut Ui, batch: &BatchView, hot: f32) {
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(format!("Step {}", format::count(batch.step))).color(palette(ui).text_strong));
        plot::heat_legend(ui, "expected", &format!("surprising ({hot:.1} nats)"));
    });
    let masked = batch.sequences.iter().flatten().any(|token| token.shown_as.is_some());
    let what = if masked {
        "Underlined tokens were hidden; hover for what the model saw instead. ¶ ends a document."
    } else {
        "Colour: loss of predicting the token before the step. ¶ ends a document."
    };
    widgets::small_weak(ui, what);
    ui.add_space(space::XS);
}

fn tokens(ui: &mut Ui, batch: &BatchView, hot: f32) {
    ScrollArea::vertical().id_salt("batch").auto_shrink([false, false]).show(ui, |ui| {
        for (i, sequence) in batch.sequences.iter().enumerate() {
            widgets::small_weak(
                ui,
                format!("Sequence {} of {}: {} tokens", i + 1, batch.sequences.len(), format::count(sequence.len() as u64)),
            );
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(1.0, 3.0);
                for token in sequence {
                    piece(ui, token, hot);
                }
            });
            ui.add_space(space::M);
        }
    });
}

/// One token on its ground of heat.
fn piece(ui: &mut Ui, token: &BatchToken, hot: f32) {
    let colors = palette(ui);
    let shown = readable(&token.text);
    let (ground, color) = match token.loss {
        Some(loss) => plot::heat(ui, loss / hot),
        None => (colors.button, colors.text_weak),
    };
    let galley = ui.painter().layout_no_wrap(shown, FontId::proportional(12.5), color);
    let size = galley.size() + vec2(4.0, 3.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    ui.painter().rect_filled(rect, CornerRadius::same(2), ground);
    ui.painter().galley(rect.min + vec2(2.0, 1.5), galley, color);
    if token.shown_as.is_some() {
        ui.painter().hline(rect.x_range(), rect.bottom() + 1.0, egui::Stroke::new(1.5, colors.accent));
    }
    if response.hovered() {
        ui.painter().rect_stroke(
            rect,
            CornerRadius::same(2),
            egui::Stroke::new(1.0, colors.text_strong),
            egui::StrokeKind::Outside,
        );
        response.on_hover_text_at_pointer(explain(token));
    }
    if token.border {
        let mark = RichText::new("¶").color(colors.accent).size(12.5);
        ui.label(mark).on_hover_text("A document ends here");
    }
}

/// Spaces and line breaks made visible where they would be nothing.
fn readable(text: &str) -> String {
    let shown = text.replace('\n', "⏎").replace('\t', "⇥");
    if shown.trim().is_empty() { shown.replace(' ', "␣") + if shown.is_empty() { "∅" } else { "" } } else { shown }
}

fn explain(token: &BatchToken) -> String {
    let mut text = format!("“{}”, token {}", token.text.escape_debug(), token.id);
    match token.loss {
        Some(loss) => {
            let probability = format::percent(f64::from((-loss).exp()));
            let _infallible = write!(text, "\nloss {}: the model gave it {probability}", format::loss(loss));
        }
        None => text.push_str("\nnothing was predicted here"),
    }
    if let Some(shown_as) = &token.shown_as {
        let _infallible = write!(text, "\nthe model saw “{}”", shown_as.escape_debug());
    }
    text
}
