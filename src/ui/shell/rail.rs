//! The rail at the left: one large button a page.

use eframe::egui::{self, Align2, CornerRadius, Frame, Margin, Panel, Role, Sense, Ui, Vec2, WidgetInfo};

use crate::state::{Action, AppState, Page, UserCommand};
use crate::ui::keys;
use crate::ui::theme::{self, palette, space};

const WIDTH: f32 = 84.0;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(palette(ui).chrome).inner_margin(Margin::symmetric(6, space::S as i8));
    Panel::left("rail").frame(frame).exact_size(WIDTH).resizable(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::XS;
        for page in Page::ALL {
            if button(ui, page, state.page == page).clicked() {
                actions.push(Action::Go(page));
            }
        }
    });
}

fn button(ui: &mut Ui, page: Page, selected: bool) -> egui::Response {
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 58.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, selected, page.label()));
    let ground = match (selected, response.hovered() || response.has_focus()) {
        (true, _) => Some(colors.accent_soft),
        (false, true) => Some(colors.button),
        (false, false) => None,
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, CornerRadius::same(theme::RADIUS_LARGE), ground);
    }
    let (glyph, text) = if selected { (colors.accent, colors.text_strong) } else { (colors.text_weak, colors.text_weak) };
    let icons = egui::FontId::new(22.0, theme::icons());
    let small = egui::FontId::new(12.0, egui::FontFamily::Proportional);
    ui.painter().text(rect.center_top() + Vec2::new(0.0, 21.0), Align2::CENTER_CENTER, page.icon(), icons, glyph);
    ui.painter().text(rect.center_bottom() - Vec2::new(0.0, 14.0), Align2::CENTER_CENTER, page.label(), small, text);
    let command = UserCommand::ALL.into_iter().find(|command| command.action() == Action::Go(page));
    let keys = command.map_or_else(String::new, |command| format!("   {}", keys::of(ui.ctx(), command)));
    response.on_hover_text(format!("{}{keys}", page.purpose()))
}
