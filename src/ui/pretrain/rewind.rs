//! The question which checkpoint to go back to, and with which rate. Changes nothing itself.

use eframe::egui::{self, Context, Frame, Id, Modal, RichText, ScrollArea, vec2};

use crate::state::pretrain::{PretrainAction, PretrainDraft};
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(in crate::ui) fn show(ctx: &Context, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let Some((chosen, mut scale)) = draft.rewind else { return };
    let Some(live) = state.live.as_ref().filter(|live| live.is_held()) else {
        draft.rewind = None;
        return;
    };
    let mut rows = state.checkpoints_of(live.run).filter(|row| !row.missing).collect::<Vec<_>>();
    rows.reverse();
    let mut chosen = chosen.filter(|id| rows.iter().any(|row| row.id == *id)).or_else(|| rows.first().map(|row| row.id));
    let mut close = false;
    let frame = Frame::window(&ctx.global_style());
    let modal = Modal::new(Id::unique("rewind")).frame(frame).show(ctx, |ui| {
        ui.set_width(440.0);
        ui.label(RichText::new("Rewind to a checkpoint").heading().color(palette(ui).text_strong));
        widgets::weak(ui, "Weights, optimiser and step go back to it. What came after is trained anew.");
        ui.add_space(space::S);
        ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
            for row in &rows {
                let name = format!("Step {}", format::count(row.step));
                let clicked = widgets::list_row(ui, chosen == Some(row.id), &name, space::ROW, |ui| {
                    ui.label(&name);
                    widgets::small_weak(ui, state.validation_of(row).unwrap_or_else(|| "not validated".to_owned()));
                    if row.best {
                        widgets::chip(ui, "best", palette(ui).good);
                    }
                });
                if clicked.clicked() {
                    chosen = Some(row.id);
                }
            }
        });
        ui.add_space(space::S);
        ui.horizontal(|ui| {
            ui.label("Learning rate").on_hover_text("A lower rate gets past the place where the loss went wrong");
            for (value, label) in [(1.0, "as it is"), (0.5, "half"), (0.25, "a quarter"), (0.1, "a tenth")] {
                ui.selectable_value(&mut scale, value, label);
            }
        });
        ui.add_space(space::M);
        ui.horizontal(|ui| {
            ui.spacing_mut().button_padding = vec2(14.0, 6.0);
            if let Some(checkpoint) = chosen {
                let step = rows.iter().find(|row| row.id == checkpoint).map_or(0, |row| row.step);
                let lost = live.step.saturating_sub(step);
                let label = format!("Rewind by {}", format::plural(lost, "step", "steps"));
                let refusal = (lost == 0).then_some("The run stands at this step");
                if widgets::primary_unless(ui, icon::REWIND, &label, refusal).clicked() {
                    actions.push(Action::Pretrain(PretrainAction::Rewind { checkpoint, lr_scale: scale }));
                    close = true;
                }
            }
            if ui.button("Cancel").clicked() {
                close = true;
            }
        });
    });
    let escaped = modal.should_close() || ctx.input(|input| input.key_pressed(egui::Key::Escape));
    draft.rewind = if close || escaped { None } else { Some((chosen, scale)) };
}
