//! What of the chosen rows would train, beside the button that starts the run: how many, what is cut, what is left out and why. Reads no row itself.

use std::time::Duration;

use eframe::egui::Ui;

use crate::state::data::{DataView, DatasetTab};
use crate::state::training::Reading;
use crate::state::tune::{self, TuneDraft};
use crate::state::{Action, AppState, DataAction, Page, format, icon};
use crate::ui::{fields, widgets};

/// How long nothing must change before the rows are read again, in seconds.
const REST_S: f64 = 0.6;
/// Below this many rows figures say little.
const FEW: u64 = 30;
/// Labels that stand apart and are named.
const MOST_ODD: usize = 4;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, actions: &mut Vec<Action>) {
    let Some(checkpoint) = draft.from else { return };
    let labelled = tune::dataset(&state.library, draft.tune.dataset).map_or(0, |row| row.labelled);
    let reading = draft.assembled().tune.map(|tune| Reading::new(&tune, checkpoint, labelled));
    let Some(reading) = reading else { return };
    ask_at_rest(ui, state, draft, &reading, actions);
    ui.horizontal(|ui| {
        widgets::section(ui, "What of the rows trains");
        let tip = "Every row as tokens, with what is learnt of it, on the Data page";
        if state.data.training.of(&reading).is_some() && ui.link("Look at it").on_hover_text(tip).clicked() {
            actions.push(Action::Data(DataAction::View(DataView::Dataset(draft.tune.dataset))));
            actions.push(Action::Data(DataAction::Tab(DatasetTab::Training)));
            actions.push(Action::Go(Page::Data));
        }
    });
    let Some(view) = state.data.training.of(&reading) else {
        match &state.data.training.problem {
            Some(problem) if state.data.training.was_asked(&reading) => fields::problem(ui, problem),
            _ => {
                widgets::progress(ui, None, 120.0);
            }
        }
        return;
    };
    let rows = format::plural(view.trained_rows, "row", "rows");
    widgets::weak(ui, format!("{rows}, {} tokens of {}", format::count(view.trained_tokens), format::count(view.tokens)))
        .on_hover_text("Tokens that the loss counts, and all that are read");
    let warn = |ui: &mut Ui, text: String| {
        ui.horizontal_wrapped(|ui| {
            ui.label(widgets::icon(icon::WARNING).color(crate::ui::theme::palette(ui).warning));
            widgets::small_weak(ui, text);
        });
    };
    for (reason, count, first) in &view.left_out {
        warn(ui, format!("{} left out, {reason}; {first}", format::plural(*count, "row is", "rows are")));
    }
    for sentence in view.odd.iter().take(MOST_ODD) {
        warn(ui, sentence.clone());
    }
    if view.odd.len() > MOST_ODD {
        let more = format::plural((view.odd.len() - MOST_ODD) as u64, "more label stands", "more labels stand");
        warn(ui, format!("{more} apart; the Data page's statistics list them"));
    }
    if view.cut_rows > 0 {
        let rows = format::plural(view.cut_rows, "row is", "rows are");
        warn(ui, format!("{rows} longer than {} tokens and lose the rest", view.max_len));
    }
    if view.trained_rows < FEW {
        warn(ui, format!("{rows} are few: the figures will say little. The Label page makes more"));
    }
}

/// Asks when nothing was changed for a moment: every letter of the words changes the tokens.
fn ask_at_rest(ui: &Ui, state: &AppState, draft: &mut TuneDraft, reading: &Reading, actions: &mut Vec<Action>) {
    if state.data.training.was_asked(reading) {
        return;
    }
    let now_s = ui.input(|input| input.time);
    let since = match &draft.reading {
        Some((seen, since)) if seen == reading => *since,
        _ => {
            draft.reading = Some((reading.clone(), now_s));
            now_s
        }
    };
    if now_s - since >= REST_S {
        actions.push(Action::Data(DataAction::PreviewTraining { reading: reading.clone(), first: 0 }));
    } else {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(REST_S));
    }
}
