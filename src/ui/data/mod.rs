//! The Data page: what the project holds at the left, the thing that is chosen at the right. Draws the state, changes nothing.

mod add;
mod candidate;
mod corpus;
mod dataset;
mod export;
mod labelled;
mod list;
mod parts;
mod rows;
mod statistics;
mod tokenizer;
mod tokens;
mod training;

use eframe::egui::{CentralPanel, Frame, Margin, Panel, ScrollArea, Ui};

use super::theme::space;
use crate::state::data::DataView;
use crate::state::{Action, AppState, Draft};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    let draft = &mut draft.data;
    let margin = Margin { right: space::M as i8, ..Margin::ZERO };
    Panel::left("data_list").frame(Frame::new().inner_margin(margin)).default_size(230.0).size_range(170.0..=360.0).show(
        ui,
        |ui| {
            ScrollArea::vertical().auto_shrink([false; 2]).show(ui, |ui| list::show(ui, state, actions));
        },
    );
    let margin = Margin { left: space::L as i8, ..Margin::ZERO };
    CentralPanel::no_frame().frame(Frame::new().inner_margin(margin)).show(ui, |ui| match state.data.view {
        DataView::Add => match &state.data.candidate {
            Some(candidate) => candidate::show(ui, candidate, state, draft, actions),
            None => add::show(ui, state, draft, actions),
        },
        DataView::Dataset(id) => {
            if let Some(dataset) = state.library.datasets.iter().find(|dataset| dataset.id == id) {
                dataset::show(ui, dataset, state, draft, actions);
            }
        }
        DataView::Tokenizer(id) => tokens::of_tokenizer(ui, id, state, draft, actions),
        DataView::Corpus(id) => {
            if let Some(corpus) = state.library.corpora.iter().find(|corpus| corpus.id == id) {
                ScrollArea::vertical().auto_shrink([false; 2]).show(ui, |ui| corpus::show(ui, corpus, state, actions));
            }
        }
    });
}
