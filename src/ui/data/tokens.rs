//! A text as its tokens: type or take one, see where it is cut.

use eframe::egui::{ComboBox, RichText, TextEdit, Ui};

use crate::engine::command::TokenizerId;
use crate::engine::event::TokenizerInfo;
use crate::state::data::DatasetTab;
use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{glossary, pieces, widgets};

/// Longer texts are cut off: more pieces than this cannot be read anyway.
pub(super) const MOST_CHARS: usize = 8_000;

pub(super) fn of_dataset(ui: &mut Ui, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let Some(first) = state.library.tokenizers.last() else {
        let body = "A tokenizer decides where text is cut. Train one on this dataset; it takes seconds.";
        widgets::empty_page(ui, icon::SCISSORS, "No tokenizer yet", body, |ui| {
            if widgets::primary(ui, icon::SCISSORS, "Train a tokenizer").clicked() {
                actions.push(Action::Data(DataAction::Tab(DatasetTab::Tokenizer)));
            }
        });
        return;
    };
    let chosen = draft.tokenizer.and_then(|id| state.library.tokenizers.iter().find(|t| t.id == id)).unwrap_or(first);
    ui.horizontal(|ui| {
        widgets::term(ui, "Cut by", glossary::TOKENIZER);
        choose(ui, "cut_by", chosen, state, &mut draft.tokenizer);
    });
    cut(ui, chosen.id, state, draft, actions);
}

pub(super) fn of_tokenizer(ui: &mut Ui, id: TokenizerId, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let Some(tokenizer) = state.library.tokenizers.iter().find(|tokenizer| tokenizer.id == id) else { return };
    ui.horizontal(|ui| {
        ui.label(RichText::new(&tokenizer.name).heading().color(palette(ui).text_strong));
        widgets::chip(ui, &tokenizer.kind, palette(ui).text_weak);
        widgets::weak(ui, format!("{} entries", format::count(tokenizer.vocab_size as u64))).on_hover_text(glossary::VOCABULARY);
    });
    widgets::weak(ui, "Type something and see how it is cut.");
    ui.add_space(space::S);
    if draft.token_text.is_empty() {
        "The miller's daughter counted 1,024 geese; unbelievable, but true.".clone_into(&mut draft.token_text);
    }
    cut(ui, id, state, draft, actions);
}

/// A box with all tokenizers of the project.
pub(super) fn choose(ui: &mut Ui, id: &str, chosen: &TokenizerInfo, state: &AppState, choice: &mut Option<TokenizerId>) {
    let shown = ComboBox::from_id_salt(id).selected_text(&chosen.name).width(240.0).show_ui(ui, |ui| {
        for tokenizer in state.library.tokenizers.iter().rev() {
            let label = format!("{} ({}, {})", tokenizer.name, tokenizer.kind, format::count(tokenizer.vocab_size as u64));
            if ui.selectable_label(tokenizer.id == chosen.id, label).clicked() {
                *choice = Some(tokenizer.id);
            }
        }
    });
    let _named = shown.response.accessible_name("Tokenizer");
}

fn cut(ui: &mut Ui, tokenizer: TokenizerId, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let field = TextEdit::multiline(&mut draft.token_text).desired_rows(4).desired_width(f32::INFINITY).char_limit(MOST_CHARS);
    ui.add(field).accessible_name("Text to cut");
    ui.add_space(space::S);
    if !draft.token_text.is_empty() {
        actions.push(Action::Data(DataAction::CutText { tokenizer, text: draft.token_text.clone() }));
    }
    let Some(cut) = state.data.cut.as_ref().filter(|cut| cut.tokenizer == tokenizer) else { return };
    let words = cut.text.split_whitespace().count() as u64;
    ui.horizontal(|ui| {
        widgets::strong(ui, format::plural(cut.pieces.len() as u64, "token", "tokens")).on_hover_text(glossary::TOKEN);
        if words > 0 {
            let rate = cut.pieces.len() as f64 / words as f64;
            widgets::weak(ui, format!("{rate:.2} a word")).on_hover_text(glossary::TOKENS_PER_WORD);
        }
        widgets::small_weak(ui, "Hold the pointer over a piece to see its number");
    });
    ui.add_space(space::XS);
    widgets::card(ui, |ui| pieces::show(ui, &cut.pieces));
}
