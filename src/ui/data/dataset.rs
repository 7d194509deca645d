//! One dataset: what it is, what to do next with it, and its parts under tabs.

use eframe::egui::{Align, Label, Layout, RichText, ScrollArea, Ui};

use super::{corpus, export, labelled, rows, statistics, tokenizer, tokens, training};
use crate::data::supervised::LabelTask;
use crate::engine::event::DatasetInfo;
use crate::state::data::DatasetTab;
use crate::state::draft::DataDraft;
use crate::state::label::LabelAction;
use crate::state::tune::TuneAction;
use crate::state::{Action, AppState, DataAction, Page, format, icon, schema};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    if draft.dataset != Some(dataset.id) {
        *draft = DataDraft { dataset: Some(dataset.id), path: std::mem::take(&mut draft.path), ..DataDraft::default() };
        draft.tokenizer_name = format!("{} pieces", dataset.name);
    }
    fill_texts(state, draft);
    header(ui, dataset, state, actions);
    ui.add_space(space::S);
    if dataset.schema.is_supervised() {
        next_for_labelled(ui, dataset, state, draft, actions);
    } else {
        steps(ui, dataset, state, actions);
    }
    ui.add_space(space::S);
    let supervised = dataset.schema.is_supervised();
    let tabs = if supervised { DatasetTab::LABELLED } else { DatasetTab::TEXT };
    let current = if tabs.contains(&state.data.tab) { state.data.tab } else { DatasetTab::Rows };
    let labels = tabs.map(|tab| (tab, tab_label(tab)));
    if let Some(tab) = widgets::tabs(ui, current, &labels) {
        actions.push(Action::Data(DataAction::Tab(tab)));
    }
    ui.add_space(space::S);
    let scrolled = |ui: &mut Ui, add: &mut dyn FnMut(&mut Ui)| {
        ScrollArea::vertical().auto_shrink([false; 2]).show(ui, |ui| add(ui));
    };
    match current {
        DatasetTab::Training => training::show(ui, dataset, state, draft, actions),
        DatasetTab::Statistics if supervised => scrolled(ui, &mut |ui| labelled::show(ui, dataset, state, draft, actions)),
        DatasetTab::Rows => rows::show(ui, dataset, state, draft, actions),
        DatasetTab::Statistics => scrolled(ui, &mut |ui| statistics::show(ui, dataset, state, actions)),
        DatasetTab::Tokens => scrolled(ui, &mut |ui| tokens::of_dataset(ui, state, draft, actions)),
        DatasetTab::Tokenizer => scrolled(ui, &mut |ui| tokenizer::train(ui, dataset, state, draft, actions)),
        DatasetTab::Corpus => scrolled(ui, &mut |ui| corpus::build(ui, dataset, state, draft, actions)),
    }
}

fn tab_label(tab: DatasetTab) -> &'static str {
    match tab {
        DatasetTab::Rows => "Rows",
        DatasetTab::Statistics => "Statistics",
        DatasetTab::Training => "What trains",
        DatasetTab::Tokens => "Tokens",
        DatasetTab::Tokenizer => "Train a tokenizer",
        DatasetTab::Corpus => "Corpus",
    }
}

/// The first row that is more than a heading is the text that tokens are tried on, until somebody types another.
fn fill_texts(state: &AppState, draft: &mut DataDraft) {
    let rows = || (0..12).map_while(|index| state.data.rows.get(index));
    let telling = rows().find(|row| row.cells.iter().map(String::len).sum::<usize>() > 80);
    if let Some(row) = telling.or_else(|| rows().next())
        && state.data.rows.query.is_empty()
        && draft.token_text.is_empty()
        && draft.preview_text.is_empty()
    {
        let text = row.cells.join("\n").chars().take(600).collect::<String>();
        draft.token_text.clone_from(&text);
        draft.preview_text = text;
    }
}

fn header(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let colors = palette(ui);
        ui.label(RichText::new(format::one_line(&dataset.name, 60)).heading().color(colors.text_strong));
        widgets::chip(ui, schema::label(dataset.schema), colors.text_weak);
        let facts = format!("{} · {}", format::plural(dataset.rows, "row", "rows"), format::bytes(dataset.bytes));
        widgets::weak(ui, facts);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let refusal = state.why_not_write();
            if widgets::icon_button_unless(ui, icon::TRASH, "Delete this dataset (can be undone)", refusal).clicked() {
                actions.push(Action::Data(DataAction::Delete(dataset.id)));
            }
            if !dataset.schema.is_supervised() {
                label_these(ui, dataset, actions);
            }
            let source = RichText::new(&dataset.source).small().color(colors.text_weak);
            ui.add(Label::new(source).truncate()).on_hover_text(&dataset.source);
        });
    });
}

/// Texts without labels become rows to be labelled.
fn label_these(ui: &mut Ui, dataset: &DatasetInfo, actions: &mut Vec<Action>) {
    let menu = ui.menu_button((widgets::icon(icon::TAG), "Label these…"), |ui| {
        widgets::small_weak(ui, "What is to be said of each text?");
        for task in LabelTask::ALL {
            if ui.button(task.name()).clicked() {
                let name = labelling_name(&dataset.name, task);
                actions.push(Action::Data(DataAction::CreateLabelling { dataset: dataset.id, task, name }));
            }
        }
    });
    menu.response.on_hover_text("Makes a dataset of these texts that waits for labels");
}

/// "Reviews: choose a class"; what says so already is not told again.
fn labelling_name(name: &str, task: LabelTask) -> String {
    if name.ends_with(task.name()) { name.to_owned() } else { format!("{name}: {}", task.name()) }
}

/// What labelled rows are for.
fn next_for_labelled(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    widgets::card(ui, |ui| {
        ui.horizontal(|ui| {
            // Labels that were given a moment ago count.
            let given = state.label.dataset == Some(dataset.id) && state.label.done().0 > 0;
            let labelled = dataset.labelled > 0 || given;
            widgets::weak(ui, if labelled { "Labelled rows teach a model a task" } else { "None of these rows has a label yet" });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if labelled && widgets::primary(ui, icon::TARGET, "Next: fine-tune on them").clicked() {
                    actions.push(Action::Tune(TuneAction::Dataset(dataset.id)));
                    actions.push(Action::Go(Page::Tune));
                }
                export::menu(ui, dataset, state, draft, actions);
                let label = if labelled {
                    widgets::button(ui, icon::TAG, "Label").on_hover_text("Check, mend and add labels")
                } else {
                    widgets::primary(ui, icon::TAG, "Next: label them")
                };
                if label.clicked() {
                    actions.push(Action::Label(LabelAction::Open(dataset.id)));
                    actions.push(Action::Go(Page::Label));
                }
            });
        });
    });
}

/// The way from text to training, and where this dataset stands on it.
fn steps(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, actions: &mut Vec<Action>) {
    let tokenizer = !state.library.tokenizers.is_empty();
    let corpus = state.library.corpora.iter().any(|corpus| corpus.dataset == dataset.id);
    let trained = state
        .library
        .runs
        .iter()
        .any(|run| state.library.corpora.iter().any(|corpus| corpus.id == run.config.corpus && corpus.dataset == dataset.id));
    let stages = [("Text", true), ("Tokenizer", tokenizer), ("Corpus", corpus), ("Model", trained)];
    widgets::card(ui, |ui| {
        ui.horizontal(|ui| {
            let colors = palette(ui);
            let next = stages.iter().position(|(_, done)| !done);
            for (i, (name, done)) in stages.iter().enumerate() {
                if i > 0 {
                    ui.label(widgets::icon(icon::CARET_RIGHT).color(colors.line_strong));
                }
                let (glyph, color) = match (*done, next == Some(i)) {
                    (true, _) => (icon::CHECK_CIRCLE, colors.good),
                    (false, true) => (icon::ARROW_RIGHT, colors.accent),
                    (false, false) => (icon::CIRCLE, colors.text_weak),
                };
                ui.label(widgets::icon(glyph).color(color));
                ui.label(RichText::new(*name).color(if next == Some(i) { colors.text_strong } else { colors.text_weak }));
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                next_step(ui, [tokenizer, corpus, trained], state, actions);
            });
        });
    });
}

fn next_step(ui: &mut Ui, [tokenizer, corpus, trained]: [bool; 3], state: &AppState, actions: &mut Vec<Action>) {
    let (glyph, label, action, here) = if !tokenizer {
        let tab = DatasetTab::Tokenizer;
        (icon::SCISSORS, "Next: train a tokenizer", Action::Data(DataAction::Tab(tab)), state.data.tab == tab)
    } else if corpus {
        let label = if trained { "Train another model" } else { "Next: train a model" };
        (icon::BRAIN, label, Action::Go(Page::Pretrain), false)
    } else {
        let tab = DatasetTab::Corpus;
        (icon::STACK, "Next: build the corpus", Action::Data(DataAction::Tab(tab)), state.data.tab == tab)
    };
    if here {
        widgets::weak(ui, "You are there: see below");
    } else if widgets::primary(ui, glyph, label).clicked() {
        actions.push(action);
    }
}
