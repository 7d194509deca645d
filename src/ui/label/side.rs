//! Beside the row: what was agreed on, the keys, and the note. Changes nothing but the note.

use eframe::egui::{ComboBox, Grid, RichText, ScrollArea, TextEdit, Ui};

use super::keys;
use crate::engine::event::CheckpointRow;
use crate::state::label::{LabelAction, LabelView};
use crate::state::label_draft::{Field, LabelDraft, Work};
use crate::state::{Action, AppState, JobKind, icon, tune};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    ScrollArea::vertical().id_salt("label_side").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        widgets::section(ui, "Guidelines");
        if state.label.labels.guidelines.trim().is_empty() {
            widgets::small_weak(ui, "What annotators should know: what each choice means, what to do in doubt");
            if widgets::button(ui, icon::PENCIL_SIMPLE, "Write some").clicked() {
                actions.push(Action::Label(LabelAction::Show(LabelView::Rules)));
            }
        } else {
            ui.label(&state.label.labels.guidelines);
        }
        ui.add_space(space::S);
        model(ui, state, draft, actions);
        if draft.work() == Some(Work::Writing) {
            drafts(ui, state, draft, actions);
        }
        ui.add_space(space::S);
        note(ui, state, draft, actions);
        ui.add_space(space::S);
        widgets::section(ui, "Keys");
        let Some(work) = draft.work() else { return };
        Grid::new("label_keys").num_columns(2).spacing([space::M, 4.0]).show(ui, |ui| {
            for (key, meaning) in keys::hints(work) {
                ui.label(RichText::new(key).monospace().small().color(palette(ui).text_strong));
                widgets::small_weak(ui, meaning);
                ui.end_row();
            }
        });
    });
}

/// A fine-tuned checkpoint looks at the rows: the best of the run on these rows, until somebody chooses another.
fn model(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Help of a model");
    // One that learnt another kind of answer has nothing to say of these rows.
    let schema = state.label.dataset.and_then(|id| tune::dataset(&state.library, id)).map(|row| row.schema);
    let wanted = schema.and_then(|schema| tune::tasks(schema).first().copied());
    let learnt =
        |row: &CheckpointRow| row.run.and_then(|id| state.run(id)).and_then(|run| run.config.tune.as_ref()).map(|tune| tune.task);
    let mut tuned = tune::tuned_checkpoints(&state.library);
    tuned.retain(|row| learnt(row) == wanted);
    let best = tune::best_tuned(&state.library, state.label.dataset).filter(|row| learnt(row) == wanted);
    let chosen = draft.look_by.and_then(|id| tuned.iter().copied().find(|row| row.id == id));
    let Some(checkpoint) = chosen.or(best).or(tuned.last().copied()) else {
        widgets::small_weak(
            ui,
            "Fine-tune a model on some rows; it then proposes labels for the others and says where it is unsure",
        );
        return;
    };
    if let Some(job) = state.jobs.find(JobKind::Score) {
        ui.horizontal(|ui| {
            widgets::progress(ui, job.fraction(), 120.0);
            if widgets::icon_button(ui, icon::X, "Stop").clicked() {
                actions.push(Action::CancelJob(job.id));
            }
        });
        return;
    }
    let name = tune::checkpoint_name(&state.library, checkpoint);
    let busy = state.is_training().then_some("A run is under way: stop it first, or let it finish");
    let refusal = state.why_not_write().or(busy);
    let tip = format!(
        "“{name}” says what it thinks of every row; what it is least sure of comes first. Rows without a label get its own, marked until you confirm it"
    );
    if widgets::button_unless(ui, icon::SPARKLE, "Let it look", refusal).on_hover_text(tip).clicked() {
        actions.push(Action::Label(LabelAction::Score { checkpoint: checkpoint.id, prelabel: true }));
    }
    let width = ui.available_width() - 24.0;
    let list = ComboBox::from_id_salt("look_by").selected_text(name).width(width).truncate().show_ui(ui, |ui| {
        for row in tuned.iter().rev() {
            let best = if row.best { "  ·  best" } else { "" };
            let label = format!("{}{best}", tune::checkpoint_name(&state.library, row));
            if ui.selectable_label(row.id == checkpoint.id, label).clicked() {
                draft.look_by = Some(row.id);
            }
        }
    });
    widgets::named(list.response, "Checkpoint that looks");
}

/// Any checkpoint that writes drafts an answer to the row at hand.
fn drafts(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let writers: Vec<_> = tune::writers(&state.library).collect();
    let Some(newest) = writers.last() else { return };
    let by = *draft.draft_by.get_or_insert(newest.id);
    let name = |id: i64| state.checkpoint(id).map_or_else(String::new, |row| tune::checkpoint_name(&state.library, row));
    ui.add_space(space::S);
    widgets::section(ui, "A draft to begin with");
    let width = ui.available_width() - 24.0;
    let list = ComboBox::from_id_salt("draft_by").selected_text(name(by)).width(width).truncate().show_ui(ui, |ui| {
        for row in writers.iter().rev() {
            ui.selectable_value(&mut draft.draft_by, Some(row.id), name(row.id));
        }
    });
    widgets::named(list.response, "Checkpoint that drafts");
    let tip = "The checkpoint answers this row in its own words; take it, change it or drop it";
    let refusal = keys::why_no_draft(state);
    if widgets::button_unless(ui, icon::SPARKLE, "Draft an answer   Ctrl + D", refusal).on_hover_text(tip).clicked() {
        actions.push(Action::Label(LabelAction::Draft { checkpoint: by }));
    }
}

fn note(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let Some(row) = state.label.row() else { return };
    if !row.flagged && !draft.note_open {
        return;
    }
    widgets::section(ui, "Why it is flagged");
    let field = ui.add(TextEdit::multiline(&mut draft.note).desired_rows(2).desired_width(f32::INFINITY).hint_text("A note"));
    let field = widgets::named(field, "Note");
    if draft.focus.take_if(|wanted| *wanted == Field::Note).is_some() {
        field.request_focus();
    }
    if field.lost_focus() {
        actions.extend(draft.left().into_iter().map(Action::Label));
    }
}
