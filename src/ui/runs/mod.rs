//! The Runs page: the family tree of runs and checkpoints, their curves laid over one another, and one run in full.

mod curves;
mod details;
mod tree;

use eframe::egui::{CentralPanel, Frame, Key, Margin, Panel, ScrollArea, Ui};

use super::theme::space;
use super::widgets;
use crate::state::{Action, AppState, Draft, Page, RunsAction, icon};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    if state.library.runs.is_empty() && state.library.checkpoints.is_empty() {
        let body =
            "Every training run stands here with its checkpoints: what it was made of, how long it took, how good it became.";
        widgets::empty_page(ui, icon::TREE_STRUCTURE, "No run yet", body, |ui| {
            if widgets::primary(ui, icon::BRAIN, "Set up a run").clicked() {
                actions.push(Action::Go(Page::Pretrain));
            }
        });
        return;
    }
    keys(ui, state, draft, actions);
    let room = ui.available_size();
    let margin = Margin { left: space::L as i8, ..Margin::ZERO };
    let details = Panel::right("run_details").frame(Frame::new().inner_margin(margin)).resizable(true);
    details.default_size((room.x * 0.28).clamp(250.0, 360.0)).size_range(230.0..=520.0).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink([false; 2]).show(ui, |ui| details::show(ui, state, &mut draft.runs, actions));
    });
    let margin = Margin { top: space::M as i8, right: space::S as i8, ..Margin::ZERO };
    let plot = Panel::bottom("run_curves").frame(Frame::new().inner_margin(margin)).resizable(true);
    plot.default_size((room.y * 0.48).max(200.0)).size_range(150.0..=(room.y - 150.0).max(160.0)).show(ui, |ui| {
        // A panel is as high as what stands in it: without this it would follow its content, not the hand that set it.
        ui.set_min_height(ui.available_height());
        curves::show(ui, state, &mut draft.runs);
    });
    let margin = Margin { right: space::S as i8, ..Margin::ZERO };
    CentralPanel::no_frame()
        .frame(Frame::new().inner_margin(margin))
        .show(ui, |ui| tree::show(ui, state, &mut draft.runs, actions));
}

/// Keys that mean something on this page alone.
fn keys(ui: &Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    let Some(run) = state.runs.focus.and_then(|id| state.run(id)) else { return };
    if ui.ctx().egui_wants_keyboard_input() || state.modal.is_some() || state.why_not_write().is_some() || run.deleted {
        return;
    }
    let (rename, delete) = ui.input(|input| (input.key_pressed(Key::F2), input.key_pressed(Key::Delete)));
    if rename {
        draft.runs.renaming = Some((run.id, run.name.clone()));
    }
    let held = state.live.as_ref().is_some_and(|live| live.run == run.id && live.is_held());
    if delete && !held {
        actions.push(Action::Runs(RunsAction::Delete(run.id)));
    }
}
