//! Fields of the set-up side: a name that explains itself, a control under it, and what is wrong below the group. Knows no run.

use std::ops::RangeInclusive;

use eframe::egui::{self, CollapsingHeader, DragValue, Layout, Response, RichText, Sense, Ui, emath::Numeric, vec2};

use crate::state::setup::Check;
use crate::state::{format, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::widgets;

/// Width of a field.
const WIDTH: f32 = 148.0;

/// One field: its name, on hover its meaning, and the control under it.
pub fn cell(ui: &mut Ui, check: &Check, field: &str, name: &str, meaning: &str, add: impl FnOnce(&mut Ui) -> Response) {
    let colors = palette(ui);
    let color = if check.error(field).is_some() { colors.error } else { colors.text_weak };
    ui.allocate_ui_with_layout(vec2(WIDTH, 46.0), Layout::top_down(egui::Align::Min), |ui| {
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 2.0;
        let label = ui.add(egui::Label::new(RichText::new(name).small().color(color)).sense(Sense::hover()).truncate());
        let label = label.on_hover_text(meaning);
        let control = add(ui).labelled_by(label.id);
        if check.error(field).is_some() {
            ui.painter().rect_stroke(
                control.rect,
                theme::RADIUS,
                egui::Stroke::new(1.0, colors.error),
                egui::StrokeKind::Outside,
            );
        }
        control.on_hover_text(meaning);
    });
}

/// Fields in rows that break where the space ends, and below them what is wrong with any.
pub fn group(ui: &mut Ui, check: &Check, of: &[&str], add: impl FnOnce(&mut Ui)) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::L, space::S);
        add(ui);
    });
    wrong(ui, check, of);
}

/// What is wrong with some fields, in full.
pub fn wrong(ui: &mut Ui, check: &Check, of: &[&str]) {
    for error in check.errors.iter().filter(|error| of.contains(&error.field)) {
        problem(ui, &error.message);
    }
}

/// One sentence about what is wrong.
pub fn problem(ui: &mut Ui, message: &str) {
    let colors = palette(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(widgets::icon(icon::WARNING_CIRCLE).color(colors.error));
        ui.add(egui::Label::new(RichText::new(message).color(colors.error)).wrap());
    });
}

/// A whole number.
pub fn whole<N: Numeric>(ui: &mut Ui, value: &mut N, range: RangeInclusive<N>, speed: f64) -> Response {
    let drag = DragValue::new(value).range(range).speed(speed).custom_formatter(|x, _| format::count(x.max(0.0) as u64));
    ui.add_sized([WIDTH, 26.0], drag.custom_parser(|text| text.replace([',', ' '], "").parse().ok()))
}

/// A rate or a share, written as short as it can be.
pub fn real(ui: &mut Ui, value: &mut f64, range: RangeInclusive<f64>) -> Response {
    let speed = (*value * 0.01).max(1e-4 * range.end().min(1.0) * 0.01).max(1e-9);
    ui.add_sized([WIDTH, 26.0], DragValue::new(value).range(range).speed(speed).custom_formatter(|x, _| format::small(x)))
}

/// A part of the form on its own ground; parts stand further apart than what is in them.
pub fn card<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    widgets::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        add(ui)
    })
}

/// A part of the form that is opened when it is wanted; `summary` says what is in it while it is closed.
pub fn part(ui: &mut Ui, name: &str, summary: &str, has_errors: bool, add: impl FnOnce(&mut Ui)) {
    card(ui, |ui| {
        let colors = palette(ui);
        let title = RichText::new(name).text_style(theme::section()).color(colors.text_strong);
        let shown = CollapsingHeader::new(title).id_salt(name).open(has_errors.then_some(true)).show_unindented(ui, |ui| {
            ui.add_space(space::S);
            add(ui);
        });
        if shown.fully_closed() {
            let place = shown.header_response.rect.left_center() + vec2(240.0, 0.0);
            let clip = ui.max_rect().intersect(ui.clip_rect());
            let font = egui::TextStyle::Small.resolve(ui.style());
            ui.painter().with_clip_rect(clip).text(place, egui::Align2::LEFT_CENTER, summary, font, colors.text_weak);
        }
    });
}
