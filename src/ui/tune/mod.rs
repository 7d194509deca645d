//! The Fine-tune page: what is learnt from which rows, how it goes, and what it changed. Knows the state only through `&AppState`.

mod adapt;
mod compare;
mod in_context;
mod measuring;
pub(in crate::ui) mod metrics;
pub(in crate::ui) mod outputs;
mod reading;
mod setup;
mod summary;

use eframe::egui::Ui;

use super::theme::space;
use super::{fields, pretrain, widgets};
use crate::state::data::DataView;
use crate::state::tune::{TuneAction, TuneDraft, TuneView};
use crate::state::{Action, AppState, DataAction, Draft, Page, icon};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    draft.tune.settle(&state.library, state.tune.wish.as_ref());
    let views = [(TuneView::SetUp, "Set up"), (TuneView::Watch, "Watch"), (TuneView::Compare, "Base against tuned")];
    if let Some(view) = widgets::tabs(ui, state.tune.view, &views) {
        actions.push(Action::Tune(TuneAction::Show(view)));
    }
    ui.add_space(space::S);
    match state.tune.view {
        TuneView::SetUp if !state.library.datasets.iter().any(|row| !row.deleted && row.schema.is_supervised()) => {
            nothing_to_learn_from(ui, state, &draft.tune, actions);
        }
        TuneView::SetUp => setup::show(ui, state, &mut draft.tune, actions),
        TuneView::Watch if state.watched().is_none() => nothing_to_watch(ui, actions),
        TuneView::Watch => pretrain::watch::show(ui, state, &mut draft.pretrain, actions),
        TuneView::Compare => compare::show(ui, state, &mut draft.tune, actions),
    }
    pretrain::rewind::show(ui.ctx(), state, &mut draft.pretrain, actions);
}

fn nothing_to_learn_from(ui: &mut Ui, state: &AppState, draft: &TuneDraft, actions: &mut Vec<Action>) {
    let body = "Fine-tuning learns from rows that say what the right answer is: a review and its mood, a question and its answer. \
                Bring some in on the Data page, or label texts of your own.";
    widgets::empty_page(ui, icon::TABLE, "No labelled rows yet", body, |ui| {
        if widgets::primary(ui, icon::DATABASE, "Bring rows in").clicked() {
            actions.push(Action::Data(DataAction::View(DataView::Add)));
            actions.push(Action::Go(Page::Data));
        }
        ui.add_space(space::L);
        // What else the project is good for.
        ui.scope(|ui| {
            ui.set_max_width(520.0);
            fields::card(ui, |ui| summary::advice(ui, state, draft, actions));
        });
    });
}

fn nothing_to_watch(ui: &mut Ui, actions: &mut Vec<Action>) {
    let body = "Start one, and its loss, its metrics and its best and worst answers are shown here while it learns.";
    widgets::empty_page(ui, icon::CHART_LINE, "No fine-tuning run yet", body, |ui| {
        if widgets::primary(ui, icon::SLIDERS_HORIZONTAL, "Set one up").clicked() {
            actions.push(Action::Tune(TuneAction::Show(TuneView::SetUp)));
        }
    });
}
