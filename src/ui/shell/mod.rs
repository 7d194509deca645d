//! The frame around the pages: bars, rail, jobs, messages, and what is shown over them. Draws the state, changes nothing.

mod about;
mod banner;
mod jobs;
mod modals;
mod palette;
mod rail;
mod run_bar;
mod toasts;
mod topbar;

use std::path::PathBuf;

use eframe::egui::{Align2, CentralPanel, FontId, Frame, Id, LayerId, Margin, Order, Stroke, StrokeKind, Ui};

use super::frames::FrameTimes;
use super::theme::{RADIUS_LARGE, palette, semibold, space};
use super::{data, label, learn, pretrain, prompt, rank, rlhf, runs, tune, widgets};
use crate::state::{Action, AppState, Draft, Page, ProjectState, UserCommand, icon};

/// What the window knows of its surroundings.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Say, "wgpu (Vulkan)".
    pub renderer: String,
    pub frames: FrameTimes,
    /// From the start of the program until a frame was on the screen.
    pub first_frame_s: Option<f32>,
    /// What the program holds; None where the system does not say.
    pub memory_bytes: Option<u64>,
    /// Projects opened before, the latest first.
    pub recent: Vec<PathBuf>,
    /// The run saves its checkpoint; the window closes after it.
    pub closing: bool,
}

/// The whole window.
pub fn show(ui: &mut Ui, state: &AppState, draft: &mut Draft, around: &Surroundings, actions: &mut Vec<Action>) {
    topbar::show(ui, state, around, actions);
    banner::show(ui, state, actions);
    run_bar::show(ui, state, around, actions);
    jobs::show(ui, state, actions);
    rail::show(ui, state, actions);
    let frame = Frame::new().fill(palette(ui).page).inner_margin(Margin::same(space::L as i8));
    CentralPanel::default().frame(frame).show(ui, |ui| page(ui, state, draft, around, actions));
    toasts::show(ui.ctx(), state, actions);
    modals::show(ui.ctx(), state, draft, around, actions);
    dropping(ui, state);
    if around.closing {
        modals::closing(ui.ctx());
    }
}

/// While a file hangs over the window: what dropping it will do.
fn dropping(ui: &Ui, state: &AppState) {
    if ui.ctx().input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("dropping")));
    let (rect, colors) = (ui.ctx().content_rect(), palette(ui));
    painter.rect_filled(rect, 0.0, colors.page.gamma_multiply(0.85));
    painter.rect_stroke(rect.shrink(space::M), f32::from(RADIUS_LARGE), Stroke::new(2.0, colors.accent), StrokeKind::Inside);
    let text = state.why_not_write().unwrap_or("Drop to look into it: text, tables, or a folder of them");
    painter.text(rect.center(), Align2::CENTER_CENTER, text, FontId::new(20.0, semibold()), colors.text_strong);
}

fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, around: &Surroundings, actions: &mut Vec<Action>) {
    match &state.project {
        ProjectState::Open { .. } => match state.page {
            Page::Data => data::page(ui, state, draft, actions),
            Page::Pretrain => pretrain::page(ui, state, draft, actions),
            Page::Label => label::page(ui, state, draft, actions),
            Page::Rank => rank::page(ui, state, draft, actions),
            Page::Rlhf => rlhf::page(ui, state, draft, actions),
            Page::Tune => tune::page(ui, state, draft, actions),
            Page::Prompt => prompt::page(ui, state, draft, actions),
            Page::Runs => runs::page(ui, state, draft, actions),
            Page::Learn => learn::page(ui, state, draft, actions),
        },
        ProjectState::Opening(path) => {
            widgets::empty_page(ui, icon::FOLDER_OPEN, "Opening the project…", &path.display().to_string(), |ui| {
                widgets::progress(ui, None, 200.0);
            });
        }
        ProjectState::None => {
            let body = "A project is a folder: your texts, the models you train on them, and everything measured on the way.";
            welcome(ui, "Welcome to Lyceum", body, around, actions);
        }
        ProjectState::Failed { path, message } => {
            let body = format!("{message}\n{}", path.display());
            welcome(ui, "The project could not be opened", &body, around, actions);
        }
    }
}

fn welcome(ui: &mut Ui, title: &str, body: &str, around: &Surroundings, actions: &mut Vec<Action>) {
    widgets::empty_page(ui, icon::GRADUATION_CAP, title, body, |ui| {
        if widgets::primary(ui, icon::SPARKLE, "Open the sample project").clicked() {
            actions.push(UserCommand::OpenSample.action());
        }
        ui.add_space(space::S);
        if widgets::button(ui, icon::FOLDER_PLUS, "New project…").clicked() {
            actions.push(UserCommand::NewProject.action());
        }
        if widgets::button(ui, icon::FOLDER_OPEN, "Open project…").clicked() {
            actions.push(UserCommand::OpenProject.action());
        }
        if !around.recent.is_empty() {
            ui.add_space(space::L);
            widgets::small_weak(ui, "Opened before");
            for path in around.recent.iter().take(5) {
                if ui.link(path.display().to_string()).clicked() {
                    actions.push(Action::OpenProject(path.clone()));
                }
            }
        }
    });
}
