//! Beside the form: the button that starts the run, what is wrong, and what the run will cost.

use eframe::egui::{RichText, TextEdit, Ui};

use super::reading;
use crate::state::advice;
use crate::state::label::LabelAction;
use crate::state::tune::{self, TuneAction, TuneDraft, TuneView};
use crate::state::{Action, AppState, Page, icon};
use crate::ui::pretrain::summary::trial_result;
use crate::ui::theme::{palette, space};
use crate::ui::{fields, start, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = space::M;
    let problem = draft.problem(&state.library);
    fields::card(ui, |ui| {
        widgets::section(ui, "Start");
        let auto = tune::auto_name(&state.library, &draft.tune);
        let name = TextEdit::singleline(&mut draft.config.name).hint_text(auto).desired_width(f32::INFINITY);
        widgets::named(ui.add(name), "Name of the run").on_hover_text("The run's name; left empty, it names itself");
        start(ui, state, draft, problem.as_deref(), actions);
        if let Some(problem) = &problem {
            fields::problem(ui, problem);
        }
    });
    if problem.is_none() {
        fields::card(ui, |ui| reading::show(ui, state, draft, actions));
    }
    fields::card(ui, |ui| advice(ui, state, draft, actions));
    fields::card(ui, |ui| {
        ui.horizontal(|ui| {
            widgets::section(ui, "Pre-flight");
            widgets::weak(ui, "how long, how much");
        });
        let config = draft.assembled();
        let busy = trial_result(ui, state, &state.tune.preflight, &config, actions);
        let refusal = problem.as_deref().or_else(|| state.is_training().then_some("A run is under way: stop it first"));
        if !busy
            && widgets::button_unless(ui, icon::TIMER, "Measure three steps", refusal)
                .on_hover_text("Trains three real steps, throws them away, and works out the whole run's time, memory and disk")
                .clicked()
            && let Some(from) = draft.from
        {
            actions.push(Action::Tune(TuneAction::Preflight { config: Box::new(config), from }));
        }
    });
}

/// What the advisor says of these rows: the two most advisable ways, and why.
pub(super) fn advice(ui: &mut Ui, state: &AppState, draft: &TuneDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Which method should I use?");
    let chosen = tune::dataset(&state.library, draft.tune.dataset).map(|row| row.id);
    // Only ways that this window has a page for.
    let ways = state.advice(chosen).into_iter().filter(|advice| advice::page(advice.page).is_some());
    for advice in ways.take(2) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(advice::method_name(advice.method)).color(palette(ui).text_strong));
            if let Some(page) = advice::page(advice.page).filter(|page| *page != state.page)
                && ui.link(format!("Go to {}", page.label())).clicked()
            {
                if page == Page::Label {
                    actions.extend(chosen.map(|dataset| Action::Label(LabelAction::Open(dataset))));
                }
                actions.push(Action::Go(page));
            }
        });
        widgets::small_weak(ui, &advice.why);
        if let Some(needs) = &advice.needs {
            widgets::small_weak(ui, needs);
        }
        ui.add_space(space::XS);
    }
}

fn start(ui: &mut Ui, state: &AppState, draft: &TuneDraft, problem: Option<&str>, actions: &mut Vec<Action>) {
    if start::is_busy(ui, state, Action::Tune(TuneAction::Show(TuneView::Watch)), actions) {
        return;
    }
    let refusal = state.why_not_write().or(problem);
    if start::is_pressed(ui, "Start fine-tuning", "The start checkpoint stays as it is", refusal)
        && let Some(from) = draft.from
    {
        actions.push(Action::Tune(TuneAction::Start { config: Box::new(draft.assembled()), from }));
    }
}
