//! How text comes in: drop it, choose it, or type where it is.

use eframe::egui::{self, CornerRadius, Key, Rect, RichText, Shape, Stroke, TextEdit, Ui, UiBuilder, Vec2};

use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, PickPurpose, UserCommand, icon};
use crate::store::recent;
use crate::ui::theme::{self, palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let first = state.library.datasets.iter().all(|dataset| dataset.deleted);
    let width = ui.available_width().min(720.0);
    ui.add_space((ui.available_height() * 0.08).max(space::S));
    ui.vertical_centered(|ui| {
        let title = if first { "Start with some text" } else { "Add data" };
        ui.label(RichText::new(title).heading().color(palette(ui).text_strong));
        widgets::weak(
            ui,
            "A model learns from what it reads. Plain text is enough: a book, a folder of notes, a table with a text column.",
        );
    });
    ui.add_space(space::L);
    let left = (ui.available_width() - width) / 2.0;
    let (rect, _) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 250.0), egui::Sense::hover());
    let zone = Rect::from_min_size(egui::pos2(rect.left() + left, rect.top()), Vec2::new(width, rect.height()));
    drop_zone(ui, zone, state, actions);
    ui.add_space(space::L);
    ui.horizontal(|ui| {
        ui.add_space(left);
        ui.vertical(|ui| {
            ui.set_width(width);
            typed_path(ui, state, draft, actions);
            if first {
                ui.add_space(space::XL);
                ui.horizontal(|ui| {
                    widgets::weak(ui, "Nothing at hand?");
                    if ui.link("Open the sample project").clicked() {
                        actions.push(UserCommand::OpenSample.action());
                    }
                    widgets::weak(ui, "and train on a small world told in simple English.");
                });
            }
        });
    });
}

fn drop_zone(ui: &mut Ui, zone: Rect, state: &AppState, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let over = ui.ctx().input(|input| !input.raw.hovered_files.is_empty());
    let (line, ground) = if over { (colors.accent, colors.accent_soft) } else { (colors.line_strong, colors.card) };
    ui.painter().rect_filled(zone, CornerRadius::same(theme::RADIUS_LARGE), ground);
    let corners = [zone.left_top(), zone.right_top(), zone.right_bottom(), zone.left_bottom(), zone.left_top()];
    ui.painter().extend(Shape::dashed_line(&corners, Stroke::new(1.5, line), 7.0, 5.0));
    let mut inside = ui.new_child(UiBuilder::new().max_rect(zone.shrink(space::L)));
    inside.vertical_centered(|ui| {
        ui.add_space(space::L);
        ui.label(RichText::new(icon::UPLOAD_SIMPLE).family(theme::icons()).size(36.0).color(colors.accent));
        ui.add_space(space::XS);
        ui.label(RichText::new("Drop a file or a folder here").text_style(theme::section()).color(colors.text_strong));
        widgets::small_weak(ui, "txt · md · jsonl · json · csv · tsv · parquet");
        ui.add_space(space::M);
        let refusal = state.why_not_write();
        if widgets::primary_unless(ui, icon::FILE_TEXT, "Choose a file…", refusal).clicked() {
            actions.push(Action::Data(DataAction::Pick(PickPurpose::DataFile)));
        }
        ui.add_space(space::XS);
        if widgets::button_unless(ui, icon::FOLDER_OPEN, "Choose a folder…", refusal).clicked() {
            actions.push(Action::Data(DataAction::Pick(PickPurpose::DataFolder)));
        }
    });
}

fn typed_path(ui: &mut Ui, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    widgets::small_weak(ui, "Or type where it is");
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 130.0).max(120.0);
        let field = TextEdit::singleline(&mut draft.path).hint_text("/home/me/stories.txt").desired_width(width);
        let field = ui.add(field).accessible_name("Path of a file or folder");
        let path = draft.path.trim();
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let refusal = if path.is_empty() { Some("Type a path first") } else { state.why_not_write() };
        let clicked = widgets::button_unless(ui, icon::MAGNIFYING_GLASS, "Look into it", refusal).clicked();
        if (clicked || entered) && refusal.is_none() {
            actions.push(Action::Data(DataAction::Inspect(recent::typed_path(path))));
        }
    });
}
