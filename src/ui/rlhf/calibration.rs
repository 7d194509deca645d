//! How far a reward model agrees with the votes that were kept aside, in a sentence and as a curve. Trains nothing.

use eframe::egui::Ui;
use egui_plot::{Line, LineStyle, Plot, PlotPoints, Points};

use crate::state::AppState;
use crate::state::align::Agreement;
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, run: i64) {
    let Some(agreement) = state.align.agreement(run) else { return };
    widgets::card(ui, |ui| {
        widgets::strong(ui, agreement.sentence()).on_hover_text(
            "Votes that the reward model never learnt from. Guessing agrees with half of them; people agree with each other on about seven in ten (Ouyang et al. 2022)",
        );
        widgets::small_weak(ui, agreement.sureness());
        if agreement.bins.len() > 1 {
            curve(ui, &agreement);
        }
    });
    ui.add_space(space::S);
}

/// How sure it was against how often it was right: on the diagonal, as sure as it is right.
fn curve(ui: &mut Ui, agreement: &Agreement) {
    let colors = palette(ui).curves;
    let points: Vec<[f64; 2]> = agreement.bins.iter().map(|bin| [100.0 * bin.sure, 100.0 * bin.right]).collect();
    let most = agreement.bins.iter().map(|bin| bin.votes).fold(1.0, f64::max);
    let plot = Plot::new("calibration")
        .height(150.0)
        .width(ui.available_width().min(420.0))
        .allow_scroll(false)
        .allow_drag(false)
        .allow_zoom(false)
        .show_grid(false)
        .show_background(false)
        .include_x(50.0)
        .include_x(100.0)
        .include_y(0.0)
        .include_y(100.0)
        .x_axis_label("sure, %")
        .y_axis_label("right, %");
    let shown = plot.show(ui, |area| {
        let even = PlotPoints::from(vec![[50.0, 50.0], [100.0, 100.0]]);
        area.line(
            Line::new("even", even).color(colors[0].gamma_multiply(0.6)).style(LineStyle::dashed_loose()).allow_hover(false),
        );
        area.line(Line::new("model", PlotPoints::from(points.clone())).color(colors[1]).width(1.5).allow_hover(false));
        // The more votes, the larger.
        for (bin, point) in agreement.bins.iter().zip(points) {
            let radius = 2.0 + 5.0 * (bin.votes / most).sqrt() as f32;
            let point = Points::new("model", PlotPoints::from(vec![point])).color(colors[1]);
            area.points(point.radius(radius).allow_hover(false));
        }
    });
    shown.response.on_hover_text(
        "On the dashed line the model is as sure as it is right; below it, it is too sure. Large dots stand for many pairs of answers, small ones for few. Its certainty follows from the difference of two rewards",
    );
}
