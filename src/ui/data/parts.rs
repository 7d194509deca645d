//! Which rows are trained on, validated and tested with, and how they are dealt out anew. Deals nothing itself.

use eframe::egui::{DragValue, Ui};

use crate::data::supervised::Split;
use crate::engine::event::{DatasetInfo, ExampleStatistics};
use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, format, icon};
use crate::ui::theme::space;
use crate::ui::widgets;

pub(super) fn show(
    ui: &mut Ui,
    dataset: &DatasetInfo,
    state: &AppState,
    stats: &ExampleStatistics,
    draft: &mut DataDraft,
    actions: &mut Vec<Action>,
) {
    widgets::section(ui, "Parts");
    let of = |split| format::count(stats.parts.get(&split).copied().unwrap_or(0));
    let (train, validation, test) = (of(Split::Train), of(Split::Validation), of(Split::Test));
    widgets::weak(ui, format!("{train} rows train, {validation} validate, {test} test")).on_hover_text(
        "A run learns from the first, looks at the second while it learns, and never sees the third: those say what it is worth",
    );
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let share = |ui: &mut Ui, value: &mut f64, name: &str| {
            ui.label(name);
            widgets::named(ui.add(DragValue::new(value).range(0.0..=50.0).suffix(" %").speed(0.5)), name);
        };
        share(ui, &mut draft.validation_percent, "Validation");
        share(ui, &mut draft.test_percent, "Test");
        let tip = "By chance, with rows of the same input on the same side. Runs that are there keep the rows they began with";
        if widgets::button_unless(ui, icon::SCISSORS, "Deal out anew", state.why_not_write()).on_hover_text(tip).clicked() {
            let (validation, test) = (draft.validation_percent / 100.0, draft.test_percent / 100.0);
            actions.push(Action::Data(DataAction::Split { dataset: dataset.id, validation, test, seed: draft.seed }));
        }
    });
    ui.add_space(space::M);
}
