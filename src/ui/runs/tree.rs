//! The tree of runs and checkpoints, one line each.

use eframe::egui::{self, Align, Label, Layout, RichText, ScrollArea, Sense, TextEdit, Ui, Vec2};

use crate::engine::event::{CheckpointRow, RunRow, RunState};
use crate::state::choices;
use crate::state::draft::RunsDraft;
use crate::state::family::{self, Item};
use crate::state::live::state_label;
use crate::state::run_figures::Measure;
use crate::state::{Action, AppState, JobKind, Page, PretrainAction, PromptAction, RunsAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{glossary, widgets};

/// Columns at the right, from the right edge: name, width, meaning.
const COLUMNS: [(&str, f32, &str); 6] = [
    ("Started", 92.0, ""),
    ("Took", 82.0, "Time spent training"),
    ("Size", 62.0, glossary::PARAMETERS),
    ("Step", 64.0, "Optimiser steps done"),
    ("Loss", 60.0, glossary::LOSS),
    ("Validation", 92.0, "Loss on what the run never trains on; of a policy, the mean reward there"),
];
/// Room that a name needs; columns that leave less are not shown.
const NAME_WIDTH: f32 = 260.0;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RunsDraft, actions: &mut Vec<Action>) {
    heading(ui, state, actions);
    let columns = fitting(ui.available_width());
    names(ui, columns);
    let lines = family::tree(&state.library, &state.runs.open, state.runs.show_deleted);
    ScrollArea::vertical().auto_shrink([false; 2]).show_rows(ui, space::ROW, lines.len(), |ui, seen| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for line in lines.get(seen).unwrap_or_default() {
            match line.item {
                Item::Run(id) => {
                    if let Some(run) = state.run(id) {
                        ui.push_id(("run", id), |ui| {
                            run_line(ui, &state.as_of_now(run), line.depth, columns, state, draft, actions);
                        });
                    }
                }
                Item::Checkpoint(id) => {
                    if let Some(checkpoint) = state.checkpoint(id) {
                        ui.push_id(("checkpoint", id), |ui| checkpoint_line(ui, checkpoint, line.depth, state, actions));
                    }
                }
            }
        }
    });
}

fn fitting(width: f32) -> &'static [(&'static str, f32, &'static str)] {
    // The least important stand first; they go first where there is little room.
    let needed = |columns: &[(&str, f32, &str)]| columns.iter().map(|column| column.1 + space::S).sum::<f32>() + NAME_WIDTH;
    let skip = (0..COLUMNS.len()).find(|&skip| needed(&COLUMNS[skip..]) <= width).unwrap_or(COLUMNS.len());
    COLUMNS.get(skip..).unwrap_or_default()
}

fn heading(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        widgets::section(ui, "Runs");
        widgets::small_weak(ui, "Tick runs to lay their curves over one another");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let deleted = state.library.runs.iter().filter(|run| run.deleted).count();
            let mut show = state.runs.show_deleted;
            if (deleted > 0 || show) && ui.checkbox(&mut show, format!("Deleted ({deleted})")).changed() {
                actions.push(Action::Runs(RunsAction::ShowDeleted(show)));
            }
        });
    });
}

fn names(ui: &mut Ui, columns: &[(&str, f32, &str)]) {
    ui.horizontal(|ui| {
        ui.add_space(space::S);
        widgets::small_weak(ui, "Name");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(space::S);
            for (name, width, meaning) in columns {
                let response = right_cell(ui, *width, RichText::new(*name).small().color(palette(ui).text_weak));
                if !meaning.is_empty() {
                    response.on_hover_text(*meaning);
                }
            }
        });
    });
    ui.separator();
}

fn right_cell(ui: &mut Ui, width: f32, text: RichText) -> egui::Response {
    ui.allocate_ui_with_layout(Vec2::new(width, 20.0), Layout::right_to_left(Align::Center), |ui| {
        ui.set_width(width);
        ui.add(Label::new(text).truncate().sense(Sense::hover()))
    })
    .inner
}

fn run_line(
    ui: &mut Ui,
    run: &RunRow,
    depth: usize,
    columns: &[(&str, f32, &str)],
    state: &AppState,
    draft: &mut RunsDraft,
    actions: &mut Vec<Action>,
) {
    let selected = state.runs.focus == Some(run.id);
    let response = widgets::list_row(ui, selected, &run.name, space::ROW, |ui| {
        ui.add_space(depth as f32 * space::L);
        unfold(ui, run, state, actions);
        overlay(ui, run, state, actions);
        name(ui, run, state, draft, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            for (column, width, _) in columns {
                right_cell(ui, *width, RichText::new(value(run, column)));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let color = palette(ui).text;
                ui.add(
                    Label::new(RichText::new(&run.name).color(if run.deleted { palette(ui).text_weak } else { color }))
                        .truncate(),
                );
                mark(ui, run);
            });
        });
    });
    if response.clicked() {
        actions.push(Action::Runs(RunsAction::Focus(run.id)));
    }
}

/// A field in place of the name while it is changed.
fn name(ui: &mut Ui, run: &RunRow, _state: &AppState, draft: &mut RunsDraft, actions: &mut Vec<Action>) {
    let Some((_, text)) = draft.renaming.as_mut().filter(|(id, _)| *id == run.id) else { return };
    let field = ui.add(TextEdit::singleline(text).desired_width(200.0)).accessible_name("New name");
    if field.lost_focus() {
        let keep = ui.input(|input| input.key_pressed(egui::Key::Escape)) || text.trim().is_empty() || *text == run.name;
        if !keep {
            actions.push(Action::Runs(RunsAction::Rename { run: run.id, name: text.trim().to_owned() }));
        }
        draft.renaming = None;
    } else if !field.has_focus() {
        field.request_focus();
    }
}

fn unfold(ui: &mut Ui, run: &RunRow, state: &AppState, actions: &mut Vec<Action>) {
    let n = state.checkpoints_of(run.id).count();
    let open = state.runs.open.contains(&run.id);
    let glyph = if open { icon::CARET_DOWN } else { icon::CARET_RIGHT };
    let hint = if open { "Fold the checkpoints away" } else { "List the checkpoints" };
    let button = egui::Button::new(widgets::icon(glyph).size(12.0)).frame(false).min_size(Vec2::new(16.0, 16.0));
    let response = widgets::named(ui.add_enabled(n > 0, button), hint);
    if response.on_hover_text(format!("{hint} ({n})")).clicked() {
        actions.push(Action::Runs(RunsAction::Unfold { run: run.id, open: !open }));
    }
}

/// A box in the colour of the run's curve.
fn overlay(ui: &mut Ui, run: &RunRow, state: &AppState, actions: &mut Vec<Action>) {
    let at = state.runs.chosen.iter().position(|&chosen| chosen == run.id);
    let colors = palette(ui);
    let (glyph, color) = match at.and_then(|i| colors.curves.get(i)) {
        Some(color) => (icon::CHECK_SQUARE, *color),
        None => (icon::SQUARE, colors.text_weak),
    };
    let button = egui::Button::new(widgets::icon(glyph).color(color)).frame(false);
    let response = widgets::named(ui.add(button), "Lay its curve over the others");
    if response.on_hover_text("Lay its curve over the others").clicked() {
        actions.push(Action::Runs(RunsAction::Toggle(run.id)));
    }
}

fn mark(ui: &mut Ui, run: &RunRow) {
    let colors = palette(ui);
    let color = match run.state {
        RunState::Running | RunState::Finished => colors.good,
        RunState::Paused | RunState::Stopped | RunState::Interrupted => colors.warning,
        RunState::Alarm | RunState::Failed => colors.error,
    };
    let text = if run.deleted { "Deleted" } else { state_label(run.state) };
    widgets::chip(ui, text, if run.deleted { colors.text_weak } else { color });
}

fn value(run: &RunRow, column: &str) -> String {
    match column {
        "Started" => format::short_moment(run.created_at),
        "Took" => format::duration(run.duration_s),
        "Validation" => match (Measure::of(&run.config), run.val_loss) {
            (Measure::Reward, Some(loss)) => Measure::Reward.value_with_name(loss),
            (measure, loss) => measure.value(loss),
        },
        "Loss" => format::loss_opt(run.train_loss),
        "Step" => format::count(run.step),
        "Size" => format::compact(run.n_params),
        _ => String::new(),
    }
}

fn checkpoint_line(ui: &mut Ui, checkpoint: &CheckpointRow, depth: usize, state: &AppState, actions: &mut Vec<Action>) {
    let name = if checkpoint.run.is_some() {
        format!("Step {}", format::count(checkpoint.step))
    } else {
        choices::model_name(checkpoint)
    };
    widgets::list_row(ui, false, &name, space::ROW, |ui| {
        let colors = palette(ui);
        ui.add_space(depth as f32 * space::L + 20.0);
        let glyph = if checkpoint.run.is_some() { icon::DOT_OUTLINE } else { icon::SPARKLE };
        ui.label(widgets::icon(glyph).color(colors.text_weak)).on_hover_text(glossary::CHECKPOINT);
        ui.label(&name);
        if checkpoint.best {
            widgets::chip(ui, "best", colors.good).on_hover_text("The best validation of its run");
        }
        if checkpoint.pinned {
            widgets::chip(ui, "pinned", colors.accent).on_hover_text("Never thinned out");
        }
        if checkpoint.missing {
            widgets::chip(ui, "files gone", colors.error).on_hover_text(checkpoint.path.display().to_string());
        }
        if let Some(validation) = state.validation_of(checkpoint) {
            widgets::small_weak(ui, validation);
        }
        widgets::small_weak(ui, format::bytes(checkpoint.bytes));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| tools(ui, checkpoint, state, actions));
    });
}

fn tools(ui: &mut Ui, checkpoint: &CheckpointRow, state: &AppState, actions: &mut Vec<Action>) {
    ui.spacing_mut().interact_size.y = 20.0;
    ui.spacing_mut().button_padding.y = 1.0;
    let gone = checkpoint.missing.then_some("The files of this checkpoint are gone");
    let refusal = state.why_not_write();
    let (glyph, name) = if checkpoint.pinned {
        (icon::PUSH_PIN_SLASH, "Unpin: it may be thinned out again")
    } else {
        (icon::PUSH_PIN, "Pin: never thin it out")
    };
    if checkpoint.run.is_some() {
        if widgets::icon_button_unless(ui, glyph, name, refusal).clicked() {
            actions.push(Action::Runs(RunsAction::Pin { checkpoint: checkpoint.id, pinned: !checkpoint.pinned }));
        }
        let busy = state.is_training().then_some("Stop the present run first");
        let why = gone.or(refusal).or(busy);
        if widgets::icon_button_unless(ui, icon::PLAY, "Resume the run from here", why).clicked() {
            actions.push(Action::Runs(RunsAction::Resume(checkpoint.id)));
            actions.push(Action::Go(checkpoint.run.map_or(Page::Pretrain, |run| state.page_of(run))));
        }
    }
    if widgets::icon_button_unless(ui, icon::GIT_BRANCH, "Start a new run from these weights", gone.or(refusal)).clicked() {
        actions.push(Action::Pretrain(PretrainAction::BranchFrom(Some(checkpoint.id))));
        actions.push(Action::Go(Page::Pretrain));
    }
    if widgets::icon_button_unless(ui, icon::CHAT_TEXT, "Ask it on the Prompt page", gone).clicked() {
        actions.push(Action::Prompt(PromptAction::UseCheckpoint(checkpoint.id)));
        actions.push(Action::Go(Page::Prompt));
    }
    let why = gone.or(state.jobs.find(JobKind::ExportModel).map(|_| "An export is under way"));
    if widgets::icon_button_unless(ui, icon::EXPORT, "Copy it out as a folder that transformers and other programs open", why)
        .clicked()
    {
        actions.push(Action::Runs(RunsAction::Export(checkpoint.id)));
    }
}
