//! The plots of a watched run: loss with its baselines and marks, and below it rate, gradient and speed. Changes nothing.

use std::fmt::Write as _;

use eframe::egui::{Align2, Color32, Id, Rect, Stroke, Ui, pos2, vec2};
use egui_plot::{HLine, Line, LineStyle, MarkerShape, PlotPoint, PlotResponse, Points, VLine};

use crate::config::Objective;
use crate::engine::command::RunId;
use crate::engine::event::{Mark, MarkKind};
use crate::state::curves::{RunCurves, Series};
use crate::state::pretrain::{PretrainAction, PretrainDraft};
use crate::state::{Action, AppState, format, icon};
use crate::ui::plot::{self, MOST_POINTS, Scale};
use crate::ui::theme::{self, palette, space};
use crate::ui::widgets;

/// Plots that share their steps.
const LINKED: &str = "pretrain_steps";

/// Everything that the plots show.
struct Shown<'a> {
    curves: &'a RunCurves,
    /// Names and losses of guessing, the highest first.
    baselines: Vec<(&'static str, f32)>,
    overlays: Vec<(RunId, &'a str, &'a RunCurves, Color32)>,
    cursor: Option<u64>,
}

/// All plots, filling the space.
pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, curves: &RunCurves, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let overlays = state.pretrain.overlay.iter().zip(colors.curves.iter().skip(2).cycle()).filter_map(|(&run, &color)| {
        let row = state.run(run).filter(|row| !row.deleted)?;
        Some((run, row.name.as_str(), state.curves.get(run)?, color))
    });
    let shown = Shown { curves, baselines: baselines(state), overlays: overlays.collect(), cursor: state.pretrain.sample_at };
    let top = ui.cursor().min;
    keys(ui, &shown, draft);
    let small = (ui.available_height() * 0.24).clamp(84.0, 150.0);
    let response = loss(ui, &shown, draft, ui.available_height() - small - space::S - 16.0);
    if response.response.clicked()
        && let Some(pointer) = response.response.interact_pointer_pos()
    {
        let step = response.transform.value_from_position(pointer).x;
        actions.extend(nearest_sample(curves, step).map(|step| Action::Pretrain(PretrainAction::SampleAt(Some(step)))));
    }
    small_plots(ui, &shown, draft, small);
    draft.reset_plots = false;
    take_picture(ui, draft, Rect::from_min_max(top, ui.min_rect().max), actions);
}

/// What the corpus of the watched run makes of guessing. Where tokens are hidden, the one before says nothing about what comes
/// after, so that the bigram guesser is no yardstick.
fn baselines(state: &AppState) -> Vec<(&'static str, f32)> {
    let found = state.watched_live().map(|live| (live.config.objective, live.info.baselines)).or_else(|| {
        let config = &state.watched().and_then(|run| state.run(run))?.config;
        let corpus = state.library.corpora.iter().find(|row| row.id == config.corpus)?;
        Some((config.objective, corpus.baselines))
    });
    let Some((objective, known)) = found else { return Vec::new() };
    let mut named = vec![("uniform", known.uniform), ("unigram", known.unigram)];
    if objective == Objective::Causal {
        named.push(("bigram", known.bigram));
    }
    // Labelled rows have no frequencies that guessing could go by.
    named.retain(|(_, loss)| *loss > 0.0);
    named
}

fn nearest_sample(curves: &RunCurves, step: f64) -> Option<u64> {
    let steps = curves.samples.iter().map(|sample| sample.step);
    steps.min_by(|a, b| (*a as f64 - step).abs().total_cmp(&(*b as f64 - step).abs()))
}

/// The keys to the lines, in one row.
fn keys(ui: &mut Ui, shown: &Shown<'_>, draft: &PretrainDraft) {
    let colors = palette(ui);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, 2.0);
        let [train, validation, ..] = colors.curves;
        plot::legend(ui, train, false, "Training", "How surprised the model was by the text of each step, in nats a token; the thick line is smoothed");
        let meaning = "The same on text that the model never trains on. When it rises while training falls, the model memorises";
        plot::legend(ui, validation, false, "Validation", meaning);
        if draft.show_baselines && !shown.baselines.is_empty() {
            let meaning = "What guessing scores on this text without any understanding: all tokens alike (uniform), by frequency (unigram), \
                           by the token before (bigram). Below bigram, the model has learnt more than pairs";
            plot::legend(ui, colors.text_weak, true, "Guessing", meaning);
        }
        for (_, name, _, color) in &shown.overlays {
            plot::legend(ui, *color, false, name, "Another run: smoothed training loss, and validation as squares");
        }
    });
}

fn loss(ui: &mut Ui, shown: &Shown<'_>, draft: &PretrainDraft, height: f32) -> PlotResponse<()> {
    let colors = palette(ui);
    let scale = if draft.log_loss { Scale::Log } else { Scale::Linear };
    let mut area = plot::over_steps(ui, "loss", scale, height.max(120.0), |x| format!("{x:.2}"))
        .link_axis(Id::unique(LINKED), [true, false])
        .link_cursor(Id::unique(LINKED), [true, false])
        .show_crosshair(draft.picture.is_none());
    // A plot of logarithms cannot keep the bounds of one of plain values.
    let was_log = ui.data(|data| data.get_temp::<bool>(Id::unique("loss_log"))).unwrap_or(draft.log_loss);
    ui.data_mut(|data| data.insert_temp(Id::unique("loss_log"), draft.log_loss));
    if draft.reset_plots || was_log != draft.log_loss {
        area = area.reset();
    }
    let response = area.show(ui, |area| {
        plot::wheel_zoom(area);
        let bounds = area.plot_bounds();
        let steps = shown.curves.steps();
        let view = |series: &Series, steps: &[u64]| {
            // Auto bounds grow with what is drawn: what lies outside must be drawn too, or the plot would never grow.
            let (from, to) =
                if area.auto_bounds().x { (f64::NEG_INFINITY, f64::INFINITY) } else { (bounds.min()[0], bounds.max()[0]) };
            scale.points(series.view(steps, from, to, MOST_POINTS))
        };
        let [train, validation, ..] = colors.curves;
        let mut lines = Vec::new();
        if draft.show_raw {
            let faint = train.gamma_multiply(0.32);
            lines.push(Line::new("raw", view(&shown.curves.loss, steps)).color(faint).width(1.0));
        }
        for (run, name, curves, color) in &shown.overlays {
            lines.push(Line::new(*name, view(&curves.smooth, curves.steps())).color(*color).width(1.5).id(("smooth", run)));
        }
        let smoothed = view(&shown.curves.smooth, steps);
        plot::lone(area, &smoothed, train);
        lines.push(Line::new("smoothed", smoothed).color(train).width(2.0));
        for line in lines {
            area.line(line.allow_hover(false).allow_band(false));
        }
        for (run, name, curves, color) in &shown.overlays {
            let points = evaluations(curves, scale);
            area.points(
                Points::new(*name, points)
                    .color(*color)
                    .radius(2.5)
                    .shape(MarkerShape::Square)
                    .allow_hover(false)
                    .id(("eval", run)),
            );
        }
        let points = evaluations(shown.curves, scale);
        area.line(Line::new("validation", points.clone()).color(validation).width(1.5).allow_hover(false));
        let radius = dots(&points);
        area.points(Points::new("validation points", points).color(validation).radius(radius).allow_hover(false));
        if draft.show_baselines {
            for &(name, value) in &shown.baselines {
                let line = HLine::new(name, scale.to(f64::from(value))).color(colors.text_weak.gamma_multiply(0.7)).width(1.0);
                area.hline(line.style(LineStyle::dashed_dense()).allow_hover(false));
            }
        }
        if let Some(step) = shown.cursor {
            area.vline(VLine::new("samples", step as f64).color(colors.accent).width(1.5).allow_hover(false));
        }
    });
    over_loss(ui, shown, draft, scale, &response);
    response
}

/// Validations as points; of very many, an even choice with the newest.
fn evaluations(curves: &RunCurves, scale: Scale) -> Vec<[f64; 2]> {
    let stride = curves.evals.len().div_ceil(MOST_POINTS / 3).max(1);
    let newest = curves.evals.len().saturating_sub(1);
    let chosen = curves.evals.iter().enumerate().filter(|(i, _)| i % stride == 0 || *i == newest);
    let finite = chosen.filter(|(_, eval)| eval.loss.is_finite());
    finite.map(|(_, eval)| [eval.step as f64, scale.to(f64::from(eval.loss))]).collect()
}

/// Marks of the points themselves, while they can be told apart.
fn dots(points: &[[f64; 2]]) -> f32 {
    match points.len() {
        0..=60 => 3.0,
        61..=160 => 2.0,
        161.. => 0.0,
    }
}

/// What is painted over the loss: names of baselines, marks, the numbers under the pointer.
fn over_loss(ui: &mut Ui, shown: &Shown<'_>, draft: &PretrainDraft, scale: Scale, response: &PlotResponse<()>) {
    let colors = palette(ui);
    let frame = *response.transform.frame();
    if draft.show_baselines {
        let mut last = f32::NEG_INFINITY;
        for &(name, value) in &shown.baselines {
            let y = response.transform.position_from_point(&PlotPoint::new(0.0, scale.to(f64::from(value)))).y;
            if frame.y_range().contains(y) && (y - last).abs() > 14.0 {
                // A run begins near the highest line and ends near the lowest: each is named where the curve is not.
                let (x, anchor) = if last.is_finite() {
                    (frame.left() + 6.0, Align2::LEFT_BOTTOM)
                } else {
                    (frame.right() - 6.0, Align2::RIGHT_BOTTOM)
                };
                plot::label(ui, frame, pos2(x, y - 1.0), anchor, &format!("{name} {value:.2}"), colors.text_weak);
                last = y;
            }
        }
    }
    if draft.show_marks {
        marks(ui, &shown.curves.marks, response);
    }
    if draft.picture.is_none()
        && response.response.hovered()
        && let Some(pointer) = response.response.hover_pos()
    {
        let step = response.transform.value_from_position(pointer).x;
        read_out(ui, shown, frame, step);
    }
}

/// Glyph and colour of a mark.
fn look(ui: &Ui, kind: MarkKind) -> (&'static str, Color32, &'static str) {
    let colors = palette(ui);
    match kind {
        MarkKind::Knob { .. } => (icon::SLIDERS_HORIZONTAL, colors.warning, "Turned"),
        MarkKind::Rewind { .. } => (icon::REWIND, colors.accent, "Rewound"),
        MarkKind::Alarm => (icon::WARNING, colors.error, "Alarm"),
        MarkKind::Checkpoint => (icon::FLOPPY_DISK, colors.text_weak, "Checkpoint"),
        MarkKind::Resumed => (icon::PLAY, colors.good, "Resumed"),
        MarkKind::Early => (icon::STOP, colors.good, "Ended early"),
    }
}

fn marks(ui: &mut Ui, marks: &[Mark], response: &PlotResponse<()>) {
    let frame = *response.transform.frame();
    let mut last_icon = f32::NEG_INFINITY;
    let mut near: Option<(&Mark, f32)> = None;
    let pointer = response.response.hover_pos();
    for mark in marks {
        let x = response.transform.position_from_point(&PlotPoint::new(mark.step as f64, 0.0)).x;
        if !frame.x_range().contains(x) {
            continue;
        }
        let (glyph, color, _) = look(ui, mark.kind);
        let quiet = mark.kind == MarkKind::Checkpoint;
        if quiet {
            // Checkpoints are many: a tick at the foot is enough.
            let ends = [pos2(x, frame.bottom() - 7.0), pos2(x, frame.bottom() - 1.0)];
            ui.painter().with_clip_rect(frame).line_segment(ends, Stroke::new(1.5, color));
        } else {
            plot::vertical(
                ui,
                &response.transform,
                mark.step as f64,
                Stroke::new(1.0, color.gamma_multiply(0.8)),
                LineStyle::dashed_dense(),
            );
            if x - last_icon > 14.0 {
                let font = eframe::egui::FontId::new(13.0, theme::icons());
                let (beside, anchor) =
                    if x + 18.0 < frame.right() { (x + 2.0, Align2::LEFT_TOP) } else { (x - 2.0, Align2::RIGHT_TOP) };
                ui.painter().with_clip_rect(frame).text(pos2(beside, frame.top() + 3.0), anchor, glyph, font, color);
                last_icon = x;
            }
        }
        let distance = pointer.map_or(f32::INFINITY, |pointer| {
            let reached = !quiet || pointer.y > frame.bottom() - 20.0;
            if reached { (pointer.x - x).abs() } else { f32::INFINITY }
        });
        if distance < 6.0 && near.is_none_or(|(_, nearest)| distance < nearest) {
            near = Some((mark, distance));
        }
    }
    if let Some((mark, _)) = near {
        let (_, _, what) = look(ui, mark.kind);
        let text = format!("{what} at step {}\n{}", format::count(mark.step), mark.label);
        response.response.clone().on_hover_text_at_pointer(text.trim_end().to_owned());
    }
}

/// The numbers of the step under the pointer, in the plot's corner.
fn read_out(ui: &Ui, shown: &Shown<'_>, frame: Rect, step: f64) {
    let colors = palette(ui);
    let Some(point) = shown.curves.nearest(step) else { return };
    let mut text = format!("step {}   loss {}", format::count(point.step), format::loss(point.loss));
    if let Some(smooth) = shown.curves.smooth_at(point.step) {
        let _infallible = write!(text, "   smoothed {}", format::loss(smooth));
    }
    if let Some(eval) = shown.curves.evals.iter().rev().find(|eval| eval.step <= point.step) {
        let _infallible = write!(text, "   validation {}", format::loss(eval.loss));
    }
    let _infallible = write!(text, "   {}", format::duration(f64::from(point.elapsed_s)));
    // Below the marks' icons.
    plot::label(ui, frame, pos2(frame.center().x, frame.top() + 22.0), Align2::CENTER_TOP, &text, colors.text_strong);
}

/// One of the plots under the loss.
struct Small<'a> {
    name: &'a str,
    meaning: &'a str,
    series: &'a Series,
    number: fn(f64) -> String,
    color: Color32,
}

/// Rate, gradient and speed, side by side under the loss.
fn small_plots(ui: &mut Ui, shown: &Shown<'_>, draft: &PretrainDraft, height: f32) {
    let curves = shown.curves;
    let colors = palette(ui);
    let plots = [
        Small {
            name: "Learning rate",
            meaning: "How far each step moves the weights",
            series: &curves.lr,
            number: format::small,
            color: colors.curves[2],
        },
        Small {
            name: "Gradient norm",
            meaning: "Length of the gradient before clipping: how steep the loss is. Jumps announce trouble",
            series: &curves.grad_norm,
            number: |x| format!("{x:.2}"),
            color: colors.curves[3],
        },
        Small {
            name: "Tokens/s",
            meaning: "Tokens that the model learns from in a second",
            series: &curves.tokens_per_s,
            number: |x| format::compact(x.max(0.0) as u64),
            color: colors.curves[6],
        },
    ];
    let width = (ui.available_width() - 2.0 * space::S) / 3.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        for small in plots {
            ui.allocate_ui(vec2(width, height + 16.0), |ui| {
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let latest = small.series.values().last().map_or_else(String::new, |&x| (small.number)(f64::from(x)));
                    ui.horizontal(|ui| {
                        widgets::small_weak(ui, small.name).on_hover_text(small.meaning);
                        ui.label(eframe::egui::RichText::new(latest).small().color(colors.text));
                    });
                    small_plot(ui, &small, shown, draft, height);
                });
            });
        }
    });
}

fn small_plot(ui: &mut Ui, small: &Small<'_>, shown: &Shown<'_>, draft: &PretrainDraft, height: f32) {
    let Small { name, series, number, color, .. } = *small;
    let mut area = plot::over_steps(ui, name, Scale::Linear, height - 14.0, number)
        .link_axis(Id::unique(LINKED), [true, false])
        .link_cursor(Id::unique(LINKED), [true, false])
        .show_crosshair(draft.picture.is_none())
        .include_y(0.0);
    if draft.reset_plots {
        area = area.reset();
    }
    let steps = shown.curves.steps();
    let response = area.show(ui, |area| {
        plot::wheel_zoom(area);
        let bounds = area.plot_bounds();
        let (from, to) =
            if area.auto_bounds().x { (f64::NEG_INFINITY, f64::INFINITY) } else { (bounds.min()[0], bounds.max()[0]) };
        area.line(
            Line::new(name, series.view(steps, from, to, MOST_POINTS / 3))
                .color(color)
                .width(1.2)
                .allow_hover(false)
                .allow_band(false),
        );
    });
    if let Some(pointer) = response.response.hover_pos().filter(|_| draft.picture.is_none()) {
        let step = response.transform.value_from_position(pointer).x;
        if let Some((step, value)) = shown.curves.value_near(series, step) {
            let text = format!("step {}   {}", format::count(step), number(f64::from(value)));
            let frame = *response.transform.frame();
            plot::label(ui, frame, pos2(frame.center().x, frame.top() + 4.0), Align2::CENTER_TOP, &text, palette(ui).text_strong);
        }
    }
}

/// Sends the picture on that was asked for, once it is there.
fn take_picture(ui: &Ui, draft: &mut PretrainDraft, part: Rect, actions: &mut Vec<Action>) {
    // The picture is of a frame after the one that asks for it: until it comes, or for so many frames, the pointer stays out of it.
    const WAITING: u8 = 100;
    let id = Id::unique("pretrain_picture");
    draft.picture = match draft.picture {
        None | Some(WAITING) => None,
        Some(0) => {
            plot::ask_picture(ui.ctx(), id, part.expand2(vec2(space::S, 2.0)));
            Some(WAITING + 60)
        }
        Some(frames) => {
            ui.ctx().request_repaint();
            Some(frames - 1)
        }
    };
    if let Some(png) = plot::take_picture(ui.ctx(), id) {
        draft.picture = None;
        actions.push(Action::Pretrain(PretrainAction::ExportPng(png)));
    }
}
