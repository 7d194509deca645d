//! The RLHF page: what is learnt from votes and rewards, and how it goes. Knows the state only through `&AppState`.

mod calibration;
mod duel;
mod judges;
mod policy;
mod rollouts;
mod rounds;
mod setup;
mod watch;

use eframe::egui::Ui;

use super::theme::space;
use super::{pretrain, widgets};
use crate::state::rlhf::{RlhfAction, RlhfView};
use crate::state::{Action, AppState, Draft};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    draft.rlhf.take_wish(&state.rlhf);
    draft.rlhf.settle(&state.library);
    let views = [
        (RlhfView::SetUp, "Set up"),
        (RlhfView::Watch, "Watch"),
        (RlhfView::Rounds, "Rounds"),
        (RlhfView::Duel, "Against another"),
    ];
    if let Some(view) = widgets::tabs(ui, state.rlhf.view, &views) {
        actions.push(Action::Rlhf(RlhfAction::Show(view)));
    }
    ui.add_space(space::S);
    match state.rlhf.view {
        RlhfView::SetUp => setup::show(ui, state, &mut draft.rlhf, actions),
        RlhfView::Watch => watch::show(ui, state, &mut draft.pretrain, actions),
        RlhfView::Rounds => rounds::show(ui, state, actions),
        RlhfView::Duel => duel::show(ui, state, &mut draft.rlhf, actions),
    }
    pretrain::rewind::show(ui.ctx(), state, &mut draft.pretrain, actions);
}
