//! How much of the model's context a typed prompt takes, and what to do when it is too long. Changes only what is typed.

use eframe::egui::{Label, Ui};

use crate::engine::command::ModelSource;
use crate::state::prompt::PromptDraft;
use crate::state::{Action, AppState, TalkAction, format, icon};
use crate::ui::theme::space;
use crate::ui::widgets;

/// Share of the context from which on it is said.
const NEAR: f32 = 0.5;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, source: ModelSource, actions: &mut Vec<Action>) {
    if draft.prompt.is_empty() {
        return;
    }
    if !state.talk.length.is_settled(source, &draft.prompt) {
        actions.push(Action::Talk(TalkAction::Measure { source, text: draft.prompt.clone() }));
    }
    let Some(length) = state.talk.length.of(source, &draft.prompt) else { return };
    let (tokens, over) = (length.tokens(), length.over());
    if over == 0 {
        if tokens as f32 > NEAR * length.context as f32 {
            let (now, all) = (format::count(tokens as u64), format::count(length.context as u64));
            widgets::small_weak(ui, format!("The prompt takes {now} of {all} tokens of the context"));
        }
        return;
    }
    let cut = length.cut_for(draft.max_tokens);
    widgets::strip(ui, widgets::Tone::Error, |ui| {
        ui.horizontal_wrapped(|ui| {
            let over = format::plural(over as u64, "token", "tokens");
            ui.add(Label::new(format!("The prompt is {over} too long for the model's context")).wrap());
            if let Some(cut) = cut
                && widgets::button(ui, icon::SCISSORS, "Drop its beginning")
                    .on_hover_text("As much as must go for an answer to fit")
                    .clicked()
            {
                draft.prompt = draft.prompt.split_off(cut);
            }
        });
    });
    ui.add_space(space::XS);
}
