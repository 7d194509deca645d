//! Beside the form: what the run will cost, what is wrong with it, and the button that starts it.

use eframe::egui::{DragValue, Grid, RichText, TextEdit, TextWrapMode, Ui};

use crate::config::RunConfig;
use crate::engine::event::PreflightResult;
use crate::state::pretrain::{PretrainAction, PretrainView, Trial};
use crate::state::setup::{self, Check, SetupDraft};
use crate::state::{Action, AppState, JobKind, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, start, widgets};

pub(in crate::ui) fn show(ui: &mut Ui, state: &AppState, draft: &mut SetupDraft, check: &Check, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = space::M;
    fields::card(ui, |ui| {
        widgets::section(ui, "Start");
        let auto = setup::auto_name(&draft.config, check.estimate.map_or(0, |estimate| estimate.n_params));
        let name = TextEdit::singleline(&mut draft.config.name).hint_text(auto).desired_width(f32::INFINITY);
        widgets::named(ui.add(name), "Name of the run").on_hover_text("The run's name; left empty, it names itself");
        start(ui, state, &draft.config, check, actions);
        for error in &check.errors {
            fields::problem(ui, &error.message);
        }
    });
    fields::card(ui, |ui| preflight(ui, state, &draft.config, check, actions));
    fields::card(ui, |ui| fits(ui, state, draft, check, actions));
}

fn start(ui: &mut Ui, state: &AppState, config: &RunConfig, check: &Check, actions: &mut Vec<Action>) {
    if start::is_busy(ui, state, Action::Pretrain(PretrainAction::Show(PretrainView::Watch)), actions) {
        return;
    }
    let wrong = (!check.errors.is_empty()).then_some("Mend what is marked in red first");
    let refusal = state.why_not_write().or(wrong);
    let label = if state.pretrain.from.is_some() { "Start the branch" } else { "Start training" };
    let tip = "Training begins at once; everything can be watched, turned, paused and taken back";
    if start::is_pressed(ui, label, tip, refusal) {
        actions.push(Action::Pretrain(PretrainAction::Start(Box::new(config.clone()))));
    }
    if let Some(why) = refusal {
        widgets::small_weak(ui, why);
    }
}

fn preflight(ui: &mut Ui, state: &AppState, config: &RunConfig, check: &Check, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        widgets::section(ui, "Pre-flight");
        widgets::weak(ui, "how long, how much");
    });
    let busy = trial_result(ui, state, &state.pretrain.preflight, config, actions);
    if !busy {
        let refusal = refusal(state, check);
        let button = widgets::button_unless(ui, icon::TIMER, "Measure three steps", refusal);
        if button
            .on_hover_text("Trains three real steps, throws them away, and works out the whole run's time, memory and disk")
            .clicked()
        {
            actions.push(Action::Pretrain(PretrainAction::Preflight(Box::new(config.clone()))));
        }
    }
}

/// What a trial found, or how far it is; true while it runs.
pub(in crate::ui) fn trial_result(
    ui: &mut Ui,
    state: &AppState,
    trial: &Trial,
    config: &RunConfig,
    actions: &mut Vec<Action>,
) -> bool {
    let busy = trial_progress(ui, state, trial, JobKind::Preflight, actions);
    match trial {
        Trial::Done(of, result) => {
            measured(ui, result);
            let mut same = config.clone();
            same.name.clone_from(&of.name);
            if same != **of {
                ui.label(RichText::new("Measured before your last changes").small().color(palette(ui).warning));
            }
        }
        Trial::Failed(message) => fields::problem(ui, message),
        Trial::None | Trial::Asked(_) => {}
    }
    busy
}

fn refusal(state: &AppState, check: &Check) -> Option<&'static str> {
    if state.is_training() {
        return Some("A run is under way: its own numbers would be disturbed");
    }
    (!check.errors.is_empty()).then_some("Mend what is marked in red first")
}

fn fits(ui: &mut Ui, state: &AppState, draft: &mut SetupDraft, check: &Check, actions: &mut Vec<Action>) {
    widgets::section(ui, "What fits?");
    ui.horizontal_wrapped(|ui| {
        ui.label("I have");
        let minutes = DragValue::new(&mut draft.minutes).range(0.5..=10_000.0).speed(0.2).max_decimals(1).suffix(" minutes");
        widgets::named(ui.add(minutes), "Minutes at hand");
    });
    let busy = trial_progress(ui, state, &state.pretrain.fits, JobKind::WhatFits, actions);
    match &state.pretrain.fits {
        Trial::Done(found, result) => {
            let steps = format::count(found.steps);
            ui.label(format!(
                "{} parameters, {steps} steps: about {}",
                format::compact(result.n_params),
                format::duration(result.total_s)
            ));
            for warning in &result.warnings {
                ui.label(RichText::new(warning).small().color(palette(ui).warning));
            }
            if widgets::button(ui, icon::CHECK, "Use these settings").clicked() {
                draft.config = RunConfig { name: draft.config.name.clone(), ..(**found).clone() };
            }
        }
        Trial::Failed(message) => fields::problem(ui, message),
        Trial::None | Trial::Asked(_) => {}
    }
    if !busy {
        let button = widgets::button_unless(ui, icon::MAGNIFYING_GLASS, "Find the size", refusal(state, check));
        if button.on_hover_text("Tries sizes for a few steps each, and picks the one that learns most in this time").clicked() {
            let (config, minutes) = (Box::new(draft.config.clone()), draft.minutes);
            actions.push(Action::Pretrain(PretrainAction::WhatFits { config, minutes }));
        }
    }
}

/// The bar of a trial under way, with a way to stop it; true while it runs.
fn trial_progress(ui: &mut Ui, state: &AppState, trial: &Trial, kind: JobKind, actions: &mut Vec<Action>) -> bool {
    let Trial::Asked(job) = trial else { return false };
    let Some(job) = state.jobs.get(*job).or_else(|| state.jobs.find(kind)) else { return false };
    ui.horizontal(|ui| {
        widgets::progress(ui, job.fraction(), (ui.available_width() - 150.0).max(40.0));
        let what = job.progress.as_ref().map_or("Trying…", |progress| progress.what.as_str());
        widgets::small_weak(ui, what);
        if widgets::icon_button(ui, icon::X, "Stop the trial").clicked() {
            actions.push(Action::CancelJob(job.id));
        }
    });
    true
}

/// What a trial found.
fn measured(ui: &mut Ui, result: &PreflightResult) {
    let free = format!("All checkpoints that the rule keeps; {} are free", format::bytes(result.free_disk_bytes));
    let tiles = [
        (format::duration(result.total_s), "for the whole run", "From the speed of three real steps on this machine"),
        (format::count(result.tokens_per_s as u64), "tokens/s", "Tokens that the model learns from in a second"),
        (format::bytes(result.peak_memory_bytes), "memory at most", "Measured, not estimated"),
        (format::bytes(result.disk_bytes), "on disk", free.as_str()),
        (
            format!("{:.2}", result.epochs),
            "times through the text",
            "Many times through a small text: the model begins to memorise it",
        ),
    ];
    Grid::new("preflight").num_columns(2).spacing([space::XL, space::S]).show(ui, |ui| {
        // A grid gives a cell no width of its own: without this, words would break at every letter.
        ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
        for (i, (figure, name, meaning)) in tiles.iter().enumerate() {
            widgets::tile(ui, figure, name, meaning);
            if i % 2 == 1 {
                ui.end_row();
            }
        }
    });
    for warning in &result.warnings {
        let colors = palette(ui);
        ui.horizontal_top(|ui| {
            ui.label(widgets::icon(icon::WARNING).color(colors.warning));
            ui.add(eframe::egui::Label::new(RichText::new(warning).color(colors.warning)).wrap());
        });
    }
}
