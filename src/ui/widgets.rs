//! Small things that every page is made of. They know the theme, and no page.

use eframe::egui::{
    self, Align, Color32, CornerRadius, Frame, IntoAtoms, Layout, Margin, Response, RichText, Role, Sense, Stroke, Ui, UiBuilder,
    Vec2, WidgetInfo,
};

use super::theme::{self, palette, space};

/// An icon as text.
pub fn icon(glyph: &str) -> RichText {
    RichText::new(glyph).family(theme::icons()).size(15.0)
}

/// An ordinary button with an icon before its label.
pub fn button(ui: &mut Ui, glyph: &str, label: &str) -> Response {
    named(ui.add(egui::Button::new((icon(glyph), label))), label)
}

/// As `button`, greyed out with the reason on hover.
pub fn button_unless(ui: &mut Ui, glyph: &str, label: &str, refusal: Option<&str>) -> Response {
    let response = ui.add_enabled(refusal.is_none(), egui::Button::new((icon(glyph), label)));
    explain_refusal(named(response, label), refusal)
}

/// The one button of a view that says "do this next".
pub fn primary(ui: &mut Ui, glyph: &str, label: &str) -> Response {
    primary_unless(ui, glyph, label, None)
}

/// As `primary`, greyed out with the reason on hover.
pub fn primary_unless(ui: &mut Ui, glyph: &str, label: &str, refusal: Option<&str>) -> Response {
    let palette = palette(ui);
    let response = ui
        .scope(|ui| {
            let widgets = &mut ui.visuals_mut().widgets;
            let states = [
                (&mut widgets.inactive, palette.accent_fill),
                (&mut widgets.hovered, palette.accent_fill_hover),
                (&mut widgets.active, palette.accent_fill_hover),
            ];
            for (state, ground) in states {
                state.weak_bg_fill = ground;
                state.bg_stroke = Stroke::NONE;
                state.fg_stroke.color = palette.on_accent;
            }
            ui.spacing_mut().button_padding = Vec2::new(14.0, 6.0);
            let text = RichText::new(label).text_style(theme::strong());
            ui.add_enabled(refusal.is_none(), egui::Button::new((icon(glyph), text)))
        })
        .inner;
    explain_refusal(named(response, label), refusal)
}

/// A square button with an icon alone; its name is read out and shown on hover.
pub fn icon_button(ui: &mut Ui, glyph: &str, name: &str) -> Response {
    icon_button_unless(ui, glyph, name, None)
}

pub fn icon_button_unless(ui: &mut Ui, glyph: &str, name: &str, refusal: Option<&str>) -> Response {
    let button = egui::Button::new(icon(glyph)).min_size(Vec2::splat(ui.spacing().interact_size.y)).frame_when_inactive(false);
    let response = named(ui.add_enabled(refusal.is_none(), button), name);
    explain_refusal(response.on_hover_text(name), refusal)
}

fn explain_refusal(response: Response, refusal: Option<&str>) -> Response {
    match refusal {
        Some(why) => response.on_disabled_hover_text(why),
        None => response,
    }
}

/// Gives a widget the name that screen readers and tests know it by.
pub fn named(response: Response, name: &str) -> Response {
    response.accessible_name(name)
}

/// A heading inside a page.
pub fn section(ui: &mut Ui, text: &str) -> Response {
    ui.label(RichText::new(text).text_style(theme::section()).color(palette(ui).text_strong))
}

pub fn weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).color(palette(ui).text_weak))
}

pub fn small_weak(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).small().color(palette(ui).text_weak))
}

pub fn strong(ui: &mut Ui, text: impl Into<String>) -> Response {
    ui.label(RichText::new(text).text_style(theme::strong()).color(palette(ui).text_strong))
}

/// A text in a column of its own, cut off with an ellipsis where it is too long.
pub fn column(ui: &mut Ui, width: f32, text: impl Into<egui::WidgetText>) -> Response {
    let height = ui.spacing().interact_size.y;
    let layout = Layout::left_to_right(Align::Center);
    ui.allocate_ui_with_layout(Vec2::new(width, height), layout, |ui| {
        ui.set_width(width);
        ui.add(egui::Label::new(text).truncate().sense(Sense::hover()))
    })
    .inner
}

/// A word that a newcomer may not know: underlined with dots, explained on hover.
pub fn term(ui: &mut Ui, word: &str, meaning: &str) -> Response {
    let palette = palette(ui);
    let response = ui.add(egui::Label::new(RichText::new(word).color(palette.text_weak)).sense(Sense::hover()));
    dotted_underline(ui, &response, palette.line_strong);
    response.on_hover_text(meaning)
}

fn dotted_underline(ui: &Ui, response: &Response, color: Color32) {
    let rect = response.rect;
    let points = [egui::pos2(rect.left(), rect.bottom() - 1.0), egui::pos2(rect.right(), rect.bottom() - 1.0)];
    ui.painter().extend(egui::Shape::dotted_line(&points, color, 3.0, 0.6));
}

/// A group of things on its own ground.
pub fn card<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = palette(ui);
    Frame::new()
        .fill(palette.card)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(theme::RADIUS_LARGE))
        .inner_margin(Margin::same(space::M as i8))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            add(ui)
        })
        .inner
}

/// A strip that says something about the page, with a sign and a tint.
pub fn strip<R>(ui: &mut Ui, tone: Tone, add: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = palette(ui);
    let (ground, glyph, color) = match tone {
        Tone::Info => (palette.accent_soft, crate::state::icon::INFO, palette.accent),
        Tone::Warning => (palette.warning_soft, crate::state::icon::WARNING, palette.warning),
        Tone::Error => (palette.error_soft, crate::state::icon::WARNING_CIRCLE, palette.error),
    };
    Frame::new()
        .fill(ground)
        .corner_radius(CornerRadius::same(theme::RADIUS))
        .inner_margin(Margin::symmetric(space::M as i8, space::S as i8))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal_top(|ui| {
                ui.label(icon(glyph).color(color));
                ui.vertical(|ui| add(ui)).inner
            })
            .inner
        })
        .inner
}

/// What a strip or a chip is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Info,
    Warning,
    Error,
}

/// A small coloured word, say a state.
pub fn chip(ui: &mut Ui, text: &str, color: Color32) -> Response {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), egui::TextStyle::Small.resolve(ui.style()), color);
    let size = galley.size() + Vec2::new(14.0, 4.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect(
        rect,
        CornerRadius::same((size.y / 2.0) as u8),
        color.gamma_multiply(0.14),
        Stroke::NONE,
        egui::StrokeKind::Inside,
    );
    ui.painter().galley(rect.min + Vec2::new(7.0, 2.0), galley, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    response
}

/// A figure with its name under it.
pub fn tile(ui: &mut Ui, figure: &str, name: &str, meaning: &str) {
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        ui.label(RichText::new(figure).text_style(theme::figure()).color(palette(ui).text_strong));
        if meaning.is_empty() {
            small_weak(ui, name);
        } else {
            let color = palette(ui);
            let response = ui.add(egui::Label::new(RichText::new(name).small().color(color.text_weak)).sense(Sense::hover()));
            dotted_underline(ui, &response, color.line_strong);
            response.on_hover_text(meaning);
        }
    });
}

/// A page with nothing on it yet: what it is for, what to do next, and the button for it.
pub fn empty_page<R>(ui: &mut Ui, glyph: &str, title: &str, body: &str, buttons: impl FnOnce(&mut Ui) -> R) -> R {
    let palette = palette(ui);
    let width = ui.available_width().min(520.0);
    let top = (ui.available_height() * 0.22).max(space::L);
    ui.vertical_centered(|ui| {
        ui.add_space(top);
        ui.label(RichText::new(glyph).family(theme::icons()).size(44.0).color(palette.text_weak));
        ui.add_space(space::S);
        ui.label(RichText::new(title).heading().color(palette.text_strong));
        ui.add_space(space::XS);
        ui.scope(|ui| {
            ui.set_max_width(width);
            ui.label(RichText::new(body).color(palette.text_weak));
        });
        ui.add_space(space::L);
        buttons(ui)
    })
    .inner
}

/// A bar of what is done, thin, with no text.
pub fn progress(ui: &mut Ui, fraction: Option<f32>, width: f32) -> Response {
    let palette = palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 6.0), Sense::hover());
    let radius = CornerRadius::same(3);
    ui.painter().rect_filled(rect, radius, palette.button_hover);
    let filled = if let Some(fraction) = fraction {
        egui::Rect::from_min_size(rect.min, Vec2::new(rect.width() * fraction.clamp(0.0, 1.0), rect.height()))
    } else {
        ui.ctx().request_repaint_after(std::time::Duration::from_millis(60));
        let phase = (ui.input(|input| input.time) * 0.6).fract() as f32;
        let start = rect.left() + rect.width() * (phase * 1.3 - 0.3);
        let moving = egui::Rect::from_min_size(egui::pos2(start, rect.top()), Vec2::new(rect.width() * 0.3, rect.height()));
        moving.intersect(rect)
    };
    ui.painter().rect_filled(filled, radius, palette.accent);
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, "Progress"));
    response
}

/// A row of exclusive choices that reads as tabs.
pub fn tabs<T: Copy + PartialEq>(ui: &mut Ui, current: T, choices: &[(T, &str)]) -> Option<T> {
    let palette = palette(ui);
    let mut chosen = None;
    let line = ui
        .horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            for &(value, label) in choices {
                let selected = value == current;
                let color = if selected { palette.text_strong } else { palette.text_weak };
                let text = RichText::new(label).text_style(theme::strong()).color(color);
                let response = ui.add(egui::Button::new(text).frame(false).min_size(Vec2::new(0.0, 30.0)));
                response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, label));
                let under = egui::Rect::from_min_max(
                    egui::pos2(response.rect.left(), response.rect.bottom() - 2.0),
                    response.rect.right_bottom(),
                );
                if selected {
                    ui.painter().rect_filled(under, 1.0, palette.accent);
                } else if response.hovered() {
                    ui.painter().rect_filled(under, 1.0, palette.line_strong);
                }
                if response.clicked() && !selected {
                    chosen = Some(value);
                }
            }
        })
        .response
        .rect;
    let full = ui.max_rect();
    ui.painter().hline(full.x_range(), line.bottom(), Stroke::new(1.0, palette.line));
    chosen
}

/// A row of a list, as wide as the list; `add` draws inside it.
pub fn list_row(ui: &mut Ui, selected: bool, name: &str, height: f32, add: impl FnOnce(&mut Ui)) -> Response {
    let palette = palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), height), Sense::click());
    let ground = match (selected, response.hovered()) {
        (true, _) => Some(palette.accent_soft),
        (false, true) => Some(palette.button),
        (false, false) => None,
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS), ground);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(
            rect,
            CornerRadius::same(theme::RADIUS),
            Stroke::new(1.0, palette.accent),
            egui::StrokeKind::Inside,
        );
    }
    let inner = rect.shrink2(Vec2::new(space::S, 2.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    child.set_clip_rect(rect.intersect(ui.clip_rect()));
    add(&mut child);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, name));
    response
}

/// A name and a value on one line, names in one column.
pub fn fact(ui: &mut Ui, name: impl Into<String>, value: impl Into<String>) {
    small_weak(ui, name);
    ui.add(egui::Label::new(RichText::new(value)).truncate());
    ui.end_row();
}

/// As `egui::Button`, with the ground of a menu entry.
pub fn menu_entry<'a>(atoms: impl IntoAtoms<'a>) -> egui::Button<'a> {
    egui::Button::new(atoms).frame_when_inactive(false)
}
