//! Beside a chat: the conversations that are kept, to be found, renamed and deleted, and how tokens are chosen. Changes nothing itself.

use eframe::egui::{Frame, Label, Margin, Panel, RichText, ScrollArea, TextEdit, Ui};

use super::chat::act;
use super::controls;
use crate::engine::command::ModelSource;
use crate::engine::talk::ConversationRow;
use crate::state::chat::ChatAction;
use crate::state::prompt::PromptDraft;
use crate::state::talk_draft::ChatDraft;
use crate::state::{Action, AppState, Page, TuneAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, prompt: &mut PromptDraft, draft: &mut ChatDraft, actions: &mut Vec<Action>) {
    let side = if ui.available_width() > 1_100.0 { 320.0 } else { 272.0 };
    let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
    Panel::right("chat_side").exact_size(side).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("chat_side").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            widgets::card(ui, |ui| conversations(ui, state, draft, actions));
            widgets::card(ui, |ui| controls::show(ui, prompt));
        });
    });
}

/// Where a model learns to keep to its turns, for one that never did.
pub(super) fn never_learnt(ui: &mut Ui, state: &AppState, source: ModelSource, actions: &mut Vec<Action>) {
    let ModelSource::Checkpoint(checkpoint) = source else { return };
    if state.learnt_to_chat(checkpoint) {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak(
            ui,
            "This model was never tuned on chats: it goes on with the turns as with any text, and may never end one",
        );
        if ui.link(RichText::new("Fine-tune on chats").small()).clicked() {
            let chats = state.chat_datasets().first().map(|(dataset, _)| *dataset);
            actions.extend(chats.map(|dataset| Action::Tune(TuneAction::DatasetFrom(dataset, checkpoint))));
            actions.push(Action::Go(Page::Tune));
        }
    });
}

fn conversations(ui: &mut Ui, state: &AppState, draft: &mut ChatDraft, actions: &mut Vec<Action>) {
    let chat = &state.talk.chat;
    ui.horizontal(|ui| {
        widgets::section(ui, "Conversations");
        let refusal = chat.conversation.is_empty().then_some("This one is new");
        if widgets::button_unless(ui, icon::PLUS, "New", refusal).clicked() {
            act(actions, ChatAction::New);
        }
    });
    if chat.rows.is_empty() && chat.search.is_empty() {
        widgets::weak(ui, "Every turn is kept in the project as it comes, with all branches");
        return;
    }
    let field = TextEdit::singleline(&mut draft.search).hint_text("Search what was said").desired_width(f32::INFINITY);
    if widgets::named(ui.add(field), "Search conversations").changed() {
        act(actions, ChatAction::Search(draft.search.clone()));
    }
    if chat.rows.is_empty() {
        widgets::weak(ui, "Nothing like that was said");
    }
    ScrollArea::vertical().id_salt("conversations").max_height(220.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for row in &chat.rows {
            entry(ui, row, chat.id == Some(row.id), draft, actions);
        }
    });
}

fn entry(ui: &mut Ui, row: &ConversationRow, open: bool, draft: &mut ChatDraft, actions: &mut Vec<Action>) {
    if let Some((_, name)) = draft.renaming.as_mut().filter(|(of, _)| *of == row.id) {
        let field = ui.add(TextEdit::singleline(name).desired_width(f32::INFINITY));
        let field = widgets::named(field, "Name of the conversation");
        if field.lost_focus() {
            if !name.trim().is_empty() {
                act(actions, ChatAction::Rename { id: row.id, name: name.clone() });
            }
            draft.renaming = None;
        } else {
            field.request_focus();
        }
        return;
    }
    let colors = palette(ui);
    let response = widgets::list_row(ui, open, &row.name, 38.0, |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add(Label::new(RichText::new(&row.name).color(colors.text)).truncate());
            let turns = format::plural(row.turns, "turn", "turns");
            let note = format!("{turns}  ·  {}", format::short_moment(row.changed_at));
            ui.add(Label::new(RichText::new(note).small().color(colors.text_weak)).truncate());
        });
    });
    if response.clicked() && !open {
        act(actions, ChatAction::Open(row.id));
    }
    if open {
        ui.horizontal(|ui| {
            if widgets::button(ui, icon::PENCIL_SIMPLE, "Rename").clicked() {
                draft.renaming = Some((row.id, row.name.clone()));
            }
            if widgets::button(ui, icon::TRASH, "Delete").on_hover_text("It can be taken back").clicked() {
                act(actions, ChatAction::Delete(row.id));
            }
        });
    }
}

/// The conversation as a row to fine-tune on.
pub(super) fn keep_row(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    if state.talk.chat.conversation.len() < 2 {
        return;
    }
    let menu = ui.menu_button((widgets::icon(icon::FLOPPY_DISK), "Save as a row…"), |ui| {
        widgets::weak(ui, "What is shown becomes a row to fine-tune on (SFT), in");
        for (dataset, name) in state.chat_datasets() {
            if ui.button(name).clicked() {
                act(actions, ChatAction::KeepRow { dataset: Some(dataset), name: String::new() });
                ui.close();
            }
        }
        if widgets::button(ui, icon::PLUS, "A new dataset: Kept chats").clicked() {
            act(actions, ChatAction::KeepRow { dataset: None, name: "Kept chats".to_owned() });
            ui.close();
        }
    });
    widgets::named(menu.response, "Save as a row").on_hover_text("For fine-tuning: mend the answers first, then keep them");
}
