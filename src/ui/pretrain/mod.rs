//! The Pre-train page: one side sets a run up, the other watches it learn. Knows the state only through `&AppState` and what was typed.

mod batch;
mod context;
mod curves;
mod details;
mod knobs;
mod model;
pub(in crate::ui) mod optimiser;
pub(in crate::ui) mod rewind;
mod samples;
mod setup;
pub(in crate::ui) mod shots;
pub(in crate::ui) mod summary;
pub(in crate::ui) mod watch;

use eframe::egui::Ui;

use super::theme::space;
use super::widgets;
use crate::state::data::DataView;
use crate::state::pretrain::{PretrainAction, PretrainView};
use crate::state::{Action, AppState, DataAction, Draft, JobKind, Page, UserCommand, format, icon};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    let draft = &mut draft.pretrain;
    draft.setup.settle(&state.library, state.pretrain.from, &state.pretrain.prompts);
    let views = [(PretrainView::SetUp, "Set up"), (PretrainView::Watch, "Watch")];
    if let Some(view) = widgets::tabs(ui, state.pretrain.view, &views) {
        actions.push(Action::Pretrain(PretrainAction::Show(view)));
    }
    ui.add_space(space::S);
    match state.pretrain.view {
        PretrainView::SetUp if state.library.corpora.is_empty() => nothing_to_learn_from(ui, state, actions),
        PretrainView::SetUp => setup::show(ui, state, draft, actions),
        PretrainView::Watch if state.watched().is_none() => nothing_to_watch(ui, actions),
        PretrainView::Watch => watch::show(ui, state, draft, actions),
    }
    rewind::show(ui.ctx(), state, draft, actions);
}

fn nothing_to_learn_from(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    if let Some(job) = state.jobs.find(JobKind::FillSample).or_else(|| state.jobs.find(JobKind::BuildCorpus)) {
        let what = job.progress.as_ref().map_or("Starting…", |progress| progress.what.as_str());
        widgets::empty_page(ui, icon::STACK, &job.label, "Training can begin as soon as the text is cut into tokens.", |ui| {
            widgets::progress(ui, job.fraction(), 260.0);
            let left = job.seconds_left().map_or_else(String::new, |s| format!(", {} left", format::duration(s)));
            widgets::small_weak(ui, format!("{what}{left}"));
        });
        return;
    }
    let body =
        "A model learns from a text that was cut into tokens. Bring one in on the Data page, or begin with the sample project.";
    widgets::empty_page(ui, icon::BRAIN, "Nothing to train on yet", body, |ui| {
        if widgets::primary(ui, icon::DATABASE, "Go to Data").clicked() {
            actions.push(Action::Data(DataAction::View(DataView::Add)));
            actions.push(Action::Go(Page::Data));
        }
        ui.add_space(space::S);
        if widgets::button(ui, icon::SPARKLE, "Open the sample project").clicked() {
            actions.push(UserCommand::OpenSample.action());
        }
    });
}

fn nothing_to_watch(ui: &mut Ui, actions: &mut Vec<Action>) {
    let body = "Start a run, and its loss, samples and speed are drawn here while it learns.";
    widgets::empty_page(ui, icon::CHART_LINE, "No run yet", body, |ui| {
        if widgets::primary(ui, icon::SLIDERS_HORIZONTAL, "Set up a run").clicked() {
            actions.push(Action::Pretrain(PretrainAction::Show(PretrainView::SetUp)));
        }
    });
}
