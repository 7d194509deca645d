//! Whether the model uses its context, and learns from examples in it, as curves beside the loss. Measures nothing.

use eframe::egui::{Color32, ScrollArea, Ui};
use egui_plot::{HLine, Line, LineStyle, PlotPoints};

use crate::state::align::ShotCurve;
use crate::state::{AppState, format};
use crate::train::probe_series::{ANSWER_LOSS, COPY, FIRST, GUESSING, LAST, SHOTS};
use crate::ui::plot::{self, Scale};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

const HEIGHT: f32 = 150.0;

pub(super) fn show(ui: &mut Ui, state: &AppState) {
    let Some(run) = state.watched() else { return };
    let [copy, first, last] = [COPY, FIRST, LAST].map(|name| state.align.curve(run, name).to_vec());
    let [right, lost] = [SHOTS, ANSWER_LOSS].map(|name| state.align.by_shots(run, name));
    if copy.is_empty() && first.is_empty() && lost.is_empty() {
        widgets::weak(
            ui,
            "Measured at every validation: does the model use what stands before? The first point comes with the first validation of a model that predicts the next token.",
        );
        return;
    }
    ScrollArea::vertical().id_salt("context_curves").auto_shrink([false, false]).show(ui, |ui| {
        let chance = state.align.curve(run, GUESSING).last().map(|point| point[1]);
        // A run that was set up to learn from its prompt is watched for that.
        accuracy(ui, &right, chance);
        answer_loss(ui, &lost, right.is_empty());
        copying(ui, copy);
        places(ui, first, last);
        if lost.is_empty() {
            let more = "Accuracy by the number of examples is measured, too, where a run is set up with tasks to ask: Learning from examples";
            widgets::small_weak(ui, more);
        }
    });
}

/// Share of right answers, a curve for each number of examples.
fn accuracy(ui: &mut Ui, right: &[ShotCurve<'_>], chance: Option<f64>) {
    let Some((most, [_, now])) = right.last().and_then(|(k, curve)| Some((*k as u64, curve.last()?))) else { return };
    let meaning = "Share of queries of held-out tasks whose right answer is the likeliest of the task's answers, after calibration (Zhao et al. 2021). The same queries at every validation. A model that learns from its prompt is right more often with examples than without; one that does not stays at guessing. One query counts some 2 %, so small moves say nothing";
    ui.horizontal(|ui| {
        widgets::term(ui, "Right answers", meaning);
        widgets::strong(ui, format!("{:.0} % with {}", 100.0 * now, format::plural(most, "example", "examples")));
    });
    legends(ui, right, chance.map(|_| "What choosing by chance among a task's answers scores"));
    let weak = palette(ui).text_weak;
    let lines = lines(ui, right, 100.0);
    let plot = plot::over_steps(ui, "context_shots", Scale::Linear, HEIGHT, |x| format!("{x:.0} %"));
    plot.include_y(0.0).include_y(100.0).show(ui, |area| {
        if let Some(chance) = chance {
            let line = HLine::new("guessing", 100.0 * chance).color(weak).style(LineStyle::dashed_dense()).width(1.0);
            area.hline(line.allow_hover(false));
        }
        for (line, points, color) in lines {
            area.line(line);
            plot::lone(area, &points, color);
        }
    });
    ui.add_space(space::M);
}

/// Loss of the right answer, likewise; `alone` where no accuracy stands above it with the legend of both.
fn answer_loss(ui: &mut Ui, lost: &[ShotCurve<'_>], alone: bool) {
    let Some((most, [_, now])) = lost.last().and_then(|(k, curve)| Some((*k as u64, curve.last()?))) else { return };
    let meaning = "How surprised the model is by the right answer of the same queries: −ln p of the whole answer, in nats. It moves before accuracy does; part of it is learnt from the form of the examples alone";
    ui.horizontal(|ui| {
        widgets::term(ui, "Loss of the answer", meaning);
        widgets::strong(ui, format!("{now:.2} nats with {}", format::plural(most, "example", "examples")));
    });
    if alone {
        legends(ui, lost, None);
    }
    let lines = lines(ui, lost, 1.0);
    plot::over_steps(ui, "context_answer_loss", Scale::Linear, HEIGHT, |x| format!("{x:.1}")).show(ui, |area| {
        for (line, points, color) in lines {
            area.line(line);
            plot::lone(area, &points, color);
        }
    });
    ui.add_space(space::M);
}

fn color(ui: &Ui, i: usize) -> Color32 {
    let colors = palette(ui).curves;
    colors.get(i % colors.len()).copied().unwrap_or(Color32::GRAY)
}

fn legends(ui: &mut Ui, of: &[ShotCurve<'_>], guessing: Option<&str>) {
    ui.horizontal_wrapped(|ui| {
        for (i, (k, _)) in of.iter().enumerate() {
            let name = if *k == 0 { "no example".to_owned() } else { format::plural(*k as u64, "example", "examples") };
            plot::legend(ui, color(ui, i), false, &name, "Examples of the same task that stand before the query");
        }
        if let Some(meaning) = guessing {
            plot::legend(ui, palette(ui).text_weak, true, "guessing", meaning);
        }
    });
}

/// A curve for each number of examples, with its points and its colour.
fn lines<'a>(ui: &Ui, of: &[ShotCurve<'a>], scale: f64) -> Vec<(Line<'a>, Vec<[f64; 2]>, Color32)> {
    let line = |(i, (k, curve)): (usize, &ShotCurve<'a>)| {
        let points: Vec<[f64; 2]> = curve.iter().map(|[step, value]| [*step, scale * value]).collect();
        let (name, color) = (format!("{k} examples"), color(ui, i));
        (Line::new(name, PlotPoints::from(points.clone())).color(color).width(1.8).allow_hover(false), points, color)
    };
    of.iter().enumerate().map(line).collect()
}

fn copying(ui: &mut Ui, copy: Vec<[f64; 2]>) {
    let Some(now) = copy.last() else { return };
    figure(
        ui,
        "Copying",
        now[1],
        "Loss on the second half of repeated random tokens minus that on the first, in nats (Olsson et al. 2022). 0: it cannot look back. Far below 0: it finds what stood there before and copies it, which learning from a prompt builds on",
    );
    let (weak, color) = (palette(ui).text_weak, palette(ui).curves[0]);
    plot::over_steps(ui, "context_copy", Scale::Linear, HEIGHT, |x| format!("{x:.1}")).show(ui, |area| {
        area.hline(HLine::new("cannot", 0.0).color(weak).style(LineStyle::dashed_dense()).width(1.0).allow_hover(false));
        plot::lone(area, &copy, color);
        area.line(Line::new("copying", PlotPoints::from(copy)).color(color).width(1.8).allow_hover(false));
    });
    ui.add_space(space::M);
}

fn places(ui: &mut Ui, first: Vec<[f64; 2]>, last: Vec<[f64; 2]>) {
    let (Some(early), Some(late)) = (first.last().copied(), last.last().copied()) else { return };
    let colors = palette(ui).curves;
    figure(
        ui,
        "Late minus early",
        late[1] - early[1],
        "Loss of the last eighth of the context minus that of the first, on validation text. The further below 0, the more earlier text helps with later text",
    );
    ui.horizontal_wrapped(|ui| {
        plot::legend(ui, colors[1], false, "first eighth", "Tokens with little before them");
        plot::legend(ui, colors[2], false, "last eighth", "Tokens with much before them");
    });
    plot::over_steps(ui, "context_places", Scale::Linear, HEIGHT, |x| format!("{x:.2}")).show(ui, |area| {
        plot::lone(area, &first, colors[1]);
        plot::lone(area, &last, colors[2]);
        area.line(Line::new("first", PlotPoints::from(first)).color(colors[1]).width(1.8).allow_hover(false));
        area.line(Line::new("last", PlotPoints::from(last)).color(colors[2]).width(1.8).allow_hover(false));
    });
    ui.add_space(space::M);
}

fn figure(ui: &mut Ui, name: &str, value: f64, meaning: &str) {
    ui.horizontal(|ui| {
        widgets::term(ui, name, meaning);
        widgets::strong(ui, format!("{value:+.2} nats"));
    });
}
