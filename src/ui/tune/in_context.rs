//! Whether rows are learnt as prompts: instruction, examples, query. Starts nothing.

use eframe::egui::Ui;

use crate::state::AppState;
use crate::state::setup::Check;
use crate::state::tune::TuneDraft;
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, draft: &mut TuneDraft, state: &AppState) {
    widgets::section(ui, "In context");
    let mut on = draft.tune.in_context.is_some();
    let meaning = "Each prompt holds a task's instruction, some of its rows as examples, and a query. The model learns to learn from its prompt (Min et al. 2022; Chen et al. 2022)";
    if ui.checkbox(&mut on, "Learn from prompts with examples").on_hover_text(meaning).changed() {
        draft.set_in_context(&state.library, on);
    }
    let Some(own) = &mut draft.tune.in_context else {
        widgets::small_weak(ui, "Off: each row is learnt for itself");
        return;
    };
    let check = Check::default();
    fields::group(ui, &check, &[], |ui| {
        let meaning = "Examples of a prompt at most: each has any number of them, from none on";
        fields::cell(ui, &check, "shots", "Examples at most", meaning, |ui| fields::whole(ui, &mut own.shots, 1..=64, 0.05));
        let meaning = "Prompts drawn for an epoch. Each is drawn from the seed, so a resumed run sees the same";
        fields::cell(ui, &check, "episodes", "Prompts", meaning, |ui| fields::whole(ui, &mut own.episodes, 16..=1_000_000, 50.0));
        let meaning = "Percent of the prompts, from the first on, that only look up invented words; in the end every other one does. Looking back is what learning from examples builds on (Olsson et al. 2022)";
        fields::cell(ui, &check, "recall", "Recall, %", meaning, |ui| fields::whole(ui, &mut own.recall, 0..=100, 0.5));
        let meaning = "Percent of the prompts, after those, over which the tasks come in bit by bit: at once (0) the loss jumps, and what was learnt may be lost";
        fields::cell(ui, &check, "gradual", "Gradual, %", meaning, |ui| fields::whole(ui, &mut own.gradual, 0..=100, 0.5));
    });
    ui.checkbox(&mut own.all_answers, "Learn the examples' answers, too")
        .on_hover_text("Each from the examples before it: several times as much to learn from a prompt");
    ui.checkbox(&mut own.rename, "Other words for the answers in every prompt")
        .on_hover_text("What a label means can then be read from the examples alone, and nothing is learnt by heart");
    ui.checkbox(&mut own.keep_words, "Keep the words as they are").on_hover_text(
        "The embedding does not train. A model that may move its words learns pairs of them by heart instead of looking back",
    );
    widgets::small_weak(
        ui,
        "Rows of one task belong together: a column 'task' names it. Tasks that stand only among the validation or test rows are held out whole",
    );
}
