//! What of labelled rows would train: tokens with their mask, rows that are cut, rows that are left out and why. Renders nothing itself.

use eframe::egui::{Color32, ComboBox, ScrollArea, Ui};

use crate::config::Tune;
use crate::engine::event::{DatasetInfo, TrainingView};
use crate::state::draft::DataDraft;
use crate::state::tune;
use crate::state::{Action, AppState, DataAction, JobKind, format, icon};
use crate::tokenizer::Builtin;
use crate::ui::theme::{palette, space};
use crate::ui::{fields, pieces, widgets};

pub(super) fn show(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let decoders = || tune::usable(&state.library).filter(|row| !row.is_encoder);
    if draft.training_by.is_none_or(|id| !decoders().any(|row| row.id == id)) {
        draft.training_by = decoders().last().map(|row| row.id);
    }
    let Some(checkpoint) = draft.training_by else {
        let body = "A checkpoint brings the tokenizer and the chat template that turn a row into tokens.";
        widgets::empty_page(ui, icon::BRAIN, "No model that writes yet", body, |_| ());
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        ui.label("As").on_hover_text("Whose tokenizer and chat template are used");
        let name = state.checkpoint(checkpoint).map_or_else(String::new, |row| tune::checkpoint_name(&state.library, row));
        let list = ComboBox::from_id_salt("training_by").selected_text(name).width(220.0).truncate().show_ui(ui, |ui| {
            for row in decoders() {
                let label = tune::checkpoint_name(&state.library, row);
                ui.selectable_value(&mut draft.training_by, Some(row.id), label);
            }
        });
        widgets::named(list.response, "Checkpoint whose tokens are shown");
        let name = draft.training_template.map_or("its own template, or plain", Builtin::name);
        let list = ComboBox::from_id_salt("training_template").selected_text(name).show_ui(ui, |ui| {
            ui.selectable_value(&mut draft.training_template, None, "its own template, or plain");
            for builtin in Builtin::ALL {
                ui.selectable_value(&mut draft.training_template, Some(builtin), builtin.name());
            }
        });
        widgets::named(list.response, "Chat template");
        let busy = state.jobs.find(JobKind::PreviewTraining).is_some();
        if busy {
            widgets::progress(ui, None, 80.0);
        } else if widgets::primary(ui, icon::EYE, "Show what trains").clicked() {
            let tune = Box::new(Tune { dataset: dataset.id, template: draft.training_template, ..Tune::default() });
            actions.push(Action::Data(DataAction::PreviewTraining { dataset: dataset.id, checkpoint, tune }));
        }
    });
    let shown = state.data.training.as_ref().filter(|(id, _)| *id == dataset.id);
    let Some((_, view)) = shown else {
        widgets::weak(
            ui,
            "Every row becomes tokens; the loss counts only those of the answer. Here you see which, before any run.",
        );
        return;
    };
    figures(ui, view);
    rows(ui, view);
}

fn figures(ui: &mut Ui, view: &TrainingView) {
    ui.add_space(space::S);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XXL;
        widgets::tile(ui, &format::count(view.trained_rows), "rows train", "");
        widgets::tile(ui, &format::count(view.trained_tokens), "tokens train", "The loss counts the prediction of these alone");
        let share = view.trained_tokens as f64 / view.tokens.max(1) as f64;
        widgets::tile(ui, &format::percent(share), "of all tokens", "The rest is read, not learnt");
        let meaning = "Rows longer than the context lose tokens: of the prompt first";
        widgets::tile(ui, &format::count(view.cut_rows), &format!("longer than {} tokens", view.max_len), meaning);
        let left_out: u64 = view.left_out.iter().map(|(_, count, _)| count).sum();
        widgets::tile(ui, &format::count(left_out), "left out", "Nothing of them would train");
    });
    for (reason, count, first) in &view.left_out {
        fields::problem(ui, &format!("{} {reason}; {first}", format::plural(*count, "row", "rows")));
    }
}

fn rows(ui: &mut Ui, view: &TrainingView) {
    let accent = palette(ui).accent.gamma_multiply(0.45);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(eframe::egui::vec2(14.0, 14.0), eframe::egui::Sense::hover());
        ui.painter().rect_filled(rect, 3.0, accent);
        widgets::small_weak(ui, "trains: the model is to predict these tokens from all before them");
    });
    ScrollArea::vertical().id_salt("training_rows").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        for row in &view.rows {
            widgets::card(ui, |ui| {
                ui.horizontal_wrapped(|ui| {
                    widgets::small_weak(ui, format!("line {} · {} tokens", row.line, row.pieces.len()));
                    if let Some(warning) = &row.warning {
                        widgets::chip(ui, warning, palette(ui).warning);
                    }
                });
                let ground = |trained: bool, i: usize| {
                    let faint = palette(ui).tokens[i % 2].gamma_multiply(0.5);
                    if trained {
                        accent
                    } else if i.is_multiple_of(2) {
                        Color32::TRANSPARENT
                    } else {
                        faint
                    }
                };
                let parts: Vec<_> =
                    row.pieces.iter().enumerate().map(|(i, (text, trained))| (text.as_str(), ground(*trained, i))).collect();
                let told = |i: usize| {
                    let Some((text, trained)) = row.pieces.get(i) else { return String::new() };
                    format!("{text:?}\n{}", if *trained { "trains" } else { "is read" })
                };
                pieces::show_parts(ui, parts.into_iter(), told);
            });
        }
    });
}
