//! Tokens as small pieces of heat, each with what the model expected there on hover. Knows no state.

use eframe::egui::{self, CornerRadius, FontId, Label, RichText, Sense, Stroke, StrokeKind, Ui, vec2};

use super::{RAW, uniform};
use crate::engine::look::{Guess, TokenView, TokensView};
use crate::state::format;
use crate::state::look::Heat;
use crate::ui::plot;
use crate::ui::theme::{self, palette, space};
use crate::ui::widgets;

/// All tokens of a text; `pin` is told which was clicked, or none when the pinned one was.
pub fn show(ui: &mut Ui, view: &TokensView, heat: Heat, pinned: Option<usize>, mut pin: impl FnMut(Option<usize>)) {
    let hot = uniform(view);
    ui.horizontal_wrapped(|ui| {
        (ui.spacing_mut().item_spacing, ui.spacing_mut().interact_size.y) = (vec2(1.0, 4.0), 20.0);
        for (place, token) in view.tokens.iter().enumerate() {
            let warmth = token.rated.as_ref().map(|rated| match heat {
                Heat::Surprise => -rated.logprob / hot,
                Heat::Entropy => rated.expected.entropy / hot,
            });
            let here = pinned == Some(place);
            let response = piece(ui, &token.text, warmth, (here, place < view.prompt_tokens));
            if response.hovered() {
                response.clone().on_hover_ui_at_pointer(|ui| explain(ui, token, view.vocab_size));
            }
            if response.clicked() {
                pin((!here).then_some(place));
            }
            if token.text.contains('\n') {
                ui.end_row();
            }
        }
    });
}

/// One token on its ground; without warmth on a plain one.
pub fn piece(ui: &mut Ui, text: &str, warmth: Option<f32>, (pinned, prompt): (bool, bool)) -> egui::Response {
    let colors = palette(ui);
    let (ground, color) = warmth.map_or((colors.button, colors.text_weak), |t| plot::heat(ui, t));
    let galley = ui.painter().layout_no_wrap(readable(text), FontId::proportional(14.0), color);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(4.0, 4.0), Sense::click());
    if ui.is_rect_visible(rect) {
        ui.painter().rect_filled(rect, CornerRadius::same(2), ground);
        ui.painter().galley(rect.min + vec2(2.0, 2.0), galley, color);
        if prompt {
            ui.painter().hline(rect.x_range(), rect.bottom() + 0.5, Stroke::new(1.5, colors.accent));
        }
        if pinned || response.hovered() || response.has_focus() {
            let stroke = if pinned { Stroke::new(2.0, colors.accent) } else { Stroke::new(1.0, colors.text_strong) };
            ui.painter().rect_stroke(rect, CornerRadius::same(2), stroke, StrokeKind::Outside);
        }
    }
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, pinned, text.trim()));
    response
}

/// Spaces and line breaks made visible where they would be nothing.
pub fn readable(text: &str) -> String {
    let shown = text.replace('\n', "⏎").replace('\t', "⇥");
    match shown.trim() {
        "" if shown.is_empty() => "∅".to_owned(),
        "" => shown.replace(' ', "␣"),
        _ => shown,
    }
}

/// What is known of a token.
fn explain(ui: &mut Ui, token: &TokenView, vocab_size: usize) {
    ui.set_max_width(300.0);
    (ui.spacing_mut().item_spacing.y, ui.spacing_mut().interact_size.y) = (2.0, 16.0);
    widgets::strong(ui, format!("“{}”", token.text.escape_debug()));
    widgets::small_weak(ui, format!("token {}", token.id));
    let Some(rated) = &token.rated else {
        widgets::weak(ui, "Nothing predicted this token, or it was not rated");
        return;
    };
    let p = f64::from(rated.logprob).exp();
    ui.label(format!("Probability {}, rank {} of {}", format::percent(p), rated.rank, format::count(vocab_size as u64)));
    ui.label(format!("Surprise {:.2} nats", -rated.logprob));
    ui.label(format!(
        "Entropy {:.2} nats: as unsure as among {:.0} equally likely tokens",
        rated.expected.entropy,
        rated.expected.entropy.exp().max(1.0)
    ));
    ui.add_space(space::XS);
    for guess in &rated.expected.best {
        bar(ui, guess, guess.id == token.id, 110.0);
    }
    ui.add_space(space::XS);
    ui.add(Label::new(RichText::new(RAW).small().color(palette(ui).text_weak)).wrap());
}

/// A token, its probability as a bar, and as a number. The one that came stands out.
pub fn bar(ui: &mut Ui, guess: &Guess, came: bool, width: f32) {
    ui.horizontal(|ui| {
        let colors = palette(ui);
        let mut text = RichText::new(readable(&guess.text)).color(if came { colors.text_strong } else { colors.text });
        if came {
            text = text.text_style(theme::strong());
        }
        widgets::column(ui, 90.0, text);
        let (rect, _) = ui.allocate_exact_size(vec2(width, 10.0), Sense::hover());
        fill(ui, rect, guess.p, if came { colors.curves[1] } else { colors.curves[0] });
        widgets::small_weak(ui, format::percent(f64::from(guess.p)));
    });
}

/// A bar from the left, `share` of the whole.
pub fn fill(ui: &Ui, rect: egui::Rect, share: f32, color: egui::Color32) {
    ui.painter().rect_filled(rect, 2.0, palette(ui).button);
    let full = egui::Rect::from_min_size(rect.min, vec2(rect.width() * share.clamp(0.0, 1.0), rect.height()));
    ui.painter().rect_filled(full, 2.0, color);
}
