//! What all plots share: how they look, how they zoom, how numbers stand at their axes, and a scale of heat. Knows no run.

use std::ops::RangeInclusive;
use std::sync::Arc;

use eframe::egui::{Align2, Color32, ColorImage, Context, FontId, Id, Pos2, Rect, Sense, Shape, Stroke, Ui, Vec2, pos2, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, LineStyle, Plot, PlotPoint, PlotTransform, PlotUi, Points};

use super::theme::{self, palette};
use crate::state::format;

/// Points a line at most: more would not be seen.
pub const MOST_POINTS: usize = 900;

/// A straight or a logarithmic axis of values. Plots are drawn on the scaled values, and labels scale back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Linear,
    Log,
}

impl Scale {
    pub fn to(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log => value.max(1e-9).log10(),
        }
    }

    pub fn back(self, place: f64) -> f64 {
        match self {
            Self::Linear => place,
            Self::Log => 10_f64.powf(place),
        }
    }

    /// A line's points on this scale.
    pub fn points(self, points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
        match self {
            Self::Linear => points,
            Self::Log => points.into_iter().map(|[x, y]| [x, self.to(y)]).collect(),
        }
    }
}

/// A plot over steps: dragging moves, the wheel zooms, a double click shows everything again.
pub fn over_steps<'a>(ui: &Ui, name: &'a str, scale: Scale, height: f32, number: fn(f64) -> String) -> Plot<'a> {
    let colors = palette(ui);
    let font = FontId::proportional(10.5);
    let width = f64::from(ui.available_width().max(100.0));
    let x_axis = AxisHints::new_x()
        .formatter(move |mark: GridMark, shown: &RangeInclusive<f64>| step_label(mark.value, shown, width))
        .tick_label_color(colors.text_weak)
        .tick_label_font(font.clone());
    let y_axis = AxisHints::new_y()
        .formatter(move |mark: GridMark, shown: &RangeInclusive<f64>| match scale {
            Scale::Linear => value_label(mark.value, shown, number),
            Scale::Log => number(scale.back(mark.value)),
        })
        .tick_label_color(colors.text_weak)
        .tick_label_font(font)
        .min_thickness(40.0);
    Plot::new(name)
        .height(height)
        .custom_x_axes(vec![x_axis])
        .custom_y_axes(vec![y_axis])
        .allow_scroll(false)
        .allow_boxed_zoom(true)
        // Beside the last step stands half of its label.
        .set_margin_fraction(vec2((12.0 / width as f32).clamp(0.01, 0.05), 0.06))
        .grid_spacing(28.0..=90.0)
        .x_grid_spacer(|input| round_marks(&input, 2.4, 1.0))
        .y_grid_spacer(move |input| match scale {
            Scale::Linear => round_marks(&input, 1.2, 0.0),
            Scale::Log => log_marks(&input),
        })
        .grid_color(colors.line)
        .cursor_color(colors.line_strong)
        .label_formatter(|_| None)
        .show_background(true)
}

/// A step at its mark; nothing where it would be cut off at the right edge of a plot of this width in points.
fn step_label(step: f64, shown: &RangeInclusive<f64>, width: f64) -> String {
    // Half of a digit's width, in points.
    const HALF: f64 = 3.0;
    if step < 0.0 {
        return String::new();
    }
    let text = short(step.round() as u64);
    let room = (shown.end() - step) / (shown.end() - shown.start()).max(1e-9) * width;
    if room < HALF * text.chars().count() as f64 { String::new() } else { text }
}

/// A value at its mark, with further digits where neighbours would read alike.
fn value_label(value: f64, shown: &RangeInclusive<f64>, number: fn(f64) -> String) -> String {
    let text = number(value);
    let span = shown.end() - shown.start();
    let apart = span / 8.0;
    if !(apart > 0.0 && apart.is_finite()) || number(value + apart) != text {
        return text;
    }
    let digits = (1.0 - span.log10()).ceil().clamp(0.0, 9.0) as usize;
    let unit = if text.ends_with('%') { " %" } else { "" };
    format!("{value:.digits$}{unit}")
}

/// A curve of one point is no line: it is drawn as a dot.
pub fn lone(area: &mut PlotUi<'_>, points: &[[f64; 2]], color: Color32) {
    if let [point] = points {
        area.points(Points::new("", vec![*point]).color(color).radius(3.0).allow_hover(false));
    }
}

/// Marks at round numbers, at least `apart` times the least distance of grid lines, and `floor`, from one another.
fn round_marks(input: &GridInput, apart: f64, floor: f64) -> Vec<GridMark> {
    let least = (input.base_step_size * apart).max(floor);
    if !(least > 0.0 && least.is_finite()) {
        return Vec::new();
    }
    let unit = 10_f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * unit).find(|step| *step >= least).unwrap_or(10.0 * unit);
    let (from, to) = ((input.bounds.0 / step).ceil(), (input.bounds.1 / step).floor());
    // Bounds so far apart that their marks cannot be counted have none.
    let count = if to - from < 1e3 { (to - from + 1.0).max(0.0) as usize } else { 0 };
    (0..count).map(|i| GridMark { value: (from + i as f64) * step, step_size: input.base_step_size * 3.0 }).collect()
}

/// Marks at round values on a logarithmic axis.
fn log_marks(input: &GridInput) -> Vec<GridMark> {
    const ROUND: [f64; 8] = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];
    let (from, to) = (input.bounds.0.max(-12.0), input.bounds.1.min(12.0));
    let decades = from.floor() as i32..=to.ceil() as i32;
    let places = decades.flat_map(|decade| ROUND.map(|m| m.log10() + f64::from(decade)));
    places.filter(|x| (from..=to).contains(x)).map(|value| GridMark { value, step_size: input.base_step_size * 3.0 }).collect()
}

/// A round number of steps in little space: `500 k`, `2 M`.
fn short(n: u64) -> String {
    match n {
        1_000_000.. if n.is_multiple_of(100_000) => format!("{} M", n as f64 / 1e6),
        10_000.. if n.is_multiple_of(1_000) => format!("{} k", n / 1_000),
        _ => format::count(n),
    }
}

/// Lets the wheel zoom around the pointer: along the steps; with Shift, along the values.
pub fn wheel_zoom(plot: &mut PlotUi<'_>) {
    if !plot.response().hovered() {
        return;
    }
    let (wheel, shift) = plot.ctx().input(|input| (input.smooth_scroll_delta(), input.modifiers.shift));
    let turned = if wheel.y == 0.0 { wheel.x } else { wheel.y };
    if turned != 0.0 {
        let factor = (turned / 240.0).exp();
        plot.zoom_bounds_around_hovered(if shift { vec2(1.0, factor) } else { vec2(factor, 1.0) });
    }
}

/// A label painted in a plot at a place of its own, with a ground that keeps it readable.
pub fn label(ui: &Ui, clip: Rect, place: Pos2, anchor: Align2, text: &str, color: Color32) -> Rect {
    let painter = ui.painter().with_clip_rect(clip);
    let galley = painter.layout_no_wrap(text.to_owned(), FontId::proportional(10.5), color);
    let rect = anchor.anchor_size(place, galley.size());
    painter.rect_filled(rect.expand2(vec2(3.0, 1.0)), 3.0, palette(ui).field.gamma_multiply(0.85));
    painter.galley(rect.min, galley, color);
    rect
}

/// A vertical line through a plot at a step.
pub fn vertical(ui: &Ui, transform: &PlotTransform, step: f64, stroke: Stroke, style: LineStyle) {
    let frame = *transform.frame();
    let x = transform.position_from_point(&PlotPoint::new(step, 0.0)).x;
    if !frame.x_range().contains(x) {
        return;
    }
    let painter = ui.painter().with_clip_rect(frame);
    let ends = [pos2(x, frame.top()), pos2(x, frame.bottom())];
    match style {
        LineStyle::Solid => {
            painter.line_segment(ends, stroke);
        }
        LineStyle::Dashed { length } => {
            painter.extend(Shape::dashed_line(&ends, stroke, length, length * 0.8));
        }
        LineStyle::Dotted { spacing } => {
            painter.extend(Shape::dotted_line(&ends, stroke.color, spacing, stroke.width));
        }
    }
}

/// A key to a line: a short stroke of its colour, its name, and on hover what it is.
pub fn legend(ui: &mut Ui, color: Color32, dashed: bool, name: &str, meaning: &str) {
    let text = ui.painter().layout_no_wrap(name.to_owned(), FontId::proportional(12.0), palette(ui).text);
    let (rect, response) = ui.allocate_exact_size(vec2(text.size().x + 22.0, 18.0), Sense::hover());
    let y = rect.center().y;
    let ends = [pos2(rect.left(), y), pos2(rect.left() + 16.0, y)];
    if dashed {
        ui.painter().extend(Shape::dashed_line(&ends, Stroke::new(1.5, color), 4.0, 3.0));
    } else {
        ui.painter().line_segment(ends, Stroke::new(2.5, color));
    }
    ui.painter().galley(pos2(rect.left() + 22.0, y - text.size().y / 2.0), text, palette(ui).text);
    response.on_hover_text(meaning);
}

/// Ground and text of a value between 0 (cold) and 1 (hot). The scale rises in lightness, so that it reads without colours too.
pub fn heat(ui: &Ui, t: f32) -> (Color32, Color32) {
    let scale = theme::heat(ui.visuals().dark_mode);
    let last = scale.len() - 1;
    let place = t.clamp(0.0, 1.0) * last as f32;
    let i = (place as usize).min(last.saturating_sub(1));
    let (from, to) = (scale.get(i), scale.get(i + 1));
    let ground = from.zip(to).map_or(Color32::GRAY, |(from, to)| from.lerp_to_gamma(*to, place - i as f32));
    let on_dark = theme::contrast(Color32::WHITE, ground) >= theme::contrast(Color32::BLACK, ground);
    (ground, if on_dark { Color32::WHITE } else { Color32::BLACK })
}

/// The scale of heat with its two ends named.
pub fn heat_legend(ui: &mut Ui, cold: &str, hot: &str) {
    const PARTS: usize = 24;
    ui.horizontal(|ui| {
        super::widgets::small_weak(ui, cold);
        let (rect, _) = ui.allocate_exact_size(Vec2::new(96.0, 10.0), Sense::hover());
        let width = rect.width() / PARTS as f32;
        for i in 0..PARTS {
            let (color, _) = heat(ui, i as f32 / (PARTS - 1) as f32);
            let left = rect.left() + i as f32 * width;
            ui.painter().rect_filled(Rect::from_min_size(pos2(left, rect.top()), vec2(width + 0.5, rect.height())), 0.0, color);
        }
        super::widgets::small_weak(ui, hot);
    });
}

/// A picture of the window on its way, and the part of it that is wanted.
#[derive(Clone, Default)]
struct Picture(Option<(Arc<ColorImage>, Rect)>);

/// Asks for a picture of the window; it comes with one of the next frames.
pub fn ask_picture(ctx: &Context, id: Id, part: Rect) {
    let answer = ctx.clone();
    ctx.request_screenshot(move |image| {
        answer.data_mut(|data| data.insert_temp(id, Picture(Some((image, part)))));
        answer.request_repaint();
    });
}

/// The picture that was asked for, cut out and encoded as PNG.
pub fn take_picture(ctx: &Context, id: Id) -> Option<Result<Vec<u8>, String>> {
    let (image, part) = ctx.data_mut(|data| data.remove_temp::<Picture>(id))?.0?;
    Some(encode(&image.region(&part.intersect(ctx.content_rect()), Some(ctx.pixels_per_point()))))
}

fn encode(image: &ColorImage) -> Result<Vec<u8>, String> {
    let [width, height] = image.size;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let pixels = image.pixels.iter().flat_map(Color32::to_srgba_unmultiplied).collect::<Vec<u8>>();
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    written.map(|()| bytes).map_err(|error| format!("The picture could not be encoded: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_go_there_and_back() {
        for scale in [Scale::Linear, Scale::Log] {
            assert!((scale.back(scale.to(3.5)) - 3.5).abs() < 1e-9);
        }
        assert!(Scale::Log.to(0.0).is_finite());
    }

    #[test]
    fn marks_stand_at_round_numbers() {
        let input = |from, to, base_step_size| GridInput { bounds: (from, to), base_step_size };
        let values = |marks: Vec<GridMark>| marks.into_iter().map(|mark| mark.value).collect::<Vec<_>>();
        assert_eq!(
            values(round_marks(&input(-3.0, 172.0, 6.0), 2.4, 1.0)),
            [0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0, 140.0, 160.0]
        );
        assert_eq!([short(800), short(500_000), short(1_500_000), short(12_345)], ["800", "500 k", "1.5 M", "12,345"]);
        assert!(round_marks(&input(0.0, 1e9, 1e-9), 2.4, 0.0).is_empty());
        // No two marks at one step.
        assert_eq!(values(round_marks(&input(0.0, 2.0, 0.1), 2.4, 1.0)), [0.0, 1.0, 2.0]);
        let log = values(log_marks(&input(0.0, 1.0, 0.05)));
        assert!(log.contains(&0.0) && log.contains(&1.0) && log.len() == 9);
    }

    #[test]
    fn labels_tell_their_marks_apart_and_are_not_cut() {
        let two: fn(f64) -> String = |x| format!("{x:.2}");
        assert_eq!([0.0, 0.005, 0.01].map(|x| value_label(x, &(0.0..=0.012), two)), ["0.000", "0.005", "0.010"]);
        assert_eq!([0.5, 1.0].map(|x| value_label(x, &(0.0..=2.0), two)), ["0.50", "1.00"]);
        assert_eq!(step_label(40.0, &(0.0..=40.2), 400.0), "");
        assert_eq!([20.0, 40.0].map(|x| step_label(x, &(0.0..=41.0), 400.0)), ["20", "40"]);
    }

    #[test]
    fn a_picture_is_a_png() {
        let image = ColorImage::new([2, 1], vec![Color32::RED, Color32::BLUE]);
        let png = encode(&image).unwrap();
        assert!(png.starts_with(b"\x89PNG"));
    }
}
