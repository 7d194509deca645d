//! The logit lens as a grid: a column for each token, a row for each layer, in each cell what that layer would say next.

use eframe::egui::{self, Align2, FontId, Rect, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::act;
use super::chips::{bar, readable};
use crate::engine::look::{LensCell, LensView};
use crate::state::look::{LookAction, LookState};
use crate::state::{Action, format};
use crate::ui::plot;
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

const CELL: egui::Vec2 = vec2(74.0, 21.0);
const NAMES: f32 = 74.0;

pub fn show(ui: &mut Ui, look: &LookState, actions: &mut Vec<Action>) {
    let Some(view) = &look.lens.got else {
        widgets::progress(ui, None, 120.0);
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let meaning = "Each block adds to a running sum, the residual stream. Here the output head reads that sum after every block, as if the \
                       model ended there (nostalgebraist 2020). From bottom to top one sees the answer take shape";
        widgets::term(ui, "What each layer would say next", meaning);
        plot::heat_legend(ui, "unsure", "sure of its best token");
    });
    widgets::small_weak(
        ui,
        "Framed: the layer's best token is the one that came. Read a column from below: it stands after its token.",
    );
    if view.tokens.len() < view.total {
        let (first, last) = (view.first + 1, view.first + view.tokens.len());
        widgets::small_weak(ui, format!("Tokens {first} to {last} of {}; pin another to move there.", view.total));
    }
    ui.add_space(space::XS);
    let place = look.place().unwrap_or(0);
    ScrollArea::horizontal().id_salt("lens").show(ui, |ui| grid(ui, view, place, actions));
}

fn grid(ui: &mut Ui, view: &LensView, pinned: usize, actions: &mut Vec<Action>) {
    let rows = view.layers + 2;
    let size = vec2(NAMES + CELL.x * view.tokens.len() as f32, CELL.y * rows as f32);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let cell_at = |depth: usize, column: usize| {
        let (x, y) = (NAMES + CELL.x * column as f32, CELL.y * (view.layers - depth) as f32);
        Rect::from_min_size(rect.min + vec2(x, y), CELL).shrink(1.0)
    };
    let visible = ui.clip_rect();
    for depth in 0..=view.layers {
        let name = if depth == 0 { "embedding".to_owned() } else { format!("layer {depth}") };
        let left = pos2(rect.left(), cell_at(depth, 0).center().y);
        ui.painter().text(left, Align2::LEFT_CENTER, name, FontId::proportional(11.5), palette(ui).text_weak);
        for column in 0..view.tokens.len() {
            let place = cell_at(depth, column);
            if let Some(cell) = view.cell(depth, column).filter(|_| visible.intersects(place)) {
                paint(ui, place, cell, view.tokens.get(column + 1).is_some());
            }
        }
    }
    for (column, token) in view.tokens.iter().enumerate() {
        let x = rect.left() + NAMES + CELL.x * column as f32;
        let under = Rect::from_min_size(pos2(x, rect.top() + CELL.y * (view.layers + 1) as f32), CELL);
        let here = view.first + column == pinned;
        let color = if here { palette(ui).accent } else { palette(ui).text };
        words(ui, under, token, color);
        if here {
            ui.painter().hline(under.x_range().shrink(2.0), under.bottom(), Stroke::new(2.0, color));
        }
    }
    let Some(pointer) = response.hover_pos() else { return };
    let (x, y) = (pointer.x - rect.left() - NAMES, pointer.y - rect.top());
    if x < 0.0 {
        return;
    }
    let column = (x / CELL.x) as usize;
    if response.clicked() && column < view.tokens.len() {
        actions.push(act(LookAction::Pin(Some(view.first + column))));
    }
    let row = (y / CELL.y) as usize;
    let Some(depth) = view.layers.checked_sub(row) else { return };
    if let Some(cell) = view.cell(depth, column) {
        let token = view.tokens.get(column).map(String::as_str).unwrap_or_default();
        let came = view.tokens.get(column + 1).map(String::as_str);
        response.on_hover_ui_at_pointer(|ui| explain(ui, depth, token, came, cell));
    }
}

fn paint(ui: &Ui, rect: Rect, cell: &LensCell, has_next: bool) {
    let Some(best) = cell.best.first() else { return };
    let (ground, color) = plot::heat(ui, best.p);
    ui.painter().rect_filled(rect, 2.0, ground);
    words(ui, rect, &best.text, color);
    if has_next && cell.came.is_some_and(|(_, rank)| rank == 1) {
        ui.painter().rect_stroke(rect, 2.0, Stroke::new(2.0, palette(ui).accent), StrokeKind::Inside);
    }
}

/// A token's text, cut off at the cell's border.
fn words(ui: &Ui, rect: Rect, text: &str, color: egui::Color32) {
    let inner = rect.shrink2(vec2(4.0, 0.0));
    let painter = ui.painter().with_clip_rect(inner.intersect(ui.clip_rect()));
    painter.text(inner.left_center(), Align2::LEFT_CENTER, readable(text), FontId::proportional(12.0), color);
}

fn explain(ui: &mut Ui, depth: usize, token: &str, came: Option<&str>, cell: &LensCell) {
    ui.set_max_width(300.0);
    (ui.spacing_mut().item_spacing.y, ui.spacing_mut().interact_size.y) = (2.0, 16.0);
    let name = if depth == 0 { "The embeddings alone".to_owned() } else { format!("Layer {depth}") };
    widgets::strong(ui, format!("{name}, after “{}”", readable(token)));
    for guess in &cell.best {
        bar(ui, guess, false, 110.0);
    }
    if let (Some((p, rank)), Some(came)) = (cell.came, came) {
        widgets::small_weak(
            ui,
            format!("“{}” came: {}, rank {}", readable(came), format::percent(f64::from(p)), format::count(rank as u64)),
        );
    }
}
