//! The Learn page: short lessons at the left, one of them at the right, with buttons into the live program.

mod guided;
mod inside;
mod lessons;

use eframe::egui::{Align, CentralPanel, Frame, Label, Layout, Margin, Panel, RichText, ScrollArea, Ui, Vec2};
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

use super::theme::{palette, space};
use super::widgets;
use crate::state::learn::Lesson;
use crate::state::{Action, AppState, Draft, LearnAction, icon};
use lessons::Step;

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, _draft: &mut Draft, actions: &mut Vec<Action>) {
    let margin = Margin { right: space::M as i8, ..Margin::ZERO };
    Panel::left("lessons").frame(Frame::new().inner_margin(margin)).default_size(230.0).size_range(170.0..=320.0).show(
        ui,
        |ui| {
            widgets::weak(ui, "Lessons");
            ui.add_space(space::XS);
            for (i, lesson) in Lesson::ALL.into_iter().enumerate() {
                let selected = state.learn.lesson == lesson;
                let response = widgets::list_row(ui, selected, lesson.title(), 32.0, |ui| {
                    let color = if selected { palette(ui).accent } else { palette(ui).text_weak };
                    ui.label(RichText::new(format!("{}", i + 1)).color(color));
                    ui.add(Label::new(lesson.title()).truncate());
                });
                if response.clicked() {
                    actions.push(Action::Learn(LearnAction::Open(lesson)));
                }
            }
        },
    );
    let margin = Margin { left: space::XL as i8, ..Margin::ZERO };
    CentralPanel::no_frame().frame(Frame::new().inner_margin(margin)).show(ui, |ui| {
        let area = ScrollArea::vertical().auto_shrink([false; 2]).id_salt(state.learn.lesson);
        area.show(ui, |ui| {
            ui.set_max_width(680.0);
            lesson(ui, state, actions);
        });
    });
}

fn lesson(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let lesson = state.learn.lesson;
    ui.label(RichText::new(lesson.title()).heading().color(palette(ui).text_strong));
    ui.add_space(space::M);
    let mut cache = CommonMarkCache::default();
    for step in lessons::steps(lesson) {
        one(ui, step, &mut cache, state, actions);
    }
    ui.add_space(space::L);
    ui.separator();
    ui.allocate_ui_with_layout(Vec2::new(ui.available_width(), 32.0), Layout::right_to_left(Align::Center), |ui| {
        if let Some(next) = lesson.next()
            && widgets::button(ui, icon::ARROW_RIGHT, &format!("Next: {}", next.title())).clicked()
        {
            actions.push(Action::Learn(LearnAction::Open(next)));
        }
    });
}

fn one(ui: &mut Ui, step: &Step, cache: &mut CommonMarkCache, state: &AppState, actions: &mut Vec<Action>) {
    match step {
        Step::Text(markdown) => {
            ui.scope(|ui| {
                // The viewer sets list marks by the height of a button; text here is lower than one.
                ui.spacing_mut().interact_size.y = 16.0;
                ui.spacing_mut().item_spacing.y = space::S;
                CommonMarkViewer::new().show(ui, cache, markdown);
            });
            ui.add_space(space::S);
        }
        Step::Try { label, glyph, action } => {
            if widgets::primary(ui, glyph, label).clicked() {
                actions.extend(action(state));
            }
            ui.add_space(space::M);
        }
        Step::Do(task) => {
            ui.horizontal(|ui| {
                let done = task.is_done(state);
                let (glyph, color) =
                    if done { (icon::CHECK_CIRCLE, palette(ui).good) } else { (icon::CIRCLE, palette(ui).text_weak) };
                let tick = ui.label(widgets::icon(glyph).color(color));
                widgets::named(tick, if done { "Done" } else { "To do" });
                let refusal = task.why_not(state);
                let clicked = if done {
                    widgets::button_unless(ui, icon::ARROW_RIGHT, task.label(), refusal).clicked()
                } else {
                    widgets::primary_unless(ui, icon::ARROW_RIGHT, task.label(), refusal).clicked()
                };
                if clicked {
                    actions.extend(task.actions(state));
                }
                if let Some(refusal) = refusal {
                    widgets::small_weak(ui, refusal);
                }
            });
            ui.add_space(space::M);
        }
        Step::Here(what) => {
            if let Some(text) = what(state) {
                widgets::strip(ui, widgets::Tone::Info, |ui| ui.label(text));
                ui.add_space(space::M);
            }
        }
    }
}
