//! The set-up side of the laboratory: which models, which rows, how many examples. Starts nothing by itself.

use eframe::egui::{ComboBox, TextEdit, Ui};

use super::lab_rounds;
use crate::state::jobs::Job;
use crate::state::lab::{LabAction, LabDraft, SPLITS, Study, is_task_dataset, material};
use crate::state::setup::Check;
use crate::state::tune::checkpoint_name;
use crate::state::{Action, AppState, Page, PromptAction, TuneAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabDraft, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = space::M;
    let study = state.prompt.lab.study;
    // First, for on a small screen the end of the form is out of sight.
    start(ui, state, draft, actions);
    fields::card(ui, |ui| models(ui, state, draft, study));
    fields::card(ui, |ui| rows(ui, state, draft, study));
    fields::card(ui, |ui| numbers(ui, draft, study));
    fields::card(ui, |ui| links(ui, state, draft, actions));
    fields::card(ui, |ui| lab_rounds::show(ui, state, actions));
}

fn models(ui: &mut Ui, state: &AppState, draft: &mut LabDraft, study: Study) {
    widgets::section(ui, if study == Study::Curve { "Models" } else { "Model" });
    let all = state.lab_models();
    let name = |id: i64| state.checkpoint(id).map_or_else(String::new, |row| checkpoint_name(&state.library, row));
    for id in draft.checkpoints.clone() {
        ui.horizontal(|ui| {
            if study == Study::Curve {
                let mut on = true;
                if ui.checkbox(&mut on, name(id)).changed() {
                    draft.toggle(id);
                }
            } else if draft.checkpoints.last() == Some(&id) {
                ui.label(name(id));
            }
        });
    }
    let text = if study == Study::Curve { "Add a model…" } else { "Choose another…" };
    let list =
        ComboBox::from_id_salt("lab_models").selected_text(text).width(ui.available_width().min(260.0)).show_ui(ui, |ui| {
            for row in all {
                let chosen = draft.checkpoints.contains(&row.id);
                if ui.selectable_label(chosen, checkpoint_name(&state.library, row)).clicked() {
                    if study == Study::Curve {
                        draft.toggle(row.id);
                    } else {
                        draft.checkpoints = vec![row.id];
                    }
                }
            }
        });
    widgets::named(list.response, "Models to measure");
}

fn rows(ui: &mut Ui, state: &AppState, draft: &mut LabDraft, study: Study) {
    widgets::section(ui, "Rows");
    let chosen = material(&state.library).find(|row| row.id == draft.material.dataset);
    let name = chosen.map_or("Choose rows", |row| row.name.as_str());
    let width = ui.available_width().min(260.0);
    let list = ComboBox::from_id_salt("lab_rows").selected_text(name).width(width).truncate().show_ui(ui, |ui| {
        for row in material(&state.library) {
            let label = format!("{}  ·  {}", row.name, format::plural(row.labelled, "row", "rows"));
            if ui.selectable_label(draft.material.dataset == row.id, label).clicked() {
                draft.material.dataset = row.id;
                draft.task.clear();
            }
        }
    });
    widgets::named(list.response, "Rows that queries and examples are taken from");
    ui.horizontal_wrapped(|ui| {
        for split in SPLITS {
            ui.selectable_value(&mut draft.material.split, split, split.name())
                .on_hover_text("The part whose rows are asked. A task that stands there alone was never trained on");
        }
    });
    let many = chosen.is_some_and(is_task_dataset);
    if study == Study::Distil {
        if many {
            let meaning = "Name of the task, as in the rows' column 'task'; empty: the first";
            let field = ui.add(TextEdit::singleline(&mut draft.task).hint_text("Task, by name").desired_width(width));
            widgets::named(field, "Task to distil").on_hover_text(meaning);
        }
    } else if !many && chosen.is_some() {
        widgets::small_weak(ui, "All rows are one task: none has a column 'task'");
    }
}

fn numbers(ui: &mut Ui, draft: &mut LabDraft, study: Study) {
    let check = Check::default();
    if study != Study::Distil {
        widgets::section(ui, "Examples before a query");
        let field = ui.add(TextEdit::singleline(&mut draft.shots).desired_width(ui.available_width().min(260.0)));
        widgets::named(field, "Numbers of examples").on_hover_text("Numbers with commas between them; 0 is the query alone");
    }
    fields::group(ui, &check, &[], |ui| match study {
        Study::Curve => {
            let meaning = "How often queries, examples and their order are drawn anew. The bands are Student's t over the draws";
            fields::cell(ui, &check, "draws", "Draws", meaning, |ui| fields::whole(ui, &mut draft.material.draws, 1..=50, 0.05));
            let meaning = "Queries of a draw, shared out over the tasks";
            fields::cell(ui, &check, "queries", "Queries a draw", meaning, |ui| {
                fields::whole(ui, &mut draft.material.queries, 1..=2_000, 0.5)
            });
        }
        Study::Weights => {
            let WeightsFields { draws, queries, steps, lr } = weights(draft);
            fields::cell(ui, &check, "draws", "Draws", "How often everything is drawn anew", |ui| {
                fields::whole(ui, draws, 1..=50, 0.05)
            });
            fields::cell(ui, &check, "queries", "Queries a draw", "Shared out over the tasks", |ui| {
                fields::whole(ui, queries, 1..=2_000, 0.5)
            });
            let meaning = "Optimiser steps over all examples of a task at once";
            fields::cell(ui, &check, "steps", "Steps", meaning, |ui| fields::whole(ui, steps, 1..=500, 0.1));
            fields::cell(ui, &check, "lr", "Learning rate", "Of these steps", |ui| fields::real(ui, lr, 1e-6..=0.1));
        }
        Study::Distil => {
            let distil = &mut draft.distil;
            let meaning = "Examples that the teacher reads before every query, and the student never";
            fields::cell(ui, &check, "shots", "Examples", meaning, |ui| fields::whole(ui, &mut distil.shots, 0..=64, 0.05));
            fields::cell(ui, &check, "steps", "Steps", "Of learning from the teacher", |ui| {
                fields::whole(ui, &mut distil.steps, 1..=2_000, 0.5)
            });
            fields::cell(ui, &check, "lr", "Learning rate", "Of these steps", |ui| fields::real(ui, &mut distil.lr, 1e-6..=0.1));
        }
    });
    match study {
        Study::Curve => {
            ui.checkbox(&mut draft.controls, "Controls").on_hover_text(
                "Also with shuffled labels and without the instruction: do the examples teach, or only show the form?",
            );
            ui.checkbox(&mut draft.generate, "Let them write, too").on_hover_text(
                "Besides comparing the labels' probabilities, each model writes its answer; takes about twice as long",
            );
        }
        Study::Weights => {}
        Study::Distil => {
            let field = ui.add(TextEdit::singleline(&mut draft.save).hint_text("Keep it under a name").desired_width(220.0));
            widgets::named(field, "Name of the distilled checkpoint").on_hover_text("Empty: nothing is kept");
        }
    }
}

struct WeightsFields<'a> {
    draws: &'a mut usize,
    queries: &'a mut usize,
    steps: &'a mut usize,
    lr: &'a mut f64,
}

fn weights(draft: &mut LabDraft) -> WeightsFields<'_> {
    let own = &mut draft.weights;
    WeightsFields { draws: &mut own.material.draws, queries: &mut own.material.queries, steps: &mut own.steps, lr: &mut own.lr }
}

fn start(ui: &mut Ui, state: &AppState, draft: &LabDraft, actions: &mut Vec<Action>) {
    let lab = &state.prompt.lab;
    if let Some(job) = lab.job {
        ui.horizontal(|ui| {
            let left = state.jobs.get(job).and_then(Job::seconds_left);
            widgets::progress(ui, state.jobs.get(job).and_then(Job::fraction), 150.0);
            if widgets::button(ui, icon::STOP, "Stop").clicked() {
                actions.push(Action::Prompt(PromptAction::Lab(LabAction::Stop)));
            }
            if let Some(left) = left {
                widgets::small_weak(ui, format!("{} left", format::duration(left)));
            }
        });
        return;
    }
    let training = state.is_training().then(|| "A run is under way and would be measured too; stop it first".to_owned());
    let refusal = training.or_else(|| draft.problem());
    if widgets::primary_unless(ui, icon::CHART_LINE, "Measure", refusal.as_deref()).clicked()
        && let Some(action) = draft.action(lab.study)
    {
        actions.push(Action::Prompt(PromptAction::Lab(action)));
    }
    if let Some(failure) = &lab.failure {
        fields::problem(ui, failure);
    }
}

/// Where a model is made better at what is measured here.
fn links(ui: &mut Ui, state: &AppState, draft: &LabDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Make it better");
    ui.label("A small model reads examples well only after it has learnt to.");
    if widgets::button(ui, icon::GRADUATION_CAP, "Tune in context…")
        .on_hover_text("The Fine-tune page, on these rows: instruction, examples and a query in each prompt")
        .clicked()
    {
        actions.push(Action::Tune(TuneAction::InContext(draft.material.dataset)));
        actions.push(Action::Go(Page::Tune));
    }
    if state.prompt.lab.study == Study::Curve {
        ui.colored_label(palette(ui).text_weak, "Chance is what guessing among a task's labels scores.");
    }
}
