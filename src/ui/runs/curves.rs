//! The loss curves of the ticked runs over one another.

use eframe::egui::{Align, Layout, Ui, Vec2};
use egui_plot::{HLine, HoverPosition, Legend, Line, LineStyle, Plot, PlotPoints, Points};

use crate::config::Objective;
use crate::state::curves::RunCurves;
use crate::state::draft::RunsDraft;
use crate::state::run_figures::Measure;
use crate::state::{AppState, format, icon};
use crate::ui::plot::lone;
use crate::ui::theme::palette;
use crate::ui::{glossary, widgets};

/// Points a curve is drawn with, about two a pixel.
const MOST_POINTS: usize = 1_500;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RunsDraft) {
    ui.horizontal(|ui| {
        widgets::term(ui, "Loss", glossary::LOSS);
        widgets::small_weak(ui, "Smoothed; dots are validations");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.checkbox(&mut draft.log_scale, "Logarithmic");
        });
    });
    if state.runs.chosen.is_empty() {
        let body = "Tick one or more runs above; their curves appear here over one another.";
        widgets::empty_page(ui, icon::CHART_LINE, "No run ticked", body, |_| {});
        return;
    }
    let measured = |id: &i64| state.curves.get(*id).is_none_or(|it| !it.loaded || !it.steps().is_empty() || !it.evals.is_empty());
    if !state.runs.chosen.iter().any(measured) {
        let body = "Nothing was measured yet. A run that learns from votes has a point for each that was given.";
        widgets::empty_page(ui, icon::CHART_LINE, "No curve yet", body, |_| {});
        return;
    }
    let log = draft.log_scale;
    let y = move |loss: f64| if log { loss.max(1e-9).log10() } else { loss };
    let back = move |y: f64| if log { 10_f64.powf(y) } else { y };
    let colors = palette(ui);
    let plot = Plot::new(("runs", log))
        .height(ui.available_height())
        .legend(Legend::default().background_alpha(0.7))
        .show_grid(true)
        .grid_color(colors.line)
        .grid_spacing(14.0..=140.0)
        .set_margin_fraction(Vec2::new(0.02, 0.08))
        .x_axis_label("Step")
        .x_axis_formatter(|mark, _| step_label(mark.value))
        .y_axis_formatter(move |mark, _| format::small(back(mark.value)))
        .label_formatter(move |at| hover(at, back));
    plot.show(ui, |plot| {
        let shown = plot.plot_bounds();
        let (from, to) = (shown.min()[0], shown.max()[0]);
        for (i, &id) in state.runs.chosen.iter().enumerate() {
            let (Some(curves), Some(color)) = (state.curves.get(id), colors.curves.get(i)) else { continue };
            let name = state.run(id).map_or_else(|| format!("Run {id}"), |run| run.name.clone());
            let drawn = points(curves, from, to, y);
            if let [point] = drawn.points() {
                lone(plot, &[[point.x, point.y]], *color);
            }
            plot.line(Line::new(name.clone(), drawn).color(*color).width(1.8));
            // A reward is no loss, and has no place on its axis.
            let loss = state.run(id).is_none_or(|run| Measure::of(&run.config) != Measure::Reward);
            let evals = curves.evals.iter().filter(|eval| loss && eval.loss.is_finite());
            let evals = evals.map(|eval| [eval.step as f64, y(f64::from(eval.loss))]).collect::<Vec<_>>();
            plot.points(Points::new(name, PlotPoints::new(evals)).color(*color).radius(3.0));
        }
        if let Some(bigram) = shared_bigram(state) {
            let line =
                HLine::new("Bigram guesser", y(f64::from(bigram))).color(colors.text_weak).style(LineStyle::dashed_dense());
            plot.hline(line.width(1.0));
        }
    });
}

/// Only whole steps have a label: between two of them, there is none.
fn step_label(step: f64) -> String {
    if step < 0.0 || (step - step.round()).abs() > 1e-6 { String::new() } else { format::compact(step.round() as u64) }
}

fn points(curves: &RunCurves, from: f64, to: f64, y: impl Fn(f64) -> f64) -> PlotPoints<'static> {
    // Before the first frame the plot knows no bounds; then everything is drawn, thinned out.
    let known = from.is_finite() && to.is_finite() && to > from && (to - from).abs() > 2.0;
    let last = curves.steps().last().map_or(0.0, |&step| step as f64);
    let (from, to) = if known { (from, to) } else { (0.0, last) };
    let mut view = curves.smooth.view(curves.steps(), from, to, MOST_POINTS);
    // The ends stay in the data, so that automatic bounds do not shrink to what is seen.
    if let (Some(&first), Some(&value)) = (curves.steps().first(), curves.smooth.values().first())
        && (first as f64) < from
    {
        view.insert(0, [first as f64, f64::from(value)]);
    }
    if let Some(&value) = curves.smooth.values().last()
        && last > to
    {
        view.push([last, f64::from(value)]);
    }
    PlotPoints::new(view.into_iter().map(|[step, loss]| [step, y(loss)]).collect())
}

/// The bigram guesser's loss, where all the ticked runs learn the next token of one corpus.
fn shared_bigram(state: &AppState) -> Option<f32> {
    let mut corpora =
        state.runs.chosen.iter().filter_map(|&id| state.run(id)).map(|run| (run.config.corpus, run.config.objective));
    let (first, objective) = corpora.next()?;
    if objective != Objective::Causal || !corpora.all(|run| run == (first, objective)) {
        return None;
    }
    state.library.corpora.iter().find(|corpus| corpus.id == first).map(|corpus| corpus.baselines.bigram)
}

fn hover(at: &HoverPosition<'_>, back: impl Fn(f64) -> f64) -> Option<String> {
    match at {
        HoverPosition::NearDataPoint { plot_name, position, .. } => {
            let step = format::count(position.x.max(0.0).round() as u64);
            Some(format!("{plot_name}\nstep {step}\nloss {}", format::loss(back(position.y) as f32)))
        }
        HoverPosition::Elsewhere { .. } => None,
    }
}
