//! The rows of a dataset: as many as there are, fetched as they come into sight, searched, and shown whole.

use eframe::egui::{
    Align, Frame, Id, Key, Label, Layout, Margin, Modifiers, Panel, RichText, ScrollArea, TextEdit, TextStyle, Ui, Vec2,
};

use crate::engine::event::DatasetInfo;
use crate::state::data::DatasetTab;
use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::virtual_rows::VirtualRows;
use crate::ui::widgets;

/// Typing rests this long before a search is sent.
const SEARCH_AFTER_S: f64 = 0.3;
const NUMBER_WIDTH: f32 = 74.0;

pub(super) fn show(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    search(ui, state, draft, actions);
    let total = state.data.rows.total;
    if total == Some(0) {
        let (title, body) = if state.data.rows.query.is_empty() {
            ("No rows", "The file held nothing that could be read as a row.")
        } else {
            ("No row holds this", "Letters count as they are written. Try a shorter word.")
        };
        widgets::empty_page(ui, icon::MAGNIFYING_GLASS, title, body, |_| {});
        return;
    }
    if let Some(row) = draft.open_row.and_then(|place| state.data.rows.get(place)) {
        let frame = Frame::new().inner_margin(Margin { top: space::S as i8, ..Margin::ZERO });
        Panel::bottom("open_row").frame(frame).resizable(true).default_size(190.0).size_range(90.0..=500.0).show(ui, |ui| {
            whole_row(ui, dataset, row.index, &row.cells, draft, actions);
        });
    }
    let columns = columns(ui.available_width(), dataset.columns.len());
    header(ui, dataset, &columns);
    let id = Id::unique(("rows", dataset.id, &state.data.rows.query));
    let height = TextStyle::Body.resolve(ui.style()).size + 12.0;
    let list = VirtualRows::new(id, total.unwrap_or(dataset.rows), height);
    let shown = list.show(ui, draft.open_row, |ui, place| match state.data.rows.get(place) {
        Some(row) => {
            cell(ui, NUMBER_WIDTH, RichText::new(format::count(row.index + 1)).color(palette(ui).text_weak));
            for (width, text) in columns.iter().zip(&row.cells) {
                cell(ui, *width, RichText::new(format::one_line(text, (*width / 3.0) as usize)));
            }
        }
        None => cell(ui, NUMBER_WIDTH, RichText::new("…").color(palette(ui).text_weak)),
    });
    actions.push(Action::Data(DataAction::NeedRows { first: shown.first, last: shown.last }));
    if let Some(place) = shown.clicked {
        draft.open_row = if draft.open_row == Some(place) { None } else { Some(place) };
    }
}

fn search(ui: &mut Ui, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut draft.search)
            .prefix(widgets::icon(icon::MAGNIFYING_GLASS).color(palette(ui).text_weak))
            .hint_text("Search the rows")
            .desired_width(320.0);
        let field = ui.add(field).accessible_name("Search the rows").on_hover_text("Ctrl+F");
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F)) {
            field.request_focus();
        }
        let now = ui.ctx().time();
        if field.changed() {
            draft.search_changed_s = Some(now);
        }
        if let Some(since) = draft.search_changed_s {
            if now - since >= SEARCH_AFTER_S {
                draft.search_changed_s = None;
                draft.open_row = None;
                actions.push(Action::Data(DataAction::Search(draft.search.clone())));
            } else {
                ui.ctx().request_repaint_after(std::time::Duration::from_millis(60));
            }
        }
        if !draft.search.is_empty() && widgets::icon_button(ui, icon::X, "Show all rows").clicked() {
            draft.search.clear();
            actions.push(Action::Data(DataAction::Search(String::new())));
        }
        let rows = &state.data.rows;
        let text = match (rows.total, rows.query.is_empty()) {
            (None, true) => String::new(),
            (None, false) => "Searching…".to_owned(),
            (Some(_), true) => "Click a row to read all of it".to_owned(),
            (Some(total), false) => format!("{} with “{}”", format::plural(total, "row", "rows"), rows.query),
        };
        widgets::small_weak(ui, text);
    });
    ui.add_space(space::XS);
}

/// Widths of the columns; a text takes what numbers leave.
fn columns(available: f32, n: usize) -> Vec<f32> {
    let width = (available - NUMBER_WIDTH - space::L) / n.max(1) as f32 - space::S;
    vec![width.max(60.0); n.max(1)]
}

fn header(ui: &mut Ui, dataset: &DatasetInfo, widths: &[f32]) {
    if dataset.columns.len() < 2 {
        return;
    }
    ui.horizontal(|ui| {
        ui.set_height(20.0);
        cell(ui, NUMBER_WIDTH, RichText::new("Row").small().color(palette(ui).text_weak));
        for (width, name) in widths.iter().zip(&dataset.columns) {
            cell(ui, *width, RichText::new(name).small().color(palette(ui).text_weak));
        }
    });
}

fn cell(ui: &mut Ui, width: f32, text: RichText) {
    let height = ui.available_height();
    ui.allocate_ui_with_layout(Vec2::new(width, height), Layout::left_to_right(Align::Center), |ui| {
        ui.set_width(width);
        ui.add_space(space::XS);
        ui.add(Label::new(text).truncate());
    });
}

fn whole_row(ui: &mut Ui, dataset: &DatasetInfo, index: u64, cells: &[String], draft: &mut DataDraft, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        widgets::strong(ui, format!("Row {}", format::count(index + 1)));
        let characters = cells.iter().map(|cell| cell.chars().count() as u64).sum::<u64>();
        widgets::small_weak(ui, format::plural(characters, "character", "characters"));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, icon::X, "Close").clicked() {
                draft.open_row = None;
            }
            if widgets::icon_button(ui, icon::COPY, "Copy the text").clicked() {
                actions.push(Action::CopyText(cells.join("\n")));
            }
            if widgets::button(ui, icon::SCISSORS, "Show its tokens").clicked() {
                draft.token_text = cells.join("\n").chars().take(super::tokens::MOST_CHARS).collect();
                actions.push(Action::Data(DataAction::Tab(DatasetTab::Tokens)));
            }
        });
    });
    ScrollArea::vertical().id_salt("whole_row").auto_shrink([false; 2]).show(ui, |ui| {
        for (i, cell) in cells.iter().enumerate() {
            if let Some(name) = dataset.columns.get(i)
                && dataset.columns.len() > 1
            {
                widgets::small_weak(ui, name);
            }
            ui.add(Label::new(cell.as_str()).wrap().selectable(true));
        }
    });
}
