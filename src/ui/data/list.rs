//! What the project holds: datasets, tokenizers, corpora. A click shows one.

use eframe::egui::{Align, Label, Layout, RichText, Ui};

use crate::engine::event::{CorpusInfo, DatasetInfo, TokenizerInfo};
use crate::state::data::DataView;
use crate::state::{Action, AppState, DataAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{glossary, widgets};

const HEIGHT: f32 = 42.0;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = 2.0;
    heading(ui, "Datasets", glossary::DATASET, state.why_not_write(), "Add data", actions);
    for dataset in state.library.datasets.iter().filter(|dataset| !dataset.deleted) {
        one_dataset(ui, dataset, state, actions);
    }
    if state.library.datasets.iter().all(|dataset| dataset.deleted) {
        widgets::small_weak(ui, "None yet");
    }
    ui.add_space(space::L);
    plain_heading(ui, "Tokenizers", glossary::TOKENIZER);
    for tokenizer in &state.library.tokenizers {
        one_tokenizer(ui, tokenizer, state, actions);
    }
    if state.library.tokenizers.is_empty() {
        widgets::small_weak(ui, "None yet: train one on a dataset");
    }
    ui.add_space(space::L);
    plain_heading(ui, "Corpora", glossary::CORPUS);
    for corpus in &state.library.corpora {
        one_corpus(ui, corpus, state, actions);
    }
    if state.library.corpora.is_empty() {
        widgets::small_weak(ui, "None yet: cut a dataset into tokens");
    }
}

fn plain_heading(ui: &mut Ui, name: &str, meaning: &str) {
    widgets::term(ui, name, meaning);
    ui.add_space(space::XS);
}

fn heading(ui: &mut Ui, name: &str, meaning: &str, refusal: Option<&str>, add: &str, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        widgets::term(ui, name, meaning);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button_unless(ui, icon::PLUS, add, refusal).clicked() {
                actions.push(Action::Data(DataAction::StartAdding));
            }
        });
    });
}

fn entry(ui: &mut Ui, view: DataView, glyph: &str, name: &str, below: &str, state: &AppState, actions: &mut Vec<Action>) {
    let selected = state.data.view == view;
    let response = widgets::list_row(ui, selected, name, HEIGHT, |ui| {
        let colors = palette(ui);
        ui.label(widgets::icon(glyph).color(if selected { colors.accent } else { colors.text_weak }));
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space(2.0);
            ui.add(Label::new(RichText::new(name).color(colors.text)).truncate());
            ui.add(Label::new(RichText::new(below).small().color(colors.text_weak)).truncate());
        });
    });
    if response.on_hover_text(format!("{name}\n{below}")).clicked() {
        actions.push(Action::Data(DataAction::View(view)));
    }
}

fn one_dataset(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, actions: &mut Vec<Action>) {
    let below = format!("{} · {}", format::plural(dataset.rows, "row", "rows"), format::bytes(dataset.bytes));
    ui.push_id(("dataset", dataset.id), |ui| {
        entry(ui, DataView::Dataset(dataset.id), icon::FILE_TEXT, &dataset.name, &below, state, actions);
    });
}

fn one_tokenizer(ui: &mut Ui, tokenizer: &TokenizerInfo, state: &AppState, actions: &mut Vec<Action>) {
    let below = format!("{} · {} entries", tokenizer.kind, format::count(tokenizer.vocab_size as u64));
    ui.push_id(("tokenizer", tokenizer.id), |ui| {
        entry(ui, DataView::Tokenizer(tokenizer.id), icon::SCISSORS, &tokenizer.name, &below, state, actions);
    });
}

fn one_corpus(ui: &mut Ui, corpus: &CorpusInfo, state: &AppState, actions: &mut Vec<Action>) {
    let name = super::corpus::name(corpus, state);
    let below = format!("{} tokens", format::compact(corpus.train_tokens + corpus.val_tokens));
    ui.push_id(("corpus", corpus.id), |ui| {
        entry(ui, DataView::Corpus(corpus.id), icon::STACK, &name, &below, state, actions);
    });
}
