//! A dataset in numbers: how much there is, how long the documents are, how many stand twice.

use eframe::egui::{Ui, Vec2b};
use egui_plot::{Bar, BarChart, GridMark, Plot};

use crate::engine::event::{DatasetInfo, DatasetStats};
use crate::state::{Action, AppState, DataAction, JobKind, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{glossary, widgets};

pub(super) fn show(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, actions: &mut Vec<Action>) {
    let Some(stats) = state.data.stats.get(&dataset.id) else {
        if state.jobs.find(JobKind::Measure).is_some() {
            widgets::weak(ui, "Counting… the numbers stand here in a moment");
        } else {
            let body = "Words, characters, lengths and duplicates are counted in one pass over all rows.";
            widgets::empty_page(ui, icon::CHART_BAR, "Not counted yet", body, |ui| {
                if widgets::primary(ui, icon::CHART_BAR, "Count now").clicked() {
                    actions.push(Action::Data(DataAction::Measure(dataset.id)));
                }
            });
        }
        return;
    };
    figures(ui, dataset, stats, state);
    ui.add_space(space::L);
    widgets::section(ui, "How long the documents are");
    widgets::small_weak(ui, format!("Characters in a document. The longest has {}", format::count(stats.longest)));
    histogram(ui, stats);
}

fn figures(ui: &mut Ui, dataset: &DatasetInfo, stats: &DatasetStats, state: &AppState) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XXL;
        widgets::tile(ui, &format::count(stats.documents), "Documents", "");
        widgets::tile(ui, &format::count(stats.words), "Words", "Between spaces");
        widgets::tile(ui, &format::count(stats.characters), "Characters", "");
        let corpus = state.library.corpora.iter().rev().find(|corpus| corpus.dataset == dataset.id);
        let tokens = corpus.map_or_else(|| "—".to_owned(), |corpus| format::count(corpus.train_tokens + corpus.val_tokens));
        widgets::tile(ui, &tokens, "Tokens", glossary::TOKEN);
        let share = stats.duplicates as f64 / stats.documents.max(1) as f64;
        widgets::tile(ui, &format::percent(share), "Duplicates", glossary::DUPLICATES);
        let mean = stats.characters as f64 / stats.documents.max(1) as f64;
        widgets::tile(ui, &format::count(mean.round() as u64), "Mean length", "Characters in a document, on average");
    });
}

/// Labels that can be read beside one another.
const LABELS: usize = 16;

fn histogram(ui: &mut Ui, stats: &DatasetStats) {
    let colors = palette(ui);
    let edges = stats.length_histogram.iter().map(|(edge, _)| *edge).collect::<Vec<_>>();
    let bar = |(i, (edge, count)): (usize, &(u64, u64))| {
        let range = match edges.get(i + 1) {
            Some(next) => format!("{} to {} characters", format::count(*edge), format::count(next.saturating_sub(1))),
            None => format!("{} characters or more", format::count(*edge)),
        };
        Bar::new(i as f64, *count as f64).width(0.9).name(format!("{range}: {}", format::plural(*count, "document", "documents")))
    };
    let bars = stats.length_histogram.iter().enumerate().map(bar).collect();
    let chart = BarChart::new("Documents", bars).color(colors.curves[0]).element_formatter(Box::new(|bar, _| bar.name.clone()));
    let label = move |x: f64| {
        let whole = (x - x.round()).abs() < 1e-6 && x >= 0.0;
        whole.then(|| edges.get(x.round() as usize)).flatten().map_or_else(String::new, |edge| format::compact(*edge))
    };
    // A label for every bar, or for every other one, as many as can be read beside one another.
    let step = stats.length_histogram.len().div_ceil(LABELS).max(1);
    let places = (0..stats.length_histogram.len()).step_by(step);
    let marks = places.map(|i| GridMark { value: i as f64, step_size: step as f64 }).collect::<Vec<_>>();
    Plot::new("lengths")
        .height(260.0)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .show_grid(Vec2b::new(false, true))
        .grid_color(colors.line)
        .x_grid_spacer(move |_| marks.clone())
        .show_x(false)
        .show_y(false)
        .x_axis_formatter(move |mark, _| label(mark.value))
        .y_axis_formatter(|mark, _| if mark.value < 0.0 { String::new() } else { format::compact(mark.value as u64) })
        .y_axis_label("Documents")
        .show(ui, |plot| plot.bar_chart(chart));
}
