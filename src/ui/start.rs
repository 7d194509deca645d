//! The button that starts a run, and what stands in its place while one is under way. Starts nothing itself.

use eframe::egui::{Key, KeyboardShortcut, Modifiers, Ui};

use super::widgets;
use crate::state::{Action, AppState, RunAction, icon};

/// Says what is under way, if anything, with the way to watch and to stop it.
pub(super) fn is_busy(ui: &mut Ui, state: &AppState, watch: Action, actions: &mut Vec<Action>) -> bool {
    if state.is_training() {
        let name = state.live.as_ref().map_or("A run", |live| live.config.name.as_str());
        widgets::weak(ui, format!("“{name}” is training. One run at a time: stop it, or let it finish."));
        ui.horizontal(|ui| {
            if widgets::button(ui, icon::CHART_LINE, "Watch it").clicked() {
                actions.push(watch);
            }
            let button = widgets::button(ui, icon::STOP, "Stop it");
            if button.on_hover_text("A checkpoint is saved first; the run can be resumed later").clicked() {
                actions.push(Action::Run(RunAction::Stop));
            }
        });
        return true;
    }
    if state.pretrain.starting {
        ui.horizontal(|ui| {
            widgets::progress(ui, None, 120.0);
            widgets::weak(ui, "Starting…");
        });
    }
    state.pretrain.starting
}

/// The large button; true when it, or its key, is pressed. `tip` is a sentence without its end.
pub(super) fn is_pressed(ui: &mut Ui, label: &str, tip: &str, refusal: Option<&str>) -> bool {
    let button = ui
        .scope(|ui| {
            ui.spacing_mut().interact_size.y = 36.0;
            ui.vertical_centered_justified(|ui| widgets::primary_unless(ui, icon::PLAY, label, refusal)).inner
        })
        .inner;
    let key = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);
    let tip = format!("{tip} ({})", ui.ctx().format_shortcut(&key));
    let by_key = refusal.is_none() && ui.input_mut(|input| input.consume_shortcut(&key));
    button.on_hover_text(tip).clicked() || by_key
}
