//! Labelled rows in numbers: balance, lengths, duplicates, and contradictions and repeats with one click to mend them. Counts nothing itself.

use eframe::egui::{Grid, Label, RichText, Sense, Ui, vec2};

use super::parts;
use crate::data::supervised::{Lengths, Repeats};
use crate::engine::command::Agree;
use crate::engine::event::{DatasetInfo, ExampleStatistics};
use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, JobKind, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// Labels, and contradictions, that are drawn at most.
const MOST: usize = 40;

pub(super) fn show(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let Some(stats) = state.data.example_stats.get(&dataset.id) else {
        if state.jobs.find(JobKind::Measure).is_some() {
            widgets::weak(ui, "Counting… the numbers stand here in a moment");
            return;
        }
        let body = "Labels, lengths, duplicates and rows that contradict each other are found in one pass.";
        widgets::empty_page(ui, icon::CHART_BAR, "Not counted yet", body, |ui| {
            if widgets::primary(ui, icon::CHART_BAR, "Count now").clicked() {
                actions.push(Action::Data(DataAction::Measure(dataset.id)));
            }
        });
        return;
    };
    let found = &stats.statistics;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XXL;
        widgets::tile(ui, &format::count(found.examples as u64), "Rows", "");
        widgets::tile(ui, &format::count(found.labels.len() as u64), "Labels", "Different classes, entity types or ratings");
        widgets::tile(ui, &format::count(found.duplicates as u64), "Duplicates", "Rows that say the same as an earlier one");
        let meaning = "Rows with the same input and different labels: one of them is wrong";
        widgets::tile(ui, &format::count(found.contradictions.len() as u64), "Contradictions", meaning);
    });
    ui.add_space(space::M);
    balance(ui, stats);
    ui.add_space(space::M);
    odd(ui, dataset, state, stats, actions);
    lengths(ui, &found.inputs, &found.outputs);
    ui.add_space(space::M);
    parts::show(ui, dataset, state, stats, draft, actions);
    contradictions(ui, dataset, state, stats, actions);
    repeats(ui, dataset, state, stats, actions);
}

/// A bar for each label.
fn balance(ui: &mut Ui, stats: &ExampleStatistics) {
    let labels = &stats.statistics.labels;
    if labels.is_empty() {
        return;
    }
    widgets::section(ui, "How often each label occurs");
    let most = labels.iter().map(|label| label.count).max().unwrap_or(1).max(1);
    let color = palette(ui).curves[0];
    Grid::new("label_balance").num_columns(4).spacing([space::M, 4.0]).show(ui, |ui| {
        // A grid gives a cell no width of its own: without this, words would be cut at every letter.
        ui.style_mut().wrap_mode = Some(eframe::egui::TextWrapMode::Extend);
        for label in labels.iter().take(MOST) {
            ui.label(format::one_line(&label.label, 40));
            let (rect, _) = ui.allocate_exact_size(vec2(260.0, 14.0), Sense::hover());
            let filled = eframe::egui::Rect::from_min_size(rect.min, vec2(260.0 * label.count as f32 / most as f32, 14.0));
            ui.painter().rect_filled(filled, 3.0, color);
            widgets::small_weak(ui, format::count(label.count as u64));
            let lengths = label.inputs;
            widgets::small_weak(ui, format!("{} ({} to {})", lengths.median, lengths.least, lengths.most))
                .on_hover_text("Characters of the rows with this label: the median, the shortest and the longest");
            ui.end_row();
        }
    });
}

/// Labels that are no choice, or look like a slip of the pen, with one click to mend each.
fn odd(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, stats: &ExampleStatistics, actions: &mut Vec<Action>) {
    if stats.odd.is_empty() {
        return;
    }
    widgets::section(ui, "Labels that stand apart");
    let refusal = state.why_not_write();
    for odd in stats.odd.iter().take(MOST) {
        let rows: Vec<i64> = odd.examples.iter().filter_map(|i| stats.rows.get(*i).copied()).collect();
        let annotator = state.label.annotator.clone();
        ui.horizontal_wrapped(|ui| {
            ui.label(odd.sentence());
            if let Some(like) = &odd.like
                && widgets::button_unless(ui, icon::CHECK, &format!("Make it “{like}”"), refusal).clicked()
            {
                let agree = Agree::Relabel { from: odd.label.clone(), to: like.clone() };
                let (rows, annotator) = (rows.clone(), annotator.clone());
                actions.push(Action::Data(DataAction::MakeAgree { dataset: dataset.id, rows, agree, annotator }));
            }
            if widgets::button_unless(ui, icon::X, "Leave these rows out", refusal)
                .on_hover_text("They stay in the project, and it can be taken back")
                .clicked()
            {
                actions.push(Action::Data(DataAction::LeaveOut { dataset: dataset.id, rows, annotator, out: true }));
            }
        });
    }
    ui.add_space(space::M);
}

fn lengths(ui: &mut Ui, inputs: &Lengths, outputs: &Lengths) {
    widgets::section(ui, "How long the rows are");
    Grid::new("row_lengths").num_columns(5).spacing([space::XL, 4.0]).show(ui, |ui| {
        for head in ["Characters", "Shortest", "Median", "95 % are below", "Longest"] {
            widgets::small_weak(ui, head);
        }
        ui.end_row();
        for (name, lengths) in [("Given", inputs), ("Answer", outputs)] {
            ui.label(name);
            for n in [lengths.least, lengths.median, lengths.p95, lengths.most] {
                ui.label(format::count(n as u64));
            }
            ui.end_row();
        }
    });
}

fn contradictions(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, stats: &ExampleStatistics, actions: &mut Vec<Action>) {
    let all = &stats.statistics.contradictions;
    if all.is_empty() {
        return;
    }
    widgets::section(ui, "Rows that contradict each other");
    widgets::weak(
        ui,
        "The same input, different labels. Press the one that is right: all of them get it, and it can be taken back",
    );
    let refusal = state.why_not_write();
    for contradiction in all.iter().take(MOST) {
        widgets::card(ui, |ui| {
            let text = RichText::new(format::one_line(&contradiction.input, 200)).color(palette(ui).text_strong);
            ui.add(Label::new(text).wrap());
            ui.horizontal_wrapped(|ui| {
                for (answer, first) in contradiction.answers.iter().zip(&contradiction.firsts) {
                    let name = format::one_line(answer, 60);
                    let pressed = widgets::button_unless(ui, icon::CHECK, &name, refusal).clicked();
                    let number = |index: &usize| stats.rows.get(*index).copied();
                    if pressed && let Some(keep) = number(first) {
                        let rows = contradiction.examples.iter().filter_map(number).collect();
                        let annotator = state.label.annotator.clone();
                        let agree = Agree::With(keep);
                        actions.push(Action::Data(DataAction::MakeAgree { dataset: dataset.id, rows, agree, annotator }));
                    }
                }
            });
        });
    }
}

/// Rows that were given twice count twice: all but the first can be left out.
fn repeats(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, stats: &ExampleStatistics, actions: &mut Vec<Action>) {
    let all = &stats.statistics.repeats;
    if all.is_empty() {
        return;
    }
    ui.add_space(space::M);
    let refusal = state.why_not_write();
    let further =
        |group: &Repeats| group.examples.iter().skip(1).filter_map(|i| stats.rows.get(*i).copied()).collect::<Vec<i64>>();
    let mut leave_out = Vec::new();
    ui.horizontal_wrapped(|ui| {
        widgets::section(ui, "Rows that repeat each other");
        let name = format!("Keep the first of each, leave {} out", format::count(stats.statistics.duplicates as u64));
        if widgets::button_unless(ui, icon::CHECK, &name, refusal).clicked() {
            leave_out = all.iter().flat_map(further).collect();
        }
    });
    widgets::weak(
        ui,
        "What stands there twice weighs twice. Rows that are left out stay in the project, and it can be taken back",
    );
    for group in all.iter().take(MOST) {
        widgets::card(ui, |ui| {
            let text = RichText::new(format::one_line(&group.input, 200)).color(palette(ui).text_strong);
            ui.add(Label::new(text).wrap());
            ui.horizontal_wrapped(|ui| {
                widgets::small_weak(ui, format!("{} × {}", group.examples.len(), format::one_line(&group.answer, 80)));
                if widgets::button_unless(ui, icon::CHECK, "Keep one", refusal).clicked() {
                    leave_out = further(group);
                }
            });
        });
    }
    if !leave_out.is_empty() {
        let annotator = state.label.annotator.clone();
        actions.push(Action::Data(DataAction::LeaveOut { dataset: dataset.id, rows: leave_out, annotator, out: true }));
    }
}
