//! The command palette: every command, found by a part of its name.

use eframe::egui::{self, Align, Key, Layout, RichText, ScrollArea, TextEdit, Ui};

use crate::state::command::UserCommand;
use crate::state::draft::ShellDraft;
use crate::state::{Action, AppState, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{keys, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut ShellDraft, fresh: bool, actions: &mut Vec<Action>) {
    ui.set_width(460.0);
    let field = ui.add(
        TextEdit::singleline(&mut draft.palette_query)
            .prefix(widgets::icon(icon::MAGNIFYING_GLASS))
            .hint_text("Find a command")
            .desired_width(f32::INFINITY),
    );
    let field = field.accessible_name("Command to find");
    if fresh {
        field.request_focus();
    }
    if field.changed() {
        draft.palette_at = 0;
    }
    let found = matching(&draft.palette_query);
    let (down, up, enter) =
        ui.input(|input| (input.key_pressed(Key::ArrowDown), input.key_pressed(Key::ArrowUp), input.key_pressed(Key::Enter)));
    if down {
        draft.palette_at = (draft.palette_at + 1).min(found.len().saturating_sub(1));
    }
    if up {
        draft.palette_at = draft.palette_at.saturating_sub(1);
    }
    let mut run = enter.then(|| found.get(draft.palette_at).copied()).flatten();
    ui.add_space(space::XS);
    ScrollArea::vertical().max_height(340.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (i, &command) in found.iter().enumerate() {
            let selected = i == draft.palette_at;
            let response = row(ui, command, selected, state);
            if selected && (up || down) {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                run = Some(command);
            }
        }
        if found.is_empty() {
            widgets::weak(ui, "No command has such a name");
        }
    });
    if let Some(command) = run
        && command.refusal(state).is_none()
    {
        actions.push(Action::CloseModal);
        actions.push(command.action());
    }
}

fn row(ui: &mut Ui, command: UserCommand, selected: bool, state: &AppState) -> egui::Response {
    let colors = palette(ui);
    let refusal = command.refusal(state);
    let color = if refusal.is_some() { colors.text_weak } else { colors.text };
    let response = widgets::list_row(ui, selected, command.label(), 28.0, |ui| {
        ui.label(widgets::icon(command.icon()).color(color));
        ui.label(RichText::new(command.label().trim_end_matches('…')).color(color));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            widgets::small_weak(ui, keys::of(ui.ctx(), command));
        });
    });
    response.on_hover_text(refusal.unwrap_or(command.tooltip()))
}

/// Commands whose names hold every word of the query, those that begin with it first.
fn matching(query: &str) -> Vec<UserCommand> {
    let query = query.trim().to_lowercase();
    let mut found = UserCommand::ALL
        .into_iter()
        .filter(|&command| command != UserCommand::Palette)
        .filter(|command| {
            let text = format!("{} {}", command.label(), command.tooltip()).to_lowercase();
            query.split_whitespace().all(|word| text.contains(word))
        })
        .collect::<Vec<_>>();
    let rank = |command: &UserCommand| {
        let label = command.label().to_lowercase();
        if label.starts_with(&query) {
            0
        } else if label.contains(&query) {
            1
        } else {
            2
        }
    };
    found.sort_by_key(rank);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_found_by_a_part_of_its_name() {
        assert_eq!(matching("pause").first(), Some(&UserCommand::PauseOrContinue));
        assert!(matching("checkpoint save").contains(&UserCommand::SaveCheckpoint));
        assert!(matching("no such thing").is_empty());
        assert_eq!(matching("").len(), UserCommand::ALL.len() - 1);
    }
}
