//! What the model gave for validation rows, worst or best first, beside what was right. Computes nothing.

use eframe::egui::{RichText, ScrollArea, Ui};

use super::metrics;
use crate::engine::command::DatasetId;
use crate::engine::event::{TaskEval, TaskOutput};
use crate::state::label::LabelAction;
use crate::state::tune::{self, TuneAction};
use crate::state::{Action, AppState, Page, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// Rows that are drawn at most.
const MOST: usize = 200;

pub fn show(ui: &mut Ui, state: &AppState, best_first: &mut bool, actions: &mut Vec<Action>) {
    let Some(eval) = state.shown_eval() else {
        widgets::empty_page(ui, icon::LIST, "No answers yet", "They come with the first validation.", |_| ());
        return;
    };
    metrics::which(ui, state, eval, actions);
    ui.horizontal_wrapped(|ui| {
        ui.selectable_value(best_first, false, "Worst first");
        ui.selectable_value(best_first, true, "Best first");
        if let (Some(cell), Some(confusion)) = (state.tune.cell, &eval.report.confusion) {
            let name = |i: usize| confusion.labels.get(i).map_or("?", String::as_str);
            let text = format!("{} taken for {}", name(cell.0), name(cell.1));
            if widgets::button(ui, icon::X, &text).on_hover_text("Show all rows again").clicked() {
                actions.push(Action::Tune(TuneAction::Cell(None)));
            }
        }
    });
    ui.add_space(space::XS);
    let shown = order(eval, state.tune.cell, *best_first);
    ScrollArea::vertical().id_salt("task_rows").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        if shown.is_empty() {
            widgets::weak(ui, "No row is here");
        }
        let dataset =
            state.watched().and_then(|run| state.run(run)).and_then(|run| run.config.tune.as_ref()).map(|tune| tune.dataset);
        // The rows may be gone, or of votes, which are no labels.
        let dataset = dataset.filter(|id| tune::dataset(&state.library, *id).is_some_and(|row| row.schema.is_supervised()));
        for output in shown {
            row(ui, output, dataset, actions);
        }
    });
}

/// Rows of the chosen cell, or all, by their score.
fn order(eval: &TaskEval, cell: Option<(usize, usize)>, best_first: bool) -> Vec<&TaskOutput> {
    let of_cell = cell.and_then(|(right, given)| eval.report.confusion.as_ref()?.rows.get(right)?.get(given));
    let mut rows: Vec<&TaskOutput> = match of_cell {
        Some(rows) => rows.iter().filter_map(|&i| eval.rows.get(i as usize)).collect(),
        None => eval.rows.iter().collect(),
    };
    rows.sort_by(|a, b| if best_first { b.score.total_cmp(&a.score) } else { a.score.total_cmp(&b.score) });
    rows.truncate(MOST);
    rows
}

fn row(ui: &mut Ui, output: &TaskOutput, dataset: Option<DatasetId>, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let right = output.wanted.trim() == output.given.trim();
    widgets::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 3.0;
        ui.add(eframe::egui::Label::new(RichText::new(output.input.trim()).color(colors.text_weak)).wrap());
        ui.horizontal_wrapped(|ui| {
            let (glyph, color) = if right { (icon::CHECK, colors.good) } else { (icon::X, colors.error) };
            ui.label(widgets::icon(glyph).color(color));
            let given = if output.given.trim().is_empty() { "(nothing)" } else { output.given.trim() };
            ui.label(RichText::new(given).color(colors.text_strong));
            if let Some(dataset) = dataset
                && ui
                    .link("Label page")
                    .on_hover_text("Look at the row there, and mend its label if that is what is wrong")
                    .clicked()
            {
                actions.push(Action::Label(LabelAction::ShowRow { dataset, row: output.row }));
                actions.push(Action::Go(Page::Label));
            }
        });
        if !right {
            ui.horizontal_wrapped(|ui| {
                widgets::small_weak(ui, "right:");
                ui.label(output.wanted.trim());
            });
        }
    });
}
