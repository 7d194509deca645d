//! Earlier prompts and what became of them, to be found and asked again. Changes nothing itself.

use eframe::egui::{Label, RichText, ScrollArea, TextEdit, Ui};

use crate::engine::event::PromptRow;
use crate::state::prompt::PromptDraft;
use crate::state::{AppState, format};
use crate::ui::theme::palette;
use crate::ui::widgets;

/// Rows drawn at most; the search narrows them.
const SHOWN: usize = 100;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft) {
    widgets::section(ui, "Earlier");
    if state.library.prompts.is_empty() {
        widgets::weak(ui, "Answers are kept here, with their settings, to compare and to ask again");
        return;
    }
    let search = TextEdit::singleline(&mut draft.search).hint_text("Search").desired_width(f32::INFINITY);
    widgets::named(ui.add(search), "Search earlier prompts");
    let wanted = draft.search.to_lowercase();
    let matches = |row: &&PromptRow| {
        wanted.is_empty() || row.prompt.to_lowercase().contains(&wanted) || row.completion.to_lowercase().contains(&wanted)
    };
    let mut rows = state.library.prompts.iter().collect::<Vec<_>>();
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    let rows = rows.into_iter().filter(matches).take(SHOWN).collect::<Vec<_>>();
    if rows.is_empty() {
        widgets::weak(ui, "Nothing like that was asked");
        return;
    }
    ScrollArea::vertical().id_salt("history").max_height(320.0).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for row in rows {
            entry(ui, row, draft);
        }
    });
}

fn entry(ui: &mut Ui, row: &PromptRow, draft: &mut PromptDraft) {
    let colors = palette(ui);
    let name = if row.prompt.trim().is_empty() { "(no prompt)".to_owned() } else { format::one_line(&row.prompt, 60) };
    let selected = draft.recalled == Some(row.id);
    let response = widgets::list_row(ui, selected, &name, 40.0, |ui| {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add(Label::new(RichText::new(&name).color(colors.text)).truncate());
            ui.add(Label::new(RichText::new(format::one_line(&row.completion, 60)).small().color(colors.text_weak)).truncate());
        });
    });
    if response.on_hover_text("Show it, and put its prompt and settings back").clicked() {
        draft.recall(row);
    }
}
