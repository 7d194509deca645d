//! Pictures of the laboratory: curves with their bands, and the table beside them. Measures nothing.

use eframe::egui::{Color32, Grid, Ui};
use egui_plot::{FilledArea, HLine, Line, LineStyle, PlotPoints, Points};

use crate::engine::lab::{Condition, Curve, CurvePoint, Curves, Weights};
use crate::evaluate::icl::Band;
use crate::state::lab::{Figure, LabAction, LabState};
use crate::state::{Action, PromptAction};
use crate::ui::plot::{self, Scale};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// What a figure says of a point.
pub(super) fn band(point: &CurvePoint, figure: Figure) -> Option<Band> {
    match figure {
        Figure::Accuracy => point.accuracy,
        Figure::Calibrated => point.calibrated,
        Figure::Exact => point.exact,
        Figure::Loss => Some(point.loss),
    }
}

/// A line with its band.
struct Drawn {
    name: String,
    color: Color32,
    dashed: bool,
    points: Vec<(usize, Band)>,
}

/// Models have colours, conditions have strokes.
pub(super) fn curves(ui: &mut Ui, curves: &Curves, figure: Figure) {
    let colors = palette(ui).curves;
    let mut models: Vec<i64> = curves.curves.iter().map(|curve| curve.checkpoint).collect();
    models.dedup();
    let drawn = |curve: &Curve| {
        let at = models.iter().position(|id| *id == curve.checkpoint).unwrap_or(0);
        let color = colors.get(at % colors.len()).copied().unwrap_or(Color32::GRAY);
        let shade = match curve.condition {
            Condition::Plain => color,
            Condition::Shuffled => color.gamma_multiply(0.75),
            Condition::Bare => color.gamma_multiply(0.5),
        };
        let points = curve.points.iter().filter_map(|point| Some((point.k, band(point, figure)?))).collect();
        let name = format!("{}: {}", curve.model, curve.condition.name());
        Drawn { name, color: shade, dashed: curve.condition != Condition::Plain, points }
    };
    let lines: Vec<Drawn> = curves.curves.iter().map(drawn).filter(|line| !line.points.is_empty()).collect();
    let chance = (figure != Figure::Loss && figure != Figure::Exact && curves.chance > 0.0).then_some(curves.chance);
    draw(ui, "lab_curves", &lines, figure != Figure::Loss, chance);
}

/// In the prompt, and in the weights.
pub(super) fn weights(ui: &mut Ui, weights: &Weights) {
    let colors = palette(ui).curves;
    let line = |name: &str, i: usize, of: fn(&crate::engine::lab::WeightsPoint) -> Band| Drawn {
        name: name.to_owned(),
        color: colors.get(i).copied().unwrap_or(Color32::GRAY),
        dashed: i > 0,
        points: weights.points.iter().map(|point| (point.k, of(point))).collect(),
    };
    let lines = [line("in the prompt", 0, |it| it.prompt), line("in the weights", 1, |it| it.weights)];
    draw(ui, "lab_weights", &lines, true, (weights.chance > 0.0).then_some(weights.chance));
}

fn draw(ui: &mut Ui, id: &str, lines: &[Drawn], share: bool, chance: Option<f64>) {
    let weak = palette(ui).text_weak;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        for line in lines {
            plot::legend(ui, line.color, line.dashed, &line.name, "The band holds the mean with 95 % confidence");
        }
        if chance.is_some() {
            plot::legend(ui, weak, true, "guessing", "What guessing among a task's labels scores");
        }
    });
    let scale = if share { 100.0 } else { 1.0 };
    let label: fn(f64) -> String = if share { |x| format!("{x:.0} %") } else { |x| format!("{x:.1}") };
    let height = (ui.available_height() * 0.5).clamp(200.0, 380.0);
    let plot = plot::over_steps(ui, id, Scale::Linear, height, label).allow_drag(false).allow_boxed_zoom(false);
    plot.show(ui, |area| {
        if let Some(chance) = chance {
            let line = HLine::new("guessing", scale * chance).color(weak).style(LineStyle::dashed_dense()).width(1.0);
            area.hline(line.allow_hover(false));
        }
        for line in lines {
            let at = |of: fn(&Band) -> f64| line.points.iter().map(move |(k, band)| [*k as f64, scale * of(band)]);
            if !line.dashed && line.points.len() > 1 {
                // A polygon's fill would have to be convex.
                let across: Vec<f64> = line.points.iter().map(|(k, _)| *k as f64).collect();
                let heights = |of: fn(&Band) -> f64| at(of).map(|[_, y]| y).collect::<Vec<_>>();
                let (low, high) = (heights(|band| band.low), heights(|band| band.high));
                let band = FilledArea::new(format!("{} band", line.name), &across, &low, &high);
                area.add(band.fill_color(line.color.gamma_multiply(0.18)).allow_hover(false));
            }
            let means: Vec<[f64; 2]> = at(|band| band.mean).collect();
            let mut curve = Line::new(&line.name, PlotPoints::from(means.clone())).color(line.color).width(2.0);
            if line.dashed {
                curve = curve.style(LineStyle::dashed_loose());
            }
            area.line(curve.allow_hover(false));
            area.points(Points::new(&line.name, PlotPoints::from(means)).color(line.color).radius(3.5).allow_hover(false));
        }
    });
}

/// Every figure of every point; a click opens the prompts of it.
pub(super) fn table(ui: &mut Ui, state: &LabState, curves: &Curves, figure: Figure, actions: &mut Vec<Action>) {
    Grid::new("lab_table").striped(true).spacing([space::L, space::XS]).show(ui, |ui| {
        widgets::small_weak(ui, "");
        for k in &curves.request.shots {
            widgets::small_weak(ui, if *k == 1 { "1 example".to_owned() } else { format!("{k} examples") });
        }
        ui.end_row();
        for (i, curve) in curves.curves.iter().enumerate() {
            ui.label(format!("{}, {}", curve.model, curve.condition.name()));
            for (j, point) in curve.points.iter().enumerate() {
                let Some(band) = band(point, figure) else {
                    widgets::weak(ui, "–");
                    continue;
                };
                let text = if figure == Figure::Loss {
                    format!("{:.2}  ({:.2} to {:.2})", band.mean, band.low, band.high)
                } else {
                    format!("{:.0} %  ({:.0} to {:.0})", 100.0 * band.mean, 100.0 * band.low, 100.0 * band.high)
                };
                let open = state.open.is_some_and(|(a, b, _)| (a, b) == (i, j));
                let cell = ui.selectable_label(open, text).on_hover_text("Show prompts of this point as the model read them");
                if cell.clicked() {
                    let next = if open { None } else { Some((i, j, 0)) };
                    actions.push(Action::Prompt(PromptAction::Lab(LabAction::Open(next))));
                }
            }
            ui.end_row();
        }
    });
}
