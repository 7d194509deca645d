//! What stays at the top until it is dealt with: a dead worker, a project that can only be read.

use eframe::egui::{Align, Frame, Layout, Margin, Panel, RichText, Ui};

use crate::engine::command::Worker;
use crate::state::{Action, AppState, Page, RunsAction, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    if let Some(banner) = &state.banner {
        let frame = Frame::new().fill(colors.error_soft).inner_margin(Margin::symmetric(space::M as i8, 6));
        Panel::top("worker_died").frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(widgets::icon(icon::WARNING).color(colors.error));
                let who = match banner.worker {
                    Worker::Trainer => "Training stopped because of an error in the program",
                    Worker::Librarian => "The database worker stopped because of an error in the program",
                    Worker::Importer => "The import stopped because of an error in the program",
                };
                ui.label(RichText::new(who).text_style(theme::strong()).color(colors.error)).on_hover_text(&banner.message);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if widgets::icon_button(ui, icon::X, "Close").clicked() {
                        actions.push(Action::DismissBanner);
                    }
                    last_good(ui, state, banner.last_checkpoint, actions);
                    let text = format!("{}. The worker was started again", banner.message);
                    ui.add(eframe::egui::Label::new(text).truncate()).on_hover_text(&banner.message);
                });
            });
        });
    }
    if state.read_only() {
        let frame = Frame::new().fill(colors.warning_soft).inner_margin(Margin::symmetric(space::M as i8, 4));
        Panel::top("read_only").frame(frame).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(widgets::icon(icon::LOCK).color(colors.warning));
                ui.label("Another window has this project open. Here you can look around; close the other one to make changes.");
            });
        });
    }
}

fn last_good(ui: &mut Ui, state: &AppState, checkpoint: Option<i64>, actions: &mut Vec<Action>) {
    let Some(checkpoint) = checkpoint else {
        ui.label("There was no checkpoint yet");
        return;
    };
    let label = match state.checkpoint(checkpoint) {
        Some(row) => format!("Resume from the last good checkpoint (step {})", crate::state::format::count(row.step)),
        None => "Resume from the last good checkpoint".to_owned(),
    };
    if widgets::button(ui, icon::PLAY, &label).clicked() {
        actions.push(Action::DismissBanner);
        actions.push(Action::Runs(RunsAction::Resume(checkpoint)));
        let page = state.checkpoint(checkpoint).and_then(|row| row.run).map_or(Page::Pretrain, |run| state.page_of(run));
        actions.push(Action::Go(page));
    }
}
