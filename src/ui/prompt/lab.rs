//! The laboratory: what a model learns from the examples in its prompt. Knows the state only through `&AppState` and what was typed.

use eframe::egui::{CentralPanel, Frame, Label, Margin, Panel, RichText, ScrollArea, Ui};

use super::{lab_figure, lab_setup};
use crate::engine::lab::{Answers, Curves, Distilled, Shown, Weights};
use crate::state::lab::{Figure, LabAction, LabDraft, Study, material};
use crate::state::{Action, AppState, Page, PromptAction, UserCommand, format, icon};
use crate::ui::plot::{self, Scale};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabDraft, actions: &mut Vec<Action>) {
    draft.settle(&state.library);
    if material(&state.library).next().is_none() {
        let body = "Examples are taken from rows with answers. The sample project has tasks made for this; the Data page brings in rows of your own.";
        widgets::empty_page(ui, icon::CHART_LINE, "No rows to make examples of", body, |ui| {
            if widgets::primary(ui, icon::DATABASE, "Go to Data").clicked() {
                actions.push(Action::Go(Page::Data));
            }
            ui.add_space(space::S);
            if widgets::button(ui, icon::SPARKLE, "Open the sample project").clicked() {
                actions.push(UserCommand::OpenSample.action());
            }
        });
        return;
    }
    let studies = Study::ALL.map(|study| (study, study.name()));
    if let Some(study) = widgets::tabs(ui, state.prompt.lab.study, &studies) {
        actions.push(Action::Prompt(PromptAction::Lab(LabAction::Show(study))));
    }
    widgets::weak(ui, state.prompt.lab.study.purpose());
    ui.add_space(space::S);
    let side = if ui.available_width() > 1_100.0 { 320.0 } else { 288.0 };
    let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
    Panel::right("lab_side").exact_size(side).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("lab_side").auto_shrink([false, false]).show(ui, |ui| {
            lab_setup::show(ui, state, draft, actions);
        });
    });
    CentralPanel::default().frame(Frame::new()).show(ui, |ui| {
        ScrollArea::vertical().id_salt("lab").auto_shrink([false, false]).show(ui, |ui| found(ui, state, draft, actions));
    });
}

fn found(ui: &mut Ui, state: &AppState, draft: &mut LabDraft, actions: &mut Vec<Action>) {
    let lab = &state.prompt.lab;
    match lab.study {
        Study::Curve => match &lab.curves {
            Some(curves) => curve(ui, state, draft, curves, actions),
            None => nothing(
                ui,
                "No curve yet",
                "Choose models and rows at the right and press Measure. A model that learns from its prompt shows a curve that rises with the examples, and falls back to guessing where their labels are shuffled.",
            ),
        },
        Study::Weights => match &lab.weights {
            Some(weights) => learnt(ui, weights),
            None => nothing(
                ui,
                "Nothing compared yet",
                "Press Measure: each task's examples stand in the prompt once, and once a copy of the weights learns them for a few steps. The same queries are asked both ways.",
            ),
        },
        Study::Distil => match &lab.distilled {
            Some(distilled) => distil(ui, distilled),
            None => nothing(
                ui,
                "Nothing distilled yet",
                "Press Measure: the model reads a task's instruction and examples before every query, and a copy of it learns to say the same without them.",
            ),
        },
    }
}

fn nothing(ui: &mut Ui, title: &str, body: &str) {
    widgets::empty_page(ui, icon::CHART_LINE, title, body, |_| {});
}

fn curve(ui: &mut Ui, state: &AppState, draft: &mut LabDraft, curves: &Curves, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        for figure in Figure::ALL {
            let known =
                curves.curves.iter().flat_map(|curve| &curve.points).any(|point| lab_figure::band(point, figure).is_some());
            if known {
                ui.selectable_value(&mut draft.figure, figure, figure.name()).on_hover_text(figure.meaning());
            }
        }
    });
    lab_figure::curves(ui, curves, draft.figure);
    ui.add_space(space::S);
    let asked = &curves.request.material;
    let mut said = format!(
        "{} of “{}”, {} queries in each of {} draws, {}. Bands: 95 %, Student's t over the draws.",
        format::plural(curves.tasks.len() as u64, "task", "tasks"),
        state.lab_dataset(asked.dataset),
        asked.queries,
        asked.draws,
        format::duration(curves.seconds)
    );
    if curves.shortened > 0 {
        said = format!(
            "{said} {} lost the oldest examples, for they did not fit.",
            format::plural(curves.shortened as u64, "prompt", "prompts")
        );
    }
    widgets::small_weak(ui, said);
    ui.add_space(space::S);
    ScrollArea::horizontal().id_salt("lab_table").show(ui, |ui| {
        lab_figure::table(ui, &state.prompt.lab, curves, draft.figure, actions);
    });
    ui.add_space(space::M);
    let Some((i, j, n)) = state.prompt.lab.open else {
        widgets::small_weak(ui, "Click a figure to read the prompts behind it");
        return;
    };
    let point = curves.curves.get(i).and_then(|curve| curve.points.get(j));
    if let Some((point, shown)) = point.and_then(|point| Some((point, point.shown.get(n)?))) {
        ui.horizontal(|ui| {
            widgets::section(ui, &format!("Prompt {} of {}: {}", n + 1, point.shown.len(), shown.task));
            let next = (n + 1) % point.shown.len();
            if widgets::button(ui, icon::CARET_RIGHT, "Next").clicked() {
                actions.push(Action::Prompt(PromptAction::Lab(LabAction::Open(Some((i, j, next))))));
            }
            if widgets::button(ui, icon::COPY, "Copy").clicked() {
                actions.push(Action::CopyText(shown.prompt.clone()));
            }
        });
        prompt(ui, shown);
    }
}

/// A prompt as the model read it, and what it made of it.
fn prompt(ui: &mut Ui, shown: &Shown) {
    let colors = palette(ui);
    widgets::card(ui, |ui| {
        ui.add(Label::new(RichText::new(&shown.prompt).monospace()).wrap());
    });
    let right = |label: &str| if label == shown.truth { colors.good } else { colors.text_weak };
    ui.horizontal_wrapped(|ui| {
        ui.label("Right:");
        ui.colored_label(colors.good, &shown.truth);
        widgets::weak(ui, format!("ln p = {:.2}", shown.logprob));
        for (label, plain, mended) in &shown.labels {
            widgets::chip(ui, &format!("{label} {:.0} %", 100.0 * plain), right(label))
                .on_hover_text(format!("{:.0} % after calibration", 100.0 * mended));
        }
        if let Some(written) = &shown.written {
            ui.label("Written:");
            ui.colored_label(right(written), written);
        }
    });
}

fn learnt(ui: &mut Ui, weights: &Weights) {
    lab_figure::weights(ui, weights);
    ui.add_space(space::S);
    for point in &weights.points {
        let told = |mean: f64, low: f64, high: f64| format!("{:.0} % ({:.0} to {:.0})", 100.0 * mean, 100.0 * low, 100.0 * high);
        let (a, b) = (point.prompt, point.weights);
        widgets::fact(
            ui,
            format::plural(point.k as u64, "example", "examples"),
            format!("in the prompt {}, in the weights {}", told(a.mean, a.low, a.high), told(b.mean, b.low, b.high)),
        );
    }
    let steps = weights.request.steps;
    widgets::small_weak(ui, format!("{}, {steps} steps a task, {}", weights.model, format::duration(weights.seconds)));
}

fn distil(ui: &mut Ui, distilled: &Distilled) {
    widgets::section(ui, &distilled.task);
    ui.horizontal_wrapped(|ui| {
        let tile = |ui: &mut Ui, name: &str, it: &Answers, meaning: &str| {
            let figure = format!("{:.0} %", 100.0 * it.accuracy);
            widgets::tile(ui, &figure, name, &format!("{meaning}. Loss {:.2}, {:.3} nats from the teacher", it.loss, it.kl));
        };
        tile(
            ui,
            "with its context",
            &distilled.teacher,
            "What the student is to say: instruction and examples before each query",
        );
        tile(ui, "without, before", &distilled.before, "The same weights without instruction and examples");
        tile(ui, "without, after", &distilled.after, "The student, on rows that nothing was distilled on");
    });
    ui.add_space(space::S);
    let losses: Vec<[f64; 2]> = (1..).zip(&distilled.losses).map(|(step, loss)| [f64::from(step), f64::from(*loss)]).collect();
    widgets::small_weak(ui, "Divergence from the teacher, in nats a token, by step");
    let color = palette(ui).curves[0];
    plot::over_steps(ui, "lab_distil", Scale::Linear, 160.0, |x| format!("{x:.2}")).show(ui, |area| {
        area.line(egui_plot::Line::new("divergence", losses).color(color).width(1.5).allow_hover(false));
    });
    widgets::small_weak(ui, format!("{}, {}", distilled.model, format::duration(distilled.seconds)));
}
