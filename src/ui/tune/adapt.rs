//! Which parameters of the model train: all, the last layers, or small matrices beside frozen ones. Trains nothing.

use eframe::egui::{DragValue, Ui, vec2};

use crate::config::{Adapt, Projection};
use crate::state::tune::{self, TuneDraft};
use crate::state::{AppState, format};
use crate::ui::theme::space;
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, draft: &mut TuneDraft, state: &AppState) {
    widgets::section(ui, "What trains");
    let ways = [
        (Adapt::Full, "All weights", "Learns most, and can forget most. Right for small models and many rows"),
        (Adapt::LastLayers { k: 1 }, "The last layers", "What the model knows of language stays; only its end learns the task"),
        (
            Adapt::lora(),
            "Small matrices (LoRA)",
            "Beside each frozen matrix two thin ones learn: little memory, little forgetting, and the addition is a small file",
        ),
    ];
    let same = |a: &Adapt, b: &Adapt| std::mem::discriminant(a) == std::mem::discriminant(b);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        for (way, name, meaning) in ways {
            let on = same(&way, &draft.tune.adapt);
            if ui.radio(on, name).on_hover_text(meaning).clicked() && !on {
                draft.set_adapt(way);
            }
        }
    });
    match &mut draft.tune.adapt {
        Adapt::Full => {
            let n = tune::n_params(&state.library, draft.from);
            widgets::weak(ui, format!("About {} parameters train", format::compact(n)));
        }
        Adapt::LastLayers { k } => {
            ui.horizontal(|ui| {
                widgets::named(ui.add(DragValue::new(k).range(0..=200)), "Layers that train");
                widgets::weak(ui, "last layers, the final norm and the head train; 0: the head alone");
            });
        }
        Adapt::Lora { rank, alpha, targets } => lora(ui, rank, alpha, targets),
    }
}

fn lora(ui: &mut Ui, rank: &mut usize, alpha: &mut f64, targets: &mut Vec<Projection>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, space::S);
        ui.label("Rank").on_hover_text("Columns of the thin matrices: more learn more and cost more. 8 or 16 is usual");
        widgets::named(ui.add(DragValue::new(rank).range(1..=1024)), "Rank");
        ui.label("Alpha").on_hover_text("The addition is scaled by alpha divided by the rank; twice the rank is usual");
        widgets::named(ui.add(DragValue::new(alpha).range(0.1..=4096.0)), "Alpha");
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, space::XS);
        for projection in Projection::ALL {
            let mut on = targets.contains(&projection);
            if ui.checkbox(&mut on, projection.name()).changed() {
                targets.retain(|known| *known != projection);
                if on {
                    targets.push(projection);
                    targets.sort_unstable();
                }
            }
        }
    });
}
