//! Whether the model uses its context, as curves beside the loss. Measures nothing.

use eframe::egui::{ScrollArea, Ui};
use egui_plot::{HLine, Line, LineStyle, PlotPoints};

use crate::state::AppState;
use crate::train::probe_series::{COPY, FIRST, LAST};
use crate::ui::plot::{self, Scale};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState) {
    let Some(run) = state.watched() else { return };
    let [copy, first, last] = [COPY, FIRST, LAST].map(|name| state.align.curve(run, name).to_vec());
    if copy.is_empty() && first.is_empty() {
        widgets::weak(
            ui,
            "Measured at every validation: does the model use what stands before? The first point comes with the first validation of a model that predicts the next token.",
        );
        return;
    }
    let colors = palette(ui).curves;
    ScrollArea::vertical().id_salt("context_curves").auto_shrink([false, false]).show(ui, |ui| {
        if let Some(now) = copy.last() {
            figure(ui, "Copying", now[1], "Loss on the second half of repeated random tokens minus that on the first, in nats (Olsson et al. 2022). 0: it cannot look back. Far below 0: it finds what stood there before and copies it, which learning from a prompt builds on");
            let weak = palette(ui).text_weak;
            plot::over_steps(ui, "context_copy", Scale::Linear, 150.0, |x| format!("{x:.1}")).show(ui, |area| {
                area.hline(HLine::new("cannot", 0.0).color(weak).style(LineStyle::dashed_dense()).width(1.0).allow_hover(false));
                area.line(Line::new("copying", PlotPoints::from(copy)).color(colors[0]).width(1.8).allow_hover(false));
            });
            ui.add_space(space::M);
        }
        if let (Some(early), Some(late)) = (first.last().copied(), last.last().copied()) {
            figure(ui, "Late minus early", late[1] - early[1], "Loss of the last eighth of the context minus that of the first, on validation text. The further below 0, the more earlier text helps with later text");
            ui.horizontal_wrapped(|ui| {
                plot::legend(ui, colors[1], false, "first eighth", "Tokens with little before them");
                plot::legend(ui, colors[2], false, "last eighth", "Tokens with much before them");
            });
            plot::over_steps(ui, "context_places", Scale::Linear, 150.0, |x| format!("{x:.2}")).show(ui, |area| {
                area.line(Line::new("first", PlotPoints::from(first)).color(colors[1]).width(1.8).allow_hover(false));
                area.line(Line::new("last", PlotPoints::from(last)).color(colors[2]).width(1.8).allow_hover(false));
            });
        }
    });
}

fn figure(ui: &mut Ui, name: &str, value: f64, meaning: &str) {
    ui.horizontal(|ui| {
        widgets::term(ui, name, meaning);
        widgets::strong(ui, format!("{value:+.2} nats"));
    });
}
