//! The bar at the top: menus, the project's name, theme and help.

use eframe::egui::{self, Align, Frame, Layout, Margin, MenuBar, Panel, RichText, Stroke, Ui};

use super::Surroundings;
use crate::state::data::file_name;
use crate::state::{Action, AppState, ProjectState, UserCommand, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::{keys, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, around: &Surroundings, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let frame = Frame::new().fill(colors.chrome).inner_margin(Margin::symmetric(space::M as i8, 4));
    Panel::top("top").frame(frame).exact_size(38.0).show_separator_line(true).show(ui, |ui| {
        MenuBar::new().ui(ui, |ui| {
            ui.label(widgets::icon(icon::GRADUATION_CAP).color(colors.accent).size(18.0));
            ui.add_space(space::XS);
            menu(
                ui,
                "File",
                &[UserCommand::NewProject, UserCommand::OpenProject, UserCommand::OpenSample],
                state,
                actions,
                |ui, actions| {
                    recent(ui, around, actions);
                    ui.separator();
                    for command in [UserCommand::AddData, UserCommand::ExportCurves, UserCommand::PurgeDeleted, UserCommand::Quit]
                    {
                        entry(ui, command, state, actions);
                    }
                },
            );
            let edit = [UserCommand::Undo, UserCommand::Palette];
            menu(ui, "Edit", &edit, state, actions, |_, _| {});
            let run = [UserCommand::PauseOrContinue, UserCommand::StepOnce, UserCommand::SaveCheckpoint, UserCommand::StopRun];
            menu(ui, "Run", &run, state, actions, |_, _| {});
            let view = [
                UserCommand::ToggleTheme,
                UserCommand::ZoomIn,
                UserCommand::ZoomOut,
                UserCommand::ZoomReset,
                UserCommand::Fullscreen,
            ];
            menu(ui, "View", &view, state, actions, |_, _| {});
            let help = [UserCommand::GoLearn, UserCommand::Keys, UserCommand::About];
            menu(ui, "Help", &help, state, actions, |_, _| {});
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| right(ui, state, actions));
        });
    });
}

/// A menu of commands, and what else belongs into it.
fn menu(
    ui: &mut Ui,
    name: &str,
    commands: &[UserCommand],
    state: &AppState,
    actions: &mut Vec<Action>,
    more: impl FnOnce(&mut Ui, &mut Vec<Action>),
) {
    ui.menu_button(name, |ui| {
        ui.set_min_width(250.0);
        for &command in commands {
            entry(ui, command, state, actions);
        }
        more(ui, actions);
    });
}

fn entry(ui: &mut Ui, command: UserCommand, state: &AppState, actions: &mut Vec<Action>) {
    let refusal = command.refusal(state);
    let keys = keys::of(ui.ctx(), command);
    let button = widgets::menu_entry((widgets::icon(command.icon()), command.label())).shortcut_text(keys);
    let response = ui.add_enabled(refusal.is_none(), button);
    let response = widgets::named(response, command.label()).on_hover_text(command.tooltip());
    let response = match refusal {
        Some(why) => response.on_disabled_hover_text(why),
        None => response,
    };
    if response.clicked() {
        actions.push(command.action());
        ui.close();
    }
}

fn recent(ui: &mut Ui, around: &Surroundings, actions: &mut Vec<Action>) {
    ui.add_enabled_ui(!around.recent.is_empty(), |ui| {
        ui.menu_button((widgets::icon(icon::CLOCK), "Open again"), |ui| {
            for path in &around.recent {
                let entry = ui.add(widgets::menu_entry(file_name(path)));
                if entry.on_hover_text(path.display().to_string()).clicked() {
                    actions.push(Action::OpenProject(path.clone()));
                    ui.close();
                }
            }
        });
    });
}

fn right(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let glyph = if ui.visuals().dark_mode { icon::SUN } else { icon::MOON };
    if widgets::icon_button(ui, glyph, "Switch between dark and light").clicked() {
        actions.push(UserCommand::ToggleTheme.action());
    }
    if widgets::icon_button(ui, icon::QUESTION, "Keyboard shortcuts (F1)").clicked() {
        actions.push(UserCommand::Keys.action());
    }
    let keys = keys::of(ui.ctx(), UserCommand::Palette);
    let find = egui::Button::new((
        widgets::icon(icon::MAGNIFYING_GLASS).color(colors.text_weak),
        RichText::new(format!("Find a command   {keys}")).color(colors.text_weak),
    ));
    if widgets::named(ui.add(find.stroke(Stroke::new(1.0, colors.line))), "Find a command").clicked() {
        actions.push(UserCommand::Palette.action());
    }
    let (name, hover) = match &state.project {
        ProjectState::Open { path, .. } => (file_name(path), path.display().to_string()),
        ProjectState::Opening(path) => (format!("{} (opening…)", file_name(path)), path.display().to_string()),
        ProjectState::None | ProjectState::Failed { .. } => return,
    };
    ui.add_space(space::M);
    if state.read_only() {
        widgets::chip(ui, "read-only", colors.warning);
    }
    let name = name.trim_end_matches(".lyceum").to_owned();
    let label = egui::Label::new(RichText::new(name).text_style(theme::strong()).color(colors.text_strong)).truncate();
    ui.add(label).on_hover_text(hover);
    ui.label(widgets::icon(icon::FOLDER_OPEN).color(colors.text_weak));
}
