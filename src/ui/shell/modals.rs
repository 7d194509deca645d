//! What is shown over the page and wants an answer: projects, keys, confirmations.

use eframe::egui::{self, Context, Grid, Id, Key, RichText, ScrollArea, TextEdit, Ui};

use super::{Surroundings, about, palette};
use crate::state::command::UserCommand;
use crate::state::draft::ShellDraft;
use crate::state::{Action, AppState, DataAction, Draft, Modal, PickPurpose, icon};
use crate::store::recent::typed_path;
use crate::ui::theme::{self, space};
use crate::ui::{keys, widgets};

pub(super) fn show(ctx: &Context, state: &AppState, draft: &mut Draft, around: &Surroundings, actions: &mut Vec<Action>) {
    let Some(modal) = &state.modal else {
        draft.shell.modal_was_open = false;
        return;
    };
    let fresh = !std::mem::replace(&mut draft.shell.modal_was_open, true);
    if fresh {
        draft.shell.palette_query.clear();
        draft.shell.palette_at = 0;
    }
    let area = egui::Modal::default_area(Id::unique("modal"));
    let area = match modal {
        // A list that shrinks while one types should not jump about.
        Modal::Palette => area.anchor(egui::Align2::CENTER_TOP, [0.0, 90.0]),
        Modal::NewProject | Modal::OpenProject | Modal::Keys | Modal::About | Modal::Purge | Modal::Confirm { .. } => area,
    };
    let frame = egui::Frame::window(&ctx.global_style());
    let shown = egui::Modal::new(Id::unique("modal")).area(area).frame(frame).show(ctx, |ui| match modal {
        Modal::NewProject => project(ui, &mut draft.shell, fresh, true, actions),
        Modal::OpenProject => project(ui, &mut draft.shell, fresh, false, actions),
        Modal::Palette => palette::show(ui, state, &mut draft.shell, fresh, actions),
        Modal::Keys => all_keys(ui, actions),
        Modal::About => about::show(ui, around, actions),
        Modal::Purge => purge(ui, state, actions),
        Modal::Confirm { title, body, yes, action } => confirm(ui, title, body, yes, action, actions),
    });
    if shown.should_close() {
        actions.push(Action::CloseModal);
    }
}

/// The window waits for the checkpoint of the run it is about to leave.
pub(super) fn closing(ctx: &Context) {
    let frame = egui::Frame::window(&ctx.global_style());
    egui::Modal::new(Id::unique("closing")).frame(frame).show(ctx, |ui| {
        ui.set_width(300.0);
        widgets::section(ui, "Saving…");
        widgets::weak(ui, "The run writes a checkpoint, then the window closes.");
        ui.add_space(space::S);
        widgets::progress(ui, None, 300.0);
    });
}

pub(super) fn title(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).heading().color(theme::palette(ui).text_strong));
    ui.add_space(space::S);
}

fn project(ui: &mut Ui, draft: &mut ShellDraft, fresh: bool, create: bool, actions: &mut Vec<Action>) {
    ui.set_width(480.0);
    title(ui, if create { "New project" } else { "Open a project" });
    widgets::weak(
        ui,
        if create {
            "A project is a folder. Type where to make it, or choose a place."
        } else {
            "Type the path of a project folder (its name ends in .lyceum), or choose it."
        },
    );
    ui.add_space(space::S);
    let hint = if create { "/home/me/stories.lyceum" } else { "/home/me/work.lyceum" };
    let field = ui.add(TextEdit::singleline(&mut draft.project_path).hint_text(hint).desired_width(f32::INFINITY));
    let field = field.accessible_name("Project folder");
    if fresh {
        field.request_focus();
    }
    let path = draft.project_path.trim().to_owned();
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && !path.is_empty();
    ui.add_space(space::M);
    ui.horizontal(|ui| {
        let (glyph, label, purpose) = if create {
            (icon::FOLDER_PLUS, "Make it", PickPurpose::NewProject)
        } else {
            (icon::FOLDER_OPEN, "Open it", PickPurpose::OpenProject)
        };
        let refusal = path.is_empty().then_some("Type a path first");
        if widgets::primary_unless(ui, glyph, label, refusal).clicked() || entered {
            let path = typed_path(&path);
            actions.push(if create { Action::NewProject(path) } else { Action::OpenProject(path) });
        }
        if ui.button("Choose…").clicked() {
            actions.push(Action::Data(DataAction::Pick(purpose)));
        }
        if ui.button("Cancel").clicked() {
            actions.push(Action::CloseModal);
        }
    });
}

const OTHER_KEYS: [(&str, &str); 6] = [
    ("Ctrl+F", "Data: search the rows"),
    ("F2", "Runs: rename"),
    ("Del", "Runs: delete, with undo"),
    ("Tab", "Next button or field"),
    ("Esc", "Close what is open"),
    ("Ctrl+scroll", "Zoom into a plot"),
];

fn all_keys(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.set_width(460.0);
    title(ui, "Keyboard shortcuts");
    let height = ui.ctx().content_rect().height() * 0.65;
    ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().interact_size.y = 18.0;
        Grid::new("keys").num_columns(2).spacing([space::XXL, 5.0]).show(ui, |ui| {
            for command in UserCommand::ALL.into_iter().filter(|command| !command.keys().is_empty()) {
                let all = command.keys().iter().map(|keys| keys::written(ui.ctx(), *keys)).collect::<Vec<_>>();
                ui.label(RichText::new(all.join("  or  ")).monospace().color(theme::palette(ui).text_strong));
                ui.label(command.label()).on_hover_text(command.tooltip());
                ui.end_row();
            }
            for (key, what) in OTHER_KEYS {
                ui.label(RichText::new(key).monospace().color(theme::palette(ui).text_strong));
                ui.label(what);
                ui.end_row();
            }
        });
    });
    ui.add_space(space::M);
    if ui.button("Close").clicked() {
        actions.push(Action::CloseModal);
    }
}

fn purge(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let runs = state.library.runs.iter().filter(|run| run.deleted).map(|run| run.name.as_str());
    let datasets = state.library.datasets.iter().filter(|dataset| dataset.deleted).map(|dataset| dataset.name.as_str());
    let names = runs.chain(datasets).collect::<Vec<_>>().join(", ");
    let body = format!("These and all their checkpoints and rows are lost for good: {names}. It cannot be undone.");
    confirm(ui, "Remove deleted things for good?", &body, "Remove for good", &Action::Purge, actions);
}

fn confirm(ui: &mut Ui, heading: &str, body: &str, yes: &str, action: &Action, actions: &mut Vec<Action>) {
    ui.set_width(420.0);
    title(ui, heading);
    ui.label(body);
    ui.add_space(space::M);
    ui.horizontal(|ui| {
        let color = theme::palette(ui).error;
        if ui.button(RichText::new(yes).color(color)).clicked() {
            actions.push(Action::CloseModal);
            actions.push(action.clone());
        }
        let cancel = ui.button("Cancel");
        if ui.memory(|memory| memory.focused().is_none()) {
            cancel.request_focus();
        }
        if cancel.clicked() {
            actions.push(Action::CloseModal);
        }
    });
}
