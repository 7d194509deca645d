//! A list of any length that draws only what is seen. Places are counted in rows, not in points: a float of points is too coarse for millions.

use eframe::egui::{self, Align, CornerRadius, Key, Layout, Rect, Response, Sense, Ui, UiBuilder, Vec2};

use super::theme::{self, palette};

/// How a list is laid out.
#[derive(Clone, Copy, Debug)]
pub struct VirtualRows {
    id: egui::Id,
    total: u64,
    row_height: f32,
}

/// What is on the screen, and what was clicked.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    pub first: u64,
    /// The last row that is seen, in part at least.
    pub last: u64,
    pub clicked: Option<u64>,
}

const BAR: f32 = 10.0;

impl VirtualRows {
    pub fn new(id: egui::Id, total: u64, row_height: f32) -> Self {
        Self { id, total, row_height }
    }

    /// Draws the rows into all the space there is; `row` gets the place in the list.
    pub fn show(self, ui: &mut Ui, selected: Option<u64>, mut row: impl FnMut(&mut Ui, u64)) -> Shown {
        let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
        let seen = f64::from(rect.height() / self.row_height);
        let most = (self.total as f64 - seen).max(0.0);
        let mut at = ui.data(|data| data.get_temp::<f64>(self.id)).unwrap_or(0.0);
        at = self.scrolled(ui, &response, at, seen);
        at = self.bar(ui, rect, at.clamp(0.0, most), seen, most).clamp(0.0, most);
        ui.data_mut(|data| data.insert_temp(self.id, at));
        let mut shown = Shown { first: at as u64, last: ((at + seen) as u64).min(self.total.saturating_sub(1)), clicked: None };
        if self.total == 0 {
            return shown;
        }
        let hovered = response.hover_pos().filter(|pos| pos.x < rect.right() - BAR);
        for place in shown.first..=shown.last {
            let top = rect.top() + ((place as f64 - at) * f64::from(self.row_height)) as f32;
            let line = Rect::from_min_size(egui::pos2(rect.left(), top), Vec2::new(rect.width() - BAR - 2.0, self.row_height));
            let over = hovered.is_some_and(|pos| line.contains(pos));
            if over && response.clicked() {
                shown.clicked = Some(place);
                response.request_focus();
            }
            Self::one(ui, rect, line, selected == Some(place), over, |ui| row(ui, place));
        }
        shown
    }

    fn one(ui: &mut Ui, clip: Rect, line: Rect, selected: bool, over: bool, add: impl FnOnce(&mut Ui)) {
        let colors = palette(ui);
        let painter = ui.painter().with_clip_rect(clip.intersect(ui.clip_rect()));
        if selected || over {
            let ground = if selected { colors.accent_soft } else { colors.button };
            painter.rect_filled(line, CornerRadius::same(3), ground);
        }
        painter.hline(line.x_range(), line.bottom(), egui::Stroke::new(1.0, colors.line.gamma_multiply(0.6)));
        let builder = UiBuilder::new().max_rect(line).layout(Layout::left_to_right(Align::Center));
        let mut child = ui.new_child(builder);
        child.set_clip_rect(line.intersect(clip).intersect(ui.clip_rect()));
        add(&mut child);
    }

    /// After the wheel and the keys.
    fn scrolled(&self, ui: &Ui, response: &Response, mut at: f64, seen: f64) -> f64 {
        if response.contains_pointer() {
            at -= f64::from(ui.input(|input| input.smooth_scroll_delta().y) / self.row_height);
        }
        if response.has_focus() {
            let page = (seen - 1.0).max(1.0);
            let keys = [
                (Key::ArrowDown, 1.0),
                (Key::ArrowUp, -1.0),
                (Key::PageDown, page),
                (Key::PageUp, -page),
                (Key::End, self.total as f64),
                (Key::Home, -(self.total as f64)),
            ];
            for (key, by) in keys {
                at += by * f64::from(u32::try_from(ui.input(|input| input.num_presses(key))).unwrap_or(0));
            }
        }
        at
    }

    /// The scroll bar; drags and clicks move it.
    fn bar(&self, ui: &Ui, rect: Rect, at: f64, seen: f64, most: f64) -> f64 {
        if most <= 0.0 {
            return 0.0;
        }
        let colors = palette(ui);
        let track = Rect::from_min_max(egui::pos2(rect.right() - BAR, rect.top()), rect.right_bottom());
        let height = ((seen / self.total as f64) as f32 * track.height()).clamp(24.0, track.height());
        let free = f64::from(track.height() - height).max(1.0);
        let response = ui.interact(track, self.id.with("bar"), Sense::click_and_drag());
        let mut at = at;
        if let Some(pos) = response.interact_pointer_pos()
            && response.is_pointer_button_down_on()
        {
            at = f64::from(pos.y - track.top() - height / 2.0) / free * most;
        }
        let top = track.top() + (at.clamp(0.0, most) / most * free) as f32;
        let handle = Rect::from_min_size(egui::pos2(track.left() + 2.0, top), Vec2::new(BAR - 4.0, height));
        let color = if response.hovered() || response.dragged() { colors.text_weak } else { colors.line_strong };
        ui.painter().rect_filled(handle, CornerRadius::same(theme::RADIUS), color);
        at
    }
}
