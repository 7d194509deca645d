//! The set-up side: start checkpoint, rows, what is learnt and how much of the model learns it. Starts nothing by itself.

use eframe::egui::{ComboBox, Frame, Margin, Panel, ScrollArea, TextEdit, Ui};

use super::{adapt, in_context, measuring, summary};
use crate::config::{RunConfig, TuneTask};
use crate::state::data::DataView;
use crate::state::setup::Check;
use crate::state::tune::{self, TuneDraft};
use crate::state::{Action, AppState, Page, format, icon};
use crate::tokenizer::Builtin;
use crate::ui::pretrain::{optimiser, shots};
use crate::ui::theme::space;
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, actions: &mut Vec<Action>) {
    let side = if ui.available_width() > 1_100.0 { 380.0 } else { 312.0 };
    let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
    Panel::right("tune_summary").resizable(false).exact_size(side).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("tune_summary").auto_shrink([false, false]).show(ui, |ui| {
            summary::show(ui, state, draft, actions);
        });
    });
    ScrollArea::vertical().id_salt("tune_setup").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        let check = Check::default();
        fields::card(ui, |ui| checkpoint(ui, state, draft, actions));
        fields::card(ui, |ui| rows(ui, state, draft, actions));
        fields::card(ui, |ui| adapt::show(ui, draft, state));
        fields::card(ui, |ui| length(ui, state, draft, &check));
        measuring::show(ui, draft, &check);
        if draft.tune.task == TuneTask::Text {
            fields::card(ui, |ui| in_context::show(ui, draft, state));
            words(ui, draft);
        }
        optimiser::show(ui, &mut draft.config, &check);
        optimiser::checkpoints(ui, &mut draft.config, &check);
        if draft.tune.task == TuneTask::Text {
            shots::show(ui, &state.library, &mut draft.config, &check, draft.tune.in_context.is_some());
        }
        ui.add_space(space::L);
    });
}

fn checkpoint(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Start from");
    let chosen = draft.from.and_then(|id| state.checkpoint(id));
    let name = chosen.map_or_else(|| "Choose a checkpoint".to_owned(), |row| tune::checkpoint_name(&state.library, row));
    ui.horizontal_wrapped(|ui| {
        let list = ComboBox::from_id_salt("tune_from").selected_text(name).width(300.0).truncate().show_ui(ui, |ui| {
            for row in tune::usable(&state.library).collect::<Vec<_>>().into_iter().rev() {
                let label = format!("{}  ·  {}", tune::checkpoint_name(&state.library, row), tune::kind(row));
                if ui.selectable_label(draft.from == Some(row.id), label).clicked() {
                    (draft.from, draft.picked) = (Some(row.id), true);
                }
            }
        });
        widgets::named(list.response, "Checkpoint to start from");
        if widgets::button(ui, icon::BRAIN, "Pre-train another…").clicked() {
            actions.push(Action::Go(Page::Pretrain));
        }
    });
    if let Some(row) = chosen {
        let what = if row.is_encoder {
            "An encoder reads a text from both sides: good at classes and entities; it does not write"
        } else {
            "A decoder reads from left to right and writes: good at answers; it can choose classes, too"
        };
        widgets::weak(ui, what);
    }
}

fn rows(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Rows to learn from");
    let chosen = tune::dataset(&state.library, draft.tune.dataset);
    let name = chosen.map_or("Choose rows", |dataset| dataset.name.as_str());
    ui.horizontal_wrapped(|ui| {
        let list = ComboBox::from_id_salt("tune_rows").selected_text(name).width(300.0).truncate().show_ui(ui, |ui| {
            let supervised = state.library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised());
            for row in supervised {
                let label = format!("{}  ·  {}", row.name, format::plural(row.labelled, "labelled row", "labelled rows"));
                if ui.selectable_label(draft.tune.dataset == row.id, label).clicked() {
                    draft.tune.dataset = row.id;
                }
            }
        });
        widgets::named(list.response, "Rows to learn from");
        if widgets::button(ui, icon::DATABASE, "Look at them")
            .on_hover_text("Rows, lengths and balance, on the Data page")
            .clicked()
        {
            actions.push(Action::Data(crate::state::DataAction::View(DataView::Dataset(draft.tune.dataset))));
            actions.push(Action::Go(Page::Data));
        }
    });
    let Some(dataset) = chosen else { return };
    let tasks = tune::tasks(dataset.schema);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        for &task in tasks {
            let radio = ui.radio_value(&mut draft.tune.task, task, task.name());
            radio.on_hover_text(meaning(task));
        }
    });
}

fn meaning(task: TuneTask) -> &'static str {
    match task {
        TuneTask::Text => "The model learns to write the answer after the prompt. The loss counts the answer's tokens alone",
        TuneTask::Classes => "A small head on the model's last layer learns to choose a class, or several",
        TuneTask::Tags => "A small head gives each token a tag: where an entity begins, goes on, or is not",
        TuneTask::Spans => "A small head points at the first and the last token of the answer in its context",
    }
}

fn length(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, check: &Check) {
    widgets::section(ui, "Length");
    let rows = tune::dataset(&state.library, draft.tune.dataset).map_or(0, |dataset| dataset.labelled);
    let rows = draft.tune.in_context.map_or(rows, |it| it.episodes as u64);
    let RunConfig { batch_size, grad_accum, eval_every, .. } = &mut draft.config;
    fields::group(ui, check, &[], |ui| {
        let meaning = "How often every row is seen. Few rows need more; too many times, and the model learns them by heart";
        fields::cell(ui, check, "epochs", "Epochs", meaning, |ui| fields::real(ui, &mut draft.tune.epochs, 0.1..=1000.0));
        let meaning = "Rows that are read at once. More make each step steadier, and slower";
        fields::cell(ui, check, "batch_size", "Rows a batch", meaning, |ui| fields::whole(ui, batch_size, 1..=4096, 0.1));
        let meaning = "Batches whose gradients are summed before the weights change: a large batch in little memory";
        fields::cell(ui, check, "grad_accum", "Batches a step", meaning, |ui| fields::whole(ui, grad_accum, 1..=1024, 0.05));
        let meaning = "Steps between validations: loss, metrics and answers on rows that are not trained on";
        fields::cell(ui, check, "eval_every", "Validate every … steps", meaning, |ui| {
            fields::whole(ui, eval_every, 0..=1_000_000, 1.0)
        });
        let meaning =
            "Ends the run when this many validations brought nothing better; the best checkpoint is kept. 0: never early";
        fields::cell(ui, check, "patience", "Patience", meaning, |ui| {
            fields::whole(ui, &mut draft.tune.patience, 0..=1000, 0.05)
        });
        if matches!(draft.tune.task, TuneTask::Classes | TuneTask::Tags) {
            let meaning = "Each class weighs as much as any other, however rare it is";
            fields::cell(ui, check, "balance", "Class weights", meaning, |ui| ui.checkbox(&mut draft.tune.balance, "Balance"));
        }
    });
    let steps = (draft.tune.epochs * rows as f64 / (draft.config.batch_size * draft.config.grad_accum).max(1) as f64).ceil();
    widgets::weak(
        ui,
        format!("About {}; less where rows are kept back for validation", format::plural(steps as u64, "step", "steps")),
    );
}

/// What stands around a row's parts when the model reads it.
fn words(ui: &mut Ui, draft: &mut TuneDraft) {
    let summary = draft.tune.template.map_or("the checkpoint's own, or plain", Builtin::name);
    fields::part(ui, "Template and words", summary, false, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label("Chat template")
                .on_hover_text("How turns become one text: which marks stand around a question and its answer");
            let name = draft.tune.template.map_or("The checkpoint's own", Builtin::name);
            let list = ComboBox::from_id_salt("tune_template").selected_text(name).show_ui(ui, |ui| {
                ui.selectable_value(&mut draft.tune.template, None, "The checkpoint's own, or plain");
                for builtin in Builtin::ALL {
                    ui.selectable_value(&mut draft.tune.template, Some(builtin), builtin.name());
                }
            });
            widgets::named(list.response, "Chat template");
        });
        ui.checkbox(&mut draft.own_words, "Words of my own")
            .on_hover_text("What the model is asked, with the parts of a row in braces, say {text}, {label}, {source}, {target}");
        if draft.own_words {
            widgets::small_weak(ui, "Prompt");
            let field =
                ui.add(TextEdit::multiline(&mut draft.words.0).desired_rows(2).desired_width(f32::INFINITY).code_editor());
            widgets::named(field, "Words of the prompt");
            widgets::small_weak(ui, "Answer");
            let field = ui.add(TextEdit::singleline(&mut draft.words.1).desired_width(f32::INFINITY).code_editor());
            widgets::named(field, "Words of the answer");
        }
        ui.checkbox(&mut draft.tune.last_answer_only, "Of a chat, learn only the last answer")
            .on_hover_text("Else every turn of the assistant is learnt");
        ui.checkbox(&mut draft.tune.train_prompt, "Learn the prompt, too")
            .on_hover_text("The loss then counts every token, as in pre-training");
    });
}
