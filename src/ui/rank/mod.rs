//! The Rank page: answers side by side, the better one by a click or a key, and what a live policy made of it. Knows the state only through `&AppState`.

mod asking;
mod compare;
mod files;
mod judge;
mod keys;
mod live;
mod settings;
mod side;

use eframe::egui::{CentralPanel, ComboBox, Frame, Margin, Panel, Ui};

use super::theme::{palette, space};
use super::widgets;
use crate::engine::event::DatasetInfo;
use crate::state::rank::RankAction;
use crate::state::rank_draft::{RankDraft, Way};
use crate::state::{Action, AppState, Draft, format, icon};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    let draft = &mut draft.rank;
    let collections: Vec<&DatasetInfo> = state.library.datasets.iter().filter(|d| !d.deleted && d.schema.is_feedback()).collect();
    let open = state.rank.dataset.filter(|id| collections.iter().any(|d| d.id == *id));
    if open.is_none() {
        return asking::first(ui, state, draft, actions);
    }
    draft.settle(&state.rank);
    header(ui, state, draft, &collections, actions);
    ui.add_space(space::S);
    if draft.asking_open {
        return asking::change(ui, state, draft, actions);
    }
    keys::take(ui, state, draft, actions);
    let frame = Frame::new().inner_margin(Margin { left: space::M as i8, ..Margin::ZERO });
    Panel::right("rank_side").frame(frame).resizable(true).default_size(320.0).size_range(240.0..=520.0).show(ui, |ui| {
        side::show(ui, state, draft, actions);
    });
    let frame = Frame::new().inner_margin(Margin { right: space::M as i8, ..Margin::ZERO });
    CentralPanel::default().frame(frame).show(ui, |ui| compare::show(ui, state, draft, actions));
}

/// Which collection, how answers are judged, how far and how fast.
fn header(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, collections: &[&DatasetInfo], actions: &mut Vec<Action>) {
    let page = &state.rank;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let name = collections.iter().find(|d| Some(d.id) == page.dataset).map_or("", |d| d.name.as_str());
        let mut chosen = page.dataset;
        let list = ComboBox::from_id_salt("collection").selected_text(name).width(200.0).truncate().show_ui(ui, |ui| {
            for dataset in collections {
                let label = format!("{}  ·  {}", dataset.name, format::plural(dataset.votes, "vote", "votes"));
                ui.selectable_value(&mut chosen, Some(dataset.id), label);
            }
        });
        widgets::named(list.response, "Collection of votes");
        if let Some(id) = chosen.filter(|_| chosen != page.dataset) {
            actions.push(Action::Rank(RankAction::Open(id)));
        }
        let mut way = draft.way;
        for choice in Way::ALL {
            ui.selectable_value(&mut way, choice, choice.name());
        }
        draft.way = way;
        if widgets::button(ui, icon::SLIDERS_HORIZONTAL, "Who answers what…").clicked() {
            draft.asking_open = true;
            draft.asking = page.asking.clone();
        }
        let progress = &page.state.progress;
        widgets::small_weak(ui, format!("{} saved here", format::plural(page.saved, "vote", "votes")));
        if page.unsaved > 0 {
            widgets::chip(ui, "saving…", palette(ui).warning);
        }
        if let Some(rate) = page.rate() {
            widgets::small_weak(ui, format!("{rate:.0} a minute"));
        }
        if progress.votes + page.saved >= 10 && widgets::primary(ui, icon::THUMBS_UP, "Train on them").clicked() {
            actions.push(Action::Go(crate::state::Page::Rlhf));
        }
    });
}
