//! What of labelled rows would train: tokens with their mask, rows that are cut, rows that are left out and why. Renders nothing itself.

use eframe::egui::{Color32, ComboBox, ScrollArea, Ui};

use crate::config::{Tune, TuneTask};
use crate::engine::event::{DatasetInfo, TrainingPiece, TrainingRow, TrainingView};
use crate::state::draft::DataDraft;
use crate::state::training::{Reading, SHOWN};
use crate::state::tune;
use crate::state::{Action, AppState, DataAction, JobKind, format, icon};
use crate::tokenizer::Builtin;
use crate::ui::theme::{palette, space};
use crate::ui::{fields, pieces, widgets};

pub(super) fn show(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let tasks = tune::tasks(dataset.schema);
    let task = draft.training_task.filter(|task| tasks.contains(task)).or(tasks.first().copied()).unwrap_or(TuneTask::Text);
    // Only what writes is asked for text; a head can stand on an encoder, too.
    let fitting = || tune::usable(&state.library).filter(|row| task != TuneTask::Text || !row.is_encoder);
    if draft.training_by.is_none_or(|id| !fitting().any(|row| row.id == id)) {
        // Another page may have asked already, by a checkpoint of its own.
        let asked = shown_of(state, dataset).map(|(reading, ..)| reading.checkpoint);
        let asked = asked.filter(|id| fitting().any(|row| row.id == *id));
        draft.training_by = asked.or_else(|| fitting().last().map(|row| row.id));
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
            for row in fitting() {
                let label = tune::checkpoint_name(&state.library, row);
                ui.selectable_value(&mut draft.training_by, Some(row.id), label);
            }
        });
        widgets::named(list.response, "Checkpoint whose tokens are shown");
        if tasks.len() > 1 {
            ui.label("to").on_hover_text("What would be learnt from the rows");
            let list = ComboBox::from_id_salt("training_task").selected_text(task.name()).show_ui(ui, |ui| {
                for task in tasks {
                    ui.selectable_value(&mut draft.training_task, Some(*task), task.name());
                }
            });
            widgets::named(list.response, "Task");
        }
        if task == TuneTask::Text {
            template(ui, draft);
        }
        let busy = state.jobs.find(JobKind::PreviewTraining).is_some();
        if busy {
            widgets::progress(ui, None, 80.0);
        } else if widgets::primary(ui, icon::EYE, "Show what trains").clicked() {
            // Words and lengths of a run that is being set up stay.
            let base = shown_of(state, dataset).map(|(reading, ..)| (*reading.tune).clone()).unwrap_or_default();
            let tune = Tune { dataset: dataset.id, task, template: draft.training_template, ..base };
            let reading = Reading::new(&tune, checkpoint, dataset.labelled);
            actions.push(Action::Data(DataAction::PreviewTraining { reading, first: 0 }));
        }
    });
    if let Some(problem) = &state.data.training.problem {
        fields::problem(ui, problem);
    }
    let Some((reading, first, view)) = shown_of(state, dataset) else {
        widgets::weak(
            ui,
            "Every row becomes tokens; the loss counts only what is to be learnt. Here you see which, before any run.",
        );
        return;
    };
    figures(ui, view);
    let told = manner(&reading.tune);
    if !told.is_empty() {
        widgets::small_weak(ui, told);
    }
    pager(ui, reading, *first, view, actions);
    rows(ui, view);
}

/// What was shown of this dataset last.
fn shown_of<'s>(state: &'s AppState, dataset: &DatasetInfo) -> Option<&'s (Reading, u64, TrainingView)> {
    state.data.training.shown.as_ref().filter(|(reading, ..)| reading.dataset == dataset.id)
}

/// What a run that is being set up does otherwise than the plain way.
fn manner(tune: &Tune) -> String {
    let mut parts = Vec::new();
    if let Some((prompt, answer)) = &tune.words {
        parts.push(format!("words {prompt:?} and {answer:?}"));
    }
    if tune.train_prompt {
        parts.push("the prompt is learnt, too".to_owned());
    }
    if tune.last_answer_only {
        parts.push("only the last answer of a chat".to_owned());
    }
    if tune.max_len > 0 {
        parts.push(format!("at most {} tokens", tune.max_len));
    }
    if parts.is_empty() { String::new() } else { format!("As the run that is being set up: {}", parts.join("; ")) }
}

/// Which rows are shown, and the way to the others.
fn pager(ui: &mut Ui, reading: &Reading, first: u64, view: &TrainingView, actions: &mut Vec<Action>) {
    if view.trained_rows <= SHOWN {
        return;
    }
    let last = first + view.rows.len() as u64;
    let mut go = |first: u64| {
        actions.push(Action::Data(DataAction::PreviewTraining { reading: reading.clone(), first }));
    };
    ui.horizontal(|ui| {
        let at_start = (first == 0).then_some("These are the first");
        if widgets::icon_button_unless(ui, icon::CARET_LEFT, "Rows before", at_start).clicked() {
            go(first.saturating_sub(SHOWN));
        }
        let text = format!("{} to {} of {}", format::count(first + 1), format::count(last), format::count(view.trained_rows));
        widgets::small_weak(ui, text).on_hover_text("Rows that lose something come first");
        let at_end = (last >= view.trained_rows).then_some("These are the last");
        if widgets::icon_button_unless(ui, icon::CARET_RIGHT, "Rows after", at_end).clicked() {
            go(first + SHOWN);
        }
    });
}

fn template(ui: &mut Ui, draft: &mut DataDraft) {
    let name = draft.training_template.map_or("its own template, or plain", Builtin::name);
    let list = ComboBox::from_id_salt("training_template").selected_text(name).show_ui(ui, |ui| {
        ui.selectable_value(&mut draft.training_template, None, "its own template, or plain");
        for builtin in Builtin::ALL {
            ui.selectable_value(&mut draft.training_template, Some(builtin), builtin.name());
        }
    });
    widgets::named(list.response, "Chat template");
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
    for sentence in &view.odd {
        fields::problem(ui, sentence);
    }
}

fn rows(ui: &mut Ui, view: &TrainingView) {
    let accent = palette(ui).accent.gamma_multiply(0.45);
    let heads = view.rows.iter().any(|row| row.pieces.iter().any(|piece| !piece.says.is_empty()));
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(eframe::egui::vec2(14.0, 14.0), eframe::egui::Sense::hover());
        ui.painter().rect_filled(rect, 3.0, accent);
        let meaning = if heads {
            "trains: here the head says something; point at a token to see what"
        } else {
            "trains: the model is to predict these tokens from all before them"
        };
        widgets::small_weak(ui, meaning);
    });
    ScrollArea::vertical().id_salt("training_rows").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        for row in &view.rows {
            widgets::card(ui, |ui| one(ui, row, accent));
        }
    });
}

fn one(ui: &mut Ui, row: &TrainingRow, accent: Color32) {
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak(ui, format!("line {} · {} tokens", row.line, row.pieces.len()));
        if let Some(warning) = &row.warning {
            widgets::chip(ui, warning, palette(ui).warning);
        }
    });
    let faint = palette(ui).tokens.map(|color| color.gamma_multiply(0.5));
    let ground = |piece: &TrainingPiece, i: usize| {
        // Of tags, only those that name something stand out.
        match (piece.trained, piece.says.as_str()) {
            (true, "O") => accent.gamma_multiply(0.25),
            (true, _) => accent,
            (false, _) if i.is_multiple_of(2) => Color32::TRANSPARENT,
            (false, _) => faint[1],
        }
    };
    let parts: Vec<_> = row.pieces.iter().enumerate().map(|(i, piece)| (piece.text.as_str(), ground(piece, i))).collect();
    let told = |i: usize| {
        let Some(piece) = row.pieces.get(i) else { return String::new() };
        let what = match (piece.trained, piece.says.as_str()) {
            (true, "") => "trains",
            (true, says) => says,
            (false, _) => "is read",
        };
        format!("{:?}\n{what}", piece.text)
    };
    pieces::show_parts(ui, parts.into_iter(), told);
    let said = said(row);
    if !said.is_empty() {
        widgets::small_weak(ui, said);
    }
}

/// What heads are to say of a row, in a line.
fn said(row: &TrainingRow) -> String {
    let mut parts: Vec<String> = Vec::new();
    for piece in row.pieces.iter().filter(|piece| !piece.says.is_empty() && piece.says != "O") {
        parts.push(format!("{} → {}", piece.text.trim(), piece.says));
    }
    parts.join("   ")
}
