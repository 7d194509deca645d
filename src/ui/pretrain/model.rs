//! What kind of model and how large: objective, dial, architecture. Checks nothing itself.

use eframe::egui::{self, RichText, Ui, vec2};

use crate::config::{Objective, RunConfig, presets};
use crate::state::setup::{self, Check};
use crate::state::{format, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::{fields, widgets};

/// Next token or hidden tokens.
pub(super) fn objective(ui: &mut Ui, config: &mut RunConfig, check: &Check, fixed: bool) {
    widgets::section(ui, "Objective");
    let choices = [
        (
            Objective::Causal,
            icon::ARROW_RIGHT,
            "Predict the next token",
            "Causal: each token is guessed from those before it. Such a model writes: stories, answers, dialogues.",
        ),
        (
            Objective::Masked,
            icon::TEXTBOX,
            "Fill in hidden tokens",
            "Masked: some tokens are hidden and guessed from both sides. Such a model reads: it sorts, tags and finds.",
        ),
    ];
    ui.add_enabled_ui(!fixed, |ui| {
        ui.columns(2, |columns| {
            for (ui, (value, glyph, name, meaning)) in columns.iter_mut().zip(choices) {
                if choice(ui, config.objective == value, glyph, name, meaning) {
                    setup::set_objective(config, value);
                }
            }
        });
    });
    if config.objective == Objective::Masked {
        fields::group(ui, check, &["mask_prob"], |ui| {
            let meaning = "Share of the tokens that are hidden and must be guessed; 0.15 in BERT";
            fields::cell(ui, check, "mask_prob", "Hidden share", meaning, |ui| {
                fields::real(ui, &mut config.mask_prob, 0.0..=1.0)
            });
        });
    }
    fields::wrong(ui, check, &["objective"]);
}

/// A choice with a line of explanation; true if it was clicked.
fn choice(ui: &mut Ui, selected: bool, glyph: &str, name: &str, meaning: &str) -> bool {
    let colors = palette(ui);
    let (line, ground) = if selected { (colors.accent, colors.accent_soft) } else { (colors.line_strong, colors.card) };
    let frame =
        egui::Frame::new().fill(ground).stroke(egui::Stroke::new(1.0, line)).corner_radius(theme::RADIUS).inner_margin(10.0);
    let inner = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.horizontal(|ui| {
            ui.label(widgets::icon(glyph).color(if selected { colors.accent } else { colors.text_weak }));
            ui.label(RichText::new(name).text_style(theme::strong()).color(colors.text_strong));
        });
        let text = egui::Label::new(RichText::new(meaning).small().color(colors.text_weak)).wrap();
        // The columns justify what stands in them, which tears words apart.
        ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| ui.add(text));
    });
    let response = inner.response.interact(egui::Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::RadioButton, ui.is_enabled(), selected, name));
    if response.has_focus() {
        ui.painter().rect_stroke(response.rect, theme::RADIUS, egui::Stroke::new(2.0, colors.accent), egui::StrokeKind::Outside);
    }
    response.clicked()
}

/// The dial: one place, everything else follows.
pub(super) fn size(ui: &mut Ui, config: &mut RunConfig, check: &Check) {
    ui.horizontal(|ui| {
        widgets::section(ui, "Size");
        widgets::weak(ui, "parameters: the numbers that are learnt");
    });
    let place = setup::dial_place(config);
    let presets = presets(config.objective);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(3.0, 3.0);
        for (i, preset) in presets.iter().enumerate() {
            let response = ui.add(egui::Button::selectable(place == Some(i), preset.name).min_size(vec2(54.0, 28.0)));
            if response.on_hover_text(preset.hint).clicked() {
                preset.apply(config);
            }
        }
    });
    figures(ui, check);
    match place.and_then(|place| presets.get(place)) {
        Some(preset) => widgets::weak(ui, format!("{}: {}", preset.name, preset.hint)),
        None => widgets::weak(ui, "Your own architecture: press a size to come back to the dial"),
    };
}

/// A branch has the size of the weights that it starts from.
pub(super) fn size_of_parent(ui: &mut Ui, check: &Check, known: bool) {
    widgets::section(ui, "Size");
    if known {
        figures(ui, check);
    }
    widgets::weak(ui, "The size is the checkpoint's");
    fields::wrong(ui, check, &["d_model", "context"]);
}

/// Parameters and memory.
fn figures(ui: &mut Ui, check: &Check) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XL;
        let Some(estimate) = check.estimate else {
            ui.label(RichText::new("No such model").color(palette(ui).error));
            return;
        };
        let meaning = "Numbers that are learnt. The vocabulary's table is part of them";
        widgets::tile(ui, &format::count(estimate.n_params), "parameters with this vocabulary", meaning);
        let meaning = "At the peak of training: weights, the optimiser's two averages, and for each thread a gradient and what a sequence leaves behind";
        widgets::tile(ui, &format::bytes(estimate.training_memory_bytes), "of memory, estimated", meaning);
    });
}

/// Every number that fixes a shape.
pub(super) fn architecture(ui: &mut Ui, config: &mut RunConfig, check: &Check) {
    const FIELDS: [&str; 7] = ["n_layers", "d_model", "n_heads", "n_kv_heads", "d_ff", "context", "vocab_size"];
    let dims = config.dims;
    let summary = format!("{} layers, {} wide, {} heads, context {}", dims.n_layers, dims.d_model, dims.n_heads, dims.context);
    let wrong = FIELDS.iter().any(|field| check.error(field).is_some());
    let causal = config.objective == Objective::Causal;
    fields::part(ui, "Architecture", &summary, wrong, |ui| {
        let dims = &mut config.dims;
        fields::group(ui, check, &FIELDS, |ui| {
            let meaning = "Blocks of attention and feed-forward, one after the other: how often the model thinks a text over";
            fields::cell(ui, check, "n_layers", "Layers", meaning, |ui| fields::whole(ui, &mut dims.n_layers, 1..=96, 0.05));
            let meaning = "Numbers that stand for each token inside the model. Must be divisible by the heads";
            fields::cell(ui, check, "d_model", "Width", meaning, |ui| fields::whole(ui, &mut dims.d_model, 1..=8192, 1.0));
            let meaning = "Ways of looking back at once in every layer: one head may look for names, another for verbs";
            fields::cell(ui, check, "n_heads", "Heads", meaning, |ui| {
                let before = dims.n_heads;
                let response = fields::whole(ui, &mut dims.n_heads, 1..=128, 0.05);
                if dims.n_kv_heads == before {
                    dims.n_kv_heads = dims.n_heads;
                }
                response
            });
            if causal {
                let meaning = "Fewer of these than heads means that heads share keys and values (grouped attention): less memory when writing";
                fields::cell(ui, check, "n_kv_heads", "Key/value heads", meaning, |ui| {
                    fields::whole(ui, &mut dims.n_kv_heads, 1..=128, 0.05)
                });
            }
            let meaning =
                "Width of the feed-forward part of a layer, where most facts are kept. Usually 2.7 (causal) or 4 times the width";
            fields::cell(ui, check, "d_ff", "Feed-forward width", meaning, |ui| {
                fields::whole(ui, &mut dims.d_ff, 1..=65_536, 2.0)
            });
            let meaning = "How many tokens the model can look at together. Longer remembers more and costs more";
            fields::cell(ui, check, "context", "Context", meaning, |ui| fields::whole(ui, &mut dims.context, 2..=8192, 1.0));
        });
        if causal {
            let meaning =
                "One table both for reading tokens and for writing them: fewer parameters, and usually better when small";
            ui.checkbox(&mut dims.tie_embeddings, "Share the embedding with the output").on_hover_text(meaning);
        }
        let kind = if causal {
            "Llama architecture: RMSNorm, rotary positions, SwiGLU. Opens in transformers and llama.cpp"
        } else {
            "BERT architecture: LayerNorm, learned positions, GELU. Opens in transformers"
        };
        widgets::small_weak(ui, kind);
    });
}
