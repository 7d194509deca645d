//! The live side: the run's name and controls, the alarm, the plots, and beside them samples, batch, knobs and details.

use eframe::egui::{self, CentralPanel, Frame, Margin, Panel, RichText, ScrollArea, Slider, Ui};

use super::{batch, context, curves, details, knobs, samples};
use crate::config::TuneTask;
use crate::engine::event::RunState;
use crate::state::live::state_label;
use crate::state::pretrain::{PretrainAction, PretrainDraft, SideTab};
use crate::state::runs::RunsState;
use crate::state::tune::TuneAction;
use crate::state::{Action, AppState, Page, RunAction, RunsAction, UserCommand, format, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::tune::{metrics, outputs};
use crate::ui::{keys, widgets};

/// Below this width buttons give up their names.
const NARROW: f32 = 960.0;

pub(in crate::ui) fn show(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let Some(run) = state.watched() else { return };
    if state.curves.get(run).is_none_or(|curves| !curves.asked || !curves.asked_samples) {
        actions.push(Action::Pretrain(PretrainAction::Load(run)));
    }
    header(ui, state, draft, actions);
    alarm(ui, state, draft, actions);
    let wide = ui.available_width() > 1_100.0;
    let frame = Frame::new().inner_margin(Margin { left: space::M as i8, ..Margin::ZERO });
    Panel::right("watch_side")
        .default_size(if wide { 380.0 } else { 300.0 })
        .size_range(240.0..=(ui.available_width() * 0.6).max(260.0))
        .frame(frame)
        .show(ui, |ui| side(ui, state, draft, actions));
    let frame = Frame::new().inner_margin(Margin { right: space::M as i8, ..Margin::ZERO });
    CentralPanel::default().frame(frame).show(ui, |ui| main(ui, state, draft, actions));
}

fn main(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    toolbar(ui, state, draft, actions);
    match state.watched_curves().filter(|curves| !curves.steps().is_empty() || !curves.evals.is_empty()) {
        Some(run) => curves::show(ui, state, draft, run, actions),
        None => waiting(ui, state, actions),
    }
}

fn waiting(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    if state.watched_live().is_some_and(crate::state::LiveRun::is_held) {
        widgets::empty_page(ui, icon::CHART_LINE, "The first step is under way…", "The curves begin with it.", |ui| {
            widgets::progress(ui, None, 200.0);
        });
        return;
    }
    if state.watched_curves().is_some_and(|curves| !curves.loaded) {
        widgets::empty_page(ui, icon::CHART_LINE, "Reading the curves…", "They come from the project.", |ui| {
            widgets::progress(ui, None, 200.0);
        });
        return;
    }
    widgets::empty_page(ui, icon::CHART_LINE, "Nothing was measured", "This run ended before its first step.", |ui| {
        if widgets::primary(ui, icon::SLIDERS_HORIZONTAL, "Set up a run").clicked() {
            actions.push(Action::Pretrain(PretrainAction::Show(crate::state::pretrain::PretrainView::SetUp)));
        }
    });
}

/// Name, state and what can be done to the run.
fn header(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let Some(run) = state.watched() else { return };
    let live = state.watched_live();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let narrow = ui.available_width() < NARROW;
        choose_run(ui, state, if narrow { 140.0 } else { 220.0 }, actions);
        let run_state = live.map(|live| live.state).or_else(|| state.run(run).map(|row| row.state));
        if let Some(run_state) = run_state {
            state_chip(ui, run_state);
        }
        if live.is_some_and(crate::state::LiveRun::is_held) {
            held(ui, state, draft, narrow, actions);
        } else {
            ended(ui, state, draft, (run, narrow), actions);
        }
    });
    ui.add_space(space::XS);
}

pub(in crate::ui) fn state_chip(ui: &mut Ui, run_state: RunState) {
    let colors = palette(ui);
    let tint = match run_state {
        RunState::Running | RunState::Finished => colors.good,
        RunState::Paused | RunState::Stopped | RunState::Interrupted => colors.warning,
        RunState::Alarm | RunState::Failed => colors.error,
    };
    widgets::chip(ui, state_label(run_state), tint);
}

/// Which run is looked at.
fn choose_run(ui: &mut Ui, state: &AppState, width: f32, actions: &mut Vec<Action>) {
    let Some(run) = state.watched() else { return };
    let name = |run| {
        state
            .run(run)
            .map_or_else(|| state.live.as_ref().map_or("Run", |live| live.config.name.as_str()), |row| row.name.as_str())
    };
    let text = RichText::new(name(run)).text_style(theme::section()).color(palette(ui).text_strong);
    let list = egui::ComboBox::from_id_salt("watched").selected_text(text).width(width).truncate().show_ui(ui, |ui| {
        let page = if state.page == Page::Tune { Page::Tune } else { Page::Pretrain };
        for row in state.library.runs.iter().rev().filter(|row| !row.deleted && state.page_of(row.id) == page) {
            let label = format!("{}  ·  step {}", row.name, format::count(row.step));
            if ui.selectable_label(row.id == run, label).clicked() {
                actions.push(Action::Pretrain(PretrainAction::Watch(row.id)));
            }
        }
    });
    widgets::named(list.response, "Run that is shown");
}

fn hint(ui: &Ui, text: &str, command: UserCommand) -> String {
    match keys::of(ui.ctx(), command) {
        keys if keys.is_empty() => text.to_owned(),
        keys => format!("{text} ({keys})"),
    }
}

/// Controls of a run that the trainer holds.
fn held(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, narrow: bool, actions: &mut Vec<Action>) {
    controls(ui, state, draft, narrow, actions);
    if let Some(live) = state.watched_live() {
        branch(ui, state, (live.run, narrow), actions);
    }
}

/// Those of them that runs of every kind have.
pub(in crate::ui) fn controls(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, narrow: bool, actions: &mut Vec<Action>) {
    let Some(live) = state.watched_live() else { return };
    let running = live.is_running();
    let (glyph, label) = if running { (icon::PAUSE, "Pause") } else { (icon::PLAY, "Continue") };
    let tip = hint(ui, "Between two steps; nothing is lost", UserCommand::PauseOrContinue);
    if widgets::button(ui, glyph, label).on_hover_text(tip).clicked() {
        actions.push(Action::Run(RunAction::PauseOrContinue));
    }
    let refusal = running.then_some("Pause first, then go step by step");
    let tip = hint(ui, "Do one step and pause again", UserCommand::StepOnce);
    if widgets::button_unless(ui, icon::SKIP_FORWARD, "Step", refusal).on_hover_text(tip).clicked() {
        actions.push(Action::Run(RunAction::StepOnce));
    }
    let tip = hint(ui, "End the run with a checkpoint; it can be resumed later", UserCommand::StopRun);
    if widgets::button(ui, icon::STOP, "Stop").on_hover_text(tip).clicked() {
        actions.push(Action::Run(RunAction::Stop));
    }
    ui.separator();
    let tip = hint(ui, "Write weights and optimiser to disk now", UserCommand::SaveCheckpoint);
    if short(ui, narrow, icon::FLOPPY_DISK, "Save", None).on_hover_text(tip).clicked() {
        actions.push(Action::Run(RunAction::SaveCheckpoint));
    }
    let none = state.last_checkpoint(live.run).is_none().then_some("There is no checkpoint yet: save one, or wait for it");
    let tip = "Go back to a checkpoint of this run, with the same or a lower rate";
    if short(ui, narrow, icon::REWIND, "Rewind…", none).on_hover_text(tip).clicked() {
        draft.rewind = Some((None, 1.0));
    }
}

/// A button that keeps its name for the hover where space is short.
fn short(ui: &mut Ui, narrow: bool, glyph: &str, name: &str, refusal: Option<&str>) -> egui::Response {
    if narrow { widgets::icon_button_unless(ui, glyph, name, refusal) } else { widgets::button_unless(ui, glyph, name, refusal) }
}

/// A new run from the newest checkpoint.
fn branch(ui: &mut Ui, state: &AppState, (run, narrow): (i64, bool), actions: &mut Vec<Action>) {
    let checkpoint = state.last_checkpoint(run);
    let none = checkpoint.is_none().then_some("There is no checkpoint to branch from yet");
    let tip = "Set up another run that starts from this one's newest checkpoint. Any other checkpoint: on the Runs page";
    if short(ui, narrow, icon::GIT_BRANCH, "Branch…", none).on_hover_text(tip).clicked()
        && let Some(checkpoint) = checkpoint
    {
        actions.push(Action::Pretrain(PretrainAction::BranchFrom(Some(checkpoint.id))));
    }
}

/// What can be done with a run that ended.
fn ended(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, (run, narrow): (i64, bool), actions: &mut Vec<Action>) {
    let row = state.run(run);
    let (step, steps) = row.map_or((0, 0), |row| (row.step, row.config.steps));
    let checkpoint = state.last_checkpoint(run);
    let done = steps > 0 && step >= steps;
    if let Some(checkpoint) = checkpoint.filter(|_| !done) {
        let refusal = state.why_not_write().or_else(|| state.is_training().then_some("Another run is under way: stop it first"));
        let label = format!("Resume from step {}", format::count(checkpoint.step));
        let tip = "Goes on from the checkpoint with the same numbers, as if it had never stopped";
        if widgets::primary_unless(ui, icon::PLAY, &label, refusal).on_hover_text(tip).clicked() {
            actions.push(Action::Runs(RunsAction::Resume(checkpoint.id)));
        }
    }
    if checkpoint.is_some() {
        let tune = row.and_then(|row| row.config.tune.as_ref());
        if tune.is_some_and(|tune| tune.align.is_none()) {
            let tip = "The same rows through the start checkpoint and this run's best one";
            if widgets::button(ui, icon::GIT_DIFF, "Compare with its start").on_hover_text(tip).clicked() {
                actions.push(Action::Tune(TuneAction::CompareRun(run)));
                actions.push(Action::Go(crate::state::Page::Tune));
            }
        }
        if tune.is_none_or(|tune| tune.task == TuneTask::Text)
            && widgets::button(ui, icon::CHAT_TEXT, "Try it")
                .on_hover_text("Ask this run's newest checkpoint something")
                .clicked()
            && let Some(checkpoint) = checkpoint
        {
            actions.push(Action::Prompt(crate::state::PromptAction::UseCheckpoint(checkpoint.id)));
            actions.push(Action::Go(crate::state::Page::Prompt));
        }
        branch(ui, state, (run, narrow), actions);
    }
    let tip = "Set up a new run with this one's settings";
    if let Some(row) = row
        && short(ui, narrow, icon::ARROWS_CLOCKWISE, "Run again…", None).on_hover_text(tip).clicked()
    {
        if row.config.tune.is_some() {
            actions.push(Action::Tune(TuneAction::Again(row.id)));
        } else {
            draft.setup.config = crate::config::RunConfig { name: String::new(), ..row.config.clone() };
            actions.push(Action::Pretrain(PretrainAction::BranchFrom(None)));
        }
    }
}

/// Training paused by itself: what happened, and the way out.
pub(in crate::ui) fn alarm(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let Some(live) = state.watched_live().filter(|live| live.state == RunState::Alarm) else { return };
    widgets::strip(ui, widgets::Tone::Error, |ui| {
        let colors = palette(ui);
        let why = state.pretrain.alarm.as_deref().or(live.message.as_deref()).unwrap_or("The loss went wrong");
        ui.label(
            RichText::new(format!("Training paused by itself at step {}", format::count(live.step)))
                .text_style(theme::strong())
                .color(colors.text_strong),
        );
        ui.add(egui::Label::new(why).wrap());
        ui.horizontal_wrapped(|ui| {
            if let Some(checkpoint) = state.good_checkpoint(live.run) {
                let label = format!("Rewind to step {} with half the rate", format::count(checkpoint.step));
                if widgets::primary(ui, icon::REWIND, &label).clicked() {
                    actions.push(Action::Pretrain(PretrainAction::Rewind { checkpoint: checkpoint.id, lr_scale: 0.5 }));
                }
                if widgets::button(ui, icon::REWIND, "Choose a checkpoint…").clicked() {
                    draft.rewind = Some((None, 0.5));
                }
            } else {
                ui.label("There is no checkpoint to go back to: stop the run and start it anew with a lower learning rate");
            }
            if widgets::button(ui, icon::PLAY, "Go on anyway")
                .on_hover_text("A step whose loss was no number left the weights as they were; any other alarm waits for worse")
                .clicked()
            {
                actions.push(Action::Run(RunAction::PauseOrContinue));
            }
        });
    });
    ui.add_space(space::S);
}

/// A button that opens a menu.
fn menu(ui: &mut Ui, narrow: bool, glyph: &str, name: &str, add: impl FnOnce(&mut Ui)) {
    let response = if narrow {
        ui.menu_button(widgets::icon(glyph), add).response.on_hover_text(name)
    } else {
        ui.menu_button((widgets::icon(glyph), name), add).response
    };
    widgets::named(response, name);
}

/// How the curves are shown.
fn toolbar(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let narrow = ui.available_width() < NARROW - 320.0;
        if !narrow {
            widgets::small_weak(ui, "Smoothing").on_hover_text("How much of the past is mixed into the thick line");
        }
        // A slider from none to very much, even to the hand: the memory in steps grows evenly on a logarithm.
        let mut memory = 1.0 / (1.0 - state.curves.smoothing());
        ui.spacing_mut().slider_width = 90.0;
        let slider =
            Slider::new(&mut memory, 1.0..=500.0).logarithmic(true).custom_formatter(|x, _| format!("{x:.0}")).suffix(" steps");
        if widgets::named(ui.add(slider), "Smoothing").on_hover_text("Steps that the thick line looks back on").changed() {
            actions.push(Action::Pretrain(PretrainAction::SetSmoothing(1.0 - 1.0 / memory)));
        }
        let tip = "Logarithmic values: small changes of a small loss are seen as well as large ones of a large loss";
        ui.toggle_value(&mut draft.log_loss, "Log").on_hover_text(tip);
        menu(ui, narrow, icon::EYE, "Show", |ui| {
            ui.checkbox(&mut draft.show_raw, "Loss of each step");
            ui.checkbox(&mut draft.show_baselines, "What guessing scores");
            ui.checkbox(&mut draft.show_marks, "Marks: turned knobs, rewinds, alarms, checkpoints");
        });
        overlay(ui, state, narrow, actions);
        if short(ui, narrow, icon::CROSSHAIR, "Whole", None)
            .on_hover_text("Show the whole curve again (or double-click the plot)")
            .clicked()
        {
            draft.reset_plots = true;
        }
        menu(ui, narrow, icon::EXPORT, "Export", |ui| {
            if ui.button("Table (CSV)…").clicked() {
                actions.push(Action::Pretrain(PretrainAction::ExportCsv));
            }
            if ui.button("Picture (PNG)…").clicked() {
                draft.picture = Some(12);
            }
        });
    });
}

/// Other runs to lay over this one.
fn overlay(ui: &mut Ui, state: &AppState, narrow: bool, actions: &mut Vec<Action>) {
    let Some(watched) = state.watched() else { return };
    let others = state.library.runs.iter().rev().filter(|row| !row.deleted && row.id != watched);
    let others = others.collect::<Vec<_>>();
    if others.is_empty() {
        return;
    }
    menu(ui, narrow, icon::STACK, "Compare", |ui| {
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for row in others {
                let mut on = state.pretrain.overlay.contains(&row.id);
                let full = !on && state.pretrain.overlay.len() + 1 >= RunsState::MOST;
                if ui.add_enabled(!full, egui::Checkbox::new(&mut on, row.name.as_str())).changed() {
                    actions.push(Action::Pretrain(PretrainAction::Overlay { run: row.id, on }));
                }
            }
        });
    });
}

fn side(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let tuning = state.page == Page::Tune;
    let all = [
        (SideTab::Metrics, "Metrics"),
        (SideTab::Rows, "Answers"),
        (SideTab::Samples, "Samples"),
        (SideTab::Batch, "Batch"),
        (SideTab::Context, "Context"),
        (SideTab::Knobs, "Knobs"),
        (SideTab::Details, "Details"),
    ];
    // Pinned prompts belong to pre-training, the task's figures to fine-tuning.
    let tabs = if tuning { [&all[..2], &all[3..]].concat() } else { all[2..].to_vec() };
    let shown = |tab: SideTab| tabs.iter().any(|(known, _)| *known == tab);
    let current =
        if shown(state.pretrain.tab) { state.pretrain.tab } else { tabs.first().map_or(SideTab::Details, |(tab, _)| *tab) };
    if let Some(tab) = widgets::tabs(ui, current, &tabs) {
        actions.push(Action::Pretrain(PretrainAction::Tab(tab)));
    }
    ui.add_space(space::S);
    match current {
        SideTab::Metrics => metrics::show(ui, state, actions),
        SideTab::Rows => outputs::show(ui, state, &mut draft.best_first, actions),
        SideTab::Samples => samples::show(ui, state, actions),
        SideTab::Batch => batch::show(ui, state, draft, actions),
        SideTab::Context => context::show(ui, state),
        SideTab::Knobs => knobs::show(ui, state, draft, actions),
        SideTab::Details => details::show(ui, state),
    }
}
