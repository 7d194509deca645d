//! How the next token is drawn, each setting with what it does. Knows no model.

use eframe::egui::{DragValue, Slider, TextEdit, Ui};

use crate::state::icon;
use crate::state::prompt::{PromptDraft, sampling_presets};
use crate::ui::theme::space;
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, draft: &mut PromptDraft) {
    widgets::section(ui, "How to choose tokens");
    ui.horizontal_wrapped(|ui| {
        // All of them in one row beside a page of 1440 points.
        ui.spacing_mut().button_padding.x = 7.0;
        ui.spacing_mut().item_spacing.x = 2.0;
        for (name, meaning, sampling) in sampling_presets() {
            let same = crate::engine::command::Sampling { seed: draft.sampling.seed, ..sampling.clone() } == draft.sampling;
            if ui.selectable_label(same, name).on_hover_text(meaning).clicked() {
                draft.sampling = crate::engine::command::Sampling { seed: draft.sampling.seed, ..sampling };
            }
        }
    });
    ui.spacing_mut().item_spacing.y = space::XS;
    ui.spacing_mut().slider_width = (ui.available_width() - 64.0).max(60.0);
    let sampling = &mut draft.sampling;
    let meaning = "Below 1 the likely tokens become likelier, above 1 the unlikely ones. 0: always the likeliest";
    slider(ui, "Temperature", meaning, Slider::new(&mut sampling.temperature, 0.0..=2.0).max_decimals(2));
    let meaning = "Only the fewest tokens that hold this probability together. 1: all";
    slider(ui, "Top-p", meaning, Slider::new(&mut sampling.top_p, 0.0..=1.0).max_decimals(2));
    let meaning = "Only the so many likeliest tokens. 0: all";
    slider(ui, "Top-k", meaning, Slider::new(&mut sampling.top_k, 0..=200));
    let meaning = "Only tokens at least this share as likely as the likeliest. 0: all";
    slider(ui, "Min-p", meaning, Slider::new(&mut sampling.min_p, 0.0..=1.0).max_decimals(2));
    let meaning = "Above 1, tokens that came before become less likely. 1: no penalty";
    slider(ui, "Repetition penalty", meaning, Slider::new(&mut sampling.repetition_penalty, 1.0..=2.0).max_decimals(2));
    ui.add_space(space::XS);
    ui.horizontal(|ui| {
        let meaning = "Longest answer, in tokens";
        let label = widgets::term(ui, "Tokens", meaning);
        ui.add(DragValue::new(&mut draft.max_tokens).range(1..=4096).speed(1.0)).labelled_by(label.id).on_hover_text(meaning);
        let meaning = "Where the chance comes from: the same seed, prompt and weights give the same text";
        let label = widgets::term(ui, "Seed", meaning);
        ui.add(DragValue::new(&mut draft.sampling.seed).speed(0.1)).labelled_by(label.id).on_hover_text(meaning);
        if widgets::icon_button(ui, icon::DICE_FIVE, "Another seed").clicked() {
            draft.sampling.seed =
                draft.sampling.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 44;
        }
    });
    let meaning = "Texts that end the answer when they come, one a line. \\n stands for a line break";
    let label = widgets::term(ui, "Stop at", meaning);
    let field = TextEdit::multiline(&mut draft.stops).desired_rows(1).desired_width(f32::INFINITY).hint_text("nothing");
    ui.add(field).labelled_by(label.id).on_hover_text(meaning);
    if draft.stops.lines().any(str::is_empty) {
        widgets::small_weak(ui, "An empty line stops nothing and is left out");
    }
}

fn slider(ui: &mut Ui, name: &str, meaning: &str, slider: Slider<'_>) {
    let label = widgets::term(ui, name, meaning);
    ui.add(slider).labelled_by(label.id).on_hover_text(meaning);
}
