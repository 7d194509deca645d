//! How well a run does its task: figures, their course, each class, and who is taken for whom. Computes nothing.

use eframe::egui::{self, Align2, Color32, Grid, RichText, ScrollArea, Sense, Ui, Vec2, pos2};
use egui_plot::{Line, PlotPoints, Points};

use crate::engine::event::TaskEval;
use crate::evaluate::{ClassRow, Confusion, Metric};
use crate::state::pretrain::{PretrainAction, SideTab};
use crate::state::run_figures;
use crate::state::tune::TuneAction;
use crate::state::{Action, AppState, format, icon};
use crate::ui::plot::{self, Scale};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// Side of a cell of the confusion matrix at most.
const CELL: f32 = 44.0;
/// A letter of a class's name over it, about.
const LETTER: f32 = 7.0;

pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let Some(eval) = state.shown_eval() else {
        let body = "The task's own figures come with the first validation.";
        widgets::empty_page(ui, icon::CHART_BAR, "Nothing measured yet", body, |_| ());
        return;
    };
    ScrollArea::vertical().id_salt("task_metrics").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        which(ui, state, eval, actions);
        figures(ui, eval);
        if state.task_evals().len() > 1 {
            course(ui, state.task_evals());
        }
        if let Some(confusion) = eval.report.confusion.as_ref().filter(|confusion| confusion.labels.len() <= 24) {
            matrix(ui, confusion, state.tune.cell, actions);
        }
        if !eval.report.per_class.is_empty() {
            classes(ui, &eval.report.per_class);
        }
    });
}

/// Which evaluation is shown, and the way to the others.
pub(super) fn which(ui: &mut Ui, state: &AppState, eval: &TaskEval, actions: &mut Vec<Action>) {
    let evals = state.task_evals();
    let at = evals.iter().position(|known| known.step == eval.step).unwrap_or(0);
    let newest = at + 1 == evals.len();
    ui.horizontal(|ui| {
        let newest_words = if newest { ", the newest" } else { "" };
        let text = match eval.step {
            0 => format!("Before it learnt anything{newest_words}"),
            step => format!("Step {}{newest_words}", format::count(step)),
        };
        ui.label(RichText::new(text).color(palette(ui).text_strong));
        if eval.best {
            widgets::chip(ui, "best when it came", palette(ui).good).on_hover_text("Its checkpoint is kept");
        }
        widgets::small_weak(ui, format!("on {}", format::plural(eval.rows.len() as u64, "row", "rows")))
            .on_hover_text("Validation rows: the model never trains on them");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let mut go = |to: usize| {
                let step = evals.get(to).map(|eval| eval.step).filter(|_| to + 1 < evals.len());
                actions.push(Action::Tune(TuneAction::EvalAt(step)));
            };
            let later = newest.then_some("This is the newest");
            if widgets::icon_button_unless(ui, icon::CARET_RIGHT, "Later", later).clicked() {
                go(at + 1);
            }
            let earlier = (at == 0).then_some("This is the first");
            if widgets::icon_button_unless(ui, icon::CARET_LEFT, "Earlier", earlier).clicked() {
                go(at - 1);
            }
        });
    });
}

/// A value as it is read: shares in per cent.
pub(super) fn value(metric: &Metric) -> String {
    run_figures::metric(metric)
}

fn figures(ui: &mut Ui, eval: &TaskEval) {
    let mut tiles: Vec<(String, String, &str)> =
        eval.report.metrics.iter().map(|metric| (value(metric), metric.name.clone(), meaning(&metric.name))).collect();
    if let Some(baseline) = &eval.baseline {
        let told = "What always giving the most frequent answer scores on these rows";
        tiles.insert(1.min(tiles.len()), (value(baseline), format!("{} of guessing", baseline.name), told));
    }
    let columns = ((ui.available_width() / 116.0) as usize).max(2);
    Grid::new("task_figures").num_columns(columns).min_col_width(100.0).spacing([space::M, space::S]).show(ui, |ui| {
        // A grid gives a cell no width of its own: without this, words would break at every letter.
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
        for (i, (figure, name, meaning)) in tiles.iter().enumerate() {
            widgets::tile(ui, figure, name, meaning);
            if (i + 1) % columns == 0 {
                ui.end_row();
            }
        }
    });
}

/// What a figure means, for the hover.
fn meaning(name: &str) -> &'static str {
    let known = [
        ("accuracy", "Share of rows with the right answer"),
        ("macro", "Mean of the classes' F1: each class counts alike, however rare"),
        ("weighted", "Mean of the classes' F1, each weighted by its rows"),
        ("precision", "Of what was given, how much is right"),
        ("recall", "Of what is right, how much was given"),
        ("exact", "Share of answers that are right to the letter, case and punctuation aside"),
        ("f1", "Precision and recall in one figure: their harmonic mean"),
        ("bleu", "Share of word sequences that the right translation has, too (Papineni et al. 2002); 0 to 100"),
        ("chrf", "As F1, over sequences of characters (Popović 2015); 0 to 100"),
        ("rouge", "Overlap of words with the right summary (Lin 2004)"),
    ];
    let lower = name.to_lowercase();
    known.iter().find(|(word, _)| lower.contains(word)).map_or("", |(_, meaning)| meaning)
}

/// The headline over the steps.
fn course(ui: &mut Ui, evals: &[TaskEval]) {
    let name = evals.last().map_or("", |eval| eval.report.headline.name.as_str());
    widgets::small_weak(ui, format!("{name} over the run"));
    let points: Vec<[f64; 2]> = evals.iter().map(|eval| [eval.step as f64, eval.report.headline.value]).collect();
    let color = palette(ui).curves[1];
    plot::over_steps(ui, "task_course", Scale::Linear, 110.0, |x| format!("{x:.2}")).show(ui, |area| {
        plot::wheel_zoom(area);
        area.line(Line::new(name, PlotPoints::from(points.clone())).color(color).width(1.5).allow_hover(false));
        area.points(Points::new(name, PlotPoints::from(points)).color(color).radius(2.5).allow_hover(false));
    });
}

/// Right classes down, given ones across; a click shows the rows.
fn matrix(ui: &mut Ui, confusion: &Confusion, chosen: Option<(usize, usize)>, actions: &mut Vec<Action>) {
    ui.add_space(space::S);
    widgets::strong(ui, "Who is taken for whom").on_hover_text(
        "Confusion matrix: each row is a right class, each column what the model said. Click a cell to see its rows",
    );
    let n = confusion.labels.len();
    let head = 92.0_f32;
    // As wide as the longest name wants to be, where there is room.
    let longest = confusion.labels.iter().map(|label| label.chars().count()).max().unwrap_or(0).min(14) as f32;
    let most = CELL.max(LETTER * longest + 6.0);
    let side = ((ui.available_width() - head - space::S) / n.max(1) as f32).clamp(14.0, most);
    // Cells are as high as they need to be, not as the names want them.
    let high = side.min(CELL);
    let (rect, _) = ui.allocate_exact_size(Vec2::new(head + side * n as f32, 20.0 + high * n as f32), Sense::hover());
    let colors = palette(ui);
    let font = egui::TextStyle::Small.resolve(ui.style());
    let short = |label: &str, most: usize| match label.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", label.get(..end).unwrap_or_default()),
        None => label.to_owned(),
    };
    for (right, counts) in confusion.counts.iter().enumerate() {
        let total = counts.iter().sum::<u64>().max(1) as f32;
        let top = rect.top() + 20.0 + high * right as f32;
        let label = confusion.labels.get(right).map_or("", String::as_str);
        let at = pos2(rect.left() + head - 6.0, top + high / 2.0);
        ui.painter().text(at, Align2::RIGHT_CENTER, short(label, 14), font.clone(), colors.text_weak);
        let at = pos2(rect.left() + head + side * (right as f32 + 0.5), rect.top() + 10.0);
        ui.painter().text(at, Align2::CENTER_CENTER, short(label, (side / LETTER) as usize), font.clone(), colors.text_weak);
        for (given, &count) in counts.iter().enumerate() {
            let cell =
                egui::Rect::from_min_size(pos2(rect.left() + head + side * given as f32, top), Vec2::new(side, high)).shrink(1.0);
            // Blue and orange: told apart by people who see red and green alike.
            let base = if right == given { colors.accent } else { colors.warning };
            let strength = if count == 0 { 0.0 } else { 0.15 + 0.75 * count as f32 / total };
            ui.painter().rect_filled(cell, 3.0, colors.button.lerp_to_gamma(base, strength));
            let response = ui.interact(cell, ui.scope_id().with(("cell", right, given)), Sense::click());
            if chosen == Some((right, given)) || response.hovered() {
                ui.painter().rect_stroke(cell, 3.0, egui::Stroke::new(1.5, colors.accent), egui::StrokeKind::Inside);
            }
            if count > 0 {
                let ink: Color32 = colors.text_strong;
                ui.painter().text(cell.center(), Align2::CENTER_CENTER, count.to_string(), font.clone(), ink);
            }
            let other = confusion.labels.get(given).map_or("", String::as_str);
            let rows = format::plural(count, "row", "rows");
            let tip = format!("{rows} of “{label}” given “{other}”; click to see them");
            if widgets::named(response, &tip).on_hover_text(&tip).clicked() {
                let again = chosen == Some((right, given));
                actions.push(Action::Tune(TuneAction::Cell((!again).then_some((right, given)))));
                actions.push(Action::Pretrain(PretrainAction::Tab(SideTab::Rows)));
            }
        }
    }
}

fn classes(ui: &mut Ui, rows: &[ClassRow]) {
    ui.add_space(space::S);
    widgets::strong(ui, "Each class");
    Grid::new("per_class").num_columns(5).striped(true).spacing([space::L, 4.0]).show(ui, |ui| {
        for (name, meaning) in [
            ("Class", ""),
            ("Precision", "Of the rows that were given this class, the share that has it"),
            ("Recall", "Of the rows that have this class, the share that was found"),
            ("F1", "Both in one figure: their harmonic mean"),
            ("Rows", "Rows that have this class"),
        ] {
            let label = widgets::small_weak(ui, name);
            if !meaning.is_empty() {
                label.on_hover_text(meaning);
            }
        }
        ui.end_row();
        for row in rows {
            ui.label(&row.name);
            for share in [row.precision, row.recall, row.f1] {
                ui.label(format!("{:.1} %", 100.0 * share));
            }
            ui.label(format::count(row.support));
            ui.end_row();
        }
    });
}
