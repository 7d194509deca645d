//! Labelled rows to a file: in the form they came in or another, those with a label or all of them. Writes nothing itself.

use std::path::Path;

use eframe::egui::Ui;

use crate::engine::command::ExportForm;
use crate::engine::event::DatasetInfo;
use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, ProjectState, icon};
use crate::ui::widgets;

/// A button with a menu of forms; the file's ending follows from the form.
pub(super) fn menu(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let ProjectState::Open { path, .. } = &state.project else { return };
    let came = ExportForm::of(Path::new(&dataset.source), dataset.schema);
    let menu = ui.menu_button((widgets::icon(icon::EXPORT), "Export"), |ui| {
        let others = ExportForm::ALL.into_iter().filter(|form| *form != came && form.fits(dataset.schema));
        for form in std::iter::once(came).chain(others) {
            let note = if form == came { ", as they came" } else { "" };
            let name = dataset.name.replace(['/', '\\'], "-");
            let file = path.join("exports").join(format!("{name}-{}.{}", dataset.id, form.extension()));
            let tip = format!("With what was labelled since: {}", file.display());
            if ui.button(format!("{}{note}", form.name())).on_hover_text(tip).clicked() {
                let all = draft.export_all;
                actions.push(Action::Data(DataAction::Export { dataset: dataset.id, form, all, path: file }));
                ui.close();
            }
        }
        ui.separator();
        ui.checkbox(&mut draft.export_all, "Rows without a label, too")
            .on_hover_text("Those that wait for one and those that were skipped; a model's guesses are not written");
    });
    menu.response.on_hover_text("Writes the rows to a file in the project's folder, with what was labelled since");
}
