//! Version, renderer, frame times: what one is asked for when something goes wrong.

use eframe::egui::{Grid, Ui};

use super::{Surroundings, modals};
use crate::state::{Action, format};
use crate::ui::theme::space;
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, around: &Surroundings, actions: &mut Vec<Action>) {
    ui.set_width(420.0);
    modals::title(ui, "Lyceum");
    widgets::weak(ui, "Train, prompt and teach language models in one window, on one machine.");
    ui.add_space(space::M);
    let frames = &around.frames;
    let facts = [
        ("Version", env!("CARGO_PKG_VERSION").to_owned()),
        ("Drawn by", around.renderer.clone()),
        ("First frame after", around.first_frame_s.map_or_else(|| "?".to_owned(), |s| format::duration(f64::from(s)))),
        ("Frames drawn", format::count(frames.count())),
        ("Half of the frames took less than", format!("{:.1} ms", frames.percentile_ms(0.5))),
        ("99 of 100 frames took less than", format!("{:.1} ms", frames.percentile_ms(0.99))),
        ("Memory", around.memory_bytes.map_or_else(|| "?".to_owned(), format::bytes)),
        ("Processors", std::thread::available_parallelism().map_or_else(|_| "?".to_owned(), |n| n.to_string())),
    ];
    let text = facts.each_ref().map(|(name, value)| format!("{name}: {value}")).join("\n");
    Grid::new("about").num_columns(2).spacing([space::L, space::XS]).show(ui, |ui| {
        for (name, value) in facts {
            widgets::fact(ui, name, value);
        }
    });
    ui.add_space(space::S);
    widgets::small_weak(ui, "Text: Inter (OFL), DejaVu, Droid Sans Fallback (Apache 2). Icons: Phosphor (MIT).");
    ui.add_space(space::M);
    ui.horizontal(|ui| {
        if ui.button("Copy").on_hover_text("For a report of something that went wrong").clicked() {
            actions.push(Action::CopyText(text));
        }
        if ui.button("Close").clicked() {
            actions.push(Action::CloseModal);
        }
    });
}
