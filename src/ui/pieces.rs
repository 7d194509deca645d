//! A text cut into tokens: neighbouring pieces on different grounds, what a piece is on hover. Used wherever tokens are shown.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, Color32, Label, Sense, TextStyle, Ui};

use super::theme::palette;
use crate::engine::event::Piece;

/// Draws the pieces in lines as wide as there is room.
pub fn show(ui: &mut Ui, pieces: &[Piece]) {
    let colors = palette(ui);
    let ground = |i: usize| colors.tokens.get(i % colors.tokens.len()).copied().unwrap_or(Color32::TRANSPARENT);
    let parts = pieces.iter().enumerate().map(|(i, piece)| (piece.text.as_str(), ground(i)));
    show_parts(ui, parts, |i| pieces.get(i).map(describe).unwrap_or_default());
}

/// Draws pieces of text, each on its own ground; `hover` explains the one under the pointer.
pub fn show_parts<'a>(ui: &mut Ui, parts: impl Iterator<Item = (&'a str, Color32)>, hover: impl Fn(usize) -> String) {
    let font_id = TextStyle::Monospace.resolve(ui.style());
    let color = palette(ui).text;
    let mut job = LayoutJob::default();
    // `ends[i]`: characters up to the end of piece i.
    let mut ends = Vec::new();
    let mut n_chars = 0;
    for (text, background) in parts {
        let visible = visible(text);
        n_chars += visible.chars().count();
        ends.push(n_chars);
        let format = TextFormat { font_id: font_id.clone(), color, background, line_height: Some(21.0), ..TextFormat::default() };
        job.append(&visible, 0.0, format);
    }
    job.wrap.max_width = ui.available_width();
    let (pos, galley, response) = Label::new(job).wrap().sense(Sense::hover()).layout_in_ui(ui);
    ui.painter().galley(pos, galley.clone(), color);
    let Some(pointer) = response.hover_pos() else { return };
    let at = galley.cursor_from_pos(pointer - pos).index;
    let piece = ends.partition_point(|&end| end <= at.0);
    if piece < ends.len() {
        response.on_hover_ui_at_pointer(|ui| {
            ui.add(Label::new(egui::RichText::new(hover(piece)).monospace()));
        });
    }
}

/// Line ends are drawn as a sign before they break the line; other signs without a shape by their name.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("⏎\n"),
            '\t' => out.push('⇥'),
            '\r' => out.push('␍'),
            c if c.is_control() => out.push('�'),
            c => out.push(c),
        }
    }
    out
}

fn describe(piece: &Piece) -> String {
    format!("{:?}\ntoken {}\nfrom byte {}", piece.text, piece.id, piece.start)
}
