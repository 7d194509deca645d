//! The bar at the bottom of every page: what trains, how far, how well, how long still, and how to pause or stop it.

use eframe::egui::{Align, Frame, Layout, Margin, Panel, RichText, Ui};

use super::Surroundings;
use crate::engine::event::{CheckpointRow, RunRow, RunState};
use crate::state::live::state_label;
use crate::state::{Action, AppState, LiveRun, Page, RunAction, RunsAction, UserCommand, family, format, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::{keys, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, around: &Surroundings, actions: &mut Vec<Action>) {
    let frame = Frame::new().fill(palette(ui).chrome).inner_margin(Margin::symmetric(space::M as i8, 4));
    Panel::bottom("run_bar").frame(frame).exact_size(44.0).show(ui, |ui| {
        ui.horizontal_centered(|ui| match &state.live {
            Some(live) => running(ui, live, state, around, actions),
            None => idle(ui, state, actions),
        });
    });
}

fn idle(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    ui.label(widgets::icon(icon::PULSE).color(palette(ui).text_weak));
    widgets::weak(ui, "Nothing is training");
    if !state.is_open() {
        return;
    }
    ui.add_space(space::S);
    if let Some((run, checkpoint)) = unfinished(state) {
        let name = format::one_line(&run.name, 30);
        let label = format!("Resume {name} at step {} of {}", format::count(checkpoint.step), format::count(run.config.steps));
        if widgets::button_unless(ui, icon::PLAY, &label, state.why_not_write()).clicked() {
            actions.push(Action::Runs(RunsAction::Resume(checkpoint.id)));
            actions.push(Action::Go(state.page_of(run.id)));
        }
    }
    if !state.library.corpora.is_empty()
        && state.page != Page::Pretrain
        && widgets::button(ui, icon::BRAIN, "Set up a run").clicked()
    {
        actions.push(Action::Go(Page::Pretrain));
    }
}

/// The newest run, if it stopped before its last step and can go on.
fn unfinished(state: &AppState) -> Option<(&RunRow, &CheckpointRow)> {
    let run = state.library.runs.iter().rev().find(|run| !run.deleted)?;
    let checkpoint = state.checkpoint(family::newest_checkpoint(&state.library, run.id)?)?;
    (run.state != RunState::Finished && checkpoint.step < run.config.steps).then_some((run, checkpoint))
}

fn running(ui: &mut Ui, live: &LiveRun, state: &AppState, around: &Surroundings, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    let tint = match live.state {
        RunState::Running | RunState::Finished => colors.good,
        RunState::Paused | RunState::Stopped | RunState::Interrupted => colors.warning,
        RunState::Alarm | RunState::Failed => colors.error,
    };
    let chip = widgets::chip(ui, state_label(live.state), tint);
    if let Some(message) = &live.message {
        chip.on_hover_text(message);
    }
    let wide = ui.available_width() > 1_000.0;
    if wide {
        let name = state.run(live.run).map_or(live.config.name.as_str(), |run| run.name.as_str());
        let width = 150.0_f32.min(ui.available_width() * 0.15);
        widgets::column(ui, width, RichText::new(name).text_style(theme::strong())).on_hover_text(name);
    }
    let steps = format!("{} / {}", format::count(live.step), format::count(live.config.steps));
    let width = if wide { 150.0 } else { 90.0 };
    // A run that learns from clicks has no end of its own.
    let clicks = live.config.tune.as_ref().is_some_and(|tune| matches!(tune.align, Some(crate::config::Align::Live { .. })));
    if clicks {
        widgets::weak(ui, "learns from every click");
        figure(ui, "Step", &format::count(live.step), "Optimiser steps done");
    } else {
        widgets::progress(ui, Some(live.fraction()), width).on_hover_text(format!("Step {steps}"));
        figure(ui, "Step", &steps, "Optimiser steps done, of all that were asked for");
    }
    let loss = format::loss_opt(live.loss);
    figure(
        ui,
        "Loss",
        &loss,
        "How surprised the model is by the next token, in nats, averaged over the last steps. Lower is better",
    );
    let policy = live.config.tune.as_ref().is_some_and(|tune| matches!(tune.align, Some(crate::config::Align::Rl(_))));
    if let Some(val) = live.val.filter(|_| policy) {
        figure(ui, "Reward", &format!("{:.2}", -val.loss), "Mean reward on prompts that the policy never trains on");
    } else if let Some(val) = live.val {
        figure(ui, "Validation", &format::loss(val.loss), "The same on text that the model never trains on");
    }
    let speed = format::count(live.tokens_per_s as u64);
    match live.rows_per_s() {
        Some(rows) => {
            let tip = format!("Rows that the model learns from in a second: {speed} tokens of answers. Nothing is padded");
            figure(ui, "Rows/s", &format!("{rows:.1}"), &tip);
        }
        None => figure(ui, "Tokens/s", &speed, "Tokens that the model learns from in a second"),
    }
    if live.is_held() && clicks {
        // Nothing to wait for.
    } else if live.is_held() {
        let left = live.seconds_left().map_or_else(|| "…".to_owned(), format::duration);
        figure(ui, "Left", &left, "Time until the last step, at the present speed");
    } else {
        figure(ui, "Took", &format::duration(f64::from(live.elapsed_s)), "Time spent training");
    }
    if let Some(bytes) = around.memory_bytes {
        figure(ui, "Memory", &format::bytes(bytes), "What the whole program holds: model, optimiser, window");
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        if live.is_held() {
            controls(ui, live, actions);
        } else if let Some((checkpoint, _)) = live.last_checkpoint
            && live.step < live.config.steps
            && widgets::button(ui, icon::PLAY, "Resume").clicked()
        {
            actions.push(Action::Runs(RunsAction::Resume(checkpoint)));
        }
    });
}

/// From right to left.
fn controls(ui: &mut Ui, live: &LiveRun, actions: &mut Vec<Action>) {
    let with_keys = |ui: &Ui, command: UserCommand, name: &str| match keys::of(ui.ctx(), command) {
        keys if keys.is_empty() => name.to_owned(),
        keys => format!("{name} ({keys})"),
    };
    let name = with_keys(ui, UserCommand::StopRun, "Stop and save a checkpoint");
    if widgets::icon_button(ui, icon::STOP, &name).clicked() {
        actions.push(Action::Run(RunAction::Stop));
    }
    let name = with_keys(ui, UserCommand::StepOnce, "One step");
    let refusal = live.is_running().then_some("Pause first, then go step by step");
    if widgets::icon_button_unless(ui, icon::SKIP_FORWARD, &name, refusal).clicked() {
        actions.push(Action::Run(RunAction::StepOnce));
    }
    let (glyph, name) = if live.is_running() { (icon::PAUSE, "Pause") } else { (icon::PLAY, "Continue") };
    let name = with_keys(ui, UserCommand::PauseOrContinue, name);
    if widgets::icon_button(ui, glyph, &name).clicked() {
        actions.push(Action::Run(RunAction::PauseOrContinue));
    }
}

fn figure(ui: &mut Ui, name: &str, value: &str, meaning: &str) {
    let colors = palette(ui);
    ui.add_space(if ui.available_width() > 500.0 { space::S } else { 0.0 });
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(RichText::new(value).text_style(theme::strong()).color(colors.text_strong));
        ui.label(RichText::new(name).size(10.5).color(colors.text_weak));
    })
    .response
    .on_hover_text(meaning);
}
