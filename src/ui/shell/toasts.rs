//! Messages in the corner: what was done, what went wrong, and the way back.

use eframe::egui::{self, Align, Align2, Area, Context, CornerRadius, Frame, Id, Layout, Margin, Order, Stroke, Ui, Vec2};

use crate::state::notices::Notice;
use crate::state::{Action, AppState, Level, icon};
use crate::ui::theme::{self, space};
use crate::ui::widgets;

const WIDTH: f32 = 380.0;

pub(super) fn show(ctx: &Context, state: &AppState, actions: &mut Vec<Action>) {
    if state.notices.list().is_empty() {
        return;
    }
    // Old ones go by themselves: without a frame now and then they would stay.
    if state.notices.any_fades() {
        ctx.request_repaint_after(std::time::Duration::from_millis(500));
    }
    let height = if state.jobs.listed().next().is_some() { 44.0 + 34.0 } else { 44.0 };
    let anchor = Vec2::new(-space::L, -(height + space::M));
    Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::RIGHT_BOTTOM, anchor).show(ctx, |ui| {
        ui.set_width(WIDTH);
        for notice in state.notices.list() {
            ui.push_id(notice.id, |ui| toast(ui, notice, actions));
        }
    });
}

fn toast(ui: &mut Ui, notice: &Notice, actions: &mut Vec<Action>) {
    let colors = theme::palette(ui);
    let (glyph, tint) = match notice.level {
        Level::Info => (icon::CHECK_CIRCLE, colors.good),
        Level::Warning => (icon::WARNING, colors.warning),
        Level::Error => (icon::WARNING_CIRCLE, colors.error),
    };
    Frame::new()
        .fill(colors.card)
        .stroke(Stroke::new(1.0, if notice.level == Level::Info { colors.line_strong } else { tint }))
        .corner_radius(CornerRadius::same(theme::RADIUS_LARGE))
        .shadow(ui.visuals().popup_shadow)
        .inner_margin(Margin::symmetric(space::M as i8, space::S as i8))
        .show(ui, |ui| {
            ui.set_width(WIDTH - 2.0 * space::M - 2.0);
            ui.horizontal_top(|ui| {
                ui.add_space(2.0);
                ui.label(widgets::icon(glyph).color(tint).size(17.0));
                ui.vertical(|ui| {
                    ui.set_width(WIDTH - 110.0);
                    ui.add_space(3.0);
                    ui.add(egui::Label::new(&notice.text).wrap().selectable(notice.level == Level::Error));
                    if let Some((label, _)) = &notice.offer
                        && ui.button(label).clicked()
                    {
                        actions.push(Action::TakeOffer(notice.id));
                    }
                });
                ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                    if widgets::icon_button(ui, icon::X, "Close this message").clicked() {
                        actions.push(Action::DismissNotice(notice.id));
                    }
                });
            });
        });
}
