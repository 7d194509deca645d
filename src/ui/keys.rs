//! Keys to commands: what was pressed, and how keys are written. The list itself is `state::command`.

use eframe::egui::{self, Context, Key, KeyboardShortcut, Modifiers};

use crate::state::command::Keys;
use crate::state::{Action, AppState, UserCommand};

/// The commands whose keys were pressed in this frame. Keys that also type text count only where no field has the focus.
pub fn pressed(ctx: &Context, state: &AppState, actions: &mut Vec<Action>) {
    let typing = ctx.egui_wants_keyboard_input();
    let free = !typing && state.modal.is_none() && !egui::Popup::is_any_open(ctx);
    // Those with Shift first: the others would take their keys.
    let with_shift = |command: &UserCommand| command.keys().iter().any(|keys| keys.shift);
    let mut commands = UserCommand::ALL.to_vec();
    commands.sort_by_key(|command| !with_shift(command));
    for command in commands {
        for keys in command.keys() {
            let Some(shortcut) = shortcut(*keys) else {
                continue;
            };
            let usable = if shortcut.conflicts_with_text_editing() || command == UserCommand::Undo { free } else { true };
            let on_a_button = command == UserCommand::PauseOrContinue && ctx.memory(|memory| memory.focused().is_some());
            if usable
                && !on_a_button
                && ctx.input_mut(|input| input.consume_shortcut(&shortcut))
                && command.refusal(state).is_none()
            {
                actions.push(command.action());
            }
        }
    }
}

/// egui's form of some keys; None if egui has no such key.
pub fn shortcut(keys: Keys) -> Option<KeyboardShortcut> {
    let mut modifiers = Modifiers::NONE;
    if keys.ctrl {
        modifiers = modifiers.plus(Modifiers::COMMAND);
    }
    if keys.shift {
        modifiers = modifiers.plus(Modifiers::SHIFT);
    }
    Key::from_name(keys.key).map(|key| KeyboardShortcut::new(modifiers, key))
}

/// Keys as this system writes them, say "Ctrl+K".
pub fn written(ctx: &Context, keys: Keys) -> String {
    shortcut(keys).map_or_else(String::new, |shortcut| {
        let text = ctx.format_shortcut(&shortcut);
        text.replace("Questionmark", "?").replace("Period", ".").replace("Minus", "−").replace("Plus", "+")
    })
}

/// The first keys of a command, or nothing.
pub fn of(ctx: &Context, command: UserCommand) -> String {
    command.keys().first().map_or_else(String::new, |keys| written(ctx, *keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn egui_knows_every_key() {
        for command in UserCommand::ALL {
            for keys in command.keys() {
                assert!(shortcut(*keys).is_some(), "{command:?}: {keys:?}");
            }
        }
    }
}
