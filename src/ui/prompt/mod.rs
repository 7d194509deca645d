//! The Prompt page: a text, a model, and how the model goes on with it. Knows the state only through `&AppState` and what was typed.

mod answer;
mod chat;
mod chat_side;
mod controls;
mod few_shot;
mod few_shot_side;
mod history;
mod lab;
mod lab_figure;
mod lab_rounds;
mod lab_setup;
mod length;
mod library;
mod masks;
mod picture;
mod stages;
mod tokens;

use eframe::egui::{ComboBox, Frame, Margin, Panel, RichText, ScrollArea, Ui};

use super::theme::{self, palette, space};
use super::widgets;
use crate::engine::command::ModelSource;
use crate::state::pretrain::{PretrainAction, PretrainView};
use crate::state::prompt::PromptDraft;
use crate::state::prompt_view::PromptView;
use crate::state::{Action, AppState, Draft, Page, PromptAction, UserCommand, format, icon};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    let Draft { prompt: draft, talk, .. } = draft;
    draft.take_wish(&state.prompt);
    let Some(source) = state.prompt_source() else {
        nobody(ui, state, actions);
        return;
    };
    let views = PromptView::ALL.map(|view| (view, view.name()));
    if let Some(view) = widgets::tabs(ui, state.prompt.view, &views) {
        actions.push(Action::Prompt(PromptAction::Show(view)));
    }
    ui.add_space(space::S);
    match state.prompt.view {
        PromptView::Complete => complete(ui, state, draft, source, actions),
        PromptView::Chat => written(ui, state, actions, |ui, by, actions| chat::show(ui, state, draft, talk, by, actions)),
        PromptView::FewShot => written(ui, state, actions, |ui, by, actions| few_shot::show(ui, state, draft, talk, by, actions)),
        PromptView::Stages => written(ui, state, actions, |ui, _, actions| stages::show(ui, state, draft, talk, actions)),
        PromptView::Lab => lab::show(ui, state, &mut draft.lab, actions),
        PromptView::Library => library::show(ui, state, draft, talk, actions),
    }
}

/// A view that needs a model that writes text.
fn written(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>, view: impl FnOnce(&mut Ui, ModelSource, &mut Vec<Action>)) {
    match state.writing_source() {
        Some(source) => view(ui, source, actions),
        None => nobody(ui, state, actions),
    }
}

/// A text and how the model goes on with it; an encoder fills masks instead.
fn complete(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, source: ModelSource, actions: &mut Vec<Action>) {
    let encoder = state.is_encoder(source);
    if !encoder {
        let side = if ui.available_width() > 1_100.0 { 320.0 } else { 272.0 };
        let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
        Panel::right("prompt_side").exact_size(side).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
            ScrollArea::vertical().id_salt("prompt_side").auto_shrink([false, false]).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = space::M;
                widgets::card(ui, |ui| {
                    controls::show(ui, draft);
                    ui.add_space(space::XS);
                    picture::show(ui, state, draft, source, actions);
                });
                widgets::card(ui, |ui| history::show(ui, state, draft));
            });
        });
    }
    who(ui, state, source, actions);
    ui.add_space(space::S);
    if encoder {
        masks::show(ui, state, draft, actions);
    } else {
        length::show(ui, state, draft, source, actions);
        answer::show(ui, state, draft, source, actions);
    }
}

fn nobody(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let body = "A prompt needs a model. Train one; it can be asked from its very first step, while it still learns.";
    widgets::empty_page(ui, icon::CHAT_TEXT, "No model to ask yet", body, |ui| {
        if state.library.corpora.is_empty() {
            if widgets::primary(ui, icon::DATABASE, "Go to Data").clicked() {
                actions.push(Action::Go(Page::Data));
            }
            ui.add_space(space::S);
            if widgets::button(ui, icon::SPARKLE, "Open the sample project").clicked() {
                actions.push(UserCommand::OpenSample.action());
            }
        } else if widgets::primary(ui, icon::BRAIN, "Set up a run").clicked() {
            actions.push(Action::Pretrain(PretrainAction::Show(PretrainView::SetUp)));
            actions.push(Action::Go(Page::Pretrain));
        }
    });
}

/// Which weights answer.
pub(super) fn who(ui: &mut Ui, state: &AppState, source: ModelSource, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        ui.label(widgets::icon(icon::BRAIN).color(palette(ui).text_weak));
        let text = RichText::new(state.source_name(source)).text_style(theme::strong()).color(palette(ui).text_strong);
        let list = ComboBox::from_id_salt("source")
            .selected_text(text)
            .width(280.0_f32.min(ui.available_width()))
            .truncate()
            .height(360.0)
            .show_ui(ui, |ui| {
                if state.is_training()
                    && ui.selectable_label(source == ModelSource::Live, state.source_name(ModelSource::Live)).clicked()
                {
                    actions.push(Action::Prompt(PromptAction::Use(ModelSource::Live)));
                }
                for row in state.library.checkpoints.iter().rev().filter(|row| !row.missing) {
                    let of = ModelSource::Checkpoint(row.id);
                    let best = if row.best { "  ·  best" } else { "" };
                    let loss = state.validation_of(row).map_or_else(String::new, |said| format!("  ·  {said}"));
                    if ui.selectable_label(source == of, format!("{}{loss}{best}", state.source_name(of))).clicked() {
                        actions.push(Action::Prompt(PromptAction::Use(of)));
                    }
                }
            });
        widgets::named(list.response, "Model that answers");
        match source {
            ModelSource::Live => {
                let step = state.live.as_ref().map_or(0, |live| live.step);
                widgets::chip(ui, &format!("live, step {}", format::count(step)), palette(ui).good)
                    .on_hover_text("The weights as they are between two steps of the running training, which goes on meanwhile");
            }
            ModelSource::Checkpoint(_) => {
                let kind = if state.is_encoder(source) { "fills masks" } else { "goes on with a text" };
                widgets::small_weak(ui, kind);
            }
        }
    });
}
