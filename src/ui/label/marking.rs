//! A text with marks on it, in which words are selected by dragging. Knows no task.

use std::ops::Range;

use eframe::egui::text::{CCursor, LayoutJob, TextFormat};
use eframe::egui::{self, Color32, FontId, Label, Sense, Stroke, StrokeKind, Ui};

use crate::ui::theme::palette;

/// A marked part of a text.
pub(super) struct Mark<'a> {
    pub bytes: Range<usize>,
    pub label: &'a str,
    pub color: Color32,
}

/// Draws the text; gives the bytes that were dragged over, as long as the button is down and when it comes up.
pub(super) fn show(ui: &mut Ui, text: &str, marks: &[Mark<'_>], selected: Option<&Range<usize>>) -> Option<Range<usize>> {
    let colors = palette(ui);
    let font = FontId::proportional(16.0);
    let mut job = LayoutJob::default();
    let plain = TextFormat {
        font_id: font,
        color: colors.text_strong,
        line_height: Some(34.0),
        valign: egui::Align::TOP,
        ..TextFormat::default()
    };
    let mut at = 0;
    for mark in marks {
        job.append(text.get(at..mark.bytes.start).unwrap_or_default(), 0.0, plain.clone());
        let format = TextFormat { background: mark.color.gamma_multiply(0.35), ..plain.clone() };
        job.append(text.get(mark.bytes.clone()).unwrap_or_default(), 0.0, format);
        at = mark.bytes.end;
    }
    job.append(text.get(at..).unwrap_or_default(), 0.0, plain);
    job.wrap.max_width = ui.available_width();
    let (pos, galley, response) = Label::new(job).wrap().sense(Sense::click_and_drag()).layout_in_ui(ui);
    ui.painter().galley(pos, galley.clone(), colors.text_strong);
    let place = |byte: usize| {
        let chars = eframe::egui::text::CharIndex(text.get(..byte).map_or(0, |before| before.chars().count()));
        galley.pos_from_cursor(CCursor::new(chars)).translate(pos.to_vec2())
    };
    for mark in marks {
        // Its name stands small under its beginning.
        let rect = place(mark.bytes.start);
        let font = FontId::proportional(10.0);
        ui.painter().text(rect.left_top() + egui::vec2(0.0, 36.0), egui::Align2::LEFT_CENTER, mark.label, font, colors.text);
    }
    if let Some(selected) = selected {
        let (from, to) = (place(selected.start), place(selected.end));
        let stroke = Stroke::new(1.5, colors.accent);
        if (from.top() - to.top()).abs() < 1.0 {
            let rect = egui::Rect::from_min_max(from.left_top(), to.right_bottom()).expand2(egui::vec2(2.0, -3.0));
            ui.painter().rect_stroke(rect, 3.0, stroke, StrokeKind::Outside);
        } else {
            for rect in [from, to] {
                ui.painter().vline(rect.left(), rect.y_range(), stroke);
            }
            ui.painter().hline(from.left()..=(pos.x + galley.size().x), from.bottom() - 3.0, stroke);
            ui.painter().hline(pos.x..=to.left(), to.bottom() - 3.0, stroke);
        }
    }
    let byte_at = |pointer: egui::Pos2| {
        let char = galley.cursor_from_pos(pointer - pos).index.0;
        text.char_indices().nth(char).map_or(text.len(), |(byte, _)| byte)
    };
    if !(response.dragged() || response.drag_stopped() || response.clicked()) {
        return None;
    }
    let pointer = response.interact_pointer_pos()?;
    let origin = ui.input(|input| input.pointer.press_origin()).filter(|_| !response.clicked()).unwrap_or(pointer);
    let (a, b) = (byte_at(origin), byte_at(pointer));
    Some(a.min(b)..a.max(b))
}
