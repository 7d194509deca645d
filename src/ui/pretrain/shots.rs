//! Whose tasks are asked with more and more examples while a model trains. Starts nothing.

use eframe::egui::{ComboBox, Ui};

use crate::config::{RunConfig, ShotsOf};
use crate::engine::event::Library;
use crate::state::lab::{is_task_dataset, material};
use crate::state::setup::Check;
use crate::ui::{fields, widgets};

/// `in_context`: the run learns from prompts and has tasks of its own.
pub(in crate::ui) fn show(ui: &mut Ui, library: &Library, config: &mut RunConfig, check: &Check, in_context: bool) {
    let own = if in_context { "the run's own tasks" } else { "not measured" };
    let name = |of: ShotsOf| match of {
        ShotsOf::Own => own.to_owned(),
        ShotsOf::None => "not measured".to_owned(),
        ShotsOf::Dataset(id) => {
            material(library).find(|row| row.id == id).map_or_else(|| "a dataset that is gone".to_owned(), |row| row.name.clone())
        }
    };
    let wrong = check.error("shots_of").is_some();
    fields::part(ui, "Learning from examples", &name(config.shots_of), wrong, |ui| {
        widgets::weak(
            ui,
            "At every validation some queries of tasks that are held out are asked, with no example before them and with more and more: does the model learn from its prompt?",
        );
        let list = ComboBox::from_id_salt("shots_of").selected_text(name(config.shots_of)).width(300.0).truncate();
        let list = list.show_ui(ui, |ui| {
            ui.selectable_value(&mut config.shots_of, ShotsOf::Own, own);
            if in_context {
                ui.selectable_value(&mut config.shots_of, ShotsOf::None, "not measured");
            }
            // Those that hold tasks first.
            for tasks in [true, false] {
                for row in material(library).filter(|row| is_task_dataset(row) == tasks) {
                    ui.selectable_value(&mut config.shots_of, ShotsOf::Dataset(row.id), &row.name);
                }
            }
        });
        widgets::named(list.response, "Tasks to ask while the model learns").on_hover_text(
            "Validation rows are asked, never test rows; the answers of a choice are compared by their probabilities. The curves stand beside the run, under Context",
        );
        fields::wrong(ui, check, &["shots_of"]);
    });
}
