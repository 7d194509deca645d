//! Lengths and measuring of a fine-tuning run: tokens of a row, rows kept aside, what a better validation is. Measures nothing.

use eframe::egui::{ComboBox, TextEdit, Ui};

use crate::config::{BestBy, TuneTask};
use crate::state::setup::Check;
use crate::state::tune::TuneDraft;
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, draft: &mut TuneDraft, check: &Check) {
    let tune = &draft.tune;
    let best = |by: BestBy| match by {
        BestBy::Metric => "the task's metric",
        BestBy::Loss => "the loss",
    };
    let length = if tune.max_len == 0 { "as long as the model takes".to_owned() } else { format!("{} tokens", tune.max_len) };
    let summary = format!("rows {length}; best by {}", best(tune.best_by));
    let weighs = matches!(tune.task, TuneTask::Classes | TuneTask::Tags);
    fields::part(ui, "Row length and measuring", &summary, false, |ui| {
        let tune = &mut draft.tune;
        fields::group(ui, check, &[], |ui| {
            let meaning = "Longer rows lose tokens: of a prompt first, of a text its end. 0: as many as the model takes";
            fields::cell(ui, check, "max_len", "Tokens a row", meaning, |ui| {
                fields::whole(ui, &mut tune.max_len, 0..=1_000_000, 1.0)
            });
            let meaning = "Of all rows, where the dataset has no validation part of its own";
            fields::cell(ui, check, "val_fraction", "Share to validate", meaning, |ui| {
                fields::real(ui, &mut tune.val_fraction, 0.0..=0.5)
            });
            let meaning = "Validation rows that the task's figures are computed on; more are steadier and take longer";
            fields::cell(ui, check, "metric_rows", "Rows measured", meaning, |ui| {
                fields::whole(ui, &mut tune.metric_rows, 1..=100_000, 1.0)
            });
            if tune.task == TuneTask::Text {
                let meaning = "Tokens of an answer at most, when the model writes one to be measured";
                fields::cell(ui, check, "answer_tokens", "Tokens an answer", meaning, |ui| {
                    fields::whole(ui, &mut tune.answer_tokens, 1..=4096, 0.5)
                });
            }
            let meaning = "What makes a validation the best so far: its checkpoint is kept, and patience counts from it";
            fields::cell(ui, check, "best_by", "Best by", meaning, |ui| {
                let list =
                    ComboBox::from_id_salt("tune_best_by").selected_text(best(tune.best_by)).width(140.0).show_ui(ui, |ui| {
                        for by in [BestBy::Metric, BestBy::Loss] {
                            ui.selectable_value(&mut tune.best_by, by, best(by));
                        }
                    });
                widgets::named(list.response, "What a better validation is")
            });
        });
        if weighs {
            ui.horizontal(|ui| {
                ui.label("What a class weighs").on_hover_text(
                    "A class that weighs 3 counts three times in the loss: for classes that are rare, or dear to miss. \
                     The others weigh 1, or what balances them",
                );
                let field = TextEdit::singleline(&mut draft.weights).hint_text("spam=3, ham=1").desired_width(260.0);
                widgets::named(ui.add(field), "Class weights");
            });
            if let Some(wrong) = draft.weigh() {
                fields::problem(ui, &format!("“{wrong}” is no class with a weight; write the class, a sign =, and a number"));
            }
        }
    });
}
