//! Curves of a run that learns from feedback, and the plane of drift and reward. Trains nothing.

use eframe::egui::{CentralPanel, ComboBox, Frame, Margin, Panel, ScrollArea, Ui};
use egui_plot::{Line, Plot, PlotPoints, Points};

use super::{calibration, rollouts};
use crate::engine::event::RunRow;
use crate::state::pretrain::PretrainDraft;
use crate::state::rlhf::{RlhfAction, RlhfView};
use crate::state::{Action, AppState, format, icon};
use crate::ui::plot::{self, Scale};
use crate::ui::pretrain::watch::{alarm, controls, state_chip};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// A curve's names, on what is trained on and on what was kept aside, with its title and what it means.
struct Curve {
    names: [&'static str; 2],
    title: &'static str,
    meaning: &'static str,
}

const CURVES: [Curve; 18] = [
    curve(
        ["reward", "val_reward"],
        "Reward",
        "What the judge gives an answer on average. Points: on prompts that were kept aside",
    ),
    curve(
        ["win_rate", "val_win_rate"],
        "Win rate",
        "Share of the prompts kept aside on which the answer is worth more than the start's",
    ),
    curve(
        ["kl", "val_kl"],
        "Drift (KL)",
        "Nats that an answer has moved from the start. Reward that only rises with drift is often fooled",
    ),
    curve(["accuracy", "val_accuracy"], "Right order", "Share of votes whose better answer gets the higher reward"),
    curve(["margin", "val_margin"], "Margin", "By how much the better answer leads"),
    curve(
        ["reward_chosen", "val_reward_chosen"],
        "Reward of better answers",
        "What the policy gained on them, relative to the start; or the reward model's number",
    ),
    curve(["reward_rejected", "val_reward_rejected"], "Reward of worse answers", "The same of the worse ones"),
    curve(
        ["logp_chosen", "val_logp_chosen"],
        "Log-probability of better answers",
        "Of the whole answer, in nats; if it falls too, both are being forgotten",
    ),
    curve(
        ["entropy", "val_entropy"],
        "Entropy",
        "How open the policy still is at each token, in nats; near 0 it says one thing only",
    ),
    curve(
        ["value_loss", "val_value_loss"],
        "Value loss",
        "How far the value head's expectation is from the reward that came: half the square of the difference",
    ),
    curve(
        ["explained_variance", "val_explained_variance"],
        "Foreseen by the values",
        "Share of the rewards' spread that the value head foresaw: 1 is all of it, 0 no more than their mean",
    ),
    curve(
        ["value_clip_fraction", "val_value_clip_fraction"],
        "Values clipped",
        "Share of tokens whose value had moved too far for one round",
    ),
    curve(["kl_coef", "val_kl_coef"], "β", "What a nat of drift costs; it moves where it is steered to a target"),
    curve(["length", "val_length"], "Length", "Tokens of an answer"),
    curve(["ended", "val_ended"], "Came to an end", "Share of answers that ended by themselves"),
    curve(
        ["clip_fraction", "val_clip_fraction"],
        "Clipped",
        "Share of tokens on which the policy had moved too far for one round",
    ),
    curve(["kl_reference", "val_kl_reference"], "Drift by the token", "Estimate k3 of the KL divergence from the start, a token"),
    curve(["policy_loss", "val_policy_loss"], "Policy loss", "What is minimised; its height says little"),
];

const fn curve(names: [&'static str; 2], title: &'static str, meaning: &'static str) -> Curve {
    Curve { names, title, meaning }
}

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let Some(run) = state.watched() else {
        let body = "Start one, and its rewards, its drift and its answers are shown here while it learns.";
        widgets::empty_page(ui, icon::CHART_LINE, "No run on feedback yet", body, |ui| {
            if widgets::primary(ui, icon::SLIDERS_HORIZONTAL, "Set one up").clicked() {
                actions.push(Action::Rlhf(RlhfAction::Show(RlhfView::SetUp)));
            }
        });
        return;
    };
    if !state.align.series.contains_key(&run) && state.live.as_ref().is_none_or(|live| live.run != run) {
        actions.push(Action::Rlhf(RlhfAction::Watch(run)));
    }
    header(ui, state, run, draft, actions);
    alarm(ui, state, draft, actions);
    let frame = Frame::new().inner_margin(Margin { left: space::M as i8, ..Margin::ZERO });
    Panel::right("rlhf_side").frame(frame).resizable(true).default_size(420.0).size_range(280.0..=640.0).show(ui, |ui| {
        rollouts::show(ui, state, run, actions);
    });
    CentralPanel::default().frame(Frame::new().inner_margin(Margin { right: space::M as i8, ..Margin::ZERO })).show(ui, |ui| {
        curves(ui, state, run);
    });
}

fn header(ui: &mut Ui, state: &AppState, run: i64, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let aligned = |row: &&RunRow| !row.deleted && row.config.tune.as_ref().is_some_and(|tune| tune.align.is_some());
    let name = |row: &RunRow| {
        let method = row.config.tune.as_ref().and_then(|tune| tune.align.as_ref()).map_or("", |align| align.name());
        format!("{}  ·  {method}", row.name)
    };
    ui.horizontal_wrapped(|ui| {
        let mut chosen = run;
        let text = state.run(run).map_or_else(|| "the run at hand".to_owned(), name);
        let list = ComboBox::from_id_salt("rlhf_run").selected_text(text).width(260.0).show_ui(ui, |ui| {
            for row in state.library.runs.iter().rev().filter(aligned) {
                ui.selectable_value(&mut chosen, row.id, name(row));
            }
        });
        widgets::named(list.response, "Run");
        if chosen != run {
            actions.push(Action::Rlhf(RlhfAction::Watch(chosen)));
        }
        let live = state.watched_live();
        if let Some(run_state) = live.map(|live| live.state).or_else(|| state.run(run).map(|row| row.state)) {
            state_chip(ui, run_state);
        }
        if live.is_some_and(crate::state::LiveRun::is_held) {
            controls(ui, state, draft, ui.available_width() < 480.0, actions);
        }
        if let Some(row) = state.run(run).map(|row| state.as_of_now(row)) {
            widgets::small_weak(ui, format!("step {}, {}", format::count(row.step), format::duration(row.duration_s)));
        }
    });
}

fn curves(ui: &mut Ui, state: &AppState, run: i64) {
    ScrollArea::vertical().id_salt("rlhf_curves").auto_shrink([false, false]).show(ui, |ui| {
        let known: Vec<&Curve> =
            CURVES.iter().filter(|it| it.names.iter().any(|name| !state.align.curve(run, name).is_empty())).collect();
        if known.is_empty() {
            widgets::weak(ui, "The first round is on its way; curves begin with its first step.");
            return;
        }
        calibration::show(ui, state, run);
        if !state.align.curve(run, "kl").is_empty() {
            plane(ui, state, run);
            parts(ui, state, run);
        }
        let across = if ui.available_width() > 560.0 { 2 } else { 1 };
        for row in known.chunks(across) {
            ui.columns(across, |columns| {
                for (ui, curve) in columns.iter_mut().zip(row) {
                    one(ui, state, run, curve);
                }
            });
        }
    });
}

fn one(ui: &mut Ui, state: &AppState, run: i64, curve: &Curve) {
    let [train, val] = curve.names.map(|name| state.align.curve(run, name).to_vec());
    let last = train.last().or(val.last()).map_or(0.0, |point| point[1]);
    ui.horizontal(|ui| {
        widgets::small_weak(ui, curve.title).on_hover_text(curve.meaning);
        widgets::strong(ui, format!("{last:.3}"));
    });
    let colors = palette(ui).curves;
    plot::over_steps(ui, curve.names[0], Scale::Linear, 110.0, |x| format!("{x:.2}")).show(ui, |area| {
        plot::wheel_zoom(area);
        if !train.is_empty() {
            plot::lone(area, &train, colors[0]);
            area.line(Line::new(curve.title, PlotPoints::from(train)).color(colors[0]).width(1.5).allow_hover(false));
        }
        if !val.is_empty() {
            area.line(Line::new("kept aside", PlotPoints::from(val.clone())).color(colors[1]).width(1.0).allow_hover(false));
            area.points(Points::new("kept aside", PlotPoints::from(val)).color(colors[1]).radius(2.5).allow_hover(false));
        }
    });
    ui.add_space(space::S);
}

/// Reward against drift: a path that climbs steeply learns what is wanted, one that only drifts fools its judge.
fn plane(ui: &mut Ui, state: &AppState, run: i64) {
    widgets::strong(ui, "Reward against drift").on_hover_text(
        "The run's path from left to right. Much reward for little drift is good; where the path flattens while it drifts on, the judge is being fooled (Gao et al. 2023)",
    );
    let rewards = state.align.curve(run, "reward");
    let path: Vec<[f64; 2]> = state.align.curve(run, "kl").iter().zip(rewards).map(|(kl, reward)| [kl[1], reward[1]]).collect();
    let colors = palette(ui).curves;
    let last = path.last().copied();
    Plot::new("kl_reward")
        .height(170.0)
        .allow_scroll(false)
        .show_grid(false)
        .show_background(false)
        .x_axis_label("drift, nats an answer")
        .y_axis_label("reward")
        .show(ui, |area| {
            area.line(Line::new("path", PlotPoints::from(path)).color(colors[2]).width(1.5).allow_hover(false));
            if let Some(last) = last {
                area.points(Points::new("now", PlotPoints::from(vec![last])).color(colors[1]).radius(4.0).allow_hover(false));
            }
        });
    ui.add_space(space::S);
}

/// What the parts of the reward come to.
fn parts(ui: &mut Ui, state: &AppState, run: i64) {
    let Some(all) = state.align.series.get(&run) else { return };
    let parts: Vec<(&str, &Vec<[f64; 2]>)> =
        all.iter().filter_map(|(name, curve)| Some((name.strip_prefix("reward/")?, curve))).collect();
    if parts.len() < 2 {
        return;
    }
    let colors = palette(ui).curves;
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak(ui, "Parts of the reward");
        for (i, (name, _)) in parts.iter().enumerate() {
            plot::legend(ui, colors[i % colors.len()], false, name, "A part of the reward, with its weight in it");
        }
    });
    plot::over_steps(ui, "reward_parts", Scale::Linear, 120.0, |x| format!("{x:.2}")).show(ui, |area| {
        plot::wheel_zoom(area);
        for (i, (name, curve)) in parts.iter().enumerate() {
            let line = Line::new(*name, PlotPoints::from((*curve).clone())).color(colors[i % colors.len()]);
            area.line(line.width(1.5).allow_hover(false));
            plot::lone(area, curve, colors[i % colors.len()]);
        }
    });
    ui.add_space(space::S);
}
